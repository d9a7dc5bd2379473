"""An act as an ATNA audit record: a DICOM audit message in a syslog frame.

Sources:
    DICOM PS3.15, section A.5 (audit message schema and codes); IHE ITI TF-2, 3.20 (ITI-20, Record
    Audit Event); RFC 5424 (syslog); RFC 5425 (frames over TLS).
"""

from __future__ import annotations

import base64
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from lianyi.security.audit.fhir import PURPOSES, action_of, outcome_of
from lianyi.security.audit.model import Act
from lianyi.security.audit.reading import operation_of

PRIORITY = 85  # facility 10 (security), severity 5 (notice)
MSGID = "DICOM+RFC3881"
Code = tuple[str, str, str]


def audit_message(one: Act, *, source_id: str) -> bytes:
    """Return a DICOM audit message, XML in UTF-8.

    Args:
        one: the act.
        source_id: what this installation calls itself.
    """
    operation = operation_of(one)
    root = ET.Element("AuditMessage")
    event = ET.SubElement(
        root,
        "EventIdentification",
        EventActionCode=action_of(one),
        EventDateTime=one.at.isoformat(),
        EventOutcomeIndicator=outcome_of(one),
    )
    event_id, event_type = _codes(one, operation)
    _coded(event, "EventID", event_id)
    if event_type:
        _coded(event, "EventTypeCode", event_type)
    _coded(event, "EventTypeCode", (one.kind, "lianyi", one.kind))
    if one.facts.get("code"):
        ET.SubElement(event, "EventOutcomeDescription").text = _clean(str(one.facts["code"]))
    if one.purpose:
        _coded(event, "PurposeOfUse", (one.purpose, PURPOSES, one.purpose))
    user = ET.SubElement(
        root, "ActiveParticipant", UserID=_clean(one.actor or "unknown"), UserIsRequestor="true"
    )
    if one.account:
        user.set("AlternativeUserID", _clean(one.account))
    if one.address:
        user.set("NetworkAccessPointID", _clean(one.address))
        user.set("NetworkAccessPointTypeCode", "2")
    _coded(user, "RoleIDCode", ("110153", "DCM", "Source Role ID"))
    server = ET.SubElement(
        root, "ActiveParticipant", UserID=_clean(source_id), UserIsRequestor="false"
    )
    _coded(server, "RoleIDCode", ("110152", "DCM", "Destination Role ID"))
    source = ET.SubElement(root, "AuditSourceIdentification", AuditSourceID=_clean(source_id))
    _coded(source, "AuditSourceTypeCode", ("4", "DCM", "Application Server"))
    for patient in one.patients:
        _object(root, patient, kind="1", role="1", code=("2", "RFC-3881", "Patient Number"))
    _about(root, one)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def frame(one: Act, *, source_id: str, host: str, process: str) -> bytes:
    """Return a syslog message with its length before it, as RFC 5425 sends it."""
    at = one.at.isoformat(timespec="microseconds")
    head = f"<{PRIORITY}>1 {at} {host[:255] or '-'} lianyi {process} {MSGID} - "
    message = head.encode("ascii", "replace") + b"\xef\xbb\xbf"
    message += audit_message(one, source_id=source_id)
    return b"%d %b" % (len(message), message)


def _codes(one: Act, operation: str) -> tuple[Code, Code | None]:
    """Return the event's identifier and type, as DICOM PS3.15 A.5.3 names them."""
    if one.kind.startswith("session."):
        login = ("110123", "DCM", "Logout") if "ended" in one.kind else ("110122", "DCM", "Login")
        return ("110114", "DCM", "User Authentication"), login
    if one.kind.startswith("role."):
        return ("110113", "DCM", "Security Alert"), ("110136", "DCM", "Security Roles Changed")
    if one.kind.startswith("account."):
        changed = ("110137", "DCM", "User security Attributes Changed")
        return ("110113", "DCM", "Security Alert"), changed
    if one.kind.startswith("audit.") or "act" in operation.split("_") or "acts" in operation:
        return ("110101", "DCM", "Audit Log Used"), None
    if operation and action_of(one) == "E":
        return ("110112", "DCM", "Query"), None
    if one.patients:
        return ("110110", "DCM", "Patient Record"), None
    return ("110100", "DCM", "Application Activity"), None


def _about(root: ET.Element, one: Act) -> None:
    path, asked = str(one.facts.get("path") or ""), one.facts.get("query")
    about = str(one.about) if one.about else path
    if not about:
        return
    role = "24" if asked else "3"
    held = _object(root, about, kind="2", role=role, code=("12", "RFC-3881", "URI"))
    if isinstance(asked, dict) and asked:
        words = f"{path}?{urlencode(asked)}".encode()
        ET.SubElement(held, "ParticipantObjectQuery").text = base64.b64encode(words).decode()


def _object(root: ET.Element, name: str, *, kind: str, role: str, code: Code) -> ET.Element:
    held = ET.SubElement(
        root,
        "ParticipantObjectIdentification",
        ParticipantObjectID=_clean(name),
        ParticipantObjectTypeCode=kind,
        ParticipantObjectTypeCodeRole=role,
    )
    _coded(held, "ParticipantObjectIDTypeCode", code)
    return held


def _coded(parent: ET.Element, name: str, code: Code) -> None:
    value, system, text = map(_clean, code)
    attributes = {"csd-code": value, "codeSystemName": system, "originalText": text}
    ET.SubElement(parent, name, attributes)


def _clean(text: str) -> str:
    """Return a text without what XML 1.0 cannot hold."""
    return "".join(
        mark
        if mark in "\t\n\r" or (mark >= " " and mark not in "\ufffe\uffff" and not _half(mark))
        else "\ufffd"
        for mark in text
    )


def _half(mark: str) -> bool:
    return "\ud800" <= mark <= "\udfff"
