"""The numbers by which orders and what came of them are known, and the ids made of them. Pure.

A number that names no authority is, if the placer gave it, of the hospital that speaks (MSH-4), so
that the order of the HIS and the report of the laboratory meet; if the filler gave it, his own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from lianyi.projections.clinical.hl7v2 import dates
from lianyi.projections.clinical.hl7v2.datatypes import Element, authority_in, code_text
from lianyi.projections.clinical.hl7v2.grouping import Order
from lianyi.projections.clinical.hl7v2.reading import Reading
from lianyi.projections.clinical.hl7v2.segments import NOTHING, Segment
from lianyi.projections.clinical.ids import clinical_id
from lianyi.projections.identity.systems import V2_0203, system_of


class Number(NamedTuple):
    """A number and who gave it; empty: there is none."""

    value: str = ""
    authority: str = ""

    @property
    def key(self) -> str:
        """Both in one text."""
        return f"{self.value}^{self.authority}"


class Numbers(NamedTuple):
    """How an order is numbered.

    Attributes:
        placer: by who ordered.
        filler: by who carries it out.
        code: what is ordered, OBR-4.1.
        at: when it was carried out, as FHIR writes it; empty where unsaid.
    """

    placer: Number
    filler: Number
    code: str
    at: str

    def identifiers(self) -> list[Element]:
        """Return both as Identifiers."""
        found = []
        for number, kind in ((self.placer, "PLAC"), (self.filler, "FILL")):
            if number.value:
                type_ = {"coding": [{"system": V2_0203, "code": kind}]}
                system = system_of(number.authority)
                found.append({"type": type_, "system": system, "value": number.value})
        return found


def number_in(segment: Segment, field: int, *, unsaid: str) -> Number:
    """Return the number of a field (EI).

    Args:
        segment: that holds it.
        field: its number.
        unsaid: authority of one that names none.
    """
    parts = segment.first(field)
    if parts is None or not (value := parts.text(1, 1)):
        return Number()
    return Number(value, authority_in(parts, 2) or parts.text(3) or unsaid)


def numbers_of(order: Order, at: Reading) -> Numbers:
    """Return how an order is numbered, in ORC or in OBR."""
    detail = order.first("OBR", "ODS", "ODT")
    obr = detail.segment if detail and detail.segment.name == "OBR" else NOTHING
    both = (order.control, obr)
    placer = next((n for s in both if (n := number_in(s, 2, unsaid=at.facility)).value), Number())
    filler = next((n for s in both if (n := number_in(s, 3, unsaid=at.source)).value), Number())
    code = code_text(obr.text(4) or obr.text(4, 2))
    when = next((d for n in (7, 22, 6) if (d := dates.date_time_of(obr.text(n), at.zone))), "")
    return Numbers(placer, filler, code, when)


def request_id(numbers: Numbers, order: Order, at: Reading) -> str:
    """Return the id of the ServiceRequest of an order.

    Its number is the key. Of two orders of one message under one number, the second is called by
    what is ordered as well; without any number an order is called by that and its time.
    """
    number = numbers.placer if numbers.placer.value else numbers.filler
    if not number.value:
        obr = order.first("OBR")
        said = numbers.at or "|".join((obr.segment if obr else order.control).fields[1:])
        id_ = clinical_id("ServiceRequest", at.source, at.patient_key, numbers.code, said)
        count = at.unnumbered[id_] = at.unnumbered.get(id_, 0) + 1
        return id_ if count == 1 else clinical_id("ServiceRequest", at.source, id_, str(count))
    id_ = clinical_id("ServiceRequest", number.authority, number.value)
    code = at.ordered.setdefault(id_, numbers.code)
    if code != numbers.code and numbers.code:
        return clinical_id("ServiceRequest", number.authority, number.value, numbers.code)
    return id_


def report_key(numbers: Numbers, at: Reading) -> tuple[str, ...]:
    """Return the key of a report: filler's number and what was examined."""
    number = numbers.filler if numbers.filler.value else numbers.placer
    if number.value:
        return (number.authority, number.value, numbers.code)
    return (at.source, at.patient_key, numbers.code, numbers.at)


def about(at: Reading) -> dict[str, Any]:
    """Return the elements that say of whom something is, and during which visit."""
    found: dict[str, Any] = {"subject": at.patient}
    if at.encounter is not None:
        found["encounter"] = at.encounter
    return found
