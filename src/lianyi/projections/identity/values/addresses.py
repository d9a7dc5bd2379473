"""Addresses, cut into administrative parts, a place, and the digits of the house.

Cheap on purpose: one regular expression, no gazetteer. An address is weak evidence (families and
dormitories share it), so it is enough to know which district, which place and which house.

Sources:
    GB/T 2260 (names of the divisions end in 省 市 自治区 区 县 旗...); GB/T 23705-2009 (address
    elements).
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache
from typing import Final
from unicodedata import is_normalized, normalize

import msgspec

from lianyi.projections.identity.values.text import share_of_pairs


class AddressValue(msgspec.Struct, frozen=True, gc=False):
    """An address, read.

    Attributes:
        province: without its ending 省, 市, 自治区; empty when not written.
        city: likewise, without 市, 州, 地区, 盟.
        district: likewise, without 区, 县, 市, 旗.
        place: what follows, characters only, 路 街 村 and the like included; of an address in
            letters all its words.
        house: the numbers of house, building, unit, room, joined by ``-``; empty when there are
            none, so that the address names no home.
    """

    province: str = ""
    city: str = ""
    district: str = ""
    place: str = ""
    house: str = ""


class AddressLevel(IntEnum):
    """How two addresses stand to each other; higher is nearer."""

    INCOMPARABLE = 0
    DIFFERENT = 1
    SAME_DISTRICT = 2
    SAME_PLACE = 3
    """The same street, estate or village; another house or none."""
    SAME_HOUSE = 4
    """House numbers agree, and the places look alike or one is not written; or the numbers of one
    end before those of the other."""
    EQUAL = 5


_MUNICIPALITIES: Final = "北京|天津|上海|重庆|香港|澳门"
_PEOPLES: Final = (
    "蒙古族?|回族|藏族|维吾尔族?|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族?|傣族|黎族"
    "|傈僳族|佤族|畲族|拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜族?|土族|达斡尔族?|仫佬族|羌族|布朗族|撒拉族|毛南族"
    "|仡佬族|锡伯族?|塔吉克族?|怒族|鄂温克族?|保安族|裕固族|独龙族|鄂伦春族?|各族"
)
_DIVISIONS: Final = re.compile(
    rf"(?:中国|中华人民共和国)?"
    rf"(?:(?P<municipality>{_MUNICIPALITIES})(?:市|特别行政区)?(?:市辖区|县|市区)?"
    r"|(?:(?P<province>内蒙古|广西|西藏|宁夏|新疆)(?:壮族|回族|维吾尔)?(?:自治区)?"
    r"|(?P<province2>[^\d省市区县]{2,3})省)?"
    rf"(?:(?P<city>[^\d省市区县盟路街道巷号村镇]{{1,10}}?)"
    rf"(?:市|(?:{_PEOPLES})*自治州|州(?!市)|地区|盟)"
    r"(?:市辖区|市区)?)?)"
    r"(?:(?P<district>[^\d省市区县旗路街道巷号村镇]{1,12}?)"
    rf"(?:(?:{_PEOPLES})*自治[县旗]|新区|开发区|矿区|林区|区|县|市|旗)"
    r"(?![路街道巷]))?"
)
_REMEMBERED_MAX: Final = 80
"""Nobody fills the memory with addresses of more characters."""
_NUMBER: Final = re.compile(r"\d+")
_CHINESE_NUMBER: Final = re.compile(
    r"[一二三四五六七八九十百零〇两]+(?=[号栋幢座单元室组队弄楼层])"
)
_DIGITS: Final = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
_NOT_WORDS: Final = re.compile(r"[\W\d_A-Za-z]+|[号栋幢座室楼层单元弄组队]+")
_WORD: Final = re.compile(r"[a-z]{2,}")
_LETTERS_EQUAL: Final = 0.8
"""The same from which on they are one but for typing errors, if all numbers agree."""
_LETTERS_ALIKE: Final = 0.6
"""Share of pairs of letters from which on two addresses in letters are of one place."""
_NOWHERE: Final = re.compile(r"无|不详|未知|未提供|未填|同上|本地|外地|本市|暂无|[\W\d_]*")


def _count(word: str) -> str:
    """十二 is 12, 三〇五 is 305."""
    if "十" not in word and "百" not in word:
        return "".join(str(_DIGITS[c]) for c in word)
    total = last = 0
    for c in word:
        if c in "十百":
            total += (last or 1) * (10 if c == "十" else 100)
            last = 0
        else:
            last = _DIGITS[c]
    return str(total + last)


def read_address(said: str) -> AddressValue:
    """Read an address as it was sent; what cannot be read leaves its part empty.

    A home is read once for each of its people and their visits, so the latest are kept.
    """
    return _remembered(said) if len(said) <= _REMEMBERED_MAX else _read(said)


@lru_cache(maxsize=1 << 15)
def _remembered(said: str) -> AddressValue:
    return _read(said)


def _read(said: str) -> AddressValue:
    text = said if is_normalized("NFKC", said) else normalize("NFKC", said)
    if text.isascii():
        return _read_letters(text)
    if " " in text:
        text = "".join(text.split())
    if len(text) < 9 and _NOWHERE.fullmatch(text):
        return AddressValue()
    found = _DIVISIONS.match(text)
    if found is None:
        return AddressValue(place=text)
    municipality = found["municipality"]
    rest = text[found.end() :]
    if not rest.isascii() and _CHINESE_NUMBER.search(rest):
        rest = _CHINESE_NUMBER.sub(lambda number: _count(number[0]), rest)
    numbers = _NUMBER.findall(rest)
    return AddressValue(
        municipality or found["province"] or found["province2"] or "",
        municipality or found["city"] or "",
        found["district"] or "",
        _NOT_WORDS.sub("", rest),
        "-".join([number.lstrip("0") or "0" for number in numbers]),
    )


def _read_letters(text: str) -> AddressValue:
    """Read an address in letters: its words in lower case as place, all numbers as house."""
    words = _WORD.findall(text.lower())
    if not words or (len(words) == 1 and len(text) < 9):
        return AddressValue()
    numbers = [number.lstrip("0") or "0" for number in _NUMBER.findall(text)]
    return AddressValue(place=" ".join(words), house="-".join(numbers))


def _compare_letters(a: AddressValue, b: AddressValue) -> AddressLevel:
    """Compare two addresses in letters, where every word may have a typing error."""
    alike = share_of_pairs(a.place, b.place)
    if alike >= _LETTERS_EQUAL and a.house == b.house and a.house:
        return AddressLevel.EQUAL
    if alike < _LETTERS_ALIKE:
        return AddressLevel.DIFFERENT
    shared = not set(a.house.split("-")).isdisjoint(b.house.split("-"))
    return AddressLevel.SAME_HOUSE if shared and a.house and b.house else AddressLevel.SAME_PLACE


def compare_addresses(a: AddressValue, b: AddressValue) -> AddressLevel:
    """Say how two addresses stand to each other. Symmetric."""
    if not (a.place or a.district or a.city) or not (b.place or b.district or b.city):
        return AddressLevel.INCOMPARABLE
    if a.place.isascii() or b.place.isascii():  # in letters, or not written
        letters = a.place.isascii() and a.place != "", b.place.isascii() and b.place != ""
        if any(letters):
            return _compare_letters(a, b) if all(letters) else AddressLevel.INCOMPARABLE
    if (a.city and b.city and a.city != b.city) or (
        a.district and b.district and a.district != b.district
    ):
        return AddressLevel.DIFFERENT
    if a.house and a.house == b.house:
        if a.place == b.place:
            return AddressLevel.EQUAL
        if not a.place or not b.place or _alike(a.place, b.place):
            return AddressLevel.SAME_HOUSE
    if a.place == b.place != "" and _is_cut_short(a.house, b.house):
        return AddressLevel.SAME_HOUSE
    if a.place and b.place and (a.place == b.place or _alike(a.place, b.place)):
        return AddressLevel.SAME_PLACE
    if a.district and a.district == b.district:
        return AddressLevel.SAME_DISTRICT
    return AddressLevel.DIFFERENT if a.place and b.place else AddressLevel.INCOMPARABLE


def names_a_home(address: AddressValue) -> bool:
    """Whether an address names somebody's door: a ward gives the street number of its hospital."""
    return "-" in address.house


def _is_cut_short(a: str, b: str) -> bool:
    """Whether one is the beginning of the other: house and building, without the door."""
    short, long = (a, b) if len(a) < len(b) else (b, a)
    return "-" in short and long.startswith(short + "-")


def _alike(a: str, b: str) -> bool:
    """Whether one place is part of the other, or they share most of their characters. Symmetric."""
    if a in b or b in a:
        return True
    shorter = min(len(a), len(b))
    distinct = max(len(set(place)) for place in (a, b) if len(place) == shorter)
    return len(set(a) & set(b)) * 5 >= distinct * 4
