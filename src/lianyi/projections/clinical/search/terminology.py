"""What codes mean to a search: members of value sets, and codes above and below one. Pure.

A terminology server can stand in for it; of itself a house knows what FHIR R4 defines and what is
stored in it; see ``clinical.terms``.

Source:
    HL7 FHIR R4, 3.1.1.4.5 (``:in``, ``:not-in``, ``:above``, ``:below``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple, Protocol

from lianyi.projections.clinical.search.filters.expressions import (
    Compared,
    Filter,
    Filtered,
    Joined,
    Linked,
)
from lianyi.projections.clinical.search.parameters import Chain, Criterion, Has, Plain
from lianyi.projections.clinical.search.problems import UnreadableSearch
from lianyi.projections.clinical.search.values import read_token, unescaped
from lianyi.projections.clinical.terms.known import KnownTerminology
from lianyi.projections.clinical.terms.sets import Members

MEMBERS_MAX = 20_000
DefinedTerminology = KnownTerminology
"""Without anything stored it knows what FHIR itself defines."""


class Terminology(Protocol):
    """Knows codes."""

    def members(self, value_set: str) -> Members | None:
        """Return what is in a value set, by its URL; None: it is not known."""
        ...

    def below(self, system: str, code: str) -> Collection[str] | None:
        """Return a code and all that are kinds of it; None: nothing is known of that."""
        ...

    def above(self, system: str, code: str) -> Collection[str] | None:
        """Return a code and all that it is a kind of; None: nothing is known of that."""
        ...


class Mentioned(NamedTuple):
    """What a search must know of codes."""

    value_sets: frozenset[str]
    code_systems: frozenset[str]


def mentioned(criteria: Iterable[Criterion]) -> Mentioned:
    """Return the value sets and code systems that criteria ask about."""
    sets: set[str] = set()
    systems: set[str] = set()

    def say(one: Criterion) -> None:
        if isinstance(one, Plain) and one.parameter.type == "token":
            for value in one.values:
                if one.modifier in ("in", "not-in"):
                    sets.add(unescaped(value))
                elif one.modifier in ("above", "below"):
                    systems.add(_system_of(value))
        elif isinstance(one, Chain):
            for inner in one.inner:
                say(inner)
        elif isinstance(one, Has):
            say(one.inner)
        elif isinstance(one, Filtered):
            say_filter(one.filter)

    def say_filter(found: Filter) -> None:
        if isinstance(found, Joined):
            for part in found.parts:
                say_filter(part)
        elif isinstance(found, Linked):
            for _, inner in found.inner:
                say_filter(inner)
        elif isinstance(found, Compared) and found.parameter.type == "token":
            if found.operator == "in":
                sets.add(unescaped(found.value))
            elif found.operator in ("ss", "sb"):
                systems.add(_system_of(found.value))

    for one in criteria:
        say(one)
    return Mentioned(frozenset(sets), frozenset(systems - {""}))


def _system_of(value: str) -> str:
    try:
        return read_token(value, "").system or ""
    except UnreadableSearch:
        return ""  # it is refused where it is compiled
