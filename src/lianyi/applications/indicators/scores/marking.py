"""From values to marks: what each component earns, what they come to, who is first. Pure.

What is not known has no mark, and its weight is left out of the total: a department is scored by
what can be known of it. How much that is is told beside the total; a department of which less than
the card wants is known has a total and no rank.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

from lianyi.applications.indicators.scores.model import Component, Version
from lianyi.applications.indicators.views import BothWords

DECIMALS: Final = 2
"""Totals that are told alike have one rank."""
_Of = TypeVar("_Of", bound=Hashable)
_PERCENT: Final = 100.0


class Measured(NamedTuple):
    """What a component came to in one department.

    Attributes:
        value: in the unit of its indicator; None: it is not known.
        numerator, denominator: as counted; None: nothing is known.
        no_data: why it is not known; None: it is.
    """

    value: float | None
    numerator: float | None
    denominator: float | None
    no_data: BothWords | None


class Mark(NamedTuple):
    """What a component earns.

    Attributes:
        component: which.
        measured: what it came to.
        points: None: nothing is known, and it counts for nothing.
        full: its full mark, where everything is known.
    """

    component: Component
    measured: Measured
    points: float | None
    full: float


class Score(NamedTuple):
    """What a department earns.

    Attributes:
        marks: of each component.
        total: of the full mark, by what is known; None: nothing is.
        known: percent of the weights of which something is known.
        ranked: whether that is enough.
    """

    marks: Sequence[Mark]
    total: float | None
    known: float
    ranked: bool


def degree(component: Component, value: float) -> float:
    """Return how far a value reaches: from 0 at ``zero_at`` to 1 at ``full_at``, evenly."""
    reached = (value - component.zero_at) / (component.full_at - component.zero_at)
    return min(max(reached, 0.0), 1.0)


def score(version: Version, measured: Mapping[str, Measured]) -> Score:
    """Return what a department earns by what its components came to, by name."""
    marks = []
    earned = weights = 0.0
    for one in version.components:
        full = version.full_mark * one.weight / version.weights
        found = measured[one.component]
        if found.value is None:
            marks.append(Mark(one, found, None, full))
            continue
        reached = degree(one, found.value)
        earned += one.weight * reached
        weights += one.weight
        marks.append(Mark(one, found, full * reached, full))
    known = _PERCENT * weights / version.weights
    total = round(version.full_mark * earned / weights, DECIMALS) if weights else None
    return Score(marks, total, known, total is not None and known >= version.known_min)


def ranks(scores: Mapping[_Of, Score]) -> dict[_Of, int]:
    """Return the places of those that are ranked, 1 is the best; equal totals share one."""
    totals = {of: one.total for of, one in scores.items() if one.ranked and one.total is not None}
    best = sorted(totals.values(), reverse=True)
    return {of: best.index(total) + 1 for of, total in totals.items()}
