"""Signing in through the hospital's directories, and what a logout over there means here.

What is kept while the browser is away is bound to the browser: it holds a random text in a cookie
of ten minutes, we hold its digest. An answer that comes through another browser is refused, so
nobody can be signed in as somebody else by a link (login CSRF).

Where an account has a second factor of its own, and the directory's word does not count as one,
the code is asked for here before the session opens.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import orjson
import structlog

from lianyi.base.clock import Clock, IdSource
from lianyi.base.errors import LianyiError
from lianyi.base.sensitive import Sensitive
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security import account_store as store
from lianyi.security import identity_store
from lianyi.security.account_store import AccountRecord
from lianyi.security.acts import act
from lianyi.security.failures import SecondFactorNeeded, SignInRefused
from lianyi.security.identities import Identities, by_provider
from lianyi.security.identity_store import OriginRecord
from lianyi.security.model import Access, Actor, Purpose, Reach
from lianyi.security.providers import kept_store
from lianyi.security.providers.book import Offered, ProviderBook
from lianyi.security.providers.files import ProviderFile
from lianyi.security.providers.ldap import LdapProvider
from lianyi.security.providers.oidc import OidcProvider
from lianyi.security.providers.problems import (
    DoorBusy,
    NoSuchProvider,
    expired,
)
from lianyi.security.providers.provider import ExternalIdentity, KeptState
from lianyi.security.providers.saml import SamlProvider
from lianyi.security.providers.smart import SmartProvider
from lianyi.security.sealed_store import hint_place
from lianyi.security.signing_in import Opened, Proof, SigningIn
from lianyi.security.tokens import Kind, stored_form
from lianyi.security.vault import Vault

BROWSER = "browser"
CODE_MAX = timedelta(minutes=5)
"""How long somebody may look for his one-time code."""
ARRIVED = "arrived"
ARRIVED_MAX = timedelta(minutes=2)
"""How long a checked response waits for its browser."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Away:
    """The browser is sent away; ``binding`` goes into its cookie."""

    url: str
    binding: str


@dataclass(frozen=True, slots=True)
class Came:
    """The browser came back, and somebody is signed in."""

    opened: Opened
    return_to: str


@dataclass(frozen=True, slots=True)
class CodeAsked:
    """The browser came back; a one-time code is needed, to be sent with this key."""

    key: str


class OutsideSignIn:
    """Sends browsers to the directories of the hospital and takes them back."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        messages: PostgresLog,
        clock: Clock,
        ids: IdSource,
        *,
        book: ProviderBook,
        identities: Identities,
        signing_in: SigningIn,
        vault: Callable[[], Awaitable[Vault]],
    ) -> None:
        self.book = book
        self._pool = pool
        self._log = messages
        self._clock = clock
        self._ids = ids
        self._identities = identities
        self._signing_in = signing_in
        self._vault = vault

    async def close(self) -> None:
        """Close the connections to the directories."""
        await self.book.close()

    # ---- a name and a password -----------------------------------------------------------------

    async def open(self, provider: str, proof: Proof, *, address: str, agent: str) -> Opened:
        """Sign somebody in whose password a directory judges.

        Raises:
            NoSuchProvider: no directory of this name takes passwords.
            SignInRefused, NoAccountHere, SecondFactorNeeded: he is not let in.
            SignInUnavailable: the directory does not answer.
        """
        offered = self.book.get(provider)
        if not isinstance(offered.provider, LdapProvider):
            raise NoSuchProvider(where="provider")
        identity: ExternalIdentity | None = None
        try:
            identity = await offered.provider.verify(proof.name, proof.password)
            account = await self._identities.recognise(identity, offered.file, address=address)
            return await self._open(
                offered, identity, account, code=proof.code, address=address, agent=agent
            )
        except (SecondFactorNeeded, SignInRefused):
            raise  # a code of ours is missing, or was wrong and is written down
        except LianyiError as failure:
            await self.refused(provider, failure, identity, address=address)
            raise

    # ---- away and back -------------------------------------------------------------------------

    async def begin(self, provider: str, *, return_to: str, binding: str) -> Away:
        """Send a browser away.

        Args:
            provider: to which directory.
            return_to: where in the console it wants to go; one of our own paths.
            binding: what its cookie holds from another sign-in under way; empty: none.

        Raises:
            NoSuchProvider: no directory of this name takes browsers.
            SignInUnavailable: the directory does not answer.
            DoorBusy: too many sign-ins are under way.
        """
        found = self.book.get(provider).provider
        if isinstance(found, LdapProvider | SmartProvider):
            raise NoSuchProvider(where="provider")
        redirect = await found.begin(return_to)
        binding = binding if len(binding) == 64 else secrets.token_hex(32)
        await self.keep(redirect.kept, binding)
        return Away(redirect.url, binding)

    async def finish(
        self,
        provider: str,
        answer: Mapping[str, str],
        *,
        binding: str,
        address: str,
        agent: str,
    ) -> Came | CodeAsked:
        """Take a browser back.

        Raises:
            SignInExpired: it comes too late, again, or is another one.
            SignInRefused, NoAccountHere: nobody is signed in.
            SignInUnavailable, NoSuchProvider: the directory cannot be asked.
        """
        identity: ExternalIdentity | None = None
        try:
            offered = self.book.get(provider)
            if isinstance(offered.provider, LdapProvider | SmartProvider):
                raise NoSuchProvider(where="provider")
            kept = await self.take(provider, answer.get("state", ""), binding)
            if isinstance(offered.provider, SamlProvider):
                identity = _arrived(provider, kept)
            else:
                identity = await offered.provider.finish(answer, kept)
            account = await self._identities.recognise(identity, offered.file, address=address)
            try:
                opened = await self._open(
                    offered, identity, account, code="", address=address, agent=agent
                )
            except SecondFactorNeeded:
                return await self._ask_code(identity, account, kept.return_to, binding)
        except (SecondFactorNeeded, SignInRefused):
            raise  # a code of ours is missing, or was wrong and is written down
        except LianyiError as failure:
            await self.refused(provider, failure, identity, address=address)
            raise
        return Came(opened, kept.return_to)

    def takes_forms(self, provider: str) -> bool:
        """Tell whether a directory sends the browser back with a form that :meth:`arrive` reads."""
        found = self.book.find(provider)
        return found is not None and isinstance(found.provider, SamlProvider)

    async def arrive(self, provider: str, form: Mapping[str, str], *, address: str) -> str:
        """Take a form that a browser brought from another site, without a cookie of ours.

        Returns:
            The key with which the same browser must come to :meth:`finish`, with its cookie.

        Raises:
            SignInExpired: it comes too late, again, or is another one.
            SignInRefused: it proves nothing.
            NoSuchProvider, DoorBusy: it cannot be taken.
        """
        identity: ExternalIdentity | None = None
        try:
            found = self.book.get(provider).provider
            if not isinstance(found, SamlProvider):
                raise NoSuchProvider(where="provider")
            kept = await self._take_any(provider, form.get("RelayState", ""))
            proved = await asyncio.to_thread(found.receive, form, kept)
            identity = proved.identity
            seen = _Seen(self._pool, self._clock)
            if not await seen.first_time(provider, proved.assertion, proved.until):
                raise expired(provider, "assertion used before")
            key = secrets.token_hex(32)
            values = {ARRIVED: _packed(identity), BROWSER: kept.values[BROWSER]}
            until = self._clock.now() + ARRIVED_MAX
            async with self._pool.acquire() as connection:
                new = KeptState(key, provider, values, kept.return_to, until)
                if not await kept_store.keep(connection, new, now=self._clock.now()):
                    raise DoorBusy(where=provider)
        except LianyiError as failure:
            await self.refused(provider, failure, identity, address=address)
            raise
        return key

    async def finish_with_code(
        self, provider: str, *, key: str, code: str, binding: str, address: str, agent: str
    ) -> Came:
        """Sign in whoever came back and was asked for his one-time code. One try.

        Raises:
            SignInExpired: too late, again, or another browser.
            SignInRefused, SecondFactorNeeded: the code is wrong or missing.
        """
        kept = await self.take(provider, key, binding)
        account = await store.account_of(self._pool, UUID(kept.values["account"]))
        if account is None or account.state != "active":
            raise expired(provider, "account is gone")
        await self._signing_in.check_code(account, code, address=address)
        hint = kept.values["hint"]
        origin = OriginRecord(
            b"", provider, kept.values["subject"], kept.values["outside"],
            base64.b64decode(hint) if hint else None,
        )  # fmt: skip
        factors = [provider, "one-time code"]
        opened = await self._session(account, origin, factors, address=address, agent=agent)
        return Came(opened, kept.return_to)

    async def _ask_code(
        self, identity: ExternalIdentity, account: AccountRecord, return_to: str, binding: str
    ) -> CodeAsked:
        hint = await self._sealed(identity)
        values = {
            "account": str(account.account),
            "subject": identity.subject,
            "outside": identity.session,
            "hint": base64.b64encode(hint).decode() if hint else "",
        }
        key = secrets.token_hex(32)
        until = self._clock.now() + CODE_MAX
        await self.keep(KeptState(key, identity.provider, values, return_to, until), binding)
        return CodeAsked(key)

    async def _open(
        self,
        offered: Offered,
        identity: ExternalIdentity,
        account: AccountRecord,
        *,
        code: str,
        address: str,
        agent: str,
    ) -> Opened:
        factors = [identity.provider]
        counts = [one for one in identity.factors if one in offered.file.second_factors]
        if counts:
            factors += counts[:1]
        elif await self._signing_in.check_code(account, code, address=address):
            factors.append("one-time code")
        origin = OriginRecord(
            b"", identity.provider, identity.subject, identity.session, await self._sealed(identity)
        )
        return await self._session(account, origin, factors, address=address, agent=agent)

    async def _session(
        self,
        account: AccountRecord,
        origin: OriginRecord,
        factors: list[str],
        *,
        address: str,
        agent: str,
    ) -> Opened:
        async def also(connection: Connection, stored: bytes) -> None:
            await identity_store.insert_origin(connection, origin._replace(stored=stored))

        return await self._signing_in.open_for(
            account, factors=factors, address=address, agent=agent, also=also
        )

    async def _sealed(self, identity: ExternalIdentity) -> bytes | None:
        if identity.logout_hint is None:
            return None
        hint = Sensitive(identity.logout_hint.reveal().encode())
        return (await self._vault()).seal(hint, hint_place(identity.provider, identity.subject))

    async def keep(self, kept: KeptState, binding: str) -> None:
        """Keep what a browser that is sent away must bring; whoever brings it holds ``binding``.

        Raises:
            DoorBusy: too many are under way.
        """
        bound = replace(kept, values={**kept.values, BROWSER: _digest(binding)})
        async with self._pool.acquire() as connection:
            if not await kept_store.keep(connection, bound, now=self._clock.now()):
                raise DoorBusy(where=kept.provider)

    async def _take_any(self, provider: str, key: str) -> KeptState:
        async with self._pool.acquire() as connection:
            kept = await kept_store.take(connection, key, now=self._clock.now()) if key else None
        if kept is None or kept.provider != provider:
            raise expired(provider, "unknown state")
        return kept

    async def take(self, provider: str, key: str, binding: str) -> KeptState:
        """Take out what was kept for a browser, once.

        Raises:
            SignInExpired: there is nothing, or it was kept for another browser.
        """
        kept = await self._take_any(provider, key)
        if not hmac.compare_digest(_digest(binding), kept.values.get(BROWSER, "")):
            raise expired(provider, "other browser")
        return kept

    async def recognise(
        self, identity: ExternalIdentity, file: ProviderFile, *, address: str
    ) -> AccountRecord:
        """Return whose account it is; see :meth:`.Identities.recognise`."""
        return await self._identities.recognise(identity, file, address=address)

    async def refused(
        self,
        provider: str,
        failure: LianyiError,
        identity: ExternalIdentity | None,
        *,
        address: str,
    ) -> None:
        """Write down that nobody was let in; who it would have been only when that is proved."""
        nobody = Actor(UUID(int=0), "unknown", "", "", Reach())
        access = Access(nobody, "", "sign_in", Purpose.OPERATIONS, address)
        facts = {
            "provider": provider[:40],
            "code": failure.code,
            "outside": identity.subject[:1024] if identity else None,
        }
        async with self._pool.acquire() as connection, connection.transaction():
            refused = act("session.refused", facts, by=access)
            await self._log.append_act_within(connection, refused)

    # ---- logging out ---------------------------------------------------------------------------

    async def logout_url(self, shown: Sensitive[str], *, return_to: str = "/") -> str | None:
        """Return where a browser signs out of the directory, too; None where it need not.

        Args:
            shown: the session, before it is ended.
            return_to: our own path to come back to.
        """
        stored = stored_form(shown, Kind.SESSION)
        origin = await identity_store.origin_of(self._pool, stored) if stored else None
        offered = self.book.find(origin.provider) if origin else None
        if origin is None or offered is None or not isinstance(offered.provider, OidcProvider):
            return None
        try:
            hint = await self._opened(origin)
            return await offered.provider.logout_url(hint, offered.provider.home + return_to)
        except LianyiError as failure:
            log.warning("logout over there is not possible", provider=origin.provider,
                        code=failure.code)  # fmt: skip
            return None

    async def _opened(self, origin: OriginRecord) -> Sensitive[str] | None:
        if origin.hint is None:
            return None
        found = (await self._vault()).open(origin.hint, hint_place(origin.provider, origin.subject))
        return Sensitive(found.reveal().decode())

    async def logged_out(self, provider: str, token: str, *, address: str) -> int:
        """End the sessions of which a directory says that they have ended; return how many.

        Raises:
            NoSuchProvider: no directory of this name speaks so.
            SignInRefused, SignInUnavailable: the token proves nothing.
        """
        offered = self.book.get(provider)
        if not isinstance(offered.provider, OidcProvider):
            raise NoSuchProvider(where="provider")
        notice = await offered.provider.logged_out(token, _Seen(self._pool, self._clock))
        async with self._pool.acquire() as connection, connection.transaction():
            whose = await self._identities.end_sessions_within(
                connection, provider, subject=notice.subject, outside=notice.session,
                why="signed out over there",
            )  # fmt: skip
            for account in dict.fromkeys(whose):
                found = await store.account_of(connection, account)
                facts = {"subject": found.name if found else "", "why": "signed out over there",
                         "sessions": whose.count(account)}  # fmt: skip
                ended = act("session.ended", facts, by=by_provider(provider, address))
                await self._log.append_act_within(connection, ended)
            await store.tell(connection)
        self._signing_in.forget()
        return len(whose)


class _Seen:
    """Remembers in the database what may be used once."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def first_time(self, provider: str, identifier: str, until: datetime) -> bool:
        async with self._pool.acquire() as connection:
            return await kept_store.first_time(
                connection, provider, identifier, until=until, now=self._clock.now()
            )


def _packed(identity: ExternalIdentity) -> str:
    """Return an identity as it is kept for a moment; there is no hint for a logout in it."""
    return orjson.dumps(replace(identity, logout_hint=None)).decode()


def _arrived(provider: str, kept: KeptState) -> ExternalIdentity:
    """Return who arrived; a browser that brings no checked response finds nobody."""
    if ARRIVED not in kept.values:
        raise expired(provider, "no response")
    found = orjson.loads(kept.values[ARRIVED])
    at = datetime.fromisoformat(found["authenticated_at"])
    groups, factors = tuple(found["groups"]), tuple(found["factors"])
    return ExternalIdentity(
        **{**found, "authenticated_at": at, "groups": groups, "factors": factors}
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
