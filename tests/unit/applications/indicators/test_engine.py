"""Counting in a process: periods, what is remembered, the second wall, files, giving up."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.unit.applications.indicators import two_stars
from tests.unit.applications.indicators.two_stars import town_rows

from lianyi.applications.indicators import counting, rowing
from lianyi.applications.indicators.counter import Counter
from lianyi.applications.indicators.engine import Engine, ShelfStar
from lianyi.applications.indicators.failures import OutOfSight, TooMuchAtOnce, UnreadablePeriod
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.periods import parse_period
from lianyi.applications.indicators.settings import IndicatorSettings
from lianyi.applications.indicators.window import EVERYWHERE, Places, Window
from lianyi.projections.operational.shelf import Shelf
from lianyi.projections.operational.star import star

VISITS = Part(fact="encounter", time="registered_at", department="registering")
WINDOW = Window(312, 314, Places(frozenset({"H1"})))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("star")
    two_stars.put(place, count=60)
    return place


@pytest.mark.parametrize(
    ("text", "months", "en"),
    [
        ("2026-03", (314, 314), "March 2026"),
        ("2026q1", (312, 314), "quarter 1 of 2026"),
        ("2026", (312, 323), "2026"),
        ("2025-12..2026-01", (311, 312), "December 2025 to January 2026"),
        ("2026-03-01..2026-03-31", (314, 314), "March 2026"),
    ],
)
def test_periods_are_whole_months(text: str, months: tuple[int, int], en: str) -> None:
    found = parse_period(text)
    assert ((found.first, found.last), found.en) == (months, en)


@pytest.mark.parametrize("text", ["", "2026-13", "2026Q5", "1999", "2026-03..2026-01", "２０２６"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(UnreadablePeriod):
        parse_period(text)


def test_a_period_of_many_years_is_too_much() -> None:
    with pytest.raises(TooMuchAtOnce):
        parse_period("2010-01..2026-03")


def test_cells_are_remembered_until_a_file_is_put_in_place_anew(tmp_path: Path) -> None:
    two_stars.put(tmp_path, count=40)
    engine = Engine(ShelfStar(tmp_path), IndicatorSettings())
    before = engine.figures([VISITS], WINDOW, ())[VISITS][()]
    assert engine.known([VISITS], WINDOW, ()) == {VISITS: {(): before}}
    for month in Shelf(tmp_path).months(star()["encounter"], "log"):
        Shelf(tmp_path).put(star()["encounter"], "log", month, None)
    assert engine.known([VISITS], WINDOW, ()) is None
    assert before > 0
    assert engine.figures([VISITS], WINDOW, ())[VISITS][()] == 0
    engine.close()


def test_a_row_or_cell_of_another_place_is_held_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = counting.within

    def forgetful(table: Any, part: Part, window: Window) -> Any:
        return whole(table, part, Window(window.first, window.last, EVERYWHERE))

    monkeypatch.setattr(counting, "within", forgetful)
    engine = Engine(ShelfStar(folder), IndicatorSettings())
    with pytest.raises(OutOfSight):
        engine.figures([VISITS], WINDOW, ("hospital", "department"))
    with pytest.raises(OutOfSight):
        engine.rows(VISITS, WINDOW, [], skip=0, limit=60)
    engine.close()


def test_rows_of_charges_are_of_the_patient_of_their_encounter(folder: Path) -> None:
    charges = Part(fact="charge", time="charged_at", department="ordering")
    engine = Engine(ShelfStar(folder), IndicatorSettings())
    listed = engine.rows(charges, WINDOW, ["amount_fen"], skip=0, limit=60)
    patients = {row["encounter"]: row["patient"] for row in town_rows("encounter", 60, seed=0)}
    assert listed.total > 0
    for row in listed.rows:
        assert row["patient_of"] == patients.get(row["encounter"], "")
    engine.close()


async def test_who_gives_up_holds_nobody_up(folder: Path) -> None:
    counter = Counter(lambda: ShelfStar(folder), IndicatorSettings())
    asking = asyncio.create_task(counter.figures([VISITS], WINDOW, ("month",)))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    found = await counter.figures([VISITS], WINDOW, ())
    rows = [row for row in town_rows("encounter", 60, seed=0) if row["hospital"] == "H1"]
    assert found[VISITS][()] == sum(row["registered_at"] is not None for row in rows)
    await counter.close()


@pytest.mark.parametrize("text", ["=1+1", "+49", "-2", "@SUM(A1)", "\t=1", " =1", "＝1"])
def test_no_text_in_a_file_is_a_formula(text: str) -> None:
    assert rowing.harmless(text) == f"'{text}"


def test_numbers_and_other_texts_in_a_file_stay_as_they_are() -> None:
    assert [rowing.harmless(one) for one in (-2, "A=1", "内科")] == [-2, "A=1", "内科"]
