"""A resource as one line of a record: what, when, how much, of which state. Pure.

What a sender wrote is shown as it was written: digits, precision of times, codes that nobody
mapped. A part that has another form than FHIR gives it is passed by, and the rest is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from lianyi.projections.clinical.record.sections import Resource, Section, each, section_of

_TITLES: Final = (
    "code",
    "vaccineCode",
    "type",
    "medicationCodeableConcept",
    "productCodeableConcept",
    "serviceType",
    "relationship",
    "description",
    "reasonCode",
    "category",
    "class",
)
"""Where what a resource is about is said, the most telling first."""
_TIMES: Final = (
    "effective",
    "onset",
    "performed",
    "occurrence",
    "period",
    "started",
    "start",
    "date",
    "whenHandedOver",
    "whenPrepared",
    "timing",
    "recordedDate",
    "recordedOn",
    "authoredOn",
    "authored",
    "issued",
    "created",
    "createdOn",
    "enteredDate",
    "occurrenceDateTime",
    "assertedDate",
)
"""Where the time is said to which a resource belongs, the most telling first."""
_TIME_KEYS: Final = tuple(
    (name + ending, "end" if name + ending == "start" else "")
    for name in _TIMES
    for ending in ("", "DateTime", "Period", "Instant", "Date")
)
"""The keys of JSON under which it may stand, each with the one beside it that says until when."""
_ABNORMAL: Final = frozenset({"H", "HH", "L", "LL", "A", "AA", "HU", "LU", "POS", "R", "<", ">"})
"""Codes of ObservationInterpretation that call for a look; HL7 v2 table 0078 has the same."""


_DENIED: Final = frozenset({"refuted", "entered-in-error"})
_UNSURE: Final = frozenset({"unconfirmed", "provisional", "differential"})
SUPERSEDED: Final = "superseded"
VOID: Final = frozenset({"entered-in-error", "cancelled", "revoked", "refuted", SUPERSEDED})
"""States of what counts no more, or never was."""
FORBIDDEN: Final = "do-not-perform"
"""State of an order that something must not be given or done."""
LASTS: Final = _UNSURE | {"active", "recurrence", "relapse", "on-hold", "draft", FORBIDDEN, ""}
"""States of a problem, a medicine or an order that is not over, or of which nobody says so."""

NO_TIME: Final = datetime.min.replace(tzinfo=UTC)
"""The instant of what says none: before all others."""


class Code(NamedTuple):
    """What something is called by whom."""

    system: str
    code: str
    display: str


class Attached(NamedTuple):
    """A file of an item.

    Attributes:
        number: from 0, among those of the resource.
        content_type: as said; empty: nobody says.
        title: as said.
        size: in bytes; None: nobody says.
    """

    number: int
    content_type: str
    title: str
    size: int | None


class Value(NamedTuple):
    """A measured or chosen value, as written.

    Attributes:
        text: ``6.20``; empty: there is none, and ``absent`` may say why.
        unit: as written.
        low, high: of the reference range, as written; empty: not said.
        range: the reference range as a text, where it is no two numbers.
        interpretation: code of ObservationInterpretation, ``H``.
        absent: why there is no value.
    """

    text: str = ""
    unit: str = ""
    low: str = ""
    high: str = ""
    range: str = ""
    interpretation: str = ""
    absent: str = ""

    @property
    def is_abnormal(self) -> bool:
        """Whether the sender calls it abnormal."""
        return self.interpretation in _ABNORMAL


class Part(NamedTuple):
    """One of several values under one heading: the systolic of a blood pressure."""

    title: str
    code: Code | None
    value: Value


class Item(NamedTuple):
    """A line of a record.

    Attributes:
        section: under which heading.
        type, id: of the resource.
        at, until: FHIR dateTime, as precise as it was said; empty: not said.
        title: what it is about, in the sender's words; empty: only codes are known.
        codes: how it is coded.
        status: as FHIR codes it for the type; what denies or forbids the item before all else.
        value: measured.
        parts: several of them.
        detail: what else matters on one line: dose, conclusion, reason.
        by: who did or said it.
        encounter: id of the Encounter it belongs to; empty: of none.
        results: of a report: ``Observation/1``.
        attached: files.
        severity: how much it matters, where a type says so: criticality, priority.
    """

    section: Section
    type: str
    id: str
    at: str
    until: str
    title: str
    codes: tuple[Code, ...]
    status: str
    value: Value
    parts: tuple[Part, ...]
    detail: str
    by: str
    encounter: str
    results: tuple[str, ...]
    attached: tuple[Attached, ...]
    severity: str


def item_of(resource: Resource) -> Item | None:
    """Return a resource as a line of a record; None: it stands under no heading."""
    section = section_of(resource)
    if section is None:
        return None
    concept = _first(resource, _TITLES)
    at, until = _when(resource)
    codes = tuple(_codings(concept))
    return Item(
        section=section,
        type=_text(resource.get("resourceType")),
        id=_text(resource.get("id")),
        at=at,
        until=until,
        title=_title(resource, concept, codes),
        codes=codes,
        status=_status(resource),
        value=value_of(resource),
        parts=tuple(_parts(resource)),
        detail=_detail(resource),
        by=_by(resource),
        encounter=_encounter(resource),
        results=tuple(_references(resource.get("result"))),
        attached=tuple(attachments_of(resource)),
        severity=_text(resource.get("criticality")) or _text(resource.get("priority")),
    )


def value_of(holder: Resource) -> Value:
    """Return the value of an Observation or of one of its components."""
    text, unit = _measured(holder)
    low = high = plain = ""
    for one in each(holder.get("referenceRange")):
        low, high = _number(one.get("low")), _number(one.get("high"))
        plain = _text(one.get("text"))
        break
    interpretation = next(
        (code.code for one in each(holder.get("interpretation")) for code in _codings(one)), ""
    )
    absent = "" if text else _worded(holder.get("dataAbsentReason"))
    return Value(text, unit, low, high, plain, interpretation, absent)


def attachments_of(resource: Resource) -> Iterator[Attached]:
    """Give the files of a resource."""
    for number, one in enumerate(raw_attachments(resource)):
        size = one.get("size")
        yield Attached(
            number,
            _text(one.get("contentType")),
            _text(one.get("title")),
            size if isinstance(size, int) else None,
        )


def raw_attachments(resource: Resource) -> list[Resource]:
    """Return the Attachments of a resource as they stand in it."""
    found: list[Resource] = []
    for one in each(resource.get("content")):
        inner = one.get("attachment")
        found += [inner] if isinstance(inner, dict) else [one] if "contentType" in one else []
    for name in ("presentedForm", "attachment"):
        found += list(each(resource.get(name)))
    return found


def instant_of(text: str) -> datetime:
    """Return the first moment that a FHIR date or dateTime may mean; far in the past: none.

    Only for order: what is shown keeps the precision that was said.
    """
    padded = text + "0000-01-01T00:00:00"[len(text) :] if len(text) < 19 else text
    try:
        read = datetime.fromisoformat(padded.replace("Z", "+00:00"))
    except ValueError:
        return NO_TIME
    return read if read.tzinfo else read.replace(tzinfo=UTC)


# --- parts of a resource -----------------------------------------------------------------------


def _title(resource: Resource, concept: object, codes: tuple[Code, ...]) -> str:
    said = _worded(concept)
    if said:
        return said
    for name in ("description", "title", "name"):
        if _text(resource.get(name)):
            return _text(resource.get(name))
    for name in ("medicationReference", "device"):
        named = resource.get(name)
        if isinstance(named, dict) and _text(named.get("display")):
            return _text(named.get("display"))
    return codes[0].code if codes else ""


def _status(resource: Resource) -> str:
    """Return the state that must not be missed: an active allergy that is refuted is refuted."""
    stated = _stated(resource)
    verified = next((one.code for one in _codings(resource.get("verificationStatus"))), "")
    if verified in _DENIED or (verified in _UNSURE and stated in ("active", verified)):
        return verified
    if resource.get("doNotPerform") is True and stated not in VOID:
        return FORBIDDEN
    return stated


def _stated(resource: Resource) -> str:
    for name in ("status", "clinicalStatus", "verificationStatus"):
        said = resource.get(name)
        if isinstance(said, str):
            return said
        found = next((code.code for code in _codings(said)), "")
        if found:
            return found
    return ""


def _when(resource: Resource) -> tuple[str, str]:
    for key, until in _TIME_KEYS:
        if key not in resource:
            continue
        said = resource[key]
        if isinstance(said, str):
            return said, _text(resource.get(until))
        if isinstance(said, dict) and (said.get("start") or said.get("end")):
            return _text(said.get("start")) or _text(said.get("end")), _text(said.get("end"))
    return next((_text(one.get("date")) for one in each(resource.get("content"))), ""), ""


def _parts(resource: Resource) -> Iterator[Part]:
    for one in each(resource.get("component")):
        codes = tuple(_codings(one.get("code")))
        title = _worded(one.get("code")) or (codes[0].code if codes else "")
        yield Part(title, codes[0] if codes else None, value_of(one))


def _detail(resource: Resource) -> str:
    said = [_text(resource.get("conclusion"))]
    said += [_worded(one) for one in each(resource.get("conclusionCode"))]
    for one in each(resource.get("dosageInstruction")) or each(resource.get("dosage")):
        said.append(_text(one.get("text")) or _dose(one))
    said += [
        _worded(shown)
        for one in each(resource.get("reaction"))
        for shown in each(one.get("manifestation"))
    ]
    if resource.get("code") or resource.get("type"):
        said += [_worded(one) for one in each(resource.get("reasonCode"))]
    said += [_worded(one) for one in each(resource.get("statusReason"))]
    said += [_worded(one) for one in each(resource.get("bodySite"))]
    said += [_worded(one.get("code")) for one in each(resource.get("condition"))]
    said += [_text(one.get("text")) for one in each(resource.get("note"))]
    return " · ".join(dict.fromkeys(one for one in said if one))


def _dose(dosage: Resource) -> str:
    said = []
    for one in each(dosage.get("doseAndRate")) or [dosage]:
        for name in ("doseQuantity", "dose", "rateQuantity"):
            amount = one.get(name)
            if isinstance(amount, dict) and "value" in amount:
                said.append(f"{_written(amount['value'])} {_text(amount.get('unit'))}".strip())
    timing = dosage.get("timing")
    said += [_worded(dosage.get("route"))]
    said += [_worded(timing.get("code")) or _often(timing)] if isinstance(timing, dict) else []
    return " ".join(one for one in said if one)


def _often(timing: Resource) -> str:
    """Return how often something is taken, ``1×/12 h``; empty: not said by numbers."""
    repeat = timing.get("repeat")
    if not isinstance(repeat, dict) or "period" not in repeat or not repeat.get("periodUnit"):
        return ""
    most = f"–{_written(repeat['periodMax'])}" if "periodMax" in repeat else ""
    period = f"{_written(repeat['period'])}{most} {_text(repeat['periodUnit'])}"
    return f"{_written(repeat.get('frequency', 1))}×/{period}"


def _by(resource: Resource) -> str:
    for name in ("performer", "author", "requester", "recorder", "asserter", "participant"):
        for one in each(resource.get(name)):
            for inner in (one, one.get("actor"), one.get("individual")):
                if isinstance(inner, dict) and _text(inner.get("display")):
                    return _text(inner.get("display"))
    return ""


def _encounter(resource: Resource) -> str:
    context = resource.get("context")
    inner = context.get("encounter") if isinstance(context, dict) else None
    for holder in (resource.get("encounter"), inner, context):
        for reference in _references(holder):
            type_, _, id_ = reference.partition("/")
            if type_ == "Encounter":
                return id_
    return ""


def _measured(holder: Resource) -> tuple[str, str]:
    quantity = holder.get("valueQuantity")
    if isinstance(quantity, dict):
        number = _text(quantity.get("comparator")) + _number(quantity)
        return number, _text(quantity.get("unit")) or _text(quantity.get("code"))
    for name in ("valueString", "valueDateTime", "valueTime"):
        if _text(holder.get(name)):
            return _text(holder.get(name)), ""
    if "valueCodeableConcept" in holder:
        return _worded(holder.get("valueCodeableConcept")), ""
    for name in ("valueInteger", "valueBoolean", "valueDecimal"):
        if name in holder:
            return _written(holder[name]), ""
    span = holder.get("valueRange")
    if isinstance(span, dict):
        low, high = _number(span.get("low")), _number(span.get("high"))
        of = span.get("low") or span.get("high")
        return f"{low}–{high}", _text(of.get("unit")) if isinstance(of, dict) else ""
    period = holder.get("valuePeriod")
    if isinstance(period, dict):
        return f"{_text(period.get('start'))}–{_text(period.get('end'))}".strip("–"), ""
    sampled = holder.get("valueSampledData")
    if isinstance(sampled, dict):
        origin = sampled.get("origin")
        return _text(sampled.get("data")), _text(origin.get("unit")) if isinstance(
            origin, dict
        ) else ""
    ratio = holder.get("valueRatio")
    if isinstance(ratio, dict):
        return f"{_number(ratio.get('numerator'))}:{_number(ratio.get('denominator'))}", ""
    return "", ""


# --- FHIR datatypes ----------------------------------------------------------------------------


def _first(resource: Resource, names: tuple[str, ...]) -> object:
    for name in names:
        said = resource.get(name)
        for one in said if isinstance(said, list) else [said]:
            if isinstance(one, dict):
                return one
    return None


def _codings(concept: object) -> Iterator[Code]:
    """Give the codings of a CodeableConcept, or of a Coding itself."""
    if not isinstance(concept, dict):
        return
    for one in each(concept.get("coding")) or ([concept] if "code" in concept else []):
        if isinstance(one.get("code"), str):
            yield Code(_text(one.get("system")), one["code"], _text(one.get("display")))


def _worded(concept: object) -> str:
    """Return a CodeableConcept in words: its text, else what a coding is called."""
    for one in each(concept):
        said = _text(one.get("text"))
        if said:
            return said
        for code in _codings(one):
            if code.display:
                return code.display
        for code in _codings(one):
            return code.code
    return ""


def _references(value: object) -> Iterator[str]:
    for one in each(value):
        if isinstance(one.get("reference"), str):
            yield one["reference"]


def _number(quantity: object) -> str:
    if isinstance(quantity, dict) and "value" in quantity:
        return _written(quantity["value"])
    return ""


def _written(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
