"""Numbers, amounts with their units, money and ranges. Pure.

Sources:
    HL7 v2.8.2 chapter 2A: NM, CQ, CP, MO, SN; HL7 FHIR R4, 2.24: decimal, Quantity, Range, Money.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from lianyi.projections.clinical.hl7v2 import codes
from lianyi.projections.clinical.hl7v2.datatypes import Element, Unreadable, Use, code_text
from lianyi.projections.clinical.hl7v2.reading import Reading
from lianyi.projections.clinical.hl7v2.segments import Parts

_NUMBER: Final = re.compile(r"([<>]=?|[≤≥＜＞])?\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?")
_COMPARATORS: Final = {"≤": "<=", "≥": ">=", "＜": "<", "＞": ">"}
_DIGITS_MAX: Final = 60
_RANGE: Final = re.compile(
    r"\s*([+-]?\d+(?:\.\d+)?)\s*(?:--|[-–—~～至]|\.\.)\s*([+-]?\d+(?:\.\d+)?)\s*"
)
_ONE_SIDED: Final = re.compile(r"\s*([<>]=?|[≤≥＜＞])\s*(\d+(?:\.\d+)?)\s*")


def decimal_of(text: str) -> Decimal | None:
    """Read a number as FHIR writes one: the digits that were sent; None where it is none."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None or found[1] or len(text) > _DIGITS_MAX or not (found[3] or found[4]):
        return None
    sign = "-" if found[2] == "-" else ""
    fraction = f".{found[4]}" if found[4] else ""
    power = f"E{int(found[5])}" if found[5] else ""
    return Decimal(f"{sign}{found[3].lstrip('0') or '0'}{fraction}{power}")


def decimal(parts: Parts, _at: Reading, _use: Use) -> Decimal | None:
    """Return a number."""
    text = parts.text(1, 1)
    found = decimal_of(text)
    if text and found is None:
        raise Unreadable("no number")
    return found


def positive(parts: Parts, at: Reading, use: Use) -> int | None:
    """Return a whole number from 1."""
    found = decimal(parts, at, use)
    if found is None:
        return None
    if found != found.to_integral_value() or not 0 < found < 1 << 31:
        raise Unreadable("no whole number from 1")
    return int(found)


def quantity_of(text: str, units: Parts | None, at: Reading, use: Use) -> Element | None:
    """Return a Quantity; None where the text is no number.

    Args:
        text: with ``<`` and the like before it where it is not exact.
        units: CWE of the unit; None: none.
        at: the message.
        use: of the field.
    """
    found = _NUMBER.fullmatch(text.strip())
    amount = decimal_of(text[found.end(1) if found and found[1] else 0 :])
    if found is None or amount is None:
        return None
    one: Element = {"value": amount}
    if found[1]:
        one["comparator"] = _COMPARATORS.get(found[1], found[1])
    return one | unit_of(units, at, use)


def unit_of(units: Parts | None, at: Reading, _use: Use) -> Element:
    """Return the unit of a Quantity: a code of UCUM where the sender says so, or it is known.

    Small and capital letters are told apart: ``MMOL/L`` may be anything.
    """
    if units is None:
        return {}
    said, display = code_text(units.text(1)), units.text(2)
    shown = display or units.text(9) or said
    if not shown:
        return {}
    named = units.text(3)
    system = codes.system_named(named, units.text(14), at.source) if named else ""
    if said and system == codes.UCUM:
        return {"unit": shown, "system": system, "code": said}
    known = codes.code_maps()["unit"].get(said or shown)
    if known is not None:
        return {"unit": shown, "system": codes.UCUM, "code": known.code}
    return {"unit": shown}


def quantity(parts: Parts, at: Reading, use: Use) -> Element | None:
    """Return a Quantity: CQ, with the unit after it."""
    text = parts.text(1, 1)
    if not text:
        return None
    found = quantity_of(text, parts.within(2), at, use)
    if found is None:
        raise Unreadable("no number")
    return found


def money(parts: Parts, _at: Reading, _use: Use) -> Element | None:
    """Return Money: CP or MO. Without a currency it is of the country of the site."""
    text = parts.text(1, 1)
    amount = decimal_of(text)
    if amount is None:
        if text:
            raise Unreadable("no amount of money")
        return None
    currency = parts.text(1, 2) or parts.text(2)
    known = currency if re.fullmatch(r"[A-Z]{3}", currency) else "CNY"
    return {"value": amount, "currency": known}


def range_of(text: str, unit: Element) -> Element:
    """Return low and high of a reference range, as far as the text says numbers."""
    if both := _RANGE.fullmatch(text):
        low, high = decimal_of(both[1]), decimal_of(both[2])
        if low is not None and high is not None and low <= high:
            return {"low": {"value": low, **unit}, "high": {"value": high, **unit}}
    if one := _ONE_SIDED.fullmatch(text):
        amount = decimal_of(one[2])
        side = "high" if one[1] in ("<", "<=", "≤", "＜") else "low"
        if amount is not None:
            return {side: {"value": amount, **unit}}
    return {}
