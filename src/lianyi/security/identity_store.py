"""Links of accounts with directories, and where sessions began; each call in its transaction."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from lianyi.messagelog.postgres_leases import Connection
from lianyi.security.account_store import Asks


class IdentityRecord(NamedTuple):
    """A row of ``security.identity``."""

    provider: str
    subject: str
    account: UUID
    linked_at: datetime
    linked_by: str
    seen_at: datetime | None


class OriginRecord(NamedTuple):
    """A row of ``security.session_origin``."""

    stored: bytes
    provider: str
    subject: str
    outside: str
    hint: bytes | None


_IDENTITY = ", ".join(IdentityRecord._fields)
_ORIGIN = ", ".join(OriginRecord._fields)


async def lock_identity(connection: Connection, provider: str, subject: str) -> None:
    """Let nobody else link this person until the transaction ends."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        f"security.identity {provider} {subject}",
    )


async def find_identity(ask: Asks, provider: str, subject: str) -> IdentityRecord | None:
    """Return the link of somebody in a directory."""
    row = await ask.fetchrow(
        f"SELECT {_IDENTITY} FROM security.identity WHERE provider = $1 AND subject = $2",  # noqa: S608
        provider,
        subject,
    )
    return IdentityRecord(*row) if row else None


async def identities_of(ask: Asks, account: UUID) -> list[IdentityRecord]:
    """Return the links of an account."""
    rows = await ask.fetch(
        f"SELECT {_IDENTITY} FROM security.identity WHERE account = $1"  # noqa: S608
        " ORDER BY provider, subject",
        account,
    )
    return [IdentityRecord(*row) for row in rows]


async def insert_identity(connection: Connection, new: IdentityRecord) -> bool:
    """Link; False when somebody is linked already."""
    done = await connection.execute(
        f"INSERT INTO security.identity ({_IDENTITY}) VALUES ($1, $2, $3, $4, $5, $6)"  # noqa: S608
        " ON CONFLICT DO NOTHING",
        *new,
    )
    return bool(done == "INSERT 0 1")


async def delete_identity(
    connection: Connection, account: UUID, provider: str, subject: str
) -> bool:
    """End a link; False when there was none."""
    done = await connection.execute(
        "DELETE FROM security.identity WHERE account = $1 AND provider = $2 AND subject = $3",
        account,
        provider,
        subject,
    )
    return bool(done == "DELETE 1")


async def see_identity(connection: Connection, provider: str, subject: str, at: datetime) -> None:
    """Write down that somebody signed in through a link."""
    await connection.execute(
        "UPDATE security.identity SET seen_at = $3 WHERE provider = $1 AND subject = $2",
        provider,
        subject,
        at,
    )


async def insert_origin(connection: Connection, origin: OriginRecord) -> None:
    """Write down where a session began."""
    await connection.execute(
        f"INSERT INTO security.session_origin ({_ORIGIN}) VALUES ($1, $2, $3, $4, $5)",  # noqa: S608
        *origin,
    )


async def origin_of(ask: Asks, stored: bytes) -> OriginRecord | None:
    """Return where a session began; None when it began here."""
    row = await ask.fetchrow(
        f"SELECT {_ORIGIN} FROM security.session_origin WHERE stored = $1",  # noqa: S608
        stored,
    )
    return OriginRecord(*row) if row else None


async def sessions_from(
    ask: Asks, provider: str, *, subject: str, outside: str
) -> list[tuple[bytes, UUID]]:
    """Return the open sessions that began in a directory, and whose they are.

    Args:
        ask: pool or connection.
        provider: which directory.
        subject: of whom; empty: of whomever the session is.
        outside: the directory's name of the session; empty: all of the subject.
    """
    rows = await ask.fetch(
        "SELECT s.stored, s.account FROM security.session_origin AS o"
        " JOIN security.session AS s USING (stored)"
        " WHERE o.provider = $1 AND s.ended_at IS NULL AND ($2 <> '' OR $3 <> '')"
        " AND ($2 = '' OR o.subject = $2) AND ($3 = '' OR o.outside = $3)",
        provider,
        subject,
        outside,
    )
    return [(row[0], row[1]) for row in rows]
