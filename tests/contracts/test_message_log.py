"""What every message log does, wherever it keeps its bytes."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.messagelog.hiding import cover_of

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.base.errors import LianyiError
from lianyi.messagelog import (
    ACTS,
    Appender,
    Gate,
    LogMessage,
    LostLease,
    MemoryLog,
    MessageLog,
    NewMessage,
    NoSuchMessage,
    Position,
    PostgresLog,
)
from lianyi.messagelog.chain import GENESIS, relink
from lianyi.messagelog.cover import PLAIN
from lianyi.security.vault import Suites

SEGMENT = 7
"""Messages in a segment here: small, so that every test crosses a few boundaries."""

SHARDS = itertools.count(1)
"""Each test, and each example of a property, writes to a shard of its own."""

Answer = tuple[Position | None, LianyiError | None]


COVERS = {
    "postgres": PLAIN,
    **{f"postgres, {suite.value.name}": cover_of(suite) for suite in Suites},
}
"""What lies in the tables: everything plainly, or encrypted in one way or the other."""


@pytest.fixture(params=["memory", *COVERS])
def dsn(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """Address of a fresh database, or None for the log in memory."""
    monkeypatch.setattr("lianyi.messagelog.segments.SEGMENT_MESSAGES", SEGMENT)
    return None if request.param == "memory" else request.getfixturevalue("database")


@pytest.fixture
async def logs(
    dsn: str | None, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[MessageLog, MessageLog]]:
    """The same log as two processes see it. In memory both are one."""
    if dsn is None:
        memory = MemoryLog(SystemClock())
        yield memory, memory
        return
    pools = [await open_pool(dsn, size_max=5) for _ in range(2)]
    opened = [
        PostgresLog(
            pool,
            lambda: connect(dsn),
            clock=SystemClock(),
            owner=RandomIds().new_id(),
            cover=COVERS[request.node.callspec.params["dsn"]],
        )
        for pool in pools
    ]
    for log in opened:
        await log.start()
    yield opened[0], opened[1]
    for log, pool in zip(opened, pools, strict=True):
        await log.stop()
        pool.terminate()


@pytest.fixture
def log(logs: tuple[MessageLog, MessageLog]) -> MessageLog:
    return logs[0]


def message(body: bytes = b"MSH|", *, keys: Sequence[str] = ("c:1", "p:7^HOSP1")) -> NewMessage:
    return NewMessage(1, "hl7v2 ADT^A01", body, "utf-8", "HIS|HOSP1", keys)


def take(appender: Appender, messages: Sequence[NewMessage]) -> list[asyncio.Future[Answer]]:
    """Append without waiting; a second answer to one message is an error of the future."""
    loop = asyncio.get_running_loop()
    answers: list[asyncio.Future[Answer]] = []
    for one in messages:
        answer: asyncio.Future[Answer] = loop.create_future()
        appender.append(one, lambda p, e, answer=answer: answer.set_result((p, e)))  # type: ignore[misc]
        answers.append(answer)
    return answers


async def append(appender: Appender, messages: Sequence[NewMessage]) -> list[Position]:
    """Append and wait; all of them must be recorded."""
    answers = await asyncio.gather(*take(appender, messages))
    assert [error for _, error in answers] == [None] * len(messages)
    return [position for position, _ in answers if position]


async def read_all(log: MessageLog, shard: int, *, limit: int = 1000) -> list[LogMessage]:
    found: list[LogMessage] = []
    while page := await log.read(shard, after=found[-1].number if found else 0, limit=limit):
        assert len(page) <= limit
        found += page
    return found


async def opened(log: MessageLog) -> Appender:
    return await log.open_appender(next(SHARDS), holder="test:1")


async def test_positions_count_from_one_in_the_order_of_the_calls(log: MessageLog) -> None:
    appender = await opened(log)
    bodies = [f"{n}".encode() for n in range(50)]

    positions = await append(appender, [message(body) for body in bodies])

    assert positions == [Position(appender.shard, n) for n in range(1, 51)]
    assert [found.body for found in await read_all(log, appender.shard)] == bodies
    assert appender.end == await log.end(appender.shard) == log.seen(appender.shard) == 50


async def test_whoever_is_told_a_position_finds_the_message_from_elsewhere(
    logs: tuple[MessageLog, MessageLog],
) -> None:
    log, other = logs
    appender = await opened(log)
    for n in range(1, 20):
        (position,) = await append(appender, [message(f"{n}".encode())])
        assert (await other.get(position)).body == f"{n}".encode()
        assert await other.end(appender.shard) == n


async def test_everything_about_a_message_comes_back(log: MessageLog) -> None:
    appender = await opened(log)
    sent = NewMessage(
        channel=9,
        kind="hl7v2 ORU^R01",
        body=bytes(range(256)),
        codec="gb18030",
        sender="检验|医院一",
        keys=("c:77", "p:1^HOSP1", "o:O 1"),
        gate=Gate.WARN,
        caused_by=Position(3, 14),
    )
    before = SystemClock().now()
    (position,) = await append(appender, [sent])

    found = await log.get(position)

    assert before <= found.received_at <= SystemClock().now()
    assert found.received_at.utcoffset() == before.utcoffset()
    assert found == LogMessage(
        shard=appender.shard,
        number=1,
        received_at=found.received_at,
        channel=9,
        kind="hl7v2 ORU^R01",
        body=bytes(range(256)),
        codec="gb18030",
        sender="检验|医院一",
        keys=("c:77", "p:1^HOSP1", "o:O 1"),
        gate=1,
        caused_by=Position(3, 14),
        chain=found.chain,
    )
    assert (found.key("p"), found.key("e")) == ("1^HOSP1", "")


@pytest.mark.parametrize(
    "after", [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 29, 30, 99]
)
async def test_reading_goes_on_from_any_number_across_segments(log: MessageLog, after: int) -> None:
    appender = await opened(log)
    await append(appender, [message()] * 30)
    numbers: list[int] = []
    while page := await log.read(appender.shard, after=numbers[-1] if numbers else after, limit=4):
        assert len(page) <= 4
        numbers += [found.number for found in page]
    assert numbers == list(range(after + 1, 31))


async def test_a_page_ends_when_its_bodies_reach_the_limit_and_holds_at_least_one(
    log: MessageLog,
) -> None:
    appender = await opened(log)
    await append(appender, [message(b"x" * 100)] * 6)

    async def page(bytes_max: int) -> int:
        return len(await log.read(appender.shard, after=0, limit=10, bytes_max=bytes_max))

    assert [await page(n) for n in (0, 1, 99, 100, 101, 250, 10_000)] == [1, 1, 1, 1, 2, 3, 6]


async def test_nothing_is_read_where_nothing_stands(log: MessageLog) -> None:
    shard = next(SHARDS)
    assert list(await log.read(shard, after=0, limit=10)) == []
    assert await log.end(shard) == 0
    for position in (Position(shard, 1), Position(shard, 0), Position(shard, -3)):
        with pytest.raises(NoSuchMessage):
            await log.get(position)
    for number in (2**48, 2**48 + 1, 2**63, 10**30):
        with pytest.raises(NoSuchMessage):
            await log.get(Position(shard, number))
    with pytest.raises(NoSuchMessage):
        await log.get(Position(10**30, 10**30))


async def test_waiting_ends_when_the_shard_grows_in_another_process(
    logs: tuple[MessageLog, MessageLog], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Never looking by itself, only the notification can wake the reader.
    monkeypatch.setattr("lianyi.messagelog.postgres.LOOK_SECONDS", 60.0)
    log, other = logs
    appender = await opened(log)
    for n in range(3):
        waiting = asyncio.create_task(other.wait(appender.shard, after=n, timeout_seconds=30))
        await asyncio.sleep(0.2)  # until the listener listens
        assert not waiting.done()
        await append(appender, [message()])
        assert await waiting
        assert other.seen(appender.shard) == n + 1


async def test_waiting_for_what_does_not_come_ends_with_the_time(log: MessageLog) -> None:
    assert not await log.wait(next(SHARDS), after=0, timeout_seconds=0.01)


async def test_a_shard_has_one_appender(logs: tuple[MessageLog, MessageLog]) -> None:
    log, other = logs
    appender = await opened(log)
    for who in (log, other):
        with pytest.raises(LostLease):
            await who.open_appender(appender.shard, holder="test:2")
    await append(appender, [message(b"1")])
    await appender.close()

    heir = await other.open_appender(appender.shard, holder="test:2")

    assert heir.end == 1
    assert await append(heir, [message(b"2")]) == [Position(appender.shard, 2)]
    await heir.close()


async def test_what_was_taken_before_closing_is_committed_and_nothing_after(
    log: MessageLog,
) -> None:
    appender = await opened(log)
    answers = take(appender, [message()] * 20)
    await appender.close()
    assert [answer.result()[0] for answer in answers] == [
        Position(appender.shard, n) for n in range(1, 21)
    ]
    (refused,) = take(appender, [message()])
    assert refused.result()[0] is None
    assert isinstance(refused.result()[1], LianyiError)
    assert appender.waiting_bytes == 0
    assert await log.end(appender.shard) == 20


HOSTILE = ["c:a\x00b", "p:\ud800\udfff^X", "o:a\x1fb", "e:\x1f\x00", "", "x", "c:", "p:正常^院"]


@given(
    keys=st.lists(st.sampled_from(HOSTILE) | st.text(max_size=5), max_size=4),
    sender=st.text(st.characters(), max_size=5) | st.sampled_from(HOSTILE),
    kind=st.sampled_from(HOSTILE),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_no_text_of_a_sender_stops_the_batch_it_is_in(
    log: MessageLog, keys: list[str], sender: str, kind: str
) -> None:
    appender = await opened(log)
    hostile = NewMessage(1, kind, b"2", "utf-8", sender, keys)

    await append(appender, [message(b"1"), hostile, message(b"3")])
    await appender.close()

    found = await read_all(log, appender.shard)
    assert [one.body for one in found] == [b"1", b"2", b"3"]
    assert all("\x00" not in key and "\x1f" not in key and key for key in found[1].keys)
    assert_whole(found)


def assert_whole(messages: Sequence[LogMessage]) -> None:
    """Numbers from 1 without holes, the chain unbroken, time never running backwards."""
    assert [one.number for one in messages] == list(range(1, len(messages) + 1))
    chain = GENESIS
    for one in messages:
        assert (chain := relink(chain, one)) == one.chain
    instants = [one.received_at for one in messages]
    assert instants == sorted(instants)


@given(
    steps=st.lists(
        st.integers(1, 25).map(lambda n: ("append", n))
        | st.just(("wait", 0))
        | st.just(("another appender", 0)),
        max_size=8,
    )
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_order_is_the_order_of_the_calls_whoever_appends(
    logs: tuple[MessageLog, MessageLog], steps: list[tuple[str, int]]
) -> None:
    shard, turn = next(SHARDS), 0
    appender = await logs[0].open_appender(shard, holder="test:1")
    sent: list[bytes] = []
    answers: list[asyncio.Future[Answer]] = []
    for step, count in steps:
        if step == "append":
            bodies = [f"{len(sent) + n}".encode() for n in range(count)]
            sent += bodies
            answers += take(appender, [message(body) for body in bodies])
        elif step == "wait":
            await asyncio.gather(*answers)
        else:
            await appender.close()
            turn += 1
            appender = await logs[turn % 2].open_appender(shard, holder="test:1")
    await appender.close()

    assert [(await answer)[0] for answer in answers] == [
        Position(shard, n + 1) for n in range(len(sent))
    ]
    found = await read_all(logs[1], shard, limit=5)
    assert [one.body for one in found] == sent
    assert_whole(found)


async def test_acts_of_many_at_once_stand_in_one_row_without_holes(
    logs: tuple[MessageLog, MessageLog],
) -> None:
    acts = [
        NewMessage(0, "act delivery.dismissed", f"{n}".encode(), "utf-8", f"person {n % 2}")
        for n in range(40)
    ]
    positions = await asyncio.gather(*(logs[n % 2].append_act(act) for n, act in enumerate(acts)))
    assert sorted(positions) == [Position(ACTS, n) for n in range(1, 41)]
    for position, act in zip(positions, acts, strict=True):
        assert (await logs[0].get(position)).body == act.body
    assert_whole(await read_all(logs[1], ACTS))


async def test_a_reader_is_where_it_was_moved_to(logs: tuple[MessageLog, MessageLog]) -> None:
    log, other = logs
    shard = next(SHARDS)
    assert await log.position("projection:identity", shard) == 0
    await log.move("projection:identity", shard, 12, counts={"learned": 12})
    assert await other.position("projection:identity", shard) == 12
    assert await other.position("projection:identity", shard + 1) == 0
    assert await other.position("projection:clinical", shard) == 0
    await other.move("projection:identity", shard, 3)  # a rebuild begins again
    assert await log.position("projection:identity", shard) == 3
