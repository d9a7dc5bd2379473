"""Tokens for apps that act for a person: for a code, and then for refresh tokens in turn.

A code, and each refresh token, is good once. One that comes twice is in two hands: everything that
came of the approval ends.

Sources:
    RFC 6749, 4.1.3 and 6; RFC 7636, 4.6; RFC 9700, 4.14 (refresh token rotation);
    SMART App Launch 2.2, "Scopes and Launch Context", launch context parameters.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

import asyncpg

from lianyi.base.clock import Clock
from lianyi.base.sensitive import Sensitive
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security import account_store, oauth_store
from lianyi.security.account_store import Asks
from lianyi.security.acts import act
from lianyi.security.model import Access, Actor
from lianyi.security.oauth_model import Client, Form, Given
from lianyi.security.oauth_problems import TokenRefused, TooManyTokens, UnknownScope
from lianyi.security.oauth_store import TokenRecord
from lianyi.security.scopes import BrokenScope, Scopes, parse
from lianyi.security.signing_in import SigningIn
from lianyi.security.smart import store
from lianyi.security.smart.identity_tokens import IdentityTokens
from lianyi.security.smart.model import Approval
from lianyi.security.smart.problems import GrantRefused
from lianyi.security.smart.rules import held, is_verified
from lianyi.security.smart.store import Taken
from lianyi.security.tokens import Kind, name_of, new_token, stored_form

TOKENS_MAX = 100
"""Living access tokens of one approval."""


class _Brought(NamedTuple):
    """A code or refresh token that a client has brought.

    Attributes:
        look: finds it, and keeps others from it until the transaction ends.
        wrong: why it is not good here; empty: it is.
        use: uses it up.
        method: what it is, for the log.
    """

    look: Callable[[Asks], Awaitable[Taken | None]]
    wrong: Callable[[Taken], str]
    use: Callable[[Connection, Taken], Awaitable[None]]
    method: str


class _Asked(NamedTuple):
    """Who gets a token for whom, and how much of what was approved; None: all of it."""

    client: Client
    approval: Approval
    person: Actor
    narrower: Scopes | None


class AppTokens:
    """Gives tokens to apps."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        messages: PostgresLog,
        clock: Clock,
        *,
        signing_in: SigningIn,
        identity: IdentityTokens,
        lasts_seconds: int,
    ) -> None:
        self._pool = pool
        self._log = messages
        self._clock = clock
        self._signing_in = signing_in
        self._identity = identity
        self._lasts = lasts_seconds

    async def by_code(self, client: Client, form: Form, *, address: str) -> Given:
        """Give tokens for an authorization code.

        Raises:
            TokenRefused: the request is incomplete.
            GrantRefused: the code is not good, here.
        """
        shown, redirect_uri, verifier = (
            _field(form, name) for name in ("code", "redirect_uri", "code_verifier")
        )
        stored, now = stored_form(Sensitive(shown), Kind.CODE), self._clock.now()

        async def look(ask: Asks) -> Taken | None:
            return await store.lock_code(ask, stored, now) if stored else None

        def wrong(taken: Taken) -> str:
            if not taken.holds or now >= taken.approval.code_until:
                return "code ran out"
            if redirect_uri != taken.approval.redirect_uri:
                return "other redirect_uri"
            return "" if is_verified(verifier, taken.approval.challenge) else "wrong code_verifier"

        async def use(connection: Connection, taken: Taken) -> None:
            await store.use_code(connection, taken.approval.approval, now)

        brought = _Brought(look, wrong, use, "code")
        approval, given = await self._give(client, brought, None, address)
        if "openid" not in approval.scopes.special:
            return given
        identity = await self._identity.sign(approval, client=client.account.name)
        return Given(
            given.shown, given.scopes, given.lasts_seconds, {**given.more, "id_token": identity}
        )

    async def by_refresh(self, client: Client, form: Form, *, address: str) -> Given:
        """Give tokens for a refresh token, which is used up.

        Raises:
            TokenRefused: the request is incomplete.
            UnknownScope: it asks for more than was approved.
            GrantRefused: the refresh token is not good, here.
        """
        stored = stored_form(Sensitive(_field(form, "refresh_token")), Kind.REFRESH)
        now = self._clock.now()

        async def look(ask: Asks) -> Taken | None:
            return await store.lock_refresh(ask, stored, now) if stored else None

        def wrong(taken: Taken) -> str:
            return "" if taken.holds else "approval has ended"

        async def use(connection: Connection, taken: Taken) -> None:
            await store.use_refresh(connection, stored or b"", now)

        narrower = _narrower(form.get("scope", ""))
        brought = _Brought(look, wrong, use, "refresh token")
        _, given = await self._give(client, brought, narrower, address)
        return given

    async def _give(
        self, client: Client, brought: _Brought, narrower: Scopes | None, address: str
    ) -> tuple[Approval, Given]:
        """Take a code or refresh token and give what it stands for, in one transaction."""
        system = await self._signing_in.actor_of(client.account, ["access token"])
        by = Access(system, "", "token", system.purpose, address)
        known = await brought.look(self._pool)
        person = await self._person(known.approval) if known else None
        async with self._pool.acquire() as connection, connection.transaction():
            taken = await brought.look(connection)
            if taken is None or taken.approval.app != client.account.account:
                await self._refuse(connection, by, f"unknown {brought.method}", None)
            elif why := _why_not(brought, taken, person):
                await self._refuse(connection, by, why, taken.approval)
            elif person is not None:
                await brought.use(connection, taken)
                asked = _Asked(client, taken.approval, person, narrower)
                given = await self._issue(connection, asked, brought.method, address)
                return taken.approval, given
        self._signing_in.forget()
        raise GrantRefused(where="grant")

    async def _person(self, approval: Approval) -> Actor | None:
        """Return whoever has approved; None when he may not do anything now."""
        account = await account_store.account_of(self._pool, approval.account)
        if account is None or account.state != "active" or account.kind != "person":
            return None
        actor = await self._signing_in.actor_of(account, list(approval.factors))
        return None if actor.must_change or actor.needs_factor else actor

    async def _issue(
        self, connection: Connection, asked: _Asked, method: str, address: str
    ) -> Given:
        client, approval, person, narrower = asked
        if narrower is not None and not narrower <= approval.scopes:
            raise UnknownScope(where="scope")
        scopes = held(approval.scopes if narrower is None else narrower, person.reach)
        token, now = new_token(Kind.ACCESS), self._clock.now()
        until = min(now + timedelta(seconds=self._lasts), approval.expires_at)
        record = TokenRecord(
            token.stored, client.account.account, client.key, scopes.names(), now, until,
            client.certificate, approval.approval,
        )  # fmt: skip
        if not await oauth_store.insert_token(connection, record, limit=TOKENS_MAX):
            raise TooManyTokens(where="client")
        more: dict[str, Any] = _context(approval)
        if approval.is_refreshed:
            refresh = new_token(Kind.REFRESH)
            await store.insert_refresh(connection, refresh.stored, approval.approval, now)
            more["refresh_token"] = refresh.shown.reveal()
        facts = {
            "token": name_of(token.stored), "scopes": scopes.names(), "method": method,
            "app": client.account.name, "approval": str(approval.approval),
        }  # fmt: skip
        by = Access(person, "", "token", person.purpose, address)
        whose = [approval.context.patient] if approval.context.patient else []
        await self._log.append_act_within(connection, act("token.given", facts, whose=whose, by=by))
        return Given(token.shown, scopes.names(), int((until - now).total_seconds()), more)

    async def _refuse(
        self, connection: Connection, by: Access, why: str, ends: Approval | None
    ) -> None:
        """Write down why nothing is given, and end what it shows to be in wrong hands."""
        facts = {"why": why}
        if ends:
            facts["approval"] = str(ends.approval)
            await store.end_approval(connection, ends.approval, why=why, at=self._clock.now())
            await account_store.tell(connection)
        await self._log.append_act_within(connection, act("token.refused", facts, by=by))

    # ---- ending and explaining -----------------------------------------------------------------

    async def end_by_refresh(self, client: Client, shown: Sensitive[str], *, address: str) -> bool:
        """End the approval of a refresh token of the client; False when it is none of its."""
        stored = stored_form(shown, Kind.REFRESH)
        if stored is None:
            return False
        actor = await self._signing_in.actor_of(client.account, ["access token"])
        by = Access(actor, "", "token", actor.purpose, address)
        async with self._pool.acquire() as connection, connection.transaction():
            now = self._clock.now()
            found = await store.lock_refresh(connection, stored, now)
            if found is None or found.approval.app != client.account.account:
                return False
            ended = found.approval.approval
            if await store.end_approval(connection, ended, why="revoked by the app", at=now):
                gone = act("token.ended", {"approval": str(ended)}, by=by)
                await self._log.append_act_within(connection, gone)
                await account_store.tell(connection)
        self._signing_in.forget()
        return True

    async def explain(self, token: TokenRecord) -> Mapping[str, Any] | None:
        """Return what introspection says of a token of an app; None: it is not good."""
        found = token.approval and await store.find_approval(
            self._pool, token.approval, self._clock.now()
        )
        person = await self._person(found) if found else None
        if not found or person is None:
            return None
        scopes = held(parse(" ".join(token.scopes)), person.reach)
        said: dict[str, Any] = {"scope": str(scopes), "sub": str(person.account), **_context(found)}
        if "fhirUser" in scopes.special:
            said["fhirUser"] = self._identity.fhir_user(found)
        return said


def _why_not(brought: _Brought, taken: Taken, person: Actor | None) -> str:
    if taken.used:
        return f"{brought.method} used twice"
    return brought.wrong(taken) or ("" if person else "person may not")


def _context(approval: Approval) -> dict[str, Any]:
    context = approval.context
    said: dict[str, Any] = {}
    if context.patient:
        said |= {"patient": context.patient, "need_patient_banner": context.banner}
    if context.encounter:
        said["encounter"] = context.encounter
    return said


def _narrower(asked: str) -> Scopes | None:
    try:
        return parse(asked) if asked.split() else None
    except BrokenScope as error:
        raise UnknownScope(where="scope") from error


def _field(form: Form, name: str) -> str:
    if not form.get(name):
        raise TokenRefused(where=name, why=f"{name} is missing")
    return form[name]
