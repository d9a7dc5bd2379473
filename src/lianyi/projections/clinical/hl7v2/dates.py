"""When something was, as precisely as the sender says it and no more. Pure.

FHIR knows a year, a month, a day, and a time with seconds and a zone. A time to the hour or minute
is therefore written with the zeros that FHIR wants and nothing else is made up; a time without a
zone is of the zone of the site.

Source:
    HL7 v2.8.2 chapter 2A, DTM, DT, TM; HL7 FHIR R4, 2.24.0.1: date, dateTime, instant, time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_DTM: Final = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:[ T]?(\d\d)(?:(\d\d)(?:(\d\d)(\.\d{1,6})?)?)?)?)?)?"
    r"(Z|[+-]\d{4})?",
    re.ASCII,
)
_TIME: Final = re.compile(r"(\d\d)(?:(\d\d)(?:(\d\d)(\.\d{1,6})?)?)?(?:[+-]\d{4})?", re.ASCII)
_WRITTEN: Final = re.compile(r"\d{4}[-/.年]\d\d?([-/.月]\d\d?日?([ T]+\d\d?:\d\d(:\d\d)?)?)?")


def _with_zeros(text: str) -> str:
    """Return a date that is written with marks in it, 2026-1-5 08:30, as HL7 would."""
    numbers = re.findall(r"\d+", text)
    return "".join(number.zfill(2) for number in numbers)


@lru_cache(maxsize=4096)
def _read(text: str, zone: ZoneInfo) -> tuple[int, datetime, str] | None:
    """Read a DTM: how many numbers it has, when that began, and its fraction of a second."""
    if _WRITTEN.fullmatch(text):
        text = _with_zeros(text)
    found = _DTM.fullmatch(text)
    if found is None:
        return None
    *numbers, fraction, offset = found.groups()
    said = [int(number) for number in numbers if number is not None]
    try:
        at = datetime(*(said + [1, 1, 0][len(said) - 1 :] if len(said) < 3 else said))  # type: ignore[arg-type]  # noqa: DTZ001
        if offset and offset != "Z":
            minutes = int(offset[1:3]) * 60 + int(offset[3:])
            if minutes > 14 * 60:
                return None
            away = timedelta(minutes=-minutes if offset[0] == "-" else minutes)
            at = at.replace(tzinfo=timezone(away))
        else:
            at = at.replace(tzinfo=UTC if offset else zone)
        at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if at.year < 1 or not said[0]:
        return None
    return len(said), at, fraction or ""


def date_of(text: str, zone: ZoneInfo) -> str | None:
    """Return a FHIR date: ``2026``, ``2026-11`` or ``2026-11-29``; None where it is none."""
    found = _read(text, zone)
    if found is None:
        return None
    numbers, at, _ = found
    return (f"{at.year:04}", f"{at.year:04}-{at.month:02}", f"{at:%Y-%m-%d}".zfill(10))[
        min(numbers, 3) - 1
    ]


def date_time_of(text: str, zone: ZoneInfo) -> str | None:
    """Return a FHIR dateTime with the precision that was said; None where it is none."""
    found = _read(text, zone)
    if found is None:
        return None
    if found[0] < 4:
        return date_of(text, zone)
    return _instant(found[1], found[2])


def instant_of(text: str, zone: ZoneInfo) -> str | None:
    """Return a FHIR instant; None where less than a day was said."""
    found = _read(text, zone)
    return _instant(found[1], found[2]) if found and found[0] > 2 else None


def time_of(text: str) -> str | None:
    """Return a FHIR time, the zone left out; None where it is none."""
    found = _TIME.fullmatch(text.replace(":", ""))
    if found is None:
        return None
    hour, minute, second = (int(number or 0) for number in found.groups()[:3])
    if hour > 23 or minute > 59 or second > 59:
        return None
    return f"{hour:02}:{minute:02}:{second:02}{found[4] or ''}"


def _instant(at: datetime, fraction: str) -> str:
    shown = at.isoformat(timespec="seconds")
    return f"{shown[:19]}{fraction}{shown[19:25]}"


def begins_after(one: str, other: str) -> bool:
    """Tell whether a FHIR dateTime begins later than another is over."""
    length = min(len(one), len(other), 10)
    if len(one) > 10 and len(other) > 10:
        return datetime.fromisoformat(one) > datetime.fromisoformat(other)
    return one[:length] > other[:length]


def shown(at: datetime) -> str:
    """Return an instant as a FHIR dateTime."""
    return _instant(at, "")


def later(instant: str, minutes: int) -> str:
    """Return the instant that is some minutes after another, in its zone."""
    return _instant(datetime.fromisoformat(instant) + timedelta(minutes=minutes), "")
