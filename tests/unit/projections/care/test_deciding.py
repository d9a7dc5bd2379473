"""Whose patient lies where, and why somebody treats one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from lianyi.projections.care.deciding import (
    CaringRole,
    Channel,
    Evidence,
    Rule,
    Standing,
    for_treatment,
    reasons,
)
from lianyi.projections.care.settings import DEPARTMENTS
from lianyi.projections.care.units import Category, Link, Units
from lianyi.projections.masterdata.model import BEGINNING, END
from lianyi.security.model import Purpose, Role

from .saying import RECEIVED, ZONE

DAY = date(2026, 3, 2)
TREE = "tree:management"


def link(relation: str, one: str, other: str, since: date = BEGINNING, until: date = END) -> Link:
    return Link(relation, one, other, since, until)


LINKS = [
    link(TREE, "N1", "D1"), link(TREE, "D1", "H1"), link(TREE, "H1", "G"), link(TREE, "D2", "H1"),
    link(TREE, "H2", "G"), link(TREE, "X1", "H2"), link(TREE, "S1", "D1"),
    link("place", "N1", "W1"), link("place", "D2", "W2-02"), link("place", "X1", "W9"),
    link("place", "D1", "B1"), link("part-of", "W3", "B1"), link("part-of", "W4-01-01", "W1"),
    link("place", "D2", "W5", BEGINNING, DAY), link("place", "N1", "W5", DAY, END),
]  # fmt: skip
CATEGORIES = [
    Category("G", BEGINNING, "GROUP"), Category("H1", BEGINNING, "HOSP"),
    Category("H2", BEGINNING, "HOSP"), Category("D1", BEGINNING, "dept"),
    Category("D2", BEGINNING, "科室"), Category("N1", BEGINNING, ""),
    Category("X1", BEGINNING, ""), Category("S1", BEGINNING, "CAMPUS"),
]  # fmt: skip
UNITS = Units(LINKS, CATEGORIES, departments=DEPARTMENTS)
H1 = Channel("H1", ("H1", "G"))
H2 = Channel("H2", ("H2", "G"))


# ---- whose place it is -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "unit"),
    [
        ("W1", ["N1"]), ("W1^01^05", ["N1"]), ("W2^02^01", ["D2"]), ("W2^03", []),
        ("W3^01", ["D1"]), ("W4^01^01", ["N1"]), ("D2", ["D2"]), ("D2^01", ["D2"]),
        ("nowhere", []), ("", []), ("W5", ["N1"]),
    ],
)  # fmt: skip
def test_a_place_is_that_of_the_bed_else_the_room_else_the_ward(
    place: str, unit: list[str]
) -> None:
    assert sorted(UNITS.units_at(place, DAY)) == unit


def test_a_place_is_whose_it_was_on_that_day() -> None:
    assert UNITS.units_at("W5", DAY - timedelta(days=1)) == {"D2"}
    assert UNITS.units_at("W5", DAY) == {"N1"}


@pytest.mark.parametrize(
    ("unit", "caring"),
    [
        ("N1", ("N1", "D1")),  # a ward team without a category, under a department
        ("D1", ("D1",)),
        ("D2", ("D2",)),
        ("X1", ("X1",)),
        ("H1", ()),  # a hospital is no department, even if somebody put a patient right there
        ("G", ()),
        ("S1", ()),  # something that is called neither
        ("unknown", ()),
    ],
)
def test_a_role_cares_up_to_the_department_and_not_above(
    unit: str, caring: tuple[str, ...]
) -> None:
    assert UNITS.caring(unit, DAY) == caring


def test_a_department_below_something_that_is_none_ends_the_way() -> None:
    odd = Units(
        [link(TREE, "N1", "M"), link(TREE, "M", "D1"), link(TREE, "D1", "H1")],
        [Category("N1", BEGINNING, "TEAM"), Category("M", BEGINNING, ""), CATEGORIES[3]],
        departments=DEPARTMENTS,
    )
    assert odd.caring("N1", DAY) == ("N1",)


def test_a_circle_ends_where_it_closes() -> None:
    round_and_round = Units(
        [link(TREE, "A", "B"), link(TREE, "B", "A"), link("part-of", "W", "W")],
        [Category("A", BEGINNING, "DEPT"), Category("B", BEGINNING, "DEPT")],
        departments=DEPARTMENTS,
    )
    assert round_and_round.caring("A", DAY) == ("A", "B")
    assert round_and_round.units_at("W", DAY) == frozenset()


# ---- who treats --------------------------------------------------------------------------------


def role(name: str, purpose: Purpose = Purpose.TREATMENT, **more: Any) -> Role:
    return Role(name, name, name, frozenset(), purpose=purpose, **more)


def lying(place: str = "W1^01", *, channel: int = 1) -> Evidence:
    since = RECEIVED - timedelta(days=2)
    return Evidence("P^A", channel, "P^A", "V^", "unit", place, "", since, None, "1-1")


def open_encounter(channel: int = 1) -> Evidence:
    return lying(channel=channel)._replace(rule="everybody", who="", how="open")


def named(who: str, *, channel: int = 1) -> Evidence:
    return lying(channel=channel)._replace(rule="practitioner", who=who, how="attending")


def rules_of(
    found: Sequence[Evidence], *held: CaringRole, names: dict[str, set[str]] | None = None
) -> list[tuple[str, str]]:
    """Rule and unit of each reason."""
    called = {name: frozenset(within) for name, within in (names or {}).items()}
    standing = Standing(held, called, {1: H1, 2: H2})
    told = reasons(found, standing, UNITS, at=RECEIVED, zone=ZONE)
    return [(reason.rule.value, reason.unit) for reason in told]


@pytest.mark.parametrize(
    ("where", "treats"),
    [
        ("N1", True), ("D1", True), ("D2", False), ("H1", False), ("G", False), ("*", False),
        ("X1", False), ("S1", False),
    ],
)  # fmt: skip
def test_a_role_for_treatment_counts_in_the_unit_and_its_department(
    where: str, treats: bool
) -> None:
    assert rules_of([lying()], CaringRole("nurse", where, False)) == (
        [("unit", "N1")] if treats else []
    )


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("H1", [("everybody", "N1"), ("everybody", "")]),
        ("G", [("everybody", "N1"), ("everybody", "")]),
        ("D1", [("everybody", "N1")]),
        ("*", [("everybody", "")]),
        ("D2", []),
        ("H2", []),
    ],
)
def test_a_role_that_treats_everybody_counts_wherever_it_is_held(
    where: str, told: list[tuple[str, str]]
) -> None:
    assert rules_of([lying(), open_encounter()], CaringRole("ed", where, True)) == told


def test_where_nobody_knows_the_place_only_everybody_counts() -> None:
    lost = [lying("nowhere"), open_encounter()]
    assert rules_of(lost, CaringRole("nurse", "D1", False)) == []
    assert rules_of(lost, CaringRole("ed", "H1", True)) == [("everybody", "")]


def test_a_ward_that_another_hospital_calls_the_same_is_not_ours() -> None:
    """W1 in the messages of H2 is not the W1 of the master data, which is H1's."""
    held = [CaringRole("nurse", "D1", False), CaringRole("ed", "H1", True)]
    assert rules_of([lying(channel=2), open_encounter(2)], *held) == []
    assert rules_of([lying("W9", channel=2)], CaringRole("nurse", "X1", False)) == [("unit", "X1")]
    assert rules_of([lying("W9", channel=1)], CaringRole("nurse", "X1", False)) == []


def test_a_name_means_somebody_in_the_messages_where_he_has_it() -> None:
    assert rules_of([named("D7^")], names={"D7^": {""}}) == [("practitioner", "")]
    assert rules_of([named("D7^")], names={"D7^": {"H1"}}) == [("practitioner", "")]
    assert rules_of([named("D7^")], names={"D7^": {"G"}}) == [("practitioner", "")]
    assert rules_of([named("D7^", channel=2)], names={"D7^": {"H1"}}) == []
    assert rules_of([named("D8^")], names={"D7^": {""}}) == []


def test_what_a_channel_out_of_sight_tells_is_no_reason() -> None:
    assert rules_of([named("D7^", channel=3)], names={"D7^": {""}}) == []


def test_only_roles_whose_purpose_is_treatment_are_for_treatment() -> None:
    book = {
        "nurse": role("nurse"),
        "ed": role("ed", treats_everybody=True),
        "engineer": role("engineer", Purpose.OPERATIONS, treats_everybody=True),
        "break-glass": role("break-glass", Purpose.EMERGENCY),
        "system": role("system", treats_everybody=True, keeps_records=True),
    }
    held = [(name, "H1") for name in (*book, "gone")]
    assert for_treatment(held, book) == [
        CaringRole("nurse", "H1", False),
        CaringRole("ed", "H1", True),
        CaringRole("system", "H1", True, True),
    ]
    assert Rule("unit") is Rule.UNIT
