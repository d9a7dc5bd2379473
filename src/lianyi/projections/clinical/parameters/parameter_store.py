"""Which parameters of one's own a version indexes, and how far each is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, Literal, NamedTuple

from lianyi.formats.fhir.definitions import SearchParameter
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.indexed import TABLES
from lianyi.projections.clinical.parameters.reading import Own

State = Literal["building", "complete", "gone"]

_CREATE: Final = """
-- Search parameters of one's own. What they say of resources stands in the tables of the index.
CREATE TABLE {schema}.parameter (
    p          integer NOT NULL PRIMARY KEY,
    upto       bigint,                           -- indexed up to this rid
    done       bigint  NOT NULL,                 -- resources
    total      bigint  NOT NULL,                 -- as many as there were when it began
    type       text    NOT NULL,
    code       text    NOT NULL,                 -- by which it is asked for
    name       text    NOT NULL,                 -- under which it is kept
    kind       text    NOT NULL,
    url        text    NOT NULL,
    expression text    NOT NULL,
    targets    text[]  NOT NULL,
    file       text    NOT NULL,
    state      text    NOT NULL                  -- building, complete, gone
);
CREATE UNIQUE INDEX ON {schema}.parameter (type, code) WHERE state <> 'gone';
GRANT SELECT ON {schema}.parameter TO lianyi_doors; -- it says nothing of anybody
"""
_COLUMNS: Final = (
    "p, type, code, name, kind, url, expression, targets, file, state, upto, done, total"
)


class Row(NamedTuple):
    """A parameter as it is kept."""

    p: int
    type: str
    code: str
    name: str
    kind: str
    url: str
    expression: str
    targets: Sequence[str]
    file: str
    state: State
    upto: int | None
    done: int
    total: int

    @property
    def parameter(self) -> SearchParameter:
        """What it says."""
        return SearchParameter(
            self.name, self.kind, self.expression, tuple(self.targets), (), self.url  # type: ignore[arg-type]
        )  # fmt: skip


async def create(connection: Connection, schema: str, own: Sequence[Own]) -> None:
    """Make the table; where there is no resource yet, every parameter is complete."""
    await connection.execute(_CREATE.format(schema=schema))
    for one in own:
        await add(connection, schema, one, state="complete", total=0)


async def add(connection: Connection, schema: str, own: Own, *, state: State, total: int) -> None:
    """Let a parameter be indexed; one that was to go stays."""
    said = own.parameter
    await connection.execute(
        f"INSERT INTO {schema}.parameter ({_COLUMNS})"  # noqa: S608
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, NULL, 0, $11)"
        " ON CONFLICT (p) DO UPDATE SET state = excluded.state, upto = NULL, done = 0,"
        " total = excluded.total, file = excluded.file",
        own.p, own.type, own.code, said.code, said.type, said.url, said.expression,
        list(said.targets), own.file, state, total,
    )  # fmt: skip


async def let_go(connection: Connection, schema: str, p: int) -> None:
    """Index a parameter no more."""
    await connection.execute(
        f"UPDATE {schema}.parameter SET state = 'gone' WHERE p = $1",  # noqa: S608
        p,
    )


async def list_all(connection: Connection, schema: str) -> list[Row]:
    """Return every parameter, those that go among them."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM {schema}.parameter ORDER BY type, code, p"  # noqa: S608
    )
    return [Row(*row) for row in rows]


async def list_indexed(
    connection: Connection, schema: str, types: Collection[str] | None = None
) -> list[Row]:
    """Return the parameters that are indexed, of some types or of all."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM {schema}.parameter WHERE state <> 'gone'"  # noqa: S608
        " AND ($1::text[] IS NULL OR type = ANY ($1)) ORDER BY type, code",
        None if types is None else list(types),
    )
    return [Row(*row) for row in rows]


async def count_of_type(connection: Connection, schema: str, type_: str) -> int:
    """Return how many resources of a type there are."""
    count: int = await connection.fetchval(
        f"SELECT count(*) FROM {schema}.resource WHERE type = $1 AND NOT deleted",  # noqa: S608
        type_,
    )
    return count


async def next_resources(
    connection: Connection, schema: str, type_: str, *, after: int | None, limit: int
) -> list[tuple[int, int, bytes]]:
    """Return ``rid``, channel and body of the next resources of a type, by ``rid``."""
    rows = await connection.fetch(
        f"SELECT rid, channel, body FROM {schema}.resource"  # noqa: S608
        " WHERE type = $1 AND NOT deleted AND ($2::bigint IS NULL OR rid > $2)"
        " ORDER BY rid LIMIT $3",
        type_,
        after,
        limit,
    )
    return [tuple(row) for row in rows]


async def advance(
    connection: Connection, schema: str, p: int, *, upto: int | None, done: int, state: State
) -> None:
    """Say how far a parameter is."""
    await connection.execute(
        f"UPDATE {schema}.parameter SET upto = coalesce($2, upto), done = $3, state = $4"  # noqa: S608
        " WHERE p = $1",
        p,
        upto,
        done,
        state,
    )


async def forget(connection: Connection, schema: str, p: int, rids: Collection[int]) -> None:
    """Take away what a parameter says of some resources."""
    for table in TABLES:
        await connection.execute(
            f"DELETE FROM {schema}.{table} WHERE rid = ANY ($1) AND p = ANY ($2)",  # noqa: S608
            list(rids),
            [p, -p],
        )


async def clear(connection: Connection, schema: str, p: int, *, limit: int) -> bool:
    """Take away some of what a parameter that goes says; return whether it is gone."""
    for table in TABLES:
        for sign in (p, -p):
            done = await connection.execute(
                f"DELETE FROM {schema}.{table} WHERE ctid = ANY (ARRAY("  # noqa: S608
                f"SELECT ctid FROM {schema}.{table} WHERE p = $1 LIMIT $2))",
                sign,
                limit,
            )
            if done != "DELETE 0":
                return False
    await connection.execute(
        f"DELETE FROM {schema}.parameter WHERE p = $1 AND state = 'gone'",  # noqa: S608
        p,
    )
    return True
