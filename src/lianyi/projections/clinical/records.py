"""Which record of the patient index a Patient is. Pure.

A Patient that messages speak of has the number of its record for its id; one that was written over
REST has any id, and is the record of the identifier that the index takes for its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from lianyi.base.errors import LianyiError
from lianyi.formats.fhir import json_text
from lianyi.messagelog.message import LogMessage, NewMessage
from lianyi.projections.identity.feeds import fhir as feed
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.identity.statements import RecordKey, Registered
from lianyi.projections.identity.systems import authority_from

KIND: Final = "fhir Patient written"
"""Of a Patient that was written here, as the index hears of it; see ``writing``."""
NOBODY: Final = "?"
"""Sender of an identifier of which nobody knows who assigned it."""
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UTC: Final = ZoneInfo("UTC")


class Record(NamedTuple):
    """A record of the patient index: its number, and ``value^authority``."""

    record: int
    whose: str


def record_of(patient: Mapping[str, Any], *, sender: str = NOBODY) -> Record | None:
    """Return which record of the index a Patient is; None: the index knows none of it.

    Args:
        patient: the resource.
        sender: who assigns an identifier that names no authority.
    """
    wanted = patient.get("id")
    for one in _identifiers(patient):
        key = authority_from(str(one.get("system") or "")), str(one.get("value") or "").strip()
        if all(key) and shown(record_id(*key)) == wanted:
            return _record(key)
    key_said = key_of(patient, sender=sender)
    return _record(key_said) if key_said else None


def _record(key: RecordKey) -> Record:
    return Record(record_id(*key), f"{key[1]}^{key[0]}")


def key_of(patient: Mapping[str, Any], *, sender: str = NOBODY) -> RecordKey | None:
    """Return authority and identifier by which the index knows a Patient; None: it does not.

    Args:
        patient: the resource.
        sender: who assigns an identifier that names no authority.
    """
    if not _identifiers(patient):
        return None
    alone = {name: value for name, value in patient.items() if name != "link"}
    body = json_text.write(alone)
    message = LogMessage(0, 0, _LONG_AGO, 0, KIND, body, "utf-8", sender, (), 0, None, b"")
    try:
        said = feed.read(message, _UTC)
    except LianyiError:
        return None
    key = next((one.registration.key for one in said if isinstance(one, Registered)), None)
    return None if key is None or key[0] == NOBODY else key


def telling(patient: Mapping[str, Any], *, channel: int, sender: str) -> list[NewMessage]:
    """Return the message by which the index hears of a Patient that was written here.

    It hears of her what it would hear by ITI-104; of links to others only what it can read. Nothing
    of one who has no identifier of an authority.
    """
    key = key_of(patient)
    if key is None:
        return []
    body = json_text.write(patient)
    message = LogMessage(0, 0, _LONG_AGO, 0, KIND, body, "utf-8", sender, (), 0, None, b"")
    try:
        feed.read(message, _UTC)
    except LianyiError:
        body = json_text.write({name: patient[name] for name in patient if name != "link"})
    return [NewMessage(channel, KIND, body, "utf-8", sender, keys=(f"p:{key[1]}^{key[0]}",))]


def _identifiers(patient: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = patient.get("identifier")
    given = found if isinstance(found, list) else []
    return [one for one in given if isinstance(one, Mapping)]
