"""What a process remembers of consents and looks: it asks no page for them, and forgets in time."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from lianyi.base.clock import RandomIds, SteppedClock
from lianyi.base.database import connect, open_pool
from lianyi.security import account_store
from lianyi.security.hearing import Hearing
from lianyi.security.model import PLATFORM, Purpose
from lianyi.security.privacy import notices as module
from lianyi.security.privacy import store
from lianyi.security.privacy.model import Consent, Decision, Glass
from lianyi.security.privacy.notices import REMEMBERED_SECONDS, Notices

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SOMEBODY = uuid.UUID(int=77)


class Counting:
    """Asks the database and counts how often."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self.asked = 0

    async def fetchrow(self, *question: Any) -> Any:
        self.asked += 1
        return await self.pool.fetchrow(*question)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    opened = await open_pool(database, size_max=3)
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(NOW)


@pytest.fixture
def ask(pool: asyncpg.Pool) -> Counting:
    return Counting(pool)


@pytest.fixture
def notices(ask: Any, clock: SteppedClock) -> Notices:
    return Notices(ask, clock)


async def refuse(pool: asyncpg.Pool, patient: str) -> Consent:
    """Record a refusal, as another process does."""
    one = Consent(
        RandomIds().new_id(), patient, Decision.REFUSE, frozenset({Purpose.OPERATIONS}),
        frozenset(), NOW, None, "x", "", "", "x", NOW,
    )  # fmt: skip
    async with pool.acquire() as connection, connection.transaction():
        await store.insert_consent(connection, one)
        await account_store.tell(connection)
    return one


async def test_pages_ask_once_and_a_patient_without_a_consent_costs_nothing(
    pool: asyncpg.Pool, ask: Counting, notices: Notices
) -> None:
    await refuse(pool, "P1^H1")
    for _ in range(3):
        assert await notices.whether_any(SOMEBODY, ["P2^H1"]) == (False, False)
        assert await notices.whether_any(SOMEBODY, ["P2^H1", "P1^H1"]) == (False, True)
        assert await notices.whether_any(SOMEBODY, []) == (False, False)
    assert ask.asked == 1


async def test_whoever_looks_is_known_and_what_was_withdrawn_is_not(
    pool: asyncpg.Pool, notices: Notices
) -> None:
    one = await refuse(pool, "P1^H1")
    look = Glass(
        RandomIds().new_id(), PLATFORM, "x", ("P1^H1",), "", "", Purpose.EMERGENCY, "x", "x", NOW,
        NOW + timedelta(minutes=1),
    )  # fmt: skip
    async with pool.acquire() as connection:
        await store.insert_glass(connection, look)
        await store.withdraw_consent(connection, one.consent, NOW, "x")
    assert await notices.whether_any(PLATFORM, ["P1^H1"]) == (True, False)
    assert await notices.whether_any(SOMEBODY, ["P1^H1"]) == (False, False)


async def test_without_being_told_it_looks_again_after_seconds(
    pool: asyncpg.Pool, clock: SteppedClock, notices: Notices
) -> None:
    assert await notices.whether_any(SOMEBODY, ["P1^H1"]) == (False, False)
    await refuse(pool, "P1^H1")
    assert await notices.whether_any(SOMEBODY, ["P1^H1"]) == (False, False)
    clock.advance(timedelta(seconds=REMEMBERED_SECONDS))
    assert await notices.whether_any(SOMEBODY, ["P1^H1"]) == (False, True)


async def test_what_another_process_records_is_heard_at_once(
    pool: asyncpg.Pool, database: str, notices: Notices
) -> None:
    hearing = Hearing(lambda: connect(database), notices.forget)
    listening = asyncio.create_task(hearing.listen())
    try:
        async with asyncio.timeout(20):
            await hearing.listening.wait()
            assert await notices.whether_any(SOMEBODY, ["P1^H1"]) == (False, False)
            await refuse(pool, "P1^H1")
            while not (await notices.whether_any(SOMEBODY, ["P1^H1"]))[1]:
                await asyncio.sleep(0.01)  # the clock stands still: only hearing helps
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_what_changes_while_it_asks_is_not_remembered(
    pool: asyncpg.Pool, ask: Counting, notices: Notices
) -> None:
    usual = ask.fetchrow

    async def meanwhile(*question: Any) -> Any:
        found = await usual(*question)
        notices.forget()
        return found

    ask.fetchrow = meanwhile  # type: ignore[method-assign]
    await notices.whether_any(SOMEBODY, ["P1^H1"])
    await notices.whether_any(SOMEBODY, ["P1^H1"])
    assert ask.asked == 2


async def test_of_too_many_patients_nothing_is_remembered_and_pages_ask(
    pool: asyncpg.Pool, notices: Notices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENTS_MAX", 1)
    await refuse(pool, "P1^H1")
    assert await notices.whether_any(SOMEBODY, ["P2^H1"]) == (False, False)
    await refuse(pool, "P3^H1")
    notices.forget()
    assert await notices.whether_any(SOMEBODY, ["P2^H1"]) == (False, True)
    assert await notices.whether_any(SOMEBODY, []) == (False, False)
