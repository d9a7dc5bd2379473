from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.clock import RandomIds, SteppedClock, SystemClock

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=30)), max_size=10))
def test_a_stepped_clock_moves_only_when_told(steps: list[timedelta]) -> None:
    clock = SteppedClock(START)
    for step in steps:
        clock.advance(step)
    assert clock.now() == START + sum(steps, timedelta(0))
    assert timedelta(seconds=clock.elapsed_seconds()) == sum(steps, timedelta(0))


def test_the_clock_of_the_machine_is_aware_utc_and_its_elapsed_time_never_runs_back() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    readings = [clock.elapsed_seconds() for _ in range(100)]
    assert readings == sorted(readings)


def test_random_identifiers_do_not_repeat() -> None:
    ids = RandomIds()
    assert len({ids.new_id() for _ in range(1000)}) == 1000
