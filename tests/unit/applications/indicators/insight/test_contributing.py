"""Parts of a change: whatever the groups, they add up to the whole."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.applications.indicators.insight.contributing import Pair, effects

numbers = st.integers(0, 10**12) | st.decimals(
    0, 10**6, places=4, allow_nan=False, allow_infinity=False
)
signed = st.integers(-(10**12), 10**12)
quotients = st.dictionaries(st.sampled_from("abcdef"), st.builds(Pair, numbers, numbers))
plain = st.dictionaries(st.sampled_from("abcdef"), signed.map(Pair))


def summed(groups: dict[str, Pair], *, ratio: bool) -> Pair:
    below = sum((Fraction(one.below or 0) for one in groups.values()), Fraction(0))
    above = sum((Fraction(one.above) for one in groups.values()), Fraction(0))
    return Pair(above, below if ratio else None)  # type: ignore[arg-type]


@given(before=plain, after=plain)
def test_counts_and_fen_add_up_to_the_last_one(
    before: dict[str, Pair], after: dict[str, Pair]
) -> None:
    whole = (summed(before, ratio=False), summed(after, ratio=False))
    found, divided = effects(before, after, whole=whole)
    assert divided.rest == 0
    assert sum(one.whole for one in found.values()) == divided.change
    assert all(one.whole.denominator == 1 and one.mix == 0 for one in found.values())


@given(before=quotients, after=quotients)
def test_rates_and_shares_add_up_to_the_change_of_a_quotient(
    before: dict[str, Pair], after: dict[str, Pair]
) -> None:
    whole = (summed(before, ratio=True), summed(after, ratio=True))
    if not whole[0].below or not whole[1].below:
        with pytest.raises(ZeroDivisionError):
            effects(before, after, whole=whole)
        return
    found, divided = effects(before, after, whole=whole)
    assert divided.change == whole[1].above / whole[1].below - whole[0].above / whole[0].below
    assert divided.rest == 0
    assert sum(one.rate + one.mix for one in found.values()) == divided.change
    assert divided.above + divided.below == divided.change
    told = sum(float(one.rate) + float(one.mix) for one in found.values())
    size = max([1.0, *(abs(float(x)) for one in found.values() for x in one)])
    assert told == pytest.approx(float(divided.change), abs=1e-9 * size)


@given(before=quotients, after=quotients, more=numbers)
def test_what_is_counted_in_several_groups_stands_in_the_rest(
    before: dict[str, Pair], after: dict[str, Pair], more: int | Decimal
) -> None:
    old, new = summed(before, ratio=True), summed(after, ratio=True)
    whole = (Pair(old.above, Fraction(old.below or 0) + Fraction(more) + 1),  # type: ignore[arg-type]
             Pair(new.above, Fraction(new.below or 0) + 1))  # type: ignore[arg-type]  # fmt: skip
    found, divided = effects(before, after, whole=whole)
    assert sum((one.whole for one in found.values()), divided.rest) == divided.change


def test_the_worked_example_by_hand() -> None:
    """Two wards, deaths of stays: 2/100 and 8/100 before, 2/100 and 30/300 after."""
    before = {"a": Pair(2, 100), "b": Pair(8, 100)}
    after = {"a": Pair(2, 100), "b": Pair(30, 300)}
    found, divided = effects(before, after, whole=(Pair(10, 200), Pair(32, 400)))
    assert divided.change == Fraction(3, 100)
    # a: the same rate 0.02, share 1/2 to 1/4, mean rate of all 0.065
    assert found["a"].rate == 0
    assert found["a"].mix == Fraction(-1, 4) * (Fraction(2, 100) - Fraction(65, 1000))
    # b: rate 0.08 to 0.10 at a mean share of 5/8; share +1/4 at a mean rate of 0.09
    assert found["b"].rate == Fraction(2, 100) * Fraction(5, 8)
    assert found["b"].mix == Fraction(1, 4) * (Fraction(9, 100) - Fraction(65, 1000))
    # Das Gupta: (32 - 10) * (1/200 + 1/400) / 2
    assert divided.above == 22 * Fraction(3, 800)


def test_a_group_with_the_rate_of_all_does_not_matter_however_it_grows() -> None:
    before = {"a": Pair(5, 100), "b": Pair(5, 100)}
    after = {"a": Pair(5, 100), "b": Pair(50, 1000)}
    found, divided = effects(before, after, whole=(Pair(10, 200), Pair(55, 1100)))
    assert divided.change == 0
    assert {one.whole for one in found.values()} == {0}


def test_a_group_that_came_or_went_is_a_change_of_shares() -> None:
    before = {"old": Pair(1, 10), "stays": Pair(1, 10)}
    after = {"new": Pair(3, 10), "stays": Pair(1, 10)}
    found, divided = effects(before, after, whole=(Pair(2, 20), Pair(4, 20)))
    assert found["old"].rate == found["new"].rate == found["stays"].whole == 0
    assert found["old"].mix + found["new"].mix == divided.change == Fraction(1, 10)
