"""A small HTTP server on a real socket whose answers a test decides."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit


class Asked(NamedTuple):
    """One request: method, path, query, headers in lower case, form."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    form: dict[str, str]


Answer = tuple[int, bytes] | tuple[int, bytes, dict[str, str]]


@dataclass
class Web:
    """The server; ``answer`` may be exchanged at any time."""

    answer: Callable[[Asked], Answer]
    port: int = 0
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        except asyncio.IncompleteReadError:
            pass  # somebody hung up
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {k.lower(): v.strip() for k, _, v in (h.partition(":") for h in head[1:] if h)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        parts = urlsplit(target)
        asked = Asked(
            method,
            parts.path,
            dict(parse_qsl(parts.query)),
            headers,
            dict(parse_qsl(body.decode("latin-1"))),
        )
        self.asked.append(asked)
        status, content, *more = self.answer(asked)
        extra = "".join(f"{k}: {v}\r\n" for k, v in (more[0] if more else {}).items())
        writer.write(
            f"HTTP/1.1 {status} X\r\ncontent-length: {len(content)}\r\nconnection: close\r\n"
            f"{extra}\r\n".encode()
            + content
        )
        await writer.drain()


@asynccontextmanager
async def serving(answer: Callable[[Asked], Answer], *, port: int = 0) -> AsyncIterator[Web]:
    web = Web(answer)
    async with await asyncio.start_server(web._serve, "127.0.0.1", port) as server:
        web.port = server.sockets[0].getsockname()[1]
        yield web
