"""Orders of material: SupplyRequest. Pure.

Sources:
    HL7 v2.8.2 chapter 4: OMS, OMN, RQD; HL7 FHIR R4: SupplyRequest, code system ``supply-kind``.
"""

from __future__ import annotations

from typing import Any, Final

from lianyi.projections.clinical.hl7v2 import mapping, observations
from lianyi.projections.clinical.hl7v2.grouping import Order
from lianyi.projections.clinical.hl7v2.numbers import numbers_of, request_id
from lianyi.projections.clinical.hl7v2.reading import Reading
from lianyi.projections.clinical.ids import clinical_id

MESSAGES: Final = frozenset(("OMS", "OMN"))
"""MSH-9.1 of those that order material from the stock, and what is not kept there."""
_KINDS: Final = {"OMS": "central", "OMN": "nonstock"}
_STATUS: Final = {"revoked": "cancelled", "on-hold": "suspended"}
"""Of a SupplyRequest, where it differs from that of a ServiceRequest."""


def is_supply(order: Order, code: str) -> bool:
    """Tell whether an order of a message (MSH-9.1) asks for material."""
    return code in MESSAGES or order.first("RQD") is not None


def supply(order: Order, at: Reading, code: str, status: str) -> None:
    """State what is to be brought to the patient.

    Args:
        order: with ORC or RQD.
        at: the message.
        code: MSH-9.1.
        status: of the order as that of a ServiceRequest; may be empty.
    """
    numbers = numbers_of(order, at)
    elements: dict[str, Any] = {"deliverTo": at.patient}
    if said := numbers.identifiers():
        elements["identifier"] = said
    if kind := _KINDS.get(code):
        system = "http://terminology.hl7.org/CodeSystem/supply-kind"
        elements["category"] = {"coding": [{"system": system, "code": kind}]}
    mapping.compiled("ORC.SupplyRequest")(order.control, at, elements)
    detail = order.first("RQD")
    if detail is not None:
        mapping.compiled("RQD.SupplyRequest")(detail.segment, at, elements)
    for timing in order.of("TQ1")[:1]:
        mapping.compiled("TQ1.SupplyRequest")(timing, at, elements)
    if notes := observations.comments([*order.notes, *(detail.notes if detail else ())], at):
        elements["extension"] = [
            {"url": "urn:lianyi:extension:note", "valueAnnotation": one} for one in notes
        ]
    # One line of a requisition is one request: lines of one number are told apart by RQD-1.
    line = detail.segment.text(1) if detail is not None else ""
    id_ = clinical_id("SupplyRequest", request_id(numbers, order, at), line if line != "1" else "")
    if status:
        elements["status"] = _STATUS.get(status, status)
    else:
        at.state("SupplyRequest", id_, {"status": "unknown"}, hearsay=True)
    at.state("SupplyRequest", id_, elements)
