"""How a series may go on, and how well that would have been known before. Pure.

Holt-Winters with additive error, damped trend and season, ETS(A,Ad,A), is held against repeating
the last season. Each is tested where the outcome is known: it is given less and less of the series,
six times, and its errors are told in units of the naive error within training (MASE). The better
one is shown; where that is the naive one, that is said. The same series always gives the same.

Days may differ from their weekday: a free weekday and a worked weekend each have an effect of their
own, the median of what such days differ by from the same weekdays around them. It is taken off
before the fit, and put on where the calendar says so.

Sources:
    R. J. Hyndman and G. Athanasopoulos, "Forecasting: principles and practice", 3rd ed. (2021),
    5.2 and 5.5 (seasonal naive and its interval), 5.10 (rolling origin), 8.3 and 8.7 (ETS).
    R. J. Hyndman and A. B. Koehler, "Another look at measures of forecast accuracy", Int. J.
    Forecasting 22 (2006), 679-688 (MASE).
    R package forecast, ``ets``: the variance of errors is divided by observations less parameters.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from statistics import fmean, median
from typing import Final, NamedTuple

from lianyi.applications.indicators.insight.views import Method

FOLDS: Final = 6
SOURCE: Final = (
    "Hyndman & Athanasopoulos, Forecasting: principles and practice, 3rd ed., 5.5, 5.10, 8.7;"
    " Hyndman & Koehler 2006 (MASE)"
)
Z_80: Final = 1.2815515655446004
Z_95: Final = 1.959963984540054
_NEAR_WEEKS: Final = 4
_ITERATIONS: Final = 200
Kinds = tuple[int, ...]
"""Of each day: 0 as its weekday, 1 a weekday that is free, 2 a weekend that is worked."""
ORDINARY, FREE, WORKED = 0, 1, 2


class Step(NamedTuple):
    """What is expected of one step: mean and half widths of its intervals."""

    mean: float
    half_80: float
    half_95: float

    def within(self, value: float, half: float) -> bool:
        """Tell whether an outcome lies in an interval."""
        return abs(value - self.mean) <= half


class Tested(NamedTuple):
    """How a method did: mean scaled error, shares of outcomes in its intervals, and of how many."""

    method: Method
    mase: float
    covered_80: float
    covered_95: float
    points: int


class Forecasted(NamedTuple):
    """What is expected, by which method, and how all methods did, the best first."""

    method: Method
    steps: list[Step]
    tests: list[Tested]

    @property
    def better_than_naive(self) -> bool:
        """Whether the method is another one than repeating the last season."""
        return self.method != "seasonal_naive"


_Foresees = Callable[[Sequence[float], int], "list[Step] | None"]


@lru_cache(maxsize=128)
def forecast(
    values: tuple[float, ...], season: int, horizon: int, *, test_horizon: int, kinds: Kinds = ()
) -> Forecasted:
    """Say how a series may go on.

    Args:
        values: shape (n,), oldest first, without gaps; not all the same; at least two seasons, six
            folds and a test horizon long.
        season: observations of a season.
        horizon: steps ahead.
        test_horizon: steps ahead that are tested; folds of a season of 7 are a week apart, else
            one step.
        kinds: shape (n + horizon,) of days; empty: nothing is known of them.

    Returns:
        Steps 1 to ``horizon`` ahead by the method of the least error, and how each method did.

    Raises:
        ValueError: the series is shorter than it must be.
    """
    apart = season if test_horizon >= season else 1
    origins = [len(values) - test_horizon - apart * fold for fold in reversed(range(FOLDS))]
    if origins[0] < 2 * season:
        raise ValueError("too short for six folds")
    methods = _methods(season, kinds)
    tests = []
    for name, foresees in methods.items():
        if (found := _tested(name, foresees, values, season, origins, test_horizon)) is not None:
            tests.append(found)
    tests.sort(key=lambda one: (one.mase, one.method != "seasonal_naive"))
    for one in tests:
        steps = methods[one.method](values, horizon)
        if steps is not None:
            return Forecasted(one.method, steps, tests)
    raise ValueError("no method gives an answer")


def _methods(season: int, kinds: Kinds) -> Mapping[Method, _Foresees]:
    found: dict[Method, _Foresees] = {
        "seasonal_naive": lambda train, ahead: naive(train, season, ahead),
        "holt_winters": lambda train, ahead: holt_winters(train, season, ahead),
    }
    if any(kinds):
        found["holt_winters_calendar"] = lambda train, ahead: _by_calendar(
            train, season, ahead, kinds[: len(train) + ahead]
        )
    return found


def _tested(
    method: Method,
    foresees: _Foresees,
    values: Sequence[float],
    season: int,
    origins: Sequence[int],
    ahead: int,
) -> Tested | None:
    """Return how a method did at origins; None: it has no answer at one of them."""
    errors, in_80, in_95 = [], 0, 0
    for origin in origins:
        train, outcomes = values[:origin], values[origin : origin + ahead]
        steps = foresees(train, ahead)
        if steps is None:
            return None
        scale = naive_error(train, season)
        for step, outcome in zip(steps, outcomes, strict=True):
            errors.append(abs(outcome - step.mean) / scale)
            in_80 += step.within(outcome, step.half_80)
            in_95 += step.within(outcome, step.half_95)
    return Tested(method, fmean(errors), in_80 / len(errors), in_95 / len(errors), len(errors))


def naive_error(train: Sequence[float], season: int) -> float:
    """Return the mean error of repeating the last season; of the last value where that is 0."""
    for lag in (season, 1):
        error = fmean(abs(b - a) for a, b in zip(train, train[lag:], strict=False))
        if error > 0:
            return error
    return 1.0


def naive(train: Sequence[float], season: int, ahead: int) -> list[Step]:
    """Repeat the last season; the interval widens with each season ahead."""
    moved = [b - a for a, b in zip(train, train[season:], strict=False)]
    sigma = math.sqrt(fmean(one * one for one in moved))
    found = []
    for step in range(ahead):
        width = sigma * math.sqrt(step // season + 1)
        mean = train[len(train) - season + step % season]
        found.append(Step(mean, Z_80 * width, Z_95 * width))
    return found


def holt_winters(train: Sequence[float], season: int, ahead: int) -> list[Step] | None:
    """Fit ETS(A,Ad,A) by the greatest likelihood; None: the fit does not converge."""
    import pandas as pd  # type: ignore[import-untyped]
    from numpy.linalg import LinAlgError
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel  # type: ignore[import-untyped]

    # The library fits better where numbers are about one.
    scale = max(abs(one) for one in train) or 1.0
    series = pd.Series([one / scale for one in train])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it converged is looked at below
        try:
            model = ETSModel(
                series,
                error="add",
                trend="add",
                damped_trend=True,
                seasonal="add",
                seasonal_periods=season,
                initialization_method="heuristic",
            )
            fitted = model.fit(disp=False, maxiter=_ITERATIONS)
            expected = fitted.get_prediction(start=len(train), end=len(train) + ahead - 1)
            means = expected.predicted_mean.tolist()
            # What is estimated costs degrees of freedom; the library does not count them.
            free = len(train) / max(len(train) - (6 + season - 1), 1)
            sigmas = (expected.forecast_variance * free).tolist()
        except (ValueError, LinAlgError):
            return None
    found = [
        Step(mean * scale, Z_80 * half * scale, Z_95 * half * scale)
        for mean, half in zip(means, (math.sqrt(max(one, 0.0)) for one in sigmas), strict=True)
    ]
    return found if all(map(math.isfinite, (x for one in found for x in one))) else None


def _by_calendar(
    train: Sequence[float], season: int, ahead: int, kinds: Kinds
) -> list[Step] | None:
    effects = {kind: day_effect(train, kinds, kind) for kind in (FREE, WORKED)}
    adjusted = [value - effects.get(kind, 0.0) for value, kind in zip(train, kinds, strict=False)]
    steps = holt_winters(adjusted, season, ahead)
    if steps is None:
        return None
    return [
        step._replace(mean=step.mean + effects.get(kind, 0.0))
        for step, kind in zip(steps, kinds[len(train) :], strict=True)
    ]


def day_effect(train: Sequence[float], kinds: Kinds, kind: int) -> float:
    """Return by how much days of a kind differ from the same weekdays around them; 0: unknown."""
    differs = []
    for place in range(len(train)):
        if kinds[place] != kind:
            continue
        near = (place + 7 * week for week in range(-_NEAR_WEEKS, _NEAR_WEEKS + 1) if week)
        usual = [train[one] for one in near if 0 <= one < len(train) and kinds[one] == ORDINARY]
        if usual:
            differs.append(train[place] - fmean(usual))
    return median(differs) if differs else 0.0
