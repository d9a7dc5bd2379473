"""A code and a date that are searched together become one set: see the table ``dated``. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lianyi.projections.clinical import index_values as forms
from lianyi.projections.clinical.dated_store import PAIRS, pair_number
from lianyi.projections.clinical.ids import parameter_number
from lianyi.projections.clinical.search.conditions import (
    Both,
    Clause,
    Compare,
    Dated,
    Leaf,
    Node,
    OneOf,
    Some,
    both,
    every,
)

_KEY = Compare("key", "=", forms.PLAIN)


def together(types: tuple[str, ...], nodes: Sequence[Node], days: Mapping[str, Node]) -> list[Node]:
    """Return the nodes of a search, a code and a date in one where the index has them in one.

    Args:
        types: that are searched.
        nodes: of all criteria but dates.
        days: of the dates, by their parameter.
    """
    found, left = list(nodes), dict(days)
    pairs = PAIRS.get(types[0], {}) if len(types) == 1 else {}
    for date, code in pairs.items():
        p = parameter_number(types[0], code)
        coded = next((one for one in found if _is_coded(one, p)), None)
        if coded is None or date not in left:
            continue
        made = _dated(types[0], code, date, coded, left[date])
        if made is not None:
            found[found.index(coded)] = made
            del left[date]
    return [*found, *left.values()]


def _is_coded(node: Node, p: int) -> bool:
    return (
        isinstance(node, Leaf)
        and (node.table, node.ps) == ("hashed", (p,))
        and isinstance(node.clause, Compare | OneOf)
    )


def _dated(type_: str, code: str, date: str, coded: Node, day: Node) -> Dated | None:
    """Return the two as one; the date as the compiler writes it: short and alone, or otherwise."""
    if not isinstance(day, Some) or not isinstance(coded, Leaf):
        return None
    short = day.parts[0]
    if not isinstance(short, Leaf) or short.ps != (parameter_number(type_, date),):
        return None
    longs = day.parts[1:]
    alone = Leaf(
        "dated", (pair_number(type_, code, date),), both(coded.clause, *_without_key(short.clause))
    )
    return Dated(alone, every(*longs, coded), every(coded, day))


def _without_key(clause: Clause) -> list[Clause]:
    parts = clause.parts if isinstance(clause, Both) else (clause,)
    return [one for one in parts if one != _KEY]
