"""A delivery that runs is not begun anew elsewhere: work moves when it is done, not before."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Sequence
from functools import partial
from pathlib import Path

import asyncpg
import orjson
import pytest
from tests.unit.channels import delivering_process

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.channels import deliver_role
from lianyi.channels.deliver_role import DeliverRole
from lianyi.channels.keep_store import ensure_receipt_days
from lianyi.channels.listing import delivery_marks, entry_of
from lianyi.channels.read_store import ReadStore
from lianyi.channels.registrar import Registrar
from lianyi.channels.running import Definitions, Share
from lianyi.channels.settings import ChannelsSettings
from lianyi.messagelog import NewMessage, Position, PostgresLog

CHANNEL = """
channel: wards
description: 入院：HIS → 病区{remark}
source: {{ connector: mllp, port: 0 }}
destinations:
"""
DESTINATION = """
  - {{ name: {name}, connector: mllp, address: "127.0.0.1:{port}", timeout_seconds: 20 }}
"""
BOTH = ("first", "second")
END = b"\x1c\r"


class Receiver:
    """Takes everything, and thinks about it for a while."""

    def __init__(self, seconds: float, code: str = "AA") -> None:
        self.seen: list[str] = []
        self.seconds = seconds
        self.code = code
        self.port = 0

    @contextlib.asynccontextmanager
    async def listens(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                control_id = (await reader.readuntil(END)).split(b"|")[9].decode()
                self.seen.append(control_id)
                await asyncio.sleep(self.seconds)
                answer = f"\x0bMSH|^~\\&|||||||ACK|1|P|2.5\rMSA|{self.code}|{control_id}\r".encode()
                writer.write(answer + END)
        writer.transport.abort()

    async def until_seen(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.seen) < count:
                await asyncio.sleep(0.02)


def _settle(done: asyncio.Future[Position | None], at: Position | None, _: object) -> None:
    done.set_result(at)


class House:
    """One database, one channel, and processes that deliver."""

    def __init__(self, pool: asyncpg.Pool, log: PostgresLog, database: str, folder: Path) -> None:
        self.pool = pool
        self.log = log
        self.database = database
        self.folder = folder
        (folder / "channels").mkdir()

    async def define(
        self, receiver: Receiver, remark: str = "", destinations: Sequence[str] = BOTH
    ) -> None:
        text = CHANNEL.format(remark=remark) + "".join(
            DESTINATION.format(name=name, port=receiver.port) for name in destinations
        )
        (self.folder / "channels" / "wards.yaml").write_text(text, encoding="utf-8")
        await Registrar(self.pool, self.folder, shards=1, clock=SystemClock()).look()

    async def receive(self, *control_ids: str) -> None:
        appender = await self.log.open_appender(1, holder="test")
        for control_id in control_ids:
            done: asyncio.Future[Position | None] = asyncio.get_running_loop().create_future()
            body = f"MSH|^~\\&|HIS||||20260301||ADT^A01|{control_id}|P|2.5\rPID|1||7\r".encode()
            keys = (f"c:{control_id}", "p:7^")
            message = NewMessage(1, "hl7v2 ADT^A01", body, "utf-8", "HIS", keys)
            appender.append(message, partial(_settle, done))
            assert await done
        await appender.close()

    @contextlib.asynccontextmanager
    async def process(self, name: str) -> AsyncIterator[None]:
        share = Share(
            self.pool,
            role="deliver",
            owner=RandomIds().new_id(),
            holder=f"{name}:1",
            clock=SystemClock(),
        )
        role = DeliverRole(
            pool=self.pool,
            connect=lambda: connect(self.database),
            messages=self.log,
            share=share,
            definitions=Definitions(self.folder),
            settings=ChannelsSettings(),
            data_dir=self.folder,
            clock=SystemClock(),
        )
        running = asyncio.create_task(role.run())
        try:
            yield
        finally:
            role.stop()
            await running

    async def receipts(self, count: int) -> list[tuple[int, str]]:
        """Wait for so many receipts; return outcome and code of each."""
        async with asyncio.timeout(20):
            while True:
                rows = await self.pool.fetch(
                    "SELECT outcome, answer FROM channels.receipt ORDER BY number, at"
                )
                if len(rows) >= count:
                    return [
                        (row["outcome"], orjson.loads(row["answer"])["code"])
                        if row["answer"].startswith("{")
                        else (row["outcome"], row["answer"])
                        for row in rows
                    ]
                await asyncio.sleep(0.05)

    async def replay(self, destination: int, *, rate_per_second: float) -> None:
        """Ask for everything to be replayed."""
        await self.pool.execute(
            "INSERT INTO channels.replay (replay, channel, destination, shard, number_from,"
            " number_to, filter, rate_per_second, state, position, matching, requested_by, reason,"
            " requested_at) VALUES ($1, 1, $2, 1, 1, 60, '{}', $3, 'running', 0, 60, 't', 't',"
            " now())",
            uuid.UUID(int=destination),
            destination,
            rate_per_second,
        )

    async def replays(self) -> list[tuple[str, int]]:
        """Wait until all have ended; return how, and how many messages each delivered."""
        async with asyncio.timeout(20):
            while True:
                rows = await self.pool.fetch("SELECT state, delivered FROM channels.replay")
                if all(row["state"] != "running" for row in rows):
                    return [(row["state"], row["delivered"]) for row in rows]
                await asyncio.sleep(0.05)

    async def until_leases(self, count: int) -> None:
        """Wait until so many destinations are delivered to."""
        async with asyncio.timeout(20):
            while (
                await self.pool.fetchval(
                    "SELECT count(*) FROM messagelog.lease"
                    " WHERE starts_with(name, 'deliver:') AND expires_at >= now()"
                )
                != count
            ):
                await asyncio.sleep(0.05)

    async def holders(self) -> set[str]:
        """Who delivers."""
        rows = await self.pool.fetch(
            "SELECT holder FROM messagelog.lease"
            " WHERE starts_with(name, 'deliver:') AND expires_at >= now()"
        )
        return {row["holder"] for row in rows}


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[House]:
    pool = await open_pool(database, size_max=8)
    log = PostgresLog(pool, lambda: connect(database), clock=SystemClock(), owner=uuid.UUID(int=1))
    await log.start()
    async with pool.acquire() as connection:
        await ensure_receipt_days(connection, today=SystemClock().now())
    yield House(pool, log, database, tmp_path)
    await log.stop()
    await pool.close()


async def test_a_process_that_joins_takes_over_no_delivery_that_still_runs(house: House) -> None:
    receiver = Receiver(seconds=4)
    async with receiver.listens():
        await house.define(receiver)
        async with house.process("old"):
            await house.receive("A1")
            await receiver.until_seen(2)
            async with house.process("new"):
                assert await house.receipts(2) == [(0, "AA"), (0, "AA")]
                async with asyncio.timeout(20):
                    while await house.holders() != {"old:1", "new:1"}:
                        await asyncio.sleep(0.05)
                receiver.seconds = 0
                await house.receive("A2")
                assert await house.receipts(4) == [(0, "AA")] * 4
    assert sorted(receiver.seen) == ["A1", "A1", "A2", "A2"], "one for each destination"


async def test_a_changed_definition_waits_for_the_answer_to_what_was_sent(house: House) -> None:
    receiver = Receiver(seconds=5)
    async with receiver.listens():
        await house.define(receiver)
        async with house.process("only"):
            await house.receive("A1")
            await receiver.until_seen(2)
            await house.define(receiver, remark="（一楼）")
            assert await house.receipts(2) == [(0, "AA"), (0, "AA")]
            receiver.seconds = 0
            await house.receive("A2")
            await house.receipts(4)
    assert sorted(receiver.seen) == ["A1", "A1", "A2", "A2"], "one for each destination"


async def test_an_attempt_that_cannot_be_waited_for_stands_in_the_trace(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver_role, "ATTEMPTS_END_SECONDS", 0.1)
    receiver = Receiver(seconds=3)
    async with receiver.listens():
        await house.define(receiver)
        async with house.process("only"):
            await house.receive("A1")
            await receiver.until_seen(2)
            await house.define(receiver, remark="（一楼）")
            await receiver.until_seen(4)
            told = await house.receipts(4)
    assert sorted(told) == [(0, "AA")] * 2 + [(2, "LY-1462")] * 2


async def test_what_was_queued_for_a_destination_that_is_taken_out_still_goes_there(
    house: House,
) -> None:
    receiver = Receiver(seconds=0)
    async with receiver.listens():
        await house.define(receiver)
        await house.receive("A1", "A2")
        await house.define(receiver, destinations=["first"])  # nobody had delivered yet
        await house.receive("B1")

        async with house.process("only"):
            await house.receipts(5)
            assert sorted(receiver.seen) == ["A1", "A1", "A2", "A2", "B1"]
            await house.until_leases(1)

            await house.define(receiver)
            await house.receive("C1")
            await house.receipts(7)
            await house.receive("C2")
            await house.receipts(9)
    assert sorted(receiver.seen) == ["A1", "A1", "A2", "A2", "B1", "C1", "C1", "C2", "C2"]


async def test_what_is_parked_for_a_destination_that_is_taken_out_is_still_seen_and_sent(
    house: House,
) -> None:
    receiver = Receiver(seconds=0, code="AE")
    async with receiver.listens():
        await house.define(receiver, destinations=["first", "second"])
        async with house.process("only"):
            await house.receive("A1")
            await house.receipts(2)
            await house.define(receiver, destinations=["first"])
            await asyncio.sleep(2.5)
            await house.receive("B1")
            found = {one.name: one for one in await ReadStore(house.pool).destinations()}
            assert not found["second"].retired

            receiver.code = "AA"
            await house.pool.execute(
                "UPDATE channels.exception SET state = 'resend', decided_at = now()"
                " WHERE state = 'parked'"
            )
            assert sorted(await house.receipts(5))[:3] == [(0, "AA")] * 3
            await house.until_leases(1)
        assert receiver.seen.count("B1") == 1, "it is for the first alone"
        found = {one.name: one for one in await ReadStore(house.pool).destinations()}
        assert found["second"].retired
        entry = await house.log.get(Position(1, 1))
        marks = await delivery_marks(
            ReadStore(house.pool), [entry_of(entry)], found.values(), wants=lambda *_: None
        )
        named = {mark.destination: mark.state for mark in marks[Position(1, 1)]}
        assert named == {"first": "delivered", "second": "delivered"}


async def test_a_process_that_was_frozen_sends_nothing_that_another_does_and_leaves_its_attempts(
    house: House,
) -> None:
    receiver = Receiver(seconds=3)
    command = [sys.executable, "-m", delivering_process.__name__, house.database]
    async with receiver.listens():
        await house.define(receiver, destinations=["first"])
        frozen = subprocess.Popen([*command, *[str(house.folder)] * 2], stdout=subprocess.DEVNULL)
        try:
            await house.receive("A1", "A2", "A3")
            await receiver.until_seen(1)
            os.kill(frozen.pid, signal.SIGSTOP)
            receiver.seconds = 0
            async with house.process("other"):
                await receiver.until_seen(2)  # the lease has run out: what was in flight goes again
                receiver.seconds = 30
                os.kill(frozen.pid, signal.SIGCONT)
                told = await house.receipts(2)
                receiver.seconds = 0
                told = await house.receipts(4)
        finally:
            frozen.kill()
            frozen.wait()
    assert sorted(told) == [(0, "AA")] * 3 + [(2, "LY-1463")], "each attempt is in the trace"
    assert sorted(receiver.seen) == ["A1", "A1", "A2", "A3"]


async def test_a_replay_goes_on_where_its_destination_moves_to(house: House) -> None:
    receiver = Receiver(seconds=0)
    async with receiver.listens():
        await house.define(receiver)
        sent = [f"A{number}" for number in range(60)]
        async with house.process("old"):
            await house.receive(*sent)
            await receiver.until_seen(2 * len(sent))
            await house.receipts(2 * len(sent))
            receiver.seen.clear()
            for destination in (1, 2):  # of two, one moves
                await house.replay(destination, rate_per_second=10)
            async with house.process("new"):
                async with asyncio.timeout(20):
                    while await house.holders() != {"old:1", "new:1"}:
                        await asyncio.sleep(0.05)
                await receiver.until_seen(2 * len(sent))
                assert await house.replays() == [("finished", len(sent))] * 2
    assert sorted(receiver.seen) == sorted(2 * sent)
