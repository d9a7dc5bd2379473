"""Behind a delivery that is not done its key queues up, and only its key."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from lianyi.channels.blocked import BlockedKeys
from lianyi.channels.delivering import Exceptional, ExceptionState

AT = datetime(2026, 3, 1, tzinfo=UTC)


def one(number: int, key: str, state: ExceptionState = ExceptionState.BEHIND) -> Exceptional:
    return Exceptional(number, key, state, since=AT)


def test_only_the_front_hands_over_to_the_next_of_its_key() -> None:
    blocked = BlockedKeys([one(5, "a"), one(2, "a"), one(3, "b"), one(9, "a")])

    assert [found.number for found in blocked.fronts()] == [2, 3]
    assert blocked.finish(5) is None
    assert blocked.finish(2) is blocked.find(9)
    assert blocked.finish(9) is None
    assert "a" not in blocked
    assert "b" in blocked


def test_without_a_key_nobody_waits_for_anybody() -> None:
    blocked = BlockedKeys([one(1, ""), one(2, "")])

    assert "" not in blocked
    assert len(blocked.fronts()) == 2
    assert blocked.finish(1) is None
    assert [found.number for found in blocked] == [2]


@given(
    keys=st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=1, max_size=30),
    data=st.data(),
)
def test_keys_are_let_go_in_the_order_of_their_numbers(
    keys: list[str], data: st.DataObject
) -> None:
    blocked = BlockedKeys(one(number, key) for number, key in enumerate(keys))
    going = {found.number for found in blocked.fronts()}
    finished: list[int] = []
    while len(blocked):
        assert going
        number = data.draw(st.sampled_from(sorted(going)))
        due = blocked.finish(number)
        going.discard(number)
        finished.append(number)
        if due is not None:
            going.add(due.number)

    assert sorted(finished) == list(range(len(keys)))
    for key in ("a", "b", "c"):
        of_key = [number for number in finished if keys[number] == key]
        assert of_key == sorted(of_key)
        assert key not in blocked
