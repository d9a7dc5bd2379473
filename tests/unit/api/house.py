"""A house with two channels, served in this process over a real database."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.resources
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import yaml
from fastapi import FastAPI

from lianyi.api.assembly import close_app, create_app
from lianyi.api.dependencies import ApiDependencies
from lianyi.api.first_token import console_token
from lianyi.api.settings import ApiSettings
from lianyi.base.clock import RandomIds, SteppedClock, SystemClock
from lianyi.base.database import connect, open_pool, telling
from lianyi.channels.keep_store import ensure_receipt_days
from lianyi.channels.store import put_definition
from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.message import NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog, move_within
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.care.follow import Care
from lianyi.projections.clinical.follow import Clinical
from lianyi.projections.following import Follower
from lianyi.projections.identity.follow import Identity
from lianyi.projections.masterdata.follow import MasterData
from lianyi.security import account_store
from lianyi.security.access import current
from lianyi.security.passwords import PasswordHashing
from lianyi.security.roles import read_roles

CHEAP = PasswordHashing.model_construct(memory_mib=1, passes=1, lanes=1)
"""Cheaper than a house may have it: what hashing is worth is tested in ``test_passwords``."""
"""A hundred sign-ins of a test cost what one costs in a hospital."""

START = datetime(2026, 3, 2, 8, 0, 30, tzinfo=UTC)

LAB = """
channel: lab
description: 检验结果：LIS → 电子病历、危急值
source: { connector: mllp, port: 0 }
gate: { rules: [ { path: PID-3.1, required: true, otherwise: hold } ] }
destinations:
  - name: emr
    connector: mllp
    address: 127.0.0.1:7001
    transform: [ { set: { MSH-6: "EMR" } } ]
  - { name: alerts, connector: http, address: "http://127.0.0.1:7002/in" }
examples:
  - name: a result reaches both
    event: ORU^R01
    fields: { PID-3.1: "1" }
    delivered_to: [emr, alerts]
"""

ADT = """
channel: adt
description: 入出转：HIS → 检查
source: { connector: mllp, port: 0 }
destinations:
  - { name: ris, connector: mllp, address: "127.0.0.1:7003" }
"""


def hl7(
    control: str, *, patient: str = "P1", event: str = "ORU^R01", name: str = "测试^甲"
) -> bytes:
    """An invented message."""
    return (
        f"MSH|^~\\&|LIS|H1|EMR|H1|20260302080000||{event}|{control}|P|2.5.1||||||UNICODE UTF-8\r"
        f"PID|1||{patient}^^^H1||{name}\rOBR|1|O-{control}||718-7\r"
    ).encode()


@dataclass
class House:
    """What a test needs of it."""

    pool: asyncpg.Pool  # the engine's
    served: asyncpg.Pool  # the doors'
    log: PostgresLog
    clock: SteppedClock
    app: FastAPI
    client: httpx.AsyncClient
    data_dir: Path
    content_dir: Path
    dsn: str
    channels: dict[str, tuple[int, int]] = field(default_factory=dict)
    destinations: dict[str, int] = field(default_factory=dict)

    async def add_channel(
        self, name: str, yaml: str, *, shards: int = 1, organisation: str = ""
    ) -> None:
        async with self.pool.acquire() as connection:
            await put_definition(
                connection,
                name=name,
                yaml=yaml,
                digest=hashlib.sha256(yaml.encode()).digest(),
                destinations=[
                    line.split("name: ")[1].split(",")[0].strip()
                    for line in yaml.split("examples")[0].splitlines()
                    if "- name: " in line or "- { name: " in line
                ],
                shards=shards,
                now=self.clock.now(),
                organisation=organisation,
            )
        row = await self.pool.fetchrow(
            "SELECT channel, shard FROM channels.channel WHERE name = $1", name
        )
        assert row
        self.channels[name] = row["channel"], row["shard"]
        for row in await self.pool.fetch("SELECT destination, name FROM channels.destination"):
            self.destinations[row["name"]] = row["destination"]

    async def append(
        self,
        channel: str,
        messages: Sequence[bytes],
        *,
        gate: int = 0,
        patient: str = "P1",
        sender: str = "LIS|H1",
    ) -> list[Position]:
        """Append messages a second apart, keyed by patient, order and control id."""
        number, shard = self.channels[channel]
        appender = await self.log.open_appender(shard, holder="test")
        positions: list[Position] = []
        for body in messages:
            self.clock.advance(timedelta(seconds=1))
            done: asyncio.Future[Position] = asyncio.get_running_loop().create_future()

            def told(position: Any, failure: Any, done: Any = done) -> None:
                done.set_exception(failure) if failure else done.set_result(position)

            control = body.split(b"|")[9].decode() if b"|" in body else "none"
            event = body.split(b"|")[8].decode() if b"|" in body else "R01"
            appender.append(
                NewMessage(
                    channel=number,
                    kind=f"hl7v2 {event}",
                    body=body,
                    codec="utf-8",
                    sender=sender,
                    keys=[f"p:{patient}^H1", f"o:O-{control}", f"c:{control}"],
                    gate=gate,
                ),
                told,
            )
            positions.append(await done)
        await appender.close()
        return positions

    async def stand(self, reader: str, shard: int, position: int, **counts: int) -> None:
        async with self.pool.acquire() as connection:
            await move_within(
                connection, reader, shard, position, now=self.clock.now(), counts=counts
            )

    async def receipt(
        self,
        destination: str,
        at: Position,
        outcome: int = 0,
        answer: str = "AA",
        replay: uuid.UUID | None = None,
    ) -> None:
        await self.pool.execute(
            "INSERT INTO channels.receipt (number, at, destination, millis, shard, outcome,"
            " version, answer, replay) VALUES ($1, $2, $3, 4, $4, $5, 1, $6, $7)",
            at.number, self.clock.now(), self.destinations[destination], at.shard, outcome, answer,
            replay,
        )  # fmt: skip

    async def except_(
        self, destination: int, at: Position, state: str, *, key: str = "P1^H1"
    ) -> None:
        channel = await self.pool.fetchval(
            "SELECT channel FROM messagelog.message WHERE shard = $1 AND number = $2",
            at.shard, at.number,
        )  # fmt: skip
        error = {"code": "LY-1102", "where": "lab/emr", "facts": {"why": "AE"}}
        await self.pool.execute(
            "INSERT INTO channels.exception (destination, shard, number, channel, order_key, state,"
            " attempts, since, error) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8)",
            destination, at.shard, at.number, channel, key, state, self.clock.now(), error,
        )  # fmt: skip

    async def acts(self) -> list[Any]:
        """Every act in the log but those that say who looked."""
        found = await self.log.read(0, after=0, limit=1000)
        return [one for one in found if not one.kind.startswith("act access.")]

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.client.get(f"/api/v1{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any = None, *, status: int = 200) -> Any:
        answer = await self.client.post(f"/api/v1{path}", json=body if body is not None else {})
        assert answer.status_code == status, answer.text
        return answer.json()


def show_operations_everything(content_dir: Path) -> None:
    """Write a classification by which nothing is hidden from the operations of the hospital."""
    (content_dir / "privacy").mkdir(parents=True, exist_ok=True)
    (content_dir / "privacy" / "classification.yaml").write_text(_hiding_nothing(), "utf-8")


@cache
def _hiding_nothing() -> str:
    shipped = importlib.resources.files("lianyi.security.privacy") / "classification.yaml"
    data = yaml.safe_load(shipped.read_text("utf-8"))
    data["purposes"]["HOPERAT"] = dict(data["purposes"]["ETREAT"])
    return yaml.safe_dump(data, allow_unicode=True)


@asynccontextmanager
async def serving(
    database: str,
    folder: Path,
    *,
    clock: SteppedClock | None = None,
    masked: bool = False,
    cover: Cover = PLAIN,
    **settings: Any,
) -> AsyncIterator[House]:
    """Serve a house through the walled pool, as a real process does.

    Args:
        database: address of a migrated one.
        folder: for its data, its content and the console.
        clock: None: one that stands still.
        masked: whether whoever looks for the operations of the hospital sees patients masked, as
            the product does when nobody says otherwise.
        cover: hides what lies in the tables.
        settings: of :class:`ApiDependencies`, what is not as usual.
    """
    clock = clock or SteppedClock(START)
    pool = await open_pool(database, size_max=4)
    log = PostgresLog(
        pool, lambda: connect(database), clock=clock, owner=uuid.UUID(int=1), cover=cover
    )
    await log.start()
    walled = await open_pool(
        database,
        size_max=4,
        role="lianyi_doors",
        on_acquire=telling("lianyi.actor", lambda: str(current().actor.account)),
    )
    served = PostgresLog(
        walled, lambda: connect(database), clock=clock, owner=uuid.UUID(int=2), cover=cover
    )
    async with pool.acquire() as connection:
        await ensure_receipt_days(connection, today=START)
    data_dir, content_dir = folder / "data", folder / "content"
    if not masked:
        show_operations_everything(content_dir)
    app = create_app(
        ApiDependencies(
            pool=walled,
            log=served,
            data_dir=data_dir,
            content_dir=content_dir,
            clock=clock,
            ids=RandomIds(),
            console_dir=folder / "console",
            **{
                "settings": ApiSettings(poll_seconds=0.05, live_clients_max=2),
                "hashing": CHEAP,
                **settings,
            },
        )
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://lianyi.test",
        headers={"Authorization": f"Bearer {console_token(data_dir)}"},
    ) as client:
        yield House(pool, walled, log, clock, app, client, data_dir, content_dir, database)
    await close_app(app)
    await log.stop()
    await served.stop()
    await walled.close()
    await pool.close()


def registered(mrn: str, source: str, *, name: str, born: str = "19800315") -> bytes:
    """An invented patient whom a system registers."""
    return (
        f"MSH|^~\\&|HIS|{source}|EMR|H1|20260302080000||ADT^A04|R-{mrn}|P|2.5.1"
        "||||||UNICODE UTF-8\r"
        f"EVN||20260302080000\rPID|1||{mrn}^^^{source}^MR||{name}||{born}|F\rPV1|1|O\r"
    ).encode()


@asynccontextmanager
async def learning(house: House) -> AsyncIterator[None]:
    """Learn for as long as the block runs; rights follow the tree of the master data."""
    roles = read_roles(Path("/nonexistent"))[0]

    async def follow_tree(connection: Connection, pairs: Sequence[tuple[str, str | None]]) -> None:
        if await account_store.set_units(connection, dict(pairs)):
            await account_store.refresh_sight(connection, roles, house.clock.now())

    zone = ZoneInfo("Asia/Shanghai")
    # Whoever follows waits by a clock that goes on; the house's stands still.
    log = PostgresLog(
        house.pool, lambda: connect(house.dsn), clock=SystemClock(), owner=uuid.UUID(int=2)
    )
    await log.start()
    followers = [
        Follower(
            house.pool,
            log,
            projection,
            connect=lambda: connect(house.dsn),
            clock=SystemClock(),
            owner=uuid.UUID(int=2),
            holder="test:1",
        )
        for projection in (
            MasterData(zone, on_management_tree=follow_tree),
            Care(zone),
            Identity(zone),
            Clinical(zone),
        )
    ]
    for one in followers:
        await one.ready()
    following = [asyncio.create_task(one.run()) for one in followers]
    try:
        yield
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        await log.stop()
