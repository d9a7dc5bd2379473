"""Totals for publication are exact, and evidence names each row that was counted."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.unit.applications.indicators.publishing.star_house import put, stay
from tests.unit.applications.indicators.rows import some_rows, table_of

from lianyi.applications.indicators.failures import NoStar
from lianyi.applications.indicators.heard import Span
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.publishing.counts import TRIES, Behind, Counts, Moved
from lianyi.applications.indicators.publishing.model import WHOLE
from lianyi.applications.indicators.publishing.periods import parse_period
from lianyi.applications.indicators.publishing.problems import EvidenceGone
from lianyi.projections.operational.shelf import Shelf
from lianyi.projections.operational.star import star

JUNE = parse_period("2026-06")
YEAR = parse_period("2026")
PLACE = {"fact": "encounter", "time": "discharged_at", "department": "discharging"}
STAYS = Part(**PLACE)
DAYS = Part(**PLACE, aggregate="sum", of="stay_days")
WEIGHT = Part(**PLACE, aggregate="sum", of="drg_weight")
HOURS = Part(**PLACE, aggregate="sum", of="hours(admitted_at, discharged_at)")
PATIENTS = Part(**PLACE, aggregate="distinct", of="patient")
ALL = [STAYS, DAYS, WEIGHT, HOURS, PATIENTS]


@pytest.fixture
def counts(tmp_path: Path) -> Counts:
    rows = [
        stay(n, "2026-06-02", department=f"D{n % 2 + 1}")
        | {"stay_days": n, "drg_weight": Decimal("0.1"), "patient": f"p{n // 2}"}
        for n in range(10)
    ]
    for row in rows:
        row["admitted_at"] = row["discharged_at"] - timedelta(minutes=90)
    rows.append(stay(99, "2026-06-02") | {"discharging": None})
    put(tmp_path, rows)
    return Counts(tmp_path / "star", tmp_path / "evidence")


def test_totals_are_exact_of_each_kind(counts: Counts) -> None:
    found = counts.count(ALL, JUNE, keep=False, split=True)
    told = {of: found[of].cells for of in ALL}
    assert told[STAYS] == {("HA", WHOLE): 11, ("HA", "D1"): 5, ("HA", "D2"): 5}
    assert told[DAYS] == {("HA", WHOLE): 45, ("HA", "D1"): 20, ("HA", "D2"): 25}
    assert told[WEIGHT]["HA", WHOLE] == Decimal(1)  # of ten times 0.1: no float has been near it
    assert told[HOURS]["HA", "D1"] == 5 * 90 * 60
    assert told[PATIENTS] == {("HA", WHOLE): 5, ("HA", "D1"): 5, ("HA", "D2"): 5}


def test_many_parts_of_a_hospital_come_to_what_one_by_one_comes_to(tmp_path: Path) -> None:
    rows = some_rows("encounter", 400, seed=3)
    for number, row in enumerate(rows):
        row["hospital"] = f"H{number % 3}"
    Shelf(tmp_path).put(star()["encounter"], "his", None, table_of("encounter", rows))
    counts, quarter = Counts(tmp_path, tmp_path), Period(312, 314)
    many = [one.model_copy(update={"where": where}) for one in ALL for where in ("", "died")]
    for hospital in ("H0", "H1", "nowhere"):
        alone = counts.count(many, quarter, keep=False, hospital=hospital)
        expected = {of: alone[of].cells.get((hospital, WHOLE), 0) for of in many}
        assert counts.totals(many, quarter, hospital) == {
            of: total for of, total in expected.items() if total
        }
        assert all(expected.values()) == (hospital != "nowhere")


class Watched(Counts):
    """Counts, and says how often it had to look at the files."""

    looks = 0

    @contextmanager
    def _tables(self) -> Iterator[Any]:
        self.looks += 1
        with super()._tables() as opened:
            yield opened


def test_what_is_known_is_told_at_once_until_a_file_is_another(tmp_path: Path) -> None:
    counts, months = Watched(tmp_path / "star", tmp_path), Span(JUNE.first, JUNE.last)

    def told(by: Counts) -> tuple[Any, ...]:
        heard = by.heard(ALL, {})
        lacks = [heard.no_data([of], {"HA"}, months) for of in ALL]
        return by.totals(ALL, JUNE, "HA"), by.totals(ALL, JUNE, "HB"), lacks

    assert told(counts)[0] == {}
    seen = []
    for days in (1, 2, 1, 3):
        put(tmp_path, [stay(n, "2026-06-02") | {"stay_days": n} for n in range(days)])
        seen.append(told(counts))
        assert seen[-1] == told(Counts(tmp_path / "star", tmp_path))
        looks = counts.looks
        assert told(counts) == seen[-1]
        assert counts.looks == looks
    assert [totals.get(STAYS, 0) for totals, _, _ in seen] == [1, 2, 1, 3]
    assert [totals.get(DAYS, 0) for totals, _, _ in seen] == [0, 1, 0, 3]


class Robbed(Counts):
    """Counts a star of which a file goes whenever it has just been looked at, while there are."""

    files: list[Path]

    @contextmanager
    def _tables(self) -> Iterator[Any]:
        with super()._tables() as opened:
            for file in self.files[:1]:
                file.unlink()
                self.files = self.files[1:]
            yield opened


ASKS: dict[str, Callable[[Counts], Any]] = {
    "count": lambda counts: counts.count([STAYS], YEAR, keep=True)[STAYS],
    "totals": lambda counts: counts.totals(ALL, YEAR, "HA"),
    "heard": lambda counts: counts.heard([STAYS], {}).no_data([STAYS], {"HA"}, Span(0, 0)),
    "moved": lambda counts: counts.moved(
        Behind(None, YEAR, "HA", WHOLE), Behind(STAYS, YEAR, "HA", WHOLE)
    ),
}


@pytest.mark.parametrize("ask", ASKS)
def test_whoever_finds_a_file_gone_begins_again(tmp_path: Path, ask: str) -> None:
    put(tmp_path, [stay(n, f"2026-{n + 1:02}-02") for n in range(TRIES + 1)])
    counts = Robbed(tmp_path / "star", tmp_path / "evidence")
    files = sorted((tmp_path / "star" / "encounter" / "his").glob("*.parquet"))
    counts.files = files[: TRIES - 1]

    found = ASKS[ask](counts)

    assert counts.files == []
    assert found == ASKS[ask](Counts(tmp_path / "star", tmp_path / "evidence"))


def test_a_file_that_is_put_in_the_place_of_another_while_it_is_counted(tmp_path: Path) -> None:
    """The old one's end and the new one's rows are no file: DuckDB says that it is invalid."""
    shelf, fact, ended = Shelf(tmp_path / "star"), star()["encounter"], threading.Event()
    sizes = (1, 401, 801)

    def learn() -> None:
        for size in itertools.cycle(sizes):
            rows = table_of("encounter", [stay(n, "2026-06-02") for n in range(size)])
            shelf.put(fact, "his", JUNE.first, rows)
            if ended.wait(0.02):
                return

    put(tmp_path, [stay(0, "2026-06-02")])
    learning = threading.Thread(target=learn)
    learning.start()
    try:
        for _ in range(60):
            counts = Counts(tmp_path / "star", tmp_path / "evidence")
            (cells,) = (one.cells for one in counts.count([STAYS], JUNE, keep=False).values())
            assert cells["HA", WHOLE] in sizes
    finally:
        ended.set()
        learning.join()


def test_where_a_file_is_gone_again_and_again_it_is_said(tmp_path: Path) -> None:
    put(tmp_path, [stay(n, f"2026-{n + 1:02}-02") for n in range(TRIES + 1)])
    counts = Robbed(tmp_path / "star", tmp_path / "evidence")
    counts.files = sorted((tmp_path / "star" / "encounter" / "his").glob("*.parquet"))
    with pytest.raises(NoStar, match="IOException"):
        ASKS["count"](counts)


def test_rows_that_came_went_or_count_otherwise_are_told(counts: Counts, tmp_path: Path) -> None:
    kept = counts.count([DAYS], JUNE, keep=True)[DAYS].evidence
    same = counts.count([DAYS], JUNE, keep=True)[DAYS].evidence
    assert kept == same
    rows = [
        stay(n, "2026-06-02", department=f"D{n % 2 + 1}") | {"stay_days": n} for n in range(1, 9)
    ]
    rows[0]["stay_days"] = 7
    rows[1]["discharging"] = "D2"
    rows.append(stay(100, "2026-06-03") | {"stay_days": 1})
    before = counts.signature(["encounter", "charge"])
    put(tmp_path, rows)
    after = counts.signature(["encounter", "charge"])
    assert before["encounter"] != after["encounter"]
    assert before["charge"] == after["charge"]

    def moved(department: str) -> Moved:
        then = Behind(kept, JUNE, "HA", department)
        return counts.moved(then, Behind(DAYS, JUNE, "HA", department))

    assert moved(WHOLE) == Moved(only_then=3, only_now=1, otherwise=2)
    assert moved("D1") == Moved(only_then=2, only_now=1, otherwise=0)
    nothing = Behind(None, JUNE, "HA", WHOLE)
    assert counts.moved(Behind(kept, JUNE, "HA", WHOLE), nothing) == Moved(11, 0, 0)


def test_evidence_that_is_not_what_it_was_is_refused(counts: Counts, tmp_path: Path) -> None:
    kept = counts.count([STAYS], JUNE, keep=True)[STAYS].evidence
    behind = Behind(kept, JUNE, "HA", WHOLE)
    (file,) = (tmp_path / "evidence").iterdir()
    assert file.stem == kept
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(EvidenceGone):
        counts.moved(behind, behind)
    file.unlink()
    with pytest.raises(EvidenceGone):
        counts.moved(behind, behind)
