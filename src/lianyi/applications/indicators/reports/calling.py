"""When a report is due, and about which days it is. Pure.

A report is about days that are over: what is due on a day ends with the day before (T+1). A house
that stood still makes up for the last call that it missed, not for each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from lianyi.applications.indicators.reports.model import Schedule
from lianyi.projections.operational.calendar import is_workday
from lianyi.projections.operational.problems import UnknownCalendar

LOOK_BACK_DAYS: Final = 62
_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Call:
    """One time that a report is due.

    Attributes:
        key: names the period; the same one is never made twice.
        first, last: the days that it is about, both counted in.
        due_at: in UTC.
    """

    key: str
    first: date
    last: date
    due_at: datetime


def workday(day: date) -> bool:
    """Tell whether people work on a day; of a year that nobody has published: Monday to Friday."""
    try:
        return is_workday(day)
    except UnknownCalendar:
        return day.weekday() < _SATURDAY


def last_call(
    schedule: Schedule,
    now: datetime,
    zone: ZoneInfo,
    *,
    works: Callable[[date], bool] = workday,
) -> Call | None:
    """Return what was due last, at or before an instant.

    Args:
        schedule: says when.
        now: aware.
        zone: of the hospital.
        works: tells whether a day is a working day.

    Returns:
        None: nothing within the last :data:`LOOK_BACK_DAYS`.
    """
    today = now.astimezone(zone).date()
    for back in range(LOOK_BACK_DAYS):
        day = today - back * _DAY
        due_at = _due_at(schedule, day, zone)
        if due_at > now:
            continue
        nominal = _nominal(schedule, day, works)
        if nominal is not None:
            return Call(*_about(schedule, day, nominal, works), due_at)
    return None


def days_now(
    schedule: Schedule,
    today: date,
    *,
    works: Callable[[date], bool] = workday,
) -> tuple[date, date]:
    """Return the first and last day that it is about when somebody orders it on a day.

    That is the newest day, week or month that is over, also before the schedule calls for it.
    """
    _, first, last = _about(schedule, today, today, works)
    return first, last


def _nominal(schedule: Schedule, day: date, works: Callable[[date], bool]) -> date | None:
    """Return for which day it is due on a day; None: for none.

    What falls on a day without work waits for the next one with; of two that wait, the later.
    """
    if not schedule.workdays:
        return day if _falls(schedule, day) else None
    if not works(day):
        return None
    waiting = day
    while True:
        if _falls(schedule, waiting):
            return waiting
        waiting -= _DAY
        if works(waiting) or day - waiting > LOOK_BACK_DAYS * _DAY:
            return None


def _falls(schedule: Schedule, day: date) -> bool:
    if schedule.every == "weekly":
        return day.isoweekday() == schedule.weekday
    return schedule.every == "daily" or day.day == schedule.day


def _about(
    schedule: Schedule, day: date, nominal: date, works: Callable[[date], bool]
) -> tuple[str, date, date]:
    """Return key, first and last day."""
    if schedule.every == "daily":
        last, first = day - _DAY, day - _DAY
        while schedule.workdays and not works(first) and day - first < LOOK_BACK_DAYS * _DAY:
            first -= _DAY
        return last.isoformat(), first, last
    if schedule.every == "weekly":
        first = nominal - (nominal.weekday() + 7) * _DAY
        year, week, _ = first.isocalendar()
        return f"{year}-W{week:02}", first, first + 6 * _DAY
    last = nominal.replace(day=1) - _DAY
    return f"{last:%Y-%m}", last.replace(day=1), last


def next_due(
    schedule: Schedule,
    now: datetime,
    zone: ZoneInfo,
    *,
    works: Callable[[date], bool] = workday,
) -> datetime | None:
    """Return when it is due next, after an instant, in UTC; None: not soon."""
    today = now.astimezone(zone).date()
    for ahead in range(LOOK_BACK_DAYS):
        day = today + ahead * _DAY
        due_at = _due_at(schedule, day, zone)
        if due_at > now and _nominal(schedule, day, works) is not None:
            return due_at
    return None


def _due_at(schedule: Schedule, day: date, zone: ZoneInfo) -> datetime:
    hour, minute = map(int, schedule.at.split(":"))
    return datetime.combine(day, time(hour, minute), tzinfo=zone).astimezone(UTC)
