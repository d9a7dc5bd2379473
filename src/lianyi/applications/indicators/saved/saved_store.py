"""Saved explorations, as rows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg
import orjson

from lianyi.applications.indicators.saved.model import Saved
from lianyi.messagelog.postgres_leases import Connection

Asks = Connection | asyncpg.Pool
VISIBLE_MAX = 2_000
_SAVED = "saved, account, by_name, name, asked, is_shared, saved_at, changed_at"


async def of_account(ask: Asks, account: UUID) -> list[Saved]:
    """Return the explorations that somebody saved, the last changed first."""
    rows = await ask.fetch(
        f"SELECT {_SAVED} FROM explorations.saved"  # noqa: S608
        " WHERE account = $1 ORDER BY changed_at DESC, saved",
        account,
    )
    return [_saved(row) for row in rows]


async def visible(ask: Asks, account: UUID) -> list[Saved]:
    """Return what somebody may open: his own and what was shared, the last changed first."""
    rows = await ask.fetch(
        f"SELECT {_SAVED} FROM explorations.saved"  # noqa: S608
        " WHERE is_shared OR account = $1 ORDER BY changed_at DESC, saved LIMIT $2",
        account,
        VISIBLE_MAX,
    )
    return [_saved(row) for row in rows]


async def find(ask: Asks, saved: UUID) -> Saved | None:
    """Return one, if it may be seen."""
    row = await ask.fetchrow(
        f"SELECT {_SAVED} FROM explorations.saved WHERE saved = $1",  # noqa: S608
        saved,
    )
    return _saved(row) if row else None


async def lock(connection: Connection, account: UUID) -> None:
    """Let nobody else save for an account until the transaction ends."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtext('explorations.saved'), hashtext($1))", str(account)
    )


async def insert(connection: Connection, one: Saved) -> None:
    """Save one."""
    await connection.execute(
        f"INSERT INTO explorations.saved ({_SAVED})"  # noqa: S608
        " VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7, $8)",
        one.saved, one.account, one.by_name, one.name, _json(one), one.is_shared, one.saved_at,
        one.changed_at,
    )  # fmt: skip


async def update(connection: Connection, one: Saved) -> bool:
    """Let one be called, ask or be shared otherwise; tell whether it is there to be changed."""
    told: str = await connection.execute(
        "UPDATE explorations.saved SET name = $3, asked = $4::jsonb, is_shared = $5,"
        " changed_at = $6 WHERE saved = $1 AND account = $2",
        one.saved, one.account, one.name, _json(one), one.is_shared, one.changed_at,
    )  # fmt: skip
    return told == "UPDATE 1"


async def delete(connection: Connection, saved: UUID, account: UUID) -> bool:
    """Remove one; tell whether it was there."""
    told: str = await connection.execute(
        "DELETE FROM explorations.saved WHERE saved = $1 AND account = $2", saved, account
    )
    return told == "DELETE 1"


def _json(one: Saved) -> str:
    return orjson.dumps(dict(one.asked)).decode()


def _saved(row: Any) -> Saved:  # noqa: ANN401 - a record of asyncpg
    said = dict(row)
    asked = said.pop("asked")
    return Saved(**said, asked=orjson.loads(asked) if isinstance(asked, str) else asked)
