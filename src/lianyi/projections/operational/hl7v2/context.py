"""One message being read into statements: who speaks, when, and in which words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from lianyi.formats import hl7v2
from lianyi.formats.hl7v2.instants import instant_of, recorded_at
from lianyi.messagelog.message import LogMessage, storable_text
from lianyi.projections.care.model import Location
from lianyi.projections.clinical.hl7v2.grouping import Care
from lianyi.projections.clinical.hl7v2.people import sender_in
from lianyi.projections.clinical.hl7v2.segments import NOTHING, Segment
from lianyi.projections.identity.feeds.hl7_fields import Fields
from lianyi.projections.identity.feeds.hl7_patient import key_of
from lianyi.projections.operational.hl7v2.codes import Codes
from lianyi.projections.operational.problems import TooLongToCount
from lianyi.projections.operational.statements import Statement, Value
from lianyi.projections.projection import source_of

YEARS: Final = range(1900, 2200)
"""An instant outside of these is a slip, and not said."""
TEXT_CHARACTERS_MAX: Final = 200
"""Of a key, a code or a name: more is none, and no index could hold it."""


class Context:
    """One message being read."""

    def __init__(
        self, message: LogMessage, found: hl7v2.Message, zone: ZoneInfo, codes: Codes
    ) -> None:
        self.codes = codes
        self.statements: list[Statement] = []
        self._message = message
        self._zone = zone
        self._sender = sender_in(message, found)
        self.facility = storable_text(found.get("MSH-4.1")).strip() or self._sender.source
        application = storable_text(found.get("MSH-3.1")).strip() or self._sender.source
        number = storable_text(found.get("MSH-10")).strip() or str(source_of(message))
        self.control = f"{application}^{number}"
        recorded = recorded_at(found, zone, received_at=message.received_at)
        self.recorded_at = recorded if recorded.year in YEARS else message.received_at
        occurred = instant_of(found.get("EVN-6.1"), zone)
        known = occurred if occurred and occurred.year in YEARS else None
        self.occurred_at = self.past(known) or self.recorded_at

    def past(self, at: datetime | None) -> datetime | None:
        """Nothing that is told has happened later than it was told."""
        return at and min(at, self._message.received_at)

    def instant(self, segment: Segment, field: int, component: int = 1) -> datetime | None:
        """Return when something is, or is to be."""
        found = instant_of(segment.text(field, component), self._zone)
        return found if found and found.year in YEARS else None

    def number(self, segment: Segment, field: int, authority: int) -> str:
        """Return ``authority^number`` of an identifier (CX, EI); empty where there is none.

        Args:
            segment: that holds it.
            field: its number.
            authority: which component names who assigned it; unsaid, it is the facility.
        """
        value = segment.text(field, 1, 1)
        if not value:
            return ""
        by = segment.text(field, authority, 1) or segment.text(field, authority, 2)
        return f"{by or self.facility}^{value}"

    def encounter(self, care: Care) -> str:
        """Return the key of the encounter: PV1-19, PV1-50, else PID-18; empty where unsaid."""
        pv1 = visit_of(care)
        return self.number(pv1, 19, 4) or self.number(pv1, 50, 4) or self.number(care.pid, 18, 4)

    def order_number(self, *segments: Segment, filler: bool = False) -> str:
        """Return the number of the placer, or of the filler, in the first segment that has one."""
        field = 3 if filler else 2
        return next((found for one in segments if (found := self.number(one, field, 2))), "")

    def patient(self, pid: Segment) -> str | None:
        """Return the source record, ``mrn^authority``; None where the sender names none."""
        key = key_of(Fields(pid.fields, pid.marks, pid.codec), self._sender)
        return f"{key[1]}^{key[0]}" if key else None

    def department(self, pv1: Segment) -> str | None:
        """Return the department of a visit: PV1-10, else PV1-3.1."""
        return self.codes.department(pv1.text(10) or pv1.text(3))

    def ward(self, pv1: Segment) -> Location | None:
        """Return the ward of a visit."""
        ward = self.codes.department(pv1.text(3))
        return Location(ward, self.facility) if ward else None

    def state(
        self,
        fact: str,
        key: str,
        said: Mapping[str, Value],
        *,
        of: str = "",
        event: str = "",
        pv1: Segment = NOTHING,
    ) -> None:
        """State something about a row.

        Args:
            fact: whose row.
            key: of the row.
            said: columns by name.
            of: key of the row it belongs to.
            event: trigger event of ADT.
            pv1: of an encounter, where it says where the patient is and since when.

        Raises:
            TooLongToCount: a text in it is longer than :data:`TEXT_CHARACTERS_MAX`.
        """
        message = self._message
        location = self.ward(pv1)
        texts = [key, of, self.facility, self.control, *(location or ())]
        texts += [one for one in said.values() if isinstance(one, str)]
        if any(len(one) > TEXT_CHARACTERS_MAX for one in texts):
            raise TooLongToCount(
                where=fact,
                why=f"a number or code in it is longer than {TEXT_CHARACTERS_MAX} characters",
                why_zh=f"其中有编号或代码超过 {TEXT_CHARACTERS_MAX} 个字符",
            )
        self.statements.append(
            Statement(
                message.position,
                len(self.statements),
                source_of(message),
                message.channel,
                fact,
                key,
                of,
                self.facility,
                event,
                self.control,
                message.received_at,
                self.recorded_at,
                self.occurred_at,
                self.past(self.instant(pv1, 44)),
                location,
                said,
            )
        )


def visit_of(care: Care) -> Segment:
    """Return PV1 of a patient in a message; the empty segment where there is none."""
    return care.visits[0].pv1 if care.visits else NOTHING


def practitioner(segment: Segment, *fields: int) -> str | None:
    """Return the identifier of the first person in some fields (XCN)."""
    return next((found for one in fields if (found := segment.text(one))), None)


def only_said(**columns: Value) -> dict[str, Value]:
    """Return the columns that hold something."""
    return {name: value for name, value in columns.items() if value not in (None, "")}
