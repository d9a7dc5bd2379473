"""Everything that lies sealed in the database, table by table, and the keys that have sealed it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from lianyi.messagelog.postgres_leases import Connection
from lianyi.security.vault import Place, SealedRow

TOTP_PURPOSE = "account.totp"
"""The secret of somebody's one-time codes; the record is the account."""
HINT_PURPOSE = "session.logout_hint"
"""What a directory gave for signing out there again."""
SIGNING_PURPOSE = "smart.signing_key"
"""The private half of a key that signs who somebody is; the record is its name."""
HOOK_PURPOSE = "subscription.headers"
"""What the headers of a subscription say; the record is the pact by which it is followed."""
KEPT_PURPOSE = "sign_in.kept"
"""Such a hint while its person looks for his code: it is gone after minutes, and needs no sealing
again."""

FIELD_KEY = "fields"
"""How the key of field encryption is called where the vault's are k1, k2, …."""

BATCH_ROWS = 200


def totp_place(account: UUID) -> Place:
    """Return where the secret of somebody's one-time codes belongs."""
    return Place(TOTP_PURPOSE, str(account))


def hint_place(provider: str, subject: str) -> Place:
    """Return where a hint for signing out belongs."""
    return Place(HINT_PURPOSE, f"{provider} {subject}")


def signing_place(kid: str) -> Place:
    """Return where the private half of a signing key belongs."""
    return Place(SIGNING_PURPOSE, kid)


def hook_place(pact: UUID) -> Place:
    """Return where the headers of a subscription belong."""
    return Place(HOOK_PURPOSE, str(pact))


class KeyRecord(NamedTuple):
    """A row of ``security.sealing_key``."""

    name: str
    fingerprint: str
    made_at: datetime
    retired_at: datetime | None


async def list_keys(ask: asyncpg.Pool | Connection) -> list[KeyRecord]:
    """Return the keys that have sealed here, in no order."""
    rows = await ask.fetch(
        "SELECT name, fingerprint, made_at, retired_at FROM security.sealing_key"
    )
    return [KeyRecord(*row) for row in rows]


async def vault_keys(ask: asyncpg.Pool | Connection) -> list[KeyRecord]:
    """Return the keys of the vault that have sealed here, in no order."""
    return [key for key in await list_keys(ask) if key.name != FIELD_KEY]


async def insert_key(connection: Connection, key: KeyRecord) -> bool:
    """Write down a key; False when one of this name is there."""
    done = await connection.execute(
        "INSERT INTO security.sealing_key (name, fingerprint, made_at) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING",
        key.name,
        key.fingerprint,
        key.made_at,
    )
    return bool(done == "INSERT 0 1")


async def retire_key(connection: Connection, name: str, at: datetime) -> None:
    """Write down that a key seals no more; from the commit on the database refuses what it sealed.

    Until then nobody else writes anything sealed, so what is counted now holds.
    """
    await connection.execute(
        "LOCK TABLE security.second_factor, security.session_origin, security.sign_in_kept,"
        " security.signing_key, security.hook_secret IN SHARE MODE"
    )
    await connection.execute(
        "UPDATE security.sealing_key SET retired_at = $2 WHERE name = $1 AND retired_at IS NULL",
        name,
        at,
    )


async def count_sealed(ask: asyncpg.Pool | Connection, now: datetime) -> dict[tuple[str, str], int]:
    """Return how many values of which purpose lie sealed with which key: ``(purpose, key)``."""
    rows = await ask.fetch(
        """
        WITH sealed (purpose, value) AS (
            SELECT $1, secret FROM security.second_factor
          UNION ALL
            SELECT $2, hint FROM security.session_origin WHERE hint IS NOT NULL
          UNION ALL
            SELECT $3, decode(secrets ->> 'hint', 'base64') FROM security.sign_in_kept
            WHERE secrets ->> 'hint' <> '' AND expires_at > $4
          UNION ALL
            SELECT $5, sealed FROM security.signing_key
          UNION ALL
            SELECT $6, sealed FROM security.hook_secret
        )
        SELECT purpose, CASE WHEN octet_length(value) < 5 THEN '?' ELSE 'k' || (
                   get_byte(value, 2) * 65536 + get_byte(value, 3) * 256 + get_byte(value, 4)) END,
               count(*)
        FROM sealed GROUP BY 1, 2
        """,
        TOTP_PURPOSE,
        HINT_PURPOSE,
        KEPT_PURPOSE,
        now,
        SIGNING_PURPOSE,
        HOOK_PURPOSE,
    )
    return {(row[0], row[1]): row[2] for row in rows}


class SealedFactors:
    """The secrets of one-time codes."""

    purpose = TOTP_PURPOSE

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def batches(self) -> AsyncIterator[Sequence[SealedRow]]:
        """Give all rows, in the order of accounts."""
        last = None
        while rows := await self._pool.fetch(
            "SELECT account, secret FROM security.second_factor"
            " WHERE $1::uuid IS NULL OR account > $1 ORDER BY account LIMIT $2",
            last,
            BATCH_ROWS,
        ):
            yield [SealedRow(totp_place(row[0]), row[1], row[0].bytes) for row in rows]
            last = rows[-1][0]

    async def replace(self, row: SealedRow, fresh: bytes, tag: bytes | None) -> bool:
        """Write a secret sealed again; False when somebody has written another meanwhile."""
        done = await self._pool.execute(
            "UPDATE security.second_factor SET secret = $3"
            " WHERE account = encode($1, 'hex')::uuid AND secret = $2",
            row.row,
            row.sealed,
            fresh,
        )
        return bool(done == "UPDATE 1")


class SealedHints:
    """What directories gave for signing out there again."""

    purpose = HINT_PURPOSE

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def batches(self) -> AsyncIterator[Sequence[SealedRow]]:
        """Give all rows, in the order of sessions."""
        last = b""
        while rows := await self._pool.fetch(
            "SELECT stored, provider, subject, hint FROM security.session_origin"
            " WHERE hint IS NOT NULL AND stored > $1 ORDER BY stored LIMIT $2",
            last,
            BATCH_ROWS,
        ):
            yield [SealedRow(hint_place(row[1], row[2]), row[3], row[0]) for row in rows]
            last = rows[-1][0]

    async def replace(self, row: SealedRow, fresh: bytes, tag: bytes | None) -> bool:
        """Write a hint sealed again; False when its session is gone meanwhile."""
        done = await self._pool.execute(
            "UPDATE security.session_origin SET hint = $3 WHERE stored = $1 AND hint = $2",
            row.row,
            row.sealed,
            fresh,
        )
        return bool(done == "UPDATE 1")


class SealedSigningKeys:
    """The private halves of the keys that sign who somebody is."""

    purpose = SIGNING_PURPOSE

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def batches(self) -> AsyncIterator[Sequence[SealedRow]]:
        """Give all rows; there are few."""
        rows = await self._pool.fetch("SELECT kid, sealed FROM security.signing_key ORDER BY kid")
        yield [SealedRow(signing_place(row[0]), row[1], row[0].encode()) for row in rows]

    async def replace(self, row: SealedRow, fresh: bytes, tag: bytes | None) -> bool:
        """Write a key sealed again; False when somebody has written another meanwhile."""
        done = await self._pool.execute(
            "UPDATE security.signing_key SET sealed = $3"
            " WHERE kid = convert_from($1, 'UTF8') AND sealed = $2",
            row.row,
            row.sealed,
            fresh,
        )
        return bool(done == "UPDATE 1")


class SealedHooks:
    """What the headers of subscriptions say."""

    purpose = HOOK_PURPOSE

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def batches(self) -> AsyncIterator[Sequence[SealedRow]]:
        """Give all rows, in the order of pacts."""
        last = None
        while rows := await self._pool.fetch(
            "SELECT pact, sealed FROM security.hook_secret"
            " WHERE $1::uuid IS NULL OR pact > $1 ORDER BY pact LIMIT $2",
            last,
            BATCH_ROWS,
        ):
            yield [SealedRow(hook_place(row[0]), row[1], row[0].bytes) for row in rows]
            last = rows[-1][0]

    async def replace(self, row: SealedRow, fresh: bytes, tag: bytes | None) -> bool:
        """Write headers sealed again; False when their subscription is gone meanwhile."""
        done = await self._pool.execute(
            "UPDATE security.hook_secret SET sealed = $3"
            " WHERE pact = encode($1, 'hex')::uuid AND sealed = $2",
            row.row,
            row.sealed,
            fresh,
        )
        return bool(done == "UPDATE 1")


def everything_sealed(
    pool: asyncpg.Pool,
) -> tuple[SealedFactors, SealedHints, SealedSigningKeys, SealedHooks]:
    """Return all stores that hold something sealed; a new one is added here and in the trigger."""
    return SealedFactors(pool), SealedHints(pool), SealedSigningKeys(pool), SealedHooks(pool)
