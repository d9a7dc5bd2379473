"""Appointments, charges, insurance and guarantors. Pure.

Sources:
    HL7 v2.8.2 chapter 6: FT1, GT1, IN1; 10: SCH, AIS, AIG, AIL, AIP; HL7 v2-to-FHIR (facts; see
    NOTICE); HL7 FHIR R4: Appointment, invariants app-2, app-3 and app-4.
"""

from __future__ import annotations

from typing import Any, Final

from lianyi.projections.clinical.hl7v2 import codes, dates, mapping, observations, people
from lianyi.projections.clinical.hl7v2.amounts import decimal_of
from lianyi.projections.clinical.hl7v2.grouping import Care, Noted
from lianyi.projections.clinical.hl7v2.numbers import number_in
from lianyi.projections.clinical.hl7v2.reading import Reading
from lianyi.projections.clinical.hl7v2.segments import NOTHING, Segment
from lianyi.projections.clinical.ids import clinical_id

_OVER: Final = frozenset(("cancelled", "entered-in-error", "noshow"))
_UNTIMED: Final = frozenset(("proposed", "cancelled", "waitlist"))
_MINUTES: Final = {"s": 60, "min": 1, "h": 60, "d": 1440}
_SELF: Final = frozenset(("SEL", "18", "本人", "0", "S"))


def appointment(one: Noted, care: Care, at: Reading) -> None:
    """State an appointment (SCH) and who takes part in it (AIS, AIG, AIL, AIP)."""
    sch = one.segment
    elements: dict[str, Any] = {}
    mapping.compiled("SCH.Appointment")(sch, at, elements)
    participants: list[dict[str, Any]] = []
    timed = [sch]
    notes = list(one.notes)
    for other in care.singles if sch is care.first("SCH") else ():
        name = other.segment.name
        if name == "AIS":
            mapping.compiled("AIS.Appointment")(other.segment, at, elements)
        elif name in ("AIG", "AIL", "AIP"):
            participants += _participant(other.segment, at)
        else:
            continue
        timed.append(other.segment)
        notes += other.notes
    event = codes.target_of("appointment-event", at.event)
    if event is not None and (event.code in _OVER or not elements.get("status")):
        elements["status"] = event.code
    elements["status"] = elements.get("status") or "pending"
    _timed(timed, care, at, elements)
    if found := observations.comments(notes, at):
        elements["comment"] = "\n".join(note["text"] for note in found)
    based = [number_in(sch, n, unsaid=at.facility) for n in (26, 27)]
    on = next((number for number in based if number.value), None)
    if on is not None:
        id_ = clinical_id("ServiceRequest", on.authority, on.value)
        elements["basedOn"] = [{"reference": f"ServiceRequest/{id_}"}]
    key = next(
        (n.key for n in (number_in(sch, f, unsaid=at.source) for f in (2, 1)) if n.value), ""
    )
    key = key or "|".join([at.patient_key, *sch.fields[1:]])
    id_ = clinical_id("Appointment", at.source, key)
    taking_part = {"participant": [{"actor": at.patient, "status": "accepted"}, *participants]}
    if not participants:  # a message that names nobody, such as a cancellation, sends nobody away
        at.state("Appointment", id_, taking_part, hearsay=True)
        taking_part = {}
    at.state("Appointment", id_, elements | taking_part)


def _participant(segment: Segment, at: Reading) -> list[dict[str, Any]]:
    found: dict[str, Any] = {}
    mapping.compiled(f"{segment.name}.Participant")(segment, at, found)
    if segment.name == "AIG":
        shown = segment.text(3, 2) or segment.text(3)
        if shown:
            found["actor"] = {"display": shown}
    found = {name: value for name, value in found.items() if value is not None}
    return [found] if "actor" in found or "type" in found else []


def _timed(timed: list[Segment], care: Care, at: Reading, elements: dict[str, Any]) -> None:
    """Add start, end and length; an end that is not said is the start and the length."""
    fields = {"SCH": (11, 9, 10), "AIS": (4, 7, 8), "AIG": (8, 11, 12), "AIL": (6, 9, 10)}
    fields["AIP"] = (6, 9, 10)
    start = end = ""
    minutes = 0
    tq1 = care.first("TQ1")
    if tq1 is not NOTHING:
        start = dates.instant_of(tq1.text(7), at.zone) or ""
        end = dates.instant_of(tq1.text(8), at.zone) or ""
    for segment in timed:
        begin, length, unit = fields[segment.name]
        said = segment.text(begin, 4 if segment.name == "SCH" else 1)
        start = start or dates.instant_of(said, at.zone) or ""
        if segment.name == "SCH":
            end = end or dates.instant_of(segment.text(begin, 5), at.zone) or ""
        minutes = minutes or _length(segment.text(length), segment.text(unit))
    if start:
        end = end or dates.later(start, minutes)
        if end[:19] < start[:19]:
            end = start
        elements |= {"start": start, "end": end}
    elif elements["status"] not in _UNTIMED:
        elements["status"] = "proposed"
    if minutes:
        elements["minutesDuration"] = minutes


def _length(text: str, unit: str) -> int:
    found = decimal_of(text)
    known = codes.target_of("time-unit", unit.lower()) if unit else None
    if found is None or not 0 < found < 100_000:
        return 0
    code = known.code if known else "min"
    return int(found / 60) if code == "s" else int(found) * _MINUTES.get(code, 1)


def charge(one: Noted, care: Care, at: Reading) -> None:
    """State a charge: FT1."""
    segment = one.segment
    elements: dict[str, Any] = {"subject": at.patient}
    if at.encounter is not None:
        elements["context"] = at.encounter
    if care.pid.text(18):
        elements["account"] = [people.account_of(care.pid, 18, at)]
    mapping.compiled("FT1.ChargeItem")(segment, at, elements)
    elements["code"] = elements.get("code") or {"text": "?"}
    order = number_in(segment, 23, unsaid=at.source)
    if order.value:
        id_ = clinical_id("ServiceRequest", order.authority, order.value)
        elements["service"] = [{"reference": f"ServiceRequest/{id_}"}]
    if notes := observations.comments(one.notes, at):
        elements["note"] = notes
    key = (segment.text(2),) if segment.text(2) else (at.patient_key, *segment.fields[1:])
    at.state("ChargeItem", clinical_id("ChargeItem", at.source, *key), elements)


def coverage(one: Noted, at: Reading) -> None:
    """State an insurance: IN1."""
    segment = one.segment
    elements: dict[str, Any] = {"beneficiary": at.patient}
    mapping.compiled("IN1.Coverage")(segment, at, elements)
    observations.with_comments(elements, one.notes, at)
    if not elements.get("payor"):
        shown = segment.text(3) or segment.text(2, 2) or segment.text(2)
        elements["payor"] = [{"display": shown} if shown else dict(at.patient or {})]
    relation = segment.text(17)
    if relation in _SELF:
        elements["subscriber"] = at.patient
    elif segment.raw(16) and relation:
        insured: dict[str, Any] = {"patient": at.patient}
        mapping.compiled("IN1.RelatedPerson")(segment, at, insured)
        set_ = segment.text(1) or str(segment.number)
        id_ = clinical_id("RelatedPerson", at.source, at.patient_key, "IN1", set_)
        elements["subscriber"] = at.state("RelatedPerson", id_, insured)
    policy = segment.text(36)
    key = (policy,) if policy else (segment.text(1) or str(segment.number), segment.text(2))
    id_ = clinical_id("Coverage", at.source, at.patient_key, *key)
    at.state("Coverage", id_, elements)


def guarantor(one: Noted, care: Care, at: Reading) -> None:
    """State who answers for an account: GT1."""
    segment = one.segment
    elements: dict[str, Any] = {"patient": at.patient}
    mapping.compiled("GT1.RelatedPerson")(segment, at, elements)
    observations.with_comments(elements, one.notes, at)
    set_ = segment.text(1) or str(segment.number)
    id_ = clinical_id("RelatedPerson", at.source, at.patient_key, "GT1", set_)
    who = at.state("RelatedPerson", id_, elements)
    if care.pid.text(18) and at.firsthand:
        account = people.account_of(care.pid, 18, at)["reference"].partition("/")[2]
        at.state("Account", account, {"guarantor": [{"party": who}]})
