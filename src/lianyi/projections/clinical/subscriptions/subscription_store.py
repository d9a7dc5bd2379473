"""Subscriptions and what they have to tell, as they stand in the database.

Asked as the doors, everybody sees his own; the platform, which works on them, sees all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.subscriptions.version_store import Changed

Ask = Connection | asyncpg.Pool
_COLUMNS = (
    "subscription, pact, account, channel, resource, version, says, state, numbered, told, trailed,"
    " failures, due_at, spoken_at, error"
)
_EVENT = "seq, number, shard, position, rid, type, id, method, happened_at"


class SubscriptionRow(NamedTuple):
    """A row of ``subscriptions.subscription``."""

    subscription: str
    pact: UUID
    account: UUID
    channel: int
    resource: bytes
    version: int
    says: str
    state: str
    numbered: int
    told: int
    trailed: int
    failures: int
    due_at: datetime | None
    spoken_at: datetime | None
    error: dict[str, Any] | None


class EventRow(NamedTuple):
    """A row of ``subscriptions.event``, without whose it is."""

    seq: int
    number: int | None
    shard: int
    position: int
    rid: int
    type: str
    id: str
    method: str
    happened_at: datetime


class PactRow(NamedTuple):
    """A row of ``subscriptions.pact``."""

    pact: UUID
    subscription: str
    account: UUID
    acting: dict[str, Any]
    digest: bytes


# --- who works --------------------------------------------------------------------------------


async def lead(connection: Connection) -> bool:
    """Be the one who works on subscriptions, for as long as the connection lives."""
    found: bool = await connection.fetchval(
        "SELECT pg_try_advisory_lock(hashtext('subscriptions.running'))"
    )
    return found


async def leave(connection: Connection) -> None:
    """Let others work on subscriptions."""
    await connection.execute("SELECT pg_advisory_unlock(hashtext('subscriptions.running'))")


# --- what has changed -------------------------------------------------------------------------


async def reader(connection: Connection) -> dict[int, int]:
    """Return how far each shard was looked at; nobody else looks until the transaction ends."""
    rows = await connection.fetch("SELECT shard, position FROM subscriptions.reader FOR UPDATE")
    return {row["shard"]: row["position"] for row in rows}


async def move(connection: Connection, shard: int, position: int) -> None:
    """Note how far a shard was looked at."""
    await connection.execute(
        "INSERT INTO subscriptions.reader (shard, position) VALUES ($1, $2)"
        " ON CONFLICT (shard) DO UPDATE SET position = $2",
        shard,
        position,
    )


async def add_events(
    connection: Connection,
    shard: int,
    events: Sequence[tuple[str, Changed]],
) -> None:
    """Keep what subscriptions may have to tell of, in order."""
    if events:
        await connection.execute(
            "INSERT INTO subscriptions.event"
            " (subscription, shard, position, rid, type, id, method, happened_at)"
            " SELECT s, $1, p, r, t, i, m, a FROM unnest($2::text[], $3::bigint[], $4::bigint[],"
            " $5::text[], $6::text[], $7::text[], $8::timestamptz[])"
            " WITH ORDINALITY AS u(s, p, r, t, i, m, a, o) ORDER BY o",
            shard,
            [one for one, _ in events],
            [row.number for _, row in events],
            [row.rid for _, row in events],
            [row.type for _, row in events],
            [row.id for _, row in events],
            [row.method for _, row in events],
            [row.updated_at for _, row in events],
        )


async def forget_told(connection: Connection, before: datetime) -> None:
    """Let go of events that were told, and happened long ago."""
    await connection.execute(
        "DELETE FROM subscriptions.event AS e USING subscriptions.subscription AS s"
        " WHERE s.subscription = e.subscription AND e.number <= s.told AND e.happened_at < $1",
        before,
    )


# --- subscriptions ----------------------------------------------------------------------------


async def running(ask: Ask) -> int:
    """Return how many subscriptions are on, whosever they are."""
    found: int = await ask.fetchval("SELECT subscriptions.running()")
    return found


async def add_pact(
    connection: Connection, pact: PactRow, at: datetime, sealed: bytes | None
) -> None:
    """Keep as whom a subscription is to see, and what its headers say, sealed."""
    await connection.execute(
        "INSERT INTO subscriptions.pact (pact, subscription, account, acting, digest, made_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        *pact,
        at,
    )
    if sealed is not None:
        await connection.execute(
            "INSERT INTO security.hook_secret (pact, sealed) VALUES ($1, $2)", pact.pact, sealed
        )


async def find_pact(ask: Ask, pact: UUID) -> PactRow | None:
    """Return a pact."""
    row = await ask.fetchrow(
        "SELECT pact, subscription, account, acting, digest FROM subscriptions.pact"
        " WHERE pact = $1",
        pact,
    )
    return PactRow(*row) if row else None


async def latest_pact(ask: Ask, subscription: str) -> PactRow | None:
    """Return the pact of a subscription that was made last."""
    row = await ask.fetchrow(
        "SELECT pact, subscription, account, acting, digest FROM subscriptions.pact"
        " WHERE subscription = $1 ORDER BY made_at DESC, pact LIMIT 1",
        subscription,
    )
    return PactRow(*row) if row else None


async def secret_of(ask: Ask, pact: UUID) -> bytes | None:
    """Return what the headers of a pact say, sealed."""
    found: bytes | None = await ask.fetchval(
        "SELECT sealed FROM security.hook_secret WHERE pact = $1", pact
    )
    return found


async def find(ask: Ask, subscription: str) -> SubscriptionRow | None:
    """Return a subscription."""
    row = await ask.fetchrow(
        f"SELECT {_COLUMNS} FROM subscriptions.subscription WHERE subscription = $1",  # noqa: S608
        subscription,
    )
    return SubscriptionRow(*row) if row else None


async def lock(connection: Connection, subscription: str) -> SubscriptionRow | None:
    """Return a subscription; nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM subscriptions.subscription WHERE subscription = $1 FOR UPDATE",  # noqa: S608
        subscription,
    )
    return SubscriptionRow(*row) if row else None


async def list_on(ask: Ask) -> list[SubscriptionRow]:
    """Return the subscriptions that are not off, in the order of their names."""
    rows = await ask.fetch(
        f"SELECT {_COLUMNS} FROM subscriptions.subscription WHERE state <> 'off'"  # noqa: S608
        ' ORDER BY subscription COLLATE "C"'
    )
    return [SubscriptionRow(*row) for row in rows]


async def list_due(ask: Ask, now: datetime) -> list[tuple[SubscriptionRow, bool]]:
    """Return the subscriptions that may be tried now, and whether an event waits for each."""
    rows = await ask.fetch(
        f"SELECT {_COLUMNS}, s.numbered > s.told OR EXISTS (SELECT FROM subscriptions.event AS e"  # noqa: S608
        "   WHERE e.subscription = s.subscription AND e.number IS NULL) AS waits"
        " FROM subscriptions.subscription AS s"
        " WHERE (s.says <> s.state AND s.state <> 'requested') OR (s.state <> 'off'"
        "   AND (s.due_at IS NULL OR s.due_at <= $1))",
        now,
    )
    return [(SubscriptionRow(*row[:-1]), row["waits"]) for row in rows]


async def waiting(ask: Ask) -> dict[str, int]:
    """Return how many events wait, for each subscription for which some do."""
    rows = await ask.fetch(
        "SELECT e.subscription, count(*) AS many FROM subscriptions.event AS e"
        " JOIN subscriptions.subscription AS s USING (subscription)"
        " WHERE s.state <> 'off' AND (e.number IS NULL OR e.number > s.told) GROUP BY 1"
    )
    return {row["subscription"]: row["many"] for row in rows}


async def put(
    connection: Connection,
    pact: PactRow,
    *,
    channel: int,
    resource: bytes,
    version: int,
    says: str,
    state: str,
) -> None:
    """Begin to follow a subscription, or follow it anew; what has a number keeps it."""
    await connection.execute(
        "INSERT INTO subscriptions.subscription AS s"
        " (subscription, pact, account, channel, resource, version, says, state)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (subscription) DO UPDATE SET"
        " pact = $2, account = $3, channel = $4, resource = $5, version = $6, says = $7,"
        " state = $8, failures = 0, due_at = NULL, error = NULL",
        pact.subscription,
        pact.pact,
        pact.account,
        channel,
        resource,
        version,
        says,
        state,
    )


async def note_version(
    connection: Connection, subscription: str, *, resource: bytes, version: int, says: str
) -> None:
    """Note how the resource of a subscription stands now."""
    await connection.execute(
        "UPDATE subscriptions.subscription SET resource = $2, version = $3, says = $4"
        " WHERE subscription = $1",
        subscription,
        resource,
        version,
        says,
    )


async def drop(connection: Connection, subscription: str) -> None:
    """Let go of a subscription and of what it had to tell."""
    await connection.execute(
        "DELETE FROM subscriptions.subscription WHERE subscription = $1", subscription
    )
    await connection.execute("DELETE FROM subscriptions.pact WHERE subscription = $1", subscription)


async def set_state(
    connection: Connection, subscription: str, state: str, error: Mapping[str, Any] | None
) -> None:
    """Let a subscription stand otherwise."""
    await connection.execute(
        "UPDATE subscriptions.subscription SET state = $2, error = $3 WHERE subscription = $1",
        subscription,
        state,
        error,
    )


async def acknowledged(
    connection: Connection, subscription: str, pact: UUID, *, told: int, at: datetime
) -> bool:
    """Note that a receiver has taken everything up to a number; say whether there may be more."""
    done = await connection.execute(
        "UPDATE subscriptions.subscription SET told = greatest(told, $3), failures = 0,"
        " due_at = NULL, spoken_at = $4, error = NULL, state = 'active'"
        " WHERE subscription = $1 AND pact = $2 AND state <> 'off'",
        subscription,
        pact,
        told,
        at,
    )
    return bool(done == "UPDATE 1")


async def failed(
    connection: Connection,
    subscription: str,
    pact: UUID,
    *,
    due_at: datetime,
    failures_max: int,
    error: Mapping[str, Any],
) -> None:
    """Note that a receiver has not taken something, and when it is tried again."""
    await connection.execute(
        "UPDATE subscriptions.subscription SET failures = failures + 1, due_at = $3, error = $5,"
        " state = CASE WHEN failures + 1 >= $4 THEN 'error' ELSE state END"
        " WHERE subscription = $1 AND pact = $2 AND state <> 'off'",
        subscription,
        pact,
        due_at,
        failures_max,
        error,
    )


# --- events -----------------------------------------------------------------------------------


async def next_events(
    connection: Connection, subscription: str, told: int, *, limit: int
) -> list[EventRow]:
    """Return the next events that a receiver has not acknowledged, in order."""
    rows = await connection.fetch(
        f"(SELECT {_EVENT} FROM subscriptions.event"  # noqa: S608
        " WHERE subscription = $1 AND number > $2 ORDER BY number LIMIT $3)"
        f" UNION ALL (SELECT {_EVENT} FROM subscriptions.event"
        " WHERE subscription = $1 AND number IS NULL ORDER BY seq LIMIT $3)",
        subscription,
        told,
        limit,
    )
    return sorted(EventRow(*row) for row in rows)[:limit]


async def numbered_events(
    connection: Connection, subscription: str, *, since: int, until: int, limit: int
) -> list[EventRow]:
    """Return events by their numbers, both ends included."""
    rows = await connection.fetch(
        f"SELECT {_EVENT} FROM subscriptions.event"  # noqa: S608
        " WHERE subscription = $1 AND number BETWEEN $2 AND $3 ORDER BY number LIMIT $4",
        subscription,
        since,
        until,
        limit,
    )
    return [EventRow(*row) for row in rows]


async def number_events(
    connection: Connection,
    subscription: str,
    numbers: Mapping[int, int],
    unseen: Collection[int],
    *,
    numbered: int,
    trailed: int,
) -> None:
    """Give events their numbers, and let go of those that may not be seen.

    Args:
        connection: in the transaction that has locked the subscription.
        subscription: whose events they are.
        numbers: by ``seq``.
        unseen: ``seq`` of those that get none.
        numbered: the last number that was given.
        trailed: the last one that the trail knows.
    """
    if numbers:
        await connection.execute(
            "UPDATE subscriptions.event AS e SET number = n.number"
            " FROM unnest($2::bigint[], $3::bigint[]) AS n(seq, number)"
            " WHERE e.subscription = $1 AND e.seq = n.seq",
            subscription,
            list(numbers),
            list(numbers.values()),
        )
    if unseen:
        await connection.execute(
            "DELETE FROM subscriptions.event WHERE subscription = $1 AND seq = ANY ($2)",
            subscription,
            list(unseen),
        )
    await connection.execute(
        "UPDATE subscriptions.subscription SET numbered = $2, trailed = $3 WHERE subscription = $1",
        subscription,
        numbered,
        trailed,
    )
