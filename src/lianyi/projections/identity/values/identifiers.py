"""Identifiers of a person, read: what kind, whether it can be right, what it says.

Nothing is repaired and nothing refused. A wrong check digit makes ``valid`` False and the number
stays what it is; whoever compares must then allow for a typing error.

Sources:
    GB 11643-1999 (citizen identification number); ISO 7064 MOD 11-2; 国务院 2018 (residence
    permits of Hong Kong, Macau, Taiwan: 810000, 820000, 830000); 国家移民管理局 2023 (permanent
    residence card of foreigners, 18 digits that begin with 9); 卫生部 (birth certificate: a
    letter and nine digits).
"""

from __future__ import annotations

import re
from datetime import date
from operator import mul
from typing import Final, Literal

import msgspec

from lianyi.projections.identity.registration import Identifier, IdKind
from lianyi.projections.identity.values.text import digits_of

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK: Final = "10X98765432"
_ZEROS: Final = sum(_WEIGHTS) * ord("0")
_PROVINCES: Final = frozenset(
    str(first * 10 + second)
    for first, seconds in ((1, 5), (2, 3), (3, 7), (4, 6), (5, 4), (6, 5), (7, 1), (8, 2))
    for second in range(0 if first == 5 else 1, seconds + 1)
)
"""11 to 15, 21 to 23, 31 to 37, 41 to 46, 50 to 54, 61 to 65, 71, 81, 82 (GB/T 2260)."""
_PERMIT_AREAS: Final = frozenset({"810000", "820000", "830000"})
_CENTENARIANS: Final = frozenset({"996", "997", "998", "999"})
"""Order codes that 15-digit numbers of people born in the 1800s have."""
_SHAPES: Final = {
    IdKind.HOME_RETURN_PERMIT: re.compile(r"[HM]\d{8}(\d{2})?"),
    IdKind.TAIWAN_PERMIT: re.compile(r"\d{8}|\d{10}(\([A-Z0-9]\)|[A-Z])?|[A-Z]\d{8,10}"),
    IdKind.PASSPORT: re.compile(r"[A-Z0-9]{5,12}"),
    IdKind.MILITARY: re.compile(
        r"[军武海空南北沈广成兰济参政后装警文士字第号A-Z]{0,10}\d{5,10}号?"
    ),
    IdKind.BIRTH_CERTIFICATE: re.compile(r"[A-Z]\d{9}"),
}
_NOT_A_NUMBER: Final = re.compile(
    r"无.*|没有.*|未.*|不详|不明|不知.*|暂无.*|待.*|空|忘带|身份证.*|NULL|NONE|NIL|N/?A|UNKNOWN"
    r"|[-./_#?*X]+"
)
_COUNTING: Final = "01234567890123456789012345678901234567890"

# Tuples and not sets: hashing a member of an enum takes longer than looking at four of them.
_WITH_18: Final = (
    IdKind.CITIZEN,
    IdKind.UNSAID,
    IdKind.RESIDENCE_PERMIT,
    IdKind.FOREIGNER_RESIDENCE,
)
_WITH_SHAPE: Final = (
    IdKind.PASSPORT,
    IdKind.HOME_RETURN_PERMIT,
    IdKind.TAIWAN_PERMIT,
    IdKind.MILITARY,
    IdKind.BIRTH_CERTIFICATE,
)


class IdValue(msgspec.Struct, frozen=True, gc=False):
    """An identifier, read.

    Attributes:
        kind: as said, or as its shape says; never ``UNSAID`` unless nothing was recognised.
        text: without spaces, half-width, in capitals.
        body: what is compared: 17 digits of a citizen's number (of 15 digits too), a passport's
            digits, the lifelong part of a permit; else ``text``.
        valid: True when a check digit and a date agree, False when they do not, None when the
            kind has no check (15 digits, passports, cards) so that nobody can know.
        placeholder: no number at all: zeros, 123456..., words like 未带, the hospital's default.
        issuer: as said; two card numbers of different issuers are never compared.
        born_on: date of birth that the number says; None when it says none.
        sex: ``M`` or ``F`` that the number says; empty when it says none.
        area: six digits of the area of first registration; empty when it says none.
    """

    kind: IdKind
    text: str
    body: str
    valid: bool | None
    placeholder: bool = False
    issuer: str = ""
    born_on: date | None = None
    sex: Literal["M", "F", ""] = ""
    area: str = ""


def check_character(first_17: str) -> str:
    """Return the last character of a citizen identification number (ISO 7064 MOD 11-2).

    Raises:
        ValueError: not seventeen ASCII digits.
    """
    if len(first_17) != 17 or not (first_17.isascii() and first_17.isdigit()):
        raise ValueError("an identity number begins with seventeen digits")
    return _check(first_17)


def _check(first_17: str) -> str:
    return _CHECK[(sum(map(mul, first_17.encode(), _WEIGHTS)) - _ZEROS) % 11]


def lengthen(fifteen: str) -> str:
    """Return the 18-character form of a 15-digit number: century inserted, check digit added.

    The order codes 996 to 999 were for those who were already a hundred: born in the 1800s.

    Raises:
        ValueError: not fifteen ASCII digits.
    """
    if len(fifteen) != 15:
        raise ValueError("an identity number of old has fifteen digits")
    century = "18" if fifteen[12:] in _CENTENARIANS else "19"
    first_17 = fifteen[:6] + century + fifteen[6:]
    return first_17 + check_character(first_17)


def is_placeholder(text: str, defaults: frozenset[str] = frozenset()) -> bool:
    """Whether a number stands where there is none.

    Args:
        text: as ``digits_of`` gives it.
        defaults: what this hospital fills in when nobody shows a paper, likewise.
    """
    if not text or text in defaults:
        return True
    if not text[0].isdigit() and _NOT_A_NUMBER.fullmatch(text):
        return True
    if len(text) < 6 or not text.isascii():
        return False
    digits = text.rstrip("X")
    kinds = len(set(digits[1:] if digits[:1].isalpha() else digits))
    if kinds <= 1 or (kinds == 2 and len(text) >= 15):
        return True
    return digits in _COUNTING or digits in _COUNTING[::-1]


def _date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _read_18(text: str, kind: IdKind, today: date | None) -> IdValue:
    body = text[:17]
    born_on = _date(body[6:14])
    if kind is IdKind.UNSAID or (kind is IdKind.CITIZEN and body[:6] in _PERMIT_AREAS):
        if body[:6] in _PERMIT_AREAS:
            kind = IdKind.RESIDENCE_PERMIT
        elif body[0] == "9" and body[1:3] in _PROVINCES:
            kind = IdKind.FOREIGNER_RESIDENCE
        else:
            kind = IdKind.CITIZEN
    plausible = born_on is not None and born_on.year >= 1850
    if plausible and today is not None and born_on is not None:
        plausible = born_on <= today
    return IdValue(
        kind=kind,
        text=text,
        body=body,
        valid=plausible and text[17] == _check(body),
        placeholder=body[6:14] == "19000101",
        born_on=born_on if plausible else None,
        sex="M" if int(body[16]) % 2 else "F",
        area=body[:6],
    )


def _read_15(text: str) -> IdValue:
    body = lengthen(text)[:17]
    born_on = _date(body[6:14])
    return IdValue(
        kind=IdKind.CITIZEN,
        text=text,
        body=body,
        valid=None if born_on else False,
        born_on=born_on,
        sex="M" if int(body[16]) % 2 else "F",
        area=body[:6],
    )


def _read_old_foreigner(text: str, today: date | None) -> IdValue:
    """Three letters of the country, four digits of the place, YYMMDD, order, check."""
    pivot = today.year % 100 if today else 30
    century = "20" if int(text[7:9]) <= pivot else "19"
    born_on = _date(century + text[7:13])
    return IdValue(
        kind=IdKind.FOREIGNER_RESIDENCE,
        text=text,
        body=text,
        valid=None if born_on else False,
        born_on=born_on,
    )


def _body(kind: IdKind, text: str) -> str:
    if kind is IdKind.HOME_RETURN_PERMIT:
        return text[:9]
    if kind is IdKind.TAIWAN_PERMIT:
        return re.sub(r"\D", "", text)[:8]
    if kind is IdKind.PASSPORT and text[:1].isalpha():
        return re.sub(r"^[A-Z]{1,2}(?=\d{6,})", "", text)
    if kind is IdKind.MILITARY:
        return re.sub(r"\D", "", text) or text
    return text


def read_id(
    value: str,
    kind: IdKind = IdKind.UNSAID,
    *,
    issuer: str = "",
    today: date | None = None,
    defaults: frozenset[str] = frozenset(),
) -> IdValue:
    """Read a number as it was sent.

    Args:
        value: full-width digits, spaces and a lower-case x are fine.
        kind: what the sender says it is; ``UNSAID`` lets the shape decide between citizen,
            residence permit, permanent residence of a foreigner and home return permit.
        issuer: who gave it.
        today: a birth date after it makes a number invalid; None does not ask.
        defaults: numbers that this hospital fills in when there is none.
    """
    text = digits_of(value)
    if is_placeholder(text, defaults):
        return IdValue(kind, text, text, valid=False, placeholder=True, issuer=issuer)
    if kind in _WITH_18:
        if len(text) == 18 and text.isascii() and text[:17].isdigit() and text[17] in _CHECK:
            return _read_18(text, kind, today)
        if len(text) == 15 and text.isascii() and text.isdigit():
            return _read_15(text)
        if re.fullmatch(r"[A-Z]{3}\d{12}", text) and kind is not IdKind.CITIZEN:
            return _read_old_foreigner(text, today)
        if kind is IdKind.UNSAID and re.fullmatch(r"[HM]\d{8}(\d{2})?", text):
            kind = IdKind.HOME_RETURN_PERMIT
        else:
            return IdValue(kind, text, text, valid=None if kind is IdKind.UNSAID else False)
    if kind not in _WITH_SHAPE:
        return IdValue(kind, text, text, None, issuer=issuer)
    fits = None if _SHAPES[kind].fullmatch(text) else False
    return IdValue(kind, text, _body(kind, text), fits, issuer=issuer)


def read_identifier(
    said: Identifier, *, today: date | None = None, defaults: frozenset[str] = frozenset()
) -> IdValue:
    """Read an identifier of a registration; see ``read_id``."""
    return read_id(said.value, said.kind, issuer=said.issuer, today=today, defaults=defaults)
