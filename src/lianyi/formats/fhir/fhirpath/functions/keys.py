"""``getResourceKey()`` and ``getReferenceKey()``: by what rows of views are joined.

The key of a resource is its id; a reference to a resource of ours has the same one. A reference
that leads elsewhere, or to another type than is asked for, has none.

Source:
    SQL on FHIR v2, "Required Additional Functions".
"""

from __future__ import annotations

import re

from lianyi.formats.fhir.fhirpath.calling import Site, function
from lianyi.formats.fhir.fhirpath.nodes import Items, Node
from lianyi.formats.fhir.fhirpath.running import Run
from lianyi.formats.fhir.fhirpath.type_tests import Wanted

_RELATIVE = re.compile(
    r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?", re.ASCII
)


@function("getResourceKey")
def _resource_key(site: Site, run: Run, focus: Items) -> Items:
    """Return by what rows of views name a resource."""
    found: Items = []
    for item in focus:
        if isinstance(item, Node) and isinstance(item.value, dict):
            key = item.value.get("id")
            if "Resource" in item.kind.ancestors and isinstance(key, str):
                found.append(key)
    return found


@function("getReferenceKey", 0, 1, types=True)
def _reference_key(site: Site, run: Run, focus: Items, type_: Wanted | None = None) -> Items:
    """Return the key of what a reference leads to, of a type where one is given."""
    found: Items = []
    for item in focus:
        if not isinstance(item, Node) or not isinstance(item.value, dict):
            continue
        reference = item.value.get("reference")
        leads = _RELATIVE.fullmatch(reference) if isinstance(reference, str) else None
        if leads is not None and (type_ is None or leads[1] == type_.name):
            found.append(leads[2])
    return found
