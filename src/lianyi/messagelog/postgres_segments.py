"""Making, closing and indexing segments in PostgreSQL.

A partition is built apart and then attached, because ``ATTACH PARTITION`` does not wait for readers
of the parent, while ``CREATE TABLE … PARTITION OF`` would wait for the longest open snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import asyncpg

from lianyi.messagelog.chain import GENESIS
from lianyi.messagelog.log import ACTS
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.segments import first_number, half_number, segment_of, table

_DDL_LOCK = 7_204_001
"""Advisory lock under which partitions are made: two processes never make the same one."""


class Last(NamedTuple):
    """The last message of a shard: where the next appender goes on."""

    number: int
    chain: bytes
    received_at: datetime


async def ensure_segment(connection: Connection, shard: int, segment: int) -> None:
    """Make the partition of a segment, and of its shard, unless they are there."""
    if await is_there(connection, table(shard, segment)):
        return
    leaf = table(shard, segment)
    first, beyond = first_number(segment), first_number(segment + 1)
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _DDL_LOCK)
        if await is_there(connection, leaf):
            return
        if not await is_there(connection, f"messagelog.message_{shard}"):
            await connection.execute(
                f"CREATE TABLE messagelog.message_{shard}"
                " (LIKE messagelog.message INCLUDING INDEXES) PARTITION BY RANGE (number);"
                f"ALTER TABLE messagelog.message ATTACH PARTITION messagelog.message_{shard}"
                f" FOR VALUES IN ({shard});"
                f"SELECT messagelog.shield('messagelog.message_{shard}')"
            )
        await connection.execute(
            f"CREATE TABLE {leaf} (LIKE messagelog.message INCLUDING INDEXES,"
            f" CHECK (shard = {shard} AND number >= {first} AND number < {beyond}));"
            f"ALTER TABLE {leaf} ALTER body SET STORAGE EXTERNAL;"
            f"ALTER TABLE messagelog.message_{shard} ATTACH PARTITION {leaf}"
            f" FOR VALUES FROM ({first}) TO ({beyond});"
            f"SELECT messagelog.shield('{leaf}')"
        )
        await connection.execute(
            "INSERT INTO messagelog.segment (shard, segment, number_from, number_to)"
            " VALUES ($1, $2, $3, $4)",
            shard,
            segment,
            first,
            beyond - 1,
        )


async def is_there(connection: Connection, name: str) -> bool:
    """Look in the catalogue itself: ``to_regclass`` may remember that a table was not there."""
    schema, _, bare = name.partition(".")
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace"
        " WHERE nspname = $1 AND relname = $2)",
        schema,
        bare,
    )
    return found


async def last_of_shard(connection: Connection, shard: int) -> Last:
    """Return the last committed message of a shard; number 0 and the genesis value when empty."""
    last = await connection.fetchrow(
        "SELECT number, chain, received_at FROM messagelog.last_of($1::smallint)", shard
    )
    if last is None or last["number"] is None:
        return Last(0, GENESIS, datetime(1970, 1, 1, tzinfo=UTC))
    return Last(*last)


async def close_segment(
    connection: Connection,
    shard: int,
    segment: int,
    *,
    last_chain: bytes,
    last_at: datetime,
) -> None:
    """Mark a full segment; housekeeping then gives it its search index."""
    await connection.execute(
        f"""
        UPDATE messagelog.segment SET state = 'closed', last_chain = $3, last_at = $4,
            first_at = (SELECT received_at FROM {table(shard, segment)} ORDER BY number LIMIT 1)
        WHERE shard = $1 AND segment = $2 AND state = 'open'
        """,  # noqa: S608
        shard,
        segment,
        last_chain,
        last_at,
    )


async def close_full_segments(connection: Connection) -> None:
    """Close full segments whose appender died before it could."""
    rows = await connection.fetch(
        "SELECT shard, segment, number_to FROM messagelog.segment WHERE state = 'open'"
    )
    for row in rows:
        last = await connection.fetchrow(
            f"SELECT chain, received_at FROM {table(row['shard'], row['segment'])}"  # noqa: S608
            " WHERE number = $1",
            row["number_to"],
        )
        if last:
            await close_segment(
                connection, row["shard"], row["segment"], last_chain=last[0], last_at=last[1]
            )


async def index_closed_segments(connection: Connection) -> int:
    """Give each closed segment its search index; return how many got one."""
    rows = await connection.fetch(
        "SELECT shard, segment FROM messagelog.segment WHERE state = 'closed'"
        " ORDER BY shard, segment"
    )
    for row in rows:
        shard, segment = row["shard"], row["segment"]
        async with connection.transaction():
            await connection.execute("SET LOCAL maintenance_work_mem = '64MB'")
            await connection.execute(
                f"CREATE INDEX IF NOT EXISTS message_{shard}_{segment}_terms"
                f" ON {table(shard, segment)} USING gin (terms)"
            )
            if shard == ACTS:  # people look through acts by kind and by whose they are, too
                await connection.execute(
                    f"CREATE INDEX IF NOT EXISTS message_{shard}_{segment}_kind"
                    f" ON {table(shard, segment)} (kind text_pattern_ops)"
                )
                await connection.execute(
                    f"CREATE INDEX IF NOT EXISTS message_{shard}_{segment}_channel"
                    f" ON {table(shard, segment)} (channel)"
                )
                await connection.execute(f"ANALYZE {table(shard, segment)}")
            await connection.execute(
                "UPDATE messagelog.segment SET state = 'indexed'"
                " WHERE shard = $1 AND segment = $2 AND state = 'closed'",
                shard,
                segment,
            )
    return len(rows)


async def ensure_next_segments(connection: Connection) -> None:
    """Make the next segment of every shard that is past the half of its newest one."""
    rows = await connection.fetch(
        "SELECT DISTINCT ON (shard) shard, segment, state FROM messagelog.segment"
        " ORDER BY shard, segment DESC"
    )
    for shard, segment, state in rows:
        if state != "open" or await connection.fetchval(
            f"SELECT EXISTS (SELECT FROM {table(shard, segment)} WHERE number >= $1)",  # noqa: S608
            half_number(segment),
        ):
            await ensure_segment(connection, shard, segment + 1)


async def received_at(connection: Connection, shard: int, number: int) -> datetime | None:
    """Return when a message came, or at least the segment it lies in; None when there is none."""
    segment = segment_of(number)
    row = await connection.fetchrow(
        "SELECT state, first_at FROM messagelog.segment WHERE shard = $1 AND segment = $2",
        shard,
        segment,
    )
    if row is None or row["state"] == "archived":
        return row["first_at"] if row else None
    at: datetime | None = await connection.fetchval(
        f"SELECT received_at FROM {table(shard, segment)} WHERE number = $1",  # noqa: S608
        number,
    )
    return at


class Evidence(NamedTuple):
    """What is remembered of a shard beside its messages.

    Attributes:
        seals: last number of each closed segment to the chain value it was closed with.
        seen: who has seen messages, to the highest number.
    """

    seals: Mapping[int, bytes]
    seen: Mapping[str, int]


async def evidence_of(connection: Connection | asyncpg.Pool, shard: int) -> Evidence:
    """Return what closed segments and readers remember of a shard."""
    seals = await connection.fetch(
        "SELECT number_to, last_chain FROM messagelog.segment"
        " WHERE shard = $1 AND last_chain IS NOT NULL",
        shard,
    )
    seen = await connection.fetch(
        "SELECT reader, position FROM messagelog.reader WHERE shard = $1", shard
    )
    return Evidence(
        {row["number_to"]: row["last_chain"] for row in seals},
        {row["reader"]: row["position"] for row in seen},
    )
