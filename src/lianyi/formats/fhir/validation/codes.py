"""Which codes there are and which are in a value set, as far as that is known without a server.

Every answer may be "not known" (None): SNOMED CT and LOINC are not here, nor are value sets
that filter them.

Source:
    FHIR R4, ValueSet.compose, 4.1 (using codes), 2.24.0.13 (mime types: BCP 13), BCP 47; UCUM,
    sections 2 and 3 (its characters and brackets; which units there are is not known here).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from lianyi.formats.fhir.definitions import CodeSystem, Definitions, Part, ValueSet

Json = Mapping[str, Any]
UCUM = "http://unitsofmeasure.org"
GRAMMARS = {
    "urn:ietf:bcp:13": re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+*-]+(\s*;\s*[\w.+-]+=[^;]+)*"),
    "urn:ietf:bcp:47": re.compile(
        r"([a-z]{2,3}(-[a-z]{3}){0,3}|[a-z]{4,8})(-[a-z]{4})?(-([a-z]{2}|\d{3}))?"
        r"(-([a-z0-9]{5,8}|\d[a-z0-9]{3}))*(-[0-9a-wy-z](-[a-z0-9]{2,8})+)*"
        r"(-x(-[a-z0-9]{1,8})+)?|x(-[a-z0-9]{1,8})+|i(-[a-z]+)+",
        re.IGNORECASE,
    ),
    UCUM: re.compile(r"([!-Z\\^-z|~]|\[[!-Z\\^-~]+\]|\{[^{}]*\})+"),
}
"""Code systems whose codes are made by a grammar."""

GRAMMAR_LENGTH_MAX = 200
NESTING_MAX = 20


class Codes:
    """Asks the definitions and what a caller brought along."""

    def __init__(self, definitions: Definitions, brought: Iterable[Json] = ()) -> None:
        self._definitions = definitions
        self._sets: dict[str, ValueSet] = {}
        self._systems: dict[str, CodeSystem] = {}
        self._plain: dict[str, frozenset[str] | None] = {}
        brought = list(brought)
        for found in brought:
            if found.get("resourceType") == "CodeSystem" and found.get("url"):
                self._systems[str(found["url"])] = _code_system(found)
        for found in brought:
            if found.get("resourceType") == "ValueSet" and found.get("url"):
                self._sets[str(found["url"])] = _value_set(found)

    def system(self, url: str) -> CodeSystem | None:
        """Return a code system that is known here."""
        return self._systems.get(url) or self._definitions.find_code_system(url)

    def is_code(self, system: str, code: str) -> bool | None:
        """Whether a code system has a code; None where that is not known."""
        grammar = GRAMMARS.get(system)
        if grammar is not None:
            return len(code) <= GRAMMAR_LENGTH_MAX and grammar.fullmatch(code) is not None
        found = self.system(system)
        if found is None or not found.is_complete:
            return None
        if code in found.codes:
            return True
        if found.is_case_sensitive:
            return False
        return code.lower() in {one.lower() for one in found.codes}

    def value_set(self, url: str) -> ValueSet | None:
        """Return a value set that is known here."""
        url = url.partition("|")[0]
        return self._sets.get(url) or self._definitions.find_value_set(url)

    def is_in(self, url: str, system: str | None, code: str, *, nesting: int = 0) -> bool | None:
        """Whether a code is in a value set.

        Args:
            url: of the value set.
            system: of the code; None where only the value set says it (type ``code``).
            code: as it was written.
            nesting: how many value sets refer to this one on the way here.
        """
        found = self.value_set(url)
        if found is None or nesting > NESTING_MAX:
            return None
        inside = self._in_any(found.include, system, code, nesting)
        if inside is False or not found.exclude:
            return inside
        outside = self._in_any(found.exclude, system, code, nesting)
        if outside:
            return False
        return inside if outside is False else None

    def _in_any(
        self, parts: tuple[Part, ...], system: str | None, code: str, nesting: int
    ) -> bool | None:
        answer: bool | None = False
        for part in parts:
            found = self._in_part(part, system, code, nesting)
            if found:
                return True
            if found is None:
                answer = None
        return answer

    def _in_part(self, part: Part, system: str | None, code: str, nesting: int) -> bool | None:
        if part.system and system is not None and part.system != system:
            return False
        if not part.system and not part.sets:
            return None
        answers = [self.is_in(url, system, code, nesting=nesting + 1) for url in part.sets]
        if part.system:
            if part.codes is None:
                answers.append(self.is_code(part.system, code))
            elif part.codes is False:
                answers.append(None if self.is_code(part.system, code) is not False else False)
            else:
                answers.append(code in part.codes)
        if False in answers:
            return False
        return None if None in answers else True

    def plain(self, url: str) -> frozenset[str] | None:
        """Return every code of a value set, None where they cannot be listed."""
        if url not in self._plain:
            self._plain[url] = self._listed(url, 0)
        return self._plain[url]

    def _listed(self, url: str, nesting: int) -> frozenset[str] | None:
        found = self.value_set(url)
        if found is None or found.exclude or nesting > NESTING_MAX:
            return None
        listed: set[str] = set()
        for part in found.include:
            codes = part.codes
            if codes is None and part.system and not part.sets:
                system = self.system(part.system)
                if system is None or not system.is_complete or not system.is_case_sensitive:
                    return None
                listed.update(system.codes)
            elif codes and not part.sets:
                listed.update(codes)
            elif not part.system and len(part.sets) == 1:
                more = self._listed(part.sets[0], nesting + 1)
                if more is None:
                    return None
                listed.update(more)
            else:
                return None
        return frozenset(listed)


def _code_system(found: Json) -> CodeSystem:
    codes: dict[str, str] = {}

    def walk(concepts: object, nesting: int) -> None:
        for concept in concepts if isinstance(concepts, list) and nesting < NESTING_MAX else ():
            if isinstance(concept, dict) and isinstance(concept.get("code"), str):
                codes[concept["code"]] = str(concept.get("display", ""))
                walk(concept.get("concept"), nesting + 1)

    walk(found.get("concept"), 0)
    return CodeSystem(
        is_complete=found.get("content") == "complete" and bool(codes),
        is_case_sensitive=found.get("caseSensitive") is not False,
        codes=codes,
    )


def _value_set(found: Json) -> ValueSet:
    expansion = found.get("expansion")
    compose = found.get("compose")
    if isinstance(compose, dict):
        return ValueSet(_parts(compose.get("include")), _parts(compose.get("exclude")))
    if isinstance(expansion, dict):
        return ValueSet(
            tuple(
                Part(str(one.get("system", "")), frozenset([str(one["code"])]))
                for one in expansion.get("contains") or ()
                if isinstance(one, dict) and "code" in one
            )
        )
    return ValueSet((Part("", False),))


def _parts(said: object) -> tuple[Part, ...]:
    parts = []
    for part in said if isinstance(said, list) else ():
        if not isinstance(part, dict):
            continue
        codes: frozenset[str] | bool | None = None
        if isinstance(part.get("concept"), list):
            codes = frozenset(str(c.get("code")) for c in part["concept"] if isinstance(c, dict))
        elif part.get("filter"):
            codes = False
        sets = part.get("valueSet")
        parts.append(
            Part(
                str(part.get("system", "")),
                codes,  # type: ignore[arg-type]
                tuple(map(str, sets)) if isinstance(sets, list) else (),
            )
        )
    return tuple(parts)
