"""What housekeeping and erasure do with the engine's tables, and what they need of the log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from lianyi.channels.store import DEFINITIONS_LOCK, LEAVING
from lianyi.messagelog.archive import Needed
from lianyi.messagelog.message import Position
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
    """Return the readers of destinations that no definition names, and that have nothing left."""
    rows = await connection.fetch(
        "SELECT 'destination:' || destination AS reader"  # noqa: S608
        f" FROM channels.destination AS d WHERE retired AND NOT {LEAVING}"
    )
    return {row["reader"] for row in rows}


async def seen_by(connection: Connection, shard: int) -> dict[str, int]:
    """Return how far receipts go in a shard: a log that ends before them has lost its tail."""
    highest = await connection.fetchval(
        "SELECT max(number) FROM channels.receipt WHERE shard = $1", shard
    )
    return {"receipts": highest} if highest is not None else {}


BLANK = "—"
"""Stands where a stored failure quoted an erased message."""


async def blank_exceptions(connection: Connection, position: Position) -> None:
    """Leave of every exception of a message its code, and nothing that may quote it."""
    rows = await connection.fetch(
        "SELECT destination, error FROM channels.exception"
        " WHERE shard = $1 AND number = $2 AND error IS NOT NULL FOR UPDATE",
        *position,
    )
    for row in rows:
        await connection.execute(
            "UPDATE channels.exception SET error = $4"
            " WHERE destination = $1 AND shard = $2 AND number = $3",
            row["destination"],
            *position,
            blanked(row["error"]),
        )


async def blank_answers(connection: Connection, position: Position) -> None:
    """Leave of what destinations answered to a message what it came to, and no words."""
    rows = await connection.fetch(
        "SELECT DISTINCT answer FROM channels.receipt"
        " WHERE shard = $1 AND number = $2 AND outcome <> 0 AND answer <> ''",
        *position,
    )
    for row in rows:
        await connection.execute(
            "UPDATE channels.receipt SET answer = $4"
            " WHERE shard = $1 AND number = $2 AND outcome <> 0 AND answer = $3",
            *position,
            row["answer"],
            _blank_answer(row["answer"]),
        )


def _blank_answer(answer: str) -> str:
    try:
        record = orjson.loads(answer)
    except orjson.JSONDecodeError:
        return BLANK
    return orjson.dumps(blanked(record)).decode() if isinstance(record, dict) else BLANK


def blanked(record: dict[str, Any]) -> dict[str, Any]:
    """Return a stored failure without the words in it."""
    facts = record.get("facts") or {}
    bare = {name: BLANK if isinstance(fact, str) else fact for name, fact in facts.items()}
    told = {"told": ""} if "told" in record else {}
    return {**record, **told, "facts": bare}


async def dismiss_open(
    connection: Connection, position: Position, *, actor: str, reason: str, now: datetime
) -> list[int]:
    """Dismiss what is not delivered of a message; return the destinations, negative: the gate."""
    rows = await connection.fetch(
        "UPDATE channels.exception SET state = 'dismissed', due_at = NULL, decided_by = $3,"
        " decided_at = $4, reason = $5 WHERE shard = $1 AND number = $2"
        " AND state IN ('waiting', 'parked', 'behind', 'resend') RETURNING destination",
        *position,
        actor,
        now,
        reason,
    )
    return [row["destination"] for row in rows]
