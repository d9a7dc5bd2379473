"""Text as it is compared: one width, one dot, one code point for each character.

A name that went through an old converter may hold private-use code points where GB 18030 has a
character now, compatibility forms, one of half a dozen dots. ``normal`` gives the one form; the
stored text stays what was sent.

Sources:
    GB 18030-2022 (code positions that earlier editions, and Python's codec, map to the private
    use area); Unicode Standard Annex 15 (NFKC); 国家民委 and others, 2016, on the separation dot
    of minority names (U+00B7).
"""

from __future__ import annotations

from typing import Final
from unicodedata import is_normalized, normalize

import opencc

MIDDLE_DOT: Final = "\u00b7"
LOST: Final = "\ufffd"
"""Stands for any character that some system lost."""

_VERTICAL_FORMS = dict(
    zip(
        (*range(0xE78D, 0xE797),),
        (0xFE10, 0xFE12, 0xFE11, 0xFE13, 0xFE14, 0xFE15, 0xFE16, 0xFE17, 0xFE18, 0xFE19),
        strict=True,
    )
)
"""A6D9-A6DF, A6EC, A6ED, A6F3."""
_COMPONENTS = {
    0xE81E: 0x9FB4,  # FE59
    0xE826: 0x9FB5,  # FE61
    0xE82B: 0x9FB6,  # FE66
    0xE82C: 0x9FB7,  # FE67
    0xE832: 0x9FB8,  # FE6D
    0xE843: 0x9FB9,  # FE7E
    0xE854: 0x9FBA,  # FE90
    0xE864: 0x9FBB,  # FEA0
}
_BEYOND_THE_FIRST_PLANE = {
    0xE816: 0x20087,  # FE51
    0xE817: 0x20089,  # FE52
    0xE818: 0x200CC,  # FE53
    0xE831: 0x215D7,  # FE6C
    0xE83B: 0x2298F,  # FE76
    0xE855: 0x241FE,  # FE91
}
GB18030_2022: Final[dict[str, str]] = {
    chr(private): chr(real)
    for private, real in (_VERTICAL_FORMS | _COMPONENTS | _BEYOND_THE_FIRST_PLANE).items()
}
"""The 24 private-use code points that decoders of before 2022 give, to the real characters."""

_DOTS = "\u2022\u2027\u30fb\u2219\u22c5\u318d\u16eb\u2024\uff65\u0387"
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
_LOST_MARKS = "?*□〓■\ufffd▯☐●○◯×"


def is_private(character: str) -> bool:
    """Whether this is a private-use code point: a character whose meaning was lost on the way."""
    code = ord(character)
    return 0xE000 <= code <= 0xF8FF or code >= 0xF0000


class _Folded(dict[str, str]):
    """Each character's normal form, found once."""

    def __missing__(self, character: str) -> str:
        if character in _DOTS:
            folded = MIDDLE_DOT
        elif character in _INVISIBLE:
            folded = ""
        elif character in _LOST_MARKS or is_private(character):
            folded = LOST
        elif character.isspace():
            folded = " "
        else:
            folded = character if character.isprintable() else ""
        if len(self) < _CACHE_MAX:
            self[character] = folded
        return folded


_CACHE_MAX = 100_000
_folded = _Folded()


class _Simple(dict[str, str]):
    """Each character's simplified form, found once."""

    def __init__(self) -> None:
        super().__init__()
        self._converter = opencc.OpenCC("t2s")

    def __missing__(self, character: str) -> str:
        simple = str(self._converter.convert(character)) if ord(character) > 0x2FF else character
        if len(self) < _CACHE_MAX:
            self[character] = simple
        return simple


_simple = _Simple()


def real_characters(text: str) -> str:
    """Replace the private-use code points that GB 18030-2022 gave a character, and no others."""
    if text.isascii() or not any(map(is_private, text)):
        return text
    return "".join(GB18030_2022.get(character, character) for character in text)


def normal(text: str) -> str:
    """Give the one form in which two texts can be compared.

    GB 18030-2022 characters in place of private-use ones, NFKC, every middle dot U+00B7, one
    space for any run of white space, nothing invisible, ``LOST`` for every mark that says that a
    character could not be kept (``? * □ 〓``, U+FFFD, other private-use code points). Idempotent.
    """
    text = real_characters(text)
    if not is_normalized("NFKC", text):
        text = normalize("NFKC", text)
    text = "".join(map(_folded.__getitem__, text))
    if not is_normalized("NFKC", text):  # what was invisible kept two characters apart
        text = normalize("NFKC", text)
    if " " in text:
        text = " ".join(text.split())
    return text


def digits_of(text: str) -> str:
    """Give the normal form without spaces, in capitals: for numbers that have no dots or marks."""
    if text.isascii():
        return "".join(text.split()).upper()
    joined = "".join(normalize("NFKC", text).split()).upper()
    return normalize("NFKC", "".join(joined.split()))


def simplified(text: str) -> str:
    """Give the traditional characters in their simplified form, one by one.

    For a compare key, never for a stored or shown name.
    """
    return "".join(map(_simple.__getitem__, text))


def is_hanzi(character: str) -> bool:
    """Whether this is a Chinese character (any plane), or 〇."""
    code = ord(character)
    return (
        0x4E00 <= code <= 0x9FFF
        or 0x3400 <= code <= 0x4DBF
        or 0x20000 <= code <= 0x3FFFF
        or code == 0x3007
    )


def share_of_pairs(a: str, b: str) -> float:
    """Give how alike two texts in letters are: from 0 to 1, by the pairs of letters they share.

    Source:
        Dice, "Measures of the amount of ecologic association between species", Ecology 26 (1945).
    """
    if a == b:
        return 1.0
    pairs_a = {a[i : i + 2] for i in range(len(a) - 1)}
    pairs_b = {b[i : i + 2] for i in range(len(b) - 1)}
    both = len(pairs_a) + len(pairs_b)
    return 2 * len(pairs_a & pairs_b) / both if both else 0.0
