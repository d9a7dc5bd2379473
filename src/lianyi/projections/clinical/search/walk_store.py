"""The first of many in an order that the index has: walked along until the page is full.

Where most of what is walked past is found, that is a few rows. Nothing tells beforehand whether it
is; so no more than :data:`WALK` rows are walked past, and whoever asked does it the other way when
the page is not full by then.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.search import search_store
from lianyi.projections.clinical.search.condition_store import Statement
from lianyi.projections.clinical.search.conditions import Compare, Leaf, Node, Updated
from lianyi.projections.clinical.search.search_store import After, Driven, Key

WALK: Final = 20_000
SEVERAL_MAX: Final = 2_000
"""So many that stand elsewhere in the index, or moved since the first page, are put in between."""

Row = tuple[Any, ...]


async def walked(
    connection: Connection,
    schema: str,
    search: Driven,
    key: Key,
    *,
    types: tuple[str, ...],
    after: After | None,
    limit: int,
) -> list[Row] | None:
    """Return a full page, ``rid`` and key of each; None: walking does not fill one.

    Args:
        connection: to the database.
        schema: of the version.
        search: what is searched.
        key: the order: of ``_lastUpdated``, or a date of one type.
        types: that are searched.
        after: where the page begins; None: at the first.
        limit: rows of a full page.
    """
    if after is not None and after.keys[0] is None:
        return None
    walk = _Walk(connection, schema, search, key, after, limit)
    if key.kind == "_lastUpdated" and len(types) == 1:
        rows = await walk.updates(types[0])
        if len(rows) < limit or after is None:
            return rows if len(rows) == limit else None
        others = await walk.updates_since(types[0], after.bound)
    elif key.kind == "date" and len(key.ps) == 1:
        rows = await walk.days(key.ps[0])
        if len(rows) < limit:
            return None
        others = await walk.several_days(key.ps[0])
    else:
        return None
    if others is None:
        return None
    rows += others
    rows.sort(key=lambda row: row[0])
    rows.sort(key=lambda row: row[1], reverse=key.descending)
    return rows[:limit]


class _Walk:
    """One page, by one key."""

    def __init__(
        self,
        connection: Connection,
        schema: str,
        search: Driven,
        key: Key,
        after: After | None,
        limit: int,
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._search = search
        self._after = after
        self._limit = limit
        self._way, self._sign = (" DESC", "<") if key.descending else ("", ">")
        self._pick = "max" if key.descending else "min"

    async def updates(self, type_: str) -> list[Row]:
        """Walk along the resources of a type that did not change since the first page."""
        statement = Statement(self._schema)
        rows = (
            f"SELECT rid, updated_at AS k FROM {self._schema}.resource WHERE NOT deleted"  # noqa: S608
            f" AND type = {statement.value(type_, 'text')}"
        )
        if self._after is not None:
            bound = statement.value(self._after.bound, "timestamptz")
            rows += f" AND updated_at <= {bound}{self._from(statement, 'updated_at')}"
        return await self._found(statement, f"{rows} ORDER BY updated_at{self._way} LIMIT {WALK:d}")

    async def updates_since(self, type_: str, bound: datetime) -> list[Row] | None:
        """Return those that did change, where they stood; None: they are many."""
        since = Updated((type_,), Compare("updated_at", ">", bound))
        if await self._many(since):
            return None
        statement = Statement(self._schema)
        members = statement.members(since)
        by = search_store.updated_by(self._schema, "c.rid", statement.value(bound, "timestamptz"))
        return await self._found(statement, f"SELECT c.rid, {by} AS k FROM ({members}) AS c")  # noqa: S608

    async def days(self, p: int) -> list[Row]:
        """Walk along the spans that are short and alone."""
        statement = Statement(self._schema)
        rows = (
            f"SELECT rid, low AS k FROM {self._schema}.span WHERE key = 0"  # noqa: S608
            f" AND p = {statement.value(p, 'integer')}{self._from(statement, 'low')}"
        )
        return await self._found(statement, f"{rows} ORDER BY low{self._way} LIMIT {WALK:d}")

    async def several_days(self, p: int) -> list[Row] | None:
        """Return the page of all others; None: they are many."""
        if await self._many(Leaf("span", (-p,), Compare("key", "=", 0))):
            return None
        statement = Statement(self._schema)
        rows = (
            f"SELECT rid, {self._pick}(low) AS k FROM {self._schema}.span WHERE key = 0"  # noqa: S608
            f" AND p = {statement.value(-p, 'integer')} GROUP BY rid"
        )
        return await self._found(statement, rows)

    async def _many(self, node: Node) -> bool:
        (count,) = await search_store.sizes(
            self._connection, self._schema, [node], limit=SEVERAL_MAX + 1
        )
        return count > SEVERAL_MAX

    def _from(self, statement: Statement, column: str) -> str:
        if self._after is None:
            return ""
        at = statement.value(self._after.keys[0], "timestamptz")
        return f" AND {column} {self._sign}= {at}"

    async def _found(self, statement: Statement, rows: str) -> list[Row]:
        """Return of some rows, in order, those that are found and stand behind the page before."""
        search = self._search
        said = [statement.holds(one, "w.rid") for one in (search.driver, *search.rest)]
        if self._after is not None:
            at = statement.value(self._after.keys[0], "timestamptz")
            rid = statement.value(self._after.rid, "bigint")
            bound = statement.value(self._after.bound, "timestamptz")
            said.append(f"(w.k {self._sign} {at} OR (w.k = {at} AND w.rid > {rid}))")
            said.append(search_store.old(self._schema, "w.rid", bound))
        words = (
            f"SELECT w.rid, w.k FROM ({rows}) AS w WHERE {' AND '.join(said)}"  # noqa: S608
            f" ORDER BY w.k{self._way}, w.rid LIMIT {self._limit:d}"
        )
        return [tuple(row) for row in await self._connection.fetch(words, *statement.values)]
