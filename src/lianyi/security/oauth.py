"""The token server: who asks, tokens for systems, the end of tokens and what they are good for.

A client is a service account; its secret is one of its keys, or it signs assertions with a private
key whose public half is registered, or it shows a TLS certificate that is registered: then its
tokens are bound to that certificate. A public app only says its name. A scope is a permission, or
one of SMART's; a token gives the part of it that is within reach now. Tokens are opaque and live
five minutes at most. Tokens for apps that act for a person: :mod:`lianyi.security.app_tokens`.

Sources: RFC 6749, 4.4 and 5.2; RFC 7009; RFC 7521, 7523; RFC 7662; RFC 8705; SMART App Launch 2.2,
    "Backend Services".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from lianyi.base.clock import Clock
from lianyi.base.sensitive import Sensitive
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security import account_store as store
from lianyi.security import oauth_store
from lianyi.security.access import current
from lianyi.security.account_store import AccountRecord
from lianyi.security.acts import act
from lianyi.security.app_tokens import AppTokens
from lianyi.security.client_certificates import (
    Binding,
    CertificateTaken,
    check_bindings,
    thumbprint,
)
from lianyi.security.failures import NoSuchAccount
from lianyi.security.model import Access, Actor, Reach
from lianyi.security.oauth_assertions import (
    Unproved,
    check_assertion,
    check_public_keys,
    read_claimed,
)
from lianyi.security.oauth_model import Client, Form, Given, Shown
from lianyi.security.oauth_problems import (
    TokenOfAnother,
    TokenRefused,
    TooManyTokens,
    UnknownClient,
    UnknownGrant,
    UnknownScope,
)
from lianyi.security.oauth_store import TokenRecord
from lianyi.security.permissions import PERMISSIONS
from lianyi.security.providers import kept_store
from lianyi.security.scopes import NO_SCOPES, BrokenScope, is_smart, parse
from lianyi.security.signing_in import SigningIn
from lianyi.security.smart import store as smart_store
from lianyi.security.smart.model import App, AppKind
from lianyi.security.smart.rules import held
from lianyi.security.tokens import Kind, name_of, new_token, stored_form

TOKENS_MAX = 1000
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
INTROSPECTS = "access.explain"
"""Whoever has this permission may ask about the tokens of others."""

log = structlog.get_logger(__name__)


class TokenServer:
    """Gives, ends and explains access tokens.

    Args:
        address: of the platform, as others reach it, without a path: ``https://lianyi.h.internal``.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        messages: PostgresLog,
        clock: Clock,
        *,
        signing_in: SigningIn,
        apps: AppTokens,
        address: str,
        lasts_seconds: int,
    ) -> None:
        self.issuer = address
        self.token_endpoint = f"{address}/oauth/token"
        self._pool = pool
        self._log = messages
        self._clock = clock
        self._signing_in = signing_in
        self._apps = apps
        self._lasts = lasts_seconds

    # ---- who asks ------------------------------------------------------------------------------

    async def prove(self, shown: Shown, *, address: str) -> Client:
        """Return which system asks; a public app is not proved.

        Raises:
            UnknownClient: none that we know.
        """
        try:
            return await self._shown(shown)
        except Unproved as reason:
            log.warning("oauth client refused", reason=str(reason))
            nobody = Actor(UUID(int=0), "unknown", "", "", Reach())
            async with self._pool.acquire() as connection, connection.transaction():
                facts = {"method": shown.method, "why": str(reason)}
                await self._act(connection, "token.refused", nobody, facts, address)
            raise UnknownClient(where="client") from reason

    async def _shown(self, shown: Shown) -> Client:
        if shown.assertion:
            client = await self._by_assertion(shown)
        elif shown.secret is not None:
            client = await self._by_key(shown)
        elif shown.certificate and not await smart_store.find_app(self._pool, shown.client):
            client = await self._by_certificate(shown)
        else:
            client = await self._by_name(shown)
        app = await smart_store.app_of(self._pool, client.account.account)
        if app and not _as_registered(app, shown):
            raise Unproved(f"the app is registered as {app.kind}")
        return client

    async def _by_name(self, shown: Shown) -> Client:
        app = await smart_store.find_app(self._pool, shown.client)
        account = await store.account_of(self._pool, app.account) if app else None
        if app is None or account is None:
            raise Unproved("no key and no assertion")
        return Client(_alive(account), "name", proved=False)

    async def _by_key(self, shown: Shown) -> Client:
        stored = stored_form(shown.secret, Kind.API_KEY) if shown.secret else None
        key = await store.find_key(self._pool, stored, self._clock.now()) if stored else None
        account = await store.account_of(self._pool, key.account) if key else None
        if account is None or account.name != shown.client:
            raise Unproved("unknown key")
        return Client(_alive(account), "key", key=stored)

    async def _by_assertion(self, shown: Shown) -> Client:
        claimed = read_claimed(shown.assertion)
        if shown.client and shown.client != claimed.client:
            raise Unproved("client_id and issuer differ")
        account = await store.find_account(self._pool, claimed.client)
        keys = await oauth_store.client_keys(self._pool, account.account) if account else []
        proved = check_assertion(
            shown.assertion,
            claimed,
            keys,
            audiences=(self.token_endpoint, self.issuer),
            now=self._clock.now(),
        )
        assert account is not None  # noqa: S101 - without an account there is no key
        async with self._pool.acquire() as connection:
            if not await kept_store.first_time(
                connection, f"oauth/{account.account}", proved.identifier, until=proved.until,
                now=self._clock.now(),
            ):  # fmt: skip
                raise Unproved("jti used before")
        return Client(_alive(account), "assertion")

    async def _by_certificate(self, shown: Shown) -> Client:
        certificate = shown.certificate
        account = await store.find_account(self._pool, shown.client)
        bound = await oauth_store.bindings_of(self._pool, account.account) if account else []
        found = [one for one in bound if certificate and certificate.is_of(one)]
        if account is None or certificate is None or not found:
            raise Unproved("unknown certificate")
        now = self._clock.now()
        if certificate.expires_at <= now:
            raise Unproved("certificate expired")
        alive = _alive(account)
        async with self._pool.acquire() as connection:
            await oauth_store.see_binding(
                connection, found[0], expires_at=certificate.expires_at, at=now
            )
        return Client(alive, "certificate", certificate=certificate.digest)

    # ---- tokens --------------------------------------------------------------------------------

    async def give(self, client: Client, form: Form, *, address: str) -> Given:
        """Give a token.

        Raises:
            UnknownGrant, UnknownScope, TooManyTokens: it is not given.
            UnknownClient: a public app wants one for itself.
            TokenRefused: the request is incomplete, or its code or refresh token is not good.
        """
        wanted = form.get("grant_type", "")
        if not wanted:
            raise TokenRefused(where="grant_type", why="grant_type is missing")
        if wanted == "authorization_code":
            return await self._apps.by_code(client, form, address=address)
        if wanted == "refresh_token":
            return await self._apps.by_refresh(client, form, address=address)
        if wanted != "client_credentials":
            raise UnknownGrant(where="grant_type")
        if not client.proved:
            raise UnknownClient(where="client")
        actor = await self._signing_in.actor_of(client.account, ["access token"])
        asked = await self._for_itself(client, actor, form.get("scope", "").split())
        token, now = new_token(Kind.ACCESS), self._clock.now()
        record = TokenRecord(
            token.stored, client.account.account, client.key, asked, now,
            now + timedelta(seconds=self._lasts), client.certificate,
        )  # fmt: skip
        async with self._pool.acquire() as connection, connection.transaction():
            if not await oauth_store.insert_token(connection, record, limit=TOKENS_MAX):
                raise TooManyTokens(where="client")
            facts = {"token": name_of(token.stored), "scopes": asked,
                     "method": client.method}  # fmt: skip
            await self._act(connection, "token.given", actor, facts, address)
        return Given(token.shown, asked, self._lasts)

    async def _for_itself(self, client: Client, actor: Actor, asked: list[str]) -> list[str]:
        """Return the scopes that a system gets for itself: permissions, or ``system/``.

        Raises:
            UnknownScope: it has no role for one, is not registered for it, or mixes them.
        """
        if any(is_smart(name) for name in asked):
            app = await smart_store.app_of(self._pool, client.account.account)
            try:
                wanted = parse(" ".join(asked))
            except BrokenScope as error:
                raise UnknownScope(where="scope") from error
            given = held(wanted & app.scopes, actor.reach).of_level("system") if app else NO_SCOPES
            if not given:
                raise UnknownScope(where="scope")
            return given.names()
        within = sorted(name for name in PERMISSIONS if actor.reach.organisations(name))
        asked = list(dict.fromkeys(asked)) or within
        if not asked or not set(asked) <= set(within):
            raise UnknownScope(where="scope")
        return asked

    async def revoke(self, client: Client, form: Form, *, address: str) -> None:
        """End a token of the client; one that nobody knows has ended already.

        Raises:
            TokenRefused, TokenOfAnother: nothing is ended.
        """
        found = await self._find(form)
        if found is None:
            await self._apps.end_by_refresh(client, Sensitive(form["token"]), address=address)
            return
        if found.account != client.account.account:
            raise TokenOfAnother(where="token")
        actor = await self._signing_in.actor_of(client.account, ["access token"])
        async with self._pool.acquire() as connection, connection.transaction():
            if await oauth_store.end_token(connection, found.stored, self._clock.now()):
                facts = {"token": name_of(found.stored)}
                await self._act(connection, "token.ended", actor, facts, address)
                await store.tell(connection)
        self._signing_in.forget()

    async def introspect(self, client: Client, form: Form) -> Mapping[str, Any]:
        """Say what a token is good for (RFC 7662, 2.2).

        Of another's token nothing is said without the permission to explain decisions.

        Raises:
            TokenRefused: it names no token.
            UnknownClient: a public app asks.
        """
        if not client.proved:
            raise UnknownClient(where="client")
        found = await self._find(form)
        account = await store.account_of(self._pool, found.account) if found else None
        if found is None or account is None or account.state != "active":
            return {"active": False}
        if found.account != client.account.account:
            asking = await self._signing_in.actor_of(client.account, ["access token"])
            if not asking.reach.covers(INTROSPECTS, account.organisation):
                return {"active": False}
        said = await self._said(found, account)
        if said is None:
            return {"active": False}
        bound = {"cnf": {"x5t#S256": thumbprint(found.certificate)}} if found.certificate else {}
        return {
            **bound,
            "active": True,
            **said,
            "client_id": account.name,
            "token_type": "Bearer",
            "exp": int(found.expires_at.timestamp()),
            "iat": int(found.created_at.timestamp()),
            "iss": self.issuer,
        }

    async def _said(self, token: TokenRecord, account: AccountRecord) -> Mapping[str, Any] | None:
        """Return scope and subject of a token; None when what it stands on is gone."""
        if token.approval is not None:
            return await self._apps.explain(token)
        reach = (await self._signing_in.actor_of(account, ["access token"])).reach
        if any(is_smart(one) for one in token.scopes):
            scope = str(held(parse(" ".join(token.scopes)), reach))
        else:
            scope = " ".join(one for one in token.scopes if reach.organisations(one))
        return {"scope": scope, "sub": account.name}

    async def _find(self, form: Form) -> TokenRecord | None:
        if not form.get("token"):
            raise TokenRefused(where="token", why="token is missing")
        stored = stored_form(Sensitive(form["token"]), Kind.ACCESS)
        if stored is None:
            return None
        return await oauth_store.find_token(self._pool, stored, self._clock.now())

    # ---- public keys ---------------------------------------------------------------------------

    async def keys_of(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Return the public keys of a system; raises :class:`NoSuchAccount`."""
        found = self._system(await store.find_account(self._pool, name))
        return await oauth_store.client_keys(self._pool, found.account)

    async def set_keys(
        self, name: str, keys: Sequence[Mapping[str, Any]]
    ) -> Sequence[Mapping[str, Any]]:
        """Replace the public keys of a system; tokens that signatures asked for end.

        Raises:
            NoSuchAccount: there is no system of this name within reach.
            BadPublicKey: one of them cannot be used.
        """
        kept = check_public_keys(keys)
        async with self._pool.acquire() as connection, connection.transaction():
            found = self._system(await store.lock_account(connection, name))
            now = self._clock.now()
            await oauth_store.set_client_keys(connection, found.account, kept, now)
            await oauth_store.end_signed_tokens(connection, found.account, now)
            facts = {"subject": found.name, "subject_account": str(found.account),
                     "kids": [key["kid"] for key in kept]}  # fmt: skip
            changed = act("account.public_keys_changed", facts)
            await self._log.append_act_within(connection, changed)
            await store.tell(connection)
        self._signing_in.forget()
        return kept

    @staticmethod
    def _system(found: AccountRecord | None) -> AccountRecord:
        if found is None or found.kind != "service" or not current().sees(found.organisation):
            raise NoSuchAccount(where="account")
        return found

    async def _act(
        self,
        connection: Connection,
        kind: str,
        actor: Actor,
        facts: Mapping[str, Any],
        address: str,
    ) -> None:
        access = Access(actor, "", "token", actor.purpose, address)
        await self._log.append_act_within(connection, act(kind, facts, by=access))

    # ---- certificates --------------------------------------------------------------------------

    async def certificates_of(self, name: str) -> Sequence[Binding]:
        """Return the certificates of a system; raises :class:`NoSuchAccount`."""
        found = self._system(await store.find_account(self._pool, name))
        return await oauth_store.bindings_of(self._pool, found.account)

    async def set_certificates(
        self, name: str, wanted: Sequence[Mapping[str, str]]
    ) -> Sequence[Binding]:
        """Replace the certificates of a system; tokens that are bound to one end.

        Raises:
            NoSuchAccount: there is no system of this name within reach.
            BadClientCertificate, CertificateTaken: nothing is changed.
        """
        bindings = check_bindings(wanted)
        async with self._pool.acquire() as connection, connection.transaction():
            found = self._system(await store.lock_account(connection, name))
            if not await oauth_store.set_bindings(connection, found.account, bindings):
                raise CertificateTaken(where="certificates")
            await oauth_store.end_bound_tokens(connection, found.account, self._clock.now())
            said = [f"{one.method.value} {one.value}" for one in bindings]
            facts = {"subject": found.name, "subject_account": str(found.account),
                     "certificates": said}  # fmt: skip
            changed = act("account.certificates_changed", facts)
            await self._log.append_act_within(connection, changed)
            await store.tell(connection)
        self._signing_in.forget()
        return await self.certificates_of(name)


def _as_registered(app: App, shown: Shown) -> bool:
    """Tell whether an app shows who it is as it is registered; never by less."""
    if app.kind is AppKind.ASYMMETRIC:
        return bool(shown.assertion)
    return app.kind is AppKind.PUBLIC or shown.secret is not None


def _alive(account: AccountRecord) -> AccountRecord:
    if account.state != "active" or account.kind != "service":
        raise Unproved("no active system")
    return account
