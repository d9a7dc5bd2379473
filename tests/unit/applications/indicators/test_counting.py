"""Counting: cells, rows and cube say the same, whatever is asked."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.expr import types as ir  # type: ignore[import-untyped]
from tests.unit.applications.indicators.conditions import conditions
from tests.unit.applications.indicators.rows import BEGAN, DEPARTMENTS, TEXTS, some_rows, table_of

from lianyi.applications.indicators import counting, cube, figures
from lianyi.applications.indicators.duck import Duck
from lianyi.applications.indicators.model import DAYS_OF_MONTH, Part
from lianyi.applications.indicators.predicates import text_of
from lianyi.applications.indicators.window import EVERYWHERE, Places, Window
from lianyi.projections.operational.star import (
    NUMBERS,
    Kind,
    first_day,
    month_column,
    month_of,
    star,
)

FACTS = ("encounter", "charge", "surgery")
ROWS = {fact: some_rows(fact, 300, seed=number) for number, fact in enumerate(FACTS)}
WINDOW = Window(month_of(BEGAN.date()), 400)


@pytest.fixture(scope="module")
def duck() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


@pytest.fixture(scope="module")
def tables(duck: Any) -> dict[str, ir.Table]:
    return {fact: duck.create_table(fact, table_of(fact, ROWS[fact])) for fact in FACTS}


@st.composite
def parts(draw: st.DrawFn) -> Part:
    fact = star()[draw(st.sampled_from(FACTS))]
    aggregate = draw(st.sampled_from(["rows", "distinct", "sum", "sum"]))
    of = ""
    if aggregate == "distinct":
        of = draw(st.sampled_from(sorted(fact.columns)))
    if aggregate == "sum":
        instants = fact.of_kind(Kind.INSTANT)
        spans = [f"hours({instants[0]}, {instants[-1]})"]
        numbers = [one.name for one in fact.columns.values() if one.kind in NUMBERS]
        of = draw(st.sampled_from([*numbers, *spans, DAYS_OF_MONTH]))
    return Part(
        fact=fact.name,
        where=text_of(draw(conditions(fact))),
        aggregate=aggregate,
        of=of,
        time=draw(st.sampled_from(fact.of_kind(Kind.INSTANT))),
        department=draw(st.sampled_from(fact.of_kind(Kind.DEPARTMENT))),
    )


codes = st.sampled_from(TEXTS)
places = st.just(EVERYWHERE) | st.builds(
    Places,
    st.frozensets(codes, max_size=2),
    st.frozensets(st.tuples(codes, st.sampled_from(DEPARTMENTS)), max_size=4),
)
windows = st.builds(
    Window,
    st.integers(WINDOW.first, WINDOW.first + 1),
    st.integers(WINDOW.first + 1, WINDOW.first + 4),
    places,
    st.none() | st.frozensets(codes, max_size=2),
)
bys = st.sets(st.sampled_from(["hospital", "department", "month", "doctor"])).map(sorted)


@settings(max_examples=12)
@given(some=st.lists(parts(), min_size=1, max_size=8), window=windows, by=bys)
def test_parts_counted_together_come_to_what_each_comes_to_alone(
    duck: Any, tables: dict[str, ir.Table], some: list[Part], window: Window, by: list[str]
) -> None:
    found = cube.count(Duck(duck), tables, some, window, by)
    for part in some:
        alone = counting.cells(part, tables, window, by).to_pyarrow()
        counted = {key: Decimal(value) for key, value in found[part].items() if value}
        assert counted == _cells(alone, by)


@settings(max_examples=20)
@given(part=parts(), window=windows, by=bys)
def test_the_rows_behind_a_number_add_up_to_it(
    tables: dict[str, ir.Table], part: Part, window: Window, by: list[str]
) -> None:
    listed = counting.rows(tables, part, window).to_pyarrow().to_pylist()
    cells = _cells(counting.cells(part, tables, window, by).to_pyarrow(), by)
    columns = {"department": part.department, "month": f"{part.time}_month", "doctor": part.doctor}
    if part.aggregate == "rows":
        added = Counter(tuple(row[columns.get(one, one)] for one in by) for row in listed)
        assert cells == {place: Decimal(count) for place, count in added.items()}
    for row in listed:
        assert window.places.holds(row["hospital"], row[part.department])
        assert window.doctors is None or row[part.doctor] in window.doctors
    whole = counting.total(part, counting.rows(tables, part, window)).to_pyarrow().as_py()
    if part.aggregate != "distinct":
        assert sum(cells.values()) == Decimal(whole)


def _cells(table: Any, by: list[str]) -> dict[tuple[Any, ...], Decimal]:
    return {
        tuple(row[one] for one in by): Decimal(row["value"])
        for row in table.to_pylist()
        if row["value"]
    }


@given(one=places, other=places, hospital=codes, department=st.sampled_from(DEPARTMENTS))
def test_what_two_have_in_common_is_what_lies_in_both(
    one: Places, other: Places, hospital: str, department: str
) -> None:
    both = one.both(other)
    expected = one.holds(hospital, department) and other.holds(hospital, department)
    assert both.holds(hospital, department) == expected
    assert not (both.nowhere and expected)


def test_nothing_divided_by_nothing_is_nothing() -> None:
    assert figures.quotient(3, 0, factor=100) is None
    assert figures.quotient(1, 8, factor=100) == 12.5
    assert figures.quotient(12345, None, factor=0.01) == 123.45


DAYS = Part(
    fact="staff_month", aggregate="sum", of=DAYS_OF_MONTH, time="at", department="department"
)


def test_months_of_staff_become_days(duck: Any) -> None:
    months = range(-12 * 300, 12 * 700)  # 1700 to 2699: all that the calendar does
    column = month_column(DAYS.time)
    table = duck.create_table("months", pa.table({column: pa.array(months, pa.int16())}))
    found = table.select(column, days=counting.addend(DAYS, table)).to_pyarrow().to_pylist()
    assert {row[column]: row["days"] for row in found} == {
        month: monthrange(day.year, day.month)[1]
        for month, day in ((month, first_day(month)) for month in months)
    }
