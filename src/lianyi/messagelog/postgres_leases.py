"""Leases: who does what alone, agreed on through the database's own clock.

A lease chooses an owner; it does not fence him. What fences a stale owner is the primary key of
the log (a position is written once) and the epoch that every move of a reader is conditional on.
"""

from __future__ import annotations

import uuid

import asyncpg

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
"""One connection, of a pool or not."""

LEASE_SECONDS = 10.0
RENEW_SECONDS = 3.0


async def take(
    connection: Connection | asyncpg.Pool,
    name: str,
    *,
    owner: uuid.UUID,
    holder: str,
    seconds: float = LEASE_SECONDS,
) -> int | None:
    """Take a lease or renew it.

    Returns:
        Its epoch, which grows with each change of owner; None while another owner holds it.
    """
    epoch: int | None = await connection.fetchval(
        """
        INSERT INTO messagelog.lease AS held (name, owner, holder, epoch, expires_at)
        VALUES ($1, $2, $3, 1, now() + make_interval(secs => $4))
        ON CONFLICT (name) DO UPDATE SET
            owner = excluded.owner, holder = excluded.holder, expires_at = excluded.expires_at,
            epoch = held.epoch + CASE WHEN held.owner = excluded.owner THEN 0 ELSE 1 END
        WHERE held.owner = excluded.owner OR held.expires_at < now()
        RETURNING epoch
        """,
        name,
        owner,
        holder,
        seconds,
    )
    return epoch


async def give_back(connection: Connection | asyncpg.Pool, name: str, *, owner: uuid.UUID) -> None:
    """End a lease now, so that the next owner need not wait for it to run out."""
    await connection.execute(
        "UPDATE messagelog.lease SET expires_at = '-infinity' WHERE name = $1 AND owner = $2",
        name,
        owner,
    )


async def held_by_others(
    connection: Connection | asyncpg.Pool, prefix: str, *, owner: uuid.UUID
) -> set[str]:
    """Return the names with a prefix that other owners hold now."""
    rows = await connection.fetch(
        "SELECT name FROM messagelog.lease"
        " WHERE starts_with(name, $1) AND owner <> $2 AND expires_at >= now()",
        prefix,
        owner,
    )
    return {row["name"] for row in rows}
