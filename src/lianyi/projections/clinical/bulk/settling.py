"""Until everything that was received up to an instant has been learned.

A message has the instant at which its appender began to write it. So an instant has settled once
nobody writes any more who may have begun before, and the repository has passed whatever stood in
the log then. From then on what stood at that instant never changes.
"""

from __future__ import annotations

import asyncio

import asyncpg

from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections import projection_store
from lianyi.projections.clinical.bulk import export_store
from lianyi.projections.clinical.follow import NAME

LOOK_SECONDS = 0.1


async def settled(pool: asyncpg.Pool, log: PostgresLog, *, after_seconds: float) -> dict[int, int]:
    """Return when everything that was received before the call has been learned.

    Args:
        pool: of the database.
        log: the log.
        after_seconds: how long somebody may take from the instant that he gives a message to his
            first byte in the database, the difference of clocks included.

    Returns:
        The last number of each shard.
    """
    await asyncio.sleep(after_seconds)
    async with pool.acquire() as connection:
        writing = await export_store.appending(connection)
        while writing:
            await asyncio.sleep(LOOK_SECONDS)
            writing &= await export_store.appending(connection)
    heads = {shard: await log.end(shard) for shard in await log.shards()}
    while not await has_learned(pool, heads):
        await asyncio.sleep(LOOK_SECONDS)
    return heads


async def has_learned(pool: asyncpg.Pool, heads: dict[int, int]) -> bool:
    """Tell whether the version in force has passed a number of each shard."""
    async with pool.acquire() as connection:
        found = await projection_store.progress(connection, NAME)
    if found is None:
        return False
    return all(found[1].get(shard, 0) >= number for shard, number in heads.items())
