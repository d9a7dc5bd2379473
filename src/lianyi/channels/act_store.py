"""What people's acts change. The only SQL of ``service``; every call runs in its transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from lianyi.channels.store import CHANGED
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection

DEFINITIONS = "definitions"
"""Wakes whoever must look what should run."""


class NewReplay(NamedTuple):
    """A replay that begins."""

    replay: UUID
    channel: int
    destination: int
    shard: int
    number_from: int
    number_to: int
    filter: dict[str, Any]
    rate_per_second: float
    matching: int
    requested_by: str
    reason: str
    requested_at: datetime


async def lock_exception(
    connection: Connection, destination: int, position: Position
) -> str | None:
    """Return the state of a delivery and keep it from changing until the end; None: no row."""
    state: str | None = await connection.fetchval(
        "SELECT state FROM channels.exception"
        " WHERE destination = $1 AND shard = $2 AND number = $3 FOR UPDATE",
        destination,
        position.shard,
        position.number,
    )
    return state


async def decide(
    connection: Connection,
    destination: int,
    position: Position,
    *,
    state: str,
    actor: str,
    at: datetime,
    reason: str,
    repaired: Position | None,
) -> None:
    """Write down what a person decided about a delivery.

    A repair that was made before stays unless there is a new one.
    """
    await connection.execute(
        "UPDATE channels.exception SET state = $4, decided_by = $5, decided_at = $6, reason = $7,"
        " repaired_shard = coalesce($8, repaired_shard),"
        " repaired_number = coalesce($9, repaired_number)"
        " WHERE destination = $1 AND shard = $2 AND number = $3",
        destination,
        position.shard,
        position.number,
        state,
        actor,
        at,
        reason,
        repaired.shard if repaired else None,
        repaired.number if repaired else None,
    )


async def want_channel(connection: Connection, channel: int, wanted: str) -> bool:
    """Set whether a channel should run; False when it is so already."""
    done = await connection.execute(
        "UPDATE channels.channel SET wanted = $2 WHERE channel = $1 AND wanted <> $2",
        channel,
        wanted,
    )
    return bool(done == "UPDATE 1")


async def want_destination(connection: Connection, destination: int, wanted: str) -> bool:
    """Set whether a destination should run; False when it is so already."""
    done = await connection.execute(
        "UPDATE channels.destination SET wanted = $2 WHERE destination = $1 AND wanted <> $2",
        destination,
        wanted,
    )
    return bool(done == "UPDATE 1")


async def insert_replay(connection: Connection, new: NewReplay) -> None:
    """Begin a replay."""
    await connection.execute(
        "INSERT INTO channels.replay (replay, channel, destination, shard, number_from, number_to,"
        " filter, rate_per_second, state, position, matching, requested_by, reason, requested_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'running', $13, $9, $10, $11, $12)",
        *new,
        new.number_from - 1,
    )


async def stop_replay(connection: Connection, replay: UUID) -> bool:
    """Ask a running replay to stop; False when it is not running."""
    done = await connection.execute(
        "UPDATE channels.replay SET state = 'stopping' WHERE replay = $1 AND state = 'running'",
        replay,
    )
    return bool(done == "UPDATE 1")


async def wake(connection: Connection, whom: str) -> None:
    """Tell the processes that deliver, once the transaction is committed.

    Args:
        connection: in the transaction of the change.
        whom: number of a destination, negative for a channel's gate; or :data:`DEFINITIONS`.
    """
    await connection.execute("SELECT pg_notify($1, $2)", CHANGED, whom)
