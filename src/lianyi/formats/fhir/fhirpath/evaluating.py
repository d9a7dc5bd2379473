"""The door: an expression and the definitions in, something to call with resources out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache

from lianyi.formats.fhir.definitions import Definitions
from lianyi.formats.fhir.fhirpath.compiling import compile_tree
from lianyi.formats.fhir.fhirpath.model import Choice, ElementOf, Json, Model
from lianyi.formats.fhir.fhirpath.nodes import Item, Items, Node, node, system
from lianyi.formats.fhir.fhirpath.parsing import parse
from lianyi.formats.fhir.fhirpath.running import NOWHERE, Run, Step, World

_CACHED_MAX = 4096


class _Types:
    """The definitions as :class:`Model` asks for them."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions

    def knows(self, name: str) -> bool:
        return self._definitions.find_structure(name) is not None

    def base_of(self, name: str) -> str | None:
        found = self._definitions.structure(name)
        if found.kind == "backbone":
            return found.type
        return found.base or None

    def is_primitive(self, name: str) -> bool:
        return self._definitions.structure(name).kind == "primitive-type"

    def elements_of(self, name: str) -> list[ElementOf]:
        by_name: dict[str, list[Choice]] = {}
        for key, place in self._definitions.structure(name).places.items():
            by_name.setdefault(place.element.name, []).append(Choice(key, place.structure))
        return [ElementOf(element, tuple(choices)) for element, choices in by_name.items()]


@cache
def model_of(definitions: Definitions) -> Model:
    """Return the types of definitions, made once."""
    return Model(_Types(definitions))


class Compiled:
    """An expression, ready for any number of resources and threads."""

    __slots__ = ("_step", "expression", "model")

    def __init__(self, expression: str, model: Model, step: Step) -> None:
        self.expression = expression
        self.model = model
        self._step = step

    def __call__(
        self,
        resource: Mapping[str, Json] | Node | None,
        *,
        world: World = NOWHERE,
        variables: Mapping[str, Items] | None = None,
    ) -> Items:
        """Evaluate the expression.

        Args:
            resource: JSON of a resource, or a node of one; None for an expression that needs none.
            world: whom to ask for what is not in the resource.
            variables: collections by name without ``%``; ``resource`` and ``rootResource`` are the
                input itself where they are not given.

        Returns:
            The collection: System values and :class:`Node`.

        Raises:
            FhirPathError: with the character of the expression where it failed.
        """
        return self.on(
            [] if resource is None else [node(resource, self.model)],
            world=world,
            variables=variables,
        )

    def on(
        self,
        context: Items,
        *,
        world: World = NOWHERE,
        variables: Mapping[str, Items] | None = None,
    ) -> Items:
        """Evaluate the expression on a collection of any items; see :meth:`__call__`."""
        known = {"context": context, "resource": context, "rootResource": context}
        if variables:
            known.update(variables)
        return self._step(Run(context, world, known))

    def values(
        self,
        resource: Mapping[str, Json] | Node | None,
        *,
        world: World = NOWHERE,
        variables: Mapping[str, Items] | None = None,
    ) -> list[Json]:
        """Evaluate, and return System values, and the JSON of what has elements."""
        return [_plain(item) for item in self(resource, world=world, variables=variables)]

    def holds(
        self,
        resource: Mapping[str, Json] | Node | None,
        *,
        world: World = NOWHERE,
        variables: Mapping[str, Items] | None = None,
    ) -> bool:
        """Evaluate an invariant: whether nothing that it answers is false; nothing is no."""
        found = self(resource, world=world, variables=variables)
        return all(system(item) is not False for item in found)


def _plain(item: Item) -> Json:
    value = system(item)
    return value.value if isinstance(value, Node) else value


@lru_cache(maxsize=_CACHED_MAX)
def compile(expression: str, definitions: Definitions) -> Compiled:
    """Return an expression ready to be evaluated; the same one again comes from a cache.

    Raises:
        BrokenSyntax, OversizedExpression, UnknownName, WrongArguments: it cannot be used.
    """
    model = model_of(definitions)
    return Compiled(expression, model, compile_tree(parse(expression), model))
