"""What a message says about encounters. Pure.

Sources:
    HL7 v2.5.1, chapters 2A (XCN, PL, CX, TS), 3 (ADT), 4 (ORC, OBR), 7 (ORU).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from lianyi.formats import hl7v2
from lianyi.formats.hl7v2.delimiters import NULL
from lianyi.formats.hl7v2.instants import instant_of, recorded_at
from lianyi.formats.hl7v2.keys import keys_in
from lianyi.messagelog.message import LogMessage, storable_text
from lianyi.projections.care.model import (
    FIELDS,
    MERGE,
    ORDER,
    Location,
    Order,
    Part,
    Saying,
)
from lianyi.projections.care.problems import UnreadableEncounter
from lianyi.projections.projection import source_of

EVENTS = frozenset(
    "A01 A02 A03 A04 A05 A06 A07 A08 A11 A12 A13 A21 A22 A38 A52 A53".split()  # noqa: SIM905
)
"""What ADT may say about an encounter; :data:`~.model.MERGE` speaks of patients."""

ORDERS = ("ORM^", "OML^", "OMG^", "OMI^", "OMP^", "RDE^", "ORU^", "OUL^")
TEXT_CHARACTERS_MAX = 100
"""Of one identifier or place: more is none, and no index could hold it."""


def wants(kind: str) -> bool:
    """Tell whether messages of a kind may be about encounters."""
    name, _, event = kind.partition("^")
    if name == "hl7v2 ADT":
        return event[:3] in EVENTS or event[:3] == MERGE
    return kind.startswith("hl7v2 ") and kind[6:].startswith(ORDERS)


def read(message: LogMessage, zone: ZoneInfo) -> list[Saying]:
    """Return what a message says, one saying for each patient.

    Args:
        message: of a kind that :func:`wants`.
        zone: of times without one.

    Raises:
        LianyiError: it is no HL7 v2.
        UnreadableEncounter: an ADT message names no patient, or a name is too long.
    """
    found = hl7v2.parse(message.body, default_codec=message.codec or "utf-8")
    name, _, event = message.kind.partition("^")
    reader = _Reader(message, found, zone)
    if name != "hl7v2 ADT":
        sayings = list(reader.orders())
    elif event[:3] == MERGE:
        sayings = list(reader.merges())
    else:
        sayings = [reader.encounter(event[:3])]
    for saying in sayings:
        _check_sizes(saying)
    return sayings


class _Reader:
    """One message being read."""

    def __init__(self, message: LogMessage, found: hl7v2.Message, zone: ZoneInfo) -> None:
        self._message = message
        self._found = found
        self._zone = zone
        self._recorded_at = recorded_at(found, zone, received_at=message.received_at)

    def encounter(self, event: str) -> Saying:
        """Return what an ADT message says of its one encounter."""
        persons = self._persons("PID", 1)
        if not persons:
            raise UnreadableEncounter(
                where="PID-3", why="it names no patient", why_zh="没有患者标识"
            )
        return self._saying(
            0,
            event,
            persons,
            occurred_at=self._past(self._at("EVN-6.1")) or self._recorded_at,
            visit=self._visit(1),
            category=self._text("PV1-2"),
            location=self._location(),
            practitioners=self._practitioners(),
            began_at=self._past(self._at("PV1-44.1")),
            ended_at=self._past(self._at("PV1-45.1")),
        )

    def merges(self) -> Iterator[Saying]:
        """Give what A40 says: each pair of PID and MRG is a merge."""
        for number in range(1, self._found.count("PID") + 1):
            kept, gone = self._persons("PID", number), self._persons("MRG", number)
            if not kept or not gone:
                where = "MRG-1" if kept else "PID-3"
                raise UnreadableEncounter(
                    where=where, why="it names no patient", why_zh="没有患者标识"
                )
            yield self._saying(number - 1, MERGE, kept, gone=gone)

    def orders(self) -> Iterator[Saying]:
        """Give who ordered for each patient of an order or result; nothing where nobody is named.

        What repeats PV1 says nothing here about where the patient is: the sender may know late.
        """
        for number in range(1, self._found.count("PID") + 1):
            persons = self._persons("PID", number)
            orders = self._orders_of(number)
            if persons and orders:
                visits = self._found.group("PID", number, "PV1")
                visit = self._visit(visits[0].occurrence) if visits else ""
                yield self._saying(number - 1, ORDER, persons, visit=visit, orders=orders)

    def _saying(self, part: int, event: str, persons: tuple[str, ...], **more: object) -> Saying:
        message = self._message
        more.setdefault("occurred_at", self._recorded_at)
        return Saying(
            message.position,
            part,
            source_of(message),
            message.channel,
            message.received_at,
            self._recorded_at,
            event=event,
            control=self._text("MSH-10"),
            persons=persons,
            **more,  # type: ignore[arg-type]
        )

    def _text(self, path: str) -> str:
        return storable_text(self._found.get(path).strip())

    def _at(self, path: str) -> datetime | None:
        return instant_of(self._found.get(path), self._zone)

    def _past(self, at: datetime | None) -> datetime | None:
        """Nothing that is told has happened later than it was told."""
        return at and min(at, self._message.received_at)

    def _persons(self, segment: str, number: int) -> tuple[str, ...]:
        """Return the patient identifiers of a segment, written as the log's keys are."""
        fields = self._found.fields_of(segment)[number - 1 : number]
        keys = keys_in({segment: fields}, self._found.delimiters, self._found.codec)
        return tuple(storable_text(key[2:]) for key in keys if key.startswith("p:"))

    def _visit(self, number: int) -> str:
        value = self._text(f"PV1({number})-19.1")
        return f"{value}^{self._authority(f'PV1({number})-19.4')}" if value else ""

    def _authority(self, path: str) -> str:
        return self._text(f"{path}.1") or self._text(f"{path}.2")

    def _location(self) -> Location | None:
        parts = [self._text(f"PV1-3.{n}") for n in (1, 2, 3)]
        place = "^".join(parts).rstrip("^")
        return Location(place, self._authority("PV1-3.4")) if place else None

    def _practitioners(self) -> Mapping[Part, tuple[str, ...]]:
        said: dict[Part, tuple[str, ...]] = {}
        for part, field in FIELDS.items():
            named = self._named("PV1", 1, field)
            if named or self._found.get_raw(f"PV1-{field}") == NULL:
                said[part] = named
        return said

    def _named(self, segment: str, number: int, field: int) -> tuple[str, ...]:
        """Return the XCN of all repetitions as ``id^authority``; a name without id is nobody."""
        path = f"{segment}({number})-{field}"
        named: dict[str, None] = {}
        for repetition in range(1, self._found.repetitions(path) + 1):
            one = f"{path}({repetition})"
            if value := self._text(f"{one}.1"):
                named[f"{value}^{self._authority(f'{one}.9')}"] = None
        return tuple(named)

    def _orders_of(self, patient: int) -> tuple[Order, ...]:
        """Return the orders of one patient; an OBR belongs to the ORC before it."""
        found: dict[str, Order] = {}
        here = 0
        number = control = ""
        for segment in self._found.segments():
            here += segment.name == "PID"
            if here != patient or segment.name not in ("ORC", "OBR"):
                continue
            own = self._order_number(segment)
            if segment.name == "ORC":
                number, control = own, self._text(segment.path("1"))
            else:
                number = own or number
            field = 12 if segment.name == "ORC" else 16
            known = found.get(number, Order(number, control, ()))
            by = (*known.by, *self._named(segment.name, segment.occurrence, field))
            found[number] = Order(number, known.control, tuple(dict.fromkeys(by)))
        return tuple(one for one in found.values() if one.by or one.control)

    def _order_number(self, segment: hl7v2.Segment) -> str:
        return self._text(segment.path("2.1")) or self._text(segment.path("3.1"))


def _check_sizes(saying: Saying) -> None:
    place = [*saying.location] if saying.location else []
    named = [one for by in saying.practitioners.values() for one in by]
    ordered = [text for one in saying.orders for text in (one.number, one.control, *one.by)]
    texts = (*saying.persons, *saying.gone, saying.visit, saying.category, saying.control)
    if any(len(text) > TEXT_CHARACTERS_MAX for text in (*texts, *place, *named, *ordered)):
        raise UnreadableEncounter(
            where="PID, PV1, ORC, OBR",
            why=f"an identifier is longer than {TEXT_CHARACTERS_MAX} characters",
            why_zh=f"有标识超过 {TEXT_CHARACTERS_MAX} 个字符",
        )
