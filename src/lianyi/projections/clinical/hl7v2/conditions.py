"""Diagnoses, problems, allergies, operations, goals and plans. Pure.

A diagnosis without an identifier of its own is known by its visit and code, so that the admission's
diagnosis stays beside that of the discharge.

Sources:
    HL7 v2.8.2 chapter 3: AL1, IAM; 6: DG1, PR1; 12: PRB, GOL, PTH; HL7 v2-to-FHIR (facts; see
    NOTICE).
"""

from __future__ import annotations

from typing import Any, Final

from lianyi.projections.clinical.hl7v2 import mapping, observations
from lianyi.projections.clinical.hl7v2.datatypes import code_text
from lianyi.projections.clinical.hl7v2.grouping import Care, Noted
from lianyi.projections.clinical.hl7v2.numbers import about, number_in
from lianyi.projections.clinical.hl7v2.reading import Reading
from lianyi.projections.clinical.hl7v2.segments import Segment
from lianyi.projections.clinical.ids import clinical_id

_RESOLVED: Final = {
    "coding": [
        {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "resolved"}
    ]
}
_DUE_TO: Final = "http://hl7.org/fhir/StructureDefinition/condition-dueTo"


def _key(segment: Segment, id_field: int, code_field: int, at: Reading) -> tuple[str, ...]:
    """Return the key of something: its own number, else whose it is and its code or words."""
    number = number_in(segment, id_field, unsaid=at.source) if id_field else None
    if number is not None and number.value:
        return (number.authority, number.value)
    said = code_text(segment.text(code_field) or segment.text(code_field, 2))
    return (at.source, at.encounter_id or at.patient_key, said or segment.whole(code_field + 1))


def diagnoses(care: Care, at: Reading) -> None:
    """State diagnoses (DG1), and with what role they are diagnoses of the visit."""
    of_visit = []
    for one in care.singles:
        segment = one.segment
        if segment.name != "DG1" or not (segment.raw(3) or segment.raw(4)):
            continue
        elements: dict[str, Any] = about(at)
        mapping.compiled("DG1.Condition")(segment, at, elements)
        if notes := observations.comments(one.notes, at):
            elements["note"] = notes
        parent = number_in(segment, 22, unsaid=at.source)
        if parent.value:
            on = clinical_id("Condition", parent.authority, parent.value)
            due = {"url": _DUE_TO, "valueReference": {"reference": f"Condition/{on}"}}
            elements["extension"] = [*(elements.get("extension") or ()), due]
        if segment.text(21) == "D":
            elements.pop("clinicalStatus", None)
        key = _key(segment, 20, 3, at)
        reference = at.state("Condition", clinical_id("Condition", *key), elements)
        if at.encounter is not None and segment.text(21) != "D":
            role: dict[str, Any] = {"condition": reference}
            mapping.compiled("DG1.Diagnosis")(segment, at, role)
            of_visit.append({name: value for name, value in role.items() if value is not None})
    if of_visit:
        said = {"diagnosis": of_visit}
        at.state("Encounter", at.encounter_id, said, hearsay=not at.firsthand)


def problem(one: Noted, at: Reading) -> None:
    """State a problem: PRB."""
    elements: dict[str, Any] = about(at)
    mapping.compiled("PRB.Condition")(one.segment, at, elements)
    clinical = elements.get("clinicalStatus")
    if elements.get("abatementDateTime") and clinical and clinical["coding"][0]["code"] == "active":
        elements["clinicalStatus"] = _RESOLVED
    if notes := observations.comments(one.notes, at):
        elements["note"] = notes
    at.state("Condition", clinical_id("Condition", *_key(one.segment, 4, 3, at)), elements)


def allergy(one: Noted, at: Reading) -> None:
    """State an allergy: AL1 or IAM."""
    segment = one.segment
    if not segment.raw(3):
        return
    elements: dict[str, Any] = {"patient": at.patient}
    mapping.compiled(f"{segment.name}.AllergyIntolerance")(segment, at, elements)
    verified = (elements.get("verificationStatus") or {}).get("coding", [{}])
    if verified[0].get("code") == "entered-in-error":
        elements.pop("clinicalStatus", None)
    reactions = elements.get("reaction") or []
    for reaction in reactions:
        reaction.setdefault("manifestation", [{"text": "-"}])
    if not segment.raw(5):
        elements.pop("reaction", None)
    if notes := observations.comments(one.notes, at):
        elements["note"] = [*(elements.get("note") or ()), *notes]
    number = number_in(segment, 7, unsaid=at.source) if segment.name == "IAM" else None
    said = code_text(segment.text(3) or segment.text(3, 2) or segment.text(3, 9))
    key = (at.source, at.patient_key, said)
    if number is not None and number.value:
        key = (number.authority, number.value, "")
    at.state("AllergyIntolerance", clinical_id("AllergyIntolerance", *key), elements)


def operation(one: Noted, at: Reading) -> None:
    """State an operation or treatment: PR1."""
    segment = one.segment
    if not (segment.raw(3) or segment.raw(4)):
        return
    elements: dict[str, Any] = about(at)
    mapping.compiled("PR1.Procedure")(segment, at, elements)
    if notes := observations.comments(one.notes, at):
        elements["note"] = notes
    key = (*_key(segment, 19, 3, at), segment.text(5))
    at.state("Procedure", clinical_id("Procedure", *key), elements)


def goal(one: Noted, at: Reading) -> None:
    """State a goal: GOL."""
    elements: dict[str, Any] = {"subject": at.patient}
    mapping.compiled("GOL.Goal")(one.segment, at, elements)
    if notes := observations.comments(one.notes, at):
        elements["note"] = [*(elements.get("note") or ()), *notes]
    at.state("Goal", clinical_id("Goal", *_key(one.segment, 4, 3, at)), elements)


def pathway(one: Noted, at: Reading) -> None:
    """State a clinical pathway as a plan: PTH."""
    elements: dict[str, Any] = about(at)
    mapping.compiled("PTH.CarePlan")(one.segment, at, elements)
    if notes := observations.comments(one.notes, at):
        elements["note"] = notes
    at.state("CarePlan", clinical_id("CarePlan", *_key(one.segment, 3, 2, at)), elements)
