"""Accounts, secrets, sessions and assignments in PostgreSQL; every call runs in its transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from lianyi.messagelog.postgres_leases import Connection
from lianyi.security.model import Assignment, Role
from lianyi.security.rules import indicator_roles, masterdata_roles, seeing_roles

CHANGED = "lianyi_security"
"""Notified when what somebody may do has changed; processes forget what they remember."""

Asks = Connection | asyncpg.Pool


class AccountRecord(NamedTuple):
    """A row of ``security.account``."""

    account: UUID
    name: str
    display_name: str
    kind: str
    organisation: str
    state: str
    must_change: bool
    failures: int
    locked_until: datetime | None
    created_at: datetime


class SessionRecord(NamedTuple):
    """A row of ``security.session``."""

    stored: bytes
    account: UUID
    began_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    agent: str
    factors: Sequence[str]


class FactorRecord(NamedTuple):
    """A row of ``security.second_factor``."""

    account: UUID
    secret: bytes
    last_step: int | None
    recovery: Sequence[str]
    began_at: datetime
    confirmed_at: datetime | None


class KeyRecord(NamedTuple):
    """A row of ``security.api_key``."""

    stored: bytes
    account: UUID
    title: str
    created_at: datetime
    expires_at: datetime | None


class AssignmentRecord(NamedTuple):
    """A row of ``security.assignment`` that has not been ended."""

    assignment: UUID
    account: UUID
    role: str
    organisation: str
    valid_from: datetime
    valid_until: datetime | None
    reason: str
    granted_by: str

    @property
    def held(self) -> Assignment:
        """The assignment as rules know it."""
        return Assignment(
            self.assignment, self.role, self.organisation, self.valid_from, self.valid_until
        )


def _columns(kind: type[NamedTuple]) -> str:
    return ", ".join(kind._fields)


# ---- accounts ----------------------------------------------------------------------------------


async def find_account(ask: Asks, name: str) -> AccountRecord | None:
    """Return an account by the name that it signs in with."""
    row = await ask.fetchrow(
        f"SELECT {_columns(AccountRecord)} FROM security.account WHERE name = $1",  # noqa: S608
        name,
    )
    return AccountRecord(*row) if row else None


async def account_of(ask: Asks, account: UUID) -> AccountRecord | None:
    """Return an account by its identifier."""
    row = await ask.fetchrow(
        f"SELECT {_columns(AccountRecord)} FROM security.account WHERE account = $1",  # noqa: S608
        account,
    )
    return AccountRecord(*row) if row else None


async def lock_account(connection: Connection, name: str) -> AccountRecord | None:
    """Return an account and keep it from changing until the transaction ends."""
    row = await connection.fetchrow(
        f"SELECT {_columns(AccountRecord)} FROM security.account WHERE name = $1 FOR UPDATE",  # noqa: S608
        name,
    )
    return AccountRecord(*row) if row else None


async def list_accounts(ask: Asks, *, after: str, limit: int) -> list[AccountRecord]:
    """Return accounts of people and systems by name."""
    rows = await ask.fetch(
        f"SELECT {_columns(AccountRecord)} FROM security.account"  # noqa: S608
        " WHERE kind <> 'platform' AND name > $1 ORDER BY name LIMIT $2",
        after,
        limit,
    )
    return [AccountRecord(*row) for row in rows]


async def insert_account(connection: Connection, new: AccountRecord) -> bool:
    """Add an account; False when the name is taken."""
    places = ", ".join(f"${n}" for n in range(1, len(new) + 1))
    done = await connection.execute(
        f"INSERT INTO security.account ({_columns(AccountRecord)}) VALUES ({places})"  # noqa: S608
        " ON CONFLICT DO NOTHING",
        *new,
    )
    return bool(done == "INSERT 0 1")


async def update_account(connection: Connection, changed: AccountRecord) -> None:
    """Write an account anew; identifier, name, kind and birth stay."""
    await connection.execute(
        "UPDATE security.account SET display_name = $2, organisation = $3, state = $4,"
        " must_change = $5, failures = $6, locked_until = $7 WHERE account = $1",
        changed.account,
        changed.display_name,
        changed.organisation,
        changed.state,
        changed.must_change,
        changed.failures,
        changed.locked_until,
    )


async def has_role(ask: Asks, role: str, at: datetime) -> bool:
    """Tell whether an active account has a role now."""
    found: bool = await ask.fetchval(
        "SELECT EXISTS (SELECT FROM security.assignment AS a JOIN security.account AS w"
        " USING (account) WHERE a.role = $1 AND a.ended_at IS NULL AND a.valid_from <= $2"
        " AND (a.valid_until IS NULL OR a.valid_until > $2) AND w.state = 'active')",
        role,
        at,
    )
    return found


# ---- secrets -----------------------------------------------------------------------------------


async def passwords_of(ask: Asks, account: UUID, *, limit: int) -> list[tuple[str, datetime]]:
    """Return the stored lines of an account's passwords and since when, the newest first."""
    rows = await ask.fetch(
        "SELECT hash, changed_at FROM security.password WHERE account = $1"
        " ORDER BY changed_at DESC LIMIT $2",
        account,
        limit,
    )
    return [(row[0], row[1]) for row in rows]


async def insert_password(connection: Connection, account: UUID, line: str, at: datetime) -> None:
    """Put a password in force."""
    await connection.execute(
        "INSERT INTO security.password (account, hash, changed_at) VALUES ($1, $2, $3)",
        account,
        line,
        at,
    )


async def rehash(connection: Connection, account: UUID, old: str, line: str) -> None:
    """Replace the stored line of the same password."""
    await connection.execute(
        "UPDATE security.password SET hash = $3 WHERE account = $1 AND hash = $2",
        account,
        old,
        line,
    )


async def factor_of(ask: Asks, account: UUID) -> FactorRecord | None:
    """Return the second factor of an account."""
    row = await ask.fetchrow(
        f"SELECT {_columns(FactorRecord)} FROM security.second_factor WHERE account = $1",  # noqa: S608
        account,
    )
    return FactorRecord(*row) if row else None


async def begin_factor(connection: Connection, account: UUID, secret: bytes, at: datetime) -> None:
    """Keep a secret that is not yet confirmed; a confirmed one is not touched."""
    await connection.execute(
        "INSERT INTO security.second_factor AS old (account, secret, began_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (account) DO UPDATE SET secret = $2, began_at = $3"
        " WHERE old.confirmed_at IS NULL",
        account,
        secret,
        at,
    )


async def confirm_factor(
    connection: Connection, account: UUID, *, step: int, recovery: Sequence[str], at: datetime
) -> None:
    """Ask for the second factor from now on."""
    await connection.execute(
        "UPDATE security.second_factor SET confirmed_at = $2, last_step = $3, recovery = $4"
        " WHERE account = $1",
        account,
        at,
        step,
        list(recovery),
    )


async def take_step(connection: Connection, account: UUID, step: int) -> bool:
    """Use a step; False when it, or a later one, was used."""
    done = await connection.execute(
        "UPDATE security.second_factor SET last_step = $2"
        " WHERE account = $1 AND (last_step IS NULL OR last_step < $2)",
        account,
        step,
    )
    return bool(done == "UPDATE 1")


async def take_recovery(connection: Connection, account: UUID, line: str) -> bool:
    """Use a recovery code; False when it was used."""
    done = await connection.execute(
        "UPDATE security.second_factor SET recovery = array_remove(recovery, $2)"
        " WHERE account = $1 AND $2 = ANY (recovery)",
        account,
        line,
    )
    return bool(done == "UPDATE 1")


async def remove_factor(connection: Connection, account: UUID) -> bool:
    """Forget the second factor; False when there was none."""
    done = await connection.execute(
        "DELETE FROM security.second_factor WHERE account = $1", account
    )
    return bool(done == "DELETE 1")


async def insert_key(connection: Connection, key: KeyRecord) -> None:
    """Add what a system signs in with."""
    await connection.execute(
        f"INSERT INTO security.api_key ({_columns(KeyRecord)}) VALUES ($1, $2, $3, $4, $5)",  # noqa: S608
        *key,
    )


async def find_key(ask: Asks, stored: bytes, at: datetime) -> KeyRecord | None:
    """Return a key that is still good."""
    row = await ask.fetchrow(
        f"SELECT {_columns(KeyRecord)} FROM security.api_key WHERE stored = $1"  # noqa: S608
        " AND ended_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
        stored,
        at,
    )
    return KeyRecord(*row) if row else None


async def list_keys(ask: Asks, account: UUID) -> list[KeyRecord]:
    """Return the keys of an account that were not ended, the newest first."""
    rows = await ask.fetch(
        f"SELECT {_columns(KeyRecord)} FROM security.api_key"  # noqa: S608
        " WHERE account = $1 AND ended_at IS NULL ORDER BY created_at DESC",
        account,
    )
    return [KeyRecord(*row) for row in rows]


async def end_key(connection: Connection, account: UUID, name: str, at: datetime) -> bool:
    """End a key by the name that lists show; False when there is none."""
    done = await connection.execute(
        "UPDATE security.api_key SET ended_at = $3 WHERE account = $1 AND ended_at IS NULL"
        " AND left(encode(stored, 'hex'), 12) = $2",
        account,
        name,
        at,
    )
    return bool(done != "UPDATE 0")


# ---- sessions ----------------------------------------------------------------------------------


async def insert_session(connection: Connection, session: SessionRecord) -> None:
    """Begin a session."""
    await connection.execute(
        f"INSERT INTO security.session ({_columns(SessionRecord)})"  # noqa: S608
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        *session,
    )


async def find_session(ask: Asks, stored: bytes) -> SessionRecord | None:
    """Return a session that nobody ended; whether it is too old the caller decides."""
    row = await ask.fetchrow(
        f"SELECT {_columns(SessionRecord)} FROM security.session"  # noqa: S608
        " WHERE stored = $1 AND ended_at IS NULL",
        stored,
    )
    return SessionRecord(*row) if row else None


async def add_factor(connection: Connection, stored: bytes, account: UUID, factor: str) -> None:
    """Write down that in a session one more factor was shown."""
    await connection.execute(
        "UPDATE security.session SET factors = array_append(factors, $3)"
        " WHERE stored = $1 AND account = $2 AND NOT $3 = ANY (factors)",
        stored,
        account,
        factor,
    )


async def prove_session(connection: Connection, stored: bytes, account: UUID, at: datetime) -> None:
    """Write down that in a session the password was shown again."""
    await connection.execute(
        "UPDATE security.session SET proved_at = $3"
        " WHERE stored = $1 AND account = $2 AND ended_at IS NULL",
        stored,
        account,
        at,
    )


async def proved_at(ask: Asks, stored: bytes) -> datetime | None:
    """Return when somebody last showed in a session who he is; None when there is none such."""
    found: datetime | None = await ask.fetchval(
        "SELECT coalesce(proved_at, began_at) FROM security.session"
        " WHERE stored = $1 AND ended_at IS NULL",
        stored,
    )
    return found


async def see_session(ask: Asks, stored: bytes, at: datetime) -> None:
    """Write down that a session is in use."""
    await ask.execute(
        "UPDATE security.session SET seen_at = $2 WHERE stored = $1 AND seen_at < $2", stored, at
    )


async def list_sessions(ask: Asks, account: UUID, at: datetime) -> list[SessionRecord]:
    """Return the sessions of an account that are open, the newest first."""
    rows = await ask.fetch(
        f"SELECT {_columns(SessionRecord)} FROM security.session"  # noqa: S608
        " WHERE account = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY began_at DESC",
        account,
        at,
    )
    return [SessionRecord(*row) for row in rows]


async def end_sessions(
    connection: Connection,
    account: UUID,
    *,
    why: str,
    at: datetime,
    only: str | None = None,
    but: bytes = b"",
) -> int:
    """End sessions of an account; return how many.

    Args:
        connection: in the transaction of the act.
        account: whose.
        why: a word.
        at: when.
        only: the name that lists show of the one to end; None: all.
        but: one that stays.
    """
    done = await connection.execute(
        "UPDATE security.session SET ended_at = $2, ended_why = $3 WHERE account = $1"
        " AND ended_at IS NULL AND stored <> $4"
        " AND ($5::text IS NULL OR left(encode(stored, 'hex'), 12) = $5)",
        account,
        at,
        why,
        but,
        only,
    )
    return int(done.split()[1])


# ---- assignments and the tree ------------------------------------------------------------------


async def assignments_of(ask: Asks, accounts: Collection[UUID]) -> list[AssignmentRecord]:
    """Return the assignments of accounts that nobody ended, the oldest first."""
    rows = await ask.fetch(
        f"SELECT {_columns(AssignmentRecord)} FROM security.assignment"  # noqa: S608
        " WHERE account = ANY ($1::uuid[]) AND ended_at IS NULL ORDER BY valid_from, assignment",
        list(accounts),
    )
    return [AssignmentRecord(*row) for row in rows]


async def insert_assignment(connection: Connection, new: AssignmentRecord) -> None:
    """Give a role."""
    await connection.execute(
        f"INSERT INTO security.assignment ({_columns(AssignmentRecord)})"  # noqa: S608
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        *new,
    )


async def end_assignment(
    connection: Connection, assignment: UUID, account: UUID, *, by: str, at: datetime
) -> bool:
    """Take a role away; False when it was not there."""
    done = await connection.execute(
        "UPDATE security.assignment SET ended_at = $3, ended_by = $4"
        " WHERE assignment = $1 AND account = $2 AND ended_at IS NULL",
        assignment,
        account,
        at,
        by,
    )
    return bool(done == "UPDATE 1")


async def parents(ask: Asks) -> dict[str, str | None]:
    """Return the management tree: code of each organisation to the one above it."""
    return {row[0]: row[1] for row in await ask.fetch("SELECT code, parent FROM security.unit")}


async def set_units(connection: Connection, tree: dict[str, str | None]) -> bool:
    """Replace the management tree; False when it is the same as before."""
    if tree == await parents(connection):
        return False
    await connection.execute("DELETE FROM security.unit WHERE code <> ALL ($1::text[])", list(tree))
    await connection.executemany(
        "INSERT INTO security.unit (code, parent) VALUES ($1, $2)"
        " ON CONFLICT (code) DO UPDATE SET parent = excluded.parent",
        list(tree.items()),
    )
    return True


async def refresh_sight(connection: Connection, roles: Mapping[str, Role], at: datetime) -> None:
    """Write down anew who sees what, and tell every process that something has changed.

    Args:
        connection: to the database.
        roles: all there are.
        at: the assignments of this moment count.
    """
    await connection.execute(
        "SELECT security.refresh_sight($1, $3), security.refresh_masterdata_sight($2, $3),"
        " security.refresh_indicator_sight($4, $3)",
        seeing_roles(roles),
        masterdata_roles(roles),
        at,
        indicator_roles(roles),
    )
    await connection.execute("SELECT pg_notify($1, '')", CHANGED)


async def tell(connection: Connection) -> None:
    """Tell every process, once the transaction is committed, to forget what it remembers."""
    await connection.execute("SELECT pg_notify($1, '')", CHANGED)
