"""Whether a text is a value of one of the simple datatypes of HL7 v2.

Source:
    HL7 v2.8.2 chapter 2A: NM, SI, DT, TM, DTM (TS before v2.6).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_COUNT = re.compile(r"\d{1,10}")
_DATE = re.compile(r"(\d{4})((0[1-9]|1[0-2])(\d\d)?)?")
_ZONE = r"([+-](0\d|1[0-4])[0-5]\d)?"
_TIME = re.compile(r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,4})?)?)?" + _ZONE)
_INSTANT = re.compile(
    r"(\d{4})((0[1-9]|1[0-2])((\d\d)(([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,4})?)?)?)?)?)?" + _ZONE
)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_number(text: str) -> bool:
    """Whether it is an NM, blanks around it allowed."""
    return _NUMBER.fullmatch(text.strip()) is not None


def is_count(text: str) -> bool:
    """Whether it is an SI: digits alone."""
    return _COUNT.fullmatch(text.strip()) is not None


def is_date(text: str) -> bool:
    """Whether it is a DT: year, month and day, cut off at any of them."""
    found = _DATE.fullmatch(text.strip())
    return found is not None and _exists(found[1], found[3], found[4])


def is_time(text: str) -> bool:
    """Whether it is a TM: hour, minute, second, fraction and zone, cut off anywhere."""
    return _TIME.fullmatch(text.strip()) is not None


def is_instant(text: str) -> bool:
    """Whether it is a DTM or TS: date, time and zone, cut off anywhere."""
    found = _INSTANT.fullmatch(text.strip())
    return found is not None and _exists(found[1], found[3], found[5])


def _exists(year: str, month: str | None, day: str | None) -> bool:
    """Whether there is such a day."""
    if not month or not day:
        return True
    if not 1 <= int(day) <= _DAYS[int(month) - 1]:
        return False
    leap = int(year) % 4 == 0 and (int(year) % 100 != 0 or int(year) % 400 == 0)
    return leap or (month, day) != ("02", "29")


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "NM": is_number,
    "SI": is_count,
    "DT": is_date,
    "TM": is_time,
    "DTM": is_instant,
    "TS": is_instant,
}
"""The datatypes whose values can be wrong in themselves."""

NUMERIC = frozenset({"NM", "SI"})
