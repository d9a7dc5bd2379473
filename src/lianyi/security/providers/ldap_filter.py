"""Filters with placeholders, and names within a DN: what was typed can never become syntax.

A filter is parsed once, from the file of the provider. What was typed is put into the parsed
filter as a value and travels as one (RFC 4511 has no filter strings on the wire), so no escaping
can be forgotten. Only a DN is text on the wire; there RFC 4514 says what is escaped.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from sansldap import (
    FilterAnd,
    FilterApproxMatch,
    FilterEquality,
    FilterExtensibleMatch,
    FilterGreaterOrEqual,
    FilterLessOrEqual,
    FilterNot,
    FilterOr,
    FilterPresent,
    FilterSubstrings,
    LDAPFilter,
)

PLACEHOLDERS = ("{name}", "{dn}")
_MARK = re.compile(rb"\{(name|dn)\}")
_SPECIAL = frozenset('",+;<>\\=#')


def check_template(text: str) -> None:
    """Check a filter of a provider's file.

    Raises:
        ValueError: it is no filter (RFC 4515), or holds none of the placeholders.
    """
    fill(text, {"name": "x", "dn": "x"})
    if not any(mark in text for mark in PLACEHOLDERS):
        raise ValueError("it must hold {name} or {dn}, or everybody would match")


def fill(template: str, values: Mapping[str, str]) -> LDAPFilter:
    """Return the filter with the placeholders replaced by values, whatever these contain.

    Raises:
        ValueError: the template is no filter.
    """
    found = _filled(LDAPFilter.from_string(template), values)
    if isinstance(found, FilterPresent) and any(mark in template for mark in PLACEHOLDERS):
        raise ValueError("a placeholder stands where no value can stand")
    return found


def _filled(part: LDAPFilter, values: Mapping[str, str]) -> LDAPFilter:
    if isinstance(part, FilterAnd | FilterOr):
        return dataclasses.replace(part, filters=[_filled(one, values) for one in part.filters])
    if isinstance(part, FilterNot):
        return FilterNot(_filled(part.filter, values))
    if isinstance(part, FilterSubstrings):
        return dataclasses.replace(
            part,
            initial=None if part.initial is None else _put(part.initial, values),
            any=[_put(one, values) for one in part.any],
            final=None if part.final is None else _put(part.final, values),
        )
    if isinstance(
        part,
        FilterEquality
        | FilterApproxMatch
        | FilterGreaterOrEqual
        | FilterLessOrEqual
        | FilterExtensibleMatch,
    ):
        return dataclasses.replace(part, value=_put(part.value, values))
    return part


def _put(value: bytes, values: Mapping[str, str]) -> bytes:
    return _MARK.sub(lambda mark: values.get(mark[1].decode(), "").encode(), value)


def escape_dn(value: str) -> str:
    """Return a value as it stands within a DN (RFC 4514, section 2.4)."""
    escaped = "".join(
        f"\\{mark}"
        if mark in _SPECIAL
        else "".join(f"\\{byte:02x}" for byte in mark.encode())
        if ord(mark) < 32 or ord(mark) == 127
        else mark
        for mark in value
    )
    if escaped.startswith(" "):
        escaped = "\\" + escaped
    if escaped.endswith(" ") and len(value) > 1:
        escaped = escaped[:-1] + "\\ "
    return escaped
