"""Conditions: read back as written, the same in CEL, and refused with the place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import ibis  # type: ignore[import-untyped]
import pytest
from cel_expr_python import cel  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.expr import types as ir  # type: ignore[import-untyped]
from tests.unit.applications.indicators.conditions import conditions
from tests.unit.applications.indicators.rows import BEGAN, some_rows, table_of

from lianyi.applications.indicators import counting
from lianyi.applications.indicators.failures import BadPredicate
from lianyi.applications.indicators.predicates import (
    Node,
    conjuncts,
    parse_predicate,
    parse_span,
    text_of,
)
from lianyi.projections.operational.star import Kind, star

ENCOUNTER = star()["encounter"]


@given(conditions(ENCOUNTER))
def test_a_condition_is_read_back_as_it_was_written(node: Node) -> None:
    assert parse_predicate(text_of(node), ENCOUNTER) == node


@given(conditions(ENCOUNTER), st.data())
def test_blanks_and_quotes_change_nothing(node: Node, data: st.DataObject) -> None:
    text = text_of(node)
    signs = ("==", "!=", "&&", "||", "(", ")")
    for sign in data.draw(st.lists(st.sampled_from(signs), max_size=3)):
        if '"' not in text:
            text = text.replace(sign, f"  {sign}\n")
    assert text_of(parse_predicate(text, ENCOUNTER)) == text_of(node)


def _environment() -> Any:
    kinds = {Kind.INT: cel.Type.INT, Kind.FEN: cel.Type.INT, Kind.NUMBER: cel.Type.DOUBLE,
             Kind.FLAG: cel.Type.BOOL}  # fmt: skip
    return cel.NewEnv(
        variables={
            one.name: kinds.get(one.kind, cel.Type.STRING) for one in ENCOUNTER.columns.values()
        }
    )


FULL = [
    row for row in some_rows("encounter", 200, seed=2, unsaid=0) if row["drg_weight"] is not None
]
CEL = cel.NewEnv(
    variables={
        one.name: {
            Kind.INT: cel.Type.INT,
            Kind.FEN: cel.Type.INT,
            Kind.NUMBER: cel.Type.DOUBLE,
            Kind.FLAG: cel.Type.BOOL,
        }.get(one.kind, cel.Type.STRING)
        for one in ENCOUNTER.columns.values()
    }
)


@settings(max_examples=40)
@given(
    conditions(ENCOUNTER, said=False).filter(
        lambda node: not re.search(r"drg_weight|minutes\(|hours\(|days\(", text_of(node))
    )
)
def test_a_condition_holds_of_the_rows_of_which_it_holds_in_cel(full: ir.Table, node: Node) -> None:
    compiled = CEL.compile(text_of(node))
    wanted = [
        row["encounter"]
        for row in FULL
        if compiled.eval(data={key: _in_cel(value) for key, value in row.items()}).value()
    ]
    assert found_in(full, node) == wanted


def _in_cel(value: object) -> object:
    return value if isinstance(value, (str, int, bool)) else 0.0


def found_in(table: ir.Table, node: Node) -> list[str]:
    found = table.filter(counting.holds(node, table)).encounter.to_pyarrow().to_pylist()
    return sorted(found, key=int)


@pytest.fixture(scope="module")
def duck() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


@pytest.fixture(scope="module")
def full(duck: Any) -> ir.Table:
    return duck.create_table("full", table_of("encounter", FULL))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('payer == "self"', False),
        ('payer != "self"', True),
        ('!(payer == "self")', True),
        ('payer in ["self"]', False),
        ("age_days < 5", False),
        ("!(age_days < 5)", True),
        ("died", False),
        ("!died", True),
        ("has(payer)", False),
        ("!has(payer)", True),
        ("minutes(seen_at, registered_at) > -1000000", False),
        ('drg.startsWith("A")', False),
    ],
)
def test_what_nobody_said_equals_nothing(duck: Any, text: str, holds: bool) -> None:
    unsaid = dict.fromkeys(ENCOUNTER.columns) | {"encounter": "1"}
    table = duck.create_table("unsaid", table_of("encounter", [unsaid]), overwrite=True)
    assert found_in(table, parse_predicate(text, ENCOUNTER)) == (["1"] if holds else [])


def test_the_time_between_two_instants_is_counted_in_its_unit(duck: Any) -> None:
    row = dict.fromkeys(ENCOUNTER.columns) | {
        "encounter": "1",
        "checked_in_at": BEGAN.replace(tzinfo=None),
        "seen_at": (BEGAN + timedelta(minutes=30)).replace(tzinfo=None),
    }
    table = duck.create_table("timed", table_of("encounter", [row]))
    for text, holds in [
        ("minutes(checked_in_at, seen_at) <= 30", True),
        ("minutes(checked_in_at, seen_at) < 30", False),
        ("hours(checked_in_at, seen_at) < 1", True),
        ("minutes(seen_at, checked_in_at) == -30", True),
    ]:
        assert found_in(table, parse_predicate(text, ENCOUNTER)) == (["1"] if holds else [])


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ('class == "inpatent"', "10", "nearest known one is 'inpatient'"),
        ("dyed", "1", "nearest known one is 'died'"),
        ('age_days == "x"', "13", "a number is wanted"),
        ('class <= "inpatient"', "7", "only numbers"),
        ("died died", "6", "should end here"),
        ("died &&", "8", "a column is wanted"),
        ("class", "1", "no flag"),
        ("minutes(died, seen_at) > 1", "9", "no instant"),
        ('age_days.startsWith("1")', "10", "no text"),
        ('class.endsWith("t")', "7", "unknown 'endsWith'"),
        ('payer.startsWith("")', "7", "begins with nothing"),
        ("died; drop table x", "5", "not understood"),
        ("(" * 30 + "died" + ")" * 30, "21", "too deeply"),
        ("died && " * 300 + "died", "1", "too long"),
        ('registered_at == "2026-01-01"', "18", "not compared"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, place: str, why: str) -> None:
    with pytest.raises(BadPredicate) as caught:
        parse_predicate(text, ENCOUNTER)
    assert caught.value.where == place
    assert why in caught.value.text("en")
    assert "{" not in caught.value.text("zh")


@given(st.text(max_size=60))
def test_whatever_is_written_it_is_read_or_refused(text: str) -> None:
    try:
        node = parse_predicate(text, ENCOUNTER)
    except BadPredicate:
        return
    assert parse_predicate(text_of(node), ENCOUNTER) == node


def test_a_condition_is_part_of_another_that_asks_no_more() -> None:
    wide = conjuncts(parse_predicate('class == "inpatient"', ENCOUNTER))
    narrow = conjuncts(parse_predicate('died && class == "inpatient"', ENCOUNTER))
    assert wide <= narrow
    assert conjuncts(parse_predicate("", ENCOUNTER)) <= wide


def test_a_span_is_read_alone() -> None:
    assert text_of(parse_predicate("days(admitted_at, seen_at) > 1", ENCOUNTER))
    assert parse_span("days(admitted_at, seen_at)", ENCOUNTER).unit == "days"
    with pytest.raises(BadPredicate):
        parse_span("weeks(admitted_at, seen_at)", ENCOUNTER)
