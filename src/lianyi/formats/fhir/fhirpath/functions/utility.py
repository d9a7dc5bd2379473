"""Walking the tree, tracing, the clock, variables, types.

Source:
    FHIRPath N1, "Tree Navigation", "Utility Functions", "Types"; STU ``defineVariable``.
"""

from __future__ import annotations

from datetime import datetime

from lianyi.formats.fhir.fhirpath.calling import Site, function
from lianyi.formats.fhir.fhirpath.errors import NobodyAnswers, VariableTaken
from lianyi.formats.fhir.fhirpath.functions.filtering import select
from lianyi.formats.fhir.fhirpath.nodes import (
    SYSTEM_NAMES,
    Item,
    Items,
    Node,
    TypeInfo,
)
from lianyi.formats.fhir.fhirpath.nodes import children as children_of
from lianyi.formats.fhir.fhirpath.running import Run, Step
from lianyi.formats.fhir.fhirpath.temporal import DateTime, Time
from lianyi.formats.fhir.fhirpath.type_tests import Wanted, chosen

_ENVIRONMENT = frozenset({"context", "resource", "rootResource", "ucum", "sct", "loinc"})


@function("children")
def children(site: Site, run: Run, items: Items) -> Items:
    """Return all elements of all items."""
    found = children_of(items)
    run.spend(len(found), site.at)
    return found


@function("descendants")
def descendants(site: Site, run: Run, items: Items) -> Items:
    """Return all elements, theirs, and so on."""
    found: Items = []
    level = children_of(items)
    while level:
        run.spend(len(level), site.at)
        found += level
        level = children_of(level)
    return found


@function("trace", 1, 2, lazy=frozenset({1}))
def trace(site: Site, run: Run, items: Items, name: Items, shown: Step | None = None) -> Items:
    """Tell whoever listens, and return the input."""
    if run.world.trace is not None:
        told = items if shown is None else select(site, run, items, shown)
        run.world.trace(site.text(name) or "", told)
    return items


def _now(site: Site, run: Run) -> DateTime:
    now: datetime | None = run.world.now
    if now is None:
        raise NobodyAnswers(site.at, function=site.name.removesuffix("()"), asked="")
    return DateTime.of(now)


@function("now")
def now(site: Site, run: Run, items: Items) -> Items:
    """Return the instant of the evaluation."""
    return [_now(site, run)]


@function("today")
def today(site: Site, run: Run, items: Items) -> Items:
    """Return the date of the evaluation."""
    return [_now(site, run).date()]


@function("timeOfDay")
def time_of_day(site: Site, run: Run, items: Items) -> Items:
    """Return the time of day of the evaluation."""
    return [Time(_now(site, run).parts[3:])]


@function("defineVariable", 1, 2, lazy=frozenset({1}))
def define_variable(
    site: Site, run: Run, items: Items, name: Items, value: Step | None = None
) -> Items:
    """Let the rest of the path know a value (the input where none is given) by a name."""
    called = site.text(name) or ""
    taken = called in run.variables and called not in _ENVIRONMENT
    if not called or taken or called in _ENVIRONMENT:
        raise VariableTaken(site.at, name=called)
    found = items
    if value is not None:
        this, run.this = run.this, items
        found = value(run)
        run.this = this
    run.variables = {**run.variables, called: found}
    return items


@function("is", 1, types=True)
def is_(site: Site, run: Run, items: Items, type_: Wanted) -> Items:
    """Whether the only item is of a type."""
    item = site.one(items)
    return [] if item is None else [type_.fits(item)]


@function("as", 1, types=True)
def as_(site: Site, run: Run, items: Items, type_: Wanted) -> Items:
    """Return the only item where it is of a type."""
    return chosen(site, items, type_)


@function("type")
def type_(site: Site, run: Run, items: Items) -> Items:
    """Return what the type of each item is called."""
    return [_info(item) for item in items]


def _info(item: Item) -> TypeInfo:
    if isinstance(item, Node):
        return TypeInfo("FHIR", item.kind.label, "FHIR.Element")
    return TypeInfo("System", SYSTEM_NAMES.get(type(item), "Any"), "System.Any")


@function("coalesce", 1, None, lazy=frozenset(range(50)))
def coalesce(site: Site, run: Run, items: Items, *values: Step) -> Items:
    """Return the first of the arguments that is not empty."""
    for value in values:
        found = value(run)
        if found:
            return found
    return []
