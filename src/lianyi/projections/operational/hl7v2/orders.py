"""What orders, reports and appointments say. Pure.

An order says from where it comes: ORC-17, else the department of the PV1 that it brings along. A
report takes what it does not say itself from its order; see :mod:`..folding`. And it says of its
order that it was answered, so that the loops of orders are counted from orders alone.

Sources:
    HL7 v2.5.1, chapters 4 (ORC, OBR, TQ1, RXO, RXE, RXD, RXA), 7 (OBR, OBX, SPM), 10 (SCH, AIS,
    AIL, AIP); tables 0038, 0074, 0078, 0085, 0119, 0123, 0278, 0322.
    HL7 v2.6, chapter 4A: RXA-25, the bar code of what was given.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from lianyi.projections.clinical.hl7v2.grouping import Care, Order
from lianyi.projections.clinical.hl7v2.segments import NOTHING, Segment
from lianyi.projections.operational.hl7v2.context import (
    Context,
    only_said,
    practitioner,
    visit_of,
)
from lianyi.projections.operational.statements import BESIDE, CANCELLED, Value

ORDERS: Final = frozenset({"ORM", "OMG", "OML", "OMI", "OMP", "RDE", "RDS", "RAS"})
RESULTS: Final = frozenset({"ORU", "OUL"})
_NEW: Final = frozenset({"NW", ""})
_CANCELS: Final = frozenset({"CA", "OC", "CR"})
"""ORC-1: cancelled, by whoever ordered or was to do it. What is stopped (DC) was an order."""
_COMPLETED: Final = "CM"
_NOT_GIVEN: Final = frozenset({"RE", "NA"})
"""RXA-20: refused, or not administered."""
_ANSWERS: Final[tuple[str, ...]] = ("received_at", "reported_at")
"""What a report says of its order."""
_BY_MESSAGE: Final = {"OML": "laboratory", "OMI": "imaging"}
_DRUGS: Final = ("RXE", "RXO", "RXD")
_RELEASED: Final = frozenset({"F", "C"})
_CRITICAL: Final = frozenset({"LL", "HH", "AA"})
_POSITIVE: Final = frozenset({"A", "AA", "POS"})
_NEGATIVE: Final = frozenset({"N", "NEG"})
_MEASURED: Final = frozenset({"NM", "SN"})
_EXAMINED: Final = frozenset({"ct", "mri", "ultrasound", "xray", "endoscopy", "ecg", "nuclear"})
"""Categories in which the patient is examined, and no specimen is received."""
_CALLED_OFF: Final = frozenset({"S15", "S17"})
_BOOKED: Final = frozenset({"S12", "S13", "S14"})
_COMPLETE: Final = "COMPLETE"
"""SCH-25: what was booked is done."""
APPOINTMENTS: Final = _CALLED_OFF | _BOOKED


def read_orders(care: Care, code: str, at: Context) -> None:
    """State what a message says of the orders of one patient; what has no number is left out."""
    for order in care.orders:
        obr = _detail(order, "OBR")
        key = at.order_number(order.control, obr) or at.order_number(
            order.control, obr, filler=True
        )
        if not key:
            continue
        _order(order, obr, key, care, code, at)
        drug = _detail(order, *_DRUGS)
        if drug is not NOTHING:
            _drug(order, drug, key, care, at)


def _order(order: Order, obr: Segment, key: str, care: Care, code: str, at: Context) -> None:
    codes, control = at.codes, order.control
    said = _whence(order, obr, care, at)
    category = _BY_MESSAGE.get(code) or (
        "drug" if _detail(order, *_DRUGS, "RXA") is not NOTHING else None
    )
    said |= only_said(
        category=category
        or codes.of("order_section", obr.text(24))
        or codes.of("order_service", obr.text(4)),
        urgent=_urgent(order, obr, at),
    )
    if control.text(1) in _NEW:
        said |= only_said(ordered_at=at.past(at.instant(control, 9)))
    if control.text(1) in _CANCELS or control.text(5) == "CA":
        said["cancelled"] = True
    elif control.text(1) in _NEW:
        said["cancelled"] = False
    if control.text(5) == _COMPLETED:
        said["closed_loop"] = True
    said |= _given(order, at)
    at.state("order", key, said)


def _given(order: Order, at: Context) -> dict[str, Value]:
    """Return when a drug was dispensed and given, and whether its bar code was read then."""
    given, dispensed = _detail(order, "RXA"), _detail(order, "RXD")
    said = only_said(dispensed_at=at.past(at.instant(dispensed, 3)))
    if given.text(20) in _NOT_GIVEN:
        return said
    scanned = True if given.text(25) else None
    return said | only_said(executed_at=at.past(at.instant(given, 3)), bedside=scanned)


def _drug(order: Order, drug: Segment, key: str, care: Care, at: Context) -> None:
    """State a line of a prescription; one that was cancelled is none."""
    control, place = order.control, 1 if drug.name == "RXO" else 2
    prescription = drug.text(15 if drug.name == "RXE" else 7) if drug.name != "RXO" else ""
    said = _whence(order, NOTHING, care, at)
    said |= only_said(
        prescription=f"{at.facility}^{prescription}" if prescription else at.number(control, 4, 2),
        patient=at.patient(care.pid),
        item=drug.text(place),
    )
    if control.text(1) in _NEW:
        said |= only_said(prescribed_at=at.past(at.instant(control, 9)))
    if control.text(1) in _CANCELS or control.text(5) == "CA":
        said[CANCELLED] = True
    elif control.text(1) in _NEW:
        said[CANCELLED] = False
    at.state("drug", key, said)


def read_results(care: Care, at: Context) -> None:
    """State what a message says of the reports of one patient; what has no number is none."""
    for order in care.orders:
        obr = _detail(order, "OBR")
        number = at.order_number(obr, order.control, filler=True)
        placer = at.order_number(obr, order.control)
        if obr is NOTHING or not (number or placer):
            continue
        service = obr.text(4)
        key = f"{number or placer}^{service}" if service else number or placer
        report = _report(order, obr, care, at)
        at.state("result", key, report, of=placer)
        answered = {one: report[one] for one in _ANSWERS if one in report}
        if answered:
            at.state("order", placer or number, {BESIDE: True} | answered)


def _report(order: Order, obr: Segment, care: Care, at: Context) -> dict[str, Value]:
    codes, pv1 = at.codes, visit_of(care)
    category = codes.of("result_section", obr.text(24)) or codes.of("result_service", obr.text(4))
    status = obr.text(25)
    observed = [one.segment for one in order.results]
    specimens = [one.segment for one in order.specimens]
    received = at.instant(obr, 14) or next(
        (found for one in specimens if (found := at.instant(one, 18))), None
    )
    if received is None and category in _EXAMINED:
        received = at.instant(obr, 7)
    return only_said(
        **{
            "encounter": at.encounter(care),
            "class": codes.of("class", pv1.text(2)),
            "category": category,
            "ordering": codes.department(order.control.text(17)),
            "executing": codes.department(
                next((one.text(23, 10) or one.text(15) for one in observed), "")
            ),
            "doctor": obr.text(32, 1, 1) or _first(observed, 16),
            "ordered_at": at.past(at.instant(obr, 6)),
            "received_at": at.past(received),
            "reported_at": at.past(at.instant(obr, 22)) if status in _RELEASED else None,
            "urgent": _urgent(order, obr, at),
            "critical": _critical(observed),
            "positive": _positive(observed),
            "corrected": _corrected(status, observed),
            "rejected": True if any(one.text(21) for one in specimens) else None,
        }
    )


def _critical(observed: list[Segment]) -> bool | None:
    flags = _flags(observed)
    return bool(flags & _CRITICAL) if flags else None


def _positive(observed: list[Segment]) -> bool | None:
    """Say whether a report is positive; of quantities nobody says so."""
    flags = _flags([one for one in observed if one.text(2) not in _MEASURED])
    if flags & _POSITIVE:
        return True
    return False if flags and flags <= _NEGATIVE else None


def _flags(observed: list[Segment]) -> set[str]:
    return {
        parts.text(1).upper() for one in observed for parts in one.repetitions(8) if parts.text(1)
    }


def _corrected(status: str, observed: list[Segment]) -> bool | None:
    if status == "C" or any(one.text(11) == "C" for one in observed):
        return True
    return False if status == "F" else None


def _whence(order: Order, obr: Segment, care: Care, at: Context) -> dict[str, Value]:
    """Return from where an order comes: encounter, its kind, department, doctor."""
    pv1, control = visit_of(care), order.control
    doctor = practitioner(control, 12) or practitioner(obr, 16)
    return only_said(
        **{
            "encounter": at.encounter(care),
            "class": at.codes.of("class", pv1.text(2)),
            "ordering": at.codes.department(control.text(17)) or at.department(pv1),
            "doctor": doctor,
        }
    )


def _urgent(order: Order, obr: Segment, at: Context) -> bool | None:
    timings = [one.text(9) for one in order.of("TQ1")]
    said = (*timings, obr.text(27, 6), order.control.text(7, 6), obr.text(5))
    return at.codes.flag("urgent", *(one.upper() for one in said if one))


def _detail(order: Order, *names: str) -> Segment:
    found = order.first(*names)
    return found.segment if found else NOTHING


def _first(segments: list[Segment], field: int) -> str:
    return next((found for one in segments if (found := one.text(field))), "")


def read_appointment(care: Care, event: str, at: Context) -> None:
    """State the operation that an appointment is for; other appointments are none of ours.

    It is one where a room is a theatre (AIL-4), or somebody has a part in it (AIP-4).
    """
    booked = care.first("SCH")
    key = at.number(booked, 2, 2) or at.number(booked, 1, 2)
    people = {
        role: who
        for one in _all(care, "AIP")
        if (role := at.codes.of("surgical_role", one.text(4).upper(), one.text(4, 2)))
        and (who := one.text(3))
    }
    rooms = [at.codes.flag("theatre", one.text(4), one.text(4, 2)) for one in _all(care, "AIL")]
    if not key or not (people or True in rooms):
        return
    pv1 = visit_of(care)
    service = next(iter(_all(care, "AIS")), NOTHING)
    said = only_said(
        **{
            "encounter": at.encounter(care),
            "patient": at.patient(care.pid),
            "operating": at.department(pv1),
            "scheduled_at": _starts(booked, service, at),
            "code": service.text(3),
            "done": True if booked.text(25).upper() == _COMPLETE else None,
            **people,
        }
    )
    if event in APPOINTMENTS:
        said["cancelled"] = event in _CALLED_OFF
    at.state("surgery", key, said, of=at.encounter(care))


def _starts(booked: Segment, service: Segment, at: Context) -> datetime | None:
    return at.instant(service, 4) or at.instant(booked, 11, 4)


def _all(care: Care, name: str) -> list[Segment]:
    return [one.segment for one in care.singles if one.segment.name == name]
