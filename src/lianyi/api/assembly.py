"""Puts the doors together: the console's JSON API, the console, health, readiness, metrics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from zoneinfo import ZoneInfo

import asyncpg
import structlog
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from lianyi.api.addresses import every_operation, served_app
from lianyi.api.bodies import Bodies
from lianyi.api.card_authorities import HttpCardAuthority
from lianyi.api.certificates import Inventory, Sources
from lianyi.api.console import Console, SecurityHeaders
from lianyi.api.dependencies import ApiDependencies
from lianyi.api.emergency import Emergency
from lianyi.api.failures import LastResort
from lianyi.api.fhir_failures import FhirFailures
from lianyi.api.fhir_parts import add_exports, add_fhir, add_subscriptions
from lianyi.api.first_token import console_token
from lianyi.api.guard import Gatekeeper, Guard
from lianyi.api.live import Live
from lianyi.api.number_parts import add_numbers, add_reports
from lianyi.api.proxies import TrustedProxies
from lianyi.base.errors import LianyiError
from lianyi.channels.queries import Queries
from lianyi.channels.read_store import ReadStore
from lianyi.channels.service import Actions
from lianyi.channels.tracing import Tracer
from lianyi.channels.views import OverviewProblem, problem_facts
from lianyi.projections.care.relations import TreatmentRelations
from lianyi.projections.care.service import CareService
from lianyi.projections.clinical.record.launching import RecordLaunches
from lianyi.projections.clinical.record.linking import RecordLinks
from lianyi.projections.clinical.record.looking import RecordLooks
from lianyi.projections.clinical.record.service import RecordService
from lianyi.projections.identity.authorities import authorities_in
from lianyi.projections.identity.carding.service import Carding
from lianyi.projections.identity.seconding.service import Seconding
from lianyi.projections.identity.service import IdentityService
from lianyi.projections.identity.upkeep.inspecting import Inspector
from lianyi.projections.identity.upkeep.modelling import Modelling
from lianyi.projections.identity.upkeep.surveying import Surveyor
from lianyi.projections.masterdata.questions import organisation_names
from lianyi.projections.masterdata.service import MasterDataService
from lianyi.projections.service import ProjectionsService
from lianyi.security.accounts import Accounts
from lianyi.security.app_tokens import AppTokens
from lianyi.security.audit.export import KEY_FILE, Signer
from lianyi.security.audit.service import Audit
from lianyi.security.hearing import Hearing
from lianyi.security.identities import Identities
from lianyi.security.links.service import Links
from lianyi.security.oauth import TokenServer
from lianyi.security.outside_sign_in import OutsideSignIn
from lianyi.security.own_account import OwnAccount
from lianyi.security.passwords import PasswordHasher
from lianyi.security.privacy.classification import ClassificationBook
from lianyi.security.privacy.consents import Consents
from lianyi.security.privacy.glasses import Glasses
from lianyi.security.privacy.model import Relations
from lianyi.security.privacy.notices import Notices
from lianyi.security.privacy.service import Privacy
from lianyi.security.providers.book import ProviderBook
from lianyi.security.roles import RoleBook
from lianyi.security.signing_in import SigningIn
from lianyi.security.smart.apps import Apps
from lianyi.security.smart.authorising import Authorising
from lianyi.security.smart.identity_tokens import IdentityTokens
from lianyi.security.strongroom import StrongRoom
from lianyi.security.trail import Trail

logger = structlog.get_logger(__name__)

ROLES_SECONDS = 30.0


def create_app(deps: ApiDependencies) -> FastAPI:
    """Return the application, ready to serve.

    ``app.state.live.close()`` ends the live views; call it before the server waits for its
    connections to end.
    """
    settings, roles = deps.settings, RoleBook(deps.content_dir)
    app = served_app()
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
    app.state.settings, app.state.https = settings, deps.https
    app.state.pool, app.state.tracer = deps.pool, tracer
    app.state.projections = ProjectionsService(deps.pool, deps.log)
    zone = ZoneInfo(settings.timezone)
    app.state.masterdata = MasterDataService(deps.pool, deps.log, deps.clock, zone)
    app.state.relations = TreatmentRelations(
        deps.pool, deps.clock, zone, roles=roles, settings=deps.privacy
    )
    decides = app.state.privacy = _privacy(app, deps, app.state.relations)
    app.state.care = CareService(
        deps.pool, deps.clock, zone, relations=app.state.relations, privacy=decides
    )
    _identity(app, deps, decides)
    add_fhir(app, deps, zone, decides)
    add_numbers(app, deps, zone, decides)
    queries = app.state.queries = Queries(
        deps.pool,
        deps.log,
        deps.clock,
        tracer=tracer,
        privacy=decides,
        alarms=partial(_hurts, app),
    )
    app.state.actions = Actions(queries, deps.pool, deps.log, deps.clock, deps.ids)
    app.state.health = deps.health
    keeper, trail = _security(app, deps, roles)
    add_reports(app, deps, zone)
    add_exports(app, deps, zone, decides)
    add_subscriptions(app, deps, zone, decides)
    app.state.live = Live(
        queries.look, clients_max=settings.live_clients_max, poll_seconds=settings.poll_seconds
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


async def _hurts(app: FastAPI) -> list[OverviewProblem]:
    """Return what hurts besides channels: certificates that run out, reports that were not sent."""
    none = {"channel": None, "destination": None}
    not_sent = [
        OverviewProblem.model_validate({**problem_facts(failure), **none, "since": since})
        for failure, since in await app.state.indicator_reports.alarms()
    ]
    return [*await app.state.certificates.alarms(), *not_sent]


def _see_out(app: FastAPI, deps: ApiDependencies) -> None:
    """Put around everything what each answer passes on its way out."""
    app.add_middleware(LastResort)
    app.add_middleware(FhirFailures, written_down=True)
    app.add_middleware(
        SecurityHeaders,
        hsts_days=deps.https.hsts_days,
        frame_origins=deps.embedding.frame_origins,
    )
    app.add_middleware(TrustedProxies, https=deps.https)  # says first how the request came


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
    named = authorities_in(deps.content_dir)
    veiled = named.all_of(deps.identity.veiled)
    app.state.identity = IdentityService(
        deps.pool,
        deps.log,
        deps.clock,
        privacy=privacy,
        alone_records_max=deps.identity.alone_records_max,
        sensitive=veiled,
        ranks=named.spread(deps.identity.ranks),
    )
    house = (app.state.identity, app.state.masterdata)
    app.state.record = RecordService(*house, privacy=privacy, zone=ZoneInfo(deps.settings.timezone))
    app.state.record_looks = RecordLooks(
        *house, privacy=privacy, relations=app.state.relations, glasses=app.state.glasses
    )
    authorities = [HttpCardAuthority(one) for one in deps.identity.card_authorities]
    app.state.card_authorities = authorities
    app.state.carding = Carding(app.state.identity, authorities)
    app.state.seconding = Seconding(app.state.identity, deps.log)
    app.state.modelling = Modelling(
        deps.pool, deps.log, deps.clock, privacy=privacy, sensitive=veiled
    )
    app.state.surveyor = Surveyor(deps.pool, deps.clock, privacy=privacy, sensitive=veiled)
    app.state.inspector = Inspector(deps.pool, deps.clock, privacy=privacy, sensitive=veiled)


def _links(app: FastAPI, deps: ApiDependencies, signing_in: SigningIn) -> Links:
    """Build what opens records for users of other systems."""
    house = (deps.pool, deps.log, deps.clock, deps.ids)
    links = Links(*house, signing_in=signing_in, settings=deps.embedding)
    base = deps.settings.address(secure=deps.https.on)
    app.state.record_links = RecordLinks(
        app.state.identity, privacy=app.state.privacy, links=links, base=base
    )
    app.state.record_launches = RecordLaunches(
        deps.pool,
        outside=app.state.outside,
        signing_in=signing_in,
        record_links=app.state.record_links,
        links=links,
    )
    return links


def _security(app: FastAPI, deps: ApiDependencies, roles: RoleBook) -> tuple[Gatekeeper, Trail]:
    """Build what accounts need."""
    hasher = PasswordHasher(deps.hashing)

    room = StrongRoom(deps.pool, deps.log, deps.clock, settings=deps.vault, data_dir=deps.data_dir)
    app.state.strongroom = room

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
    links = _links(app, deps, signing_in)
    app.state.keeper = Gatekeeper(signing_in, links, deps.clock, settings=deps.security)
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
    working.append(asyncio.create_task(app.state.bulk.exporter.run(), name="exports"))
    working.append(asyncio.create_task(app.state.telling.run(), name="subscriptions"))
    making = app.state.indicator_reports.maker
    working.append(asyncio.create_task(making.run(), name="reports"))
    working.append(asyncio.create_task(app.state.prepare_figures(), name="figures"))
    if app.state.hearing:
        working.append(asyncio.create_task(app.state.hearing.listen(), name="hearing"))
    yield
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    await close_app(app)


async def close_app(app: FastAPI) -> None:
    """Close what an application holds open, for whoever does not let it live its whole life."""
    await app.state.trail.close()
    app.state.keeper.signing_in.close()
    app.state.own_account.close()
    await app.state.outside.close()
    await app.state.modelling.close()
    for authority in app.state.card_authorities:
        await authority.close()
    await app.state.hook.close()
    await app.state.live.close()
    await app.state.indicators.close()
    await app.state.quality.close()
    await app.state.tracer.close()
