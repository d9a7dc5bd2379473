"""What a value of a search says of one row of the index. Pure.

Ranges of dates are half-open, those of numbers are points or (of a Range) closed.

Source:
    HL7 FHIR R4, 3.1.1.4.3: for each prefix what the range of the value and that of the resource
    have to do with each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from lianyi.projections.clinical.index_values import SHORT, TEXT_MAX, plain_text
from lianyi.projections.clinical.search.conditions import (
    NOTHING_SAID,
    Clause,
    Compare,
    both,
    either,
)
from lianyi.projections.clinical.search.values import FIRST, DateRange, NumberRange

_END: Final = "\U0010ffff"
"""Greater than what follows the beginning of any text."""


def _low(operator: str, at: datetime) -> Compare:
    return Compare("low", operator, at)  # type: ignore[arg-type]


def _high(operator: str, at: datetime) -> Compare:
    return Compare("high", operator, at)  # type: ignore[arg-type]


_DATES: Final[Mapping[str, Callable[[datetime, datetime], Clause]]] = {
    "eq": lambda a, b: both(_low(">=", a), _low("<", b), _high("<=", b)),
    "ne": lambda a, b: either(_low("<", a), _high(">", b)),
    "gt": lambda _a, b: _high(">", b),
    "lt": lambda a, _b: _low("<", a),
    "ge": lambda a, b: either(_low(">=", a), _high(">", b)),
    "le": lambda a, b: either(_low("<", a), _high("<=", b)),
    "sa": lambda _a, b: _low(">=", b),
    "eb": lambda a, _b: _high("<=", a),
    "ap": lambda a, b: both(_low("<", b), _high(">", a)),
}
"""What holds of ``[low, high)`` for a value ``[a, b)``."""
_BEGINS: Final[Mapping[str, Callable[[datetime, datetime], Clause]]] = {
    "gt": lambda _a, b: _low(">", _before(b)),
    "ge": lambda a, b: _low(">=", min(a, _before(b))),
    "le": lambda _a, b: _low("<", b),
    "eb": lambda a, _b: _low("<", a),
    "ap": lambda a, _b: _low(">", _before(a)),
}
"""What follows from it for where a short span begins: so much of an index is looked through."""


def _before(at: datetime) -> datetime:
    return at - SHORT if at - FIRST > SHORT else FIRST


def date_clause(value: DateRange, *, short: bool) -> Clause:
    """Say what holds of a span.

    Args:
        value: asked for.
        short: whether the span is known to be no longer than :data:`SHORT`.
    """
    said = _DATES[value.prefix](value.low, value.high)
    if not short:
        return said
    begins = _BEGINS.get(value.prefix)
    return both(begins(value.low, value.high), said) if begins else said


def updated_clause(value: DateRange, column: str = "updated_at") -> Clause:
    """Say what holds of an instant."""
    low, high = value.low, value.high
    before, after = Compare(column, "<", low), Compare(column, ">=", high)
    if value.prefix in ("eq", "ap"):
        return both(Compare(column, ">=", low), Compare(column, "<", high))
    if value.prefix == "ne":
        return either(before, after)
    if value.prefix in ("gt", "sa"):
        return after
    if value.prefix in ("lt", "eb"):
        return before
    return Compare(column, ">=", low) if value.prefix == "ge" else Compare(column, "<", high)


def number_clause(value: NumberRange) -> Clause:
    """Say what holds of an amount."""
    prefix, x, a, b = value
    if prefix == "eq":
        return both(Compare("low", ">=", a), Compare("low", "<", b), Compare("high", "<", b))
    if prefix == "ne":
        return either(Compare("low", "<", a), Compare("high", ">=", b))
    if prefix == "ap":
        return both(Compare("low", "<=", b), Compare("high", ">=", a))
    return {
        "gt": Compare("high", ">", x),
        "ge": Compare("high", ">=", x),
        "lt": Compare("low", "<", x),
        "le": Compare("low", "<=", x),
        "sa": Compare("low", ">", x),
        "eb": Compare("high", "<", x),
    }[prefix]


def text_clause(text: str, modifier: str) -> Clause:
    """Say what holds of a text.

    Args:
        text: as meant.
        modifier: ``exact``, ``contains``, or empty: it begins so.
    """
    plain = plain_text(text)
    if modifier == "exact":
        written = text[:TEXT_MAX]
        return both(
            Compare("v", "=", plain), Compare("exact", "=", "" if written == plain else written)
        )
    if modifier == "contains":
        return Compare("v", "contains", plain)
    return begins(plain)


def begins(text: str) -> Clause:
    """Say that a text begins with another one."""
    if not text:
        return NOTHING_SAID
    return both(Compare("v", ">=", text), Compare("v", "<", text + _END))


def below_clause(uri: str) -> Clause:
    """Say what holds of a uri that is this one or stands below it."""
    written = uri[:TEXT_MAX]
    inside = written if written.endswith("/") else f"{written}/"
    return either(
        Compare("v", "=", written),
        both(Compare("v", ">=", inside), Compare("v", "<", inside + _END)),
    )


def above(uri: str) -> list[str]:
    """Return a uri and those that it stands below."""
    scheme, mark, rest = uri.partition("://")
    if not mark:
        return [uri]
    parts = rest.split("/")
    found = [f"{scheme}://{'/'.join(parts[: at + 1])}" for at in range(len(parts))]
    return list(dict.fromkeys([*found, *(f"{one}/" for one in found[:-1]), uri]))
