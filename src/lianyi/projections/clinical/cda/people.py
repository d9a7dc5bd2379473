"""Who a document names: its patient, those who wrote and signed it, its organisations, its visit.

A document only repeats who somebody is: it fills in what nobody has said (hearsay), and what
a registration says stays.

Sources:
    HL7 CDA R2, 4.2.2 participants; C-CDA on FHIR (facts); WS/T 500 header.
"""

from __future__ import annotations

from typing import Any, Final

from lianyi.formats.cda.document import id_of
from lianyi.formats.cda.names import Element, find, find_all, text_of, value_at
from lianyi.formats.cda.page import name_text
from lianyi.projections.clinical.cda import codes, datatypes
from lianyi.projections.clinical.cda.datatypes import listed
from lianyi.projections.clinical.cda.problems import DocumentOfNobody
from lianyi.projections.clinical.cda.reading import At, Resource
from lianyi.projections.clinical.ids import clinical_id
from lianyi.projections.identity.feeds.id_kinds import Number, own_of
from lianyi.projections.identity.feeds.limits import checked_key
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.identity.systems import authority_from

_ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def begin(at: At, patient: str = "") -> None:
    """State whose document it is.

    Args:
        at: the document.
        patient: id of the Patient, where whoever sent the document says who she is; else she is
            the one whom the document itself names.

    Raises:
        DocumentOfNobody: it names no number of hers.
        LianyiError: that is too long.
    """
    role = at.document.patient_role
    at.said.patient_key = patient or _record(role, at)
    at.said.patient = {"reference": f"Patient/{at.said.patient_key}"}
    at.state("Patient", at.said.patient_key, _patient(role, at), hearsay=True)


def _record(role: Element, at: At) -> str:
    """Return the id of the patient's record: of the sender's own number for her.

    A document that names her only by a card or a citizen's number is kept under that: a message
    can be sent again, a document that was signed stays as it is.
    """
    said = [
        one
        for element in find_all(role, "id | patient/id")
        if not element.get("nullFlavor") and (one := id_of(element)).extension
    ]
    if not said:
        raise DocumentOfNobody(where=f"recordTarget/patientRole (line {role.sourceline or 0})")
    place = own_of([Number(one.extension, "", one.root) for one in said])
    own = said[place or 0]
    authority = authority_from(codes.uri_of(at.authority(own)))
    key = checked_key((authority, own.extension), "recordTarget/patientRole/id")
    return shown(record_id(*key))


def _patient(role: Element, at: At) -> dict[str, Any]:
    person = find(role, "patient")
    found: dict[str, Any] = {}
    numbers = [*find_all(role, "id"), *find_all(role, "patient/id")]
    _put(found, "identifier", listed(numbers, datatypes.identifier, at))
    _put(found, "address", listed(find_all(role, "addr"), datatypes.address, at))
    _put(found, "telecom", listed(find_all(role, "telecom"), datatypes.telecom, at))
    if person is None:
        return found
    _put(found, "name", listed(find_all(person, "name"), datatypes.name, at))
    _put(
        found, "gender", codes.target_of("sex", value_at(person, "administrativeGenderCode/@code"))
    )
    _put(found, "birthDate", datatypes.date(value_at(person, "birthTime/@value"), at))
    if (marital := find(person, "maritalStatusCode")) is not None:
        _put(found, "maritalStatus", datatypes.concept(marital, at))
    languages = []
    for one in find_all(person, "languageCommunication"):
        code = value_at(one, "languageCode/@code")
        if code:
            spoken: Resource = {
                "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": code}]}
            }
            preferred = value_at(one, "preferenceInd/@value")
            if preferred in ("true", "false"):
                spoken["preferred"] = preferred == "true"
            languages.append(spoken)
    _put(found, "communication", languages)
    if (keeper := find(role, "providerOrganization")) is not None:
        _put(found, "managingOrganization", organization(keeper, at))
    return found


def practitioner(said: Element | str, at: At) -> Resource | None:
    """State who wrote, signed or did something, and return a reference.

    A person without a number is only named; a device is named by its software; where only an
    organisation is said, it is that.
    """
    if isinstance(said, str):
        return None
    who = find(said, "assignedPerson")
    house = find(said, "representedOrganization")
    if who is None:
        device = text_of(find(said, "assignedAuthoringDevice/softwareName")) or text_of(
            find(said, "assignedAuthoringDevice/manufacturerModelName")
        )
        if device:
            return {"display": device}
        if house is not None and find(house, "name | id[@extension]") is not None:
            return organization(house, at)
    display = name_text(find(said, "assignedPerson/name"))
    numbers = [one for one in find_all(said, "id") if _is_number(one)]
    if not numbers:
        return {"display": display} if display else None
    own = id_of(numbers[0])
    id_ = clinical_id("Practitioner", at.authority(own), own.extension or own.root)
    found: dict[str, Any] = {"identifier": listed(numbers, datatypes.identifier, at)}
    _put(found, "name", listed(find_all(said, "assignedPerson/name"), datatypes.name, at))
    _put(found, "address", listed(find_all(said, "addr"), datatypes.address, at))
    _put(found, "telecom", listed(find_all(said, "telecom"), datatypes.telecom, at))
    code = find(said, "code")
    if code is not None and (skill := datatypes.concept(code, at)) is not None:
        found["qualification"] = [{"code": skill}]
    if house is not None:
        organization(house, at)
    reference: Resource = at.state("Practitioner", id_, found, hearsay=True)
    return {**reference, "display": display} if display else reference


def organization(said: Element | str, at: At) -> Resource | None:
    """State an organisation and return a reference."""
    if isinstance(said, str):
        return None
    display = name_text(find(said, "name"))
    numbers = [one for one in find_all(said, "id") if not one.get("nullFlavor") and one.get("root")]
    if not display and not numbers:
        return None
    own = id_of(numbers[0]) if numbers else id_of(None)
    value = own.extension or own.root or display
    authority = at.authority(own) if own.extension else at.said.source
    id_ = clinical_id("Organization", authority, value)
    found: dict[str, Any] = {}
    _put(found, "identifier", listed(numbers, datatypes.identifier, at))
    found["name"] = display or value
    _put(found, "telecom", listed(find_all(said, "telecom"), datatypes.telecom, at))
    _put(found, "address", listed(find_all(said, "addr"), _of_house, at))
    reference = at.state("Organization", id_, found, hearsay=True)
    return {**reference, "display": found["name"]}


def _of_house(said: Element | str, at: At) -> Resource | None:
    """Return the address of an organisation, which is nobody's home (org-2)."""
    found = datatypes.address(said, at)
    if found is not None and found.get("use") == "home":
        del found["use"]
    return found


def related(at: At) -> None:
    """State the relatives, contacts and guardians whom the header names."""
    root = at.document.root
    paths = "participant/associatedEntity | recordTarget/patientRole/patient/guardian"
    for said in find_all(root, paths):
        names = find_all(said, "associatedPerson/name | guardianPerson/name")
        found: dict[str, Any] = {"patient": at.said.patient}
        _put(found, "identifier", listed(find_all(said, "id"), datatypes.identifier, at))
        _put(found, "relationship", listed(find_all(said, "code"), datatypes.concept, at))
        _put(found, "name", listed(names, datatypes.name, at))
        _put(found, "telecom", listed(find_all(said, "telecom"), datatypes.telecom, at))
        _put(found, "address", listed(find_all(said, "addr"), datatypes.address, at))
        if "name" in found:
            who = (at.said.source, at.said.patient_key, name_text(names[0]))
            at.state("RelatedPerson", clinical_id("RelatedPerson", *who), found, hearsay=True)


def encounter(at: At) -> None:
    """State the visit during which the document was made; nothing where it names none."""
    said = at.document.encounter
    if said is None:
        return
    began = datatypes.date_time(
        value_at(said, "effectiveTime/low/@value") or value_at(said, "effectiveTime/@value"), at
    )
    numbers = [one for one in find_all(said, "id") if _is_number(one) or one.get("root")]
    own = id_of(numbers[0]) if numbers else None
    if own is not None and (own.extension or codes.is_uuid(own.root)):
        id_ = at.encounter_id(own)
    elif began:
        id_ = clinical_id("Encounter", at.said.source, at.said.patient_key, began)
    else:
        return
    found: dict[str, Any] = {"subject": at.said.patient}
    _put(found, "identifier", listed(numbers, datatypes.identifier, at))
    over = value_at(said, "effectiveTime/high/@value") or find(said, "dischargeDispositionCode")
    found["status"] = "finished" if over is not None and over != "" else "unknown"
    found["class"] = class_of(value_at(said, "code/@code"), at)
    code = find(said, "code")
    if code is not None and (kind := datatypes.concept(code, at)) is not None:
        found["type"] = [kind]
    if (when := find(said, "effectiveTime")) is not None:
        _put(found, "period", datatypes.period(when, at))
    people = []
    for one in find_all(said, "responsibleParty | encounterParticipant"):
        entity = find(one, "assignedEntity")
        who = practitioner(entity, at) if entity is not None else None
        if who is not None:
            people.append({"individual": who})
    _put(found, "participant", people)
    place = name_text(find(said, "location/healthCareFacility/location/name"))
    if place:
        found["location"] = [{"location": {"display": place}}]
    house = find(said, "location/healthCareFacility/serviceProviderOrganization")
    if house is not None:
        _put(found, "serviceProvider", organization(house, at))
    at.said.encounter = at.state("Encounter", id_, found, hearsay=True)
    at.said.encounter_id = id_


def class_of(said: str, _at: At) -> Resource:
    """Return the class of an encounter; where no code of it is said, that it is not known."""
    code = codes.target_of("class", said)
    if code:
        return {"system": _ACT_CODE, "code": code}
    return {"system": datatypes.ABSENT_CODES, "code": "unknown"}


def _is_number(said: Element) -> bool:
    """Tell whether an identifier is one of somebody: a number of its own, or a UUID."""
    one = id_of(said)
    return not said.get("nullFlavor") and bool(one.extension or codes.is_uuid(one.root))


def _put(found: dict[str, Any], name: str, value: Any) -> None:  # noqa: ANN401 - any JSON
    if value:
        found[name] = value
