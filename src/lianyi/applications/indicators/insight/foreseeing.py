"""Answers how a series may go on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from lianyi.applications.indicators.asking import Asked
from lianyi.applications.indicators.defining import Meant
from lianyi.applications.indicators.figures import Counts, Number, Teller
from lianyi.applications.indicators.heard import any_row
from lianyi.applications.indicators.insight import forecasting
from lianyi.applications.indicators.insight.about import about_of
from lianyi.applications.indicators.insight.forecasting import Forecasted, Kinds
from lianyi.applications.indicators.insight.problems import CannotForecast
from lianyi.applications.indicators.insight.series import (
    DAYS_LEAST,
    DAYS_MOST,
    MONTHS_LEAST,
    WEEK,
    begun,
    by_day,
    kinds_of,
    last_days,
    months_of,
    must_be_known,
    must_have_no_gap,
)
from lianyi.applications.indicators.insight.views import (
    BackTest,
    ForecastPoint,
    ForecastView,
    Grain,
    Method,
    PastPoint,
)
from lianyi.applications.indicators.periods import MONTHS_MAX, Period, month_text
from lianyi.applications.indicators.service import Ground
from lianyi.applications.indicators.views import BothWords
from lianyi.applications.indicators.window import Window
from lianyi.projections.operational.star import month_of

_YEAR: Final = 12
_QUARTER: Final = 3
_SHOWN: Final = {"month": 36, "day": 84}
NAMES: Final[dict[Method, BothWords]] = {
    "seasonal_naive": BothWords(zh="季节朴素法（重复上一季）", en="seasonal naive"),
    "holt_winters": BothWords(zh="霍尔特–温特斯（加法季节）", en="Holt-Winters, additive season"),
    "holt_winters_calendar": BothWords(
        zh="霍尔特–温特斯（加法季节，含节假日与调休）",
        en="Holt-Winters, additive season, holidays and worked weekends",
    ),
}
_NOT_BETTER: Final = BothWords(
    zh="没有方法比“重复上一季”更准，显示的就是它",
    en="no method was better than repeating the last season, so that is what is shown",
)


class _Known(NamedTuple):
    """A series that can be forecast, and the names of what comes after it."""

    names: list[str]
    values: list[float]
    ahead: list[str]
    kinds: Kinds
    notes: list[BothWords]


class Foreseeing:
    """Carries series on."""

    def __init__(self, ground: Ground) -> None:
        """Count on the ground of the indicators."""
        self._ground = ground
        self._counter = ground.counter

    async def forecast(
        self, code: str, asked: Asked, *, grain: Grain, horizon: int
    ) -> ForecastView:
        """Return how the figure of a place may go on after the last whole month or day.

        Args:
            code: of the indicator.
            asked: the place; its period says nothing.
            grain: month by month, or day by day.
            horizon: steps ahead.

        Raises:
            CannotForecast: the series is too short, never varies or has gaps.
            NoSuchIndicator, NothingInSight, NoStar, CountingTooBig: see
                ``IndicatorService.values``.
        """
        this = month_of(self._ground.today)
        period = Period(max(this - MONTHS_MAX, 0), this - 1)
        window, sight = await self._ground.window(asked, period)
        definitions = await self._ground.book.now(self._ground.today)
        one = self._ground.meant(
            definitions, code, asked, period, by_doctor=sight.doctors is not None
        )
        if one.counted:
            one = await self._ground.hearing.known(one, window)
        if not one.counted:
            raise CannotForecast(where=one.indicator.indicator, why=one.why.en, why_zh=one.why.zh)
        monthly = grain == "month"
        known = await (self._months if monthly else self._days)(one, window, horizon)
        season = _YEAR if monthly else WEEK
        try:
            found = await asyncio.to_thread(
                forecasting.forecast,
                tuple(known.values),
                season,
                horizon,
                test_horizon=_QUARTER if monthly else WEEK,
                kinds=known.kinds,
            )
        except ValueError as error:
            raise CannotForecast(
                where=code, why="no method gives an answer", why_zh="没有方法能够给出结果"
            ) from error
        return _view(one, grain, known, found, season)

    async def _months(self, one: Meant, window: Window, horizon: int) -> _Known:
        parts = one.caliber.parts()
        every = [any_row(part) for part in parts]
        last = await self._last_whole(one, window)
        months = list(range(window.first, last + 1))
        wide = replace(window, last=max(last, window.first))
        cells = await self._counter.figures([*parts, *every], wide, ("month",))
        rows = [months_of(cells, part, months) for part in every]
        first = max((begun(some) for some in rows), default=0)
        names = [month_text(month) for month in months[first:]]
        for some in rows:
            must_have_no_gap(some[first:], names, longest=0)
        counted = [months_of(cells, part, months)[first:] for part in parts]
        values = must_be_known(_values(one, counted), names, least=MONTHS_LEAST)
        ahead = [month_text(last + 1 + step) for step in range(horizon)]
        return _Known(names, values, ahead, (), [])

    async def _last_whole(self, one: Meant, window: Window) -> int:
        """Return the last month that is over and after which rows have come."""
        newest = await self._counter.newest(one.caliber.parts()[0], window, until=self._now_naive())
        if newest is None:
            return window.first - 1
        local = (newest + self._offset()).date()
        return min(window.last, month_of(local + timedelta(days=1)) - 1)

    def _now_naive(self) -> datetime:
        return self._ground.clock.now().astimezone(UTC).replace(tzinfo=None)

    def _offset(self) -> timedelta:
        return self._ground.clock.now().astimezone(self._ground.zone).utcoffset() or timedelta()

    async def _days(self, one: Meant, window: Window, horizon: int) -> _Known:
        parts = one.caliber.parts()
        if len(parts) > 1:
            raise CannotForecast(
                where=one.indicator.indicator,
                why="a quotient is forecast by month, not by day",
                why_zh="比率型指标按月预测，不按日预测",
            )
        every = any_row(parts[0])
        newest = await self._counter.newest(parts[0], window, until=self._now_naive())
        if newest is None:
            raise CannotForecast(where="-", why="no row has come", why_zh="没有任何数据")
        last = min(
            self._ground.today - timedelta(days=1),
            (newest + self._offset()).date() - timedelta(days=1),
        )
        days = last_days(last, DAYS_MOST)
        counted = await by_day(
            self._counter, [*parts, every], window, zone=self._ground.zone, days=days
        )
        first = begun(counted[every])
        days = days[first:]
        names = [day.isoformat() for day in days]
        must_have_no_gap(counted[every][first:], names, longest=WEEK - 1)
        values = must_be_known(_values(one, [counted[parts[0]][first:]]), names, least=DAYS_LEAST)
        ahead = [last + timedelta(days=1 + step) for step in range(horizon)]
        kinds, unknown = kinds_of([*days, *ahead])
        notes = [
            BothWords(
                zh=f"{year} 年的节假日安排未知，未作节假日修正",
                en=f"the holidays of {year} are not known: its days are not corrected for them",
            )
            for year in unknown
        ]
        return _Known(names, values, [day.isoformat() for day in ahead], kinds, notes)


def _values(one: Meant, counted: Sequence[Sequence[Number]]) -> list[float | None]:
    numerator, *below = one.caliber.parts()
    teller = Teller(one.indicator, numerator, below[0] if below else None)
    columns = [counted[0], counted[1] if below else [None] * len(counted[0])]
    return [teller.value(Counts(above, under)) for above, under in zip(*columns, strict=True)]


def _view(one: Meant, grain: Grain, known: _Known, found: Forecasted, season: int) -> ForecastView:
    least = 0.0 if min(known.values) >= 0 else None
    points = [
        ForecastPoint(
            at=at,
            value=_least(step.mean, least),
            low_80=_least(step.mean - step.half_80, least),
            high_80=_least(step.mean + step.half_80, least),
            low_95=_least(step.mean - step.half_95, least),
            high_95=_least(step.mean + step.half_95, least),
        )
        for at, step in zip(known.ahead, found.steps, strict=True)
    ]
    tests = [
        BackTest(
            method=test.method,
            name=NAMES[test.method],
            folds=forecasting.FOLDS,
            points=test.points,
            mase=test.mase,
            covered_80=test.covered_80 * 100,
            covered_95=test.covered_95 * 100,
        )
        for test in found.tests
    ]
    shown = _SHOWN[grain]
    history = list(zip(known.names, known.values, strict=True))[-shown:]
    return ForecastView(
        **about_of(one),
        grain=grain,
        method=found.method,
        method_name=NAMES[found.method],
        better_than_naive=found.better_than_naive,
        says=_says(found) if found.better_than_naive else _NOT_BETTER,
        first=known.names[0],
        last=known.names[-1],
        observations=len(known.values),
        season=season,
        history=[PastPoint(at=at, value=value) for at, value in history],
        points=points,
        tests=tests,
        notes=known.notes,
        source=forecasting.SOURCE,
    )


def _says(found: Forecasted) -> BothWords:
    best = found.tests[0]
    plain = next(one for one in found.tests if one.method == "seasonal_naive")
    return BothWords(
        zh=f"回测 {forecasting.FOLDS} 次，平均误差（MASE）{best.mase:.2f}，"
        f"重复上一季为 {plain.mase:.2f}",
        en=f"tested {forecasting.FOLDS} times: mean scaled error {best.mase:.2f};"
        f" of repeating the last season {plain.mase:.2f}",
    )


def _least(value: float, least: float | None) -> float:
    return value if least is None else max(value, least)
