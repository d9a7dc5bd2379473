"""Working days are those that were published, and no other year is guessed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from lianyi.projections.operational.calendar import _days, is_workday, known_years
from lianyi.projections.operational.problems import UnknownCalendar


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2024-02-09", True),  # the eve of the festival was no public holiday that year
        ("2024-02-12", False),
        ("2024-02-18", True),
        ("2025-01-26", True),
        ("2025-10-08", False),
        ("2026-02-14", True),
        ("2026-02-23", False),
        ("2026-10-10", True),
        ("2026-03-04", True),
        ("2026-03-07", False),
    ],
)
def test_a_day_is_worked_as_the_state_council_published(day: str, worked: bool) -> None:
    assert is_workday(date.fromisoformat(day)) is worked


@pytest.mark.parametrize(("year", "days"), [(2024, 251), (2025, 248), (2026, 248)])
def test_a_year_has_as_many_working_days_as_it_had(year: int, days: int) -> None:
    first = date(year, 1, 1)
    all_days = (first + timedelta(days=n) for n in range(366))
    assert sum(is_workday(day) for day in all_days if day.year == year) == days


def test_only_days_that_differ_are_listed() -> None:
    assert known_years() == [2024, 2025, 2026]
    for listed in _days().values():
        assert all(worked is (day.weekday() >= 5) for day, worked in listed.items())


def test_of_a_year_that_is_not_known_nobody_is_told_a_guess() -> None:
    with pytest.raises(UnknownCalendar) as failure:
        is_workday(date(2027, 1, 1))
    assert failure.value.code == "LY-2424"
