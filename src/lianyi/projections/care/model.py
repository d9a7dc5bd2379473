"""The words of care: what one message says about an encounter, and what all of them mean.

Sources:
    HL7 v2.5.1, chapter 3 (EVN, PID, MRG, PV1) and 4 (ORC-12, OBR-16).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from lianyi.messagelog.message import Position

ORDER = "order"
"""A saying of an order or result; the others are called like their trigger event, ``A01``."""

MERGE = "A40"


class State(StrEnum):
    """How far an encounter is."""

    PLANNED = "planned"
    OPEN = "open"
    AWAY = "away"
    ENDED = "ended"
    CANCELLED = "cancelled"
    MENTIONED = "mentioned"
    """Only orders and results speak of it."""


class Part(StrEnum):
    """What a practitioner has to do with an encounter, and the field that says so."""

    ATTENDING = "attending"
    REFERRING = "referring"
    CONSULTING = "consulting"
    ADMITTING = "admitting"
    OTHER = "other"
    ORDERING = "ordering"


FIELDS: Mapping[Part, int] = {
    Part.ATTENDING: 7,
    Part.REFERRING: 8,
    Part.CONSULTING: 9,
    Part.ADMITTING: 17,
    Part.OTHER: 52,
}
"""The field of PV1 for each part; ORC-12 and OBR-16 name who orders."""


class Key(NamedTuple):
    """Which encounter.

    Attributes:
        channel: of the messages; what two channels say is never one encounter.
        person: a patient identifier ``value^authority``: of all that merges (A40) made one, the
            first in the alphabet.
        visit: PV1-19, ``value^authority``; empty: the encounters without a number are one.
    """

    channel: int
    person: str
    visit: str


class Location(NamedTuple):
    """PV1-3.

    Attributes:
        place: point of care, room and bed, joined with ``^``; later ones that are empty left out.
        facility: PV1-3.4.
    """

    place: str
    facility: str


class Order(NamedTuple):
    """One order of a message.

    Attributes:
        number: of the placer, else of the filler; empty when there is none.
        control: ORC-1; empty for a result without ORC.
        by: who ordered, each ``id^authority``.
    """

    number: str
    control: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Saying:
    """What one message says about one encounter, or one merge of two patients.

    Attributes:
        position, part: of the message, and which patient of it.
        source: where its content lies; elsewhere, where a person released what was held.
        channel: number.
        received_at: when it came into the log.
        recorded_at: EVN-2, else MSH-7, else ``received_at``, and never after that: orders sayings.
        occurred_at: EVN-6, else ``recorded_at``: dates what they say.
        event: see :data:`ORDER`.
        control: MSH-10, for recognising what was sent twice.
        persons: patient identifiers ``value^authority``, as the log's keys; the first one counts.
        visit: see :class:`Key`.
        category: PV1-2.
        location: None when it says none.
        practitioners: by part those that it names; a part that it does not speak of is missing.
        began_at, ended_at: PV1-44 and PV1-45.
        orders: those of this patient.
        gone: of a merge, the identifiers that are no more.
    """

    position: Position
    part: int
    source: Position
    channel: int
    received_at: datetime
    recorded_at: datetime
    occurred_at: datetime
    event: str
    control: str = ""
    persons: tuple[str, ...] = ()
    visit: str = ""
    category: str = ""
    location: Location | None = None
    practitioners: Mapping[Part, tuple[str, ...]] = field(default_factory=dict)
    began_at: datetime | None = None
    ended_at: datetime | None = None
    orders: tuple[Order, ...] = ()
    gone: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[datetime, datetime, int, int, int]:
        """Its place among all sayings: when it was recorded, when it came, its position."""
        return (self.recorded_at, self.received_at, *self.position, self.part)

    @property
    def person(self) -> str:
        """The identifier that counts."""
        return self.persons[0]

    @property
    def content(self) -> tuple[object, ...]:
        """What makes it the same saying when it is sent again."""
        return (
            self.event, self.control, self.recorded_at, self.occurred_at, self.persons,
            self.category, self.location, tuple(sorted(self.practitioners.items())),
            self.began_at, self.ended_at, self.orders,
        )  # fmt: skip


class Span(NamedTuple):
    """From when until when; half open. ``until`` None: as long as nobody says otherwise."""

    since: datetime
    until: datetime | None
    said: Position


class Stay(NamedTuple):
    """Where the patient was."""

    location: Location
    span: Span


class Treating(NamedTuple):
    """Who looked after the patient, ``id^authority``."""

    practitioner: str
    part: Part
    span: Span


@dataclass(frozen=True, slots=True)
class Encounter:
    """What all sayings about one encounter mean together.

    Attributes:
        state: how far it is.
        category: PV1-2.
        began_at: PV1-44, else when it was first heard of.
        ended_at: PV1-45, else when it was said to have ended.
        heard_at: when it was last heard of.
        until: from when the days after it are counted; None while it is open without end. An
            encounter that is not for a bed is often never ended: it lasts as long as one hears of
            it; so does a planned one.
        persons: every identifier of the patient.
        stays, treating: dated; those that were cancelled are not among them.
        first, last: the sayings between which all lie.
    """

    state: State
    category: str
    began_at: datetime
    ended_at: datetime | None
    heard_at: datetime
    until: datetime | None
    persons: Sequence[str]
    stays: Sequence[Stay]
    treating: Sequence[Treating]
    first: Position
    last: Position

    @property
    def latest(self) -> datetime | None:
        """Until when anything of it counts; None: something lasts."""
        ends = [one.span.until for one in self.stays] + [one.span.until for one in self.treating]
        told = [end for end in (self.until, *ends) if end is not None]
        return max(told) if len(told) == len(ends) + 1 else None
