"""Reading one's own writes: an act is appended, and the answer waits until it has been learned."""

from __future__ import annotations

import asyncio

import asyncpg

from lianyi.base.clock import Clock
from lianyi.base.errors import from_record
from lianyi.messagelog.message import Position
from lianyi.projections import projection_store as store
from lianyi.projections.problems import NotLearnedYet

LOOK_SECONDS = 0.01
WAIT_SECONDS = 10.0


async def until_learned(
    pool: asyncpg.Pool,
    projection: str,
    position: Position,
    *,
    clock: Clock,
    timeout_seconds: float = WAIT_SECONDS,
) -> None:
    """Return when the version in force has passed a position.

    Raises:
        NotLearnedYet: it has not in time; it will.
        LianyiError: why the message at the position was set aside.
    """
    deadline = clock.elapsed_seconds() + timeout_seconds
    while True:
        async with pool.acquire() as connection:
            live = await store.find_live(connection, projection)
            if live is not None:
                standing = await store.positions(connection, live.reader)
                if standing.get(position.shard, 0) >= position.number:
                    refused = await store.set_aside_at(connection, live, position)
                    if refused:
                        raise from_record(refused[0].error)
                    return
        if clock.elapsed_seconds() >= deadline:
            raise NotLearnedYet(where=projection, name=projection, position=str(position))
        await asyncio.sleep(LOOK_SECONDS)
