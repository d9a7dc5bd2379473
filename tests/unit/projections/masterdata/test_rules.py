"""What may be said about master data, and what is then true on which day."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.errors import LianyiError
from lianyi.projections.masterdata import acts, rules
from lianyi.projections.masterdata.folding import fold
from lianyi.projections.masterdata.model import (
    BEGINNING,
    END,
    PLACE,
    ROLE,
    Attach,
    Change,
    Close,
    Describe,
    Detach,
    Kind,
    Lineage,
    LinkKey,
    Retract,
    Statement,
    Thing,
)
from lianyi.projections.masterdata.problems import (
    BadDates,
    CircleInTree,
    CodeTaken,
    EmergencyWithoutEnd,
    NothingToRetract,
    OverlappingParents,
    StillHasChildren,
    UnknownRecord,
)
from lianyi.projections.masterdata.spans import on_day
from lianyi.projections.masterdata.state import State

from .saying import TREE_M, day, location, org, organisation, said, under


def told(*changes: Change) -> State:
    """What holds after some changes, each said by itself."""
    state = State()
    for number, change in enumerate(changes, start=1):
        rules.apply(state, said(number, change))
    return state


def parent(state: State, child: str, on: int) -> str | None:
    found = on_day(state.links.get(LinkKey(TREE_M, child), ()), day(on))
    return found[0].object if found else None


def places(state: State, code: str, on: int) -> set[str]:
    return {one.object for one in on_day(state.links.get(LinkKey(PLACE, code), ()), day(on))}


THREE = [organisation("H"), organisation("A"), organisation("B")]


def test_a_new_record_without_a_day_was_always_there() -> None:
    state = told(organisation("A", name_zh="内科"))
    assert state.existence[org("A")][0][:2] == (BEGINNING, END)


def test_a_name_holds_from_its_day_until_the_next_name() -> None:
    state = told(
        organisation("A", name_zh="内科", category="D"),
        Describe(Kind.ORGANISATION, "A", day(10), texts={"name_zh": "消化内科"}),
    )
    before, after = state.description(org("A"), day(9)), state.description(org("A"), day(10))
    assert before is not None
    assert after is not None
    assert (before.name_zh, after.name_zh) == ("内科", "消化内科")
    assert after.category == "D"  # what was not said stays


def test_another_parent_from_a_day_leaves_the_past_as_it_was() -> None:
    state = told(*THREE, under("A", "H", 0), under("A", "B", 10))
    assert [parent(state, "A", on) for on in (0, 9, 10, 99)] == ["H", "H", "B", "B"]


def test_a_parent_for_a_while_gives_way_to_the_one_before() -> None:
    state = told(*THREE, under("A", "H", 0), under("A", "B", 10, 20))
    assert [parent(state, "A", on) for on in (9, 10, 19, 20)] == ["H", "B", "B", "H"]


def test_a_second_parent_that_would_run_into_the_next_is_refused() -> None:
    state = told(*THREE, under("A", "H", 10))
    with pytest.raises(OverlappingParents):
        rules.apply(state, said(9, under("A", "B", 5, 11)))
    rules.apply(state, said(9, under("A", "B", 5, 10)))
    assert [parent(state, "A", on) for on in (4, 5, 9, 10)] == [None, "B", "B", "H"]


def test_nothing_stands_under_itself_on_any_day() -> None:
    state = told(*THREE, under("A", "H", 0), under("B", "A", 10))
    with pytest.raises(CircleInTree):
        rules.apply(state, said(9, under("H", "B", 0)))
    rules.apply(state, said(9, under("H", "B", 0, 10)))  # B hangs on A only from day 10
    with pytest.raises(CircleInTree):
        rules.apply(state, said(10, under("A", "A", 50)))


def test_a_refused_statement_changes_nothing_at_all() -> None:
    state = told(*THREE, under("A", "H", 0))
    with pytest.raises(UnknownRecord):
        rules.apply(state, said(9, organisation("C"), under("A", "B", 5), under("C", "?", 5)))
    assert org("C") not in state.existence
    assert parent(state, "A", 6) == "H"


def test_a_move_is_one_row_and_neither_side_changes() -> None:
    state = told(organisation("W"), location("L1"), location("L2"), Attach(PLACE, "W", "L1"))
    existence, descriptions = dict(state.existence), dict(state.descriptions)
    state.touched.clear()
    for change in acts.moved("W", "L2", on=day(30), out_of="L1"):
        rules.apply(state, said(9, change))
    assert state.touched == {LinkKey(PLACE, "W")}
    assert (state.existence, state.descriptions) == (existence, descriptions)
    assert (places(state, "W", 29), places(state, "W", 30)) == ({"L1"}, {"L2"})
    assert len(state.links[LinkKey(PLACE, "W")]) == 2


def test_a_clinic_may_be_at_two_places() -> None:
    state = told(
        organisation("C"), location("L1"), location("L2"), Attach(PLACE, "C", "L1"),
        Attach(PLACE, "C", "L2", on=day(5)), Detach(PLACE, "C", "L1", on=day(9)),
    )  # fmt: skip
    assert [places(state, "C", on) for on in (4, 5, 9)] == [{"L1"}, {"L1", "L2"}, {"L2"}]


def test_saying_the_same_again_changes_nothing() -> None:
    again = [organisation("A", name_zh="内科"), organisation("H"), Attach(TREE_M, "A", "H")]
    state = told(*again)
    state.touched.clear()
    for number, change in enumerate(again, start=20):
        rules.apply(state, said(number, change, on=day(40)))
    assert state.touched == set()


def test_an_organisation_with_others_under_it_cannot_be_closed() -> None:
    state = told(*THREE, under("A", "H", 0))
    with pytest.raises(StillHasChildren):
        rules.apply(state, said(9, Close(Kind.ORGANISATION, "H", day(5))))
    rules.apply(state, said(9, Close(Kind.ORGANISATION, "A", day(5))))
    rules.apply(state, said(10, Close(Kind.ORGANISATION, "H", day(5))))
    assert state.pairs(day(4)) == [("A", "H"), ("B", None), ("H", None)]
    assert state.pairs(day(5)) == [("B", None)]


def test_a_closed_record_can_come_back() -> None:
    state = told(
        organisation("A"), organisation("H"), under("A", "H", 0),
        Close(Kind.ORGANISATION, "A", day(5)), Describe(Kind.ORGANISATION, "A", day(9)),
    )  # fmt: skip
    assert [state.exists(org("A"), day(on)) for on in (4, 5, 8, 9)] == [True, False, False, True]


def test_a_split_leaves_the_codes_above_and_below_as_they_are() -> None:
    state = told(
        *THREE, organisation("K1"), organisation("K2"), location("L1"),
        Describe(Kind.PRACTITIONER, "DR1"), under("A", "H", 0), under("K1", "A", 0),
        under("K2", "A", 0), Attach(PLACE, "A", "L1"), Attach(ROLE, "DR1", "A", "doctor"),
    )  # fmt: skip
    changes = acts.split(
        "A",
        [("A1", {"name_zh": "一科"}), ("A2", {"name_zh": "二科"})],
        on=day(30),
        goes_to={"K2": "A2"},
        stays_at={},
    )
    rules.apply(state, said(99, *changes))
    assert [parent(state, code, 30) for code in ("A1", "A2", "K1", "K2")] == ["H", "H", "A1", "A2"]
    assert [parent(state, code, 29) for code in ("A", "K1", "K2")] == ["H", "A", "A"]
    assert not state.exists(org("A"), day(30))
    assert places(state, "A2", 30) == {"L1"}
    roles = on_day(state.links[LinkKey(ROLE, "DR1")], day(30))
    assert [(one.object, one.role) for one in roles] == [("A1", "doctor")]
    assert {line[:4] for line in state.lineage["A"]} == {
        ("A", "A1", "split", day(30)),
        ("A", "A2", "split", day(30)),
    }


def test_a_merge_hangs_everything_on_the_one_that_stays() -> None:
    state = told(
        *THREE, organisation("K1"), under("A", "H", 0), under("B", "A", 0), under("K1", "A", 0),
    )  # fmt: skip
    rules.apply(state, said(99, *acts.merged(["A"], "B", None, on=day(30))))
    assert [parent(state, code, 30) for code in ("B", "K1")] == ["H", "B"]
    assert [parent(state, code, 29) for code in ("B", "K1")] == ["A", "A"]
    assert state.lineage["A"] == (Lineage("A", "B", "merge", day(30), said(99).position),)


def test_two_become_a_new_one() -> None:
    state = told(*THREE, under("A", "H", 0), under("B", "H", 0))
    rules.apply(state, said(99, *acts.merged(["A", "B"], "AB", {"name_zh": "中心"}, on=day(3))))
    assert state.pairs(day(3)) == [("AB", "H"), ("H", None)]


def test_a_temporary_organisation_ends_by_itself_and_can_be_prolonged() -> None:
    with pytest.raises(EmergencyWithoutEnd):
        acts.emergency("E", {}, on=day(1), until=None, parent="H", location=None)
    state = told(organisation("H"))
    wanted = acts.emergency("E", {}, on=day(1), until=day(9), parent="H", location=None)
    rules.apply(state, said(9, *wanted))
    assert state.pairs(day(8)) == [("E", "H"), ("H", None)]
    assert state.pairs(day(9)) == [("H", None)]
    rules.apply(state, said(10, Describe(Kind.ORGANISATION, "E", day(5), day(20))))
    assert state.pairs(day(19)) == [("E", "H"), ("H", None)]
    assert state.pairs(day(20)) == [("H", None)]


def test_a_code_is_never_given_twice_and_days_must_be_in_order() -> None:
    state = told(organisation("A"), Close(Kind.ORGANISATION, "A", day(1)))
    with pytest.raises(CodeTaken):
        rules.apply(state, said(9, Describe(Kind.ORGANISATION, "A", day(3), fresh=True)))
    with pytest.raises(BadDates):
        rules.apply(state, said(9, Describe(Kind.ORGANISATION, "B", day(3), day(3))))


def test_what_was_taken_back_was_never_said() -> None:
    wrong = said(4, under("A", "B", 10))
    statements = [
        *(said(n, change) for n, change in enumerate(THREE, start=1)),
        wrong,
        said(5, Retract(wrong.position)),
        said(6, Retract(wrong.position)),
    ]
    state, refused = fold(statements)
    assert parent(state, "A", 11) is None
    assert [type(one) for one in refused.values()] == [NothingToRetract]


# --- against a naive oracle ---------------------------------------------------------------------

DAYS = range(12)
CODES = ["A", "B", "C", "D"]


class Oracle:
    """The parent of every code on every single day, in a dictionary."""

    def __init__(self) -> None:
        self.parent: dict[tuple[str, int], str] = {}
        self.begins: dict[str, set[int]] = {code: set() for code in CODES}

    def attach(self, child: str, parent: str, on: int, until: int | None) -> bool:
        """Set the parent; False when that is not allowed."""
        if until is not None and until <= on:
            return False
        if until is None and self.parent.get((child, on)) == parent:
            return True
        ahead = [at for at in self.begins[child] if at > on]
        if until is not None and any(at < until for at in ahead):
            return False
        stop = min([*([until] if until is not None else [DAYS.stop]), *ahead])
        after = dict(self.parent)
        for at in range(on, stop):
            after[child, at] = parent
        if any(self.has_circle(after, at) for at in DAYS):
            return False
        resumes = self.parent.get((child, stop)) if stop in DAYS else None
        self.begins[child] -= {at for at in self.begins[child] if on <= at < stop}
        self.begins[child].add(on)
        if resumes is not None:
            self.begins[child].add(stop)
        self.parent = after
        return True

    def detach(self, child: str, on: int) -> None:
        """End the link of a day."""
        if (child, on) not in self.parent:
            return
        stop = min([at for at in self.begins[child] if at > on], default=DAYS.stop)
        for at in range(on, stop):
            if self.parent.pop((child, at), None) is None:
                break
        self.begins[child].discard(on)

    @staticmethod
    def has_circle(parent: dict[tuple[str, int], str], at: int) -> bool:
        for code in CODES:
            above, steps = parent.get((code, at)), 0
            while above is not None and steps <= len(CODES):
                above, steps = parent.get((above, at)), steps + 1
            if above is not None:
                return True
        return False


days = st.integers(0, DAYS.stop - 1)
attaches = st.tuples(st.sampled_from(CODES), st.sampled_from(CODES), days, st.none() | days)
detaches = st.tuples(st.sampled_from(CODES), days)


@given(st.lists(attaches | detaches, max_size=25))
def test_a_tree_is_on_every_day_what_a_naive_calendar_says(wanted: list[tuple]) -> None:
    state, oracle = told(*(organisation(code) for code in CODES)), Oracle()
    for number, one in enumerate(wanted, start=100):
        if len(one) == 2:
            rules.apply(state, said(number, Detach(TREE_M, one[0], on=day(one[1]))))
            oracle.detach(*one)
            continue
        child, above, on, until = one
        try:
            rules.apply(state, said(number, under(child, above, on, until)))
            holds = True
        except LianyiError:
            holds = False
        assert holds == oracle.attach(child, above, on, until), one
        for at in DAYS:
            for code in CODES:
                assert parent(state, code, at) == oracle.parent.get((code, at)), (code, at)


changes = st.one_of(
    st.builds(organisation, st.sampled_from(CODES)),
    st.builds(
        lambda code, on, until: Describe(
            Kind.ORGANISATION, code, day(on), None if until is None else day(until)
        ),
        st.sampled_from(CODES), days, st.none() | days,
    ),
    st.builds(under, st.sampled_from(CODES), st.sampled_from(CODES), days, st.none() | days),
    st.builds(
        lambda code, on: Close(Kind.ORGANISATION, code, day(on)), st.sampled_from(CODES), days
    ),
)  # fmt: skip
splits = st.builds(
    lambda code, on: tuple(
        acts.split(code, [(f"{code}1", {}), (f"{code}2", {})], on=day(on), goes_to={}, stays_at={})
    ),
    st.sampled_from(CODES), days,
)  # fmt: skip
merges = st.builds(
    lambda code, into, on: tuple(acts.merged([code], into, None, on=day(on))),
    st.sampled_from(CODES), st.sampled_from(CODES), days,
)  # fmt: skip
wholes = st.lists(st.one_of(st.tuples(changes), splits, merges), max_size=25)


@given(wholes)
def test_whatever_is_said_every_rule_holds_on_every_day(said_: list[tuple[Change, ...]]) -> None:
    statements = [said(n, *one) for n, one in enumerate(said_, start=1)]
    state, _ = fold(statements)
    for key, spans in state.links.items():
        for one, following in pairwise(spans):
            assert one.valid_to <= following.valid_from  # one parent at a time
        for span in spans:
            assert span.valid_from < span.valid_to
            for thing in (org(key.subject), org(span.object)):
                assert any(
                    there.valid_from <= span.valid_from and span.valid_to <= there.valid_to
                    for there in state.existence[thing]
                ), (key, span, thing)
    for at in [*(day(n) for n in DAYS), date(2030, 1, 1)]:
        above = dict(state.pairs(at))
        for code in above:
            seen = {code}
            up = above[code]
            while up is not None:
                assert up not in seen
                seen.add(up)
                up = above.get(up)


@given(wholes, st.randoms(use_true_random=False))
def test_statements_mean_the_same_in_whatever_order_they_are_read(said_, random) -> None:
    statements = [said(n, *one, shard=n % 3) for n, one in enumerate(said_, start=1)]
    shuffled: list[Statement] = list(statements)
    random.shuffle(shuffled)
    one, two = fold(statements), fold(shuffled)
    assert one[0].links == two[0].links
    assert one[0].existence == two[0].existence
    assert one[0].descriptions == two[0].descriptions
    assert {k: v.record() for k, v in one[1].items()} == {k: v.record() for k, v in two[1].items()}


def test_staff_have_roles_for_a_time() -> None:
    state = told(
        organisation("A"), Describe(Kind.PRACTITIONER, "DR1"),
        Attach(ROLE, "DR1", "A", "doctor", on=day(0)),
        Attach(ROLE, "DR1", "A", "head", on=day(5), until=day(9)),
        Close(Kind.PRACTITIONER, "DR1", day(20)),
    )  # fmt: skip
    held = {
        on: {one.role for one in on_day(state.links[LinkKey(ROLE, "DR1")], day(on))}
        for on in (0, 5, 9, 20)
    }
    assert held == {0: {"doctor"}, 5: {"doctor", "head"}, 9: {"doctor"}, 20: set()}
    assert not state.exists(Thing(Kind.PRACTITIONER, "DR1"), day(20))


def test_one_part_of_a_message_can_be_taken_back_alone() -> None:
    first, second = said(1, organisation("A")), said(1, organisation("B"))._replace(part=1)
    back = said(2, Retract(first.position, 0))
    state, refused = fold([first, second, back, said(3, Retract(first.position, 0))])
    assert state.pairs(day(0)) == [("B", None)]
    assert [order[2] for order in refused] == [3]
    state, _ = fold([first, second, back, said(4, Retract(first.position))])
    assert state.pairs(day(0)) == []


def test_a_check_raises_what_stands_against_it_and_changes_nothing() -> None:
    state = told(*THREE, under("A", "H", 0))
    before = dict(state.links), dict(state.existence), dict(state.descriptions)
    rules.check(state, said(9, organisation("C"), under("A", "B", 5)))
    with pytest.raises(CircleInTree):
        rules.check(state, said(9, under("H", "A", 5)))
    assert (dict(state.links), dict(state.existence), dict(state.descriptions)) == before
