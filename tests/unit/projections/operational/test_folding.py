"""Whatever the order in which statements come, they mean the same."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from lianyi.messagelog.message import Position
from lianyi.projections.operational import folding
from lianyi.projections.operational.statements import Statement

from .saying import ZONE, adt, charge, fold_all, folded, instant, ordered, reported, said

EVENTS = [
    adt("A05", "1 8", began="2 8"),
    adt("A04", "2 7", category="O", ward="C1", department="内科门诊", began="2 7"),
    adt("A06", "2 8", ward="W1", department="内科", began="2 8"),
    adt("A08", "2 9", ward="W1", doctor="D2"),
    adt("A02", "3 10", ward="W2", department="外科"),
    adt("A12", "3 11", ward="W1"),
    adt("A02", "4 10", ward="W3", department="骨科"),
    adt("A03", "5 9", ward="W3", ended="5 9", how="5"),
    adt("A13", "5 10", ward="W3"),
    adt("A03", "6 9", ward="W3", ended="6 9", how="1"),
    adt("A01", "2 9", number="V2", patient="P2", began="2 9"),
    adt("A11", "2 10", number="V2", patient="P2"),
    charge("3 9", "10.00", number="C1"),
    charge("3 9", "99.00", number="C1", control="again"),
    charge("3 10", "4.00", number="C1", type_="CD"),
    charge("4 10", "6.00", number="C1", type_="CD"),
    ordered("3 8", priority="S"),
    ordered("3 12", control="CA"),
    reported("3 10", ("NM", "HH")),
    reported("3 11", ("NM", "H"), status="C"),
]
STATEMENTS = said(*EVENTS)


def again(one: Statement, number: int) -> Statement:
    """The same, sent again and received later."""
    return replace(one, position=Position(3, number), source=Position(3, number))


@given(
    shuffled=st.permutations(STATEMENTS),
    twice=st.lists(st.sampled_from(STATEMENTS), max_size=6),
    places=st.lists(st.integers(0, len(STATEMENTS)), min_size=6, max_size=6),
)
def test_late_repeated_and_shuffled_statements_mean_the_same(
    shuffled: list[Statement], twice: list[Statement], places: list[int]
) -> None:
    told = list(shuffled)
    for number, (one, place) in enumerate(zip(twice, places, strict=False), start=1):
        told.insert(place, again(one, number))
    assert fold_all(told) == fold_all(STATEMENTS)


def test_an_encounter_is_what_holds_of_it_in_the_end() -> None:
    rows = folded(*EVENTS)["encounter"]
    assert set(rows) == {"YY^V1"}, "an admission that was called off is none"
    (row,) = rows.values()
    assert row.columns == {
        "patient": "P1^HIS",
        "class": "inpatient",
        "sex": "female",
        "age_days": 16801,
        "doctor": "D1",
        "registering": "内科门诊",
        "registered_at": instant("2 7"),
        "admitting": "内科",
        "admitted_at": instant("2 8"),
        "discharging": "W3",
        "discharged_at": instant("6 9"),
        "disposition": "home",
        "died": False,
        "stay_days": 4,
    }


def test_who_is_only_expected_was_not_here() -> None:
    assert folded(EVENTS[0])["encounter"] == {}


def test_a_patient_lies_where_no_transfer_was_called_off() -> None:
    told = [one for one in STATEMENTS if one.key == "YY^V1" and one.fact == "encounter"]
    row = folding.fold(told, zone=ZONE)
    lay = [(one.location.place, *one.span[:2]) for one in folding.stays(told, row)]
    assert lay == [
        ("W1", instant("2 8"), instant("4 10")),
        ("W3", instant("4 10"), instant("6 9")),
    ]


def test_nobody_lies_in_a_ward_after_the_discharge() -> None:
    told = said(
        adt("A01", "2 8", ward="W1", began="2 8"),
        adt("A03", "4 9", ward="W1", ended="4 9"),
        adt("A02", "5 9", ward="W2"),
    )
    lay = folding.stays(told, folding.fold(told, zone=ZONE))
    assert [(one.location.place, one.span.until) for one in lay] == [("W1", instant("4 9"))]


def test_a_charge_is_never_overwritten_and_what_takes_it_back_is_a_row() -> None:
    rows = folded(*EVENTS)["charge"]
    amounts = {key: row.columns["amount_fen"] for key, row in rows.items()}
    assert amounts == {
        "YY^C1": 1000,
        "YY^C1^CD^20260303100000": -400,
        "YY^C1^CD^20260304100000": -600,
    }


def test_a_correction_leaves_the_report_where_it_was_and_says_so() -> None:
    (row,) = folded(*EVENTS)["result"].values()
    assert row.columns["reported_at"] == instant("3 10")
    assert (row.columns["corrected"], row.columns["critical"]) == (True, False)
    assert (row.columns["ordered_at"], row.columns["urgent"]) == (instant("3 8"), True)
