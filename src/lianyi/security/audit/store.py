"""What the audit trail reads beside the log's own search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import asyncpg

from lianyi.messagelog.cover import Cover
from lianyi.messagelog.log import ACTS
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_segments import Last, last_of_shard


class ChannelName(NamedTuple):
    """A channel, as far as acts need to know it."""

    channel: int
    name: str
    organisation: str


async def channels(pool: asyncpg.Pool) -> list[ChannelName]:
    """Return every channel that ever was."""
    rows = await pool.fetch(
        "SELECT channel, name, organisation FROM messagelog.channel ORDER BY name"
    )
    return [ChannelName(*row) for row in rows]


async def bodies(pool: asyncpg.Pool, numbers: Sequence[int], cover: Cover) -> Mapping[int, bytes]:
    """Return what acts say, by number; those that are not in the database are missing."""
    rows = await pool.fetch(
        "SELECT number, body, CASE WHEN tombstone THEN '' ELSE codec END FROM messagelog.message"
        " WHERE shard = $1 AND number = ANY ($2)",
        ACTS,
        list(numbers),
    )
    return {row[0]: cover.show_body(row[2], row[1], Position(ACTS, row[0])) for row in rows}


async def head(pool: asyncpg.Pool) -> Last:
    """Return the last act and its chain value, which vouches for all before it."""
    async with pool.acquire() as connection:
        return await last_of_shard(connection, ACTS)


async def display_names(pool: asyncpg.Pool, names: Sequence[str]) -> Mapping[str, str]:
    """Return what people call accounts, by name; those that are none are missing."""
    rows = await pool.fetch(
        "SELECT name, display_name FROM security.account WHERE name = ANY ($1)", list(names)
    )
    return {row["name"]: row["display_name"] for row in rows}
