"""Data services and how often they were called, as rows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from lianyi.applications.indicators.data_services.model import Offer, Service, State, Uses
from lianyi.applications.indicators.granting import Grant
from lianyi.messagelog.postgres_leases import Connection

Asks = Connection | asyncpg.Pool
_SERVICE = (
    "name, version, account, by_name, organisation, says, state, offered, granted, hash,"
    " offered_at, decided_by, decided_at, note"
)
_DAYS = ("first_on", "last_on")


async def lock(connection: Connection, name: str) -> None:
    """Let nobody else offer or decide about a service until the transaction ends."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtext('data_services'), hashtext($1))", name
    )


async def versions(ask: Asks, name: str | None = None) -> list[Service]:
    """Return the versions of one service, or of all, the newest first."""
    rows = await ask.fetch(
        f"SELECT {_SERVICE} FROM data_services.service"  # noqa: S608
        " WHERE $1::text IS NULL OR name = $1 ORDER BY name, version DESC",
        name,
    )
    return [_service(row) for row in rows]


async def count_names(ask: Asks, account: UUID) -> int:
    """Return how many services somebody owns."""
    found: int = await ask.fetchval(
        "SELECT count(DISTINCT name) FROM data_services.service WHERE account = $1", account
    )
    return found


async def insert(connection: Connection, one: Service) -> None:
    """Add a version."""
    said = asdict(one.offer) | {day: getattr(one.offer, day).isoformat() for day in _DAYS}
    await connection.execute(
        "INSERT INTO data_services.service (name, version, account, by_name, organisation, says,"
        " state, offered, hash, offered_at, decided_by, note)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, '', '')",
        one.name, one.version, one.account, one.by_name, one.offer.organisation, said,
        one.state.value, one.offered.kept(), one.offered_at,
    )  # fmt: skip


async def decide(connection: Connection, one: Service) -> None:
    """Let a version stand as it is decided."""
    await connection.execute(
        "UPDATE data_services.service SET state = $3, granted = $4, hash = $5, decided_by = $6,"
        " decided_at = $7, note = $8 WHERE name = $1 AND version = $2",
        one.name, one.version, one.state.value, one.granted.kept() if one.granted else None,
        one.hash, one.decided_by, one.decided_at, one.note,
    )  # fmt: skip


async def count_call(
    ask: Asks, one: Service, account: UUID, by_name: str, *, minute: datetime, at: datetime
) -> bool:
    """Count a call of somebody in a minute; False: he has made as many as he may."""
    found = await ask.fetchval(
        "INSERT INTO data_services.called AS c (name, account, by_name, minute, calls, last_at)"
        " VALUES ($1, $2, $3, $4, 1, $5) ON CONFLICT (name, account, minute)"
        " DO UPDATE SET calls = c.calls + 1, last_at = $5 WHERE c.calls < $6 RETURNING calls",
        one.name, account, by_name, minute, at, one.offer.calls_per_minute,
    )  # fmt: skip
    return found is not None


async def forget_calls(ask: Asks, *, before: datetime) -> None:
    """Forget calls of minutes before an instant; those of the last month stay in any case."""
    await ask.execute("SELECT data_services.forget_calls($1)", before)


async def uses(ask: Asks, name: str) -> list[Uses]:
    """Return who called a service, how often and when last; the last first."""
    rows = await ask.fetch(
        "SELECT account, min(by_name) AS by_name, sum(calls)::bigint AS calls,"
        " max(last_at) AS last_at FROM data_services.called"
        " WHERE name = $1 GROUP BY account ORDER BY last_at DESC",
        name,
    )
    return [Uses(**row) for row in rows]


def _service(row: Any) -> Service:  # noqa: ANN401 - a record of asyncpg
    kept = dict(row)
    said: dict[str, Any] = kept.pop("says") | {"organisation": kept.pop("organisation")}
    said |= {day: date.fromisoformat(said[day]) for day in _DAYS}
    granted = kept.pop("granted")
    return Service(
        **{**kept, "state": State(kept["state"]), "offered": Grant.of(kept["offered"])},
        offer=Offer(**said),
        granted=Grant.of(granted) if granted else None,
    )
