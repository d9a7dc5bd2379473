"""One reading of a shard serves readers at every position, without a hole and without a repeat."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulation.virtual import run_virtually

from lianyi.base.clock import SteppedClock
from lianyi.channels import feed as module
from lianyi.channels.feed import ShardFeed
from lianyi.messagelog import MemoryLog, NewMessage


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READ_MESSAGES", 3)
    monkeypatch.setattr(module, "KEPT_MESSAGES", 7)
    monkeypatch.setattr(module, "KEPT_BYTES", 60)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 30)),
        st.tuples(st.just("read"), st.integers(0, 2)),
    ),
    max_size=60,
)


@settings(max_examples=150)
@given(steps=STEPS)
def test_every_reader_sees_every_message_once_and_in_order(steps: list[tuple[str, int]]) -> None:
    async def work() -> None:
        log = MemoryLog(SteppedClock(datetime(2026, 3, 1, tzinfo=UTC)))
        feed = ShardFeed(log, 1)
        seen: list[list[int]] = [[], [], []]
        for what, value in steps:
            if what == "append":
                log.record(1, NewMessage(1, "json", b"x" * value))
            else:
                await read(feed, seen[value])
        for numbers in seen:
            while await read(feed, numbers):
                pass
            assert numbers == list(range(1, log.seen(1) + 1))

    run_virtually(work())


async def read(feed: ShardFeed, seen: list[int]) -> bool:
    after = seen[-1] if seen else 0
    found = await feed.after(after, wait_seconds=0.01)
    seen += [received.message.number for received in found]
    return bool(found)


def test_one_message_is_found_whatever_is_kept() -> None:
    async def work() -> None:
        log = MemoryLog(SteppedClock(datetime(2026, 3, 1, tzinfo=UTC)))
        for number in range(1, 31):
            log.record(1, NewMessage(1, "json", b"%d" % number))
        feed, after = ShardFeed(log, 1), 0
        while found := await feed.after(after, wait_seconds=0.01):
            after = found[-1].message.number
        for number in (1, 15, 29, 30):
            assert (await feed.read_one(number)).message.body == b"%d" % number

    run_virtually(work())
