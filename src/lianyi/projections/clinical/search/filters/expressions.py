"""What a filter says: a tree whose leaves compare a search parameter with a value. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from lianyi.formats.fhir.definitions import SearchParameter

Operator = Literal[
    "eq", "ne", "co", "sw", "ew", "gt", "lt", "ge", "le", "ap", "sa", "eb", "pr", "po", "ss", "sb",
    "in", "re",
]  # fmt: skip
_ORDER: Final = frozenset({"eq", "ne", "gt", "lt", "ge", "le"})
_RANGE: Final = _ORDER | {"ap", "sa", "eb", "pr"}
FITTING: Final[dict[str, frozenset[str]]] = {
    "string": _ORDER | {"co", "sw", "ew", "pr"},
    "uri": frozenset({"eq", "ne", "co", "sw", "ew", "ss", "sb", "pr"}),
    "token": frozenset({"eq", "ne", "co", "sw", "ew", "ss", "sb", "in", "pr"}),
    "reference": frozenset({"eq", "ne", "re", "pr"}),
    "date": _RANGE | {"po"},
    "number": _RANGE,
    "quantity": _RANGE,
    "composite": frozenset({"eq", "ne", "pr"}),
}
"""Which operators a parameter of each type has."""


class Compared(NamedTuple):
    """A parameter against a value: ``birthdate ge 2014-10-10``.

    Attributes:
        types: of the resources that are searched, all of which have the parameter.
        parameter: of them.
        operator: fits the type of the parameter.
        value: as meant: without quotes.
        at: characters before the value, in the text of the filter.
    """

    types: tuple[str, ...]
    parameter: SearchParameter
    operator: Operator
    value: str
    at: int


class Linked(NamedTuple):
    """What a resource that it points to must fulfil: one of these, each of one type."""

    types: tuple[str, ...]
    parameter: SearchParameter
    inner: tuple[tuple[str, Filter], ...]


class Joined(NamedTuple):
    """``and``, ``or`` of several; ``not`` of one; ``types`` are those that are searched."""

    types: tuple[str, ...]
    by: Literal["and", "or", "not"]
    parts: tuple[Filter, ...]


Filter = Compared | Linked | Joined


class Filtered(NamedTuple):
    """A criterion: what the expression of ``_filter`` says."""

    types: tuple[str, ...]
    filter: Filter


def leaves(found: Filter) -> Iterator[Compared | Linked]:
    """Give what a filter says of the resources that are searched, whether it must hold or not."""
    if isinstance(found, Joined):
        for one in found.parts:
            yield from leaves(one)
    else:
        yield found
