"""Figures from what was counted: values, comparisons, ranks. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from lianyi.applications.indicators.model import Indicator, Part, Unit
from lianyi.applications.indicators.predicates import SPANS
from lianyi.applications.indicators.views import BothWords, Figure

_POINTS: Final = frozenset({Unit.PERCENT, Unit.PER_MILLE, Unit.PER_TEN_THOUSAND})
"""Of these a change is told in points: from 20 % to 25 % are five."""
Number = int | Decimal


class Counts(NamedTuple):
    """What numerator and denominator came to, as counted; None: there is no denominator."""

    numerator: Number
    denominator: Number | None


def quotient(numerator: float, denominator: float | None, *, factor: float) -> float | None:
    """Return the value that is told; None: there is nothing to divide by."""
    if denominator is None:
        return float(numerator) * factor
    return float(numerator) / float(denominator) * factor if denominator else None


def scale(part: Part) -> float:
    """Return what a sum is multiplied by before it is told: of a span, to its own unit."""
    span = part.span
    return 1.0 / SPANS[span.unit] if span else 1.0


class Teller:
    """Tells figures of one indicator by one caliber."""

    def __init__(self, indicator: Indicator, numerator: Part, denominator: Part | None) -> None:
        """Remember in what numbers are told."""
        self._indicator = indicator
        self._above = scale(numerator)
        self._below = scale(denominator) if denominator else 1.0

    def value(self, counts: Counts | None) -> float | None:
        """Return the value; None: there is nothing to divide by, or nothing is known."""
        if counts is None:
            return None
        above, below = self._told(counts)
        return quotient(above, below, factor=self._indicator.factor)

    def figure(
        self,
        now: Counts | None,
        before: Counts | None,
        last_year: Counts | None,
        *,
        no_data: BothWords | None = None,
    ) -> Figure:
        """Return a figure with its comparisons.

        Args:
            now: what was counted; None: nothing is known.
            before: the same of the period before.
            last_year: the same of the period a year ago.
            no_data: why nothing is known now.
        """
        above, below = self._told(now) if now else (None, None)
        value, previous, then = self.value(now), self.value(before), self.value(last_year)
        return Figure(
            no_data=no_data,
            numerator=above,
            denominator=below,
            value=value,
            previous=previous,
            on_previous=self._change(previous, value),
            last_year=then,
            year_on_year=self._change(then, value),
        )

    def _told(self, counts: Counts) -> tuple[float, float | None]:
        below = counts.denominator
        return (
            float(counts.numerator) * self._above,
            None if below is None else float(below) * self._below,
        )

    def _change(self, then: float | None, now: float | None) -> float | None:
        if then is None or now is None:
            return None
        if self._indicator.unit in _POINTS:
            return now - then
        return (now - then) / abs(then) * 100 if then else None


def ranked(figures: Sequence[Figure], better: Literal["up", "down", "neither"]) -> list[Figure]:
    """Return figures with their places; those of one value share one, 1 is the best."""
    if better == "neither":
        return list(figures)
    values = sorted((one.value for one in figures if one.value is not None), reverse=better == "up")
    return [
        one if one.value is None else one.model_copy(update={"rank": values.index(one.value) + 1})
        for one in figures
    ]
