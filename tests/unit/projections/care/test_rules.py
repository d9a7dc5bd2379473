"""What messages about one encounter mean together: the table of events in words."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.messagelog.message import NewMessage
from lianyi.projections.care import rules
from lianyi.projections.care.hl7 import EVENTS
from lianyi.projections.care.model import State
from lianyi.projections.care.rules import CANCELS, MOVES

from .saying import adt, at, folded, hour, order, said, stays, treating

ADMITTED = adt("A01", "8", place="W1^01^05", doctor="D1^王", began="8")


# ---- how far an encounter is -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (["A05"], State.PLANNED),
        (["A05", "A01"], State.OPEN),
        (["A01", "A05"], State.OPEN),  # planned late, open already
        (["A01"], State.OPEN),
        (["A04"], State.OPEN),
        (["A08"], State.OPEN),  # the admission was lost
        (["A02"], State.OPEN),
        (["A01", "A21"], State.AWAY),
        (["A01", "A21", "A22"], State.OPEN),
        (["A01", "A21", "A52"], State.OPEN),
        (["A01", "A21", "A22", "A53"], State.AWAY),
        (["A01", "A03"], State.ENDED),
        (["A03"], State.ENDED),
        (["A01", "A03", "A08"], State.ENDED),
        (["A01", "A03", "A02"], State.ENDED),  # nobody moves who is gone
        (["A01", "A03", "A21"], State.ENDED),
        (["A01", "A03", "A13"], State.OPEN),
        (["A01", "A21", "A03", "A13"], State.AWAY),
        (["A01", "A03", "A01"], State.OPEN),
        (["A04", "A06"], State.OPEN),
        (["A01", "A07"], State.OPEN),
        (["A01", "A11"], State.CANCELLED),
        (["A04", "A08", "A11"], State.CANCELLED),
        (["A01", "A03", "A11"], State.CANCELLED),
        (["A05", "A01", "A11"], State.PLANNED),  # the bed is still booked
        (["A05", "A38"], State.CANCELLED),
        (["A08", "A11"], State.CANCELLED),
        (["A11"], State.CANCELLED),
        (["A12"], State.CANCELLED),
        (["A01", "A12"], State.OPEN),  # nothing to cancel
        (["A11", "A01"], State.OPEN),
    ],
    ids="+".join,
)
def test_how_far_an_encounter_is(told: list[str], state: State) -> None:
    messages = [adt(event, str(8 + n)) for n, event in enumerate(told)]
    assert folded(*messages).state is state


def test_every_event_that_is_read_leads_somewhere_or_takes_something_back() -> None:
    assert set(MOVES) | set(CANCELS) == EVENTS


def test_orders_alone_only_mention_an_encounter() -> None:
    assert folded(order("9")).state is State.MENTIONED
    assert folded(order("9"), ADMITTED).state is State.OPEN


def test_an_end_is_dated_by_what_the_message_says_of_it() -> None:
    assert folded(ADMITTED, adt("A03", "12")).ended_at == hour("12")
    assert folded(ADMITTED, adt("A03", "12", occurred="11")).ended_at == hour("11")
    late = adt("A03", "12", occurred="11", ended="10")
    assert folded(ADMITTED, late).ended_at == hour("10")
    corrected = adt("A08", "13", ended="9:30")
    assert folded(ADMITTED, late, corrected).ended_at == hour("9:30")
    assert folded(ADMITTED, late, adt("A13", "13")).ended_at is None


def test_an_update_that_knows_the_end_ends_an_encounter_nobody_heard_of() -> None:
    found = folded(adt("A08", "13", ended="10"))
    assert (found.state, found.ended_at) == (State.ENDED, hour("10"))


# ---- until when it counts ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "category", "lasts"),
    [
        ("A01", "I", True), ("A01", "B", True), ("A01", "", True), ("A01", "住院", True),
        ("A04", "I", True), ("A04", "O", False), ("A04", "E", False), ("A04", "", False),
        ("A04", "1", False), ("A05", "I", False), ("A08", "", True), ("A01", "O", False),
    ],
)  # fmt: skip
def test_only_a_stay_in_bed_lasts_until_somebody_ends_it(
    event: str, category: str, lasts: bool
) -> None:
    found = folded(adt(event, "8", category=category), order("11"))
    assert found.until == (None if lasts else hour("11"))


def test_a_visit_that_becomes_a_stay_lasts() -> None:
    visit = adt("A04", "8", category="O")
    assert folded(visit).until == hour("8")
    assert folded(visit, adt("A06", "9", category="I")).until is None
    back = adt("A07", "10", category="O")
    assert folded(visit, adt("A06", "9", category="I"), back).until == hour("10")


# ---- where the patient was ---------------------------------------------------------------------


def test_transfers_are_dated_spans() -> None:
    found = folded(
        ADMITTED,
        adt("A02", "9:30", occurred="9", place="W2^02^01"),
        adt("A08", "10", place="W2^02^01"),
        adt("A03", "12", place="W2^02^01"),
    )
    assert stays(found) == [("W1^01^05", "8", "9"), ("W2^02^01", "9", "12")]


def test_a_transfer_that_was_cancelled_never_was() -> None:
    moved = adt("A02", "9", place="W2^02^01")
    found = folded(ADMITTED, moved, adt("A12", "10", occurred="9", place="W2^02^01"))
    assert stays(found) == [("W1^01^05", "8", "…")]


def test_the_transfer_of_the_same_hour_is_cancelled_before_a_later_one() -> None:
    found = folded(
        ADMITTED,
        adt("A02", "9", occurred="9", place="W2"),
        adt("A02", "10", occurred="10", place="W3"),
        adt("A12", "11", occurred="9"),
    )
    assert stays(found) == [("W1^01^05", "8", "10"), ("W3", "10", "…")]


def test_without_the_hour_the_last_transfer_is_cancelled() -> None:
    moves = [adt("A02", "9", place="W2"), adt("A02", "10", place="W3")]
    assert stays(folded(ADMITTED, *moves, adt("A12", "11")))[-1] == ("W2", "9", "…")
    both = [adt("A12", "11"), adt("A12", "11:30")]
    assert stays(folded(ADMITTED, *moves, *both)) == [("W1^01^05", "8", "…")]


def test_a_cancellation_that_is_sent_again_cancels_once() -> None:
    moves = [adt("A02", "9", place="W2"), adt("A02", "10", place="W3")]
    again = adt("A12", "11")
    assert stays(folded(ADMITTED, *moves, again, again))[-1] == ("W2", "9", "…")


def test_a_cancelled_discharge_says_where_the_patient_is_now() -> None:
    found = folded(ADMITTED, adt("A03", "10"), adt("A13", "11", place="W7^01^01"))
    assert stays(found) == [("W1^01^05", "8", "11"), ("W7^01^01", "11", "…")]


def test_a_cancelled_admission_leaves_nobody_anywhere() -> None:
    found = folded(ADMITTED, adt("A02", "9", place="W2"), order("9"), adt("A11", "10"))
    assert stays(found) == []
    assert treating(found) == [("D9^", "ordering", "9", "9")]


def test_what_happened_before_is_dated_before_even_if_it_was_told_later() -> None:
    found = folded(
        ADMITTED, adt("A02", "10", place="W3"), adt("A02", "11", occurred="9", place="W2")
    )
    assert stays(found) == [("W1^01^05", "8", "9"), ("W2", "9", "10"), ("W3", "10", "…")]


# ---- who looked after the patient --------------------------------------------------------------


def test_every_part_of_pv1_names_practitioners_with_their_authority() -> None:
    fields = {
        8: "R1^李", 9: "C1^^^^^^^^HIS~C2^^^^^^^^&1.2.3&ISO~^无号", 17: "A1", 52: "X1",
    }  # fmt: skip
    found = folded(adt("A01", "8", doctor="D1^王^一^^^^^^HR&1.2&ISO", more=fields))
    assert sorted((who, part) for who, part, _, _ in treating(found)) == [
        ("A1^", "admitting"), ("C1^HIS", "consulting"), ("C2^1.2.3", "consulting"),
        ("D1^HR", "attending"), ("R1^", "referring"), ("X1^", "other"),
    ]  # fmt: skip


def test_a_new_attending_takes_over() -> None:
    found = folded(ADMITTED, adt("A08", "10", doctor="D2"), adt("A03", "12", doctor="D2"))
    assert treating(found) == [("D1^", "attending", "8", "10"), ("D2^", "attending", "10", "12")]


def test_an_empty_field_says_nothing_and_a_null_that_there_is_nobody() -> None:
    assert treating(folded(ADMITTED, adt("A08", "10"))) == [("D1^", "attending", "8", "…")]
    nobody = adt("A08", "10", doctor='""')
    assert treating(folded(ADMITTED, nobody)) == [("D1^", "attending", "8", "10")]


def test_who_is_named_after_the_end_finishes_the_record() -> None:
    found = folded(ADMITTED, adt("A03", "10"), adt("A08", "12", doctor="D2"))
    assert treating(found)[-1] == ("D2^", "attending", "12", "12")


def test_who_orders_treats_as_long_as_one_hears_of_his_orders() -> None:
    result = order("11", kind="ORU^R01", control="")
    found = folded(ADMITTED, order("9"), order("10", number="O2", doctor="D8"), result)
    assert [one for one in treating(found) if one[1] == "ordering"] == [
        ("D8^", "ordering", "10", "10"), ("D9^", "ordering", "9", "11"),
    ]  # fmt: skip


@pytest.mark.parametrize("control", ["CA", "OC", "CR"])
def test_who_ordered_for_the_wrong_patient_treats_him_no_more(control: str) -> None:
    found = folded(ADMITTED, order("9"), order("9:30", control=control))
    assert treating(found) == [("D1^", "attending", "8", "…")]


def test_an_order_does_not_say_where_the_patient_is_nor_who_attends() -> None:
    assert stays(folded(ADMITTED, order("9"))) == stays(folded(ADMITTED))


# ---- the order in which they came --------------------------------------------------------------

STORY = [
    ADMITTED,
    order("8:10"),
    adt("A02", "9", place="W2^01^01", doctor="D2"),
    adt("A02", "10", place="W3^01^01"),
    adt("A12", "10:30", occurred="10"),
    adt("A21", "11"),
    adt("A08", "11:30", doctor="D3~D2"),
    adt("A22", "12"),
    order("13", control="", kind="ORU^R01"),
    adt("A03", "14"),
    adt("A13", "15", place="W4"),
    order("15:30", number="O2", control="NW"),
    order("15:40", number="O2", control="CA"),
    adt("A03", "16", ended="15:50"),
]


@given(seed=st.integers(0, 10**9), again=st.lists(st.sampled_from(STORY), max_size=6))
def test_any_order_of_arrival_and_any_repetition_mean_the_same(
    seed: int, again: list[NewMessage]
) -> None:
    arrived = [*STORY, *again]
    random.Random(seed).shuffle(arrived)
    one, other = folded(*STORY), folded(*arrived)
    assert (other.state, other.until, other.ended_at) == (one.state, one.until, one.ended_at)
    assert stays(other) == stays(one)
    assert treating(other) == treating(one)


EVENT = st.builds(
    lambda event, minute, place, doctor: adt(
        event, f"8:{minute:02}", place=place, doctor=doctor, control=f"{event}{minute}"
    ),
    st.sampled_from(sorted(EVENTS)),
    st.integers(0, 59),
    st.sampled_from(["", "W1", "W2", "W3"]),
    st.sampled_from(["", "D1", "D2", "D1~D2", '""']),
)


@given(messages=st.lists(EVENT, min_size=1, max_size=12), seed=st.integers(0, 10**9))
def test_sayings_in_any_order_of_a_list_fold_to_the_same(
    messages: list[NewMessage], seed: int
) -> None:
    sayings = said(*messages)
    shuffled = sayings.copy()
    random.Random(seed).shuffle(shuffled)
    assert rules.fold(shuffled) == rules.fold(sayings)


@given(messages=st.lists(EVENT, min_size=1, max_size=12))
def test_a_patient_is_in_one_place_at_a_time_and_nothing_ends_before_it_begins(
    messages: list[NewMessage],
) -> None:
    found = folded(*messages)
    for one, following in itertools.pairwise(found.stays):
        assert one.span.until == following.span.since
        assert one.location != following.location
    spans = [one.span for one in (*found.stays, *found.treating)]
    assert all(span.until is None or span.since <= span.until for span in spans)
    if found.until is not None:
        assert all(span.until is not None for span in spans)


def test_within_a_second_what_came_first_counts_first() -> None:
    moves = [adt("A02", "9", place="W2", control="a"), adt("A02", "9", place="W3", control="b")]
    assert stays(folded(ADMITTED, *moves))[-1][0] == "W3"
    assert stays(folded(ADMITTED, *reversed(moves)))[-1][0] == "W2"


def test_it_says_between_which_messages_it_lies() -> None:
    found = folded(adt("A03", "12"), ADMITTED)
    assert (found.first, found.last) == (at(2), at(1))
