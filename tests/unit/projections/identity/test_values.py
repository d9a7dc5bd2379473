"""Dates of birth, telephones, addresses, sexes."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lianyi.projections.identity.marks import birth_marks
from lianyi.projections.identity.values.addresses import (
    AddressLevel,
    compare_addresses,
    read_address,
)
from lianyi.projections.identity.values.births import (
    BirthLevel,
    compare_births,
    default_dates,
    read_birth,
)
from lianyi.projections.identity.values.lunar import solar_dates
from lianyi.projections.identity.values.phones import (
    PhoneKind,
    PhoneLevel,
    compare_phones,
    read_phone,
)
from lianyi.projections.identity.values.sexes import (
    SexLevel,
    compare_sexes,
    read_sex,
    sex_in_fhir,
    sex_in_gb,
)

B = BirthLevel
TODAY = date(2026, 3, 1)

BIRTHS = [
    ("相同", "19800315", "1980-03-15", B.EQUAL),
    ("中文写法", "1980年3月15日", "1980/3/15", B.EQUAL),
    ("带时间", "19800315083000", "1980-03-15T08:30:00+08:00", B.EQUAL),
    ("日月颠倒", "19800305", "19800503", B.SWAPPED),
    ("差一位", "19800315", "19810315", B.ONE_DIGIT),
    ("农历新年", "19800101", "19800216", B.YEAR_ONLY),
    ("农历中秋", "19800815", "19800923", B.LUNAR),
    ("农历腊月跨年", "19801215", "19810120", B.LUNAR),
    ("闰四月", "20200415", "20200606", B.LUNAR),
    ("元旦只算年份", "19800101", "19800101", B.YEAR_ONLY),
    ("只有年份", "1980", "19800315", B.YEAR_ONLY),
    ("年份不同", "1980", "19810315", B.DIFFERENT),
    ("只有年月", "198003", "19800315", B.MONTH),
    ("同年", "19800315", "19801127", B.SAME_YEAR),
    ("不同", "19800315", "19750822", B.DIFFERENT),
    ("默认日期", "19000101", "19000101", B.INCOMPARABLE),
    ("纪元日", "19700101", "19700101", B.INCOMPARABLE),
    ("没有", "", "19800315", B.INCOMPARABLE),
    ("不存在的日期", "19800230", "19800230", B.INCOMPARABLE),
    ("未来", "20270315", "20270315", B.INCOMPARABLE),
    ("不成日期，差一位", "19801315", "19801115", B.MISTYPED),
    ("不成日期，两位颠倒", "1980-30-15", "19803015", B.INCOMPARABLE),
    ("不成日期，年月两位颠倒", "19505309", "19550309", B.MISTYPED),
    ("不成日期，差两位", "19801399", "19801129", B.INCOMPARABLE),
    ("不成日期，另一方为元旦", "19801301", "19800101", B.INCOMPARABLE),
    ("不成月份", "198013", "19801115", B.INCOMPARABLE),
]


@pytest.mark.parametrize(
    ("a", "b", "level"), [row[1:] for row in BIRTHS], ids=[row[0] for row in BIRTHS]
)
def test_two_births_stand_so(a: str, b: str, level: BirthLevel) -> None:
    x, y = read_birth(a, today=TODAY), read_birth(b, today=TODAY)
    assert compare_births(x, y) is level
    assert compare_births(y, x) is level


@given(st.dates(date(1901, 1, 2), date(2026, 2, 28)), st.integers(0, 7), st.integers(0, 9))
def test_one_wrong_digit_never_makes_a_birthday_incomparable(on: date, at: int, digit: int) -> None:
    right = f"{on:%Y%m%d}"
    wrong = f"{right[:at]}{digit}{right[at + 1 :]}"
    x, y = read_birth(right, today=TODAY), read_birth(wrong, today=TODAY)
    assume(not (x.is_default or y.is_default or y.is_future or x.is_year_only))
    assert compare_births(x, y) is compare_births(y, x)
    if y.no_date:
        assert compare_births(x, y) is B.MISTYPED
        assert birth_marks(x) & birth_marks(y)
    else:
        assert compare_births(x, y) >= B.YEAR_ONLY


@given(st.dates(date(1850, 1, 1), date(2200, 12, 31)))
def test_every_date_is_read_in_each_of_its_forms(on: date) -> None:
    value = read_birth(f"{on:%Y%m%d}")
    assert value.on == on
    same = [f"{on:%Y-%m-%d}", f"{on.year}年{on.month}月{on.day}日", f"{on:%Y%m%d}120000"]
    assert [read_birth(text) for text in same] == [value] * 3


@given(st.text(max_size=12), st.text("0123456789-/年月日", max_size=12))
def test_no_text_is_refused_and_comparing_is_symmetric(a: str, b: str) -> None:
    x, y = read_birth(a), read_birth(b)
    assert compare_births(x, y) is compare_births(y, x)


def test_default_dates_are_found_by_how_often_they_stand_there() -> None:
    counts = Counter(
        f"{date(1960, 1, 1) + timedelta(days=day):%Y%m%d}"
        for day in range(10_000)
        for _ in range(3)
    )
    counts["19770707"] += 400
    counts["19680101"] += 90
    counts["20300101"] = 29
    assert default_dates(counts) == {"19770707", "19680101"}
    assert read_birth("19770707", defaults=default_dates(counts)).is_default


def test_the_chinese_new_years_are_where_they_were() -> None:
    days = {1949: (1, 29), 1980: (2, 16), 2000: (2, 5), 2008: (2, 7), 2024: (2, 10), 2026: (2, 17)}
    assert {year: solar_dates(year, 1, 1)[0] for year in days} == {
        year: date(year, *day) for year, day in days.items()
    }
    assert solar_dates(2020, 4, 1) == (date(2020, 4, 23), date(2020, 5, 23))  # leap month
    assert solar_dates(1899, 1, 1) == solar_dates(1980, 13, 1) == solar_dates(1980, 1, 31) == ()


@given(st.integers(1900, 2097), st.integers(1, 12), st.integers(1, 30))
def test_a_day_of_the_chinese_calendar_is_three_to_eight_weeks_later(
    y: int, m: int, d: int
) -> None:
    for found in solar_dates(y, m, d):
        numbers = (date(y, 1, 1) + timedelta(days=round((m - 1) * 30.44) + d - 1)).toordinal()
        assert 14 <= found.toordinal() - numbers <= 58


PHONES = [
    ("手机", "15412987326", PhoneKind.MOBILE, "15412987326"),
    ("加国家码", "+86 154 1298 7326", PhoneKind.MOBILE, "15412987326"),
    ("国家码无加号", "8615412987326", PhoneKind.MOBILE, "15412987326"),
    ("国际前缀", "0086-15412987326", PhoneKind.MOBILE, "15412987326"),
    ("全角", "１５４１２９８７３２６", PhoneKind.MOBILE, "15412987326"),
    ("长途拨零", "015412987326", PhoneKind.MOBILE, "15412987326"),
    ("固话", "0871-6598732", PhoneKind.LANDLINE, "08716598732"),
    ("固话括号", "(010) 6598 7321", PhoneKind.LANDLINE, "01065987321"),
    ("固话分机", "0571-86598732-801", PhoneKind.LANDLINE, "057186598732"),
    ("固话转", "010-65987321转12", PhoneKind.LANDLINE, "01065987321"),
    ("固话国家码", "+86-10-65987321", PhoneKind.LANDLINE, "01065987321"),
    ("本地号码", "65987321", PhoneKind.LOCAL, "65987321"),
    ("香港", "+852 6598 7321", PhoneKind.ABROAD, "85265987321"),
    ("占位一样的数字", "11111111111", PhoneKind.NOTHING, ""),
    ("占位尾数", "13888888888", PhoneKind.NOTHING, ""),
    ("占位顺序", "12345678901", PhoneKind.NOTHING, ""),
    ("服务号码", "13800138000", PhoneKind.NOTHING, ""),
    ("字", "无", PhoneKind.NOTHING, ""),
    ("空", "", PhoneKind.NOTHING, ""),
]


@pytest.mark.parametrize(
    ("said", "kind", "digits"), [row[1:] for row in PHONES], ids=[row[0] for row in PHONES]
)
def test_a_telephone_is_read(said: str, kind: PhoneKind, digits: str) -> None:
    value = read_phone(said)
    assert (value.kind, value.digits) == (kind, digits)


def test_two_telephones_stand_so() -> None:
    mobile, land = read_phone("15412987326"), read_phone("010-65987321")
    assert compare_phones(mobile, read_phone("+8615412987326")) is PhoneLevel.EQUAL
    assert compare_phones(mobile, read_phone("15412987327")) is PhoneLevel.ONE_DIGIT
    assert compare_phones(mobile, read_phone("15498123326")) is PhoneLevel.DIFFERENT
    assert compare_phones(land, read_phone("65987321")) is PhoneLevel.SAME_LINE
    assert compare_phones(land, mobile) is PhoneLevel.INCOMPARABLE
    assert compare_phones(read_phone("无"), mobile) is PhoneLevel.INCOMPARABLE


HOME = "澜川省云溪市望江区滨江街道解放路12号3栋2单元501室"
ADDRESSES = [
    ("相同", HOME, HOME, AddressLevel.EQUAL),
    ("全角与空格", HOME, HOME.replace("12", "１２").replace("号", "号 "), AddressLevel.EQUAL),
    ("中文数字", HOME, HOME.replace("12号", "十二号"), AddressLevel.EQUAL),
    ("省略省市", HOME, "望江区滨江街道解放路12号3栋2单元501室", AddressLevel.EQUAL),
    ("省略街道", HOME, "云溪市望江区解放路12-3-2-501", AddressLevel.SAME_HOUSE),
    ("邻居", HOME, HOME.replace("501", "502"), AddressLevel.SAME_PLACE),
    ("同区", HOME, "云溪市望江区南桥街道人民路7号", AddressLevel.SAME_DISTRICT),
    ("异区同号", HOME, HOME.replace("望江", "桂湖"), AddressLevel.DIFFERENT),
    ("英文相同", "8 Hill Street, 4810", "8 HILL street 4810", AddressLevel.EQUAL),
    ("英文录错", "8 Hill Street, 4810", "8 Hil Stret, 4811", AddressLevel.SAME_HOUSE),
    ("英文邻居", "8 Hill Street", "9 Hill Street", AddressLevel.SAME_PLACE),
    ("英文不同", "8 Hill Street", "8 Goldfinch Circuit", AddressLevel.DIFFERENT),
    ("英文与中文不比", HOME, "8 Hill Street, 4810", AddressLevel.INCOMPARABLE),
    ("没有", HOME, "不详", AddressLevel.INCOMPARABLE),
    ("两个没有", "无", "", AddressLevel.INCOMPARABLE),
]


@pytest.mark.parametrize(
    ("a", "b", "level"), [row[1:] for row in ADDRESSES], ids=[row[0] for row in ADDRESSES]
)
def test_two_addresses_stand_so(a: str, b: str, level: AddressLevel) -> None:
    x, y = read_address(a), read_address(b)
    assert compare_addresses(x, y) is level
    assert compare_addresses(y, x) is level


@pytest.mark.parametrize(
    ("said", "province", "city", "district"),
    [
        ("北京市朝阳区建国路88号", "北京", "北京", "朝阳"),
        ("上海市市辖区浦东新区张江路1号", "上海", "上海", "浦东"),
        ("新疆维吾尔自治区乌鲁木齐市天山区解放路1号", "新疆", "乌鲁木齐", "天山"),
        ("广西壮族自治区南宁市青秀区民族大道", "广西", "南宁", "青秀"),
        ("江苏省苏州市昆山市玉山镇5-2-301", "江苏", "苏州", "昆山"),
        ("四川省凉山彝族自治州西昌市航天大道3号", "四川", "凉山", "西昌"),
        ("湖北省恩施土家族苗族自治州恩施市舞阳坝1号", "湖北", "恩施", "恩施"),
        ("云溪市松岭县城关镇三组", "", "云溪", "松岭"),
        ("解放路12号", "", "", ""),
    ],
)
def test_the_divisions_of_an_address_are_read(
    said: str, province: str, city: str, district: str
) -> None:
    value = read_address(said)
    assert (value.province, value.city, value.district) == (province, city, district)


@given(st.text(max_size=40), st.text("省市区县路号0123十二栋室望江解放", max_size=30))
def test_no_address_is_refused_and_comparing_is_symmetric(a: str, b: str) -> None:
    x, y = read_address(a), read_address(b)
    assert compare_addresses(x, y) is compare_addresses(y, x)


@pytest.mark.parametrize("said", ["1", "M", "m", "男", "male", "１", "男婴"])
def test_male_is_read(said: str) -> None:
    assert read_sex(said) == "M"


@pytest.mark.parametrize("said", ["2", "F", "女", "female", "２"])
def test_female_is_read(said: str) -> None:
    assert read_sex(said) == "F"


@pytest.mark.parametrize("said", ["0", "9", "", "U", "O", "未知", "other"])
def test_an_unclear_sex_says_nothing(said: str) -> None:
    assert read_sex(said) == ""
    assert compare_sexes(read_sex(said), "M") is SexLevel.INCOMPARABLE


def test_a_sex_goes_to_the_codes_of_each_standard() -> None:
    assert [sex_in_gb(s) for s in ("M", "F", "")] == ["1", "2", "0"]
    assert [sex_in_fhir(s) for s in ("M", "F", "")] == ["male", "female", "unknown"]
    assert compare_sexes("M", "F") is SexLevel.DIFFERENT
    assert compare_sexes("F", "F") is SexLevel.EQUAL
