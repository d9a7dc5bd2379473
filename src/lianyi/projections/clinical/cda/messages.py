"""A clinical document that comes by a channel, or within another message. Pure.

Sources:
    HL7 CDA R2 (2005); HL7 v2.8.2 chapter 9 (documents in OBX as ED).
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from lianyi.base.errors import LianyiError
from lianyi.formats import cda
from lianyi.messagelog.message import LogMessage
from lianyi.projections.clinical.cda import documents, people
from lianyi.projections.clinical.cda.reading import At
from lianyi.projections.clinical.hl7v2 import dates
from lianyi.projections.clinical.hl7v2.reading import Reading, Said
from lianyi.projections.clinical.statements import Stated
from lianyi.projections.identity.feeds.limits import sender_of

_FORMAT: Final = "xml"
_FIRST: Final = datetime(1900, 1, 1, tzinfo=UTC)
"""Nothing was said before that; such a time is a mistake."""


def wants(kind: str) -> bool:
    """Tell whether messages of a kind may be clinical documents; XML of a channel is ``xml``."""
    return kind == _FORMAT or kind.startswith(f"{_FORMAT} ")


def look(message: LogMessage, zone: ZoneInfo) -> Said:
    """Return everything that a document says, and what of it no table knows.

    Args:
        message: of a kind that :func:`wants`; XML of another kind says nothing.
        zone: of times without one.

    Raises:
        MalformedCda, CdaTooLarge, CdaTooDeep: it is no document of CDA R2.
        DocumentOfNobody: it names no patient.
        TooMuchSaid: it says too much.
    """
    if not cda.looks_like_cda(message.body):
        return Said([], [], [], [])
    document = cda.read(message.body, default_codec=message.codec or "utf-8")
    at = _begun(document, message, zone)
    people.begin(at)
    people.related(at)
    people.encounter(at)
    documents.state(at, message.body)
    return at.said.said()


def read(message: LogMessage, zone: ZoneInfo) -> list[Stated]:
    """Return what a document says, one statement for each resource; see :func:`look`."""
    return look(message, zone).stated


def enclosed(stated: list[Stated], message: LogMessage, zone: ZoneInfo) -> list[Stated]:
    """Return what a message says, and what the clinical documents say that lie in it.

    A document speaks of the patient of the message. One that cannot be read stays the file that
    it is: the message was right without it.

    Args:
        stated: what the message says, the bytes of its documents as Binary.
        message: that says it.
        zone: of times without one.
    """
    found = list(stated)
    for one in stated:
        if one.type != "Binary" or "xml" not in str(one.resource.get("contentType")):
            continue
        data = _bytes_of(one.resource)
        patient = _patient_of(one.resource)
        if data is None or not patient or not cda.looks_like_cda(data):
            continue
        try:
            more = _within(data, one.id, patient, found, message, zone)
        except LianyiError:
            continue
        found = more
    return found


def _within(
    data: bytes,
    binary: str,
    patient: str,
    stated: list[Stated],
    message: LogMessage,
    zone: ZoneInfo,
) -> list[Stated]:
    at = _begun(cda.read(data), message, zone)
    people.begin(at, patient)
    people.related(at)
    people.encounter(at)
    holders = [
        place
        for place, one in enumerate(stated)
        if one.type == "DocumentReference" and f"Binary/{binary}" in _urls_in(one.resource)
    ]
    composition = documents.state(at, data, binary=binary, reference=not holders)
    found = list(stated)
    for place in holders:
        resource = dict(found[place].resource)
        context = dict(resource.get("context") or {})
        context["related"] = [*context.get("related", ()), composition]
        resource["context"] = context
        found[place] = _changed(found[place], resource)
    known = {(one.type, one.id) for one in found}
    found += [one for one in at.said.said().stated if (one.type, one.id) not in known]
    return found


def _urls_in(resource: Mapping[str, Any]) -> list[str]:
    return [one.get("attachment", {}).get("url", "") for one in resource.get("content", ())]


def _changed(one: Stated, resource: dict[str, Any]) -> Stated:
    return Stated(one.type, one.id, one.said_at, resource, one.whole, one.rank, one.deleted)


def _begun(document: cda.Document, message: LogMessage, zone: ZoneInfo) -> At:
    said = _said_at(document, message, zone)
    return At(document, Reading(sender_of(message), zone, said, message.received_at, ""))


def _said_at(document: cda.Document, message: LogMessage, zone: ZoneInfo) -> datetime:
    """Return when a document was made; when it came, where that is not said or not so."""
    text = dates.instant_of(document.effective_time, zone)
    if text is None:
        return message.received_at
    at = datetime.fromisoformat(text).astimezone(UTC)
    if at < _FIRST or at > message.received_at + timedelta(days=1):
        return message.received_at
    return min(at, message.received_at)


def _bytes_of(resource: Mapping[str, Any]) -> bytes | None:
    try:
        return b64decode(str(resource.get("data") or ""), validate=True)
    except (NoBase64, ValueError):
        return None


def _patient_of(resource: Mapping[str, Any]) -> str:
    context = resource.get("securityContext")
    reference = str(context.get("reference") or "") if isinstance(context, Mapping) else ""
    return reference.removeprefix("Patient/") if reference.startswith("Patient/") else ""
