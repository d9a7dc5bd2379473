"""Sheets: what is written is what is read again, and nothing becomes a formula."""

from __future__ import annotations

import csv
import io
import math
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.applications.indicators.reports.sheets import Sheet, csv_text
from lianyi.applications.indicators.reports.tables import Cell, Form, HeadLine
from lianyi.applications.indicators.views import BothWords

AT = datetime(2026, 3, 2, tzinfo=UTC)
NAMES = [BothWords(zh="甲", en="a"), BothWords(zh="乙", en="b")]
LINES = [HeadLine(BothWords(zh="统计期", en="period"), "=2026")]

plain_texts = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30
)
texts = st.one_of(plain_texts, st.builds(str.__add__, st.sampled_from("=+-@＝＋"), plain_texts))
numbers = st.one_of(
    st.integers(-(10**12), 10**12), st.floats(-1e12, 1e12, allow_nan=False, allow_infinity=False)
)
cells = st.one_of(
    st.builds(Cell, texts),
    st.builds(Cell, numbers, st.sampled_from([one for one in Form if one is not Form.TEXT])),
    st.just(Cell(None)),
)


def read(content: bytes) -> list[list[Any]]:
    """The cells of the table, as a spreadsheet reads them."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    first = len(LINES) + 4
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=first)]


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(cells, cells), min_size=1, max_size=6))
def test_a_sheet_says_what_was_written_and_holds_no_formula(rows: list[Any]) -> None:
    with Sheet("标题 [x]", "zh", made_at=AT) as sheet:
        sheet.head("标题", LINES, NAMES)
        sheet.add(rows)
        found = read(sheet.bytes())
    for row, there in zip(rows, found, strict=False):
        for cell, value in zip(row, there, strict=False):
            if isinstance(cell.value, str):
                assert value == cell.value
            elif cell.value is not None:
                wanted = cell.value / 100 if cell.form is Form.PERCENT else cell.value
                assert math.isclose(value, wanted, rel_tol=1e-14)


@given(rows=st.lists(st.tuples(cells, cells), max_size=6))
def test_no_cell_of_a_csv_begins_as_a_formula(rows: list[Any]) -> None:
    text = csv_text(LINES, NAMES, rows, "zh")
    for row in list(csv.reader(io.StringIO(text)))[2:]:
        for value in row:
            if value[:1] in tuple("=+@＝＋"):
                raise AssertionError(value)
            if value.startswith("-"):
                float(value)  # a number is none


def test_a_sheet_of_a_hundred_thousand_rows_is_not_held_in_memory() -> None:
    def some(count: int) -> Iterator[list[Cell]]:
        for number in range(count):
            yield [Cell(f"行 {number}"), Cell(number * 1.5, Form.MONEY)]

    tracemalloc.start()
    try:
        with Sheet("大表", "zh", made_at=AT) as sheet:
            sheet.head("大表", LINES, NAMES)
            sheet.add(some(100_000))
            content = sheet.bytes()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sheet.rows == 100_000
    assert peak < 24 * 1024 * 1024, peak
    assert len(content) < 40 * 1024 * 1024
