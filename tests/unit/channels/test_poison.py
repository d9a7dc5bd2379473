"""One message that a receiver dies of keeps nobody else out, however quiet it was when it came."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.clock import SystemClock
from lianyi.channels.compiled import CompiledChannel, compile_channel
from lianyi.channels.deliver import DestinationWorker
from lianyi.channels.delivering import Decision, ExceptionState, Progress, Standing
from lianyi.channels.feed import Received, ShardFeed
from lianyi.channels.functions import FunctionHost
from lianyi.channels.lanes import Item, Lane
from lianyi.channels.loading import load_channel
from lianyi.connectors.connector import Answer, AnswerCutShort
from lianyi.messagelog import LogMessage, NewMessage, Position
from lianyi.messagelog.memory import MemoryLog

CHANNEL = """
channel: admissions
description: 住院登记 → 病区
source: {{ connector: mllp, port: 1 }}
destinations:
  - name: ward
    connector: mllp
    address: "ward.invalid:1"
    lanes: {lanes}
    breaker: {{ failures_to_open: 2, first_wait_seconds: 0.05, longest_wait_seconds: 0.05 }}
"""
POISON = "M1"


class Receiver:
    """Hangs up on one message and takes the others."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def send(
        self, body: bytes, *, attributes: Mapping[str, str], timeout_seconds: float
    ) -> Answer:
        control_id = attributes["control_id"]
        self.seen.append(control_id)
        if control_id == POISON:
            raise AnswerCutShort(where="ward.invalid:1", why="end of stream")
        return Answer(f"MSH|^~\\&|||||||ACK|1|P|2.4\rMSA|AA|{control_id}\r".encode(), None)

    async def close(self) -> None:
        pass


class Store:
    """Keeps what a worker says, in memory."""

    def __init__(self) -> None:
        self.states: dict[int, ExceptionState] = {}

    async def load(self) -> Standing:
        return Standing()

    async def save(self, progress: Progress) -> None:
        self.states.update({one.number: one.state for one in progress.exceptions})

    async def decisions(self) -> Sequence[Decision]:
        return ()

    async def repaired_body(self, position: Position) -> bytes:
        raise NotImplementedError

    async def show(self, state: Mapping[str, Any]) -> None:
        pass


def channel(lanes: int) -> CompiledChannel:
    return compile_channel(load_channel(CHANNEL.format(lanes=lanes), "admissions.yaml", None), None)


@pytest.mark.parametrize("lanes", [1, 2, 8])
async def test_what_came_after_a_poison_message_passes_it(lanes: int) -> None:
    compiled, log, receiver, store = channel(lanes), MemoryLog(SystemClock()), Receiver(), Store()
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
        clock=SystemClock(),
    )
    appender = await log.open_appender(1, holder="test")

    def receive(number: int, patient: str) -> None:
        body = f"MSH|^~\\&|HIS||||20260301||ADT^A01|M{number}|P|2.5\rPID|1||{patient}\r".encode()
        keys = (f"c:M{number}", f"p:{patient}^")
        message = NewMessage(1, "hl7v2 ADT^A01", body, "utf-8", "HIS", keys)
        appender.append(message, lambda at, failure: None)

    running = asyncio.create_task(worker.run())
    try:
        receive(1, "A")
        async with asyncio.timeout(5):
            while receiver.seen.count(POISON) < 4:  # the breaker is open, nobody else is there
                await asyncio.sleep(0.01)
        receive(2, "A")
        for number in range(3, 20):
            receive(number, f"P{number}")
        async with asyncio.timeout(10):
            while len(set(receiver.seen)) < 18 or store.states.get(1) is not ExceptionState.PARKED:
                await asyncio.sleep(0.01)
    finally:
        worker.stop()
        await running
    assert "M2" not in receiver.seen, "it is of the same patient and stands behind"
    assert store.states == {1: ExceptionState.PARKED, 2: ExceptionState.BEHIND}


@given(keys=st.lists(st.sampled_from(["", "a", "b", "c"]), min_size=1, max_size=12))
def test_letting_others_go_first_keeps_each_key_in_order(keys: list[str]) -> None:
    lane = Lane()
    items = [
        Item(Received(LogMessage(1, n, None, 1, "raw", b"", "", "", (), 0, None, b"")), key)  # type: ignore[arg-type]
        for n, key in enumerate(keys)
    ]
    for item in items:
        lane.put(item)
    lane.let_others_go_first()

    assert sorted(item.number for item in lane.items) == list(range(len(keys)))
    for key in set(keys) - {""}:
        numbers = [item.number for item in lane.items if item.order_key == key]
        assert numbers == sorted(numbers)
    others = [item for item in items if item is not items[0] and item.order_key != keys[0]]
    if others:
        assert lane.items[0] is others[0] or keys[0] == ""
        assert lane.items[0] is not items[0]
