"""The trail of accesses: each use of an operation is an act, written before the answer leaves.

Accesses that end at the same time are written with one commit: while one is on its way to the
disk, the next ones gather. When they cannot be written, nothing is shown: an access without its
record does not happen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg
import structlog

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.messagelog.message import NewMessage
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_errors import STORE_ERRORS

BATCH_MAX = 500

log = structlog.get_logger(__name__)


class NoTrail(LianyiError):
    """The access cannot be written down, so it is not given."""

    code = "LY-1870"
    category = Category.UNAVAILABLE
    en = Told(
        "the audit trail cannot be written",
        "the database did not take the record of this access",
        "try again; nothing is shown that is not written down",
    )
    zh = Told(
        "无法写入审计记录", "数据库未能保存本次访问的记录", "请稍后重试；未留痕的访问不予提供"
    )


class Trail:
    """Writes accesses down, many with one commit."""

    def __init__(self, pool: asyncpg.Pool, messages: PostgresLog) -> None:
        self._pool = pool
        self._log = messages
        self._waiting: list[tuple[NewMessage, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, act: NewMessage) -> None:
        """Return when an act is durable.

        Raises:
            NoTrail: it is not.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((act, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="audit trail")
        await done

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH_MAX], self._waiting[BATCH_MAX:]
            try:
                await self._append([act for act, _ in batch])
            except (*STORE_ERRORS, LianyiError) as error:
                log.warning("trail.not_written", kind=type(error).__name__, accesses=len(batch))
                for _, done in batch:
                    if not done.done():
                        done.set_exception(NoTrail(where="audit"))
            else:
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)

    async def _append(self, acts: Sequence[NewMessage]) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            # Who looked at what is read when somebody asks: no projection has to wake up for it.
            await self._log.append_acts_within(connection, acts, told=False)

    async def close(self) -> None:
        """Write what waits."""
        if self._writing:
            await asyncio.gather(self._writing, return_exceptions=True)
