"""A small HTTP/1.1 server that can also behave badly, which good servers do not allow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import httptools

BODY_BYTES_MAX = 64 * 1024 * 1024


class Request(NamedTuple):
    """One request that arrived whole."""

    method: str
    path: str
    body: bytes


class Response(NamedTuple):
    """What to answer; ``cut`` closes the connection in the middle of it."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    cut: bool = False

    def bytes(self) -> bytes:
        """Return the response as it goes over the wire."""
        head = (
            f"HTTP/1.1 {self.status} X\r\ncontent-type: {self.content_type}\r\n"
            f"content-length: {len(self.body)}\r\n\r\n"
        )
        return head.encode() + self.body


Handle = Callable[[Request], Awaitable[Response | None]]


async def serve_connection(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handle: Handle
) -> None:
    """Answer the requests of one connection, one after the other, until either side closes.

    Args:
        reader: from the peer.
        writer: to the peer.
        handle: returns the response; None closes the connection without one.
    """
    arriving = _Arriving()
    parser = arriving.parser = httptools.HttpRequestParser(arriving)
    while chunk := await reader.read(65536):
        try:
            parser.feed_data(chunk)
        except httptools.HttpParserError:
            writer.write(Response(400).bytes())
            return
        while arriving.whole:
            response = await handle(arriving.whole.pop(0))
            if response is None:
                return
            answer = response.bytes()
            writer.write(answer[: len(answer) // 2] if response.cut else answer)
            await writer.drain()
            if response.cut:
                return


class _Arriving:
    """Collects what the parser finds."""

    def __init__(self) -> None:
        self.whole: list[Request] = []
        self.parser: httptools.HttpRequestParser | None = None
        self._url = b""
        self._body = bytearray()

    def on_message_begin(self) -> None:
        self._url = b""
        self._body = bytearray()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > BODY_BYTES_MAX:
            raise httptools.HttpParserError("body too large")

    def on_message_complete(self) -> None:
        method = self.parser.get_method().decode("ascii") if self.parser else ""
        self.whole.append(Request(method, self._url.decode("ascii", "replace"), bytes(self._body)))
