"""The time that steps take is told apart from the time that a receiver takes."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from tests.unit.channels.channel_files import RESULT, compiled, destination

from lianyi.base.clock import SteppedClock
from lianyi.base.telemetry import NO_TRACING, Tracing
from lianyi.channels.deliver import DestinationWorker
from lianyi.channels.feed import Received
from lianyi.channels.functions import FunctionHost
from lianyi.channels.lanes import Item
from lianyi.connectors.connector import Answer
from lianyi.messagelog import LogMessage

AT = datetime(2026, 3, 2, tzinfo=UTC)
ACK = b"MSH|^~\\&|||||||ACK|1|P|2.4\rMSA|AA|R0001\r"


class Spans(Tracing):
    """Keeps the spans."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, str | None]] = []

    @property
    def on(self) -> bool:
        return True

    def followed(self, name: str, shard: int, seq: int, **facts: Any) -> None:
        assert (shard, seq) == (1, 7)
        assert facts["attributes"] == {"destination": "sample/emr"}
        self.kept.append((name, facts["error_code"]))


class Receiver:
    """Takes everything."""

    async def send(self, body: bytes, **_: object) -> Answer:
        return Answer(ACK, None)

    async def close(self) -> None:
        pass


async def attempt(steps: str, tracing: Tracing) -> str:
    channel = compiled(destination(steps))
    worker = DestinationWorker(
        channel,
        channel.destinations[0],
        destination_id=1,
        channel_number=1,
        version=1,
        feed=SimpleNamespace(),  # type: ignore[arg-type]
        store=SimpleNamespace(),  # type: ignore[arg-type]
        build_sender=lambda _: Receiver(),
        functions=FunctionHost(),
        clock=SteppedClock(AT),
        tracing=tracing,
    )
    body = RESULT.encode("gb18030")
    message = LogMessage(1, 7, AT, 1, "hl7v2 ORU^R01", body, "gb18030", "LIS", (), 0, None, b"")
    made = await worker._attempt(Item(Received(message), ""), Receiver())
    return made.outcome.name


@pytest.mark.parametrize(
    ("steps", "outcome", "error"),
    [
        ("[{ set: { PID-8: X } }]", "DELIVERED", None),
        ("[{ convert: { charset: ASCII } }]", "CANNOT_TRANSFORM", "LY-1208"),
    ],
)
async def test_the_steps_of_a_delivery_have_a_span(
    steps: str, outcome: str, error: str | None
) -> None:
    spans = Spans()
    assert await attempt(steps, spans) == outcome
    assert spans.kept == [("transform", error)]


async def test_without_tracing_the_steps_are_not_timed() -> None:
    assert await attempt("[{ set: { PID-8: X } }]", NO_TRACING) == "DELIVERED"
