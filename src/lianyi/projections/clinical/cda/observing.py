"""What was observed, and how a medicine is taken: the elements that no single field gives. Pure.

Sources:
    HL7 CDA R2, Observation.value, SubstanceAdministration; HL7 FHIR R4, Observation, Dosage,
    Timing; C-CDA on FHIR (facts).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from lianyi.formats.cda.names import Element, find, find_all, local, text_of, type_of, value_at
from lianyi.projections.clinical.cda import datatypes
from lianyi.projections.clinical.cda.reading import At, Resource
from lianyi.projections.clinical.hl7v2.amounts import decimal_of

_CODED: Final = frozenset({"CD", "CE", "CV", "CO", "CS"})
_TEXT_MAX: Final = 1 << 20
_UNITS: Final = {
    "s": "s", "min": "min", "h": "h", "d": "d", "wk": "wk", "mo": "mo", "a": "a",
    "hour": "h", "hours": "h", "day": "d", "days": "d", "week": "wk", "weeks": "wk",
}  # fmt: skip
_EVENTS: Final = frozenset(
    ("HS", "WAKE", "C", "CM", "CD", "CV", "AC", "ACM", "ACD", "ACV", "PC", "PCM", "PCD", "PCV")
)


class Several(dict[str, Any]):
    """Elements that one converter gives at once."""


def observed(said: Element | str, at: At) -> Several | None:
    """Return ``value[x]`` of an observation, several values as components, or why there is none."""
    if isinstance(said, str):
        return None
    values = find_all(said, "value")
    found = [one for value in values if (one := value_of(value, at)) is not None]
    if not found:
        if find(said, "entryRelationship/observation | component") is not None and not values:
            return None
        reason = datatypes.absent_code(values[0] if values else None)
        coding = {"system": datatypes.ABSENT_CODES, "code": reason}
        return Several(dataAbsentReason={"coding": [coding]})
    code = find(said, "code")
    of_what = datatypes.concept(code, at) if code is not None else None
    if len(found) > 1 and of_what:  # all of them: none is more than the others (obs-7)
        return Several(component=[{"code": of_what, f"value{name}": one} for name, one in found])
    ending, value = found[0]
    return Several({f"value{ending}": value})


def value_of(said: Element, at: At) -> tuple[str, Any] | None:
    """Return a value with the ending of its element; None where it says nothing."""
    kind = type_of(said)
    if kind in _CODED or (not kind and said.get("code")):
        found: Any = datatypes.concept(said, at)
        return ("CodeableConcept", found) if found else None
    if kind in ("PQ", "REAL", "MO"):
        found = datatypes.quantity(said, at)
        return ("Quantity", found) if found else _as_text(said, at)
    if kind == "INT":
        found = datatypes.quantity(said, at)
        if found and found["value"] == found["value"].to_integral_value():
            whole = int(found["value"])
            if abs(whole) < 1 << 31:
                return "Integer", whole
        return _as_text(said, at)
    if kind in ("IVL_PQ", "IVL_INT", "IVL_REAL"):
        return datatypes.compared(said, at) or _as_text(said, at)
    if kind == "BL":
        text = (said.get("value") or "").lower()
        return ("Boolean", text == "true") if text in ("true", "false") else None
    if kind in ("TS", "IVL_TS"):
        return datatypes.moment(said, at) or _as_text(said, at)
    if kind in ("RTO", "RTO_PQ_PQ"):
        return _ratio(said, at)
    return _as_text(said, at)


def _ratio(said: Element, at: At) -> tuple[str, Any] | None:
    parts = {}
    for name in ("numerator", "denominator"):
        one = find(said, name)
        if one is not None and (found := datatypes.quantity(one, at)) is not None:
            parts[name] = found
    return ("Ratio", parts) if len(parts) == 2 else None


def _as_text(said: Element, at: At) -> tuple[str, Any] | None:
    if (said.get("representation") or "").upper() == "B64":
        return None
    text = at.document.referred(said) or (said.get("value") or "").strip()
    unit = (said.get("unit") or "").strip()
    text = " ".join(filter(None, (text, unit))) if not text_of(said) and text else text
    return ("String", text[:_TEXT_MAX]) if text else None


def reference_range(said: Element | str, at: At) -> Resource | None:
    """Return the range of usual values: two amounts, or words."""
    if isinstance(said, str):
        return None
    found: Resource = {}
    value = find(said, "value")
    if value is not None and type_of(value).startswith("IVL"):
        low, high = datatypes.bounds(value, at)
        if low and high and low["value"] > high["value"]:
            low = high = None
        found |= {name: one for name, one in (("low", low), ("high", high)) if one}
    text = at.document.referred(find(said, "text"))
    if not text and value is not None and not found:
        said_value = value_of(value, at)
        text = said_value[1] if said_value and said_value[0] == "String" else ""
        text = text or value_at(said, "value/@displayName")
    if text:
        found["text"] = text
    return found or None


def dosage(said: Element | str, at: At) -> Resource | None:
    """Return how a medicine is taken; None where nothing of it is said."""
    if isinstance(said, str):
        return None
    found: Resource = {}
    if text := at.document.referred(find(said, "text")):
        found["text"] = text
    instruction = "entryRelationship/act[templateId/@root='2.16.840.1.113883.10.20.22.4.20']/text"
    if told := at.document.referred(find(said, instruction)):
        found["patientInstruction"] = told
    repeat = _timing(said, at)
    if repeat:
        found["timing"] = {"repeat": repeat}
    if (needed := find(said, "precondition")) is not None:
        value = find(needed, "criterion/value")
        reason = datatypes.concept(value, at) if value is not None else None
        found |= {"asNeededCodeableConcept": reason} if reason else {"asNeededBoolean": True}
    for name, path in (("site", "approachSiteCode"), ("route", "routeCode")):
        one = find(said, path)
        if one is not None and (concept := datatypes.concept(one, at)) is not None:
            found[name] = concept
    amounts: Resource = {}
    for name, path in (("dose", "doseQuantity"), ("rate", "rateQuantity")):
        one = find(said, path)
        made = datatypes.compared(one, at) if one is not None else None
        if made is not None and "comparator" not in made[1]:
            amounts[f"{name}{made[0]}"] = made[1]
    if amounts:
        found["doseAndRate"] = [amounts]
    limit = find(said, "maxDoseQuantity")
    if limit is not None and (ratio := _ratio(limit, at)) is not None:
        found["maxDosePerPeriod"] = ratio[1]
    return found or None


def _timing(said: Element, at: At) -> Resource:
    repeat: Resource = {}
    for one in find_all(said, "effectiveTime"):
        if type_of(one) == "PIVL_TS":
            repeat |= _period(one)
        elif type_of(one) == "EIVL_TS":
            event = value_at(one, "event/@code").upper()
            if event in _EVENTS:
                repeat["when"] = [event]
    if "period" in repeat and "when" in repeat:
        del repeat["when"]
    return repeat


def _period(said: Element) -> Resource:
    """Return a period of PIVL_TS: every so often, or between two spans."""
    one = find(said, "period")
    if one is None:
        return {}
    ends = [found for found in (find(one, "low"), find(one, "high")) if found is not None] or [one]
    amounts = [(_number(end), _UNITS.get((end.get("unit") or "").strip())) for end in ends]
    if any(value is None or unit is None for value, unit in amounts):
        return {}
    if len({unit for _, unit in amounts}) > 1:
        return {}
    (first, unit), (last, _) = amounts[0], amounts[-1]
    found: Resource = {"frequency": 1, "period": first, "periodUnit": unit}
    if last is not None and first is not None and last > first:
        found["periodMax"] = last
    return found


def _number(said: Element) -> Decimal | None:
    found = decimal_of(said.get("value") or "")
    return found if found is not None and found > 0 else None


def is_empty(said: Element) -> bool:
    """Tell whether an act says nothing: neither code nor value nor text nor product."""
    return not any(local(one) in ("code", "value", "text", "consumable") for one in said)
