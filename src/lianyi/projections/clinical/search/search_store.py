"""Finding resources by conditions: sets are measured, the smallest is gone through.

A set is measured by counting its rows up to a limit, ten times further while none ends; so it is
known, not guessed, which is the smallest. Chains are settled from their far end as long as few
resources stand there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.search.condition_store import Statement, driver_of, once
from lianyi.projections.clinical.search.conditions import (
    All,
    Among,
    Inside,
    Leads,
    Leaf,
    LedTo,
    Node,
    Not,
    OneOf,
    Some,
    every,
    some,
)

SMALL: Final = 10_000
"""A set that has no more is gone through row by row, and ordered here."""
FAR_MAX: Final = 2_000
"""A chain is settled by its far end when no more resources stand there."""
MEASURED_MAX: Final = 10_000_000


class Driven(NamedTuple):
    """A search that knows where to begin.

    Attributes:
        driver: the set that is gone through.
        rest: what must hold besides.
        size: rows of the driver; None: more than :data:`SMALL`.
    """

    driver: Node
    rest: tuple[Node, ...]
    size: int | None

    @property
    def node(self) -> Node:
        """Return the whole."""
        return every(self.driver, *self.rest)


async def sizes(
    connection: Connection, schema: str, nodes: Sequence[Node], *, limit: int
) -> list[int]:
    """Return how many rows sets have, each counted up to a limit."""
    if not nodes:
        return []
    statement = Statement(schema)
    words = []
    for node in nodes:
        if isinstance(node, Among):
            words.append(str(len(node.rids)))
            continue
        query = statement.members(node, most=limit)
        words.append(f"(SELECT count(*) FROM ({query} LIMIT {limit:d}) AS c)")  # noqa: S608
    row = await connection.fetchrow(f"SELECT {', '.join(words)}", *statement.values)
    return list(row or ())


async def driven(connection: Connection, schema: str, node: Node) -> Driven:
    """Settle chains, measure sets, and say where to begin."""
    node = await settled(connection, schema, node)
    parts = node.parts if isinstance(node, All) else (node,)
    measured = [one for one in parts if not isinstance(one, Not | Leads | LedTo)]
    if not measured:
        first = driver_of(parts)
        assert first is not None  # noqa: S101 - a search says its types
        return Driven(first, tuple(one for one in parts if one is not first), None)
    limit = SMALL + 1
    while True:
        found = await sizes(connection, schema, measured, limit=limit)
        least = min(found)
        if least < limit or len(measured) == 1 or limit > MEASURED_MAX:
            break
        limit *= 10
    first = measured[found.index(least)]
    rest = tuple(one for one in parts if one is not first)
    return Driven(first, rest, least if least <= SMALL else None)


async def settled(connection: Connection, schema: str, node: Node) -> Node:
    """Replace each chain by what few resources at its far end say."""
    if isinstance(node, All):
        return every(*[await settled(connection, schema, one) for one in node.parts])
    if isinstance(node, Some):
        return some(*[await settled(connection, schema, one) for one in node.parts])
    if isinstance(node, Not):
        return Not(await settled(connection, schema, node.part), node.types)
    if isinstance(node, Inside):
        return Inside(await settled(connection, schema, node.part))
    if isinstance(node, Leads):
        far = await driven(connection, schema, node.to)
        few = await _few(connection, schema, far)
        if few is None:
            return Leads(node.ps, far.node)
        return Leaf("hashed", node.ps, OneOf("v", tuple(few)))
    if isinstance(node, LedTo):
        far = await driven(connection, schema, node.of)
        few = await _few(connection, schema, far)
        led = None if few is None else await _led(connection, schema, node.ps, few)
        return LedTo(node.ps, far.node) if led is None else Among(tuple(led))
    return node


async def _few(connection: Connection, schema: str, far: Driven) -> list[int] | None:
    """Return all that is found, None when it is not few."""
    if far.size is None:
        return None
    found = await matching(connection, schema, far, limit=FAR_MAX + 1)
    return found if len(found) <= FAR_MAX else None


async def _led(
    connection: Connection, schema: str, ps: Sequence[int], rids: Sequence[int]
) -> list[int] | None:
    """Return what references of resources lead to, None when it is not few."""
    rows = await connection.fetch(
        f"SELECT DISTINCT v FROM {schema}.hashed WHERE rid = ANY ($1) AND p = ANY ($2)"  # noqa: S608
        " ORDER BY v LIMIT $3",
        list(rids),
        list(ps),
        SMALL + 1,
    )
    return [row["v"] for row in rows] if len(rows) <= SMALL else None


async def matching(connection: Connection, schema: str, search: Driven, *, limit: int) -> list[int]:
    """Return what is found by going through the driver: so many at most, in order of ``rid``."""
    statement = Statement(schema)
    query = statement.narrowed(search.driver, search.rest)
    rows = await connection.fetch(
        f"SELECT DISTINCT rid FROM ({query}) AS m ORDER BY rid LIMIT {limit:d}",  # noqa: S608
        *statement.values,
    )
    return [row["rid"] for row in rows]


async def count(connection: Connection, schema: str, search: Driven) -> int:
    """Return how many are found when the driver is big."""
    statement = Statement(schema)
    if search.rest:
        await connection.execute("SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'")
        query = statement.joined(search.driver, search.rest)
    else:
        query = statement.members(search.driver)
    counted = "*" if once(search.driver) else "DISTINCT rid"
    found: int = await connection.fetchval(
        f"SELECT count({counted}) FROM ({query}) AS m",  # noqa: S608
        *statement.values,
    )
    if search.rest:
        await connection.execute("RESET enable_nestloop; RESET work_mem")
    return found


async def latest(connection: Connection, schema: str) -> datetime | None:
    """Return when what is known last changed, as far as it is seen."""
    found: datetime | None = await connection.fetchval(
        f"SELECT max(updated_at) FROM {schema}.resource"  # noqa: S608
    )
    return found


def old(schema: str, rid: str, bound: str) -> str:
    """Return the words for that a resource was there at a time."""
    return (
        f"EXISTS (SELECT FROM {schema}.resource AS r WHERE r.rid = {rid} AND"  # noqa: S608
        f" (r.updated_at <= {bound} OR EXISTS (SELECT FROM {schema}.version AS e"
        f" WHERE e.rid = {rid} AND e.version = 1 AND e.updated_at <= {bound})) OFFSET 0)"
    )


async def there_at(
    connection: Connection, schema: str, rids: Collection[int], bound: datetime
) -> set[int]:
    """Return those of some resources that were there at a time."""
    rows = await connection.fetch(
        "SELECT u.rid FROM unnest($1::bigint[]) AS u(rid)"  # noqa: S608
        f" WHERE {old(schema, 'u.rid', '$2::timestamptz')}",
        list(rids),
        bound,
    )
    return {row["rid"] for row in rows}


# --- order --------------------------------------------------------------------------------------


class Key(NamedTuple):
    """A key of an order.

    Attributes:
        kind: type of the parameter, or its code for ``_id`` and ``_lastUpdated``.
        ps: its numbers.
        descending: the greatest first, and of several values of a resource the greatest.
    """

    kind: str
    ps: tuple[int, ...]
    descending: bool


_READS: Final[Mapping[str, str]] = {
    "date": "SELECT {pick}(s.low) FROM {schema}.span AS s WHERE s.rid = {rid} AND s.key = 0"
    " AND s.p = ANY ({ps})",
    "string": "SELECT {pick}(s.v) FROM {schema}.text AS s WHERE s.rid = {rid} AND s.key = 0"
    " AND s.p = ANY ({ps})",
    "number": "SELECT {pick}(s.low) FROM {schema}.amount AS s WHERE s.rid = {rid} AND s.unit = 0"
    " AND s.p = ANY ({ps})",
    "reference": "SELECT {pick}((o.type || '/' || o.id) COLLATE \"C\") FROM {schema}.hashed AS s"
    " JOIN {schema}.resource AS o ON o.rid = s.v WHERE s.rid = {rid} AND s.p = ANY ({ps})",
    "_id": 'SELECT s.id COLLATE "C" FROM {schema}.resource AS s WHERE s.rid = {rid}',
    "_lastUpdated": "SELECT s.updated_at FROM {schema}.resource AS s WHERE s.rid = {rid}",
}
_UPDATED_BY: Final = (
    "SELECT max(s.updated_at) FROM (SELECT r.updated_at FROM {schema}.resource AS r"
    " WHERE r.rid = {rid} UNION ALL SELECT e.updated_at FROM {schema}.version AS e"
    " WHERE e.rid = {rid}) AS s WHERE s.updated_at <= {bound}"
)
"""When a resource was last updated, asked at a later page: as it stood at the first one."""
_ALIKE: Final = {"uri": "string", "quantity": "number"}
_SQL_TYPES: Final = {"date": "timestamptz", "_lastUpdated": "timestamptz", "number": "numeric"}


def ordered_here(key: Key) -> bool:
    """Tell whether the index can order by a key; of tokens it knows no order."""
    return _ALIKE.get(key.kind, key.kind) in _READS


def updated_by(schema: str, rid: str, bound: str) -> str:
    """Return the words for when a resource was last updated before a time."""
    return "(" + _UPDATED_BY.format(schema=schema, rid=rid, bound=bound) + ")"


def _key_words(statement: Statement, key: Key, rid: str, bound: datetime | None) -> str:
    kind = _ALIKE.get(key.kind, key.kind)
    if kind == "_lastUpdated" and bound is not None:
        return updated_by(statement.schema, rid, statement.value(bound, "timestamptz"))
    ps = [*key.ps, *(-p for p in key.ps)] if kind == "date" else list(key.ps)
    return "(" + _READS[kind].format(
        pick="max" if key.descending else "min",
        schema=statement.schema,
        rid=rid,
        ps=statement.value(ps, "integer[]") if "{ps}" in _READS[kind] else "",
    ) + ")"  # fmt: skip


async def keys_of(
    connection: Connection,
    schema: str,
    rids: Sequence[int],
    keys: Sequence[Key],
    *,
    bound: datetime | None,
) -> dict[int, tuple[Any, ...]]:
    """Return the keys of resources; None where one has no value.

    Args:
        connection: to the database.
        schema: of the version.
        rids: of the resources.
        keys: that are wanted.
        bound: when the first page was asked; None: now.
    """
    statement = Statement(schema)
    given = statement.value(list(rids), "bigint[]")
    words = ["u.rid", *(_key_words(statement, key, "u.rid", bound) for key in keys)]
    rows = await connection.fetch(
        f"SELECT {', '.join(words)} FROM unnest({given}) AS u(rid)",  # noqa: S608
        *statement.values,
    )
    return {row[0]: tuple(row)[1:] for row in rows}


class After(NamedTuple):
    """Where a page begins: behind one that has these keys; what came after a time is left out."""

    keys: tuple[Any, ...]
    rid: int
    bound: datetime


async def page(
    connection: Connection,
    schema: str,
    search: Driven,
    keys: Sequence[Key],
    *,
    after: After | None,
    limit: int,
) -> list[tuple[Any, ...]]:
    """Return one page of what is found when the driver is big: ``rid`` and its keys.

    Args:
        connection: in a transaction.
        schema: of the version.
        search: what is searched.
        keys: the order; the last is always ``rid``.
        after: where it begins; None: at the first.
        limit: so many at most.
    """
    statement = Statement(schema)
    more = ""
    if after is not None:
        bound = statement.value(after.bound, "timestamptz")
        more = old(schema, "{rid}", bound)
        if not keys:
            more += f" AND {{rid}} > {statement.value(after.rid, 'bigint')}"
    query = statement.narrowed(search.driver, search.rest, more=more)
    if not keys:
        distinct = "" if once(search.driver) else "DISTINCT "
        words = f"SELECT {distinct}rid FROM ({query}) AS m ORDER BY rid LIMIT {limit:d}"  # noqa: S608
        return [tuple(row) for row in await connection.fetch(words, *statement.values)]
    columns = ", ".join(
        f"{_key_words(statement, key, 'm.rid', after.bound if after else None)} AS k{at}"
        for at, key in enumerate(keys)
    )
    order = ", ".join(
        f"k{at}{' DESC' if key.descending else ''} NULLS LAST" for at, key in enumerate(keys)
    )
    where = f" WHERE {_behind(statement, keys, after)}" if after is not None else ""
    words = (
        f"SELECT * FROM (SELECT m.rid, {columns} FROM (SELECT DISTINCT rid FROM ({query}) AS n)"  # noqa: S608
        f" AS m OFFSET 0) AS k{where} ORDER BY {order}, rid LIMIT {limit:d}"
    )
    return [tuple(row) for row in await connection.fetch(words, *statement.values)]


def _behind(statement: Statement, keys: Sequence[Key], after: After) -> str:
    """Return the words for that a row stands behind another one."""
    same: list[str] = []
    said: list[str] = []
    for at, (key, value) in enumerate(zip(keys, after.keys, strict=True)):
        kind = _SQL_TYPES.get(_ALIKE.get(key.kind, key.kind), "text")
        word = statement.value(value, kind)
        if value is not None:
            sign = "<" if key.descending else ">"
            said.append(" AND ".join([*same, f"(k{at} {sign} {word} OR k{at} IS NULL)"]))
        same.append(f"k{at} IS NOT DISTINCT FROM {word}")
    said.append(" AND ".join([*same, f"rid > {statement.value(after.rid, 'bigint')}"]))
    return " OR ".join(f"({one})" for one in said)


# --- what comes along ---------------------------------------------------------------------------


async def patients_of_record(connection: Connection, schema: str, record: int) -> list[str]:
    """Return the ids of stored Patients that are a record of the patient index."""
    rows = await connection.fetch(
        f"SELECT r.id FROM {schema}.patient AS p JOIN {schema}.resource AS r ON r.rid = p.rid"  # noqa: S608
        " WHERE p.record = $1 ORDER BY r.id",
        record,
    )
    return [row["id"] for row in rows]


async def one_of_each_patient(
    connection: Connection, schema: str, rids: Collection[int]
) -> list[int]:
    """Return of some resources one for each patient, channel and type that they are about."""
    rows = await connection.fetch(
        f"SELECT min(rid) AS rid FROM {schema}.resource WHERE rid = ANY ($1)"  # noqa: S608
        " GROUP BY patient, channel, CASE WHEN patient IS NULL THEN type END",
        list(rids),
    )
    return [row["rid"] for row in rows]


async def led_to(
    connection: Connection,
    schema: str,
    rids: Collection[int],
    ps: Collection[int],
    *,
    types: Collection[str],
    limit: int,
) -> list[int]:
    """Return the resources to which references of others lead.

    Args:
        connection: to the database.
        schema: of the version.
        rids: of those that have the references.
        ps: the references.
        types: that are wanted; none: all.
        limit: so many at most.
    """
    rows = await connection.fetch(
        f"SELECT DISTINCT o.rid FROM {schema}.hashed AS h JOIN {schema}.resource AS o"  # noqa: S608
        " ON o.rid = h.v AND NOT o.deleted AND (cardinality($3::text[]) = 0 OR o.type = ANY ($3))"
        " WHERE h.rid = ANY ($1) AND h.p = ANY ($2) ORDER BY o.rid LIMIT $4",
        list(rids),
        list(ps),
        list(types),
        limit,
    )
    return [row["rid"] for row in rows]


async def leading_to(
    connection: Connection,
    schema: str,
    rids: Collection[int],
    ps: Collection[int],
    *,
    limit: int,
) -> list[int]:
    """Return the resources of which references lead to others; so many at most."""
    rows = await connection.fetch(
        f"SELECT DISTINCT rid FROM {schema}.hashed WHERE p = ANY ($2) AND v = ANY ($1)"  # noqa: S608
        " ORDER BY rid LIMIT $3",
        list(rids),
        list(ps),
        limit,
    )
    return [row["rid"] for row in rows]
