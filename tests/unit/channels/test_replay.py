"""A replay delivers what the destination would have got, and nothing else."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import asyncpg
import pytest

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.channels.compiled import compile_channel
from lianyi.channels.functions import FunctionHost
from lianyi.channels.keep_store import ensure_receipt_days
from lianyi.channels.loading import load_channel
from lianyi.channels.replay import Replay
from lianyi.channels.replay_store import ReplayStore
from lianyi.connectors.connector import Answer
from lianyi.messagelog import LostLease, NewMessage, Position, PostgresLog
from lianyi.messagelog import postgres_leases as leases

CHANNEL = """
channel: desk
description: 挂号处 → 病历
source: { connector: mllp, port: 1 }
destinations:
  - name: record
    connector: http
    address: "http://127.0.0.1:1/"
    filter: { event: ["ADT^*"] }
examples:
  - { name: an admission arrives, event: ADT^A01, delivered_to: [record] }
"""
CHANNEL_NUMBER, DESTINATION = 1, 7


class Receiver:
    """Takes everything and remembers it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.after: Callable[[], Awaitable[object]] | None = None

    async def send(
        self, body: bytes, *, attributes: Mapping[str, str], timeout_seconds: float
    ) -> Answer:
        self.bodies.append(body)
        if self.after:
            await self.after()
        return Answer()

    async def close(self) -> None:
        pass


class Desk:
    """A channel with one destination, its messages and what was decided about them."""

    def __init__(self, pool: asyncpg.Pool, log: PostgresLog) -> None:
        self.pool = pool
        self._log = log
        self.receiver = Receiver()
        self.holds = True

    async def take_lease(self, *, owner: int) -> int:
        """Let a process deliver to the destination; return the epoch of its lease."""
        name, by = f"deliver:{DESTINATION}", uuid.UUID(int=owner)
        epoch = await leases.take(self.pool, name, owner=by, holder="test", seconds=-1)
        assert epoch is not None
        return epoch

    async def append(self, body: bytes, *, event: str = "ADT^A01", gate: int = 0) -> Position:
        return await self._append(1, f"hl7v2 {event}", body, gate)

    async def repair(self, text: str, *, event: str = "ADT^A01") -> Position:
        return await self._append(0, "act message.repaired", said(text, event=event), 0)

    async def _append(self, shard: int, kind: str, body: bytes, gate: int) -> Position:
        appender = await self._log.open_appender(shard, holder="test")
        done: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
        appender.append(
            NewMessage(CHANNEL_NUMBER if shard else 0, kind, body, sender="HIS|H", gate=gate),
            lambda at, failure: done.set_exception(failure) if failure else done.set_result(at),
        )
        await appender.close()
        return await done

    async def decide(
        self, destination: int, at: Position, state: str, repaired: Position | None = None
    ) -> None:
        await self.pool.execute(
            "INSERT INTO channels.exception (destination, shard, number, channel, order_key, state,"
            " since, repaired_shard, repaired_number)"
            " VALUES ($1, $2, $3, 1, '', $4, now(), $5, $6)",
            destination, at.shard, at.number, state, *(repaired or (None, None)),
        )  # fmt: skip

    async def replay(self) -> dict[str, Any]:
        """Replay everything; return the row of the replay."""
        number = uuid.UUID(int=1)
        await self.pool.execute(
            "INSERT INTO channels.replay (replay, channel, destination, shard, number_from,"
            " number_to, filter, rate_per_second, state, position, matching, requested_by, reason,"
            " requested_at) VALUES ($1, 1, $2, 1, 1, 99, '{}', 1000, 'running', 0, 9, 't', 't',"
            " now())",
            number,
            DESTINATION,
        )
        epoch = await self.take_lease(owner=1)
        store, functions = ReplayStore(self.pool), FunctionHost()
        (row,) = await store.list_active()
        compiled = compile_channel(load_channel(CHANNEL, "desk.yaml", None), None)
        await Replay(
            row,
            compiled,
            compiled.destinations[0],
            messages=self._log,
            store=store,
            build_sender=lambda _: self.receiver,
            functions=functions,
            version=1,
            clock=SystemClock(),
            epoch=epoch,
            holds=lambda: self.holds,
        ).run()
        await functions.close()
        return dict(await self.pool.fetchrow("SELECT * FROM channels.replay") or {})


def said(text: str, *, event: str = "ADT^A01") -> bytes:
    """An invented message."""
    return f"MSH|^~\\&|HIS|H|||20260302||{event}|C|P|2.5.1\rNTE|1||{text}\r".encode()


@pytest.fixture
async def desk(database: str) -> AsyncIterator[Desk]:
    pool = await open_pool(database, size_max=4)
    log = PostgresLog(
        pool, lambda: connect(database), clock=SystemClock(), owner=RandomIds().new_id()
    )
    await log.start()
    async with pool.acquire() as connection:
        await ensure_receipt_days(connection, today=SystemClock().now())
    yield Desk(pool, log)
    await log.stop()
    await pool.close()


async def test_what_the_gate_holds_or_a_person_gave_up_is_skipped_and_counted(desk: Desk) -> None:
    await desk.append(said("plain"))
    await desk.append(said("held, and not yet seen by the gate's reader"), gate=2)
    for state in ("parked", "resend", "dismissed"):
        held = await desk.append(said(f"held, {state}"), gate=2)
        await desk.decide(-CHANNEL_NUMBER, held, state)
    parked = await desk.append(said("parked, dismissed"))
    await desk.decide(DESTINATION, parked, "dismissed")
    released = await desk.append(said("released, then dismissed"), gate=2)
    await desk.decide(-CHANNEL_NUMBER, released, "delivered")
    await desk.decide(DESTINATION, released, "dismissed")
    await desk.append(said("not wanted", event="ORU^R01"), event="ORU^R01")
    await desk.append(said("last"))

    row = await desk.replay()

    assert desk.receiver.bodies == [said("plain"), said("last")]
    assert (row["state"], row["delivered"], row["refused"]) == ("finished", 2, 0)
    assert (row["held"], row["dismissed"], row["filtered"]) == (3, 3, 1)


async def test_what_was_released_or_sent_again_with_a_repair_is_replayed_repaired(
    desk: Desk,
) -> None:
    released = await desk.append(said("wrong 1"), gate=2)
    await desk.decide(-CHANNEL_NUMBER, released, "delivered", await desk.repair("right 1"))
    elsewhere = await desk.append(said("wrong 2"), gate=2)
    unwanted = await desk.repair("right 2", event="ORU^R01")
    await desk.decide(-CHANNEL_NUMBER, elsewhere, "delivered", unwanted)
    twice = await desk.append(said("wrong 3"), gate=2)
    await desk.decide(-CHANNEL_NUMBER, twice, "delivered", await desk.repair("half right 3"))
    await desk.decide(DESTINATION, twice, "delivered", await desk.repair("right 3"))
    parked = await desk.append(said("wrong 4"))
    await desk.decide(DESTINATION, parked, "delivered", await desk.repair("right 4"))
    as_it_was = await desk.append(said("right 5"), gate=2)
    await desk.decide(-CHANNEL_NUMBER, as_it_was, "delivered")

    row = await desk.replay()

    assert desk.receiver.bodies == [said(f"right {n}") for n in (1, 3, 4, 5)]
    assert (row["delivered"], row["held"], row["dismissed"], row["filtered"]) == (4, 0, 0, 1)


async def test_a_replay_that_another_process_took_over_leaves_its_receipts_and_moves_nothing(
    desk: Desk,
) -> None:
    for text in ("one", "two", "three"):
        await desk.append(said(text))
    desk.receiver.after = lambda: desk.take_lease(owner=2)

    with pytest.raises(LostLease):
        await desk.replay()

    row = await desk.pool.fetchrow("SELECT position, delivered, state FROM channels.replay")
    assert tuple(row or ()) == (0, 0, "running"), "the other process goes on from where it stands"
    receipts = await desk.pool.fetchval("SELECT count(*) FROM channels.receipt")
    assert receipts == len(desk.receiver.bodies) > 0


async def test_a_replay_sends_nothing_once_its_lease_may_be_another_s(desk: Desk) -> None:
    await desk.append(said("one"))
    await desk.append(said("two"))

    async def runs_out() -> None:
        desk.holds = False

    desk.receiver.after = runs_out
    with pytest.raises(LostLease):
        await desk.replay()

    assert desk.receiver.bodies == [said("one")]
    row = await desk.pool.fetchrow("SELECT position, delivered, state FROM channels.replay")
    assert tuple(row or ()) == (1, 1, "running")
