"""Decisions, published values and alerts, as rows; only added to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from lianyi.applications.indicators.publishing.model import Alert, Decision, Published, Said
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security.model import Access

Asks = Connection | asyncpg.Pool

_PUBLISHED = (
    "published, code, caliber, version, hash, tree_on, hospital, department, first_month,"
    " last_month, numerator, denominator, watermark, evidence, computed_at, published_by,"
    " restates, reason, chain, shard, number"
)
_ALERT = (
    "kind, code, caliber, hospital, department, first_month, last_month, value, lowest, highest,"
    " published, rule, raised_at"
)


async def put_definition(connection: Connection, hashed: str, said: Mapping[str, Any]) -> None:
    """Remember what a hash stands for."""
    await connection.execute(
        "INSERT INTO indicators.definition VALUES ($1, $2) ON CONFLICT DO NOTHING",
        hashed,
        dict(said),
    )


async def definitions(ask: Asks, hashes: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return what hashes stand for."""
    rows = await ask.fetch(
        "SELECT hash, definition FROM indicators.definition WHERE hash = ANY ($1)", list(hashes)
    )
    return {row["hash"]: row["definition"] for row in rows}


# ---- decisions ----------------------------------------------------------------------------------


async def lock(connection: Connection) -> None:
    """Let nobody else decide or publish until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('indicators'))")


async def insert_decision(
    connection: Connection,
    said: Said,
    about: tuple[str, str, str],
    facts: Mapping[str, Any],
    *,
    by: Access,
    at: datetime,
    position: Position,
) -> int:
    """Add a decision about a code, a caliber and a hospital; return its number."""
    number: int = await connection.fetchval(
        "INSERT INTO indicators.decision (said, code, caliber, hospital, facts, by_name, account,"
        " at, shard, number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING decision",
        said.value,
        *about,
        dict(facts),
        by.actor.name,
        by.actor.account,
        at,
        position.shard,
        position.number,
    )
    return number


async def decisions(
    ask: Asks, said: Iterable[Said], *, code: str | None = None, before: datetime | None = None
) -> list[Decision]:
    """Return decisions in their order.

    Args:
        ask: the database.
        said: of these kinds.
        code: about one indicator; None: all.
        before: only what was said before an instant.
    """
    rows = await ask.fetch(
        "SELECT * FROM indicators.decision WHERE said = ANY ($1)"
        " AND ($2::text IS NULL OR code = $2) AND ($3::timestamptz IS NULL OR at < $3)"
        " ORDER BY decision",
        [one.value for one in said],
        code,
        before,
    )
    return [Decision(**{**row, "said": Said(row["said"])}) for row in rows]


# ---- published values ---------------------------------------------------------------------------


async def last_of_chain(connection: Connection) -> tuple[int, bytes]:
    """Return number and chain of the last published value, whosever it is; 0 and nothing before."""
    row = await connection.fetchrow("SELECT published, chain FROM indicators.last_published()")
    number, chain = row or (None, None)  # with OUT parameters there is always a row
    return number or 0, chain or b""


async def insert_published(connection: Connection, rows: Sequence[Published]) -> None:
    """Add published values."""
    names = _PUBLISHED.split(", ")
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    await connection.executemany(
        f"INSERT INTO indicators.published ({_PUBLISHED}) VALUES ({places})",  # noqa: S608
        [[getattr(row, name) for name in names] for row in rows],
    )


async def published(
    ask: Asks,
    *,
    codes: Collection[str] | None = None,
    caliber: str | None = None,
    months: tuple[int, int] | None = None,
    hospital: str | None = None,
    department: str | None = None,
    within: tuple[int, int] | None = None,
) -> list[Published]:
    """Return published values in their order, those that were restated later among them.

    Args:
        ask: the database.
        codes: of indicators; None: of all, as with the others.
        caliber: name.
        hospital: whose.
        department: of which; empty: whole hospitals.
        months: of exactly this period; None: of every one.
        within: of single months from the first to the last of these; None: of every period.
    """
    rows = await ask.fetch(
        f"SELECT {_PUBLISHED} FROM indicators.published"  # noqa: S608
        " WHERE ($1::text[] IS NULL OR code = ANY ($1)) AND ($2::text IS NULL OR caliber = $2)"
        " AND ($3::integer IS NULL OR (first_month = $3 AND last_month = $4))"
        " AND ($5::text IS NULL OR hospital = $5) AND ($6::text IS NULL OR department = $6)"
        " AND ($7::integer IS NULL OR (first_month = last_month"
        " AND first_month BETWEEN $7 AND $8)) ORDER BY published",
        list(codes) if codes is not None else None,
        caliber,
        *(months or (None, None)),
        hospital,
        department,
        *(within or (None, None)),
    )
    return [Published(**row) for row in rows]


async def find_published(ask: Asks, number: int) -> Published | None:
    """Return one published value."""
    row = await ask.fetchrow(
        f"SELECT {_PUBLISHED} FROM indicators.published WHERE published = $1",  # noqa: S608
        number,
    )
    return Published(**row) if row else None


# ---- alerts -------------------------------------------------------------------------------------


async def insert_alert(connection: Connection, one: Alert) -> bool:
    """Add an alert; return whether it is new: nothing is raised twice about one value."""
    names = _ALERT.split(", ")
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    done = await connection.execute(
        f"INSERT INTO indicators.alert ({_ALERT}) VALUES ({places})"  # noqa: S608
        " ON CONFLICT DO NOTHING",
        *(getattr(one, name) for name in names),
    )
    return str(done).endswith(" 1")


async def alerts(ask: Asks) -> list[Alert]:
    """Return all alerts, the newest first."""
    rows = await ask.fetch(f"SELECT alert, {_ALERT} FROM indicators.alert ORDER BY alert DESC")  # noqa: S608
    return [Alert(**row) for row in rows]
