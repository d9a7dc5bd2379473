"""When reports are due: each day is told once, none before it is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from lianyi.applications.indicators.reports.calling import Call, days_now, last_call, next_due
from lianyi.applications.indicators.reports.model import Schedule

ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)

schedules = st.builds(
    Schedule,
    every=st.sampled_from(["daily", "weekly", "monthly"]),
    at=st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)),
    weekday=st.integers(1, 7),
    day=st.integers(1, 28),
    workdays=st.booleans(),
)
instants = st.integers(0, 640 * 24 * 60).map(
    lambda minutes: datetime(2025, 3, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def calls(schedule: Schedule, start: datetime, days: int) -> list[Call]:
    """What was due, looked at twice a day."""
    found = {
        call.key: call
        for half in range(2 * days)
        if (call := last_call(schedule, start + half * DAY / 2, ZONE)) is not None
    }
    return list(found.values())


@given(schedule=schedules, now=instants)
def test_what_is_due_is_over_and_what_comes_next_comes_later(
    schedule: Schedule, now: datetime
) -> None:
    call = last_call(schedule, now, ZONE)
    assert call is not None
    assert call.due_at <= now
    assert call.first <= call.last < call.due_at.astimezone(ZONE).date()
    after = next_due(schedule, now, ZONE)
    assert after is not None
    assert after > now
    again = last_call(schedule, after - timedelta(microseconds=1), ZONE)
    assert again is not None
    assert (again.key, again.due_at) == (call.key, call.due_at)
    then = last_call(schedule, after, ZONE)
    assert then is not None
    assert then.due_at == after
    assert then.key != call.key


@given(schedule=schedules, now=instants)
def test_what_is_ordered_now_is_over_and_no_older_than_what_was_due_last(
    schedule: Schedule, now: datetime
) -> None:
    today = now.astimezone(ZONE).date()
    first, last = days_now(schedule, today)
    assert first <= last < today
    assert last + timedelta(days={"daily": 1, "weekly": 7, "monthly": 31}[schedule.every]) >= today
    call = last_call(schedule, now, ZONE)
    assert call is not None
    assert last >= call.last


def test_on_the_first_of_a_month_the_month_before_is_ordered() -> None:
    monthly = Schedule(every="monthly", day=2, at="08:00")
    assert days_now(monthly, date(2026, 12, 1)) == (date(2026, 11, 1), date(2026, 11, 30))


@given(schedule=schedules, start=instants)
def test_every_day_is_told_once(schedule: Schedule, start: datetime) -> None:
    told = calls(schedule, start, 90)
    for before, after in pairwise(told):
        assert before.due_at < after.due_at
        if schedule.every == "daily" or not schedule.workdays:
            assert after.first == before.last + DAY, (before, after)


def test_a_holiday_is_waited_for_and_told_with_the_days_before_it() -> None:
    daily = Schedule(every="daily", at="07:30", workdays=True)
    # National Day 2026: 1 to 7 October are free, and Saturday the 10th is worked for it.
    before = last_call(daily, datetime(2026, 10, 7, 4, tzinfo=UTC), ZONE)
    assert before is not None
    assert before.key == "2026-09-29"
    after = last_call(daily, datetime(2026, 10, 8, 4, tzinfo=UTC), ZONE)
    assert after == Call(
        "2026-10-07",
        date(2026, 9, 30),
        date(2026, 10, 7),
        datetime(2026, 10, 7, 23, 30, tzinfo=UTC),
    )
    monthly = Schedule(every="monthly", day=2, at="08:00", workdays=True)
    call = last_call(monthly, datetime(2026, 10, 8, 4, tzinfo=UTC), ZONE)
    assert call is not None
    assert (call.key, call.due_at) == ("2026-09", datetime(2026, 10, 8, 0, tzinfo=UTC))


def test_a_week_is_monday_to_sunday() -> None:
    weekly = Schedule(every="weekly", weekday=3, at="09:00")
    call = last_call(weekly, datetime(2026, 1, 2, tzinfo=UTC), ZONE)
    assert call is not None
    assert (call.key, call.first, call.last) == ("2025-W52", date(2025, 12, 22), date(2025, 12, 28))
