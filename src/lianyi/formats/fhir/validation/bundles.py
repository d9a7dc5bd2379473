"""What holds of a Bundle as a whole: names of its entries, links, what its entries refer to.

The invariants ``bdl-1`` to ``bdl-12`` are judged with all other invariants.

Source:
    FHIR R4, Bundle; 2.36.4 (resolving references in Bundles); 3.3.1 (documents): every resource
    that the Composition refers to is in the Bundle, every other one is reached from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lianyi.formats.fhir.definitions import Definitions
from lianyi.formats.fhir.validation.values import ABSOLUTE, RELATIVE, REST
from lianyi.formats.fhir.validation.visit import Bundle, Check, Json, Visit, items

PAGES = frozenset({"first", "previous", "prev", "next", "last"})
NAMED = frozenset({"document", "message", "searchset", "collection", "history"})
QUERY = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+)\?.*", re.DOTALL)


def check_of(definitions: Definitions) -> Check:
    """Return the check of every Bundle."""

    def check(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
        kind = str(value.get("type"))
        _links(value, path, visit)
        for number, entry in enumerate(items(value.get("entry"))):
            if isinstance(entry, dict):
                _entry(entry, kind, f"{path}.entry[{number}]", visit, definitions)
        if kind == "searchset":
            _search_results(value, path, visit)
        if visit.bundle is not None and kind in ("document", "message"):
            _references(visit.bundle, path, visit)

    return check


def _links(value: Json, path: str, visit: Visit) -> None:
    is_paged = value.get("type") in ("searchset", "history")
    seen: set[str] = set()
    for number, link in enumerate(items(value.get("link"))):
        relation = link.get("relation") if isinstance(link, dict) else None
        if not isinstance(relation, str):
            continue
        where = f"{path}.link[{number}]"
        if relation in PAGES and not is_paged:
            visit.add("link-misplaced", where, found=relation)
        if relation in seen and relation in PAGES | {"self"}:
            visit.add("link-twice", where, found=relation)
        seen.add(relation)


def _entry(entry: Json, kind: str, path: str, visit: Visit, definitions: Definitions) -> None:
    resource, url = entry.get("resource"), entry.get("fullUrl")
    if not isinstance(resource, dict):
        return
    if url is None:
        is_named = resource.get("resourceType") != "OperationOutcome"
        if kind in NAMED and is_named and "_fullUrl" not in entry:
            visit.add("full-url-missing", path, type=kind)
        return
    if not isinstance(url, str) or not url:
        return
    if ABSOLUTE.match(url) is None:
        visit.add("full-url-relative", f"{path}.fullUrl", found=url)
        return
    match = REST.fullmatch(url)
    name, identity = resource.get("resourceType"), resource.get("id")
    if match is None or not definitions.is_resource_type(match[1]):
        return
    if match[2]:
        visit.add("full-url-versioned", f"{path}.fullUrl")
    elif not isinstance(identity, str):
        if match[1] != name:
            visit.add("full-url-differs", f"{path}.fullUrl", found=url, wanted=f"/{name}/...")
    elif not url.endswith(f"/{name}/{identity}"):
        visit.add("full-url-differs", f"{path}.fullUrl", found=url, wanted=f"/{name}/{identity}")


# ------------------------------------------------------------ search results


def _search_results(value: Json, path: str, visit: Visit) -> None:
    wanted = _searched_type(value)
    for number, entry in enumerate(items(value.get("entry"))):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            continue
        search = entry.get("search")
        mode = search.get("mode") if isinstance(search, dict) else None
        name = resource.get("resourceType")
        where = f"{path}.entry[{number}].resource"
        if mode == "outcome" and name != "OperationOutcome":
            visit.add("not-an-outcome", where, found=name)
        if mode != "outcome" and name != "OperationOutcome" and "id" not in resource:
            visit.add("result-without-id", where)
        if mode == "match" and wanted and name != wanted:
            visit.add("not-searched-for", where, found=name, wanted=wanted)


def _searched_type(value: Json) -> str:
    """Return the type that the ``self`` link says was searched for; empty where it says none."""
    for link in items(value.get("link")):
        if isinstance(link, dict) and link.get("relation") == "self":
            match = QUERY.fullmatch(str(link.get("url", "")))
            return match[1] if match is not None else ""
    return ""


# ---------------------------------------------------------------- references


def references_in(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield where the references in a value stand, and what each says."""
    waiting: list[tuple[object, str]] = [(value, path)]
    while waiting:
        one, where = waiting.pop()
        if isinstance(one, dict):
            said = one.get("reference")
            if isinstance(said, str):
                yield where, said
            waiting.extend(
                (inner, f"{where}.{key}") for key, inner in one.items() if key != "contained"
            )
        elif isinstance(one, list):
            waiting.extend((inner, f"{where}[{number}]") for number, inner in enumerate(one))


def _references(bundle: Bundle, path: str, visit: Visit) -> None:
    """Judge what the entries of a document or message refer to, and that each is reached."""
    if not bundle.entries:
        return
    names = {
        f"{resource.get('resourceType')}/{resource.get('id')}" for _, resource in bundle.entries
    }
    neighbours: dict[int, set[int]] = {id(resource): set() for _, resource in bundle.entries}
    for number, (url, resource) in enumerate(bundle.entries):
        where = f"{path}.entry[{number}].resource"
        for place, said in references_in(resource, where):
            found = bundle.matches(said, url)
            for one in found:
                neighbours[id(resource)].add(id(one))
                neighbours[id(one)].add(id(resource))
            is_here = RELATIVE.fullmatch(said) is not None or said.startswith("urn:")
            must_be_there = bundle.kind == "document" and number == 0 and is_here
            mistaken = said.partition("/_history/")[0] in names
            if not found and (must_be_there or mistaken):
                visit.add("not-in-bundle", place, found=said)
            elif len(found) > 1:
                visit.add("several-in-bundle", place, found=said)
    if bundle.kind == "document":
        _unreached(bundle, neighbours, path, visit)


def _unreached(bundle: Bundle, neighbours: dict[int, set[int]], path: str, visit: Visit) -> None:
    first = id(bundle.entries[0][1])
    reached, waiting = {first}, [first]
    while waiting:
        further = neighbours[waiting.pop()] - reached
        reached |= further
        waiting.extend(further)
    for number, (url, resource) in enumerate(bundle.entries):
        if id(resource) not in reached:
            visit.add("not-reachable", f"{path}.entry[{number}]", found=url)
