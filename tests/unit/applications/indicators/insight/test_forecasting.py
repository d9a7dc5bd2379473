"""Forecasts: the same always, tested where the outcome is known, honest where nothing helps."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.applications.indicators.insight import forecasting
from lianyi.applications.indicators.insight.forecasting import FREE, ORDINARY, forecast


def season(count: int, *, noise: float, seed: int = 1, trend: float = 5) -> tuple[float, ...]:
    random = Random(seed)
    return tuple(
        1000 + trend * n + 100 * math.sin(n * math.pi / 6) + random.gauss(0, noise)
        for n in range(count)
    )


def test_a_seasonal_series_with_a_trend_is_foreseen_better_than_by_repeating_it() -> None:
    values = season(48, noise=15)
    found = forecast(values[:42], 12, 6, test_horizon=3)
    assert found.method == "holt_winters"
    assert found.better_than_naive
    assert [one.method for one in found.tests] == ["holt_winters", "seasonal_naive"]
    assert found.tests[0].mase < found.tests[1].mase
    assert found.tests[0].points == 18
    for step, outcome in zip(found.steps, values[42:], strict=True):
        assert step.mean == pytest.approx(outcome, rel=0.08)
        assert step.half_80 < step.half_95


def test_intervals_hold_what_they_promise_of_series_made_for_it() -> None:
    inside = [0, 0]
    for seed in range(8):
        values = season(45, noise=20, seed=seed)
        steps = forecasting.holt_winters(values[:42], 12, 3)
        assert steps is not None
        for step, outcome in zip(steps, values[42:], strict=True):
            inside[0] += step.within(outcome, step.half_80)
            inside[1] += step.within(outcome, step.half_95)
    assert inside[0] >= 24 * 0.6
    assert inside[1] >= 24 * 0.8


def test_the_same_series_gives_the_same_to_the_bit() -> None:
    values = season(40, noise=30)
    first = forecast(values, 12, 6, test_horizon=3)
    forecast.cache_clear()
    assert forecast(values, 12, 6, test_horizon=3) == first


def test_where_nothing_is_better_the_naive_one_is_shown_and_said_to_be() -> None:
    values = tuple(float(100 + 10 * (n % 12)) for n in range(36))  # repeats itself to the bit
    found = forecast(values, 12, 4, test_horizon=3)
    assert found.method == "seasonal_naive"
    assert not found.better_than_naive
    assert [step.mean for step in found.steps] == [100, 110, 120, 130]


def test_the_interval_of_the_naive_one_is_that_of_the_book() -> None:
    """FPP3 5.5: sigma * sqrt(k + 1), k the whole seasons before the step."""
    train = [1.0, 2.0, 3.0, 5.0, 4.0, 7.0]
    steps = forecasting.naive(train, 3, 4)
    sigma = math.sqrt((16 + 4 + 16) / 3)
    assert [step.mean for step in steps] == [5, 4, 7, 5]
    assert steps[0].half_95 == pytest.approx(1.959964 * sigma)
    assert steps[3].half_95 == pytest.approx(1.959964 * sigma * math.sqrt(2))


def test_a_holiday_is_foreseen_where_the_calendar_knows_it() -> None:
    random = Random(3)
    kinds = tuple(FREE if n % 23 == 5 and n % 7 < 5 else ORDINARY for n in range(260))
    week = [100, 120, 110, 100, 90, 50, 40]
    values = tuple(
        week[n % 7] + random.gauss(0, 4) - (60 if kinds[n] == FREE else 0) for n in range(252)
    )
    found = forecast(values, 7, 8, test_horizon=7, kinds=kinds)
    assert found.method == "holt_winters_calendar"
    assert {one.method for one in found.tests} >= {"holt_winters", "seasonal_naive"}


@given(
    base=st.lists(st.integers(0, 1000), min_size=7, max_size=7),
    drops=st.integers(-500, -1),
)
def test_the_effect_of_a_kind_of_day_is_what_was_put_in(base: list[int], drops: int) -> None:
    kinds = tuple(FREE if n in (23, 44, 66) else ORDINARY for n in range(98))
    values = [float(base[n % 7] + (drops if kinds[n] == FREE else 0)) for n in range(98)]
    assert forecasting.day_effect(values, kinds, FREE) == pytest.approx(drops)
    assert forecasting.day_effect(values, kinds, forecasting.WORKED) == 0


@settings(max_examples=6, deadline=None)
@given(values=st.lists(st.integers(0, 10**9).map(float), min_size=36, max_size=40), data=st.data())
def test_no_series_breaks_it_and_intervals_lie_around_the_mean(
    values: list[float], data: st.DataObject
) -> None:
    ahead = data.draw(st.integers(1, 12))
    found = forecast(tuple(values), 12, ahead, test_horizon=3)
    assert len(found.steps) == ahead
    for step in found.steps:
        assert all(map(math.isfinite, step))
        assert 0 <= step.half_80 <= step.half_95
    assert found.tests[0].mase == min(one.mase for one in found.tests)


def test_a_series_too_short_for_six_folds_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        forecast(season(31, noise=1), 12, 3, test_horizon=3)
