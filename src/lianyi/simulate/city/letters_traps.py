"""Traps of names in letters, whose senders say which word is the family name, rightly or wrongly.

One letter makes a typing error of one person's name, and a sister of two: Kristin and Kristen,
Wang Lei and Wang Wei. What tells them apart is whose word differs, and a sender may be wrong there.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import msgspec

from lianyi.projections.identity.registration import Identifier, IdKind, Name, Registration
from lianyi.simulate.city import names
from lianyi.simulate.city.forms import Forms, Pair

Called = tuple[str, str]
"""A given name and a family name."""

PINYIN_FAMILY: Final = ("Wang", "Li", "Zhang", "Liu", "Chen", "Yang", "Zhao", "Huang", "Zhou")
PINYIN_GIVEN_ALIKE: Final = (
    *("Wei/Lei", "Lin/Min", "Jing/Ying", "Hui/Hua", "Tao/Hao", "Ping/Ning", "Fang/Feng"),
    *("Xiaoling/Xiaolin", "Jiahui/Jiahua", "Yuting/Yuying", "Jianhua/Jinhua"),
)
"""What brothers and sisters may be called."""


class _Home:
    """People of one sex, telephone and home, as one sender writes them down."""

    def __init__(self, make: Forms, *, wrong_way_round: bool = False) -> None:
        self.make, self.sex = make, make.sex()
        self._phone, self._home = make.phone(), make.address()
        self._wrong = wrong_way_round

    def form(self, called: Called, born: date | str, number: str) -> Registration:
        """The form of one of them, with a passport."""
        given, family = called
        form = self.make.form(
            "",
            self.sex,
            born,
            ids=(Identifier(IdKind.PASSPORT, number, "XXX"),),
            phone=self._phone,
            address=self._home,
        )
        name = Name(f"{given} {family}", family=given if self._wrong else family)
        return msgspec.structs.replace(form, names=(name,))


def _number(make: Forms) -> str:
    return "E" + make.chance.digits(8)


def _sisters(make: Forms) -> tuple[Called, Called]:
    first, second = make.chance.one_of(names.FOREIGN_GIVEN_ALIKE).split("/")
    family = make.chance.one_of(names.FOREIGN_FAMILY)
    return (first, family), (second, family)


def _in_pinyin(make: Forms) -> tuple[Called, Called]:
    """Two children of one surname whose given names are one syllable, a letter or two apart."""
    one = make.chance.one_of(PINYIN_FAMILY)
    first, second = make.chance.one_of(PINYIN_GIVEN_ALIKE).split("/")
    return (first, one), (second, one)


def _later(make: Forms, born: date, low: int, high: int) -> date:
    return born + timedelta(days=365 * low + make.chance.below(365 * (high - low)))


def _one_of(make: Forms, *born: date | str) -> date | str:
    return make.chance.one_of(born)


def _lent(home: _Home, called: tuple[Called, Called], born: tuple[date | str, date | str]) -> Pair:
    number = _number(home.make)
    return home.form(called[0], born[0], number), home.form(called[1], born[1], number)


def lent_in_letters(make: Forms) -> Pair:
    """A passport lent to a sister of a name alike; her birthday is hers, no date, or unknown."""
    born = make.born(20, 60)
    own = _one_of(make, _later(make, born, 1, 5), "", "19991399")
    return _lent(_Home(make), _sisters(make), (born, own))


def lent_the_wrong_way_round(make: Forms) -> Pair:
    """The same, by a sender who calls the given name the family name: the surname seems to slip."""
    born = make.born(20, 60)
    own = _one_of(make, _later(make, born, 1, 5), "")
    return _lent(_Home(make, wrong_way_round=True), _sisters(make), (born, own))


def lent_in_pinyin(make: Forms) -> Pair:
    """A passport lent to a brother or sister, both names romanised: Wang Lei and Wang Wei."""
    born = make.born(20, 60)
    own = _one_of(make, _later(make, born, 1, 5), "")
    return _lent(_Home(make), _in_pinyin(make), (born, own))


def _twins(home: _Home, called: tuple[Called, Called]) -> Pair:
    born, number = home.make.born(1, 60), int("1" + home.make.chance.digits(7))
    first = home.form(called[0], born, f"E{number:08}")
    return first, home.form(called[1], born, f"E{number + 1 + home.make.chance.below(3):08}")


def twins_in_letters(make: Forms) -> Pair:
    """Twins of names alike, with passports in turn, given and family names in their fields."""
    return _twins(_Home(make), _sisters(make))


def twins_the_wrong_way_round(make: Forms) -> Pair:
    """Twins of a sender who calls the given name the family name."""
    return _twins(_Home(make, wrong_way_round=True), _sisters(make))


def twins_in_pinyin(make: Forms) -> Pair:
    """Twins with romanised names and passports in turn."""
    return _twins(_Home(make), _in_pinyin(make))


def father_and_son_in_letters(make: Forms) -> Pair:
    """Father and son of one name, each with his passport; the son's birthday may be unknown."""
    called = make.chance.one_of(names.FOREIGN_GIVEN), make.chance.one_of(names.FOREIGN_FAMILY)
    father = make.born(45, 85)
    home = _Home(make)
    son = _one_of(make, _later(make, father, 20, 40), "")
    return home.form(called, father, _number(make)), home.form(called, son, _number(make))


def passport_of_a_father_in_letters(make: Forms) -> Pair:
    """A son of his father's name, with his father's passport, his surname a letter wrong."""
    given = make.chance.one_of(names.FOREIGN_GIVEN)
    family = make.chance.one_of([name for name in names.FOREIGN_FAMILY if len(name) > 4])
    at = 1 + make.chance.below(len(family) - 1)
    slip = family[:at] + make.chance.one_of("bkmtx") + family[at + 1 :]
    father = make.born(45, 85)
    called = (given, family), (given, slip if slip != family else family + "s")
    return _lent(_Home(make), called, (father, _later(make, father, 20, 40)))


def passport_of_an_in_law(make: Forms) -> Pair:
    """A passport lent to a sister-in-law of the same given name, with a birthday of her own."""
    given, first = make.chance.one_of(names.FOREIGN_GIVEN), make.chance.one_of(names.FOREIGN_FAMILY)
    second = first
    while second == first:
        second = make.chance.one_of(names.FOREIGN_FAMILY)
    born = make.born(20, 60)
    own = _one_of(make, _later(make, born, 1, 9), "")
    return _lent(_Home(make), ((given, first), (given, second)), (born, own))


def namesakes_in_one_street(make: Forms) -> Pair:
    """Cousins of one foreign name in one street, born within two years."""
    called = make.chance.one_of(names.FOREIGN_GIVEN), make.chance.one_of(names.FOREIGN_FAMILY)
    born, home = make.born(20, 60), _Home(make)
    pair = (
        home.form(called, born, _number(make)),
        home.form(called, _later(make, born, 1, 2), _number(make)),
    )
    number, street = 1 + make.chance.below(90), make.chance.one_of(("Mill Road", "Harbour Street"))
    homes = (f"{number} {street}, Rose Bay", f"{number + 4} {street}, Rose Bay")
    first, second = (
        msgspec.structs.replace(form, addresses=(home,), phones=(make.phone(),))
        for form, home in zip(pair, homes, strict=True)
    )
    return first, second
