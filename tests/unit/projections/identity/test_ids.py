"""The number of a record is the same everywhere and comes back from what is shown of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.projections.identity.ids import UnreadableId, read_shown, record_id, shown

numbers = st.integers(-(1 << 63), (1 << 63) - 1)
MISREAD = {"0": "oO0", "1": "iIlL1"}


@given(numbers)
def test_a_shown_number_is_read_again(number: int) -> None:
    text = shown(number)
    assert len(text) == 13
    assert not set(text) & set("ILOU")
    assert read_shown(text) == number


@given(numbers, st.data())
def test_a_number_is_read_however_people_write_it(number: int, data: st.DataObject) -> None:
    written = ""
    for character in shown(number):
        choices = MISREAD.get(character, character + character.lower())
        written += data.draw(st.sampled_from(choices)) + data.draw(st.sampled_from(["", "-", " "]))
    assert read_shown(written) == number


@given(st.text(max_size=20))
def test_every_text_is_a_number_or_an_error(text: str) -> None:
    try:
        number = read_shown(text)
    except UnreadableId:
        return
    assert read_shown(shown(number)) == number


@pytest.mark.parametrize(
    "wrong", ["", "0", "0" * 12, "0" * 14, "U" + "0" * 12, "G" + "0" * 12, "王小明", "!" * 13]
)
def test_what_is_no_number_is_refused_in_two_languages(wrong: str) -> None:
    with pytest.raises(UnreadableId) as refused:
        read_shown(wrong, where="person")
    assert refused.value.code == "LY-2125"
    for language in ("zh", "en"):
        text = refused.value.text(language)
        assert "person" in text
        assert not wrong or len(wrong) < 3 or wrong not in text


def test_numbers_beyond_64_bits_are_not_shown() -> None:
    for number in (1 << 63, -(1 << 63) - 1):
        with pytest.raises(ValueError, match="64 bits"):
            shown(number)


def test_full_width_letters_are_read() -> None:
    assert read_shown("0123456789abc") == read_shown("０１２３４５６７８９ＡＢＣ")


def test_the_number_of_a_record_is_the_same_for_ever() -> None:
    assert record_id("HIS", "1") == 0xCC8E71AFF1E1D5FC - (1 << 64)
    assert shown(record_id("HIS", "1")) == "CS3KHNZRY3NFW"
    assert record_id("HIS", "11") != record_id("HIS1", "1")
