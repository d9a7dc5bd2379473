"""Rows of the table of messages, and the messages they are."""

from __future__ import annotations

import asyncpg

from lianyi.messagelog.cover import BODY_MARK, PLAIN, Cover
from lianyi.messagelog.message import KEY_SEPARATOR, LogMessage, Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.segments import table

_SELECT = (
    "SELECT shard, number, received_at, channel, kind, body, codec, sender, keys, gate,"
    " caused_shard, caused_number, chain, tombstone FROM "
)


async def read_rows(
    connection: Connection | asyncpg.Pool,
    shard: int,
    segment: int,
    *,
    after: int,
    limit: int,
    bytes_max: int,
    cover: Cover = PLAIN,
) -> list[LogMessage]:
    """Return messages of one segment that lies in the database, like ``MessageLog.read``.

    Args and limits are those of ``MessageLog.read``; ``cover`` shows what lies hidden.

    Raises:
        asyncpg.UndefinedTableError: it does not lie there.
    """
    # The limit stands inside, so that the running sum is over these rows and not the segment.
    rows = await connection.fetch(
        f"{_SELECT}(SELECT *, sum(size) OVER (ORDER BY number) - size AS bytes_before"  # noqa: S608
        " FROM (SELECT *, octet_length(body)"
        " - CASE WHEN starts_with(codec, $5) AND NOT tombstone THEN $4::integer ELSE 0 END AS size"
        f" FROM {table(shard, segment)}"
        " WHERE number > $1 ORDER BY number LIMIT $2) AS next) AS run WHERE bytes_before < $3",
        after,
        limit,
        max(bytes_max, 1),
        cover.overhead_bytes,
        BODY_MARK,
    )
    return [cover.show(_message(row)) for row in rows]


def split_keys(text: str) -> tuple[str, ...]:
    """Return the keys of a row."""
    return tuple(text.split(KEY_SEPARATOR)) if text else ()


def _message(row: asyncpg.Record) -> LogMessage:
    # Unpacked by place: looking columns up by name would cost as much as reading them.
    (
        *head, codec, sender, keys, gate, caused_shard, caused_number, chain, tombstone,
    ) = row.values()  # fmt: skip
    cause = None if caused_shard is None else Position(caused_shard, caused_number)
    return LogMessage._make((*head, codec, sender, split_keys(keys), gate, cause, chain, tombstone))
