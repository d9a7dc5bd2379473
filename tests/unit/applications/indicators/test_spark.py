"""Spark counts what DuckDB counts: all of the library cell by cell, lists, moments."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import ibis  # type: ignore[import-untyped]
import pytest
from tests.unit.applications.indicators import two_stars
from tests.unit.applications.indicators.test_golden import EXPECTED, GOLDEN, golden_rows

from lianyi.applications.indicators import counting
from lianyi.applications.indicators.engine import Engine, ShelfStar
from lianyi.applications.indicators.figures import Counts, Teller
from lianyi.applications.indicators.model import Indicator, Part
from lianyi.applications.indicators.reading import read_indicators
from lianyi.applications.indicators.settings import IndicatorSettings
from lianyi.applications.indicators.window import EVERYWHERE, Places, Window
from lianyi.projections.operational.shelf import Shelf
from lianyi.projections.operational.star import star

Cells = dict[tuple[Any, ...], Decimal]
FINEST: Final = ("hospital", "department", "month")
GOLDEN_HOSPITAL: Final = "G1"
MARCH: Final = 314
WINDOWS: Final = (
    (Window(311, 316, EVERYWHERE), FINEST),
    (Window(312, 313, Places(frozenset({"H1"}), frozenset({("H2", "D1")}))), ("hospital",)),
)
IN_ONE_QUERY: Final = 30

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hospital that is counted by hand, and two of which every value is random."""
    place = tmp_path_factory.mktemp("star")
    two_stars.put(place, count=120)
    for name in GOLDEN:
        Shelf(place).put(star()[name], "golden", MARCH, golden_rows(name, GOLDEN_HOSPITAL))
    return place


@pytest.fixture(scope="module")
def duck(folder: Path) -> Iterator[Engine]:
    engine = Engine(ShelfStar(folder), IndicatorSettings())
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def spark(folder: Path) -> Iterator[Engine]:
    """A Spark that does not compile what runs once over some hundred rows: a third of the time."""
    pytest.importorskip("pyspark", reason="make test installs it, and a Java")
    engine = Engine(ShelfStar(folder), IndicatorSettings(engine="spark"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        runner, _ = engine._opened()
    for key, value in {"codegen.wholeStage": "false", "codegen.factoryMode": "NO_CODEGEN",
                       "adaptive.enabled": "false"}.items():  # fmt: skip
        runner._session.conf.set(f"spark.sql.{key}", value)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def library() -> Mapping[str, Indicator]:
    known, _ = read_indicators(Path("/nowhere"))
    return known


@pytest.fixture(scope="module")
def parts(library: Mapping[str, Indicator]) -> list[Part]:
    calibers = [caliber for one in library.values() for caliber in one.calibers]
    return list(dict.fromkeys(part for caliber in calibers for part in caliber.parts()))


@pytest.mark.parametrize(("window", "by"), WINDOWS)
def test_every_part_of_the_library_comes_to_the_same_on_every_path(
    duck: Engine, spark: Engine, parts: list[Part], window: Window, by: Sequence[str]
) -> None:
    wanted = _direct(duck, parts, window, by)
    assert sum(map(len, wanted.values())) > len(parts)
    paths = {
        "DuckDB, two passes": _exact(duck.figures(parts, window, by)),
        "Spark, two passes": _exact(spark.figures(parts, window, by)),
    }
    if by == FINEST:  # the same expressions, with other numbers in them, in the other case
        paths["Spark, row by row"] = _direct(spark, parts, window, by)
    for path, found in paths.items():
        apart = [part for part in parts if found[part] != wanted[part]]
        assert apart == [], path


def test_every_value_of_the_library_is_the_same(
    duck: Engine, spark: Engine, library: Mapping[str, Indicator], parts: list[Part]
) -> None:
    window, by = WINDOWS[0]
    theirs, ours = duck.figures(parts, window, by), spark.figures(parts, window, by)
    compared = 0
    for one in library.values():
        for caliber in one.calibers:
            if not (sides := caliber.parts()):
                continue
            teller = Teller(one, sides[0], sides[1] if len(sides) > 1 else None)
            for key in {key for part in sides for key in theirs[part]}:
                a, b = (
                    teller.value(
                        Counts(*([cells[part].get(key, 0) for part in sides] + [None])[:2])
                    )
                    for cells in (theirs, ours)
                )
                assert (a is None) == (b is None)
                assert a is None or b is None or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
                compared += 1
    assert compared > 1_000


def test_spark_counts_what_a_person_counts(spark: Engine, library: Mapping[str, Indicator]) -> None:
    window = Window(MARCH, MARCH, Places(frozenset({GOLDEN_HOSPITAL})))
    calibers = {
        place: caliber
        for place in EXPECTED
        for caliber in library[place[0]].calibers
        if caliber.caliber == place[1]
    }
    found = spark.figures([p for one in calibers.values() for p in one.parts()], window, ())
    for place, caliber in calibers.items():
        numbers = [found[part][()] for part in caliber.parts()] + [None]
        assert tuple(numbers[:2]) == EXPECTED[place][:2], place


def test_the_rows_behind_a_figure_are_the_same(duck: Engine, spark: Engine) -> None:
    window = WINDOWS[1][0]
    for part, columns in (
        (Part(fact="charge", time="charged_at", department="ordering", aggregate="sum",
              of="amount_fen", where='category == "drug"'), ["amount_fen", "patient_of"]),
        (Part(fact="surgery", time="started_at", department="operating"), ["started_at"]),
    ):  # fmt: skip
        listed = duck.rows(part, window, columns, skip=1, limit=20)
        assert listed.total > 1
        assert spark.rows(part, window, columns, skip=1, limit=20) == listed
        until = datetime(2026, 2, 20)  # noqa: DTZ001 - as the star has instants
        newest = duck.newest(part, window, until=until)
        assert newest is not None
        assert spark.newest(part, window, until=until) == newest


def test_files_that_come_and_go_are_counted_as_they_lie(folder: Path, spark: Engine) -> None:
    visits = Part(fact="encounter", time="admitted_at", department="admitting")
    window = Window(311, 316, Places(frozenset({"G2"})))
    fact, shelf = star()["encounter"], Shelf(folder)
    rows = golden_rows("encounter", "G2")
    assert spark.figures([visits], window, ())[visits][()] == 0
    shelf.put(fact, "another", MARCH, rows)
    admitted = sum(one is not None for one in rows["admitted_at"].to_pylist())
    assert spark.figures([visits], window, ())[visits][()] == admitted > 0
    shelf.put(fact, "another", MARCH, None)
    assert spark.figures([visits], window, ())[visits][()] == 0


def _direct(
    engine: Engine, parts: Sequence[Part], window: Window, by: Sequence[str]
) -> dict[Part, Cells]:
    """Count row by row, each part by itself; some in one question, for a Spark asks slowly."""
    runner, tables = engine._opened()
    found: dict[Part, Cells] = {part: {} for part in parts}
    for start in range(0, len(parts), IN_ONE_QUERY):
        some = parts[start : start + IN_ONE_QUERY]
        asked = []
        for number, part in enumerate(some):
            cells = counting.cells(part, tables, window, by)
            exact = cells.mutate(
                value=cells.value.cast("decimal(38, 4)"), part=ibis.literal(number)
            )
            asked.append(exact.select(*by, "value", "part"))
        for row in runner.answer(ibis.union(*asked)).to_pylist():
            if row["value"]:
                found[some[row["part"]]][tuple(row[one] for one in by)] = row["value"]
    return found


def _exact(found: Mapping[Part, Mapping[Any, Any]]) -> dict[Part, Cells]:
    return {
        part: {key: Decimal(value) for key, value in cells.items() if value}
        for part, cells in found.items()
    }
