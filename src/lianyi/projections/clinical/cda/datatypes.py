"""The datatypes of HL7 v3 as those of FHIR. Pure.

Each converter takes an element (or the text of an attribute) and gives the value of an element of
FHIR, or None where nothing is said. A null flavor says nothing, except where FHIR wants to hear
why (:func:`absent_code`).

Sources:
    HL7 CDA R2, data types; C-CDA on FHIR, data type maps (facts); HL7 FHIR R4, 2.24.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from lianyi.formats.cda.document import id_of
from lianyi.formats.cda.names import Element, find, find_all, local, text_of, type_of, value_at
from lianyi.formats.cda.page import name_text
from lianyi.projections.clinical.cda import codes
from lianyi.projections.clinical.cda.reading import At, Resource
from lianyi.projections.clinical.hl7v2 import dates
from lianyi.projections.clinical.hl7v2.amounts import decimal_of
from lianyi.projections.clinical.hl7v2.datatypes import code_text
from lianyi.projections.identity.systems import V2_0203

ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
ABSENT_CODES: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
UCUM: Final = "http://unitsofmeasure.org"
_UNIT: Final = re.compile(r"[!-~]{1,80}")
_TELECOMS: Final = {"tel": "phone", "fax": "fax", "mailto": "email", "http": "url", "https": "url"}
_TYPES: Final = {"2.16.840.1.113883.4.1": "SS", "2.16.156.10011.1.3": "NNCHN"}
_STREET: Final = ("township", "streetName", "houseNumber")
"""Parts of an address as WS/T 500 writes them, the larger first."""
_AGES: Final = frozenset({"a", "mo", "wk", "d", "h", "min"})
_TEXTS: Final = frozenset({"ST", "ED"})


def concept(said: Element | str, at: At) -> Resource | None:
    """Return a CodeableConcept: the code, its translations, the words of the sender."""
    if isinstance(said, str):
        return {"text": said} if said else None
    if type_of(said) in _TEXTS or local(said) == "name":
        return words_concept(said, at)
    found: list[Resource] = []
    for one in (said, *find_all(said, "translation")):
        made = coding(one, at)
        if made is not None and made not in found:
            found.append(made)
    text = at.document.referred(find(said, "originalText"))
    if not found:
        text = text or (said.get("displayName") or "").strip()
    result: Resource = {"coding": found} if found else {}
    if text:
        result["text"] = text
    return result or None


def coding(said: Element, at: At) -> Resource | None:
    """Return a Coding; None where there is no code."""
    code = code_text(said.get("code") or "")
    if not code:
        return None
    oid, name = (said.get("codeSystem") or "").strip(), (said.get("codeSystemName") or "").strip()
    result: Resource = {}
    if system := codes.system_in(oid, name, at.said.source):
        result["system"] = system
    result["code"] = code
    if display := " ".join((said.get("displayName") or "").split()):
        result["display"] = display
    return result


def words(said: Element | str, at: At) -> str | None:
    """Return the words of an element, or those of the narrative to which it refers."""
    if isinstance(said, str):
        return " ".join(said.split()) or None
    text = name_text(said) if local(said) == "name" else at.document.referred(said)
    return text or (said.get("displayName") or "").strip() or None


def words_concept(said: Element | str, at: At) -> Resource | None:
    """Return words as a CodeableConcept."""
    text = words(said, at)
    return {"text": text} if text else None


def specific_allergy(said: Element | str, at: At) -> Resource | None:
    """Return what somebody is allergic to, where a value says more than of which kind it is."""
    if isinstance(said, str) or codes.target_of("allergy-kind", said.get("code") or ""):
        return None
    return concept(said, at)


def absence(said: Element | str, at: At) -> Resource | None:
    """Return words that something is not so, for what has no other place for it."""
    found = concept(said, at) or {}
    displays = [str(one["display"]) for one in found.get("coding", ()) if one.get("display")]
    name = found.get("text") or next(iter(displays), "")
    return {"text": f"无 no: {name}"} if name else None


def note(said: Element | str, at: At) -> Resource | None:
    """Return words as an Annotation."""
    text = words(said, at)
    return {"text": text} if text else None


def identifier(said: Element | str, at: At) -> Resource | None:
    """Return an Identifier."""
    if isinstance(said, str) or said.get("nullFlavor"):
        return None
    one = id_of(said)
    if not one.root and not one.extension:
        return None
    if not one.extension:
        kind = "uuid" if codes.is_uuid(one.root) else "oid"
        value = f"urn:{kind}:{one.root.lower() if kind == 'uuid' else one.root}"
        return {"system": "urn:ietf:rfc:3986", "value": value}
    result: Resource = {}
    if kind := _TYPES.get(one.root, ""):
        result["type"] = {"coding": [{"system": V2_0203, "code": kind}]}
    authority = one.root if kind else at.authority(one)
    if system := codes.uri_of(authority):
        result["system"] = system
    return {**result, "value": one.extension}


# --- times -------------------------------------------------------------------------------------


def date_time(said: Element | str, at: At) -> str | None:
    """Return a dateTime."""
    text = said if isinstance(said, str) else said.get("value") or ""
    found = dates.date_time_of(text.strip(), at.said.zone)
    if found is None and text.strip():
        at.said.odd("TS", "no time")
    return found


def date(said: Element | str, at: At) -> str | None:
    """Return a date."""
    text = said if isinstance(said, str) else said.get("value") or ""
    return dates.date_of(text.strip(), at.said.zone)


def period(said: Element | str, at: At) -> Resource | None:
    """Return a Period: IVL_TS, or the day of a TS. An end before the beginning is left out."""
    if isinstance(said, str):
        return None
    start, end = (date_time(value_at(said, f"{one}/@value"), at) for one in ("low", "high"))
    if start is None and end is None:
        start = date_time(said, at)
    if start and end and dates.begins_after(start, end):
        at.said.odd("IVL_TS", "the end stands before the beginning")
        end = None
    found = {"start": start, "end": end}
    return {name: value for name, value in found.items() if value} or None


def moment(said: Element | str, at: At) -> tuple[str, Any] | None:
    """Return when something was: a dateTime or a Period, with the ending of the element."""
    if isinstance(said, str):
        return None
    if said.get("value"):
        found = date_time(said, at)
        return ("DateTime", found) if found else None
    if find(said, "low | high") is None:
        centre = date_time(value_at(said, "center/@value"), at)
        return ("DateTime", centre) if centre else None
    span = period(said, at)
    return ("Period", span) if span else None


# --- amounts -----------------------------------------------------------------------------------


def quantity(said: Element | str, at: At) -> Resource | None:
    """Return a Quantity: PQ, REAL, INT."""
    if isinstance(said, str):
        value = decimal_of(said)
        return {"value": value} if value is not None else None
    value = decimal_of(said.get("value") or "")
    if value is None:
        return None
    return {"value": value, **unit(said, at)}


def age(said: Element | str, at: At) -> Resource | None:
    """Return an Age: an amount of years, months, weeks, days or hours (age-1)."""
    found = quantity(said, at)
    if found is None or found["value"] <= 0 or found.get("code") not in _AGES:
        return None
    return found


def unit(said: Element, at: At) -> Resource:
    """Return the unit of an amount: a code of UCUM, as PQ has it, where it may be one."""
    text = " ".join((said.get("unit") or "").split())
    if not text or text == "1":
        other = find(said, "translation")
        shown = at.document.referred(find(other, "originalText")) if other is not None else ""
        return {"unit": shown} if shown else {}
    if _UNIT.fullmatch(text):
        return {"unit": text, "system": UCUM, "code": text}
    return {"unit": text}


def bounds(said: Element, at: At) -> tuple[Resource | None, Resource | None]:
    """Return the ends of an interval of amounts."""
    return tuple(  # type: ignore[return-value]
        quantity(one, at) if (one := find(said, name)) is not None else None
        for name in ("low", "high")
    )


def compared(said: Element, at: At) -> tuple[str, Resource] | None:
    """Return an interval (IVL_PQ) as a Range, or as a Quantity that is compared."""
    low, high = bounds(said, at)
    if low and high and low["value"] <= high["value"]:
        return "Range", {"low": low, "high": high}
    one, sign = (low, ">") if low else (high, "<")
    if one is None:
        found = quantity(said, at)
        return ("Quantity", found) if found else None
    end = find(said, "low" if low else "high")
    inclusive = end is not None and end.get("inclusive") != "false"
    comparator = f"{sign}=" if inclusive else sign
    return "Quantity", {"value": one["value"], "comparator": comparator, **_without_value(one)}


def _without_value(one: Resource) -> Resource:
    return {name: value for name, value in one.items() if name != "value"}


def positive(said: Element | str, at: At) -> int | None:
    """Return a whole number from 1."""
    value = decimal_of(said if isinstance(said, str) else said.get("value") or "")
    if value is None or value != value.to_integral_value() or not 0 < value < Decimal(1 << 31):
        return None
    return int(value)


# --- null flavors ------------------------------------------------------------------------------


def absent_code(said: Element | None) -> str:
    """Return why something is not said: a code of data-absent-reason."""
    flavor = (said.get("nullFlavor") or "") if said is not None else ""
    return codes.target_of("absent", flavor) or "unknown"


def absent(said: Element | None) -> Resource:
    """Return the extension that says why something is not said."""
    return {"extension": [{"url": ABSENT, "valueCode": absent_code(said)}]}


# --- persons -----------------------------------------------------------------------------------


def name(said: Element | str, _at: At) -> Resource | None:
    """Return a HumanName."""
    if isinstance(said, str) or said.get("nullFlavor"):
        return None
    parts: dict[str, list[str]] = {}
    for one in said:
        text = text_of(one)
        if text:
            parts.setdefault(local(one), []).append(text)
    result: Resource = {}
    uses = (said.get("use") or "").split()
    if use := next((found for one in uses if (found := codes.target_of("name-use", one))), ""):
        result["use"] = use
    own = " ".join((said.text or "").split())
    if not parts:
        return {**result, "text": own} if own else None
    if "family" in parts:
        result["family"] = " ".join(parts["family"])
    for theirs, ours in (("given", "given"), ("prefix", "prefix"), ("suffix", "suffix")):
        if theirs in parts:
            result[ours] = parts[theirs]
    if not result.keys() & {"family", "given"}:
        result["text"] = name_text(said)
    return result


def address(said: Element | str, _at: At) -> Resource | None:
    """Return an Address."""
    if isinstance(said, str) or said.get("nullFlavor"):
        return None
    parts: dict[str, list[str]] = {}
    for one in said:
        if text := text_of(one):
            parts.setdefault(local(one), []).append(text)
    result: Resource = {}
    uses = (said.get("use") or "").split()
    if use := next((found for one in uses if (found := codes.target_of("address-use", one))), ""):
        result["use"] = use
    own = " ".join((said.text or "").split())
    if not parts:
        return {**result, "text": own} if own else None
    street = "".join(parts[one][0] for one in _STREET if one in parts)
    lines = [*parts.get("streetAddressLine", []), street]
    if lines := [line for line in lines if line]:
        result["line"] = lines
    for theirs, ours in (
        ("city", "city"), ("county", "district"), ("state", "state"),
        ("postalCode", "postalCode"), ("country", "country"),
    ):  # fmt: skip
        if theirs in parts:
            result[ours] = " ".join(parts[theirs])
    return result if len(result) > ("use" in result) else None


def telecom(said: Element | str, _at: At) -> Resource | None:
    """Return a ContactPoint."""
    if isinstance(said, str) or said.get("nullFlavor"):
        return None
    scheme, mark, rest = (said.get("value") or "").strip().partition(":")
    value = rest if mark and scheme.lower() in _TELECOMS else (said.get("value") or "").strip()
    if not value:
        return None
    system = _TELECOMS.get(scheme.lower(), "phone") if mark else "phone"
    if system == "url":
        value = f"{scheme}:{rest}"
    result: Resource = {"system": system, "value": value.strip()}
    uses = (said.get("use") or "").split()
    if use := next((found for one in uses if (found := codes.target_of("telecom-use", one))), ""):
        result["use"] = use
    return result


def listed(found: list[Element], convert: Any, at: At) -> list[Any]:  # noqa: ANN401 - a converter
    """Return everything that some elements say, each thing once."""
    made: list[Any] = []
    for one in found:
        value = convert(one, at)
        if value is not None and value not in made:
            made.append(value)
    return made
