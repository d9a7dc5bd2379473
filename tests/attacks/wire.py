"""The doors on a real socket, as a process of ours serves them, and raw bytes to throw at them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from tests.unit.api.house import House, serving

from lianyi.api.settings import ApiSettings
from lianyi.app.connections import careful_connections


@dataclass
class Door:
    """A served house and where it listens."""

    house: House
    port: int

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, request: bytes, *, seconds: float = 20) -> bytes:
        """Send bytes on a connection of their own; return all that comes until it ends."""
        reader, writer = await self.connect()
        writer.write(request)
        answer = b""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(seconds):
                while chunk := await reader.read(65536):
                    answer += chunk
        writer.close()
        return answer


@asynccontextmanager
async def listening(database: str, folder: Path, **api: Any) -> AsyncIterator[Door]:
    """Serve a house on a port of the loopback.

    Args:
        database: address of a migrated one.
        folder: for its data.
        api: settings of ``[api]``.
    """
    settings = ApiSettings(**{"poll_seconds": 0.05, **api})
    async with serving(database, folder, settings=settings) as house:
        config = uvicorn.Config(
            house.app,
            port=0,
            http=careful_connections(settings),
            access_log=False,
            log_config=None,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        yield Door(house, server.servers[0].sockets[0].getsockname()[1])
        server.should_exit = True
        await running


def request(
    method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes = b""
) -> bytes:
    """Return the bytes of a request that asks to close the connection."""
    told = {"Host": "lianyi.test", "Connection": "close", **(headers or {})}
    if body:
        told.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in told.items())]
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("utf-8") + body
