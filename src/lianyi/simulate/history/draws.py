"""Chance as tables: a draw is a whole number, a table says what it means.

The engine hashes the number of a row with the seed and takes bits of it; which department, which
second of the day, how many days of stay a draw stands for is looked up here. So nothing random is
computed with floating point by the engine, and the same seed gives the same history anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from statistics import NormalDist
from typing import Final, TypeVar

SLOTS: Final = 4096
"""A draw is a number below this."""

T = TypeVar("T", bound=Hashable)


def slots(weights: Mapping[T, int]) -> list[T]:
    """Return what each draw stands for, in proportion to the weights.

    Args:
        weights: not negative, one of them positive.

    Returns:
        :data:`SLOTS` values.
    """
    total = sum(weights.values())
    given: list[T] = []
    passed = 0
    for value, weight in weights.items():
        passed += weight
        given += [value] * (passed * SLOTS // total - len(given))
    return given


def log_normal(mean: int, spread: int) -> list[int]:
    """Return what each draw stands for in a log-normal distribution, rising.

    Args:
        mean: of the distribution, in whatever unit.
        spread: a hundred times the standard deviation of the logarithm.

    Returns:
        :data:`SLOTS` whole numbers.
    """
    sigma = spread / 100
    bell = NormalDist()
    return [
        round(mean * math.exp(sigma * bell.inv_cdf((place + 0.5) / SLOTS) - sigma * sigma / 2))
        for place in range(SLOTS)
    ]


def seconds_of_day(hours: Sequence[int]) -> list[int]:
    """Return which second of the day each draw stands for; ``hours``: a weight for each hour."""
    by_hour = slots(dict(enumerate(hours)))
    counts: dict[int, int] = {hour: by_hour.count(hour) for hour in set(by_hour)}
    seen: dict[int, int] = dict.fromkeys(counts, 0)
    given = []
    for hour in by_hour:
        given.append(hour * 3600 + seen[hour] * 3600 // counts[hour])
        seen[hour] += 1
    return given
