"""What FHIR R4 JSON says about patients: a Patient, or a bundle of nothing but patients. Pure.

A bundle counts that asks for something (transaction, batch), tells something (message, and the
history inside of one) or hands over a set (collection). The patient of a document or of an answer
to a search is a copy, and a bundle with anything clinical in it is about that; both say nothing
here. JSON may be anything: what is no FHIR says nothing either.

Sources:
    HL7 FHIR R4: Patient, Bundle, HumanName, the extension ``iso21090-EN-representation``; IHE
    PIXm (ITI-104), IHE PMIR (ITI-93).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import orjson

from lianyi.messagelog.message import LogMessage, storable_text
from lianyi.projections.identity.cards import STATES
from lianyi.projections.identity.feeds.id_kinds import (
    Number,
    authority_of,
    identifiers_of,
    looks_like_document,
    own_of,
)
from lianyi.projections.identity.feeds.limits import (
    RECORDS_MAX,
    checked,
    checked_key,
    sender_of,
)
from lianyi.projections.identity.feeds.problems import NamesNoPatient, unreadable
from lianyi.projections.identity.feeds.wording import address_of, arranged, name_of, named, ordered
from lianyi.projections.identity.registration import Flag, Name, Registration
from lianyi.projections.identity.statements import (
    RecordKey,
    Registered,
    Related,
    Replaced,
    Statement,
)
from lianyi.projections.identity.systems import authority_from

Json = Mapping[str, Any]

BUNDLES: Final = frozenset({"transaction", "batch", "message", "collection"})
_FEED: Final = frozenset(
    {
        "Patient", "RelatedPerson", "Organization", "Practitioner", "MessageHeader", "Bundle",
        "Provenance",
    }
)  # fmt: skip
"""What a bundle of patients may hold."""
_DEPTH_MAX: Final = 3
EN_REPRESENTATION: Final = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
CARD_STATUS: Final = "urn:lianyi:card-status"
CARD_REPLACED_BY: Final = "urn:lianyi:card-replaced-by"
"""What FHIR has no element for: why a card counts no more, and which took its place."""
_TEST_TAG: Final = "HTEST"
_MOTHER: Final = frozenset({"MTH", "NMTH", "GESTM", "mother", "母亲", "母"})
"""Table v3-RoleCode, and words."""
_ADDRESS_RANK: Final = {"home": 0, "": 0, "temp": 1}
_NAME_USES: Final = {
    **dict.fromkeys(("", "official", "usual"), "official"),
    **{use: use for use in ("old", "maiden", "nickname", "temp", "anonymous")},
}


class _Patient(NamedTuple):
    """A patient of a bundle."""

    resource: Json
    key: RecordKey
    numbers: Sequence[Number]
    own: Number


def wants(kind: str) -> bool:
    """Tell whether messages of a kind may be FHIR; JSON of a channel is called ``json``."""
    return kind.startswith(("json", "fhir Patient", "fhir Bundle"))


def load(message: LogMessage) -> object:
    """Return the JSON of a message.

    Raises:
        UnreadableRegistration: it is no JSON.
    """
    try:
        codec = message.codec or "utf-8"
        return orjson.loads(message.body if codec == "utf-8" else message.body.decode(codec))
    except (ValueError, LookupError) as error:
        raise unreadable("body", "it is not JSON", "不是 JSON") from error


def read(message: LogMessage, zone: ZoneInfo) -> list[Statement]:
    """Return what a resource or bundle says about patients.

    Args:
        message: of a kind that :func:`wants`.
        zone: of times without one.

    Raises:
        NamesNoPatient: a patient has no identifier of the sender's own.
        UnreadableRegistration: it is no JSON, or not as FHIR R4 has it.
    """
    if b"resourceType" not in message.body or b"Patient" not in message.body:
        return []
    found = load(message)
    try:
        return list(_Reader(message, zone).statements(found))
    except (TypeError, AttributeError, KeyError) as error:
        raise unreadable(
            "body", "something in it is not as FHIR R4 has it", "其中有不符合 FHIR R4 的内容"
        ) from error


class _Reader:
    """One message being read."""

    def __init__(self, message: LogMessage, zone: ZoneInfo) -> None:
        self._message = message
        self._zone = zone
        self._source = sender_of(message)

    def statements(self, found: object) -> Iterator[Statement]:
        """Give what is said: each patient, then where her identifier is no more or has a twin."""
        resources = list(_resources(found, _DEPTH_MAX))
        if any(one.get("resourceType") not in _FEED for _, one in resources):
            return
        by_reference: dict[str, RecordKey] = {}
        patients = []
        for url, resource in resources:
            if resource.get("resourceType") == "Patient":
                patient = self._patient(resource)
                patients.append(patient)
                for name in (url, f"Patient/{resource.get('id', '')}"):
                    by_reference.setdefault(name, patient.key)
        if len(patients) > RECORDS_MAX:
            raise unreadable(
                "Bundle.entry",
                f"there are more than {RECORDS_MAX} patients in one message",
                f"一条消息中的患者超过 {RECORDS_MAX} 名",
            )
        for patient in patients:
            links = list(self._links(patient, by_reference))
            if not any(isinstance(one, Replaced) and one.gone == patient.key for one in links):
                yield self._registered(patient)
            yield from links

    def _patient(self, resource: Json) -> _Patient:
        numbers = [_number(one, self._source) for one in _list(resource, "identifier")]
        current = [one for one in numbers if one.status not in STATES]
        place = own_of(current)
        if place is None:
            raise NamesNoPatient(where="Patient.identifier")
        own = current[place]
        key = checked_key((own.authority or self._source, own.value), "Patient.identifier")
        return _Patient(resource, key, numbers, own)

    def _registered(self, patient: _Patient) -> Registered:
        resource = patient.resource
        several = resource.get("multipleBirthBoolean")
        order = resource.get("multipleBirthInteger")
        is_number = isinstance(order, int) and not isinstance(order, bool)
        registration = Registration(
            *patient.key,
            _names(resource, self._message.codec or "utf-8"),
            _text(resource, "gender"),
            _text(resource, "birthDate"),
            identifiers_of(patient.numbers, patient.own),
            _telephones(resource),
            _addresses(resource),
            True if is_number else several if isinstance(several, bool) else None,
            order if is_number else None,
            mother_name=_mother_name(resource),
            flags=_flags(resource),
            received_at=self._message.received_at,
        )
        alive = resource.get("deceasedBoolean") is False and not registration.flags
        return Registered(
            checked(registration, "Patient"),
            self._said_at(resource),
            "Patient",
            ("flags",) if alive else (),
        )

    def _said_at(self, resource: Json) -> datetime:
        """Return ``meta.lastUpdated``, and never a time after the message came."""
        meta = resource.get("meta")
        text = _text(meta, "lastUpdated") if isinstance(meta, Mapping) else ""
        return moment_of(text, self._zone, received_at=self._message.received_at)

    def _links(
        self, patient: _Patient, by_reference: Mapping[str, RecordKey]
    ) -> Iterator[Replaced | Related]:
        """Give what ``link`` says. One that leads to nobody we can name says nothing.

        Raises:
            UnreadableRegistration: a replacement leads to nobody.
        """
        at = self._said_at(patient.resource)
        for link in _list(patient.resource, "link"):
            kind, other = _text(link, "type"), link.get("other")
            key = self._key_of(other, by_reference) if isinstance(other, Mapping) else None
            if key is None and kind in ("replaced-by", "replaces"):
                raise unreadable(
                    "Patient.link.other",
                    "it names no identifier of the other record",
                    "没有写明另一条记录的标识",
                )
            if key is None or key == patient.key:
                continue
            if kind == "replaced-by":
                yield Replaced(patient.key, key, at, kind)
            elif kind == "replaces":
                yield Replaced(key, patient.key, at, kind)
            elif kind == "seealso":
                yield Related(patient.key, key, True, at, kind)

    def _key_of(self, other: Json, by_reference: Mapping[str, RecordKey]) -> RecordKey | None:
        """Return whom a reference means: by identifier, within the bundle, or by a search."""
        identifier = other.get("identifier")
        if isinstance(identifier, Mapping) and (number := _number(identifier, self._source)).value:
            key = (number.authority or self._source, number.value)
        else:
            reference = _text(other, "reference")
            if reference in by_reference:
                return by_reference[reference]
            asked = parse_qs(reference.partition("Patient?")[2]).get("identifier", [""])[0]
            system, _, value = asked.rpartition("|")
            if not value:
                return None
            key = (_authority(system, self._source) or self._source, value)
        return checked_key(key, "Patient.link.other")


def _resources(found: object, depth: int) -> Iterator[tuple[str, Json]]:
    """Give a patient, or what stands in a bundle, each with its full URL."""
    if not isinstance(found, Mapping) or depth == 0:
        return
    kind = found.get("resourceType")
    if kind != "Bundle":
        if kind == "Patient":
            yield "", found
        return
    inside = depth < _DEPTH_MAX and found.get("type") == "history"
    if found.get("type") in BUNDLES or inside:
        for entry in _list(found, "entry"):
            url, resource = _text(entry, "fullUrl"), entry.get("resource")
            if isinstance(resource, Mapping) and resource.get("resourceType") == "Bundle":
                yield from _resources(resource, depth - 1)
            elif isinstance(resource, Mapping):
                yield url, resource


def moment_of(text: str, zone: ZoneInfo, *, received_at: datetime) -> datetime:
    """Read an instant in ISO 8601; what is none, or comes later, is when it was received."""
    try:
        at = datetime.fromisoformat(text)
        return min((at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC), received_at)
    except (ValueError, OverflowError):
        return received_at


# --- elements -----------------------------------------------------------------------------------


def _list(resource: object, name: str) -> list[Json]:
    found = resource.get(name) if isinstance(resource, Mapping) else None
    given = found if isinstance(found, list) else [] if found is None else [found]
    return [one for one in given if isinstance(one, Mapping)]


def _text(element: Json, name: str) -> str:
    """Return a primitive as text, as every store can hold it; what is none of text is empty."""
    value = element.get(name)
    return storable_text(value).strip() if isinstance(value, str) else ""


def _texts(element: Json, name: str) -> list[str]:
    found = element.get(name)
    values = found if isinstance(found, list) else [found]
    return [storable_text(one).strip() for one in values if isinstance(one, str)]


def _codings(concept: object) -> Iterator[str]:
    """Give the codes of a CodeableConcept or several, and their words."""
    for one in concept if isinstance(concept, list) else [concept]:
        if isinstance(one, Mapping):
            yield from (code for coding in _list(one, "coding") if (code := _text(coding, "code")))
            if text := _text(one, "text"):
                yield text


def _number(identifier: Json, source: str) -> Number:
    """Return an identifier, its authority as HL7 v2 would write it: an OID without ``urn:oid:``.

    The usual one is the record's own, unless it says or looks otherwise.
    """
    value, use = _text(identifier, "value"), _text(identifier, "use")
    code = next(_codings(identifier.get("type")), "")
    if use == "usual" and not code and not looks_like_document(value):
        code = "MR"
    period = identifier.get("period")
    begin, end = (
        _day(_text(period, name)[:10]) if isinstance(period, Mapping) else None
        for name in ("start", "end")
    )
    said = {_text(one, "url"): one for one in _list(identifier, "extension")}
    return Number(
        value,
        code,
        _authority(_text(identifier, "system"), source),
        status=_text(said.get(CARD_STATUS, {}), "valueCode") or ("old" if use == "old" else ""),
        valid_until=end,
        valid_from=begin,
        replaced_by=_text(said.get(CARD_REPLACED_BY, {}), "valueString"),
    )


def _authority(system: str, source: str) -> str:
    return authority_of(authority_from(system), source)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _names(resource: Json, codec: str) -> tuple[Name, ...]:
    found = []
    for name in _list(resource, "name"):
        text = _text(name, "text") or name_of(_text(name, "family"), *_texts(name, "given"))
        use = _NAME_USES.get(_text(name, "use"), "official")
        forms = [
            _text(one, "valueCode")
            for one in _list(name, "extension")
            if one.get("url") == EN_REPRESENTATION
        ]
        if use == "official" and {"SYL", "ABC"} & set(forms):
            use = "phonetic"
        if text:
            found.append(named(text, use, text, codec, _text(name, "family")))
    return arranged(found)


def _telephones(resource: Json) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            text
            for one in _list(resource, "telecom")
            if _text(one, "system") in ("phone", "sms", "") and _text(one, "use") != "old"
            if (text := _text(one, "value")) and "@" not in text
        )
    )


def _addresses(resource: Json) -> tuple[str, ...]:
    found = []
    for one in _list(resource, "address"):
        rank = _ADDRESS_RANK.get(_text(one, "use"))
        text = _text(one, "text") or address_of(
            _texts(one, "line"),
            city=_text(one, "city"),
            province=_text(one, "state"),
            district=_text(one, "district"),
            postcode=_text(one, "postalCode"),
        )
        if text and rank is not None:
            found.append((rank, text))
    return ordered(found)


def _mother_name(resource: Json) -> str:
    for contact in _list(resource, "contact"):
        name = contact.get("name")
        if isinstance(name, Mapping) and not _MOTHER.isdisjoint(
            _codings(contact.get("relationship"))
        ):
            return _text(name, "text") or name_of(_text(name, "family"), *_texts(name, "given"))
    return ""


def _flags(resource: Json) -> tuple[Flag, ...]:
    meta = resource.get("meta")
    tags = [code for name in ("tag", "security") for one in _list(meta, name)
            if (code := _text(one, "code"))]  # fmt: skip
    flags = []
    if resource.get("deceasedBoolean") is True or _text(resource, "deceasedDateTime"):
        flags.append(Flag.DECEASED)
    if _TEST_TAG in tags:
        flags.append(Flag.TEST)
    return tuple(flags)
