"""The way to the hospital's sign-in page and back, and what it tells us when somebody left."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import Response

from lianyi.api.browser import (
    BINDING,
    BINDING_PATH,
    code_page,
    failure_page,
    onward,
    own_path,
    read_form,
    set_binding,
    set_session,
)
from lianyi.api.failures import UnclearRequest, answer, status_of
from lianyi.api.guard import Gatekeeper, address_of
from lianyi.base.errors import LianyiError
from lianyi.security.outside_sign_in import Came, CodeAsked, OutsideSignIn
from lianyi.security.permissions import ANYBODY, needs
from lianyi.security.providers.problems import NoSuchProvider
from lianyi.security.providers.saml import SamlProvider

ANSWER_CHARACTERS_MAX = 8000

router = APIRouter(tags=["session"])

ProviderName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
ReturnTo = Annotated[str, Query(max_length=2000)]
HTML: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {"schema": {"type": "string"}}}}
}
PAGES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": "a page for people that says why not",
        "content": {
            "text/html": {"schema": {"type": "string"}},
            "application/json": {"schema": {"$ref": "#/components/schemas/Failure"}},
        },
    }
    for status in (400, 401, 403, 404, 409, 422, 429, 500, 502, 503)
}
FORM: dict[str, Any] = {
    "requestBody": {
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {"type": "object", "additionalProperties": {"type": "string"}}
            }
        }
    }
}


def _outside(request: Request) -> OutsideSignIn:
    found: OutsideSignIn = request.app.state.outside
    return found


@router.get(
    "/session/{provider}/begin",
    openapi_extra=needs(ANYBODY),
    response_class=RedirectResponse,
    status_code=303,
)
async def begin_sign_in(
    request: Request, provider: ProviderName, return_to: ReturnTo = "/"
) -> Response:
    """Send the browser to the hospital's sign-in page. For browsers: failures are pages."""
    try:
        away = await _outside(request).begin(
            provider, return_to=own_path(return_to), binding=request.cookies.get(BINDING, "")
        )
    except LianyiError as failure:
        return failure_page(failure)
    response = RedirectResponse(away.url, status_code=303)
    set_binding(request, response, away.binding)
    return response


@router.get(
    "/session/{provider}/finish",
    openapi_extra=needs(ANYBODY),
    response_class=HTMLResponse,
    responses=HTML,
)
async def finish_sign_in(request: Request, provider: ProviderName) -> Response:
    """Take the browser back from the hospital's sign-in page. For browsers: failures are pages."""
    keeper: Gatekeeper = request.app.state.keeper
    address = address_of(request.scope)
    try:
        keeper.let_try(address)
        came = await _outside(request).finish(
            provider,
            dict(request.query_params),
            binding=request.cookies.get(BINDING, ""),
            address=address,
            agent=request.headers.get("user-agent", ""),
        )
    except LianyiError as failure:
        return _failed(keeper, address, failure)
    if isinstance(came, CodeAsked):
        return code_page(f"{BINDING_PATH}/{provider}/code", came.key)
    return _in(request, came)


@router.post(
    "/session/{provider}/finish",
    openapi_extra=needs(ANYBODY) | FORM,
    response_class=RedirectResponse,
    status_code=303,
)
async def finish_sign_in_by_form(request: Request, provider: ProviderName) -> Response:
    """Take the browser back when the answer comes as a form: it is asked to bring it itself.

    A form that another site sends carries no cookie of ours; the step after it does. A SAML
    response is checked here, and only a key of it goes on.
    """
    keeper: Gatekeeper = request.app.state.keeper
    address, outside = address_of(request.scope), _outside(request)
    try:
        form = await read_form(request)
        if outside.takes_forms(provider):
            keeper.let_try(address)
            form = {"state": await outside.arrive(provider, form, address=address)}
        query = urlencode(form)
        if len(query) > ANSWER_CHARACTERS_MAX:
            raise UnclearRequest(where="body", why="it is too long")
    except LianyiError as failure:
        return _failed(keeper, address, failure)
    return RedirectResponse(f"{BINDING_PATH}/{provider}/finish?{query}", status_code=303)


@router.get(
    "/session/{provider}/metadata",
    openapi_extra=needs(ANYBODY),
    response_class=Response,
    responses={200: {"content": {"application/samlmetadata+xml": {"schema": {"type": "string"}}}}},
)
async def get_metadata(request: Request, provider: ProviderName) -> Response:
    """What a SAML identity provider wants to know of the platform (Metadata 2.0)."""
    found = _outside(request).book.get(provider).provider
    if not isinstance(found, SamlProvider):
        raise NoSuchProvider(where="provider")
    return Response(found.metadata(), media_type="application/samlmetadata+xml")


@router.post(
    "/session/{provider}/code",
    openapi_extra=needs(ANYBODY) | FORM,
    response_class=HTMLResponse,
    responses=HTML,
)
async def finish_with_code(request: Request, provider: ProviderName) -> Response:
    """Take the one-time code of somebody who came back. For browsers: failures are pages."""
    keeper: Gatekeeper = request.app.state.keeper
    address = address_of(request.scope)
    try:
        keeper.let_try(address)
        form = await read_form(request)
        came = await _outside(request).finish_with_code(
            provider,
            key=form.get("key", ""),
            code=form.get("code", "")[:40],
            binding=request.cookies.get(BINDING, ""),
            address=address,
            agent=request.headers.get("user-agent", ""),
        )
    except LianyiError as failure:
        return _failed(keeper, address, failure)
    return _in(request, came)


@router.post(
    "/session/{provider}/logged-out",
    openapi_extra=needs(ANYBODY) | FORM,
    status_code=200,
    response_class=Response,
)
async def hear_of_logout(request: Request, provider: ProviderName) -> Response:
    """End the sessions of somebody who signed out over there (Back-Channel Logout 1.0)."""
    keeper: Gatekeeper = request.app.state.keeper
    address = address_of(request.scope)
    try:
        keeper.let_try(address)
        token = (await read_form(request)).get("logout_token", "")
        await _outside(request).logged_out(provider, token, address=address)
    except LianyiError as failure:
        if status_of(failure) in {401, 403}:
            keeper.count(address)
        told = answer(failure)
        told.status_code = 503 if status_of(failure) == 503 else 400  # as its section 2.8 says
        return told
    return Response(status_code=200, headers={"Cache-Control": "no-store"})


def _in(request: Request, came: Came) -> Response:
    page = onward(came.return_to)
    set_session(request, page, came.opened)
    return page


def _failed(keeper: Gatekeeper, address: str, failure: LianyiError) -> Response:
    if status_of(failure) in {401, 403}:
        keeper.count(address)
    return failure_page(failure)
