"""What holds of a resource is a function of the set of what was said of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lianyi.projections.clinical.folding import (
    Entry,
    Place,
    counted,
    owner,
    same,
    standing,
    versions,
)

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def long_ago(minute: int) -> datetime:
    return at(minute) - timedelta(days=365_250)


def counted_plainly(heard: list[Entry]) -> list[Entry]:
    """What counts, by the words of the module and no others."""
    first_hand = {one.channel for one in heard if not one.is_hearsay}
    repeats = sorted((one for one in heard if one.is_hearsay), key=lambda one: one.place)
    mine = first_hand or ({repeats[0].channel} if repeats else set())
    return [one for one in heard if not one.is_hearsay or one.channel in mine]


def said(
    minute: int, came: int, resource: Any = None, *, rank: int = 0, whole: bool = True
) -> Entry:
    place = Place(at(100 + came), 1, came, 0)
    return Entry(at(minute), rank, place, 7, whole, resource is None, resource or {})


contents = st.dictionaries(
    st.sampled_from(["status", "code", "note"]), st.one_of(st.none(), st.integers(0, 2)), max_size=3
)
entries = st.lists(
    st.builds(
        Entry,
        said_at=st.one_of(st.integers(0, 4).map(at), st.integers(0, 2).map(long_ago)),
        rank=st.integers(0, 1),
        place=st.builds(
            Place, st.integers(0, 3).map(at), st.integers(0, 2), st.integers(1, 30), st.just(0)
        ),
        channel=st.integers(0, 3),
        whole=st.booleans(),
        deleted=st.integers(0, 4).map(lambda one: one == 0),
        resource=st.one_of(contents, contents.map(lambda one: one | {"resourceType": "Patient"})),
    ),
    min_size=1,
    max_size=9,
    unique_by=lambda one: one.place,
)


@given(heard=entries, data=st.data())
def test_any_order_of_learning_gives_the_same_versions(
    heard: list[Entry], data: st.DataObject
) -> None:
    found = versions(heard)
    assert versions(data.draw(st.permutations(heard))) == found
    assert found[-1].resource == standing(counted_plainly(heard))
    assert counted(heard) == counted_plainly(heard)
    first = [one for one in heard if not one.is_hearsay] or heard
    assert owner(heard) == min(first, key=lambda one: one.place).channel


@given(heard=entries)
def test_each_version_is_the_fold_of_what_had_come_by_then(heard: list[Entry]) -> None:
    found = versions(heard)
    for state in found:
        known = [one for one in heard if one.place <= state.place]
        assert standing(counted_plainly(known)) == state.resource
    assert [one.version for one in found] == list(range(1, len(found) + 1))
    for before, after in pairwise(found):
        assert not same(before.resource, after.resource)


@given(heard=entries)
def test_repeats_make_no_version(heard: list[Entry]) -> None:
    late = max(one.place.came_at for one in heard) + timedelta(minutes=1)
    last = max(counted(heard), key=lambda one: one.weight)
    again = last._replace(place=Place(late, 9, 99, 0))
    assert versions([*heard, again]) == versions(heard)


def test_a_late_message_changes_nothing_that_was_said_later() -> None:
    final = said(5, 1, {"status": "final", "code": 1})
    late = said(3, 2, {"status": "preliminary", "code": 1})
    assert [one.resource for one in versions([late, final])] == [final.resource]
    assert standing([final, late]) == final.resource


def test_what_is_not_whole_leaves_what_it_does_not_mention_and_takes_away_what_is_none() -> None:
    first = said(1, 1, {"status": "planned", "code": 1, "note": 2})
    second = said(2, 2, {"status": "arrived", "note": None}, whole=False)
    assert standing([second, first]) == {"code": 1, "status": "arrived"}


def test_a_higher_rank_wins_at_the_same_time() -> None:
    final = said(1, 1, {"status": "final"}, rank=1)
    preliminary = said(1, 2, {"status": "preliminary"})
    assert standing([preliminary, final]) == {"status": "final"}


def test_what_was_deleted_begins_anew() -> None:
    made, gone, again = said(1, 1, {"code": 1, "note": 1}), said(2, 2), said(3, 3, {"code": 2})
    found = versions([again, gone, made])
    assert [(one.version, one.resource, one.created) for one in found] == [
        (1, {"code": 1, "note": 1}, True),
        (2, None, False),
        (3, {"code": 2}, True),
    ]
    late = again._replace(whole=False, said_at=at(1))
    assert standing([made, gone, late]) is None


def test_another_house_that_repeats_who_the_patient_is_changes_nothing_here() -> None:
    place = Place(at(100), 1, 1, 0)
    mine = Entry(long_ago(1), 0, place, 7, False, False, {"resourceType": "Patient", "name": "甲"})
    other = mine._replace(
        said_at=long_ago(2), place=place._replace(number=2), channel=8,
        resource={"resourceType": "Patient", "name": "乙", "phone": "1"},
    )  # fmt: skip
    assert [one.resource for one in versions([other, mine])] == [mine.resource]
    assert owner([other, mine]) == 7
    first_hand = mine._replace(
        said_at=at(1), place=place._replace(number=3), channel=9,
        resource={"resourceType": "Patient", "name": "丙"},
    )  # fmt: skip
    assert standing(counted([other, mine, first_hand])) == first_hand.resource
    assert owner([other, mine, first_hand]) == 9
