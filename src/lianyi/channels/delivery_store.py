"""What one destination's worker must not forget: receipts, exceptions, position, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

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
from lianyi.channels.failures import Erased
from lianyi.channels.store import guarded
from lianyi.messagelog import Position, PostgresLog
from lianyi.messagelog.cover import Cover
from lianyi.messagelog.postgres import move_within
from lianyi.messagelog.postgres_copy import copy_rows
from lianyi.messagelog.postgres_leases import Connection

TALLY_EVERY = timedelta(seconds=1)

PUT_EXCEPTION = """
INSERT INTO channels.exception AS old (destination, shard, number, channel, order_key, state,
    attempts, due_at, since, error)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (destination, shard, number) DO UPDATE SET state = excluded.state,
    attempts = excluded.attempts, due_at = excluded.due_at, error = excluded.error,
    since = CASE WHEN old.state = excluded.state THEN old.since ELSE excluded.since END
WHERE old.state <> 'dismissed' AND old.decided_at IS NOT DISTINCT FROM $11::timestamptz
"""
"""The last is the decision that the writer knows of: one that he does not know of stands."""


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
        self._untallied: Mapping[str, int] | None = None

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
            standing.exceptions = [_exceptional(row, self._log.cover) for row in rows]
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
        await guarded(
            lambda: with_days(self._pool, progress.receipts, lambda: self._save(progress)),
            where=self._reader,
        )

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
            await put_receipts(connection, progress.receipts)
            if progress.exceptions:
                await connection.executemany(PUT_EXCEPTION, self._rows(progress.exceptions))
            if progress.finished:
                await self._finish(connection, progress.finished)
            if self._tallied is None or now - self._tallied >= TALLY_EVERY:
                await put_tally(connection, self._reader, progress.counts, now=now)
                self._tallied = now
                self._untallied = None
            else:
                self._untallied = progress.counts

    async def leave(self, receipts: Sequence[Receipt]) -> None:
        """Keep attempts alone; see :class:`~lianyi.channels.delivering.DeliveryStore`."""

        async def work() -> None:
            async with self._pool.acquire() as connection:
                await put_receipts(connection, receipts)

        await guarded(lambda: with_days(self._pool, receipts, work), where=self._reader)

    def _rows(self, exceptions: Sequence[Exceptional]) -> list[tuple[object, ...]]:
        return [
            (
                self._destination,
                self._shard,
                found.number,
                self._channel,
                self._log.cover.hide_text(found.order_key),
                found.state.value,
                found.attempts,
                found.due_at,
                found.since,
                found.error,
                found.decided_at,
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
                row["decided_at"],
                ExceptionState(row["state"]),
                self._log.cover.show_text(row["order_key"]),
                row["since"],
                repaired_of(row),
            )
            for row in rows
        ]

    async def repaired_body(self, position: Position) -> bytes:
        """Return the repaired bytes; see :class:`~lianyi.channels.delivering.DeliveryStore`."""
        repaired = await self._log.get(position)
        if repaired.tombstone:
            raise Erased(where=str(position))
        return repaired.body

    async def show(self, state: Mapping[str, Any]) -> None:
        """Show people; see :class:`~lianyi.channels.delivering.DeliveryStore`."""

        async def work() -> None:
            async with self._pool.acquire() as connection:
                counts, self._untallied = self._untallied, None
                if counts is not None:  # what the last saves of a burst did not tally
                    await put_tally(connection, self._reader, counts, now=self._clock.now())
                await connection.execute(
                    "UPDATE channels.destination SET state = $2 WHERE destination = $1",
                    self._destination,
                    dict(state),
                )

        await guarded(
            work,
            where=self._reader,
        )


async def put_receipts(connection: Connection, receipts: Sequence[Receipt]) -> None:
    """Write receipts."""
    if receipts:
        await copy_rows(connection, "channels.receipt", columns=Receipt._fields, records=receipts)


async def with_days(
    pool: asyncpg.Pool, receipts: Sequence[Receipt], save: Callable[[], Awaitable[None]]
) -> None:
    """Save receipts, if need be after making the partitions of their days.

    Housekeeping makes them ahead; not so where it does not run, or the clock was put right.
    """
    try:
        await save()
    except asyncpg.CheckViolationError:
        from lianyi.channels.keep_store import ensure_receipt_days

        async with pool.acquire() as connection:
            for day in {one.at.date(): one.at for one in receipts}.values():
                await ensure_receipt_days(connection, today=day, days=1)
        await save()


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


def _exceptional(row: asyncpg.Record, cover: Cover) -> Exceptional:
    return Exceptional(
        number=row["number"],
        order_key=cover.show_text(row["order_key"]),
        state=ExceptionState(row["state"]),
        since=row["since"],
        attempts=row["attempts"],
        due_at=row["due_at"],
        error=row["error"],
        repaired=repaired_of(row),
        decided_at=row["decided_at"],
    )


def repaired_of(row: asyncpg.Record) -> Position | None:
    """Return where the repaired form of a message stands; None when it was not repaired."""
    shard = row["repaired_shard"]
    return None if shard is None else Position(shard, row["repaired_number"])
