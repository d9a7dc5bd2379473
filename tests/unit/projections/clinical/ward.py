"""A house with two hospitals whose clinical repository can be asked over FHIR."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from tests.unit.api.house import ADT, House, serving
from tests.unit.security.people import People

from lianyi.base.clock import SystemClock
from lianyi.base.database import connect
from lianyi.formats.fhir import json_text
from lianyi.messagelog.message import NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections import projection_store
from lianyi.projections.clinical import table_store
from lianyi.projections.clinical.follow import Clinical
from lianyi.projections.following import Follower
from lianyi.projections.identity.follow import Identity

B_ADT = ADT.replace("channel: adt", "channel: adt-b").replace("name: ris", "name: ris-b")
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class Ward:
    """A house, and who works with clinical data."""

    house: House
    people: People

    async def ask(
        self, method: str, path: str, body: Any = None, who: str = "emr", **more: Any
    ) -> httpx.Response:
        """Ask a door below ``/fhir/``."""
        browser = await self.people.browser(who)
        if body is not None:
            more["content"] = body if isinstance(body, bytes) else json_text.write(body)
            more["headers"] = {"Content-Type": "application/fhir+json"} | more.get("headers", {})
        return await browser.request(method, f"/fhir/{path}", **more)

    async def put(self, resource: Mapping[str, Any], who: str = "emr", **more: Any) -> Any:
        """Write a resource; return the answer as JSON."""
        path = f"{resource['resourceType']}/{resource['id']}"
        answer = await self.ask("PUT", path, resource, who, **more)
        assert answer.status_code in (200, 201), answer.text
        return json_text.read(answer.content)

    async def get(self, path: str, who: str = "emr", **params: str) -> Any:
        """Read; return the answer as JSON."""
        answer = await self.ask("GET", path, None, who, **({"params": params} if params else {}))
        assert answer.status_code == 200, answer.text
        return json_text.read(answer.content)

    async def append(
        self, channel: str, *bodies: bytes, kind: str = "json", sender: str = "EMR"
    ) -> list[Position]:
        """Let messages come by a channel, and wait until they have been learned."""
        number, shard = self.house.channels[channel]
        appender = await self.house.log.open_appender(shard, holder="test")
        positions: list[Position] = []
        for body in bodies:
            done: asyncio.Future[Position] = asyncio.get_running_loop().create_future()

            def told(position: Any, failure: Any, done: Any = done) -> None:
                done.set_exception(failure) if failure else done.set_result(position)

            appender.append(NewMessage(number, kind, body, "utf-8", sender, ()), told)
            positions.append(await done)
        await appender.close()
        await self.learned(*positions)
        return positions

    async def learned(self, *positions: Position) -> None:
        """Wait until messages have been learned."""
        for _ in range(1000):
            live = await projection_store.find_live(self.house.pool, "clinical")
            assert live
            standing = await projection_store.positions(self.house.pool, live.reader)
            if all(standing.get(shard, 0) >= number for shard, number in positions):
                return
            await asyncio.sleep(0.01)
        raise AssertionError("not learned")

    async def digest(self) -> dict[str, bytes]:
        live = await projection_store.find_live(self.house.pool, "clinical")
        assert live
        async with self.house.pool.acquire() as connection, connection.transaction():
            return dict(await table_store.digest(connection, live.schema))

    async def count(self, table: str, where: str = "true") -> int:
        live = await projection_store.find_live(self.house.pool, "clinical")
        assert live
        found: int = await self.house.pool.fetchval(
            f"SELECT count(*) FROM {live.schema}.{table} WHERE {where}"
        )
        return found


@asynccontextmanager
async def following(house: House) -> AsyncIterator[None]:
    """Let the index and the repository learn for as long as the block runs."""
    log = PostgresLog(
        house.pool, lambda: connect(house.dsn), clock=SystemClock(), owner=uuid.UUID(int=7)
    )
    await log.start()
    followers = [
        Follower(
            house.pool, log, projection, connect=lambda: connect(house.dsn), clock=SystemClock(),
            owner=uuid.UUID(int=7), holder="test:1",
        )
        for projection in (Identity(ZONE), Clinical(ZONE))
    ]  # fmt: skip
    for one in followers:
        await one.ready()
    running = [asyncio.create_task(one.run()) for one in followers]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await log.stop()


@asynccontextmanager
async def warded(database: str, folder: Path, *, masked: bool = False) -> AsyncIterator[Ward]:
    """Give a house with two hospitals, each with a channel and a clinical system."""
    async with serving(database, folder, masked=masked) as house:
        people = People(house)
        await people.tree({"G": None, "H1": "G", "H2": "G"})
        await house.add_channel("adt", ADT, organisation="H1")
        await house.add_channel("adt-b", B_ADT, organisation="H2")
        await people.add("emr", ("clinical-system", "H1"), organisation="H1")
        await people.add("emr-b", ("clinical-system", "H2"), organisation="H2")
        await people.add("doctor", ("clinician", "H1"), organisation="H1")
        await people.add("steward", ("identity-steward", "H1"), organisation="H1")
        async with following(house):
            yield Ward(house, people)
