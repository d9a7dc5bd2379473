"""Identity numbers and cards: read without repair, compared by what their check digits prove."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lianyi.projections.identity.registration import IdKind
from lianyi.projections.identity.values.identifier_levels import IdLevel, compare_ids
from lianyi.projections.identity.values.identifiers import (
    IdValue,
    check_character,
    lengthen,
    read_id,
)

TODAY = date(2026, 3, 1)
CITIZEN = IdKind.CITIZEN


def number(area: str = "990102", born: str = "19800131", order: str = "123") -> str:
    first_17 = area + born + order
    return first_17 + check_character(first_17)


numbers = st.builds(
    lambda area, born, order: number(f"99{area:04}", f"{born:%Y%m%d}", f"{order:03}"),
    st.integers(0, 9999),
    st.dates(date(1901, 1, 2), date(2025, 12, 31)),
    st.integers(1, 995),
)

READ = [
    ("有效", number(), CITIZEN, True, "19800131", "M"),
    ("小写x", "99010219800131003x", CITIZEN, None, "19800131", "M"),
    (
        "全角数字",
        number().translate({48 + i: 0xFF10 + i for i in range(10)}),
        CITIZEN,
        True,
        "19800131",
        "M",
    ),
    (
        "中间有空格",
        f" {number()[:6]} {number()[6:14]} {number()[14:]} ",
        CITIZEN,
        True,
        "19800131",
        "M",
    ),
    ("女性", number(order="124"), CITIZEN, True, "19800131", "F"),
    (
        "校验码错",
        number()[:17] + ("1" if number()[17] != "1" else "2"),
        CITIZEN,
        False,
        "19800131",
        "M",
    ),
    ("闰年二月廿九", number(born="20000229"), CITIZEN, True, "20000229", "M"),
    ("平年二月廿九", number(born="19990229"), CITIZEN, False, "", "M"),
    ("出生在未来", number(born="20270101"), CITIZEN, False, "", "M"),
    ("十五位", "990102800131123", CITIZEN, None, "19800131", "M"),
    ("十五位日期不存在", "990102800231123", CITIZEN, False, "", "M"),
    ("十五位百岁老人", "990102980131997", CITIZEN, None, "18980131", "M"),
    ("香港居住证", number("810000"), IdKind.RESIDENCE_PERMIT, True, "19800131", "M"),
    ("澳门居住证", number("820000"), IdKind.RESIDENCE_PERMIT, True, "19800131", "M"),
    ("台湾居住证", number("830000"), IdKind.RESIDENCE_PERMIT, True, "19800131", "M"),
    ("新版外国人永久居留", number("911840"), IdKind.FOREIGNER_RESIDENCE, True, "19800131", "M"),
]


@pytest.mark.parametrize(
    ("said", "kind", "valid", "born", "sex"),
    [row[1:] for row in READ],
    ids=[row[0] for row in READ],
)
def test_a_number_says_what_the_standard_says(
    said: str, kind: IdKind, valid: bool | None, born: str, sex: str
) -> None:
    value = read_id(said, today=TODAY)
    assert value.kind is kind
    if valid is None and len(value.text) == 18:
        assert value.text.endswith("X")
        assert value.valid is (check_character(value.body) == "X")
    else:
        assert value.valid is valid
    assert (f"{value.born_on:%Y%m%d}" if value.born_on else "") == born
    assert value.sex == sex


def test_the_numbers_that_the_standard_gives_as_examples_are_valid() -> None:
    # GB 11643-1999, annex A.
    assert read_id("11010519491231002X").valid is True
    assert read_id("440524188001010014").valid is True


def test_old_cards_of_foreigners_have_three_letters() -> None:
    value = read_id("XXX110078022801", IdKind.FOREIGNER_RESIDENCE, today=TODAY)
    assert (value.kind, value.valid, value.born_on) == (
        IdKind.FOREIGNER_RESIDENCE,
        None,
        date(1978, 2, 28),
    )


@pytest.mark.parametrize(
    "said",
    [

        "111111111111111111", "000000000000000", "123456789012345678", "999999999999999999",
        "无", "未带", "未提供", "不详", "-", "", " ", "XXXXXX", "null",
        "１１１１１１１１１１１１１１１１１１", number(born="19000101"), "身份证未带",
    ],
)  # fmt: skip
def test_a_placeholder_is_no_number(said: str) -> None:
    value = read_id(said, CITIZEN)
    assert value.placeholder
    assert compare_ids(value, value) is IdLevel.INCOMPARABLE


def test_a_hospitals_default_is_known_when_the_hospital_says_so() -> None:
    default = number(born="19800101")
    assert not read_id(default).placeholder
    assert read_id(default.lower(), defaults=frozenset({default})).placeholder


@given(numbers)
def test_a_right_number_is_valid_and_no_placeholder(said: str) -> None:
    value = read_id(said, today=TODAY)
    assert value.valid is True
    assert not value.placeholder
    assert value.text == said


@given(st.text(max_size=30), st.sampled_from(IdKind))
def test_nothing_is_ever_refused_and_reading_twice_changes_nothing(said: str, kind: IdKind) -> None:
    value = read_id(said, kind)
    assert read_id(value.text, kind) == value


@given(numbers, st.integers(0, 16), st.integers(1, 9))
def test_no_single_wrong_digit_passes(said: str, at: int, shift: int) -> None:
    wrong = said[:at] + str((int(said[at]) + shift) % 10) + said[at + 1 :]
    value = read_id(wrong, CITIZEN)
    assert value.valid is False
    if not value.placeholder:
        assert compare_ids(read_id(said, CITIZEN), value) is IdLevel.TYPO


@given(numbers, st.integers(0, 15))
def test_no_swap_of_neighbours_passes(said: str, at: int) -> None:
    assume(said[at] != said[at + 1])
    swapped = said[:at] + said[at + 1] + said[at] + said[at + 2 :]
    value = read_id(swapped, CITIZEN)
    assert value.valid is False
    if not value.placeholder:
        assert compare_ids(read_id(said, CITIZEN), value) is IdLevel.TRANSPOSED


@given(numbers, numbers)
def test_two_valid_numbers_that_differ_are_two_people(a: str, b: str) -> None:
    assume(a != b)
    assert compare_ids(read_id(a), read_id(b)) is IdLevel.CONFLICT


@given(numbers)
def test_fifteen_and_eighteen_digits_are_one_number(said: str) -> None:
    assume(said[6:8] == "19")
    old = read_id(said[:6] + said[8:17])
    assert lengthen(old.text) == said
    assert compare_ids(old, read_id(said)) is IdLevel.SAME_BODY


def v(said: str, kind: IdKind, issuer: str = "") -> IdValue:
    return read_id(said, kind, issuer=issuer)


HOME, TAIWAN, PASSPORT = IdKind.HOME_RETURN_PERMIT, IdKind.TAIWAN_PERMIT, IdKind.PASSPORT
COMPARED = [
    (
        "只差校验码",
        v(number(), CITIZEN),
        v(number()[:17] + ("1" if number()[17] != "1" else "2"), CITIZEN),
        IdLevel.TYPO,
    ),
    ("十五位错一位", v(number(), CITIZEN), v("990102800131124", CITIZEN), IdLevel.TYPO),
    (
        "十五位不同人无否决",
        v("990102800131123", CITIZEN),
        v(number(born="19751212", order="771"), CITIZEN),
        IdLevel.DIFFERENT,
    ),
    ("少录一位", v(number(), CITIZEN), v(number()[:9] + number()[10:], CITIZEN), IdLevel.TYPO),
    ("回乡证换发", v("H1234567801", HOME), v("H12345678", HOME), IdLevel.SAME_BODY),
    ("回乡证不同人", v("H12345678", HOME), v("H87654399", HOME), IdLevel.DIFFERENT),
    ("台胞证新旧", v("3081765401(B)", TAIWAN), v("30817654", TAIWAN), IdLevel.SAME_BODY),
    (
        "护照缺类型字母",
        v("E71234567", PASSPORT, "CHN"),
        v("71234567", PASSPORT, "CHN"),
        IdLevel.SAME_BODY,
    ),
    (
        "护照换发不否决",
        v("E71234567", PASSPORT, "CHN"),
        v("EA9876543", PASSPORT, "CHN"),
        IdLevel.DIFFERENT,
    ),
    (
        "两国护照不比",
        v("E71234567", PASSPORT, "CHN"),
        v("E71234567", PASSPORT, "CAN"),
        IdLevel.INCOMPARABLE,
    ),
    ("身份证与护照不比", v(number(), CITIZEN), v("E71234567", PASSPORT), IdLevel.INCOMPARABLE),
    (
        "身份证与居住证不比",
        v(number(), CITIZEN),
        v(number("810000"), IdKind.RESIDENCE_PERMIT),
        IdLevel.INCOMPARABLE,
    ),
    (
        "出生医学证明相同",
        v("y123400987", IdKind.BIRTH_CERTIFICATE),
        v("Y123400987", IdKind.BIRTH_CERTIFICATE),
        IdLevel.EQUAL,
    ),
    (
        "军官证只比数字",
        v("军字第0123987号", IdKind.MILITARY),
        v("0123987", IdKind.MILITARY),
        IdLevel.SAME_BODY,
    ),
    (
        "两院就诊卡不比",
        v("9900123987", IdKind.HOSPITAL_CARD, "A"),
        v("9900123987", IdKind.HOSPITAL_CARD, "B"),
        IdLevel.INCOMPARABLE,
    ),
    (
        "同院就诊卡",
        v("9900123987", IdKind.HOSPITAL_CARD, "A"),
        v("9900123987", IdKind.HOSPITAL_CARD, "A"),
        IdLevel.EQUAL,
    ),
    (
        "医保号缺机构",
        v("YX0012398", IdKind.INSURANCE),
        v("YX0012398", IdKind.INSURANCE, "A"),
        IdLevel.EQUAL,
    ),
    (
        "医保号不同",
        v("YX0012398", IdKind.INSURANCE),
        v("YX7752391", IdKind.INSURANCE),
        IdLevel.DIFFERENT,
    ),
    (
        "居民健康卡与电子健康卡不比",
        v("9988776", IdKind.HEALTH_CARD),
        v("9988776", IdKind.E_HEALTH_CARD),
        IdLevel.INCOMPARABLE,
    ),
]


@pytest.mark.parametrize(
    ("a", "b", "level"), [row[1:] for row in COMPARED], ids=[row[0] for row in COMPARED]
)
def test_two_identifiers_stand_so(a: IdValue, b: IdValue, level: IdLevel) -> None:
    assert compare_ids(a, b) is level
    assert compare_ids(b, a) is level
