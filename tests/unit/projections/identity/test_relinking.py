"""Batch is real time: the same pairs, the same lanes, the same persons, whatever the order."""

from __future__ import annotations

from collections import defaultdict
from random import Random

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.projections.identity.blocking import CROWD_MAX, blocking_keys
from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.ids import record_id
from lianyi.projections.identity.meeting import Keys, Places, clusters, meeting_pairs
from lianyi.projections.identity.model import shipped_model
from lianyi.projections.identity.partition import Edge, member_of, partition
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.relinking import Relinked, Rules, relink
from lianyi.projections.identity.scoring import Scorer
from lianyi.projections.identity.traits import read_registration
from lianyi.simulate.city.registrations import registrations
from lianyi.simulate.city.settings import CitySettings

SCORER = Scorer()


def city(count: int, seed: int) -> list[tuple[int, Registration]]:
    stream = registrations(CitySettings(seed=seed), count)
    return [(number * 3, entry.registration) for number, entry in enumerate(stream)]


def one_by_one(said: list[tuple[int, Registration]], scorer: Scorer = SCORER) -> Relinked:
    """As real time does it: each registration looks up its keys and is scored with all it meets."""
    traits = {record_id(*one.key): read_registration(one) for _, one in said}
    crowds: dict[int, int] = defaultdict(int)
    for one in traits.values():
        for key in blocking_keys(one):
            crowds[key] += 1
    blocks = defaultdict(list)
    lanes: dict[Lane, list[Edge]] = {lane: [] for lane in Lane}
    for key, one in traits.items():
        met = {}
        for block in blocking_keys(one):
            if crowds[block] <= CROWD_MAX:
                met.update(dict.fromkeys(blocks[block]))
                blocks[block].append(key)
        for other in met:
            found = scorer.score(one, traits[other])
            lanes[found.lane].append(Edge(*sorted((key, other)), found.bits))
    cut = partition(
        [
            member_of(record_id(*one.key), number, traits[record_id(*one.key)])
            for number, one in said
        ],
        lanes[Lane.AUTO],
        (),
        lambda a, b: scorer.together(traits[a], traits[b]),
        together_bits=scorer.model.together_bits,
    )

    def ends(edge: Edge) -> tuple[object, object]:
        return edge.a, edge.b

    return Relinked(sorted(lanes[Lane.AUTO], key=ends), sorted(lanes[Lane.REVIEW], key=ends), cut)


@pytest.mark.slow
def test_batch_is_one_by_one() -> None:
    said = city(20_000, seed=31)
    found = relink(said)
    assert found == one_by_one(said)
    assert len(found.auto) > 10_000
    assert len(found.review) > 500


@pytest.mark.parametrize("processes", [1, 2])
def test_neither_order_nor_number_of_processes_changes_anything(processes: int) -> None:
    said = city(3_000, seed=32)
    shuffled = said[:]
    Random(7).shuffle(shuffled)
    assert relink(shuffled, processes=processes) == one_by_one(said)


def test_batch_is_one_by_one_by_a_model_that_asks_about_strangers_too() -> None:
    said = city(600, seed=33)
    eager = msgspec.structs.replace(shipped_model(), prior_bits=-8, review_bits=-12)
    expected = one_by_one(said, Scorer(eager))
    assert relink(said, Rules(eager), processes=1) == expected
    assert len(expected.review) > len(one_by_one(said).review)


def test_nobody_is_nobody() -> None:
    found = relink([], processes=1)
    assert (found.auto, found.review, found.partition.persons) == ([], [], {})
    ((number, alone),) = city(1, seed=1)
    assert relink([(number, alone)], processes=1).partition.persons == {
        number: (record_id(*alone.key),)
    }


owners = st.lists(st.lists(st.integers(0, 9), max_size=4, unique=True), min_size=1, max_size=30)


def columns(said: list[list[int]]) -> tuple[Keys, Places]:
    keys = np.array([key for of_one in said for key in of_one], np.int64)
    return keys, np.repeat(np.arange(len(said), dtype=np.uint32), list(map(len, said)))


@given(said=owners)
def test_pairs_are_those_that_share_a_key(said: list[list[int]]) -> None:
    share = [
        (a, b) for b in range(len(said)) for a in range(b) if not set(said[a]).isdisjoint(said[b])
    ]
    assert meeting_pairs(*columns(said)).tolist() == sorted(map(list, share))


def test_a_key_of_a_crowd_is_none() -> None:
    keys = np.zeros(CROWD_MAX, np.int64)
    places = np.arange(CROWD_MAX, dtype=np.uint32)
    assert len(meeting_pairs(keys, places)) == CROWD_MAX * (CROWD_MAX - 1) // 2
    more = np.zeros(CROWD_MAX + 1, np.int64), np.arange(CROWD_MAX + 1, dtype=np.uint32)
    assert len(meeting_pairs(*more)) == 0


@given(pairs=st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=40))
def test_a_cluster_is_all_that_hangs_together(pairs: list[tuple[int, int]]) -> None:
    label = list(range(20))
    for _ in range(20):
        for a, b in pairs:
            label[a] = label[b] = min(label[a], label[b])
    found = clusters(np.array(pairs, np.uint32).reshape(-1, 2), 20)
    assert found.tolist() == label
