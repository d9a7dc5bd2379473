"""Choose, project, repeat, aggregate, sort: functions that evaluate an expression for each item.

Source:
    FHIRPath N1, "Filtering and projection", "Aggregates"; STU ``sort``.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import cmp_to_key

from lianyi.formats.fhir.fhirpath import comparing
from lianyi.formats.fhir.fhirpath.calling import EVERY, Descending, Site, function
from lianyi.formats.fhir.fhirpath.nodes import Item, Items
from lianyi.formats.fhir.fhirpath.operators import keys
from lianyi.formats.fhir.fhirpath.running import Run, Step
from lianyi.formats.fhir.fhirpath.type_tests import Wanted


def each(site: Site, run: Run, items: Items, expression: Step) -> Generator[Items]:
    """Evaluate an expression for each item, with ``$this`` and ``$index``."""
    this, index = run.this, run.index
    try:
        for at, item in enumerate(items):
            run.spend(1, site.at)
            run.this, run.index = [item], at
            yield expression(run)
    finally:
        run.this, run.index = this, index


def matching(site: Site, run: Run, items: Items, criteria: Step) -> Iterator[Item]:
    """Return the items for which the criteria hold."""
    found = each(site, run, items, criteria)
    try:
        for item, answer in zip(items, found, strict=False):
            if answer and site.truth(answer):
                yield item
    finally:
        found.close()


@function("where", 1, lazy=EVERY)
def where(site: Site, run: Run, items: Items, criteria: Step) -> Items:
    """Return the items for which the criteria hold."""
    return list(matching(site, run, items, criteria))


@function("select", 1, lazy=EVERY)
def select(site: Site, run: Run, items: Items, projection: Step) -> Items:
    """Return what the projection gives for each item."""
    return [one for found in each(site, run, items, projection) for one in found]


@function("repeat", 1, lazy=EVERY)
def repeat(site: Site, run: Run, items: Items, projection: Step) -> Items:
    """Return what the projection gives for each item, for what it gave, and so on."""
    found: dict[object, Item] = {}
    level = items
    while level:
        fresh: Items = []
        for given in each(site, run, level, projection):
            for item, key in zip(given, keys(site, run, given), strict=True):
                if key not in found:
                    found[key] = item
                    fresh.append(item)
        level = fresh
    return list(found.values())


@function("repeatAll", 1, lazy=EVERY)
def repeat_all(site: Site, run: Run, items: Items, projection: Step) -> Items:
    """Return like ``repeat`` what the projection gives, equal values as often as they come."""
    found: Items = []
    level = items
    while level:
        level = [item for given in each(site, run, level, projection) for item in given]
        found += level
    return found


@function("ofType", 1, types=True)
def of_type(site: Site, run: Run, items: Items, type_: Wanted) -> Items:
    """Return the items of a type."""
    return [item for item in items if type_.takes(item)]


@function("aggregate", 1, 2, lazy=EVERY)
def aggregate(
    site: Site, run: Run, items: Items, aggregator: Step, start: Step | None = None
) -> Items:
    """Return ``$total`` after the aggregator has been evaluated for each item."""
    before = run.total
    total: Items = start(run) if start is not None else []
    evaluated = each(site, run, items, aggregator)
    try:
        for _ in items:
            run.total = total
            total = next(evaluated)
    finally:
        evaluated.close()
        run.total = before
    return total


@function("sort", 0, None, lazy=EVERY)
def sort(site: Site, run: Run, items: Items, *keys: Step) -> Items:
    """Return the items in the order of the keys; a minus before a key turns its order round.

    An item for which a key is empty comes first either way.
    """
    columns = [
        (
            [site.one(found) for found in each(site, run, items, key)],
            -1 if isinstance(key, Descending) else 1,
        )
        for key in keys
    ] or [(list(items), 1)]

    def compare(left: int, right: int) -> int:
        for values, sign in columns:
            mine, yours = values[left], values[right]
            if mine is None or yours is None:
                order = (mine is not None) - (yours is not None)
            else:
                order = sign * _order(site, mine, yours)
            if order:
                return order
        return 0

    return [items[at] for at in sorted(range(len(items)), key=cmp_to_key(compare))]


def _order(site: Site, left: Item, right: Item) -> int:
    try:
        return comparing.order(left, right) or 0
    except TypeError:
        raise site.unfit(right) from None
