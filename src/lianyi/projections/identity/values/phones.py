"""Telephone numbers of China.

Sources:
    工业和信息化部, telecommunication network numbering plan (2017): mobiles have 11 digits and
    begin with 13 to 19; landlines have an area code of 0 and two or three digits, then 7 or 8.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final
from unicodedata import normalize

import msgspec

from lianyi.projections.identity.values.identifier_levels import is_one_edit, is_swap


class PhoneKind(IntEnum):
    """What a telephone number is."""

    NOTHING = 0
    """Empty, a placeholder, a service number, or no number at all."""
    MOBILE = 1
    LANDLINE = 2
    """With its area code."""
    LOCAL = 3
    """A landline without area code."""
    ABROAD = 4
    """Hong Kong, Macau, Taiwan, any other country; with its country code."""


class PhoneValue(msgspec.Struct, frozen=True, gc=False):
    """A telephone number, read.

    Attributes:
        kind: see ``PhoneKind``.
        digits: without country code 86, extension and signs; empty for NOTHING.
    """

    kind: PhoneKind = PhoneKind.NOTHING
    digits: str = ""


class PhoneLevel(IntEnum):
    """How two telephone numbers stand to each other; higher is nearer."""

    INCOMPARABLE = 0
    DIFFERENT = 1
    ONE_DIGIT = 2
    """One digit differs, or two neighbouring ones are swapped."""
    SAME_LINE = 3
    """One has no area code and the rest agrees."""
    EQUAL = 4


_MOBILE: Final = re.compile(r"1[3-9]\d{9}")
_LANDLINE: Final = re.compile(r"0(?:10|2\d|[3-9]\d\d)[2-8]\d{6,7}")
_LOCAL: Final = re.compile(r"[2-8]\d{6,7}")
_EXTENSION: Final = re.compile(r"(?:转|#|EXT\.?|X|分机).*$", re.IGNORECASE)
_LAND_PARTS: Final = re.compile(r"\(?(0\d{2,3})\)?[-\s]*(\d{7,8})(?:[-\s*]+\d{1,6})?$")
_NOT_DIGIT: Final = re.compile(r"\D+")
_SERVICE: Final = frozenset({"13800138000", "13010112500", "13800000000", "13900000000"})
_COUNTING: Final = "0123456789012345678"


def _is_placeholder(digits: str) -> bool:
    """Whether a clerk filled it in: one digit again and again, counting, a service number."""
    tail = digits[-8:]
    return (
        digits in _SERVICE
        or len(set(tail)) == 1
        or len(set(digits)) <= 2
        or tail in _COUNTING
        or tail in _COUNTING[::-1]
    )


def read_phone(said: str) -> PhoneValue:
    """Read a telephone number: full-width, with +86, blanks, hyphens, brackets or extension."""
    text = said
    if len(text) == 11 and text.isascii() and text.isdigit():
        digits = text
    else:
        text = normalize("NFKC", said).strip()
        land = _LAND_PARTS.match(text)
        if land and not _MOBILE.fullmatch(text[1:]):  # mobiles were dialled with a 0 long distance
            digits = land[1] + land[2]
        else:
            text = _EXTENSION.sub("", text)
            digits = _NOT_DIGIT.sub("", text)
            digits = _without_country(digits, plus=text.startswith("+"))
    if not digits or _is_placeholder(digits):
        return PhoneValue()
    if _MOBILE.fullmatch(digits):
        return PhoneValue(PhoneKind.MOBILE, digits)
    if _LANDLINE.fullmatch(digits):
        return PhoneValue(PhoneKind.LANDLINE, digits)
    if _LOCAL.fullmatch(digits):
        return PhoneValue(PhoneKind.LOCAL, digits)
    if text.startswith(("+", "00")) and 8 <= len(digits) <= 15:
        return PhoneValue(PhoneKind.ABROAD, digits)
    return PhoneValue()


def _without_country(digits: str, *, plus: bool) -> str:
    """Drop 86 and what is dialled before it; other countries keep theirs."""
    if digits.startswith("0086"):
        digits = digits[4:]
    elif digits.startswith("86") and (plus or len(digits) == 13):
        digits = digits[2:]
    elif digits.startswith("00"):
        return digits[2:]
    else:
        if len(digits) == 12 and digits.startswith("01") and _MOBILE.fullmatch(digits[1:]):
            return digits[1:]
        return digits
    return digits if digits.startswith("0") or _MOBILE.fullmatch(digits) else "0" + digits


def compare_phones(a: PhoneValue, b: PhoneValue) -> PhoneLevel:
    """Say how two telephone numbers stand to each other. Symmetric."""
    if not a.digits or not b.digits:
        return PhoneLevel.INCOMPARABLE
    if a.digits == b.digits:
        return PhoneLevel.EQUAL
    if a.kind is not b.kind:
        if PhoneKind.LOCAL not in (a.kind, b.kind) or PhoneKind.LANDLINE not in (a.kind, b.kind):
            return PhoneLevel.INCOMPARABLE
        short, long = sorted((a.digits, b.digits), key=len)
        same = long.endswith(short) and len(long) - len(short) in (3, 4)
        return PhoneLevel.SAME_LINE if same else PhoneLevel.DIFFERENT
    if is_one_edit(a.digits, b.digits):
        return PhoneLevel.ONE_DIGIT
    if sorted(a.digits) != sorted(b.digits) or not is_swap(a.digits, b.digits):
        return PhoneLevel.DIFFERENT
    return PhoneLevel.ONE_DIGIT
