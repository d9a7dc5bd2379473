"""Reading and writing whole tables, whichever there are: what export and import need of SQL."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any, NamedTuple

from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.message import LogMessage
from lianyi.messagelog.postgres_binary import encode_row, micros_of
from lianyi.messagelog.postgres_copy import copy_messages
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.postgres_segments import ensure_segment
from lianyi.messagelog.segments import table

SCHEMAS = ("messagelog", "channels")
ROWS_AT_ONCE = 2_000
_TRAVEL_OTHERWISE = (
    "messagelog.message",
    "messagelog.segment",
    "messagelog.lease",
    "messagelog.sight",  # follows from who has which role, and is worked out anew
)
_BOUNDS = re.compile(r"FOR VALUES FROM \('[^']*'\) TO \('[^']*'\)")
_NAME = re.compile(r"[a-z_][a-z_0-9]*")


class Table(NamedTuple):
    """A table that travels as rows of JSON.

    Attributes:
        name: with its schema.
        columns: its columns.
        partitions: name without schema and bounds of each partition by range, if it has any.
    """

    name: str
    columns: tuple[str, ...]
    partitions: tuple[tuple[str, str], ...]


class SegmentRow(NamedTuple):
    """What ``messagelog.segment`` says of one segment."""

    shard: int
    segment: int
    number_from: int
    number_to: int
    state: str
    first_at: Any
    last_at: Any
    last_chain: bytes | None
    archive_path: str | None
    archive_sha256: bytes | None


async def list_tables(connection: Connection) -> list[Table]:
    """Return the tables of the engine, each after those that it refers to."""
    rows = await connection.fetch(
        """
        SELECT format('%s.%s', nspname, relname) AS name,
            (SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
             WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '')
             AS columns,
            ARRAY(SELECT ARRAY[leaf.relname::text, pg_get_expr(leaf.relpartbound, leaf.oid)]
             FROM pg_inherits JOIN pg_class AS leaf ON leaf.oid = inhrelid
             WHERE inhparent = c.oid ORDER BY 1) AS partitions,
            ARRAY(SELECT DISTINCT format('%s.%s', far_schema.nspname, far.relname)
             FROM pg_constraint JOIN pg_class AS far ON far.oid = confrelid
             JOIN pg_namespace AS far_schema ON far_schema.oid = far.relnamespace
             WHERE conrelid = c.oid AND contype = 'f' AND confrelid <> c.oid) AS needs
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
        WHERE nspname = ANY($1) AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1
        """,
        list(SCHEMAS),
    )
    found = {
        row["name"]: Table(
            row["name"], tuple(row["columns"]), tuple((p[0], p[1]) for p in row["partitions"])
        )
        for row in rows
        if row["name"] not in _TRAVEL_OTHERWISE
    }
    order = TopologicalSorter({row["name"]: set(row["needs"]) for row in rows}).static_order()
    return [found[name] for name in order if name in found]


async def read_table(connection: Connection, name: str) -> AsyncIterator[list[str]]:
    """Give all rows as JSON objects, some at a time. In a transaction."""
    cursor = await connection.cursor(f"SELECT row_to_json(t)::text FROM {name} AS t")  # noqa: S608
    while rows := await cursor.fetch(ROWS_AT_ONCE):
        yield [row[0] for row in rows]


async def write_rows(
    connection: Connection, name: str, columns: Sequence[str], rows: Sequence[str]
) -> None:
    """Insert rows that :func:`read_table` gave; columns that are not named get their defaults."""
    names = ", ".join(columns)
    await connection.execute(
        f"INSERT INTO {name} ({names}) OVERRIDING SYSTEM VALUE"  # noqa: S608
        f" SELECT {names} FROM json_populate_recordset(NULL::{name}, $1::text::json)",
        f"[{','.join(rows)}]",
    )


async def make_partitions(
    connection: Connection, name: str, partitions: Sequence[Sequence[str]]
) -> None:
    """Make the partitions that a table had.

    Raises:
        ValueError: a name or bounds are not what PostgreSQL writes; an export is foreign text.
    """
    schema = name.partition(".")[0]
    for leaf, bounds in partitions:
        if not _NAME.fullmatch(leaf) or not _BOUNDS.fullmatch(bounds):
            raise ValueError(f"partition {leaf}")
        if not await _exists(connection, schema, leaf):
            await connection.execute(
                f"CREATE TABLE {schema}.{leaf} (LIKE {name});"
                f"ALTER TABLE {name} ATTACH PARTITION {schema}.{leaf} {bounds}"
            )


async def sequences(connection: Connection) -> dict[str, int]:
    """Return the last value of every sequence that has given one."""
    rows = await connection.fetch(
        "SELECT format('%s.%s', schemaname, sequencename), last_value FROM pg_sequences"
        " WHERE schemaname = ANY($1) AND last_value IS NOT NULL",
        list(SCHEMAS),
    )
    return {row[0]: row[1] for row in rows}


async def set_sequences(connection: Connection, values: Mapping[str, int]) -> None:
    """Let sequences go on behind the values they gave."""
    for name, value in values.items():
        await connection.fetchval("SELECT setval($1::text::regclass, $2)", name, value)


async def first_filled(connection: Connection, tables: Sequence[Table]) -> str | None:
    """Return the name of a table that is not empty; None when all are."""
    if await connection.fetchval(
        "SELECT EXISTS (SELECT FROM messagelog.segment WHERE state <> 'open')"
    ):
        return "messagelog.segment"
    for name in ("messagelog.message", *(one.name for one in tables)):
        if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {name})"):  # noqa: S608
            return name
    return None


async def list_segments(connection: Connection) -> list[SegmentRow]:
    """Return every segment, shard by shard, oldest first."""
    rows = await connection.fetch(
        f"SELECT {', '.join(SegmentRow._fields)} FROM messagelog.segment"  # noqa: S608
        " ORDER BY shard, segment"
    )
    return [SegmentRow(*row) for row in rows]


async def put_archived(connection: Connection, row: SegmentRow) -> None:
    """Enter a segment whose file lies in the archive."""
    await connection.execute(
        f"DROP TABLE IF EXISTS {table(row.shard, row.segment)}"  # the empty one of a fresh log
    )
    await connection.execute(
        "DELETE FROM messagelog.segment WHERE shard = $1 AND segment = $2", row.shard, row.segment
    )
    places = ", ".join(f"${place}" for place in range(1, len(SegmentRow._fields) + 1))
    await connection.execute(
        f"INSERT INTO messagelog.segment ({', '.join(SegmentRow._fields)}) VALUES ({places})",  # noqa: S608
        *row,
    )


async def put_messages(
    connection: Connection,
    shard: int,
    segment: int,
    messages: Sequence[LogMessage],
    *,
    cover: Cover = PLAIN,
) -> None:
    """Write messages with the numbers and chain values they have."""
    await ensure_segment(connection, shard, segment)
    await copy_messages(
        connection,
        table(shard, segment),
        [_row(cover.hide(message, message.position)) for message in messages],
    )


def _row(message: LogMessage) -> bytes:
    """Return the row of a message that was recorded before."""
    return encode_row(
        message,
        shard=message.shard,
        number=message.number,
        micros=micros_of(message.received_at),
        chain=message.chain,
        tombstone=message.tombstone,
    )


async def put_state(connection: Connection, row: SegmentRow) -> None:
    """Give a segment that lies in the database the state it had, or will have when indexed."""
    await ensure_segment(connection, row.shard, row.segment)
    await connection.execute(
        "UPDATE messagelog.segment SET state = $3, first_at = $4, last_at = $5, last_chain = $6"
        " WHERE shard = $1 AND segment = $2",
        row.shard,
        row.segment,
        "open" if row.state == "open" else "closed",
        row.first_at,
        row.last_at,
        row.last_chain,
    )


async def _exists(connection: Connection, schema: str, name: str) -> bool:
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace"
        " WHERE nspname = $1 AND relname = $2)",
        schema,
        name,
    )
    return found
