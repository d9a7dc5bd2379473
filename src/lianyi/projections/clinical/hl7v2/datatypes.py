"""The datatypes of HL7 v2 as those of FHIR: codes, identifiers, names, addresses, amounts. Pure.

Each converter takes one repetition of a field and gives the value of an element, or None where the
field says nothing. What it cannot read raises :class:`Unreadable`: the table then keeps the text.

Sources:
    HL7 v2.8.2 chapter 2A; HL7 v2-to-FHIR datatype maps (facts; see NOTICE); HL7 FHIR R4, 2.24.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, NamedTuple

from lianyi.formats.hl7v2.delimiters import Delimiters
from lianyi.projections.clinical.hl7v2 import codes, dates
from lianyi.projections.clinical.hl7v2.reading import Reading, Unmapped
from lianyi.projections.clinical.hl7v2.segments import Parts
from lianyi.projections.identity.feeds.id_kinds import kind_said, looks_like_document
from lianyi.projections.identity.feeds.wording import address_of, is_chinese, name_of
from lianyi.projections.identity.registration import IdKind
from lianyi.projections.identity.systems import KINDS, V2_0203, system_of

Element = dict[str, Any]

AS_SENT: Final = "urn:lianyi:as-sent"
"""Extension that holds what a sender wrote where it is not what the element must be."""
REPRESENTATION: Final = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
_BCP_47: Final = "urn:ietf:bcp:47"
_SPACES: Final = re.compile(r"\s+")
_RANK: Final = re.compile(r"[1-9]\d{0,2}", re.ASCII)
_MOBILE: Final = re.compile(r"(?:\+?86[- ]?)?1[3-9]\d{9}", re.ASCII)


class Unreadable(Exception):
    """A field says something that its datatype is not."""


class Use(NamedTuple):
    """What a table says of the field that is converted.

    Attributes:
        field: ``PID-8``.
        codes: the code map to be asked; empty: none.
        table: the HL7 table, four digits, whose codes may stand there; empty: none.
    """

    field: str
    codes: str = ""
    table: str = ""


def code_text(text: str) -> str:
    """Return a text as a code may be written: single blanks and no others."""
    return text if text.isalnum() else _SPACES.sub(" ", text.strip())


# --- texts, numbers, times -----------------------------------------------------------------


def string(parts: Parts, _at: Reading, _use: Use) -> str | None:
    """Return the first component as text."""
    return parts.text(1) or None


def whole(parts: Parts, _at: Reading, _use: Use) -> str | None:
    """Return everything as text."""
    return parts.whole() or None


def words(parts: Parts, _at: Reading, _use: Use) -> str | None:
    """Return how a coded field says it in words: original text, text, else the code."""
    return parts.text(9) or parts.text(2) or parts.text(1) or None


def boolean(parts: Parts, at: Reading, use: Use) -> bool | None:
    """Return a yes or no, table 0136 and Chinese usage."""
    said = parts.text(1)
    if not said:
        return None
    found = codes.target_of("yes-no", said)
    if found is None:
        raise Unreadable("no yes and no no")
    return found.code == "true"


def date(parts: Parts, at: Reading, _use: Use) -> str | None:
    """Return a date."""
    return _timed(parts, dates.date_of(parts.text(1, 1), at.zone))


def birth_time(parts: Parts, at: Reading, _use: Use) -> str | None:
    """Return the dateTime of a birth of which more than the day is said."""
    found = dates.date_time_of(parts.text(1, 1), at.zone)
    return found if found and "T" in found else None


def date_time(parts: Parts, at: Reading, _use: Use) -> str | None:
    """Return a dateTime."""
    return _timed(parts, dates.date_time_of(parts.text(1, 1), at.zone))


def instant(parts: Parts, at: Reading, _use: Use) -> str | None:
    """Return an instant."""
    return _timed(parts, dates.instant_of(parts.text(1, 1), at.zone))


def _timed(parts: Parts, found: str | None) -> str | None:
    if found is None and parts.text(1, 1):
        raise Unreadable("no time")
    return found


def period(parts: Parts, at: Reading, _use: Use) -> Element | None:
    """Return a period: DR."""
    return period_of(parts.text(1, 1), parts.text(2, 1), at)


def period_of(start: str, end: str, at: Reading) -> Element | None:
    """Return a period; None where neither end can be read."""
    said = {"start": dates.date_time_of(start, at.zone), "end": dates.date_time_of(end, at.zone)}
    found = {name: value for name, value in said.items() if value}
    return in_order(found, at, "period") or None


def in_order(period: Element, at: Reading, where: str) -> Element:
    """Return a period; one that ends before it begins keeps its end as it was sent, noted."""
    start, end = period.get("start"), period.get("end")
    if start and end and dates.begins_after(start, end):
        at.odd(where, "it ends before it begins")
        kept = {"extension": [{"url": AS_SENT, "valueString": end}]}
        return {**{name: period[name] for name in period if name != "end"}, "_end": kept}
    return period


# --- codes -----------------------------------------------------------------------------------


def code(parts: Parts, at: Reading, use: Use) -> str | None:
    """Return a code of FHIR; the code map must know what is said."""
    said = code_text(parts.text(1))
    if not said:
        return None
    found = codes.target_of(use.codes, said)
    if found is None:
        at.unmapped(Unmapped(use.field, use.codes, "", said, parts.text(2)))
        raise Unreadable("a code that is not mapped")
    return found.code


def coding(parts: Parts, at: Reading, use: Use) -> Element | None:
    """Return a Coding: the mapped one, else as it was sent."""
    found = codings(parts, at, use)
    return found[0] if found else None


def codings(parts: Parts, at: Reading, use: Use) -> list[Element]:
    """Return all that a coded field (CE, CWE, CNE) says, the mapped one first."""
    found, unmapped = _codings(parts.raw, parts.marks, parts.codec, use, at.source)
    for one in unmapped:
        at.unmapped(one)
    return [dict(one) for one in found]


@lru_cache(maxsize=8192)
def _codings(
    raw: tuple[str, ...], marks: Delimiters, codec: str, use: Use, source: str
) -> tuple[tuple[Element, ...], tuple[Unmapped, ...]]:
    """Return the codings of a field and the codes among them that are kept as they were sent."""
    parts = Parts(raw, marks, codec)
    found: list[Element] = []
    unmapped: list[Unmapped] = []
    for first, version, oid in ((1, 7, 14), (4, 8, 17), (10, 13, 20)):
        said = code_text(parts.text(first))
        if not said:
            continue
        display, named = parts.text(first + 1), parts.text(first + 2)
        if use.codes:
            target = codes.target_of(use.codes, said)
            if target is not None and target.system:
                found.append(_coding(target.system, target.code, target.display or display))
                if target.native:
                    continue
            elif first == 1:
                unmapped.append(Unmapped(use.field, use.codes, "", said, display))
        system = codes.system_named(named, parts.text(oid), source)
        if not system:
            if first == 1 and not display and (not said.isascii() or " " in said):
                continue
            in_table = first == 1 and use.table and said in codes.hl7_tables().get(use.table, ())
            within = use.field if use.table or use.codes else ""
            system = codes.V2 + use.table if in_table else codes.local_system(source, within)
        if codes.is_local(system) and not (first == 1 and use.codes):
            unmapped.append(Unmapped(use.field, "", system, said, display))
        one = _coding(system, said, display)
        if said_version := parts.text(version):
            one["version"] = said_version
        found.append(one)
    return tuple(found), tuple(unmapped)


def forget() -> None:
    """Forget what codes meant: the tables are others now."""
    _codings.cache_clear()


def _coding(system: str, said: str, display: str) -> Element:
    one = {"system": system, "code": said}
    if display:
        one["display"] = display
    return one


def concept(parts: Parts, at: Reading, use: Use) -> Element | None:
    """Return a CodeableConcept; its text is what was said in words."""
    found = codings(parts, at, use)
    text = parts.text(9)
    if not text and not found:
        text = parts.text(2) or parts.text(1)
    one: Element = {"coding": found} if found else {}
    if text:
        one["text"] = text
    return one or None


def known_concept(parts: Parts, at: Reading, use: Use) -> Element | None:
    """Return a CodeableConcept of an element that may have no other codes than those mapped to."""
    said = code_text(parts.text(1))
    if not said:
        return None
    found = codes.target_of(use.codes, said)
    if found is None:
        at.unmapped(Unmapped(use.field, use.codes, "", said, parts.text(2)))
        raise Unreadable("a code that is not mapped")
    return {"coding": [_coding(found.system, found.code, found.display)]}


def language(parts: Parts, at: Reading, use: Use) -> Element | None:
    """Return a language as a CodeableConcept of BCP 47; one that is not known is ``und``."""
    said = code_text(parts.text(1)) or parts.text(2)
    if not said:
        return None
    shown = parts.text(9) or parts.text(2)
    found = codes.target_of("language", said)
    if found is None:
        at.unmapped(Unmapped(use.field, "language", "", said, parts.text(2)))
        return {"coding": [_coding(_BCP_47, "und", "")], "text": shown or said}
    one: Element = {"coding": [_coding(_BCP_47, found.code, found.display)]}
    return {**one, "text": shown} if shown else one


def place_text(parts: Parts, _at: Reading, _use: Use) -> Element | None:
    """Return an Address of text alone."""
    text = parts.whole()
    return {"text": text} if text else None


def text_concept(parts: Parts, _at: Reading, _use: Use) -> Element | None:
    """Return a CodeableConcept of text alone."""
    text = parts.whole()
    return {"text": text} if text else None


# --- identifiers -----------------------------------------------------------------------------


def authority_in(parts: Parts, component: int) -> str:
    """Return an assigning authority (HD) as identity and the log write it; empty where unsaid."""
    return parts.text(component, 1) or parts.text(component, 2)


def identifier(parts: Parts, at: Reading, use: Use) -> Element | None:
    """Return an Identifier: CX. One that is a document's or a card's has the system of that."""
    value = parts.text(1, 1)
    if not value:
        return None
    said = parts.text(5, 1)
    system = system_of(authority_in(parts, 4) or at.source)
    kind = kind_said(said) if said else None
    known = KINDS.get(kind) if kind else None
    one: Element = {"system": known.system if known else system, "value": value}
    if known:
        one["type"] = {"coding": [{"system": known.codes, "code": known.code}]}
    elif said:
        one["type"] = identifier_type(said, at, use)
    if lasts := period_of(parts.text(7, 1), parts.text(8, 1), at):
        one["period"] = lasts
    return one


def identifier_type(said: str, at: Reading, use: Use) -> Element:
    """Return what kind of number it is; one that table 0203 does not have as text."""
    if said in codes.hl7_tables()["0203"] or said.startswith(("NN", "NI")):
        return {"coding": [{"system": V2_0203, "code": said}]}
    at.unmapped(Unmapped(f"{use.field}.5", "identifier-type", "", said, ""))
    return {"text": said}


def security_number(parts: Parts, at: Reading, _use: Use) -> Element | None:
    """Return the Identifier of PID-19: a citizen's number where it has the shape of one."""
    value = parts.text(1, 1)
    if not value:
        return None
    is_citizen = looks_like_document(value)
    known = KINDS[IdKind.CITIZEN if is_citizen else IdKind.SOCIAL_SECURITY]
    type_ = {"coding": [{"system": known.codes, "code": known.code}]}
    return {"type": type_, "system": known.system, "value": value}


def licence(parts: Parts, at: Reading, _use: Use) -> Element | None:
    """Return the Identifier of PID-20: a driver's licence (DLN), of whoever issued it."""
    value = parts.text(1, 1)
    if not value:
        return None
    type_ = {"coding": [{"system": V2_0203, "code": "DL"}]}
    one: Element = {
        "type": type_,
        "system": system_of(parts.text(2, 1) or at.source),
        "value": value,
    }
    if lasts := period_of("", parts.text(3), at):
        one["period"] = lasts
    return one


def entity(parts: Parts, at: Reading, _use: Use) -> Element | None:
    """Return an Identifier: EI."""
    value = parts.text(1, 1)
    if not value:
        return None
    return {
        "system": system_of(authority_in(parts, 2) or parts.text(3) or at.source),
        "value": value,
    }


def number(parts: Parts, at: Reading, _use: Use) -> Element | None:
    """Return an Identifier of a field that is nothing but a number."""
    value = parts.text(1, 1)
    return {"system": system_of(at.source), "value": value} if value else None


def code_identifier(parts: Parts, at: Reading, _use: Use) -> Element | None:
    """Return an Identifier of a coded field: CWE."""
    value = code_text(parts.text(1)) or parts.text(2)
    if not value:
        return None
    system = codes.system_named(parts.text(3), parts.text(14), at.source)
    return {"system": system or codes.local_system(at.source), "value": value}


# --- people and places -----------------------------------------------------------------------


def name(parts: Parts, at: Reading, _use: Use) -> Element | None:
    """Return a HumanName: XPN."""
    one = name_from(
        parts.text(1, 1), parts.text(2), parts.text(3), suffixes=(4, 6, 14), prefix=5, parts=parts
    )
    if one is None:
        return None
    use = codes.target_of("name-use", parts.text(7))
    if use is not None:
        one["use"] = use.code
    form = {"A": "ABC", "I": "IDE", "P": "SYL"}.get(parts.text(8).upper())
    if form:
        one["extension"] = [{"url": REPRESENTATION, "valueCode": form}]
    lasts = period_of(parts.text(12), parts.text(13), at)
    if not lasts and parts.text(10):
        lasts = period_of(parts.text(10, 1), parts.text(10, 2), at)
    if lasts:
        one["period"] = lasts
    return one


def name_from(
    family: str, *given: str, suffixes: tuple[int, ...], prefix: int, parts: Parts
) -> Element | None:
    """Return a HumanName of its parts; a Chinese one has the whole as text as well.

    Args:
        family: family name.
        given: first and other names.
        suffixes: components that hold suffixes and degrees.
        prefix: component that holds the prefix.
        parts: of the field.
    """
    one: Element = {}
    text = name_of(family, *given)
    if is_chinese(text):
        one["text"] = text
    if family:
        one["family"] = family
    if called := [part for part in given if part]:
        one["given"] = called
    if before := parts.text(prefix):
        one["prefix"] = [before]
    if after := [text for n in suffixes if (text := parts.text(n))]:
        one["suffix"] = after
    return one if family or called else None


def address(parts: Parts, at: Reading, _use: Use) -> Element | None:
    """Return an Address: XAD. A Chinese one has the whole as text as well."""
    lines = [text for n in (1, 2, 3) if (text := parts.text(1, n))]
    if other := parts.text(2):
        lines.append(other)
    city, state, postcode = parts.text(3), parts.text(4), parts.text(5)
    district = parts.text(9, 1) or parts.text(9, 2) or parts.text(8)
    one: Element = {}
    text = address_of(lines, city=city, province=state, district=district)
    if is_chinese(text):
        one["text"] = text
    said = {
        "line": lines,
        "city": city,
        "district": district,
        "state": state,
        "postalCode": postcode,
        "country": parts.text(6),
    }
    one |= {key: value for key, value in said.items() if value}
    if not one:
        return None
    kind = parts.text(7)
    if use := codes.target_of("address-use", kind):
        one["use"] = use.code
    if type_ := codes.target_of("address-type", kind):
        one["type"] = type_.code
    lasts = period_of(parts.text(13), parts.text(14), at)
    if not lasts and parts.text(12):
        lasts = period_of(parts.text(12, 1), parts.text(12, 2), at)
    if lasts:
        one["period"] = lasts
    return one


def contact(parts: Parts, at: Reading, _use: Use) -> Element | None:
    """Return a ContactPoint: XTN, also of version 2.3, whose first component is all of it."""
    country, area, local = parts.text(5).lstrip("+"), parts.text(6), parts.text(7)
    made = ""
    if local:
        made = (f"+{country} " if country else "") + (f"{area}-{local}" if area else local)
    mail = parts.text(4)
    value = mail if "@" in mail else parts.text(1) or parts.text(12) or made or mail
    if not value:
        return None
    equipment = codes.target_of("telecom-system", parts.text(3))
    use = codes.target_of("telecom-use", parts.text(2))
    system = "email" if "@" in value else equipment.code if equipment else "phone"
    one: Element = {"system": system, "value": value}
    if use is not None:
        one["use"] = use.code
    elif parts.text(3) == "CP" or (system == "phone" and _MOBILE.fullmatch(value)):
        one["use"] = "mobile"
    rank = parts.text(18)
    if _RANK.fullmatch(rank):
        one["rank"] = int(rank)
    if lasts := period_of(parts.text(13), parts.text(14), at):
        one["period"] = lasts
    return one


def citizenship(parts: Parts, at: Reading, use: Use) -> list[Element] | None:
    """Return the inner extension that says of which country somebody is."""
    found = concept(parts, at, use)
    return [{"url": "code", "valueCodeableConcept": found}] if found else None


def source_concept(parts: Parts, at: Reading, use: Use) -> Element | None:
    """Return what a specimen is, of OBR-15 (SPS): its first component is coded."""
    return concept(parts.within(1), at, use)
