"""Puts the doors together: the console's JSON API, the console, health, readiness, metrics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import structlog
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute

from lianyi.api import doors, endpoints, oauth_doors, sign_in_doors, smart_doors
from lianyi.api.bodies import Bodies
from lianyi.api.certificates import Inventory, Sources
from lianyi.api.console import BUILT, Console, SecurityHeaders
from lianyi.api.emergency import Emergency
from lianyi.api.failures import LastResort, install
from lianyi.api.fhir_failures import FhirFailures
from lianyi.api.first_token import console_token
from lianyi.api.guard import Gatekeeper, Guard, Operations, operations_of
from lianyi.api.live import Live
from lianyi.api.proxies import TrustedProxies
from lianyi.api.settings import ApiSettings, HttpsSettings
from lianyi.base.clock import Clock, IdSource
from lianyi.base.database import DatabaseSettings
from lianyi.base.errors import LianyiError
from lianyi.base.health import HealthChecks
from lianyi.channels import endpoints as channels
from lianyi.channels.queries import Queries
from lianyi.channels.read_store import ReadStore
from lianyi.channels.service import Actions
from lianyi.channels.tracing import Tracer
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections import endpoints as projections
from lianyi.projections.care import endpoints as care
from lianyi.projections.care.relations import TreatmentRelations
from lianyi.projections.care.service import CareService
from lianyi.projections.care.settings import PrivacySettings
from lianyi.projections.identity import endpoints as identity
from lianyi.projections.identity.fhir import endpoints as identity_fhir
from lianyi.projections.identity.fhir.changes import FhirChanges
from lianyi.projections.identity.fhir.patients import FhirPatients
from lianyi.projections.identity.service import IdentityService
from lianyi.projections.identity.upkeep import endpoints as identity_upkeep
from lianyi.projections.identity.upkeep.inspecting import Inspector
from lianyi.projections.identity.upkeep.modelling import Modelling
from lianyi.projections.masterdata import endpoints as masterdata
from lianyi.projections.masterdata.questions import organisation_names
from lianyi.projections.masterdata.service import MasterDataService
from lianyi.projections.service import ProjectionsService
from lianyi.security import endpoints as security
from lianyi.security.accounts import Accounts
from lianyi.security.app_tokens import AppTokens
from lianyi.security.audit import endpoints as audit
from lianyi.security.audit.export import KEY_FILE, Signer
from lianyi.security.audit.service import Audit
from lianyi.security.audit.settings import AuditSettings
from lianyi.security.hearing import Hearing
from lianyi.security.identities import Identities
from lianyi.security.oauth import TokenServer
from lianyi.security.outside_sign_in import OutsideSignIn
from lianyi.security.own_account import OwnAccount
from lianyi.security.password_rules import PasswordRules
from lianyi.security.passwords import PasswordHasher, PasswordHashing
from lianyi.security.privacy import endpoints as privacy
from lianyi.security.privacy.classification import ClassificationBook
from lianyi.security.privacy.consents import Consents
from lianyi.security.privacy.glasses import Glasses
from lianyi.security.privacy.model import Relations
from lianyi.security.privacy.notices import Notices
from lianyi.security.privacy.service import Privacy
from lianyi.security.providers.book import ProviderBook
from lianyi.security.roles import RoleBook
from lianyi.security.settings import SecuritySettings
from lianyi.security.signing_in import SigningIn
from lianyi.security.smart import endpoints as smart
from lianyi.security.smart.apps import Apps
from lianyi.security.smart.authorising import Authorising
from lianyi.security.smart.identity_tokens import IdentityTokens
from lianyi.security.strongroom import StrongRoom
from lianyi.security.trail import Trail
from lianyi.security.vault import VaultSettings

logger = structlog.get_logger(__name__)

PREFIX = "/api/v1"
ROLES_SECONDS = 30.0
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
        database, https, security, passwords, hashing, vault, audit, privacy: the sections of
            these names.
        connect: opens a connection that hears at once of rights that were changed elsewhere;
            None: they are looked at every few seconds only.
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
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    https: HttpsSettings = field(default_factory=HttpsSettings)
    security: SecuritySettings = field(default_factory=SecuritySettings)
    passwords: PasswordRules = field(default_factory=PasswordRules)
    hashing: PasswordHashing = field(default_factory=PasswordHashing)
    vault: VaultSettings = field(default_factory=VaultSettings)
    audit: AuditSettings = field(default_factory=AuditSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    connect: Callable[[], Awaitable[asyncpg.Connection]] | None = None


def bare_app() -> FastAPI:
    """Return the application with its addresses and no house behind them; enough for OpenAPI."""
    app = _app_without_addresses()
    app.router.routes.extend(_addresses())
    install(app)
    return app


def _app_without_addresses() -> FastAPI:
    return FastAPI(
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


@cache
def _addresses() -> tuple[BaseRoute, ...]:
    """Return the addresses of every application; FastAPI works them out once, not for each."""
    app = _app_without_addresses()
    before = len(app.routes)
    app.include_router(endpoints.router, prefix=PREFIX)
    app.include_router(sign_in_doors.router, prefix=PREFIX, responses=sign_in_doors.PAGES)
    app.include_router(channels.router, prefix=PREFIX)
    app.include_router(security.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(projections.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(masterdata.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(privacy.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(care.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(identity.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(identity_upkeep.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(audit.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(smart.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(doors.router)
    app.include_router(oauth_doors.router)
    app.include_router(smart_doors.router)
    app.include_router(identity_fhir.router)
    return tuple(app.routes[before:])


@cache
def every_operation() -> Operations:
    """Return the operations of the API; they are the same for every application."""
    return operations_of(bare_app())


def create_app(deps: ApiDependencies) -> FastAPI:
    """Return the application, ready to serve.

    ``app.state.live.close()`` ends the live views; call it before the server waits for its
    connections to end.
    """
    settings, roles = deps.settings, RoleBook(deps.content_dir)
    app = bare_app()
    app.router.lifespan_context = _lifespan
    tracer = Tracer(
        ReadStore(deps.pool, deps.log.cover),
        deps.log,
        content_dir=deps.content_dir,
        timezone=settings.timezone,
        installation=deps.installation,
        shown_bytes_max=settings.body_shown_bytes_max,
    )
    sources = Sources(deps.https, deps.database, deps.audit, deps.content_dir)
    app.state.certificates = Inventory(sources, deps.pool, deps.clock)
    app.state.settings = settings
    app.state.https = deps.https
    app.state.pool = deps.pool
    app.state.tracer = tracer
    app.state.projections = ProjectionsService(deps.pool, deps.log)
    zone = ZoneInfo(settings.timezone)
    app.state.masterdata = MasterDataService(deps.pool, deps.log, deps.clock, zone)
    app.state.relations = TreatmentRelations(
        deps.pool, deps.clock, zone, roles=roles, settings=deps.privacy
    )
    decides = _privacy(app, deps, app.state.relations)
    app.state.care = CareService(
        deps.pool, deps.clock, zone, relations=app.state.relations, privacy=decides
    )
    _identity(app, deps, decides)
    _fhir(app, deps, zone)
    queries = Queries(
        deps.pool,
        deps.log,
        deps.clock,
        tracer=tracer,
        privacy=decides,
        alarms=app.state.certificates.alarms,
    )
    app.state.queries = queries
    app.state.actions = Actions(queries, deps.pool, deps.log, deps.clock, deps.ids)
    app.state.health = deps.health
    keeper, trail = _security(app, deps, roles)
    app.state.live = Live(
        queries.look,
        clients_max=settings.live_clients_max,
        poll_seconds=settings.poll_seconds,
    )
    app.mount("/", GZipMiddleware(Console(deps.console_dir), minimum_size=1024))
    app.add_middleware(Emergency, queries=queries, keeper=keeper, trail=trail)
    app.add_middleware(Bodies, bytes_max=settings.body_bytes_max, seconds_max=settings.body_seconds)
    app.add_middleware(FhirFailures)
    app.add_middleware(
        Guard,
        keeper=keeper,
        operations=every_operation(),
        trail=trail,
        metrics_open=deps.security.metrics_open,
    )
    _see_out(app, deps)
    return app


def _see_out(app: FastAPI, deps: ApiDependencies) -> None:
    """Put around everything what each answer passes on its way out."""
    app.add_middleware(LastResort)
    app.add_middleware(FhirFailures, written_down=True)
    app.add_middleware(SecurityHeaders, hsts_days=deps.https.hsts_days)
    app.add_middleware(TrustedProxies, https=deps.https)  # says first how the request came


def _fhir(app: FastAPI, deps: ApiDependencies, zone: ZoneInfo) -> None:
    """Build what answers in FHIR."""
    service: IdentityService = app.state.identity
    base = f"{deps.settings.address(secure=deps.https.on)}/fhir"
    patients = FhirPatients(service, deps.clock, zone, base=base)
    app.state.fhir_patients = patients
    app.state.fhir_changes = FhirChanges(service, patients, deps.pool, deps.log, deps.clock, zone)


def _privacy(app: FastAPI, deps: ApiDependencies, relations: Relations) -> Privacy:
    """Build what decides how patients are seen."""
    book = ClassificationBook(deps.content_dir)
    app.state.classification = book
    notices = app.state.notices = Notices(deps.pool, deps.clock)
    house = (deps.pool, deps.log, deps.clock, deps.ids)
    app.state.consents = Consents(*house, notices=notices)
    app.state.glasses = Glasses(*house, book=book, notices=notices)
    return Privacy(deps.pool, deps.clock, book=book, relations=relations, notices=notices)


def _identity(app: FastAPI, deps: ApiDependencies, privacy: Privacy) -> None:
    """Build what knows who is one person, and keeps that right."""
    app.state.identity = IdentityService(deps.pool, deps.log, deps.clock, privacy=privacy)
    app.state.modelling = Modelling(deps.pool, deps.log, deps.clock, privacy=privacy)
    app.state.inspector = Inspector(deps.pool, deps.clock, privacy=privacy)


def _security(app: FastAPI, deps: ApiDependencies, roles: RoleBook) -> tuple[Gatekeeper, Trail]:
    """Build what accounts need."""
    hasher = PasswordHasher(deps.hashing)

    room = StrongRoom(deps.pool, deps.log, deps.clock, settings=deps.vault, data_dir=deps.data_dir)

    signing_in = SigningIn(
        deps.pool,
        deps.log,
        deps.clock,
        roles=roles,
        settings=deps.security,
        passwords=deps.passwords,
        hasher=hasher,
        vault=room.open,
        first_token=console_token(deps.data_dir),
    )
    app.state.accounts = Accounts(
        deps.pool,
        deps.log,
        deps.clock,
        deps.ids,
        roles=roles,
        passwords=deps.passwords,
        hasher=hasher,
        signing_in=signing_in,
    )
    app.state.own_account = OwnAccount(
        deps.pool,
        deps.log,
        deps.clock,
        passwords=deps.passwords,
        hasher=hasher,
        vault=room.open,
        signing_in=signing_in,
        site_name=deps.settings.site_name,
    )
    _doors_for_others(app, deps, roles, signing_in, room)
    app.state.trail = Trail(deps.pool, deps.log)
    signer = Signer(deps.data_dir / KEY_FILE)
    app.state.audit = Audit(
        deps.pool,
        deps.log,
        deps.clock,
        signer=signer,
        source_id=deps.audit.source_id,
        resolver=partial(organisation_names, app.state.masterdata),
    )

    def forget() -> None:
        signing_in.forget()
        app.state.notices.forget()

    app.state.hearing = Hearing(deps.connect, forget) if deps.connect else None
    app.state.keeper = Gatekeeper(signing_in, deps.clock, settings=deps.security)
    return app.state.keeper, app.state.trail


def _doors_for_others(
    app: FastAPI,
    deps: ApiDependencies,
    roles: RoleBook,
    signing_in: SigningIn,
    room: StrongRoom,
) -> None:
    """Build what lets people in whom a directory knows, and systems with tokens."""
    app.state.identities = Identities(
        deps.pool, deps.log, deps.clock, deps.ids, roles=roles, signing_in=signing_in
    )
    app.state.outside = OutsideSignIn(
        deps.pool,
        deps.log,
        deps.clock,
        deps.ids,
        book=ProviderBook(deps.content_dir, deps.clock, deps.ids),
        identities=app.state.identities,
        signing_in=signing_in,
        vault=room.open,
    )
    _doors_for_apps(app, deps, signing_in, room)


def _doors_for_apps(
    app: FastAPI, deps: ApiDependencies, signing_in: SigningIn, room: StrongRoom
) -> None:
    """Build what gives tokens to systems, and to apps that act for people."""
    house = (deps.pool, deps.log, deps.clock)
    issuer = deps.settings.address(secure=deps.https.on)
    lasts_seconds = deps.security.access_token_seconds
    app.state.identity_tokens = IdentityTokens(deps.pool, deps.clock, room.open, issuer=issuer)
    app.state.apps = Apps(*house, forget=signing_in.forget, issuer=issuer)
    app.state.authorising = Authorising(*house, deps.ids, forget=signing_in.forget, issuer=issuer)
    app.state.token_server = TokenServer(
        *house,
        signing_in=signing_in,
        apps=AppTokens(
            *house,
            signing_in=signing_in,
            identity=app.state.identity_tokens,
            lasts_seconds=lasts_seconds,
        ),
        address=issuer,
        lasts_seconds=lasts_seconds,
    )


async def _look_at_roles(accounts: Accounts) -> None:
    """Let roles end when their time is over, and files of roles hold when they have changed."""
    while True:
        try:
            await accounts.refresh()
        except (OSError, LianyiError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            logger.warning("roles.not_refreshed", kind=type(error).__name__)
        await asyncio.sleep(ROLES_SECONDS)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    working = [asyncio.create_task(_look_at_roles(app.state.accounts), name="roles")]
    if app.state.hearing:
        working.append(asyncio.create_task(app.state.hearing.listen(), name="hearing"))
    yield
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    await app.state.trail.close()
    app.state.keeper.signing_in.close()
    app.state.own_account.close()
    await app.state.outside.close()
    await app.state.modelling.close()
    await app.state.live.close()
    await app.state.tracer.close()
