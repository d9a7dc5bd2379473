"""What people do with their own accounts: password, second factor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from lianyi.base.clock import Clock
from lianyi.base.sensitive import Sensitive
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security import account_store as store
from lianyi.security.access import current
from lianyi.security.account_store import AccountRecord
from lianyi.security.acts import act
from lianyi.security.failures import (
    FactorExists,
    NoSuchAccount,
    NothingThere,
    ProofNeeded,
    SignInRefused,
)
from lianyi.security.limited_work import LimitedWork
from lianyi.security.one_time import (
    accepted_step,
    new_recovery_codes,
    new_totp_secret,
    qr_svg,
    totp_address,
)
from lianyi.security.password_rules import PasswordRules, check_new_password
from lianyi.security.passwords import PasswordHasher
from lianyi.security.sealed_store import totp_place
from lianyi.security.signing_in import CODE_FACTOR, SigningIn
from lianyi.security.vault import Vault

PROOF_HOLDS = timedelta(minutes=5)
"""How long a password counts as shown just now."""


@dataclass(frozen=True, slots=True)
class FactorOffer:
    """A second factor that waits to be confirmed."""

    address: Sensitive[str]
    secret: Sensitive[str]
    qr_svg: Sensitive[str]


class OwnAccount:
    """Changes what belongs to whoever acts."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        log: PostgresLog,
        clock: Clock,
        *,
        passwords: PasswordRules,
        hasher: PasswordHasher,
        vault: Callable[[], Awaitable[Vault]],
        signing_in: SigningIn,
        site_name: str,
    ) -> None:
        self._pool = pool
        self._log = log
        self._clock = clock
        self._passwords = passwords
        self._hasher = hasher
        self._vault = vault
        self._signing_in = signing_in
        self._site_name = site_name
        self._work = LimitedWork(workers_max=1, waiting_max=20, name="recovery")

    def close(self) -> None:
        """Take no more work."""
        self._work.close()

    async def change_password(
        self, old: Sensitive[str], new: Sensitive[str], *, keep: bytes
    ) -> None:
        """Choose one's own password; the other sessions end.

        Args:
            old: the present one.
            new: the wanted one.
            keep: stored form of the session that stays.

        Raises:
            SignInRefused: the present one is wrong, which counts as at the door.
            PasswordRefused: with every rule that the new one breaks.
        """
        me = await self._me()
        lines = await store.passwords_of(self._pool, me.account, limit=1 + self._passwords.history)
        right = (await self._hasher.check(old, lines[0][0] if lines else None)).right
        if not right or (me.locked_until and me.locked_until > self._clock.now()):
            await self._signing_in.refuse(me, address=current().address)
            raise SignInRefused(where="password")
        about = [me.name, me.display_name]
        last = [line for line, _ in lines]
        await check_new_password(new, self._passwords, about=about, last=last, hasher=self._hasher)
        line = await self._hasher.hash(new)
        async with self._pool.acquire() as connection, connection.transaction():
            found = await store.lock_account(connection, me.name)
            newest = await store.passwords_of(connection, me.account, limit=1)
            if found is None or newest != lines[:1]:  # an administrator was faster
                raise SignInRefused(where="password")
            await store.insert_password(connection, me.account, line, self._clock.now())
            await store.update_account(connection, found._replace(must_change=False, failures=0))
            await store.end_sessions(
                connection, me.account, why="password changed", at=self._clock.now(), but=keep
            )
            await self._act(connection, "account.password_changed", me)
            await self._changed(connection)

    async def prove(self, password: Sensitive[str], *, session: bytes) -> None:
        """Show one's own password again.

        Args:
            password: the present one.
            session: stored form of the session in which it is shown.

        Raises:
            SignInRefused: it is wrong, which counts as at the door, or the account has none.
        """
        me = await self._me()
        lines = await store.passwords_of(self._pool, me.account, limit=1)
        right = (await self._hasher.check(password, lines[0][0] if lines else None)).right
        if not right or (me.locked_until and me.locked_until > self._clock.now()):
            await self._signing_in.refuse(me, address=current().address)
            raise SignInRefused(where="password")
        async with self._pool.acquire() as connection, connection.transaction():
            await store.prove_session(connection, session, me.account, self._clock.now())
            await self._act(connection, "session.proved", me)

    async def need_proof(self, session: bytes) -> None:
        """Do nothing when whoever acts has shown minutes ago who he is.

        Args:
            session: stored form of his session; empty: he acts with a key, which is shown with
                each request.

        Raises:
            ProofNeeded: it is longer ago than :data:`PROOF_HOLDS`.
        """
        if not session:
            return
        at = await store.proved_at(self._pool, session)
        if at is None or self._clock.now() - at > PROOF_HOLDS:
            raise ProofNeeded(where="session")

    async def offer_factor(self) -> FactorOffer:
        """Begin one's own second factor; it counts once it is confirmed.

        Raises:
            FactorExists: there is one that counts.
        """
        me, secret = await self._me(), new_totp_secret()
        factor = await store.factor_of(self._pool, me.account)
        if factor and factor.confirmed_at:
            raise FactorExists(where="second factor")
        place = totp_place(me.account)
        sealed = (await self._vault()).seal(Sensitive(secret.reveal().encode()), place)
        address = totp_address(secret, account=me.name, issuer=self._site_name)
        async with self._pool.acquire() as connection, connection.transaction():
            await store.begin_factor(connection, me.account, sealed, self._clock.now())
            await self._act(connection, "account.factor_offered", me)
        return FactorOffer(address, secret, qr_svg(address))

    async def confirm_factor(self, code: str, *, session: bytes) -> Sensitive[tuple[str, ...]]:
        """Put one's own second factor in force and return the recovery codes, shown once.

        Args:
            code: the first one.
            session: stored form of the session in which it is shown; it has two factors now.

        Raises:
            SignInRefused: the code is wrong.
            NothingThere: none was begun.
        """
        me = await self._me()
        factor = await store.factor_of(self._pool, me.account)
        if factor is None or factor.confirmed_at:
            raise NothingThere(where="second factor")
        place = totp_place(me.account)
        secret = Sensitive((await self._vault()).open(factor.secret, place).reveal().decode())
        now = self._clock.now()
        step = accepted_step(secret, code, now, last_step=factor.last_step)
        if step is None:
            raise SignInRefused(where="code")
        codes = await new_recovery_codes(self._work)
        async with self._pool.acquire() as connection, connection.transaction():
            await store.confirm_factor(
                connection, me.account, step=step, recovery=codes.stored, at=now
            )
            await store.add_factor(connection, session, me.account, CODE_FACTOR)
            await self._act(connection, "account.factor_confirmed", me)
            await self._changed(connection)
        return codes.shown

    async def _me(self) -> AccountRecord:
        found = await store.account_of(self._pool, current().actor.account)
        if found is None or found.kind != "person":
            raise NoSuchAccount(where="account")
        return found

    async def _changed(self, connection: Connection) -> None:
        await store.tell(connection)
        self._signing_in.forget()

    async def _act(self, connection: Connection, kind: str, account: AccountRecord) -> None:
        await self._log.append_act_within(connection, act(kind, {"subject": account.name}))
