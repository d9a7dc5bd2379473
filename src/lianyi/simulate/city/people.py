"""The inhabitants: households of invented people who share surname, address and telephone.

Each household follows from the seed and its own number, so that any of them can be made without
the others and memory stays flat however many there are.

Sources:
    GB 11643-1999. Area codes begin with 99, which GB/T 2260 gives to no place; mobile numbers begin
    with 154, which the numbering plan has not given to the public.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from lianyi.projections.identity.values.lunar import solar_dates
from lianyi.simulate import town
from lianyi.simulate.city import names
from lianyi.simulate.city.chances import Chance
from lianyi.simulate.city.settings import CitySettings

TODAY = date(2026, 3, 1)
"""The last day of the story; nobody is born after it."""
OPENED = date(2016, 1, 4)
"""The first day on which a hospital of the city registered anybody."""
PEOPLE_MAX = 16
"""No household has more; a person's number is the household's times this, plus the place in it."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_AREAS = tuple((code, name, quarters) for code, name, quarters in town.DISTRICTS)
_STREETS = tuple(f"{street}路" for street in town.STREETS) + tuple(
    f"{street}{kind}"
    for street in ("长江", "黄河", "文化", "青年", "园林")
    for kind in ("街", "大道", "巷")
)


@dataclass(slots=True)
class Person:
    """One inhabitant, as she really is.

    Attributes:
        number: the person's own; what the truth of a registration says.
        surname: empty for names in letters and with a dot.
        given: given name; the whole name where there is no surname.
        sex: ``M`` or ``F``.
        born_on: the true date of birth.
        order: order code of the ID number, odd for men.
        id_kind: ``citizen``, ``permit`` or ``passport``.
        id_number: of that document.
        phones: the person's own, first the one of old.
        addresses: first the one of old.
        mother: the person's mother if she lives in the household.
        birth_order: from 1 among those born together, 0 for everybody else.
        lunar: the numbers of the birthday in the Chinese calendar, where the person uses them.
        certificate: of birth, for those born since 2016.
        old_given: given name before it was changed; empty for most.
        old_surname: likewise.
        card: number of the insurance.
    """

    number: int
    surname: str
    given: str
    sex: str
    born_on: date
    order: int = 0
    id_kind: str = "citizen"
    id_number: str = ""
    phones: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    mother: Person | None = None
    birth_order: int = 0
    lunar: str = ""
    certificate: str = ""
    old_given: str = ""
    old_surname: str = ""
    card: str = ""

    @property
    def name(self) -> str:
        """The whole name, surname first."""
        return self.surname + self.given


def check_character(first_17: str) -> str:
    """Return the last character of an identity number (ISO 7064 MOD 11-2)."""
    total = sum(
        weight * (ord(digit) - 48) for weight, digit in zip(_WEIGHTS, first_17, strict=True)
    )
    return "10X98765432"[total % 11]


def id_number(area: str, born_on: date, order: int) -> str:
    """Return an 18-character identity number with a right check character."""
    first_17 = f"{area}{born_on.year:04}{born_on.month:02}{born_on.day:02}{order:03}"
    return first_17 + check_character(first_17)


def _era(born_on: date) -> str:
    if born_on.year < 1965:
        return "old"
    return "middle" if born_on.year < 2000 else "young"


def given_name(chance: Chance, settings: CitySettings, sex: str, born_on: date) -> str:
    """Draw a given name of one or two characters."""
    characters = names.GIVEN[sex, _era(born_on)]
    first = chance.one_of(characters)
    if chance.happens(settings.rare_characters):
        return first + chance.one_of(names.RARE)
    if chance.happens(settings.single_characters):
        return first
    return first + chance.one_of(characters)


def mobile(chance: Chance) -> str:
    """Draw a mobile number of the invented range."""
    return "154" + chance.digits(8)


def address(chance: Chance) -> tuple[str, str]:
    """Draw an address. Returns the district's area code and the address."""
    code, district, quarters = chance.one_of(_AREAS)
    quarter, street = chance.one_of(quarters), chance.one_of(_STREETS)
    where = f"{town.PROVINCE}{town.CITY}{district}{quarter}街道{street}"
    house = f"{chance.below(600) + 1}号"
    if chance.happens(0.8):
        house += f"{chance.below(30) + 1}栋{chance.below(4) + 1}单元"
        house += f"{chance.below(28) + 1}0{chance.below(4) + 1}室"
    return code, where + house


def _birthday(chance: Chance, years: tuple[int, int]) -> date:
    """A day so many years before today, any day as likely."""
    low, high = years
    return TODAY - timedelta(days=int((low + chance.random() * (high - low)) * 365.25))


class _Household:
    """Makes the people of one household; see ``household``."""

    def __init__(self, settings: CitySettings, number: int) -> None:
        self.settings = settings
        self.chance = Chance(settings.seed, number)
        self.first = number * PEOPLE_MAX
        self.people: list[Person] = []
        self.area, self.address = address(self.chance)
        self.phone = mobile(self.chance)

    def add(self, surname: str, given: str, sex: str, born_on: date) -> Person:
        chance, settings = self.chance, self.settings
        person = Person(self.first + len(self.people), surname, given, sex, born_on)
        person.order = chance.below(499) * 2 + (1 if sex == "M" else 2)
        area = self.area if chance.happens(0.7) else chance.one_of(_AREAS)[0]
        person.id_number = id_number(area, born_on, person.order)
        if chance.happens(settings.card_numbers):
            person.card = f"YX{chance.digits(10)}"
        shared = TODAY.year - born_on.year < 16 or chance.happens(settings.family_phone)
        person.phones = [self.phone if shared else mobile(chance)]
        if chance.happens(settings.phone_changes):
            person.phones.append(mobile(chance))
        person.addresses = [self.address]
        if chance.happens(settings.moves):
            person.addresses.append(address(chance)[1])
        self.people.append(person)
        return person

    def adult(self, sex: str, years: tuple[int, int], surname: str = "") -> Person:
        chance, settings = self.chance, self.settings
        born_on = _birthday(chance, years)
        lunar = ""
        if born_on.year < 1965 and chance.happens(settings.birth_lunar):
            month, day = chance.below(12) + 1, chance.below(29) + 1
            found = solar_dates(born_on.year, month, day)
            if found and found[0] <= TODAY:
                lunar = f"{born_on.year:04}{month:02}{day:02}"
                born_on = found[0]
        given = given_name(chance, settings, sex, born_on)
        person = self.add(surname or chance.one_of(names.SURNAMES), given, sex, born_on)
        person.lunar = lunar
        if chance.happens(settings.name_change):
            person.old_given = given_name(chance, settings, sex, born_on)
        return person

    def children(self, father: Person, mother: Person) -> None:
        chance, settings = self.chance, self.settings
        age = TODAY.year - mother.born_on.year
        if age < 22:
            return
        for _ in range((0, 1, 1, 1, 2, 2, 3)[chance.below(7)]):
            born_on = _birthday(chance, (max(age - 42, 0), age - 20))
            together = 1
            if chance.happens(settings.twins):
                together = 3 if chance.happens(1 / 40) else 2
            surname = father.surname if chance.happens(0.92) else mother.surname
            shared = chance.one_of(names.GIVEN["MF"[chance.below(2)], "young"])
            for order in range(1, together + 1):
                sex = "MF"[chance.below(2)]
                given = given_name(chance, settings, sex, born_on)
                if together > 1:  # twins are given names that differ in one character
                    given = shared + given[-1]
                child = self.add(surname, given, sex, born_on)
                child.mother = mother
                if together > 1:
                    child.birth_order = order
                    child.phones, child.addresses = [self.phone], [self.address]
                if born_on.year >= OPENED.year:
                    child.certificate = f"Y{chance.digits(9)}"
                if chance.happens(settings.surname_change):
                    child.old_surname = mother.surname

    def stranger(self, kind: str) -> None:
        """Somebody with another kind of paper, or of name, who lives alone."""
        chance = self.chance
        sex = "MF"[chance.below(2)]
        born_on = _birthday(chance, (18, 75))
        if kind == "passport":
            name = f"{chance.one_of(names.FOREIGN_GIVEN)} {chance.one_of(names.FOREIGN_FAMILY)}"
            person = self.add("", name, sex, born_on)
            person.id_kind, person.id_number = "passport", f"E{chance.digits(8)}"
        else:
            given = given_name(chance, self.settings, sex, born_on)
            person = self.add(chance.one_of(names.SURNAMES), given, sex, born_on)
            person.id_kind = "permit"
            area = chance.one_of(("810000", "820000", "830000"))
            person.id_number = id_number(area, born_on, person.order)

    def minority(self) -> None:
        for _ in range(1 + self.chance.below(4)):
            first, second = self.chance.one_of(names.MINORITY), self.chance.one_of(names.MINORITY)
            self.add(
                "", f"{first}·{second}", "MF"[self.chance.below(2)], _birthday(self.chance, (1, 85))
            )

    def namesake(self) -> None:
        """Another person of the city with the name, sex and birthday of one who lives here."""
        twin = self.chance.one_of(self.people)
        if twin.surname:
            self.area, self.address = address(self.chance)
            self.phone = mobile(self.chance)
            self.add(twin.surname, twin.given, twin.sex, twin.born_on)


def household(settings: CitySettings, number: int) -> tuple[Person, ...]:
    """Give the people of one household: a couple, children, grandparents; or somebody alone.

    Args:
        settings: of the city.
        number: of the household, from 0.

    Returns:
        Never empty, at most ``PEOPLE_MAX``; the same for the same settings and number.
    """
    home = _Household(settings, number)
    chance = home.chance
    kind = chance.random()
    if kind < settings.foreigners:
        home.stranger("passport")
    elif kind < settings.foreigners + settings.permits:
        home.stranger("permit")
    elif kind < settings.foreigners + settings.permits + settings.minorities:
        home.minority()
    elif kind < 0.25:
        home.adult("MF"[chance.below(2)], (18, 92))
    else:
        middle = 24 + chance.below(50)
        father = home.adult("M", (middle, middle + 4))
        mother = home.adult("F", (middle - 2, middle + 2))
        home.children(father, mother)
        if middle < 55 and chance.happens(0.2):
            old = (middle + 23, min(middle + 30, 98))
            home.adult("M", old, father.surname)
            home.adult("F", old)
    if chance.happens(settings.namesakes):
        home.namesake()
    return tuple(home.people[:PEOPLE_MAX])
