"""What the doctor reads of the database, and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import asyncpg


class SourceRecord(NamedTuple):
    """A channel and what its intake process says of the source."""

    name: str
    version: int
    wanted: str
    problem: dict[str, Any] | None
    source_state: dict[str, Any]


async def list_sources(connection: asyncpg.Connection) -> list[SourceRecord]:
    """Return every channel by name."""
    rows = await connection.fetch(
        "SELECT name, version, wanted, problem, source_state FROM channels.channel ORDER BY name"
    )
    return [SourceRecord(*row) for row in rows]


async def list_leases(connection: asyncpg.Connection) -> list[str]:
    """Return the names of all leases that somebody holds now."""
    rows = await connection.fetch(
        "SELECT name FROM messagelog.lease WHERE expires_at >= now() ORDER BY name"
    )
    return [row["name"] for row in rows]


async def database_time(connection: asyncpg.Connection) -> datetime:
    """Return the clock of the database server."""
    now: datetime = await connection.fetchval("SELECT clock_timestamp()")
    return now


async def count_open(connection: asyncpg.Connection) -> tuple[int, int]:
    """Return how many deliveries are parked, and how many messages the gate holds."""
    row = await connection.fetchrow(
        "SELECT count(*) FILTER (WHERE destination > 0), count(*) FILTER (WHERE destination < 0)"
        " FROM channels.exception WHERE state = 'parked'"
    )
    return (row[0], row[1]) if row else (0, 0)


async def count_closed_since(connection: asyncpg.Connection, *, before: datetime) -> int:
    """Return how many full segments have no search index although they were full before then."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM messagelog.segment WHERE state = 'closed' AND last_at < $1", before
    )
    return count


async def missing_receipt_days(
    connection: asyncpg.Connection, *, today: datetime, days: int
) -> Sequence[str]:
    """Return the days, from today on, for which receipts have no partition yet."""
    wanted = [f"{today + timedelta(days=ahead):%Y%m%d}" for ahead in range(days)]
    rows = await connection.fetch(
        "SELECT day FROM unnest($1::text[]) AS day"
        " WHERE to_regclass('channels.receipt_' || day) IS NULL",
        wanted,
    )
    return [row["day"] for row in rows]
