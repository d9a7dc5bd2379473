"""Periods that figures are published of: a year, a quarter, a month; and whether one is over."""

from __future__ import annotations

import re
from datetime import date

from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.publishing.problems import BadPeriod
from lianyi.projections.operational.star import month_of

_WRITTEN = re.compile(r"(?P<year>20\d\d)(Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2]))?")
YEAR_MONTHS, QUARTER_MONTHS = 12, 3


def parse_period(written: str) -> Period:
    """Read a period.

    Raises:
        BadPeriod: it is none.
    """
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise BadPeriod(where="period", why="it is none", why_zh="写法不正确")
    january = month_of(date(int(found["year"]), 1, 1))
    if found["quarter"]:
        first = january + (int(found["quarter"]) - 1) * QUARTER_MONTHS
        return Period(first, first + QUARTER_MONTHS - 1)
    if found["month"]:
        month = january + int(found["month"]) - 1
        return Period(month, month)
    return Period(january, january + YEAR_MONTHS - 1)


def over(period: Period, today: date) -> Period:
    """Return a period that is over.

    Raises:
        BadPeriod: it is not.
    """
    if period.last_day >= today:
        raise BadPeriod(where="period", why="it is not over yet", why_zh="该期间尚未结束")
    return period
