"""Marks: one look that tells most strangers apart before anything is compared.

Most pairs that a common value brought together (a family's telephone, a street) have nothing else
in common. Marks are bits such that two registrations *without* a common bit surely have

- names without a common character whose first characters do not sound alike either,
- births that differ by more than a typing error or the calendar, or cannot be compared,
- no identifier that agrees.

The opposite says nothing: two strangers may have a bit in common. What cannot be told by bits (a
name in letters, several names, a lost character) has all of them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from zlib import crc32

from lianyi.projections.identity.values.births import BirthValue
from lianyi.projections.identity.values.identifiers import IdValue
from lianyi.projections.identity.values.names import NameKind, NameValue

MARKS_BITS: Final = 448
"""128 for characters, 64 for the sound of the first one, 128 for years, 64 for days, 64 for ids."""

_SOUNDS: Final = 128
_YEARS: Final = 192
_DAYS: Final = 320
_IDS: Final = 384
_ANY_NAME: Final = (1 << _YEARS) - 1


def marks_of(names: tuple[NameValue, ...], birth: BirthValue, ids: tuple[IdValue, ...]) -> int:
    """Give the marks of a registration, a number of ``MARKS_BITS`` bits; the same everywhere."""
    name = names[0]
    plain = len(names) == 1 and name.kind is NameKind.HANZI and not name.lossy
    marks = _of_name(name.variant, name.every[0]) if plain else _ANY_NAME
    if birth.year:
        marks |= _of_birth(birth.year, birth.month, birth.day)
    for value in ids:
        marks |= 1 << _IDS + crc32(value.body.encode()) % 64
    return marks


@lru_cache(maxsize=1 << 15)
def _of_name(variant: str, first: frozenset[str]) -> int:
    if len(variant) < 2:
        return _ANY_NAME
    marks = 0
    for character in variant:
        marks |= 1 << ord(character) % 127
    for sound in first:
        marks |= 1 << _SOUNDS + crc32(sound.encode()) % 64
    return marks


@lru_cache(maxsize=1 << 15)
def _of_birth(year: int, month: int, day: int) -> int:
    """A year and the next, for calendars; month and day, when a digit of the year is wrong."""
    marks = 1 << _YEARS + year % 128 | 1 << _YEARS + (year + 1) % 128
    return marks | 1 << _DAYS + (month * 31 + day) % 64 if day else marks
