"""OAuth 2.0 for systems and apps: ``/oauth/token`` and its neighbours.

Failures have the form of RFC 6749, 5.2, not ours: clients are written for it. The code of ours
begins ``error_description``.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any
from urllib.parse import unquote_plus

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from lianyi.api.browser import read_form
from lianyi.api.failures import UnclearRequest, status_of
from lianyi.api.guard import Gatekeeper, TooManyTries, address_of, certificate_of
from lianyi.api.sign_in_doors import FORM
from lianyi.base.errors import LianyiError
from lianyi.base.sensitive import Sensitive
from lianyi.security.client_certificates import Method
from lianyi.security.oauth import ASSERTION_TYPE, TokenServer
from lianyi.security.oauth_model import Client, Shown
from lianyi.security.oauth_problems import TokenRefused, UnknownClient
from lianyi.security.permissions import ANYBODY, needs

METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
CERTIFICATE_METHODS = [one.value for one in Method]
FROM_ANYWHERE = {"Access-Control-Allow-Origin": "*"}
"""A page of an app may read the answer: it is given for what the request says, not for a cookie."""
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}

_ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
    "required": ["error"],
}
REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": "refused (RFC 6749, 5.2)",
        "content": {"application/json": {"schema": _ERROR}},
    }
    for status in (400, 401, 403, 405, 413, 422, 429, 500, 503)
}

router = APIRouter(tags=["oauth"], responses=REFUSALS)


def server_of(request: Request) -> TokenServer:
    """Return the token server of the house."""
    found: TokenServer = request.app.state.token_server
    return found


@router.post("/oauth/token", openapi_extra=needs(ANYBODY) | FORM, response_class=Response)
async def give_token(request: Request) -> Response:
    """An access token: for a system itself (RFC 6749, 4.4), or for an app that acts for a person.

    For the latter with ``authorization_code`` (4.1.3) or ``refresh_token`` (6).
    """
    try:
        client, form = await _client(request)
        given = await server_of(request).give(client, form, address=address_of(request.scope))
    except LianyiError as failure:
        return _refusal(request, failure)
    return answer_json(
        {
            "access_token": given.shown.reveal(),
            "token_type": "Bearer",
            "expires_in": given.lasts_seconds,
            "scope": " ".join(given.scopes),
            **given.more,
        },
        headers=FROM_ANYWHERE,
    )


@router.post("/oauth/revoke", openapi_extra=needs(ANYBODY) | FORM, response_class=Response)
async def revoke_token(request: Request) -> Response:
    """End one's own access token (RFC 7009)."""
    try:
        client, form = await _client(request)
        await server_of(request).revoke(client, form, address=address_of(request.scope))
    except LianyiError as failure:
        return _refusal(request, failure)
    return Response(status_code=200, headers=NO_STORE | FROM_ANYWHERE)


@router.post("/oauth/introspect", openapi_extra=needs(ANYBODY) | FORM, response_class=Response)
async def introspect_token(request: Request) -> Response:
    """What an access token is good for (RFC 7662)."""
    try:
        client, form = await _client(request)
        found = await server_of(request).introspect(client, form)
    except LianyiError as failure:
        return _refusal(request, failure)
    return answer_json(found)


async def _client(request: Request) -> tuple[Client, dict[str, str]]:
    """Return who asks, and for what."""
    keeper: Gatekeeper = request.app.state.keeper
    address = address_of(request.scope)
    keeper.let_try(address)
    form = await read_form(request)
    try:
        client = await server_of(request).prove(_shown(request, form), address=address)
    except UnknownClient:
        keeper.count(address)
        raise
    return client, form


def _shown(request: Request, form: dict[str, str]) -> Shown:
    """Return how the client shows who it is: in one way, never in two."""
    basic = request.headers.get("authorization", "")
    ways = [bool(basic), "client_secret" in form, "client_assertion" in form]
    if sum(ways) > 1:
        raise TokenRefused(where="client", why="the client authenticates in more than one way")
    if basic:
        client, secret = _basic(basic)
        if form.get("client_id", client) != client:
            raise TokenRefused(where="client_id", why="client_id differs from the header")
        return Shown(client, Sensitive(secret))
    if "client_assertion" in form:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise TokenRefused(
                where="client_assertion_type", why=f"client_assertion_type must be {ASSERTION_TYPE}"
            )
        return Shown(form.get("client_id", ""), assertion=form["client_assertion"])
    if "client_secret" in form:
        return Shown(form.get("client_id", ""), Sensitive(form["client_secret"]))
    return Shown(form.get("client_id", ""), certificate=certificate_of(request.scope))


def _basic(header: str) -> tuple[str, str]:
    """Return name and secret of a header; both are form-encoded (RFC 6749, 2.3.1)."""
    scheme, _, value = header.partition(" ")
    try:
        text = base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    client, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        return "", ""
    return unquote_plus(client), unquote_plus(secret)


def answer_json(
    body: Any,  # noqa: ANN401
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    """Return an answer that nobody keeps, unless the headers say so."""
    return Response(
        orjson.dumps(body),
        status_code=status,
        media_type="application/json",
        headers={**NO_STORE, **(headers or {})},
    )


def _refusal(request: Request, failure: LianyiError) -> Response:
    """Return a failure in the form of RFC 6749, 5.2."""
    if isinstance(failure, TokenRefused):
        word, status = failure.error, 400
    elif isinstance(failure, UnclearRequest):
        word, status = "invalid_request", 400
    else:
        word, status = "server_error", status_of(failure)
    headers = dict(FROM_ANYWHERE)
    if isinstance(failure, UnknownClient):
        status = 401
        headers["WWW-Authenticate"] = 'Basic realm="lianyi"'
    if word == "temporarily_unavailable" or isinstance(failure, TooManyTries):
        word, status = "temporarily_unavailable", 429
    told = re.sub(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]", "'", failure.text("en"))
    return answer_json({"error": word, "error_description": told}, status=status, headers=headers)
