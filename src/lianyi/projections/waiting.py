"""Reading one's own writes: an act is appended, and the answer waits until it has been learned."""

from __future__ import annotations

import asyncio

import asyncpg

from lianyi.base.clock import Clock
from lianyi.messagelog.message import Position
from lianyi.projections import projection_store as store
from lianyi.projections.problems import NotLearnedYet
from lianyi.projections.projection_store import SetAsideRow
from lianyi.security.access import acting, platform

LOOK_SECONDS = 0.01
WAIT_SECONDS = 10.0


async def until_learned(
    pool: asyncpg.Pool,
    projection: str,
    position: Position,
    *,
    clock: Clock,
    timeout_seconds: float = WAIT_SECONDS,
) -> list[SetAsideRow]:
    """Wait until the version in force has passed a position; return what of it was set aside.

    Whoever has just written something learns what became of it, whatever else he sees.

    Raises:
        NotLearnedYet: it has not in time; it will.
    """
    with acting(platform("masterdata.read", "until_learned")):
        return await _wait(pool, projection, position, clock, timeout_seconds)


async def _wait(
    pool: asyncpg.Pool, projection: str, position: Position, clock: Clock, timeout_seconds: float
) -> list[SetAsideRow]:
    deadline = clock.elapsed_seconds() + timeout_seconds
    while True:
        async with pool.acquire() as connection:
            live = await store.find_live(connection, projection)
            if live is not None:
                standing = await store.positions(connection, live.reader)
                if standing.get(position.shard, 0) >= position.number:
                    return await store.set_aside_at(connection, live, position)
        if clock.elapsed_seconds() >= deadline:
            raise NotLearnedYet(where=projection, name=projection, position=str(position))
        await asyncio.sleep(LOOK_SECONDS)
