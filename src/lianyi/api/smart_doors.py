"""Where apps send browsers, and what says that they may: SMART App Launch and OpenID Connect.

A browser that comes from an app is sent on to the console's page ``/authorize``; there the person
signs in, if need be, and answers. What is wrong with a request is told to the app, unless it is
not sure where that is: then the person sees a page.

Sources: SMART App Launch 2.2; RFC 6749, 4.1; RFC 8414; RFC 9207; OpenID Connect Discovery 1.0.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from lianyi.api.browser import failure_page, read_form
from lianyi.api.oauth_doors import (
    CERTIFICATE_METHODS,
    FROM_ANYWHERE,
    METHODS,
    REFUSALS,
    answer_json,
    server_of,
)
from lianyi.api.settings import HttpsSettings
from lianyi.api.sign_in_doors import FORM, PAGES
from lianyi.base.errors import LianyiError
from lianyi.security.oauth_assertions import ALGORITHMS
from lianyi.security.permissions import ANYBODY, PERMISSIONS, needs
from lianyi.security.scopes import SPECIAL
from lianyi.security.smart.authorising import Authorising
from lianyi.security.smart.identity_tokens import ALGORITHM, IdentityTokens
from lianyi.security.smart.problems import UnknownApp
from lianyi.security.smart.rules import PARAMETERS

CAPABILITIES = [
    "launch-ehr",
    "launch-standalone",
    "authorize-post",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "context-standalone-encounter",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
]
"""Of SMART App Launch 2.2, "Capability Sets": what is there, and nothing else."""

router = APIRouter(tags=["oauth"])


@router.get(
    "/oauth/authorize",
    openapi_extra=needs(ANYBODY),
    response_class=RedirectResponse,
    status_code=303,
    responses=PAGES,
)
async def authorise(request: Request) -> Response:
    """Take a browser that an app has sent. For browsers: failures are pages."""
    return await _receive(request, request.query_params.multi_items())


@router.post(
    "/oauth/authorize",
    openapi_extra=needs(ANYBODY) | FORM,
    response_class=RedirectResponse,
    status_code=303,
    responses=PAGES,
)
async def authorise_by_form(request: Request) -> Response:
    """Take a browser that an app has sent with a form. For browsers: failures are pages."""
    try:
        form = await read_form(request)
    except LianyiError as failure:
        return failure_page(failure)
    return await _receive(request, form.items())


async def _receive(request: Request, said: Iterable[tuple[str, str]]) -> Response:
    authorising: Authorising = request.app.state.authorising
    pairs = [(name, value) for name, value in said if name in PARAMETERS]
    try:
        if len(dict(pairs)) != len(pairs):  # nobody knows which of them is meant
            raise UnknownApp(where="authorization")
        return RedirectResponse(await authorising.receive(dict(pairs)), status_code=303)
    except LianyiError as failure:
        return failure_page(failure)


@router.get("/oauth/keys", openapi_extra=needs(ANYBODY), responses=REFUSALS)
async def list_signing_keys(request: Request) -> Response:
    """The public keys that prove who somebody is (JWK Set)."""
    identity: IdentityTokens = request.app.state.identity_tokens
    return answer_json(
        {"keys": await identity.published()},
        headers={**FROM_ANYWHERE, "Cache-Control": "public, max-age=300"},
    )


@router.get("/.well-known/oauth-authorization-server", openapi_extra=needs(ANYBODY))
async def describe_oauth(request: Request) -> Response:
    """What the token server offers (RFC 8414)."""
    return answer_json(_offered(request), headers=FROM_ANYWHERE)


@router.get("/.well-known/openid-configuration", openapi_extra=needs(ANYBODY))
async def describe_openid(request: Request) -> Response:
    """What the token server says about people (OpenID Connect Discovery)."""
    return answer_json(
        {
            **_offered(request),
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce",
                                 "fhirUser"],
        },
        headers=FROM_ANYWHERE,
    )  # fmt: skip


@router.get("/.well-known/smart-configuration", openapi_extra=needs(ANYBODY))
async def describe_smart(request: Request) -> Response:
    """What of SMART App Launch is there."""
    return answer_json({**_offered(request), "capabilities": CAPABILITIES}, headers=FROM_ANYWHERE)


@router.get("/fhir/.well-known/smart-configuration", openapi_extra=needs(ANYBODY))
async def describe_smart_of_fhir(request: Request) -> Response:
    """What of SMART App Launch is there, where an app that knows the FHIR address looks for it."""
    return await describe_smart(request)


def _offered(request: Request) -> dict[str, Any]:
    server = server_of(request)
    offered: dict[str, Any] = {
        "issuer": server.issuer,
        "jwks_uri": f"{server.issuer}/oauth/keys",
        "authorization_endpoint": f"{server.issuer}/oauth/authorize",
        "token_endpoint": server.token_endpoint,
        "revocation_endpoint": f"{server.issuer}/oauth/revoke",
        "introspection_endpoint": f"{server.issuer}/oauth/introspect",
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "scopes_supported": [
            *sorted(SPECIAL), "patient/*.cruds", "user/*.cruds", "system/*.cruds", *PERMISSIONS,
        ],
    }  # fmt: skip
    https: HttpsSettings = request.app.state.https
    proofs = METHODS + (CERTIFICATE_METHODS if https.knows_clients else [])
    if https.knows_clients:
        offered["tls_client_certificate_bound_access_tokens"] = True
    for endpoint in ("token", "revocation", "introspection"):
        methods = proofs if endpoint == "introspection" else ["none", *proofs]
        offered[f"{endpoint}_endpoint_auth_methods_supported"] = methods
        offered[f"{endpoint}_endpoint_auth_signing_alg_values_supported"] = list(ALGORITHMS)
    return offered
