"""Whose set of identifiers changed: pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lianyi.projections.identity.changes import Change, Member, Moves, Place, set_changes


def moved(before: dict[int, Place], after: dict[int, Place]) -> list[tuple[int, set[int]]]:
    moves = Moves()
    for record, place in before.items():
        moves.was(record, place)
    for record, place in after.items():
        moves.goes(record, place)
    return [(one.person, {record for record, _ in one.after}) for one in set_changes(moves)]


def test_two_persons_become_one() -> None:
    assert moved({1: (1, True), 2: (2, True)}, {1: (1, True), 2: (1, True)}) == [(1, {1, 2})]


def test_one_person_becomes_two() -> None:
    assert moved({1: (1, True), 2: (1, True)}, {1: (1, True), 2: (2, True)}) == [
        (1, {1}),
        (2, {2}),
    ]


def test_a_replaced_record_is_a_change_although_nobody_moved() -> None:
    assert moved({1: (1, True), 2: (1, True)}, {1: (1, True), 2: (1, False)}) == [(1, {1, 2})]


def test_another_number_of_a_person_is_none() -> None:
    assert moved({1: (1, True), 2: (1, True)}, {1: (2, True), 2: (2, True)}) == []


def test_a_new_person_with_one_record_is_none() -> None:
    assert moved({1: None}, {1: (1, True)}) == []
    assert moved({1: None, 2: None}, {1: (1, True), 2: (1, True)}) == [(1, {1, 2})]


def test_a_person_of_whom_nothing_is_left_is_told() -> None:
    assert moved({1: (1, True)}, {1: None}) == [(1, set())]


places = st.none() | st.tuples(st.integers(1, 4), st.booleans())


@given(st.dictionaries(st.integers(1, 6), places))
def test_nothing_changes_when_nobody_moves(where: dict[int, Place]) -> None:
    assert moved(where, where) == []


@given(st.dictionaries(st.integers(1, 6), st.tuples(places, places)))
def test_what_is_told_is_where_everybody_is_now(where: dict[int, tuple[Place, Place]]) -> None:
    after = {record: now for record, (_, now) in where.items()}
    told = moved({record: was for record, (was, _) in where.items()}, after)
    for person, records in told:
        assert records == {r for r, now in after.items() if now is not None and now[0] == person}


def test_who_sees_some_channels_is_told_of_these() -> None:
    home, away = Member("HIS", "1", True, (1,)), Member("LIS", "2", True, (2,))
    change = Change("X", (home,), (home, away))
    assert change.seen_by(None) == change
    assert change.seen_by([1]) is None
    assert change.seen_by([2]) == Change("X", (), (away,))
    assert change.seen_by([1, 2]) == change
