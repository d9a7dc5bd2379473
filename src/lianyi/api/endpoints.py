"""The API about itself: session, error reference, live view."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from starlette.datastructures import Headers
from starlette.responses import StreamingResponse

from lianyi.api.live import Live
from lianyi.api.reference import explain
from lianyi.api.session import COOKIE, Sessions, address_of
from lianyi.api.settings import ApiSettings
from lianyi.api.views import Explanation, Session, SignIn
from lianyi.base.errors import LianyiError
from lianyi.channels.endpoints import REFUSALS

router = APIRouter(responses=REFUSALS)


@cache
def product_version() -> str:
    """Return the version of the installed package; empty when it runs from a folder."""
    try:
        return version("lianyi")
    except PackageNotFoundError:
        return ""


def _session(request: Request, *, signed_in: bool) -> Session:
    settings: ApiSettings = request.app.state.settings
    return Session(
        site_name=settings.site_name,
        timezone=settings.timezone,
        version=product_version(),
        signed_in=signed_in,
    )


@router.get("/session", tags=["session"])
async def get_session(request: Request) -> Session:
    """Where the caller is, and whether it is signed in. Needs no token."""
    sessions: Sessions = request.app.state.sessions
    try:
        sessions.check("GET", Headers(scope=request.scope), address=address_of(request.scope))
    except LianyiError:
        return _session(request, signed_in=False)
    return _session(request, signed_in=True)


@router.post("/session", tags=["session"])
async def sign_in(request: Request, response: Response, wanted: SignIn) -> Session:
    """Change the token for a cookie."""
    sessions: Sessions = request.app.state.sessions
    cookie = sessions.sign_in(wanted.token, address=address_of(request.scope))
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=sessions.lasts_seconds,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return _session(request, signed_in=True)


@router.delete("/session", tags=["session"])
async def sign_out(request: Request, response: Response) -> Session:
    """End the session of this browser."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return _session(request, signed_in=False)


@router.get("/errors/{code}", tags=["reference"])
async def get_error(code: Annotated[str, Path(max_length=20)]) -> Explanation:
    """What an error code means and what to do."""
    return explain(code)


@router.get(
    "/live",
    tags=["overview"],
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
    return StreamingResponse(
        live.follow(),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
