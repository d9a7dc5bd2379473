"""Quantities: a number with a unit, of UCUM or of the calendar.

Source:
    FHIRPath N1, "Quantity", "Time-valued Quantities", "Math" and "Equality" of quantities.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from lianyi.formats.fhir.fhirpath.units import Unit, power, product, unit

UCUM = "http://unitsofmeasure.org"
_IN_SECONDS = {
    "week": "wk",
    "day": "d",
    "hour": "h",
    "minute": "min",
    "second": "s",
    "millisecond": "ms",
}
CALENDAR_OF_UCUM = {code: name for name, code in _IN_SECONDS.items()}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of units.

    ``calendar`` quantities have a unit such as ``day`` or ``days``, as it was written.
    """

    value: Decimal
    unit: str
    calendar: bool = False

    def __str__(self) -> str:
        return f"{self.value} {self.unit}" if self.calendar else f"{self.value} '{self.unit}'"


class Canonical(NamedTuple):
    """A quantity in base units: comparable with those of the same ``dimension`` only."""

    value: Fraction
    dimension: tuple[object, ...]


def canonical(quantity: Quantity, *, loosely: bool = False) -> Canonical:
    """Return a quantity in base units.

    Args:
        quantity: any; one whose unit is unknown keeps it as its dimension.
        loosely: take a calendar year or month for the mean one of UCUM, as ``~`` does.
    """
    name = quantity.unit.removesuffix("s") if quantity.calendar else quantity.unit
    value = Fraction(quantity.value)
    if quantity.calendar and name in {"year", "month"}:
        months = value * 12 if name == "year" else value
        if not loosely:
            return Canonical(months, ("months",))
        known = unit("mo")
        value = months
    else:
        known = unit(_IN_SECONDS[name] if quantity.calendar else name)
    if known is None:
        return Canonical(value, ("unknown", quantity.unit))
    return Canonical(value * known.factor, known.powers)


def compared(left: Quantity, right: Quantity) -> int | None:
    """Return -1, 0 or 1 as left is less, equal or more; None where they are not comparable."""
    ours, theirs = canonical(left), canonical(right)
    if ours.dimension != theirs.dimension:
        return None
    return (ours.value > theirs.value) - (ours.value < theirs.value)


def equivalent(left: Quantity, right: Quantity) -> bool:
    """Whether they are the same to the precision of the coarser one."""
    ours, theirs = canonical(left, loosely=True), canonical(right, loosely=True)
    if ours.dimension != theirs.dimension:
        return False
    if ours.value == theirs.value:
        return True
    steps = [_step(each, in_base) for each, in_base in ((left, ours), (right, theirs))]
    coarsest = max(steps)
    return _rounded(ours.value, coarsest) == _rounded(theirs.value, coarsest)


def _step(quantity: Quantity, in_base: Canonical) -> Fraction:
    """Return the last decimal place of a quantity, in base units."""
    place = Fraction(10) ** min(0, int(quantity.value.normalize().as_tuple().exponent))
    factor = in_base.value / Fraction(quantity.value) if quantity.value else Fraction(1)
    return place * abs(factor)


def _rounded(value: Fraction, step: Fraction) -> int:
    steps = abs(value) / step + Fraction(1, 2)
    return int(steps) if value >= 0 else -int(steps)


def comparable(left: Quantity, right: Quantity) -> bool:
    """Whether both have units of one dimension."""
    ours, theirs = canonical(left), canonical(right)
    return ours.dimension == theirs.dimension and ours.dimension[:1] != ("unknown",)


def added(left: Quantity, right: Quantity, sign: int) -> Quantity | None:
    """Return the sum (``sign`` 1) or difference (-1) in the unit of the left one."""
    if left.unit == right.unit and left.calendar == right.calendar:
        return Quantity(left.value + sign * right.value, left.unit, left.calendar)
    ours, theirs = canonical(left), canonical(right)
    if ours.dimension != theirs.dimension:
        return None
    one = canonical(Quantity(Decimal(1), left.unit, left.calendar)).value
    return Quantity(as_decimal((ours.value + sign * theirs.value) / one), left.unit, left.calendar)


def multiplied(left: Quantity, right: Quantity, sign: int) -> Quantity | None:
    """Return the product (``sign`` 1) or the quotient (-1); None where a unit has no powers."""
    value = left.value * right.value if sign > 0 else left.value / right.value
    if right.unit == "1":
        return Quantity(value, left.unit, left.calendar)
    if left.unit == "1" and sign > 0:
        return Quantity(value, right.unit, right.calendar)
    if left.unit == right.unit and sign < 0:
        return Quantity(value, "1")
    ours, theirs = _known(left), _known(right)
    if ours is None or theirs is None:
        return None
    whole = product(ours, power(theirs, sign))
    return Quantity(as_decimal(Fraction(value) * whole.factor), _code(whole))


def _known(quantity: Quantity) -> Unit | None:
    if not quantity.calendar:
        return unit(quantity.unit)
    name = _IN_SECONDS.get(quantity.unit.removesuffix("s"))
    return unit(name) if name else None


def _code(known: Unit) -> str:
    return ".".join(f"{name}{count if count != 1 else ''}" for name, count in known.powers) or "1"


def as_decimal(value: Fraction) -> Decimal:
    """Return a fraction to 28 digits, without zeros at the end."""
    quotient = Decimal(value.numerator) / Decimal(value.denominator)
    whole = quotient.to_integral_value()
    return whole if quotient == whole else quotient.normalize()
