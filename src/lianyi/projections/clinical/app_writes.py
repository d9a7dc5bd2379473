"""What an app may write: whatever its token allows, with a patient's rights of its patient only.

Source:
    SMART App Launch 2.2, "Scopes for requesting FHIR Resources": ``patient/Observation.cu``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical import read_store
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.persons import in_context
from lianyi.projections.clinical.problems import OutsideOfPatient
from lianyi.projections.clinical.resources import patients_of
from lianyi.projections.clinical.writing import Intent
from lianyi.security.access import current
from lianyi.security.scopes import Granted, covers
from lianyi.security.smart.problems import OutsideOfScopes

_Whose = Mapping[int, int | None]


async def check(connection: Connection, schema: str, intents: Sequence[Intent]) -> None:
    """Do nothing when whoever writes is no app, or one that may write all of this.

    Args:
        connection: to the database.
        schema: of the version.
        intents: what is to be written, every reference in it resolved.

    Raises:
        OutsideOfScopes: its token allows no such change of such a resource.
        OutsideOfPatient: something is not of the patient in its context, or was of another.
    """
    granted = current().actor.granted
    if granted is None:
        return
    wide = Granted(granted.scopes.of_level("user", "system"), app=granted.app)
    whose = await read_store.patients_of(connection, schema, {one.rid for one in intents})
    narrow = [one for one in intents if not _covered(wide, one, whose, {})]
    if not narrow:
        return
    own = await in_context(connection, schema, granted.patient)
    for one in narrow:
        if not _covered(granted, one, whose, {"patient": [granted.patient]}):
            raise OutsideOfScopes(where=one.where)
        if not _is_of(own, one, whose):
            raise OutsideOfPatient(where=one.where)


def _covered(
    granted: Granted, one: Intent, whose: _Whose, about: Mapping[str, Sequence[str]]
) -> bool:
    """Tell whether a token allows a change; what is new may be created or put."""
    letters = "d" if one.resource is None else "u" if one.rid in whose else "cu"
    return any(covers(granted, one.type, letter, about) for letter in letters)


def _is_of(own: Collection[int], one: Intent, whose: _Whose) -> bool:
    """Tell whether a resource is of a patient and of nobody else, as it stands and as it is to."""
    if one.rid in whose and whose[one.rid] not in own:
        return False
    if one.resource is None:
        return True
    about = {resource_number("Patient", id_) for id_ in patients_of(one.resource)}
    return bool(about) and about <= set(own)
