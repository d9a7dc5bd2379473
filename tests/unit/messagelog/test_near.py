"""The neighbour with the same key is the nearest of all shards, however its segment is kept."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.messagelog.hiding import HIDING

from lianyi.base.clock import SteppedClock
from lianyi.messagelog import LogMessage, NewMessage, Position, PostgresLog
from lianyi.messagelog import archive as archiving
from lianyi.messagelog.archive_reader import Archive
from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.postgres_near import BESIDE, Span, pieces
from lianyi.messagelog.postgres_segments import close_full_segments, index_closed_segments
from lianyi.messagelog.search import Place

START = datetime(2026, 3, 1, tzinfo=UTC)
SHARDS = (0, 1, 2, 3)
KEYS = ("p:7^A", "p:7^B", "p:7^", "e:7^A", "p:70^A", "p:8^A")
"""Some that a careless comparison would take for another: value, authority and letter decide."""

MakeLog = Callable[..., Awaitable[PostgresLog]]


@pytest.fixture(params=[PLAIN, HIDING], ids=["plain", "hidden"])
def cover(request: pytest.FixtureRequest) -> Cover:
    """Everything here holds for what lies hidden, too."""
    found: Cover = request.param
    return found


def place_of(message: LogMessage) -> Place:
    return Place(message.received_at, *message.position)


async def fill(log: PostgresLog, clock: SteppedClock, *, seed: int, count: int) -> list[LogMessage]:
    """Fill all shards in turn; some messages of different shards come at one moment."""
    chance = random.Random(seed)
    appenders = {shard: await log.open_appender(shard, holder="a") for shard in SHARDS[1:]}
    positions = []
    for _ in range(count):
        clock.advance(timedelta(microseconds=chance.choice([0, 0, 1, 1_000_000])))
        keys = tuple(chance.sample(KEYS, chance.randint(0, 2)))
        message = NewMessage(1, "json", b"{}", "utf-8", "", keys)
        shard = chance.choice(SHARDS)
        if shard == 0:
            positions.append(await log.append_act(message))
            continue
        done: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
        appenders[shard].append(message, lambda at, _, done=done: done.set_result(at))
        positions.append(await done)
    for appender in appenders.values():
        await appender.close()
    return [await log.get(position) for position in positions]


@pytest.mark.parametrize("indexed", [False, True])
@pytest.mark.parametrize("seed", range(3))
async def test_it_is_the_nearest_of_all_shards(
    make_log: MakeLog, connection: Connection, small_segments: int, seed: int, *, indexed: bool
) -> None:
    clock = SteppedClock(START)
    log = await make_log(clock)
    messages = await fill(log, clock, seed=seed, count=150)
    if indexed:
        await close_full_segments(connection)
        assert await index_closed_segments(connection) > 3
    in_order = sorted(messages, key=place_of)
    for n, message in enumerate(in_order):
        for key in KEYS[:3]:
            earlier = [one for one in in_order[:n] if key in one.keys]
            later = [one for one in in_order[n + 1 :] if key in one.keys]
            before = await log.near(key, place_of(message), later=False)
            after = await log.near(key, place_of(message), later=True)
            assert not before.archived
            assert not after.archived
            assert (before.entry and before.entry.position) == (
                earlier[-1].position if earlier else None
            )
            assert (after.entry and after.entry.position) == (later[0].position if later else None)


async def test_what_lies_in_the_archive_is_told_and_not_looked_through(
    filled: PostgresLog, connection: Connection, archive: Archive
) -> None:
    """Shard 1 has 35 messages, every third of one patient; its first segment goes to a file."""
    await archiving.archive_segment(connection, archive, 1, 0, product="1")

    async def near(number: int, key: str, *, later: bool) -> tuple[int | None, bool]:
        message = await filled.get(Position(1, number))
        found = await filled.near(key, place_of(message), later=later)
        return found.entry and found.entry.number, found.archived

    assert await near(14, "p:2^HOSP1", later=False) == (11, False)
    assert await near(11, "p:2^HOSP1", later=False) == (None, True)
    assert await near(11, "p:2^HOSP1", later=True) == (14, False)
    assert await near(35, "p:2^HOSP1", later=True) == (None, False)
    assert await near(8, "p:2^HOSP1", later=True) == (11, True)
    assert await near(10, "p:2^HOSP1", later=True) == (11, False)
    assert await near(1, "p:2^HOSP1", later=False) == (None, False)


async def test_a_segment_that_goes_to_its_file_meanwhile_is_told(
    filled: PostgresLog, connection: Connection, read_all: Callable[..., Awaitable[object]]
) -> None:
    message = await filled.get(Position(1, 35))
    await connection.execute("DROP TABLE messagelog.message_1_2, messagelog.message_1_1")

    found = await filled.near("p:1^HOSP1", place_of(message), later=False)

    assert found.entry is not None
    assert (found.entry.number, found.archived) == (34, False)
    gone = await filled.near("c:15", place_of(message), later=False)
    assert (gone.entry, gone.archived) == (None, True)


async def test_a_key_that_nobody_can_store_has_no_neighbour(log: PostgresLog) -> None:
    assert await log.near("p:\x00^A", Place(START, 1, 1), later=True) == (None, False)


WIDTH = 50_000
STATES = st.sampled_from(["archived", "indexed", "closed", "open"])


@given(
    states=st.lists(STATES, min_size=1, max_size=6),
    low=st.integers(0, 6 * WIDTH),
    size=st.none() | st.integers(0, 6 * WIDTH),
    later=st.booleans(),
)
def test_pieces_are_the_whole_range_outwards_without_the_archive(
    states: list[str], low: int, size: int | None, *, later: bool
) -> None:
    spans = [
        Span(n, state, n * WIDTH + 1, (n + 1) * WIDTH, None, None) for n, state in enumerate(states)
    ]
    high = None if size is None else low + size

    cut = list(pieces(spans, low, high, later=later))

    if not later:
        cut.reverse()
    end = len(states) * WIDTH + 1 if high is None else min(high, len(states) * WIDTH + 1)
    wanted = sum(
        max(0, min(end, span.number_to + 1) - max(low, span.number_from))
        for span in spans
        if span.state != "archived"
    )
    assert sum(piece.beyond - piece.first for piece in cut) == wanted
    assert all(low <= piece.first < piece.beyond <= end for piece in cut)
    assert all(before.beyond <= after.first for before, after in pairwise(cut))
    for piece in cut:
        span = spans[piece.segment]
        assert span.number_from <= piece.first
        assert piece.beyond <= span.number_to + 1
    if cut:
        nearest = cut[0 if later else -1]
        assert nearest.beyond - nearest.first <= BESIDE


def test_an_indexed_segment_takes_two_steps_and_another_grows() -> None:
    spans = [
        Span(n, state, n * WIDTH + 1, (n + 1) * WIDTH, None, None)
        for n, state in enumerate(["indexed", "indexed", "open"])
    ]

    def sizes(*, later: bool) -> list[tuple[int, int]]:
        return [
            (one.segment, one.beyond - one.first) for one in pieces(spans, 1, None, later=later)
        ]

    assert sizes(later=True) == [(0, 2_048), (0, 47_952), (1, 50_000), (2, 50_000)]
    assert sizes(later=False) == [(2, 2_048), (2, 16_384), (2, 31_568), (1, 50_000), (0, 50_000)]
