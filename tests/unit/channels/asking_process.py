"""The intake of a house, alone in this process or in one that can be killed.

python asking_process.py DATABASE CONTENT_FOLDER DATA_FOLDER
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.channels.disk import DiskGuard
from lianyi.channels.intake_role import IntakeRole
from lianyi.channels.registrar import Registrar
from lianyi.channels.running import Definitions, Share
from lianyi.channels.settings import ChannelsSettings
from lianyi.messagelog import PostgresLog


def intake_of(
    database: str, pool: asyncpg.Pool, messages: PostgresLog, content: Path, data: Path
) -> IntakeRole:
    """Return the role, as ``lianyi serve`` builds it."""
    clock, owner = SystemClock(), RandomIds().new_id()
    return IntakeRole(
        pool=pool,
        connect=lambda: connect(database),
        messages=messages,
        share=Share(pool, role="intake", owner=owner, holder="test:1", clock=SystemClock()),
        registrar=Registrar(pool, content, shards=1, clock=clock),
        definitions=Definitions(content),
        settings=ChannelsSettings(),
        data_dir=data,
        guard=DiskGuard(None, full_percent=99, clock=clock),
        clock=clock,
        holder="test:1",
    )


@asynccontextmanager
async def log_of(database: str) -> AsyncIterator[tuple[asyncpg.Pool, PostgresLog]]:
    """Have a pool and the log of a house."""
    pool = await open_pool(database, size_max=4)
    messages = PostgresLog(
        pool, lambda: connect(database), clock=SystemClock(), owner=RandomIds().new_id()
    )
    await messages.start()
    try:
        yield pool, messages
    finally:
        await messages.stop()
        await pool.close()


@asynccontextmanager
async def taking(database: str, content: Path, data: Path) -> AsyncIterator[IntakeRole]:
    """Take messages in, in this process."""
    async with log_of(database) as (pool, messages):
        role = intake_of(database, pool, messages, content, data)
        running = asyncio.create_task(role.run())
        try:
            yield role
        finally:
            role.stop()
            await running


async def _main(database: str, content: str, data: str) -> None:
    async with taking(database, Path(content), Path(data)):
        await asyncio.sleep(3600)


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
