"""Finding those whom only results and the like tell of: the patient index does not know them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.ids import parameter_number
from lianyi.projections.clinical.index_values import plain_text, token_code
from lianyi.projections.clinical.record import record_store
from lianyi.projections.clinical.record.whose import Owners, Schemas
from lianyi.projections.identity.searching import read_wanted
from lianyi.projections.identity.values.text import is_hanzi
from lianyi.projections.identity.views import PersonSummary
from lianyi.security.access import seen, shows

_NAMES: Final = parameter_number("Patient", "name")
_IDENTIFIERS: Final = parameter_number("Patient", "identifier")
_GENDERS: Final = {"M": "male", "F": "female"}


async def find(
    connection: Connection,
    schemas: Schemas,
    owners: Owners,
    text: str,
    *,
    born: str,
    sex: str,
) -> list[PersonSummary]:
    """Return patients whom the index does not know, by the beginning of a name or by a number.

    Args:
        connection: to the database, in a transaction.
        schemas: of the versions in force.
        owners: says how each may be seen.
        text: as typed: a name or its beginning, ``4711``, ``4711^LIS``.
        born: the date of birth or its beginning, digits; empty: any.
        sex: ``M`` or ``F``; empty: any.

    Returns:
        A hundred at most, those of whom something was said last.
    """
    wanted = read_wanted(text)
    by_name = any(map(is_hanzi, text)) or not any(map(str.isdigit, text))
    rows = await record_store.unregistered(
        connection,
        schemas.clinical,
        schemas.identity,
        names=_NAMES,
        beginning=plain_text(text) if by_name and "^" not in text else "",
        identifiers=_IDENTIFIERS,
        codes=[token_code(wanted.mrn)] if wanted.mrn else [],
    )
    found: list[PersonSummary] = []
    for row in rows:
        with seen() as looked_at:  # whoever is only looked at is not shown
            one = await owners.unregistered(connection, row)
        if one is None or not _is_meant(one.resource, born, sex):
            continue
        if wanted.source and all(key.source != wanted.source for key in one.person.records):
            continue
        for channel, whose in looked_at.by_channel().items():
            shows(channel, whose)
        found.append(one.person)
    return found


def _is_meant(patient: Mapping[str, Any], born: str, sex: str) -> bool:
    day = str(patient.get("birthDate") or "").replace("-", "")
    return day.startswith(born) and sex in ("", _sex(patient))


def _sex(patient: Mapping[str, Any]) -> str:
    return next((sex for sex, one in _GENDERS.items() if patient.get("gender") == one), "?")
