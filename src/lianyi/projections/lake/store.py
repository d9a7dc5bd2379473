"""Where the reader of the lake stands, of every shard at once."""

from __future__ import annotations

import asyncpg

from lianyi.messagelog.postgres_leases import Connection


async def standing(
    connection: Connection | asyncpg.Pool, reader: str
) -> dict[int, tuple[int, int]]:
    """Return by shard the last number that is done with, and how many messages were refused."""
    rows = await connection.fetch(
        "SELECT shard, position, coalesce((counts ->> 'refused')::bigint, 0)"
        " FROM messagelog.reader WHERE reader = $1",
        reader,
    )
    return {shard: (position, refused) for shard, position, refused in rows}
