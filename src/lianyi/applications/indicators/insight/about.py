"""Of which indicator an answer is, and in what it is told."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from lianyi.applications.indicators.defining import Meant
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.predicates import SPANS
from lianyi.applications.indicators.wording import said_of
from lianyi.projections.operational.star import Kind


def about_of(one: Meant) -> dict[str, Any]:
    """Return of which indicator an answer is."""
    indicator = one.indicator
    return {
        "code": indicator.indicator,
        "name": said_of(indicator.name),
        "unit": indicator.unit.value,
        "better": indicator.better,
        "counted_by": one.view(),
        "way": one.way,
        "why": one.why,
    }


def money(part: Part) -> bool:
    """Tell whether a part is a sum of money."""
    return part.aggregate == "sum" and part.of in part.of_fact.of_kind(Kind.FEN)


def told_of(one: Meant) -> Fraction:
    """Return what a quotient of what was counted is multiplied by to be told in its unit."""
    numerator, *below = one.caliber.parts()
    told = Fraction(str(one.indicator.factor)) / _seconds(numerator)
    return told * _seconds(below[0]) if below else told


def _seconds(part: Part) -> int:
    span = part.span
    return SPANS[span.unit] if span else 1
