"""Master data as FHIR R4 JSON: Organization, Location, Practitioner, PractitionerRole, or bundles.

Source: HL7 FHIR R4, administration module; the extension ``organization-period``; names in another
language with the extension ``translation``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from lianyi.messagelog.message import LogMessage
from lianyi.projections.masterdata.changes import day_of, unreadable
from lianyi.projections.masterdata.model import (
    MANAGEMENT,
    PART_OF,
    PLACE,
    ROLE,
    TREE,
    Attach,
    Change,
    Close,
    Describe,
    Detach,
    Kind,
)

PERIOD = "http://hl7.org/fhir/StructureDefinition/organization-period"
TRANSLATION = "http://hl7.org/fhir/StructureDefinition/translation"
KINDS = {
    "Organization": Kind.ORGANISATION,
    "Location": Kind.LOCATION,
    "Practitioner": Kind.PRACTITIONER,
}
DIRECTORY = {*KINDS, "PractitionerRole", "HealthcareService", "Endpoint", "OrganizationAffiliation"}
"""What a bundle of master data is made of. One with anything else is about a patient, say, and
mentions organisations only as they stood in that document."""
Json = Mapping[str, Any]
Codes = Mapping[str, str]
"""A reference, ``Organization/17`` or a full URL, to the code of what it means."""


def read(message: LogMessage) -> Sequence[tuple[Change, ...]]:
    """Return the statements of a resource or bundle of them; other JSON says nothing.

    First everything is described, then it is related, in whatever order a bundle has it.

    Raises:
        UnreadableMasterData: a resource of ours lacks what is needed.
    """
    if b"resourceType" not in message.body:
        return []
    try:
        found = orjson.loads(message.body)
    except orjson.JSONDecodeError as error:
        raise unreadable("body", "it is not JSON", "不是 JSON") from error
    try:
        resources = list(_resources(found))
        if any(str(one.get("resourceType")) not in DIRECTORY for _, one in resources):
            return []
        return _statements(resources)
    except (TypeError, AttributeError, KeyError) as error:
        raise unreadable(
            "body", "something in it is not as FHIR R4 has it", "其中有不符合 FHIR R4 的内容"
        ) from error


def _statements(resources: Sequence[tuple[str, Json]]) -> list[tuple[Change, ...]]:
    codes = {
        reference: _code(resource)
        for url, resource in resources
        if resource.get("resourceType") in KINDS
        for reference in (url, f"{resource['resourceType']}/{resource.get('id', '')}")
    }
    described = [_describe(one) for _, one in resources if one.get("resourceType") in KINDS]
    related = [
        changes
        for _, one in resources
        for changes in _relate(str(one.get("resourceType")), one, codes)
    ]
    return [*described, *related]


def _resources(found: object) -> Iterator[tuple[str, Json]]:
    if not isinstance(found, Mapping):
        return
    if found.get("resourceType") != "Bundle":
        yield "", found
        return
    for entry in found.get("entry") or []:
        resource = entry.get("resource") if isinstance(entry, Mapping) else None
        if isinstance(resource, Mapping):
            yield str(entry.get("fullUrl", "")), resource


def _code(resource: Json) -> str:
    """Return the code: the official identifier, or the first, or the id."""
    identifiers = _list(resource, "identifier")
    official = [one for one in identifiers if one.get("use") == "official"]
    for one in official + identifiers:
        if one.get("value"):
            return str(one["value"])
    if resource.get("id"):
        return str(resource["id"])
    raise unreadable(
        str(resource.get("resourceType")), "it has neither identifier nor id", "既无标识也无 id"
    )


def _list(resource: Json, name: str) -> list[Json]:
    found = resource.get(name)
    given = found if isinstance(found, list) else [] if found is None else [found]
    return [one for one in given if isinstance(one, Mapping)]


def _describe(resource: Json) -> tuple[Change, ...]:
    kind, code = KINDS[resource["resourceType"]], _code(resource)
    on, until = _period(_organisation_period(resource))
    gone = resource.get("active") is False or resource.get("status") == "inactive"
    if gone:
        return (Close(kind, code, until or on),)
    texts = _person(resource) if kind is Kind.PRACTITIONER else _named(resource)
    texts["category"] = _category(resource)
    texts["identifiers"] = {
        str(one["system"]): str(one["value"])
        for one in _list(resource, "identifier")
        if one.get("system") and one.get("value")
    }
    said = {name: value for name, value in texts.items() if value}
    return (Describe(kind, code, on, until, texts=said),)


def _organisation_period(resource: Json) -> Json:
    for extension in _list(resource, "extension"):
        if extension.get("url") == PERIOD:
            period = extension.get("valuePeriod")
            return period if isinstance(period, Mapping) else {}
    return {}


def _period(period: Json) -> tuple[date | None, date | None]:
    """Return the days of a Period; FHIR's end is the last day, ours the first day after it."""
    start, end = period.get("start"), period.get("end")
    last = day_of(str(end), where="period.end") if end else None
    return (
        day_of(str(start), where="period.start") if start else None,
        date.fromordinal(last.toordinal() + 1) if last else None,
    )


def _named(resource: Json) -> dict[str, Any]:
    name = str(resource.get("name") or "")
    beside = resource.get("_name")
    translated = ""
    for extension in _list(beside, "extension") if isinstance(beside, Mapping) else []:
        parts = {one.get("url"): one for one in _list(extension, "extension")}
        if extension.get("url") == TRANSLATION and parts.get("lang", {}).get("valueCode") == "en":
            content = parts.get("content", {})
            translated = str(content.get("valueString") or content.get("valueMarkdown") or "")
    if any("\u3400" <= mark <= "\u9fff" for mark in name) or translated:
        return {"name_zh": name, "name_en": translated}
    return {"name_en": name}


def _person(resource: Json) -> dict[str, Any]:
    for name in _list(resource, "name"):
        family, given = str(name.get("family") or ""), [str(one) for one in name.get("given") or []]
        text = str(name.get("text") or "")
        chinese = text or family + "".join(given)
        if any("\u3400" <= mark <= "\u9fff" for mark in chinese):
            return {"name_zh": chinese}
        return {"name_en": text or " ".join([*given, family]).strip()}
    return {}


def _category(resource: Json) -> str:
    for name in ("type", "physicalType"):
        for concept in _list(resource, name):
            for coding in _list(concept, "coding"):
                if coding.get("code"):
                    return str(coding["code"])
    return ""


# --- relations ----------------------------------------------------------------------------------


def _relate(resource_type: str, resource: Json, codes: Codes) -> Iterator[tuple[Change, ...]]:
    relate: Callable[[Json, Codes], Iterator[tuple[Change, ...]]] | None = {
        "Organization": _organisation,
        "Location": _location,
        "PractitionerRole": _role,
    }.get(resource_type)
    if relate is not None and resource.get("status") != "inactive":
        yield from relate(resource, codes)


def _referred(resource: Json, name: str, codes: Codes) -> str:
    """Return the code that a reference means; empty when there is none."""
    reference = resource.get(name)
    if not isinstance(reference, Mapping):
        return ""
    text = str(reference.get("reference") or "")
    if text in codes:
        return codes[text]
    identifier = reference.get("identifier")
    if isinstance(identifier, Mapping) and identifier.get("value"):
        return str(identifier["value"])
    return text.rpartition("/")[2]


def _organisation(resource: Json, codes: Codes) -> Iterator[tuple[Change, ...]]:
    parent = _referred(resource, "partOf", codes)
    if parent and resource.get("active") is not False:
        on, until = _period(_organisation_period(resource))
        yield (Attach(TREE + MANAGEMENT, _code(resource), parent, on=on, until=until),)


def _location(resource: Json, codes: Codes) -> Iterator[tuple[Change, ...]]:
    code = _code(resource)
    if parent := _referred(resource, "partOf", codes):
        yield (Attach(PART_OF, code, parent),)
    if organisation := _referred(resource, "managingOrganization", codes):
        yield (Attach(PLACE, organisation, code),)


def _role(resource: Json, codes: Codes) -> Iterator[tuple[Change, ...]]:
    who = _referred(resource, "practitioner", codes)
    where = _referred(resource, "organization", codes)
    if not who or not where:
        raise unreadable(
            "PractitionerRole", "it lacks practitioner or organization", "缺少人员或机构"
        )
    period = resource.get("period")
    on, until = _period(period if isinstance(period, Mapping) else {})
    roles = [
        str(coding["code"])
        for concept in _list(resource, "code")
        for coding in _list(concept, "coding")[:1]
        if coding.get("code")
    ]
    for role in roles or [""]:
        if resource.get("active") is False:
            yield (Detach(ROLE, who, where, role, on=until),)
        else:
            yield (Attach(ROLE, who, where, role, on=on, until=until),)
