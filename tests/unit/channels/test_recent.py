"""What came in lately is known again: the same id with the same bytes, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lianyi.channels.recent import RecentMessages, token_of
from lianyi.messagelog import Position


@given(numbers=st.integers(1, 200), window=st.integers(1, 40))
def test_at_least_the_window_is_known_and_at_most_twice_as_many(numbers: int, window: int) -> None:
    recent = RecentMessages(1, window)
    tokens = [token_of(1, f"M{number}", b"") for number in range(numbers)]
    for number, token in enumerate(tokens, 1):
        recent.put(token, Position(1, number))

    for number in range(max(0, numbers - window), numbers):
        assert recent.find(tokens[number]) == Position(1, number + 1)
    assert len(recent) <= 2 * window


def test_channel_id_and_bytes_all_count() -> None:
    tokens = {
        token_of(channel, control_id, body)
        for channel in (1, 2)
        for control_id in ("a", "b")
        for body in (b"x", b"y")
    }
    assert len(tokens) == 8


def test_who_repeats_during_the_commit_hears_of_it() -> None:
    recent, token, told = RecentMessages(1), token_of(1, "a", b""), []
    assert not recent.is_coming(token, told.append)
    recent.begin(token)
    assert recent.is_coming(token, told.append)
    assert told == []
    recent.end(token, Position(1, 7))
    assert told == [Position(1, 7)]
    assert not recent.is_coming(token, told.append)
    assert recent.find(token) == Position(1, 7)


def test_a_commit_that_failed_is_forgotten() -> None:
    recent, token, told = RecentMessages(1), token_of(1, "a", b""), []
    recent.begin(token)
    recent.is_coming(token, told.append)
    recent.end(token, None)
    assert told == [None]
    assert recent.find(token) is None
