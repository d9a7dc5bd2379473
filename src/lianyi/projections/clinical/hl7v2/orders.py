"""Orders: ServiceRequest, for examinations, treatments and referrals. Pure.

Sources:
    HL7 v2.8.2 chapter 4: ORC, OBR, TQ1, tables 0038, 0119; chapter 11: RF1, PRD; HL7 v2-to-FHIR
    ORC, OBR and TQ1 maps (facts; see NOTICE).
"""

from __future__ import annotations

from typing import Any, Final

from lianyi.projections.clinical.hl7v2 import codes, mapping, observations, people, references
from lianyi.projections.clinical.hl7v2.datatypes import Element, Use
from lianyi.projections.clinical.hl7v2.grouping import Care, Noted, Order
from lianyi.projections.clinical.hl7v2.numbers import about, number_in, numbers_of, request_id
from lianyi.projections.clinical.hl7v2.reading import Reading
from lianyi.projections.clinical.hl7v2.results import Findings, specimens_of, study
from lianyi.projections.clinical.hl7v2.segments import NOTHING, Segment
from lianyi.projections.clinical.hl7v2.timings import timing_of
from lianyi.projections.clinical.ids import clinical_id

_RESULTS: Final = {
    "F": "completed",
    "C": "completed",
    "R": "active",
    "P": "active",
    "A": "active",
    "O": "active",
    "I": "active",
    "S": "active",
    "X": "revoked",
}
"""OBR-25: what a report says of the order that it answers."""
_REFERRING: Final = frozenset(("RP", "RF"))
_REFERRED_TO: Final = "RT"
"""PRD-1, table 0286."""


def status_of(order: Order) -> str:
    """Return the status of an order: ORC-5, else ORC-1, else what OBR-25 says; may be empty."""
    control = order.control
    for map_, field in (("order-status", 5), ("order-control", 1)):
        said = control.text(field)
        found = codes.target_of(map_, said) if said else None
        if found is not None and (field == 5 or said not in ("RE", "SC")):
            return found.code
    detail = order.first("OBR")
    return _RESULTS.get(detail.segment.text(25), "") if detail else ""


def request(order: Order, at: Reading, *, firsthand: bool) -> Element:
    """State the order itself and return a reference to it.

    Args:
        order: with ORC or OBR.
        at: the message.
        firsthand: whether the message is about the order, and not about what came of it.
    """
    numbers = numbers_of(order, at)
    id_ = request_id(numbers, order, at)
    elements: dict[str, Any] = {**about(at), "intent": "order"}
    if said := numbers.identifiers():
        elements["identifier"] = said
    detail = order.first("OBR", "ODS", "ODT")
    obr = detail.segment if detail and detail.segment.name == "OBR" else NOTHING
    if obr is not NOTHING:
        mapping.compiled("OBR.Timing")(obr, at, elements)
        mapping.compiled("OBR.ServiceRequest")(obr, at, elements)
    mapping.compiled("ORC.ServiceRequest")(order.control, at, elements)
    elements |= ordered_by(order, obr, at, elements)
    for timing in order.of("TQ1")[:1]:
        mapping.compiled("TQ1.ServiceRequest")(timing, at, elements)
        when = timing_of(order, at)
        if when.keys() - {"repeat"} or "when" in when.get("repeat", ()):
            elements.pop("occurrencePeriod", None)
            elements["occurrenceTiming"] = when
        if "occurrencePeriod" in elements or "occurrenceTiming" in elements:
            elements.pop("occurrenceDateTime", None)
    if detail is not None and obr is NOTHING:
        parts = detail.segment.first(3) or detail.segment.first(2)
        if parts and (what := mapping.CONVERTERS["concept"](parts, at, Use(detail.segment.name))):
            elements["code"] = what
    parent = number_in(order.control, 8, unsaid=at.facility)
    if parent.value:
        on = clinical_id("ServiceRequest", parent.authority, parent.value)
        elements["basedOn"] = [{"reference": f"ServiceRequest/{on}"}]
    with_code(elements)
    notes = observations.comments([*order.notes, *(detail.notes if detail else ())], at)
    if notes and firsthand:
        elements["note"] = notes
    status = status_of(order)
    if not firsthand:
        return _answered(id_, elements, status, at)
    if status:
        elements["status"] = status
    else:
        at.state("ServiceRequest", id_, {"status": "unknown"}, hearsay=True)
    return at.state("ServiceRequest", id_, elements)


def with_code(elements: dict[str, Any]) -> None:
    """Let the first detail be what is ordered, where nothing else says that."""
    details = elements.get("orderDetail")
    if details and not elements.get("code"):
        elements["code"], elements["orderDetail"] = details[0], details[1:] or None


def _answered(id_: str, elements: dict[str, Any], status: str, at: Reading) -> Element:
    """State an order as the one who answers it repeats it; its status he knows himself."""
    at.state("ServiceRequest", id_, {"status": status or "unknown", **elements}, hearsay=True)
    if status:
        at.state("ServiceRequest", id_, {"status": status})
    return {"reference": f"ServiceRequest/{id_}"}


def ordered_by(order: Order, obr: Segment, at: Reading, elements: dict[str, Any]) -> Element:
    """Return who ordered: a person in her role, where ORC-21 says for which organisation."""
    requester = elements.get("requester")
    facility = order.control.first(21)
    if not isinstance(requester, dict) or facility is None:
        return {}
    organization = references.organization(facility, at, Use("ORC-21"))
    if organization is None or "reference" not in requester:
        return {}
    key = (requester["reference"], organization["reference"])
    role = {"practitioner": requester, "organization": organization}
    reference = at.state("PractitionerRole", clinical_id("PractitionerRole", *key), role)
    if shown := requester.get("display"):
        reference = {**reference, "display": shown}
    return {"requester": reference}


def with_answers(order: Order, reference: Element, at: Reading) -> None:
    """State the answers that were given when something was ordered, its specimens and study."""
    numbers = numbers_of(order, at)
    id_ = reference["reference"].partition("/")[2]
    more: dict[str, Any] = {}
    key = ("ServiceRequest", id_)
    if specimens := specimens_of(order, at, key):
        more["specimen"] = specimens
    findings = Findings(at, key, about(at), "")
    findings.add(order.results)
    if findings.made:
        more["supportingInfo"] = findings.made
    if more:
        at.state("ServiceRequest", id_, more)
    study(order, numbers, reference, at)


def referral(one: Noted, care: Care, at: Reading) -> None:
    """State a referral (RF1) from one provider to another (PRD)."""
    segment = one.segment
    number = number_in(segment, 6, unsaid=at.source)
    key = number.key if number.value else "|".join(segment.fields[1:])
    elements: dict[str, Any] = about(at)
    mapping.compiled("RF1.ServiceRequest")(segment, at, elements)
    with_code(elements)
    for other in care.singles if segment is care.first("RF1") else ():
        if other.segment.name != "PRD" or (role := people.provider(other, at)) is None:
            continue
        kind = other.segment.text(1)
        if kind in _REFERRING:
            elements["requester"] = role
        elif kind == _REFERRED_TO:
            elements.setdefault("performer", []).append(role)
    if notes := observations.comments(one.notes, at):
        elements["note"] = notes
    at.state("ServiceRequest", clinical_id("ServiceRequest", at.source, "RF1", key), elements)
