"""An answer as it grows: fields in the order of the question, lists as FHIR has them. Pure.

Source:
    HL7 FHIR R4, 3.1.7.3 (``@flatten``, ``@first``, ``@singleton``, ``@slice``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from lianyi.formats.fhir import fhirpath
from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.fhirpath import Compiled, FhirPathError, Node, World, model_of
from lianyi.formats.fhir.fhirpath.nodes import system
from lianyi.projections.clinical.graph.asked import Field
from lianyi.projections.clinical.graph.checking import NAVIGATION
from lianyi.projections.clinical.graph.problems import too_big, unreadable

VALUES_MAX: Final = 100_000
"""So many values and objects an answer may have."""
_WORLD: Final = World(steps_max=20_000)


class Budget:
    """How many values an answer may still take."""

    def __init__(self, most: int = VALUES_MAX) -> None:
        """Allow so many."""
        self._left = self._most = most

    def spend(self) -> None:
        """Take one.

        Raises:
            QueryTooBig: there is none left.
        """
        self._left -= 1
        if self._left < 0:
            raise too_big("values", "返回值个数", self._most)


class Out:
    """One object of an answer."""

    def __init__(self, budget: Budget) -> None:
        """Begin with nothing.

        Args:
            budget: of the whole answer.
        """
        self._budget = budget
        self.said: dict[str, Any] = {}

    def put(self, name: str, value: Any, *, many: bool) -> None:  # noqa: ANN401 - any JSON
        """Add a value: to a list, or as the only one under its name.

        Raises:
            UnreadableQuery: there is one already that is not alone in it.
            QueryTooBig: the answer has too many.
        """
        self._budget.spend()
        known = self.said.get(name)
        if not many:
            if known is not None and known != value:
                raise unreadable(name, "several values would stand here", "此处会有多个值")
            self.said[name] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            self.said[name] = [value]

    def miss(self, name: str) -> None:
        """Say that there is nothing under a name."""
        self.said.setdefault(name, None)


def chosen(one: Field, values: Sequence[Any], structure: str) -> list[Any]:
    """Return of a list what the arguments and ``@first`` of a field choose.

    Args:
        one: the field.
        values: the list.
        structure: name of their type.

    Raises:
        UnreadableQuery: its FHIRPath cannot be used.
    """
    said = one.arguments
    found = [value for value in values if value is not None]
    for name, texts in said.items():
        if name not in NAVIGATION:
            found = [each for each in found if _text(each.get(name)) in texts]
    if "fhirpath" in said:
        (expression,) = said["fhirpath"][:1]
        found = [each for each in found if _results(expression, each, structure) == ["true"]]
    begin = int(said.get("_offset", ("0",))[0])
    end = begin + int(said["_count"][0]) if "_count" in said else None
    found = found[begin:end]
    return found[:1] if "first" in one.directives else found


def suffix(one: Field, value: Any, place: int, structure: str) -> str:  # noqa: ANN401 - any JSON
    """Return what ``@slice`` adds to the name of a value; empty: nothing."""
    if "slice" not in one.directives:
        return ""
    ((expression, *_),) = one.directives["slice"].values()
    if expression == "$index":
        return f".{place}"
    return "".join(f".{text}" for text in _results(expression, value, structure)[:1])


def _results(expression: str, value: Any, structure: str) -> list[str]:  # noqa: ANN401 - any JSON
    try:
        node = Node(value, model_of(r4()).kind(structure))
        return [_text(system(item)) for item in _compiled(expression)(node, world=_WORLD)]
    except FhirPathError as error:
        raise unreadable(
            "fhirpath", "its FHIRPath cannot be used", "FHIRPath 表达式无法使用"
        ) from error


@lru_cache(maxsize=256)
def _compiled(expression: str) -> Compiled:
    return fhirpath.compile(expression, r4())


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
