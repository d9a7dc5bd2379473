"""Series: days of a clock that is put, holidays, gaps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.applications.indicators.insight.forecasting import FREE, ORDINARY, WORKED
from lianyi.applications.indicators.insight.problems import CannotForecast
from lianyi.applications.indicators.insight.series import (
    kinds_of,
    must_be_known,
    must_have_no_gap,
    stretches,
)

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
EPOCH = date(1970, 1, 1)


@given(
    first=st.dates(date(2024, 1, 1), date(2026, 1, 1)),
    length=st.integers(1, 400),
    moment=st.floats(0, 1, exclude_max=True),
    zone=st.sampled_from([SHANGHAI, BERLIN, ZoneInfo("America/New_York")]),
)
def test_every_instant_falls_on_its_day_by_the_clock(
    first: date, length: int, moment: float, zone: ZoneInfo
) -> None:
    after = first + timedelta(days=length)
    begins, ends = (
        datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        for day in (first, after)
    )
    instant = begins + (ends - begins) * moment
    found = list(stretches(zone, first, after))
    assert [one.first for one in found[1:]] == [one.after for one in found[:-1]]
    assert (found[0].first, found[-1].after) == (first, after)
    for one in found:
        edges = [
            datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
            for day in (one.first, one.after)
        ]
        if edges[0] <= instant < edges[1]:
            if one.ahead_seconds is None:
                told = one.first
            else:
                since = int(instant.timestamp()) + one.ahead_seconds
                told = EPOCH + timedelta(days=since // 86_400)
            assert told == instant.astimezone(zone).date()


def test_a_clock_that_is_never_put_is_one_stretch() -> None:
    (one,) = stretches(SHANGHAI, date(2025, 1, 1), date(2026, 1, 1))
    assert one.ahead_seconds == 28_800


def test_holidays_and_worked_weekends_are_told_apart() -> None:
    days = [date(2025, 10, 1), date(2025, 9, 28), date(2025, 10, 11), date(2025, 10, 14)]
    kinds, unknown = kinds_of([*days, date(2025, 10, 4)])
    assert kinds == (FREE, WORKED, WORKED, ORDINARY, ORDINARY)
    assert unknown == []
    kinds, unknown = kinds_of([date(2099, 10, 1)])
    assert (kinds, unknown) == ((ORDINARY,), [2099])


def test_a_series_that_cannot_be_forecast_says_why() -> None:
    names = [f"2025-{n:02}" for n in range(1, 13)]
    with pytest.raises(CannotForecast, match="at least 36"):
        must_be_known([1.0] * 12, names, least=36)
    with pytest.raises(CannotForecast, match="2025-03 has no value"):
        must_be_known([1.0, 2.0, None, *[3.0] * 9], names, least=12)
    with pytest.raises(CannotForecast, match="always the same"):
        must_be_known([4.0] * 12, names, least=12)
    with pytest.raises(CannotForecast, match="2025-02"):
        must_have_no_gap([1, 0, *[1] * 10], names, longest=0)
    must_have_no_gap([1, 0, 0, *[1] * 9], names, longest=2)
