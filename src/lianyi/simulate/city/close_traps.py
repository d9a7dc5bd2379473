"""Traps at the edge of what is linked: each lacks one thing that a rule goes by.

A newborn and another child of its day, namesakes in one family, papers made out together, a
number that a relative lent: every rule that links by itself has the pair here that it must not.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import msgspec

from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Registration
from lianyi.simulate.city import clerks, names
from lianyi.simulate.city.forms import Forms, Pair
from lianyi.simulate.city.people import TODAY
from lianyi.simulate.city.registrations import WARD_PHONES


class _Birth:
    """A mother and the forms that are filled in for her newborn and for a child of some name."""

    def __init__(self, make: Forms) -> None:
        self.make, self.sex = make, make.sex()
        self.mother = make.surname() + make.given("F", make.born(20, 42))
        self.paper = make.citizen(make.born(20, 42), "F")
        self.phone, self.home = make.phone(), make.address()
        self.born = make.born(0, 1)

    def newborn(self, ending: str = "", **more: object) -> Registration:
        """The newborn, named after its mother."""
        form = self.make.form(
            self.mother + (ending or ("之子" if self.sex == "M" else "之女")),
            self.sex,
            self.born,
            phone=self.phone,
            address=self.home,
            mother=self.paper,
            mother_name=self.mother,
            flags=(Flag.NEWBORN,),
        )
        return msgspec.structs.replace(form, **more)

    def child(self, sex: str = "", born: date | None = None, **more: object) -> Registration:
        """A child with a name, who lives there too."""
        sex, born = sex or self.sex, born or self.born
        name = self.make.surname() + self.make.given(sex, born)
        form = self.make.form(
            name, sex, born, phone=self.phone, address=self.home, mother_name=self.mother
        )
        return msgspec.structs.replace(form, **more)


def newborn_marked_in_the_name(make: Forms) -> Pair:
    """The younger of newborn twins, by its name alone, and the named elder."""
    birth = _Birth(make)
    word = "子" if birth.sex == "M" else "女"
    return birth.newborn(f"之{make.chance.one_of('大小次二')}{word}"), birth.child()


def newborn_and_a_named_twin(make: Forms) -> Pair:
    """A newborn that nobody marked and the named twin, of whom a multiple birth was told."""
    birth = _Birth(make)
    return birth.newborn(), birth.child(multiple_birth=True)


def newborn_and_the_other_sex(make: Forms) -> Pair:
    """A newborn girl and her named twin brother, or the other way round, unmarked."""
    birth = _Birth(make)
    return birth.newborn(), birth.child(sex="F" if birth.sex == "M" else "M")


def newborn_and_a_cousin(make: Forms) -> Pair:
    """Two sisters-in-law of one house who gave birth on the same day."""
    birth = _Birth(make)
    other = birth.mother
    while other == birth.mother:
        other = make.surname() + make.given("F", make.born(20, 42))
    return birth.newborn(), birth.child(mother_name=other)


def newborn_and_a_sibling(make: Forms) -> Pair:
    """A newborn and the brother or sister born on its day of another year."""
    birth = _Birth(make)
    years = 1 + make.chance.below(9)
    day = birth.born.replace(year=birth.born.year - years, day=min(birth.born.day, 28))
    return birth.newborn(), birth.child(born=day)


def newborn_of_a_namesake(make: Forms) -> Pair:
    """A newborn and the named child of another mother of that name, born on the same day."""
    birth = _Birth(make)
    return birth.newborn(), birth.child(phones=(make.phone(),), addresses=(make.address(),))


def newborns_of_a_ward(make: Forms) -> Pair:
    """A newborn and another child of its day, both with the telephone of the ward."""
    birth = _Birth(make)
    ward = (WARD_PHONES[1],)
    child = birth.child(phones=ward, addresses=(make.address(),), mother_name="")
    return birth.newborn(phones=ward), child


def newborn_and_mother_on_paper(make: Forms) -> Pair:
    """A newborn with its mother's number and birthday, as a clerk takes them from her card."""
    birth = _Birth(make)
    born = make.born(20, 42)
    paper = make.citizen(born, "F")
    form = make.form(birth.mother, "F", born, ids=(paper,), phone=birth.phone, address=birth.home)
    text = form.born
    return birth.newborn("之女", sex=form.sex, born=text, identifiers=(paper,)), form


def _one_family(make: Forms, name: str, sex: str, born: tuple[date, date]) -> Pair:
    phone, home = make.phone(), make.address()
    first, second = (make.form(name, sex, day, phone=phone, address=home) for day in born)
    return first, second


def father_and_son_of_one_name(make: Forms) -> Pair:
    """Father and son with one name, born on one day of the year, at one home and telephone."""
    born = make.born(3, 40)
    older = born.replace(year=born.year - make.chance.one_of((20, 30, 40)), day=min(born.day, 28))
    name = make.surname() + make.given("M", born)
    return _one_family(make, name, "M", (older, born.replace(day=min(born.day, 28))))


def junior(make: Forms) -> Pair:
    """Father and son with one foreign name; of the father nobody knows the birthday."""
    name = f"{make.chance.one_of(names.FOREIGN_GIVEN)} {make.chance.one_of(names.FOREIGN_FAMILY)}"
    first, second = _one_family(make, name, "M", (make.born(40, 80), make.born(2, 35)))
    return msgspec.structs.replace(first, born=make.chance.one_of(("", "19000101"))), second


def cousins_of_one_name(make: Forms) -> Pair:
    """Cousins with one name at their grandparents', born within a year or two."""
    born = make.born(3, 40)
    later = min(born + timedelta(days=330 + make.chance.below(500)), TODAY - timedelta(days=3))
    sex = make.sex()
    name = make.surname() + make.given(sex, born)
    return _one_family(make, name, sex, (born, later))


def _foreigners(
    make: Forms, given: tuple[str, str], born: tuple[date, date], papers: tuple[str, str]
) -> Pair:
    family = make.chance.one_of(names.FOREIGN_FAMILY)
    sex, phone, home = make.sex(), make.phone(), make.address()
    first, second = (
        make.form(
            f"{name} {family}",
            sex,
            day,
            ids=(Identifier(IdKind.SOCIAL_SECURITY, number),),
            phone=phone,
            address=home,
        )
        for name, day, number in zip(given, born, papers, strict=True)
    )
    return first, second


def _two_given(make: Forms) -> tuple[str, str]:
    first = second = make.chance.one_of(names.FOREIGN_GIVEN)
    while first == second:
        second = make.chance.one_of(names.FOREIGN_GIVEN)
    return first, second


def twins_with_numbers_in_turn(make: Forms) -> Pair:
    """Foreign twins whose numbers were given one after the other."""
    born, number = make.born(1, 60), int("2" + make.chance.digits(6))
    papers = str(number), str(number + 1 + make.chance.below(3))
    return _foreigners(make, _two_given(make), (born, born), papers)


def twins_with_two_numbers(make: Forms) -> Pair:
    """Foreign twins, alike in name, with numbers that have nothing in common."""
    born = make.born(1, 60)
    first, second = make.chance.one_of(names.FOREIGN_GIVEN_ALIKE).split("/")
    papers = "3" + make.chance.digits(6), "7" + make.chance.digits(6)
    return _foreigners(make, (first, second), (born, born), papers)


def number_of_a_parent(make: Forms) -> Pair:
    """A child under the insurance number of a parent, at one home."""
    number, born = "4" + make.chance.digits(6), make.born(1, 17)
    parent = born - timedelta(days=365 * (20 + make.chance.below(20)) + make.chance.below(300))
    return _foreigners(make, _two_given(make), (parent, born), (number, number))


def number_of_a_sister_without_birthday(make: Forms) -> Pair:
    """A number lent to somebody of a name alike, whose birthday nobody asked."""
    number, born = "5" + make.chance.digits(6), make.born(18, 60)
    first, second = make.chance.one_of(names.FOREIGN_GIVEN_ALIKE).split("/")
    a, b = _foreigners(make, (first, second), (born, born), (number, number))
    return a, msgspec.structs.replace(b, born="")


def card_of_a_father(make: Forms) -> Pair:
    """A son, called by the beginning of his father's name, with his father's card."""
    born = make.born(3, 30)
    father = born - timedelta(days=365 * (21 + make.chance.below(15)) + make.chance.below(360))
    name, card = make.surname() + make.given("M", father), (make.citizen(father, "M"),)
    phone, home = make.phone(), make.address()
    return (
        make.form(name, "M", father, ids=card, phone=phone, address=home),
        make.form(name[:2], "M", born, ids=card, phone=phone, address=home),
    )


def card_of_a_namesake_by_given_name(make: Forms) -> Pair:
    """A borrower whose given name is the lender's, of another surname and birthday."""
    sex, born = make.sex(), make.born(20, 60)
    given, card = make.given(sex, born), (make.citizen(born, sex),)
    first = second = make.surname()
    while names.PINYIN.get(first) == names.PINYIN.get(second):
        second = make.surname()
    home = make.address()
    return (
        make.form(first + given, sex, born, ids=card, address=home),
        make.form(second + given, sex, make.born(20, 60), ids=card, address=home),
    )


SURNAMES_ALIKE: Final = (
    *(("李", "黎"), ("张", "章"), ("徐", "许")),
    *(("于", "余"), ("江", "姜"), ("程", "成")),
)
"""Two surnames that sound alike."""


def card_of_a_namesake_by_sound(make: Forms) -> Pair:
    """A borrower whose name sounds like the lender's, by another surname; of another birthday."""
    sex, born = make.sex(), make.born(20, 60)
    given, card = make.given(sex, born), (make.citizen(born, sex),)
    first, second = make.chance.one_of(SURNAMES_ALIKE)
    other = born + timedelta(days=400 + make.chance.below(3000))
    home = make.address()
    return (
        make.form(first + given, sex, born, ids=card, address=home),
        make.form(second + given, sex, other, ids=card, address=home),
    )


def card_of_a_father_of_one_name(make: Forms) -> Pair:
    """A son of his father's name, registered with his father's card at one home."""
    born = make.born(3, 30)
    father = born - timedelta(days=365 * (21 + make.chance.below(15)) + make.chance.below(360))
    name, card = make.surname() + make.given("M", father), (make.citizen(father, "M"),)
    phone, home = make.phone(), make.address()
    return (
        make.form(name, "M", father, ids=card, phone=phone, address=home),
        make.form(name, "M", born, ids=card, phone=phone, address=home),
    )


def filled_in_number(make: Forms) -> Pair:
    """Sisters, one with her number and one with a number filled in that is nobody's."""
    sex, born = make.sex(), make.born(1, 60)
    surname, given = make.surname(), make.given(sex, born)
    other = given
    while other == given:
        other = given[0] + make.given(sex, born)[1]
    phone, home = make.phone(), make.address()
    wrong = (Identifier(IdKind.CITIZEN, clerks.HOSPITAL_DEFAULT_ID),)
    right = (make.citizen(born, sex),)
    return (
        make.form(surname + given, sex, born, ids=right, phone=phone, address=home),
        make.form(surname + other, sex, born, ids=wrong, phone=phone, address=home),
    )
