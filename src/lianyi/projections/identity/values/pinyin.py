"""How a Chinese name sounds, without tones; ü is written v.

Every reading of a character is known, the surname's own first (``surnames``). Characters are read
one by one, and each only once in the life of a process.

Sources:
    GB/T 28039-2011 (spelling of Chinese names); readings: pypinyin (MIT), pinyin-data.
"""

from __future__ import annotations

import os
from functools import cache, lru_cache
from itertools import product
from typing import Final

from lianyi.projections.identity.values.surnames import COMPOUND, READINGS

Sounds = frozenset[str]

_COMBINATIONS_MAX: Final = 24


def _spoken(syllable: str) -> bool:
    return syllable.isascii() and any(vowel in syllable for vowel in "aeiouv")


class _Readings(dict[str, tuple[str, ...]]):
    """Each character's readings, looked up once."""

    def __missing__(self, character: str) -> tuple[str, ...]:
        # Its characters take 10 MB, in every process; so it is loaded by the first Chinese name.
        # Its phrases, 45 MB, are what single characters never need; it reads these variables once.
        os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
        os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")  # nothing is added to its dictionaries
        from pypinyin import Style, pinyin

        found = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
        read = tuple(s for s in found[0] if _spoken(s)) if found else ()
        if len(self) < 100_000:
            self[character] = read
        return read


_readings = _Readings()


class _Sounds(dict[str, Sounds]):
    """The same as sets."""

    def __missing__(self, character: str) -> Sounds:
        sounds = frozenset(_readings[character])
        if len(self) < 100_000:
            self[character] = sounds
        return sounds


_sounds = _Sounds()


def readings(character: str) -> tuple[str, ...]:
    """Every reading of one character, the commonest first; empty when nobody knows one."""
    return _readings[character]


@lru_cache(maxsize=50_000)
def _surname(surname: str) -> tuple[tuple[str, ...], tuple[Sounds, ...]]:
    """Usual syllables of a surname, and for each of its characters all readings."""
    if len(surname) == 2:
        whole = COMPOUND.get(surname, "")
        for first in _readings[surname[0]] + READINGS.get(surname[0], ()):
            if whole.startswith(first) and whole[len(first) :] in syllables():
                pair = (first, whole[len(first) :])
                sounds = tuple(_sounds[c] | {said} for c, said in zip(surname, pair, strict=True))
                return pair, sounds
        pair = _irregular(whole)
        return pair, tuple(_sounds[c] | {said} for c, said in zip(surname, pair, strict=True))
    own = READINGS.get(surname, ())
    usual = own or _readings[surname][:1]
    return usual[:1], (_sounds[surname] | frozenset(own),)


def _irregular(whole: str) -> tuple[str, str]:
    """Cut a compound reading whose characters are never read so elsewhere: mo qi, chan yu."""
    for cut in range(len(whole) - 1, 0, -1):
        if whole[:cut] in syllables() and whole[cut:] in syllables():
            return whole[:cut], whole[cut:]
    return whole, ""


def name_sounds(surname: str, given: str) -> tuple[tuple[str, ...], tuple[Sounds, ...]]:
    """Give how a name sounds.

    Args:
        surname: one or two characters, or none.
        given: any number of characters.

    Returns:
        The usual syllable of each character (those that have none are left out), and for each
        character the set of all its readings (empty when it has none).
    """
    usual, every = _surname(surname) if surname else ((), ())
    return (
        usual + tuple([_readings[c][0] for c in given if _readings[c]]),
        every + tuple([_sounds[c] for c in given]),
    )


@cache
def syllables() -> frozenset[str]:
    """Every syllable of Mandarin that a character of GB 2312 has, and the surnames' own."""
    found: set[str] = set()
    for lead in range(0xB0, 0xF8):
        for trail in range(0xA1, 0xFF):
            try:
                character = bytes((lead, trail)).decode("gb2312")
            except UnicodeDecodeError:
                continue
            found.update(_readings[character])
    return frozenset(found | {s for own in READINGS.values() for s in own})


@cache
def _longest() -> int:
    return max(map(len, syllables()))


def spell(word: str) -> tuple[str, ...]:
    """Cut a romanised word into syllables; empty when it is not Mandarin.

    Args:
        word: lower-case letters only. ``lyu`` and ``nyu`` (passports) are read as lü and nü.

    Returns:
        The cut with the fewest syllables: ``xian`` is one, though it can be Xi'an.
    """
    word = word.replace("lyu", "lv").replace("nyu", "nv")
    best: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    known = syllables()
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - _longest()), end):
            before = best[start]
            if before is None or word[start:end] not in known:
                continue
            found = best[end]
            if found is None or len(before) + 1 < len(found):
                best[end] = (*before, word[start:end])
    return best[-1] or ()


def letters(usual: tuple[str, ...]) -> str:
    """Give the letters of a spoken name in alphabetical order, ü as u.

    The same for 王小明, WANG Xiaoming, Xiaoming Wang and XIAO MING WANG: order and spaces do not
    count.
    """
    return "".join(sorted("".join(usual).replace("v", "u")))


def every_letters(every: tuple[Sounds, ...]) -> frozenset[str]:
    """Give ``letters`` of each way in which a name can be read, at most two dozen of them."""
    ways = product(*(sorted(sounds) or ("",) for sounds in every))
    return frozenset(letters(way) for way, _ in zip(ways, range(_COMBINATIONS_MAX), strict=False))
