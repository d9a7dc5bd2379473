"""What housekeeping does with the engine's tables, and what they still need of the log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from lianyi.channels.store import DEFINITIONS_LOCK
from lianyi.messagelog.archive import Needed
from lianyi.messagelog.postgres_leases import Connection


async def ensure_receipt_days(connection: Connection, *, today: datetime, days: int = 3) -> None:
    """Make the partitions of receipts for today and the days after it."""
    start = today.replace(hour=0, minute=0, second=0, microsecond=0)
    for ahead in range(-1, days):
        day = start + timedelta(days=ahead)
        leaf = f"channels.receipt_{day:%Y%m%d}"
        if await connection.fetchval("SELECT to_regclass($1)", leaf):
            continue
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", DEFINITIONS_LOCK)
            if await connection.fetchval("SELECT to_regclass($1)", leaf):
                continue
            await connection.execute(
                f"CREATE TABLE {leaf} (LIKE channels.receipt);"
                f"ALTER TABLE channels.receipt ATTACH PARTITION {leaf}"
                f" FOR VALUES FROM ('{day.isoformat()}')"
                f" TO ('{(day + timedelta(days=1)).isoformat()}')"
            )


async def keep_receipts(connection: Connection, *, today: datetime) -> None:
    """Make partitions ahead, and let the block-range index know the newest receipts.

    An unsummarised range is read whole by every question after a message.
    """
    await ensure_receipt_days(connection, today=today)
    await connection.execute(
        "SELECT brin_summarize_new_values(indexrelid) FROM pg_index"
        " JOIN pg_class AS i ON i.oid = indexrelid JOIN pg_am AS a ON a.oid = i.relam"
        " WHERE a.amname = 'brin' AND i.relkind = 'i' AND indrelid IN"
        " (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'channels.receipt'::regclass)"
    )


async def lowest_needed(connection: Connection) -> Sequence[Needed]:
    """Return, for each shard, the lowest number that an exception or a replay still needs."""
    rows = await connection.fetch(
        "SELECT 'open deliveries' AS who, shard, min(number) AS number FROM channels.exception"
        " WHERE state IN ('waiting', 'parked', 'behind', 'resend') GROUP BY shard"
        " UNION ALL SELECT 'replay ' || replay, shard, position + 1 FROM channels.replay"
        " WHERE state IN ('running', 'stopping')"
    )
    return [Needed(*row) for row in rows]


async def retired_readers(connection: Connection) -> Collection[str]:
    """Return the readers of destinations that no definition names any more."""
    rows = await connection.fetch(
        "SELECT 'destination:' || destination AS reader FROM channels.destination WHERE retired"
    )
    return {row["reader"] for row in rows}


async def seen_by(connection: Connection, shard: int) -> dict[str, int]:
    """Return how far receipts go in a shard: a log that ends before them has lost its tail."""
    highest = await connection.fetchval(
        "SELECT max(number) FROM channels.receipt WHERE shard = $1", shard
    )
    return {"receipts": highest} if highest is not None else {}
