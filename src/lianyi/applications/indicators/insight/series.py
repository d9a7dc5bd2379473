"""Series as they are counted: month by month or day by day, and whether they can be carried on.

A month, or a week of days, in which there is not a single row of the fact is a gap: nobody knows
whether nothing happened or nothing was sent. A number of a month in which rows came and none was
counted is a zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

from lianyi.applications.indicators.counter import Counter
from lianyi.applications.indicators.figures import Number
from lianyi.applications.indicators.insight.forecasting import FREE, ORDINARY, WORKED, Kinds
from lianyi.applications.indicators.insight.problems import CannotForecast
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.window import Window
from lianyi.projections.operational.calendar import is_workday
from lianyi.projections.operational.problems import UnknownCalendar
from lianyi.projections.operational.star import month_of

if TYPE_CHECKING:
    from lianyi.applications.indicators.engine import Cells

MONTHS_LEAST: Final = 36
DAYS_LEAST: Final = 112
DAYS_MOST: Final = 364
_EPOCH: Final = date(1970, 1, 1)
_SATURDAY: Final = 5
WEEK: Final = 7


class Stretch(NamedTuple):
    """Days, half open, during which a clock is as far ahead of UTC.

    Attributes:
        first, after: days.
        ahead_seconds: how far; None: it changes, and the stretch is a single day.
    """

    first: date
    after: date
    ahead_seconds: int | None


def stretches(zone: ZoneInfo, first: date, after: date) -> Iterator[Stretch]:
    """Cut days into stretches of one offset; a day on which the clock is put is one by itself."""
    begin, offset = first, _ahead(zone, first)
    day = first
    while day < after:
        following = day + timedelta(days=1)
        now = _ahead(zone, following)
        if now != offset:
            if begin < day:
                yield Stretch(begin, day, offset)
            yield Stretch(day, following, None)
            begin, offset = following, now
        day = following
    if begin < after:
        yield Stretch(begin, after, offset)


def _ahead(zone: ZoneInfo, day: date) -> int:
    ahead = datetime(day.year, day.month, day.day, tzinfo=zone).utcoffset() or timedelta()
    return int(ahead.total_seconds())


async def by_day(
    counter: Counter, parts: Sequence[Part], window: Window, *, zone: ZoneInfo, days: Sequence[date]
) -> dict[Part, list[Number]]:
    """Return what parts come to on each day of a clock.

    Args:
        counter: counts.
        parts: that are counted.
        window: whose rows; its months are those of the days.
        zone: of the clock.
        days: without a gap, in order.
    """
    from lianyi.applications.indicators.counting import DAY  # with Ibis, which serves no door

    first, after = days[0], days[-1] + timedelta(days=1)
    wide = replace(window, first=month_of(first), last=month_of(after))
    found: dict[Part, dict[date, Number]] = {part: {} for part in parts}
    for stretch in stretches(zone, first, after):
        begins, ends = (_utc(zone, day) for day in (stretch.first, stretch.after))
        here = replace(wide, since=begins, until=ends)
        ahead = stretch.ahead_seconds
        by = () if ahead is None else (f"{DAY}{ahead}",)
        for part, cells in (await counter.figures(parts, here, by)).items():
            found[part] |= {
                stretch.first if ahead is None else _EPOCH + timedelta(days=int(key[0])): value
                for key, value in cells.items()
            }
    return {part: [cells.get(day, 0) for day in days] for part, cells in found.items()}


def _utc(zone: ZoneInfo, day: date) -> datetime:
    begins = datetime(day.year, day.month, day.day, tzinfo=zone)
    return begins.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def months_of(cells: Mapping[Part, Cells], part: Part, months: Sequence[int]) -> list[Number]:
    """Return what a part came to in each month."""
    return [cells[part].get((month,), 0) for month in months]


def kinds_of(days: Sequence[date]) -> tuple[Kinds, list[int]]:
    """Return of each day whether it is as its weekday, and the years of which that is unknown."""
    kinds, unknown = [], set()
    for day in days:
        try:
            works = is_workday(day)
        except UnknownCalendar:
            unknown.add(day.year)
            kinds.append(ORDINARY)
            continue
        weekend = day.weekday() >= _SATURDAY
        kinds.append(WORKED if works and weekend else ORDINARY if works or weekend else FREE)
    return tuple(kinds), sorted(unknown)


def begun(rows: Sequence[Number]) -> int:
    """Return the place of the first month or day of which there is a row."""
    return next((place for place, one in enumerate(rows) if one), len(rows))


def must_have_no_gap(rows: Sequence[Number], names: Sequence[str], *, longest: int) -> None:
    """Refuse a series in which too long no row came.

    Args:
        rows: how many came, from the first on.
        names: of the months or days, for the error.
        longest: so many without a row are no gap yet.

    Raises:
        CannotForecast: there is a gap.
    """
    run = 0
    for name, one in zip(names, rows, strict=True):
        run = 0 if one else run + 1
        if run > longest:
            raise CannotForecast(
                where=name, why=f"no row came for {name}", why_zh=f"{name} 没有任何数据"
            )


def must_be_known(
    values: Sequence[float | None], names: Sequence[str], *, least: int
) -> list[float]:
    """Return the values of a series that can be forecast.

    Raises:
        CannotForecast: it is too short, has a month without a value, or never varies.
    """
    if len(values) < least:
        raise CannotForecast(
            where=names[0] if names else "-",
            why=f"{len(values)} observations; at least {least} are needed",
            why_zh=f"只有 {len(values)} 期数据，至少需要 {least} 期",
        )
    for name, value in zip(names, values, strict=True):
        if value is None:
            raise CannotForecast(
                where=name,
                why=f"{name} has no value: there was nothing to divide by",
                why_zh=f"{name} 没有数值：分母为零",
            )
    known = [one for one in values if one is not None]
    if len(set(known)) == 1:
        raise CannotForecast(where=names[0], why="it is always the same", why_zh="数值始终不变")
    return known


def last_days(last: date, count: int) -> list[date]:
    """Return so many days, in order, that end with one."""
    return [last - timedelta(days=back) for back in reversed(range(count))]
