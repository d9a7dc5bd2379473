"""The role that serves the console and the API."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack

import uvicorn

from lianyi.api.assembly import ApiDependencies, create_app
from lianyi.app.process import Process, Role
from lianyi.base.database import ask_database
from lianyi.base.health import HealthChecks
from lianyi.channels.attendance import Attendance
from lianyi.connectors.connector import AddressInUse


class _QuietServer(uvicorn.Server):
    """Leaves the signals of the process to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class ApiRole:
    """Serves the doors over HTTP."""

    def __init__(
        self,
        server: uvicorn.Server,
        bound: socket.socket,
        *,
        end_live: Callable[[], Coroutine[None, None, None]],
    ) -> None:
        self._server = server
        self._bound = bound
        self._end_live = end_live
        self._ending: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Serve until :meth:`stop`."""
        await self._server.serve(sockets=[self._bound])

    def stop(self) -> None:
        """Let open requests end, then stop."""
        self._ending = asyncio.create_task(self._end_live())
        self._server.should_exit = True


async def build(process: Process, stack: AsyncExitStack) -> Role:
    """Build the role that serves the console and the API."""
    pool, messages = await process.open(stack, walled=True)
    settings = process.settings
    health = HealthChecks()
    health.add("database", lambda: ask_database(pool))
    attendance = Attendance(pool, process.clock)
    health.add("intake", attendance.intake, own=False)
    health.add("deliver", attendance.deliver, own=False)
    app = create_app(
        ApiDependencies(
            pool=pool,
            log=messages,
            settings=settings.api,
            data_dir=settings.data_dir,
            content_dir=process.content_dir,
            clock=process.clock,
            ids=process.ids,
            health=health,
            security=settings.security,
            passwords=settings.passwords,
            hashing=settings.password_hashing,
            vault=settings.vault,
            audit=settings.audit,
            privacy=settings.privacy,
            connect=process.connect,
        )
    )
    config = uvicorn.Config(
        app,
        loop="none",
        http="httptools",
        access_log=False,
        log_config=None,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    bound = _bound(settings.api.host, settings.api.port)
    return ApiRole(_QuietServer(config), bound, end_live=app.state.live.close)


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket at an address.

    Raises:
        AddressInUse: another program listens there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise AddressInUse(where=f"{host}:{port}", why=error.strerror or str(error)) from error
    return bound
