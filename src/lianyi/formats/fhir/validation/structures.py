"""The types of R4 compiled into checks: one closure for each key of each type.

What holds of every value of a type stands in a list of ``extras`` by type name, so that codes,
references, narratives and invariants are added without this module knowing them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lianyi.formats.fhir.definitions import Definitions, Element, Place, Structure
from lianyi.formats.fhir.validation.primitives import Judge, json_type, judge_of
from lianyi.formats.fhir.validation.visit import Bundle, Check, Visit

DEPTH_MAX = 128
Member = Callable[[Any, dict[str, Any], str, Visit], None]
"""Judges what stands under a key; gets the value, the object around it and the path of that."""

Extra = Callable[[Structure, Place], Iterable[Check]]
"""Gives the checks of the value of an element that its type alone does not say."""


class Structures:
    """The compiled types, each made when first needed."""

    def __init__(
        self,
        definitions: Definitions,
        *,
        of_type: Callable[[Structure], Iterable[Check]],
        of_element: Extra,
    ) -> None:
        self.definitions = definitions
        self._of_type = of_type
        self._of_element = of_element
        self._checks: dict[str, Check] = {}
        self._judges: dict[str, Judge] = {}

    def check(self, name: str) -> Check:
        """Return the check of a complex type, backbone or resource."""
        found = self._checks.get(name)
        if found is None:
            found = self._checks[name] = _StructureCheck(self, self.definitions.structure(name))
        return found

    def resource(self, value: object, path: str, visit: Visit) -> None:
        """Judge a resource of whatever type it says."""
        kind = value.get("resourceType") if isinstance(value, dict) else None
        if not isinstance(kind, str) or not self.definitions.is_resource_type(kind):
            visit.add("not-a-resource", path, found=kind if isinstance(kind, str) else "")
            return
        outer = visit.resource, visit.bundle
        visit.resource = value  # type: ignore[assignment]
        if kind == "Bundle":
            visit.bundle = Bundle(visit.resource)
        self.check(kind)(value, path, visit)
        visit.resource, visit.bundle = outer

    def rooted(self, value: object, path: str, visit: Visit) -> None:
        """Judge a resource that stands by itself, in an entry of a Bundle for instance."""
        outer = visit.root, visit.used, visit.ids, visit.base
        visit.root = value if isinstance(value, dict) else {}
        visit.used, visit.ids = set(), set()
        visit.base = visit.bundle.url_of(value) if visit.bundle else ""
        self.resource(value, path, visit)
        visit.root, visit.used, visit.ids, visit.base = outer

    def judge(self, type_name: str) -> Judge:
        """Return what judges the values of a primitive type."""
        found = self._judges.get(type_name)
        if found is None:
            found = self._judges[type_name] = judge_of(type_name, self.definitions)
        return found

    def extras_of(self, structure: Structure) -> tuple[Check, ...]:
        """Return the checks of every value of a type, those of its bases included."""
        return tuple(self._of_type(structure))

    def extras_at(self, structure: Structure, place: Place) -> tuple[Check, ...]:
        """Return the checks of the value of one element."""
        return tuple(self._of_element(structure, place))


class _StructureCheck:
    """Judges an object by the elements that its type has."""

    def __init__(self, structures: Structures, structure: Structure) -> None:
        self._structures = structures
        self._structure = structure
        self._is_resource = structure.kind == "resource"
        self._members: dict[str, Member] | None = None
        self._required: list[tuple[Element, frozenset[str]]] = []
        self._choices: list[tuple[str, frozenset[str]]] = []
        self._extras: tuple[Check, ...] = ()

    def _compile(self) -> dict[str, Member]:
        structure = self._structure
        elements = structure.elements.values()
        names = {one.name: frozenset(one.keys()) for one in elements}
        self._required = [
            (one, names[one.name] | {f"_{key}" for key in names[one.name]})
            for one in elements
            if one.min
        ]
        self._choices = [(one.name, names[one.name]) for one in elements if one.is_choice]
        self._extras = self._structures.extras_of(structure)
        members: dict[str, Member] = {}
        for key, place in structure.places.items():
            members[key] = _member(self._structures, structure, key, place)
            if self._structures.definitions.structure(place.structure).kind == "primitive-type":
                members[f"_{key}"] = _shadow_member(self._structures, key, place)
        self._members = members
        return members

    def __call__(self, value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
        members = self._members or self._compile()
        if value.__class__ is not dict:
            visit.add("not-an-object", path, type=self._structure.name)
            return
        if visit.depth > DEPTH_MAX:
            visit.add("too-deep", path)
            return
        visit.depth += 1
        for key, inner in value.items():
            member = members.get(key)
            if member is not None:
                member(inner, value, path, visit)
            elif key != "resourceType" or not self._is_resource:
                name = self._structure.name
                visit.add("unknown-element", f"{path}.{key}", name=key, type=name)
        if not value or (len(value) == 1 and "id" in value and not self._is_resource):
            visit.add("empty", path)
        for element, keys in self._required:
            if keys.isdisjoint(value):
                name, kind = element.name, self._structure.name
                visit.add("missing", path, name=name, type=kind, min=element.min)
        for name, keys in self._choices:
            if len(keys & value.keys()) > 1:
                visit.add("choice-twice", f"{path}.{name}", name=name)
        for extra in self._extras:
            extra(value, path, visit)
        visit.depth -= 1


def step(key: str, place: Place) -> str:
    """Return how FHIRPath says a key: ``.value.ofType(Quantity)`` for ``valueQuantity``."""
    element = place.element
    return f".{element.name}.ofType({place.type.code})" if element.is_choice else f".{key}"


def _member(structures: Structures, structure: Structure, key: str, place: Place) -> Member:
    inner = structures.definitions.structure(place.structure)
    extras = structures.extras_at(structure, place)
    if inner.kind == "primitive-type":
        one = _primitive(structures, place, extras)
    elif place.structure == "Resource":
        is_inside = place.element.name == "contained"
        one = _several(structures.resource if is_inside else structures.rooted, extras)
    else:
        one = _several(structures.check(place.structure), extras)
    suffix = step(key, place)
    if not place.element.is_list:
        return _single_member(one, suffix)
    return _list_member(one, suffix, key, place, is_primitive=inner.kind == "primitive-type")


def _several(first: Check, more: tuple[Check, ...]) -> Check:
    """Return a check that runs the others only on what the first can look into."""
    if not more:
        return first

    def check(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
        first(value, path, visit)
        if value.__class__ is dict:
            for other in more:
                other(value, path, visit)

    return check


def _primitive(structures: Structures, place: Place, extras: tuple[Check, ...]) -> Check:
    judge = structures.judge(place.type.code)
    name = place.type.code
    json = json_type(name)
    longest = place.element.max_length

    def check(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
        rule = judge(value)
        if rule is not None:
            visit.add(rule, path, type=name, json=json)
            return
        if longest is not None and len(value) > longest:
            visit.add("too-long", path, max=longest)
        for extra in extras:
            extra(value, path, visit)

    return check


def _single_member(one: Check, suffix: str) -> Member:
    def member(value: Any, holder: dict[str, Any], path: str, visit: Visit) -> None:  # noqa: ANN401
        if value.__class__ is list:
            visit.add("not-one-value", path + suffix)
        else:
            one(value, path + suffix, visit)

    return member


def _list_member(one: Check, suffix: str, key: str, place: Place, *, is_primitive: bool) -> Member:
    most = place.element.max

    def member(value: Any, holder: dict[str, Any], path: str, visit: Visit) -> None:  # noqa: ANN401
        if value.__class__ is not list:
            visit.add("not-an-array", path + suffix)
            return
        if not value:
            visit.add("empty", path + suffix)
        if most is not None and len(value) > most:
            visit.add("too-many", path + suffix, name=key, found=len(value), max=most)
        shadows = holder.get(f"_{key}") if is_primitive else None
        for number, item in enumerate(value):
            if item is None and shadows.__class__ is list:
                if number >= len(shadows) or not shadows[number]:
                    visit.add("empty", f"{path}{suffix}[{number}]")
                continue
            one(item, f"{path}{suffix}[{number}]", visit)

    return member


def _shadow_member(structures: Structures, key: str, place: Place) -> Member:
    """Return the check of ``_key``: id and extensions of a primitive value."""
    checked = structures.check("Element")
    suffix = step(key, place)

    def one(value: Any, path: str, visit: Visit, *, has_value: bool) -> None:  # noqa: ANN401
        is_bare = value.__class__ is dict and len(value) == 1 and "id" in value
        if not is_bare:
            checked(value, path, visit)
        elif not has_value:
            visit.add("empty", path)

    def member(value: Any, holder: Mapping[str, Any], path: str, visit: Visit) -> None:  # noqa: ANN401
        where = path + suffix
        if not place.element.is_list:
            one(value, where, visit, has_value=key in holder)
            return
        if value.__class__ is not list:
            visit.add("not-an-array", where)
            return
        said = holder.get(key)
        values = said if isinstance(said, list) else []
        if said is not None and len(values) != len(value):
            visit.add("not-aligned", where, name=key)
        for number, item in enumerate(value):
            if item is not None:
                beside = values[number] if number < len(values) else None
                one(item, f"{where}[{number}]", visit, has_value=beside is not None)

    return member
