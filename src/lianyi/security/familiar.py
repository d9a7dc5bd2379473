"""How familiar a password is: whether people in a hospital would think of it first.

A list of whole passwords never ends, because people glue familiar pieces together:
``Woaini@1314``, ``Yiyuan2024!``, ``zhangwei19850101``, ``1qaz@WSX``. So this module keeps pieces
(``familiar_pieces.txt``: words, names in pinyin, what hospitals and their systems are called,
lucky numbers), knows runs, walks over the keyboard, dates and telephone numbers by their form,
and finds the cheapest way to put the password together from them. A familiar piece costs as much
as one character that nobody expects.

Source: the idea is that of D. Wheeler, "zxcvbn: low-budget password strength estimation", USENIX
Security 2016; pieces and costs are our own.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files
from itertools import pairwise

PIECE, SIGN, UNEXPECTED = 2, 1, 2
"""Costs: of a familiar piece; of a sign between pieces; of any other character."""

ENOUGH = 8
"""At this cost a password is no longer familiar: three pieces and a sign are, four are not."""

CHARACTERS_MAX = 128
"""Only so many are looked at, so that the work stays small."""

LENGTH_MIN, LENGTH_MAX = 3, 20
"""Of a familiar piece."""

_WALKS = (
    "1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "!@#$%^&*()_+",
    "1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "8ik,", "9ol.", "0p;/",
    "!qaz", "@wsx", "#edc", "$rfv", "%tgb", "^yhn", "&ujm",
    "147258369", "741852963", "789456123", "159357", "159753", "7758521",
    "qazwsxedcrfvtgb", "1q2w3e4r5t6y7u8i9o0p", "1a2b3c4d5e", "a1b2c3d4e5", "q1w2e3r4t5",
)  # fmt: skip

_LIKE_LETTERS = {"@": "a", "4": "a", "0": "o", "3": "e", "$": "s", "5": "s", "7": "t"}
_READINGS = [str.maketrans({**_LIKE_LETTERS, "1": one, "!": one}) for one in "il"]

_YEAR = r"(?:19[3-9]\d|20[0-4]\d)"
_MONTH, _DAY = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_BY_FORM = re.compile(
    rf"{_YEAR}|{_YEAR}{_MONTH}|{_YEAR}{_MONTH}{_DAY}|\d\d{_MONTH}{_DAY}|{_MONTH}{_DAY}"
    rf"|{_DAY}{_MONTH}{_YEAR}|{_MONTH}{_DAY}{_YEAR}"
    r"|1[3-9]\d{9}"  # a mobile telephone
    rf"|[1-9]\d{{5}}{_YEAR}{_MONTH}{_DAY}\d{{3}}[\dx]"  # an identity card, GB 11643
)


def is_familiar(password: str) -> bool:
    """Return whether a password is put together from a few pieces that people think of first."""
    return cost(password) < ENOUGH


def cost(password: str) -> int:
    """Return what the cheapest way of putting a password together costs.

    Args:
        password: any text; case and width of its characters count for nothing.
    """
    block = _repeated_block(password)
    if len(block) == len(password):
        return _cost(_told(password))
    return min(_cost(_told(password)), _cost(_told(block)) + PIECE)


def _told(password: str) -> str:
    """Return a password without what hides nothing: case and width."""
    return unicodedata.normalize("NFKC", password).lower()


def _cost(text: str) -> int:
    block = _repeated_block(text)
    if len(block) < len(text):
        return _cost(block) + PIECE
    text = text[:CHARACTERS_MAX]
    cheapest = [0] * (len(text) + 1)
    for end in range(1, len(text) + 1):
        last = UNEXPECTED if text[end - 1].isalnum() else SIGN
        ways = [cheapest[end - 1] + last]
        ways += [
            cheapest[start] + PIECE
            for start in range(max(0, end - LENGTH_MAX), end - LENGTH_MIN + 1)
            if is_piece(text[start:end])
        ]
        cheapest[end] = min(ways)
    return cheapest[-1]


def is_piece(text: str) -> bool:
    """Return whether a text in small letters is familiar as a whole."""
    if text in _pieces() or _is_run(text) or _BY_FORM.fullmatch(text):
        return True
    return any(text.translate(reading) in _words() for reading in _READINGS)


def _is_run(text: str) -> bool:
    """Whether every step is the same small one: ``aaaa``, ``abcd``, ``9876``."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return len(text) >= LENGTH_MIN and len(steps) == 1 and steps <= {-1, 0, 1}


def _repeated_block(text: str) -> str:
    """Return the shortest text that gives this one when repeated; the text itself mostly."""
    found = (text + text).find(text, 1)
    return text[:found] if text else text


@cache
def _words() -> frozenset[str]:
    held = files(__package__).joinpath("familiar_pieces.txt").read_text(encoding="ascii")
    lines = (line.partition("#")[0] for line in held.splitlines())
    return frozenset(word for line in lines for word in line.split())


@cache
def _pieces() -> frozenset[str]:
    walked = {
        way[start:end]
        for line in _WALKS
        for way in (line, line[::-1])
        for start in range(len(way))
        for end in range(start + LENGTH_MIN, len(way) + 1)
    }
    return frozenset({word for word in _words() if len(word) >= LENGTH_MIN} | walked)
