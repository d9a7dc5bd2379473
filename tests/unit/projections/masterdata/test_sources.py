"""Which source may say what, whose word counts more, and what only a person decides."""

from __future__ import annotations

from typing import Any

import pytest

from lianyi.projections.masterdata.acts import write
from lianyi.projections.masterdata.changes import all_from_json, to_json
from lianyi.projections.masterdata.folding import fold
from lianyi.projections.masterdata.model import (
    ROLE,
    Attach,
    Change,
    Close,
    Decide,
    Describe,
    Kind,
    Proposal,
    SetSources,
    Statement,
    Thing,
)
from lianyi.projections.masterdata.problems import BadSources, NoSuchProposal
from lianyi.projections.masterdata.sources import numbered, parse
from lianyi.projections.masterdata.state import State

from .saying import day, org, organisation, said, under

HR, HIS, LIS = 11, 12, 13
FILE = """
people: { rank: 30 }
sources:
  - { name: hr, channels: [hr], organisation: H1, rank: 10,
      says: { practitioner: ["*"], organisation: [name_zh, place] } }
  - { name: his, channels: [his], rank: 40, management: take }
"""
RULES = numbered(parse(FILE), {"hr": HR, "his": HIS})
BASE = (organisation("G"), organisation("H1"), organisation("H2"), organisation("D1"),
        under("H1", "G", 0), under("H2", "G", 0), under("D1", "H1", 0))  # fmt: skip


def fed(number: int, change: Change, channel: int = HIS) -> Statement:
    return said(number, change)._replace(kind="hl7v2 MFN^M02", channel=channel)


def folded(*more: Statement, rules: Any = RULES) -> State:
    first = [said(1, *BASE)]
    if rules is not None:
        first.append(said(2, SetSources(rules.model_dump(mode="json"))))
    state, refused = fold([*first, *more])
    assert refused == {}
    return state


def pending(state: State) -> list[Proposal]:
    return [one for one in state.proposals.values() if one.decided_by is None]


def name(state: State, thing: Thing, on: int) -> str:
    told = state.description(thing, day(on))
    assert told
    return told.name_zh


def why(state: State) -> list[str]:
    return [one.why for one in pending(state)]


def test_a_lower_ranked_source_never_overwrites_a_higher_ones_field() -> None:
    state = folded(
        fed(3, organisation("D1", name_zh="人事说"), HR),
        fed(4, organisation("D1", name_zh="医院说", category="DEPT"), HIS),
        said(5, organisation("D1", name_zh="人说")),
    )
    told = state.description(org("D1"), day(9))
    assert told
    assert (told.name_zh, told.category) == ("人事说", "DEPT")
    assert told.origins["name_zh"][:2] == ("hr", 10)
    assert told.origins["category"] == ("his", 40, "1-4")
    lost = [(one.source, one.value, one.winner) for one in state.losses[org("D1")]]
    assert lost == [("his", "医院说", "hr"), ("people", "人说", "hr")]


def test_a_higher_ranked_source_overwrites_what_lower_ones_said_of_later_days() -> None:
    state = folded(
        fed(3, Describe(*org("D1"), day(20), texts={"name_zh": "以后"}), HIS),
        fed(4, Describe(*org("D1"), day(10), texts={"name_zh": "人事"}), HR),
    )
    assert name(state, org("D1"), 15) == name(state, org("D1"), 25) == "人事"
    assert [one.value for one in state.losses[org("D1")]] == ["以后"]


def test_what_a_source_lost_is_forgotten_when_its_word_holds() -> None:
    state = folded(
        fed(3, organisation("D1", name_zh="甲"), HR),
        fed(4, organisation("D1", name_zh="乙"), HIS),
        fed(5, organisation("D1", name_zh="丙"), HR),
    )
    assert name(state, org("D1"), 9) == "丙"
    assert [(one.source, one.value) for one in state.losses[org("D1")]] == [("his", "乙")]


def test_without_a_file_the_newest_word_counts_and_the_management_tree_is_only_proposed() -> None:
    state = folded(
        fed(3, organisation("D1", name_zh="甲")),
        fed(4, organisation("D1", name_zh="乙"), LIS),
        fed(5, under("D1", "H2", 3)),
        fed(6, Attach("tree:specialty", "D1", "H2")),
        fed(7, Close(*org("D1"), day(9))),
        rules=None,
    )
    assert name(state, org("D1"), 9) == "乙"
    assert dict(state.pairs(day(9)))["D1"] == "H1"
    assert dict(state.pairs(day(9), "specialty"))["D1"] == "H2"
    assert why(state) == ["management", "management"]


def test_a_record_that_is_no_more_does_not_come_back_to_its_place_by_a_feed() -> None:
    state = folded(
        said(3, Close(*org("D1"), day(1))),
        fed(4, organisation("D1", name_zh="又来"))._replace(day=day(5)),
        rules=None,
    )
    assert not state.exists(org("D1"), day(5))
    assert why(state) == ["management"]


@pytest.mark.parametrize(
    ("change", "channel", "reason"),
    [
        (organisation("D1", name_zh="x"), LIS, "source"),
        (organisation("H2", name_zh="x"), HR, "organisation"),
        (Attach(ROLE, "P1", "H2"), HR, "organisation"),
        (Describe(Kind.LOCATION, "L1"), HR, "kind"),
        (Attach("tree:specialty", "D1", "H1"), HR, "kind"),
        (Close(*org("D1"), day(5)), HR, "kind"),
    ],
)
def test_what_a_source_may_not_say_is_a_proposal(change: Change, channel: int, reason: str) -> None:
    state = folded(fed(3, Describe(Kind.PRACTITIONER, "P1"), HR), fed(4, change, channel))
    assert why(state) == [reason]
    assert state.description(org("H2"), day(9)).name_zh == ""  # type: ignore[union-attr]


def test_a_field_that_a_source_may_not_say_is_lost_and_the_rest_counts() -> None:
    state = folded(fed(3, organisation("D1", name_zh="甲", category="X"), HR))
    told = state.description(org("D1"), day(9))
    assert told
    assert (told.name_zh, told.category) == ("甲", "")
    assert [(one.field, one.value, one.winner) for one in state.losses[org("D1")]] == [
        ("category", "X", "")
    ]


def test_a_source_that_is_trusted_says_the_management_tree_itself() -> None:
    state = folded(fed(3, under("D1", "H2", 3), HIS))
    assert dict(state.pairs(day(9)))["D1"] == "H2"
    assert pending(state) == []


def test_the_same_is_asked_once_and_never_again_when_it_was_refused() -> None:
    asked = [fed(3, under("D1", "H2", 3), LIS), fed(4, under("D1", "H2", 5), LIS)]
    state = folded(*asked)
    (one,) = pending(state)
    assert (one.position.number, one.change["on"]) == (4, day(5).isoformat())
    refused = said(5, Decide(one.position, one.part, False))
    state = folded(*asked, refused, fed(6, under("D1", "H2", 7), LIS))
    assert pending(state) == []
    assert dict(state.pairs(day(9)))["D1"] == "H1"


def test_what_is_accepted_holds_and_cannot_be_decided_twice() -> None:
    asked = fed(3, under("D1", "H2", 3), LIS)
    accepted = said(4, Decide(asked.position, 0, True), under("D1", "H2", 3))
    assert dict(folded(asked, accepted).pairs(day(9)))["D1"] == "H2"
    again = said(5, Decide(asked.position, 0, False))
    _, refused = fold([said(1, *BASE), asked, accepted, again])
    assert [type(one) for one in refused.values()] == [NoSuchProposal]


def test_what_holds_already_is_not_asked() -> None:
    assert pending(folded(fed(3, under("D1", "H1", 3), LIS))) == []


def test_decisions_and_rules_come_back_from_json_as_they_were() -> None:
    for change in (Decide(said(4).position, 0, False), SetSources(RULES.model_dump(mode="json"))):
        assert all_from_json([to_json(change)]) == (change,)
    assert write("x", [], actor="a", reason="", about={}).kind == "act masterdata.x"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("{", ""),
        ("a: 1", ""),
        ("sources: [ { name: A } ]", "sources.0.name"),
        ("sources: [ { name: a, rank: 0 } ]", "sources.0.rank"),
        ("sources: [ { name: a, rnk: 1 } ]", "sources.0.rnk"),
        ("sources: [ { name: a, says: { organisation: [nam] } } ]", "a.says.organisation"),
    ],
)
def test_rules_that_cannot_be_are_refused_with_their_place(text: str, where: str) -> None:
    with pytest.raises(BadSources) as caught:
        parse(text)
    assert where in str(caught.value.where)
