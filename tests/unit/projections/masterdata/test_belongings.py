"""What the second wall goes by is what the scope says, for any tree, any past and any reach."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.projections.masterdata.model import (
    BEGINNING,
    END,
    NOWHERE,
    PART_OF,
    PLACE,
    ROLE,
    Kind,
    LinkKey,
    Span,
    Thing,
)
from lianyi.projections.masterdata.scope import MANAGED, Scope, belongings
from lianyi.projections.masterdata.state import State

TODAY = date(2026, 3, 2)
PAST, FUTURE = date(2026, 1, 1), date(2026, 6, 1)
ORGANISATIONS = ("A", "B", "C", "D", "E", "F")
LOCATIONS = ("W", "X", "Y")
DAYS = st.sampled_from([(BEGINNING, END), (BEGINNING, PAST), (FUTURE, END), (PAST, FUTURE)])


def spans(objects: tuple[str, ...], most: int) -> st.SearchStrategy[tuple[Span, ...]]:
    one = st.builds(
        lambda days, code: Span(*days, code, "", NOWHERE), DAYS, st.sampled_from(objects)
    )
    return st.lists(one, max_size=most).map(lambda found: tuple(sorted(found)))


@st.composite
def states(draw: st.DrawFn) -> State:
    """Any organisations, locations and practitioners; of a tree there is one link at a time."""
    state = State()
    for kind, codes in (
        (Kind.ORGANISATION, ORGANISATIONS),
        (Kind.LOCATION, LOCATIONS),
        (Kind.PRACTITIONER, ("P", "Q")),
    ):
        for code in codes:
            days = draw(DAYS)
            state.set_existence(Thing(kind, code), (Span(*days, "", "", NOWHERE),))
    for n, code in enumerate(ORGANISATIONS):
        if n:
            state.set_links(LinkKey(MANAGED, code), draw(spans(ORGANISATIONS[:n], 1)))
        state.set_links(LinkKey(PLACE, code), draw(spans(LOCATIONS, 2)))
    for n, code in enumerate(LOCATIONS[1:], start=1):
        state.set_links(LinkKey(PART_OF, code), draw(spans(LOCATIONS[:n], 1)))
    for code in ("P", "Q"):
        state.set_links(LinkKey(ROLE, code), draw(spans(ORGANISATIONS, 2)))
    return state


def reached(given: set[str], parents: Mapping[str, str | None]) -> set[str]:
    """Return organisations and all below them in the tree of today, as assignments reach."""
    found = set(given)
    while more := {code for code, parent in parents.items() if parent in found} - found:
        found |= more
    return found


@settings(max_examples=400, database=None)
@given(states(), st.sets(st.sampled_from(ORGANISATIONS)))
def test_a_record_is_in_sight_when_the_scope_holds_it(state: State, given: set[str]) -> None:
    reach = reached(given, dict(state.pairs(TODAY)))
    scope = Scope(state, reach, today=TODAY)
    found = dict(belongings(state, TODAY))
    assert set(found) == set(state.existence)
    for thing, codes in found.items():
        assert (not codes.isdisjoint(reach)) == scope.holds(thing), thing
