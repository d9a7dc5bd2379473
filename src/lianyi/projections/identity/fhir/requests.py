r"""What is sent to the FHIR doors: Parameters, a Patient, the parameters of a search. Pure.

Source:
    HL7 FHIR R4, 3.1.1 (search): repeated parameters are *and*, commas are *or*, ``\,`` is a comma.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from lianyi.messagelog.message import LogMessage, NewMessage
from lianyi.projections.identity.feeds import fhir as feed
from lianyi.projections.identity.fhir.problems import unreadable
from lianyi.projections.identity.fhir.resources import MOTHERS_MAIDEN_NAME, Resource
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.statements import RecordKey, Registered, Statement
from lianyi.projections.identity.systems import (
    PERSON_SYSTEM,
    V2_0203,
    authority_from,
    system_of,
)

COUNT_MAX: Final = 100
MATCH_COUNT: Final = 10
MATCH_COUNT_MAX: Final = 50
ASKING: Final = "?"
"""Authority and identifier of somebody who is only asked about."""
KIND: Final = "fhir Patient"
"""Of a Patient in the log."""

_COMMA: Final = re.compile(r"(?<!\\),")
_ESCAPED: Final = re.compile(r"\\([\\,|$])")
_BAR: Final = re.compile(r"(?<!\\)\|")
_MOTHER: Final = {"coding": [{"code": "MTH"}]}


class Wanted(NamedTuple):
    """A ``$match``: who, how many, and how sure.

    Attributes:
        said: what is known of somebody.
        identifiers: authority and value, as sent.
        most: so many at most.
        only_certain: nobody unless exactly one is certain.
        single: the likeliest alone.
    """

    said: Registration
    identifiers: Sequence[RecordKey]
    most: int = MATCH_COUNT
    only_certain: bool = False
    single: bool = False


class Token(NamedTuple):
    """``system|value``: the system is None where any will do, the value empty where any will."""

    system: str | None
    value: str


class Term(NamedTuple):
    """One parameter of a search.

    Attributes:
        name: without its modifier.
        modifier: ``exact`` ...; empty: none.
        values: one of which must hold.
    """

    name: str
    modifier: str
    values: Sequence[str]

    def tokens(self) -> list[Token]:
        """Return the values as tokens."""
        return [token_of(value) for value in self.values]


# --- bodies -------------------------------------------------------------------------------------


def body_of(body: bytes) -> Resource:
    """Return the resource that was sent.

    Raises:
        UnreadableFhir: it is none in JSON.
    """
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise unreadable(
            "body", "the body is not JSON; XML is not offered", "内容不是 JSON；不支持 XML"
        ) from error
    if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
        raise unreadable("body", "the body is no FHIR resource", "内容不是 FHIR 资源")
    return found


def parameters_of(resource: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the parameters of a Parameters resource: names and values, or resources."""
    found = resource.get("parameter")
    given = found if isinstance(found, list) else []
    made = []
    for one in given:
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            value = one.get("resource")
            if value is None:
                value = next((one[key] for key in one if key.startswith("value")), None)
            made.append((one["name"], value))
    return made


def match_of(resource: Resource, *, now: datetime, zone: ZoneInfo) -> Wanted:
    """Read what ``$match`` was sent: Parameters, or a Patient alone (PDQm, 2:3.119.4.1.2).

    Raises:
        UnreadableFhir: there is no Patient in it.
        UnreadableRegistration: the Patient is not as FHIR has it.
    """
    said = dict(parameters_of(resource))
    patient = resource if resource["resourceType"] == "Patient" else said.get("resource")
    if not isinstance(patient, dict) or patient.get("resourceType") != "Patient":
        raise unreadable(
            "resource", "there is no Patient in the parameters", "参数中没有 Patient 资源"
        )
    numbered = [
        (authority_from(str(one.get("system") or "")), str(one["value"]).strip())
        for one in _list(patient, "identifier")
        if isinstance(one.get("value"), str)
    ]
    asked = {**patient, "identifier": [_own((ASKING, ASKING)), *_of_others(patient)]}
    for name in ("link", "meta"):  # whoever only asks about test data still asks
        asked.pop(name, None)
    (found,) = statements_of(_mothered(asked), ASKING, now=now, zone=zone)
    assert isinstance(found, Registered)  # noqa: S101 - without links there is nothing else
    return Wanted(
        found.registration,
        numbered,
        _most(said.get("count")),
        said.get("onlyCertainMatches") is True,
        said.get("onlySingleMatch") is True,
    )


def _most(count: object) -> int:
    if isinstance(count, int) and not isinstance(count, bool) and count > 0:
        return min(count, MATCH_COUNT_MAX)
    return MATCH_COUNT


def fed(resource: Resource, key: RecordKey) -> Resource:
    """Return a Patient of a feed with the identifier that the request names as its own.

    PIXm, 2:3.104.4.1.3: it is this one that is cross-referenced, whatever else the resource has.

    Raises:
        UnreadableFhir: it is no Patient.
    """
    if resource["resourceType"] != "Patient":
        raise unreadable("body", "the body is no Patient", "内容不是 Patient 资源")
    others = [one for one in _of_others(resource) if _key(one) != key]
    return _mothered({**resource, "identifier": [_own(key), *others]})


def message_of(resource: Resource, key: RecordKey, *, channel: int, sender: str) -> NewMessage:
    """Return a Patient of a feed as a message of a channel."""
    source, mrn = key
    body = orjson.dumps(resource)
    return NewMessage(channel, KIND, body, "utf-8", sender, keys=(f"p:{mrn}^{source}",))


def statements_of(
    resource: Resource, sender: str, *, now: datetime, zone: ZoneInfo
) -> list[Statement]:
    """Return what a Patient says, as the index will read it from the log.

    Raises:
        NamesNoPatient, UnreadableRegistration: the index could not.
    """
    body = orjson.dumps(resource)
    message = LogMessage(
        0, 0, now.astimezone(UTC), 0, KIND, body, "utf-8", sender, (), 0, None, b""
    )
    return feed.read(message, zone)


def _list(resource: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = resource.get(name)
    given = found if isinstance(found, list) else [found]
    return [one for one in given if isinstance(one, dict)]


def _of_others(resource: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the identifiers but our own numbers: what we think must not become what was said."""
    return [one for one in _list(resource, "identifier") if one.get("system") != PERSON_SYSTEM]


def _own(key: RecordKey) -> Resource:
    source, mrn = key
    kind = {"coding": [{"system": V2_0203, "code": "MR"}]}
    return {"use": "usual", "type": kind, "system": system_of(source), "value": mrn}


def _key(identifier: Mapping[str, Any]) -> RecordKey:
    said = str(identifier.get("value") or "").strip()
    return authority_from(str(identifier.get("system") or "")), said


def _mothered(resource: Resource) -> Resource:
    """Say the mother's name where the feeds look for it as well: as that of a contact."""
    names = [
        one["valueString"]
        for one in _list(resource, "extension")
        if one.get("url") == MOTHERS_MAIDEN_NAME and isinstance(one.get("valueString"), str)
    ]
    if not names:
        return resource
    contact = {"relationship": [_MOTHER], "name": {"text": names[0]}}
    return {**resource, "contact": [*_list(resource, "contact"), contact]}


# --- search parameters --------------------------------------------------------------------------


def terms_of(pairs: Iterable[tuple[str, str]]) -> list[Term]:
    """Return the parameters of a search, those without a value left out."""
    found = []
    for name, value in pairs:
        name, _, modifier = name.partition(":")
        values = [_ESCAPED.sub(r"\1", one) if name not in TOKENS else one
                  for one in _COMMA.split(value.strip()) if one.strip()]  # fmt: skip
        if values:
            found.append(Term(name, modifier, values))
    return found


TOKENS: Final = frozenset({"identifier", "telecom", "gender", "active"})


def token_of(text: str) -> Token:
    """Read ``system|value``, ``|value``, ``system|`` or ``value``."""
    parts = [_ESCAPED.sub(r"\1", part).strip() for part in _BAR.split(text, maxsplit=1)]
    return Token(parts[0], parts[1]) if len(parts) == 2 else Token(None, parts[0])


def identifier_of(text: str, where: str) -> RecordKey:
    """Read ``system|value`` as authority and patient identifier.

    Raises:
        UnreadableFhir: one of them is missing.
    """
    token = named_token(text, where)
    return authority_from(token.system or ""), token.value


def named_token(text: str, where: str) -> Token:
    """Read ``system|value``.

    Raises:
        UnreadableFhir: one of them is missing.
    """
    token = token_of(text)
    if not token.system or not token.value:
        raise unreadable(
            where,
            "it must be an assigning authority and a value: system|value",
            "须同时写明标识分配机构和标识值：system|value",
        )
    return token


def number_of(text: str, where: str, *, most: int, otherwise: int) -> int:
    """Read a count or a page; more than the most is the most.

    Raises:
        UnreadableFhir: it is no whole number.
    """
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise unreadable(where, "it is no whole number", "不是整数")
    return min(int(text), most)


def pix_of(resource: Resource) -> tuple[str, list[str]]:
    """Read ``$ihe-pix`` from Parameters: the source as ``system|value``, and the targets.

    The source is a string, as the definition of the operation says, or an Identifier, as some
    national profiles of it have it.

    Raises:
        UnreadableFhir: there is not exactly one source.
    """
    given = parameters_of(resource)
    sources = [value for name, value in given if name == "sourceIdentifier"]
    targets = [str(value) for name, value in given if name == "targetSystem" and value]
    if len(sources) != 1:
        raise unreadable(
            "sourceIdentifier", "there must be exactly one", "须有且仅有一个 sourceIdentifier"
        )
    return token_text(sources[0]), targets


def token_text(said: object) -> str:
    """Write an Identifier as ``system|value``; a text stays as it is."""
    if not isinstance(said, dict):
        return str(said or "")
    parts = (str(said.get("system") or ""), str(said.get("value") or ""))
    return "|".join(escaped(part) for part in parts)


def escaped(text: str) -> str:
    """Write a text so that its marks are none of a search."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace(",", "\\,")
