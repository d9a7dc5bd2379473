"""Puts the doors together: the console's JSON API, the console, health, readiness, metrics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import structlog
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from lianyi.api import doors, endpoints, oauth_doors, sign_in_doors, smart_doors
from lianyi.api.console import BUILT, Console, SecurityHeaders
from lianyi.api.emergency import Emergency
from lianyi.api.failures import LastResort, install
from lianyi.api.first_token import console_token
from lianyi.api.guard import Gatekeeper, Guard, Operations, operations_of
from lianyi.api.live import Live
from lianyi.api.settings import ApiSettings
from lianyi.base.clock import Clock, IdSource
from lianyi.base.errors import LianyiError
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
from lianyi.security import endpoints as security
from lianyi.security.accounts import Accounts
from lianyi.security.app_tokens import AppTokens
from lianyi.security.audit import endpoints as audit
from lianyi.security.audit.export import KEY_FILE, Signer
from lianyi.security.audit.service import Audit
from lianyi.security.audit.settings import AuditSettings
from lianyi.security.identities import Identities
from lianyi.security.keyring import make_key_file
from lianyi.security.oauth import TokenServer
from lianyi.security.outside_sign_in import OutsideSignIn
from lianyi.security.own_account import OwnAccount
from lianyi.security.password_rules import PasswordRules
from lianyi.security.passwords import PasswordHasher, PasswordHashing
from lianyi.security.providers.book import ProviderBook
from lianyi.security.roles import RoleBook
from lianyi.security.settings import SecuritySettings
from lianyi.security.signing_in import SigningIn
from lianyi.security.smart import endpoints as smart
from lianyi.security.smart.apps import Apps
from lianyi.security.smart.authorising import Authorising
from lianyi.security.smart.identity_tokens import IdentityTokens
from lianyi.security.trail import Trail
from lianyi.security.vault import Vault, VaultSettings

logger = structlog.get_logger(__name__)

PREFIX = "/api/v1"
VAULT_FILE = "vault-keys.json"
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
        security, passwords, hashing, vault, audit: the sections of these names.
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
    security: SecuritySettings = field(default_factory=SecuritySettings)
    passwords: PasswordRules = field(default_factory=PasswordRules)
    hashing: PasswordHashing = field(default_factory=PasswordHashing)
    vault: VaultSettings = field(default_factory=VaultSettings)
    audit: AuditSettings = field(default_factory=AuditSettings)


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
    app.include_router(sign_in_doors.router, prefix=PREFIX, responses=sign_in_doors.PAGES)
    app.include_router(channels.router, prefix=PREFIX)
    app.include_router(security.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(projections.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(masterdata.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(audit.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(smart.router, prefix=PREFIX, responses=channels.REFUSALS)
    app.include_router(doors.router)
    app.include_router(oauth_doors.router)
    app.include_router(smart_doors.router)
    install(app)
    return app


@cache
def every_operation() -> Operations:
    """Return the operations of the API; they are the same for every application."""
    return operations_of(bare_app())


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
    app.state.pool = deps.pool
    app.state.tracer = tracer
    app.state.queries = queries
    app.state.actions = Actions(queries, deps.pool, deps.log, deps.clock, deps.ids)
    app.state.projections = ProjectionsService(deps.pool, deps.log)
    app.state.masterdata = MasterDataService(
        deps.pool, deps.log, deps.clock, ZoneInfo(settings.timezone)
    )
    app.state.health = deps.health
    keeper, trail = _security(app, deps)
    app.state.live = Live(
        queries.look,
        clients_max=settings.live_clients_max,
        poll_seconds=settings.poll_seconds,
    )
    app.mount("/", GZipMiddleware(Console(deps.console_dir), minimum_size=1024))
    app.add_middleware(Emergency, queries=queries, keeper=keeper)
    app.add_middleware(
        Guard,
        keeper=keeper,
        operations=every_operation(),
        trail=trail,
        metrics_open=deps.security.metrics_open,
    )
    app.add_middleware(SecurityHeaders)
    app.add_middleware(LastResort)
    return app


def _security(app: FastAPI, deps: ApiDependencies) -> tuple[Gatekeeper, Trail]:
    """Build what accounts need."""
    roles, hasher = RoleBook(deps.content_dir), PasswordHasher(deps.hashing)

    @cache
    def vault() -> Vault:
        """Return the vault; its key file is made when the first secret needs it."""
        path = deps.vault.key_file or deps.data_dir / VAULT_FILE
        if not path.exists():
            make_key_file(path, deps.clock.now())
        return Vault(path, deps.vault.cipher)

    signing_in = SigningIn(
        deps.pool,
        deps.log,
        deps.clock,
        roles=roles,
        settings=deps.security,
        passwords=deps.passwords,
        hasher=hasher,
        vault=vault,
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
        vault=vault,
        signing_in=signing_in,
        site_name=deps.settings.site_name,
    )
    _doors_for_others(app, deps, roles, signing_in, vault)
    app.state.trail = Trail(deps.pool, deps.log)
    signer = Signer(deps.data_dir / KEY_FILE)
    app.state.audit = Audit(
        deps.pool, deps.log, deps.clock, signer=signer, source_id=deps.audit.source_id
    )
    app.state.keeper = Gatekeeper(signing_in, deps.clock, settings=deps.security)
    return app.state.keeper, app.state.trail


def _doors_for_others(
    app: FastAPI,
    deps: ApiDependencies,
    roles: RoleBook,
    signing_in: SigningIn,
    vault: Callable[[], Vault],
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
        vault=vault,
    )
    _doors_for_apps(app, deps, signing_in, vault)


def _doors_for_apps(
    app: FastAPI, deps: ApiDependencies, signing_in: SigningIn, vault: Callable[[], Vault]
) -> None:
    """Build what gives tokens to systems, and to apps that act for people."""
    house = (deps.pool, deps.log, deps.clock)
    issuer, lasts_seconds = deps.settings.address, deps.security.access_token_seconds
    app.state.identity_tokens = IdentityTokens(deps.pool, deps.clock, vault, issuer=issuer)
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
    looking = asyncio.create_task(_look_at_roles(app.state.accounts), name="roles")
    yield
    looking.cancel()
    await app.state.trail.close()
    app.state.keeper.signing_in.close()
    app.state.own_account.close()
    await app.state.outside.close()
    await app.state.live.close()
    await app.state.tracer.close()
