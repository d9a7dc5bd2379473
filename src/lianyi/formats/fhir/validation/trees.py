"""A StructureDefinition as a tree of the elements it constrains.

A snapshot holds every element, a differential only what it changes; both become a tree that is
laid over a resource. What a differential does not say, the profile that it is based on says.

Source:
    FHIR R4, StructureDefinition, ElementDefinition; 5.1.0.14 (element ids), 5.1.0.15 (slicing).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lianyi.formats.fhir.definitions import Binding, Constraint
from lianyi.formats.fhir.validation.visit import Json, items

TYPES = "http://hl7.org/fhir/StructureDefinition/"
SYSTEM_TYPES = "http://hl7.org/fhirpath/"
STRENGTHS = ("required", "extensible", "preferred", "example")


class Node:
    """One element, or one slice of it, as a profile has it.

    Attributes:
        name: last part of its path: ``value[x]``, ``component``.
        shown: what a person reads: ``component:SystolicBP``.
        min, max: None where the profile does not say; ``max`` -1 is any number.
        types: what it may be; each has ``code`` and perhaps profiles.
        fixed, pattern: the value it must have, the part it must have; None where none is said.
        slices: by name, in order.
    """

    __slots__ = (
        *("binding", "children", "constraints", "fixed", "is_modifier", "least", "longest"),
        *(
            "max",
            "min",
            "more_bindings",
            "most",
            "name",
            "pattern",
            "shown",
            "slices",
            "slicing",
            "types",
        ),
    )

    def __init__(self, name: str, shown: str) -> None:
        self.name = name
        self.shown = shown
        self.children: dict[str, Node] = {}
        self.slices: dict[str, Node] = {}
        self.min: int | None = None
        self.max: int | None = None
        self.types: list[Json] = []
        self.fixed: Any = None
        self.pattern: Any = None
        self.least: Any = None
        self.most: Any = None
        self.longest: int | None = None
        self.binding: Binding | None = None
        self.more_bindings: list[Binding] = []
        self.constraints: tuple[Constraint, ...] = ()
        self.slicing: Json | None = None
        self.is_modifier = False

    def bindings(self) -> list[Binding]:
        """Return every binding that its codes must keep to."""
        return [self.binding, *self.more_bindings] if self.binding is not None else []

    def say(self, element: Mapping[str, Any]) -> None:
        """Take over what an ElementDefinition says."""
        low, high = element.get("min"), element.get("max")
        self.min = low if isinstance(low, int) else None
        if isinstance(high, str):
            self.max = int(high) if high.isdigit() else -1
        self.types = [t for t in items(element.get("type")) if isinstance(t, dict)]
        for key, value in element.items():
            if key.startswith("fixed"):
                self.fixed = value
            elif key.startswith("pattern"):
                self.pattern = value
            elif key.startswith("minValue"):
                self.least = value
            elif key.startswith("maxValue"):
                self.most = value
        longest, slicing = element.get("maxLength"), element.get("slicing")
        self.longest = longest if isinstance(longest, int) else None
        self.slicing = slicing if isinstance(slicing, dict) else None
        self.binding = _binding(element.get("binding"))
        self.more_bindings = _more_bindings(element.get("binding"))
        self.constraints = tuple(_constraints(element.get("constraint")))
        self.is_modifier = element.get("isModifier") is True

    def profiles_of(self, code: str) -> list[str]:
        """Return the profiles that a value of a type must fit one of.

        A URL may end in ``#`` and the id of an element: of that element of the profile.
        """
        return [
            profile
            for kind in self.types
            if kind.get("code") in (code, "Resource", "DomainResource")
            for profile in _profiles(kind)
        ]

    def profiles(self) -> list[str]:
        """Return the profiles of every type that it may be."""
        return [profile for kind in self.types for profile in _profiles(kind)]

    def says_value(self) -> bool:
        """Whether it says which value there must be."""
        return self.fixed is not None or self.pattern is not None

    def ways(self) -> set[str]:
        """Return how a reference may lead there: contained, bundled, referenced; none is any."""
        return {str(way) for kind in self.types for way in items(kind.get("aggregation"))}

    def targets(self) -> list[str]:
        """Return the profiles that a reference may lead to; empty where it may lead anywhere."""
        return [str(target) for kind in self.types for target in items(kind.get("targetProfile"))]


def _profiles(kind: Json) -> list[str]:
    shadows = items(kind.get("_profile"))
    found = []
    for number, url in enumerate(items(kind.get("profile"))):
        shadow = shadows[number] if number < len(shadows) else None
        element = [
            f"#{one.get('valueString')}"
            for one in items(shadow.get("extension") if isinstance(shadow, dict) else None)
            if isinstance(one, dict) and str(one.get("url")).endswith("profile-element")
        ]
        found.append(str(url) + "".join(element[:1]))
    return found


def _binding(said: object) -> Binding | None:
    if not isinstance(said, dict) or said.get("strength") not in STRENGTHS:
        return None
    widest = [
        str(one.get("valueCanonical", ""))
        for one in items(said.get("extension"))
        if isinstance(one, dict) and str(one.get("url")).endswith("elementdefinition-maxValueSet")
    ]
    return Binding(said["strength"], str(said.get("valueSet", "")), *widest[:1])


def _more_bindings(said: object) -> list[Binding]:
    """Return the additional bindings that always hold: those without a usage of their own."""
    found = []
    for one in items(said.get("extension") if isinstance(said, dict) else None):
        if not isinstance(one, dict) or not str(one.get("url")).endswith("/additional-binding"):
            continue
        parts = {
            str(part.get("url")): part
            for part in items(one.get("extension"))
            if isinstance(part, dict)
        }
        purpose = str(parts.get("purpose", {}).get("valueCode"))
        value_set = parts.get("valueSet", {}).get("valueCanonical")
        strength = {"maximum": "required"}.get(purpose, purpose)
        if isinstance(value_set, str) and "usage" not in parts and strength in STRENGTHS:
            found.append(Binding(strength, value_set))  # type: ignore[arg-type]
    return found


def _constraints(said: object) -> Iterable[Constraint]:
    for one in items(said):
        if isinstance(one, dict) and isinstance(one.get("expression"), str):
            yield Constraint(
                key=str(one.get("key", "")),
                severity="warning" if one.get("severity") == "warning" else "error",
                human=str(one.get("human", "")),
                expression=one["expression"],
            )


class Tree:
    """A profile, ready to be laid over values.

    Attributes:
        type: the type of resource or data type it constrains.
        base: the profile it is based on, where this one is only a differential; else empty.
        context: where an extension may stand: kind and expression.
        by_id: the nodes by the ids of their elements.
    """

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.url = str(definition.get("url", ""))
        self.type = str(definition.get("type", ""))
        self.context = [
            (str(one.get("type")), str(one.get("expression", "")))
            for one in items(definition.get("context"))
            if isinstance(one, dict)
        ]
        snapshot = _elements(definition, "snapshot")
        elements = snapshot or _elements(definition, "differential")
        base = str(definition.get("baseDefinition", ""))
        self.base = "" if snapshot else base
        self.root = Node(self.type, self.type)
        self.by_id: dict[str, Node] = {}
        self._latest: dict[str, Node] = {}
        for element in elements:
            self._place(element)

    def _place(self, element: Json) -> None:
        path = element.get("path")
        if not isinstance(path, str):
            return
        parent, _, name = path.rpartition(".")
        if not parent:
            self._latest = {path: self.root}
            self.root.say(element)
            return
        node = self._child(self._node_at(parent), name)
        slice_name = element.get("sliceName")
        if isinstance(slice_name, str) and slice_name:
            whole = node
            node = Node(name, f"{name}:{slice_name}")
            whole.slices[slice_name] = node
        node.say(element)
        parts = (path, slice_name) if isinstance(slice_name, str) else (path,)
        self.by_id[str(element.get("id") or ":".join(parts))] = node
        for stale in [known for known in self._latest if known.startswith(f"{path}.")]:
            del self._latest[stale]
        self._latest[path] = node

    def _node_at(self, path: str) -> Node:
        """Return the node that was last placed at a path, made where a differential skips it."""
        found = self._latest.get(path)
        if found is None:
            parent, _, name = path.rpartition(".")
            found = self._child(self._node_at(parent), name) if parent else self.root
            self._latest[path] = found
        return found

    @staticmethod
    def _child(parent: Node, name: str) -> Node:
        return parent.children.setdefault(name, Node(name, name))


def _elements(definition: Mapping[str, Any], view: str) -> list[Json]:
    said = definition.get(view)
    found = items(said.get("element")) if isinstance(said, dict) else []
    return [one for one in found if isinstance(one, dict)]
