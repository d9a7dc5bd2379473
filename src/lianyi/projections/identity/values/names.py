"""A person's name, read once so that it can be compared with thousands.

A Chinese name has two to four characters: too few for edit distances. What counts is which
character differs and how: in writing, in sound, in shape, or because a system lost it. So a name
is read into surname, given name, sounds; and what is no name (无名氏, 某某之子) is told apart.

Sources:
    GB/T 28039-2011 (spelling); 2016 notice on the separation dot of minority names;
    ICAO 9303 part 3 (ü as YU in passports).
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import Final
from unicodedata import normalize

import msgspec

from lianyi.projections.identity.values import name_words
from lianyi.projections.identity.values.pinyin import Sounds, letters, name_sounds, spell
from lianyi.projections.identity.values.surnames import VARIANTS, split_surname
from lianyi.projections.identity.values.text import (
    LOST,
    MIDDLE_DOT,
    is_hanzi,
    normal,
    simplified,
)


class NameKind(IntEnum):
    """What a name field holds."""

    NOBODY = 0
    """Empty, unknown, withheld, a test. Never compared, never a key."""
    NEWBORN = 1
    """An unnamed child, named after its mother: ``key`` is the *mother's* name."""
    HANZI = 2
    SEGMENTED = 3
    """With dots between the parts: names of minorities, transcribed foreign names."""
    LATIN = 4
    """Romanised Chinese, or foreign, in any order."""


class NameValue(msgspec.Struct, frozen=True, gc=False):
    """A name, read.

    Attributes:
        kind: see ``NameKind``.
        text: the normal form, for showing beside the stored one.
        key: simplified characters without dots and spaces (lower-case words, sorted, for LATIN);
            LOST where a character was lost. Equal keys are equal names.
        surname: of HANZI, from ``key``.
        variant: ``key`` with the surname and well-known characters in one of their writings.
        usual: usual syllables, surname's reading first; of LATIN the syllables, empty when foreign.
        every: all readings of each character of ``key``.
        parts: of SEGMENTED the parts, of LATIN the words, as keys.
        lossy: some character was lost on the way.
        letters: key of the sound: see ``pinyin.letters``; empty when it cannot be known.
        family: of LATIN the words that the sender calls the family name, if others are beside them.
        child_order: of NEWBORN, see ``name_words.Child``.
        child_sex: of NEWBORN.
    """

    kind: NameKind
    text: str
    key: str = ""
    surname: str = ""
    variant: str = ""
    usual: tuple[str, ...] = ()
    every: tuple[Sounds, ...] = ()
    parts: tuple[str, ...] = ()
    lossy: bool = False
    letters: str = ""
    family: tuple[str, ...] = ()
    child_order: int = 0
    child_sex: str = ""


_CHARACTER_PAIRS = (
    "坤堃 哲喆 扬飏 佑祐 苏甦 德惪 巨钜 珍珎 秋秌 野埜 和龢 渊囦 "
    "炯烱 笑咲 岩嵒 琉瑠 铁鉄 宝寳 丰豊 泪涙 皓皜"
)
_CHARACTER_VARIANTS: Final = {pair[1]: pair[0] for pair in _CHARACTER_PAIRS.split()}
"""Characters of given names in two accepted writings that no conversion to simplified unites."""
_WITH_VARIANTS: Final = frozenset(_CHARACTER_VARIANTS)
_REMEMBERED_MAX: Final = 24
"""Nobody fills the memory with names of more characters."""
_NO_SOUND: Final[Sounds] = frozenset()
_SPACE_BETWEEN_HANZI: Final = re.compile(r"(?<=[^\x00-\u2fff])\s+(?=[^\x00-\u2fff])")
_LATIN_RUN: Final = re.compile(r"[A-Za-z\u00c0-\u024f']+")
_WORD: Final = re.compile(r"[^\W\d_]+")
_ACCENTS: Final = re.compile("[\u0300-\u036f]")


def _read_latin(text: str, called: str) -> NameValue:
    words = tuple(_WORD.findall(_plain_letters(text)))
    cut = [spell(word) for word in words]
    syllables = tuple([s for spelt in cut for s in spelt]) if all(cut) else ()
    ordered = tuple(sorted(words))
    family = tuple(sorted(_WORD.findall(_plain_letters(called)))) if called else ()
    return NameValue(
        NameKind.LATIN,
        text,
        key=" ".join(ordered),
        variant=" ".join(ordered),
        usual=syllables,
        parts=ordered,
        letters=letters(syllables or words),
        lossy=LOST in text,
        family=family if set(family) < set(words) else (),
    )


def _plain_letters(text: str) -> str:
    """Lower case, without accents and apostrophes; ü is v."""
    low = text.lower().replace("'", "").replace("\u2019", "")
    if not low.isascii():
        low = _ACCENTS.sub("", normalize("NFD", low.replace("ü", "v")))
    return low


def _variant(surname: str, given: str) -> str:
    if _WITH_VARIANTS.isdisjoint(given):
        return VARIANTS.get(surname, surname) + given
    return VARIANTS.get(surname, surname) + "".join([_CHARACTER_VARIANTS.get(c, c) for c in given])


def _read_hanzi(text: str) -> NameValue:
    """Read a name without dots: surname, given name, lost characters, pinyin in their place."""
    text = _SPACE_BETWEEN_HANZI.sub("", text) if " " in text else text
    hints: dict[int, Sounds] = {}
    key = simplified(text)
    if "某" in key[1:]:
        key = key[0] + key[1:].replace("某", LOST)
    if max(key) > "\u9fff" or min(key) < "\u4e00":
        key, hints = _with_hints(key)
    surname, given = split_surname(key)
    lossy = LOST in key
    usual, every = name_sounds(surname, given)
    known = not lossy and len(usual) == len(key)
    if hints:
        spoken = list(every)
        for place, sounds in hints.items():
            spoken[place] = sounds
        every = tuple(spoken)
        known = all(len(spoken[i]) == 1 for i, c in enumerate(key) if c == LOST)
        if known:
            usual = _filled(key, hints, usual)
    return NameValue(
        NameKind.HANZI,
        text,
        key=key,
        surname=surname,
        variant=_variant(surname, given),
        usual=usual,
        every=every,
        lossy=lossy,
        letters=letters(usual) if known else "",
    )


def _filled(key: str, hints: dict[int, Sounds], usual: tuple[str, ...]) -> tuple[str, ...]:
    """Put the syllables that a sender wrote in place of characters where they belong."""
    rest = iter(usual)
    return tuple(
        next(iter(hints[place])) if place in hints else next(rest, "") for place in range(len(key))
    )


def _with_hints(text: str) -> tuple[str, dict[int, Sounds]]:
    """Put LOST where pinyin or marks stand among the characters, and keep what the pinyin says."""
    hints: dict[int, Sounds] = {}
    built: list[str] = []
    at = 0
    while at < len(text):
        character = text[at]
        run = _LATIN_RUN.match(text, at)
        if run:
            at = run.end()
            for syllable in spell(_plain_letters(run[0])) or ("",):
                hints[len(built)] = frozenset({syllable}) if syllable else _NO_SOUND
                built.append(LOST)
            continue
        at += 1
        if is_hanzi(character):
            built.append(character)
        elif character == LOST and built[-1:] != [LOST]:
            built.append(LOST)
    return "".join(built), {place: sounds for place, sounds in hints.items() if sounds}


def _read_segmented(text: str) -> NameValue:
    parts = tuple(
        simplified("".join(part.split())) for part in text.split(MIDDLE_DOT) if part.strip()
    )
    key = "".join(parts)
    usual, every = name_sounds("", key)
    lossy = LOST in key
    return NameValue(
        NameKind.SEGMENTED,
        text,
        key=key,
        variant=key,
        usual=usual,
        every=every,
        parts=parts,
        lossy=lossy,
        letters="" if lossy else letters(usual),
    )


_DOT_BETWEEN_HANZI: Final = re.compile(r"(?<=[^\x00-\u2fff])[.,\-\u2010-\u2015=](?=[^\x00-\u2fff])")


def read_name(said: str, family: str = "") -> NameValue:
    """Read a name as it was sent: characters or letters, any width, any dot, any order of words.

    Every second name was read before, of the same person or of a namesake, so the latest are kept.

    Args:
        said: the whole name.
        family: the part of it that its sender calls the family name; counts in letters only.
    """
    return _remembered(said, family) if len(said) <= _REMEMBERED_MAX else _read(said, family)


@lru_cache(maxsize=1 << 15)
def _remembered(said: str, family: str) -> NameValue:
    return _read(said, family)


def _read(said: str, family: str) -> NameValue:
    plain = 2 <= len(said) <= 4 and min(said) >= "\u4e00" and max(said) <= "\u9fff"
    text = said if plain else normal(said)
    if (not plain or name_words.is_suspect(text)) and name_words.is_nobody(simplified(text)):
        return NameValue(NameKind.NOBODY, text)
    child = name_words.find_child(text)
    if child is not None:
        mother = read_name(child.mother)
        if mother.kind is NameKind.NOBODY:
            return NameValue(NameKind.NOBODY, text)
        return msgspec.structs.replace(
            mother,
            kind=NameKind.NEWBORN,
            text=text,
            child_order=child.order,
            child_sex=child.sex,
        )
    if plain and text[-1] not in name_words.POLITE_ENDS:
        return _read_hanzi(text)
    bare = name_words.without_remarks(text)
    if not any(map(is_hanzi, bare)):
        return _read_latin(bare, family) if _WORD.search(bare) else NameValue(NameKind.NOBODY, text)
    if MIDDLE_DOT not in bare:
        bare = _DOT_BETWEEN_HANZI.sub(MIDDLE_DOT, bare)
    if MIDDLE_DOT in bare.strip(MIDDLE_DOT):
        return _read_segmented(bare)
    if " " in bare and not bare.isascii():
        bare = _without_the_romanised_twin(bare)
    return _read_hanzi(bare)


def _without_the_romanised_twin(text: str) -> str:
    """``王伟 WANG WEI`` has its name twice: keep the characters."""
    words = text.split(" ")
    hanzi = [word for word in words if any(map(is_hanzi, word))]
    whole = "".join(hanzi)
    return whole if sum(map(is_hanzi, whole)) >= 2 else text


@lru_cache(maxsize=50_000)
def is_rare(character: str) -> bool:
    """Whether old systems cannot write this character: it is not in GB 2312."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return True
    return False
