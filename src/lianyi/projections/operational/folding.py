"""What statements about one row mean together. Pure, and the same in whatever order they came.

They are taken in the order in which they were recorded; what was sent twice counts once; of every
column the last word holds. Three things differ:

- of ADT, a cancellation takes back what it cancels: the rules are those of ``care``;
- a time that is said again and again, as that of giving a drug, or of a report that is corrected,
  is the first; that a report was ever corrected, or an order ever completed, stays;
- of a charge the first word holds: what was charged is never overwritten, only taken back.

What a report does not say itself it takes from its order, an operation from its encounter. What
became of an order is said by reports, charges and pharmacies; they make no order that nobody gave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from lianyi.messagelog.message import Position
from lianyi.projections.care import rules
from lianyi.projections.care.model import Stay
from lianyi.projections.operational.statements import (
    BESIDE,
    BORN_ON,
    CANCELLED,
    DEPARTMENT,
    Statement,
    Value,
)

ENCOUNTER: Final = "encounter"
ORDER: Final = "order"
PARENTS: Final[Mapping[str, str]] = {"result": "order", "surgery": ENCOUNTER}
"""Facts that take something from a row of another."""
_TAKES: Final[Mapping[str, tuple[str, ...]]] = {
    "result": ("encounter", "class", "ordering", "ordered_at", "urgent"),
    "surgery": ("class", "admitted_at", "discharged_at", "discharging"),
}
_EARLIEST: Final = frozenset(
    {
        *((ORDER, one) for one in ("executed_at", "received_at", "reported_at")),
        *((ORDER, one) for one in ("dispensed_at", "charged_at")),
        ("result", "reported_at"),
        ("result", "received_at"),
    }
)
_EVER: Final = frozenset(
    {
        ("result", "corrected"),
        ("result", "rejected"),
        (ORDER, "closed_loop"),
        (ORDER, "bedside"),
        ("surgery", "done"),
    }
)
_FIRST_WORD: Final = frozenset({"charge"})
_KEYS: Final = ("encounter", "prescription")
"""Columns that hold the key of something else."""
_PLANNED: Final = "A05"
_DAYS_MAX: Final = 150 * 366
_LONGEST_STAY: Final = timedelta(days=3_660)
"""Beds are not counted further back than so long before the first word of an encounter."""


class Parent(Protocol):
    """A row that others take from, as it is stored."""

    def get(self, name: str) -> Value:
        """Return what it says of a column."""
        ...


class Row(NamedTuple):
    """A row of the star.

    Attributes:
        fact, key: which, as messages say it.
        scope: code of the organisation whose messages say it; empty: of nobody's.
        of: key of the row it takes from; empty: none.
        channel: whose it is.
        origin: the last message that counts.
        columns: what is said, by name; columns that are not said are missing.
    """

    fact: str
    key: str
    scope: str
    of: str
    channel: int
    origin: Position
    columns: Mapping[str, Value]

    @property
    def known_as(self) -> str:
        """Its key among the rows of all organisations."""
        return scoped(self.scope, self.key)

    @property
    def belongs_to(self) -> str:
        """The key of the row it takes from, among those of all organisations."""
        return scoped(self.scope, self.of)


def scoped(scope: str, key: str) -> str:
    """Return a key as it is unique: what two organisations say is never one row."""
    return f"{scope}/{key}" if scope and key else key


def fold(
    statements: Iterable[Statement],
    *,
    zone: ZoneInfo,
    scope: str = "",
    parent: Parent | None = None,
) -> Row | None:
    """Return the row that statements mean; None: there is none.

    Args:
        statements: all that one organisation says of one row, in any order.
        zone: of the hospital's days.
        scope: code of that organisation.
        parent: the row that it takes from.
    """
    told = _counting(statements)
    if all(BESIDE in one.said for one in told):
        return None
    fact = told[0].fact
    if fact in _FIRST_WORD:
        told = told[:1]
    columns = _last_words(fact, told)
    columns.pop(BESIDE, None)
    if columns.pop(CANCELLED, None):
        return None
    if fact == ENCOUNTER:
        columns = _of_an_encounter(columns, zone)
    if fact == ORDER and columns.get("closed_loop") is None and _is_closed(columns):
        columns["closed_loop"] = True
    for name in _KEYS:
        value = columns.get(name)
        if isinstance(value, str):
            columns[name] = scoped(scope, value)
    if parent is not None:
        for name in _TAKES.get(fact, ()):
            if columns.get(name) is None:
                columns[name] = parent.get(name)
    said = {name: value for name, value in columns.items() if value is not None}
    of = next((one.of for one in reversed(told) if one.of), "")
    return Row(fact, told[0].key, scope, of, told[0].channel, told[-1].position, said)


def _counting(statements: Iterable[Statement]) -> list[Statement]:
    """Return what counts of all that was said; what is only planned is no encounter yet."""
    ordered = rules.without_twins(statements)
    if not ordered or ordered[0].fact != ENCOUNTER:
        return ordered
    counting = rules.without_cancelled(ordered)
    return counting if any(one.event != _PLANNED for one in counting) else []


def _last_words(fact: str, told: Sequence[Statement]) -> dict[str, Value]:
    columns: dict[str, Value] = {}
    for one in told:
        for name, value in one.said.items():
            before = columns.get(name)
            if (fact, name) in _EVER and before:
                continue
            if (fact, name) in _EARLIEST and isinstance(before, datetime):
                value = min(before, value) if isinstance(value, datetime) else before
            columns[name] = value
    return columns


def _of_an_encounter(columns: dict[str, Value], zone: ZoneInfo) -> dict[str, Value]:
    """Add what follows from what is said of an encounter."""
    born_on, department = columns.pop(BORN_ON, None), columns.pop(DEPARTMENT, None)
    admitted, discharged = columns.get("admitted_at"), columns.get("discharged_at")
    began = admitted or columns.get("registered_at")
    if isinstance(began, datetime) and isinstance(born_on, date):
        days = (began.astimezone(zone).date() - born_on).days
        if 0 <= days <= _DAYS_MAX:
            columns["age_days"] = days
    if columns.get("disposition") is not None and columns.get("died") is None:
        columns["died"] = columns["disposition"] == "died"
    if discharged is None:
        columns["discharging"] = None
    elif columns.get("discharging") is None:
        columns["discharging"] = department
    if isinstance(admitted, datetime) and isinstance(discharged, datetime):
        stayed = (discharged.astimezone(zone).date() - admitted.astimezone(zone).date()).days
        if stayed >= 0:
            columns["stay_days"] = max(stayed, 1)
    return columns


def _is_closed(columns: Mapping[str, Value]) -> bool:
    """Tell whether what was ordered came to its end: a report, or a drug that was given."""
    given = columns.get("category") == "drug" and columns.get("executed_at") is not None
    return given or columns.get("reported_at") is not None


def stays(statements: Iterable[Statement], row: Row | None) -> list[Stay]:
    """Return in which wards a patient lay, as spans that follow each other.

    Args:
        statements: all of one encounter, in any order.
        row: what they mean; of somebody who was not admitted for a night, there are none.
    """
    if row is None or row.columns.get("class") != "inpatient":
        return []
    admitted, discharged = row.columns.get("admitted_at"), row.columns.get("discharged_at")
    if not isinstance(admitted, datetime):
        return []
    until = discharged if isinstance(discharged, datetime) else None
    told = [one for one in _counting(statements) if one.event != _PLANNED]
    begins = max(admitted, told[0].recorded_at - _LONGEST_STAY)
    found: list[Stay] = []
    for one in rules.stays_of(told, until):
        since = max(one.span.since, begins)
        ends = [end for end in (one.span.until, until) if end is not None]
        end = min(ends) if ends else None
        if end is None or end > since:
            found.append(one._replace(span=one.span._replace(since=since, until=end)))
    return found
