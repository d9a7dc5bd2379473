"""From one System type to another.

Source:
    FHIRPath N1, "Conversion"; STU ``iif`` on an input.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from lianyi.formats.fhir.fhirpath import quantities
from lianyi.formats.fhir.fhirpath.calling import EVERY, Site, function
from lianyi.formats.fhir.fhirpath.lexing import INTEGER_MAX
from lianyi.formats.fhir.fhirpath.nodes import Item, Items, Node, quantity, system
from lianyi.formats.fhir.fhirpath.parsing import CALENDAR_UNITS
from lianyi.formats.fhir.fhirpath.quantities import Quantity
from lianyi.formats.fhir.fhirpath.running import Run, Step
from lianyi.formats.fhir.fhirpath.temporal import Date, DateTime, Time
from lianyi.formats.fhir.fhirpath.units import unit

Known = TypeVar("Known", Date, DateTime, Time)
_INTEGER = re.compile(r"[+-]?\d{1,10}")
_DECIMAL = re.compile(r"[+-]?\d+(\.\d+)?")
_QUANTITY = re.compile(
    r"(?P<value>[+-]?\d+(?:\.\d+)?)\s*(?:'(?P<unit>[^']+)'|(?P<calendar>[a-z]+))?"
)
_TRUTHS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "1.0"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "0.0"), False),
}


@function("iif", 2, 3, lazy=EVERY)
def iif(
    site: Site, run: Run, items: Items, criterion: Step, then: Step, otherwise: Step | None = None
) -> Items:
    """Return one branch or the other; the branch not taken is not evaluated."""
    item = site.one(items)
    this, index = run.this, run.index
    if item is not None:
        run.this = [item]
    try:
        if site.truth(criterion(run)):
            return then(run)
        return otherwise(run) if otherwise is not None else []
    finally:
        run.this, run.index = this, index


def to_boolean(value: Item) -> bool | None:
    """Return what counts as true or false."""
    match value:
        case bool():
            return value
        case int() | Decimal():
            return bool(value) if value in {0, 1} else None
        case str():
            return _TRUTHS.get(value.lower())
        case _:
            return None


def to_integer(value: Item) -> int | None:
    """Return a whole number written as one."""
    match value:
        case bool() | int():
            return int(value)
        case str() if _INTEGER.fullmatch(value):
            found = int(value)
            return found if -INTEGER_MAX - 1 <= found <= INTEGER_MAX else None
        case _:
            return None


def to_decimal(value: Item) -> Decimal | None:
    """Return a number."""
    match value:
        case bool() | int() | Decimal():
            return Decimal(value)
        case str() if _DECIMAL.fullmatch(value):
            return Decimal(value)
        case _:
            return None


def to_quantity(value: Item) -> Quantity | None:
    """Return a number with or without a unit, a number alone having the unit ``1``."""
    if isinstance(value, (bool, int, Decimal)):
        return Quantity(Decimal(value), "1")
    if not isinstance(value, str):
        return quantity(value)
    match = _QUANTITY.fullmatch(value)
    if match is None:
        return None
    number = Decimal(match["value"])
    if match["calendar"]:
        known = match["calendar"] in CALENDAR_UNITS
        return Quantity(number, match["calendar"], calendar=True) if known else None
    return Quantity(number, match["unit"] or "1")


def to_string(value: Item) -> str | None:
    """Return a System value as text."""
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case str() | int() | Date() | DateTime() | Time():
            return str(value)
        case _:
            found = quantity(value)
            return None if found is None else str(found)


def to_date(value: Item) -> Date | None:
    """Return a date, of a dateTime its date."""
    match value:
        case Date():
            return value
        case DateTime():
            return value.date()
        case str():
            return _parsed(Date, value)
        case _:
            return None


def to_datetime(value: Item) -> DateTime | None:
    """Return a dateTime, of a date as much as it says."""
    match value:
        case DateTime():
            return value
        case Date():
            return DateTime(value.parts)
        case str():
            return _parsed(DateTime, value)
        case _:
            return None


def to_time(value: Item) -> Time | None:
    """Return a time of day."""
    match value:
        case Time():
            return value
        case str():
            return _parsed(Time, value.removeprefix("T"))
        case _:
            return None


def _parsed(kind: type[Known], text: str) -> Known | None:
    try:
        return kind.parse(text)
    except ValueError:
        return None


def _register(name: str, convert: Callable[[Any], Item | None]) -> None:
    """Register ``toX()`` and ``convertsToX()``."""

    @function(f"to{name}")
    def to(site: Site, run: Run, items: Items) -> Items:
        value = site.value(items)
        found = None if value is None else convert(value)
        return [] if found is None else [found]

    @function(f"convertsTo{name}")
    def converts(site: Site, run: Run, items: Items) -> Items:
        value = site.value(items)
        return [] if value is None else [convert(value) is not None]


for _name, _convert in {
    "Boolean": to_boolean,
    "Integer": to_integer,
    "Decimal": to_decimal,
    "String": to_string,
    "Date": to_date,
    "DateTime": to_datetime,
    "Time": to_time,
}.items():
    _register(_name, _convert)


@function("toQuantity", 0, 1)
def to_quantity_(site: Site, run: Run, items: Items, wanted: Items | None = None) -> Items:
    """Return a quantity, brought to a unit where one is given."""
    found = _quantity(site, items, wanted)
    return [] if found is None else [found]


@function("convertsToQuantity", 0, 1)
def converts_to_quantity(site: Site, run: Run, items: Items, wanted: Items | None = None) -> Items:
    """Whether ``toQuantity`` would give one."""
    return [] if not items else [_quantity(site, items, wanted) is not None]


def _quantity(site: Site, items: Items, wanted: Items | None) -> Quantity | None:
    found = to_quantity(site.value(items))
    code = site.text(wanted) if wanted is not None else None
    if found is None or code is None:
        return found
    target = Quantity(Decimal(1), CALENDAR_UNITS.get(code, code), code in CALENDAR_UNITS)
    if not quantities.comparable(found, target):
        return None
    ratio = quantities.canonical(found).value / quantities.canonical(target).value
    return Quantity(quantities.as_decimal(ratio), target.unit, target.calendar)


@function("hasValue")
def has_value(site: Site, run: Run, items: Items) -> Items:
    """Whether there is one primitive that has a value, not only extensions."""
    return [len(items) == 1 and _is_valued(items[0])]


@function("getValue")
def get_value(site: Site, run: Run, items: Items) -> Items:
    """Return the System value of the only primitive."""
    return [system(items[0])] if len(items) == 1 and _is_valued(items[0]) else []


def _is_valued(item: Item) -> bool:
    return not isinstance(item, Node) or (item.kind.system is not None and item.value is not None)


@function("comparable", 1)
def comparable(site: Site, run: Run, items: Items, other: Items) -> Items:
    """Whether two quantities have units of one dimension."""
    left, right = site.one(items), site.one(other)
    if left is None or right is None:
        return []
    mine, yours = quantity(left), quantity(right)
    if mine is None or yours is None:
        return [False]
    known = all(each.calendar or unit(each.unit) is not None for each in (mine, yours))
    return [known and quantities.comparable(mine, yours)]
