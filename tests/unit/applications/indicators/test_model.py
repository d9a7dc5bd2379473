"""Definitions: what their hash is over, which files are refused, what the eight faults are."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from lianyi.applications.indicators.failures import BadIndicator
from lianyi.applications.indicators.lint import Fault, lint
from lianyi.applications.indicators.model import Category, Indicator, definition_hash
from lianyi.applications.indicators.reading import parse_indicator, read_indicators
from lianyi.cli.indicator import indicator

TODAY = date(2026, 11, 30)
TEXT = """
indicator: TST-001
name: { zh: 测试比例, en: a share for tests }
category: quality
meaning: 测试用的比例，说明含义
unit: percent
better: up
owner: 质控办
source: { document: 本院规定, paragraph: 第一条 }
drill: [encounter, died]
calibers:
  - caliber: hospital
    version: 1
    title: { zh: 院内口径, en: as counted here }
    valid_from: 2026-01-01
    numerator:
      fact: encounter
      where: 'class == "inpatient" && died'
      time: discharged_at
      department: discharging
    denominator:
      fact: encounter
      where: 'class == "inpatient"'
      time: discharged_at
      department: discharging
"""


def changed(**changes: Any) -> str:
    """Return the text with values at paths, ``a.b.0.c``, changed; None takes a key away."""
    data = yaml.safe_load(TEXT)
    for path, value in changes.items():
        *above, last = (int(one) if one.isdigit() else one for one in path.split("__"))
        place = data
        for one in above:
            place = place[one]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return yaml.safe_dump(data, allow_unicode=True)


def read(text: str) -> Indicator:
    return parse_indicator(text, "TST-001.yaml")


def hash_of(text: str) -> str:
    one = read(text)
    return definition_hash(one, one.calibers[0])


NUMERATOR, DENOMINATOR = "calibers__0__numerator", "calibers__0__denominator"
COUNTED = [
    {"unit": "per_mille"},
    {"calibers__0__valid_from": "2026-02-01"},
    {"calibers__0__valid_to": "2026-12-31"},
    {f"{NUMERATOR}__where": 'class == "inpatient" && !died'},
    {f"{NUMERATOR}__time": "admitted_at"},
    {f"{NUMERATOR}__department": "admitting"},
    {f"{NUMERATOR}__fact": "surgery", f"{NUMERATOR}__where": "died"},
    {f"{NUMERATOR}__aggregate": "distinct", f"{NUMERATOR}__of": "patient"},
    {f"{NUMERATOR}__aggregate": "sum", f"{NUMERATOR}__of": "stay_days"},
    {f"{DENOMINATOR}__where": None},
    {f"{DENOMINATOR}__time": "admitted_at"},
    {DENOMINATOR: None},
    {NUMERATOR: None, DENOMINATOR: None, "calibers__0__by_form": "填报，附证明"},
]
SAID = [
    {"name": {"zh": "别的名称", "en": "another name"}},
    {"owner": "医务部"},
    {"meaning": "换一种说法的含义说明"},
    {"drill": ["encounter"]},
    {"calibers__0__title": {"zh": "别的", "en": "other"}},
    {f"{NUMERATOR}__where": "  class=='inpatient'&&(died) "},
]


@pytest.mark.parametrize("changes", COUNTED)
def test_an_approval_falls_off_with_anything_that_can_change_the_number(
    changes: dict[str, Any],
) -> None:
    assert hash_of(changed(**changes)) != hash_of(TEXT)


@pytest.mark.parametrize("changes", SAID)
def test_nothing_else_makes_it_fall_off(changes: dict[str, Any]) -> None:
    assert hash_of(changed(**changes)) == hash_of(TEXT)


@pytest.mark.parametrize(
    ("changes", "place", "why"),
    [
        ({"naem": 1}, "naem", "nearest known one is 'name'"),
        ({f"{NUMERATOR}__wher": "died"}, "numerator.wher", "nearest known one is 'where'"),
        ({f"{NUMERATOR}__fact": "encounters"}, "numerator.fact", "'encounter'"),
        ({f"{NUMERATOR}__time": "discharged"}, "numerator.time", "'discharged_at'"),
        ({f"{NUMERATOR}__department": "dischargin"}, "numerator.department", "'discharging'"),
        ({f"{NUMERATOR}__where": "dyed"}, "where, character 1", "'died'"),
        ({f"{NUMERATOR}__of": "patient"}, "numerator.of", "rows are counted"),
        ({f"{NUMERATOR}__aggregate": "sum", f"{NUMERATOR}__of": "payer"}, "of", "no number"),
        ({f"{NUMERATOR}__aggregate": "sum", f"{NUMERATOR}__of": "days(a, b)"}, "character 6", "a"),
        ({"drill": ["dyed"]}, "drill", "'died'"),
        ({"category": "qualty"}, "category", "quality"),
        ({"calibers__0__by_form": "x"}, "calibers.0", "one of them"),
        ({"calibers__0__valid_to": "2025-01-01"}, "calibers.0", "ends before"),
        ({"indicator": "TST-002"}, "indicator", "name of the file"),
    ],
)  # fmt: skip
def test_a_file_with_an_error_is_refused_with_key_and_nearest_name(
    changes: dict[str, Any], place: str, why: str
) -> None:
    with pytest.raises(BadIndicator) as caught:
        read(changed(**changes))
    assert caught.value.where.startswith("TST-001.yaml")
    assert place in caught.value.where
    assert why in caught.value.text("en")


def test_what_is_no_yaml_says_its_line() -> None:
    with pytest.raises(BadIndicator) as caught:
        read("indicator: TST-001\nname: [")
    assert "line" in caught.value.where


def test_one_broken_file_keeps_no_other_away(tmp_path: Path) -> None:
    folder = tmp_path / "indicators" / "own"
    folder.mkdir(parents=True)
    (folder / "TST-001.yaml").write_text(TEXT, encoding="utf-8")
    (folder / "TST-009.yaml").write_text("indicator: [", encoding="utf-8")
    (folder / "EX-04.yaml").write_bytes(b"\xff\xfe")
    known, problems = read_indicators(tmp_path)
    assert "TST-001" in known
    assert "EX-04" not in known
    assert sorted(one.where.partition(":")[0] for one in problems) == ["EX-04.yaml", "TST-009.yaml"]
    found = CliRunner().invoke(indicator, ["check", "--content", str(tmp_path)])
    assert found.exit_code == 1
    assert "TST-009.yaml" in found.output


# --- the library ---------------------------------------------------------------------------------


def test_the_library_is_whole_and_without_faults(tmp_path: Path) -> None:
    known, problems = read_indicators(tmp_path)
    assert problems == []
    assert len(known) >= 300
    assert {one.category for one in known.values()} == set(Category)
    assert sorted(one.exam for one in known.values() if one.exam) == [*range(1, 57)]
    assert lint(known.values(), today=TODAY, approved={}) == []


def test_every_indicator_is_told_on_the_command_line(tmp_path: Path) -> None:
    runner = CliRunner()
    where = ["--content", str(tmp_path)]
    assert runner.invoke(indicator, ["check", *where]).exit_code == 0
    listed = runner.invoke(indicator, ["list", "--category", "safety", *where])
    assert "EX-14" in listed.output
    assert "EX-04" not in listed.output
    shown = runner.invoke(indicator, ["show", "EX-04", *where])
    assert 'kind in ["operation", "interventional"]' in shown.output
    missing = runner.invoke(indicator, ["show", "EX-4", *where])
    assert missing.exit_code == 1
    assert "EX-" in missing.output


# --- the eight faults ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"meaning": "短"}, Fault.UNCLEAR),
        ({"source": {"document": "本院规定", "paragraph": "-"}}, Fault.WITHOUT_STANDARD),
        ({DENOMINATOR: None}, Fault.MISUSED),
        ({"unit": "yuan"}, Fault.MISUSED),
        (
            {
                f"{NUMERATOR}__aggregate": "sum",
                f"{NUMERATOR}__of": "hours(admitted_at, discharged_at)",
            },
            Fault.MISUSED,
        ),
        ({f"{NUMERATOR}__time": "admitted_at"}, Fault.MIXED),
        ({f"{NUMERATOR}__where": "died"}, Fault.OVERUSED),
        ({"calibers__0__valid_to": "2026-06-30"}, Fault.OUT_OF_DATE),
    ],
)
def test_each_fault_is_found(changes: dict[str, Any], fault: Fault) -> None:
    found = lint([read(changed(**changes))], today=TODAY, approved={})
    assert {one.fault for one in found} == {fault}
    assert all("{" not in one.zh + one.en for one in found)


def test_a_definition_without_fault_has_none() -> None:
    assert lint([read(TEXT)], today=TODAY, approved={}) == []
    meant = changed(**{f"{NUMERATOR}__time": "admitted_at", "calibers__0__mixed_because": "按入院"})
    assert lint([read(meant)], today=TODAY, approved={}) == []


def test_what_is_confused_and_what_was_changed_is_found() -> None:
    one = read(TEXT)
    other = one.model_copy(update={"indicator": "TST-002"})
    assert {found.fault for found in lint([one, other], today=TODAY, approved={})} == {
        Fault.CONFUSED
    }
    signed = {("TST-001", "hospital", 1): definition_hash(one, one.calibers[0])}
    assert lint([one], today=TODAY, approved=signed) == []
    edited = read(changed(**{f"{NUMERATOR}__where": 'class == "inpatient" && infected'}))
    assert [found.fault for found in lint([edited], today=TODAY, approved=signed)] == [
        Fault.CHANGED
    ]
    first = one.calibers[0]
    again = one.model_copy(update={"calibers": [first, first.model_copy(update={"version": 2})]})
    assert Fault.CONFUSED in {found.fault for found in lint([again], today=TODAY, approved={})}
