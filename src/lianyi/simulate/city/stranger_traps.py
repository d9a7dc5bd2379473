"""Traps among strangers: namesakes, the unknown, placeholders, shared telephones, tests."""

from __future__ import annotations

from lianyi.projections.identity.registration import Flag, Identifier, IdKind
from lianyi.simulate.city import clerks, names
from lianyi.simulate.city.forms import ALIKE, Forms, Pair
from lianyi.simulate.city.registrations import VILLAGE_PHONE


def _namesakes(make: Forms, *, district: bool = False, ids: bool = False) -> Pair:
    sex, born = make.sex(), make.born()
    name = make.surname() + make.given(sex, born)
    home = make.address()
    while home.endswith("人民路7号"):  # two who agree in everything are no trap
        home = make.address()
    street = home.split("街道")[0] + "街道"
    homes = (home, street + "人民路7号") if district else (home, make.address())
    papers = make.citizens((born, sex), (born, sex)) if ids else ((), ())
    return (
        make.form(name, sex, born, ids=papers[0], phone=make.phone(), address=homes[0]),
        make.form(name, sex, born, ids=papers[1], phone=make.phone(), address=homes[1]),
    )


def namesakes_same_day(make: Forms) -> Pair:
    """Namesakes born on the same day, another phone and home."""
    return _namesakes(make)


def namesakes_same_district(make: Forms) -> Pair:
    """Namesakes of a day in one quarter."""
    return _namesakes(make, district=True)


def namesakes_with_ids(make: Forms) -> Pair:
    """Namesakes of a day with two valid numbers."""
    return _namesakes(make, ids=True)


def namesakes_bare(make: Forms) -> Pair:
    """Namesakes of a day and nothing else known."""
    sex, born = make.sex(), make.born()
    name = make.chance.one_of("王李张刘陈") + make.given(sex, born)
    return make.form(name, sex, born), make.form(name, sex, born)


def two_valid_numbers(make: Forms) -> Pair:
    """Everything agrees but two valid numbers: a veto."""
    sex, born = make.sex(), make.born(10, 80)
    name, phone, home = make.surname() + make.given(sex, born), make.phone(), make.address()
    a, b = make.citizens((born, sex), (born, sex))
    return (
        make.form(name, sex, born, ids=a, phone=phone, address=home),
        make.form(name, sex, born, ids=b, phone=phone, address=home),
    )


def nobody(make: Forms) -> Pair:
    """Two unknown emergency patients."""
    name, sex = make.chance.one_of(names.PLACEHOLDER_NAMES), make.sex()
    born = make.chance.one_of(("19000101", "", "19700101"))
    return (
        make.form(name, sex, born, phone="0990-2345678", flags=(Flag.UNKNOWN,)),
        make.form(name, sex, born, phone="0990-2345678", flags=(Flag.UNKNOWN,)),
    )


def nobody_without_a_flag(make: Forms) -> Pair:
    """Two unknown patients whom nobody flagged."""
    name, sex = make.chance.one_of(names.PLACEHOLDER_NAMES), make.sex()
    born = f"{1950 + make.chance.below(50)}0101"
    home = make.address()
    return make.form(name, sex, born, address=home), make.form(name, sex, born, address=home)


def nobody_and_somebody(make: Forms) -> Pair:
    """An unknown patient and who brought him."""
    sex, born, phone = make.sex(), make.born(18, 80), make.phone()
    return (
        make.form("无名氏", sex, born, phone=phone, flags=(Flag.UNKNOWN,)),
        make.form(make.surname() + make.given(sex, born), sex, born, phone=phone),
    )


def tests(make: Forms) -> Pair:
    """Test patients."""
    name = make.chance.one_of(names.TEST_NAMES)
    born, phone = make.born(), "13800138000"
    return make.form(name, "M", born, phone=phone), make.form(name, "M", born, phone=phone)


def masked(make: Forms) -> Pair:
    """Masked names say only the surname."""
    sex, born = make.sex(), make.born()
    name = make.surname() + make.chance.one_of(("*", "**", "某", "某某"))
    home = make.address()
    return make.form(name, sex, born, address=home), make.form(name, sex, born, address=home)


def _placeholder_numbers(make: Forms, number: str) -> Pair:
    number_id = (Identifier(IdKind.CITIZEN, number),)
    sex, surname = make.sex(), make.surname()
    a, b = make.born(), make.born()
    return (
        make.form(surname + make.given(sex, a), sex, a, ids=number_id),
        make.form(surname + make.given(sex, b), sex, b, ids=number_id),
    )


def zeros(make: Forms) -> Pair:
    """Zeros, ones and words in place of a number."""
    number = make.chance.one_of(("0" * 18, "1" * 18, "9" * 18, "123456789012345678", "无", "未带"))
    return _placeholder_numbers(make, number)


def hospital_default(make: Forms) -> Pair:
    """The number that a form comes with."""
    return _placeholder_numbers(make, clerks.HOSPITAL_DEFAULT_ID)


def default_birthday(make: Forms) -> Pair:
    """Namesakes with a form's default birthday."""
    sex = make.sex()
    name = make.surname() + make.given(sex, make.born())
    born = make.chance.one_of(("19000101", "19700101", f"{1940 + make.chance.below(60)}0101"))
    return make.form(name, sex, born), make.form(name, sex, born, phone=make.phone())


def year_only(make: Forms) -> Pair:
    """Namesakes of whom only the year of birth is known."""
    sex, born = make.sex(), make.born()
    name = make.surname() + make.given(sex, born)
    return make.form(name, sex, str(born.year)), make.form(name, sex, f"{born.year}0101")


def shared_phone(make: Forms) -> Pair:
    """One family's phone and home."""
    sex, born, phone = make.sex(), make.born(), make.phone()
    surname, home = make.surname(), make.address()
    return (
        make.form(surname + make.given(sex, born), sex, born, phone=phone, address=home),
        make.form(surname + make.given(sex, born)[0], sex, make.born(), phone=phone, address=home),
    )


def village_phone(make: Forms) -> Pair:
    """Namesakes of a village, one phone for all of it."""
    sex, born = make.sex(), make.born(30, 85)
    name = make.surname() + make.given(sex, born)
    year = born.replace(year=born.year + 1, day=min(born.day, 28))
    return (
        make.form(name, sex, born, phone=VILLAGE_PHONE, address="澜川省云溪市松岭县柏树村"),
        make.form(name, sex, year, phone=VILLAGE_PHONE, address="澜川省云溪市松岭县柏树村"),
    )


def minority_namesakes(make: Forms) -> Pair:
    """A part of a name is not the name."""
    name = f"{make.chance.one_of(names.MINORITY)}·{make.chance.one_of(names.MINORITY)}"
    born, sex = make.born(), make.sex()
    return make.form(name, sex, born), make.form(name.split("·")[0], sex, born)


def foreign_namesakes(make: Forms) -> Pair:
    """Foreign namesakes with two passports."""
    name = f"{make.chance.one_of(names.FOREIGN_GIVEN)} {make.chance.one_of(names.FOREIGN_FAMILY)}"
    born, sex = make.born(18, 70), make.sex()
    papers = [Identifier(IdKind.PASSPORT, f"E{make.chance.digits(8)}", "XXX") for _ in range(2)]
    turned = " ".join(reversed(name.split())).upper()
    return (
        make.form(name, sex, born, ids=(papers[0],)),
        make.form(turned, sex, born, ids=(papers[1],)),
    )


def sounding_strangers(make: Forms) -> Pair:
    """Strangers of a day whose names sound alike."""
    sex, born = make.sex(), make.born()
    first = make.chance.one_of(ALIKE)
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


def company(make: Forms) -> Pair:
    """Colleagues: one phone, address and surname."""
    born, phone, home = make.born(25, 55), make.phone(), make.address()
    surname, sex = make.surname(), make.sex()
    given = make.given(sex, born)
    other = given
    while other == given:  # two who agree in everything are no trap: nothing tells them apart
        other = make.given(sex, born)
    return (
        make.form(surname + given, sex, born, phone=phone, address=home),
        make.form(surname + other, sex, born, phone=phone, address=home),
    )
