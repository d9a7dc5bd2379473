"""The role that serves the console and the API."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack

from lianyi.api.assembly import create_app
from lianyi.api.dependencies import ApiDependencies
from lianyi.api.https import DoorsServer, bound_socket
from lianyi.api.pix_door import pix_door
from lianyi.app.connections import careful_connections
from lianyi.app.process import Process, Role
from lianyi.base.database import ask_database
from lianyi.base.health import HealthChecks
from lianyi.channels.attendance import Attendance


class ApiRole:
    """Serves the doors over HTTP."""

    def __init__(
        self,
        server: DoorsServer,
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
            database=settings.database,
            https=settings.https,
            security=settings.security,
            passwords=settings.passwords,
            hashing=settings.password_hashing,
            vault=settings.vault,
            audit=settings.audit,
            privacy=settings.privacy,
            identity=settings.identity,
            embedding=settings.embedding,
            exports=settings.exports,
            lake=settings.lake,
            indicators=settings.indicators,
            publishing=settings.publishing,
            quality=settings.quality,
            subscriptions=settings.subscriptions,
            mail=settings.mail,
            reports=settings.reports,
            connect=process.connect,
        )
    )
    if settings.identity.query_listen:
        door = pix_door(app, settings.identity, clock=process.clock, ids=process.ids)
        await door.start()
        stack.push_async_callback(door.stop)
    protocol = careful_connections(settings.api)
    server = DoorsServer(app, settings.https, protocol=protocol)
    bound = bound_socket(settings.api.host, settings.api.port)
    return ApiRole(server, bound, end_live=app.state.live.close)
