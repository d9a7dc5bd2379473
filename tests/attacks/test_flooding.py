"""Slow, large and many: whoever only holds connections keeps nobody out (OWASP ASVS 5.0, V13.1).

Each limit is set small here, so that a test waits tenths of a second; nothing is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lianyi.api.first_token import console_token

from .wire import Door, listening, request

MEGABYTE = b"x" * 1_048_576


@pytest.fixture
async def door(database: str, tmp_path: Path) -> AsyncIterator[Door]:
    async with listening(
        database,
        tmp_path,
        connections_max=20,
        head_seconds=0.5,
        body_seconds=0.5,
        body_bytes_max=300_000,
    ) as door:
        yield door


def bearer(door: Door) -> dict[str, str]:
    return {"Authorization": f"Bearer {console_token(door.house.data_dir)}"}


def status(answer: bytes) -> int:
    assert answer.startswith(b"HTTP/1.1 "), answer[:200]
    return int(answer.split(b" ", 2)[1])


async def pour(door: Door, head: bytes, chunks: int) -> tuple[bytes, int]:
    """Send a head and then megabytes without end; return the answer and how many went out."""
    reader, writer = await door.connect()
    writer.write(head)
    sent = 0

    async def send() -> None:
        nonlocal sent
        with contextlib.suppress(ConnectionError):
            for _ in range(chunks):
                writer.write(MEGABYTE)
                await writer.drain()
                sent += 1

    sending = asyncio.create_task(send())
    answer = b""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(20):
            while chunk := await reader.read(65536):
                answer += chunk
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    writer.close()
    return answer, sent


async def test_who_is_nobody_is_refused_before_a_gigabyte_is_read(door: Door) -> None:
    head = request("POST", "/api/v1/replays", headers={"Content-Length": str(1 << 30)})
    answer, sent = await pour(door, head, chunks=1024)
    assert status(answer) == 401
    assert sent < 1024


@pytest.mark.parametrize("body", [b"{", b"[" * 200_000, b"\xff\xfe", b"<x>", b"\x00"])
async def test_who_is_nobody_is_refused_whatever_the_body_is(door: Door, body: bytes) -> None:
    for kind in ("application/json", "text/csv", "multipart/form-data", "x"):
        answer = await door.ask(
            request("POST", "/api/v1/replays", headers={"Content-Type": kind}, body=body)
        )
        assert status(answer) == 401


@pytest.mark.parametrize("path", ["/api/v1/session", "/ops", "/api/v1/session/x/assertion"])
async def test_what_anybody_may_send_is_small(door: Door, path: str) -> None:
    head = request("POST", path, headers={"Transfer-Encoding": "chunked"})
    answer, sent = await pour(door, head + b"40000000\r\n", chunks=1024)
    assert status(answer) in {401, 404, 405, 422}
    assert sent < 1024


@pytest.mark.parametrize("length", [{"Content-Length": str(1 << 30)}, {}])
async def test_who_is_known_has_a_limit_too(door: Door, length: dict[str, str]) -> None:
    for path in ("/api/v1/replays", "/api/v1/masterdata/organisation/import"):
        headers = {**bearer(door), **(length or {"Transfer-Encoding": "chunked"})}
        head = request("POST", path, headers=headers) + (b"" if length else b"40000000\r\n")
        answer, sent = await pour(door, head, chunks=1024)
        assert status(answer) == 422
        assert b"LY-1642" in answer
        assert sent < 1024


async def test_who_is_known_may_send_more_than_a_stranger(door: Door) -> None:
    headers = {**bearer(door), "Content-Type": "application/json"}
    body = b'{"channel": "' + b"x" * 280_000 + b'"}'
    answer = await door.ask(request("POST", "/api/v1/replays", headers=headers, body=body))
    assert status(answer) == 422
    assert b"LY-1601" in answer
    answer = await door.ask(request("POST", "/api/v1/session", headers=headers, body=body))
    assert b"LY-1642" in answer


async def test_a_body_that_comes_slowly_is_given_up(door: Door) -> None:
    for path in ("/api/v1/session", "/api/v1/replays", "/api/v1/masterdata/organisation/import"):
        headers = {**bearer(door), "Content-Length": "100", "Content-Type": "application/json"}
        answer = await door.ask(request("POST", path, headers=headers) + b"{")
        assert status(answer) == 422, path
        assert b"LY-1643" in answer


async def drip(writer: asyncio.StreamWriter, drop: bytes) -> None:
    """Send a little again and again, until the other side has enough."""
    with contextlib.suppress(ConnectionError):
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.05)


async def left(door: Door, head: bytes, drop: bytes) -> bytes:
    """Send a head, then drops without end; return what was answered before we were left."""
    reader, writer = await door.connect()
    writer.write(head)
    dripping = asyncio.create_task(drip(writer, drop))
    answer = b""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(20):
            while chunk := await reader.read(65536):
                answer += chunk
    dripping.cancel()
    await asyncio.gather(dripping, return_exceptions=True)
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"a: b\r\n"),
        (b"", b"\r\n"),
        (b"G", b""),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"\r\n"),
    ],
    ids=["headers", "empty lines", "one letter", "empty lines after an answer"],
)
async def test_a_head_that_never_ends_is_given_up(door: Door, head: bytes, drop: bytes) -> None:
    await left(door, head, drop)


async def test_a_silent_connection_is_given_up(door: Door) -> None:
    assert await door.ask(b"") == b""


async def test_a_head_of_megabytes_is_given_up(door: Door) -> None:
    answer, sent = await pour(door, b"GET / HTTP/1.1\r\nHost: x\r\nX: ", chunks=1024)
    assert answer == b"" or status(answer) == 431
    assert sent < 1024
    answer, sent = await pour(door, b"GET /", chunks=1024)
    assert sent < 1024


async def test_idle_connections_keep_nobody_out(door: Door) -> None:
    held = [await door.connect() for _ in range(200)]
    for _, writer in held:
        with contextlib.suppress(ConnectionError):
            writer.write(b"GET /healthz HTTP/1.1\r\n")
    answer = await door.ask(request("GET", "/healthz"))
    assert status(answer) == 200
    for _, writer in held:
        writer.close()


async def test_who_is_being_answered_is_not_cut_off(door: Door) -> None:
    reader, writer = await door.connect()
    writer.write(request("GET", "/api/v1/live", headers=bearer(door)))
    assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
    held = [await door.connect() for _ in range(100)]
    await reader.readuntil(b"event: ")
    await door.ask(request("GET", "/healthz"))
    await reader.readuntil(b"event: ")
    for _, other in (*held, (reader, writer)):
        other.close()


async def test_headers_behind_an_endless_answer_have_a_limit(door: Door) -> None:
    head = f"GET /api/v1/live HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer(door)['Authorization']}"
    behind = b"\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nX: "
    _, sent = await pour(door, head.encode() + behind, chunks=1024)
    assert sent < 1024


async def test_a_peer_that_goes_on_sending_after_the_answer_is_left(door: Door) -> None:
    asked = request("POST", "/api/v1/replays", headers={"Content-Length": "1000000"})
    answer = await left(door, asked.replace(b"Connection: close\r\n", b""), b"x")
    assert status(answer) == 401
