"""First, last, some of them; together, without, in common.

Source:
    FHIRPath N1, "Subsetting", "Combining".
"""

from __future__ import annotations

from lianyi.formats.fhir.fhirpath.calling import Site, function
from lianyi.formats.fhir.fhirpath.errors import ManyValues
from lianyi.formats.fhir.fhirpath.nodes import Items
from lianyi.formats.fhir.fhirpath.operators import distinct, keys
from lianyi.formats.fhir.fhirpath.running import Run


@function("single")
def single(site: Site, run: Run, items: Items) -> Items:
    """Return the only item; an error where there are several."""
    if len(items) > 1:
        raise ManyValues(site.at, operation=site.name, found=len(items))
    return items


@function("first")
def first(site: Site, run: Run, items: Items) -> Items:
    """Return the first item."""
    return items[:1]


@function("last")
def last(site: Site, run: Run, items: Items) -> Items:
    """Return the last item."""
    return items[-1:]


@function("tail")
def tail(site: Site, run: Run, items: Items) -> Items:
    """Return all but the first."""
    return items[1:]


@function("skip", 1)
def skip(site: Site, run: Run, items: Items, number: Items) -> Items:
    """Return all but so many at the beginning."""
    return items[max(0, site.integer(number) or 0) :]


@function("take", 1)
def take(site: Site, run: Run, items: Items, number: Items) -> Items:
    """Return so many at the beginning."""
    return items[: max(0, site.integer(number) or 0)]


@function("intersect", 1)
def intersect(site: Site, run: Run, items: Items, others: Items) -> Items:
    """Return what is in both, each value once."""
    known = set(keys(site, run, others))
    both = zip(items, keys(site, run, items), strict=True)
    return distinct(site, run, [item for item, key in both if key in known])


@function("exclude", 1)
def exclude(site: Site, run: Run, items: Items, others: Items) -> Items:
    """Return what is not among the others, in order, as often as it is there."""
    known = set(keys(site, run, others))
    both = zip(items, keys(site, run, items), strict=True)
    return [item for item, key in both if key not in known]


@function("union", 1)
def union(site: Site, run: Run, items: Items, others: Items) -> Items:
    """Return what is in either, each value once."""
    return distinct(site, run, items + others)


@function("combine", 1, 2)
def combine(
    site: Site, run: Run, items: Items, others: Items, keep_order: Items | None = None
) -> Items:
    """Return all of both."""
    run.spend(len(items) + len(others), site.at)
    return items + others
