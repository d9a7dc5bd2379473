"""A message of HL7 v2, read into what it says of anybody's care. Pure.

Sources:
    HL7 v2.5.1 and v2.8.2; HL7 v2-to-FHIR implementation guide (facts; see NOTICE).
"""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from lianyi.formats import hl7v2
from lianyi.formats.hl7v2.instants import recorded_at
from lianyi.messagelog.message import LogMessage, storable_text
from lianyi.projections.clinical.hl7v2 import documents, handling, people
from lianyi.projections.clinical.hl7v2.grouping import grouped
from lianyi.projections.clinical.hl7v2.problems import NamesNobody
from lianyi.projections.clinical.hl7v2.reading import Reading, Said
from lianyi.projections.clinical.hl7v2.segments import segments_of
from lianyi.projections.clinical.statements import Stated

_KINDS_TEXT: Final = (
    "ADT BAR DFT MDM OMD OMG OMI OML OMN OMP OMS ORM ORU OUL PGL PPG PPP PPR PTR RAS "
    "RDE RDS REF RGV RPA RRI SIU VXU"
)
KINDS: Final = frozenset(_KINDS_TEXT.split())
"""Message codes (MSH-9.1) that say something of somebody's care."""
_FORMAT: Final = "hl7v2 "


def wants(kind: str) -> bool:
    """Tell whether messages of a kind say anything of care."""
    return kind.startswith(_FORMAT) and kind[len(_FORMAT) : len(_FORMAT) + 3] in KINDS


def look(message: LogMessage, zone: ZoneInfo) -> Said:
    """Return everything that a message says, and what of it no table knows.

    Args:
        message: of a kind that :func:`wants`.
        zone: of times without one.

    Raises:
        LianyiError: it is no HL7 v2.
        NamesNobody: it names no patient.
        TooMuchSaid: it says too much.
    """
    found = hl7v2.parse(message.body, default_codec=message.codec or "utf-8")
    sender = people.sender_in(message, found)
    code, _, event = message.kind.removeprefix(_FORMAT).partition("^")
    at = Reading(
        sender.source,
        zone,
        recorded_at(found, zone, received_at=message.received_at),
        message.received_at,
        event[:3],
    )
    at.facility = storable_text(found.get("MSH-4.1")).strip() or sender.source
    at.firsthand = code[:3] == "ADT"
    cares = grouped(segments_of(found))
    if not cares:
        raise NamesNobody(where="PID-3")
    for care in cares:
        people.begin(care, at, sender)
        if at.firsthand:
            people.replaced(care, at, sender)
        handling.handle(care, at, code[:3])
    if not at.firsthand and not handling.says_something(at):
        documents.kept_whole(message, cares[0], at, found.header.control_id)
    return at.said()


def read(message: LogMessage, zone: ZoneInfo) -> list[Stated]:
    """Return what a message says, one statement for each resource; see :func:`look`."""
    return look(message, zone).stated
