"""When a value gives alarm. Pure.

Source:
    W. A. Shewhart, "Economic Control of Quality of Manufactured Product" (1931): limits in
    standard deviations around the mean of what was before.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, pstdev
from typing import NamedTuple

HISTORY_MONTHS = 12
HISTORY_MIN = 6
"""Of fewer months no band is told."""


class Band(NamedTuple):
    """Between what a value would be well; None: no limit on that side."""

    lowest: float | None
    highest: float | None

    def holds(self, value: float) -> bool:
        """Tell whether a value lies within."""
        above = self.lowest is None or value >= self.lowest
        return above and (self.highest is None or value <= self.highest)


def target_band(target: float, better: str, limit: float) -> Band:
    """Return what is well of a target.

    Args:
        target: what is to be reached, in the unit of the indicator.
        better: ``up``, ``down`` or ``neither``.
        limit: percent of the target by which it may be missed.
    """
    room = abs(target) * limit / 100
    if better == "up":
        return Band(target - room, None)
    if better == "down":
        return Band(None, target + room)
    return Band(target - room, target + room)


def usual_band(history: Sequence[float], limit: float) -> Band | None:
    """Return what was usual: the mean of some months, ``limit`` standard deviations around it."""
    if len(history) < HISTORY_MIN:
        return None
    mean, spread = fmean(history), pstdev(history)
    return Band(mean - limit * spread, mean + limit * spread)


def reached(value: float | None, target: float, better: str) -> bool | None:
    """Tell whether a target is reached; None: there is no value, or neither way is better."""
    if value is None or better == "neither":
        return None
    return target_band(target, better, 0).holds(value)
