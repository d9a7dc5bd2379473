"""Requests for figures and what was done with them, as rows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg

from lianyi.applications.indicators.granting import Grant
from lianyi.applications.indicators.requests.model import OPEN, Ask, Request, Said, State, Word
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection

Asks = Connection | asyncpg.Pool
_REQUEST = (
    "request, account, by_name, organisation, ask, state, version, granted, open_days, answer,"
    " open_until, filed_at, changed_at"
)


async def page(
    ask: Asks,
    states: Collection[State],
    *,
    newest_first: bool,
    account: UUID,
    organisations: Collection[str] | None,
    skip: int,
    limit: int,
) -> list[Request]:
    """Return some requests in these states.

    Args:
        ask: the database.
        states: of these.
        newest_first: by when something was last done with them; else the oldest by when they were
            filed.
        account: his own are among them.
        organisations: all about these, too; None: about any.
        skip: so many are passed by.
        limit: so many at most.
    """
    order = "changed_at DESC" if newest_first else "filed_at"
    rows = await ask.fetch(
        f"SELECT {_REQUEST} FROM requests.request WHERE state = ANY ($1)"  # noqa: S608
        " AND (account = $2 OR $3::text[] IS NULL OR organisation = ANY ($3))"
        f" ORDER BY {order}, request OFFSET $4 LIMIT $5",
        [one.value for one in states],
        account,
        None if organisations is None else list(organisations),
        skip,
        limit,
    )
    return [_request(row) for row in rows]


async def count_open(connection: Connection, account: UUID) -> int:
    """Return how many open requests somebody has; nobody files another one meanwhile for him."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtext('requests'), hashtext($1))", str(account)
    )
    found: int = await connection.fetchval(
        "SELECT count(*) FROM requests.request WHERE account = $1 AND state = ANY ($2)",
        account,
        [one.value for one in OPEN],
    )
    return found


async def find(ask: Asks, request: UUID, *, locked: bool = False) -> Request | None:
    """Return one, if it may be seen; ``locked``: nobody else moves it in this transaction."""
    row = await ask.fetchrow(
        f"SELECT {_REQUEST} FROM requests.request WHERE request = $1"  # noqa: S608
        + (" FOR UPDATE" if locked else ""),
        request,
    )
    return _request(row) if row else None


async def insert(connection: Connection, one: Request) -> None:
    """File one."""
    await connection.execute(
        f"INSERT INTO requests.request ({_REQUEST})"  # noqa: S608
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        one.request, one.account, one.by_name, *_changing(one), one.filed_at, one.changed_at,
    )  # fmt: skip


async def update(connection: Connection, one: Request) -> None:
    """Let one say what it says now."""
    await connection.execute(
        "UPDATE requests.request SET organisation = $2, ask = $3, state = $4, version = $5,"
        " granted = $6, open_days = $7, answer = $8, open_until = $9, changed_at = $10"
        " WHERE request = $1",
        one.request, *_changing(one), one.changed_at,
    )  # fmt: skip


async def insert_word(
    connection: Connection, request: UUID, word: Word, *, account: UUID, position: Position
) -> None:
    """Write down what somebody did."""
    await connection.execute(
        "INSERT INTO requests.word (request, version, said, note, by_name, account, at, shard,"
        " number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        request, word.version, word.said.value, word.note, word.by_name, account, word.at,
        position.shard, position.number,
    )  # fmt: skip


async def words(ask: Asks, request: UUID) -> list[Word]:
    """Return what was done with a request, in order."""
    rows = await ask.fetch(
        "SELECT said, version, note, by_name, at FROM requests.word WHERE request = $1"
        " ORDER BY version",
        request,
    )
    return [Word(**{**row, "said": Said(row["said"])}) for row in rows]


def _changing(one: Request) -> tuple[Any, ...]:
    ask = one.ask
    said = {
        "words": ask.words,
        "purpose": ask.purpose,
        "period": ask.period,
        "wants_rows": ask.wants_rows,
        "needed_on": ask.needed_on.isoformat() if ask.needed_on else None,
        "question": dict(ask.question) if ask.question else None,
    }
    granted = one.granted.kept() if one.granted else None
    answer = dict(one.answer) if one.answer else None
    return (
        ask.organisation, said, one.state.value, one.version, granted, one.open_days, answer,
        one.open_until,
    )  # fmt: skip


def _request(row: Any) -> Request:  # noqa: ANN401 - a record of asyncpg
    said = dict(row)
    ask: dict[str, Any] = {**said.pop("ask"), "organisation": said.pop("organisation")}
    needed, granted = ask["needed_on"], said.pop("granted")
    ask["needed_on"] = date.fromisoformat(needed) if needed else None
    said["state"] = State(said["state"])
    return Request(**said, ask=Ask(**ask), granted=Grant.of(granted) if granted else None)
