"""What the files of the star are made of, and what is newer than they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Final

import asyncpg

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.operational.store import UNDATED

_TOGETHER: Final = 20_000
"""Rows that are held in memory as rows."""


async def organisations(connection: Connection) -> dict[int, str]:
    """Return whose messages each channel carries; of some it is not said."""
    rows = await connection.fetch(
        "SELECT channel, organisation FROM messagelog.channel WHERE organisation <> ''"
    )
    return {row["channel"]: row["organisation"] for row in rows}


async def channel_names(connection: Connection) -> dict[int, str]:
    """Return what each channel is called."""
    rows = await connection.fetch("SELECT channel, name FROM messagelog.channel")
    return {row["channel"]: row["name"] for row in rows}


async def changed_months(
    connection: Connection, schema: str, *, after: int
) -> list[tuple[str, int | None]]:
    """Return the files, by fact and month, that changed after a revision; None: the undated."""
    rows = await connection.fetch(
        f"SELECT fact, month FROM {schema}.month WHERE revision > $1 ORDER BY fact, month",  # noqa: S608
        after,
    )
    return [(row["fact"], _shown(row["month"])) for row in rows]


async def rows_of_month(
    connection: Connection, schema: str, fact: str, month: int | None
) -> AsyncIterator[Sequence[asyncpg.Record]]:
    """Give the rows of one file, some thousands together; in a transaction."""
    cursor = await connection.cursor(
        f"SELECT * FROM {schema}.star_{fact} WHERE _month = $1",  # noqa: S608
        UNDATED if month is None else month,
    )
    while rows := await cursor.fetch(_TOGETHER):
        yield rows


async def fresh(
    connection: Connection, schema: str, fact: str, *, after: int, limit: int
) -> Sequence[asyncpg.Record]:
    """Return some rows of a fact that were written after a revision; as a door may."""
    rows: Sequence[asyncpg.Record] = await connection.fetch(
        f"SELECT * FROM {schema}.fresh_{fact}($1) LIMIT $2",  # noqa: S608
        after,
        limit,
    )
    return rows


async def gone(connection: Connection, schema: str, *, after: int) -> dict[str, list[str]]:
    """Return the keys of rows that are no more since a revision, by fact; as a door may."""
    rows = await connection.fetch(
        f"SELECT fact, key FROM {schema}.gone_since($1)",  # noqa: S608
        after,
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["fact"], []).append(row["key"])
    return found


def _shown(month: int) -> int | None:
    return None if month == UNDATED else month
