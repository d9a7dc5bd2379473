"""The gate's reader counts every message once and passes over none that is held."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.channels import gate_reader as module
from lianyi.channels.compiled import compile_channel
from lianyi.channels.feed import ShardFeed
from lianyi.channels.gate_reader import GateReader
from lianyi.channels.loading import load_channel
from lianyi.messagelog import Gate, LogUnavailable, NewMessage, PostgresLog

CHANNEL = """
channel: desk
description: 挂号处 → 病历
source: { connector: mllp, port: 1 }
destinations:
  - { name: record, connector: mllp, address: "127.0.0.1:1" }
examples:
  - { name: an admission arrives, event: ADT^A01, delivered_to: [record] }
"""

# One statement: what is saved together is seen together.
KEPT = """
SELECT counts, (SELECT count(*) FROM channels.exception) AS held FROM messagelog.reader
"""


async def test_a_store_that_fails_for_a_while_hides_nothing_that_is_held(
    database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    failing = _fail_for_a_while(monkeypatch, {"save_gate": 1, "load_reader": 3})
    clock, pool = SystemClock(), await open_pool(database, size_max=4)
    log = PostgresLog(pool, lambda: connect(database), clock=clock, owner=RandomIds().new_id())
    await log.start()
    appender = await log.open_appender(1, holder="test")
    for number in range(6):
        gate = Gate.HOLD if number % 2 else Gate.ACCEPT
        appender.append(NewMessage(1, "hl7v2 ?", b"%d" % number, gate=gate), lambda *_: None)
    await appender.close()
    reader = GateReader(
        compile_channel(load_channel(CHANNEL, "desk.yaml", None), None),
        channel_number=1,
        epoch=1,
        feed=ShardFeed(log, 1),
        messages=log,
        pool=pool,
        clock=clock,
    )
    reading = asyncio.create_task(reader.run())
    try:
        async with asyncio.timeout(20):
            while True:
                kept = await pool.fetchrow(KEPT)
                if kept and kept["counts"]:
                    break
                await asyncio.sleep(0.02)
    finally:
        reader.stop()
        await reading
        await log.stop()
        await pool.close()

    assert failing == {"save_gate": 0, "load_reader": 0}
    counts = kept["counts"]
    assert kept["held"] == 3
    assert (counts["received"], counts["held"], counts["accepted"]) == (6, 3, 3)


def _fail_for_a_while(monkeypatch: pytest.MonkeyPatch, times: dict[str, int]) -> dict[str, int]:
    """Let functions of the store fail so often, after the very first load."""
    left = dict(times)
    loads = {"before": 1}

    def failing(name: str) -> Any:
        original = getattr(module.gate_store, name)

        async def work(*arguments: Any, **settings: Any) -> Any:
            if name == "load_reader" and loads["before"]:
                loads["before"] -= 1
            elif left[name]:
                left[name] -= 1
                raise LogUnavailable(where="test", why="test")
            return await original(*arguments, **settings)

        return work

    for name in times:
        monkeypatch.setattr(module.gate_store, name, failing(name))
    return left
