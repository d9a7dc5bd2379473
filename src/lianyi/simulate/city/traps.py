"""The trap corpus: named pairs of two different persons whom no rule may take for one.

A pair is two registrations that look like one person's. Whatever a matching engine does with them
(two persons, a person's decision, nothing), it must never link them by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec

from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Name, Registration
from lianyi.simulate.city import clerks, names
from lianyi.simulate.city.chances import Chance
from lianyi.simulate.city.people import TODAY, address, given_name, id_number, mobile
from lianyi.simulate.city.registrations import HOSPITALS, VILLAGE_PHONE
from lianyi.simulate.city.settings import CitySettings

EACH: Final = 500
"""Pairs of each trap unless somebody says otherwise: together more than ten thousand."""


class TrapPair(msgspec.Struct, frozen=True, gc=False):
    """Two registrations of two different persons.

    Attributes:
        trap: name of the trap, in Chinese.
        why: in English, what tempts and why it must not.
        first: one registration.
        second: the other.
    """

    trap: str
    why: str
    first: Registration
    second: Registration


_SETTINGS = CitySettings()
_ALIKE: Final = "伟玮俊君钧明鸣静婧丽莉颖莹萍苹燕艳辉晖洋阳雨羽"
_AT = datetime(2026, 2, 2, 8, 30, tzinfo=UTC)
Pair = tuple[Registration, Registration]


class _Maker:
    """Draws values and fills in registration forms."""

    def __init__(self, seed: int, branch: int) -> None:
        self.chance = Chance(seed, branch)
        self.serial = branch << 20

    def born(self, low: int = 1, high: int = 90) -> date:
        days = (low + self.chance.random() * (high - low)) * 365.25
        day = TODAY - timedelta(days=int(days))
        return day.replace(day=day.day + 1) if (day.month, day.day) == (1, 1) else day

    def sex(self) -> str:
        return self.chance.one_of("MF")

    def surname(self) -> str:
        return self.chance.one_of(names.SURNAMES)

    def given(self, sex: str, born: date) -> str:
        """Two characters."""
        while True:
            given = given_name(self.chance, _SETTINGS, sex, born)
            if len(given) == 2:
                return given

    def address(self) -> str:
        return address(self.chance)[1]

    def phone(self) -> str:
        return mobile(self.chance)

    def citizen(self, born: date, sex: str) -> Identifier:
        order = self.chance.below(499) * 2 + (1 if sex == "M" else 2)
        area = self.chance.one_of(("990102", "990103", "990104", "990121", "990122"))
        return Identifier(IdKind.CITIZEN, id_number(area, born, order))

    def citizens(
        self, first: tuple[date, str], second: tuple[date, str]
    ) -> tuple[tuple[Identifier, ...], tuple[Identifier, ...]]:
        """Valid numbers of two people, each given by birth and sex; never the same."""
        one, other = self.citizen(*first), self.citizen(*second)
        while one.value == other.value:
            other = self.citizen(*second)
        return (one,), (other,)

    def form(
        self,
        name: str,
        sex: str,
        born: date | str,
        *,
        ids: tuple[Identifier, ...] = (),
        phone: str = "",
        address: str = "",
        flags: tuple[Flag, ...] = (),
        order: int | None = None,
        mother: Identifier | None = None,
        mother_name: str = "",
    ) -> Registration:
        self.serial += 1
        return Registration(
            self.chance.one_of(HOSPITALS),
            f"T{self.serial}",
            (Name(name),),
            sex,
            born if isinstance(born, str) else clerks.written_date(born),
            ids,
            (phone,) if phone else (),
            (address,) if address else (),
            multiple_birth=True if order else None,
            birth_order=order,
            mother=mother,
            mother_name=mother_name,
            flags=flags,
            received_at=_AT,
        )


def _siblings(make: _Maker, *, with_ids: bool, together: bool, same_sex: bool = True) -> Pair:
    sex, born = make.sex(), make.born(1, 40)
    other = sex if same_sex else ("F" if sex == "M" else "M")
    later = born if together else born + timedelta(days=300 + make.chance.below(900))
    later = min(later, TODAY - timedelta(days=20))
    surname, given = make.surname(), make.given(sex, born)
    second = given
    while second == given:
        second = given[0] + make.given(other, born)[1]
    phone, home = make.phone(), make.address()
    ids = make.citizens((born, sex), (later, other)) if with_ids else ((), ())
    return (
        make.form(surname + given, sex, born, ids=ids[0], phone=phone, address=home),
        make.form(surname + second, other, later, ids=ids[1], phone=phone, address=home),
    )


def _twins(make: _Maker) -> Pair:
    return _siblings(make, with_ids=False, together=True)


def _twins_with_ids(make: _Maker) -> Pair:
    return _siblings(make, with_ids=True, together=True)


def _boy_and_girl(make: _Maker) -> Pair:
    return _siblings(make, with_ids=False, together=True, same_sex=False)


def _brothers(make: _Maker) -> Pair:
    return _siblings(make, with_ids=False, together=False)


def _twins_sounding_alike(make: _Maker) -> Pair:
    sex, born = make.sex(), make.born(1, 12)
    surname, phone, home = make.surname(), make.phone(), make.address()
    first = make.chance.one_of(_ALIKE)
    second = make.chance.one_of(names.ALIKE_IN_SOUND[first])
    shared = make.chance.one_of(names.GIVEN[sex, "young"])
    return (
        make.form(surname + shared + first, sex, born, phone=phone, address=home, order=1),
        make.form(surname + shared + second, sex, born, phone=phone, address=home, order=2),
    )


def _triplets(make: _Maker) -> Pair:
    first, second = _siblings(make, with_ids=False, together=True)
    replace = msgspec.structs.replace
    return (
        replace(first, multiple_birth=True, birth_order=1 + make.chance.below(2)),
        replace(second, multiple_birth=True, birth_order=3),
    )


def _father_and_son(make: _Maker) -> Pair:
    born = make.born(2, 25)
    father = born - timedelta(days=365 * (22 + make.chance.below(14)) + make.chance.below(360))
    surname, phone, home = make.surname(), make.phone(), make.address()
    given = make.given("M", father)
    son = make.chance.one_of("小子文") + given[1]
    return (
        make.form(surname + given, "M", father, phone=phone, address=home),
        make.form(surname + son, "M", born, phone=phone, address=home),
    )


def _father_and_son_one_year(make: _Maker) -> Pair:
    """Same day and month, one digit of the year apart in writing; the son on the father's phone."""
    born = make.born(3, 24)
    father = born.replace(year=born.year - 30, day=min(born.day, 28))
    surname, phone, home = make.surname(), make.phone(), make.address()
    given = make.given("M", father)
    ids = make.citizens((father, "M"), (born, "M"))
    return (
        make.form(surname + given, "M", father, ids=ids[0], phone=phone, address=home),
        make.form(surname + given[0], "M", born, ids=ids[1], phone=phone, address=home),
    )


def _couple(make: _Maker) -> Pair:
    born = make.born(30, 80)
    phone, home, surname = make.phone(), make.address(), make.surname()
    return (
        make.form(surname + make.given("M", born), "M", born, phone=phone, address=home),
        make.form(surname + make.given("F", born), "F", born, phone=phone, address=home),
    )


def _borrowed(make: _Maker, *, same_surname: bool) -> Pair:
    sex, born = make.sex(), make.born(20, 70)
    card = make.citizen(born, sex), Identifier(IdKind.INSURANCE, "YX" + make.chance.digits(10))
    surname, phone, home = make.surname(), make.phone(), make.address()
    name, other = surname + make.given(sex, born), ""
    while other in ("", name):
        other = (surname if same_surname else make.surname()) + make.given(sex, born)
    born_too = born if make.chance.happens(0.5) else make.born(20, 70)
    return (
        make.form(name, sex, born, ids=card, phone=phone, address=home),
        make.form(other, sex, born_too, ids=card, phone=phone, address=home),
    )


def _borrowed_card(make: _Maker) -> Pair:
    return _borrowed(make, same_surname=False)


def _borrowed_of_a_sister(make: _Maker) -> Pair:
    return _borrowed(make, same_surname=True)


def _namesakes(make: _Maker, *, district: bool = False, ids: bool = False) -> Pair:
    sex, born = make.sex(), make.born()
    name = make.surname() + make.given(sex, born)
    home = make.address()
    street = home.split("街道")[0] + "街道"
    homes = (home, street + "人民路7号") if district else (home, make.address())
    papers = make.citizens((born, sex), (born, sex)) if ids else ((), ())
    return (
        make.form(name, sex, born, ids=papers[0], phone=make.phone(), address=homes[0]),
        make.form(name, sex, born, ids=papers[1], phone=make.phone(), address=homes[1]),
    )


def _namesakes_same_day(make: _Maker) -> Pair:
    return _namesakes(make)


def _namesakes_same_district(make: _Maker) -> Pair:
    return _namesakes(make, district=True)


def _namesakes_with_ids(make: _Maker) -> Pair:
    return _namesakes(make, ids=True)


def _namesakes_bare(make: _Maker) -> Pair:
    """Only name, sex and birthday: nothing to tell them apart, nothing to make them one."""
    sex, born = make.sex(), make.born()
    name = make.chance.one_of("王李张刘陈") + make.given(sex, born)
    return make.form(name, sex, born), make.form(name, sex, born)


def _two_valid_numbers(make: _Maker) -> Pair:
    """Everything agrees but two valid numbers: cousins of one name in one house."""
    sex, born = make.sex(), make.born(10, 80)
    name, phone, home = make.surname() + make.given(sex, born), make.phone(), make.address()
    a, b = make.citizens((born, sex), (born, sex))
    return (
        make.form(name, sex, born, ids=a, phone=phone, address=home),
        make.form(name, sex, born, ids=b, phone=phone, address=home),
    )


def _nobody(make: _Maker) -> Pair:
    name, sex = make.chance.one_of(names.PLACEHOLDER_NAMES), make.sex()
    born = make.chance.one_of(("19000101", "", "19700101"))
    return (
        make.form(name, sex, born, phone="0990-2345678", flags=(Flag.UNKNOWN,)),
        make.form(name, sex, born, phone="0990-2345678", flags=(Flag.UNKNOWN,)),
    )


def _nobody_without_a_flag(make: _Maker) -> Pair:
    name, sex = make.chance.one_of(names.PLACEHOLDER_NAMES), make.sex()
    born = f"{1950 + make.chance.below(50)}0101"
    home = make.address()
    return make.form(name, sex, born, address=home), make.form(name, sex, born, address=home)


def _nobody_and_somebody(make: _Maker) -> Pair:
    sex, born, phone = make.sex(), make.born(18, 80), make.phone()
    return (
        make.form("无名氏", sex, born, phone=phone, flags=(Flag.UNKNOWN,)),
        make.form(make.surname() + make.given(sex, born), sex, born, phone=phone),
    )


def _tests(make: _Maker) -> Pair:
    name = make.chance.one_of(names.TEST_NAMES)
    born, phone = make.born(), "13800138000"
    return make.form(name, "M", born, phone=phone), make.form(name, "M", born, phone=phone)


def _masked(make: _Maker) -> Pair:
    sex, born = make.sex(), make.born()
    name = make.surname() + make.chance.one_of(("*", "**", "某", "某某"))
    home = make.address()
    return make.form(name, sex, born, address=home), make.form(name, sex, born, address=home)


def _placeholder_numbers(make: _Maker, number: str) -> Pair:
    number_id = (Identifier(IdKind.CITIZEN, number),)
    sex, surname = make.sex(), make.surname()
    a, b = make.born(), make.born()
    return (
        make.form(surname + make.given(sex, a), sex, a, ids=number_id),
        make.form(surname + make.given(sex, b), sex, b, ids=number_id),
    )


def _zeros(make: _Maker) -> Pair:
    number = make.chance.one_of(("0" * 18, "1" * 18, "9" * 18, "123456789012345678", "无", "未带"))
    return _placeholder_numbers(make, number)


def _hospital_default(make: _Maker) -> Pair:
    return _placeholder_numbers(make, clerks.HOSPITAL_DEFAULT_ID)


def _default_birthday(make: _Maker) -> Pair:
    sex = make.sex()
    name = make.surname() + make.given(sex, make.born())
    born = make.chance.one_of(("19000101", "19700101", f"{1940 + make.chance.below(60)}0101"))
    return make.form(name, sex, born), make.form(name, sex, born, phone=make.phone())


def _year_only(make: _Maker) -> Pair:
    sex, born = make.sex(), make.born()
    name = make.surname() + make.given(sex, born)
    return make.form(name, sex, str(born.year)), make.form(name, sex, f"{born.year}0101")


def _shared_phone(make: _Maker) -> Pair:
    sex, born, phone = make.sex(), make.born(), make.phone()
    surname, home = make.surname(), make.address()
    return (
        make.form(surname + make.given(sex, born), sex, born, phone=phone, address=home),
        make.form(surname + make.given(sex, born)[0], sex, make.born(), phone=phone, address=home),
    )


def _village_phone(make: _Maker) -> Pair:
    sex, born = make.sex(), make.born(30, 85)
    name = make.surname() + make.given(sex, born)
    year = born.replace(year=born.year + 1, day=min(born.day, 28))
    return (
        make.form(name, sex, born, phone=VILLAGE_PHONE, address="澜川省云溪市松岭县柏树村"),
        make.form(name, sex, year, phone=VILLAGE_PHONE, address="澜川省云溪市松岭县柏树村"),
    )


def _mother(make: _Maker) -> tuple[str, date, Identifier, str, str]:
    born = make.born(20, 42)
    name = make.surname() + make.given("F", born)
    return name, born, make.citizen(born, "F"), make.phone(), make.address()


def _newborn_twins(make: _Maker) -> Pair:
    name, _, paper, phone, home = _mother(make)
    born, word = make.born(0, 1), make.chance.one_of("子女")
    forms = [
        make.form(
            f"{name}之{mark}{word}",
            "M" if word == "子" else "F",
            born,
            phone=phone,
            address=home,
            flags=(Flag.NEWBORN,),
            order=order,
            mother=paper,
            mother_name=name,
        )
        for order, mark in ((1, "大"), (2, make.chance.one_of("小二次")))
    ]
    return forms[0], forms[1]


def _newborn_twins_unmarked(make: _Maker) -> Pair:
    """Two registrations 某某之子 of one day: twins whom the clerk did not number."""
    name, _, paper, phone, home = _mother(make)
    born, word = make.born(0, 1), make.chance.one_of("子女")
    sex = "M" if word == "子" else "F"
    return (
        make.form(
            f"{name}之{word}",
            sex,
            born,
            order=1,
            mother=paper,
            phone=phone,
            address=home,
            flags=(Flag.NEWBORN,),
            mother_name=name,
        ),
        make.form(
            f"{name}之{word}",
            sex,
            born,
            order=2,
            mother=paper,
            phone=phone,
            address=home,
            flags=(Flag.NEWBORN,),
            mother_name=name,
        ),
    )


def _newborn_years_apart(make: _Maker) -> Pair:
    name, _, paper, phone, home = _mother(make)
    born = make.born(3, 6)
    later = born + timedelta(days=400 + make.chance.below(500))
    a = make.form(
        f"{name}之子",
        "M",
        born,
        phone=phone,
        address=home,
        mother=paper,
        flags=(Flag.NEWBORN,),
        mother_name=name,
    )
    b = make.form(
        f"{name}之子",
        "M",
        later,
        phone=phone,
        address=home,
        mother=paper,
        flags=(Flag.NEWBORN,),
        mother_name=name,
    )
    return a, b


def _mother_and_newborn(make: _Maker) -> Pair:
    name, born, paper, phone, home = _mother(make)
    child = make.form(
        f"{name}之女",
        "F",
        make.born(0, 1),
        ids=(paper,),
        phone=phone,
        address=home,
        mother=paper,
        flags=(Flag.NEWBORN,),
        mother_name=name,
    )
    return make.form(name, "F", born, ids=(paper,), phone=phone, address=home), child


def _newborn_and_named_sister(make: _Maker) -> Pair:
    name, _, paper, phone, home = _mother(make)
    born = make.born(0, 1)
    surname = make.surname()
    return (
        make.form(
            f"{name}之小女",
            "F",
            born,
            phone=phone,
            address=home,
            order=2,
            mother=paper,
            flags=(Flag.NEWBORN,),
            mother_name=name,
        ),
        make.form(
            surname + make.given("F", born),
            "F",
            born,
            phone=phone,
            address=home,
            order=1,
            mother=paper,
            mother_name=name,
        ),
    )


def _newborns_of_namesakes(make: _Maker) -> Pair:
    """Two mothers of one name gave birth on one day."""
    name, _, paper, phone, home = _mother(make)
    other = make.citizen(make.born(20, 42), "F")
    born = make.born(0, 1)
    return (
        make.form(
            f"{name}之子",
            "M",
            born,
            phone=phone,
            address=home,
            mother=paper,
            flags=(Flag.NEWBORN,),
            mother_name=name,
        ),
        make.form(
            f"{name}之子",
            "M",
            born,
            phone=make.phone(),
            address=make.address(),
            mother=other,
            flags=(Flag.NEWBORN,),
            mother_name=name,
        ),
    )


def _minority_namesakes(make: _Maker) -> Pair:
    name = f"{make.chance.one_of(names.MINORITY)}·{make.chance.one_of(names.MINORITY)}"
    born, sex = make.born(), make.sex()
    return make.form(name, sex, born), make.form(name.split("·")[0], sex, born)


def _foreign_namesakes(make: _Maker) -> Pair:
    name = f"{make.chance.one_of(names.FOREIGN_GIVEN)} {make.chance.one_of(names.FOREIGN_FAMILY)}"
    born, sex = make.born(18, 70), make.sex()
    papers = [Identifier(IdKind.PASSPORT, f"E{make.chance.digits(8)}", "XXX") for _ in range(2)]
    turned = " ".join(reversed(name.split())).upper()
    return (
        make.form(name, sex, born, ids=(papers[0],)),
        make.form(turned, sex, born, ids=(papers[1],)),
    )


def _sounding_strangers(make: _Maker) -> Pair:
    """Two people of one day whose names only sound alike."""
    sex, born = make.sex(), make.born()
    first = make.chance.one_of(_ALIKE)
    start = make.surname() + make.chance.one_of("晓文子")
    return (
        make.form(start + first, sex, born, address=make.address()),
        make.form(
            start + make.chance.one_of(names.ALIKE_IN_SOUND[first]),
            sex,
            born,
            address=make.address(),
        ),
    )


def _company(make: _Maker) -> Pair:
    """A company's check-up: one address, one telephone, two colleagues of one age and surname."""
    born, phone, home = make.born(25, 55), make.phone(), make.address()
    surname, sex = make.surname(), make.sex()
    return (
        make.form(surname + make.given(sex, born), sex, born, phone=phone, address=home),
        make.form(surname + make.given(sex, born), sex, born, phone=phone, address=home),
    )


TRAPS: Final[dict[str, tuple[Callable[[_Maker], Pair], str]]] = {
    "双胞胎一字之差": (_twins, "twins: one character apart, same day, phone and home"),
    "双胞胎各有证号": (_twins_with_ids, "twins with two valid numbers"),
    "龙凤胎": (_boy_and_girl, "a twin boy and girl"),
    "双胞胎同音名": (_twins_sounding_alike, "twins whose names sound the same, numbered 1 and 2"),
    "三胞胎": (_triplets, "triplets, numbered"),
    "兄弟姐妹": (_brothers, "siblings born years apart, one character apart"),
    "父子同址同号": (_father_and_son, "father and son: phone, home and a character in common"),
    "父子同月同日": (_father_and_son_one_year, "father and son born on the same day of the year"),
    "夫妻共用电话": (_couple, "a couple of one surname, phone and home"),
    "借卡就诊": (_borrowed_card, "the number is equal, the name is another's"),
    "借姐妹的证": (_borrowed_of_a_sister, "the number is equal, the surname too, the name is not"),
    "同日同名": (_namesakes_same_day, "namesakes born on the same day, another phone and home"),
    "同日同名同区": (_namesakes_same_district, "namesakes of a day in one quarter"),
    "同日同名各有证号": (_namesakes_with_ids, "namesakes of a day with two valid numbers"),
    "同日同名无其他信息": (_namesakes_bare, "namesakes of a day and nothing else known"),
    "两个有效证号": (_two_valid_numbers, "everything agrees but two valid numbers: a veto"),
    "两个无名氏": (_nobody, "two unknown emergency patients"),
    "无名氏未标记": (_nobody_without_a_flag, "two unknown patients whom nobody flagged"),
    "无名氏与真人": (_nobody_and_somebody, "an unknown patient and who brought him"),
    "测试病人": (_tests, "test patients"),
    "掩码姓名": (_masked, "masked names say only the surname"),
    "占位证号": (_zeros, "zeros, ones and words in place of a number"),
    "医院默认证号": (_hospital_default, "the number that a form comes with"),
    "默认生日": (_default_birthday, "namesakes with a form's default birthday"),
    "只知年份": (_year_only, "namesakes of whom only the year of birth is known"),
    "共用电话": (_shared_phone, "one family's phone and home"),
    "村医电话": (_village_phone, "namesakes of a village, one phone for all of it"),
    "新生儿双胎": (_newborn_twins, "newborn twins named after their mother, numbered"),
    "新生儿双胎未编号": (_newborn_twins_unmarked, "newborn twins with one and the same name"),
    "前后胎新生儿": (_newborn_years_apart, "newborns of one mother, years apart"),
    "母亲与新生儿": (_mother_and_newborn, "a newborn registered with its mother's number"),
    "新生儿与已命名姐妹": (_newborn_and_named_sister, "a newborn twin and her named sister"),
    "同名母亲的新生儿": (_newborns_of_namesakes, "newborns of two mothers of one name"),
    "少数民族同名": (_minority_namesakes, "a part of a name is not the name"),
    "外国人同名同日": (_foreign_namesakes, "foreign namesakes with two passports"),
    "同音陌生人": (_sounding_strangers, "strangers of a day whose names sound alike"),
    "同单位体检": (_company, "colleagues: one phone, address and surname"),
}
"""Name of each trap to what makes a pair of it, and why it is one."""


def trap_pairs(seed: int = 1, each: int = EACH, only: str = "") -> Iterator[TrapPair]:
    """Give the corpus, trap by trap; the same seed gives the same pairs.

    Args:
        seed: of all draws.
        each: pairs of each trap.
        only: name of the one trap that is wanted; empty for all.
    """
    for branch, (trap, (pair_of, why)) in enumerate(TRAPS.items(), start=1):
        if only in ("", trap):
            make = _Maker(seed, branch)
            for _ in range(each):
                first, second = pair_of(make)
                yield TrapPair(trap, why, first, second)
