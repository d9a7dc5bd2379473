"""Trouble of a source is shown while it is one: real sockets and folders, a clock that is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lianyi.base.clock import SteppedClock
from lianyi.channels.compiled import compile_channel
from lianyi.channels.intake_role import RunningSource
from lianyi.channels.loading import load_channel
from lianyi.channels.running import InForce
from lianyi.channels.settings import ChannelsSettings
from lianyi.channels.store import ChannelInForce

CHANNEL = """
channel: lab
description: 检验结果
format: hl7v2
source: {source}
destinations:
  - {{ name: emr, connector: mllp, address: "127.0.0.1:7001" }}
"""
MLLP = "{ connector: mllp, port: 0 }"
FILES = "{ connector: files, folder: inbox, interval_seconds: 0.05, settle_seconds: 0 }"
SECONDS = ChannelsSettings().trouble_seconds
GOOD = b"\x0bMSH|^~\\&|LIS|H1|||20260302080000||ORU^R01|A1|P|2.5.1\r\x1c\r"


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


class Bench:
    """A source that runs, and how it stands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = SteppedClock(datetime(2026, 3, 2, tzinfo=UTC))
        self.running: RunningSource | None = None

    async def start(self, source: str) -> RunningSource:
        yaml = CHANNEL.format(source=source)
        compiled = compile_channel(load_channel(yaml, "lab.yaml", None), None)
        in_force = InForce(ChannelInForce(1, "lab", 1, 1, "running", yaml, newest=1), compiled)
        self.running = RunningSource(
            in_force, data_dir=self.folder, clock=self.clock, trouble_seconds=SECONDS
        )
        await self.running.start()
        assert self.running.running, self.running.problem
        return self.running

    def error(self) -> Any:
        assert self.running is not None
        return self.running.state()["error"]

    async def send(self, sent: bytes) -> asyncio.StreamWriter:
        """Send bytes as a peer does."""
        assert self.running is not None
        host, _, port = self.running.state()["address"].rpartition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(sent)
        await writer.drain()
        return writer


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    if bench.running is not None:
        await bench.running.stop(grace_seconds=0)


async def test_trouble_is_over_when_the_next_message_comes(bench: Bench) -> None:
    running = await bench.start(MLLP)
    bad = await bench.send(b"GET / HTTP/1.1\r\n\r\n")
    await until(bench.error)
    good = await bench.send(GOOD)
    await until(lambda: bench.error() is None)
    assert running.state()["troubles"] == 1
    bad.close()
    good.close()


async def test_trouble_that_is_not_repeated_is_over_after_a_while(bench: Bench) -> None:
    await bench.start(MLLP)
    for _ in range(2):
        (await bench.send(b"GET / HTTP/1.1\r\n\r\n")).close()
        await until(bench.error)
        bench.clock.advance(timedelta(seconds=SECONDS))
        assert bench.error()
        bench.clock.advance(timedelta(seconds=1))
        assert bench.error() is None


async def test_trouble_that_lasts_is_shown_until_it_is_over(bench: Bench) -> None:
    await bench.start(FILES)
    inbox, away = bench.folder / "inbox", bench.folder / "away"
    inbox.rename(away)
    await until(bench.error)
    bench.clock.advance(timedelta(seconds=100 * SECONDS))
    await asyncio.sleep(0.2)
    assert bench.error()
    away.rename(inbox)
    await until(lambda: bench.error() is None)


async def test_a_source_that_listens_again_has_no_trouble(bench: Bench) -> None:
    running = await bench.start(MLLP)
    (await bench.send(b"GET / HTTP/1.1\r\n\r\n")).close()
    await until(bench.error)
    await running.stop(grace_seconds=0)
    await running.start()
    assert bench.error() is None
