from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from lianyi.base.database import (
    BadDatabaseAddress,
    DatabaseRefused,
    DatabaseSettings,
    DatabaseUnreachable,
    address_of,
    connect,
    open_database,
    open_pool,
    with_database,
    without_password,
)

Opener = Callable[..., Awaitable[object]]


async def test_json_comes_back_as_it_went_in_also_by_copy(database: str) -> None:
    value = {"name": "检验结果", "numbers": [1, 2.5, None, True], "nested": {"a": {}}}
    pool = await open_pool(database)
    async with pool.acquire() as connection:
        await connection.execute("CREATE TABLE holds (a jsonb, b json)")
        await connection.execute("INSERT INTO holds VALUES ($1, $2)", value, value)
        await connection.copy_records_to_table("holds", records=[(value, value)])
        rows = await connection.fetch("SELECT a, b FROM holds")
        kind = await connection.fetchval("SELECT jsonb_typeof(a -> 'numbers') FROM holds LIMIT 1")
    await pool.close()

    assert [tuple(row) for row in rows] == [(value, value)] * 2
    assert kind == "array"


async def test_instants_are_utc_and_the_session_is_named(database: str) -> None:
    connection = await connect(database, application_name="lianyi intake")
    said = await connection.fetchrow("SELECT '2026-01-02 03:04:05'::timestamptz AS at")
    name = await connection.fetchval("SELECT current_setting('application_name')")
    await connection.close()

    assert said is not None
    assert said["at"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert name == "lianyi intake"


async def test_a_statement_that_takes_too_long_is_ended(database: str) -> None:
    pool = await open_pool(database, statement_timeout_seconds=0.05)
    with pytest.raises(asyncpg.QueryCanceledError):
        await pool.execute("SELECT pg_sleep(60)")
    await pool.close()


async def test_no_more_connections_are_opened_than_allowed(database: str) -> None:
    pool = await open_pool(database, application_name="counted", size_max=3)
    await asyncio.gather(*(pool.execute("SELECT pg_sleep(0.05)") for _ in range(12)))
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'counted'"
    assert await pool.fetchval(count) == 3
    await pool.close()


@pytest.mark.parametrize("opener", [connect, open_pool])
async def test_a_database_that_is_not_there_is_unavailable_and_the_password_is_not_told(
    opener: Opener, tmp_path: Path
) -> None:
    with pytest.raises(DatabaseUnreachable) as failure:
        await opener("postgresql://lianyi:secret@127.0.0.1:1/lianyi")
    assert "127.0.0.1:1" in str(failure.value)
    assert "secret" not in str(failure.value)

    with pytest.raises(DatabaseUnreachable):
        await opener(f"postgresql://lianyi@/lianyi?host={tmp_path}")


@pytest.mark.parametrize("opener", [connect, open_pool])
async def test_a_server_that_never_answers_is_unavailable(opener: Opener) -> None:
    release = asyncio.Event()

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(DatabaseUnreachable, match="in time"):
        await opener(f"postgresql://x@127.0.0.1:{port}/x", connect_timeout_seconds=0.1)
    release.set()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("opener", [connect, open_pool])
async def test_a_refusal_is_not_taken_for_an_outage(opener: Opener, database: str) -> None:
    with pytest.raises(DatabaseRefused, match="does not exist"):
        await opener(with_database(database, "absent"))
    with pytest.raises(DatabaseRefused, match="password"):
        await opener(database.partition("&passfile")[0] + "&password=guess")


@pytest.mark.parametrize("opener", [connect, open_pool])
async def test_what_is_no_address_is_invalid(opener: Opener) -> None:
    with pytest.raises(BadDatabaseAddress):
        await opener("mysql://x@y/z")


def test_the_password_comes_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("p@ss/wörd\n", encoding="utf-8")
    settings = DatabaseSettings(url="postgresql://me@db:5433/lianyi", password_file=file)

    assert address_of(settings) == "postgresql://me:p%40ss%2Fw%C3%B6rd@db:5433/lianyi"
    assert without_password(address_of(settings)) == "postgresql://me@db:5433/lianyi"


def test_an_address_that_cannot_be_used_is_refused_by_key(tmp_path: Path) -> None:
    with pytest.raises(BadDatabaseAddress, match=r"database\.url"):
        address_of(DatabaseSettings(url="sqlite://x"))
    with pytest.raises(BadDatabaseAddress, match=r"database\.password_file"):
        address_of(DatabaseSettings(url="postgresql://x@y/z", password_file=tmp_path / "absent"))


async def test_the_embedded_database_is_shared_by_those_who_come_later(open_folder: Path) -> None:
    settings = DatabaseSettings()
    async with open_database(settings, open_folder / "data") as first:
        async with open_database(settings, open_folder / "data") as second:
            assert second == first
        connection = await connect(first)  # the second one has not stopped it
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
    with pytest.raises(DatabaseUnreachable):
        await connect(first)


async def test_several_who_start_at_once_all_reach_the_one_database(open_folder: Path) -> None:
    async def use() -> object:
        async with open_database(DatabaseSettings(), open_folder / "data") as dsn:
            connection = await connect(dsn)
            found = await connection.fetchval("SELECT pg_postmaster_start_time()")
            await connection.close()
            await together.wait()  # nobody stops the server before all have used it
            return found

    together = asyncio.Barrier(3)
    started_at = await asyncio.gather(*(use() for _ in range(3)))

    assert len(set(started_at)) == 1


async def test_a_server_of_the_hospital_is_used_as_it_is(database: str, tmp_path: Path) -> None:
    async with open_database(DatabaseSettings(url=database), tmp_path / "data") as dsn:
        assert dsn == database
    assert not (tmp_path / "data").exists()
