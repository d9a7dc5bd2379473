"""Puts the doors together: the console's JSON API, the console, health, readiness, metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from lianyi.api import doors, endpoints
from lianyi.api.console import BUILT, Console, SecurityHeaders
from lianyi.api.emergency import Emergency
from lianyi.api.failures import LastResort, install
from lianyi.api.live import Live
from lianyi.api.session import Guard, Sessions
from lianyi.api.settings import ApiSettings
from lianyi.base.clock import Clock, IdSource
from lianyi.base.health import HealthChecks
from lianyi.channels import endpoints as channels
from lianyi.channels.queries import Queries
from lianyi.channels.read_store import ReadStore
from lianyi.channels.service import Actions
from lianyi.channels.tracing import Tracer
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections import endpoints as projections
from lianyi.projections.masterdata import endpoints as masterdata
from lianyi.projections.masterdata.service import MasterDataService
from lianyi.projections.service import ProjectionsService

PREFIX = "/api/v1"
API_VERSION = "1"


@dataclass(frozen=True)
class ApiDependencies:
    """What the doors need from the house.

    Attributes:
        pool: connections of the API alone, with a statement timeout: a long question must not
            hold up deliveries.
        log: read, and appended to for acts.
        settings: the section ``[api]``.
        data_dir: where the token lies.
        content_dir: where the definitions of channels lie.
        clock: tells the time.
        ids: gives identifiers to replays.
        health: what ``/readyz`` checks.
        installation: as in the traces.
        console_dir: where the built console lies.
    """

    pool: asyncpg.Pool
    log: PostgresLog
    settings: ApiSettings
    data_dir: Path
    content_dir: Path
    clock: Clock
    ids: IdSource
    health: HealthChecks = field(default_factory=HealthChecks)
    installation: str = ""
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
    app.include_router(projections.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(masterdata.router, prefix=PREFIX, responses=channels.REFUSALS)
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
    tracer = Tracer(
        ReadStore(deps.pool),
        deps.log,
        content_dir=deps.content_dir,
        timezone=settings.timezone,
        installation=deps.installation,
        shown_bytes_max=settings.body_shown_bytes_max,
    )
    queries = Queries(deps.pool, deps.log, deps.clock, tracer=tracer)
    app.state.settings = settings
    app.state.tracer = tracer
    app.state.queries = queries
    app.state.actions = Actions(queries, deps.pool, deps.log, deps.clock, deps.ids)
    app.state.projections = ProjectionsService(deps.pool, deps.log)
    app.state.masterdata = MasterDataService(
        deps.pool, deps.log, deps.clock, ZoneInfo(settings.timezone)
    )
    app.state.health = deps.health
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
    app.mount("/", GZipMiddleware(Console(deps.console_dir), minimum_size=1024))
    app.add_middleware(Emergency, queries=queries, sessions=app.state.sessions)
    app.add_middleware(Guard, sessions=app.state.sessions)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(LastResort)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    await app.state.live.close()
    await app.state.tracer.close()
