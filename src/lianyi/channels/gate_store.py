"""What the gate's reader of a channel keeps: counts, held messages, and letting them go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from lianyi.channels.delivery_store import PUT_EXCEPTION, put_tally, repaired_of
from lianyi.channels.store import CHANGED, guarded
from lianyi.messagelog import Position
from lianyi.messagelog.postgres import move_within


async def save_gate(
    pool: asyncpg.Pool,
    *,
    reader: str,
    channel: int,
    shard: int,
    position: int,
    epoch: int,
    counts: Mapping[str, int],
    held: Sequence[tuple[int, Mapping[str, Any]]],
    now: datetime,
    tally: bool,
) -> None:
    """Keep what the gate's reader has counted and held, together.

    Args:
        pool: of the database.
        reader: its name.
        channel: the number of the channel.
        shard: the shard of the channel.
        position: the last number it is done with.
        epoch: of its lease.
        counts: received, accepted, warned, held, by name.
        held: number and error record of each message that waits for a person.
        now: the moment.
        tally: whether the counts are also kept as those of this minute.

    Raises:
        LostLease: another process reads this gate now.
        LogUnavailable: nothing was kept.
    """

    async def work() -> None:
        async with pool.acquire() as connection, connection.transaction():
            await move_within(
                connection, reader, shard, position, now=now, epoch=epoch, counts=counts
            )
            if held:
                await connection.executemany(
                    PUT_EXCEPTION,
                    [
                        (
                            -channel,
                            shard,
                            number,
                            channel,
                            "",
                            "parked",
                            0,
                            None,
                            now,
                            dict(error),
                            None,
                        )
                        for number, error in held
                    ],
                )
            if tally:
                await put_tally(connection, reader, counts, now=now)

    await guarded(work, where=reader)


async def load_reader(pool: asyncpg.Pool, reader: str, shard: int) -> tuple[int, dict[str, int]]:
    """Return the position and the counts of a reader; 0 and nothing before its first move."""
    row = await guarded(
        lambda: pool.fetchrow(
            "SELECT position, counts FROM messagelog.reader WHERE reader = $1 AND shard = $2",
            reader,
            shard,
        ),
        where=reader,
    )
    return (row["position"], dict(row["counts"])) if row else (0, {})


class Released(NamedTuple):
    """A held message that a person let go."""

    number: int
    repaired: Position | None


async def list_released(pool: asyncpg.Pool, *, channel: int, shard: int) -> list[Released]:
    """Return the held messages of a channel that people released and nobody has given on yet."""
    rows = await guarded(
        lambda: pool.fetch(
            "SELECT number, repaired_shard, repaired_number FROM channels.exception"
            " WHERE destination = $1 AND shard = $2 AND state = 'resend' ORDER BY number",
            -channel,
            shard,
        ),
        where=f"channel {channel}",
    )
    return [Released(row["number"], repaired_of(row)) for row in rows]


async def give_on_released(
    pool: asyncpg.Pool,
    *,
    channel: int,
    shard: int,
    number: int,
    destinations: Sequence[str],
    now: datetime,
) -> None:
    """Let a released message go to the destinations that want it, once."""

    async def work() -> None:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(
                """
                INSERT INTO channels.exception (destination, shard, number, channel, order_key,
                    state, since, decided_by, decided_at, reason, repaired_shard, repaired_number)
                SELECT d.destination, e.shard, e.number, e.channel, '', 'resend', $5,
                    e.decided_by, $5, e.reason, e.repaired_shard, e.repaired_number
                FROM channels.exception AS e
                    JOIN channels.destination AS d ON d.channel = e.channel
                WHERE e.destination = $1 AND e.shard = $2 AND e.number = $3
                    AND e.state = 'resend' AND d.name = ANY($4::text[])
                ON CONFLICT DO NOTHING
                """,
                -channel,
                shard,
                number,
                list(destinations),
                now,
            )
            await connection.execute(
                "UPDATE channels.exception SET state = 'delivered'"
                " WHERE destination = $1 AND shard = $2 AND number = $3 AND state = 'resend'",
                -channel,
                shard,
                number,
            )
            await connection.execute("SELECT pg_notify($1, '*')", CHANGED)

    await guarded(work, where=f"channel {channel}")
