"""The API about itself: session, error reference, live view."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from starlette.datastructures import Headers
from starlette.responses import StreamingResponse

from lianyi.api.browser import set_session
from lianyi.api.certificates import Inventory
from lianyi.api.guard import COOKIE, Gatekeeper, address_of, cookie_of
from lianyi.api.live import Live
from lianyi.api.reference import explain
from lianyi.api.settings import ApiSettings
from lianyi.api.views import (
    CertificateView,
    Explanation,
    Me,
    Printed,
    ProviderView,
    Session,
    SignIn,
)
from lianyi.base.errors import LianyiError
from lianyi.base.sensitive import Sensitive
from lianyi.channels.endpoints import REFUSALS
from lianyi.channels.views import problem_of
from lianyi.security.access import current
from lianyi.security.accounts import Accounts
from lianyi.security.acts import act
from lianyi.security.failures import SignInRefused
from lianyi.security.model import Actor
from lianyi.security.outside_sign_in import OutsideSignIn
from lianyi.security.permissions import ANYBODY, SIGNED_IN, needs
from lianyi.security.providers.problems import SignInRefused as RefusedOutside
from lianyi.security.signing_in import Proof
from lianyi.security.trail import Trail
from lianyi.security.views import FirstAdministrator

router = APIRouter(responses=REFUSALS)


@cache
def product_version() -> str:
    """Return the version of the installed package; empty when it runs from a folder."""
    try:
        return version("lianyi")
    except PackageNotFoundError:
        return ""


def _keeper(request: Request) -> Gatekeeper:
    found: Gatekeeper = request.app.state.keeper
    return found


async def _session(request: Request, actor: Actor | None) -> Session:
    settings: ApiSettings = request.app.state.settings
    keeper = _keeper(request)
    outside: OutsideSignIn = request.app.state.outside
    return Session(
        site_name=settings.site_name,
        timezone=settings.timezone,
        version=product_version(),
        signed_in=actor is not None,
        first_token=await keeper.signing_in.first_token_is_good(),
        administered=await keeper.signing_in.has_administrator(),
        providers=[
            ProviderView(
                name=one.file.provider,
                title_zh=one.file.title.zh,
                title_en=one.file.title.en,
                kind=one.kind,
            )
            for one in outside.book.offered()
        ],
        account=_me(actor) if actor else None,
    )


def _me(actor: Actor) -> Me:
    return Me(
        name=actor.name,
        display_name=actor.display_name,
        organisation=actor.organisation,
        roles=list(actor.roles),
        permissions={name: sorted(where) for name, where in actor.reach.of.items()},
        purpose=actor.purpose.value,
        purposes=[
            actor.purpose.value,
            *sorted(one.value for one in actor.purposes - {actor.purpose}),
        ],
        factors=list(actor.factors),
        must_change=actor.must_change,
        needs_factor=actor.needs_factor,
    )


async def _actor(request: Request) -> Actor | None:
    """Return who asks; for an app that acts for somebody this is nobody."""
    try:
        found = await _keeper(request).identify(
            "GET", Headers(scope=request.scope), address=address_of(request.scope), in_use=False
        )
    except LianyiError:
        return None
    return None if found is None or found.granted else found


@router.get("/session", tags=["session"], openapi_extra=needs(ANYBODY))
async def get_session(request: Request) -> Session:
    """Where the caller is, and who. Needs no sign-in."""
    return await _session(request, await _actor(request))


@router.post("/session", tags=["session"], openapi_extra=needs(ANYBODY))
async def sign_in(request: Request, response: Response, wanted: SignIn) -> Session:
    """Sign in with name and password, if asked a one-time code too; or with the first token.

    With ``provider`` a directory of the hospital judges name and password.
    """
    keeper, address = _keeper(request), address_of(request.scope)
    keeper.let_try(address)
    agent = request.headers.get("user-agent", "")
    try:
        if wanted.token is not None:
            opened = await keeper.signing_in.open_first(wanted.token, address=address, agent=agent)
        elif wanted.provider:
            outside: OutsideSignIn = request.app.state.outside
            proof = Proof(wanted.name, Sensitive(wanted.password), wanted.code)
            opened = await outside.open(wanted.provider, proof, address=address, agent=agent)
        else:
            proof = Proof(wanted.name, Sensitive(wanted.password), wanted.code)
            opened = await keeper.signing_in.open(proof, address=address, agent=agent)
    except (SignInRefused, RefusedOutside):
        keeper.count(address)
        raise
    set_session(request, response, opened)
    return await _session(request, opened.actor)


@router.delete("/session", tags=["session"], openapi_extra=needs(SIGNED_IN))
async def sign_out(request: Request, response: Response) -> Session:
    """End the session of this browser.

    ``logout_url`` is where the session at the hospital's sign-in service ends, too.
    """
    shown = Sensitive(cookie_of(Headers(scope=request.scope)))
    outside: OutsideSignIn = request.app.state.outside
    logout_url = await outside.logout_url(shown)
    await _keeper(request).signing_in.end(shown)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return (await _session(request, None)).model_copy(update={"logout_url": logout_url})


@router.post("/session/first", tags=["session"], openapi_extra=needs("accounts.manage"))
async def make_first_administrator(request: Request, wanted: FirstAdministrator) -> Session:
    """Make the security administrator, once, with the token of the first start."""
    accounts: Accounts = request.app.state.accounts
    await accounts.begin(
        wanted.name, display_name=wanted.display_name, password=Sensitive(wanted.password)
    )
    return await _session(request, None)


@router.post("/prints", tags=["session"], status_code=204, openapi_extra=needs(SIGNED_IN))
async def note_print(request: Request, wanted: Printed) -> None:
    """Write down that a page of the console goes to a printer; the console says so by itself."""
    trail: Trail = request.app.state.trail
    await trail.write(act("page.printed", {"page": wanted.page}))


@router.get("/certificates", tags=["overview"], openapi_extra=needs("overview.read"))
async def list_certificates_known(request: Request) -> list[CertificateView]:
    """Every certificate of the installation that the caller may know of; what ends first, first."""
    inventory: Inventory = request.app.state.certificates
    now = inventory.now()
    return [
        CertificateView(
            used_by=one.used_by,
            place=one.place,
            subject=one.subject,
            issuer=one.issuer,
            fingerprint=one.fingerprint,
            until=one.until,
            days_left=one.days_left(now),
            problems=[problem_of(finding) for finding in one.findings],
        )
        for one in await inventory.visible()
    ]


@router.get("/errors/{code}", tags=["reference"], openapi_extra=needs(ANYBODY))
async def get_error(code: Annotated[str, Path(max_length=20)]) -> Explanation:
    """What an error code means and what to do."""
    return explain(code)


@router.get(
    "/live",
    tags=["overview"],
    openapi_extra=needs("overview.read"),
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "server-sent events: `overview` (an Overview), `messages` "
            "(a NewestMessage), `ping`",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
async def follow(request: Request) -> StreamingResponse:
    """Follow the overview and the newest message as they change."""
    live: Live = request.app.state.live
    seen = set(current().actor.reach.organisations("overview.read"))

    async def still() -> bool:
        """Tell whether he may see what he saw; with less or more the browser comes anew."""
        actor = await _actor(request)
        if actor is None or actor.must_change or actor.needs_factor:
            return False
        return set(actor.reach.organisations("overview.read")) == seen

    return StreamingResponse(
        live.follow(still=still),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
