"""The document itself: its bytes, a DocumentReference to them, a Composition of its sections. Pure.

Nothing disappears: the bytes are kept as they came, the narrative of every section stands in the
Composition, and what is structured is referred to from there.

Sources:
    HL7 CDA R2, 4.2; C-CDA on FHIR, Composition (facts); HL7 FHIR R4: Composition,
    DocumentReference, Binary.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final

from lianyi.formats.cda import Section
from lianyi.formats.cda.document import Id
from lianyi.formats.cda.names import Element, find, find_all, value_at
from lianyi.formats.cda.narrative import as_text, as_xhtml
from lianyi.projections.clinical.cda import codes, datatypes, entries, people
from lianyi.projections.clinical.cda.reading import At, Resource
from lianyi.projections.clinical.hl7v2 import dates
from lianyi.projections.clinical.ids import clinical_id

XML: Final = "application/xml"
SUPERSEDING: Final = 30_000
"""Rank of what another document says of this one: more than any version of its own."""
_NOTES: Final = "18776-5"
_CONFIDENTIAL: Final = frozenset("ULMNRV")
_DEPTH_MAX: Final = 30


def state(at: At, data: bytes, *, binary: str = "", reference: bool = True) -> Resource:
    """State a document, and return a reference to its Composition.

    Args:
        at: being read; its patient and visit are known.
        data: as it came.
        binary: id of the Binary where its bytes are stated already; empty: they are stated here.
        reference: whether a DocumentReference is stated, too.
    """
    authors = [
        who
        for one in find_all(at.document.root, "author/assignedAuthor")
        if (who := people.practitioner(one, at)) is not None
    ]
    custodian = _custodian(at)
    composition = _composition(at, authors, custodian)
    if reference:
        _reference(at, data, authors, custodian, composition, binary)
    return composition


def document_id(type_: str, one: Id, at: At) -> str:
    """Return the id under which something of a document is kept."""
    root = one.root.lower() if not one.extension else at.authority(one)
    return clinical_id(type_, "CDA", root, one.extension)


def _custodian(at: At) -> Resource | None:
    path = "custodian/assignedCustodian/representedCustodianOrganization"
    house = find(at.document.root, path)
    return people.organization(house, at) if house is not None else None


def _type(at: At) -> Resource:
    code = find(at.document.root, "code")
    found = datatypes.concept(code, at) if code is not None else None
    if found is not None:
        return found
    title = at.document.title
    return {"text": title} if title else datatypes.absent(code)


def _identifier(one: Id, at: At) -> Resource:
    if not one.extension:
        kind = "uuid" if codes.is_uuid(one.root) else "oid"
        root = one.root.lower() if kind == "uuid" else one.root
        return {"system": "urn:ietf:rfc:3986", "value": f"urn:{kind}:{root}"}
    return {"system": codes.uri_of(at.authority(one)), "value": one.extension}


def _composition(at: At, authors: list[Resource], custodian: Resource | None) -> Resource:
    document = at.document
    made = datatypes.date_time(document.effective_time, at)
    found: dict[str, Any] = {
        "identifier": _identifier(document.id, at),
        "status": "final",
        "type": _type(at),
        "subject": at.said.patient,
    }
    if at.said.encounter is not None:
        found["encounter"] = at.said.encounter
    if made:
        found["date"] = made
    else:
        found["_date"] = datatypes.absent(find(document.root, "effectiveTime"))
    found["author"] = authors or [custodian or datatypes.absent(None)]
    found["title"] = document.title or _words(found["type"]) or "-"
    secret = value_at(document.root, "confidentialityCode/@code")
    if secret in _CONFIDENTIAL and secret:
        found["confidentiality"] = secret
    if attested := _attesters(at):
        found["attester"] = attested
    if custodian is not None:
        found["custodian"] = custodian
    if related := [
        {"code": one.relation, "targetIdentifier": _identifier(one.ids[0], at)}
        for one in document.related
    ]:
        found["relatesTo"] = related
    if events := _events(at):
        found["event"] = events
    sections = [one for section in document.sections if (one := _section(section, at, 0))]
    if sections:
        found["section"] = sections
    return at.state("Composition", document_id("Composition", document.id, at), found)


def _words(concept: Resource) -> str:
    text = concept.get("text") or next(
        (one["display"] for one in concept.get("coding", ()) if one.get("display")), ""
    )
    return str(text)


def _attesters(at: At) -> list[Resource]:
    found = []
    for path, mode in (("legalAuthenticator", "legal"), ("authenticator", "professional")):
        for one in find_all(at.document.root, path):
            entity = find(one, "assignedEntity")
            who = people.practitioner(entity, at) if entity is not None else None
            signed: Resource = {"mode": mode}
            if when := datatypes.date_time(value_at(one, "time/@value"), at):
                signed["time"] = when
            if who is not None:
                signed["party"] = who
            found.append(signed)
    return found


def _events(at: At) -> list[Resource]:
    found = []
    for one in find_all(at.document.root, "documentationOf/serviceEvent"):
        event: Resource = {}
        code = find(one, "code")
        if code is not None and (kind := datatypes.concept(code, at)) is not None:
            event["code"] = [kind]
        when = find(one, "effectiveTime")
        if when is not None and (span := datatypes.period(when, at)) is not None:
            event["period"] = span
        if event:
            found.append(event)
    return found


def _section(section: Section, at: At, depth: int) -> Resource | None:
    """Return a section of the Composition; None where nothing stands in it."""
    found: Resource = {}
    if title := section.title:
        found["title"] = title
    code = section.code
    if code is not None and (kind := datatypes.concept(code, at)) is not None:
        found["code"] = kind
    narrative = section.narrative
    has_words = bool(as_text(narrative))
    if narrative is not None and (has_words or _has_pictures(narrative)):
        found["text"] = {"status": "generated", "div": as_xhtml(at.document, narrative)}
    if references := entries.of_section(section, at):
        found["entry"] = references
    if at.section == _NOTES and "text" in found:
        found.setdefault("entry", []).append(_plan(section, found, at))
    inner = section.sections if depth < _DEPTH_MAX else []
    if inside := [one for part in inner if (one := _section(part, at, depth + 1))]:
        found["section"] = inside
    if not found.keys() & {"text", "entry", "section"}:
        flavor = section.element.get("nullFlavor")
        reason = {"ASKU": "withheld", "MSK": "withheld"}.get(flavor or "", "unavailable")
        system = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
        found["emptyReason"] = {"coding": [{"system": system, "code": reason}]}
        found["text"] = {"status": "empty", "div": _nothing(section)}
    return found


def _has_pictures(narrative: Element) -> bool:
    return next(narrative.iter("{*}renderMultiMedia"), None) is not None


def _nothing(section: Section) -> str:
    said = section.title or "-"
    escaped = said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{escaped}</div>'


def _plan(section: Section, shown: Resource, at: At) -> Resource:
    """State the plan of treatment as a CarePlan in words, with what is planned one by one."""
    key = (*at.document_key, at.said.patient_key, _NOTES)
    found: dict[str, Any] = {
        "text": shown["text"],
        "status": "active",
        "intent": "plan",
        "subject": at.said.patient,
    }
    if section.title:
        found["title"] = section.title
    if made := datatypes.date_time(at.document.effective_time, at):
        found["created"] = made
    references = shown.get("entry", [])
    planned = [
        {"reference": one}
        for one in references
        if one["reference"].startswith(("ServiceRequest/", "MedicationRequest/"))
    ]
    goals = [one for one in references if one["reference"].startswith("Goal/")]
    found |= {name: value for name, value in (("goal", goals), ("activity", planned)) if value}
    return at.state("CarePlan", clinical_id("CarePlan", "CDA", *key), found)


# --- the DocumentReference ---------------------------------------------------------------------


def _reference(
    at: At,
    data: bytes,
    authors: list[Resource],
    custodian: Resource | None,
    composition: Resource,
    binary: str,
) -> None:
    document = at.document
    id_ = document_id("DocumentReference", document.id, at)
    made = datatypes.date_time(document.effective_time, at)
    found: dict[str, Any] = {"masterIdentifier": _identifier(document.id, at)}
    if any(document.set_id):
        found["identifier"] = [_identifier(document.set_id, at)]
    found |= {"status": "current", "docStatus": "final", "type": _type(at)}
    found["subject"] = at.said.patient
    found["date"] = dates.instant_of(document.effective_time, at.said.zone) or dates.shown(
        at.said.said_at
    )
    if authors:
        found["author"] = authors
    if custodian is not None:
        found["custodian"] = custodian
    if document.related:
        found["relatesTo"] = _relations(at)
    if document.title:
        found["description"] = document.title
    found["content"] = [
        {"attachment": one} for one in _attachments(at, data, made, binary=binary, id_=id_)
    ]
    context: Resource = {"related": [composition]}
    if at.said.encounter is not None:
        context = {"encounter": [at.said.encounter], **context}
    found["context"] = context
    at.state("DocumentReference", id_, found)


def _attachments(at: At, data: bytes, made: str | None, *, binary: str, id_: str) -> list[Resource]:
    found = [_attachment(at, XML, data, clinical_id("Binary", "CDA", id_), binary)]
    body = at.document.body
    if body is not None and body.data and body.media_type:
        other = clinical_id("Binary", "CDA", id_, "body")
        found.insert(0, _attachment(at, body.media_type, body.data, other, ""))
    elif body is not None and body.url:
        found.append(
            {"url": body.url} | ({"contentType": body.media_type} if body.media_type else {})
        )
    for one in found:
        one["title"] = at.document.title or "CDA"
        if made:
            one["creation"] = made
    return found


def _attachment(at: At, kind: str, data: bytes, id_: str, stated: str) -> Resource:
    if not stated:
        at.state(
            "Binary",
            id_,
            {
                "contentType": kind,
                "securityContext": at.said.patient,
                "data": b64encode(data).decode(),
            },
        )
    return {"contentType": kind, "url": f"Binary/{stated or id_}"}


def _relations(at: At) -> list[Resource]:
    """Return what a document relates to, and state of what it replaces that it is replaced."""
    found = []
    for related in at.document.related:
        for one in related.ids:
            id_ = document_id("DocumentReference", one, at)
            target = {
                "reference": f"DocumentReference/{id_}",
                "type": "DocumentReference",
                "identifier": _identifier(one, at),
            }
            found.append({"code": related.relation, "target": target})
            if related.relation == "replaces" and one != at.document.id:
                title = one.extension or one.root
                bare = {"content": [{"attachment": {"title": title}}], "subject": at.said.patient}
                at.said.state(
                    "DocumentReference", id_, {"status": "superseded", **bare}, hearsay=True
                )
                at.said.state("DocumentReference", id_, {"status": "superseded"}, rank=SUPERSEDING)
    return found
