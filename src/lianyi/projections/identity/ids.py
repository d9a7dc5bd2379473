"""The number of a source record, and how people, FHIR and HL7 see it.

The number is made of what the record is called, so every machine and every rebuild gives the same
one without asking. It is shown as 13 characters that survive a telephone and a handwriting; they
carry no check character, so a wrong one of them may be somebody else's number.

Source:
    BLAKE2b (RFC 7693); Douglas Crockford, "Base 32" (2019): no I, L, O and U; read leniently.
"""

from __future__ import annotations

from hashlib import blake2b
from struct import Struct
from typing import Final

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.projections.identity.values.text import digits_of

SHOWN_LENGTH: Final = 13
"""13 characters of five bits; of the first only four bits are used."""
UNIT_SEPARATOR: Final = "\x1f"

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}
_LENIENT: Final = str.maketrans("OIL", "011", "-\u2010\u2011\u2012\u2013\u2014\u2212")
_BIGINT: Final = Struct(">q")
_MASK: Final = (1 << 64) - 1


class UnreadableId(LianyiError):
    """What was given is no number of a person or record of ours."""

    code = "LY-2125"
    category = Category.INVALID
    en = Told(
        "cannot read this person number",
        "a number has 13 letters and digits, none of them U, and begins with 0 to 9 or A to F",
        "compare it with where it came from, or search for the person by name and birth date",
    )
    zh = Told(
        "无法识别该主索引号",
        "主索引号由 13 位字母和数字组成，不含字母 U，首位为 0 至 9 或 A 至 F",
        "请与其来源核对，或按姓名和出生日期查找该人",
    )


def record_id(source: str, mrn: str) -> int:
    """Give the number of a source record: a signed 64-bit integer, as PostgreSQL's bigint.

    Args:
        source: assigning authority of ``mrn``.
        mrn: patient identifier in that system, as sent.
    """
    text = f"{source}{UNIT_SEPARATOR}{mrn}"
    (value,) = _BIGINT.unpack(blake2b(text.encode(), digest_size=8).digest())
    return int(value)


def shown(number: int) -> str:
    """Give the form of a number that is shown: 13 characters.

    Raises:
        ValueError: not a signed 64-bit integer.
    """
    if not -(1 << 63) <= number < 1 << 63:
        raise ValueError("the number of a record has 64 bits")
    bits = number & _MASK
    return "".join([_ALPHABET[bits >> at & 31] for at in range(60, -1, -5)])


def read_shown(text: str, *, where: str = "id") -> int:
    """Read a number as it was typed: lower case, O for 0, I or L for 1, hyphens, spaces are fine.

    Args:
        text: as typed; full-width letters and digits are fine as well.
        where: the field or parameter it stood in.

    Raises:
        UnreadableId: it is no such number.
    """
    characters = digits_of(text).translate(_LENIENT)
    if len(characters) != SHOWN_LENGTH or not _VALUES.keys() >= set(characters):
        raise UnreadableId(where=where)
    bits = 0
    for character in characters:
        bits = bits << 5 | _VALUES[character]
    if bits > _MASK:
        raise UnreadableId(where=where)
    return bits - (1 << 64) if bits >> 63 else bits
