"""Documents: TXA and what lies under it; and a message that nothing else can be made of. Pure.

Sources:
    HL7 v2.8.2 chapter 9: TXA, tables 0270 to 0275; HL7 v2-to-FHIR TXA map (facts; see NOTICE).
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final

from lianyi.messagelog.message import LogMessage
from lianyi.projections.clinical.hl7v2 import contents, dates, mapping, observations
from lianyi.projections.clinical.hl7v2.datatypes import Element
from lianyi.projections.clinical.hl7v2.grouping import Care, Document
from lianyi.projections.clinical.hl7v2.numbers import Number, about, number_in
from lianyi.projections.clinical.hl7v2.reading import Reading
from lianyi.projections.clinical.hl7v2.results import Findings
from lianyi.projections.clinical.hl7v2.segments import clean
from lianyi.projections.clinical.ids import clinical_id
from lianyi.projections.identity.systems import system_of

WIRE: Final = "x-application/hl7-v2+er7"
"""Media type of an HL7 v2 message."""
_RELATES: Final = {
    **dict.fromkeys(("T05", "T06"), "appends"),
    **dict.fromkeys(("T09", "T10"), "replaces"),
}
_TEXTS: Final = frozenset(("TX", "FT", "ST", ""))


def document(one: Document, at: Reading) -> None:
    """State a document (TXA) with its content (OBX)."""
    txa = one.header
    number = _number(one, at)
    key = ("TXA", number.authority, number.value)
    elements: dict[str, Any] = {"subject": at.patient}
    mapping.compiled("TXA.DocumentReference")(txa, at, elements)
    if at.event == "T11":
        elements["status"] = "entered-in-error"
    context: Element = {**(elements.pop("context", None) or {})}
    if at.encounter is not None:
        context["encounter"] = [at.encounter]
    related = _orders(one, at)
    if related:
        context["related"] = related
    if context:
        elements["context"] = context
    if notes := observations.comments(one.notes, at):
        elements["description"] = "\n".join(note["text"] for note in notes)
    parent = number_in(txa, 13, unsaid=at.source)
    if parent.value and (relation := _RELATES.get(at.event)):
        other = clinical_id("DocumentReference", "TXA", parent.authority, parent.value)
        target = {
            "reference": f"DocumentReference/{other}",
            "type": "DocumentReference",
            "identifier": {"system": system_of(parent.authority), "value": parent.value},
        }
        elements["relatesTo"] = [{"code": relation, "target": target}]
        if relation == "replaces" and parent != number:
            bare = {"content": [{"attachment": {"title": parent.value}}]}
            at.state("DocumentReference", other, {"status": "current", **bare}, hearsay=True)
            at.state("DocumentReference", other, {"status": "superseded"})
    id_ = clinical_id("DocumentReference", *key)
    attachments = _content(one, key, at)
    created = dates.date_time_of(txa.text(6) or txa.text(4), at.zone)
    if attachments:
        for attachment in attachments:
            if created:
                attachment.setdefault("creation", created)
        elements["content"] = [{"attachment": one} for one in attachments]
    else:
        shown: Element = {"title": txa.text(16) or txa.text(2, 2) or txa.text(2) or "-"}
        if created:
            shown["creation"] = created
        bare = {"content": [{"attachment": shown}]}
        at.state("DocumentReference", id_, bare, hearsay=True)
    at.state("DocumentReference", id_, elements)


def _number(one: Document, at: Reading) -> Number:
    txa = one.header
    number = number_in(txa, 12, unsaid=at.source)
    if number.value:
        return number
    for field in (15, 14):
        if (other := number_in(txa, field, unsaid=at.source)).value:
            return Number(f"{other.value}/{txa.text(2)}", other.authority)
    return Number("|".join([at.patient_key, *txa.fields[1:]]), at.source)


def _orders(one: Document, at: Reading) -> list[Element]:
    placer = number_in(one.header, 14, unsaid=at.facility)
    filler = number_in(one.header, 15, unsaid=at.source)
    number = placer if placer.value else filler
    if not number.value:
        return []
    id_ = clinical_id("ServiceRequest", number.authority, number.value)
    return [{"reference": f"ServiceRequest/{id_}"}]


def _content(one: Document, key: tuple[str, ...], at: Reading) -> list[Element]:
    """State the bytes of a document: its lines as one text, its files, its coded observations."""
    lines: list[str] = []
    attachments: list[Element] = []
    others = []
    title = one.header.text(2, 2)
    for result in one.results:
        segment = result.segment
        type_ = segment.text(2).upper()
        text = "\n".join(parts.whole() for parts in segment.repetitions(5))
        if type_ in _TEXTS and not contents.looks_like_file(text):
            lines.append(text)
            continue
        if type_ not in observations.FILES and type_ not in _TEXTS:
            others.append(result)
            continue
        for parts in segment.repetitions(5):
            where = f"OBX({segment.number})-5"
            if type_ == "ED":
                content = contents.encapsulated(parts, at, where)
            else:
                content = contents.referred(parts) if type_ == "RP" else contents.text_content(text)
            if content is not None:
                place = (*key, str(segment.number))
                shown = segment.text(3, 2) or title
                attachments.append(contents.attached(content, at, *place, title=shown))
    if any(lines):
        content = contents.text_content("\n".join(lines))
        attachments.insert(0, contents.attached(content, at, *key, "text", title=title))
    Findings(at, key, about(at), "").add(others)
    return attachments


def kept_whole(message: LogMessage, care: Care, at: Reading, control: str) -> None:
    """State a message of which nothing else could be made as a document, so that it is seen."""
    kind = clean(message.kind)
    key = ("message", at.source, control or kind, at.patient_key)
    content = contents.Content(WIRE, b64encode(message.body).decode(), "")
    attachment = contents.attached(content, at, *key, title=kind)
    context = {"encounter": [at.encounter]} if at.encounter is not None else None
    elements: dict[str, Any] = {
        "status": "current",
        "type": {"text": kind},
        "subject": at.patient,
        "date": dates.shown(at.said_at),
        "content": [{"attachment": attachment}],
    }
    if context:
        elements["context"] = context
    if care.singles:
        elements["description"] = " ".join(dict.fromkeys(o.segment.name for o in care.singles))
    at.state("DocumentReference", clinical_id("DocumentReference", *key), elements, whole=True)
