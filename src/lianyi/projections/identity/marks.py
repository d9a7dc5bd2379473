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

from functools import cache
from typing import Final
from zlib import crc32

from lianyi.projections.identity.values.births import BirthValue
from lianyi.projections.identity.values.identifiers import IdValue
from lianyi.projections.identity.values.names import NameKind, NameValue

MARKS_BITS: Final = 448
"""128 for characters, 64 for the sound of the first one, 128 for years, 64 for days, 64 for ids."""

_ANY_NAME: Final = (1 << 192) - 1
_ANY_BIRTH: Final = (1 << 384) - 1 ^ _ANY_NAME
_CHARACTERS: Final = tuple(1 << place for place in range(128))
_SOUNDS: Final = tuple(1 << 128 + place for place in range(64))
_YEARS: Final = tuple(1 << 192 + year | 1 << 192 + (year + 1) % 128 for year in range(128))
"""A year and the next, since the two calendars do not begin on one day."""
_DAYS: Final = tuple(1 << 320 + place for place in range(64))
"""Month and day: they agree when a digit of the year is wrong."""
_IDS: Final = tuple(1 << 384 + place for place in range(64))


def marks_of(names: tuple[NameValue, ...], birth: BirthValue, ids: tuple[IdValue, ...]) -> int:
    """Give the marks of a registration, a number of ``MARKS_BITS`` bits; the same everywhere."""
    name = names[0]
    plain = len(names) == 1 and name.kind is NameKind.HANZI and not name.lossy
    if plain and len(name.variant) > 1:
        marks = 0
        for character in name.variant:
            marks |= _CHARACTERS[ord(character) & 127]
        for sound in name.every[0]:
            marks |= _sound(sound)
    else:
        marks = _ANY_NAME
    marks |= birth_marks(birth)
    for value in ids:
        marks |= _IDS[crc32(value.body.encode()) & 63]
    return marks


def birth_marks(birth: BirthValue) -> int:
    """Give the marks of one birthday."""
    if birth.no_date:
        return _ANY_BIRTH
    if not birth.year:
        return 0
    if not birth.day:
        return _YEARS[birth.year & 127]
    return _YEARS[birth.year & 127] | _DAYS[birth.month * 31 + birth.day & 63]


@cache
def _sound(syllable: str) -> int:
    """The mark of one of some four hundred syllables."""
    return _SOUNDS[crc32(syllable.encode()) & 63]
