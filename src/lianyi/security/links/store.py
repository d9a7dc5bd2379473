"""The SQL of links to records; each call in its transaction."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from lianyi.messagelog.postgres_leases import Connection
from lianyi.security.account_store import Asks

_COLUMNS = "link, stored, system, account, record, purpose, made_at, expires_at, used_at, session"


class LinkRecord(NamedTuple):
    """A row of ``security.record_link``."""

    link: UUID
    stored: bytes
    system: UUID
    account: UUID
    record: str
    purpose: str
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    session: bytes | None = None


async def insert_link(connection: Connection, link: LinkRecord, *, forget_before: datetime) -> None:
    """Keep a link; those that were made before an instant are forgotten.

    Args:
        connection: in a transaction.
        link: a new one.
        forget_before: nothing that came of those lasts any more.
    """
    await connection.execute("DELETE FROM security.record_link WHERE made_at < $1", forget_before)
    await connection.execute(
        f"INSERT INTO security.record_link ({_COLUMNS})"  # noqa: S608
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        *link,
    )


async def lock_link(connection: Connection, stored: bytes) -> LinkRecord | None:
    """Return a link and keep it from being opened elsewhere until the transaction ends."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM security.record_link WHERE stored = $1 FOR UPDATE",  # noqa: S608
        stored,
    )
    return LinkRecord(*row) if row else None


async def use_link(connection: Connection, link: UUID, *, session: bytes, at: datetime) -> None:
    """Write down what came of a link."""
    await connection.execute(
        "UPDATE security.record_link SET used_at = $2, session = $3 WHERE link = $1",
        link,
        at,
        session,
    )


async def find_link_of(ask: Asks, session: bytes) -> LinkRecord | None:
    """Return the link by which a session was opened."""
    row = await ask.fetchrow(
        f"SELECT {_COLUMNS} FROM security.record_link WHERE session = $1",  # noqa: S608
        session,
    )
    return LinkRecord(*row) if row else None
