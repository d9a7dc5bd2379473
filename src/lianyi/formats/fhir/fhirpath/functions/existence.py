"""Is there anything, do all of them, how many.

Source:
    FHIRPath N1, "Existence".
"""

from __future__ import annotations

from lianyi.formats.fhir.fhirpath import comparing
from lianyi.formats.fhir.fhirpath.calling import EVERY, Site, function
from lianyi.formats.fhir.fhirpath.functions.filtering import each, matching
from lianyi.formats.fhir.fhirpath.nodes import Items, system
from lianyi.formats.fhir.fhirpath.operators import distinct, keys
from lianyi.formats.fhir.fhirpath.running import Run, Step


@function("empty")
def empty(site: Site, run: Run, items: Items) -> Items:
    """Whether there is nothing."""
    return [not items]


@function("exists", 0, 1, lazy=EVERY)
def exists(site: Site, run: Run, items: Items, criteria: Step | None = None) -> Items:
    """Whether there is anything (for which the criteria hold)."""
    if criteria is None:
        return [bool(items)]
    return [any(True for _ in matching(site, run, items, criteria))]


@function("all", 1, lazy=EVERY)
def all_(site: Site, run: Run, items: Items, criteria: Step) -> Items:
    """Whether the criteria hold for everything; true for nothing."""
    return [all(site.truth(found) for found in each(site, run, items, criteria))]


def _booleans(site: Site, items: Items) -> list[bool]:
    values: list[bool] = []
    for item in items:
        value = system(item)
        if not isinstance(value, bool):
            raise site.unfit(value)
        values.append(value)
    return values


@function("allTrue")
def all_true(site: Site, run: Run, items: Items) -> Items:
    """Whether all are true."""
    return [all(_booleans(site, items))]


@function("anyTrue")
def any_true(site: Site, run: Run, items: Items) -> Items:
    """Whether any is true."""
    return [any(_booleans(site, items))]


@function("allFalse")
def all_false(site: Site, run: Run, items: Items) -> Items:
    """Whether all are false."""
    return [not any(_booleans(site, items))]


@function("anyFalse")
def any_false(site: Site, run: Run, items: Items) -> Items:
    """Whether any is false."""
    return [not all(_booleans(site, items))]


def _within(site: Site, run: Run, items: Items, others: Items) -> bool:
    known = set(keys(site, run, others))
    for item, key in zip(items, keys(site, run, items), strict=True):
        if key in known:
            continue
        run.spend(len(others), site.at)
        if not any(comparing.same_item(item, other) is True for other in others):
            return False
    return True


@function("subsetOf", 1)
def subset_of(site: Site, run: Run, items: Items, others: Items) -> Items:
    """Whether everything is among the others."""
    return [_within(site, run, items, others)]


@function("supersetOf", 1)
def superset_of(site: Site, run: Run, items: Items, others: Items) -> Items:
    """Whether all the others are here."""
    return [_within(site, run, others, items)]


@function("count")
def count(site: Site, run: Run, items: Items) -> Items:
    """How many there are."""
    return [len(items)]


@function("distinct")
def distinct_(site: Site, run: Run, items: Items) -> Items:
    """Return each value once."""
    return distinct(site, run, items)


@function("isDistinct")
def is_distinct(site: Site, run: Run, items: Items) -> Items:
    """Whether no value is there twice."""
    return [len(distinct(site, run, items)) == len(items)]


@function("not")
def not_(site: Site, run: Run, items: Items) -> Items:
    """Return false for true and true for false."""
    value = site.truth(items)
    return [] if value is None else [not value]
