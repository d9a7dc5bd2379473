"""Whether a profile constrains elements that there are.

Source:
    FHIR R4, StructureDefinition: a constraint may only name paths of the type it constrains.
"""

from __future__ import annotations

from typing import Any

from lianyi.formats.fhir.definitions import Definitions
from lianyi.formats.fhir.validation.trees import TYPES
from lianyi.formats.fhir.validation.visit import Check, Json, Visit, items


def check_of(definitions: Definitions) -> Check:
    """Return the check of every StructureDefinition that constrains a type of R4."""

    def check(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
        kind = value.get("type")
        is_profile = value.get("derivation") == "constraint" and isinstance(kind, str)
        if not is_profile or definitions.find_structure(kind) is None:
            return
        for view in ("snapshot", "differential"):
            said = value.get(view)
            found = items(said.get("element") if isinstance(said, dict) else None)
            for number, element in enumerate(found):
                where = f"{path}.{view}.element[{number}]"
                said_path = element.get("path") if isinstance(element, dict) else None
                if not isinstance(said_path, str):
                    continue
                if not is_path(said_path, kind, definitions):
                    visit.add("path-unknown", f"{where}.path", path=said_path, type=kind)
                _types(element, where, visit, definitions)

    return check


def is_path(path: str, kind: str, definitions: Definitions) -> bool:
    """Whether a type has an element at a path; ``value[x]`` and ``valueQuantity`` are both one."""
    first, *names = path.split(".")
    structures = {kind} if first == kind else set()
    for name in names:
        known = [found for one in structures if (found := definitions.find_structure(one))]
        base = name.removesuffix("[x]")
        structures = {
            "Element" if place.structure == "xhtml" else place.structure
            for structure in known
            for key, place in structure.places.items()
            if name == key or (place.element.name == base and place.element.is_choice)
        }
        if "Resource" in structures:
            return True
    return bool(structures)


def _types(element: Json, where: str, visit: Visit, definitions: Definitions) -> None:
    for number, kind in enumerate(items(element.get("type"))):
        if not isinstance(kind, dict):
            continue
        code = str(kind.get("code"))
        for profile in items(kind.get("profile")):
            name = str(profile).partition("|")[0].removeprefix(TYPES)
            found = definitions.find_structure(name) if "/" not in name else None
            if found is not None and found.kind == "complex-type" and code not in (name, ""):
                at = f"{where}.type[{number}].profile"
                visit.add("profile-of-other-type", at, profile=name, type=code)
