"""A real log, and a lake that follows it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from lianyi.base.clock import SteppedClock
from lianyi.base.database import connect, open_pool
from lianyi.messagelog.message import NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections.lake.follow import LakeFollower
from lianyi.projections.lake.lake import Lake
from lianyi.projections.lake.settings import LakeSettings

from .making import START


@dataclass
class House:
    """What a test needs."""

    dsn: str
    folder: Path
    pool: asyncpg.Pool
    log: PostgresLog
    clock: SteppedClock
    settings: LakeSettings = field(default_factory=LakeSettings)
    owners: int = 100

    @property
    def lake(self) -> Lake:
        return Lake(self.folder)

    async def append(self, shard: int, *messages: NewMessage) -> list[Position]:
        """Append to a shard, a second apart."""
        appender = await self.log.open_appender(shard, holder="test")
        positions: list[Position] = []
        for message in messages:
            self.clock.advance(timedelta(seconds=1))
            done: asyncio.Future[Position] = asyncio.get_running_loop().create_future()

            def told(position: object, failure: object, done: asyncio.Future = done) -> None:
                done.set_exception(failure) if failure else done.set_result(position)  # type: ignore[func-returns-value, arg-type]

            appender.append(message, told)  # type: ignore[arg-type]
            positions.append(await done)
        await appender.close()
        return positions

    @asynccontextmanager
    async def following(self) -> AsyncIterator[Callable[[], object]]:
        """Follow as a process that has just begun; gives what follows until nothing is left."""
        self.owners += 1
        follower = LakeFollower(
            self.pool,
            self.log,
            self.folder,
            settings=self.settings,
            clock=self.clock,
            owner=uuid.UUID(int=self.owners),
            holder="test:1",
        )
        async with follower.leading() as epoch:
            assert epoch is not None
            await follower.start(epoch)

            async def follow() -> LakeFollower:
                while await follower.step(epoch):
                    pass
                return follower

            yield follow

    async def follow(self) -> None:
        """Follow until nothing is left, as a process that has just begun."""
        async with self.following() as follow:
            await follow()  # type: ignore[misc]


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[House]:
    clock = SteppedClock(START)
    pool = await open_pool(database, size_max=6)
    log = PostgresLog(pool, lambda: connect(database), clock=clock, owner=uuid.UUID(int=1))
    await log.start()
    yield House(database, tmp_path / "lake", pool, log, clock)
    await log.stop()
    await pool.close()
