"""Days, draws and dictionaries: whole numbers that mean what they should."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.simulate.history.calendar import (
    SPRING_FESTIVALS,
    STAYS,
    STREAMS,
    arrivals,
    window,
)
from lianyi.simulate.history.dictionaries import PROFILES, departments, items, staff
from lianyi.simulate.history.draws import SLOTS, log_normal, seconds_of_day, slots

OVER = window(36, date(2026, 10, 1))


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 10_000), min_size=1, max_size=40))
def test_draws_fall_in_proportion_to_the_weights(weights: dict[str, int]) -> None:
    if not sum(weights.values()):
        weights |= {"one": 1}
    given_ = Counter(slots(weights))
    assert sum(given_.values()) == SLOTS
    total = sum(weights.values())
    for value, weight in weights.items():
        assert abs(given_[value] - weight * SLOTS / total) < 1


@pytest.mark.parametrize("spread", [40, 60, 90])
def test_a_log_normal_table_has_its_mean_and_rises(spread: int) -> None:
    table = log_normal(8000, spread)
    assert table == sorted(table)
    assert sum(table) / SLOTS == pytest.approx(8000, rel=0.01)
    assert table[SLOTS // 2] < 8000  # the median lies below the mean


def test_seconds_of_a_day_are_of_hours_that_have_weight() -> None:
    seconds = seconds_of_day((0,) * 8 + (1, 3) + (0,) * 14)
    hours = Counter(one // 3600 for one in seconds)
    assert hours == {8: SLOTS // 4, 9: SLOTS * 3 // 4}


@pytest.mark.parametrize("encounters", [1000, 77_777, 5_000_000])
def test_as_many_come_as_were_asked_for(encounters: int) -> None:
    inside = sum(count for _, day, _, count in arrivals(encounters, OVER) if day >= OVER.first)
    assert abs(inside - encounters) <= len(STREAMS)


def test_numbers_of_a_stream_are_given_once() -> None:
    upto = dict.fromkeys(STREAMS, 0)
    for stream, _, first, count in arrivals(20_000, OVER):
        assert first == upto[stream]
        upto[stream] = first + count


def test_only_stays_begin_before_the_first_day() -> None:
    early = {stream for stream, day, _, count in arrivals(9000, OVER) if day < OVER.first and count}
    assert early == STAYS


def test_the_spring_festival_is_quiet_in_the_clinic_and_not_in_the_emergency_room() -> None:
    by_day: dict[str, dict[date, int]] = {"clinic": {}, "emergency": {}}
    for stream, day, _, count in arrivals(5_000_000, OVER):
        if stream in by_day:
            by_day[stream][day] = count
    festivals = [day for day in SPRING_FESTIVALS if OVER.first <= day < OVER.end]
    assert len(festivals) == 3
    for festival in festivals:
        before = festival - timedelta(days=14)  # the same day of the week
        assert by_day["clinic"][festival] < by_day["clinic"][before] / 2
        assert by_day["emergency"][festival] > by_day["emergency"][before]


def test_the_hospital_has_sixty_departments_with_codes_of_their_own() -> None:
    codes = {one.code for one in departments()}
    assert len(codes) == len(departments()) == 60
    assert {one.executes for one in items()} - {""} < codes
    assert len({one.code for one in items()}) == len(items())
    assert {one.is_drug for one in items()} == {True, False}


def test_every_profile_buys_something_and_every_clinic_has_doctors() -> None:
    for profile in PROFILES:
        assert any(one.weights.get(profile) for one in items())
    for one in departments():
        if one.clinic or one.stay:
            assert staff("1", one, 1000) >= 2
            assert one.diagnoses
