"""Which columns of which facts an indicator uses, and so what a fault in them spoils. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lianyi.applications.indicators.model import Indicator, Part
from lianyi.applications.indicators.predicates import Span, atoms
from lianyi.applications.indicators.quality.model import Check, Rule

_OF_ROWS = frozenset({Check.PRIMARY_KEY, Check.FOREIGN_KEY, Check.CLASS, Check.PERSON_COMPLETENESS})
"""Checks that speak of a row as a whole: it spoils whatever counts rows of the fact."""


def columns_of(part: Part) -> set[str]:
    """Return the columns that a part counts by."""
    found = {part.time, part.department}
    if part.span is not None:
        found |= {part.span.begin, part.span.end}
    elif part.of and not part.adds_days:
        found.add(part.of)
    for one in atoms(part.condition):
        found |= {one.of.begin, one.of.end} if isinstance(one.of, Span) else {one.of}
    return found


def uses(indicator: Indicator) -> dict[str, set[str]]:
    """Return the columns that an indicator uses, by fact, over all its calibers."""
    found: dict[str, set[str]] = {}
    for caliber in indicator.calibers:
        for part in caliber.parts():
            found.setdefault(part.fact, set()).update(columns_of(part))
    return found


def spoiled_by(rule: Rule, indicators: Mapping[str, Indicator]) -> list[Indicator]:
    """Return the indicators that use what a rule is about."""
    if rule.of_lake:
        return []
    touched = {rule.field, rule.after} - {""}
    found = []
    for one in indicators.values():
        used = uses(one).get(rule.table)
        if used is not None and (rule.check in _OF_ROWS or used & touched):
            found.append(one)
    return found


def fed_by(facts: Iterable[str], indicators: Mapping[str, Indicator]) -> list[Indicator]:
    """Return the indicators that count rows of any of some facts."""
    wanted = set(facts)
    return [one for one in indicators.values() if wanted & uses(one).keys()]
