"""Whether a token of an OpenID provider may be believed: pure decisions, no I/O, no clock.

Sources: OpenID Connect Core 1.0, 3.1.3.7; Back-Channel Logout 1.0, 2.4 and 2.6; RFC 8725.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

from lianyi.security.providers.asking import read_object
from lianyi.security.providers.files import OidcFile
from lianyi.security.providers.oidc_keys import PublicKey

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
TOKEN_CHARACTERS_MAX = 100_000
LOGOUT_AGE_SECONDS_MAX = 300

Claims = Mapping[str, Any]


class Unbelievable(Exception):
    """A token that proves nothing; the text is the reason for the log, never a value of it."""


def read_header(token: str, file: OidcFile) -> tuple[str, str | None]:
    """Return algorithm and key identifier that a token claims; only allowed ones are returned.

    Raises:
        Unbelievable: no JWS, or an algorithm that the file does not allow (``none``, ``HS256``).
    """
    if len(token) > TOKEN_CHARACTERS_MAX or token.count(".") != 2:
        raise Unbelievable("no signed token")
    try:
        header = read_object(urlsafe_b64decode(token.partition(".")[0].encode()))
    except (ValueError, TypeError) as error:
        raise Unbelievable("no signed token") from error
    if header is None:
        raise Unbelievable("no signed token")
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in file.algorithms:
        raise Unbelievable("algorithm not allowed")
    if kid is not None and not isinstance(kid, str):
        raise Unbelievable("no signed token")
    return str(algorithm), kid


def check_signature(token: str, key: PublicKey, algorithm: str) -> Claims:
    """Return the claims of a token that this key signed with this algorithm.

    Raises:
        Unbelievable: it did not.
    """
    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    registry.max_header_length = 16_000
    try:
        found = jws.deserialize_compact(token, key, registry=registry)
    except (JoseError, ValueError, TypeError) as error:
        raise Unbelievable("wrong signature") from error
    claims = read_object(found.payload or b"")
    if claims is None:
        raise Unbelievable("no claims")
    return claims


def check_issued(claims: Claims, file: OidcFile, *, issuer: str, now: float) -> None:
    """Check who issued a token, for whom, and when.

    Raises:
        Unbelievable: somebody else, for somebody else, too old, or from the future.
    """
    if claims.get("iss") != issuer:
        raise Unbelievable("other issuer")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if file.client_id not in audiences:
        raise Unbelievable("other audience")
    party = claims.get("azp")
    if (len(audiences) > 1 and party is None) or party not in (None, file.client_id):
        raise Unbelievable("other authorized party")
    if _instant(claims, "exp") <= now - file.skew_seconds:
        raise Unbelievable("expired")
    if _instant(claims, "iat") > now + file.skew_seconds:
        raise Unbelievable("from the future")
    if "nbf" in claims and _instant(claims, "nbf") > now + file.skew_seconds:
        raise Unbelievable("not valid yet")


def check_sign_in(claims: Claims, file: OidcFile, *, nonce: str, now: float) -> None:
    """Check that an ID token belongs to this sign-in and is as strong as the file demands.

    Raises:
        Unbelievable: it is of another one, or weaker.
    """
    subject, found = claims.get("sub"), claims.get("nonce")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise Unbelievable("no subject")
    if not isinstance(found, str) or not hmac.compare_digest(found.encode(), nonce.encode()):
        raise Unbelievable("other nonce")
    if file.acr_values and claims.get("acr") not in file.acr_values:
        raise Unbelievable("weaker than demanded")
    if file.max_age_seconds is not None:
        age = now - _instant(claims, "auth_time")
        if age > file.max_age_seconds + file.skew_seconds:
            raise Unbelievable("signed in too long ago")


def check_logout(claims: Claims, file: OidcFile, *, now: float) -> tuple[str, str, str]:
    """Check that a token tells of a logout.

    Returns:
        Subject and session, one of them may be empty, and the identifier of the token.

    Raises:
        Unbelievable: it tells of something else, or is old.
    """
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise Unbelievable("no logout event")
    if "nonce" in claims:
        raise Unbelievable("an ID token instead of a logout token")
    subject, session, token = (claims.get(name) for name in ("sub", "sid", "jti"))
    if not isinstance(token, str) or not token:
        raise Unbelievable("no token identifier")
    subject = subject if isinstance(subject, str) else ""
    session = session if isinstance(session, str) else ""
    if not subject and not session:
        raise Unbelievable("neither subject nor session")
    if _instant(claims, "iat") < now - LOGOUT_AGE_SECONDS_MAX - file.skew_seconds:
        raise Unbelievable("old logout token")
    return subject, session, token


def _instant(claims: Claims, name: str) -> float:
    """Return seconds since 1970.

    Raises:
        Unbelievable: there are none.
    """
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unbelievable(f"no {name}")
    return float(value)
