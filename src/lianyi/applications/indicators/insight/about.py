"""Of which indicator an answer is, and in what it is told."""

from __future__ import annotations

from typing import Any

from lianyi.applications.indicators.defining import Meant
from lianyi.applications.indicators.model import Part
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
