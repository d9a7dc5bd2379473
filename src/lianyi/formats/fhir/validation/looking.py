"""Values inside of values: what stands at the path of a discriminator or an element.

Source:
    FHIR R4, 5.1.0.17 (discriminators): a subset of FHIRPath: names, ``$this``,
    ``extension(url)``, ``resolve()``, ``ofType(type)``.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from lianyi.formats.fhir.definitions import Definitions
from lianyi.formats.fhir.validation.structures import step
from lianyi.formats.fhir.validation.visit import Visit

SEGMENT = re.compile(r"""(?:[^.()'"]|\((?:[^()'"]|'[^']*'|"[^"]*")*\))+""")
CALL = re.compile(r"""(extension|ofType|as|resolve)\(\s*['"]?([^'"]*)['"]?\s*\)""")


class Item(NamedTuple):
    """A value in a resource.

    Attributes:
        shadow: id and extensions of a primitive value.
        type: its type: ``Quantity``, ``Patient``.
        structure: the structure it has: ``Quantity``, ``Patient.contact``.
        path: FHIRPath of it.
    """

    value: Any
    shadow: Any
    type: str
    structure: str
    path: str


def children(item: Item, name: str, definitions: Definitions) -> list[Item]:
    """Return the values of one element, by the name a profile gives it (``value[x]``)."""
    holder = item.value if isinstance(item.value, dict) else item.shadow
    if not isinstance(holder, dict):
        return []
    structure = definitions.find_structure(item.structure)
    if structure is None or structure.kind == "primitive-type":
        structure = definitions.structure("Element")
    found: list[Item] = []
    base = name.removesuffix("[x]")
    element = structure.elements.get(base)
    keys = (
        list(element.keys()) if element is not None else [base] if base in structure.places else []
    )
    for key in keys:
        place = structure.places[key]
        values, shadows = holder.get(key), holder.get(f"_{key}")
        if values is None and shadows is None:
            continue
        where = item.path + step(key, place)
        if not place.element.is_list:
            found.append(_item(values, shadows, place.type.code, place.structure, where))
            continue
        values = values if isinstance(values, list) else []
        shadows = shadows if isinstance(shadows, list) else []
        found += [
            _item(
                values[number] if number < len(values) else None,
                shadows[number] if number < len(shadows) else None,
                place.type.code,
                place.structure,
                f"{where}[{number}]",
            )
            for number in range(max(len(values), len(shadows)))
        ]
    return found


def _item(value: Any, shadow: Any, kind: str, structure: str, path: str) -> Item:  # noqa: ANN401
    if structure == "Resource" and isinstance(value, dict):
        said = value.get("resourceType")
        kind = structure = said if isinstance(said, str) else "Resource"
    return Item(value, shadow, kind, structure, path)


def resolved(item: Item, visit: Visit) -> list[Item]:
    """Return the resource that a reference leads to, where it is contained or in the Bundle."""
    said = item.value.get("reference") if isinstance(item.value, dict) else item.value
    found = visit.resolve(said) if isinstance(said, str) else None
    if found is None:
        return []
    kind = str(found.get("resourceType", ""))
    return [Item(found, None, kind, kind, item.path)]


def segments(path: str) -> list[str]:
    """Return the steps of a discriminator's path; none for ``$this``."""
    return [one for one in SEGMENT.findall(path) if one != "$this"]


def follow(item: Item, path: str, definitions: Definitions, visit: Visit) -> list[Item]:
    """Return the values at the path of a discriminator."""
    found = [item]
    for segment in segments(path):
        call = CALL.fullmatch(segment)
        if call is None:
            found = [c for one in found for c in children(one, segment, definitions)]
        elif call[1] == "resolve":
            found = [target for one in found for target in resolved(one, visit)]
        elif call[1] == "extension":
            found = [
                c
                for one in found
                for c in children(one, "extension", definitions)
                if isinstance(c.value, dict) and c.value.get("url") == call[2]
            ]
        else:
            found = [one for one in found if definitions.is_kind_of(one.type, call[2])]
    return found
