"""How exactly a value is known, and the least and greatest that it may stand for.

Source:
    FHIRPath 3.0 (STU), "lowBoundary", "highBoundary", "precision", "Date/Time component
    extraction".
"""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, DecimalException
from typing import Any

from lianyi.formats.fhir.fhirpath import temporal
from lianyi.formats.fhir.fhirpath.calling import Site, function
from lianyi.formats.fhir.fhirpath.nodes import Items, quantity
from lianyi.formats.fhir.fhirpath.quantities import Quantity
from lianyi.formats.fhir.fhirpath.running import Run
from lianyi.formats.fhir.fhirpath.temporal import Date, DateTime, Temporal, Time

_PLACES = 8
_PLACES_MAX = 28
_DIGITS = {Date: 8, DateTime: 17, Time: 9}


@function("lowBoundary", 0, 1)
def low_boundary(site: Site, run: Run, items: Items, precision: Items | None = None) -> Items:
    """Return the least value that the input may stand for."""
    return _boundary(site, items, precision, -1)


@function("highBoundary", 0, 1)
def high_boundary(site: Site, run: Run, items: Items, precision: Items | None = None) -> Items:
    """Return the greatest value that the input may stand for."""
    return _boundary(site, items, precision, 1)


def _boundary(site: Site, items: Items, precision: Items | None, direction: int) -> Items:
    value: Any = site.value(items)
    wanted = site.integer(precision) if precision is not None else None
    if value is None:
        return []
    amount = quantity(value)
    if amount is not None:
        number = _number(amount.value, wanted, direction)
        return [] if number is None else [Quantity(number, amount.unit, amount.calendar)]
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        number = _number(Decimal(value), wanted, direction)
        return [] if number is None else [number]
    if not isinstance(value, Temporal):
        raise site.unfit(value)
    bound = temporal.low if direction < 0 else temporal.high
    found = bound(value, _DIGITS[type(value)] if wanted is None else wanted)
    return [] if found is None else [found]


def _number(value: Decimal, places: int | None, direction: int) -> Decimal | None:
    """Return a bound of a number written to its last digit.

    Fewer places than it needs cut it where that moves it outwards from the number's own interval
    no further, and round it otherwise, as the official suite has it: ``1.587`` to two places lies
    between 1.58 and 1.59.
    """
    wanted = _PLACES if places is None else places
    if not 0 <= wanted <= _PLACES_MAX:
        return None
    half = Decimal(5).scaleb(int(value.as_tuple().exponent) - 1)
    bound = value + direction * half
    inwards = (bound > 0) is (direction < 0)
    step = Decimal(1).scaleb(-wanted)
    try:
        return bound.quantize(step, ROUND_DOWN if inwards else ROUND_HALF_UP)
    except DecimalException:  # more digits than a decimal has
        return None


@function("precision")
def precision(site: Site, run: Run, items: Items) -> Items:
    """Return how many digits a number has after its point, or how many say what a date is."""
    value: Any = site.value(items)
    match value:
        case None:
            return []
        case Temporal():
            return [value.precision]
        case bool():
            raise site.unfit(value)
        case int():
            return [0]
        case Decimal():
            return [max(0, -int(value.as_tuple().exponent))]
        case _:
            raise site.unfit(value)


def _register(name: str, place: int, *, of_time: bool) -> None:
    """Register ``yearOf`` and its like: one component of a date or time, where it is known."""

    @function(name)
    def component(site: Site, run: Run, items: Items) -> Items:
        value: Any = site.value(items)
        if value is None:
            return []
        if not isinstance(value, Temporal) or (isinstance(value, Time) and not of_time):
            raise site.unfit(value)
        at = place - 3 if isinstance(value, Time) else place
        return [int(value.parts[at])] if at < len(value.parts) else []


for _place, _name in enumerate(("year", "month", "day", "hour", "minute", "second")):
    _register(f"{_name}Of", _place, of_time=_place > 2)


@function("millisecondOf")
def millisecond_of(site: Site, run: Run, items: Items) -> Items:
    """Return the milliseconds, where seconds are known."""
    value: Any = site.value(items)
    if value is None:
        return []
    if not isinstance(value, Temporal) or not isinstance(value.parts[-1], Decimal):
        return []
    return [int(value.parts[-1] % 1 * 1000)]


@function("timezoneOffsetOf")
def timezone_offset_of(site: Site, run: Run, items: Items) -> Items:
    """Return the hours east of UTC, where they are said."""
    value: Any = site.value(items)
    if not isinstance(value, DateTime) or value.offset is None:
        return []
    return [Decimal(value.offset) / 60]


@function("dateOf")
def date_of(site: Site, run: Run, items: Items) -> Items:
    """Return the date of a dateTime."""
    value: Any = site.value(items)
    if isinstance(value, DateTime):
        return [value.date()]
    return [value] if isinstance(value, Date) else []


@function("timeOf")
def time_of(site: Site, run: Run, items: Items) -> Items:
    """Return the time of day of a dateTime, where it is known."""
    value: Any = site.value(items)
    if isinstance(value, DateTime) and len(value.parts) > 3:
        return [Time(value.parts[3:])]
    return []
