"""The door: a resource in, all its search values out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import lru_cache

from lianyi.formats.fhir import fhirpath
from lianyi.formats.fhir.definitions import Definitions
from lianyi.formats.fhir.definitions.model import SearchParameter
from lianyi.formats.fhir.fhirpath import (
    Compiled,
    FhirPathError,
    Node,
    World,
    model_of,
    parse,
)
from lianyi.formats.fhir.fhirpath.compiling import compile_tree, concerns
from lianyi.formats.fhir.fhirpath.model import Json, Kind
from lianyi.formats.fhir.fhirpath.nodes import Item, system
from lianyi.formats.fhir.fhirpath.syntax import Expression, alternatives
from lianyi.formats.fhir.indexing.converting import Converter, Converters
from lianyi.formats.fhir.indexing.planning import (
    NoPath,
    Paths,
    Place,
    Stop,
    Tree,
    walk,
)
from lianyi.formats.fhir.indexing.ranges import CHINA
from lianyi.formats.fhir.indexing.values import Composite, Value


def index(
    resource: Mapping[str, Json], definitions: Definitions, *, zone: tzinfo = CHINA
) -> list[Value]:
    """Return every value by which a resource can be found, each once, in no order that matters.

    Nothing in a resource makes it fail: an element that is not what its type should be gives no
    value.

    Args:
        resource: JSON, decimals as ``Decimal``.
        definitions: what R4 says.
        zone: of dates and times that name none.
    """
    name = resource.get("resourceType")
    if not isinstance(name, str) or not definitions.is_resource_type(name):
        return []
    return _plan(name, definitions, zone).read(resource)


def index_parameter(
    resource: Mapping[str, Json], parameter: str, definitions: Definitions, *, zone: tzinfo = CHINA
) -> list[Value]:
    """Return the values of one parameter only."""
    return [
        value for value in index(resource, definitions, zone=zone) if value.parameter == parameter
    ]


@dataclass(slots=True)
class _Evaluated:
    """A parameter, or the part of it, that is read by FHIRPath."""

    parameter: SearchParameter
    base: Compiled
    components: tuple[tuple[SearchParameter, Compiled], ...] = ()


@dataclass(slots=True)
class _Plan:
    """All parameters of one resource type."""

    converters: Converters
    tree: Tree = field(default_factory=Tree)
    evaluated: list[_Evaluated] = field(default_factory=list)

    def read(self, resource: Mapping[str, Json]) -> list[Value]:
        """Return the values of a resource of the type."""
        out: list[Value] = []
        walk(resource, self.tree, out)
        for each in self.evaluated:
            self._evaluate(each, resource, out)
        return list(dict.fromkeys(out))

    def _evaluate(
        self, evaluated: _Evaluated, resource: Mapping[str, Json], out: list[Value]
    ) -> None:
        """Read a parameter by FHIRPath; one that fails on this resource has no value in it."""
        try:
            for item in evaluated.base(resource, world=_WORLD):
                if not evaluated.components:
                    self._convert(evaluated.parameter, item, out)
                elif isinstance(item, Node):
                    self._compose(evaluated, item, resource, out)
        except FhirPathError:
            return

    def _compose(
        self, evaluated: _Evaluated, item: Node, resource: Mapping[str, Json], out: list[Value]
    ) -> None:
        whole: list[Item] = [Node(resource, item.kind.model.kind_of(resource))]
        parts: list[tuple[Value, ...]] = []
        for parameter, component in evaluated.components:
            part: list[Value] = []
            for found in component(item, world=_WORLD, variables={"resource": whole}):
                self._convert(parameter, found, part)
            parts.append(tuple(part))
        if all(parts):
            out.append(Composite(evaluated.parameter.code, tuple(parts)))

    def _convert(self, parameter: SearchParameter, item: Item, out: list[Value]) -> None:
        if isinstance(item, Node):
            convert = self.converters.find(parameter.type, _read_as(item.kind))
            if item.value is not None:
                convert(parameter.code, item.value, out)
            return
        value = system(item)
        self.converters.find(parameter.type, "string")(parameter.code, value, out)


_WORLD = World(steps_max=50_000)
_GENERAL = ("Quantity", "canonical", "uri")


def _read_as(kind: Kind) -> str:
    """Return the type that a kind is read as: an Age as a Quantity, a url as a uri."""
    return next((name for name in _GENERAL if name in kind.ancestors), kind.name)


@lru_cache(maxsize=1024)
def _plan(name: str, definitions: Definitions, zone: tzinfo) -> _Plan:
    planner = _Planner(name, definitions, zone)
    for parameter in definitions.search_parameters(name).values():
        if parameter.expression:
            planner.add(parameter)
    return planner.plan


@lru_cache(maxsize=1024)
def extractor(
    name: str, parameters: tuple[SearchParameter, ...], definitions: Definitions, zone: tzinfo
) -> Callable[[Mapping[str, Json]], list[Value]]:
    """Return what reads the values of some parameters from resources of one type.

    Args:
        name: of the type.
        parameters: each with an expression, and none a composite.
        definitions: what R4 says.
        zone: of dates and times that name none.

    Raises:
        FhirPathError: an expression cannot be used.
    """
    planner = _Planner(name, definitions, zone)
    for parameter in parameters:
        planner.add(parameter)
    return planner.plan.read


class _Planner:
    """Makes the plan of one resource type."""

    def __init__(self, name: str, definitions: Definitions, zone: tzinfo) -> None:
        self._definitions = definitions
        self._model = model_of(definitions)
        self._kind = self._model.kind(name)
        self._paths = Paths(self._model)
        self._converters = Converters(definitions.is_resource_type, zone)
        self.plan = _Plan(self._converters)

    def add(self, parameter: SearchParameter) -> None:
        """Add a parameter: each alternative as a path, or else as FHIRPath."""
        for part in alternatives(parse(parameter.expression)):
            if not concerns(part, self._kind, self._model):
                continue
            try:
                self._as_path(parameter, part)
            except NoPath:
                self._as_expression(parameter, part)

    def _as_path(self, parameter: SearchParameter, part: Expression) -> None:
        # On a tree of its own first: what turns out to be no path leaves nothing behind.
        scratch = Place(Tree(), self._kind)
        self._stops(parameter, self._paths.follow(part, scratch))
        start = Place(self.plan.tree, self._kind)
        for place, stop in self._stops(parameter, self._paths.follow(part, start)):
            place.tree.stops.append(stop)

    def _stops(self, parameter: SearchParameter, places: list[Place]) -> list[tuple[Place, Stop]]:
        if parameter.type == "composite":
            return [(place, self._composite(parameter, place)) for place in places]
        return [
            (place, Stop(parameter.code, self._converter(parameter, place), place.guard))
            for place in places
        ]

    def _converter(self, parameter: SearchParameter, place: Place) -> Converter:
        bound = self._bound_system(place) if place.kind.name == "code" else None
        return self._converters.find(parameter.type, _read_as(place.kind), bound)

    def _bound_system(self, place: Place) -> str | None:
        """Return the code system that the required binding of a ``code`` element means."""
        if place.owner is None:
            return None
        structure = self._definitions.find_structure(place.owner.name)
        element = structure.elements.get(place.name) if structure else None
        binding = element.binding if element else None
        if binding is None or binding.strength != "required" or not binding.value_set:
            return None
        value_set = self._definitions.find_value_set(binding.value_set)
        systems = {part.system for part in value_set.include} if value_set else set()
        return systems.pop() or None if len(systems) == 1 else None

    def _composite(self, parameter: SearchParameter, place: Place) -> Stop:
        parts: list[Tree] = []
        for component in parameter.components:
            named = self._definitions.parameters_by_url[component.definition]
            tree = Tree()
            for part in alternatives(parse(component.expression)):
                start = Place(tree, place.kind)
                for end, stop in self._stops(named, self._paths.follow(part, start)):
                    end.tree.stops.append(stop)
            parts.append(tree)
        return Stop(parameter.code, guard=place.guard, parts=tuple(parts))

    def _as_expression(self, parameter: SearchParameter, part: Expression) -> None:
        components = tuple(
            (
                self._definitions.parameters_by_url[component.definition],
                fhirpath.compile(component.expression, self._definitions),
            )
            for component in parameter.components
        )
        base = Compiled(parameter.expression, self._model, compile_tree(part, self._model))
        self.plan.evaluated.append(_Evaluated(parameter, base, components))
