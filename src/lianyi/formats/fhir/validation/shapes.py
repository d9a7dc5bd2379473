"""Whether a resource is certainly built as its type says: a quick look that spares the whole walk.

The rules of :mod:`structures` about how a text is built, compiled into closures that only say yes
or no: no paths, no words, no issues. No means that the walk has to say what is wrong, if anything
is: what is rare, such as ids and extensions of primitive values, is left to it. Yes is never said
of what the walk finds badly built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lianyi.formats.fhir.definitions import Definitions, Place, Structure
from lianyi.formats.fhir.validation.primitives import judge_of
from lianyi.formats.fhir.validation.structures import DEPTH_MAX

Shape = Callable[[Any, int], bool]
"""Tells whether a value, so many objects deep, is certainly well built."""

_WORDS = frozenset({"string", "markdown"})
_REPEATED = frozenset({"code", "uri", "url", "canonical"})
"""Types whose values come again and again."""
_KNOWN_MAX, _LENGTH_MAX = 4096, 100


class Shapes:
    """The types of R4 as quick looks, each made when first needed."""

    def __init__(self, definitions: Definitions) -> None:
        """Look by definitions.

        Args:
            definitions: what R4 says.
        """
        self._definitions = definitions
        self._shapes: dict[str, Shape] = {}

    def is_sound(self, resource: Mapping[str, Any]) -> bool:
        """Tell whether a resource is certainly well built; False: the walk has to say."""
        return self._resource(resource, 0)

    def _resource(self, value: Any, depth: int) -> bool:  # noqa: ANN401 - any JSON
        kind = value.get("resourceType") if value.__class__ is dict else None
        if kind.__class__ is not str or not self._definitions.is_resource_type(kind):
            return False
        return self._shape(kind)(value, depth)

    def _shape(self, name: str) -> Shape:
        found = self._shapes.get(name)
        if found is None:
            found = self._shapes[name] = self._object(self._definitions.structure(name))
        return found

    def _object(self, structure: Structure) -> Shape:
        is_resource = structure.kind == "resource"
        choices = [frozenset(one.keys()) for one in structure.elements.values() if one.is_choice]
        members: dict[str, Shape] = {"resourceType": _whatever} if is_resource else {}
        is_compiled = False

        def sound(value: Any, depth: int) -> bool:  # noqa: ANN401 - any JSON
            nonlocal is_compiled
            if not is_compiled:  # not before: types hold one another
                members.update(self._members(structure))
                is_compiled = True
            if value.__class__ is not dict or not value or depth >= DEPTH_MAX:
                return False
            if len(value) == 1 and "id" in value and not is_resource:
                return False
            for key, inner in value.items():
                member = members.get(key)
                if member is None or not member(inner, depth + 1):
                    return False
            for keys in choices:  # noqa: SIM110 - half as fast as all()
                if len(keys & value.keys()) > 1:
                    return False
            return True

        return sound

    def _members(self, structure: Structure) -> dict[str, Shape]:
        return {key: self._member(place) for key, place in structure.places.items()}

    def _member(self, place: Place) -> Shape:
        one: Shape
        if self._definitions.structure(place.structure).kind == "primitive-type":
            one = _primitive(place.type.code, self._definitions)
        elif place.structure == "Resource":
            one = self._resource
        else:
            one = self._shape(place.structure)
        return _many(one, place.element.max) if place.element.is_list else one


def _whatever(value: Any, depth: int) -> bool:  # noqa: ANN401 - the type was looked at
    return True


def _many(one: Shape, most: int | None) -> Shape:
    def sound(value: Any, depth: int) -> bool:  # noqa: ANN401 - any JSON
        if value.__class__ is not list or not value or (most is not None and len(value) > most):
            return False
        for item in value:  # noqa: SIM110 - half as fast as all()
            if not one(item, depth):
                return False
        return True

    return sound


def _primitive(name: str, definitions: Definitions) -> Shape:
    judge = judge_of(name, definitions)
    known: set[str] = set()

    def words(value: Any, depth: int) -> bool:  # noqa: ANN401 - any JSON
        if value.__class__ is str and value and value.isprintable() and not value.isspace():
            return True
        return judge(value) is None

    def repeated(value: Any, depth: int) -> bool:  # noqa: ANN401 - any JSON
        if value.__class__ is not str:
            return False
        if value in known:
            return True
        is_sound = judge(value) is None
        if is_sound and len(value) <= _LENGTH_MAX and len(known) < _KNOWN_MAX:
            known.add(value)
        return is_sound

    def any_other(value: Any, depth: int) -> bool:  # noqa: ANN401 - any JSON
        return judge(value) is None

    return words if name in _WORDS else repeated if name in _REPEATED else any_other
