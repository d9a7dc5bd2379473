"""The headings of a record, and which resource stands under which. Pure.

Source:
    HL7 FHIR R4: Observation.category, DiagnosticReport.category (table 0074), Composition and
    DocumentReference; 电子病历共享文档规范 WS/T 500 for the order of headings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

Resource = Mapping[str, Any]


class Section(StrEnum):
    """A heading of a record, in the order in which it is read."""

    ENCOUNTER = "encounter"
    PROBLEM = "problem"
    ALLERGY = "allergy"
    MEDICATION = "medication"
    LABORATORY = "laboratory"
    IMAGING = "imaging"
    VITAL_SIGN = "vital-sign"
    DOCUMENT = "document"
    ORDER = "order"
    PROCEDURE = "procedure"
    NURSING = "nursing"
    IMMUNISATION = "immunisation"
    APPOINTMENT = "appointment"
    CHARGE = "charge"
    OTHER = "other"


_BY_TYPE: Final[Mapping[str, Section]] = {
    "Encounter": Section.ENCOUNTER,
    "EpisodeOfCare": Section.ENCOUNTER,
    "Condition": Section.PROBLEM,
    "ClinicalImpression": Section.PROBLEM,
    "AllergyIntolerance": Section.ALLERGY,
    "Flag": Section.ALLERGY,
    "MedicationRequest": Section.MEDICATION,
    "MedicationDispense": Section.MEDICATION,
    "MedicationAdministration": Section.MEDICATION,
    "MedicationStatement": Section.MEDICATION,
    "ImagingStudy": Section.IMAGING,
    "DocumentReference": Section.DOCUMENT,
    "Composition": Section.DOCUMENT,
    "Media": Section.DOCUMENT,
    "QuestionnaireResponse": Section.DOCUMENT,
    "ServiceRequest": Section.ORDER,
    "DeviceRequest": Section.ORDER,
    "NutritionOrder": Section.ORDER,
    "SupplyRequest": Section.ORDER,
    "Task": Section.ORDER,
    "Procedure": Section.PROCEDURE,
    "CarePlan": Section.NURSING,
    "CareTeam": Section.NURSING,
    "Goal": Section.NURSING,
    "Immunization": Section.IMMUNISATION,
    "Appointment": Section.APPOINTMENT,
    "ChargeItem": Section.CHARGE,
    "Invoice": Section.CHARGE,
    "Claim": Section.CHARGE,
    "ExplanationOfBenefit": Section.CHARGE,
    "Account": Section.CHARGE,
    "Coverage": Section.CHARGE,
}

_ABOUT_CARE: Final = frozenset({"Provenance", "AuditEvent", "Binary", "Bundle", "List", "Patient"})
"""What says something about the record and not about the patient's care, or is shown elsewhere."""

_BY_CATEGORY: Final[Mapping[str, Section]] = {
    "laboratory": Section.LABORATORY,
    "vital-signs": Section.VITAL_SIGN,
    "imaging": Section.IMAGING,
    "procedure": Section.PROCEDURE,
    "survey": Section.NURSING,
    "exam": Section.NURSING,
    "activity": Section.NURSING,
    "social-history": Section.OTHER,
    "LAB": Section.LABORATORY,
}
_IMAGED: Final = frozenset(
    {"RAD", "RX", "RUS", "NMR", "CT", "CUS", "IMG", "NMS", "OUS", "VUS", "XRC", "MRI", "US", "EC"}
)
"""Diagnostic services of table 0074 that make pictures or curves."""
_DRAWN: Final = frozenset(
    {"LAB", "CH", "HM", "MB", "BG", "BLB", "CG", "GE", "IMM", "MCB", "MYC", "PAR", "SR", "TX",
     "URN", "VR", "CP", "CTH", "SP", "PAT", "ICU"}
)  # fmt: skip
"""Diagnostic services of table 0074 that examine specimens."""


_OF_VITAL_SIGNS: Final = frozenset({"85353-1", "8716-3", "34566-0"})
"""LOINC: panels of vital signs, which are sent as reports without a category."""
_VITAL_WORDS: Final = frozenset({"生命体征", "Vital signs"})


def section_of(resource: Resource) -> Section | None:
    """Return the heading under which a resource stands; None: under none.

    A component of a report stands where its report would stand; where nobody says of what kind an
    observation is, the number with a range is a laboratory's and the rest is "other".
    """
    type_ = resource.get("resourceType")
    if not isinstance(type_, str) or type_ in _ABOUT_CARE:
        return None
    return _BY_TYPE.get(type_) or _of_categories(resource) or _otherwise(resource)


def _of_categories(resource: Resource) -> Section | None:
    if resource.get("resourceType") not in ("Observation", "DiagnosticReport"):
        return None
    for code in _codes(resource.get("category")):
        if code in _BY_CATEGORY:
            return _BY_CATEGORY[code]
        if code in _IMAGED:
            return Section.IMAGING
        if code in _DRAWN:
            return Section.LABORATORY
    return None


def _otherwise(resource: Resource) -> Section:
    if resource.get("resourceType") == "DiagnosticReport":
        if _OF_VITAL_SIGNS & set(_codes(resource.get("code"))) or _text(resource) in _VITAL_WORDS:
            return Section.VITAL_SIGN
        return Section.LABORATORY if resource.get("specimen") else Section.DOCUMENT
    if resource.get("resourceType") == "Observation" and (
        resource.get("referenceRange") or resource.get("specimen")
    ):
        return Section.LABORATORY
    return Section.OTHER


def _text(resource: Resource) -> str:
    """Return what a resource is called: the text of its code, else a display of it."""
    for concept in each(resource.get("code")):
        for one in (
            concept.get("text"),
            *(code.get("display") for code in each(concept.get("coding"))),
        ):
            if isinstance(one, str) and one:
                return one
    return ""


def _codes(categories: object) -> Iterator[str]:
    for category in each(categories):
        for coding in each(category.get("coding")):
            if isinstance(coding.get("code"), str):
                yield coding["code"]


def each(value: object) -> list[Resource]:
    """Return the elements of a value, which may be one or many; what is no element is passed by."""
    if isinstance(value, list):
        return [one for one in value if isinstance(one, dict)]
    return [value] if isinstance(value, dict) else []
