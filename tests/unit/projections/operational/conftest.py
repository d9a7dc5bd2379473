"""A log of two channels of one hospital, the fold that follows it, and its files."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from lianyi.base.clock import SteppedClock
from lianyi.base.database import connect, open_pool
from lianyi.messagelog.message import NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections import projection_store
from lianyi.projections.following import Follower
from lianyi.projections.operational import store
from lianyi.projections.operational.follow import Operational
from lianyi.projections.operational.settling import Settler
from lianyi.projections.operational.star import star
from lianyi.projections.projection_store import Version

from .saying import HIS, LIS, OTHER, RECEIVED, ZONE


@dataclass
class House:
    """What a test needs."""

    dsn: str
    pool: asyncpg.Pool
    log: PostgresLog
    clock: SteppedClock
    folder: Path

    async def append(self, shard: int, *messages: NewMessage) -> list[Position]:
        appender = await self.log.open_appender(shard, holder="test")
        positions: list[Position] = []
        for message in messages:
            self.clock.advance(timedelta(seconds=1))
            done: asyncio.Future[Position] = asyncio.get_running_loop().create_future()

            def told(position: Any, failure: Any, done: Any = done) -> None:
                done.set_exception(failure) if failure else done.set_result(position)

            appender.append(message, told)
            positions.append(await done)
        await appender.close()
        return positions

    async def learn(self, log: Any = None) -> None:
        """Follow until nothing is left."""
        follower = Follower(
            self.pool,
            log or self.log,
            Operational(ZONE),
            connect=lambda: connect(self.dsn),
            clock=self.clock,
            owner=uuid.UUID(int=5),
            holder="test:1",
        )
        while await follower.step():
            pass

    def settler(self) -> Settler:
        return Settler(
            self.pool,
            self.folder,
            connect=lambda: connect(self.dsn),
            clock=self.clock,
            zone=ZONE,
            every_seconds=300,
            owner=uuid.UUID(int=6),
            holder="test:1",
        )

    async def live(self) -> Version:
        live = await projection_store.find_live(self.pool, "operational")
        assert live
        return live

    async def digest(self) -> dict[str, bytes]:
        live = await self.live()
        async with self.pool.acquire() as connection, connection.transaction():
            return dict(await store.digest(connection, live.schema))

    async def rows(self, fact: str) -> list[dict[str, Any]]:
        """The rows of a fact by key, without what is not said."""
        live = await self.live()
        found = await self.pool.fetch(
            f'SELECT * FROM {live.schema}.star_{fact} ORDER BY "{star()[fact].key}"'
        )
        return [{name: value for name, value in row.items() if value is not None} for row in found]

    async def drop(self) -> None:
        """Forget everything that was learned."""
        async with self.pool.acquire() as connection, connection.transaction():
            await projection_store.drop_version(connection, await self.live())


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[House]:
    clock = SteppedClock(RECEIVED)
    pool = await open_pool(database, size_max=6)
    log = PostgresLog(pool, lambda: connect(database), clock=clock, owner=UUID(int=1))
    await log.start()
    for number, organisation in ((HIS, "H1"), (LIS, "H1"), (OTHER, "H2")):
        await pool.execute(
            "INSERT INTO messagelog.channel (channel, name, shard, organisation)"
            " VALUES ($1, $2, 1, $3)",
            number,
            f"channel-{number}",
            organisation,
        )
    yield House(database, pool, log, clock, tmp_path / "star")
    await log.stop()
    await pool.close()
