"""Which segments of a message say what: everything about one patient, in its order. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lianyi.projections.clinical.hl7v2 import (
    conditions,
    documents,
    mapping,
    medicines,
    orders,
    people,
    results,
    services,
    supplies,
)
from lianyi.projections.clinical.hl7v2.datatypes import Element
from lianyi.projections.clinical.hl7v2.grouping import Care, Noted, Order
from lianyi.projections.clinical.hl7v2.numbers import about
from lianyi.projections.clinical.hl7v2.reading import Reading
from lianyi.projections.clinical.hl7v2.segments import NOTHING

_ORDERING: Final = frozenset(("ORM", "OMD", "OMG", "OMI", "OML", "OMN", "OMP", "OMS"))
"""Messages that order; their OBX are answers to questions of the order."""
_MEDICINES: Final = frozenset(("OMP", "RDE", "RDS", "RAS", "RGV"))
_SINGLES: Final[dict[str, Callable[[Noted, Reading], None]]] = {
    "NK1": people.related,
    "AL1": conditions.allergy,
    "IAM": conditions.allergy,
    "PR1": conditions.operation,
    "PRB": conditions.problem,
    "GOL": conditions.goal,
    "PTH": conditions.pathway,
    "IN1": services.coverage,
}
_WITH_CARE: Final[dict[str, Callable[[Noted, Care, Reading], None]]] = {
    "SCH": services.appointment,
    "FT1": services.charge,
    "GT1": services.guarantor,
    "RF1": orders.referral,
}
_NEAR: Final = 40
"""Among so many orders before and after it an order's parent is looked for."""
_READ_TEXT: Final = (
    "PID PD1 PV1 PV2 MRG ROL DG1 NTE TXA OBX SPM ORC OBR ODS ODT RQD RXO RXE RXD RXA "
    "TQ1 RXR IPC ZDS SCH AIS AIG AIL AIP RGS PRD"
)
_READ: Final = frozenset(_READ_TEXT.split())
"""Segments that are read elsewhere than by :data:`_SINGLES` and :data:`_WITH_CARE`."""
_NAMES_TEXT: Final = (
    "Patient Encounter EpisodeOfCare Account RelatedPerson Practitioner "
    "PractitionerRole Organization Location"
)
_NAMES: Final = frozenset(_NAMES_TEXT.split())
"""Who and where; a message that says nothing else than these says nothing of care."""


def handle(care: Care, at: Reading, code: str) -> None:
    """State everything about one patient.

    Args:
        care: see there.
        at: the message; its patient and visit are known.
        code: MSH-9.1.
    """
    conditions.diagnoses(care, at)
    for one in care.singles:
        name = one.segment.name
        if single := _SINGLES.get(name):
            single(one, at)
        elif with_care := _WITH_CARE.get(name):
            with_care(one, care, at)
        elif name not in _READ and not (name.startswith("Z") and mapping.reads(name)):
            at.unread(name)
    visit = at.encounter_id or at.patient_key
    day = at.said_at.date().isoformat()
    results.Findings(at, (at.source, visit, code, day), about(at), "").add(care.results)
    for n, order in enumerate(care.orders):
        near = care.orders[max(0, n - _NEAR) : n + _NEAR]
        _order(order, near, at, code)
    for document in care.documents:
        documents.document(document, at)


def says_something(at: Reading) -> bool:
    """Tell whether anything is stated besides who and where."""
    return any(one.type not in _NAMES for one in at.said().stated)


def _order(order: Order, near: list[Order], at: Reading, code: str) -> None:
    for segment in [*order.more, *(one.segment for one in order.details)]:
        if segment.name not in _READ:
            at.unread(segment.name)
    if code in ("VXU",):
        for one in order.details:
            if one.segment.name == "RXA":
                medicines.vaccinated(order, one, at)
        return
    medicine = order.first("RXO", "RXE", "RXD", "RXA")
    ordered = order.control is not NOTHING or order.first("RXO", "RXE") is not None
    if medicine is not None or (code in _MEDICINES and order.first("OBR") is None):
        _medicine(order, at, code, ordered=ordered)
        return
    if supplies.is_supply(order, code):
        supplies.supply(order, at, code, orders.status_of(order))
        shared = {"subject": at.patient}
        results.Findings(at, ("SupplyRequest", at.patient_key), shared, "").add(order.results)
        return
    reporting = code not in _ORDERING and (bool(order.results) or code in ("ORU", "OUL"))
    reference = orders.request(order, at, firsthand=not reporting)
    if reporting:
        results.report(order, reference, at, near)
    else:
        orders.with_answers(order, reference, at)


def _medicine(order: Order, at: Reading, code: str, *, ordered: bool) -> None:
    request: Element | None = None
    if ordered:
        firsthand = code not in ("RDS", "RAS")
        request = medicines.prescription(order, at, firsthand=firsthand)
    for one in order.details:
        if one.segment.name == "RXD" and request is not None:
            medicines.dispensed(order, one, request, at)
        elif one.segment.name == "RXA":
            medicines.administered(order, one, request, at)
    if order.results:
        key = ("MedicationRequest", (request or {}).get("reference", at.patient_key))
        shared = about(at) | ({"basedOn": [request]} if request else {})
        results.Findings(at, key, shared, "").add(order.results)
