"""What FHIR asks of a resource as a whole, beyond what single fields say. Pure.

Source:
    HL7 FHIR R4: invariants con-4, con-5, ait-1, ait-2, obs-6, obs-7; C-CDA "no known ..." entries;
    SNOMED CT.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lianyi.formats.cda.names import Element
from lianyi.projections.clinical.cda.reading import At, Resource

_SCT: Final = "http://snomed.info/sct"
_NONE_KNOWN: Final = {
    "419199007": ("716186003", "No known allergy"),
    "416098002": ("409137002", "No known drug allergy"),
    "414285001": ("429625007", "No known food allergy"),
    "426232007": ("428607008", "No known environmental allergy"),
}
_ANYTHING: Final = frozenset({"105590001", "410942007", "762766007"})
"""Substance, drug, edible substance: not to be allergic to any is to have no known allergy."""
_ASSERTIONS: Final = frozenset({"55607006", "64572001", "404684003"})
"""Problem, disease, finding: refuted, they say that there is none."""
_NO_PROBLEM: Final = ("160245001", "No current problems or disability")
_OVER: Final = frozenset({"inactive", "resolved", "remission"})
_CONFIRMED: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_ALLERGY: Final = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"


def refined(type_: str, elements: Resource, act: Element, at: At) -> Resource | None:
    """Return a resource that is one of FHIR; None where too little is said to be one."""
    rule = _BY_TYPE.get(type_)
    return rule(elements, act, at) if rule else elements


def _allergy(elements: Resource, act: Element, at: At) -> Resource | None:
    negated = act.get("negationInd") == "true"
    if negated:
        kind = next((one.get("code") or "" for one in act.iterchildren("{*}value")), "")
        codes = {one.get("code") for one in elements.get("code", {}).get("coding", ())}
        if "code" not in elements or codes & _ANYTHING:
            code, display = _NONE_KNOWN.get(kind, _NONE_KNOWN["419199007"])
            elements["code"] = {"coding": [{"system": _SCT, "code": code, "display": display}]}
            for name in ("type", "category", "reaction"):
                elements.pop(name, None)
            if not _is_mistaken(elements):
                coding = {"system": _ALLERGY, "code": "confirmed"}
                elements["verificationStatus"] = {"coding": [coding]}
        elif not _is_mistaken(elements):
            coding = {"system": _ALLERGY, "code": "refuted"}
            elements["verificationStatus"] = {"coding": [coding]}
    reactions = [one for one in elements.get("reaction", ()) if one.get("manifestation")]
    elements.pop("reaction", None)
    if reactions:
        elements["reaction"] = reactions
    if _is_mistaken(elements):
        elements.pop("clinicalStatus", None)
    return elements if "code" in elements else None


def _condition(elements: Resource, act: Element, at: At) -> Resource | None:
    if "code" not in elements:
        return None
    if act.get("negationInd") == "true":
        codes = {one.get("code") for one in elements["code"].get("coding", ())}
        if codes & _ASSERTIONS and not _is_mistaken(elements):
            code, display = _NO_PROBLEM
            elements["code"] = {"coding": [{"system": _SCT, "code": code, "display": display}]}
            coding = {"system": _CONFIRMED, "code": "confirmed"}
            elements["verificationStatus"] = {"coding": [coding]}
    status = elements["clinicalStatus"]["coding"][0]["code"]
    over = [name for name in elements if name.startswith("abatement")]
    if over and status not in _OVER:
        at.said.odd("Condition", "it is active, and over")
        for name in over:
            del elements[name]
    if _is_mistaken(elements):
        del elements["clinicalStatus"]
    return elements


def _is_mistaken(elements: Resource) -> bool:
    """Tell whether it was entered in error: then it has no clinical status (ait-2, con-5)."""
    codings = elements.get("verificationStatus", {}).get("coding", ())
    return "entered-in-error" in {one["code"] for one in codings}


def _observation(elements: Resource, act: Element, at: At) -> Resource | None:
    says = any(name.startswith("value") for name in elements)
    if says or elements.get("hasMember") or elements.get("component"):
        elements.pop("dataAbsentReason", None)
    elif not elements["code"].get("coding") and not elements["code"].get("text"):
        return None
    return elements


def _report(elements: Resource, act: Element, at: At) -> Resource | None:
    effective = [name for name in elements if name.startswith("effective")]
    for name in effective[1:]:
        del elements[name]
    results = elements.pop("result", [])
    if found := [one for one in results if one["reference"].startswith("Observation/")]:
        elements["result"] = found
    return elements


def _history(elements: Resource, act: Element, at: At) -> Resource | None:
    conditions = [one for one in elements.get("condition", ()) if one.get("code")]
    elements.pop("condition", None)
    if conditions:
        elements["condition"] = conditions
    return elements


def _procedure(elements: Resource, act: Element, at: At) -> Resource | None:
    return elements if "code" in elements else None


def _encounter(elements: Resource, act: Element, at: At) -> Resource | None:
    elements.setdefault(
        "class",
        {"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"},
    )
    return elements


def _device_use(elements: Resource, act: Element, at: At) -> Resource | None:
    return elements if "reference" in elements.get("device", {}) else None


def _device(elements: Resource, act: Element, at: At) -> Resource | None:
    return elements if elements.keys() & {"type", "modelNumber", "identifier"} else None


_BY_TYPE: Final[dict[str, Callable[[Resource, Element, At], Resource | None]]] = {
    "AllergyIntolerance": _allergy,
    "Condition": _condition,
    "Observation": _observation,
    "DiagnosticReport": _report,
    "FamilyMemberHistory": _history,
    "Procedure": _procedure,
    "ServiceRequest": _procedure,
    "Encounter": _encounter,
    "DeviceUseStatement": _device_use,
    "Device": _device,
}
