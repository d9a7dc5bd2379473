"""What is kept while a browser is away, and what was used before: each is taken once."""

from __future__ import annotations

import hashlib
from datetime import datetime

import orjson

from lianyi.messagelog.postgres_leases import Connection
from lianyi.security.providers.provider import KeptState

KEPT_MAX = 20_000
"""Sign-ins that are under way at a time; more of them are somebody's mischief."""


async def keep(connection: Connection, kept: KeptState, *, now: datetime) -> bool:
    """Keep a state until it is taken or expires; forget what has expired.

    Returns:
        False when too many are kept already: the caller answers that the door is busy.
    """
    await connection.execute("DELETE FROM security.sign_in_kept WHERE expires_at <= $1", now)
    done = await connection.execute(
        "INSERT INTO security.sign_in_kept (key_digest, provider, secrets, return_to, expires_at)"
        " SELECT $1, $2, $3::text::jsonb, $4, $5"
        " WHERE (SELECT count(*) FROM security.sign_in_kept) < $6",
        _digest(kept.key),
        kept.provider,
        orjson.dumps(dict(kept.values)).decode(),
        kept.return_to,
        kept.expires_at,
        KEPT_MAX,
    )
    return bool(done == "INSERT 0 1")


async def take(connection: Connection, key: str, *, now: datetime) -> KeptState | None:
    """Take a state out; None when there is none: unknown, used before, or expired."""
    row = await connection.fetchrow(
        "DELETE FROM security.sign_in_kept WHERE key_digest = $1"
        " RETURNING provider, secrets::text AS secrets, return_to, expires_at",
        _digest(key),
    )
    if row is None or row["expires_at"] <= now:
        return None
    return KeptState(
        key=key,
        provider=row["provider"],
        values=orjson.loads(row["secrets"]),
        return_to=row["return_to"],
        expires_at=row["expires_at"],
    )


async def first_time(
    connection: Connection, provider: str, identifier: str, *, until: datetime, now: datetime
) -> bool:
    """Return whether an identifier comes for the first time; remember it until then."""
    await connection.execute("DELETE FROM security.sign_in_seen WHERE until <= $1", now)
    done = await connection.execute(
        "INSERT INTO security.sign_in_seen (provider, seen_digest, until) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING",
        provider,
        _digest(identifier),
        until,
    )
    return bool(done == "INSERT 0 1")


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
