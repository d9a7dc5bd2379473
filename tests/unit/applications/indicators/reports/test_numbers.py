"""Numbers of a report are told as the screens tell them; the wanted ones are what ICU gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.applications.indicators.reports.numbers import moved, told, with_unit


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        (12, "count", "12", "12"),
        (1234.5, "count", "1,234.5", "1,234.5"),
        (1_234_567, "count", "123.5万", "1.235M"),
        (40, "percent", "40.0", "40.0"),
        (4.256, "percent", "4.26", "4.26"),
        (999.994, "yuan", "999.99", "999.99"),
        (1_234.5, "yuan", "1,235", "1,235"),
        (123_456.78, "yuan", "12.35万", "123.5K"),
        (123_456_789, "yuan", "1.235亿", "123.5M"),
        (987_654_321.0, "yuan", "9.877亿", "987.7M"),
        (1_200_000, "yuan", "120万", "1.2M"),
        (-250_000, "yuan", "-25万", "-250K"),
        (0, "days", "0.00", "0.00"),
        (-0.001, "days", "0.00", "0.00"),
    ],
)
def test_a_value_is_told_as_on_the_screen(value: float, unit: str, zh: str, en: str) -> None:
    assert told(value, unit, "zh") == zh
    assert told(value, unit, "en") == en


def test_what_is_not_there_is_a_dash() -> None:
    assert told(None, "yuan", "zh") == "–"
    assert with_unit(None, "percent", "zh") == "–"
    assert moved(None, "count", "zh") == "–"


def test_a_percentage_moves_by_points_and_everything_else_by_percent() -> None:
    assert moved(1.25, "percent", "zh") == "+1.3 个百分点"
    assert moved(-1.25, "yuan", "en") == "-1.3%"
    assert moved(0.04, "yuan", "zh") == "0.0%"


@given(value=st.floats(-1e14, 1e14), unit=st.sampled_from(["count", "yuan", "percent", "days"]))
def test_a_told_number_is_the_number_but_for_what_is_left_out(value: float, unit: str) -> None:
    text = told(value, unit, "en").replace(",", "")
    steps = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
    factor = steps.get(text[-1], 1.0)
    number = float(text[:-1] if text[-1] in steps else text) * factor
    assert abs(number - value) <= max(0.5, abs(value) * 0.0006)
