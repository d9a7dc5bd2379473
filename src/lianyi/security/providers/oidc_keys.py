"""The keys of an OpenID provider: fetched, kept for a while, fetched anew when one is unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from lianyi.base.clock import Clock
from lianyi.security.providers.asking import Asker

PublicKey = RSAKey | ECKey | OKPKey

KEEP_SECONDS = 3600
PAUSE_SECONDS = 30
"""Between two fetches because of an unknown key: forged tokens must not become requests."""

_SUITS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


class OidcKeys:
    """The public keys that a provider publishes (RFC 7517)."""

    def __init__(self, asker: Asker, clock: Clock) -> None:
        self._asker = asker
        self._clock = clock
        self._keys: list[PublicKey] = []
        self._fetched: float | None = None
        self._lock = asyncio.Lock()

    async def find(self, url: str, kid: str | None, algorithm: str) -> PublicKey | None:
        """Return the key for a token; None when the provider has none that suits.

        Without a ``kid`` there must be exactly one key that suits: trying several is guessing.

        Raises:
            SignInUnavailable: the keys are needed and cannot be fetched.
        """
        async with self._lock:
            age = self._age()
            if age is None or age > KEEP_SECONDS:
                await self._fetch(url)
            found = _suiting(self._keys, kid, algorithm)
            if found is None and age is not None and PAUSE_SECONDS < age <= KEEP_SECONDS:
                await self._fetch(url)
                found = _suiting(self._keys, kid, algorithm)
            return found

    async def suit(self, url: str, algorithms: Sequence[str]) -> bool:
        """Return whether any published key can sign with one of the algorithms.

        Raises:
            SignInUnavailable: the keys cannot be fetched.
        """
        async with self._lock:
            await self._fetch(url)
        return any(
            key.key_type == _SUITS[name[:2]] and key.get("alg", name) == name
            for key in self._keys
            for name in algorithms
        )

    def _age(self) -> float | None:
        """Return how old the keys are, in seconds; None before the first fetch."""
        return None if self._fetched is None else self._clock.elapsed_seconds() - self._fetched

    async def _fetch(self, url: str) -> None:
        found = (await self._asker.ask_json(url)).get("keys")
        self._keys = [
            key
            for data in (found if isinstance(found, list) else ())
            if (key := _read(data)) is not None
        ]
        self._fetched = self._clock.elapsed_seconds()


def _read(data: Any) -> PublicKey | None:  # noqa: ANN401 - whatever JSON holds
    """Return a public key; None for a shared secret, an encryption key, or what nobody can read."""
    if not isinstance(data, dict) or data.get("kty") not in ("RSA", "EC", "OKP"):
        return None
    if data.get("use", "sig") != "sig":
        return None
    try:
        key = JWKRegistry.import_key(data)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, RSAKey | ECKey | OKPKey) else None


def _suiting(keys: Sequence[PublicKey], kid: str | None, algorithm: str) -> PublicKey | None:
    found = [
        key
        for key in keys
        if key.key_type == _SUITS[algorithm[:2]]
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    ]
    return found[0] if len(found) == 1 else None
