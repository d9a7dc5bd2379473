"""What is called alike is found by the pieces that two names share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.applications.indicators.requests.matching import ALIKE, likeness, pieces


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("上个月各科室的平均住院日是多少", "平均住院日"),
        ("死亡", "住院患者死亡率"),
        ("出院人数", "出院患者人数"),
        ("average length of stay of each department", "average length of stay"),
        ("a list of readmissions within 30 days", "readmissions within 30 days"),
    ],
)
def test_what_is_called_alike_is_found(words: str, name: str) -> None:
    assert likeness(words, name) >= ALIKE


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("手术人次", "药占比"),
        ("门诊收入", "住院死亡率"),
        ("cost of drugs", "length of stay"),
        ("", "x"),
    ],
)
def test_what_is_not_is_not(words: str, name: str) -> None:
    assert likeness(words, name) < ALIKE


@given(one=st.text(max_size=60), other=st.text(max_size=60))
def test_likeness_is_a_share_and_the_same_both_ways(one: str, other: str) -> None:
    assert 0.0 <= likeness(one, other) <= 1.0
    assert likeness(one, other) == likeness(other, one)
    assert likeness(one, one) == (1.0 if pieces(one) else 0.0)
