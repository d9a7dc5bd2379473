"""Which day has how many patients: weekdays, holidays, seasons, and slow growth, in whole numbers.

Sources:
    The days of the Spring Festival are those of the traditional calendar, 2022 to 2032.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

BEFORE_DAYS: Final = 60
"""Patients are admitted this long before the first day, so that beds are not empty on it."""

SPRING_FESTIVALS: Final = (
    date(2022, 2, 1),
    date(2023, 1, 22),
    date(2024, 2, 10),
    date(2025, 1, 29),
    date(2026, 2, 17),
    date(2027, 2, 6),
    date(2028, 1, 26),
    date(2029, 2, 13),
    date(2030, 2, 3),
    date(2031, 1, 23),
    date(2032, 2, 11),
)

STREAMS: Final[Mapping[str, int]] = {
    "clinic": 743,
    "emergency": 82,
    "observation": 10,
    "checkup": 46,
    "urgent": 35,
    "elective": 64,
    "day": 20,
}
"""Ways into the hospital, with how many of a thousand encounters come by each."""

STAYS: Final = frozenset({"urgent", "elective", "day"})

_WEEK: Final = {  # Monday first, per cent
    "clinic": (122, 112, 108, 106, 102, 78, 52),
    "emergency": (98, 95, 94, 95, 98, 110, 114),
    "observation": (100, 98, 97, 98, 100, 104, 106),
    "checkup": (112, 114, 112, 110, 108, 88, 10),
    "urgent": (104, 101, 100, 100, 100, 98, 96),
    "elective": (132, 118, 112, 106, 92, 58, 76),
    "day": (124, 126, 124, 122, 118, 36, 4),
}
_YEAR: Final = {  # January first, per cent
    "clinic": (99, 92, 106, 104, 101, 99, 102, 101, 98, 95, 100, 103),
    "emergency": (112, 104, 99, 96, 98, 99, 101, 100, 96, 95, 100, 116),
    "observation": (114, 106, 100, 96, 96, 97, 99, 99, 95, 95, 101, 118),
    "checkup": (70, 66, 102, 112, 114, 108, 96, 98, 108, 112, 116, 98),
    "urgent": (114, 106, 101, 97, 96, 95, 97, 97, 95, 96, 101, 115),
    "elective": (94, 86, 108, 104, 102, 101, 106, 104, 98, 96, 102, 100),
    "day": (90, 84, 106, 104, 102, 102, 108, 108, 98, 98, 104, 102),
}
_FESTIVAL: Final = {  # per cent, of the nine days around the festival
    "clinic": 34,
    "emergency": 132,
    "observation": 120,
    "checkup": 8,
    "urgent": 92,
    "elective": 22,
    "day": 4,
}
_GROWTH_PER_YEAR: Final = 3  # per cent
_BACK_AFTER_FESTIVAL: Final = 114  # per cent, in the two weeks after it: who waited comes now


@dataclass(frozen=True, slots=True)
class Window:
    """The months of a history.

    Attributes:
        first: its first day.
        end: the first day after it.
    """

    first: date
    end: date

    @property
    def days(self) -> Iterator[date]:
        """Every day of it, and :data:`BEFORE_DAYS` before it."""
        before = self.first - timedelta(days=BEFORE_DAYS)
        return (before + timedelta(days=one) for one in range((self.end - before).days))


def window(months: int, ends: date) -> Window:
    """Return so many months, of which the last is that of ``ends``."""
    last = ends.year * 12 + ends.month
    return Window(_first_day(last - months), _first_day(last))


def arrivals(encounters: int, over: Window) -> Iterator[tuple[str, date, int, int]]:
    """Say how many come by which stream on which day.

    Args:
        encounters: in the whole window, before its beginning not counted.
        over: the window; the streams of stays begin before it.

    Yields:
        Stream, day, number of the first of that day within its stream, how many.
    """
    for stream, share in STREAMS.items():
        days = [day for day in over.days if day >= over.first or stream in STAYS]
        weights = [_weight(stream, day, over) for day in days]
        inside = sum(w for day, w in zip(days, weights, strict=True) if day >= over.first)
        passed, given = 0, 0
        for day, weight in zip(days, weights, strict=True):
            passed += weight
            upto = passed * encounters * share // (inside * 1000)
            yield stream, day, given, upto - given
            given = upto


def is_winter(day: date) -> bool:
    """Tell whether a day is in the months in which airways are ill."""
    return day.month in {12, 1, 2}


def _weight(stream: str, day: date, over: Window) -> int:
    grown = 1000 + 10 * _GROWTH_PER_YEAR * (day - over.first).days // 365
    return (
        grown * _WEEK[stream][day.weekday()] * _YEAR[stream][day.month - 1] * _holiday(stream, day)
    )


def _holiday(stream: str, day: date) -> int:
    for festival in SPRING_FESTIVALS:
        since = (day - festival).days
        if -2 <= since <= 6:
            return _FESTIVAL[stream]
        if 7 <= since <= 20 and stream in {"clinic", "elective", "day"}:
            return _BACK_AFTER_FESTIVAL
    national = (day.month, day.day)
    if (10, 1) <= national <= (10, 7) or (5, 1) <= national <= (5, 3):
        return (100 + _FESTIVAL[stream]) // 2
    return 100


def _first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)
