"""What is left of a value that is too sensitive to be shown; pure functions of text.

A masked value keeps its form, so that people still see what kind of value stands there, and
nothing of it can be worked back: as many stars as there were characters only where the number of
characters says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lianyi.security.privacy.model import Mask

STAR = "*"
_DIGITS = re.compile(r"\d")
_MAIL = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,255}")
_AREA = re.compile(
    r"^.{1,12}?(?:自治区|特别行政区|省|市)(?:.{1,10}?(?:市|州|盟|地区))?(?:.{1,10}?[区县旗])?"
)
_YEAR = re.compile(r"^\D{0,2}((?:18|19|20|21)\d\d)")


def mask(value: str, how: Mask) -> str:
    """Return what is left of a value; empty stays empty."""
    return _HOW[how](value) if value.strip() else value


def _name(value: str) -> str:
    """张三 → 张*, 欧阳娜娜 → 欧***, Smith → S****; of one character nothing is left."""
    bare = value.strip()
    if len(bare) < 2:
        return STAR
    return bare[0] + STAR * min(len(bare) - 1, 8)


def _family(value: str) -> str:
    """欧阳 → 欧*; a family name of one character stays, as it does in 张*."""
    return value.strip()[0] + STAR * min(len(value.strip()) - 1, 8)


def _given(value: str) -> str:
    return STAR * min(len(value.strip()), 8)


def _phone(value: str) -> str:
    """13800138000 → 138****8000; of shorter numbers the last two digits; mail: its host."""
    value = _MAIL.sub(lambda found: "***@" + found[0].partition("@")[2], value)
    count = len(_DIGITS.findall(value))
    if count < 5:
        return value
    keep_first, keep_last = (3, 4) if count >= 11 else (0, 2)
    seen = 0

    def star(found: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        return found[0] if seen <= keep_first or seen > count - keep_last else STAR

    return _DIGITS.sub(star, value)


def _number(value: str) -> str:
    """Identity and card numbers: the first three and the last two characters; of short ones none.

    The place and day of birth, which an identity number tells, are within what is hidden.
    """
    bare = value.strip()
    if len(bare) < 8:
        return STAR * 4
    return bare[:3] + STAR * (len(bare) - 5) + bare[-2:]


def _address(value: str) -> str:
    """The province, city and district; what comes after, and what is no such thing, is hidden."""
    found = _AREA.match(value.strip())
    return (found[0] if found else "") + STAR * 4


def _year(value: str) -> str:
    """The year of a date."""
    found = _YEAR.match(value.strip())
    return found[1] if found else STAR * 4


def _hidden(_: str) -> str:
    return STAR * 4


_HOW: dict[Mask, Callable[[str], str]] = {
    Mask.NAME: _name,
    Mask.FAMILY: _family,
    Mask.GIVEN: _given,
    Mask.PHONE: _phone,
    Mask.NUMBER: _number,
    Mask.ADDRESS: _address,
    Mask.YEAR: _year,
    Mask.HIDDEN: _hidden,
}

IDENTITY_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])(?:[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
    r"|[1-9]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3})(?![0-9A-Za-z])"
)
"""A number of a resident's identity card in a text: 18 characters (GB 11643-1999) or the old 15."""

MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)")
"""A Chinese mobile number in a text."""

SHORTEST_NUMBER = 11
"""A shorter text holds neither."""
