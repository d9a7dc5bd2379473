"""People are invented, reproducible, and have identity numbers that verify."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.simulate.people import check_character, invent_person

TODAY = date(2026, 3, 2)


def test_the_check_digit_of_the_standard_is_found() -> None:
    # GB 11643-1999, annex A, gives these two numbers as examples.
    assert check_character("11010519491231002") == "X"
    assert check_character("44052418800101001") == "4"


@pytest.mark.parametrize("text", ["", "1" * 16, "1" * 18, "1101051949123100X", "１" * 17])
def test_what_is_not_seventeen_digits_has_no_check_digit(text: str) -> None:
    with pytest.raises(ValueError, match="seventeen digits"):
        check_character(text)


@given(st.text("0123456789", min_size=17, max_size=17), st.integers(0, 16), st.integers(1, 9))
def test_a_check_digit_catches_every_single_wrong_digit(first: str, place: int, by: int) -> None:
    wrong = first[:place] + str((int(first[place]) + by) % 10) + first[place + 1 :]
    assert check_character(first) != check_character(wrong)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_everybody_can_be_invented_and_nobody_can_exist(seed: int, number: int) -> None:
    person = invent_person(seed, number, TODAY)

    assert person == invent_person(seed, number, TODAY)
    assert person.identity_number.startswith("99")  # an area that GB/T 2260 does not have
    assert person.phone.startswith("1990000")
    assert date(1925, 1, 1) < person.born_on <= TODAY
    if len(person.identity_number) == 18:
        assert check_character(person.identity_number[:17]) == person.identity_number[17]
        assert person.identity_number[6:14] == f"{person.born_on:%Y%m%d}"
        assert int(person.identity_number[16]) % 2 == (person.sex == "M")
    else:
        assert len(person.identity_number) == 15
        assert person.identity_number[6:12] == f"{person.born_on:%y%m%d}"


def test_the_town_has_the_names_that_registers_fear() -> None:
    names = [invent_person(1, number, TODAY).name for number in range(3000)]

    assert any("·" in name for name in names)
    assert any(name.startswith(("欧阳", "诸葛", "司马")) for name in names)
    beyond_gbk = [name for name in names if name.encode("gbk", "ignore").decode("gbk") != name]
    assert len(beyond_gbk) > 30
    assert any(ord(letter) > 0xFFFF for name in names for letter in name)
    assert {len(invent_person(1, n, TODAY).identity_number) for n in range(500)} == {15, 18}
