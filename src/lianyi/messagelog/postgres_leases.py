"""Leases: who does what alone, agreed on through the database's own clock.

A lease chooses an owner; it does not fence him. What fences a stale owner is the primary key of
the log (a position is written once) and the epoch that every move of a reader is conditional on.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

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


async def release_of_dead(
    connection: Connection | asyncpg.Pool, host: str, *, is_alive: Callable[[int], bool]
) -> list[str]:
    """End the leases of processes of this machine that are no more, and return their holders.

    Where all processes are on one machine nobody needs to wait until these run out, after the
    machine lost its power, say. A number that another program has by now counts as alive.

    Args:
        connection: to the database.
        host: of this machine, as it stands in ``holder`` before the colon.
        is_alive: tells whether there is a process of a number.
    """
    rows = await connection.fetch(
        "SELECT DISTINCT owner, holder FROM messagelog.lease"
        " WHERE starts_with(holder, $1) AND expires_at >= now() ORDER BY holder",
        f"{host}:",
    )
    dead = [
        (row["owner"], row["holder"])
        for row in rows
        if (number := row["holder"].rpartition(":")[2]).isdecimal() and not is_alive(int(number))
    ]
    for owner, holder in dead:
        await connection.execute(
            "UPDATE messagelog.lease SET expires_at = '-infinity' WHERE owner = $1 AND holder = $2",
            owner,
            holder,
        )
    return [holder for _, holder in dead]


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


async def lock_acts(connection: Connection) -> None:
    """Be the only one who appends acts, until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('messagelog.acts'))")
