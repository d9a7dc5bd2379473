"""The role that keeps the house: partitions ahead, search indexes, later the projections."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import asyncpg

from lianyi.app.process import Process, Role
from lianyi.channels import store


class LearnRole:
    """Keeps the house: partitions ahead, search indexes, later the projections."""

    def __init__(self, process: Process, pool: asyncpg.Pool) -> None:
        self._process = process
        self._pool = pool
        self._share = process.share(pool)
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Work until :meth:`stop`."""
        while not self._stopping.is_set():
            await self._share.renew(["housekeeping"])
            if self._share.epochs:
                async with self._pool.acquire() as connection:
                    await store.ensure_receipt_days(connection, today=self._process.clock.now())
            try:
                async with asyncio.timeout(5):
                    await self._stopping.wait()
            except TimeoutError:
                continue
        await self._share.give_all_back()

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()


async def build(process: Process, stack: AsyncExitStack) -> Role:
    """Build the role that learns from the log."""
    pool, _ = await process.open(stack)
    return LearnRole(process, pool)
