"""Persons and source records of the index as FHIR R4 JSON. Pure.

A person is a Patient whose id is her number. Each record besides the one that gave her the number
is a Patient too, which points to her (``refer``, or ``replaced-by`` when it stands no more).

What may not be seen is never written as if it were a value: it is absent with the reason
``masked``, its remains are a rendered value, and the resource is labelled ``MASKED``. Names and
addresses are texts anyway and keep their remains.

Sources:
    HL7 FHIR R4: Patient, Bundle, OperationOutcome, Provenance, the extensions ``match-grade``,
    ``data-absent-reason``, ``rendered-value``, ``patient-mothersMaidenName``; v3-ObservationValue;
    IHE PDQm 3.2, PIXm 3.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from unicodedata import category

from lianyi.projections.identity.cards import CardState, state_of
from lianyi.projections.identity.feeds.fhir import CARD_STATUS, EN_REPRESENTATION
from lianyi.projections.identity.golden import GoldenRecord
from lianyi.projections.identity.ids import shown
from lianyi.projections.identity.presenting import SeenRecord, golden_of, identifier_view
from lianyi.projections.identity.registration import Identifier, Name
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.survivorship import Chosen
from lianyi.projections.identity.systems import KINDS, PERSON_SYSTEM, V2_0203, system_of
from lianyi.projections.identity.values.names import read_name
from lianyi.projections.identity.values.text import LOST, normal
from lianyi.security.privacy.hiding import Hider

Resource = dict[str, Any]

_EXTENSIONS: Final = "http://hl7.org/fhir/StructureDefinition/"
MATCH_GRADE: Final = f"{_EXTENSIONS}match-grade"
MOTHERS_MAIDEN_NAME: Final = f"{_EXTENSIONS}patient-mothersMaidenName"
ABSENT: Final = f"{_EXTENSIONS}data-absent-reason"
RENDERED: Final = f"{_EXTENSIONS}rendered-value"
PATIENT_PROFILE: Final = "https://profiles.ihe.net/ITI/PDQm/StructureDefinition/IHE.PDQm.Patient"
MASKED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "MASKED",
}
ERRORS: Final = "urn:lianyi:error"
DECISIONS: Final = "urn:lianyi:identity-decision"

_ELEMENT: Final = re.compile(r"[A-Z]\w*(\[\d+\])?(\.\w+(\(\w+\))?(\[\d+\])?)*", re.ASCII)
"""Where a failure is, when that is an element as FHIRPath names it."""
_PIXM: Final = {
    "LY-2141": ("code-invalid", "sourceIdentifier Assigning Authority not found"),
    "LY-2142": ("code-invalid", "targetSystem not found"),
    "LY-2143": ("not-found", "sourceIdentifier Patient Identifier not found"),
}
"""Issue and diagnostics to the letter: PIXm, 2:3.83.4.2.2.2 to .4."""
_USES: Final = frozenset({"usual", "official", "temp", "nickname", "anonymous", "old", "maiden"})
_BORN: Final = re.compile(r"(\d{4})(?:(\d\d)(?:(\d\d))?)?", re.ASCII)
_MOBILE: Final = re.compile(r"1[3-9]\d{9}", re.ASCII)


class Links(NamedTuple):
    """Where a Patient points to.

    Attributes:
        kind: ``seealso``, ``refer``, ``replaced-by``.
        numbers: of persons or records.
    """

    kind: str
    numbers: Sequence[int]


# --- Patient ------------------------------------------------------------------------------------


def person_resource(number: int, records: Sequence[SeenRecord]) -> Resource:
    """Write a person, from her records that may be seen.

    Args:
        number: the person's.
        records: at least one, the oldest first.
    """
    others = [one.row.record for one in records if one.row.record != number]
    return _of_records(number, golden_of(records), records, Links("seealso", others))


def record_resource(seen: SeenRecord) -> Resource:
    """Write a source record that is not the one that gave its person the number."""
    kept = seen.row.kept
    links = Links("refer", [seen.row.person]) if kept is None else Links("replaced-by", [kept])
    standing = seen._replace(row=seen.row._replace(kept=None))
    found = _of_records(seen.row.record, golden_of([standing]), [standing], links)
    return found | {"active": kept is None}


def _of_records(
    number: int, held: GoldenRecord, records: Sequence[SeenRecord], links: Links
) -> Resource:
    keys = [(one.folded.key, one.hider, one.row.kept is None) for one in records]
    return patient(
        number,
        held,
        keys,
        links=links,
        updated=max(one.folded.last_at for one in records),
    )


def patient(
    number: int,
    held: GoldenRecord,
    keys: Sequence[tuple[RecordKey, Hider, bool]],
    *,
    links: Links,
    updated: datetime,
) -> Resource:
    """Write what is held true of somebody as a Patient.

    Args:
        number: of the person or record.
        held: made of records that may be seen.
        keys: of each record the key, what hides it, and whether it stands.
        links: to others.
        updated: when something was last said of it.
    """
    veil = _Veil({key: hider for key, hider, _ in keys})
    found: Resource = {
        "resourceType": "Patient",
        "id": shown(number),
        "meta": {"lastUpdated": _instant(updated), "profile": [PATIENT_PROFILE]},
        "identifier": [
            _own(number),
            *(veil.record_number(key, stands=stands) for key, _, stands in keys),
            *(veil.number(one) for group in held.identifiers.values() for one in group),
        ],
        "active": True,
        "name": _said(veil.name(one) for one in (held.name, *held.other_names) if one),
        "telecom": _said(veil.phone(one) for one in held.phones),
        "address": _said(veil.address(one) for one in held.addresses),
        "link": [
            {"other": {"reference": f"Patient/{shown(one)}"}, "type": links.kind}
            for one in links.numbers
        ],
    }
    if held.sex:
        found["gender"] = {"M": "male", "F": "female"}.get(held.sex.value, "unknown")
    found |= veil.born(held.born) | _births(held) | veil.mother(held.mother_name)
    if held.deceased and held.deceased.value:
        found["deceasedBoolean"] = True
    if veil.hid:
        found["meta"]["security"] = [MASKED]
    return {name: value for name, value in found.items() if value not in ([], {})}


def _said(elements: Iterable[Resource]) -> list[Resource]:
    return [one for one in elements if one]


def text_of(text: str) -> str:
    """Return a text as FHIR can have it: no controls, no other blanks; only blanks is empty."""
    if text.isprintable():
        return text if text.strip() else ""
    kept = "".join(map(_character, text))
    return kept if kept.strip() else ""


def _character(one: str) -> str:
    kind = category(one)
    if one in "\r\n\t":
        return one
    return " " if kind[0] == "Z" else LOST if kind in ("Cc", "Cs") else one


def _own(number: int) -> Resource:
    coding = {"system": V2_0203, "code": "PI"}
    return {
        "use": "official",
        "type": {"coding": [coding]},
        "system": PERSON_SYSTEM,
        "value": shown(number),
    }


def _births(held: GoldenRecord) -> Resource:
    if held.birth_order and held.birth_order.value > 0:
        return {"multipleBirthInteger": held.birth_order.value}
    return {"multipleBirthBoolean": held.multiple_birth.value} if held.multiple_birth else {}


class _Veil:
    """Writes values as they may be seen, and remembers whether it hid any."""

    def __init__(self, hiders: Mapping[RecordKey, Hider]) -> None:
        self._hiders = hiders
        self.hid = False

    def _seen(self, one: Chosen[Any], element: str, value: str) -> str:
        found = self._hiders[one.source, one.mrn].value(element, value)
        self.hid = self.hid or found != value
        return text_of(found)

    def _primitive(self, name: str, value: str, seen: str) -> Resource:
        """Write a value, or that it is masked and what is left of it."""
        if text_of(seen) == text_of(value):
            return {name: text_of(value)} if text_of(value) else {}
        self.hid = True
        masked = [
            {"url": ABSENT, "valueCode": "masked"},
            {"url": RENDERED, "valueString": text_of(seen)},
        ]
        return {f"_{name}": {"extension": masked}}

    def record_number(self, key: RecordKey, *, stands: bool) -> Resource:
        source, mrn = key
        coding = {"system": V2_0203, "code": "MR"}
        found: Resource = {
            "use": "usual" if stands else "old",
            "type": {"coding": [coding]},
            "system": system_of(source),
        }
        return found | self._primitive("value", mrn, self._hiders[key].identifier(mrn))

    def number(self, one: Chosen[Identifier]) -> Resource:
        said = one.value
        coded = KINDS.get(said.kind)
        of_issuer = coded is None or said.kind in ISSUED
        found: Resource = {}
        state = state_of(said)
        if state is not CardState.ACTIVE:
            found["use"] = "old"
        if state not in (CardState.ACTIVE, CardState.OLD):
            found["extension"] = [{"url": CARD_STATUS, "valueCode": state.value}]
        if coded is not None:
            found["type"] = {"coding": [{"system": coded.codes, "code": coded.code}]}
        if of_issuer:
            found |= {"system": system_of(said.issuer)} if said.issuer.strip() else {}
        elif coded is not None:
            found["system"] = coded.system
        hider = self._hiders[one.source, one.mrn]
        found |= self._primitive("value", said.value, identifier_view(said, hider).value)
        days = {"start": said.valid_from, "end": said.valid_until}
        if any(days.values()):
            found["period"] = {name: day.isoformat() for name, day in days.items() if day}
        if text_of(said.issuer) and not of_issuer:
            found["assigner"] = {"display": text_of(said.issuer)}
        return found

    def name(self, one: Chosen[Name]) -> Resource:
        said = one.value
        seen = self._seen(one, "person-name", said.text)
        if not seen:
            return {}
        found: Resource = {"use": said.use} if said.use in _USES else {}
        if said.use == "phonetic":
            found["extension"] = [{"url": EN_REPRESENTATION, "valueCode": "ABC"}]
        found["text"] = seen
        return found | (_parts(seen) if seen == text_of(said.text) else {})

    def phone(self, one: Chosen[str]) -> Resource:
        found = {"system": "phone"}
        if _MOBILE.fullmatch(one.value):
            found["use"] = "mobile"
        value = self._primitive("value", one.value, self._seen(one, "contact", one.value))
        return found | value if value else {}

    def address(self, one: Chosen[str]) -> Resource:
        seen = self._seen(one, "address", one.value)
        return {"text": seen} if seen else {}

    def born(self, one: Chosen[str] | None) -> Resource:
        if one is None or not (found := _BORN.fullmatch(one.value)):
            return {}
        seen = self._seen(one, "birth", one.value)
        if seen == text_of(one.value):
            return {"birthDate": "-".join(part for part in found.groups() if part)}
        if seen == found[1]:  # the year is left
            return {"birthDate": seen}
        return self._primitive("birthDate", one.value, seen)

    def mother(self, one: Chosen[str] | None) -> Resource:
        name = self._seen(one, "person-name", one.value) if one else ""
        if not name:
            return {}
        coding = {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"}
        return {
            "extension": [{"url": MOTHERS_MAIDEN_NAME, "valueString": name}],
            "contact": [{"relationship": [{"coding": [coding]}], "name": {"text": name}}],
        }


ISSUED: Final = frozenset(
    kind for kind in KINDS if kind.value in ("hospital-card", "bracelet")
)  # fmt: skip
"""Kinds of which each hospital gives numbers of its own: the system is the hospital's."""


def _parts(text: str) -> Resource:
    """Cut a Chinese name into family and given name; of others nobody knows which word is which."""
    read, bare = read_name(text), normal(text).replace(" ", "")
    at = len(read.surname)
    if not at or len(read.key) != len(bare) or not read.key.startswith(read.surname):
        return {}
    given = {"given": [bare[at:]]} if bare[at:] else {}
    return {"family": bare[:at]} | given


# --- Bundle, OperationOutcome, Parameters, Provenance -------------------------------------------


class Matched(NamedTuple):
    """A Patient in a Bundle; ``grade`` and ``score`` only of ``$match``."""

    resource: Resource
    grade: str = ""
    score: float | None = None


def searchset(
    found: Iterable[Matched],
    *,
    base: str,
    total: int | None,
    links: Mapping[str, str],
    warning: Resource | None = None,
) -> Resource:
    """Write the answer to a search or match.

    Args:
        found: in order.
        base: address of the FHIR doors, without a slash at the end.
        total: how many there are on all pages; None: nobody knows.
        links: addresses by relation: ``self``, ``next``.
        warning: an OperationOutcome that goes with it.
    """
    entries = [_entry(one, base) for one in found]
    if warning:
        entries.append({"resource": warning, "search": {"mode": "outcome"}})
    made: Resource = {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": name, "url": url} for name, url in links.items()],
    }
    if total is not None:
        made["total"] = total
    return made | ({"entry": entries} if entries else {})


def _entry(one: Matched, base: str) -> Resource:
    search: Resource = {"mode": "match"}
    if one.score is not None:
        search["extension"] = [{"url": MATCH_GRADE, "valueCode": one.grade}]
        search["score"] = round(one.score, 6)
    url = f"{base}/Patient/{one.resource['id']}"
    return {"fullUrl": url, "resource": one.resource, "search": search}


def outcome(problem: Mapping[str, Any], *, issue: str, severity: str = "error") -> Resource:
    """Write a failure, in Chinese and in English.

    Args:
        problem: ``code``, ``where``, and ``zh`` and ``en``, each with ``what``, ``why`` and
            ``next_step``.
        issue: code of ``issue-type``.
        severity: see FHIR.
    """
    zh, en = problem["zh"], problem["en"]
    text = f"{en['what']}: {en['why']}. Next: {en['next_step']}."
    issue, diagnostics = _PIXM.get(problem["code"], (issue, text))
    details = {
        "coding": [{"system": ERRORS, "code": problem["code"]}],
        "text": f"{zh['what']}：{zh['why']}。下一步：{zh['next_step']}。",
    }
    found: Resource = {
        "severity": severity,
        "code": issue,
        "details": details,
        "diagnostics": diagnostics,
    }
    if _ELEMENT.fullmatch(where := str(problem.get("where", ""))):
        found["expression"] = [where]
    return {"resourceType": "OperationOutcome", "issue": [found]}


def information(code: str, zh: str, en: str, *, severity: str = "information") -> Resource:
    """Write something worth knowing that is no failure."""
    found = {"severity": severity, "code": code, "details": {"text": zh}, "diagnostics": en}
    return {"resourceType": "OperationOutcome", "issue": [found]}


def cross_references(identifiers: Iterable[Resource], patients: Iterable[int]) -> Resource:
    """Write the answer to ``$ihe-pix``: PIXm, 2:3.83.4.2.2.1."""
    made: list[Resource] = [
        {"name": "targetIdentifier", "valueIdentifier": one} for one in identifiers
    ]
    made += [
        {"name": "targetId", "valueReference": {"reference": f"Patient/{shown(one)}"}}
        for one in patients
    ]
    return {"resourceType": "Parameters"} | ({"parameter": made} if made else {})


class Step(NamedTuple):
    """Something that was decided or said about records of a person.

    Attributes:
        position: in the log.
        what: ``link``, ``never-link``, ``undecided``, ``replaced``, ``replacement-undone``.
        at: when.
        actor: who; of a message of a system nobody is named.
        reason: why.
        records: their numbers, the one that was replaced first.
        in_force: whether it holds now; None: nobody asks that of it.
    """

    position: str
    what: str
    at: datetime
    actor: str
    reason: str
    records: tuple[int, ...]
    in_force: bool | None = None


def history(steps: Iterable[Step], *, base: str) -> Resource:
    """Write what was decided about a person as a collection of Provenance, oldest first."""
    entries = [
        {"fullUrl": f"{base}/Provenance/{step.position}", "resource": _provenance(step)}
        for step in steps
    ]
    made: Resource = {"resourceType": "Bundle", "type": "collection"}
    return made | ({"entry": entries} if entries else {})


def _provenance(step: Step) -> Resource:
    activity: Resource = {"coding": [{"system": DECISIONS, "code": step.what}]}
    if step.in_force is not None:
        activity["text"] = "in force" if step.in_force else "no longer in force"
    found: Resource = {
        "resourceType": "Provenance",
        "id": step.position,
        "target": [{"reference": f"Patient/{shown(one)}"} for one in step.records],
        "recorded": _instant(step.at),
        "activity": activity,
        "agent": [{"who": {"display": text_of(step.actor) or "source system"}}],
    }
    if reason := text_of(step.reason):
        found["reason"] = [{"text": reason}]
    return found


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def unmerged(position: str, persons: Iterable[str], *, proposed: bool) -> Resource:
    """Write what became of ``$unmerge``: the act, and who the records are now.

    Args:
        position: of the act.
        persons: who the records are now.
        proposed: whether it changed nothing yet, but waits for a second person.
    """
    made: list[Resource] = [{"name": "position", "valueString": position}]
    if proposed:
        made.append({"name": "proposed", "valueBoolean": True})
    made += [
        {"name": "person", "valueReference": {"reference": f"Patient/{one}"}} for one in persons
    ]
    return {"resourceType": "Parameters", "parameter": made}
