"""Reports and what they found: DiagnosticReport, Observation, Specimen, ImagingStudy. Pure.

The key of a result is its code and sub-id (OBX-4) in its report, and which of those that have the
same it is. A result that is found again, corrected or taken back is therefore the same resource.

Sources:
    HL7 v2.8.2 chapter 7: OBR, OBX, SPM; 4: IPC; IHE RAD TF-2: ZDS; HL7 v2-to-FHIR (facts; see
    NOTICE), its guidance on parents in microbiology.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from lianyi.projections.clinical.hl7v2 import codes, contents, dates, mapping, observations
from lianyi.projections.clinical.hl7v2.datatypes import Element, authority_in, code_text
from lianyi.projections.clinical.hl7v2.grouping import Noted, Order, Result
from lianyi.projections.clinical.hl7v2.numbers import Numbers, about, numbers_of, report_key
from lianyi.projections.clinical.hl7v2.reading import Reading
from lianyi.projections.clinical.hl7v2.segments import NOTHING, Segment
from lianyi.projections.clinical.ids import clinical_id
from lianyi.projections.identity.systems import V2_0203, system_of

NOTE: Final = "http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.note"
_STUDY_CODE: Final = "113014"
_FINISHED: Final = ("entered-in-error", "corrected", "amended", "final")


class Findings:
    """The results (OBX) of one report, order or visit, being stated.

    Attributes:
        made: references to the Observations, in their order.
        attachments: of the documents among them.
        conclusions: texts that are the conclusion of the report.
    """

    def __init__(
        self, at: Reading, key: Sequence[str], shared: dict[str, Any], section: str
    ) -> None:
        """Begin.

        Args:
            at: the message.
            key: of what the results belong to.
            shared: elements that every Observation has: whose, in which visit, on which order.
            section: OBR-24.
        """
        self.made: list[Element] = []
        self.attachments: list[Element] = []
        self.conclusions: list[str] = []
        self._at = at
        self._key = tuple(key)
        self._shared = shared
        self._section = section
        self._seen: dict[tuple[str, str], int] = {}

    def add(self, results: Sequence[Result]) -> None:
        """State results; one that is part of another becomes a component of it."""
        lines = observations.joined(list(results))
        parts: dict[str, list[Result]] = {}
        parents = {one.segment.text(4) for one in lines}
        for one in lines:
            above = sub = one.segment.text(4)
            while (larger := above.rpartition(".")[0]) and larger in parents:
                above = larger
            if above != sub:
                parts.setdefault(above, []).append(one)
        inner = {id(one) for found in parts.values() for one in found}
        for one in lines:
            if id(one) not in inner:
                self._one(one, parts.pop(one.segment.text(4), []))

    def _one(self, one: Result, parts: list[Result]) -> None:
        segment, at = one.segment, self._at
        if segment.text(2).upper() in observations.FILES or contents.looks_like_file(
            segment.whole(5)[:64]
        ):
            self._file(one)
            return
        elements = observations.observation(one, at)
        if not elements.get("effectiveDateTime") and "effective" in self._shared:
            elements |= self._shared["effective"]
        own = {name: value for name, value in self._shared.items() if name != "effective"}
        kind = observations.category(segment, self._section)
        if kind:
            own["category"] = kind
        if one.specimen is not None:
            own["specimen"] = specimen(one.specimen, at, self._key)
        elements = {**own, **elements}
        if parts:
            inner = [one for part in parts for one in observations.components(part.segment, at)]
            elements["component"] = [*elements.get("component", ()), *inner]
            notes = [note for part in parts for note in part.notes]
            if found := observations.comments(notes, at):
                elements["note"] = [*elements.get("note", ()), *found]
        observations.explain_absence(elements)
        if codes.target_of("report-part", segment.text(3)) and "valueString" in elements:
            self.conclusions.append(elements["valueString"])
        id_ = clinical_id("Observation", *self._key, *self._place(segment))
        whole = observations.is_whole(segment)
        if not whole:
            elements = {name: elements[name] for name in ("status", *own) if name in elements}
            at.state("Observation", id_, self._bare(segment), hearsay=True)
        rank = observations.rank_of(elements)
        self.made.append(at.state("Observation", id_, elements, whole=whole, rank=rank))

    def _bare(self, segment: Segment) -> Element:
        """Return what an Observation must have, for one that is only taken back here."""
        elements: Element = {}
        mapping.compiled("OBX.Component")(segment, self._at, elements)
        return {"code": elements.get("code")}

    def _place(self, segment: Segment) -> tuple[str, str, str]:
        """Return the key of a result within what it belongs to."""
        said = code_text(segment.text(3) or segment.text(3, 2) or segment.text(3, 4))
        sub = segment.whole(4)
        count = self._seen[said, sub] = self._seen.get((said, sub), 0) + 1
        return said, sub, str(count)

    def _file(self, one: Result) -> None:
        """State a result that is a file: a document of its own, also attached to the report."""
        segment, at = one.segment, self._at
        place = self._place(segment)
        found: Element = {}
        mapping.compiled("OBX.Observation")(segment, at, found)
        document = {
            "status": "entered-in-error"
            if found.get("status") == "entered-in-error"
            else "current",
            "docStatus": _document_status(str(found.get("status"))),
            "type": found.get("code"),
            "subject": at.patient,
            "date": dates.instant_of(segment.text(14), at.zone),
            "author": found.get("performer"),
        }
        context: Element = {}
        if at.encounter is not None:
            context["encounter"] = [at.encounter]
        if based := self._shared.get("basedOn"):
            context["related"] = based
        if context:
            document["context"] = context
        title = segment.text(3, 2) or segment.text(3)
        attachments = []
        for n, parts in enumerate(segment.repetitions(5)):
            where = f"OBX({segment.number})-5"
            type_ = segment.text(2).upper()
            if type_ == "ED":
                content = contents.encapsulated(parts, at, where)
            elif type_ == "RP":
                content = contents.referred(parts)
            else:
                content = contents.text_content(parts.whole())
            if content is not None:
                key = (*self._key, *place, str(n))
                attachments.append(contents.attached(content, at, *key, title=title))
        id_ = clinical_id("DocumentReference", *self._key, *place)
        if not attachments:
            bare = {"content": [{"attachment": {"title": title or "-"}}]}
            at.state("DocumentReference", id_, bare, hearsay=True)
        else:
            document["content"] = [{"attachment": one} for one in attachments]
        if notes := observations.comments(one.notes, at):
            document["description"] = "\n".join(note["text"] for note in notes)
        elements = {name: value for name, value in document.items() if value}
        rank = observations.rank_of(found)
        at.state("DocumentReference", id_, elements, whole=bool(attachments), rank=rank)
        self.attachments += attachments


def _document_status(status: str) -> str | None:
    return {
        "preliminary": "preliminary",
        "registered": "preliminary",
        "final": "final",
        "corrected": "amended",
        "amended": "amended",
        "entered-in-error": "entered-in-error",
    }.get(status)


def report(order: Order, request: Element, at: Reading, orders: Sequence[Order]) -> None:
    """State a report, its specimens, its study and everything it found."""
    detail = order.first("OBR")
    obr = detail.segment if detail else NOTHING
    numbers = numbers_of(order, at)
    key = report_key(numbers, at)
    elements: dict[str, Any] = {**about(at), "basedOn": [request]}
    mapping.compiled("OBR.DiagnosticReport")(obr, at, elements)
    if said := numbers.identifiers():
        elements["identifier"] = said
    specimens = specimens_of(order, at, key)
    if specimens:
        elements["specimen"] = specimens
    shared = {**about(at), "basedOn": [request]}
    effective = {name: elements[name] for name in elements if name.startswith("effective")}
    if effective:
        shared["effective"] = effective
    if specimens:
        shared["specimen"] = specimens[0]
    if parent := _parent(obr, at, orders):
        shared["derivedFrom"] = [parent]
    findings = Findings(at, key, shared, obr.text(24))
    findings.add(order.results)
    elements["status"] = _status(obr, order)
    if findings.made:
        elements["result"] = findings.made
    if findings.attachments:
        elements["presentedForm"] = findings.attachments
    if findings.conclusions:
        elements["conclusion"] = "\n".join(findings.conclusions)
    if found := study(order, numbers, request, at):
        elements["imagingStudy"] = [found]
    notes = observations.comments([*order.notes, *(detail.notes if detail else ())], at)
    if notes:
        elements["extension"] = [{"url": NOTE, "valueAnnotation": note} for note in notes]
    id_ = clinical_id("DiagnosticReport", *key)
    at.state("DiagnosticReport", id_, elements, rank=observations.rank_of(elements))


def _status(obr: Segment, order: Order) -> str:
    """Return the status of a report: OBR-25; unsaid, what its results together are."""
    said = codes.target_of("report-status", obr.text(25))
    if said is not None:
        return said.code
    if obr.text(25) or not order.results:
        return "unknown"
    found = {
        target.code
        for one in order.results
        if (target := codes.target_of("observation-status", one.segment.text(11)))
    }
    if found == {"cancelled"}:
        return "cancelled"
    if found & {"preliminary", "registered"}:
        return "partial" if "final" in found else "preliminary"
    return next((one for one in reversed(_FINISHED) if one in found), "unknown")


def _parent(obr: Segment, at: Reading, orders: Sequence[Order]) -> Element | None:
    """Return the result that a report goes on from: OBR-26 in the report of OBR-29 or OBR-50."""
    above = obr.first(26)
    if above is None or not above.text(1, 1):
        return None
    filler = obr.text(29, 2, 1) or obr.text(29, 1, 1)
    code = code_text(obr.text(50))
    for order in orders:
        numbers = numbers_of(order, at)
        known = filler in (numbers.filler.value, numbers.placer.value) if filler else not code
        holds = any(_is_parent(one.segment, above.text(1, 1)) for one in order.results)
        if (known or (code and code == numbers.code)) and holds:
            return _parent_in(report_key(numbers, at), above.text(1, 1), above.text(2))
    if not filler or not code:
        return None
    authority = obr.text(29, 2, 2) or at.source
    return _parent_in((authority, filler, code), above.text(1, 1), above.text(2))


def _is_parent(segment: Segment, code: str) -> bool:
    return code_text(segment.text(3)) == code_text(code)


def _parent_in(key: tuple[str, ...], code: str, sub: str) -> Element:
    id_ = clinical_id("Observation", *key, code_text(code), sub, "1")
    return {"reference": f"Observation/{id_}"}


# --- specimens -----------------------------------------------------------------------------------


def specimens_of(order: Order, at: Reading, key: Sequence[str]) -> list[Element]:
    """State the specimens of an order and return references to them."""
    found = [specimen(one, at, key) for one in order.specimens]
    detail = order.first("OBR")
    if found or detail is None:
        return found
    elements: dict[str, Any] = {}
    mapping.compiled("OBR.Specimen")(detail.segment, at, elements)
    if not elements:
        return []
    taken = dates.date_time_of(detail.segment.text(7), at.zone)
    if taken:
        elements["collection"] = {**(elements.get("collection") or {}), "collectedDateTime": taken}
    return [
        at.state("Specimen", clinical_id("Specimen", *key), {"subject": at.patient, **elements})
    ]


def specimen(one: Noted, at: Reading, key: Sequence[str]) -> Element:
    """State a specimen (SPM): by the number of the placer or filler, else as one of its order."""
    segment = one.segment
    elements: dict[str, Any] = {"subject": at.patient}
    mapping.compiled("SPM.Specimen")(segment, at, elements)
    parts = segment.first(2)
    named: tuple[str, ...] = ()
    for component, kind in ((1, "PLAC"), (2, "FILL")):
        value = parts.text(component, 1) if parts else ""
        if value and parts is not None:
            authority = parts.text(component, 2) or parts.text(component, 3) or at.source
            type_ = {"coding": [{"system": V2_0203, "code": kind}]}
            number = {"type": type_, "system": system_of(authority), "value": value}
            elements.setdefault("identifier", []).append(number)
            named = (authority, value)
    if notes := observations.comments(one.notes, at):
        elements["note"] = [*(elements.get("note") or ()), *notes]
    set_ = segment.text(1) or str(segment.number)
    id_ = clinical_id("Specimen", *(named or (*key, set_)))
    return at.state("Specimen", id_, elements)


# --- imaging -------------------------------------------------------------------------------------


def study(order: Order, numbers: Numbers, request: Element, at: Reading) -> Element | None:
    """State the imaging study that a message names by its UID or accession number; else None."""
    detail = order.first("OBR")
    obr = detail.segment if detail else NOTHING
    ipc = next(iter(order.of("IPC")), NOTHING)
    zds = next(iter(order.of("ZDS")), NOTHING)
    uid = ipc.text(3) or zds.text(1) or _uid_in(order)
    scheduled = codes.target_of("modality", ipc.text(5))
    modality = scheduled or codes.target_of("modality", obr.text(24))
    accession = ipc.text(1) or (obr.text(18) if modality else "")
    if not uid and not accession:
        return None
    identifiers: list[Element] = []
    if uid:
        identifiers.append({"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"})
    if accession:
        type_ = {"coding": [{"system": V2_0203, "code": "ACSN"}]}
        parts = ipc.first(1)
        authority = (authority_in(parts, 2) if parts else "") or at.source
        system = system_of(authority)
        identifiers.append({"type": type_, "system": system, "value": accession})
    found: dict[str, Any] = {
        **about(at),
        "status": "available" if order.results else "registered",
        "identifier": identifiers,
        "basedOn": [request],
    }
    key = (uid,) if uid else (at.source, accession)
    id_ = clinical_id("ImagingStudy", *key)
    if modality is not None:
        kind = {"modality": [{"system": modality.system, "code": modality.code}]}
        if scheduled is None:  # a section such as RAD says less than the modality that was ordered
            at.state("ImagingStudy", id_, kind, hearsay=True)
        else:
            found |= kind
    if began := dates.date_time_of(obr.text(7), at.zone):
        found["started"] = began
    if obr.text(4, 2):
        found["description"] = obr.text(4, 2)
    return at.state("ImagingStudy", id_, found)


def _uid_in(order: Order) -> str:
    for one in order.results:
        if one.segment.text(3) == _STUDY_CODE or one.segment.text(3, 2) == "DICOM Study":
            return one.segment.text(5)
    return ""
