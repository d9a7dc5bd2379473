"""Units of UCUM are what they are made of."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.formats.fhir.fhirpath.quantities import Quantity, canonical, compared
from lianyi.formats.fhir.fhirpath.units import unit


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("1 kg", "1000 g"),
        ("1 g/dL", "10 g/L"),
        ("1 mmol/L", "1 mol/m3"),
        ("1 mm[Hg]", "133.322387415 Pa"),
        ("1 bar", "100 kPa"),
        ("60 /min", "1 /s"),
        ("72 {beats}/min", "72 /min"),
        ("1 [lb_av]", "0.45359237 kg"),
        ("1 [in_i]", "2.54 cm"),
        ("1 N", "1 kg.m/s2"),
        ("1 J", "1 N.m"),
        ("1 kcal", "4.184 kJ"),
        ("1 10*9/L", "1 10*6/mL"),
        ("50 %", "500 [ppth]"),
        ("1 U/L", "1 umol/(min.L)"),
        ("1 m[iU]/mL", "1 [iU]/L"),
        ("1 wk", "168 h"),
        ("1 mL/min/{1.73_m2}", "1 mL/min"),
        ("1 dag", "10 g"),
    ],
)
def test_two_names_mean_the_same_amount(left: str, right: str) -> None:
    ours, theirs = (
        canonical(Quantity(Decimal(number), code))
        for number, code in (text.split(" ", 1) for text in (left, right))
    )
    assert ours == theirs


@pytest.mark.parametrize(
    "code", ["", "foo", "kk", "m/", "/", "(m", "m)", "m s", "{", "m{", "10*", "m[x]", "[s]", "m999"]
)
def test_what_is_no_unit_is_none(code: str) -> None:
    known = unit(code)
    assert known is None or code == "10*"


def test_temperatures_and_arbitrary_units_compare_with_themselves_only() -> None:
    assert compared(Quantity(Decimal(37), "Cel"), Quantity(Decimal(38), "Cel")) == -1
    assert compared(Quantity(Decimal(37), "Cel"), Quantity(Decimal(310), "K")) is None
    assert compared(Quantity(Decimal(1), "cats"), Quantity(Decimal(1), "cats")) == 0


@given(st.text(alphabet="kmgsLo./()[]{}-+0123456789*^%'aHU ", max_size=12))
def test_any_text_is_a_unit_or_none(code: str) -> None:
    known = unit(code)
    assert known is None or known.factor > 0


@given(st.decimals("0.001", "1000", places=3), st.sampled_from(["mg", "mmol/L", "/min", "[iU]/L"]))
def test_a_quantity_equals_itself_in_another_size(value: Decimal, code: str) -> None:
    known = canonical(Quantity(value, code))
    assert known.value == Fraction(value) * unit(code).factor  # type: ignore[union-attr]
    assert compared(Quantity(value, code), Quantity(value, code)) == 0
