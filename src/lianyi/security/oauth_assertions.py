"""Assertions that a system signs to prove who it is (``private_key_jwt``): pure decisions.

Sources: RFC 7523, 3; SMART App Launch 2.2, "Client Authentication: Asymmetric"; RFC 8725.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

from lianyi.security.oauth_problems import BadPublicKey

ALGORITHMS: Mapping[str, str] = {"RS384": "RSA", "ES384": "EC"}
ASSERTION_CHARACTERS_MAX = 16_000
LIVES_SECONDS_MAX = 300
SKEW_SECONDS = 60
KEYS_MAX = 10
RSA_BITS_MIN, RSA_BITS_MAX = 2048, 8192
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

Jwk = Mapping[str, Any]


class Unproved(Exception):
    """An assertion that proves nothing; the text is the reason for the log."""


class Claimed(NamedTuple):
    """What an assertion says before its signature is checked."""

    client: str
    algorithm: str
    kid: str


class Proved(NamedTuple):
    """What an assertion has proved: this identifier must come for the first time."""

    identifier: str
    until: datetime


def read_claimed(assertion: str) -> Claimed:
    """Return who signs, with what; raises :class:`Unproved` when it is no such assertion."""
    parts = assertion.split(".")
    if len(assertion) > ASSERTION_CHARACTERS_MAX or len(parts) != 3:
        raise Unproved("no signed assertion")
    header, claims = _object(parts[0]), _object(parts[1])
    algorithm, kid, client = header.get("alg"), header.get("kid"), claims.get("iss")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise Unproved("algorithm not allowed")
    if not isinstance(kid, str) or not isinstance(client, str):
        raise Unproved("no kid or no issuer")
    return Claimed(client, algorithm, kid)


def check_assertion(
    assertion: str,
    claimed: Claimed,
    keys: Sequence[Jwk],
    *,
    audiences: Sequence[str],
    now: datetime,
) -> Proved:
    """Check signature and claims of an assertion.

    Args:
        assertion: compact JWS.
        claimed: of :func:`read_claimed`.
        keys: the public keys registered for this client.
        audiences: how we are called.
        now: when.

    Raises:
        Unproved: with why.
    """
    found = [
        key
        for key in keys
        if key.get("kid") == claimed.kid and key.get("kty") == ALGORITHMS[claimed.algorithm]
    ]
    if len(found) != 1:
        raise Unproved("unknown key")
    registry = JWSRegistry(algorithms=[claimed.algorithm])
    try:
        signed = jws.deserialize_compact(
            assertion, JWKRegistry.import_key(dict(found[0])), registry=registry
        )
    except (JoseError, ValueError, TypeError) as error:
        raise Unproved("wrong signature") from error
    return _check_claims(_loads(signed.payload or b""), claimed, audiences=audiences, now=now)


def _check_claims(
    claims: Mapping[str, Any], claimed: Claimed, *, audiences: Sequence[str], now: datetime
) -> Proved:
    if claims.get("iss") != claimed.client or claims.get("sub") != claimed.client:
        raise Unproved("iss and sub differ")
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    if audience not in audiences:
        raise Unproved("other audience")
    seconds = now.timestamp()
    expires = _seconds(claims, "exp")
    if expires <= seconds - SKEW_SECONDS:
        raise Unproved("expired")
    if expires > seconds + LIVES_SECONDS_MAX + SKEW_SECONDS:
        raise Unproved("lives too long")
    for name in ("iat", "nbf"):
        if name in claims and _seconds(claims, name) > seconds + SKEW_SECONDS:
            raise Unproved("from the future")
    identifier = claims.get("jti")
    if not isinstance(identifier, str) or not 0 < len(identifier) <= 255:
        raise Unproved("no jti")
    return Proved(identifier, datetime.fromtimestamp(expires + SKEW_SECONDS + 1, UTC))


def check_public_keys(keys: Sequence[Jwk]) -> list[dict[str, Any]]:
    """Return public keys as they are kept.

    Raises:
        BadPublicKey: one is private, weak, of another kind, or has no name of its own.
    """
    if len(keys) > KEYS_MAX:
        raise _bad(f"more than {KEYS_MAX} keys", f"超过 {KEYS_MAX} 个密钥")
    names = [key.get("kid") for key in keys]
    if not all(isinstance(one, str) and 0 < len(one) <= 100 for one in names):
        raise _bad("a key has no kid", "有密钥缺少 kid")
    if len(set(names)) != len(names):
        raise _bad("two keys have the same kid", "两个密钥的 kid 相同")
    return [_public(key) for key in keys]


def _public(jwk: Jwk) -> dict[str, Any]:
    if PRIVATE & jwk.keys():
        raise _bad("it holds a private or shared secret", "其中含有私钥或共享密钥")
    if jwk.get("use", "sig") != "sig":
        raise _bad("it is not for signing", "不是签名用途")
    try:
        key = JWKRegistry.import_key(dict(jwk))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise _bad("it is no JWK", "不是有效的 JWK") from error
    if isinstance(key, RSAKey):
        if not RSA_BITS_MIN <= key.public_key.key_size <= RSA_BITS_MAX:
            raise _bad("the RSA key is too short or too long", "RSA 密钥长度不符")
    elif not isinstance(key, ECKey) or jwk.get("crv") != "P-384":
        raise _bad("it is neither RSA nor EC P-384", "不是 RSA 或 P-384 椭圆曲线密钥")
    kept = {name: jwk[name] for name in ("kty", "kid", "n", "e", "crv", "x", "y") if name in jwk}
    return kept | {"use": "sig"}


def _bad(why: str, why_zh: str) -> BadPublicKey:
    return BadPublicKey(where="keys", why=why, why_zh=why_zh)


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e11:
        raise Unproved(f"no {name}")
    return float(value)


def _object(part: str) -> Mapping[str, Any]:
    try:
        return _loads(urlsafe_b64decode(part.encode("ascii")))
    except (ValueError, UnicodeError) as error:
        raise Unproved("no signed assertion") from error


def _loads(body: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unproved("no claims") from error
    if not isinstance(found, dict):
        raise Unproved("no claims")
    return found
