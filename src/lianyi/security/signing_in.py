"""Who somebody is: by password and code, by a session, by a key, by the token of the first start.

A browser holds a random text whose SHA-256 is a row; ending the row ends the session everywhere at
once, as every process hears of it (:mod:`lianyi.security.hearing`), and within
:data:`REMEMBERED_SECONDS` where it does not. What an actor may do is worked out anew as often.

Sources:
    NIST SP 800-63B-4, 3.2.2 (rate limiting) and 5 (sessions); GB/T 22239-2019, 8.1.4.1.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import asyncpg

from lianyi.base.clock import Clock
from lianyi.base.sensitive import Sensitive
from lianyi.messagelog.message import NewMessage
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security import account_store as store
from lianyi.security import oauth_store
from lianyi.security.account_store import AccountRecord, SessionRecord
from lianyi.security.acts import act
from lianyi.security.failures import SecondFactorNeeded, SignInRefused
from lianyi.security.limited_work import LimitedWork
from lianyi.security.model import FIRST_TOKEN, Access, Actor, Reach
from lianyi.security.one_time import accepted_step, find_recovery_code
from lianyi.security.password_rules import PasswordRules, age_of_password
from lianyi.security.passwords import PasswordHasher
from lianyi.security.roles import RoleBook
from lianyi.security.rules import narrowed, purpose_of, purposes_of, reach_of, reach_of_all
from lianyi.security.sealed_store import totp_place
from lianyi.security.settings import SecuritySettings
from lianyi.security.tokens import Kind, new_token, stored_form
from lianyi.security.vault import Vault

ADMINISTRATOR = "security-administrator"
CODE_FACTOR = "one-time code"
REMEMBERED_SECONDS = 10.0
REMEMBERED_MAX = 4096
SEEN_SECONDS = 30.0


Also = Callable[[Connection, bytes], Awaitable[None]]
"""Something that is written together with a session."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody offers to show who he is."""

    name: str
    password: Sensitive[str]
    code: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session."""

    shown: Sensitive[str]
    actor: Actor
    lasts_seconds: int


class SigningIn:
    """Opens sessions and says who a request is."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        log: PostgresLog,
        clock: Clock,
        *,
        roles: RoleBook,
        settings: SecuritySettings,
        passwords: PasswordRules,
        hasher: PasswordHasher,
        vault: Callable[[], Awaitable[Vault]],
        first_token: str,
    ) -> None:
        self._pool = pool
        self._log = log
        self._clock = clock
        self._roles = roles
        self._settings = settings
        self._passwords = passwords
        self._hasher = hasher
        self._vault = vault
        self._first_token = first_token.encode()
        self._work = LimitedWork(workers_max=2, waiting_max=50, name="codes")
        self._known: OrderedDict[bytes, tuple[float, Actor]] = OrderedDict()
        self._forgotten = 0
        self._seen: OrderedDict[bytes, float] = OrderedDict()
        self._administered: tuple[float, bool] = (float("-inf"), False)

    def close(self) -> None:
        """Take no more work."""
        self._work.close()
        self._hasher.close()

    def forget(self) -> None:
        """Work out anew what everybody may do."""
        self._forgotten += 1
        self._known.clear()
        self._administered = (float("-inf"), False)

    # ---- opening a session ---------------------------------------------------------------------

    async def open(self, proof: Proof, *, address: str, agent: str) -> Opened:
        """Sign somebody in.

        Raises:
            SignInRefused: he is not who he says, or may not.
            SecondFactorNeeded: the password was right, and a code is needed.
            TooManyAtOnce: come again.
        """
        name = proof.name.strip().lower()[:100]
        account = await store.find_account(self._pool, name)
        lines = await store.passwords_of(self._pool, account.account, limit=1) if account else []
        checked = await self._hasher.check(proof.password, lines[0][0] if lines else None)
        if account is None or not checked.right or not self._may_enter(account):
            await self.refuse(account, address=address)
            raise SignInRefused(where="sign-in")
        factors = ["password"]
        if await self.check_code(account, proof.code, address=address):
            factors.append(CODE_FACTOR)
        actor = await self._actor(account, factors)
        async with self._pool.acquire() as connection, connection.transaction():
            # What the password was checked against may be out of date by now.
            found = await store.lock_account(connection, account.name)
            newest = await store.passwords_of(connection, account.account, limit=1)
            if found and self._may_enter(found) and newest == lines:
                if checked.store_instead:
                    line = checked.store_instead
                    await store.rehash(connection, account.account, lines[0][0], line)
                await store.update_account(connection, found._replace(failures=0))
                return await self._begin(connection, actor, address=address, agent=agent)
        await self.refuse(account, address=address)
        raise SignInRefused(where="sign-in")

    def _may_enter(self, account: AccountRecord) -> bool:
        locked = account.locked_until is not None and account.locked_until > self._clock.now()
        return account.state == "active" and not locked

    async def open_first(self, token: str, *, address: str, agent: str) -> Opened:
        """Sign in with the token of the first start.

        Raises:
            SignInRefused: it is another one, or no longer good.
        """
        account = await store.account_of(self._pool, FIRST_TOKEN)
        if account is None or not await self.is_first_token(token):
            await self.refuse(None, address=address)
            raise SignInRefused(where="sign-in")
        return await self.open_for(account, factors=["token"], address=address, agent=agent)

    async def check_code(self, account: AccountRecord, code: str, *, address: str) -> bool:
        """Ask for the second factor of an account; False when it has none.

        Raises:
            SecondFactorNeeded: it has one, and no code was given.
            SignInRefused: the code is wrong, or the account is locked.
        """
        factor = await store.factor_of(self._pool, account.account)
        if factor is None or not factor.confirmed_at:
            return False
        if not code.strip():
            raise SecondFactorNeeded(where="sign-in")
        if not self._may_enter(account) or not await self._is_code(account, code):
            await self.refuse(account, address=address)
            raise SignInRefused(where="sign-in")
        return True

    async def open_for(
        self,
        account: AccountRecord,
        *,
        factors: list[str],
        address: str,
        agent: str,
        also: Also | None = None,
    ) -> Opened:
        """Open a session for somebody who has shown who he is.

        Args:
            account: whose.
            factors: how he has shown it.
            address: from where.
            agent: with which browser.
            also: what else is written in the same transaction; it is given the stored token.

        Raises:
            SignInRefused: his account is disabled.
        """
        actor = await self._actor(account, factors)
        async with self._pool.acquire() as connection, connection.transaction():
            found = await store.lock_account(connection, account.name)
            if found is None or found.state != "active":
                raise SignInRefused(where="sign-in")
            return await self._begin(connection, actor, address=address, agent=agent, also=also)

    async def _begin(
        self,
        connection: Connection,
        actor: Actor,
        *,
        address: str,
        agent: str,
        also: Also | None = None,
    ) -> Opened:
        """Open a session while its account cannot change."""
        token, now = new_token(Kind.SESSION), self._clock.now()
        lasts = timedelta(hours=self._settings.session_hours)
        factors = list(actor.factors)
        session = SessionRecord(
            token.stored, actor.account, now, now, now + lasts, address, agent[:200], factors
        )
        await store.insert_session(connection, session)
        if also:
            await also(connection, token.stored)
        began = act(
            "session.began",
            {"factors": factors, "agent": agent[:200]},
            by=_access(actor, "sign_in", address),
        )
        await self._log.append_act_within(connection, began)
        return Opened(token.shown, actor, int(lasts.total_seconds()))

    async def _is_code(self, account: AccountRecord, code: str) -> bool:
        factor = await store.factor_of(self._pool, account.account)
        if factor is None:
            return False
        place = totp_place(account.account)
        secret = Sensitive((await self._vault()).open(factor.secret, place).reveal().decode())
        step = accepted_step(secret, code, self._clock.now(), last_step=factor.last_step)
        async with self._pool.acquire() as connection:
            if step is not None:
                return await store.take_step(connection, account.account, step)
            line = await find_recovery_code(Sensitive(code), factor.recovery, self._work)
            return line is not None and await store.take_recovery(connection, account.account, line)

    async def refuse(self, account: AccountRecord | None, *, address: str) -> None:
        """Count and write down that somebody was not let in; too many lock the account.

        Args:
            account: whose; None: nobody's. An unknown name may be a password: it is not kept.
            address: where it was tried from.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            found = await store.lock_account(connection, account.name) if account else None
            now = self._clock.now()
            locked = bool(found and found.locked_until and found.locked_until > now)
            facts: dict[str, object] = {"known": account is not None, "locked": locked}
            if found is not None and not locked:
                failures = found.failures + 1
                locks = failures >= self._settings.failures_max
                until = now + timedelta(minutes=self._settings.locked_minutes) if locks else None
                changed = found._replace(failures=0 if locks else failures, locked_until=until)
                await store.update_account(connection, changed)
                facts |= {"failures": failures, "locks": locks}
            name = account.name if account else "unknown"
            nobody = Actor(UUID(int=0), name, "", "", Reach())
            await self._log.append_act_within(
                connection, act("session.refused", facts, by=_access(nobody, "sign_in", address))
            )

    # ---- who a request is ----------------------------------------------------------------------

    async def is_first_token(self, token: str) -> bool:
        """Tell whether a text is the token of the first start, and that is still good."""
        same = hmac.compare_digest(token.encode(), self._first_token)
        return same and await self.first_token_is_good()

    async def first_token_is_good(self) -> bool:
        """Tell whether the token of the first start opens anything."""
        rule = self._settings.first_token
        return rule == "always" or (rule != "never" and not await self.has_administrator())

    async def has_administrator(self) -> bool:
        """Tell whether somebody administers the accounts."""
        at, known = self._administered
        elapsed = self._clock.elapsed_seconds()
        if not known and elapsed - at > REMEMBERED_SECONDS:
            known = await store.has_role(self._pool, ADMINISTRATOR, self._clock.now())
            self._administered = (elapsed, known)
        return known

    async def by_session(self, shown: Sensitive[str], *, in_use: bool = True) -> Actor | None:
        """Return whose session this is; None when it is none, or over.

        Args:
            shown: what the browser holds.
            in_use: whether somebody did something; a page that refreshes itself keeps no session
                alive.
        """
        stored = stored_form(shown, Kind.SESSION)
        if stored is None:
            return None
        if in_use:
            await self._see(stored)
        known = self._remembered(stored)
        if known:
            return known
        asked = self._forgotten
        session = await store.find_session(self._pool, stored)
        now = self._clock.now()
        idle = timedelta(minutes=self._settings.idle_minutes)
        if session is None or now >= session.expires_at or now - session.seen_at >= idle:
            return None
        account = await store.account_of(self._pool, session.account)
        if account is None or account.state != "active":
            return None
        if account.account == FIRST_TOKEN and not await self.first_token_is_good():
            return None
        actor = self._remember(stored, await self._actor(account, list(session.factors)), asked)
        if in_use:
            await self._see(stored)
        return actor

    async def _see(self, stored: bytes) -> None:
        """Write down, not too often, that a session is in use; only one that is known."""
        elapsed = self._clock.elapsed_seconds()
        seen_at = self._seen.get(stored, float("-inf"))
        if self._remembered(stored) is None or elapsed - seen_at < SEEN_SECONDS:
            return
        self._seen[stored] = elapsed
        self._seen.move_to_end(stored)
        while len(self._seen) > REMEMBERED_MAX:
            self._seen.popitem(last=False)
        await store.see_session(self._pool, stored, self._clock.now())

    async def by_bearer(self, shown: Sensitive[str]) -> Actor | None:
        """Return whom a bearer token stands for: a system, or whoever started the first time."""
        text = shown.reveal()
        token = stored_form(shown, Kind.ACCESS)
        if token is not None:
            return await self._by_access_token(token)
        stored = stored_form(shown, Kind.API_KEY)
        if stored is None:
            if not await self.is_first_token(text):
                return None
            account = await store.account_of(self._pool, FIRST_TOKEN)
            return await self._actor(account, ["token"]) if account else None
        known = self._remembered(stored)
        if known:
            return known
        asked = self._forgotten
        key = await store.find_key(self._pool, stored, self._clock.now())
        account = await store.account_of(self._pool, key.account) if key else None
        if account is None or account.state != "active":
            return None
        return self._remember(stored, await self._actor(account, ["key"]), asked)

    async def _by_access_token(self, stored: bytes) -> Actor | None:
        """Return the system that a token of ``/oauth/token`` stands for, within its scopes."""
        known = self._remembered(stored)
        if known:
            return known
        asked, now = self._forgotten, self._clock.now()
        token = await oauth_store.find_token(self._pool, stored, now)
        account = await store.account_of(self._pool, token.account) if token else None
        if token is None or account is None or account.state != "active":
            return None
        actor = await self._actor(account, ["access token"])
        actor = replace(actor, reach=narrowed(actor.reach, token.scopes))
        if (token.expires_at - now).total_seconds() <= REMEMBERED_SECONDS:
            return actor  # to be remembered would be to outlive it
        return self._remember(stored, actor, asked)

    async def actor_of(self, account: AccountRecord, factors: list[str]) -> Actor:
        """Return what an account may do now, when it has shown these factors."""
        return await self._actor(account, factors)

    async def end(self, shown: Sensitive[str]) -> None:
        """End one session: somebody signs out."""
        stored = stored_form(shown, Kind.SESSION)
        session = await store.find_session(self._pool, stored) if stored else None
        if stored is None or session is None:
            return
        async with self._pool.acquire() as connection, connection.transaction():
            await store.end_sessions(
                connection,
                session.account,
                why="signed out",
                at=self._clock.now(),
                only=stored.hex()[:12],
            )
            await self._log.append_act_within(connection, self._signed_out())
            await store.tell(connection)
        self._known.pop(stored, None)

    @staticmethod
    def _signed_out() -> NewMessage:
        return act("session.ended", {"why": "signed out"})

    def _remembered(self, stored: bytes) -> Actor | None:
        found = self._known.get(stored)
        if found and self._clock.elapsed_seconds() - found[0] < REMEMBERED_SECONDS:
            return found[1]
        return None

    def _remember(self, stored: bytes, actor: Actor, asked: int) -> Actor:
        """Remember an answer, unless something has changed since it was asked for."""
        if asked != self._forgotten:
            return actor
        self._known[stored] = (self._clock.elapsed_seconds(), actor)
        self._known.move_to_end(stored)
        while len(self._known) > REMEMBERED_MAX:
            self._known.popitem(last=False)
        return actor

    async def _actor(self, account: AccountRecord, factors: list[str]) -> Actor:
        actor = Actor(
            account.account,
            account.name,
            account.display_name,
            account.organisation,
            reach_of_all(),
            factors=tuple(factors),
        )
        if account.kind == "platform":
            return actor
        now, roles = self._clock.now(), self._roles.roles
        held = [one.held for one in await store.assignments_of(self._pool, [account.account])]
        names = tuple(dict.fromkeys(one.role for one in held if one.holds(now)))
        asked = any(name in roles and roles[name].second_factor for name in names)
        return replace(
            actor,
            reach=reach_of(held, roles, await store.parents(self._pool), at=now),
            purpose=purpose_of(names, roles),
            purposes=purposes_of(names, roles),
            roles=names,
            must_change=account.kind == "person" and await self._must_change(account, factors),
            needs_factor=asked and account.kind == "person" and len(factors) < 2,
        )

    async def _must_change(self, account: AccountRecord, factors: list[str]) -> bool:
        if "password" not in factors:
            return False
        lines = await store.passwords_of(self._pool, account.account, limit=1)
        aged = lines and age_of_password(lines[0][1], self._clock.now(), self._passwords).expired
        return account.must_change or bool(aged)


def _access(actor: Actor, operation: str, address: str) -> Access:
    return Access(actor, "", operation, actor.purpose, address)
