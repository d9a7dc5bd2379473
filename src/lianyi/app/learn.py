"""The role that keeps the house: partitions ahead, search indexes, retention; later projections."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from importlib.metadata import version

from lianyi.app.process import Process, Role
from lianyi.channels import keep_store
from lianyi.messagelog.archive_reader import Archive
from lianyi.messagelog.housekeeping import Housekeeping
from lianyi.messagelog.postgres_leases import Connection


class LearnRole:
    """Does the rounds of the house."""

    def __init__(self, housekeeping: Housekeeping) -> None:
        self._housekeeping = housekeeping
        self._task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Work until :meth:`stop`."""
        self._task = asyncio.create_task(self._housekeeping.run())
        await asyncio.gather(self._task, return_exceptions=True)

    def stop(self) -> None:
        """End now; every step of a round can be taken up again."""
        if self._task:
            self._task.cancel()


async def build(process: Process, stack: AsyncExitStack) -> Role:
    """Build the role that learns from the log."""
    pool, _ = await process.open(stack)
    settings = process.settings.messagelog

    async def receipts(connection: Connection) -> None:
        await keep_store.keep_receipts(connection, today=process.clock.now())

    return LearnRole(
        Housekeeping(
            pool,
            process.connect,
            clock=process.clock,
            owner=process.owner,
            holder=process.holder,
            product=version("lianyi"),
            archive=Archive(process.archive_dir),
            retention=timedelta(days=settings.retention_days) if settings.retention_days else None,
            acts_online=timedelta(days=process.settings.audit.online_days),
            holds=(keep_store.lowest_needed,),
            retired=keep_store.retired_readers,
            extras=(receipts,),
        )
    )
