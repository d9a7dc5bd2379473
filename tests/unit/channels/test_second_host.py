"""A host that delivers does so by the version in force, whatever lies in its own content folder."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.channels import store
from lianyi.channels.deliver_role import DeliverRole
from lianyi.channels.keep_store import ensure_receipt_days
from lianyi.channels.registrar import Registrar
from lianyi.channels.running import Definitions, Share
from lianyi.channels.settings import ChannelsSettings
from lianyi.messagelog import NewMessage, Position, PostgresLog

CHANNEL = """
channel: wards
description: 入院：HIS → 病区
source: { connector: mllp, port: 0 }
destinations:
  - name: out
    connector: files
    folder: {out}
    transform:
      - { map: { path: PV1-3.1, to: PV1-3.1, table: wards } }
      - signed
"""
SIGNED = "steps: [ { set: { MSH-6: '{by}' } } ]\n"


def admission(control_id: str) -> bytes:
    return (
        f"MSH|^~\\&|HIS|H1|X||20260301080000||ADT^A01|{control_id}|P|2.5\r"
        f"PID|1||{control_id}^^^H1\rPV1|1|I|W1\r"
    ).encode()


def fill(folder: Path, out: Path, *, ward: str, by: str) -> Path:
    """Write a content folder."""
    for name in ("channels", "tables", "steps"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "channels" / "wards.yaml").write_text(CHANNEL.replace("{out}", str(out)))
    (folder / "tables" / "wards.csv").write_text(f"local,theirs\nW1,{ward}\n")
    (folder / "steps" / "signed.yaml").write_text(SIGNED.replace("{by}", by))
    return folder


class Hosts:
    """One host that has the content folder, and others that deliver."""

    def __init__(self, pool: asyncpg.Pool, log: PostgresLog, database: str, folder: Path) -> None:
        self.pool = pool
        self.log = log
        self.database = database
        self.out = folder / "out"
        self.out.mkdir()
        self.content = folder / "first host"

    async def put(self, *, ward: str, by: str) -> None:
        """Change what the first host has; it comes into force."""
        fill(self.content, self.out, ward=ward, by=by)
        await Registrar(self.pool, self.content, shards=1, clock=SystemClock()).look()

    async def receive(self, control_id: str) -> None:
        appender = await self.log.open_appender(1, holder="test")
        done: asyncio.Future[Position | None] = asyncio.get_running_loop().create_future()
        keys = (f"p:{control_id}^H1", f"c:{control_id}")
        message = NewMessage(1, "hl7v2 ADT^A01", admission(control_id), "utf-8", "HIS", keys)
        appender.append(message, lambda at, _: done.set_result(at))
        assert await done
        await appender.close()

    @contextlib.asynccontextmanager
    async def second(self, content: Path, data: Path) -> AsyncIterator[None]:
        """Run the role that delivers, on a host with a content folder of its own."""
        owner = RandomIds().new_id()
        role = DeliverRole(
            pool=self.pool,
            connect=lambda: connect(self.database),
            messages=self.log,
            share=Share(
                self.pool, role="deliver", owner=owner, holder="second:1", clock=SystemClock()
            ),
            definitions=Definitions(content),
            settings=ChannelsSettings(),
            data_dir=data,
            clock=SystemClock(),
        )
        running = asyncio.create_task(role.run())
        try:
            yield
        finally:
            role.stop()
            await running

    async def delivered(self, control_id: str) -> str:
        """Wait for what the receiver got."""
        file = self.out / f"{control_id}.hl7"
        async with asyncio.timeout(20):
            while not file.exists():
                await asyncio.sleep(0.05)
        return file.read_text()


@pytest.fixture
async def hosts(database: str, tmp_path: Path) -> AsyncIterator[Hosts]:
    pool = await open_pool(database, size_max=6)
    log = PostgresLog(pool, lambda: connect(database), clock=SystemClock(), owner=uuid.UUID(int=1))
    await log.start()
    async with pool.acquire() as connection:
        await ensure_receipt_days(connection, today=SystemClock().now())
    yield Hosts(pool, log, database, tmp_path)
    await log.stop()
    await pool.close()


@pytest.mark.parametrize("behind", [False, True], ids=["no folder", "an old folder"])
async def test_a_second_host_delivers_by_the_version_in_force(
    hosts: Hosts, tmp_path: Path, behind: bool
) -> None:
    own = tmp_path / "second host"
    if behind:
        fill(own, hosts.out, ward="OLD-WARD", by="OLD")
    await hosts.put(ward="NEW-WARD", by="NEW")

    async with hosts.second(own, tmp_path / "data"):
        await hosts.receive("A1")
        sent = await hosts.delivered("A1")

    assert "|NEW|" in sent
    assert "|NEW-WARD" in sent


async def test_a_second_host_follows_when_a_table_alone_changes(
    hosts: Hosts, tmp_path: Path
) -> None:
    await hosts.put(ward="FIRST", by="X")
    async with hosts.second(tmp_path / "nothing", tmp_path / "data"):
        await hosts.receive("A1")
        assert "|FIRST" in await hosts.delivered("A1")

        await hosts.put(ward="SECOND", by="X")
        async with asyncio.timeout(20):
            for n in range(1000):
                await hosts.receive(f"B{n}")
                if "|SECOND" in await hosts.delivered(f"B{n}"):
                    return


async def test_what_a_channel_out_of_force_still_has_to_deliver_goes_by_its_last_version(
    hosts: Hosts, tmp_path: Path
) -> None:
    await hosts.put(ward="LAST", by="X")
    await hosts.receive("A1")
    async with hosts.pool.acquire() as connection:
        await store.put_out_of_force(connection, ["wards"])

    async with hosts.second(tmp_path / "nothing", tmp_path / "data"):
        assert "|LAST" in await hosts.delivered("A1")


async def test_a_version_whose_files_were_never_kept_goes_by_the_folder(
    hosts: Hosts, tmp_path: Path
) -> None:
    await hosts.put(ward="MINE", by="X")
    await hosts.pool.execute("DELETE FROM channels.definition_file")

    async with hosts.second(hosts.content, tmp_path / "data"):
        await hosts.receive("A1")
        assert "|MINE" in await hosts.delivered("A1")
