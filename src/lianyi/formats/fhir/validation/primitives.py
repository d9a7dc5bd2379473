"""The forms of primitive values: JSON type, pattern, range, days that exist.

Source:
    FHIR R4, 2.24.0.1 (primitive types). The pattern of ``base64Binary`` there takes time that
    grows with the square of the text, so it is checked by decoding.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from math import isfinite

from lianyi.formats.fhir.definitions import Definitions

Judge = Callable[[object], str | None]
"""Returns the rule that a value breaks, None when it breaks none."""

RANGES = {
    "integer": (-(2**31), 2**31 - 1),
    "unsignedInt": (0, 2**31 - 1),
    "positiveInt": (1, 2**31 - 1),
}
JSON_OF = {"boolean": "boolean", "decimal": "number", **dict.fromkeys(RANGES, "number")}
DECIMAL_DIGITS_MAX = 100
STRING_MAX = 1024 * 1024
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
OWN_PATTERNS = {
    "uri": r"\S*",
    "url": r"\S*",
    "canonical": r"\S*",
    "uuid": r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "code": r"[^\s]+(\s[^\s]+)*",
    "string": r"[ \r\n\t\S]+",
    "markdown": r"[ \r\n\t\S]+",
}
DAYS = frozenset({"date", "dateTime", "instant"})


def json_type(type_name: str) -> str:
    """Return the JSON type that values of a primitive type have."""
    return JSON_OF.get(type_name, "string")


def judge_of(type_name: str, definitions: Definitions) -> Judge:
    """Return what judges the values of a primitive type."""
    if type_name == "boolean":
        return _boolean
    if type_name in RANGES:
        return _integer(*RANGES[type_name])
    if type_name == "decimal":
        return _decimal
    if type_name == "base64Binary":
        return _base64
    pattern = OWN_PATTERNS.get(type_name) or definitions.structure(type_name).regex or r"(?s).*"
    if type_name in DAYS:
        return _day(pattern)
    return _words(pattern, is_free=type_name in ("string", "markdown"))


def _boolean(value: object) -> str | None:
    return None if value is True or value is False else "not-of-type"


def _integer(least: int, most: int) -> Judge:
    def judge(value: object) -> str | None:
        if value.__class__ is not int:
            return "not-of-type"
        return None if least <= value <= most else "out-of-range"

    return judge


def _decimal(value: object) -> str | None:
    if value.__class__ is int:
        return None if abs(value) < 10**DECIMAL_DIGITS_MAX else "out-of-range"
    if value.__class__ is float:
        return None if isfinite(value) else "out-of-range"
    if not isinstance(value, Decimal):
        return "not-of-type"
    return (
        None
        if value.is_finite() and len(value.as_tuple().digits) <= DECIMAL_DIGITS_MAX
        else "out-of-range"
    )


def _words(pattern: str, *, is_free: bool) -> Judge:
    fits = re.compile(pattern).fullmatch

    def judge(value: object) -> str | None:
        if value.__class__ is not str:
            return "not-of-type"
        if not value:
            return "empty"
        if fits(value) is None:
            return "bad-format"
        if is_free and not value.isspace():
            return "bad-format" if CONTROL.search(value) else None
        return "empty" if is_free else None

    return judge


def _day(pattern: str) -> Judge:
    fits = re.compile(pattern).fullmatch

    def judge(value: object) -> str | None:
        if value.__class__ is not str:
            return "not-of-type"
        if not value:
            return "empty"
        if fits(value) is None:
            return "bad-format"
        if len(value) >= 10:
            try:
                date.fromisoformat(value[:10])
            except ValueError:
                return "bad-date"
        return None

    return judge


def _base64(value: object) -> str | None:
    if value.__class__ is not str:
        return "not-of-type"
    try:
        return None if decoded_size(str(value)) else "empty"
    except ValueError:
        return "bad-format"


def decoded_size(text: str) -> int:
    """Return how many bytes base64 text holds; white space in it is allowed.

    Raises:
        ValueError: it is no base64.
    """
    return len(binascii.a2b_base64("".join(text.split()).encode("ascii"), strict_mode=True))
