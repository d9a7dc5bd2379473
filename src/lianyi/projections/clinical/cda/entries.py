"""Entries: which act is what, by its template, its code, its section, its element.

Rules are data (``tables/entries.yaml``). An act that no rule knows is kept in the document, and
counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from lxml import etree

from lianyi.formats.cda import Section
from lianyi.formats.cda.document import templates_of
from lianyi.formats.cda.names import Element, compiled, find, find_all, local, value_at
from lianyi.projections.clinical.cda import fields, refining
from lianyi.projections.clinical.cda.codes import target_of
from lianyi.projections.clinical.cda.observing import is_empty
from lianyi.projections.clinical.cda.reading import At, Resource

_KEYS: Final = frozenset(
    {
        "name", "template", "code", "element", "section", "mood", "unless", "make", "also",
        "inside", "nothing",
    }
)  # fmt: skip
_DEPTH_MAX: Final = 20


class Rule(NamedTuple):
    """How an act is recognised, and what is made of it; see ``entries.yaml``."""

    name: str
    section: str
    moods: frozenset[str]
    unless: str
    make: str
    also: str
    inside: str


class Rules(NamedTuple):
    """Rules by what an act is recognised by."""

    by_template: Mapping[str, list[Rule]]
    by_code: Mapping[str, list[Rule]]
    by_element: Mapping[str, list[Rule]]


@lru_cache(maxsize=1)
def rules() -> Rules:
    """Return the rules.

    Raises:
        WrongEntryTable: a rule cannot be used.
    """
    found = Rules({}, {}, {})
    for n, row in enumerate(fields.written("entries.yaml"), start=1):
        rule = _rule(f"entries.yaml {n}", row)
        for places, names in (
            (found.by_template, row.get("template", ())),
            (found.by_code, row.get("code", ())),
            (found.by_element, [row["element"]] if "element" in row else ()),
        ):
            for name in names:
                places.setdefault(name, []).append(rule)  # type: ignore[attr-defined]
    return found


def _rule(where: str, row: Mapping[str, Any]) -> Rule:
    if set(row) - _KEYS or not {"make", "inside", "nothing"} & set(row):
        raise fields.wrong(where, "it has a key that is not known", "有未知的键")
    make = row.get("make", "")
    if make and make not in fields.tables():
        raise fields.wrong(where, f"there is no table '{make}'", f"没有映射表“{make}”")
    try:
        for key in ("unless", "also", "inside"):
            compiled(row.get(key) or ".")
    except etree.XPathSyntaxError as error:
        raise fields.wrong(where, "a path cannot be read", "路径无法识别") from error
    return Rule(
        row.get("name", ""),
        row.get("section", ""),
        frozenset(row.get("mood", ())),
        row.get("unless", ""),
        make,
        row.get("also", ""),
        row.get("inside", ""),
    )


def rule_of(act: Element, at: At) -> Rule | None:
    """Return what an act is; None: no rule knows it."""
    known = rules()
    for template in templates_of(act):
        for rule in known.by_template.get(template, ()):
            if _fits(rule, act, at):
                return rule
    for places, name in (
        (known.by_code, value_at(act, "code/@code")),
        (known.by_element, local(act)),
    ):
        for rule in places.get(name, ()):
            if _fits(rule, act, at):
                return rule
    return None


def _fits(rule: Rule, act: Element, at: At) -> bool:
    if rule.section and rule.section != at.meaning:
        return False
    if rule.moods and (act.get("moodCode") or "EVN") not in rule.moods:
        return False
    return not rule.unless or find(act, rule.unless) is None


def of_section(section: Section, at: At) -> list[Resource]:
    """State the entries of a section and return references to them."""
    code = section.code
    at.section = (code.get("code") or "") if code is not None else ""
    meaning = target_of("section", at.section)
    if meaning or not any(True for _ in section.element.iterancestors("{*}section")):
        at.meaning = meaning
    found: list[Resource] = []
    for act in section.entries:
        found += [one for one in _act(act, at, 0) if one not in found]
    return found


def _act(act: Element, at: At, depth: int) -> Iterator[Resource]:
    rule = rule_of(act, at)
    if rule is None or depth > _DEPTH_MAX:
        at.said.unread(_called(act))
        return
    if rule.make:
        made = _made(rule.make, act, at, depth)
        if made is not None:
            yield made
        for one in find_all(act, rule.also) if rule.also else ():
            yield from _act(one, at, depth + 1)
        return
    if rule.inside:
        for one in find_all(act, rule.inside):
            yield from _act(one, at, depth + 1)


def _made(name: str, act: Element, at: At, depth: int) -> Resource | None:
    """State the resource that an act is; None where it says nothing, and is left to be read."""
    if act.get("nullFlavor") and is_empty(act):
        return None
    table = fields.tables()[name]

    def inner(one: Element, of: At) -> list[Resource]:
        return list(_act(one, of, depth + 1))

    id_ = at.id_of(table.type, act)
    elements = fields.filled(name, act, at, inner)
    if table.patient:
        elements[table.patient] = at.said.patient
    if table.encounter and at.said.encounter is not None:
        elements[table.encounter] = at.said.encounter
    refined = refining.refined(table.type, elements, act, at)
    if refined is None:
        at.said.unread(_called(act))
        return None
    # A document only repeats when a visit was, as it repeats who somebody is.
    return at.state(table.type, id_, refined, hearsay=table.type == "Encounter")


def _called(act: Element) -> str:
    """Return what an act that nothing is made of is called: its element, mood and template."""
    template = next(iter(templates_of(act)), "")
    return " ".join(filter(None, (local(act), act.get("moodCode") or "", template)))
