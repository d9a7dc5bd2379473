"""Numbers.

Source:
    FHIRPath N1 (STU in R4), "Math".
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal, DecimalException
from typing import Any

from lianyi.formats.fhir.fhirpath.calling import Site, function
from lianyi.formats.fhir.fhirpath.nodes import Items, quantity
from lianyi.formats.fhir.fhirpath.operators import bounded
from lianyi.formats.fhir.fhirpath.quantities import Quantity
from lianyi.formats.fhir.fhirpath.running import Run

PLACES_MAX = 28


def _register(name: str, calculate: Callable[[Any], int | Decimal], *, quantities: bool) -> None:
    """Register a function of one number (or of the number of a quantity)."""

    @function(name)
    def run_(site: Site, run: Run, items: Items) -> Items:
        item = site.one(items)
        amount = quantity(item) if quantities and item is not None else None
        if amount is not None:
            return [Quantity(Decimal(calculate(amount.value)), amount.unit, amount.calendar)]
        number = site.number(items)
        if number is None:
            return []
        try:
            return bounded(calculate(number))
        except (DecimalException, ValueError, OverflowError):
            return []


def _whole(rounding: str) -> Callable[[int | Decimal], int]:
    return lambda number: int(Decimal(number).to_integral_value(rounding))


def _exact(number: Decimal) -> Decimal:
    """Drop the zeros that a series left at the end."""
    whole = number.to_integral_value()
    return whole if number == whole else number.normalize()


for _name, _calculate, _of_quantities in (
    ("abs", abs, True),
    ("ceiling", _whole(ROUND_CEILING), True),
    ("floor", _whole(ROUND_FLOOR), True),
    ("truncate", _whole(ROUND_DOWN), True),
    ("sqrt", lambda number: _exact(Decimal(number).sqrt()), False),
    ("exp", lambda number: Decimal(number).exp(), False),
    ("ln", lambda number: Decimal(number).ln(), False),
):
    _register(_name, _calculate, quantities=_of_quantities)


@function("round", 0, 1)
def round_(site: Site, run: Run, items: Items, precision: Items | None = None) -> Items:
    """Return the number to so many decimal places, halves away from zero."""
    item = site.one(items)
    amount = quantity(item) if item is not None else None
    number = amount.value if amount is not None else site.number(items)
    places = site.integer(precision) if precision is not None else None
    if number is None:
        return []
    if places is not None and not 0 <= places <= PLACES_MAX:
        raise site.unfit(places)
    try:
        rounded = Decimal(number).quantize(Decimal(1).scaleb(-(places or 0)), ROUND_HALF_UP)
    except DecimalException:
        rounded = Decimal(number)
    if amount is not None:
        return [Quantity(rounded, amount.unit, amount.calendar)]
    return [rounded if places else int(rounded)]


@function("log", 1)
def log(site: Site, run: Run, items: Items, base: Items) -> Items:
    """Return the logarithm to a base."""
    number, to = site.number(items), site.number(base)
    if number is None or to is None or number <= 0 or to <= 0 or to == 1:
        return []
    found = Decimal(number).ln() / Decimal(to).ln()
    nearest = found.quantize(Decimal("1e-20")) if abs(found) < 10**7 else found
    return bounded(_exact(nearest))


@function("power", 1)
def power(site: Site, run: Run, items: Items, exponent: Items) -> Items:
    """Return the number raised to a power; nothing where that is no real number."""
    number, to = site.number(items), site.number(exponent)
    if number is None or to is None:
        return []
    try:
        raised = Decimal(number) ** Decimal(to)
    except DecimalException:
        return []
    if isinstance(number, int) and isinstance(to, int) and to >= 0:
        return bounded(int(raised)) if raised.adjusted() < 20 else []
    return bounded(_exact(raised)) if raised.is_finite() else []
