"""Whose account somebody of a directory has here: linked by what never changes, never by a name.

Somebody new gets an account when the file of the provider says so. Which roles his groups give him
is worked out at each sign-in: what the directory gave and gives no longer, ends.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from lianyi.base.clock import Clock, IdSource
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security import account_store as store
from lianyi.security import identity_store
from lianyi.security.access import acting, current
from lianyi.security.account_store import AccountRecord, AssignmentRecord
from lianyi.security.acts import act
from lianyi.security.failures import NoSuchAccount, NothingThere
from lianyi.security.identity_store import IdentityRecord
from lianyi.security.model import PLATFORM, Access, Actor, Purpose
from lianyi.security.providers.files import ProviderFile
from lianyi.security.providers.mapping import suggest
from lianyi.security.providers.problems import IdentityTaken, NoAccountHere
from lianyi.security.providers.provider import ExternalIdentity
from lianyi.security.roles import RoleBook
from lianyi.security.rules import excluded_by, reach_of_all
from lianyi.security.signing_in import SigningIn

NAME_CHARACTERS_MAX = 40
SUBJECT_CHARACTERS_MAX = 1024

log = structlog.get_logger(__name__)


def giver(provider: str) -> str:
    """Return who gives what a directory gives. No account has such a name."""
    return f"sign-in/{provider}"


def by_provider(provider: str, address: str) -> Access:
    """Return a directory that does something here through its file."""
    actor = Actor(PLATFORM, giver(provider), provider, "", reach_of_all())
    return Access(actor, "accounts.manage", "sign_in", Purpose.ADMINISTRATION, address)


def account_names(identity: ExternalIdentity) -> list[str]:
    """Return what an account of somebody new may be called, the best name first."""
    digest = hashlib.sha256(f"{identity.provider} {identity.subject}".encode()).hexdigest()[:10]
    typed = identity.user_name.rpartition("\\")[2].partition("@")[0].lower()
    plain = re.sub(r"[^a-z0-9._-]", "", typed).lstrip("._-")[:NAME_CHARACTERS_MAX]
    names = [plain, f"{plain}.{identity.provider}"[:62]] if len(plain) > 1 else []
    return [*names, f"{identity.provider}.{digest}"]


class Identities:
    """Links accounts with directories, and recognises who comes from one."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        messages: PostgresLog,
        clock: Clock,
        ids: IdSource,
        *,
        roles: RoleBook,
        signing_in: SigningIn,
    ) -> None:
        self._pool = pool
        self._log = messages
        self._clock = clock
        self._ids = ids
        self._roles = roles
        self._signing_in = signing_in

    # ---- what an administrator does ------------------------------------------------------------

    async def list_of(self, name: str) -> Sequence[IdentityRecord]:
        """Return the links of an account; raises :class:`NoSuchAccount`."""
        found = self._within_reach(await store.find_account(self._pool, name))
        return await identity_store.identities_of(self._pool, found.account)

    async def link(self, name: str, *, provider: str, subject: str) -> IdentityRecord:
        """Link a person's account with somebody in a directory.

        Raises:
            NoSuchAccount: there is none for people of this name within reach.
            IdentityTaken: another account, or this one, is linked with him.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            found = self._within_reach(await store.lock_account(connection, name))
            if found.kind != "person":
                raise NoSuchAccount(where="account")
            now, who = self._clock.now(), current().actor.name
            new = IdentityRecord(provider, subject, found.account, now, who, None)
            if not await identity_store.insert_identity(connection, new):
                raise IdentityTaken(where="subject")
            facts = {"provider": provider, "outside": subject}
            await self._act(connection, "account.linked", found, facts)
        return new

    async def unlink(self, name: str, *, provider: str, subject: str) -> None:
        """End a link, the sessions that began through it, and the roles that it gave.

        Raises:
            NoSuchAccount, NothingThere: there is no such thing.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            found = self._within_reach(await store.lock_account(connection, name))
            if not await identity_store.delete_identity(
                connection, found.account, provider, subject
            ):
                raise NothingThere(where="identity")
            await self.end_sessions_within(
                connection, provider, subject=subject, outside="", why="link ended"
            )
            left = await identity_store.identities_of(connection, found.account)
            if not any(one.provider == provider for one in left):
                held = await store.assignments_of(connection, [found.account])
                for one in held:
                    if one.granted_by == giver(provider):
                        await self._take(connection, found, one)
            facts = {"provider": provider, "outside": subject}
            await self._act(connection, "account.unlinked", found, facts)
            await self._changed(connection)

    async def end_sessions_within(
        self, connection: Connection, provider: str, *, subject: str, outside: str, why: str
    ) -> list[UUID]:
        """End the sessions that began in a directory; return whose they were."""
        found = await identity_store.sessions_from(
            connection, provider, subject=subject, outside=outside
        )
        for stored, account in found:
            await store.end_sessions(
                connection, account, why=why, at=self._clock.now(), only=stored.hex()[:12]
            )
        return [account for _, account in found]

    # ---- what a sign-in does -------------------------------------------------------------------

    async def recognise(
        self, identity: ExternalIdentity, file: ProviderFile, *, address: str
    ) -> AccountRecord:
        """Return whose account it is, with the roles that his groups give him now.

        Raises:
            NoAccountHere: he has none, or it is disabled.
        """
        self._roles.refresh()
        subject = identity.subject[:SUBJECT_CHARACTERS_MAX]
        access = by_provider(identity.provider, address)
        with acting(access):
            async with self._pool.acquire() as connection, connection.transaction():
                await identity_store.lock_identity(connection, identity.provider, subject)
                account = await self._find_or_make(connection, identity, file, subject)
                if account is not None and account.state == "active":
                    now = self._clock.now()
                    await identity_store.see_identity(connection, identity.provider, subject, now)
                    await self._give(connection, account, identity, file)
                    return account
        raise NoAccountHere(where=identity.provider)

    async def _find_or_make(
        self,
        connection: Connection,
        identity: ExternalIdentity,
        file: ProviderFile,
        subject: str,
    ) -> AccountRecord | None:
        linked = await identity_store.find_identity(connection, identity.provider, subject)
        if linked:
            return await store.account_of(connection, linked.account)
        if not file.create_accounts:
            return None
        for name in account_names(identity):
            new = AccountRecord(
                self._ids.new_id(), name, identity.display_name[:100] or name, "person", "",
                "active", False, 0, None, self._clock.now(),
            )  # fmt: skip
            if await store.insert_account(connection, new):
                break
        else:
            return None
        link = IdentityRecord(
            identity.provider, subject, new.account, self._clock.now(), giver(identity.provider),
            None,
        )  # fmt: skip
        await identity_store.insert_identity(connection, link)
        facts = {"kind": "person", "organisation": "", "provider": identity.provider,
                 "outside": subject}  # fmt: skip
        await self._act(connection, "account.created", new, facts)
        return new

    async def _give(
        self,
        connection: Connection,
        account: AccountRecord,
        identity: ExternalIdentity,
        file: ProviderFile,
    ) -> None:
        """Let the roles that this directory gives be those that its groups mean now."""
        roles, who = self._roles.roles, giver(identity.provider)
        wanted = {(one.role, one.organisation): one for one in suggest(identity, file.grants)}
        held = await store.assignments_of(connection, [account.account])
        changed = False
        for one in held:
            if one.granted_by == who and (one.role, one.organisation) not in wanted:
                await self._take(connection, account, one)
                changed = True
        kept = [one for one in held if one.granted_by != who]
        kept += [
            one for one in held if one.granted_by == who and (one.role, one.organisation) in wanted
        ]
        here = {(one.role, one.organisation) for one in kept if one.valid_until is None}
        names = [one.role for one in kept]
        for (role, organisation), suggestion in wanted.items():
            if (role, organisation) in here:
                continue
            other = excluded_by(roles[role], names, roles) if role in roles else "unknown role"
            if other:
                log.warning("directory cannot give a role", provider=identity.provider, role=role,
                            because=other)  # fmt: skip
                continue
            new = AssignmentRecord(
                self._ids.new_id(), account.account, role, organisation, self._clock.now(), None,
                suggestion.group[:500], who,
            )  # fmt: skip
            await store.insert_assignment(connection, new)
            names.append(role)
            facts = {"role": role, "organisation": organisation, "reason": suggestion.group[:500],
                     "until": None}  # fmt: skip
            await self._act(connection, "role.assigned", account, facts)
            changed = True
        if changed:
            await self._changed(connection)

    async def _take(
        self, connection: Connection, account: AccountRecord, one: AssignmentRecord
    ) -> None:
        await store.end_assignment(
            connection, one.assignment, account.account, by=current().actor.name,
            at=self._clock.now(),
        )  # fmt: skip
        facts = {"role": one.role, "organisation": one.organisation}
        await self._act(connection, "role.unassigned", account, facts)

    @staticmethod
    def _within_reach(found: AccountRecord | None) -> AccountRecord:
        if found is None or found.kind == "platform" or not current().sees(found.organisation):
            raise NoSuchAccount(where="account")
        return found

    async def _changed(self, connection: Connection) -> None:
        await store.refresh_sight(connection, self._roles.roles, self._clock.now())
        self._signing_in.forget()

    async def _act(
        self, connection: Connection, kind: str, account: AccountRecord, facts: Mapping[str, Any]
    ) -> None:
        body = {"subject": account.name, "subject_account": str(account.account), **facts}
        await self._log.append_act_within(connection, act(kind, body))
