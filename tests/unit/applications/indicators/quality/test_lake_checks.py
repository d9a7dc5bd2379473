"""Rules on raw tables of the lake: a missing table, column or value is counted, row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.unit.projections.lake.making import arrived, land, row

from lianyi.applications.indicators.quality.model import Cell, Known
from lianyi.applications.indicators.quality.reading import parse_rule
from lianyi.applications.indicators.quality.surveying import Surveyor

SAID: dict[str, Any] = {
    "name": {"zh": "一", "en": "one"},
    "table": "his.visit",
    "hospital": "HA",
    "category": "conformance",
    "matters": {"zh": "一", "en": "one"},
}
RULES: tuple[dict[str, Any], ...] = (
    {"rule": "OWN-001", "check": "cdmTable"},
    {"rule": "OWN-002", "check": "cdmTable", "table": "his.ward"},
    {"rule": "OWN-003", "check": "cdmField", "field": "note"},
    {"rule": "OWN-004", "check": "cdmField", "field": "nothing"},
    {"rule": "OWN-005", "check": "isRequired", "field": "note"},
    {"rule": "OWN-006", "check": "isPrimaryKey", "field": "note"},
    {"rule": "OWN-007", "check": "cdmDatatype", "field": "fee"},
    {"rule": "OWN-008", "check": "fkDomain", "field": "note", "values": ["a"]},
    {"rule": "OWN-009", "check": "cdmDatatype", "field": "note", "shape": "[ab]"},
    {"rule": "OWN-010", "check": "cdmTable", "table": "lis.report"},
    {"rule": "OWN-011", "check": "isRequired", "field": "note", "table": "his.ward"},
)


def test_each_check_counts_the_rows_that_were_made_for_it(tmp_path: Path) -> None:
    said = [row(1, "a"), row(2, "a"), row(3, "b"), row(4, None), row(5, "long", fee="twelve")]
    lake = land(tmp_path / "lake", [arrived(1, 1, said)])
    rules = [parse_rule(SAID | one, "own.yaml") for one in RULES]
    found = Surveyor(tmp_path / "star", lake, 1, 256).run(rules, Known())
    assert {one.rule: (one.violated, one.denominator) for one in found.results} == {
        "OWN-001": (0, 1),
        "OWN-002": (1, 1),
        "OWN-003": (0, 1),
        "OWN-004": (1, 1),
        "OWN-005": (1, 5),
        "OWN-006": (2, 4),
        "OWN-007": (1, 5),
        "OWN-008": (2, 4),
        "OWN-009": (1, 4),
    }
    assert {one.cell for one in found.results} == {Cell("his", "HA", "")}
    assert found.watermark["his.visit"]
