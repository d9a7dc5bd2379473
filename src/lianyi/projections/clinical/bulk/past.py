"""Whether conditions hold of a version that stands no more: judged by the rows it would have. Pure.

The index has the rows of what stands. What has changed since the instant of an export is little;
of that the rows are made again and judged here, by the same conditions that the database judges
for the rest.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import Any, Final, NamedTuple

from lianyi.projections.clinical.indexed import Rows, add_rows
from lianyi.projections.clinical.search.conditions import (
    All,
    Among,
    Both,
    Clause,
    Compare,
    Either,
    Everything,
    Leads,
    Leaf,
    LedTo,
    Node,
    Not,
    OneOf,
    Some,
    Updated,
)

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "hashed": ("v", "rid", "p", "channel"),
    "text": ("key", "rid", "p", "channel", "v", "exact"),
    "span": ("key", "rid", "low", "high", "p", "channel"),
    "amount": ("unit", "rid", "p", "channel", "low", "high"),
}
_OPERATORS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "contains": lambda text, part: part in text,
}


class Past(NamedTuple):
    """A version that is judged.

    Attributes:
        rid: number of the resource.
        type: of the resource.
        updated_at: when it came to stand so.
        rows: of the index, as if it stood.
    """

    rid: int
    type: str
    updated_at: datetime
    rows: Rows


def past(
    rid: int, updated_at: datetime, resource: Mapping[str, Any], *, zone: tzinfo, channel: int = 0
) -> Past:
    """Return a version so that it can be judged."""
    rows = Rows()
    add_rows(rows, rid, channel, resource, zone)
    return Past(rid, str(resource["resourceType"]), updated_at, rows)


def reaches_further(node: Node) -> bool:
    """Tell whether a condition says something of other resources than the one that is judged."""
    if isinstance(node, Leads | LedTo):
        return True
    if isinstance(node, All | Some):
        return any(reaches_further(one) for one in node.parts)
    return isinstance(node, Not) and reaches_further(node.part)


def holds(node: Node, one: Past) -> bool:
    """Tell whether a condition holds of a version; none that :func:`reaches_further`."""
    if isinstance(node, Leaf):
        columns = _COLUMNS[node.table]
        rows = (dict(zip(columns, row, strict=True)) for row in getattr(one.rows, node.table))
        return any(row["p"] in node.ps and _said(node.clause, row) for row in rows)
    if isinstance(node, All):
        return all(holds(part, one) for part in node.parts)
    if isinstance(node, Some):
        return any(holds(part, one) for part in node.parts)
    if isinstance(node, Not):
        return one.type in node.types and not holds(node.part, one)
    if isinstance(node, Among):
        return one.rid in node.rids
    if isinstance(node, Everything):
        return one.type in node.types
    if isinstance(node, Updated):
        return one.type in node.types and _said(node.clause, {"updated_at": one.updated_at})
    raise TypeError(type(node).__name__)


def _said(clause: Clause, row: Mapping[str, Any]) -> bool:
    if isinstance(clause, Both):
        return all(_said(part, row) for part in clause.parts)
    if isinstance(clause, Either):
        return any(_said(part, row) for part in clause.parts)
    if isinstance(clause, OneOf):
        return row[clause.column] in clause.values
    assert isinstance(clause, Compare)  # noqa: S101 - there is no other kind
    return _OPERATORS[clause.operator](row[clause.column], clause.value)
