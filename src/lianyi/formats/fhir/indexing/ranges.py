"""What a date or number means in a search: the stretch that its precision covers.

Source:
    FHIR R4, "Search", "number", "date", "quantity".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from lianyi.formats.fhir.fhirpath.model import Json

CHINA = timezone(timedelta(hours=8))
_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?"
    r"(Z|[+-]\d\d:\d\d)?)?)?)?"
)
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
_STEPS = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1))


class Span(NamedTuple):
    """UTC instants: ``low`` within, ``high`` after."""

    low: datetime
    high: datetime


@lru_cache(maxsize=8192)
def span_of(text: str, zone: tzinfo = CHINA) -> Span | None:
    """Return the stretch that a date, dateTime or instant covers; None where it is none.

    Args:
        text: ``2014``, ``2014-05``, ``2014-05-09``, ``2014-05-09T10:30``, ``...:59.123+08:00``.
        zone: of what names no time zone.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        low = datetime(
            int(year),
            int(month or 1),
            int(day or 1),
            int(hour or 0),
            int(minute or 0),
            min(59, int(second or 0)),
            int((fraction or "0")[:6].ljust(6, "0")),
            tzinfo=_zone(offset) if offset else zone,
        )
        high = _after(low, match)
        return Span(low.astimezone(UTC), high.astimezone(UTC))
    except (OverflowError, ValueError):
        return _at_the_edge(int(year))


def _after(low: datetime, match: re.Match[str]) -> datetime:
    if match[2] is None:
        return low.replace(year=low.year + 1)
    if match[3] is None:
        return (low.replace(day=28) + timedelta(days=4)).replace(day=1)
    if match[7] is not None:
        return low + timedelta(microseconds=max(1, 10 ** (6 - min(6, len(match[7])))))
    return low + _STEPS[sum(part is not None for part in match.groups()[3:6])]


def _zone(offset: str) -> tzinfo:
    if offset == "Z":
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[4:])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def _at_the_edge(year: int) -> Span | None:
    """Return what can be told of the first and last year that a computer's calendar has."""
    if year == 1:
        return Span(_FIRST, _FIRST + timedelta(days=366))
    return Span(_LAST - timedelta(days=366), _LAST) if year == 9999 else None


def period_of(period: Mapping[str, Json], zone: tzinfo = CHINA) -> Span | None:
    """Return the stretch of a Period; an end that is not said is open."""
    start, end = _said(period.get("start"), zone), _said(period.get("end"), zone)
    if start is None and end is None:
        return None
    return Span(start.low if start else _FIRST, end.high if end else _LAST)


def timing_of(timing: Mapping[str, Json], zone: tzinfo = CHINA) -> Span | None:
    """Return the outer limits of a Timing: its events and bounds; how it repeats is left aside."""
    events = timing.get("event")
    spans = [_said(each, zone) for each in events] if isinstance(events, list) else []
    repeat = timing.get("repeat")
    if isinstance(repeat, dict) and isinstance(bounds := repeat.get("boundsPeriod"), dict):
        spans.append(period_of(bounds, zone))
    return _outer(span for span in spans if span is not None)


def _outer(spans: Iterable[Span]) -> Span | None:
    known = list(spans)
    if not known:
        return None
    return Span(min(span.low for span in known), max(span.high for span in known))


def _said(value: Json, zone: tzinfo) -> Span | None:
    return span_of(value, zone) if isinstance(value, str) else None


def number_range(value: Decimal) -> tuple[Decimal, Decimal]:
    """Return from and up to what a number stands for by its digits: ``100`` is 99.5 to 100.5."""
    half = _half(int(value.as_tuple().exponent))
    return value - half, value + half


@lru_cache(maxsize=64)
def _half(exponent: int) -> Decimal:
    """Return half of the last digit of a number."""
    return Decimal((0, (5,), exponent - 1))


def decimal_of(value: Json) -> Decimal | None:
    """Return a number of JSON; None where it is none, or one that no measurement needs."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, float)):
        return None
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return number if number.is_finite() and abs(number.adjusted()) < 300 else None
