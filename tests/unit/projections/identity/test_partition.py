"""Who is one person does not depend on what came first, and is what it was when taken back."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.projections.identity.people import citizen, someone

from lianyi.projections.identity.partition import (
    Decision,
    Edge,
    Member,
    Partition,
    RecordKey,
    Said,
    Weigh,
    cards_of,
    component,
    partition,
    rebuild,
    redirects,
)
from lianyi.projections.identity.registration import IdKind

LEAST = 0.0
Pair = tuple[int, int]


def key(number: int) -> RecordKey:
    return "AB"[number % 2], f"{number:03}"


class World:
    """Records by number, and what is known of their pairs."""

    def __init__(self, cards: dict[int, str], pairs: dict[Pair, float | None]) -> None:
        self.members = {
            key(n): Member(key(n), n, frozenset({(IdKind.CITIZEN, card)} if card else ()))
            for n, card in cards.items()
        }
        self.bits = {frozenset({key(a), key(b)}): bits for (a, b), bits in pairs.items()}
        self.edges = [
            Edge(key(a), key(b), bits) for (a, b), bits in pairs.items() if bits and bits >= 10
        ]

    @property
    def weigh(self) -> Weigh:
        return lambda a, b: self.bits.get(frozenset({a, b}), -6.0)

    def cut(self, decisions: list[Decision]) -> Partition:
        return partition(
            self.members.values(), self.edges, decisions, self.weigh, together_bits=LEAST
        )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    count = draw(st.integers(1, 9))
    cards = {n: draw(st.sampled_from(["", "", "", "1", "2"])) for n in range(count)}
    bits = st.sampled_from([None, -6.0, 1.5, 10.0, 10.0, 12.25, 20.0, 20.0])
    pairs = {(a, b): draw(bits) for b in range(count) for a in range(b) if draw(st.booleans())}
    return World(cards, pairs)


@st.composite
def decided(draw: st.DrawFn, world: World) -> list[Decision]:
    keys = sorted(world.members)
    if len(keys) < 2:
        return []
    two = st.lists(st.sampled_from(keys), min_size=2, max_size=2, unique=True)
    said = draw(st.lists(st.tuples(st.sampled_from(Said), two), max_size=6))
    return [Decision(order, what, a, b) for order, (what, (a, b)) in enumerate(said)]


def shuffled(world: World, seed: int) -> World:
    """The same knowledge, in another order, each pair perhaps the other way round."""
    random = Random(seed)
    other = World({}, {})
    members, edges = list(world.members.values()), list(world.edges)
    random.shuffle(members)
    random.shuffle(edges)
    other.members = {member.key: member for member in members}
    other.edges = [Edge(e.b, e.a, e.bits) if random.random() < 0.5 else e for e in edges]
    other.bits = world.bits
    return other


@given(data=st.data(), seed=st.integers(0, 10_000))
def test_any_order_gives_the_same_persons(data: st.DataObject, seed: int) -> None:
    world = data.draw(worlds())
    decisions = data.draw(decided(world))
    mixed = list(decisions)
    Random(seed).shuffle(mixed)
    assert shuffled(world, seed).cut(mixed) == world.cut(decisions)


@given(data=st.data())
def test_every_record_is_one_persons_and_a_person_has_the_number_of_the_oldest(
    data: st.DataObject,
) -> None:
    world = data.draw(worlds())
    cut = world.cut(data.draw(decided(world)))
    assert sorted(k for keys in cut.persons.values() for k in keys) == sorted(world.members)
    for person, keys in cut.persons.items():
        assert person == min(world.members[k].number for k in keys)


@given(data=st.data())
def test_never_link_holds_and_the_score_joins_no_two_cards(data: st.DataObject) -> None:
    world = data.draw(worlds())
    decisions = data.draw(decided(world))
    latest = {frozenset({d.a, d.b}): d.said for d in decisions}
    cut = world.cut(decisions)
    person_of = cut.person_of()
    for pair, said in latest.items():
        a, b = pair
        if said is Said.NEVER_LINK:
            assert person_of[a] != person_of[b]
        elif said is Said.LINK and not cut.refused:
            assert person_of[a] == person_of[b]
    if Said.LINK not in latest.values():
        for keys in cut.persons.values():
            assert len(frozenset().union(*(world.members[k].cards for k in keys))) <= 1


@given(data=st.data())
def test_arriving_one_by_one_is_the_same_as_all_at_once(data: st.DataObject) -> None:
    world = data.draw(worlds())
    decisions = data.draw(decided(world))
    order = data.draw(st.permutations(sorted(world.members)))
    now = Partition({})
    here: dict[RecordKey, Member] = {}
    for arrived in order:
        here[arrived] = world.members[arrived]
        edges = [e for e in world.edges if e.a in here and e.b in here]
        known = [d for d in decisions if d.a in here and d.b in here]
        changed = {arrived}.union(*({e.a, e.b} for e in edges if arrived in (e.a, e.b)))
        changed.update(k for d in known if arrived in (d.a, d.b) for k in (d.a, d.b))
        now = rebuild(now, changed, here, edges, known, world.weigh, together_bits=LEAST)
        assert now == partition(here.values(), edges, known, world.weigh, together_bits=LEAST)
    assert now == world.cut(decisions)


@given(data=st.data())
def test_a_record_that_goes_leaves_what_would_be_without_it(data: st.DataObject) -> None:
    world = data.draw(worlds())
    decisions = data.draw(decided(world))
    gone = data.draw(st.sampled_from(sorted(world.members)))
    rest = {k: m for k, m in world.members.items() if k != gone}
    edges = [e for e in world.edges if gone not in (e.a, e.b)]
    known = [d for d in decisions if gone not in (d.a, d.b)]
    lost = [(e.a, e.b) for e in world.edges if gone in (e.a, e.b)]
    lost += [(d.a, d.b) for d in decisions if gone in (d.a, d.b)]
    changed = {gone}.union(*map(set, lost))
    now = rebuild(
        world.cut(decisions), changed, rest, edges, known, world.weigh, together_bits=LEAST
    )
    assert now == partition(rest.values(), edges, known, world.weigh, together_bits=LEAST)


@given(data=st.data())
def test_a_decision_taken_back_restores_exactly_and_twice_is_once(data: st.DataObject) -> None:
    world = data.draw(worlds().filter(lambda w: len(w.members) > 1))
    before = data.draw(decided(world))
    a, b = data.draw(
        st.lists(st.sampled_from(sorted(world.members)), min_size=2, max_size=2, unique=True)
    )
    before = [d for d in before if {d.a, d.b} != {a, b}]
    said = data.draw(st.sampled_from([Said.LINK, Said.NEVER_LINK]))
    then = [*before, Decision(100, said, a, b)]
    assert world.cut([*then, Decision(101, said, b, a)]).persons == world.cut(then).persons
    undone = [*then, Decision(102, Said.UNDECIDED, b, a)]
    assert world.cut(undone) == world.cut(before)
    step = rebuild(
        world.cut(then), {a, b}, world.members, world.edges, undone, world.weigh,
        together_bits=LEAST,
    )  # fmt: skip
    assert step == world.cut(before)


def test_strangers_are_not_chained_together() -> None:
    """0-1 and 2-3 are one person each; one link between them does not outweigh the other three."""
    blank = dict.fromkeys(range(4), "")
    pairs: dict[Pair, float | None] = {(0, 1): 25.0, (2, 3): 24.0, (1, 2): 12.0}
    assert World(blank, pairs).cut([]).persons == {0: (key(0), key(1)), 2: (key(2), key(3))}
    near: dict[Pair, float | None] = {**pairs, (0, 2): 8.0, (0, 3): 8.0, (1, 3): 8.0}
    assert len(World(blank, near).cut([]).persons) == 1
    vetoed = {**near, (0, 3): None}
    assert len(World(blank, vetoed).cut([]).persons) == 2


def test_a_link_that_the_groups_do_not_allow_is_shown_until_somebody_says_never() -> None:
    world = World({0: "1", 1: "", 2: "2"}, {(0, 1): 20.0, (1, 2): 15.0})
    assert world.cut([]).apart == (Edge(key(2), key(1), 15.0),)
    never = Decision(1, Said.NEVER_LINK, key(1), key(2))
    assert world.cut([never]).apart == ()
    assert world.cut([never]).persons == world.cut([]).persons


def test_a_persons_word_goes_before_the_score() -> None:
    world = World({0: "1", 1: "2", 2: ""}, {(0, 1): None, (1, 2): 15.0})
    link = Decision(1, Said.LINK, key(0), key(1))
    assert world.cut([]).persons.keys() == {0, 1}
    assert world.cut([link]).persons.keys() == {0}
    assert world.cut([link, Decision(2, Said.NEVER_LINK, key(1), key(0))]).persons.keys() == {0, 1}


def test_a_link_against_a_never_link_is_refused_and_said() -> None:
    world = World(dict.fromkeys(range(3), ""), {})
    never = Decision(3, Said.NEVER_LINK, key(0), key(2))
    links = [Decision(1, Said.LINK, key(0), key(1)), Decision(2, Said.LINK, key(1), key(2))]
    cut = world.cut([never, *links])
    assert cut.refused == (links[1],)
    assert cut.persons.keys() == {0, 2}


def test_old_numbers_lead_to_the_person_and_come_back_after_an_unmerge() -> None:
    world = World(dict.fromkeys(range(3), ""), {})
    known = {member.number: member.key for member in world.members.values()}
    link = Decision(1, Said.LINK, key(0), key(2))
    assert redirects(known, {}, world.cut([link])) == {2: 0}
    assert redirects(known, {}, world.cut([])) == {}
    without = World({1: "", 2: ""}, {})
    assert redirects(known, {key(0): key(2)}, without.cut([])) == {0: 2}
    assert redirects(known, {}, without.cut([])) == {}


def test_a_component_is_all_that_hangs_together() -> None:
    world = World(dict.fromkeys(range(6), ""), {(0, 1): 11.0, (3, 4): 11.0})
    never = Decision(1, Said.NEVER_LINK, key(1), key(2))
    assert component([key(0)], world.edges, [never]) == {key(0), key(1), key(2)}
    assert component([key(5)], world.edges, [never]) == {key(5)}


def test_cards_are_the_valid_lifelong_numbers() -> None:
    assert cards_of(someone()) == {(IdKind.CITIZEN, citizen().value)}
    assert cards_of(someone(identifiers=())) == frozenset()


@pytest.mark.parametrize("size", [60])
def test_a_large_person_is_cut_in_the_same_way(size: int) -> None:
    pairs: dict[Pair, float | None] = {(n, n + 1): 20.0 for n in range(size - 1)}
    pairs |= {(a, b): 9.0 for b in range(size) for a in range(b - 1)}
    world = World(dict.fromkeys(range(size), ""), pairs)
    assert len(world.cut([]).persons) == 1
    assert shuffled(world, 3).cut([]) == world.cut([])


def cradle(*links: tuple[int, int, float], cards: dict[int, str] | None = None) -> set[Pair]:
    """Which pairs are one person; 0 and 1 are unnamed newborns, the others have names."""
    world = World({n: (cards or {}).get(n, "") for n in range(6)}, {})
    members = [msgspec.structs.replace(m, newborn=m.number < 2) for m in world.members.values()]
    edges = [Edge(key(a), key(b), bits) for a, b, bits in links]
    cut = partition(members, edges, (), lambda a, b: -6.0, together_bits=LEAST)
    of = cut.person_of()
    return {(a, b) for b in range(6) for a in range(b) if of[key(a)] == of[key(b)]}


def test_a_newborn_is_the_child_that_alone_fits_whatever_the_mean_of_all_pairs() -> None:
    assert cradle((2, 3, 30.0), (0, 2, 11.0)) == {(2, 3), (0, 2), (0, 3)}


def test_a_newborn_is_nobody_s_where_two_children_fit_or_two_newborns_one_child() -> None:
    assert cradle((0, 2, 11.0), (0, 3, 12.0)) == set()
    assert cradle((0, 2, 11.0), (1, 2, 11.0)) == set()


def test_a_birth_certificate_outweighs_the_twin_who_fits_as_well() -> None:
    assert cradle((0, 2, 24.0), (0, 3, 11.0), (1, 3, 24.0)) == {(0, 2), (1, 3)}


def test_two_persons_under_one_valid_number_are_no_twins() -> None:
    cards = {2: "1", 3: "1"}
    assert cradle((0, 2, 12.0), (0, 3, 11.0), cards=cards) == {(0, 2)}
