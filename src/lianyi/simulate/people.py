"""Invented people: drawn from a seed, with identity numbers whose check digit is right.

Sources:
    GB 11643-1999 (citizen identification number); ISO 7064 MOD 11-2 (its last character).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from lianyi.simulate import town

_WEIGHTS = tuple(2 ** (17 - place) % 11 for place in range(17))
_CHECK = "10X98765432"


@dataclass(frozen=True, slots=True)
class Person:
    """One inhabitant of Yunxi.

    Attributes:
        number: the how-manyeth person of the story; everything else follows from it and the seed.
        name: in Chinese characters, some of them beyond GBK.
        sex: ``M`` or ``F``.
        born_on: date of birth.
        identity_number: 18 characters, valid check digit, an area code that does not exist; of
            some older people still the 15 digits of before 1999; empty when nobody asked.
        phone: 11 digits of an invented range.
        address: street and number, without district.
        district: name of the district or county.
        insurance_number: of the medical insurance.
        card_number: of the hospital's card.
        record_number: patient identifier that the HIS gave, ten digits; other seeds, other numbers.
    """

    number: int
    name: str
    sex: str
    born_on: date
    identity_number: str
    phone: str
    address: str
    district: str
    insurance_number: str
    card_number: str
    record_number: str


def check_character(first_17: str) -> str:
    """Return the last character of an identity number: a digit or ``X``.

    Args:
        first_17: the seventeen digits before it.

    Raises:
        ValueError: not seventeen digits.
    """
    if len(first_17) != 17 or not (first_17.isascii() and first_17.isdigit()):
        raise ValueError("an identity number begins with seventeen digits")
    return _CHECK[sum(int(d) * w for d, w in zip(first_17, _WEIGHTS, strict=True)) % 11]


def invent_person(seed: int, number: int, today: date) -> Person:
    """Return the person with this number in the town of this seed; always the same one.

    Args:
        seed: of the whole story.
        number: from 0.
        today: the first day of the story; nobody is born after it.
    """
    chance = Random(f"person {seed} {number}")  # noqa: S311 - a story, not a secret
    sex = chance.choice("MF")
    name, sex = invent_name(chance, sex)
    born_on = today - timedelta(days=int(chance.triangular(30, 96 * 365, 58 * 365)))
    area, district, quarters = chance.choice(town.DISTRICTS)
    order = chance.randrange(0, 500) * 2 + (1 if sex == "M" else 0)
    first_17 = f"{area}{born_on:%Y%m%d}{order:03d}"
    identity_number = first_17 + check_character(first_17)
    if born_on.year < 1980 and chance.random() < 0.04:
        identity_number = identity_number[:6] + identity_number[8:17]
    street = f"{chance.choice(quarters)}街道{chance.choice(town.STREETS)}路"
    return Person(
        number=number,
        name=name,
        sex=sex,
        born_on=born_on,
        identity_number=identity_number,
        phone=f"1990000{chance.randrange(10_000):04d}",
        address=f"{street}{chance.randrange(1, 400)}号{chance.randrange(1, 30)}栋",
        district=district,
        insurance_number=f"YX{chance.randrange(10**10):010d}",
        card_number=f"9900{chance.randrange(10**12):012d}",
        record_number=f"{1000 + seed % 8000}{number:06d}",
    )


def registered_twice(person: Person) -> Person:
    """Return the person as a hurried clerk registered him: another number, no papers, no card."""
    number = f"9{person.record_number}"
    return replace(person, record_number=number, identity_number="", card_number="")


def invent_name(chance: Random, sex: str) -> tuple[str, str]:
    """Return an invented name and the sex that goes with it; ``sex``: what was drawn."""
    kind = chance.random()
    if kind < 0.02:
        return chance.choice(town.MINORITY_NAMES)
    given_of = town.GIVEN_MEN if sex == "M" else town.GIVEN_WOMEN
    given = chance.choice(given_of) + (
        chance.choice(given_of + town.GIVEN_ANY) if chance.random() < 0.8 else ""
    )
    if kind < 0.04:
        return chance.choice(town.COMPOUND_SURNAMES) + given, sex
    if kind < 0.05:
        return chance.choice(town.RARE_SURNAMES) + given, sex
    surnames, weights = zip(*town.SURNAMES, strict=True)
    surname = chance.choices(surnames, weights)[0]
    if kind < 0.08:
        given = given[0] + chance.choice(town.GIVEN_RARE)
    return surname + given, sex
