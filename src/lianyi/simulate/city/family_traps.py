"""Traps among people who belong together: twins, parents, couples, newborns, lent cards."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from lianyi.projections.identity.registration import Flag, Identifier, IdKind
from lianyi.simulate.city import names
from lianyi.simulate.city.forms import ALIKE, Forms, Pair
from lianyi.simulate.city.people import TODAY


def _siblings(make: Forms, *, with_ids: bool, together: bool, same_sex: bool = True) -> Pair:
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


def twins(make: Forms) -> Pair:
    """Twins: one character apart, same day, phone and home."""
    return _siblings(make, with_ids=False, together=True)


def twins_with_ids(make: Forms) -> Pair:
    """Twins with two valid numbers."""
    return _siblings(make, with_ids=True, together=True)


def boy_and_girl(make: Forms) -> Pair:
    """A twin boy and girl."""
    return _siblings(make, with_ids=False, together=True, same_sex=False)


def brothers(make: Forms) -> Pair:
    """Siblings born years apart, one character apart."""
    return _siblings(make, with_ids=False, together=False)


def twins_sounding_alike(make: Forms) -> Pair:
    """Twins whose names sound the same, numbered 1 and 2."""
    sex, born = make.sex(), make.born(1, 12)
    surname, phone, home = make.surname(), make.phone(), make.address()
    first = make.chance.one_of(ALIKE)
    second = make.chance.one_of(names.ALIKE_IN_SOUND[first])
    shared = make.chance.one_of(names.GIVEN[sex, "young"])
    return (
        make.form(surname + shared + first, sex, born, phone=phone, address=home, order=1),
        make.form(surname + shared + second, sex, born, phone=phone, address=home, order=2),
    )


def triplets(make: Forms) -> Pair:
    """Triplets, numbered."""
    first, second = _siblings(make, with_ids=False, together=True)
    replace = msgspec.structs.replace
    return (
        replace(first, multiple_birth=True, birth_order=1 + make.chance.below(2)),
        replace(second, multiple_birth=True, birth_order=3),
    )


def father_and_son(make: Forms) -> Pair:
    """Father and son: phone, home and a character in common."""
    born = make.born(2, 25)
    father = born - timedelta(days=365 * (22 + make.chance.below(14)) + make.chance.below(360))
    surname, phone, home = make.surname(), make.phone(), make.address()
    given = make.given("M", father)
    son = make.chance.one_of("小子文") + given[1]
    return (
        make.form(surname + given, "M", father, phone=phone, address=home),
        make.form(surname + son, "M", born, phone=phone, address=home),
    )


def father_and_son_one_year(make: Forms) -> Pair:
    """Father and son born on the same day of the year."""
    born = make.born(3, 24)
    father = born.replace(year=born.year - 30, day=min(born.day, 28))
    surname, phone, home = make.surname(), make.phone(), make.address()
    given = make.given("M", father)
    ids = make.citizens((father, "M"), (born, "M"))
    return (
        make.form(surname + given, "M", father, ids=ids[0], phone=phone, address=home),
        make.form(surname + given[0], "M", born, ids=ids[1], phone=phone, address=home),
    )


def couple(make: Forms) -> Pair:
    """A couple of one surname, phone and home."""
    born = make.born(30, 80)
    phone, home, surname = make.phone(), make.address(), make.surname()
    return (
        make.form(surname + make.given("M", born), "M", born, phone=phone, address=home),
        make.form(surname + make.given("F", born), "F", born, phone=phone, address=home),
    )


def _borrowed(make: Forms, *, same_surname: bool) -> Pair:
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


def borrowed_card(make: Forms) -> Pair:
    """The number is equal, the name is another's."""
    return _borrowed(make, same_surname=False)


def borrowed_of_a_sister(make: Forms) -> Pair:
    """The number is equal, the surname too, the name is not."""
    return _borrowed(make, same_surname=True)


def _mother(make: Forms) -> tuple[str, date, Identifier, str, str]:
    born = make.born(20, 42)
    name = make.surname() + make.given("F", born)
    return name, born, make.citizen(born, "F"), make.phone(), make.address()


def newborn_twins(make: Forms) -> Pair:
    """Newborn twins named after their mother, numbered."""
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


def newborn_twins_unmarked(make: Forms) -> Pair:
    """Newborn twins with one and the same name."""
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


def newborn_years_apart(make: Forms) -> Pair:
    """Newborns of one mother, years apart."""
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


def mother_and_newborn(make: Forms) -> Pair:
    """A newborn registered with its mother's number."""
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


def newborn_and_named_sister(make: Forms) -> Pair:
    """A newborn twin and her named sister."""
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


def newborns_of_namesakes(make: Forms) -> Pair:
    """Newborns of two mothers of one name."""
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


def _foreign(make: Forms, born: tuple[date, date], numbers: tuple[str, str]) -> Pair:
    """Two people of one surname, sex, telephone and home, with passports."""
    sex, phone, home = make.sex(), make.phone(), make.address()
    family = make.chance.one_of(names.FOREIGN_FAMILY)
    given = make.chance.one_of(names.FOREIGN_GIVEN_ALIKE)
    forms = [
        make.form(
            f"{name} {family}",
            sex,
            day,
            ids=(Identifier(IdKind.PASSPORT, f"E{number}", "XXX"),),
            phone=phone,
            address=home,
        )
        for name, day, number in zip(given.split("/"), born, numbers, strict=True)
    ]
    return forms[0], forms[1]


def foreign_twins(make: Forms) -> Pair:
    """Foreign twins, alike in name, with passports made out one after the other."""
    born, number = make.born(1, 60), int("1" + make.chance.digits(7))
    return _foreign(make, (born, born), (f"{number:08}", f"{number + 1:08}"))


def passport_of_a_sister(make: Forms) -> Pair:
    """A foreigner with the passport of a sister or brother: the birthday is the borrower's."""
    born, number = make.born(18, 60), "1" + make.chance.digits(7)
    later = born + timedelta(days=400 + make.chance.below(1500))
    return _foreign(make, (born, later), (number, number))
