"""The rules of ``connectors/connector.py``, for every connector, on real sockets and folders.

A connector takes part through a harness: :class:`SourceBench` says how a peer gives a source a
message and what it sees of the reply, :class:`SenderBench` how a peer of a sender behaves.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
import uvloop

from lianyi.base.errors import Category, LianyiError
from lianyi.connectors.connector import (
    AddressInUse,
    Answer,
    Arrival,
    MessageTooLarge,
    NoAnswer,
    Reply,
    Sender,
    Source,
    Unreachable,
)
from lianyi.connectors.platform import PLATFORM
from lianyi.connectors.registry import CONNECTORS, UnknownConnector, build_sender, build_source

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
LIMIT_BYTES = 100_000
OUTSTANDING_MAX = 4
BODIES = [
    b"MSH|^~\\&|HIS|A|LIS|B|20260101||ADT^A01|1|P|2.5\rPID|1||7^^^HIS^MR\r",
    "张三^丰".encode("gb18030") + b"\r\n\r",
    bytes(set(range(256)) - {0x0B, 0x1C}),
    b"\r\n",
    b"x" * LIMIT_BYTES,
]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that must happen; a test that waits in vain fails here."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


class Desk:
    """Stands where the engine stands: remembers arrivals, replies when told to."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.replies: list[Reply] = []
        self.troubles: list[LianyiError] = []
        self.at_once = False

    def receive(self, arrival: Arrival, reply: Reply) -> None:
        self.arrivals.append(arrival)
        self.replies.append(reply)
        if self.at_once:
            reply(Answer(b"ok " + arrival.body[:20]))

    @property
    def bodies(self) -> list[bytes]:
        return [arrival.body for arrival in self.arrivals]


# Sources


class SourcePeer(Protocol):
    async def give(self, body: bytes) -> None: ...
    async def outcome(self) -> bytes | None:
        """Return the next reply: what the peer sees of it, or None when it was refused."""
        ...

    def leave(self) -> None: ...


class SourceBench(Protocol):
    settings: dict[str, Any]

    async def peer(self, source: Source) -> SourcePeer: ...


class StreamPeer:
    """A peer with a socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, source: Source) -> StreamPeer:
        host, _, port = source.address.partition("/")[0].rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    def leave(self) -> None:
        self.writer.transport.abort()


class MllpPeer(StreamPeer):
    async def give(self, body: bytes) -> None:
        self.writer.write(b"\x0b" + body + b"\x1c\r")
        await self.writer.drain()

    async def outcome(self) -> bytes | None:
        frame = await self.reader.readuntil(b"\x1c\r")
        return frame[1:-2]


class HttpPeer(StreamPeer):
    async def give(self, body: bytes) -> None:
        head = b"POST /in HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body)
        self.writer.write(head + body)
        await self.writer.drain()

    async def outcome(self) -> bytes | None:
        head = await self.reader.readuntil(b"\r\n\r\n")
        size = int(head.partition(b"Content-Length: ")[2].split(b"\r")[0])
        body = await self.reader.readexactly(size)
        return body if head.startswith(b"HTTP/1.1 200 ") else None


class FilesPeer:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.given = self.seen = 0

    async def give(self, body: bytes) -> None:
        self.given += 1
        name = f"{self.given:04}.hl7"
        (self.folder / f".{name}").write_bytes(body)
        (self.folder / f".{name}").rename(self.folder / name)

    async def outcome(self) -> bytes | None:
        self.seen += 1
        name = f"{self.seen:04}.hl7"
        refused = self.folder / "error" / f"{name}.error.txt"

        def archived() -> list[Path]:
            return list(self.folder.glob(f"archive/*/{name}"))

        await until(lambda: bool(archived()) or refused.exists())
        return b"" if archived() else None

    def leave(self) -> None:
        pass


class StreamBench:
    def __init__(self, settings: dict[str, Any], peer: type[StreamPeer]) -> None:
        self.settings = {"port": 0, "outstanding_max": OUTSTANDING_MAX, **settings}
        self.peer = peer.connect


class FilesBench:
    def __init__(self, folder: Path) -> None:
        self.settings = {
            "folder": folder,
            "interval_seconds": 0.02,
            "settle_seconds": 0,
            "outstanding_max": OUTSTANDING_MAX,
        }
        self.folder = folder

    async def peer(self, source: Source) -> SourcePeer:
        return FilesPeer(self.folder)


@pytest.fixture(params=sorted(CONNECTORS.keys() - {PLATFORM, "sql"}))  # no wire; ``test_sql_rules``
def connector(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bench(connector: str, tmp_path: Path) -> SourceBench:
    benches: dict[str, Callable[[], SourceBench]] = {
        "mllp": lambda: StreamBench({}, MllpPeer),
        "http": lambda: StreamBench({"path": "/in"}, HttpPeer),
        "files": lambda: FilesBench(tmp_path),
    }
    return benches[connector]()


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def source(connector: str, bench: SourceBench, desk: Desk) -> AsyncIterator[Source]:
    settings = {**bench.settings, "size_limit_bytes": LIMIT_BYTES}
    source = build_source(connector, settings, desk.receive, desk.troubles.append)
    await source.start()
    yield source
    await source.stop(grace_seconds=0)


@pytest.fixture
async def peer(bench: SourceBench, source: Source) -> AsyncIterator[SourcePeer]:
    peer = await bench.peer(source)
    yield peer
    peer.leave()


async def test_rule_1_bytes_are_handed_on_exactly(
    source: Source, peer: SourcePeer, desk: Desk
) -> None:
    desk.at_once = True
    for body in BODIES:
        await peer.give(body)
        assert await peer.outcome() is not None

    assert desk.bodies == BODIES
    assert desk.troubles == []
    assert source.connections == 1


async def test_rule_2_reading_goes_on_before_the_reply(
    source: Source, peer: SourcePeer, desk: Desk
) -> None:
    for body in BODIES[:3]:
        await peer.give(body)
    await until(lambda: len(desk.arrivals) == 3)

    assert desk.bodies == BODIES[:3]


async def test_rule_2_replies_leave_in_the_order_of_arrivals(
    source: Source, peer: SourcePeer, desk: Desk
) -> None:
    for body in BODIES[:3]:
        await peer.give(body)
    await until(lambda: len(desk.arrivals) == 3)

    for number in (2, 0, 1):
        desk.replies[number](Answer(b"answer %d" % number))

    outcomes = [await peer.outcome() for _ in range(3)]
    assert outcomes in ([b"answer 0", b"answer 1", b"answer 2"], [b"", b"", b""])


async def test_rule_2_a_second_reply_is_refused(
    source: Source, peer: SourcePeer, desk: Desk
) -> None:
    desk.at_once = True
    await peer.give(BODIES[0])
    await peer.outcome()

    with pytest.raises(RuntimeError, match="twice"):
        desk.replies[0](Answer())


async def test_rule_3_nothing_is_acknowledged_before_the_reply(
    source: Source, peer: SourcePeer, desk: Desk
) -> None:
    await peer.give(BODIES[0])
    await until(lambda: len(desk.arrivals) == 1)
    waiting = asyncio.create_task(peer.outcome())
    await asyncio.sleep(0.1)
    assert not waiting.done()

    desk.replies[0](Answer(b"now"))

    assert await waiting in (b"now", b"")


async def test_rule_3_a_reply_to_a_peer_that_left_is_dropped(
    source: Source, bench: SourceBench, peer: SourcePeer, desk: Desk
) -> None:
    await peer.give(BODIES[0])
    await until(lambda: len(desk.arrivals) == 1)
    peer.leave()
    await asyncio.sleep(0.05)
    desk.replies[0](Answer(b"too late"))

    other = await bench.peer(source)
    if isinstance(other, FilesPeer):
        other.given = other.seen = 1
    desk.at_once = True
    await other.give(BODIES[1])
    assert await other.outcome() is not None
    assert desk.bodies == BODIES[:2]
    assert desk.troubles == []
    other.leave()


async def test_rule_5_a_message_over_the_limit_is_trouble_and_the_next_peer_is_served(
    source: Source, bench: SourceBench, peer: SourcePeer, desk: Desk
) -> None:
    desk.at_once = True
    await peer.give(b"x" * (LIMIT_BYTES + 1))
    await until(lambda: len(desk.troubles) == 1)

    other = await bench.peer(source)
    if isinstance(other, FilesPeer):
        other.given = other.seen = 1
    await other.give(BODIES[0])
    assert await other.outcome() is not None
    assert isinstance(desk.troubles[0], MessageTooLarge)
    assert desk.bodies == BODIES[:1]
    other.leave()


async def test_rule_5_messages_outstanding_have_a_limit(
    source: Source, peer: SourcePeer, desk: Desk
) -> None:
    for number in range(OUTSTANDING_MAX + 3):
        await peer.give(b"%d" % number)
    await until(lambda: len(desk.arrivals) == OUTSTANDING_MAX)
    await asyncio.sleep(0.1)
    assert len(desk.arrivals) == OUTSTANDING_MAX

    for reply in desk.replies:
        reply(Answer(b"ok"))

    await until(lambda: len(desk.arrivals) == OUTSTANDING_MAX + 3)
    assert desk.bodies == [b"%d" % number for number in range(OUTSTANDING_MAX + 3)]


async def test_rule_6_a_paused_source_takes_nothing_until_it_is_resumed(
    source: Source, bench: SourceBench, peer: SourcePeer, desk: Desk
) -> None:
    desk.at_once = True
    source.pause()
    source.pause()
    await peer.give(BODIES[0])
    await asyncio.sleep(0.1)
    assert desk.arrivals == []

    source.resume()
    source.resume()

    assert await peer.outcome() is not None
    assert desk.bodies == BODIES[:1]


async def test_rule_6_a_source_may_be_paused_from_within_receive(
    connector: str, bench: SourceBench, desk: Desk
) -> None:
    def receive(arrival: Arrival, reply: Reply) -> None:
        desk.receive(arrival, reply)
        taker.pause()

    taker = build_source(connector, bench.settings, receive, desk.troubles.append)
    await taker.start()
    peer = await bench.peer(taker)
    for body in BODIES[:3]:
        await peer.give(body)
    for taken in range(1, 4):
        await asyncio.sleep(0.1)
        assert len(desk.arrivals) == taken
        taker.resume()
    peer.leave()
    await taker.stop(grace_seconds=0)


async def test_rule_7_stopping_waits_for_outstanding_replies(
    source: Source, peer: SourcePeer, desk: Desk
) -> None:
    await peer.give(BODIES[0])
    await until(lambda: len(desk.arrivals) == 1)

    stopping = asyncio.create_task(source.stop(grace_seconds=10))
    await asyncio.sleep(0.05)
    assert not stopping.done()
    desk.replies[0](Answer(b"just in time"))

    await asyncio.wait_for(stopping, 5)
    assert await peer.outcome() in (b"just in time", b"")


async def test_rule_7_stopping_takes_no_message_more(
    source: Source, peer: SourcePeer, desk: Desk
) -> None:
    await peer.give(BODIES[0])
    await until(lambda: len(desk.arrivals) == 1)

    stopping = asyncio.create_task(source.stop(grace_seconds=10))
    await asyncio.sleep(0.05)
    await peer.give(BODIES[1])
    await asyncio.sleep(0.05)
    desk.replies[0](Answer(b"ok"))
    await stopping

    assert desk.bodies == BODIES[:1]


async def test_rule_7_after_the_grace_everything_closes_and_the_address_is_free(
    connector: str, bench: SourceBench, source: Source, peer: SourcePeer, desk: Desk
) -> None:
    await peer.give(BODIES[0])
    await until(lambda: len(desk.arrivals) == 1)
    address = source.address

    await source.stop(grace_seconds=0.05)
    desk.replies[0](Answer(b"nobody is there"))
    assert source.connections == 0

    settings = dict(bench.settings)
    if "port" in settings:
        settings["port"] = int(address.partition("/")[0].rpartition(":")[2])
    again = build_source(connector, settings, desk.receive, desk.troubles.append)
    await again.start()
    assert again.address == address
    await again.stop()


async def test_a_stopped_source_can_start_again(
    source: Source, bench: SourceBench, desk: Desk
) -> None:
    desk.at_once = True
    await source.stop()
    await source.start()
    peer = await bench.peer(source)
    await peer.give(BODIES[0])
    assert await peer.outcome() is not None
    peer.leave()


async def test_an_address_that_cannot_be_had_is_told(
    connector: str, bench: SourceBench, source: Source, desk: Desk
) -> None:
    settings = dict(bench.settings)
    if "port" in settings:
        settings["port"] = int(source.address.partition("/")[0].rpartition(":")[2])
    else:
        settings["folder"] = settings["folder"] / "missing"
    second = build_source(connector, settings, desk.receive, desk.troubles.append)

    with pytest.raises(AddressInUse):
        await second.start()


async def test_rule_9_no_log_line_holds_a_message(
    source: Source, peer: SourcePeer, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    desk.at_once = True
    await peer.give(b"SECRET-BODY")
    await peer.outcome()
    await peer.give(b"SECRET-BODY" * LIMIT_BYTES)
    await until(lambda: len(desk.troubles) == 1)

    assert "SECRET" not in caplog.text
    assert "0001.hl7" not in caplog.text
    assert "SECRET" not in desk.troubles[0].text()
    assert ".hl7" not in desk.troubles[0].text()


# Senders


class SenderBench:
    """A peer of a sender that behaves as told."""

    def __init__(self, encode: Callable[[bytes], bytes], end: bytes) -> None:
        self.encode = encode  # an answer
        self.end = end  # of a message in this test
        self.requests: list[bytes] = []
        self.connected = 0
        self.behaviour: Callable[[asyncio.StreamWriter], Awaitable[None]] = self.answer
        self._server: asyncio.Server
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()

    async def answer(self, writer: asyncio.StreamWriter) -> None:
        writer.write(self.encode(b"answer %d" % len(self.requests)))

    async def hang(self, writer: asyncio.StreamWriter) -> None:
        pass

    async def close(self, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def reset(self, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async def half(self, writer: asyncio.StreamWriter) -> None:
        answer = self.encode(b"answer %d" % len(self.requests))
        writer.write(answer[: len(answer) // 2])
        writer.close()

    async def garbage(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\x01 neither HTTP nor MLLP\r\n\r\n")

    async def endless(self, writer: asyncio.StreamWriter) -> None:
        writer.write(self.encode(b"x" * 2_000_000))

    async def answer_and_close(self, writer: asyncio.StreamWriter) -> None:
        await self.answer(writer)
        writer.close()

    async def late(self, writer: asyncio.StreamWriter) -> None:
        number = len(self.requests)
        await asyncio.sleep(0.15)
        writer.write(self.encode(b"late answer %d" % number))

    async def twice(self, writer: asyncio.StreamWriter) -> None:
        await self.answer(writer)
        writer.write(self.encode(b"unasked"))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connected += 1
        self._writers.append(writer)
        try:
            while True:
                self.requests.append(await reader.readuntil(self.end))
                await self.behaviour(writer)
        except (OSError, asyncio.IncompleteReadError):
            writer.close()


def http_answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


MESSAGE = b"MSH|one message|END"


@pytest.fixture(params=["mllp", "http"])
async def receiver(request: pytest.FixtureRequest) -> AsyncIterator[tuple[SenderBench, Sender]]:
    mllp = request.param == "mllp"
    bench = SenderBench(
        (lambda body: b"\x0b" + body + b"\x1c\r") if mllp else http_answer,
        b"END\x1c\r" if mllp else b"END",
    )
    port = await bench.start()
    address = f"127.0.0.1:{port}" if mllp else f"http://127.0.0.1:{port}/in"
    sender = build_sender(request.param, {"address": address})
    yield bench, sender
    await sender.close()
    await bench.stop()


async def send(sender: Sender, *, timeout_seconds: float = 5.0, body: bytes = MESSAGE) -> Answer:
    attributes = {"control_id": "A1", "content_type": "x-application/hl7-v2+er7"}
    return await sender.send(body, attributes=attributes, timeout_seconds=timeout_seconds)


Receiver = tuple[SenderBench, Sender]


async def test_rule_8_many_messages_share_one_connection(receiver: Receiver) -> None:
    bench, sender = receiver
    answers = [(await send(sender)).body for _ in range(20)]

    assert answers == [b"answer %d" % number for number in range(1, 21)]
    assert bench.connected == 1
    assert all(MESSAGE in request for request in bench.requests)


async def test_rule_8_only_one_message_is_outstanding(receiver: Receiver) -> None:
    bench, sender = receiver
    bench.behaviour = bench.late
    first = asyncio.create_task(send(sender))
    await until(lambda: len(bench.requests) == 1)

    with pytest.raises(RuntimeError, match="one message"):
        await send(sender)

    assert (await first).body == b"late answer 1"


async def test_rule_8_nobody_there_is_unreachable(receiver: Receiver) -> None:
    bench, sender = receiver
    await bench.stop()

    with pytest.raises(Unreachable):
        await send(sender)


@pytest.mark.parametrize("fault", ["hang", "close", "reset", "half", "garbage", "endless"])
async def test_rule_8_a_faulty_answer_is_no_answer_and_the_next_message_is_served(
    receiver: Receiver, fault: str
) -> None:
    bench, sender = receiver
    bench.behaviour = getattr(bench, fault)
    with pytest.raises(NoAnswer):
        await send(sender, timeout_seconds=0.3)

    bench.behaviour = bench.answer
    answer = await send(sender)

    assert answer.body == b"answer %d" % len(bench.requests)
    assert answer.category is None
    assert bench.connected == 2


async def test_rule_8_a_late_answer_is_never_taken_for_the_next(receiver: Receiver) -> None:
    bench, sender = receiver
    bench.behaviour = bench.answer
    assert (await send(sender)).body == b"answer 1"  # connected: only the answer is late
    bench.behaviour = bench.late
    with pytest.raises(NoAnswer):
        await send(sender, timeout_seconds=0.05)

    bench.behaviour = bench.answer

    assert (await send(sender)).body == b"answer 3"
    await asyncio.sleep(0.2)
    assert (await send(sender)).body == b"answer 4"


async def test_rule_8_a_second_answer_is_never_taken_for_the_next(receiver: Receiver) -> None:
    bench, sender = receiver
    bench.behaviour = bench.twice

    for number in range(1, 6):
        assert (await send(sender)).body == b"answer %d" % number


async def test_rule_8_a_peer_that_closes_after_each_answer_costs_no_message(
    receiver: Receiver,
) -> None:
    bench, sender = receiver
    bench.behaviour = bench.answer_and_close

    for number in range(1, 6):
        assert (await send(sender)).body == b"answer %d" % number
        await asyncio.sleep(0.02)

    assert bench.connected == 5


async def test_rule_8_a_cancelled_exchange_leaves_no_answer_behind(receiver: Receiver) -> None:
    bench, sender = receiver
    bench.behaviour = bench.late
    sending = asyncio.create_task(send(sender))
    await until(lambda: len(bench.requests) == 1)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)

    bench.behaviour = bench.answer

    assert (await send(sender)).body == b"answer 2"


async def test_a_closed_sender_opens_again(receiver: Receiver) -> None:
    _, sender = receiver
    await send(sender)
    await sender.close()
    await sender.close()

    assert (await send(sender)).body == b"answer 2"


async def test_files_rule_8_a_message_becomes_one_whole_file(tmp_path: Path) -> None:
    sender = build_sender("files", {"folder": tmp_path})
    for body in BODIES:
        answer = await sender.send(
            body, attributes={"control_id": f"C{len(body)}"}, timeout_seconds=5
        )
        assert answer == Answer()
    await sender.close()

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        f"C{len(body)}.hl7": body for body in BODIES
    }


async def test_files_rule_8_a_missing_folder_is_unreachable(tmp_path: Path) -> None:
    sender = build_sender("files", {"folder": tmp_path / "missing"})

    with pytest.raises(Unreachable):
        await send(sender)
    await sender.close()


async def test_files_rule_8_a_share_that_hangs_is_no_answer(tmp_path: Path) -> None:
    pipe = tmp_path / ".A1.hl7.tmp"  # writing to it blocks, as on a share that hangs
    os.mkfifo(pipe)
    sender = build_sender("files", {"folder": tmp_path})

    with pytest.raises(NoAnswer):
        await send(sender, timeout_seconds=0.1)
    with pytest.raises(Unreachable, match="hangs"):
        await send(sender, timeout_seconds=0.1)

    descriptor = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # the share comes back
    pipe.unlink()
    async with asyncio.timeout(10):
        while not (tmp_path / "A1.hl7").exists():
            with contextlib.suppress(Unreachable):
                await send(sender, timeout_seconds=5)
            await asyncio.sleep(0.01)
    os.close(descriptor)
    assert (tmp_path / "A1.hl7").read_bytes() == MESSAGE
    await sender.close()


# The registry


def test_an_unknown_connector_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownConnector, match="'mllp'"):
        build_sender("mlpp", {"address": "127.0.0.1:1"})
    assert UnknownConnector(where="x", nearest="").category is Category.INVALID


@pytest.mark.parametrize("part", ["source_settings", "sender_settings"])
def test_settings_refuse_unknown_keys(connector: str, part: str) -> None:
    assert getattr(CONNECTORS[connector], part).model_config["extra"] == "forbid"
    assert getattr(CONNECTORS[connector], part).model_config["frozen"] is True
