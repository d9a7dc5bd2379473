"""Extensions: which are known, where each may stand, what it holds.

An extension that nobody here knows is no error unless the caller wants it to be: whoever reads a
resource must put up with it.

Source:
    FHIR R4, 2.4 (extensibility); StructureDefinition.context; ``ext-1``.
"""

from __future__ import annotations

import re
from typing import Any

from lianyi.formats.fhir.definitions import Definitions
from lianyi.formats.fhir.validation.looking import Item
from lianyi.formats.fhir.validation.profiles import Profiles
from lianyi.formats.fhir.validation.trees import Tree
from lianyi.formats.fhir.validation.values import ABSOLUTE, Unwanted
from lianyi.formats.fhir.validation.visit import Check, Json, Visit, items

PLACE = re.compile(r"(?:(.*)\.)?(extension|modifierExtension)(?:\[\d+\])?")
OTHER_RELEASE = re.compile(r"http://hl7\.org/fhir/\d\.\d/StructureDefinition/extension-")
"""An element of another release of FHIR, carried along: always allowed, never known here."""

INDEX = re.compile(r"\[\d+\]|\.ofType\(\w+\)")
ENTRY = re.compile(r".*\.(?:resource|contained(?:\[\d+\])?)(?=\.|$)")


def check_of(definitions: Definitions, profiles: Profiles, unknown: Unwanted) -> Check:
    """Return the check of every Extension."""
    rule = "extension-unknown" if unknown == "warning" else "extension-not-known"

    def check(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
        has_value = any(key.lstrip("_").startswith("value") for key in value)
        if has_value == ("extension" in value):
            visit.add("extension-both", path)
        url = value.get("url")
        match = PLACE.fullmatch(path)
        if not isinstance(url, str) or not url or match is None:
            return
        holder = match[1] or ""
        if ABSOLUTE.match(url) is None:
            if PLACE.fullmatch(holder) is None:
                visit.add("extension-not-absolute", f"{path}.url", url=url)
            return
        tree = profiles.find(url)
        if tree is None:
            visit.add("extension-unknown" if OTHER_RELEASE.match(url) else rule, path, url=url)
            return
        if tree.type != "Extension":
            visit.add("extension-not-known", path, url=url)
            return
        if match[2] != ("modifierExtension" if tree.root.is_modifier else "extension"):
            key = "modifierExtension" if tree.root.is_modifier else "extension"
            visit.add("extension-kind", path, url=url, key=key)
        if not _may_stand(tree, holder, visit, definitions):
            allowed = tuple(expression for _, expression in tree.context)
            visit.add("extension-misplaced", path, url=url, allowed=allowed)
        _parts(tree, value, url, path, visit)
        profiles.check(url, Item(value, None, "Extension", "Extension", path), visit)

    return check


def _parts(tree: Tree, value: Json, url: str, path: str, visit: Visit) -> None:
    """Judge that the parts of an extension of several parts are ones that it has."""
    inside = tree.root.children.get("extension")
    if inside is None:
        return
    known = {
        slice_.children["url"].fixed if "url" in slice_.children else name
        for name, slice_ in inside.slices.items()
    }
    for number, part in enumerate(items(value.get("extension"))):
        name = part.get("url") if isinstance(part, dict) else None
        if isinstance(name, str) and ABSOLUTE.match(name) is None and name not in known:
            where = f"{path}.extension[{number}]"
            visit.add("extension-part-unknown", where, url=url, part=name)


def _may_stand(tree: Tree, holder: str, visit: Visit, definitions: Definitions) -> bool:
    """Whether an extension may stand on the element at a path, as far as that can be told."""
    if not tree.context:
        return True
    kind = str(visit.resource.get("resourceType", ""))
    inside = ENTRY.sub("", holder) if ENTRY.match(holder) else holder.partition(".")[2]
    inside = INDEX.sub("", f".{inside.lstrip('.')}" if inside else "")
    path = kind + inside
    last = path.rpartition(".")[2]
    types = _types_at(path, definitions)
    for sort, expression in tree.context:
        if sort != "element":
            return True  # FHIRPath and extensions on extensions are not judged
        if expression == "Element" or "#" in expression:
            return True
        if expression == path or INDEX.sub("", expression).replace("[x]", "") == path:
            return True
        if any(definitions.is_kind_of(one, expression) for one in types):
            return True
        if "." in expression and expression.rpartition(".")[2].replace("[x]", "") == last:
            return True
    return not types


def _types_at(path: str, definitions: Definitions) -> list[str]:
    """Return the types of what stands at a path of elements; none where it is not known."""
    first, *names = path.split(".")
    found = [first] if definitions.find_structure(first) is not None else []
    for name in names:
        found = [
            place.structure
            for one in found
            for place in definitions.structure(one).places.values()
            if place.element.name == name
        ]
    more = [definitions.structure(one).type for one in found]
    return [*found, *more]
