"""Functions of FHIRPath: how they are found, what they take, how they read their input."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from lianyi.formats.fhir.fhirpath.errors import CostlyExpression, ManyValues, UnfitValue
from lianyi.formats.fhir.fhirpath.model import Model
from lianyi.formats.fhir.fhirpath.nodes import Item, Items, Node, label, system
from lianyi.formats.fhir.fhirpath.running import TEXT_MAX, Run, Step


@dataclass(frozen=True, slots=True)
class Site:
    """The place in an expression where an operation stands; reads collections for it.

    Attributes:
        at: its character.
        name: ``where()``, ``+``: what errors call it.
        model: the types.
    """

    at: int
    name: str
    model: Model

    def one(self, items: Items) -> Item | None:
        """Return the only item, None where there is none.

        Raises:
            ManyValues: there are several.
        """
        if not items:
            return None
        if len(items) > 1:
            raise ManyValues(self.at, operation=self.name, found=len(items))
        return items[0]

    def unfit(self, item: object) -> UnfitValue:
        """Return the error for an item with which the operation can do nothing."""
        return UnfitValue(self.at, operation=self.name, found=label(item))

    def value(self, items: Items) -> Any:  # noqa: ANN401 - whoever asks looks what it is
        """Return the System value of the only item; None where there is none."""
        item = self.one(items)
        if item is None:
            return None
        found = system(item)
        if isinstance(found, Node) and found.value is None:
            return None
        return found

    def text(self, items: Items) -> str | None:
        """Return the only item, a string."""
        found = self.value(items)
        if found is None or isinstance(found, str):
            return found
        raise self.unfit(found)

    def integer(self, items: Items) -> int | None:
        """Return the only item, an integer."""
        found = self.value(items)
        if found is None or (isinstance(found, int) and not isinstance(found, bool)):
            return found
        raise self.unfit(found)

    def number(self, items: Items) -> int | Decimal | None:
        """Return the only item, an integer or decimal."""
        found = self.value(items)
        if found is None or (isinstance(found, (int, Decimal)) and not isinstance(found, bool)):
            return found
        raise self.unfit(found)

    def truth(self, items: Items) -> bool | None:
        """Return the only item as true or false: a single value that is no Boolean is true.

        Source:
            FHIRPath N1, "Singleton Evaluation of Collections".
        """
        found = self.value(items)
        if found is None or isinstance(found, bool):
            return found
        return True

    def bounded(self, text: str) -> str:
        """Return a text that the expression made.

        Raises:
            CostlyExpression: it is too long.
        """
        self.bound(len(text))
        return text

    def bound(self, length: int) -> None:
        """Refuse to make a text of a length.

        Raises:
            CostlyExpression: it would be too long.
        """
        if length > TEXT_MAX:
            raise CostlyExpression(self.at, limit=TEXT_MAX)


class Function(NamedTuple):
    """A function: what runs it, how many arguments it takes, which are expressions.

    ``run(site, run, input, *arguments)``; an argument is a collection, or a :data:`Step` to be
    evaluated for each item where its place is in ``lazy``, or the name of a type where it is in
    ``types``.
    """

    run: Callable[..., Items]
    least: int
    most: int | None
    lazy: frozenset[int]
    types: bool


class Descending:
    """A key of ``sort()`` with a minus before it."""

    __slots__ = ("_key",)

    def __init__(self, key: Step) -> None:
        self._key = key

    def __call__(self, run: Run) -> Items:
        """Return the key."""
        return self._key(run)


FUNCTIONS: dict[str, Function] = {}
EVERY = frozenset(range(20))


def function(
    name: str,
    least: int = 0,
    most: int | None = -1,
    *,
    lazy: frozenset[int] = frozenset(),
    types: bool = False,
) -> Callable[[Callable[..., Items]], Callable[..., Items]]:
    """Register a function; ``most`` is ``least`` where it is not given, None for any number."""

    def register(run: Callable[..., Items]) -> Callable[..., Items]:
        FUNCTIONS[name] = Function(run, least, least if most == -1 else most, lazy, types)
        return run

    return register
