"""Every shipped rule finds the row that was planted for it in a sound hospital, and no other."""

from __future__ import annotations

from pathlib import Path

import ibis  # type: ignore[import-untyped]
import pytest
from tests.unit.applications.indicators.quality.hospital import (
    FAULTS,
    KNOWN,
    TWICE,
    planted,
    put,
    sound,
)

from lianyi.applications.indicators.duck import Duck
from lianyi.applications.indicators.failures import NoStar
from lianyi.applications.indicators.quality import checks
from lianyi.applications.indicators.quality.reading import read_rules
from lianyi.applications.indicators.quality.sourced import SourcedStar
from lianyi.applications.indicators.quality.surveying import ALWAYS, Surveyor
from lianyi.projections.lake.lake import Lake

RULES, PROBLEMS = read_rules(Path("/nowhere"))
ON_STAR = {code: one for code, one in RULES.items() if not one.of_lake}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("star")
    put(place, planted())
    return place


def test_every_shipped_rule_is_usable_and_has_a_planted_fault() -> None:
    assert PROBLEMS == []
    assert len(ON_STAR) >= 60
    assert set(FAULTS) == set(ON_STAR)


def test_every_rule_finds_exactly_the_planted_rows(folder: Path) -> None:
    backend = ibis.duckdb.connect()
    tables = SourcedStar(folder).tables(Duck(backend))
    found = {}
    for code, rule in ON_STAR.items():
        rows = checks.rows(tables, rule, ALWAYS, KNOWN, "")
        keys = rows.select(rule.of_fact.key).to_pyarrow().column(0).to_pylist()
        found[code] = set(keys)
    backend.disconnect()
    assert found == {code: {code} for code in ON_STAR}


def test_a_run_counts_what_the_rows_are(folder: Path, tmp_path: Path) -> None:
    surveyed = Surveyor(folder, Lake(tmp_path), 1, 256).run(RULES.values(), KNOWN)
    violated = dict.fromkeys(ON_STAR, 0)
    for one in surveyed.results:
        violated[one.rule] += one.violated
        assert one.cell.source == "his"
    assert violated == {code: 2 if code in TWICE else 1 for code in ON_STAR}
    assert not list(folder.glob(".quality-*"))


def test_a_sound_hospital_has_no_finding(tmp_path: Path) -> None:
    put(tmp_path / "star", sound())
    surveyed = Surveyor(tmp_path / "star", Lake(tmp_path), 1, 256).run(RULES.values(), KNOWN)
    assert {one.rule for one in surveyed.results if one.violated} == set()
    assert len({one.rule for one in surveyed.results}) > 80


def test_a_damaged_file_is_a_failure_that_is_tried_again_and_not_the_end(tmp_path: Path) -> None:
    place = tmp_path / "star" / "order" / "his"
    place.mkdir(parents=True)
    (place / "2026-03.parquet").write_bytes(b"no parquet")
    with pytest.raises(NoStar):
        Surveyor(tmp_path / "star", Lake(tmp_path), 1, 256).run(RULES.values(), KNOWN)
    assert not list((tmp_path / "star").glob(".quality-*"))
