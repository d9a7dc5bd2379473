"""Finding what a reference means inside the document at hand: contained resources, a Bundle.

Source:
    FHIR R4, "References between resources", "Resolving references in Bundles".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lianyi.formats.fhir.fhirpath.model import Json
from lianyi.formats.fhir.fhirpath.nodes import Items, Node


def within(reference: str, variables: Mapping[str, Items]) -> Mapping[str, Json] | None:
    """Return the resource that a reference means in ``%resource`` or ``%rootResource``."""
    for name in ("resource", "rootResource"):
        for holder in variables.get(name, ()):
            if isinstance(holder, Node) and isinstance(holder.value, dict):
                found = _in(reference, holder.value)
                if found is not None:
                    return found
    return None


def _in(reference: str, holder: dict[str, Json]) -> Mapping[str, Json] | None:
    if reference.startswith("#"):
        if reference == "#":
            return holder
        return next(
            (each for each in _objects(holder.get("contained")) if each.get("id") == reference[1:]),
            None,
        )
    if holder.get("resourceType") != "Bundle":
        return None
    for entry in _objects(holder.get("entry")):
        resource, url = entry.get("resource"), entry.get("fullUrl")
        if not isinstance(resource, dict) or not isinstance(url, str):
            continue
        unversioned = reference.partition("/_history/")[0]
        if url == unversioned or (":" not in unversioned and url.endswith(f"/{unversioned}")):
            return resource
    return None


def _objects(found: Json) -> Iterable[dict[str, Json]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
