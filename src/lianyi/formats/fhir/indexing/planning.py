"""Search expressions to a plan: which keys of the JSON lead to which values.

Nearly every expression of the standard is a path, perhaps with ``ofType``, ``where(resolve() is
Patient)`` or ``where(system='email')`` in it. All such paths of one resource type become one tree
of keys, so that a resource is walked once and what it does not have costs nothing. What is no
such path is evaluated as FHIRPath.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from lianyi.formats.fhir.fhirpath.model import Child, Json, Kind, Model
from lianyi.formats.fhir.fhirpath.syntax import (
    Binary,
    Call,
    Constant,
    Expression,
    Member,
    Typing,
    type_name,
)
from lianyi.formats.fhir.indexing.converting import Converter
from lianyi.formats.fhir.indexing.values import Composite, Value

Guard: TypeAlias = Callable[[Json], bool]


@dataclass(slots=True)
class Stop:
    """Something to be read from an element.

    Attributes:
        convert: reads it; None for a composite.
        guard: whether it counts; None if it always does.
        parts: of a composite: for each component, the tree of keys below the element.
    """

    parameter: str
    convert: Converter | None = None
    guard: Guard | None = None
    parts: tuple[Tree, ...] = ()


@dataclass(slots=True)
class Tree:
    """What is to be read from an object: below which keys, and from itself."""

    keys: dict[str, Tree] = field(default_factory=dict)
    guarded: list[tuple[str, Guard, Tree]] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)

    def below(self, key: str) -> Tree:
        """Return the tree of a key, made if need be."""
        return self.keys.setdefault(key, Tree())

    def behind(self, name: str, guard: Guard) -> Tree:
        """Return the tree for elements for which a guard holds; ``name`` tells guards apart."""
        for known, _, tree in self.guarded:
            if known == name:
                return tree
        tree = Tree()
        self.guarded.append((name, guard, tree))
        return tree


def walk(value: Json, tree: Tree, out: list[Value]) -> None:
    """Read one element: a primitive or an object."""
    for stop in tree.stops:
        if stop.guard is not None and not stop.guard(value):
            continue
        if stop.convert is not None:
            stop.convert(stop.parameter, value, out)
        else:
            _compose(stop, value, out)
    if value.__class__ is not dict:
        return
    keys = tree.keys
    if len(keys) <= len(value):
        for key, below in keys.items():
            found = value.get(key)
            if found is not None:
                _descend(found, below, out)
    else:
        for key, found in value.items():
            known = keys.get(key)
            if known is not None:
                _descend(found, known, out)
    for _, guard, below in tree.guarded:
        if guard(value):
            walk(value, below, out)


def _descend(found: Json, below: Tree, out: list[Value]) -> None:
    if found.__class__ is list:
        for each in found:
            if each is not None:
                walk(each, below, out)
    elif found is not None:
        walk(found, below, out)


def _compose(stop: Stop, value: Json, out: list[Value]) -> None:
    parts: list[tuple[Value, ...]] = []
    for tree in stop.parts:
        part: list[Value] = []
        walk(value, tree, part)
        if not part:
            return
        parts.append(tuple(part))
    out.append(Composite(stop.parameter, tuple(parts)))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads: the tree there, the type of what stands there, how it got there."""

    tree: Tree
    kind: Kind
    owner: Kind | None = None
    name: str = ""
    guard: Guard | None = None


class NoPath(Exception):
    """An expression is more than a path."""


class Paths:
    """Follows paths through the types, growing a tree of keys."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def follow(self, node: Expression, start: Place) -> list[Place]:
        """Return every place that a path leads to.

        Raises:
            NoPath: it has something in it that is no step of a path.
        """
        match node:
            case Member(_, None, name):
                if name in start.kind.ancestors:
                    return [start]
                return self._step([start], name)
            case Member(_, left, name) if left is not None:
                return self._step(self.follow(left, start), name)
            case Typing(_, "as", left, name):
                return self._narrowed(self.follow(left, start), name)
            case Call(_, left, "ofType" | "as", (argument,)) if left is not None:
                return self._narrowed(self.follow(left, start), type_name(argument))
            case Call(_, left, "where", (criterion,)) if left is not None:
                return self._filtered(self.follow(left, start), criterion)
            case _:
                raise NoPath

    def _step(self, places: list[Place], name: str) -> list[Place]:
        found: list[Place] = []
        for place in places:
            if place.guard is not None or (place.kind.is_abstract and place.owner is not None):
                raise NoPath
            found += [
                self._child(place, child, name) for child in place.kind.children.get(name, ())
            ]
        return found

    @staticmethod
    def _child(place: Place, child: Child, name: str) -> Place:
        return Place(place.tree.below(child.key), child.kind, place.kind, name)

    def _narrowed(self, places: list[Place], name: str | None) -> list[Place]:
        if name is None:
            raise NoPath
        bare = name.rpartition(".")[2]
        # HL7's own expressions say DateTime where they mean the dateTime of FHIR.
        return [
            place for place in places if bare in place.kind.ancestors or bare == place.kind.system
        ]

    def _filtered(self, places: list[Place], criterion: Expression) -> list[Place]:
        match criterion:
            case Typing(_, "is", Call(_, None, "resolve", ()), name):
                guard = _refers_to(name)
                return [
                    Place(place.tree, place.kind, place.owner, place.name, guard)
                    for place in places
                ]
            case Binary(_, "=", Member(_, None, key), Constant(_, str(wanted), None)):
                return [
                    Place(
                        place.tree.behind(f"{key}={wanted}", _says(key, wanted)),
                        place.kind,
                        place.owner,
                        place.name,
                    )
                    for place in places
                ]
            case _:
                raise NoPath


def _refers_to(type_: str) -> Guard:
    """Return whether a reference says that it points at a type."""
    start, middle = f"{type_}/", f"/{type_}/"

    def refers(value: Json) -> bool:
        if not isinstance(value, dict):
            return False
        reference = value.get("reference")
        if isinstance(reference, str) and (reference.startswith(start) or middle in reference):
            return True
        return value.get("type") == type_

    return refers


def _says(key: str, wanted: str) -> Guard:
    def says(value: Mapping[str, Json]) -> bool:
        return value.get(key) == wanted

    return says
