"""An act as a FHIR AuditEvent.

A profile is named only where the act fits it: IHE BALP describes reads and searches that succeeded,
about one patient or none.

Sources:
    HL7 FHIR R4 (4.0.1), AuditEvent; IHE ITI Basic Audit Log Patterns (BALP) 1.1, profiles Read,
    PatientRead, Query, PatientQuery.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from lianyi.security.acts import ALLOWED, REFUSED
from lianyi.security.audit.model import Act
from lianyi.security.audit.reading import operation_of

Json = dict[str, Any]

DCM = "http://dicom.nema.org/resources/ontology/DCM"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit"
OWN = "urn:lianyi:act"
"""System of the kinds of acts, and of the names of accounts below it."""

ACTIONS: Mapping[str, str] = {"GET": "R", "POST": "C", "PUT": "U", "PATCH": "U", "DELETE": "D"}
INTERACTIONS: Mapping[str, str] = {
    "R": "read", "E": "search", "C": "create", "U": "update", "D": "delete",
}  # fmt: skip
PURPOSES = f"{TERMINOLOGY}/v3-ActReason"
OUTCOMES: Mapping[str, str] = {ALLOWED: "0", REFUSED: "4"}
"""Refused is a minor failure: the request was wrong, not the platform; all else is serious."""


def coding(system: str, code: str, display: str = "") -> Json:
    """Return a Coding."""
    return {"system": system, "code": code, **({"display": display} if display else {})}


def concept(system: str, code: str, display: str = "") -> Json:
    """Return a CodeableConcept of one coding."""
    return {"coding": [coding(system, code, display)]}


def action_of(one: Act) -> str:
    """Return what was done: C, R, U, D, or E for a search and for what is none of these."""
    operation = operation_of(one)
    if operation.startswith(("list_", "find_")) or (operation and one.facts.get("query")):
        return "E"
    return ACTIONS.get(str(one.facts.get("method") or ""), "E")


def outcome_of(one: Act) -> str:
    """Return 0 for success, 4 for a refusal, 8 for a failure."""
    return OUTCOMES.get(one.result, "8")


def audit_event(one: Act, *, source_id: str) -> Json:
    """Return an AuditEvent.

    Args:
        one: the act.
        source_id: what this installation calls itself.
    """
    operation, action = operation_of(one), action_of(one)
    subtype = [coding(OWN, one.kind)]
    if operation and action in INTERACTIONS:
        subtype.insert(0, coding("http://hl7.org/fhir/restful-interaction", INTERACTIONS[action]))
    event: Json = {
        "resourceType": "AuditEvent",
        "id": str(one.position),
        "type": _type(one, operation),
        "subtype": subtype,
        "action": action,
        "recorded": one.at.isoformat(),
        "outcome": outcome_of(one),
        "agent": _agents(one, operation, action, source_id),
        "source": {
            "observer": {"display": source_id},
            "type": [coding(f"{TERMINOLOGY}/security-source-type", "4", "Application Server")],
        },
        "entity": [_entity(one, operation, action), *(_patient(p) for p in one.patients)],
    }
    if one.result != ALLOWED and one.facts.get("code"):
        event["outcomeDesc"] = str(one.facts["code"])
    profile = _profile(one, operation, action)
    if profile:
        event["meta"] = {"profile": [f"{BALP}.{profile}"]}
    return event


def _type(one: Act, operation: str) -> Json:
    if operation:
        return coding(f"{TERMINOLOGY}/audit-event-type", "rest", "RESTful Operation")
    if one.kind.startswith("session."):
        return coding(DCM, "110114", "User Authentication")
    if one.kind.startswith(("account.", "role.")):
        return coding(DCM, "110113", "Security Alert")
    if one.kind == "audit.exported":
        return coding(DCM, "110101", "Audit Log Used")
    return coding(DCM, "110100", "Application Activity")


def _agents(one: Act, operation: str, action: str, source_id: str) -> list[Json]:
    user: Json = {
        "type": concept(f"{TERMINOLOGY}/v3-ParticipationType", "IRCP", "information recipient"),
        "who": {"identifier": {"system": f"{OWN}:account", "value": one.actor or "unknown"}},
        "altId": one.account or one.actor or "unknown",
        "name": one.actor or "unknown",
        "requestor": True,
    }
    if one.purpose:
        user["purposeOfUse"] = [concept(PURPOSES, one.purpose)]
    if not operation or not one.address:
        return [user]
    # Of a search the words flow from the client, of a read the data flow to it.
    source, destination = ("110153", "Source Role ID"), ("110152", "Destination Role ID")
    client, server = (destination, source) if action == "R" else (source, destination)
    return [
        {
            "type": concept(DCM, *client),
            "who": {"display": one.address},
            "requestor": False,
            "network": {"address": one.address, "type": "2"},
        },
        {
            "type": concept(DCM, *server),
            "who": {"display": source_id},
            "requestor": False,
            "network": {"address": source_id, "type": "1"},
        },
        user,
    ]


def _entity(one: Act, operation: str, action: str) -> Json:
    found: Json = {"type": coding(f"{TERMINOLOGY}/audit-entity-type", "2", "System Object")}
    path = str(one.facts.get("path") or "")
    if operation and action == "E":
        asked = one.facts.get("query")
        words = f"{path}?{urlencode(asked)}" if isinstance(asked, dict) and asked else path
        found["role"] = coding(f"{TERMINOLOGY}/object-role", "24", "Query")
        found["query"] = base64.b64encode(words.encode()).decode()
        return found
    about = str(one.about) if one.about else ""
    found["what"] = {"display": path or about or one.kind}
    found["role"] = coding(f"{TERMINOLOGY}/object-role", "4", "Domain Resource")
    return found


def _patient(patient: str) -> Json:
    value, _, authority = patient.partition("^")
    identifier: Json = {"value": value}
    if authority:
        identifier["assigner"] = {"display": authority}
    return {
        "what": {"type": "Patient", "identifier": identifier},
        "type": coding(f"{TERMINOLOGY}/audit-entity-type", "1", "Person"),
        "role": coding(f"{TERMINOLOGY}/object-role", "1", "Patient"),
    }


def _profile(one: Act, operation: str, action: str) -> str:
    """Return the profile that an act fits; empty when none does."""
    fits = operation and one.address and one.result == ALLOWED and len(one.patients) <= 1
    if not fits or action not in {"R", "E"} or one.facts.get("method") != "GET":
        return ""
    name = "Read" if action == "R" else "Query"
    return f"Patient{name}" if one.patients else name
