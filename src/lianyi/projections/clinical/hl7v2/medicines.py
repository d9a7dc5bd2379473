"""Medicines ordered, dispensed and given, and vaccinations. Pure.

Sources:
    HL7 v2.8.2 chapter 4A: RXO, RXE, RXD, RXA, RXR, RXC, TQ1; tables 0162, 0163, 0322, 0323; CDC
    implementation guide for immunization 2.5.1; HL7 v2-to-FHIR RXA, RXO, RXR maps (facts; see
    NOTICE).
"""

from __future__ import annotations

from typing import Any, Final

from lianyi.projections.clinical.hl7v2 import (
    codes,
    datatypes,
    dates,
    mapping,
    observations,
)
from lianyi.projections.clinical.hl7v2.datatypes import Element, Use
from lianyi.projections.clinical.hl7v2.grouping import Noted, Order
from lianyi.projections.clinical.hl7v2.numbers import Numbers, about, numbers_of
from lianyi.projections.clinical.hl7v2.orders import status_of
from lianyi.projections.clinical.hl7v2.reading import Reading
from lianyi.projections.clinical.hl7v2.results import Findings
from lianyi.projections.clinical.hl7v2.segments import Parts
from lianyi.projections.clinical.hl7v2.timings import timing_of
from lianyi.projections.clinical.ids import clinical_id

_FUNDING: Final = {"30963-3": "fundingSource", "64994-7": "programEligibility"}


def key_of(numbers: Numbers, order: Order, at: Reading) -> tuple[str, ...]:
    """Return the key of a medication order: its number, else everything that its segments say."""
    number = numbers.placer if numbers.placer.value else numbers.filler
    if number.value:
        return (number.authority, number.value)
    said = "\r".join("|".join(one.segment.fields) for one in order.details)
    return (at.source, at.patient_key, said)


def prescription(order: Order, at: Reading, *, firsthand: bool) -> Element:
    """State a medication order (ORC, RXO, RXE) and return a reference to it."""
    numbers = numbers_of(order, at)
    id_ = clinical_id("MedicationRequest", *key_of(numbers, order, at))
    elements: dict[str, Any] = {**about(at), "intent": "order"}
    if said := numbers.identifiers():
        elements["identifier"] = said
    mapping.compiled("ORC.MedicationRequest")(order.control, at, elements)
    for name in ("RXO", "RXE"):
        if (detail := order.first(name)) is not None:
            elements.pop("dosageInstruction", None)
            mapping.compiled(f"{name}.MedicationRequest")(detail.segment, at, elements)
    _dosed(order, at, elements)
    notes = [note for one in order.details for note in one.notes]
    if found := observations.comments([*order.notes, *notes], at):
        elements["note"] = [*(elements.get("note") or ()), *found]
    status = codes.target_of("medication-status", status_of(order))
    bare = {"status": "unknown", "medicationCodeableConcept": {"text": "?"}}
    at.state(
        "MedicationRequest", id_, {**bare, **(elements if not firsthand else {})}, hearsay=True
    )
    reference = {"reference": f"MedicationRequest/{id_}"}
    if status is not None:
        elements["status"] = status.code
    elif not firsthand:
        return reference
    if firsthand:
        return at.state("MedicationRequest", id_, elements)
    return at.state("MedicationRequest", id_, {"status": elements["status"]})


def _dosed(order: Order, at: Reading, elements: dict[str, Any]) -> None:
    """Add route and times to the one dosage instruction that there is."""
    dosage: Element = (elements.get("dosageInstruction") or [{}])[0]
    for route in order.of("RXR")[:1]:
        mapping.compiled("RXR.Dosage")(route, at, dosage)
    timing = timing_of(order, at)
    if timing:
        dosage["timing"] = timing
    for one in order.of("TQ1")[:1]:
        if text := one.whole(11):
            dosage["text"] = text
        if text := one.whole(10):
            dosage["asNeededCodeableConcept"] = {"text": text}
    found = {name: value for name, value in dosage.items() if value is not None}
    if found:
        elements["dosageInstruction"] = [found]


def dispensed(order: Order, one: Noted, request: Element, at: Reading) -> None:
    """State what was dispensed: RXD."""
    numbers = numbers_of(order, at)
    elements: dict[str, Any] = {"subject": at.patient, "authorizingPrescription": [request]}
    if at.encounter is not None:
        elements["context"] = at.encounter
    mapping.compiled("RXD.MedicationDispense")(one.segment, at, elements)
    if status_of(order) in ("revoked", "entered-in-error"):
        elements["status"] = "cancelled"
    if notes := observations.comments(one.notes, at):
        elements["note"] = [*(elements.get("note") or ()), *notes]
    counter = one.segment.text(1) or one.segment.text(3)
    id_ = clinical_id("MedicationDispense", *key_of(numbers, order, at), counter)
    at.state("MedicationDispense", id_, elements)


def administered(order: Order, one: Noted, request: Element | None, at: Reading) -> None:
    """State what was given: RXA."""
    segment = one.segment
    numbers = numbers_of(order, at)
    elements: dict[str, Any] = {"subject": at.patient}
    if request is not None:
        elements["request"] = request
    if at.encounter is not None:
        elements["context"] = at.encounter
    mapping.compiled("RXA.MedicationAdministration")(segment, at, elements)
    if not any(name.startswith("effective") for name in elements):
        elements["effectiveDateTime"] = dates.shown(at.said_at)
    for route in order.of("RXR")[:1]:
        dosage = elements.setdefault("dosage", {})
        mapping.compiled("RXR.Dosage")(route, at, dosage)
    dosage = elements.get("dosage") or {}
    if elements.get("dosage") and not dosage.get("dose"):
        amount = {"url": datatypes.AS_SENT, "valueString": segment.whole(6) or "-"}
        dosage["dose"] = {"extension": [amount]}
    if notes := observations.comments(one.notes, at):
        elements["note"] = [*(elements.get("note") or ()), *notes]
    place = (segment.text(1), segment.text(2), segment.text(3), segment.text(5))
    id_ = clinical_id("MedicationAdministration", *key_of(numbers, order, at), *place)
    at.state("MedicationAdministration", id_, elements)


def vaccinated(order: Order, one: Noted, at: Reading) -> None:
    """State a vaccination: ORC, RXA, RXR, and the OBX about it."""
    segment = one.segment
    numbers = numbers_of(order, at)
    elements: dict[str, Any] = {"patient": at.patient}
    if at.encounter is not None:
        elements["encounter"] = at.encounter
    if said := numbers.identifiers():
        elements["identifier"] = said
    mapping.compiled("RXA.Immunization")(segment, at, elements)
    if not elements.get("occurrenceDateTime"):
        elements.pop("_occurrenceDateTime", None)
        elements["occurrenceString"] = segment.whole(3) or "?"
    mapping.compiled("ORC.Immunization")(order.control, at, elements)
    for route in order.of("RXR")[:1]:
        found: Element = {}
        mapping.compiled("RXR.Dosage")(route, at, found)
        elements |= {name: found[name] for name in ("route", "site") if found.get(name)}
    for result in order.results:
        name = _FUNDING.get(result.segment.text(3))
        value = result.segment.first(5)
        if name and value is not None and (what := _concept(value, at)):
            elements[name] = [what] if name == "programEligibility" else what
    if notes := observations.comments([*order.notes, *one.notes], at):
        elements["note"] = notes
    number = numbers.filler if numbers.filler.value else numbers.placer
    key = (number.authority, number.value)
    if not number.value or number.value == "9999":
        key = (at.source, at.patient_key)
    id_ = clinical_id("Immunization", *key, segment.text(5), segment.text(3))
    reference = at.state("Immunization", id_, elements)
    shared = {"subject": at.patient, "partOf": [reference]}
    Findings(at, ("Immunization", id_), shared, "").add(order.results)


def _concept(parts: Parts, at: Reading) -> Element | None:
    return datatypes.concept(parts, at, Use("OBX-5"))
