"""The engine's tables: definitions in force, destinations, receipts, exceptions, tallies."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import asyncpg

from lianyi.base.clock import Clock
from lianyi.channels.delivering import (
    Decision,
    Exceptional,
    ExceptionState,
    Outcome,
    Progress,
    Receipt,
    Standing,
)
from lianyi.messagelog import LogUnavailable, Position
from lianyi.messagelog.postgres import PostgresLog, move_within
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.postgres_segments import last_of_shard

CHANGED = "lianyi_channels"
"""Notified with a destination's number (negative: a channel's gate), or ``definitions``."""

_STORE_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
_DEFINITIONS_LOCK = 7_204_002
TALLY_EVERY = timedelta(seconds=1)
T = TypeVar("T")


class ChannelInForce(NamedTuple):
    """A channel as the engine runs it."""

    channel: int
    name: str
    shard: int
    version: int
    wanted: str
    yaml: str


class DestinationRow(NamedTuple):
    """A destination as the engine runs it."""

    destination: int
    channel: int
    name: str
    wanted: str


async def guarded(work: Callable[[], Awaitable[T]], *, where: str) -> T:
    """Do work with the database; what fails there is told in our words.

    Raises:
        LogUnavailable: the database did not do it.
    """
    try:
        return await work()
    except _STORE_ERRORS as error:
        raise LogUnavailable(where=where, why=type(error).__name__) from error


# --- definitions ----------------------------------------------------------------------------


async def put_definition(
    connection: Connection,
    *,
    name: str,
    yaml: str,
    digest: bytes,
    destinations: Sequence[str],
    shards: int,
    now: datetime,
) -> bool:
    """Make a definition the one in force, unless it already is; say whether anything changed.

    A channel gets its number and its shard the first time it is seen and keeps them for ever. The
    definition is in force from the first position that is not yet in the log.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _DEFINITIONS_LOCK)
        channel, shard, version = await _number_of(connection, name, shards)
        newest = await connection.fetchrow(
            "SELECT version, digest FROM channels.definition WHERE channel = $1"
            " ORDER BY version DESC LIMIT 1",
            channel,
        )
        if newest and newest["digest"] == digest and newest["version"] == version:
            await connection.execute(
                "UPDATE channels.channel SET problem = NULL"
                " WHERE channel = $1 AND problem IS NOT NULL",
                channel,
            )
            return False
        version = newest["version"] + 1 if newest else 1
        end = (await last_of_shard(connection, shard)).number
        await connection.execute(
            "INSERT INTO channels.definition"
            " (channel, version, yaml, digest, activated_at, from_number)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            channel,
            version,
            yaml,
            digest,
            now,
            end + 1,
        )
        await connection.execute(
            "UPDATE channels.channel SET version = $2, problem = NULL WHERE channel = $1",
            channel,
            version,
        )
        await _put_destinations(connection, channel, destinations)
        await connection.execute("SELECT pg_notify($1, 'definitions')", CHANGED)
    return True


async def _number_of(connection: Connection, name: str, shards: int) -> tuple[int, int, int]:
    row = await connection.fetchrow(
        "SELECT channel, shard, version FROM channels.channel WHERE name = $1", name
    )
    if row:
        return row["channel"], row["shard"], row["version"]
    row = await connection.fetchrow(
        "SELECT channel, shard FROM messagelog.channel WHERE name = $1", name
    )
    if row:
        channel, shard = row["channel"], row["shard"]
    else:
        channel = await connection.fetchval(
            "SELECT coalesce(max(channel), 0) + 1 FROM messagelog.channel"
        )
        shard = 1 + zlib.crc32(name.encode()) % shards
        await connection.execute(
            "INSERT INTO messagelog.channel (channel, name, shard) VALUES ($1, $2, $3)",
            channel,
            name,
            shard,
        )
    await connection.execute(
        "INSERT INTO channels.channel (channel, name, shard) VALUES ($1, $2, $3)",
        channel,
        name,
        shard,
    )
    return channel, shard, 0


async def _put_destinations(
    connection: Connection, channel: int, destinations: Sequence[str]
) -> None:
    """A destination that is new begins where the log ends: it is not sent the past."""
    for name in destinations:
        made = await connection.fetchval(
            "INSERT INTO channels.destination (channel, name) VALUES ($1, $2)"
            " ON CONFLICT (channel, name) DO UPDATE SET retired = false"
            " WHERE channels.destination.retired RETURNING destination",
            channel,
            name,
        )
        if made is not None:
            await connection.execute(
                "INSERT INTO messagelog.reader (reader, shard, position, counts, moved_at)"
                " SELECT 'destination:' || $1::integer, shard, $3,"
                "   jsonb_build_object('passed', coalesce((gate.counts->>'received')::bigint, 0)),"
                "   now()"
                " FROM channels.channel LEFT JOIN LATERAL (SELECT counts FROM messagelog.reader"
                "   WHERE reader = 'channel:' || channels.channel.name) AS gate ON true"
                " WHERE channel = $2"
                " ON CONFLICT (reader, shard) DO NOTHING",
                made,
                channel,
                await _end_of(connection, channel),
            )
    await connection.execute(
        "UPDATE channels.destination SET retired = true"
        " WHERE channel = $1 AND NOT name = ANY($2::text[])",
        channel,
        list(destinations),
    )


async def _end_of(connection: Connection, channel: int) -> int:
    shard = await connection.fetchval(
        "SELECT shard FROM channels.channel WHERE channel = $1", channel
    )
    return (await last_of_shard(connection, shard)).number


async def put_problem(
    connection: Connection, name: str, problem: Mapping[str, Any], *, shards: int
) -> None:
    """Note why the newest file of a channel is not in force; the one before goes on."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _DEFINITIONS_LOCK)
        channel, _, _ = await _number_of(connection, name, shards)
        await connection.execute(
            "UPDATE channels.channel SET problem = $2 WHERE channel = $1", channel, dict(problem)
        )


async def put_out_of_force(connection: Connection, names: Sequence[str]) -> None:
    """Take channels out of force whose files are gone; what they still have to deliver goes on."""
    await connection.execute(
        "UPDATE channels.channel SET version = 0 WHERE name = ANY($1::text[]) AND version > 0",
        list(names),
    )
    await connection.execute("SELECT pg_notify($1, 'definitions')", CHANGED)


async def list_in_force(connection: Connection | asyncpg.Pool) -> list[ChannelInForce]:
    """Return every channel with its newest definition; version 0 takes no more messages."""
    rows = await connection.fetch(
        """
        SELECT channel, name, shard, c.version, wanted, d.yaml
        FROM channels.channel AS c JOIN LATERAL (
            SELECT yaml FROM channels.definition AS d WHERE d.channel = c.channel
            ORDER BY d.version DESC LIMIT 1) AS d ON true
        ORDER BY channel
        """
    )
    return [ChannelInForce(*row) for row in rows]


async def list_destinations(connection: Connection | asyncpg.Pool) -> list[DestinationRow]:
    """Return the destinations that definitions name now."""
    rows = await connection.fetch(
        "SELECT destination, channel, name, wanted FROM channels.destination"
        " WHERE NOT retired ORDER BY destination"
    )
    return [DestinationRow(*row) for row in rows]


async def show_source(
    connection: Connection | asyncpg.Pool, channel: int, state: Mapping[str, Any]
) -> None:
    """Show people how a source is doing."""
    await connection.execute(
        "UPDATE channels.channel SET source_state = $2 WHERE channel = $1", channel, dict(state)
    )


# --- receipts by time -----------------------------------------------------------------------


async def ensure_receipt_days(connection: Connection, *, today: datetime, days: int = 3) -> None:
    """Make the partitions of receipts for today and the days after it."""
    start = today.replace(hour=0, minute=0, second=0, microsecond=0)
    for ahead in range(-1, days):
        day = start + timedelta(days=ahead)
        leaf = f"channels.receipt_{day:%Y%m%d}"
        if await connection.fetchval("SELECT to_regclass($1)", leaf):
            continue
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _DEFINITIONS_LOCK)
            if await connection.fetchval("SELECT to_regclass($1)", leaf):
                continue
            await connection.execute(
                f"CREATE TABLE {leaf} (LIKE channels.receipt);"
                f"ALTER TABLE channels.receipt ATTACH PARTITION {leaf}"
                f" FOR VALUES FROM ('{day.isoformat()}')"
                f" TO ('{(day + timedelta(days=1)).isoformat()}')"
            )


# --- one destination ------------------------------------------------------------------------


class PostgresDeliveryStore:
    """What one destination's worker must not forget, under one lease."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        log: PostgresLog,
        *,
        destination: int,
        channel: int,
        shard: int,
        epoch: int,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._log = log
        self._destination = destination
        self._channel = channel
        self._shard = shard
        self._epoch = epoch
        self._clock = clock
        self._reader = f"destination:{destination}"
        self._seen_at = clock.now() - timedelta(days=3650)
        self._tallied: datetime | None = None

    async def load(self) -> Standing:
        """Return where it stands; see :class:`~lianyi.channels.delivering.DeliveryStore`."""
        return await guarded(self._load, where=self._reader)

    async def _load(self) -> Standing:
        standing = Standing()
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                "SELECT position, counts FROM messagelog.reader WHERE reader = $1 AND shard = $2",
                self._reader,
                self._shard,
            )
            if row:
                standing.position = row["position"]
                standing.counts = {name: int(value) for name, value in row["counts"].items()}
            # From now on a stale worker's moves fail.
            await move_within(
                connection,
                self._reader,
                self._shard,
                standing.position,
                now=self._clock.now(),
                epoch=self._epoch,
                counts=standing.counts,
            )
            rows = await connection.fetch(
                "SELECT * FROM channels.exception WHERE destination = $1 AND shard = $2"
                " AND state IN ('waiting', 'parked', 'behind', 'resend')",
                self._destination,
                self._shard,
            )
            standing.exceptions = [_exceptional(row) for row in rows]
            done = await connection.fetch(
                "SELECT number FROM channels.receipt WHERE destination = $1 AND shard = $2"
                " AND number > $3 AND outcome = $4 AND replay IS NULL"
                " UNION SELECT number FROM channels.exception"
                " WHERE destination = $1 AND shard = $2 AND number > $3",
                self._destination,
                self._shard,
                standing.position,
                int(Outcome.DELIVERED),
            )
            standing.done_above = {row["number"] for row in done}
        return standing

    async def save(self, progress: Progress) -> None:
        """Keep it all or nothing; see :class:`~lianyi.channels.delivering.DeliveryStore`."""
        await guarded(lambda: self._save(progress), where=self._reader)

    async def _save(self, progress: Progress) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            now = self._clock.now()
            await move_within(
                connection,
                self._reader,
                self._shard,
                progress.position,
                now=now,
                epoch=self._epoch,
                counts=progress.counts,
            )
            if progress.receipts:
                await connection.copy_records_to_table(
                    "receipt",
                    schema_name="channels",
                    columns=Receipt._fields,
                    records=progress.receipts,
                )
            if progress.exceptions:
                await connection.executemany(_PUT_EXCEPTION, self._rows(progress.exceptions))
            if progress.finished:
                await self._finish(connection, progress.finished)
            if self._tallied is None or now - self._tallied >= TALLY_EVERY:
                await put_tally(connection, self._reader, progress.counts, now=now)
                self._tallied = now

    def _rows(self, exceptions: Sequence[Exceptional]) -> list[tuple[object, ...]]:
        return [
            (
                self._destination,
                self._shard,
                found.number,
                self._channel,
                found.order_key,
                found.state.value,
                found.attempts,
                found.due_at,
                found.since,
                found.error,
            )
            for found in exceptions
        ]

    async def _finish(self, connection: Connection, finished: Sequence[int]) -> None:
        await connection.execute(
            "DELETE FROM channels.exception WHERE destination = $1 AND shard = $2"
            " AND number = ANY($3::bigint[]) AND decided_at IS NULL",
            self._destination,
            self._shard,
            list(finished),
        )
        await connection.execute(
            "UPDATE channels.exception SET state = 'delivered', due_at = NULL"
            " WHERE destination = $1 AND shard = $2 AND number = ANY($3::bigint[])",
            self._destination,
            self._shard,
            list(finished),
        )

    async def decisions(self) -> Sequence[Decision]:
        """Return what people decided; see :class:`~lianyi.channels.delivering.DeliveryStore`."""
        rows = await guarded(
            lambda: self._pool.fetch(
                "SELECT number, state, order_key, since, repaired_shard, repaired_number,"
                " decided_at FROM channels.exception WHERE destination = $1 AND shard = $2"
                " AND decided_at >= $3 AND state IN ('resend', 'dismissed')"
                " ORDER BY decided_at",
                self._destination,
                self._shard,
                self._seen_at,
            ),
            where=self._reader,
        )
        if rows:
            # Decisions of the same moment may still be on their way into the table.
            self._seen_at = rows[-1]["decided_at"] - timedelta(seconds=5)
        return [
            Decision(
                row["number"],
                ExceptionState(row["state"]),
                row["order_key"],
                row["since"],
                _repaired(row),
            )
            for row in rows
        ]

    async def repaired_body(self, position: Position) -> bytes:
        """Return the repaired bytes; see :class:`~lianyi.channels.delivering.DeliveryStore`."""
        return (await self._log.get(position)).body

    async def show(self, state: Mapping[str, Any]) -> None:
        """Show people; see :class:`~lianyi.channels.delivering.DeliveryStore`."""
        await guarded(
            lambda: self._pool.execute(
                "UPDATE channels.destination SET state = $2 WHERE destination = $1",
                self._destination,
                dict(state),
            ),
            where=self._reader,
        )


async def put_tally(
    connection: Connection, reader: str, counts: Mapping[str, int], *, now: datetime
) -> None:
    """Keep a reader's counts as they stand in this minute."""
    await connection.execute(
        "INSERT INTO channels.tally (reader, minute, counts) VALUES ($1, $2, $3)"
        " ON CONFLICT (reader, minute) DO UPDATE SET counts = excluded.counts",
        reader,
        now.replace(second=0, microsecond=0),
        dict(counts),
    )


# --- the gate of a channel ------------------------------------------------------------------


async def save_gate(
    pool: asyncpg.Pool,
    *,
    reader: str,
    channel: int,
    shard: int,
    position: int,
    epoch: int,
    counts: Mapping[str, int],
    held: Sequence[tuple[int, Mapping[str, Any]]],
    now: datetime,
) -> None:
    """Keep what the gate's reader has counted and held, together.

    Args:
        pool: of the database.
        reader: its name.
        channel: the number of the channel.
        shard: the shard of the channel.
        position: the last number it is done with.
        epoch: of its lease.
        counts: received, accepted, warned, held, by name.
        held: number and error record of each message that waits for a person.
        now: the moment.

    Raises:
        LostLease: another process reads this gate now.
        LogUnavailable: nothing was kept.
    """

    async def work() -> None:
        async with pool.acquire() as connection, connection.transaction():
            await move_within(
                connection, reader, shard, position, now=now, epoch=epoch, counts=counts
            )
            await connection.executemany(
                _PUT_EXCEPTION,
                [
                    (-channel, shard, number, channel, "", "parked", 0, None, now, dict(error))
                    for number, error in held
                ],
            )
            await put_tally(connection, reader, counts, now=now)

    await guarded(work, where=reader)


async def load_reader(pool: asyncpg.Pool, reader: str, shard: int) -> tuple[int, dict[str, int]]:
    """Return the position and the counts of a reader; 0 and nothing before its first move."""
    row = await guarded(
        lambda: pool.fetchrow(
            "SELECT position, counts FROM messagelog.reader WHERE reader = $1 AND shard = $2",
            reader,
            shard,
        ),
        where=reader,
    )
    return (row["position"], dict(row["counts"])) if row else (0, {})


class Released(NamedTuple):
    """A held message that a person let go."""

    number: int
    repaired: Position | None


async def list_released(pool: asyncpg.Pool, *, channel: int, shard: int) -> list[Released]:
    """Return the held messages of a channel that people released and nobody has given on yet."""
    rows = await guarded(
        lambda: pool.fetch(
            "SELECT number, repaired_shard, repaired_number FROM channels.exception"
            " WHERE destination = $1 AND shard = $2 AND state = 'resend' ORDER BY number",
            -channel,
            shard,
        ),
        where=f"channel {channel}",
    )
    return [Released(row["number"], _repaired(row)) for row in rows]


async def give_on_released(
    pool: asyncpg.Pool, *, channel: int, shard: int, number: int, destinations: Sequence[str]
) -> None:
    """Let a released message go to the destinations that want it, once."""

    async def work() -> None:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(
                """
                INSERT INTO channels.exception (destination, shard, number, channel, order_key,
                    state, since, decided_by, decided_at, reason, repaired_shard, repaired_number)
                SELECT d.destination, e.shard, e.number, e.channel, '', 'resend', now(),
                    e.decided_by, now(), e.reason, e.repaired_shard, e.repaired_number
                FROM channels.exception AS e
                    JOIN channels.destination AS d ON d.channel = e.channel
                WHERE e.destination = $1 AND e.shard = $2 AND e.number = $3
                    AND e.state = 'resend' AND d.name = ANY($4::text[])
                ON CONFLICT DO NOTHING
                """,
                -channel,
                shard,
                number,
                list(destinations),
            )
            await connection.execute(
                "UPDATE channels.exception SET state = 'delivered'"
                " WHERE destination = $1 AND shard = $2 AND number = $3 AND state = 'resend'",
                -channel,
                shard,
                number,
            )
            await connection.execute("SELECT pg_notify($1, '*')", CHANGED)

    await guarded(work, where=f"channel {channel}")


_PUT_EXCEPTION = """
INSERT INTO channels.exception AS old (destination, shard, number, channel, order_key, state,
    attempts, due_at, since, error)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (destination, shard, number) DO UPDATE SET state = excluded.state,
    attempts = excluded.attempts, due_at = excluded.due_at, error = excluded.error,
    since = CASE WHEN old.state = excluded.state THEN old.since ELSE excluded.since END
WHERE old.state <> 'dismissed'
"""


def _exceptional(row: asyncpg.Record) -> Exceptional:
    return Exceptional(
        number=row["number"],
        order_key=row["order_key"],
        state=ExceptionState(row["state"]),
        since=row["since"],
        attempts=row["attempts"],
        due_at=row["due_at"],
        error=row["error"],
        repaired=_repaired(row),
        decided=row["decided_at"] is not None,
    )


def _repaired(row: asyncpg.Record) -> Position | None:
    shard = row["repaired_shard"]
    return None if shard is None else Position(shard, row["repaired_number"])
