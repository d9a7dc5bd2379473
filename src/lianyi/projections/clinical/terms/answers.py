"""What the operations on codes answer. Pure.

Sources:
    HL7 FHIR R4, ValueSet/$expand, ValueSet/$validate-code, CodeSystem/$lookup.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from lianyi.projections.clinical.index_values import plain_text
from lianyi.projections.clinical.terms.known import KnownTerminology
from lianyi.projections.clinical.terms.problems import NoSuchCode, UnknownCodes
from lianyi.projections.clinical.terms.sets import Said

Json = dict[str, Any]


class Page(NamedTuple):
    """Which part of an expansion is wanted: so many, from one on, and what they begin with."""

    filter: str
    offset: int
    most: int


def expansion(known: KnownTerminology, url: str, page: Page, *, at: str, id_: str) -> Json:
    """Return a value set with its codes.

    Args:
        known: the codes.
        url: canonical of the value set, as it was asked for.
        page: which of them.
        at: the time, as FHIR writes it.
        id_: of this expansion.

    Raises:
        UnknownCodes: the value set is not known, or not as a list of codes.
    """
    said, members = known.value_set(url), known.members(url)
    if said is None or members is None or members.systems:
        raise UnknownCodes(where="url")
    words = plain_text(page.filter).split()
    shown = dict(_displays(said))
    rows = []
    for system, code in sorted(members.codes):
        display = shown.get((system, code)) or display_of(known, system, code)
        text = plain_text(f"{code} {display}")
        if all(word in text for word in words):
            rows.append(
                {"system": system, "code": code, **({"display": display} if display else {})}
            )
    found: Json = {"resourceType": "ValueSet", "status": "active"}
    bare, _, version = url.partition("|")
    found |= {"url": bare} if ":" in bare else {}
    found |= {"version": version or said.version} if version or said.version else {}
    found |= {"name": said.name} if said.name else {}
    held = rows[page.offset : page.offset + page.most]
    found["expansion"] = {
        "identifier": f"urn:uuid:{id_}",
        "timestamp": at,
        "total": len(rows),
        "offset": page.offset,
        **({"contains": held} if held else {}),
    }
    return found


def validity(known: KnownTerminology, url: str, system: str, code: str, display: str) -> Json:
    """Return whether a code is in a value set, and whether it is called so.

    Raises:
        UnknownCodes: that is not known.
    """
    members = known.members(url)
    if members is None:
        raise UnknownCodes(where="url")
    inside = _has(known, members.codes, system, code)
    if not inside and (system in members.systems or (not system and members.systems)):
        found = known.system(system) if system else None
        if found is None or not found.is_complete:
            raise UnknownCodes(where="system")
        inside = found.find(code) is not None
    called = display_of(known, system, code) if system else ""
    differs = bool(display and called and plain_text(display) != plain_text(called))
    said: list[Json] = [{"name": "result", "valueBoolean": inside and not differs}]
    if not inside:
        missing = "代码不在值集中 / the code is not in the value set"
        said.append({"name": "message", "valueString": missing})
    elif differs:
        said.append({"name": "message", "valueString": "名称不符 / the code has another display"})
    if called:
        said.append({"name": "display", "valueString": called})
    return {"resourceType": "Parameters", "parameter": said}


def _has(
    known: KnownTerminology, codes: frozenset[tuple[str, str]], system: str, code: str
) -> bool:
    if not system:  # the value set alone says what is meant
        return any(code == one for _, one in codes)
    found = known.system(system)
    written = found.find(code) if found is not None else None
    return (system, written or code) in codes


def lookup(known: KnownTerminology, system: str, code: str) -> Json:
    """Return what a code system says of a code.

    Raises:
        UnknownCodes: the code system is not known.
        NoSuchCode: it has no such code.
    """
    found = known.system(system)
    if found is None or not found.concepts:
        raise UnknownCodes(where="system")
    written = found.find(code)
    if written is None:
        raise NoSuchCode(where="code")
    concept = found.concepts[written]
    said: list[Json] = [{"name": "name", "valueString": found.name or found.url}]
    if found.version:
        said.append({"name": "version", "valueString": found.version})
    said.append({"name": "display", "valueString": concept.display or written})
    told = [("parent", one) for one in sorted(found.directly_above(written))]
    told += [("child", one) for one in sorted(found.directly_below(written))]
    told += [
        (name, value)
        for name, values in sorted(concept.properties.items())
        if name not in ("parent", "child", "subsumedBy")
        for value in values
    ]
    for name, value in told:
        kind = "valueCode" if name in ("parent", "child") else "valueString"
        part = [{"name": "code", "valueCode": name}, {"name": "value", kind: value}]
        said.append({"name": "property", "part": part})
    return {"resourceType": "Parameters", "parameter": said}


def display_of(known: KnownTerminology, system: str, code: str) -> str:
    """Return what a code means; empty: that is not known."""
    found = known.system(system)
    written = found.find(code) if found is not None else None
    return found.concepts[written].display if found is not None and written is not None else ""


def _displays(said: Said) -> Iterator[tuple[tuple[str, str], str]]:
    for part in said.include:
        for code, display in (part.codes or {}).items():
            if display:
                yield (part.system, code), display
