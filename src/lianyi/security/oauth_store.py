"""Access tokens of systems and the public keys they sign with; each call in its transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from lianyi.messagelog.postgres_leases import Connection
from lianyi.security.account_store import Asks
from lianyi.security.client_certificates import Binding, Method


class TokenRecord(NamedTuple):
    """A row of ``security.access_token``.

    Attributes:
        stored: SHA-256 of the token.
        account: of the system that holds it.
        key: with which it was asked for; None: without one.
        scopes: permissions, or scopes of SMART.
        created_at, expires_at: instants.
        approval: of the person for whom it acts; None: it acts for itself.
    """

    stored: bytes
    account: UUID
    key: bytes | None
    scopes: Sequence[str]
    created_at: datetime
    expires_at: datetime
    certificate: bytes | None = None
    approval: UUID | None = None


_COLUMNS = ", ".join(TokenRecord._fields)


async def insert_token(connection: Connection, new: TokenRecord, *, limit: int) -> bool:
    """Keep a token and forget those that ran out.

    Returns:
        False when its account, or the approval behind it, has too many.
    """
    await connection.execute(
        "DELETE FROM security.access_token WHERE expires_at <= $1", new.created_at
    )
    done = await connection.execute(
        f"INSERT INTO security.access_token ({_COLUMNS}) SELECT $1, $2, $3, $4, $5, $6, $7, $8"  # noqa: S608
        " WHERE (SELECT count(*) FROM security.access_token"
        " WHERE account = $2 AND approval IS NOT DISTINCT FROM $8) < $9",
        *new,
        limit,
    )
    return bool(done == "INSERT 0 1")


async def find_token(ask: Asks, stored: bytes, at: datetime) -> TokenRecord | None:
    """Return a token that is still good; so must be the key that asked for it."""
    row = await ask.fetchrow(
        "SELECT t.stored, t.account, t.key, t.scopes, t.created_at, t.expires_at, t.certificate,"
        " t.approval"
        " FROM security.access_token AS t LEFT JOIN security.api_key AS k ON k.stored = t.key"
        " WHERE t.stored = $1 AND t.ended_at IS NULL AND t.expires_at > $2"
        " AND (t.key IS NULL OR k.ended_at IS NULL)"
        " AND (k.expires_at IS NULL OR k.expires_at > $2)",
        stored,
        at,
    )
    return TokenRecord(*row) if row else None


async def end_token(connection: Connection, stored: bytes, at: datetime) -> bool:
    """End a token; False when it has ended."""
    done = await connection.execute(
        "UPDATE security.access_token SET ended_at = $2 WHERE stored = $1 AND ended_at IS NULL",
        stored,
        at,
    )
    return bool(done == "UPDATE 1")


async def end_signed_tokens(connection: Connection, account: UUID, at: datetime) -> None:
    """End the tokens of an account that a signed assertion asked for."""
    await connection.execute(
        "UPDATE security.access_token SET ended_at = $2"
        " WHERE account = $1 AND key IS NULL AND certificate IS NULL AND ended_at IS NULL",
        account,
        at,
    )


async def end_bound_tokens(connection: Connection, account: UUID, at: datetime) -> None:
    """End the tokens of an account that are bound to a certificate."""
    await connection.execute(
        "UPDATE security.access_token SET ended_at = $2"
        " WHERE account = $1 AND certificate IS NOT NULL AND ended_at IS NULL",
        account,
        at,
    )


async def client_keys(ask: Asks, account: UUID) -> list[dict[str, Any]]:
    """Return the public keys of an account, as JWKs."""
    text = await ask.fetchval(
        "SELECT jwks::text FROM security.client_keys WHERE account = $1", account
    )
    return list(orjson.loads(text)) if text else []


async def set_client_keys(
    connection: Connection, account: UUID, keys: Sequence[Mapping[str, Any]], at: datetime
) -> None:
    """Replace the public keys of an account."""
    await connection.execute(
        "INSERT INTO security.client_keys (account, jwks, changed_at)"
        " VALUES ($1, $2::text::jsonb, $3)"
        " ON CONFLICT (account) DO UPDATE SET jwks = excluded.jwks, changed_at = $3",
        account,
        orjson.dumps([dict(key) for key in keys]).decode(),
        at,
    )


async def bindings_of(ask: Asks, account: UUID) -> list[Binding]:
    """Return the certificates of an account."""
    rows = await ask.fetch(
        "SELECT method, value, expires_at, seen_at FROM security.client_certificate"
        " WHERE account = $1 ORDER BY method, value",
        account,
    )
    return [Binding(Method(row[0]), *row[1:]) for row in rows]


async def all_bindings(ask: Asks) -> list[tuple[str, str, Binding]]:
    """Return every certificate of a system that is active: its name, its organisation, which."""
    rows = await ask.fetch(
        "SELECT a.name, a.organisation, c.method, c.value, c.expires_at, c.seen_at"
        " FROM security.client_certificate AS c JOIN security.account AS a USING (account)"
        " WHERE a.state = 'active' ORDER BY a.name, c.method, c.value"
    )
    return [(row[0], row[1], Binding(Method(row[2]), *row[3:])) for row in rows]


async def set_bindings(connection: Connection, account: UUID, wanted: Sequence[Binding]) -> bool:
    """Replace the certificates of an account; False when one is another account's.

    What is known of one that stays, stays.
    """
    await connection.execute(
        "DELETE FROM security.client_certificate AS c WHERE account = $1 AND NOT EXISTS ("
        "SELECT FROM unnest($2::text[], $3::text[]) AS w (method, value)"
        " WHERE w.method = c.method AND w.value = c.value)",
        account,
        [one.method.value for one in wanted],
        [one.value for one in wanted],
    )
    for one in wanted:
        done = await connection.execute(
            "INSERT INTO security.client_certificate AS c (account, method, value, expires_at)"
            " VALUES ($1, $2, $3, $4) ON CONFLICT (method, value) DO UPDATE"
            " SET expires_at = coalesce(excluded.expires_at, c.expires_at) WHERE c.account = $1",
            account,
            one.method.value,
            one.value,
            one.expires_at,
        )
        if done != "INSERT 0 1":
            return False
    return True


async def see_binding(
    connection: Connection, binding: Binding, *, expires_at: datetime, at: datetime
) -> None:
    """Write down that a certificate was shown, and until when it is valid."""
    await connection.execute(
        "UPDATE security.client_certificate SET expires_at = $3, seen_at = $4"
        " WHERE method = $1 AND value = $2",
        binding.method.value,
        binding.value,
        expires_at,
        at,
    )
