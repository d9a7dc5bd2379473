"""Text that went through old converters comes out in one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.projections.identity.values.text import (
    GB18030_2022,
    LOST,
    MIDDLE_DOT,
    is_private,
    normal,
    real_characters,
    share_of_pairs,
    simplified,
)

POSITIONS = {

    "A6D9": "︐", "A6DA": "︒", "A6DB": "︑", "A6DC": "︓", "A6DD": "︔", "A6DE": "︕",
    "A6DF": "︖", "A6EC": "︗", "A6ED": "︘", "A6F3": "︙", "FE51": "𠂇", "FE52": "𠂉",
    "FE53": "𠃌", "FE59": "龴", "FE61": "龵", "FE66": "龶", "FE67": "龷", "FE6C": "𡗗",
    "FE6D": "龸", "FE76": "𢦏", "FE7E": "龹", "FE90": "龺", "FE91": "𤇾", "FEA0": "龻",
}  # fmt: skip


@pytest.mark.parametrize(("position", "real"), POSITIONS.items(), ids=list(POSITIONS))
def test_the_characters_of_gb_18030_2022_are_real(position: str, real: str) -> None:
    decoded = bytes.fromhex(position).decode("gb18030")
    assert decoded == real or GB18030_2022[decoded] == real
    assert real_characters(f"王{decoded}明") == f"王{real}明"


def test_the_table_has_the_24_characters_of_the_standard_and_all_were_private() -> None:
    assert sorted(GB18030_2022.values()) == sorted(POSITIONS.values())
    assert all(map(is_private, GB18030_2022))
    assert not any(map(is_private, GB18030_2022.values()))


@pytest.mark.parametrize("dot", list("·•‧・．∙⋅･"))
def test_every_middle_dot_is_one(dot: str) -> None:
    expected = "." if dot == "．" else MIDDLE_DOT
    assert normal(f"阿依古丽{dot}买买提") == f"阿依古丽{expected}买买提"


@pytest.mark.parametrize(
    "mark", ["?", "？", "*", "＊", "□", "〓", "\ufffd", "\ue7f1", "\U000f0001"]
)
def test_every_mark_of_a_lost_character_is_one(mark: str) -> None:
    assert normal(f"王{mark}") == f"王{LOST}"


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("　王　小明 ", "王 小明"),
        ("ＷＡＮＧ１", "WANG1"),
        ("\u2f08\u4eba", "人人"),  # Kangxi radical
        ("\uf91d", "欄"),  # compatibility ideograph
        ("王\u200b小\ufeff明", "王小明"),
        ("王\t\n明", "王 明"),
    ],
)
def test_one_width_and_no_invisible_characters(said: str, form: str) -> None:
    assert normal(said) == form


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normal(normal(text)) == normal(text)


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)))
def test_simplifying_keeps_the_number_of_characters_and_is_idempotent(text: str) -> None:
    assert len(simplified(text)) == len(text)
    assert simplified(simplified(text)) == simplified(text)


def test_texts_are_as_alike_as_the_pairs_of_letters_they_share() -> None:
    assert share_of_pairs("night", "nacht") == share_of_pairs("nacht", "night") == 0.25
    assert share_of_pairs("a", "a") == 1.0
    assert share_of_pairs("a", "b") == share_of_pairs("", "ab") == 0.0
