"""The patient, her relatives and her visits. Pure.

Who a patient is, is identity's business: ``Patient/<id>`` is its source record, under the number
that it shows. PID is taken at its word only where identity takes it so, when the sender registers
her; elsewhere, as in orders and results, it fills in what nobody has said.

Sources:
    HL7 v2.8.2 chapter 3: PID, PD1, NK1, PV1, PV2, MRG, ROL; HL7 v2-to-FHIR (facts; see NOTICE).
"""

from __future__ import annotations

from typing import Any, Final

from lianyi.formats import hl7v2
from lianyi.messagelog.message import LogMessage
from lianyi.projections.clinical.hl7v2 import codes, dates, mapping, observations
from lianyi.projections.clinical.hl7v2.datatypes import Use, authority_in, in_order
from lianyi.projections.clinical.hl7v2.grouping import Care, Noted, Visit
from lianyi.projections.clinical.hl7v2.problems import NamesNobody
from lianyi.projections.clinical.hl7v2.reading import Reading
from lianyi.projections.clinical.hl7v2.segments import NOTHING, Segment
from lianyi.projections.clinical.ids import clinical_id
from lianyi.projections.identity.feeds.hl7 import REGISTER, REPLACE
from lianyi.projections.identity.feeds.hl7_fields import Fields
from lianyi.projections.identity.feeds.hl7_patient import Sender, key_of, keys_of
from lianyi.projections.identity.feeds.limits import checked_key, sender_of
from lianyi.projections.identity.ids import record_id, shown

_MOTHER: Final = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode",
            "code": "MTH",
            "display": "mother",
        }
    ]
}
_UNDONE: Final = {"A13": "end", "A11": "", "A27": "", "A38": "", "A23": ""}
"""Events that take back what PV1 may still say: the end of the visit, or nothing of it."""


def sender_in(message: LogMessage, found: hl7v2.Message) -> Sender:
    """Return who sends a message, as identity sees him."""
    home = {found.get(path) for path in ("MSH-3.1", "MSH-3.2", "MSH-4.1", "MSH-4.2")} - {""}
    return Sender(sender_of(message), frozenset(home), "", message.received_at)


def begin(care: Care, at: Reading, sender: Sender) -> None:
    """State whose care it is, and her visit.

    Raises:
        NamesNobody: PID names no identifier of the sender's own.
        LianyiError: it is too long.
    """
    number = care.pid.number
    fields = Fields(care.pid.fields, care.pid.marks, care.pid.codec)
    key = key_of(fields, sender)
    if key is None:
        raise NamesNobody(where=f"PID({number})-3")
    id_ = shown(record_id(*checked_key(key, f"PID({number})-3")))
    at.patient_key = id_
    at.patient = {"reference": f"Patient/{id_}"}
    at.encounter, at.encounter_id = None, ""
    elements: dict[str, Any] = {}
    mapping.compiled("PID.Patient")(care.pid, at, elements)
    pd1 = care.first("PD1")
    if pd1 is not NOTHING:
        mapping.compiled("PD1.Patient")(pd1, at, elements)
    for one in care.singles:
        if one.segment.name.startswith("Z") and mapping.reads(one.segment.name, "Patient"):
            mapping.compiled(f"{one.segment.name}.Patient")(one.segment, at, elements)
    observations.with_comments(elements, care.notes, at)
    registered = at.firsthand and (at.event in REGISTER or at.event in REPLACE)
    at.state("Patient", id_, elements, hearsay=not registered)
    _mother(care.pid, at)
    account(care.pid, "PID.Account", 18, at)
    for said in care.visits:
        visit(said, care, at)


def _mother(pid: Segment, at: Reading) -> None:
    """State the mother that PID-21 names, as it does of a newborn."""
    if not pid.text(21):
        return
    elements: dict[str, Any] = {"patient": at.patient, "relationship": [_MOTHER]}
    mapping.compiled("PID.Mother")(pid, at, elements)
    id_ = clinical_id("RelatedPerson", at.source, at.patient_key, "PID-21")
    at.state("RelatedPerson", id_, elements, hearsay=not at.firsthand)


def replaced(care: Care, at: Reading, sender: Sender) -> None:
    """State that identifiers are no more (A40 and older merges): what they named is now replaced.

    Clinical resources stay where they are; who they are of, identity says.
    """
    for one in care.singles:
        if one.segment.name != "MRG":
            continue
        account(one.segment, "MRG.Account", 3, at, status="inactive")
        if at.event not in REPLACE:
            continue
        fields = Fields(one.segment.fields, one.segment.marks, one.segment.codec)
        for key in keys_of(fields, 1, sender, unsaid=at.source):
            gone = shown(record_id(*checked_key(key, "MRG-1")))
            if gone != at.patient_key:
                link = [{"other": at.patient, "type": "replaced-by"}]
                at.state("Patient", gone, {"active": False, "link": link})


def visit(said: Visit, care: Care, at: Reading) -> None:
    """State a visit; where PV1 does not say which, nothing."""
    pv1, pv2 = said.pv1, said.pv2
    id_ = _visit_id(pv1, care.pid, at)
    if not id_:
        return
    elements: dict[str, Any] = {"subject": at.patient}
    mapping.compiled("PV1.Encounter")(pv1, at, elements)
    if pv2 is not NOTHING:
        mapping.compiled("PV2.Encounter")(pv2, at, elements)
    if elements.get("period"):
        elements["period"] = in_order(elements["period"], at, f"PV1({pv1.number})-45")
    for one in care.singles if said is care.visits[0] else ():
        name = one.segment.name
        if name == "ROL":
            _role(one.segment, at, elements)
        elif name.startswith("Z") and mapping.reads(name, "Encounter"):
            mapping.compiled(f"{name}.Encounter")(one.segment, at, elements)
    observations.with_comments(elements, said.notes, at)
    if care.pid.text(18):
        elements["account"] = [account_of(care.pid, 18, at)]
    episode(pv1, at, elements)
    status = _status(pv1, at, elements)
    at.encounter, at.encounter_id = {"reference": f"Encounter/{id_}"}, id_
    kind = codes.target_of("class-status", pv1.text(2))
    usual = kind.code if kind else "unknown"
    if not at.firsthand:
        at.state("Encounter", id_, {**elements, "status": status or usual}, hearsay=True)
        return
    if status:
        elements["status"] = status
    else:
        at.state("Encounter", id_, {"status": usual}, hearsay=True)
    at.state("Encounter", id_, elements)


def _visit_id(pv1: Segment, pid: Segment, at: Reading) -> str:
    for segment, field in ((pv1, 19), (pv1, 50), (pid, 18)):
        parts = segment.first(field)
        if parts is not None and (value := parts.text(1, 1)):
            return clinical_id("Encounter", authority_in(parts, 4) or at.facility, value)
    began = dates.date_time_of(pv1.text(44), at.zone)
    if began:
        return clinical_id("Encounter", at.source, at.patient_key, began)
    if at.firsthand and at.event and (pv1.text(2) or pv1.text(3)):
        day = at.said_at.astimezone(at.zone).date().isoformat()
        return clinical_id("Encounter", at.source, at.patient_key, day)
    return ""


def _status(pv1: Segment, at: Reading, elements: dict[str, Any]) -> str:
    """Return what the event makes of the visit; empty where it makes nothing."""
    found = codes.target_of("event-status", at.event) if at.firsthand else None
    status = found.code if found else ""
    if at.event in _UNDONE and at.firsthand:
        if _UNDONE[at.event]:
            began = {**(elements.get("period") or {})}
            began.pop("end", None)
            elements["period"] = began or None
        return status
    if pv1.text(45) or "end" in (elements.get("period") or {}):
        return "finished"
    if status == "in-progress" and pv1.text(2) == "P":
        return "planned"
    return status


def _role(segment: Segment, at: Reading, elements: dict[str, Any]) -> None:
    """A person with a role in the visit; her role is her type."""
    if segment.text(2) == "DE":
        return
    found: dict[str, Any] = {}
    mapping.compiled("ROL.Encounter")(segment, at, found)
    for one in found.get("participant", ()):
        role = mapping.CONVERTERS["concept"]
        parts = segment.first(3)
        if parts is not None and (said := role(parts, at, Use("ROL-3", table="0443"))):
            one["type"] = [said]
        elements.setdefault("participant", []).append(one)


def episode(pv1: Segment, at: Reading, elements: dict[str, Any]) -> None:
    """State the episode that a visit belongs to, where the sender names one."""
    parts = pv1.first(54)
    if parts is None or not parts.text(1, 1):
        return
    id_ = clinical_id("EpisodeOfCare", authority_in(parts, 4) or at.source, parts.text(1, 1))
    found: dict[str, Any] = {"status": "active", "patient": at.patient}
    mapping.compiled("PV1.EpisodeOfCare")(pv1, at, found)
    reference = at.state("EpisodeOfCare", id_, found, hearsay=not at.firsthand)
    elements["episodeOfCare"] = [reference]


def account_of(segment: Segment, field: int, at: Reading) -> dict[str, str]:
    """Return a reference to the account of a field."""
    parts = segment.first(field)
    value = parts.text(1, 1) if parts else ""
    authority = authority_in(parts, 4) if parts else ""
    return {"reference": f"Account/{clinical_id('Account', authority or at.source, value)}"}


def account(
    segment: Segment, table: str, field: int, at: Reading, *, status: str = "active"
) -> None:
    """State the account of a field; nothing where it is empty."""
    if not segment.text(field):
        return
    elements: dict[str, Any] = {"status": status, "subject": [at.patient]}
    mapping.compiled(table)(segment, at, elements)
    id_ = account_of(segment, field, at)["reference"].partition("/")[2]
    at.state("Account", id_, elements, hearsay=status == "active" and not at.firsthand)


def related(one: Noted, at: Reading) -> None:
    """State a relative or contact: NK1."""
    segment = one.segment
    elements: dict[str, Any] = {"patient": at.patient}
    mapping.compiled("NK1.RelatedPerson")(segment, at, elements)
    observations.with_comments(elements, one.notes, at)
    if len(elements) > 1:
        set_ = segment.text(1) or str(segment.number)
        at.state(
            "RelatedPerson",
            clinical_id("RelatedPerson", at.source, at.patient_key, "NK1", set_),
            elements,
            hearsay=not at.firsthand,
        )


def provider(one: Noted, at: Reading) -> dict[str, str] | None:
    """State a provider of a referral (PRD), in the role in which she is named there."""
    segment = one.segment
    person: dict[str, Any] = {}
    mapping.compiled("PRD.Practitioner")(segment, at, person)
    identifiers = person.get("identifier")
    if not identifiers and not person.get("name"):
        return None
    key = identifiers[0]["value"] if identifiers else segment.whole(2)
    who = at.state("Practitioner", clinical_id("Practitioner", at.source, key), person)
    role: dict[str, Any] = {"practitioner": who}
    mapping.compiled("PRD.PractitionerRole")(segment, at, role)
    id_ = clinical_id("PractitionerRole", at.source, key, segment.text(1))
    return at.state("PractitionerRole", id_, role)
