"""What is kept while a browser is away serves once, in a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from lianyi.security.providers import kept_store
from lianyi.security.providers.kept_store import first_time, keep, take
from lianyi.security.providers.provider import KeptState

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
KEPT = KeptState("key", "sso", {"nonce": "n", "verifier": "v"}, "/messages", LATER)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(database, min_size=1, max_size=8) as found:
        yield found


async def test_a_state_is_taken_once_even_by_many_at_a_time(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        assert await keep(connection, KEPT, now=NOW)

    async def taking() -> KeptState | None:
        async with pool.acquire() as connection:
            return await take(connection, "key", now=NOW)

    found = await asyncio.gather(*(taking() for _ in range(20)))
    assert [one for one in found if one] == [KEPT]


async def test_an_expired_or_unknown_state_is_none(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        await keep(connection, KEPT, now=NOW)
        assert await take(connection, "other", now=NOW) is None
        assert await take(connection, "key", now=LATER) is None
        assert await take(connection, "key", now=NOW) is None, "a late answer uses it up"
        await keep(connection, KEPT, now=NOW)
        await keep(connection, replace(KEPT, key="next"), now=LATER)
        assert await connection.fetchval("SELECT count(*) FROM security.sign_in_kept") == 1


async def test_whoever_reads_the_table_cannot_finish_a_sign_in(pool: asyncpg.Pool) -> None:
    async with pool.acquire() as connection:
        await keep(connection, replace(KEPT, key="unguessable"), now=NOW)
        row = await connection.fetchrow("SELECT * FROM security.sign_in_kept")
    assert "unguessable" not in repr(row)


async def test_no_more_are_kept_than_the_limit(
    pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_store, "KEPT_MAX", 2)
    async with pool.acquire() as connection:
        kept = [await keep(connection, replace(KEPT, key=str(n)), now=NOW) for n in range(3)]
    assert kept == [True, True, False]


async def test_what_was_seen_is_remembered_until_its_time(pool: asyncpg.Pool) -> None:
    async def seeing(now: datetime = NOW) -> bool:
        async with pool.acquire() as connection:
            return await first_time(connection, "sso", "jti", until=LATER, now=now)

    assert sorted(await asyncio.gather(*(seeing() for _ in range(10)))) == [False] * 9 + [True]
    async with pool.acquire() as connection:
        assert await first_time(connection, "other", "jti", until=LATER, now=NOW)
    assert await seeing(LATER)
