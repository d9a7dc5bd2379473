"""Those who follow give way in a flood when the processor is short, and then only."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.clock import SteppedClock, SystemClock
from lianyi.base.database import connect
from lianyi.messagelog.log import ACTS
from lianyi.projections import projection_store
from lianyi.projections.following import Follower
from lianyi.projections.learning import BATCH_MESSAGES
from lianyi.projections.pacing import (
    FEW_MESSAGES,
    MANY_A_SECOND,
    REST_SECONDS_MAX,
    SHORT,
    Pace,
    Processor,
    processor,
)
from lianyi.projections.waiting import until_learned

from .conftest import Bench, adt, organisations

START = datetime(2026, 3, 2, tzinfo=UTC)


class Circumstances:
    """A log that grows and a processor that is shared, as a test wants them."""

    def __init__(self) -> None:
        self.clock = SteppedClock(START)
        self.had = Processor(0.0, 0.0)
        self.pace = Pace(self.clock, processor=lambda: self.had)
        self.ends = {1: 0, 2: 0}
        for shard in self.ends:
            self.pace.saw(shard, 0)

    def go_on(self, seconds: float, *, per_second: float, waiting: float, shard: int = 1) -> None:
        """Let time pass.

        Args:
            seconds: how long.
            per_second: messages that come into the shard.
            waiting: which part of its working time this process waits for a core.
            shard: where they come in.
        """
        self.clock.advance(timedelta(seconds=seconds))
        self.had = Processor(
            self.had.ran_seconds + seconds * (1 - waiting),
            self.had.waited_seconds + seconds * waiting,
        )
        self.ends[shard] = self.ends.get(shard, 0) + round(per_second * seconds)
        self.pace.saw(shard, self.ends[shard])


def test_a_flood_on_a_busy_machine_is_given_way_to_until_it_is_over() -> None:
    now = Circumstances()
    assert (now.pace.batch_messages, now.pace.rest_seconds(1.0)) == (BATCH_MESSAGES, 0)
    now.go_on(1, per_second=5_000, waiting=0.5)
    assert now.pace.gives_way
    assert now.pace.batch_messages == FEW_MESSAGES
    assert 0 < now.pace.rest_seconds(0.01) < now.pace.rest_seconds(0.1) <= REST_SECONDS_MAX
    assert now.pace.rest_seconds(100) == REST_SECONDS_MAX
    now.go_on(1, per_second=50, waiting=0.5)
    assert (now.pace.batch_messages, now.pace.rest_seconds(1.0)) == (BATCH_MESSAGES, 0)


def test_several_shards_make_one_flood() -> None:
    now = Circumstances()
    half = MANY_A_SECOND * 0.6 * 2  # in one second after the other, each
    now.clock.advance(timedelta(seconds=0.2))
    now.go_on(0.2, per_second=half * 2.5, waiting=0.5, shard=1)
    now.go_on(0.6, per_second=half, waiting=0.5, shard=2)
    assert now.pace.gives_way


def test_acts_are_no_flood() -> None:
    now = Circumstances()
    for _ in range(3):
        now.go_on(1, per_second=50_000, waiting=0.9, shard=ACTS)
    assert not now.pace.gives_way


@given(
    st.lists(
        st.tuples(
            st.floats(0.6, 20),
            st.one_of(st.floats(0, MANY_A_SECOND * 0.95), st.floats(MANY_A_SECOND * 1.05, 50_000)),
            st.one_of(st.floats(0, SHORT * 0.9), st.floats(SHORT * 1.1, 1)),
        ),
        min_size=1,
    )
)
def test_it_gives_way_to_floods_on_a_busy_machine_alone(
    course: list[tuple[float, float, float]],
) -> None:
    now = Circumstances()
    for seconds, per_second, waiting in course:
        now.go_on(seconds, per_second=per_second, waiting=waiting)
        assert now.pace.gives_way == (per_second > MANY_A_SECOND and waiting > SHORT)


def test_what_this_process_has_had_of_the_processor_only_grows() -> None:
    before = processor()
    sum(range(2_000_000))
    after = processor()
    assert after.ran_seconds >= before.ran_seconds
    assert after.waited_seconds >= before.waited_seconds


class Tired(Pace):
    """Rests for a minute after each batch."""

    @property
    def batch_messages(self) -> int:
        """Few."""
        return 10

    def rest_seconds(self, worked_seconds: float) -> float:
        """Rest."""
        return 60.0


async def test_whoever_acts_while_others_rest_sees_what_came_of_it(bench: Bench) -> None:
    clock = SystemClock()
    await bench.append(1, *(adt(number) for number in range(25)))
    follower = Follower(
        bench.pool,
        bench.log,
        bench.projection,
        connect=lambda: connect(bench.dsn),
        clock=clock,
        owner=uuid.UUID(int=9),
        holder="test:9",
        pace=Tired(clock),
    )
    following = asyncio.create_task(follower.run())
    try:
        live = await _live(bench)
        while (await projection_store.positions(bench.pool, live.reader)).get(1) != 10:
            await asyncio.sleep(0.01)
        at = await bench.log.append_act(organisations("D01|内科")._replace(channel=0))
        assert await until_learned(bench.pool, "masterdata", at) == []
        assert (await projection_store.positions(bench.pool, live.reader))[1] == 20
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following


async def _live(bench: Bench) -> projection_store.Version:
    while True:
        found = await projection_store.find_live(bench.pool, "masterdata")
        if found is not None:
            return found
        await asyncio.sleep(0.01)
