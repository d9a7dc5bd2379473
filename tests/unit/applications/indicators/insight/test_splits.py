"""Splits: every row has one class, whatever it says and does not say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import ibis  # type: ignore[import-untyped]
import pytest
from tests.unit.applications.indicators.rows import some_rows, table_of

from lianyi.applications.indicators import counting, cube
from lianyi.applications.indicators.defining import Meant, meant
from lianyi.applications.indicators.duck import Duck
from lianyi.applications.indicators.failures import BadSlice
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.reading import read_indicators
from lianyi.applications.indicators.slicing import parse_slices, sliced, words_of
from lianyi.applications.indicators.splits import narrowed, shared, splits_of
from lianyi.applications.indicators.window import Window
from lianyi.projections.operational.star import Kind, star

CODES = [
    "A00", "B99.9", "C34.1", "D09", "D10", "D48", "D50", "D89", "D99", "E11", "F20", "G40", "H10",
    "H59.9", "H60", "H95", "I21.0", "J18", "K80", "L20", "M54", "N18", "O80", "P07", "Q21", "R07",
    "S72", "T98", "U07.1", "V01", "Y98", "Z51", "i21", "9x", "", None,
]  # fmt: skip
AGES = [-1, 0, 364, 365, 366, 2556, 2557, 6574, 6575, 16436, 21915, 27394, 32873, 40000, None]
WINDOW = Window(0, 32_000)


@pytest.fixture(scope="module")
def duck() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


@pytest.mark.parametrize("fact", sorted(star()))
def test_every_row_lies_in_one_class_of_each_split(fact: str, duck: Any) -> None:
    rows = some_rows(fact, 400, seed=5)
    for number, row in enumerate(rows):
        if "main_diagnosis" in row:
            row["main_diagnosis"] = CODES[number % len(CODES)]
        if "age_days" in row:
            row["age_days"] = AGES[number % len(AGES)]
    of = star()[fact]
    time, department = of.of_kind(Kind.INSTANT)[0], of.of_kind(Kind.DEPARTMENT)[0]
    rows = [row for row in rows if row[time] is not None]
    name = f"rows_{fact}"
    tables = {fact: duck.create_table(name, table_of(fact, rows), overwrite=True)}
    part = Part(fact=fact, time=time, department=department)
    for split in splits_of(fact).values():
        parts = {c.key: narrowed(part, c.where) for c in split.classes}
        found = cube.count(Duck(duck), tables, list(parts.values()), WINDOW, ())
        counts = [found[one].get((), 0) for one in parts.values()]
        assert sum(counts) == len(rows), split.key
        every = counting.rows(tables, part, WINDOW)
        key = every[of.key]
        held = [counting.rows(tables, one, WINDOW)[of.key] for one in parts.values()]
        listed = [k for column in held for k in column.to_pyarrow().to_pylist()]
        assert sorted(listed) == sorted(key.to_pyarrow().to_pylist()), split.key


def test_diagnoses_fall_into_the_chapters_of_icd_10() -> None:
    disease = splits_of("encounter")["disease"]
    begins = {c.key: c.where for c in disease.classes}
    assert '"D4"' in begins["II"]
    assert '"D5"' in begins["III"]
    assert '"H5"' in begins["VII"]
    assert '"H6"' in begins["VIII"]
    assert len(disease.classes) == 22 + 2


def one_of(code: str) -> Meant:
    known, _ = read_indicators(Path("/nowhere"))
    return meant(known[code], "", date(2026, 3, 1))


def test_a_narrowed_indicator_asks_the_condition_of_both_its_parts() -> None:
    one = sliced(one_of("INP-009"), parse_slices("payer:self,age:75"))
    assert one.caliber.denominator is not None
    for part in one.caliber.parts():
        assert 'payer == "self"' in part.where
        assert "age_days >= 27394" in part.where


@pytest.mark.parametrize("wanted", ["payer:nobody", "weather:rain", "payer", "age:74"])
def test_a_class_that_there_is_not_is_refused(wanted: str) -> None:
    with pytest.raises(BadSlice):
        parse_slices(wanted)


def test_rows_that_do_not_say_a_class_are_not_counted_by_it() -> None:
    one = sliced(one_of("INP-009"), parse_slices("incision:one"))
    assert (one.counted, one.way) == (False, "cannot_split")
    assert "切口" in one.why.zh


def test_a_slice_is_told_in_words() -> None:
    told = words_of(parse_slices("age:75,disease:II,main_diagnosis:C1,payer:self"))
    assert [(one.name.zh, one.called.zh) for one in told] == [
        ("年龄段", "75–89 岁"),
        ("疾病分类", "肿瘤"),
        ("主要诊断编码", "C1…"),
        ("费用来源", "自费"),
    ]


def test_parts_of_two_facts_share_what_both_say() -> None:
    both = {one.key for one in shared(["encounter", "surgery"])}
    assert "class" in both
    assert "disease" not in both
    assert "incision" not in both


def test_conditions_stay_short_enough_for_the_longest_caliber() -> None:
    """What a class asks is written into the condition of a caliber, which has a longest length."""
    longest = max(
        len(c.where) for fact in star() for split in splits_of(fact).values() for c in split.classes
    )
    known, _ = read_indicators(Path("/nowhere"))
    written = max(
        len(part.where) for one in known.values() for c in one.calibers for part in c.parts()
    )
    assert longest + written + 10 < 2_000
