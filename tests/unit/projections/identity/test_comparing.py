"""Many pairs at once are judged as one by one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from random import Random
from typing import Any

import numpy as np
import pytest
from tests.unit.projections.identity.people import candidate_pairs, citizen, someone

from lianyi.projections.identity.columns import Columns, Places
from lianyi.projections.identity.comparing import judge_pairs
from lianyi.projections.identity.evidence import compare_registrations
from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.matching import packed, share_a_mark
from lianyi.projections.identity.meeting import distinct
from lianyi.projections.identity.model import shipped_model
from lianyi.projections.identity.rarity import ValueCounts, address_key
from lianyi.projections.identity.scoring import Scorer
from lianyi.projections.identity.traits import Traits, read_registration
from lianyi.projections.identity.values.addresses import compare_addresses, read_address
from lianyi.simulate.city.registrations import registrations
from lianyi.simulate.city.settings import CitySettings
from lianyi.simulate.city.traps import trap_pairs


def people() -> tuple[list[Traits], Places]:
    """A town and every trap, read, and the pairs that are to be judged."""
    town = [read_registration(e.registration) for e in registrations(CitySettings(seed=41), 2_000)]
    pairs = list(candidate_pairs(town))
    for trap in trap_pairs(seed=41, each=25):
        pairs.append((len(town), len(town) + 1))
        town += [read_registration(trap.first), read_registration(trap.second)]
    return town, np.array(pairs, np.int64)


@pytest.fixture(scope="module")
def town() -> tuple[list[Traits], Places]:
    return people()


def crowded(traits: Sequence[Traits]) -> ValueCounts:
    """Counts by which many values of these are shared by many people."""
    some = traits[::3]
    return ValueCounts(
        5_000,
        {phone.digits: 40 for one in some for phone in one.phones},
        {address_key(address): 60 for one in some for address in one.addresses},
        {value.text: 30 for one in some for value in one.ids},
        {name.key: 90 for one in some for name in one.names},
    )


@pytest.mark.parametrize("is_counted", [False, True])
def test_columns_judge_as_one_by_one(
    town: tuple[list[Traits], Places], *, is_counted: bool
) -> None:
    traits, pairs = town
    scorer = Scorer(shipped_model(), crowded(traits) if is_counted else ValueCounts())
    scores = [scorer.score(traits[a], traits[b]) for a, b in pairs.tolist()]
    expected = [
        (at, score.lane, score.bits) for at, score in enumerate(scores) if score.lane >= Lane.REVIEW
    ]
    columns = Columns([packed(one) for one in traits])
    found = judge_pairs(scorer, columns, pairs[:, 0], pairs[:, 1])
    assert list(zip(*map(np.ndarray.tolist, found), strict=True)) == expected
    assert len(expected) > 1_000
    turned = judge_pairs(scorer, columns, pairs[:, 1], pairs[:, 0])
    assert list(zip(*map(np.ndarray.tolist, turned), strict=True)) == expected


def test_columns_give_back_what_was_read(town: tuple[list[Traits], Places]) -> None:
    traits, _ = town
    columns = Columns([packed(one) for one in traits])
    for place, one in enumerate(traits):
        found = columns.traits(place)
        assert [getattr(found, f) for f in Traits.__struct_fields__ if f != "marks"] == [
            getattr(one, f) for f in Traits.__struct_fields__ if f != "marks"
        ]


def test_marks_of_what_is_packed_are_those_of_what_was_read(
    town: tuple[list[Traits], Places],
) -> None:
    traits, pairs = town
    data = [packed(one) for one in traits]
    random = Random(5)
    others = [(random.randrange(len(data)), random.randrange(len(data))) for _ in range(5_000)]
    found = set()
    for a, b in [*pairs.tolist()[:5_000], *others]:
        found.add(share_a_mark(data[a], data[b]))
        assert share_a_mark(data[a], data[b]) is bool(traits[a].marks & traits[b].marks)
    assert found == {True, False}


def test_pairs_alike_but_for_their_mothers_are_judged_apart_in_batch() -> None:
    bare: dict[str, Any] = {"identifiers": (), "phones": (), "addresses": ()}
    mothers = ("赵丽华", "赵丽华", "钱秀英", "", "赵丽?", "赵丽?")
    traits = [someone("卢莉梅", mother_name=name, **bare) for name in mothers]
    traits += [someone("卢莉梅", mother=citizen("19550402", n), **bare) for n in (126, 126, 128)]
    pairs = np.array(list(combinations(range(len(traits)), 2)), np.int64)
    found = judge_pairs(Scorer(), Columns([*map(packed, traits)]), pairs[:, 0], pairs[:, 1])
    linked = {tuple(pairs[at].tolist()) for at in found.at[found.lanes == Lane.AUTO]}
    assert linked == {(0, 1), (6, 7)}
    assert linked == {
        (a, b) for a, b in pairs.tolist() if Scorer().score(traits[a], traits[b]).lane is Lane.AUTO
    }


def test_no_pairs_are_none() -> None:
    nobody = np.zeros(0, np.int64)
    assert [len(part) for part in judge_pairs(Scorer(), Columns([]), nobody, nobody)] == [0, 0, 0]
    assert distinct(nobody).tolist() == []
    assert distinct(np.array([3, 1, 3, 2, 1])).tolist() == [1, 2, 3]


def test_no_comparison_depends_on_which_comes_first(town: tuple[list[Traits], Places]) -> None:
    traits, pairs = town
    for a, b in pairs.tolist():
        one, other = traits[a], traits[b]
        assert compare_registrations(one, other) == compare_registrations(other, one)
    home = read_address("澜川省云溪市青石区青石桥街道解放路55号")
    other_home = read_address("澜川省云溪市青石区青石桥街道青年街416号")
    assert compare_addresses(home, other_home) is compare_addresses(other_home, home)
