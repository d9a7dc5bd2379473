"""Says to an app who its person is: signed tokens, and the keys that prove them.

The key is made when the first token needs it. It lies in the database, sealed by the vault, so
that every process of the platform signs with the same one.

Sources: OpenID Connect Core 1.0, 2 and 10.1.1 (a new key signs, the old ones stay published).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import asyncpg
import orjson
from joserfc import jws
from joserfc.jwk import RSAKey

from lianyi.base.clock import Clock
from lianyi.base.sensitive import Sensitive
from lianyi.security.sealed_store import signing_place
from lianyi.security.smart import store
from lianyi.security.smart.model import Approval
from lianyi.security.smart.store import SigningKeyRecord
from lianyi.security.vault import Vault

ALGORITHM = "RS256"
BITS = 2048
LASTS_SECONDS = 300


class IdentityTokens:
    """Signs who somebody is.

    Args:
        issuer: the address of the platform.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        vault: Callable[[], Awaitable[Vault]],
        *,
        issuer: str,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._vault = vault
        self._issuer = issuer

    def fhir_user(self, approval: Approval) -> str:
        """Return the address that stands for a person in FHIR."""
        return f"{self._issuer}/Practitioner/{approval.account}"

    async def sign(self, approval: Approval, *, client: str) -> str:
        """Return a token that says to an app who has approved it."""
        key = await self._newest()
        now = int(self._clock.now().timestamp())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "sub": str(approval.account),
            "aud": client,
            "iat": now,
            "exp": now + LASTS_SECONDS,
            "auth_time": int(approval.approved_at.timestamp()),
        }
        if approval.nonce:
            claims["nonce"] = approval.nonce
        if "fhirUser" in approval.scopes.special:
            claims["fhirUser"] = self.fhir_user(approval)
        header = {"alg": ALGORITHM, "kid": key.kid, "typ": "JWT"}
        private = await self._private(key)
        return jws.serialize_compact(header, orjson.dumps(claims), private, [ALGORITHM])

    async def published(self) -> list[Mapping[str, Any]]:
        """Return the public keys, as JWKs; the first one is made when there is none."""
        await self._newest()
        return [one.jwk for one in await store.signing_keys(self._pool)]

    async def _newest(self) -> SigningKeyRecord:
        found = await store.signing_keys(self._pool)
        if not found:
            vault = await self._vault()
            new = await asyncio.to_thread(self._make, vault, self._clock.now())
            async with self._pool.acquire() as connection, connection.transaction():
                await store.insert_first_key(connection, new, self._clock.now())
            found = await store.signing_keys(self._pool)
        return found[0]

    @staticmethod
    def _make(vault: Vault, now: datetime) -> SigningKeyRecord:
        made = RSAKey.generate_key(BITS)
        kid = f"{now:%Y%m%d}-{made.thumbprint()[:12]}"
        private = Sensitive(orjson.dumps(made.as_dict(private=True)))
        public = {**made.as_dict(private=False), "kid": kid, "use": "sig", "alg": ALGORITHM}
        return SigningKeyRecord(kid, vault.seal(private, signing_place(kid)), public)

    async def _private(self, key: SigningKeyRecord) -> RSAKey:
        opened = (await self._vault()).open(key.sealed, signing_place(key.kid))
        return RSAKey.import_key(orjson.loads(opened.reveal()))
