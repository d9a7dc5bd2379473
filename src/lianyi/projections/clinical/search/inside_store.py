"""Which of what resources contain fulfils conditions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.search.condition_store import Statement
from lianyi.projections.clinical.search.conditions import Node


async def inside(
    connection: Connection, schema: str, containers: Sequence[int], node: Node
) -> Mapping[int, Sequence[tuple[str, str]]]:
    """Return marked type and id of what some resources contain and of which a condition holds."""
    statement = Statement(schema)
    given = statement.value(list(containers), "bigint[]")
    rows = await connection.fetch(
        f"SELECT c.container, c.type, c.id FROM {schema}.contained AS c"  # noqa: S608
        f" WHERE c.container = ANY ({given}) AND {statement.holds(node, 'c.rid')}"
        " ORDER BY c.container, c.type, c.id",
        *statement.values,
    )
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        found[row["container"]].append((row["type"], row["id"]))
    return found
