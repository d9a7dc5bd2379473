"""Observations: OBX, with values of every type that it may have. Pure.

Sources:
    HL7 v2.8.2 chapter 7: OBX, tables 0078, 0085, 0125; HL7 v2-to-FHIR OBX maps (facts; see NOTICE);
    HL7 FHIR R4: Observation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from lianyi.projections.clinical.hl7v2 import amounts, codes, datatypes, dates, mapping
from lianyi.projections.clinical.hl7v2.datatypes import Element, Use
from lianyi.projections.clinical.hl7v2.grouping import Result
from lianyi.projections.clinical.hl7v2.reading import Reading
from lianyi.projections.clinical.hl7v2.segments import Parts, Segment
from lianyi.projections.identity.feeds.wording import address_of, name_of

RANKS: Final = {
    "registered": 0,
    "unknown": 0,
    "partial": 1,
    "preliminary": 1,
    "final": 2,
    "amended": 3,
    "corrected": 3,
    "appended": 3,
    "cancelled": 4,
    "entered-in-error": 5,
}
"""Of two results of one instant the one holds that is further on."""
NOTE: Final = "urn:lianyi:extension:note"
"""Extension with a comment on a resource that has no element for one."""
FILES: Final = frozenset(("ED", "RP"))
TEXTS: Final = frozenset(("TX", "FT"))
_WITHDRAWN: Final = frozenset(("D", "W", "U"))
"""OBX-11: what was said before stays readable, only its status is another."""
_CATEGORIES: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
_ABSENT: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_LINES_MAX: Final = 5_000
_USE: Final = Use("OBX-5")
_CODED: Final = frozenset(("CE", "CWE", "CNE", "CF", "IS", "ID"))
_WORDS: Final = TEXTS | {"ST", ""}
_TIMES: Final = frozenset(("DT", "TS", "DTM"))


def observation(one: Result, at: Reading) -> dict[str, Any]:
    """Return an OBX as the elements of an Observation; whose it is, the caller says."""
    segment = one.segment
    elements: dict[str, Any] = {}
    mapping.compiled("OBX.Observation")(segment, at, elements)
    elements |= _valued(segment, at)
    if said := reference_range(segment, at):
        elements["referenceRange"] = [said]
    if notes := comments(one.notes, at):
        elements["note"] = notes
    return elements


def explain_absence(elements: dict[str, Any]) -> None:
    """Say why an observation has no value: not performed where it is cancelled, else unknown."""
    if "component" in elements or any(name.startswith("value") for name in elements):
        return
    status = elements.get("status")
    if status != "registered":
        code = "not-performed" if status == "cancelled" else "unknown"
        elements["dataAbsentReason"] = {"coding": [{"system": _ABSENT, "code": code}]}


def is_whole(segment: Segment) -> bool:
    """Tell whether an OBX says all of a result, and not only that its status is another."""
    return segment.text(11) not in _WITHDRAWN or bool(segment.raw(5))


def rank_of(elements: dict[str, Any]) -> int:
    """Return how far on a result or report is."""
    return RANKS.get(str(elements.get("status")), 0)


def components(segment: Segment, at: Reading) -> list[Element]:
    """Return an OBX as components of the observation it belongs to: one for each value."""
    shared: Element = {}
    mapping.compiled("OBX.Component")(segment, at, shared)
    if said := reference_range(segment, at):
        shared["referenceRange"] = [said]
    shared = {name: value for name, value in shared.items() if value is not None}
    found = _valued(segment, at)
    return [{**shared, **one} for one in found.get("component", [found])]


def category(segment: Segment, section: str) -> list[Element]:
    """Return what kind of observation it is: by its code, else by the section that made it."""
    said = segment.text(3)
    found = codes.target_of("observation-category", said) or codes.target_of(
        "observation-category", segment.text(3, 2)
    )
    found = found or codes.target_of("section-category", section)
    return [{"coding": [{"system": _CATEGORIES, "code": found.code}]}] if found else []


def reference_range(segment: Segment, at: Reading) -> Element:
    """Return OBX-7: the numbers where it says some, and always its text."""
    text = segment.whole(7)
    if not text:
        return {}
    unit = amounts.unit_of(segment.first(6), at, Use("OBX-6"))
    return {**amounts.range_of(text, unit), "text": text}


def with_comments(elements: dict[str, Any], notes: Iterable[Segment], at: Reading) -> None:
    """Add comments to a resource that has no element for them."""
    if found := comments(notes, at):
        more = [{"url": NOTE, "valueAnnotation": one} for one in found]
        elements["extension"] = [*(elements.get("extension") or ()), *more]


def comments(notes: Iterable[Segment], at: Reading) -> list[Element]:
    """Return comments (NTE) as Annotations; empty ones are none."""
    found = []
    for note in notes:
        text = "\n".join(parts.whole() for parts in note.repetitions(3))
        if text:
            one: Element = {}
            mapping.compiled("NTE.Annotation")(note, at, one)
            one = {
                name: value for name, value in one.items() if name in ("time", "authorReference")
            }
            found.append({**one, "text": text})
    return found


# --- values ------------------------------------------------------------------------------------


def _valued(segment: Segment, at: Reading) -> Element:
    """Return the value of an OBX: one of the value elements, or components where it repeats."""
    type_ = segment.text(2).upper()
    values = list(segment.repetitions(5))
    if not values:
        return {}
    if type_ in _WORDS:
        return _text(segment, values, at)
    if type_ in _READ:
        return _read(type_, values)
    if len(values) == 1:
        return _value(segment, values[0], type_, at)
    if type_ not in _CODED and type_ != "NM":
        return _text(segment, values, at)
    code = mapping.CONVERTERS["concept"](segment.first(3) or values[0], at, Use("OBX-3"))
    return {"component": [{"code": code, **_value(segment, one, type_, at)} for one in values]}


def _text(segment: Segment, values: list[Parts], at: Reading) -> Element:
    """Return what is said as text; a number with a unit is a quantity whatever OBX-2 says."""
    if len(values) == 1 and segment.raw(6) and segment.text(2) in ("ST", ""):
        found = amounts.quantity_of(values[0].whole(), segment.first(6), at, _USE)
        if found is not None:
            return {"valueQuantity": found}
    text = "\n".join(one.whole() for one in values)
    return {"valueString": text} if text else {}


def _read(type_: str, values: list[Parts]) -> Element:
    """Return names, addresses and numbers as people read them, with what was sent beside it."""
    sent = "\n".join(one.whole() for one in values)
    if not sent:
        return {}
    text = "\n".join(_READ[type_](one) or one.whole() for one in values)
    found: Element = {"valueString": text}
    if text != sent:
        found["_valueString"] = {"extension": [{"url": datatypes.AS_SENT, "valueString": sent}]}
    return found


def _person(parts: Parts, *, first: int = 1) -> str:
    family, given, other = parts.text(first, 1), parts.text(first + 1), parts.text(first + 2)
    return name_of(family, given, other)


def _address(parts: Parts) -> str:
    lines = [text for n in (1, 2, 3) if (text := parts.text(1, n))]
    lines += [text for text in [parts.text(2)] if text]
    district = parts.text(9, 1) or parts.text(9, 2) or parts.text(8)
    return address_of(lines, city=parts.text(3), province=parts.text(4), district=district)


def _telecom(parts: Parts) -> str:
    return parts.text(4) if "@" in parts.text(4) else parts.text(1) or parts.text(12)


def _money(parts: Parts) -> str:
    return " ".join(filter(None, (parts.text(1, 1), parts.text(1, 2) or parts.text(2))))


_READ: Final[dict[str, Callable[[Parts], str]]] = {
    **dict.fromkeys(("PN", "XPN"), _person),
    **dict.fromkeys(("XCN", "CN", "PPN"), lambda parts: _person(parts, first=2) or parts.text(1)),
    **dict.fromkeys(("XAD", "AD"), _address),
    **dict.fromkeys(("XTN", "TN"), _telecom),
    **dict.fromkeys(("XON", "CX", "CK", "EI"), lambda parts: parts.text(1)),
    **dict.fromkeys(("MO", "CP"), _money),
}
"""How values are read that FHIR has no element for in an Observation."""


def _value(segment: Segment, parts: Parts, type_: str, at: Reading) -> Element:
    """Return one repetition of OBX-5 as its type; as text where it is not of it."""
    convert = _CONVERT.get(type_)
    found = convert(segment, parts, at) if convert else None
    if found is None:
        text = parts.whole()
        if convert and text:
            at.odd(f"OBX({segment.number})-5", f"no {type_}")
        found = {"valueString": text} if text else {}
    return found


def _quantity(segment: Segment, parts: Parts, at: Reading) -> Element | None:
    found = amounts.quantity_of(parts.text(1), segment.first(6), at, _USE)
    return {"valueQuantity": found} if found else None


def _structured(segment: Segment, parts: Parts, at: Reading) -> Element | None:
    """SN: a comparator, a number, a separator, a number."""
    before, mark, second = parts.text(1), parts.text(3), parts.text(4)
    unit = amounts.unit_of(segment.first(6), at, Use("OBX-6"))
    low = amounts.decimal_of(parts.text(2))
    if low is None:
        return None
    if not second:
        found = amounts.quantity_of(f"{before}{parts.text(2)}", segment.first(6), at, _USE)
        if mark == "+" and found is not None:
            return {"valueString": f"{parts.text(2)}+"}
        return {"valueQuantity": found} if found else None
    high = amounts.decimal_of(second)
    if high is None:
        return None
    if mark == "-" and low <= high:
        return {"valueRange": {"low": {"value": low, **unit}, "high": {"value": high, **unit}}}
    if mark in (":", "/"):
        return {"valueRatio": {"numerator": {"value": low}, "denominator": {"value": high}}}
    return None


def _range(segment: Segment, parts: Parts, at: Reading) -> Element | None:
    """NR."""
    unit = amounts.unit_of(segment.first(6), at, Use("OBX-6"))
    ends = {"low": amounts.decimal_of(parts.text(1)), "high": amounts.decimal_of(parts.text(2))}
    found = {name: {"value": end, **unit} for name, end in ends.items() if end is not None}
    return {"valueRange": found} if found else None


def _concept(_segment: Segment, parts: Parts, at: Reading) -> Element | None:
    found = datatypes.concept(parts, at, _USE)
    return {"valueCodeableConcept": found} if found else None


def _time(_segment: Segment, parts: Parts, at: Reading) -> Element | None:
    found = dates.date_time_of(parts.text(1), at.zone)
    return {"valueDateTime": found} if found else None


def _clock(_segment: Segment, parts: Parts, _at: Reading) -> Element | None:
    found = dates.time_of(parts.text(1))
    return {"valueTime": found} if found else None


def _period(_segment: Segment, parts: Parts, at: Reading) -> Element | None:
    found = datatypes.period(parts, at, _USE)
    return {"valuePeriod": found} if found else None


_CONVERT: Final[dict[str, Callable[[Segment, Parts, Reading], Element | None]]] = {
    "NM": _quantity,
    "SN": _structured,
    "NR": _range,
    "TM": _clock,
    "DR": _period,
    **dict.fromkeys(_CODED, _concept),
    **dict.fromkeys(_TIMES, _time),
}


def joined(results: list[Result]) -> list[Result]:
    """Return results with the lines of one text made one: TX or FT under one code, in a row."""
    found: list[Result] = []
    lines = 0
    for one in results:
        segment = one.segment
        before = found[-1] if found else None
        if (
            before is not None
            and lines < _LINES_MAX
            and segment.text(2) in TEXTS
            and _same(before.segment, segment)
        ):
            mark = segment.marks.repetition or "~"
            fields = list(before.segment.fields)
            fields[5] = f"{fields[5]}{mark}{segment.raw(5)}"
            joint = Segment("OBX", fields, before.segment.number, segment.marks, segment.codec)
            found[-1] = Result(joint, [*before.notes, *one.notes], before.specimen)
            lines += 1
        else:
            found.append(one)
            lines = 0
    return found


def _same(before: Segment, after: Segment) -> bool:
    """Tell whether two OBX are lines of one text."""
    return len(before.fields) > 5 and all(before.raw(n) == after.raw(n) for n in (2, 3, 4, 11))
