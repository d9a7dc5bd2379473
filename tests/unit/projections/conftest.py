"""A real log and the master data that follows it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from lianyi.base.clock import SteppedClock
from lianyi.base.database import connect, open_pool
from lianyi.messagelog.message import NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.following import Follower
from lianyi.projections.masterdata import acts, store
from lianyi.projections.masterdata.follow import MasterData
from lianyi.projections.masterdata.model import SetSources
from lianyi.projections.masterdata.service import MasterDataService
from lianyi.projections.masterdata.state import State
from lianyi.projections.projection_store import Version

START = datetime(2026, 3, 2, 8, 0, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class Bench:
    """What a test needs."""

    dsn: str
    pool: asyncpg.Pool
    log: PostgresLog
    clock: SteppedClock
    projection: MasterData
    service: MasterDataService
    handed: list[dict[str, str | None]] = field(default_factory=list)

    def follower(self, projection: Any = None, **more: Any) -> Follower:
        return Follower(
            self.pool,
            more.get("log", self.log),
            projection or self.projection,
            connect=lambda: connect(self.dsn),
            clock=self.clock,
            owner=uuid.uuid5(uuid.NAMESPACE_DNS, str(len(more))),
            holder="test:1",
        )

    async def append(self, shard: int, *messages: NewMessage) -> list[Position]:
        """Append to a shard, a second apart."""
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

    async def trust(self) -> None:
        """Let every system say everything, the management tree too."""
        rules = {"sources": [{"name": "all", "management": "take"}]}
        act = acts.write("sources_set", [SetSources(rules)], actor="x", reason="", about={})
        await self.log.append_act(act)

    async def learn(self, projection: Any = None) -> None:
        """Follow until nothing is left."""
        follower = self.follower(projection)
        while await follower.step():
            pass

    async def live(self) -> Version:
        found = await projection_store.find_live(self.pool, "masterdata")
        assert found
        return found

    async def state(self) -> State:
        live = await self.live()
        async with self.pool.acquire() as connection:
            return await store.load(connection, live.schema)

    async def digest(self) -> dict[str, bytes]:
        live = await self.live()
        async with self.pool.acquire() as connection:
            return dict(await store.digest(connection, live.schema))

    async def aside(self) -> list[tuple[str, str, int]]:
        """Code, position and part of everything that was set aside, oldest first."""
        rows = await projection_store.list_set_aside(self.pool, await self.live(), limit=200)
        return [(row.error["code"], str(row.position), row.part) for row in reversed(rows)]


@pytest.fixture
async def bench(database: str) -> AsyncIterator[Bench]:
    clock = SteppedClock(START)
    pool = await open_pool(database, size_max=6)
    log = PostgresLog(pool, lambda: connect(database), clock=clock, owner=uuid.UUID(int=1))
    await log.start()
    handed: list[dict[str, str | None]] = []

    async def hand_on(_: Connection, pairs: Sequence[tuple[str, str | None]]) -> None:
        handed.append(dict(pairs))

    projection = MasterData(ZONE, on_management_tree=hand_on)
    service = MasterDataService(pool, log, clock, ZONE)
    yield Bench(database, pool, log, clock, projection, service, handed)
    await log.stop()
    await pool.close()


def mfn(*entries: str, event: str = "M02", master: str = "STF", control: str = "1") -> NewMessage:
    """An invented master file notification; the entries are whole segments."""
    head = f"MSH|^~\\&|HR|H1|||20260302080000||MFN^{event}|{control}|P|2.5.1||||||UNICODE UTF-8"
    body = "\r".join([head, f"MFI|{master}||UPD|||NE", *entries]) + "\r"
    return NewMessage(1, f"hl7v2 MFN^{event}", body.encode(), "utf-8", "HR|H1", (f"c:{control}",))


def organisations(*rows: str, action: str = "MUP", control: str = "1") -> NewMessage:
    """A file of organisations; each row is what follows ``ZOG|``."""
    entries = [
        line
        for number, row in enumerate(rows, start=1)
        for line in (f"MFE|{action}|{number}||{row.split('|')[0]}|CE", f"ZOG|{row}")
    ]
    return mfn(*entries, event="Z01", master="ORG", control=control)


def adt(number: int) -> NewMessage:
    """A message that says nothing about master data."""
    return NewMessage(1, "hl7v2 ADT^A01", b"MSH|^~\\&|HIS|H1", "utf-8", "HIS|H1", (f"c:A{number}",))


def on(text: str) -> date:
    return date.fromisoformat(text)
