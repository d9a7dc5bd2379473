"""The breaker opens after failures in a row, probes once, waits longer each time, closes again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.channels.breaker import MOVES, BreakerState, CircuitBreaker

OPEN, HALF, CLOSED = BreakerState.OPEN, BreakerState.HALF_OPEN, BreakerState.CLOSED


def breaker(failures: int = 3) -> CircuitBreaker:
    return CircuitBreaker(failures_to_open=failures, first_wait_seconds=1, longest_wait_seconds=8)


def test_it_opens_at_the_last_of_the_failures_in_a_row() -> None:
    one = breaker()
    assert [one.failed(0.0), one.failed(0.0)] == [False, False]
    one.succeeded()
    assert [one.failed(0.0) for _ in range(3)] == [False, False, True]
    assert one.state is OPEN


def test_one_lane_probes_and_the_others_wait_for_what_it_finds() -> None:
    one = breaker(1)
    one.failed(10.0)

    assert one.wait_seconds(10.5) == 0.5
    assert one.wait_seconds(11.0) == 0
    assert one.state is HALF
    assert one.wait_seconds(11.0) > 0
    assert one.succeeded()
    assert one.wait_seconds(11.0) == 0
    assert one.state is CLOSED


def test_the_wait_doubles_up_to_its_limit_and_starts_anew_after_a_success() -> None:
    one, now, waits = breaker(1), 0.0, []
    for _ in range(6):
        one.failed(now)
        waits.append(one.due - now)
        now = one.due
        assert one.wait_seconds(now) == 0
    assert waits == [1, 2, 4, 8, 8, 8]
    one.succeeded()
    one.failed(now)
    assert one.due - now == 1


def test_a_probe_that_asked_nobody_lets_the_next_lane_probe() -> None:
    one = breaker(1)
    one.failed(0.0)
    assert one.wait_seconds(1.0) == 0
    one.no_verdict(1.0)
    assert one.state is OPEN
    assert one.wait_seconds(1.0) == 0


ACTS = st.lists(st.sampled_from(["ask", "fail", "succeed", "nothing", "wait"]), max_size=60)


@given(acts=ACTS, failures=st.integers(1, 4))
def test_it_never_leaves_its_table_and_always_probes_in_time(
    acts: list[str], failures: int
) -> None:
    one, now = breaker(failures), 0.0
    for act in acts:
        before = one.state
        if act == "ask":
            one.wait_seconds(now)
        elif act == "fail":
            one.failed(now)
        elif act == "succeed":
            one.succeeded()
            assert one.state is CLOSED
        elif act == "nothing":
            one.no_verdict(now)
        else:
            now += 1.5
        assert one.state is before or one.state in MOVES[before] or act == "succeed"
        if one.state is OPEN:
            assert one.wait_seconds(now) <= 8

    if one.state is HALF:
        one.failed(now)
    if one.state is OPEN:
        assert one.wait_seconds(one.due) == 0


def test_a_move_outside_the_table_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        breaker()._move(HALF)
