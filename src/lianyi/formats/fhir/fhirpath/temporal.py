"""Dates and times that say how exactly they are known.

``@2014`` is not the first of January: what is not said is unknown, so comparing two values that
agree as far as both go gives no answer (None). Seconds and their decimals are one component.

Sources:
    FHIRPath N1, "Date/Time Equality", "Comparison", "Date/Time Arithmetic".
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import ClassVar, Self

_DATE = r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?"
_TIME = r"(\d\d)(?::(\d\d)(?::(\d\d(?:\.\d+)?))?)?"
_ZONE = r"(Z|[+-]\d\d:\d\d)"
_DATE_TEXT = re.compile(_DATE)
_DATETIME_TEXT = re.compile(rf"{_DATE}(?:T(?:{_TIME})?{_ZONE}?)?")
_TIME_TEXT = re.compile(_TIME)
# Where one side names no time zone, the instant is uncertain by this much (UTC-12 to UTC+14).
_ZONE_SPREAD = timedelta(hours=26)
_PER_DAY = Decimal(86400)
SECONDS = {
    "week": 7 * _PER_DAY,
    "day": _PER_DAY,
    "hour": Decimal(3600),
    "minute": Decimal(60),
    "second": Decimal(1),
    "millisecond": Decimal("0.001"),
}
_MONTHS = {"year": 12, "month": 1}


@dataclass(frozen=True, slots=True)
class Temporal:
    """What is known of a point in time, from the coarsest component to the finest.

    Attributes:
        parts: year, month, day, hour, minute (int) and second (Decimal), as far as they are known;
            a time of day begins with the hour.
        offset: minutes east of UTC; None where none is said.
    """

    name: ClassVar[str] = ""
    _digits: ClassVar[tuple[int, ...]] = (4, 6, 8, 10, 12, 14)
    parts: tuple[int | Decimal, ...]
    offset: int | None = None

    @property
    def precision(self) -> int:
        """How many digits say what is known: 4 for a year, 17 for milliseconds."""
        digits = self._digits[len(self.parts) - 1]
        second = self.parts[-1]
        return digits + 3 if isinstance(second, Decimal) and _decimals(second) else digits

    def __str__(self) -> str:
        raise NotImplementedError


class Date(Temporal):
    """A date, perhaps only a month or year."""

    __slots__ = ()
    name = "Date"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2014``, ``2014-05`` or ``2014-05-09``; ValueError where it is none."""
        match = _DATE_TEXT.fullmatch(text)
        if match is None:
            raise ValueError(text)
        return cls(_checked_date(match.groups()))

    def __str__(self) -> str:
        return _date_text(self.parts)


class DateTime(Temporal):
    """A date with as much of the time of day as is known."""

    __slots__ = ()
    name = "DateTime"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a FHIR dateTime or a literal without its ``@``; ValueError where it is none."""
        match = _DATETIME_TEXT.fullmatch(text)
        if match is None:
            raise ValueError(text)
        year, month, day, hour, minute, second, zone = match.groups()
        parts = _checked_date((year, month, day))
        if hour is not None:
            if len(parts) < 3:
                raise ValueError(text)
            parts += _checked_time((hour, minute, second))
        return cls(parts, _offset(zone) if zone else None)

    @classmethod
    def of(cls, instant: datetime) -> Self:
        """Return an aware instant, to the millisecond."""
        offset = instant.utcoffset()
        second = Decimal(instant.second) + Decimal(instant.microsecond // 1000).scaleb(-3)
        return cls(
            (*instant.timetuple()[:5], second),
            None if offset is None else int(offset.total_seconds()) // 60,
        )

    def date(self) -> Date:
        """Return its date alone."""
        return Date(self.parts[:3])

    def __str__(self) -> str:
        text = _date_text(self.parts[:3])
        if len(self.parts) <= 3:
            return text + ("T" if len(self.parts) < 3 else "")
        return f"{text}T{_time_text(self.parts[3:])}{_zone_text(self.offset)}"


class Time(Temporal):
    """A time of day."""

    __slots__ = ()
    name = "Time"
    _digits = (2, 4, 6)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``14``, ``14:30`` or ``14:30:59.5``; ValueError where it is none."""
        match = _TIME_TEXT.fullmatch(text)
        if match is None:
            raise ValueError(text)
        return cls(_checked_time(match.groups()))

    def __str__(self) -> str:
        return _time_text(self.parts)


def compared(left: Temporal, right: Temporal) -> int | None:
    """Return -1, 0 or 1 as left is before, equal to or after right; None where it is unknown.

    Raises:
        TypeError: a time of day and a date cannot be compared.
    """
    if isinstance(left, Time) is not isinstance(right, Time):
        raise TypeError
    ours, theirs = left.parts, right.parts
    if len(ours) > 3 and len(theirs) > 3:
        if (left.offset is None) is not (right.offset is None):
            return _far_apart(left, right)
        if left.offset != right.offset:
            ours, theirs = _in_utc(left), _in_utc(right)
    for mine, yours in zip(ours, theirs, strict=False):
        if mine != yours:
            return -1 if mine < yours else 1
    return 0 if len(ours) == len(theirs) else None


def key(value: Temporal) -> tuple[object, ...]:
    """Return something hashable, equal for values that are equal beyond doubt."""
    zoned = value.offset is not None and len(value.parts) > 3
    return (isinstance(value, Time), zoned, _in_utc(value) if zoned else value.parts)


def shifted(value: Temporal, amount: Decimal, unit: str) -> Temporal:
    """Return a value some calendar units later (or, with a negative amount, earlier).

    Above seconds only whole units count. A unit finer than what is known is first brought to the
    finest component known: ``@2014 + 24 months`` is ``@2016``.

    Raises:
        KeyError: the unit is none of the calendar.
        OverflowError, ValueError: the result lies outside the years 1 to 9999.
    """
    if unit in _MONTHS:
        if isinstance(value, Time):
            raise KeyError(unit)
        return _months_later(value, int(amount) * _MONTHS[unit])
    seconds = SECONDS[unit] * (amount if unit in {"second", "millisecond"} else int(amount))
    if isinstance(value, Time):
        return _clock_later(value, seconds)
    if len(value.parts) < 3:
        days = int(seconds / _PER_DAY)
        return _months_later(
            value, int(days / 365) * 12 if len(value.parts) == 1 else int(days / 30)
        )
    return _seconds_later(value, seconds)


def low(value: Temporal, digits: int) -> Temporal | None:
    """Return the earliest point that it may mean, to as many digits."""
    return _boundary(value, digits, ((1, 1, 0, 0, Decimal("0.000")), 14 * 60))


def high(value: Temporal, digits: int) -> Temporal | None:
    """Return the latest point that it may mean, to as many digits."""
    year, month = int(value.parts[0]), 12
    if not isinstance(value, Time) and len(value.parts) > 1:
        month = int(value.parts[1])
    last = 31 if isinstance(value, Time) or year < 1 else monthrange(year, month)[1]
    return _boundary(value, digits, ((12, last, 23, 59, Decimal("59.999")), -12 * 60))


def to_datetime(value: Temporal) -> datetime:
    """Return the naive beginning of a date or dateTime, its own offset left aside."""
    year, month, day, hour, minute = (*(int(part) for part in value.parts[:5]), *(0,) * 5)[:5]
    second = Decimal(value.parts[5]) if len(value.parts) > 5 else Decimal(0)
    start = datetime(year, month or 1, day or 1, hour, minute)  # noqa: DTZ001 - says so
    return start + timedelta(microseconds=int(second * 1_000_000))


def _boundary(
    value: Temporal, digits: int, filling: tuple[tuple[int | Decimal, ...], int]
) -> Temporal | None:
    fill, offset = filling
    sizes = value._digits
    wanted = next((n for n, size in enumerate(sizes, 1) if size == digits), None)
    if digits == sizes[-1] + 3:
        wanted = len(sizes)
    if wanted is None or (isinstance(value, Date) and wanted > 3):
        return None
    rest = fill[-len(sizes) + 1 :] if isinstance(value, Time) else fill
    known = value.parts[:wanted]
    parts = list(known) + list(rest[len(known) - 1 : wanted - 1])
    if digits == sizes[-1] + 3 and isinstance(parts[-1], Decimal):
        parts[-1] = _in_milliseconds(parts[-1], fill[-1] if len(known) == len(sizes) else 0)
    if isinstance(value, DateTime) and wanted > 3 and value.offset is None:
        return DateTime(tuple(parts), offset)
    return replace(value, parts=tuple(parts), offset=value.offset if wanted > 3 else None)


def _in_milliseconds(second: Decimal, filling: int | Decimal) -> Decimal:
    if _decimals(second):
        return second.quantize(Decimal("0.001"), rounding=ROUND_DOWN)
    return second + Decimal(filling) % 1 if filling else second.quantize(Decimal("0.001"))


def _checked_date(groups: tuple[str | None, ...]) -> tuple[int | Decimal, ...]:
    parts = tuple(int(part) for part in groups if part is not None)
    if len(parts) > 1 and not 1 <= parts[1] <= 12:
        raise ValueError(groups)
    if parts[0] < 1 or (len(parts) > 2 and not 1 <= parts[2] <= monthrange(*parts[:2])[1]):
        raise ValueError(groups)
    return parts


def _checked_time(groups: tuple[str | None, ...]) -> tuple[int | Decimal, ...]:
    hour, minute, second = groups
    parts: tuple[int | Decimal, ...] = (int(hour or 0),)
    if minute is not None:
        parts += (int(minute),)
    if second is not None:
        parts += (Decimal(second),)
    if parts[0] > 23 or any(part >= 60 for part in parts[1:2]) or any(p >= 61 for p in parts[2:]):
        raise ValueError(groups)
    return parts


def _offset(zone: str) -> int:
    if zone == "Z":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[4:])
    if minutes > 14 * 60 or int(zone[4:]) > 59:
        raise ValueError(zone)
    return -minutes if zone[0] == "-" else minutes


def _date_text(parts: tuple[int | Decimal, ...]) -> str:
    return "-".join(f"{part:0{4 if n == 0 else 2}d}" for n, part in enumerate(map(int, parts)))


def _time_text(parts: tuple[int | Decimal, ...]) -> str:
    text = ":".join(f"{int(part):02d}" for part in parts)
    if len(parts) == 3 and _decimals(Decimal(parts[2])):
        text += "." + str(parts[2]).partition(".")[2]
    return text


def _zone_text(offset: int | None) -> str:
    if offset is None:
        return ""
    if offset == 0:
        return "Z"
    hours, minutes = divmod(abs(offset), 60)
    return f"{'-' if offset < 0 else '+'}{hours:02d}:{minutes:02d}"


def _decimals(second: Decimal) -> int:
    return max(0, -int(second.as_tuple().exponent))


def _in_utc(value: Temporal) -> tuple[int | Decimal, ...]:
    """Return the components in UTC, as many as before; unchanged at the edges of the calendar."""
    if not value.offset:
        return value.parts
    try:
        moved = _seconds_later(value, Decimal(-60 * value.offset))
    except (OverflowError, ValueError):
        return value.parts
    return moved.parts


def _far_apart(left: Temporal, right: Temporal) -> int | None:
    first = to_datetime(left) - timedelta(minutes=left.offset or 0)
    second = to_datetime(right) - timedelta(minutes=right.offset or 0)
    if abs(first - second) <= _ZONE_SPREAD:
        return None
    return -1 if first < second else 1


def _months_later(value: Temporal, months: int) -> Temporal:
    if len(value.parts) == 1:
        year, month = int(value.parts[0]) + int(months / 12), 1
    else:
        counted = int(value.parts[0]) * 12 + int(value.parts[1]) - 1 + months
        year, month = divmod(counted, 12)
        month += 1
    if not 1 <= year <= 9999:
        raise ValueError(year)
    parts = (year, month, *value.parts[2:])
    if len(parts) > 2:
        parts = (year, month, min(int(parts[2]), monthrange(year, month)[1]), *parts[3:])
    return replace(value, parts=parts[: len(value.parts)])


def _seconds_later(value: Temporal, seconds: Decimal) -> Temporal:
    known = len(value.parts)
    finest = {3: _PER_DAY, 4: Decimal(3600), 5: Decimal(60)}.get(known)
    if finest is not None and value.offset is None:
        seconds = int(seconds / finest) * finest
    whole = seconds.to_integral_value(rounding="ROUND_FLOOR")
    second = Decimal(value.parts[5]) if known > 5 else Decimal(0)
    rest = second % 1 + (seconds - whole)
    carried = rest.to_integral_value(rounding="ROUND_FLOOR")
    start = to_datetime(replace(value, parts=(*value.parts[:5], Decimal(int(second)))[:known]))
    moved = start + timedelta(seconds=int(whole + carried))
    parts: tuple[int | Decimal, ...] = moved.timetuple()[:5]
    if known > 5:
        parts += (Decimal(moved.second) + (rest - carried),)
    return replace(value, parts=parts[:known])


def _clock_later(value: Temporal, seconds: Decimal) -> Temporal:
    hour, minute, second = (*value.parts, *(0,) * 3)[:3]
    finest = {1: Decimal(3600), 2: Decimal(60)}.get(len(value.parts))
    if finest is not None:
        seconds = int(seconds / finest) * finest
    total = (Decimal(3600) * hour + 60 * minute + second + seconds) % _PER_DAY
    total = total + _PER_DAY if total < 0 else total
    hours, rest = divmod(total, 3600)
    minutes, left = divmod(rest, 60)
    parts: tuple[int | Decimal, ...] = (int(hours), int(minutes), left)
    return replace(value, parts=parts[: len(value.parts)])
