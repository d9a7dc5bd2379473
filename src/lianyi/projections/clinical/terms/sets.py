"""Value sets, and which codes are in them, as far as that can be worked out here. Pure.

Source:
    HL7 FHIR R4, ValueSet.compose: an include is all of its system, codes or filters, of what is in
    every value set that it names; what is excluded is taken away from what is included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from lianyi.formats.fhir.definitions import ValueSet as Defined
from lianyi.projections.clinical.terms.systems import NESTING_MAX, System

DEPTH_MAX: Final = 10
"""So often may value sets refer to each other."""


class Filter(NamedTuple):
    """What a concept must fulfil."""

    property: str
    operator: str
    value: str


class Part(NamedTuple):
    """A part of a value set.

    Attributes:
        system: of its codes; empty: it only names value sets.
        codes: code -> display; None: as the filters say, and without any every code.
        filters: all of which a code passes; None: they are not known here.
        sets: value sets in all of which a code must be, too.
    """

    system: str
    codes: Mapping[str, str] | None = None
    filters: tuple[Filter, ...] | None = ()
    sets: tuple[str, ...] = ()


class Said(NamedTuple):
    """What a value set says of itself."""

    include: tuple[Part, ...]
    exclude: tuple[Part, ...] = ()
    name: str = ""
    version: str = ""


class Members(NamedTuple):
    """Codes, each with its system, and systems all codes of which belong."""

    codes: frozenset[tuple[str, str]]
    systems: frozenset[str] = frozenset()


def of_definitions(found: Defined) -> Said:
    """Return a value set that FHIR R4 defines."""

    def part(one: Any) -> Part:  # noqa: ANN401 - a part as the built file has it
        codes = None if one.codes is None or one.codes is False else dict.fromkeys(one.codes, "")
        return Part(one.system, codes, None if one.codes is False else (), one.sets)

    return Said(tuple(map(part, found.include)), tuple(map(part, found.exclude)))


def of_resource(resource: Mapping[str, Any]) -> Said:
    """Return the value set that a ValueSet says: what it is composed of, or else its expansion."""
    name = str(resource.get("title") or resource.get("name") or "")
    version = str(resource.get("version") or "")
    compose, expansion = resource.get("compose"), resource.get("expansion")
    if isinstance(compose, dict):
        return Said(_parts(compose.get("include")), _parts(compose.get("exclude")), name, version)
    by_system: dict[str, dict[str, str]] = {}

    def walk(contains: object, nesting: int) -> None:
        for one in contains if isinstance(contains, list) and nesting < NESTING_MAX else ():
            if isinstance(one, dict):
                if isinstance(one.get("code"), str) and one.get("abstract") is not True:
                    codes = by_system.setdefault(str(one.get("system") or ""), {})
                    codes[one["code"]] = str(one.get("display") or "")
                walk(one.get("contains"), nesting + 1)

    walk(expansion.get("contains") if isinstance(expansion, dict) else None, 0)
    parts = tuple(Part(system, codes) for system, codes in by_system.items())
    return Said(parts, (), name, version)


def _parts(said: object) -> tuple[Part, ...]:
    return tuple(
        _part(one) for one in (said if isinstance(said, list) else ()) if isinstance(one, dict)
    )


def _part(one: Mapping[str, Any]) -> Part:
    listed, filters, sets = one.get("concept"), one.get("filter"), one.get("valueSet")
    codes = None
    if isinstance(listed, list):
        codes = {
            str(each["code"]): str(each.get("display") or "")
            for each in listed
            if isinstance(each, dict) and isinstance(each.get("code"), str)
        }
    return Part(
        str(one.get("system") or ""),
        codes,
        tuple(
            Filter(*(str(each.get(key) or "") for key in ("property", "op", "value")))
            for each in (filters if isinstance(filters, list) else ())
            if isinstance(each, dict)
        ),
        tuple(map(str, sets)) if isinstance(sets, list) else (),
    )


class Expander:
    """Works out value sets."""

    def __init__(
        self, find_set: Callable[[str], Said | None], find_system: Callable[[str], System | None]
    ) -> None:
        """Work out by these sources: each finds by a canonical, with or without version."""
        self._set = find_set
        self._system = find_system

    def members(self, url: str, depth: int = 0) -> Members | None:
        """Return what is in a value set; None: it is not known, or not what is in it."""
        found = self._set(url)
        if found is None or depth > DEPTH_MAX:
            return None
        return self.of(found, depth)

    def of(self, found: Said, depth: int = 0) -> Members | None:
        """Return what is in a value set that says so of itself."""
        codes: set[tuple[str, str]] = set()
        systems: set[str] = set()
        for part in found.include:
            one = self._part(part, depth)
            if one is None:
                return None
            codes |= one.codes
            systems |= one.systems
        for part in found.exclude:
            one = self._part(part, depth)
            if one is None or any(system in systems for system, _ in one.codes):
                return None
            systems -= one.systems
            codes -= one.codes
            codes = {each for each in codes if each[0] not in one.systems}
        return Members(frozenset(codes), frozenset(systems))

    def _part(self, part: Part, depth: int) -> Members | None:
        found = self._coded(part) if part.system else None
        if part.system and found is None:
            return None
        for url in part.sets:
            other = self.members(url, depth + 1)
            if other is None:
                return None
            found = other if found is None else _meet(found, other)
        return found if found is not None else Members(frozenset())

    def _coded(self, part: Part) -> Members | None:
        url = part.system
        if part.codes is not None:
            return Members(frozenset((url, code) for code in part.codes))
        if part.filters is None:
            return None
        system = self._system(url)
        if not part.filters:
            if system is not None and system.is_complete:
                return Members(frozenset((url, code) for code in system.concepts))
            return Members(frozenset(), frozenset({url}))
        if system is None or not system.concepts:
            return None
        chosen: set[str] = set(system.concepts)
        for one in part.filters:
            fitting = system.chosen(*one)
            if fitting is None:
                return None
            chosen &= fitting
        return Members(frozenset((url, code) for code in chosen))


def _meet(one: Members, two: Members) -> Members:
    codes = {c for c in one.codes if c in two.codes or c[0] in two.systems}
    codes |= {c for c in two.codes if c[0] in one.systems}
    return Members(frozenset(codes), one.systems & two.systems)
