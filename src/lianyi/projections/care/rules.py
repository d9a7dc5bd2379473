"""What sayings about one encounter mean together. Pure, and the same in whatever order they came.

They are taken in the order in which they were *recorded* (EVN-2); among those of the same second,
as they came into the log. What was sent twice counts once. A cancellation takes back the last
saying of its kind that still counts, the one with the same EVN-6 before others; to cancel an
admission takes back all that was said of it since. What is left is dated by when it *occurred*.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from lianyi.messagelog.message import Position
from lianyi.projections.care.model import (
    ORDER,
    Encounter,
    Location,
    Part,
    Saying,
    Span,
    State,
    Stay,
    Treating,
)


class Told(Protocol):
    """What an ADT message says, as far as the rules below ask; see :class:`~.model.Saying`."""

    @property
    def position(self) -> Position:
        """Of the message."""
        ...

    @property
    def event(self) -> str:
        """Its trigger event, ``A01``, or :data:`~.model.ORDER`."""
        ...

    @property
    def occurred_at(self) -> datetime:
        """When it happened."""
        ...

    @property
    def began_at(self) -> datetime | None:
        """PV1-44."""
        ...

    @property
    def location(self) -> Location | None:
        """Where the patient is."""
        ...

    @property
    def order(self) -> tuple[datetime, datetime, int, int, int]:
        """Its place among all of one encounter."""
        ...

    @property
    def content(self) -> tuple[object, ...]:
        """What makes it the same when it is sent again."""
        ...


T = TypeVar("T", bound=Told)

ADMITS = frozenset({"A01", "A04"})
CANCELS: Mapping[str, frozenset[str]] = {
    "A11": ADMITS,
    "A12": frozenset({"A02"}),
    "A13": frozenset({"A03"}),
    "A38": frozenset({"A05"}),
    "A52": frozenset({"A21"}),
    "A53": frozenset({"A22"}),
}
"""What each cancellation takes back."""

TELLS_MORE = "A13"
"""The one cancellation that also says where the patient is now."""

_HERE = frozenset({None, State.PLANNED, State.OPEN, State.AWAY})
_ANY = frozenset({None, *State})
MOVES: Mapping[str, tuple[Collection[State | None], State]] = {
    "A01": (_ANY, State.OPEN),
    "A02": (_HERE, State.OPEN),
    "A03": (_ANY, State.ENDED),
    "A04": (_ANY, State.OPEN),
    "A05": ({None}, State.PLANNED),
    "A06": (_ANY, State.OPEN),
    "A07": (_ANY, State.OPEN),
    "A08": ({None}, State.OPEN),
    "A13": ({None}, State.OPEN),
    "A21": (_HERE, State.AWAY),
    "A22": (_HERE, State.OPEN),
}
"""From which states an event leads to which one; from others it leads nowhere."""

FOR_A_BED = frozenset({"I", "B"})
NOT_FOR_A_BED = frozenset({"E", "O", "P", "R", "N", "C"})
"""PV1-2, table 0004. Other codes are a hospital's own: then the event decides, A04 or not."""

ORDER_CANCELLED = frozenset({"CA", "OC", "CR"})
"""ORC-1, table 0119: cancelled at the wish of whoever ordered, or of whoever was to do it."""


def fold(sayings: Iterable[Saying], *, alike: Collection[str] = ()) -> Encounter | None:
    """Return what sayings about one encounter mean; None when there are none.

    Args:
        sayings: of one encounter, in any order; no merges.
        alike: identifiers that merges made one with those in the sayings.
    """
    ordered = without_twins(sayings)
    if not ordered:
        return None
    counting = without_cancelled(ordered)
    told = [one for one in counting if one.event != ORDER]
    state, ended_at = _state(told, ordered)
    heard_at = max(one.recorded_at for one in ordered)
    category = next((one.category for one in reversed(told) if one.category), "")
    began = [one.began_at for one in told if one.began_at]
    began_at = began[-1] if began else min(one.occurred_at for one in ordered)
    lasts = state in (State.OPEN, State.AWAY) and _for_a_bed(category, told)
    until = None if lasts else ended_at or max(heard_at, began_at)
    orders = [one for one in ordered if one.event == ORDER]
    persons = {person for one in ordered for person in one.persons} | set(alike)
    return Encounter(
        state,
        category,
        began_at,
        ended_at,
        heard_at,
        until,
        sorted(persons),
        stays_of(told, until),
        [*_treating(told, until), *_ordering(orders)],
        ordered[0].position,
        ordered[-1].position,
    )


def without_twins(sayings: Iterable[T]) -> list[T]:
    """Return them in order, what was sent twice only once."""
    kept: dict[object, T] = {}
    for saying in sorted(sayings, key=lambda one: one.order):
        kept.setdefault(saying.content, saying)
    return list(kept.values())


def without_cancelled(ordered: Iterable[T]) -> list[T]:
    """Return those that nobody took back, without the cancellations themselves."""
    counting: list[T] = []
    for saying in ordered:
        cancelled = CANCELS.get(saying.event)
        if cancelled is None:
            counting.append(saying)
            continue
        places = [n for n, one in enumerate(counting) if one.event in cancelled]
        same = [n for n in places if counting[n].occurred_at == saying.occurred_at]
        place = next(reversed(same or places), None)
        if saying.event == "A11":
            begins = place or 0
            orders = [one for one in counting[begins:] if one.event == ORDER]
            counting[begins:] = orders
        elif place is not None:
            del counting[place]
        if saying.event == TELLS_MORE:
            counting.append(saying)
    return counting


def _state(told: Sequence[Saying], ordered: Sequence[Saying]) -> tuple[State, datetime | None]:
    """Return how far an encounter is, and when it ended if it did."""
    state: State | None = None
    ended_at: datetime | None = None
    for saying in told:
        source, target = MOVES[saying.event]
        if state in source:
            if saying.event == "A08" and saying.ended_at:
                target = State.ENDED
            state = target
        if state is not State.ENDED:
            ended_at = None
        elif saying.event == "A03":
            ended_at = saying.ended_at or saying.occurred_at
        elif saying.ended_at:
            ended_at = saying.ended_at
    if state is None:
        only_orders = all(one.event == ORDER for one in ordered)
        state = State.MENTIONED if only_orders else State.CANCELLED
    return state, ended_at


def _for_a_bed(category: str, told: Sequence[Saying]) -> bool:
    """Tell whether an encounter goes on until somebody says that it ended."""
    if category in FOR_A_BED or category in NOT_FOR_A_BED:
        return category in FOR_A_BED
    begun = [one.event for one in told if one.event in {*ADMITS, "A06", "A07"}]
    return not begun or begun[-1] in {"A01", "A06"}


def _happened(saying: Told) -> datetime:
    """Return from when on what a saying says holds."""
    if saying.event in {*ADMITS, "A05"} and saying.began_at:
        return saying.began_at
    return saying.occurred_at


def stays_of(told: Sequence[Told], until: datetime | None) -> list[Stay]:
    """Return where the patient was, as rows that follow each other."""
    changes: list[tuple[datetime, Location, Position]] = []
    for saying in sorted(told, key=_happened):
        if saying.location is None:
            continue
        at = _happened(saying)
        if changes and changes[-1][0] == at:
            changes.pop()  # what was said last of an instant holds
        if not changes or changes[-1][1] != saying.location:
            changes.append((at, saying.location, saying.position))
    ends = [since for since, _, _ in changes[1:]]
    return [
        Stay(location, Span(since, end, said))
        for (since, location, said), end in zip(changes, [*ends, until], strict=False)
        if end is None or end > since
    ]


def _treating(told: Sequence[Saying], until: datetime | None) -> list[Treating]:
    """Return who looked after the patient: each part is told anew by a saying that speaks of it."""
    found: list[Treating] = []
    ordered = sorted(told, key=_happened)
    for part in Part:
        speaking = [one for one in ordered if part in one.practitioners]
        running: dict[str, tuple[datetime, Position]] = {}
        for saying in speaking:
            at, named = _happened(saying), saying.practitioners[part]
            for who in [one for one in running if one not in named]:
                since, said = running.pop(who)
                if since < at:
                    found.append(Treating(who, part, Span(since, at, said)))
            for who in named:
                running.setdefault(who, (at, saying.position))
        for who, (since, said) in running.items():
            end = until and max(until, since)
            found.append(Treating(who, part, Span(since, end, said)))
    return sorted(found, key=lambda one: (one.span.since, one.part, one.practitioner))


def _ordering(orders: Sequence[Saying]) -> list[Treating]:
    """Return who ordered: from the first order until the last that was heard of one.

    It is the weaker relation: it does not go on because the encounter does.
    """
    heard: dict[str, list[tuple[datetime, Position, tuple[str, ...]]]] = {}
    for saying in orders:
        for order in saying.orders:
            if order.number and order.control in ORDER_CANCELLED:
                heard.pop(order.number, None)
            elif order.control not in ORDER_CANCELLED:
                told = (saying.recorded_at, saying.position, order.by)
                heard.setdefault(order.number, []).append(told)
    of: dict[str, list[tuple[datetime, Position]]] = {}
    for sayings in heard.values():
        for who in {one for _, _, by in sayings for one in by}:
            of.setdefault(who, []).extend((at, said) for at, said, _ in sayings)
    return [
        Treating(who, Part.ORDERING, Span(min(told)[0], max(told)[0], min(told)[1]))
        for who, told in sorted(of.items())
    ]
