"""Types as FHIRPath sees them: what elements a value has, under which key of the JSON.

A choice such as ``value[x]`` is one element ``value`` with several keys (``valueQuantity``,
``valueString``). An anonymous type is named by its path (``Patient.contact``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol, TypeAlias

Json: TypeAlias = Any  # a value of JSON: what it is is found out where it is read


class Choice(NamedTuple):
    """One type that an element may have."""

    key: str
    type: str


class ElementOf(NamedTuple):
    """An element by the name that a path uses, in the order of the definition."""

    name: str
    choices: tuple[Choice, ...]


class Types(Protocol):
    """What the definitions must tell of types. A name is a type or the path of an anonymous one."""

    def base_of(self, name: str) -> str | None:
        """Return the type that a type specialises; None for ``Element`` and ``Resource``."""

    def knows(self, name: str) -> bool:
        """Whether there is such a type."""

    def is_primitive(self, name: str) -> bool:
        """Whether its values are strings, numbers or booleans of the JSON."""

    def elements_of(self, name: str) -> Iterable[ElementOf]:
        """Return its elements, those of its base included."""


class Child(NamedTuple):
    """Where an element stands: its key, the key of its extensions (primitives), its kind."""

    key: str
    shadow: str | None
    kind: Kind


class Kind:
    """A type of FHIR.

    Attributes:
        name: ``Patient``, ``code``, or the path of an anonymous type, ``Patient.contact``.
        label: the name that ``type()`` tells; ``BackboneElement`` for an anonymous one.
        ancestors: its own name and those of all that it specialises.
        system: the System type of a primitive's value, such as ``String``; None for others.
        children: its elements by name.
    """

    __slots__ = ("_children", "ancestors", "is_abstract", "label", "model", "name", "system")

    def __init__(
        self, model: Model, name: str, ancestors: frozenset[str], system: str | None
    ) -> None:
        self.model = model
        self._children: dict[str, tuple[Child, ...]] | None = None
        self.name = name
        self.ancestors = ancestors
        self.system = system
        self.is_abstract = name in {"Resource", "DomainResource"}
        self.label = "BackboneElement" if "." in name and "BackboneElement" in ancestors else name
        if "." in self.label:
            self.label = "Element"

    @property
    def children(self) -> dict[str, tuple[Child, ...]]:
        """Its elements by name, read when first asked for."""
        if self._children is None:
            self._children = self.model.children_of(self.name)
        return self._children

    def __repr__(self) -> str:
        return f"Kind({self.name})"


SYSTEM_OF = {
    "boolean": "Boolean",
    "integer": "Integer",
    "positiveInt": "Integer",
    "unsignedInt": "Integer",
    "decimal": "Decimal",
    "date": "Date",
    "dateTime": "DateTime",
    "instant": "DateTime",
    "time": "Time",
}


class Model:
    """The kinds of one set of definitions, made as they are met."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._kinds: dict[str, Kind] = {}
        self.resource = self.kind("Resource")
        self.element = self.kind("Element")

    def find_kind(self, name: str) -> Kind | None:
        """Return the kind of a name; None where the definitions know none."""
        found = self._kinds.get(name)
        if found is None and self._types.knows(name):
            found = self._kinds[name] = self._made(name)
        return found

    def kind(self, name: str) -> Kind:
        """Return the kind of a name; the most general one where the definitions know none."""
        found = self.find_kind(name)
        return found if found is not None else self._kinds["Resource"]

    def kind_of(self, resource: Mapping[str, Json]) -> Kind:
        """Return the kind that a resource says it is."""
        name = resource.get("resourceType")
        return self.kind(name) if isinstance(name, str) else self.resource

    def children_of(self, name: str) -> dict[str, tuple[Child, ...]]:
        """Return the elements of a type by name."""
        return {
            element.name: tuple(self._child(choice) for choice in element.choices)
            for element in self._types.elements_of(name)
        }

    def _child(self, choice: Choice) -> Child:
        kind = self.kind(choice.type)
        return Child(choice.key, f"_{choice.key}" if kind.system else None, kind)

    def _made(self, name: str) -> Kind:
        ancestors: list[str] = []
        at: str | None = name
        while at is not None and at not in ancestors:
            ancestors.append(at)
            at = self._types.base_of(at)
        system = None
        if self._types.is_primitive(name):
            system = next((SYSTEM_OF[each] for each in ancestors if each in SYSTEM_OF), "String")
        return Kind(self, name, frozenset(ancestors), system)
