"""A clock that is put right changes what people read of times, not what is delivered or found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.channels.test_poison import CHANNEL, Receiver, Store

from lianyi.base.clock import SteppedClock, SystemClock
from lianyi.channels.compiled import compile_channel
from lianyi.channels.deliver import DestinationWorker
from lianyi.channels.delivering import Exceptional, ExceptionState, Progress, Receipt, Standing
from lianyi.channels.feed import ShardFeed
from lianyi.channels.functions import FunctionHost
from lianyi.channels.keeping import never_before
from lianyi.channels.loading import load_channel
from lianyi.messagelog import LogMessage, NewMessage
from lianyi.messagelog.memory import MemoryLog

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOURS = st.integers(-100_000, 100_000).map(lambda minutes: timedelta(minutes=minutes))


class Keeps(Store):
    """A store that may hold one delivery that waits, and keeps receipts."""

    def __init__(self, waiting: Exceptional | None = None) -> None:
        super().__init__()
        self.receipts: list[Receipt] = []
        self.waiting = waiting

    async def load(self) -> Standing:
        if self.waiting is None:
            return Standing()
        return Standing(position=1, exceptions=[self.waiting])

    async def save(self, progress: Progress) -> None:
        self.receipts += progress.receipts


@asynccontextmanager
async def delivering(
    store: Keeps, log: MemoryLog, clock: SteppedClock | SystemClock
) -> AsyncIterator[Receiver]:
    soon = CHANNEL.format(lanes=1) + "    retry: { longest_wait_seconds: 0.2 }\n"
    compiled = compile_channel(load_channel(soon, "admissions.yaml", None), None)
    receiver = Receiver()
    worker = DestinationWorker(
        compiled,
        compiled.destinations[0],
        destination_id=1,
        channel_number=1,
        version=1,
        feed=ShardFeed(log, 1),
        store=store,
        build_sender=lambda _: receiver,
        functions=FunctionHost(),
        clock=clock,
    )
    running = asyncio.create_task(worker.run())
    try:
        yield receiver
    finally:
        worker.stop()
        await running


async def receive(log: MemoryLog) -> None:
    appender = await log.open_appender(1, holder="test")
    body = b"MSH|^~\\&|HIS||||20260301||ADT^A01|M7|P|2.5\rPID|1||7\r"
    message = NewMessage(1, "hl7v2 ADT^A01", body, "utf-8", "HIS", ("c:M7", "p:7^"))
    appender.append(message, lambda at, failure: None)


async def test_a_receipt_is_found_though_the_clock_was_put_back_before_it() -> None:
    log, store = MemoryLog(SteppedClock(NOW)), Keeps()
    await receive(log)
    async with delivering(store, log, SteppedClock(NOW - timedelta(days=3))):
        async with asyncio.timeout(5):
            while not store.receipts:
                await asyncio.sleep(0.01)
    (message,) = await log.read(1, after=0, limit=1)
    assert [one.at for one in store.receipts] == [message.received_at]


async def test_a_retry_waits_no_longer_than_it_may_though_the_clock_was_put_back() -> None:
    log, clock = MemoryLog(SystemClock()), SystemClock()
    await receive(log)
    due = clock.now() + timedelta(hours=5)
    waiting = Exceptional(1, "7", ExceptionState.WAITING, since=due, attempts=1, due_at=due)
    async with delivering(Keeps(waiting), log, clock) as receiver:
        async with asyncio.timeout(5):
            while receiver.seen != ["M7"]:
                await asyncio.sleep(0.01)


@given(by=HOURS)
def test_no_attempt_is_before_its_message_and_none_is_moved_without_need(by: timedelta) -> None:
    message = LogMessage(1, 1, NOW, 1, "raw", b"", "", "", (), 0, None, b"")  # type: ignore[arg-type]
    at = never_before(message, NOW + by)
    assert at >= NOW
    assert at == NOW + by or by < timedelta()
