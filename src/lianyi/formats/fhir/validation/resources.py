"""What holds of whole resources: the ones they contain, and what names them.

Source:
    FHIR R4, DomainResource: invariants dom-2 to dom-5; 2.29 (contained resources).
"""

from __future__ import annotations

from typing import Any

from lianyi.formats.fhir.validation.visit import Visit, items


def contained(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
    """Judge what a contained resource must and must not have."""
    if "contained" in value:
        visit.add("contained-in-contained", path)
    if not isinstance(value.get("id"), str):
        visit.add("contained-without-id", path)
    meta = value.get("meta")
    for name in ("versionId", "lastUpdated", "security"):
        if isinstance(meta, dict) and name in meta:
            visit.add("contained-meta", path, name=name)


def plain_id(value: dict[str, Any], path: str, visit: Visit) -> None:
    """Judge that the id of a resource has no extensions: URLs are made of it."""
    said = value.get("_id")
    if isinstance(said, dict) and "extension" in said:
        visit.add("id-extended", f"{path}.id")


def used_contained(value: dict[str, Any], path: str, visit: Visit) -> None:
    """Judge that each contained resource is referred to, or refers to its container (dom-3)."""
    seen: set[str] = set()
    for number, one in enumerate(items(value.get("contained"))):
        name = one.get("id") if isinstance(one, dict) else None
        if not isinstance(name, str):
            continue
        where = f"{path}.contained[{number}]"
        if name in seen:
            visit.add("id-twice", where, id=name)
        seen.add(name)
        if name not in visit.used and not _refers_to_container(one):
            visit.add("contained-unused", where, id=name)


def _refers_to_container(value: object) -> bool:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if one.get("reference") == "#":
                return True
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return False
