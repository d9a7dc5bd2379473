"""The log in PostgreSQL when processes, connections and servers die at bad moments."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.base.embedded import PostgresServer
from lianyi.base.migrations import migrate
from lianyi.messagelog import LogMessage, LogUnavailable, LostLease, MessageLog, PostgresLog
from lianyi.messagelog.postgres import move_within

if TYPE_CHECKING:
    from conftest import MakeLog, Sender

ReadAll = Callable[[MessageLog, int], Awaitable[list[LogMessage]]]


LISTENERS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND query LIKE 'LISTEN %'"
)


async def steal_lease(pool: asyncpg.Pool, shard: int) -> None:
    """Let a lease run out while its owner believes in it."""
    await pool.execute(
        "UPDATE messagelog.lease SET expires_at = '-infinity' WHERE name = $1", f"append:{shard}"
    )


async def kill(pool: asyncpg.Pool, like: str) -> int:
    """End the connections whose last statement looks like this; return how many."""
    return await pool.fetchval(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE $1",
        like,
    )


async def test_the_primary_key_stops_a_stale_appender_at_its_next_batch(
    make_log: MakeLog, pool: asyncpg.Pool, sender: Sender, small_segments: int, read_all: ReadAll
) -> None:
    stale_log, heir_log = await make_log(), await make_log()
    stale = await stale_log.open_appender(1, holder="a")
    sender.send(stale, 8)
    await sender.answered()
    await steal_lease(pool, 1)
    heir = await heir_log.open_appender(1, holder="b")
    sender.send(heir, 9)
    await sender.answered()

    sender.send(stale, 25)
    await sender.answered()

    assert len(sender.refused) == 25
    assert all(isinstance(error, LostLease) for error in sender.refused)
    assert isinstance(stale.failure, LostLease)
    sender.send(heir, 5)
    await sender.answered()
    await stale.close()
    await heir.close()
    found = await read_all(heir_log, 1)
    assert {message.position: message.body for message in found} == sender.acknowledged


async def test_two_who_believe_they_own_a_shard_never_make_a_hole(
    make_log: MakeLog, pool: asyncpg.Pool, sender: Sender, small_segments: int, read_all: ReadAll
) -> None:
    first, second = await make_log(), await make_log()
    appenders = [await first.open_appender(1, holder="a")]
    await steal_lease(pool, 1)
    appenders.append(await second.open_appender(1, holder="b"))
    for round_ in range(12):  # both write at once until one of them is stopped
        sender.send(appenders[round_ % 2], 3)
        sender.send(appenders[(round_ + 1) % 2], 2)
        await asyncio.sleep(0)
    await sender.answered()
    assert [type(one.failure) for one in appenders].count(LostLease) == 1
    for appender in appenders:
        await appender.close()
    found = await read_all(first, 1)
    assert {message.position: message.body for message in found} == sender.acknowledged


async def test_a_lease_that_was_taken_ends_an_idle_appender(
    make_log: MakeLog, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lianyi.messagelog.postgres_leases.RENEW_SECONDS", 0.01)
    appender = await (await make_log()).open_appender(1, holder="a")
    await pool.execute(
        "UPDATE messagelog.lease SET owner = $1 WHERE name = 'append:1'", RandomIds().new_id()
    )
    while appender.failure is None:
        await asyncio.sleep(0.01)
    assert isinstance(appender.failure, LostLease)
    await appender.close()


@pytest.mark.parametrize(("count", "more", "size"), [(600, 50, 20_000), (20, 5, 500)])
async def test_a_connection_killed_in_a_batch_loses_nothing_acknowledged(
    make_log: MakeLog,
    pool: asyncpg.Pool,
    sender: Sender,
    read_all: ReadAll,
    count: int,
    more: int,
    size: int,
) -> None:
    """Batches of many writes, and of one: the driver has a way of its own for each."""
    log = await make_log()
    broken = 0
    for _ in range(8):
        appender = await log.open_appender(1, holder="a")
        sender.send(appender, count, size=size)
        while appender.failure is None:
            sender.send(appender, more, size=size)
            await kill(pool, "COPY %")
            await asyncio.sleep(0.001)
        await sender.answered()
        assert isinstance(appender.failure, LogUnavailable)
        assert appender.waiting_bytes == 0
        broken += 1
        await appender.close()
    appender = await log.open_appender(1, holder="a")
    sender.send(appender, 1)
    await sender.answered()
    await appender.close()

    found = {message.position: message.body for message in await read_all(log, 1)}
    assert broken == 8
    assert found.items() >= sender.acknowledged.items()
    assert len(set(found.values())) == len(found)


@pytest.mark.parametrize(
    "error", [asyncpg.InternalClientError("got result for unknown protocol state"), OSError()]
)
async def test_whatever_the_driver_says_of_a_dead_server_is_told_as_unavailable(
    make_log: MakeLog, sender: Sender, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    log = await make_log()
    appender = await log.open_appender(1, holder="a")

    async def dies(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(asyncpg.Connection, "_copy_in", dies)
    sender.send(appender, 3)
    await sender.answered()
    await appender.close()
    assert [type(refusal) for refusal in sender.refused] == [LogUnavailable] * 3


async def test_even_an_error_nobody_foresaw_leaves_no_sender_without_an_answer(
    make_log: MakeLog, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    appender = await (await make_log()).open_appender(1, holder="a")

    async def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(asyncpg.Connection, "_copy_in", fails)
    sender.send(appender, 3)
    await sender.answered()
    sender.send(appender, 1)
    await sender.answered()
    assert [type(refusal) for refusal in sender.refused] == [LogUnavailable] * 4
    await appender.close()


async def test_a_killed_listener_comes_back_and_nobody_sleeps_for_ever(
    make_log: MakeLog, pool: asyncpg.Pool, sender: Sender
) -> None:
    log, other = await make_log(), await make_log()
    appender = await log.open_appender(1, holder="a")
    assert await pool.fetchval(LISTENERS) == 0  # who does not wait does not listen
    waiting = asyncio.create_task(other.wait(1, after=0, timeout_seconds=30))
    while await pool.fetchval(LISTENERS) < 1:
        await asyncio.sleep(0.05)
    assert await kill(pool, "LISTEN %") == 1
    sender.send(appender, 1)
    assert await waiting
    while await pool.fetchval(LISTENERS) < 1:  # it listens again
        await asyncio.sleep(0.05)
    await appender.close()


async def test_a_later_owner_of_a_reader_is_not_moved_back_by_an_earlier_one(
    pool: asyncpg.Pool,
) -> None:
    now = SystemClock().now()
    async with pool.acquire() as connection:
        await move_within(connection, "destination:1", 1, 10, now=now, epoch=1)
        await move_within(connection, "destination:1", 1, 10, now=now, epoch=2, counts={"sent": 4})
        with pytest.raises(LostLease):
            await move_within(connection, "destination:1", 1, 11, now=now, epoch=1)
        await move_within(connection, "destination:1", 1, 12, now=now, epoch=2)
        found = await connection.fetchrow("SELECT position, epoch FROM messagelog.reader")
    assert tuple(found) == (12, 2)


@pytest.mark.slow
async def test_killing_the_server_under_load_loses_nothing_acknowledged(
    open_folder: Path, sender: Sender, read_all: ReadAll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lianyi.messagelog.segments.SEGMENT_MESSAGES", 150)
    async with PostgresServer(open_folder / "data") as server:
        await migrate(server.dsn)
        pool = await open_pool(server.dsn)
        log = PostgresLog(
            pool,
            lambda: connect(server.dsn),
            clock=SystemClock(),
            owner=RandomIds().new_id(),
        )
        await log.start()
        kills = 0
        while kills < 5:
            try:
                appender = await log.open_appender(1, holder="a")
            except LogUnavailable:
                await asyncio.sleep(0.05)
                continue
            enough = len(sender.acknowledged) + 200
            while appender.failure is None:
                sender.send(appender, 20, size=2_000)
                await asyncio.sleep(0.002)
                if len(sender.acknowledged) > enough and server.process_id is not None:
                    os.kill(server.process_id, signal.SIGKILL)
                    kills += 1
                    enough = 10**9
            await sender.answered()
            await appender.close()
        while True:
            try:
                found = await read_all(log, 1)
                break
            except LogUnavailable:
                await asyncio.sleep(0.05)
        await log.stop()
        pool.terminate()
    bodies = {message.position: message.body for message in found}
    assert len(sender.acknowledged) > 5 * 200
    assert bodies.items() >= sender.acknowledged.items()
    assert len(set(bodies.values())) == len(bodies)
