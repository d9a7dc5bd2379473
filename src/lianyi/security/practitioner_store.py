"""Who an account is among the practitioners; each call in its transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from lianyi.messagelog.postgres_leases import Connection
from lianyi.security.account_store import Asks

MASTERDATA, MESSAGES = "masterdata", "messages"


class Called(NamedTuple):
    """What somebody is called where practitioners are named.

    Attributes:
        source: ``masterdata``: ``identifier`` is a code there; ``messages``: as systems write it.
        authority: XCN-9; empty where the sender names none.
        identifier: XCN-1, or the code.
        organisation: in whose messages, and below; empty: wherever the account has a role.
    """

    source: str
    authority: str
    identifier: str
    organisation: str


async def names_of(ask: Asks, account: UUID) -> list[Called]:
    """Return what an account is called, in a fixed order."""
    rows = await ask.fetch(
        "SELECT source, authority, identifier, organisation FROM security.practitioner"
        " WHERE account = $1 ORDER BY source, authority, identifier",
        account,
    )
    return [Called(*row) for row in rows]


async def set_names(
    connection: Connection, account: UUID, names: Collection[Called], *, by: str, at: datetime
) -> None:
    """Let an account be called so from now on, and no longer as before."""
    await connection.execute("DELETE FROM security.practitioner WHERE account = $1", account)
    await connection.executemany(
        "INSERT INTO security.practitioner (account, source, authority, identifier, organisation,"
        " linked_at, linked_by) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [(account, *name, at, by) for name in names],
    )
