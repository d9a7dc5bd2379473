"""Which Patients are one person just now, and what of her an app may read."""

from __future__ import annotations

from collections.abc import Sequence

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.clinical import read_store
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.read_store import Kept
from lianyi.projections.clinical.types import ABOUT_PATIENTS
from lianyi.projections.identity import read_store as index
from lianyi.projections.identity.follow import NAME as INDEX
from lianyi.projections.identity.ids import UnreadableId, read_shown, record_id, shown
from lianyi.security.access import current
from lianyi.security.scopes import ADMINISTRATIVE, Granted, covers


async def patients_of_person(connection: Connection, schema: str, id_: str) -> list[int]:
    """Return the numbers of every Patient that is the same person as one, this one first.

    Args:
        connection: to the database.
        schema: of the version of the repository.
        id_: of a Patient, as the index or the repository has it.
    """
    own = resource_number("Patient", id_)
    record = await read_store.record_of_patient(connection, schema, own)
    if record is None:
        try:
            record = read_shown(id_)
        except UnreadableId:
            return [own]
    live = await projection_store.hold_live(connection, INDEX)
    if live is None:
        return [own]
    person = await index.person_of(connection, live.schema, record)
    known = await index.records_of(connection, live.schema, [record if person is None else person])
    records = {row.record for row in known} | {record}
    found = {resource_number("Patient", shown(one)) for one in records}
    found |= set(await read_store.patients_with_record(connection, schema, records))
    return [own, *sorted(found - {own})]


async def for_app(connection: Connection, schema: str, rows: Sequence[Kept]) -> list[Kept]:
    """Return what of some resources the app that asks may read; whoever is no app may read all.

    With rights of a patient's level an app reads what is about the person in its context, by any
    of her records, and what is about nobody.
    """
    granted = current().actor.granted
    if granted is None:
        return list(rows)
    wide = Granted(granted.scopes.of_level("user", "system"), app=granted.app)
    own: frozenset[int] | None = None
    kept = []
    for row in rows:
        if covers(wide, row.type, "r"):
            kept.append(row)
        elif covers(granted, row.type, "r", {"patient": [granted.patient]}):
            if own is None:
                own = await in_context(connection, schema, granted.patient)
            is_nobodys = row.patient is None and row.type not in ABOUT_PATIENTS
            if row.patient in own or is_nobodys or row.type in ADMINISTRATIVE:
                kept.append(row)
    return kept


async def in_context(connection: Connection, schema: str, whose: str) -> frozenset[int]:
    """Return the numbers of the Patients that are the person in an app's context."""
    value, _, authority = whose.partition("^")
    if not value or not authority:
        return frozenset()
    id_ = shown(record_id(authority, value))
    return frozenset(await patients_of_person(connection, schema, id_))
