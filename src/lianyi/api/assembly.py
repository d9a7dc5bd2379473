"""Puts the doors together: the console's JSON API, the console, health, readiness, metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from fastapi import FastAPI

from lianyi.api import doors, endpoints
from lianyi.api.console import BUILT, Console, SecurityHeaders
from lianyi.api.emergency import Emergency
from lianyi.api.failures import LastResort, install
from lianyi.api.live import Live
from lianyi.api.session import Guard, Sessions
from lianyi.api.settings import ApiSettings
from lianyi.base.clock import Clock, IdSource
from lianyi.channels import endpoints as channels
from lianyi.channels.queries import Queries
from lianyi.channels.service import Actions
from lianyi.messagelog.log import MessageLog

PREFIX = "/api/v1"
API_VERSION = "1"


@dataclass(frozen=True)
class ApiDependencies:
    """What the doors need from the house.

    Attributes:
        pool: connections of the API alone; a long question must not hold up deliveries.
        log: read, and appended to for acts.
        settings: the section ``[api]``.
        data_dir: where the token lies.
        content_dir: where the definitions of channels lie.
        clock: tells the time.
        ids: gives identifiers to replays.
        readiness: named checks of ``/readyz``; each returns whether it is well.
        console_dir: where the built console lies.
    """

    pool: asyncpg.Pool
    log: MessageLog
    settings: ApiSettings
    data_dir: Path
    content_dir: Path
    clock: Clock
    ids: IdSource
    readiness: doors.Checks = field(default_factory=dict)
    console_dir: Path = BUILT


def bare_app() -> FastAPI:
    """Return the application with its addresses and no house behind them; enough for OpenAPI."""
    app = FastAPI(
        title="Lianyi 联医",
        version=API_VERSION,
        description="The console's JSON API. Every answer that is not 2xx is a `Failure`.",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
        redirect_slashes=False,
        separate_input_output_schemas=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.include_router(endpoints.router, prefix=PREFIX)
    app.include_router(channels.router, prefix=PREFIX)
    app.include_router(doors.router)
    install(app)
    return app


def create_app(deps: ApiDependencies) -> FastAPI:
    """Return the application, ready to serve.

    ``app.state.live.close()`` ends the live views; call it before the server waits for its
    connections to end.
    """
    settings = deps.settings
    app = bare_app()
    app.router.lifespan_context = _lifespan
    queries = Queries(
        deps.pool,
        deps.log,
        deps.clock,
        timeout_seconds=settings.statement_timeout_seconds,
        body_shown_bytes_max=settings.body_shown_bytes_max,
    )
    app.state.settings = settings
    app.state.queries = queries
    app.state.actions = Actions(queries, deps.pool, deps.log, deps.clock, deps.ids)
    app.state.readiness = deps.readiness
    app.state.sessions = Sessions(
        deps.data_dir,
        deps.clock,
        hours=settings.session_hours,
        failures_max=settings.sign_in_failures_max,
    )
    app.state.live = Live(
        queries.look,
        clients_max=settings.live_clients_max,
        poll_seconds=settings.poll_seconds,
    )
    app.mount("/ops", Emergency(queries, app.state.sessions))
    app.mount("/", Console(deps.console_dir))
    app.add_middleware(Guard, sessions=app.state.sessions)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(LastResort)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    await app.state.live.close()


