"""What administrators and people do with accounts; each use case is one method, and one act."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from lianyi.base.clock import Clock, IdSource
from lianyi.base.sensitive import Sensitive
from lianyi.base.settings import nearest
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security import account_store as store
from lianyi.security import practitioner_store
from lianyi.security.access import OutsideOfReach, current
from lianyi.security.account_store import AccountRecord, AssignmentRecord, KeyRecord, SessionRecord
from lianyi.security.acts import act
from lianyi.security.failures import (
    AlreadyBegun,
    NameTaken,
    NoSuchAccount,
    NoSuchRole,
    NothingThere,
    NotOnesOwn,
    RolesExclude,
    UnclearTime,
)
from lianyi.security.model import EVERYWHERE, Role
from lianyi.security.password_rules import PasswordRules, check_new_password
from lianyi.security.passwords import PasswordHasher
from lianyi.security.practitioner_store import Called
from lianyi.security.roles import RoleBook
from lianyi.security.rules import Reason, excluded_by, explain
from lianyi.security.signing_in import ADMINISTRATOR, SigningIn
from lianyi.security.tokens import Kind, name_of, new_token

ACCOUNTS_MAX = 200


@dataclass(frozen=True, slots=True)
class Belongings:
    """What an account has besides its roles."""

    second_factor: bool
    sessions: Sequence[SessionRecord]
    keys: Sequence[KeyRecord]


class Accounts:
    """Changes accounts, secrets, roles and sessions."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        log: PostgresLog,
        clock: Clock,
        ids: IdSource,
        *,
        roles: RoleBook,
        passwords: PasswordRules,
        hasher: PasswordHasher,
        signing_in: SigningIn,
    ) -> None:
        self._pool = pool
        self._log = log
        self._clock = clock
        self._ids = ids
        self._roles = roles
        self._passwords = passwords
        self._hasher = hasher
        self._signing_in = signing_in

    @property
    def roles(self) -> Mapping[str, Role]:
        """The roles by name."""
        self._roles.refresh()
        return self._roles.roles

    # ---- the first start -----------------------------------------------------------------------

    async def begin(
        self, name: str, *, display_name: str, password: Sensitive[str]
    ) -> AccountRecord:
        """Make the first administrator: the security administrator of the whole installation.

        Raises:
            AlreadyBegun: there is one.
            PasswordRefused: with every rule that the password breaks.
        """
        await check_new_password(
            password, self._passwords, about=[name, display_name], last=[], hasher=self._hasher
        )
        line = await self._hasher.hash(password)
        async with self._pool.acquire() as connection, connection.transaction():
            await store.lock_account(connection, "console")
            if await store.has_role(connection, ADMINISTRATOR, self._clock.now()):
                raise AlreadyBegun(where="first start")
            new = self._new(name, display_name, "person", "", must_change=False)
            if not await store.insert_account(connection, new):
                raise NameTaken(where="name")
            await store.insert_password(connection, new.account, line, self._clock.now())
            await self._assign(connection, new, ADMINISTRATOR, EVERYWHERE, None, "first start")
            await self._act(connection, "account.created", new, {"first": True})
        self._signing_in.forget()
        return new

    def _new(
        self, name: str, display_name: str, kind: str, organisation: str, *, must_change: bool
    ) -> AccountRecord:
        return AccountRecord(
            self._ids.new_id(),
            name.lower(),
            display_name,
            kind,
            organisation,
            "active",
            must_change,
            0,
            None,
            self._clock.now(),
        )

    # ---- accounts ------------------------------------------------------------------------------

    async def page(self, *, after: str) -> tuple[list[AccountRecord], str | None]:
        """Return accounts within the reach by name, and where the next page begins."""
        found = await store.list_accounts(self._pool, after=after, limit=ACCOUNTS_MAX + 1)
        page = found[:ACCOUNTS_MAX]
        following = page[-1].name if len(found) > ACCOUNTS_MAX else None
        return [one for one in page if current().sees(one.organisation)], following

    async def get(self, name: str) -> AccountRecord:
        """Return one account; raises :class:`NoSuchAccount`, also when it is out of reach."""
        found = await store.find_account(self._pool, name)
        return self._within_reach(found)

    async def held_by(self, accounts: Sequence[AccountRecord]) -> list[AssignmentRecord]:
        """Return the assignments of accounts."""
        return await store.assignments_of(self._pool, [one.account for one in accounts])

    async def belongings(self, account: AccountRecord) -> Belongings:
        """Return what belongs to an account besides its roles."""
        factor = await store.factor_of(self._pool, account.account)
        return Belongings(
            second_factor=bool(factor and factor.confirmed_at),
            sessions=await store.list_sessions(self._pool, account.account, self._clock.now()),
            keys=await store.list_keys(self._pool, account.account),
        )

    @staticmethod
    def _within_reach(found: AccountRecord | None) -> AccountRecord:
        if found is None or found.kind == "platform" or not current().sees(found.organisation):
            raise NoSuchAccount(where="account")
        return found

    @staticmethod
    async def _no_further(connection: Connection, account: AccountRecord) -> None:
        """Do nothing when an account reaches no further than whoever acts.

        To give somebody a secret is to be able to act as him.

        Raises:
            OutsideOfReach: one of its roles reaches further.
        """
        for one in await store.assignments_of(connection, [account.account]):
            if not current().sees("" if one.organisation == EVERYWHERE else one.organisation):
                raise OutsideOfReach(where="account")

    async def create(
        self, name: str, *, display_name: str, kind: str, organisation: str
    ) -> tuple[AccountRecord, Sensitive[str] | None]:
        """Add an account; a person gets a password that he must change.

        Raises:
            OutsideOfReach: the organisation is none of the actor's.
            NameTaken: the name is used.
        """
        if not current().sees(organisation):
            raise OutsideOfReach(where="organisation")
        new = self._new(name, display_name, kind, organisation, must_change=kind == "person")
        given = _password() if kind == "person" else None
        line = await self._hasher.hash(given) if given else None
        async with self._pool.acquire() as connection, connection.transaction():
            if not await store.insert_account(connection, new):
                raise NameTaken(where="name")
            if line:
                await store.insert_password(connection, new.account, line, self._clock.now())
            facts = {"kind": kind, "organisation": organisation}
            await self._act(connection, "account.created", new, facts)
        return new, given

    async def change(
        self, name: str, *, display_name: str | None, organisation: str | None, state: str | None
    ) -> AccountRecord:
        """Change what an account says of itself; ``disabled`` ends its sessions.

        Raises:
            NoSuchAccount, OutsideOfReach, NotOnesOwn: it may not be changed so.
        """
        if state is not None and name == current().actor.name:
            raise NotOnesOwn(where="state")
        if organisation is not None and not current().sees(organisation):
            raise OutsideOfReach(where="organisation")
        async with self._pool.acquire() as connection, connection.transaction():
            found = self._within_reach(await store.lock_account(connection, name))
            wanted = {"display_name": display_name, "organisation": organisation, "state": state}
            facts: dict[str, Any] = {k: value for k, value in wanted.items() if value is not None}
            changed = found._replace(**facts)
            if changed != found:
                await store.update_account(connection, changed)
                if changed.state == "disabled":
                    await self._end_sessions(connection, found, why="account disabled")
                await self._act(connection, "account.changed", found, facts)
                await self._changed(connection)
        return changed

    async def unlock(self, name: str) -> AccountRecord:
        """Let somebody try again; raises :class:`NoSuchAccount`, :class:`NotOnesOwn`."""
        if name == current().actor.name:
            raise NotOnesOwn(where="account")
        async with self._pool.acquire() as connection, connection.transaction():
            found = self._within_reach(await store.lock_account(connection, name))
            changed = found._replace(failures=0, locked_until=None)
            await store.update_account(connection, changed)
            await self._act(connection, "account.unlocked", found, {})
        return changed

    # ---- who somebody is among the practitioners -----------------------------------------------

    async def practitioner_names(self, name: str) -> list[Called]:
        """Return what an account is called in messages; raises :class:`NoSuchAccount`."""
        found = await self.get(name)
        return await practitioner_store.names_of(self._pool, found.account)

    async def set_practitioner_names(self, name: str, names: Sequence[Called]) -> list[Called]:
        """Say what a person is called in messages: whom these say he treats, he treats.

        Raises:
            NoSuchAccount: there is none for people of this name within reach.
            NotOnesOwn: nobody gives himself patients.
            OutsideOfReach: an organisation is none of the actor's, or somebody works where the
                actor may not, and a name would count there.
        """
        if name == current().actor.name:
            raise NotOnesOwn(where="account")
        if any(one.organisation and not current().sees(one.organisation) for one in names):
            raise OutsideOfReach(where="organisation")
        async with self._pool.acquire() as connection, connection.transaction():
            found = self._within_reach(await store.lock_account(connection, name))
            if found.kind != "person":
                raise NoSuchAccount(where="account")
            if not all(one.organisation for one in names):
                await self._no_further(connection, found)  # such a name counts wherever he works
            before = await practitioner_store.names_of(connection, found.account)
            wanted = {one[:3]: one for one in names}
            await practitioner_store.set_names(
                connection, found.account, list(wanted.values()), by=current().actor.name,
                at=self._clock.now(),
            )  # fmt: skip
            after = await practitioner_store.names_of(connection, found.account)
            facts = {side: [one._asdict() for one in told]
                     for side, told in (("before", before), ("after", after))}  # fmt: skip
            await self._act(connection, "account.practitioner_changed", found, facts)
        return after

    # ---- secrets -------------------------------------------------------------------------------

    async def reset_password(self, name: str) -> Sensitive[str]:
        """Give a person a new password that he must change; his sessions end.

        Raises:
            NoSuchAccount, NotOnesOwn, OutsideOfReach: it may not be done.
        """
        if name == current().actor.name:
            raise NotOnesOwn(where="account")
        given = _password()
        line = await self._hasher.hash(given)
        async with self._pool.acquire() as connection, connection.transaction():
            found = self._within_reach(await store.lock_account(connection, name))
            if found.kind != "person":
                raise NoSuchAccount(where="account")
            await self._no_further(connection, found)
            await store.insert_password(connection, found.account, line, self._clock.now())
            changed = found._replace(must_change=True, failures=0, locked_until=None)
            await store.update_account(connection, changed)
            await self._end_sessions(connection, found, why="password reset")
            await self._act(connection, "account.password_reset", found, {})
            await self._changed(connection)
        return given

    async def remove_factor(self, name: str) -> None:
        """Take a lost second factor away from somebody else; raises as :meth:`reset_password`."""
        if name == current().actor.name:
            raise NotOnesOwn(where="account")
        async with self._pool.acquire() as connection, connection.transaction():
            found = self._within_reach(await store.lock_account(connection, name))
            await self._no_further(connection, found)
            if not await store.remove_factor(connection, found.account):
                raise NothingThere(where="second factor")
            await self._end_sessions(connection, found, why="second factor removed")
            await self._act(connection, "account.factor_removed", found, {})
            await self._changed(connection)

    async def add_key(
        self, name: str, *, title: str, expires_at: datetime | None
    ) -> tuple[KeyRecord, Sensitive[str]]:
        """Give a system a key; it is shown once.

        Raises:
            NoSuchAccount, OutsideOfReach: it may not be done.
        """
        token = new_token(Kind.API_KEY)
        async with self._pool.acquire() as connection, connection.transaction():
            found = self._within_reach(await store.lock_account(connection, name))
            if found.kind != "service":
                raise NoSuchAccount(where="account")
            await self._no_further(connection, found)
            key = KeyRecord(token.stored, found.account, title, self._clock.now(), expires_at)
            await store.insert_key(connection, key)
            facts = {"key": name_of(token.stored), "title": title}
            await self._act(connection, "account.key_added", found, facts)
        return key, token.shown

    async def end_key(self, name: str, key: str) -> None:
        """End a key; raises :class:`NoSuchAccount`, :class:`NothingThere`."""
        async with self._pool.acquire() as connection, connection.transaction():
            found = self._within_reach(await store.lock_account(connection, name))
            if not await store.end_key(connection, found.account, key, self._clock.now()):
                raise NothingThere(where="key")
            await self._act(connection, "account.key_ended", found, {"key": key})
            await self._changed(connection)

    async def end_session(self, name: str, session: str | None) -> None:
        """End one session of an account, or all; raises :class:`NoSuchAccount`."""
        async with self._pool.acquire() as connection, connection.transaction():
            found = self._within_reach(await store.lock_account(connection, name))
            await self._end_sessions(connection, found, why="ended by administrator", only=session)
            await self._act(connection, "account.sessions_ended", found, {"session": session})
            await self._changed(connection)

    async def _end_sessions(
        self,
        connection: Connection,
        account: AccountRecord,
        *,
        why: str,
        only: str | None = None,
        but: bytes = b"",
    ) -> None:
        await store.end_sessions(
            connection, account.account, why=why, at=self._clock.now(), only=only, but=but
        )

    # ---- roles ---------------------------------------------------------------------------------

    async def assign(
        self, name: str, *, role: str, organisation: str, until: datetime | None, reason: str
    ) -> AssignmentRecord:
        """Give a role in an organisation and all below it.

        Raises:
            NoSuchAccount, NoSuchRole: there is no such thing.
            OutsideOfReach: the organisation is none of the actor's.
            NotOnesOwn: nobody gives himself a role.
            RolesExclude: one person must not have both.
            UnclearTime: it would end before it begins.
        """
        if role not in self.roles:
            raise NoSuchRole(where="role", nearest=nearest(role, self.roles))
        if name == current().actor.name:
            raise NotOnesOwn(where="account")
        wide = organisation == EVERYWHERE
        if not current().sees("" if wide else organisation):
            raise OutsideOfReach(where="organisation")
        if until is not None and until <= self._clock.now():
            raise UnclearTime(where="until")
        async with self._pool.acquire() as connection, connection.transaction():
            found = self._within_reach(await store.lock_account(connection, name))
            new = await self._assign(connection, found, role, organisation, until, reason)
            facts = {"role": role, "organisation": organisation, "reason": reason,
                     "until": until.isoformat() if until else None}  # fmt: skip
            await self._act(connection, "role.assigned", found, facts)
        self._signing_in.forget()
        return new

    async def _assign(
        self,
        connection: Connection,
        account: AccountRecord,
        role: str,
        organisation: str,
        until: datetime | None,
        reason: str,
    ) -> AssignmentRecord:
        held = await store.assignments_of(connection, [account.account])
        other = excluded_by(self.roles[role], [one.role for one in held], self.roles)
        if other:
            raise RolesExclude(where="role", other=other)
        now = self._clock.now()
        new = AssignmentRecord(
            self._ids.new_id(), account.account, role, organisation, now, until, reason,
            current().actor.name,
        )  # fmt: skip
        await store.insert_assignment(connection, new)
        await self._changed(connection)
        return new

    async def unassign(self, name: str, assignment: UUID) -> None:
        """Take a role away; raises :class:`NoSuchAccount`, :class:`NothingThere`."""
        async with self._pool.acquire() as connection, connection.transaction():
            found = self._within_reach(await store.lock_account(connection, name))
            held = await store.assignments_of(connection, [found.account])
            one = next((one for one in held if one.assignment == assignment), None)
            if one is None:
                raise NothingThere(where="assignment")
            where = "" if one.organisation == EVERYWHERE else one.organisation
            if not current().sees(where):
                raise OutsideOfReach(where="organisation")
            await store.end_assignment(
                connection, assignment, found.account, by=current().actor.name,
                at=self._clock.now(),
            )  # fmt: skip
            facts = {"role": one.role, "organisation": one.organisation}
            await self._act(connection, "role.unassigned", found, facts)
            await self._changed(connection)

    async def explain(
        self, name: str, *, permission: str, organisation: str
    ) -> tuple[AccountRecord, list[Reason]]:
        """Say why an account may, or may not, do a thing with an organisation's data."""
        found = await self.get(name)
        held = await store.assignments_of(self._pool, [found.account])
        reasons = explain(
            [one.held for one in held],
            self.roles,
            await store.parents(self._pool),
            permission=permission,
            organisation=organisation,
            at=self._clock.now(),
        )
        return found, reasons if found.state == "active" else []

    async def refresh(self) -> None:
        """Do what time and files bring: roles that ended, roles that changed."""
        self._roles.refresh()
        async with self._pool.acquire() as connection, connection.transaction():
            await store.refresh_sight(connection, self.roles, self._clock.now())

    async def _changed(self, connection: Connection) -> None:
        """Let the change hold at once: for the second wall, here, and in every other process."""
        await store.refresh_sight(connection, self.roles, self._clock.now())
        self._signing_in.forget()

    async def _act(
        self, connection: Connection, kind: str, account: AccountRecord, facts: Mapping[str, Any]
    ) -> None:
        body = {"subject": account.name, "subject_account": str(account.account), **facts}
        await self._log.append_act_within(connection, act(kind, body))


def _password() -> Sensitive[str]:
    """Return a password to hand over on paper: about 77 bits, no letters that look alike."""
    letters = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    while True:
        text = "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(3))
        kinds = (str.islower, str.isupper, str.isdigit)
        if all(any(kind(one) for one in text) for kind in kinds):
            return Sensitive(text)
