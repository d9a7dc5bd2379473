"""What a worker writes never overwrites a decision that it does not know of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.channels.delivering import Exceptional, ExceptionState, Outcome, Progress, Receipt
from lianyi.channels.delivery_store import PostgresDeliveryStore
from lianyi.messagelog import PostgresLog

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database, size_max=2)
    yield pool
    await pool.close()


async def test_a_decision_outlives_the_repetition_of_a_commit_that_was_in_doubt(
    database: str, pool: asyncpg.Pool
) -> None:
    clock = SystemClock()
    log = PostgresLog(pool, lambda: connect(database), clock=clock, owner=RandomIds().new_id())
    store = PostgresDeliveryStore(
        pool, log, destination=7, channel=1, shard=1, epoch=1, clock=clock
    )
    found = Exceptional(5, "P1", ExceptionState.PARKED, since=AT, attempts=1)
    progress = Progress(position=5, counts={}, exceptions=[found])
    await store.save(progress)
    decided_at = AT + timedelta(seconds=1)
    await pool.execute(
        "UPDATE channels.exception SET state = 'resend', decided_at = $1", decided_at
    )

    await store.save(progress)
    assert await pool.fetchval("SELECT state FROM channels.exception") == "resend"
    assert [one.decided_at for one in await store.decisions()] == [decided_at]

    found.decided_at = decided_at
    found.state = ExceptionState.WAITING
    await store.save(progress)
    assert await pool.fetchval("SELECT state FROM channels.exception") == "waiting"


@pytest.mark.parametrize("days", [-400, 0, 400])
async def test_receipts_of_a_day_that_nobody_prepared_are_kept(
    database: str, pool: asyncpg.Pool, days: int
) -> None:
    clock = SystemClock()
    log = PostgresLog(pool, lambda: connect(database), clock=clock, owner=RandomIds().new_id())
    store = PostgresDeliveryStore(
        pool, log, destination=7, channel=1, shard=1, epoch=1, clock=clock
    )
    at = clock.now() + timedelta(days=days)
    receipt = Receipt(5, at, 7, 1, 1, Outcome.DELIVERED, 1, "AA")
    await store.save(Progress(position=5, counts={"delivered": 1}, receipts=[receipt]))
    assert await pool.fetchval("SELECT at FROM channels.receipt WHERE number = 5") == at
