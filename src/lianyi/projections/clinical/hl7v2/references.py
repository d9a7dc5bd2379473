"""The people, organisations and places that fields name: resources of their own. Pure.

The same doctor and the same bed stand in thousands of messages; what a field makes of them is kept
for the next one. A person of whom only the name is said is nobody's record: she is named in the
reference and no resource is made.

Sources:
    HL7 v2.8.2 chapter 2A: XCN, CNN, NDL, XON, PL; HL7 v2-to-FHIR datatype maps (facts; see NOTICE).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from lianyi.formats.hl7v2.delimiters import Delimiters
from lianyi.projections.clinical.hl7v2 import codes
from lianyi.projections.clinical.hl7v2.datatypes import Element, Use, authority_in, name_from
from lianyi.projections.clinical.hl7v2.reading import Reading
from lianyi.projections.clinical.hl7v2.segments import Parts
from lianyi.projections.clinical.ids import clinical_id
from lianyi.projections.identity.feeds.wording import name_of
from lianyi.projections.identity.systems import V2_0203, system_of

_PHYSICAL: Final = "http://terminology.hl7.org/CodeSystem/location-physical-type"
_LEVELS: Final = (("si", 4), ("bu", 7), ("lvl", 8), ("wa", 1), ("ro", 2), ("bd", 3))
"""Kinds of places by the component of PL that names them, the largest first."""


class _Named(NamedTuple):
    """What a field names: a reference, and the resources it leads to."""

    reference: Element
    resources: tuple[tuple[str, str, dict[str, Any]], ...]


_Naming = Callable[[Parts, str], _Named | None]


def _referring(naming: _Naming) -> Callable[[Parts, Reading, Use], Element | None]:
    """Return a converter of what names something, which remembers what it made."""

    @lru_cache(maxsize=8192)
    def made(raw: tuple[str, ...], marks: Delimiters, codec: str, source: str) -> _Named | None:
        return naming(Parts(raw, marks, codec), source)

    def convert(parts: Parts, at: Reading, _use: Use) -> Element | None:
        found = made(parts.raw, parts.marks, parts.codec, at.source)
        if found is None:
            return None
        for type_, id_, elements in found.resources:
            if not at.is_stated(type_, id_):
                at.state(type_, id_, elements)
        return dict(found.reference)

    return convert


def _practitioner(parts: Parts, source: str) -> _Named | None:
    """Name a person: XCN."""
    family, given, second = parts.text(2, 1), parts.text(3), parts.text(4)
    name = name_from(family, given, second, suffixes=(5, 7, 21), prefix=6, parts=parts)
    use = codes.target_of("name-use", parts.text(10))
    if name is not None and use is not None:
        name["use"] = use.code
    return _person(
        parts.text(1, 1),
        authority_in(parts, 9) or source,
        name_of(family, given, second),
        name,
        parts.text(13),
    )


def _person(
    value: str, authority: str, shown: str, name: Element | None, kind: str
) -> _Named | None:
    if not value:
        return _Named({"display": shown}, ()) if shown else None
    id_ = clinical_id("Practitioner", authority, value)
    one: Element = {"system": system_of(authority), "value": value}
    if kind in codes.hl7_tables()["0203"]:
        one["type"] = {"coding": [{"system": V2_0203, "code": kind}]}
    elements: dict[str, Any] = {"identifier": [one]}
    if name:
        elements["name"] = [name]
    reference = {"reference": f"Practitioner/{id_}"}
    if shown:
        reference["display"] = shown
    return _Named(reference, (("Practitioner", id_, elements),))


def _interpreter(parts: Parts, source: str) -> _Named | None:
    """Name a person: NDL, whose first component is a CNN; some senders write it as XCN."""
    inner = parts.within(1)
    if len(inner.raw) < 2 and parts.text(2):
        return _practitioner(parts, source)
    family, given, second = inner.text(2), inner.text(3), inner.text(4)
    return _person(
        inner.text(1),
        inner.text(9) or inner.text(10) or source,
        name_of(family, given, second),
        name_from(family, given, second, suffixes=(5, 7), prefix=6, parts=inner),
        "",
    )


def _organization(parts: Parts, source: str) -> _Named | None:
    """Name an organisation: XON."""
    name, value = parts.text(1), parts.text(10) or parts.text(3)
    return _organized(name, value, authority_in(parts, 6) or source)


def _coded_organization(parts: Parts, source: str) -> _Named | None:
    """Name an organisation that stands as a code: CWE."""
    return _organized(parts.text(2) or parts.text(1), parts.text(1), parts.text(3) or source)


def _identified_organization(parts: Parts, source: str) -> _Named | None:
    """Name an organisation that is an authority: HD."""
    name = parts.text(1, 1)
    return _organized(name, name or parts.text(2), source)


def _organized(name: str, value: str, authority: str) -> _Named | None:
    if not name and not value:
        return None
    id_ = clinical_id("Organization", authority, value or name)
    elements: dict[str, Any] = {}
    if value:
        elements["identifier"] = [{"system": system_of(authority), "value": value}]
    elements["name"] = name or value
    reference = {"reference": f"Organization/{id_}", "display": name or value}
    return _Named(reference, (("Organization", id_, elements),))


def _location(parts: Parts, source: str) -> _Named | None:
    """Name a place: PL. Each place is part of the next larger one that the field names."""
    resources: list[tuple[str, str, dict[str, Any]]] = []
    said: list[str] = []
    shown: list[str] = []
    above: Element | None = None
    for kind, component in _LEVELS:
        name = authority_in(parts, 4) if component == 4 else parts.text(component, 1)
        if not name:
            continue
        said.append(f"{kind}{name}")
        shown.append(name)
        id_ = clinical_id("Location", source, *said)
        elements: dict[str, Any] = {
            "identifier": [{"system": system_of(source), "value": "^".join(shown)}],
            "name": name,
            "mode": "instance",
            "physicalType": {"coding": [{"system": _PHYSICAL, "code": kind}]},
        }
        if above is not None:
            elements["partOf"] = above
        resources.append(("Location", id_, elements))
        above = {"reference": f"Location/{id_}", "display": " ".join(shown)}
    if described := parts.text(9):
        if above is None:
            return _Named({"display": described}, ())
        resources[-1][2]["description"] = described
    if above is None:
        return None
    return _Named(above, tuple(resources))


def _coded_location(parts: Parts, source: str) -> _Named | None:
    """Name a place that stands as a code: CWE, DLD."""
    said = parts.text(1, 1)
    name = parts.text(2) or parts.text(1, 2) or said
    if not name:
        return None
    id_ = clinical_id("Location", source, said or name)
    elements = {
        "identifier": [{"system": system_of(source), "value": said or name}],
        "name": name,
        "mode": "instance",
    }
    return _Named({"reference": f"Location/{id_}", "display": name}, (("Location", id_, elements),))


practitioner = _referring(_practitioner)
"""XCN as a reference to a Practitioner."""
interpreter = _referring(_interpreter)
"""NDL as a reference to a Practitioner."""
organization = _referring(_organization)
"""XON as a reference to an Organization."""
coded_organization = _referring(_coded_organization)
"""CWE as a reference to an Organization."""
identified_organization = _referring(_identified_organization)
"""HD as a reference to an Organization."""
location = _referring(_location)
"""PL as a reference to the smallest Location that it names."""
coded_location = _referring(_coded_location)
"""CWE or DLD as a reference to a Location."""
