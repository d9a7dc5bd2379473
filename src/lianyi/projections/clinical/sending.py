"""What is sent to the doors, read: a resource, the conditions of a request. Pure.

Source:
    HL7 FHIR R4, 3.1.0 RESTful API: 3.1.0.5.4 (If-Match), 3.1.0.1.6 (conditional read), 3.1.0.1.7
    (Prefer); 2.2.2 (rules of contained resources: dom-2 to dom-5).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Final, NamedTuple

from lianyi.formats.fhir import json_text, xml_text
from lianyi.projections.clinical import judging
from lianyi.projections.clinical.ids import ID
from lianyi.projections.clinical.problems import ConditionMissed, unreadable
from lianyi.projections.clinical.resources import named, unstamped
from lianyi.projections.clinical.types import TYPES

_ETAG: Final = re.compile(r'\s*(?:W/)?"?(\d{1,9})"?\s*', re.ASCII)
_RETURN: Final = re.compile(
    r"(?:^|[;,\s])return\s*=\s*\"?(minimal|representation|OperationOutcome)"
)


class Conditions(NamedTuple):
    """The conditions of a request.

    Attributes:
        if_match: version that must stand; None: any.
        if_none_match: version that the client has; None: none. ``*`` is -1.
        if_modified_since: instant of what the client has.
        if_none_exist: criteria of a conditional create; empty: it is none.
        wants: ``minimal``, ``representation`` or ``OperationOutcome``.
    """

    if_match: int | None = None
    if_none_match: int | None = None
    if_modified_since: datetime | None = None
    if_none_exist: str = ""
    wants: str = "representation"


def conditions_of(headers: Mapping[str, str]) -> Conditions:
    """Read the conditions of a request.

    Args:
        headers: of the request; their names in lower case.

    Raises:
        ConditionMissed: one of them cannot be read.
    """
    wanted = _RETURN.search(headers.get("prefer", ""))
    return Conditions(
        version_of(headers.get("if-match", ""), "If-Match"),
        _none_match(headers.get("if-none-match", "")),
        _since(headers.get("if-modified-since", "")),
        headers.get("if-none-exist", "").strip().partition("?")[2]
        or headers.get("if-none-exist", "").strip(),
        wanted[1] if wanted else "representation",
    )


def version_of(text: str, where: str) -> int | None:
    """Read ``W/"3"``; empty: None.

    Raises:
        ConditionMissed: it is no version of ours.
    """
    if not text.strip():
        return None
    found = _ETAG.fullmatch(text)
    if found is None:
        raise ConditionMissed(
            where=where, why="it names no version of ours", why_zh="其中没有可识别的版本号"
        )
    return int(found[1])


def _none_match(text: str) -> int | None:
    if text.strip() == "*":
        return -1
    found = _ETAG.fullmatch(text)  # a version of somebody else matches none of ours
    return int(found[1]) if found else None


def _since(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None  # RFC 9110, 13.1.3: one that cannot be read is passed over
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


def http_date(at: datetime) -> str:
    """Return an instant as HTTP writes it, to the second."""
    return format_datetime(at.astimezone(UTC), usegmt=True)


def resource_of(body: bytes, *, xml: bool = False) -> dict[str, Any]:
    """Read a resource that was sent.

    Args:
        body: of the request.
        xml: whether it is XML.

    Raises:
        MalformedFhir, FhirTooLarge, FhirTooDeep: it is no text of a resource.
        UnreadableResource: it is no resource of R4, or breaks a rule that holds for all.
    """
    resource = text_of(body, xml=xml)
    check(resource)
    return resource


def binary_of(body: bytes, kind: str, context: str, *, id_: str) -> dict[str, Any]:
    """Return the Binary that a file is.

    Args:
        body: the file.
        kind: its media type.
        context: reference to what decides who sees it (``X-Security-Context``); empty: none.
        id_: of the Binary; empty: none yet.
    """
    made: dict[str, Any] = {"resourceType": "Binary"}
    if id_:
        made["id"] = id_
    made["contentType"] = kind
    if context:
        made["securityContext"] = {"reference": context}
    made["data"] = b64encode(body).decode()
    check(made)
    return made


def text_of(body: bytes, *, xml: bool = False) -> dict[str, Any]:
    """Read the text of a resource, whatever it says; see :func:`resource_of`."""
    return xml_text.read(body) if xml else json_text.read(body)


def check(resource: Mapping[str, Any], *, where: str = "") -> None:
    """Check what holds for every resource.

    Args:
        resource: as sent.
        where: of it, in an error.

    Raises:
        UnreadableResource: it does not hold.
    """
    type_ = resource.get("resourceType")
    if not isinstance(type_, str) or type_ not in TYPES:
        raise unreadable(
            where or "resourceType",
            "it is no resource type of FHIR R4",
            "不是 FHIR R4 的资源类型",
        )
    id_ = resource.get("id")
    if "id" in resource and not (isinstance(id_, str) and ID.fullmatch(id_)):
        raise unreadable(
            where or f"{type_}.id",
            "an id has 1 to 64 letters, digits, '-' and '.'",
            "id 由 1 至 64 个字母、数字、“-”或“.”组成",
        )
    if None in resource.values():
        raise unreadable(where or type_, "an element is null", "元素不得为 null")
    if not isinstance(resource.get("meta", {}), Mapping):
        raise unreadable(where or f"{type_}.meta", "it is no object", "不是对象")
    contained = resource.get("contained", [])
    if type_ in ("Bundle", "Parameters", "Binary") and "contained" in resource:
        raise unreadable(where or f"{type_}.contained", "there is no such element", "没有该元素")
    for one in contained if isinstance(contained, Sequence) else [contained]:
        _check_contained(one, where or f"{type_}.contained")
    judging.check_shape(resource, where=where)


def _check_contained(one: object, where: str) -> None:
    if not isinstance(one, Mapping) or one.get("resourceType") not in TYPES:
        raise unreadable(where, "it is no resource of FHIR R4", "不是 FHIR R4 资源")
    if "contained" in one:
        raise unreadable(
            where,
            "a contained resource contains no other (dom-2)",
            "被包含的资源不得再包含资源（dom-2）",
        )
    meta = one.get("meta")
    if isinstance(meta, Mapping) and {"versionId", "lastUpdated", "security"} & meta.keys():
        raise unreadable(
            where,
            "a contained resource has no version, instant or security label (dom-4, dom-5)",
            "被包含的资源不得带版本、更新时间或安全标签（dom-4、dom-5）",
        )


def kept(resource: Mapping[str, Any], id_: str) -> dict[str, Any]:
    """Return a resource as it is kept under an id."""
    return unstamped(named(resource, id_))
