"""What goes with a message on its way out, beside its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from lianyi.base.errors import Category
from lianyi.base.telemetry import NO_TRACING, Tracing
from lianyi.channels.attempt import attempt
from lianyi.channels.compiled import CompiledDestination, Outgoing, compile_channel
from lianyi.channels.loading import load_channel
from lianyi.connectors.connector import Answer
from lianyi.messagelog import LogMessage

CHANNEL = """
channel: bytes
description: 原始字节 → 接收方
format: raw
source: { connector: http, port: 1, path: /in }
destinations:
  - { name: one, connector: http, address: "http://127.0.0.1:1/" }
  - { name: two, connector: http, address: "http://127.0.0.1:2/" }
"""
AT = datetime(2026, 3, 2, tzinfo=UTC)


class Recorder:
    """A receiver that refuses from some part on and remembers what was said beside the bytes."""

    def __init__(self, *, takes: int = 99) -> None:
        self.heard: list[Mapping[str, str]] = []
        self._takes = takes

    async def send(
        self, body: bytes, *, attributes: Mapping[str, str], timeout_seconds: float
    ) -> Answer:
        self.heard.append(attributes)
        return Answer(b"", None if len(self.heard) <= self._takes else Category.INVALID)

    async def close(self) -> None:
        pass


class Traces(Tracing):
    """Tracing that is on."""

    @property
    def on(self) -> bool:
        return True


def message(number: int = 7, *, at: datetime = AT) -> LogMessage:
    return LogMessage(1, number, at, 1, "raw", b"x", "", "", (), 0, None, b"")


def destination(name: str) -> CompiledDestination:
    found = compile_channel(load_channel(CHANNEL, "bytes.yaml", None), None).destination(name)
    assert found is not None
    return found


async def names(
    to: str, of: LogMessage, *, parts: int = 1, sent: int = 0, takes: int = 99
) -> list[str]:
    """Return how the parts of a message are named on their way to a destination."""
    receiver = Recorder(takes=takes)
    outgoing = [Outgoing(b"x", "", "") for _ in range(parts)]
    await attempt(
        outgoing[sent:], receiver, destination(to), message=of, where=f"bytes/{to}", sent=sent
    )
    return [heard["idempotency"] for heard in receiver.heard]


async def test_a_delivery_has_one_name_at_every_attempt_and_no_other_has_it() -> None:
    first = await names("one", message(), parts=3, takes=1)
    again = await names("one", message(), parts=3, sent=1)
    assert len(first) == 2
    assert first[1] == again[0]
    others = [
        *await names("two", message()),
        *await names("one", message(8)),
        *await names("one", message(at=AT + timedelta(microseconds=1))),
    ]
    assert len({*first, *again, *others}) == 6


async def test_what_goes_out_carries_the_trace_of_its_message_when_tracing_is_on() -> None:
    for tracing, trace in ((NO_TRACING, None), (Traces(), Traces().traceparent(1, 7))):
        receiver = Recorder()
        await attempt(
            [Outgoing(b"x", "", "")],
            receiver,
            destination("one"),
            message=message(),
            where="bytes/one",
            tracing=tracing,
        )
        assert receiver.heard[0].get("traceparent") == trace
