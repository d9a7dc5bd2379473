"""Rules as people write them: what is wrong is named, alone, with the nearest right name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lianyi.applications.indicators.model import Title
from lianyi.applications.indicators.quality.model import Check, Rule, definition, rule_hash
from lianyi.applications.indicators.quality.problems import BadRule
from lianyi.applications.indicators.quality.reading import parse_rule, read_rules

SOUND: dict[str, Any] = {
    "rule": "OWN-001",
    "name": {"zh": "一", "en": "one"},
    "table": "encounter",
    "field": "payer",
    "check": "isRequired",
    "category": "completeness",
    "matters": {"zh": "一", "en": "one"},
}


def refused(**changes: Any) -> str:
    with pytest.raises(BadRule) as found:
        parse_rule(SOUND | changes, "own.yaml: rules.0")
    return str(found.value)


def test_a_sound_rule_takes_the_first_time_and_department_of_its_fact() -> None:
    rule = parse_rule(SOUND, "own.yaml: rules.0")
    assert (rule.time, rule.department) == ("registered_at", "registering")


@pytest.mark.parametrize(
    ("changes", "place", "nearest"),
    [
        ({"feild": "payer"}, "feild", "'field'"),
        ({"table": "encouter"}, "table", "'encounter'"),
        ({"field": "payr"}, "field", "'payer'"),
        ({"check": "isRequird"}, "check", "'isRequired'"),
        ({"department": "admiting"}, "department", "'admitting'"),
        ({"time": "admited_at"}, "time", "'admitted_at'"),
        ({"where": "clas == 'x'"}, "where, character 1", "'class'"),
        ({"check": "cdmTable", "field": ""}, "check", ""),
        ({"check": "plausibleValueLow", "low": 1}, "field", "plausibleValueLow"),
        ({"check": "plausibleValueLow", "field": "age_days"}, "", "needs 'low'"),
        ({"check": "isForeignKey", "field": "encounter", "of": "ordr"}, "of", ""),
        ({"check": "cdmDatatype", "field": "main_diagnosis", "shape": "["}, "shape", ""),
        ({"check": "isStandardValidConcept", "dimension": "organisation"}, "field", ""),
        ({"threshold": 101}, "threshold", ""),
        ({"table": "his.visit", "check": "isForeignKey", "of": "encounter"}, "check", ""),
        ({"table": "his.visit", "where": "true"}, "where", ""),
    ],
)
def test_what_is_wrong_is_named_with_the_nearest_right_name(
    changes: dict[str, Any], place: str, nearest: str
) -> None:
    said = refused(**changes)
    assert "own.yaml: rules.0 (OWN-001)" in said
    assert place in said
    assert nearest in said


@pytest.mark.parametrize("text", ["a: [", "- 1", "rules: 7", "rulez: []", "rules: [1]"])
def test_a_file_that_is_none_is_refused_and_the_shipped_rules_go_on(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "quality").mkdir()
    (tmp_path / "quality" / "own.yaml").write_text(text, encoding="utf-8")
    rules, problems = read_rules(tmp_path)
    assert len(rules) >= 60
    assert [one.where.partition(":")[0] for one in problems] == ["own.yaml"]


def test_the_hash_is_that_of_what_is_counted_and_of_nothing_else() -> None:
    rule = parse_rule(SOUND, "x")
    same = rule.model_copy(update={"threshold": 9.0, "name": Title(zh="二", en="two")})
    assert rule_hash(same) == rule_hash(rule)
    others = {"check": Check.DOMAIN, "low": 1.0, "high": 1.0, "days": 1.0, "sex": "male"}
    others |= {"values": ("a",), "prefixes": ("a",), "dimension": "organisation"}
    for name in definition(rule):
        changed = rule.model_copy(update={name: others.get(name, "other")})
        assert rule_hash(changed) != rule_hash(rule), name


def test_what_is_shipped_uses_every_check_but_one_and_says_what_it_means() -> None:
    rules, _ = read_rules(Path("/nowhere"))
    assert set(Check) - {one.check for one in rules.values()} == {Check.GENDER}
    assert all(isinstance(one, Rule) and one.matters.zh != one.matters.en for one in rules.values())
