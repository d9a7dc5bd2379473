"""Narrowing and putting together: parts come to the whole, a slice counts what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.applications.indicators import two_stars
from tests.unit.applications.indicators.two_stars import town_rows

from lianyi.applications.indicators.engine import Engine, ShelfStar
from lianyi.applications.indicators.exploring import parse_by
from lianyi.applications.indicators.failures import BadSlice, TooMuchAtOnce
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.reading import read_indicators
from lianyi.applications.indicators.settings import IndicatorSettings
from lianyi.applications.indicators.slicing import Slice, parse_slices, sliced_part
from lianyi.applications.indicators.window import Window
from lianyi.applications.indicators.wording import part_view
from lianyi.projections.operational.star import Kind, star

CODES = sorted(
    {
        (column.name, value)
        for column in star()["encounter"].columns.values()
        if column.kind is Kind.CODE
        for value in column.values
    }
)
WINDOW = Window(312, 314)
BEGUN = Part(fact="encounter", time="registered_at", department="registering")
COUNT = 120


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    place = tmp_path_factory.mktemp("star")
    two_stars.put(place, count=COUNT)
    return Engine(ShelfStar(place), IndicatorSettings())


slices = st.lists(st.sampled_from(CODES), max_size=3, unique_by=lambda one: one[0])


@settings(max_examples=25, deadline=None)
@given(wanted=slices, died=st.booleans())
def test_a_slice_counts_the_rows_that_have_its_values(
    engine: Engine, wanted: list[tuple[str, str]], died: bool
) -> None:
    text = ",".join(f"{column}:{value}" for column, value in wanted)
    part = BEGUN.model_copy(update={"where": "died || booked"}) if died else BEGUN
    narrowed = sliced_part(part, parse_slices(text))
    assert narrowed is not None
    rows = [
        row
        for row in town_rows("encounter", COUNT, seed=0)
        if row["registered_at"] is not None
        and row["registered_at"].year == 2026
        and (not died or row["died"] or row["booked"])
        and all(row[column] == value for column, value in wanted)
    ]
    assert engine.figures([narrowed], WINDOW, ())[narrowed][()] == len(rows)


@pytest.mark.parametrize("column", ["payer", "class", "main_diagnosis", "died"])
def test_what_is_put_together_by_a_column_adds_up_and_equals_each_slice(
    engine: Engine, column: str
) -> None:
    cells = engine.figures([BEGUN], WINDOW, (column,))[BEGUN]
    assert sum(cells.values()) == engine.figures([BEGUN], WINDOW, ())[BEGUN][()] > 0
    for (value,), count in cells.items():
        if value is None or column == "main_diagnosis":
            continue
        said = ("yes" if value else "no") if isinstance(value, bool) else value
        part = sliced_part(BEGUN, [Slice(column, said)])
        assert part is not None
        assert engine.figures([part], WINDOW, ())[part][()] == count


def test_rows_that_another_part_counts_are_left_out(engine: Engine) -> None:
    inpatients = BEGUN.model_copy(update={"where": 'class == "inpatient"'})
    every = engine.rows(BEGUN, WINDOW, [], skip=0, limit=200)
    inside = engine.rows(inpatients, WINDOW, [], skip=0, limit=200)
    others = engine.rows(BEGUN, WINDOW, [], skip=0, limit=200, without=inpatients)
    none = engine.rows(inpatients, WINDOW, [], skip=0, limit=200, without=BEGUN)
    keys = {row["encounter"] for row in inside.rows} | {row["encounter"] for row in others.rows}
    assert keys == {row["encounter"] for row in every.rows}
    assert (inside.total + others.total, none.total) == (every.total, 0)
    assert 0 < inside.total < every.total


@pytest.mark.parametrize(
    "text",
    ["payer", "payer:", ":self", "payer:gold", "encounter:E1", "nothing:1", "died:perhaps",
     "payer:self,payer:public", ",".join(f"drg:{n}" for n in range(9))],
)  # fmt: skip
def test_what_is_no_slice_is_refused(text: str) -> None:
    with pytest.raises(BadSlice):
        parse_slices(text)


@given(text=st.text(max_size=40))
def test_a_slice_of_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse_slices(f"main_diagnosis:{text}")
    except BadSlice:
        return
    part = sliced_part(BEGUN, found)
    assert part is not None
    assert part.model_copy(update={"where": part.where}).condition == part.condition


def test_other_facts_cannot_be_narrowed_by_it() -> None:
    beds = Part(fact="ward_day", time="at", department="ward")
    assert sliced_part(beds, parse_slices("payer:self")) is None
    assert parse_slices("payer:self, class:inpatient") == parse_slices("class:inpatient,payer:self")


def test_by_what_figures_are_put_together_is_known_and_little() -> None:
    assert parse_by("department, payer,department") == ("department", "payer")
    assert parse_by("") == ()
    with pytest.raises(BadSlice):
        parse_by("encounter")
    with pytest.raises(TooMuchAtOnce):
        parse_by("hospital,department,doctor,month")


def test_every_value_of_a_code_is_told_in_words() -> None:
    for fact in star().values():
        for column in fact.columns.values():
            for value in column.values:
                zh, en = column.words[value]
                assert zh, (fact.name, column.name, value)
                assert en, (fact.name, column.name, value)


def test_no_definition_of_the_library_tells_a_code_as_it_is_kept() -> None:
    known, _ = read_indicators(Path("/nowhere"))
    for one in known.values():
        for caliber in one.calibers:
            for part in caliber.parts():
                said = part_view(part).condition.zh
                codes = [c for c in part.of_fact.columns.values() if c.kind is Kind.CODE]
                for column in codes:
                    assert not [v for v in column.values if f"{column.zh} = {v}" in said]
