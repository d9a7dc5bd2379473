"""Dates of birth: what is known of one, and how two differ.

A date of birth is wrong in its own ways: only the year is known and the first of January stands
for it, a form's default was left, day and month changed places, the Chinese calendar was meant.

Sources:
    HL7 v2.8 2.A.21 DT, 2.A.22 DTM; FHIR date; GB/T 7408.1-2023.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import IntEnum
from functools import lru_cache
from typing import Final

import msgspec

from lianyi.projections.identity.values.identifier_levels import is_one_edit, is_swap
from lianyi.projections.identity.values.lunar import solar_dates
from lianyi.projections.identity.values.text import digits_of


class BirthValue(msgspec.Struct, frozen=True, gc=False):
    """A date of birth, read.

    Attributes:
        text: ``YYYYMMDD``, shorter when day or month are unknown; empty when nothing was read.
        year: 0 when unknown.
        month: 0 when unknown.
        day: 0 when unknown.
        is_default: a form's default, or a date too frequent to be true: no part of it counts.
        is_year_only: the year is meant, whatever month and day stand there.
        is_future: after the day on which it was registered.
        no_date: eight digits that are no date, so that one of them at least is wrong.
    """

    text: str = ""
    year: int = 0
    month: int = 0
    day: int = 0
    is_default: bool = False
    is_year_only: bool = False
    is_future: bool = False
    no_date: str = ""

    @property
    def on(self) -> date | None:
        """The whole date; None when a part is unknown."""
        return date(self.year, self.month, self.day) if self.day else None

    @property
    def is_key(self) -> bool:
        """Whether the whole date identifies somebody: known, not a default, not in the future."""
        return bool(self.day) and not (self.is_default or self.is_year_only or self.is_future)


class BirthLevel(IntEnum):
    """How two dates of birth stand to each other; higher is nearer."""

    INCOMPARABLE = 0
    """One is missing, a default, or impossible (but see ``MISTYPED``)."""
    DIFFERENT = 1
    SAME_YEAR = 2
    """The year agrees, month and day are both known and differ."""
    YEAR_ONLY = 3
    """The year agrees and one of them knows no more."""
    ONE_DIGIT = 4
    """One digit differs, or two neighbouring ones are swapped."""
    MISTYPED = 5
    """One is no date, and it is the other with one digit wrong or two neighbouring ones swapped."""
    LUNAR = 6
    """One is the other's day in the Chinese calendar."""
    SWAPPED = 7
    """Day and month are swapped."""
    MONTH = 8
    """Year and month agree and one of them knows no day."""
    EQUAL = 9


ALWAYS_DEFAULT: Final = frozenset(
    {
        "19000101", "19000102", "18991230", "18991231", "18000101", "17530101", "00010101",
        "19010101", "19110101", "19700101", "20991231", "21000101", "99991231", "11111111",
    }
)  # fmt: skip
"""Zero of some clock or spreadsheet, or a form's default: nobody alive, or hardly, is born then.

1970-01-01 is a real birthday too: that it is not believed costs a review, not a merge.
"""
_DATE: Final = re.compile(
    r"(\d{4})(?:[-/.年]?(\d{1,2})(?:[-/.月]?(\d{1,2})日?)?月?)?年?(?=\D|$|\d{4,6})"
)
_EARLIEST: Final = 1850
_REMEMBERED_MAX: Final = 32
"""Nobody fills the memory with longer texts in the place of a date."""


def read_birth(
    said: str, *, today: date | None = None, defaults: frozenset[str] = frozenset()
) -> BirthValue:
    """Read a date of birth: ``19800131``, ``1980-1-31``, ``1980年1月31日``, ``198001``, ``1980``.

    Args:
        said: as sent; a time after the date is not read.
        today: day of the registration; a later birth is ``is_future``. None does not ask.
        defaults: dates (``YYYYMMDD``) that this source fills in; see ``default_dates``.

    Returns:
        The empty value when there is no date, ``no_date`` when it cannot exist.
    """
    birth = _remembered(said, defaults) if len(said) <= _REMEMBERED_MAX else _read(said, defaults)
    if today is None or birth.year < today.year or birth.is_default:
        return birth
    on = birth.year, birth.month or 1, birth.day or 1
    if on <= (today.year, today.month, today.day):
        return birth
    return msgspec.structs.replace(birth, is_future=True)


@lru_cache(maxsize=1 << 15)
def _remembered(said: str, defaults: frozenset[str]) -> BirthValue:
    return _read(said, defaults)


def _read(said: str, defaults: frozenset[str]) -> BirthValue:
    if len(said) == 8 and said.isdecimal() and said.isascii():
        parts = (said[:4], said[4:6], said[6:])
    else:
        text = digits_of(said)
        if len(text) in (4, 6, 8, 12, 14) and text.isdigit():
            parts = (text[:4], text[4:6] or "0", text[6:8] or "0")
        else:
            found = _DATE.match(text)
            if found is None:
                return BirthValue()
            parts = (found[1], found[2] or "0", found[3] or "0")
    year, month, day = map(int, parts)
    text = f"{year:04}{month:02}{day:02}"
    if text in ALWAYS_DEFAULT or text in defaults:
        return _default(text, year, month, day)
    if not _exists(year, month, day):
        return BirthValue(no_date=text if day else "")
    return BirthValue(
        text if day else text[:6] if month else text[:4],
        year,
        month,
        day,
        is_year_only=not month or (month == 1 and day == 1),
    )


def _exists(year: int, month: int, day: int) -> bool:
    if not _EARLIEST <= year <= 2200 or month > 12 or (day and not month):
        return False
    if day <= 28:
        return True
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _default(text: str, year: int, month: int, day: int) -> BirthValue:
    try:
        date(year, month, day)
    except ValueError:
        return BirthValue(text, is_default=True)
    return BirthValue(text, year, month, day, is_default=True, is_year_only=True)


def default_dates(
    counts: Mapping[str, int], *, times_expected: float = 12.0, least: int = 30
) -> frozenset[str]:
    """Find the dates of birth that are too frequent to be true.

    Args:
        counts: ``YYYYMMDD`` to the number of registrations that have it.
        times_expected: how many times the mean of its year and the years beside it a date must
            have to be called a default.
        least: fewer registrations than this are never called a default.

    Returns:
        The dates to give to ``read_birth``. The first of January is found here as well if it is
        frequent, but it counts as a year only in any case.
    """
    of_year: dict[int, int] = {}
    for text, count in counts.items():
        if len(text) == 8 and text.isdigit():
            of_year[int(text[:4])] = of_year.get(int(text[:4]), 0) + count
    found = set()
    for text, count in counts.items():
        if count < least or len(text) != 8 or not text.isdigit():
            continue
        year = int(text[:4])
        around = [of_year.get(y, 0) for y in (year - 1, year, year + 1)]
        others = sum(around) - count
        if count > times_expected * max(others, 1) / (365.25 * 3):
            found.add(text)
    return frozenset(found)


def is_lunar_twin(a: BirthValue, b: BirthValue) -> bool:
    """Whether one date, read as a day of the Chinese calendar, is the other. Symmetric."""
    on_a, on_b = a.on, b.on
    if on_a is None or on_b is None:
        return False
    if on_b < on_a:
        a, on_b = b, on_a
    return on_b in solar_dates(a.year, a.month, a.day)


def compare_births(a: BirthValue, b: BirthValue) -> BirthLevel:
    """Say how two dates of birth stand to each other. Symmetric."""
    if a.is_default or b.is_default or a.is_future or b.is_future:
        return BirthLevel.INCOMPARABLE
    if not a.year or not b.year:
        return BirthLevel.MISTYPED if _is_mistyped(a, b) else BirthLevel.INCOMPARABLE
    if a.text == b.text:
        return BirthLevel.YEAR_ONLY if a.is_year_only else BirthLevel.EQUAL
    same_year = a.year == b.year
    if a.is_year_only or b.is_year_only:
        return BirthLevel.YEAR_ONLY if same_year else BirthLevel.DIFFERENT
    if not a.day or not b.day:
        if same_year:
            return BirthLevel.MONTH if a.month == b.month else BirthLevel.SAME_YEAR
        return BirthLevel.DIFFERENT
    if same_year and a.month == b.day and a.day == b.month:
        return BirthLevel.SWAPPED
    if -1 <= a.year - b.year <= 1 and is_lunar_twin(a, b):
        return BirthLevel.LUNAR
    if is_one_edit(a.text, b.text) or is_swap(a.text, b.text):
        return BirthLevel.ONE_DIGIT
    return BirthLevel.SAME_YEAR if same_year else BirthLevel.DIFFERENT


def _is_mistyped(a: BirthValue, b: BirthValue) -> bool:
    """Whether one is no date and one slip away from the other, which is one. Symmetric."""
    wrong, right = (a.no_date, b) if a.no_date else (b.no_date, a)
    if not wrong or not right.day or right.is_year_only:
        return False
    return is_one_edit(wrong, right.text) or is_swap(wrong, right.text)


def is_slip_within_a_year(a: BirthValue, b: BirthValue) -> bool:
    """Whether two dates of one year differ by a digit of month or day. Symmetric.

    Nobody's brother or sister is born in the same year, but for a twin, on the same day.
    """
    return a.year == b.year and bool(a.day and b.day) and is_one_edit(a.text, b.text)
