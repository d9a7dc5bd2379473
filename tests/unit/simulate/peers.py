"""Peers made of bare sockets, so that the simulated systems are not judged by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import islice
from random import Random

from lianyi.simulate.behaviour import read_behaviour
from lianyi.simulate.receiver import Receiver, WireName
from lianyi.simulate.story import Line, StorySettings, tell

Answer = Callable[[bytes, int], bytes | None]


def chance() -> Random:
    return Random(1)


def some_lines(count: int, *, system: str = "his") -> list[Line]:
    lines = (line for line in tell(StorySettings()) if line.system == system)
    return list(islice(lines, count))


def ack(message: bytes, code: bytes = b"AA", control_id: bytes | None = None) -> bytes:
    own = message.split(b"\r")[0].split(b"|")[9]
    now = datetime(2026, 3, 2, tzinfo=UTC).strftime("%Y%m%d").encode()
    msa = b"|".join([b"MSA", code, own if control_id is None else control_id])
    return b"MSH|^~\\&|X|X|Y|Y|" + now + b"||ACK|1|P|2.4\r" + msa + b"\r"


@asynccontextmanager
async def bare_mllp(answer: Answer) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Listen, and answer what ``answer(message, how many before)`` says; None closes."""
    received: list[bytes] = []
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        while True:
            try:
                whole = await reader.readuntil(b"\x1c\r")
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            assert whole[:1] == b"\x0b"
            received.append(whole[1:-2])
            said = answer(received[-1], len(received) - 1)
            if said is None:
                break
            writer.write(said)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], received
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)


@asynccontextmanager
async def receiver(behave: str, wire: WireName = "mllp") -> AsyncIterator[Receiver]:
    made = Receiver(system="emr", wire=wire, host="127.0.0.1", port=0, chance=chance())
    await made.start()
    await made.behave(read_behaviour(behave))
    try:
        yield made
    finally:
        await made.stop()


async def raw_exchange(port: int, message: bytes) -> bytes:
    """Send one framed message and return every byte until the peer closes or ends a frame."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"\x0b" + message + b"\x1c\r")
        got = b""
        while not got.endswith(b"\x1c\r") and (chunk := await reader.read(65536)):
            got += chunk
        return got
    finally:
        writer.close()
        await writer.wait_closed()
