"""A filter becomes the conditions that the same parameters become in any other search. Pure.

``ne`` of a code or reference holds of what has values, none of which is the one: the index knows
the forms under which a code is asked for and not which of them belong together.

Source:
    HL7 FHIR R4, 3.1.3 (``_filter``), operators.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from lianyi.formats.fhir.definitions import SearchParameter
from lianyi.projections.clinical import index_values as forms
from lianyi.projections.clinical.ids import parameter_number
from lianyi.projections.clinical.search import comparing
from lianyi.projections.clinical.search.conditions import (
    Clause,
    Compare,
    Everything,
    Leads,
    Leaf,
    Node,
    Not,
    both,
    either,
    every,
    some,
)
from lianyi.projections.clinical.search.filters.expressions import (
    Compared,
    Filter,
    Joined,
    Linked,
)
from lianyi.projections.clinical.search.filters.problems import unreadable_filter
from lianyi.projections.clinical.search.parameters import Plain
from lianyi.projections.clinical.search.problems import UnreadableSearch
from lianyi.projections.clinical.search.values import DateRange
from lianyi.projections.clinical.words import SEARCHED

Types = tuple[str, ...]
_MODIFIERS: Final = {"in": "in", "ss": "below", "sb": "above"}
_TEXTS: Final = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le"})


class Compiles(Protocol):
    """What compiles ordinary criteria."""

    def one(self, criterion: Plain) -> Node:
        """Return what one criterion means."""
        ...

    def bound(self, types: Sequence[str], nodes: Sequence[Node]) -> Node:
        """Return that all hold, of resources of some types."""
        ...

    def spans(self, types: Types, code: str, ranges: Sequence[Sequence[DateRange]]) -> Node:
        """Return that a date fulfils one of each of some ranges."""
        ...

    def date(self, text: str, where: str) -> DateRange:
        """Read a date."""
        ...


def compile_filter(found: Filter, compiler: Compiles) -> Node:
    """Return what a filter means.

    Raises:
        UnreadableFilter: a value cannot be read; says at which character.
        NotOffered: a value set or code is not known.
    """
    if isinstance(found, Joined):
        parts = [compile_filter(one, compiler) for one in found.parts]
        if found.by == "not":
            return Not(parts[0], found.types)
        if found.by == "or":
            return some(*parts)
        if all(isinstance(one, Not) for one in parts):
            parts.append(Everything(found.types))
        return every(*parts)
    if isinstance(found, Linked):
        far = [
            compiler.bound((target,), [compile_filter(inner, compiler)])
            for target, inner in found.inner
        ]
        return Leads(_numbers(found.types, found.parameter), some(*far))
    try:
        return _compared(found, compiler)
    except UnreadableSearch as unfit:
        why, why_zh = (str(unfit.facts.get(name, "")) for name in ("why", "why_zh"))
        raise unreadable_filter(found.at, why, why_zh) from None


def _compared(one: Compared, compiler: Compiles) -> Node:
    operator, kind = one.operator, one.parameter.type
    plain = Plain(one.types, one.parameter, "", (one.value,))
    if one.parameter.code in SEARCHED:
        return compiler.one(plain)
    if operator == "pr":
        there = "false" if one.value == "true" else "true"
        return compiler.one(plain._replace(modifier="missing", values=(there,)))
    if operator in _MODIFIERS:
        return compiler.one(plain._replace(modifier=_MODIFIERS[operator]))
    if kind == "date":
        return _date(one, plain, compiler)
    if kind in ("number", "quantity"):
        return compiler.one(plain._replace(values=(operator + one.value,)))
    if kind == "string" or operator in ("co", "sw", "ew"):
        return Leaf("text", _numbers(one.types, one.parameter), _text(one))
    same = compiler.one(plain)
    if operator == "ne":
        present = compiler.one(plain._replace(modifier="missing", values=("false",)))
        return every(present, Not(same, one.types))
    return same


def _date(one: Compared, plain: Plain, compiler: Compiles) -> Node:
    code = one.parameter.code
    if one.operator == "po":
        day = compiler.date(f"eq{one.value}", code)
        if code != "_lastUpdated":
            return compiler.spans(one.types, code, [[day._replace(prefix="ap")]])
        return compiler.one(plain._replace(values=(f"eq{one.value}",)))
    day = compiler.date(one.operator + one.value, code)
    if code == "_lastUpdated":
        return compiler.one(plain._replace(values=(one.operator + one.value,)))
    return compiler.spans(one.types, code, [[day]])


def _text(one: Compared) -> Clause:
    """Say what holds of a text: compared without case, accents and width; uris as they stand."""
    value = one.value
    said = value[: forms.TEXT_MAX] if one.parameter.type == "uri" else forms.plain_text(value)
    key = Compare("key", "=", forms.PLAIN)
    if one.operator == "sw":
        return both(key, comparing.begins(said))
    if one.operator == "co":
        return both(key, Compare("v", "contains", said))
    if one.operator == "ew":
        return both(key, Compare("v", "ends", said))
    if one.operator == "ne":
        return both(key, either(Compare("v", "<", said), Compare("v", ">", said)))
    signs: dict[str, Clause] = {
        "eq": Compare("v", "=", said),
        "gt": Compare("v", ">", said),
        "lt": Compare("v", "<", said),
        "ge": Compare("v", ">=", said),
        "le": Compare("v", "<=", said),
    }
    return both(key, signs[one.operator])


def _numbers(types: Types, parameter: SearchParameter) -> tuple[int, ...]:
    return tuple(parameter_number(one, parameter.code) for one in types)
