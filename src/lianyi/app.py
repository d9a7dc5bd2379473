"""Wiring: one process, one or several roles. The only module that knows all the others."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import asyncpg
import structlog
import uvicorn

from lianyi.api.assembly import ApiDependencies, create_app
from lianyi.api.settings import ApiSettings
from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import EMBEDDED, DatabaseSettings, connect, open_pool
from lianyi.base.health import HealthChecks
from lianyi.base.settings import Section
from lianyi.base.telemetry import TelemetrySettings, configure_logging
from lianyi.channels import store
from lianyi.channels.deliver_role import DeliverRole
from lianyi.channels.disk import DiskGuard
from lianyi.channels.intake_role import IntakeRole
from lianyi.channels.registrar import Registrar
from lianyi.channels.running import Definitions, Share
from lianyi.channels.settings import ChannelsSettings, MessageLogSettings
from lianyi.messagelog import PostgresLog

ROLES = ("intake", "deliver", "learn", "api")
SECTIONS: dict[str, type[Section]] = {
    "database": DatabaseSettings,
    "messagelog": MessageLogSettings,
    "channels": ChannelsSettings,
    "api": ApiSettings,
    "telemetry": TelemetrySettings,
}

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Settings:
    """All sections of ``lianyi.toml``, and the folders."""

    database: DatabaseSettings
    messagelog: MessageLogSettings
    channels: ChannelsSettings
    api: ApiSettings
    telemetry: TelemetrySettings
    data_dir: Path
    content_dir: Path


class Role(Protocol):
    """Something a process does until it is told to stop."""

    async def run(self) -> None:
        """Work until :meth:`stop`."""
        ...

    def stop(self) -> None:
        """End soon."""
        ...


class Process:
    """What the roles of one process share."""

    def __init__(self, settings: Settings, dsn: str, *, role: str) -> None:
        self.settings = settings
        self.dsn = dsn
        self.role = role
        self.clock = SystemClock()
        self.ids = RandomIds()
        self.owner = self.ids.new_id()
        self.holder = f"{socket.gethostname()}:{os.getpid()}"
        self.content_dir = settings.content_dir

    async def connect(self) -> asyncpg.Connection:
        """Open one more connection, without a time limit for statements."""
        return await connect(
            self.dsn, application_name=f"lianyi {self.role}", statement_timeout_seconds=0
        )

    async def open(self, stack: AsyncExitStack) -> tuple[asyncpg.Pool, PostgresLog]:
        """Open the pool and the log, closed with the stack."""
        database = self.settings.database
        pool = await open_pool(
            self.dsn,
            application_name=f"lianyi {self.role}",
            size_max=database.pool_size_max,
            statement_timeout_seconds=database.statement_timeout_seconds,
            connect_timeout_seconds=database.connect_timeout_seconds,
        )
        stack.push_async_callback(_close_pool, pool)
        messages = PostgresLog(pool, self.connect, clock=self.clock, owner=self.owner)
        await messages.start()
        stack.push_async_callback(messages.stop)
        return pool, messages

    def share(self, pool: asyncpg.Pool) -> Share:
        """Return this process's share of the leases of its role."""
        return Share(pool, role=self.role, owner=self.owner, holder=self.holder)


async def _close_pool(pool: asyncpg.Pool) -> None:
    try:
        async with asyncio.timeout(5):
            await pool.close()
    except TimeoutError:
        pool.terminate()


async def build_intake(process: Process, stack: AsyncExitStack) -> Role:
    """Build the role that takes messages in."""
    pool, messages = await process.open(stack)
    settings = process.settings
    embedded = settings.database.url == EMBEDDED
    registrar = Registrar(
        pool, process.content_dir, shards=settings.messagelog.shards, clock=process.clock
    )
    return IntakeRole(
        pool=pool,
        connect=process.connect,
        messages=messages,
        share=process.share(pool),
        registrar=registrar,
        definitions=Definitions(process.content_dir),
        settings=settings.channels,
        data_dir=settings.data_dir,
        guard=DiskGuard(
            settings.data_dir if embedded else None,
            full_percent=settings.channels.disk_full_percent,
            clock=process.clock,
        ),
        clock=process.clock,
        holder=process.holder,
    )


async def build_deliver(process: Process, stack: AsyncExitStack) -> Role:
    """Build the role that delivers."""
    pool, messages = await process.open(stack)
    return DeliverRole(
        pool=pool,
        connect=process.connect,
        messages=messages,
        share=process.share(pool),
        definitions=Definitions(process.content_dir),
        settings=process.settings.channels,
        data_dir=process.settings.data_dir,
        clock=process.clock,
    )


class LearnRole:
    """Keeps the house: partitions ahead, search indexes, later the projections."""

    def __init__(self, process: Process, pool: asyncpg.Pool) -> None:
        self._process = process
        self._pool = pool
        self._share = process.share(pool)
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Work until :meth:`stop`."""
        while not self._stopping.is_set():
            await self._share.renew(["housekeeping"])
            if self._share.epochs:
                async with self._pool.acquire() as connection:
                    await store.ensure_receipt_days(connection, today=self._process.clock.now())
            try:
                async with asyncio.timeout(5):
                    await self._stopping.wait()
            except TimeoutError:
                continue
        await self._share.give_all_back()

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()


async def build_learn(process: Process, stack: AsyncExitStack) -> Role:
    """Build the role that learns from the log."""
    pool, _ = await process.open(stack)
    return LearnRole(process, pool)


class _QuietServer(uvicorn.Server):
    """Leaves the signals of the process to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class ApiRole:
    """Serves the doors over HTTP."""

    def __init__(self, server: uvicorn.Server) -> None:
        self._server = server

    async def run(self) -> None:
        """Serve until :meth:`stop`."""
        await self._server.serve()

    def stop(self) -> None:
        """Let open requests end, then stop."""
        self._server.should_exit = True


async def build_api(process: Process, stack: AsyncExitStack) -> Role:
    """Build the role that serves the console and the API."""
    pool, messages = await process.open(stack)
    settings = process.settings
    health = HealthChecks()
    health.add("database", lambda: _ask(pool))
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
        )
    )
    config = uvicorn.Config(
        app,
        host=settings.api.host,
        port=settings.api.port,
        loop="none",
        http="httptools",
        access_log=False,
        log_config=None,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    return ApiRole(_QuietServer(config))


async def _ask(pool: asyncpg.Pool) -> str:
    await pool.fetchval("SELECT 1")
    return "answers"


BUILDERS: dict[str, Callable[[Process, AsyncExitStack], Awaitable[Role]]] = {
    "intake": build_intake,
    "deliver": build_deliver,
    "learn": build_learn,
    "api": build_api,
}


async def run_role(role: str, settings: Settings, dsn: str, stop: asyncio.Event) -> None:
    """Run one role in this process until ``stop``.

    Raises:
        LianyiError: it cannot start, or has lost what it cannot do without.
    """
    configure_logging(settings.telemetry.log_level, json=_as_json(settings.telemetry.log_format))
    async with AsyncExitStack() as stack:
        built = await BUILDERS[role](Process(settings, dsn, role=role), stack)
        working = asyncio.create_task(built.run())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        built.stop()
        stopping.cancel()
        await working


def _as_json(log_format: str) -> bool | None:
    return None if log_format == "auto" else log_format == "json"
