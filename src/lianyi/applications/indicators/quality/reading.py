"""Reading rules of quality: those that the product brings, and those of the hospital.

A file ``content/quality/<name>.yaml`` holds rules; one with the code of a shipped rule takes its
place, one that says ``withdrawn: true`` takes it away. A rule with an error is refused alone, with
file, key and the nearest right name; the others go on.
"""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from lianyi.applications.indicators.failures import BadPredicate
from lianyi.applications.indicators.predicates import parse_predicate
from lianyi.applications.indicators.quality.model import Check, Rule
from lianyi.applications.indicators.quality.problems import BadRule
from lianyi.base.content_files import as_model, keys_of, text_of, unknown
from lianyi.projections.operational.star import NUMBERS, TEXTS, Fact, Kind, star

FOLDER: Final = "quality"
LIBRARY: Final = "library"
RULES_MAX: Final = 500
"""In one file."""
_SHARED: Final = frozenset({"table", "time", "department", "hospital", "rules"})
OF_LAKE: Final = frozenset(
    {
        Check.TABLE, Check.FIELD, Check.REQUIRED, Check.DATATYPE, Check.PRIMARY_KEY, Check.DOMAIN,
        Check.VALUE_COMPLETENESS,
    }
)  # fmt: skip
"""Checks that can be asked of a table whose columns only its source knows."""
_KINDS: Final[Mapping[Check, frozenset[Kind]]] = {
    Check.LOW: NUMBERS,
    Check.HIGH: NUMBERS,
    Check.AFTER_BIRTH: frozenset({Kind.INT}),
    Check.AFTER: frozenset({Kind.INSTANT}),
    Check.START_BEFORE_END: frozenset({Kind.INSTANT}),
    Check.WITHIN_VISIT: frozenset({Kind.INSTANT}),
    Check.BEFORE_DEATH: frozenset({Kind.INSTANT}),
    Check.DATATYPE: TEXTS,
    Check.DOMAIN: TEXTS,
    Check.FOREIGN_KEY: frozenset({Kind.KEY}),
    Check.CLASS: frozenset({Kind.KEY}),
    Check.GENDER: TEXTS,
    Check.GENDER_DESCENDANTS: TEXTS,
}
"""Which kinds of columns a check can be asked of; where nothing is said, of all."""
OF_STAR: Final = frozenset(Check) - {Check.TABLE, Check.FIELD}
"""Checks that can be asked of a fact, whose table and columns are always there."""
_OF_ENCOUNTERS: Final = frozenset({Check.FOREIGN_KEY, Check.CLASS})
_DIMENSIONS: Final = {"organisation": Kind.DEPARTMENT, "practitioner": Kind.PRACTITIONER}


def read_rules(content_dir: Path) -> tuple[dict[str, Rule], list[BadRule]]:
    """Return the rules by code, and what is wrong with the others."""
    found: dict[str, Rule] = {}
    problems: list[BadRule] = []
    shipped = importlib.resources.files(__package__ or "") / LIBRARY
    for file in [*_files(shipped), *_files(content_dir / FOLDER)]:
        try:
            said = _rules_of(text_of(file, file.name, BadRule), file.name)
        except BadRule as problem:
            problems.append(problem)
            continue
        for number, one in enumerate(said):
            try:
                rule = parse_rule(one, f"{file.name}: rules.{number}")
            except BadRule as problem:
                problems.append(problem)
            else:
                found[rule.rule] = rule
    return {code: one for code, one in sorted(found.items()) if not one.withdrawn}, problems


def _rules_of(text: str, name: str) -> list[dict[str, Any]]:
    """Return the rules of a file as they are written, each with what the file says for all."""
    data = keys_of(text, name, BadRule)
    for key in data:
        if key not in _SHARED:
            raise BadRule(where=f"{name}: {key}", **unknown(str(key), _SHARED))
    rules = data.pop("rules", None)
    if not isinstance(rules, list) or not all(isinstance(one, dict) for one in rules):
        raise BadRule(where=f"{name}: rules", why="it is no list of rules", why_zh="不是规则列表")
    if len(rules) > RULES_MAX:
        raise BadRule(
            where=f"{name}: rules", why=f"more than {RULES_MAX}", why_zh=f"超过 {RULES_MAX} 条"
        )
    return [{**data, **one} for one in rules]


def parse_rule(said: Mapping[str, Any], place: str) -> Rule:
    """Read one rule.

    Args:
        said: what its keys say.
        place: file and number, for errors.

    Raises:
        BadRule: with what is wrong first, an unknown key before all else.
    """
    code = said.get("rule")
    place = f"{place} ({code})" if isinstance(code, str) and len(code) < 20 else place
    for key in said:
        if key not in Rule.model_fields:
            raise BadRule(where=f"{place}.{key}", **unknown(str(key), Rule.model_fields))
    check = said.get("check")
    if isinstance(check, str) and check not in {one.value for one in Check}:
        raise BadRule(where=f"{place}.check", **unknown(check, [one.value for one in Check]))
    rule = as_model(said, Rule, place, BadRule, joint=".")
    if rule.shape:
        _look_at_shape(rule, place)
    if rule.of_lake:
        _look_at_lake(rule, place)
        return rule
    return _placed(rule, place)


def _look_at_shape(rule: Rule, place: str) -> None:
    try:
        re.compile(rule.shape)
    except re.error as error:
        why = "it is no regular expression"
        raise BadRule(where=f"{place}.shape", why=why, why_zh="不是正则表达式") from error


def _look_at_lake(rule: Rule, place: str) -> None:
    if rule.check not in OF_LAKE:
        raise BadRule(
            where=f"{place}.check", **unknown(rule.check.value, [one.value for one in OF_LAKE])
        )
    if rule.where:
        raise BadRule(
            where=f"{place}.where",
            why="rows of the lake are all checked",
            why_zh="数据湖的表检查全部行，不能写条件",
        )


def _placed(rule: Rule, place: str) -> Rule:
    """Return a rule on the star with its time and department, once all its names are known."""
    if rule.table not in star():
        raise BadRule(where=f"{place}.table", **unknown(rule.table, star()))
    if rule.check not in OF_STAR:
        raise BadRule(
            where=f"{place}.check", **unknown(rule.check.value, [one.value for one in OF_STAR])
        )
    fact = rule.of_fact
    rule = rule.model_copy(
        update={
            "time": rule.time or next(iter(fact.of_kind(Kind.INSTANT))),
            "department": rule.department or next(iter(fact.of_kind(Kind.DEPARTMENT))),
        }
    )
    for key, known in _names(rule, fact):
        if (word := getattr(rule, key)) and word not in [*known]:
            raise BadRule(where=f"{place}.{key}", **unknown(word, known))
    try:
        parse_predicate(rule.where, fact)
    except BadPredicate as error:
        raise BadRule(
            where=f"{place}.where, character {error.where}",
            why=str(error.facts.get("why", "")),
            why_zh=str(error.facts.get("why_zh", "")),
        ) from error
    kinds = _KINDS.get(rule.check)
    if kinds and fact.columns[rule.field].kind not in kinds:
        raise BadRule(
            where=f"{place}.field",
            why=f"{rule.check.value} cannot be asked of '{rule.field}'",
            why_zh=f"“{rule.field}”列不适用检查 {rule.check.value}",
        )
    if rule.check is Check.DATATYPE and not rule.shape:
        raise BadRule(where=f"{place}.shape", why="nothing is said of it", why_zh="未填写")
    return rule


def _names(rule: Rule, fact: Fact) -> Iterator[tuple[str, Iterable[str]]]:
    """Give which keys of a rule name something, and what there is to name."""
    fields: Iterable[str] = fact.columns
    if rule.check in _OF_ENCOUNTERS or rule.check is Check.PERSON_COMPLETENESS:
        fields = [one for one in ("encounter",) if one in fact.columns]
    elif rule.dimension is not None:
        fields = fact.of_kind(_DIMENSIONS[rule.dimension])
    yield "field", fields
    yield "time", fact.of_kind(Kind.INSTANT)
    yield "department", fact.of_kind(Kind.DEPARTMENT)
    yield "after", fact.of_kind(Kind.INSTANT)
    if rule.check is Check.PERSON_COMPLETENESS:
        yield "of", [one.name for one in star().values() if "encounter" in one.columns]
    else:
        yield "of", ["encounter"]


def _files(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    found = [one for one in folder.iterdir() if one.name.endswith(".yaml")]
    return sorted(found, key=lambda one: one.name)
