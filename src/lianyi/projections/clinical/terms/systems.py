"""A code system: its codes, what stands above which, and what a filter lets through. Pure.

What stands above a code is told by nesting, by the properties ``parent`` and ``subsumedBy``, or by
the code itself: in ICD-10, and in a system that says so by an extension, ``J18.9`` stands below
``J18`` because it begins so.

Sources:
    HL7 FHIR R4, CodeSystem, and its value set ``filter-operator``; WHO, ICD-10 volume 2, 2.4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any, Final, NamedTuple

from lianyi.formats.fhir.definitions import Definitions
from lianyi.formats.fhir.fhirpath import patterns, threads
from lianyi.formats.fhir.fhirpath.errors import CostlyExpression

BY_PREFIX: Final = "urn:lianyi:code-hierarchy"
"""Extension of a CodeSystem: its value code ``prefix`` says that codes stand below their begin."""
ICD_10: Final = frozenset(
    {
        "http://hl7.org/fhir/sid/icd-10",
        "http://hl7.org/fhir/sid/icd-10-cm",
        "urn:oid:2.16.840.1.113883.6.3",
        "urn:oid:2.16.840.1.113883.6.90",
    }
)
"""ICD-10 and ICD-10-CM, by the names that they have in FHIR and as OIDs."""
NESTING_MAX: Final = 40
STEPS_MAX: Final = 500_000
"""So much may matching a pattern with all codes of a system take."""
TRIES_MAX: Final = 5_000
"""A matcher that goes back and tries again is used where it has no more to try."""
TEXT_MAX: Final = 500


class Concept(NamedTuple):
    """A code.

    Attributes:
        display: what it means; may be empty.
        parents: codes directly above it.
        properties: what else is said of it, by the code of the property.
    """

    display: str
    parents: tuple[str, ...] = ()
    properties: Mapping[str, tuple[str, ...]] = {}


class System:
    """A code system as far as it is known."""

    def __init__(
        self,
        url: str,
        concepts: Mapping[str, Concept],
        *,
        is_complete: bool,
        is_case_sensitive: bool = True,
        by_prefix: bool = False,
        name: str = "",
        version: str = "",
    ) -> None:
        """Know a code system.

        Args:
            url: its canonical, without version.
            concepts: by code, in the order of the system.
            is_complete: whether these are all of its codes.
            is_case_sensitive: whether case tells codes apart.
            by_prefix: whether codes stand below what they begin with.
            name: of it; may be empty.
            version: of it; may be empty.
        """
        self.url = url
        self.concepts = concepts
        self.is_complete = is_complete
        self.is_case_sensitive = is_case_sensitive
        self.by_prefix = by_prefix
        self.name = name
        self.version = version

    def find(self, code: str) -> str | None:
        """Return a code as the system writes it; None: it has none such."""
        if code in self.concepts or self.is_case_sensitive:
            return code if code in self.concepts else None
        return self._folded.get(code.casefold())

    @cached_property
    def _folded(self) -> Mapping[str, str]:
        return {code.casefold(): code for code in self.concepts}

    @cached_property
    def _children(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for code, concept in self.concepts.items():
            for parent in concept.parents:
                found[parent].append(code)
        return {code: tuple(below) for code, below in found.items()}

    @property
    def has_hierarchy(self) -> bool:
        """Whether it is known of any code what stands above it."""
        return self.by_prefix or bool(self._children)

    def directly_above(self, code: str) -> set[str]:
        """Return the codes directly above one: by prefix the longest that it begins with."""
        concept = self.concepts.get(code)
        found = set(concept.parents if concept else ()) & set(self.concepts)
        if self.by_prefix:
            prefixes = [code[:end] for end in range(1, len(code)) if code[:end] in self.concepts]
            found |= set(prefixes[-1:])
        return found

    def directly_below(self, code: str) -> set[str]:
        """Return the codes directly below one."""
        found = set(self._children.get(code, ()))
        if self.by_prefix:
            found |= {one for one in self.below(code) if code in self.directly_above(one)}
        return found

    def below(self, code: str) -> set[str]:
        """Return all codes that stand below one, itself left out."""
        found = _reached(code, lambda one: self._children.get(one, ()))
        if self.by_prefix:
            found |= {one for one in self.concepts if one != code and one.startswith(code)}
        return found

    def above(self, code: str) -> set[str]:
        """Return all codes above one, itself left out."""
        found = _reached(code, lambda one: self.concepts.get(one, Concept("")).parents)
        if self.by_prefix:
            found |= {code[:end] for end in range(1, len(code)) if code[:end] in self.concepts}
        return found

    def chosen(self, property_: str, operator: str, value: str) -> set[str] | None:
        """Return the codes that a filter lets through; None: it is of a kind that is not known."""
        every = self.concepts
        if operator in ("is-a", "descendent-of", "is-not-a", "generalizes"):
            if operator == "generalizes":
                return {value, *self.above(value)} & set(every)
            below = self.below(value) | (set() if operator == "descendent-of" else {value})
            return set(every) - below if operator == "is-not-a" else below & set(every)
        if operator in ("in", "not-in"):
            named = {one.strip() for one in value.split(",")}
            return {
                c for c in every if bool(named & self._said(c, property_)) == (operator == "in")
            }
        if operator == "=":
            return {c for c in every if value in self._said(c, property_)}
        if operator == "exists":
            return {c for c in every if bool(self._said(c, property_)) == (value == "true")}
        if operator == "regex":
            return self._matching(property_, value)
        return None

    def _said(self, code: str, property_: str) -> set[str]:
        concept = self.concepts[code]
        if property_ in ("code", "concept"):
            return {code}
        if property_ == "display":
            return {concept.display} - {""}
        if property_ in ("parent", "subsumedBy"):
            return set(concept.parents)
        if property_ == "child":
            return set(self._children.get(code, ()))
        return set(concept.properties.get(property_, ()))

    def _matching(self, property_: str, pattern: str) -> set[str] | None:
        spend = _Purse()
        try:
            prepared = patterns.prepare(pattern)
            return {
                code
                for code in self.concepts
                for text in self._said(code, property_)
                if _matches(prepared, text[:TEXT_MAX], spend)
            }
        except (patterns.Broken, CostlyExpression):
            return None


def _matches(prepared: patterns.Prepared, text: str, spend: _Purse) -> bool:
    """Tell whether all of a text matches, in time that no pattern can make long."""
    if not prepared.is_nested and len(text) ** (prepared.repeats + 1) <= TRIES_MAX:
        spend(1)
        return prepared.python.fullmatch(text) is not None
    spans = threads.search(prepared.tree, text, whole=True, by_line=False, fold=False, spend=spend)
    return spans is not None


class _Purse:
    """Lets matching take so many steps and no more."""

    def __init__(self) -> None:
        self._left = STEPS_MAX

    def __call__(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise CostlyExpression(0, limit=STEPS_MAX)


def _reached(start: str, step: Callable[[str], Collection[str]]) -> set[str]:
    """Return all that steps lead to, where they may lead round in a circle."""
    found: set[str] = set()
    edge = [start]
    while edge:
        for one in step(edge.pop()):
            if one not in found and one != start:
                found.add(one)
                edge.append(one)
    return found


# --- where they come from -----------------------------------------------------------------------


def of_definitions(definitions: Definitions, url: str) -> System | None:
    """Return a code system that FHIR R4 defines."""
    found = definitions.find_code_system(url)
    if found is None:
        return None
    above = definitions.codes_above(url)
    return System(
        url,
        {code: Concept(shown, above.get(code, ())) for code, shown in found.codes.items()},
        is_complete=found.is_complete,
        is_case_sensitive=found.is_case_sensitive,
        by_prefix=url in ICD_10,
    )


def of_resource(resource: Mapping[str, Any]) -> System:
    """Return the code system that a CodeSystem says."""
    nested: dict[str, set[str]] = defaultdict(set)
    held: dict[str, tuple[str, dict[str, list[str]]]] = {}

    def walk(concepts: object, above: str, nesting: int) -> None:
        for one in concepts if isinstance(concepts, list) and nesting < NESTING_MAX else ():
            code = one.get("code") if isinstance(one, dict) else None
            if not isinstance(code, str) or not code:
                continue
            said = _properties(one)
            held.setdefault(code, (str(one.get("display") or ""), said))
            nested[code] |= {above, *said.get("parent", ()), *said.get("subsumedBy", ())} - {""}
            for child in said.get("child", ()):
                nested[child].add(code)
            walk(one.get("concept"), code, nesting + 1)

    walk(resource.get("concept"), "", 0)
    url = str(resource.get("url") or "")
    return System(
        url,
        {
            code: Concept(
                display, tuple(sorted(nested[code])), {k: tuple(v) for k, v in said.items()}
            )
            for code, (display, said) in held.items()
        },
        is_complete=resource.get("content") == "complete",
        is_case_sensitive=resource.get("caseSensitive") is not False,
        by_prefix=url in ICD_10 or _says_prefix(resource),
        name=str(resource.get("title") or resource.get("name") or ""),
        version=str(resource.get("version") or ""),
    )


def _says_prefix(resource: Mapping[str, Any]) -> bool:
    said = resource.get("extension")
    return any(
        isinstance(one, dict) and one.get("url") == BY_PREFIX and one.get("valueCode") == "prefix"
        for one in (said if isinstance(said, list) else [])
    )


def _properties(concept: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    said = concept.get("property")
    for one in said if isinstance(said, list) else ():
        if not isinstance(one, dict) or not isinstance(one.get("code"), str):
            continue
        for key, value in one.items():
            if key.startswith("value"):
                coded = value.get("code") if isinstance(value, dict) else value
                text = str(coded).lower() if isinstance(coded, bool) else str(coded)
                found[one["code"]].append(text)
    return found
