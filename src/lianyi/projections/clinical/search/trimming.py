"""How much of a resource is given: ``_summary`` and ``_elements``. Pure.

Source:
    HL7 FHIR R4, 3.1.1.5.8 (_summary), 3.1.1.5.9 (_elements); a resource that is not whole has the
    tag ``SUBSETTED``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.definitions import Definitions
from lianyi.projections.clinical.search.query import Summary

_ALWAYS: Final = frozenset({"resourceType", "id", "meta"})
SUBSETTED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}


def trimmed(
    body: bytes, definitions: Definitions, *, summary: Summary, elements: Sequence[str]
) -> bytes:
    """Return as much of a resource as is wanted.

    Args:
        body: the resource as JSON.
        definitions: of FHIR.
        summary: of which a summary is wanted; ``count`` is no matter of one resource.
        elements: that are wanted; none: all.
    """
    if summary in ("false", "count") and not elements:
        return body
    resource = json_text.read(body)
    type_ = str(resource["resourceType"])
    if elements:
        kept = _of_names(resource, type_, definitions, elements)
    elif summary == "data":
        kept = {name: value for name, value in resource.items() if name.lstrip("_") != "text"}
    elif summary == "text":
        kept = _of_names(resource, type_, definitions, ["text"])
    else:
        kept = _summary(resource, type_, definitions)
    return json_text.write(_tagged(kept))


def _of_names(
    resource: Mapping[str, Any], type_: str, definitions: Definitions, names: Sequence[str]
) -> dict[str, Any]:
    """Keep elements by name, and what no resource of the type is without."""
    structure = definitions.structure(type_)
    kept = {}
    for key, value in resource.items():
        bare = key.removeprefix("_")
        place = structure.places.get(bare)
        name = place.element.name if place else bare
        if (
            bare in _ALWAYS
            or name in names
            or bare in names
            or (place is not None and place.element.min > 0)
        ):
            kept[key] = value
    return kept


def _summary(value: Mapping[str, Any], name: str, definitions: Definitions) -> dict[str, Any]:
    """Keep the elements that the definition marks for a summary, within them likewise."""
    structure = definitions.structure(name)
    kept: dict[str, Any] = {}
    for key, inner in value.items():
        bare = key.removeprefix("_")
        place = structure.places.get(bare)
        if bare in _ALWAYS:
            kept[key] = inner
        elif place is not None and (place.element.is_summary or place.element.min > 0):
            kept[key] = _within(inner, place.structure, definitions)
    return kept


def _within(value: object, name: str, definitions: Definitions) -> object:
    if "." not in name:  # a data type is given whole
        return value
    if isinstance(value, list):
        return [_within(one, name, definitions) for one in value]
    return _summary(value, name, definitions) if isinstance(value, Mapping) else value


def _tagged(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Say that it is not whole."""
    meta = resource.get("meta")
    said = dict(meta) if isinstance(meta, Mapping) else {}
    tags = said.get("tag")
    said["tag"] = [*(tags if isinstance(tags, list) else []), SUBSETTED]
    made: dict[str, Any] = {}
    for name, value in resource.items():
        if name != "meta":
            made[name] = value
        if name == "id":
            made["meta"] = said
    made.setdefault("meta", said)
    return made
