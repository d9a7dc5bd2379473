"""The stream: what the city's hospitals registered, in no particular order, with the truth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Name, Registration
from lianyi.simulate.city import clerks, names
from lianyi.simulate.city.chances import Chance
from lianyi.simulate.city.people import OPENED, TODAY, Person, household, mobile
from lianyi.simulate.city.settings import CitySettings

HOSPITALS = ("YUNXI-PEOPLES", "YUNXI-TCM", "YUNXI-CHILDREN", "SONGLING-COUNTY", "WUXI-COUNTY")
VILLAGE_PHONE = "15400019527"
WARD_PHONES = ("15400010001", "0990-2345678", "15400010033")
WINDOW = 20_000
"""So many registrations are kept back and given in mixed order; memory is that and no more."""

_BEGIN = datetime(OPENED.year, OPENED.month, OPENED.day, tzinfo=UTC)
_KINDS = {
    "citizen": IdKind.CITIZEN,
    "permit": IdKind.RESIDENCE_PERMIT,
    "passport": IdKind.PASSPORT,
}
_SEXES = (("M", "F"), ("1", "2"), ("男", "女"), ("male", "female"), ("1", "2"))
_ORDINALS = {1: "大", 2: "小"}


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A registration and the truth about it.

    Attributes:
        person: whom it is really about; equal numbers are one person.
        what: what befell it, words joined by blanks; empty for a faultless one.
        registration: what the platform is told.
    """

    person: int
    what: str
    registration: Registration


class _Desk:
    """The registration desks of the city as the people of one household meet them."""

    def __init__(self, settings: CitySettings, number: int) -> None:
        self.settings = settings
        self.chance = Chance(settings.seed, -1 - number)
        self.serial = number * 1000

    def serve(self, person: Person, family: tuple[Person, ...]) -> Iterator[Entry]:
        """Everything that is ever registered about one person."""
        chance, settings = self.chance, self.settings
        if person.certificate and person.mother and chance.happens(settings.newborn):
            yield self._newborn(person, person.mother)
        elif chance.happens(settings.unknown):
            yield self._unknown(person)
        hospital = chance.below(len(HOSPITALS))
        yield self._register(person, family, hospital)
        again = settings.visits_mean
        while chance.random() < again / (1 + again):
            if not chance.happens(settings.again):
                hospital = (hospital + 1) % len(HOSPITALS)
            yield self._register(person, family, hospital)

    def _mrn(self, hospital: int) -> str:
        self.serial += 1
        return f"{hospital + 1}{self.serial:010d}"

    def _when(self, person: Person) -> datetime:
        born = (person.born_on - OPENED).days
        days = (TODAY - OPENED).days
        low = max(born, 0)
        return _BEGIN + timedelta(seconds=int((low + self.chance.random() * (days - low)) * 86400))

    def _newborn(self, child: Person, mother: Person) -> Entry:
        chance = self.chance
        mark = _ORDINALS.get(child.birth_order, "") if child.birth_order < 3 else "三"
        word = "子" if child.sex == "M" else "女"
        text = f"{mother.name}之{mark}{word}"
        if chance.happens(0.2):
            text = f"{mother.name}{'男婴' if child.sex == 'M' else '女婴'}{child.birth_order or ''}"
        hospital = chance.below(3)
        source = HOSPITALS[hospital]
        identifiers = (Identifier(IdKind.BIRTH_CERTIFICATE, child.certificate),)
        return Entry(
            child.number,
            "newborn",
            Registration(
                source,
                self._mrn(hospital),
                (Name(text),),
                self._sex(child.sex, hospital),
                clerks.written_date(child.born_on),
                identifiers if chance.happens(0.7) else (),
                (mother.phones[-1],),
                (mother.addresses[-1],),
                multiple_birth=child.birth_order > 0 or None,
                birth_order=child.birth_order or None,
                mother=Identifier(IdKind.CITIZEN, mother.id_number),
                mother_name=mother.name,
                flags=(Flag.NEWBORN,),
                received_at=_BEGIN + timedelta(days=max((child.born_on - OPENED).days, 0)),
            ),
        )

    def _unknown(self, person: Person) -> Entry:
        chance = self.chance
        hospital = chance.below(len(HOSPITALS))
        born = "19000101" if chance.happens(0.5) else f"{person.born_on.year // 10 * 10}0101"
        return Entry(
            person.number,
            "unknown",
            Registration(
                HOSPITALS[hospital],
                self._mrn(hospital),
                (Name(chance.one_of(names.PLACEHOLDER_NAMES), "temp"),),
                self._sex(person.sex, hospital),
                born if chance.happens(0.7) else "",
                phones=(WARD_PHONES[hospital % 3],) if chance.happens(0.5) else (),
                flags=(Flag.UNKNOWN,) if chance.happens(0.6) else (),
                received_at=self._when(person),
            ),
        )

    def _register(self, person: Person, family: tuple[Person, ...], hospital: int) -> Entry:
        chance, settings = self.chance, self.settings
        what: list[str] = []
        old = bool(person.old_given or person.old_surname) and chance.happens(0.5)
        surname = person.old_surname if old and person.old_surname else person.surname
        given = person.old_given if old and person.old_given else person.given
        if old:
            what.append("old-name")
        text = self._name(surname, given, what)
        sex = person.sex
        if chance.happens(settings.sex_wrong):
            sex = "F" if sex == "M" else "M"
            what.append("sex")
        identifiers = self._identifiers(person, family, what)
        born = self._born(person, what)
        told = person.certificate and person.mother and chance.happens(settings.mother_told)
        return Entry(
            person.number,
            " ".join(what),
            Registration(
                HOSPITALS[hospital],
                self._mrn(hospital),
                (Name(text),),
                self._sex(sex, hospital),
                born,
                identifiers,
                self._phones(person),
                () if chance.happens(settings.no_address) else (chance.one_of(person.addresses),),
                multiple_birth=(person.birth_order > 0 and chance.happens(0.5)) or None,
                mother_name=person.mother.name if told and person.mother else "",
                received_at=self._when(person),
            ),
        )

    def _sex(self, sex: str, hospital: int) -> str:
        return _SEXES[hospital][0 if sex == "M" else 1]

    def _phones(self, person: Person) -> tuple[str, ...]:
        chance, settings = self.chance, self.settings
        kind = chance.random()
        if kind < settings.no_phone:
            return ()
        kind -= settings.no_phone
        if kind < settings.village_phone:
            return (VILLAGE_PHONE,)
        if kind < settings.village_phone + settings.ward_phone:
            return (chance.one_of(WARD_PHONES),)
        phone = chance.one_of(person.phones)
        if chance.happens(0.004):
            phone = mobile(chance)
        return (f"+86 {phone[:3]} {phone[3:7]} {phone[7:]}" if chance.happens(0.03) else phone,)

    def _identifiers(
        self, person: Person, family: tuple[Person, ...], what: list[str]
    ) -> tuple[Identifier, ...]:
        chance, settings = self.chance, self.settings
        owner = person
        if len(family) > 1 and chance.happens(settings.borrowed):
            owner = chance.one_of(family)
            if owner is not person:
                what.append("borrowed")
        found = []
        if not chance.happens(settings.no_id):
            found.append(Identifier(_KINDS[owner.id_kind], self._number(owner, what)))
        if owner.card and chance.happens(0.8):
            found.append(Identifier(IdKind.INSURANCE, owner.card, "YUNXI-INSURANCE"))
        if person.certificate and chance.happens(settings.certificate):
            found.append(Identifier(IdKind.BIRTH_CERTIFICATE, person.certificate))
        return tuple(found)

    def _number(self, owner: Person, what: list[str]) -> str:
        chance, settings = self.chance, self.settings
        number = owner.id_number
        if owner.id_kind == "passport":
            if chance.happens(0.2):  # renewed: another number
                return f"E{(int(number[1:]) * 7 + 11) % 10**8:08d}"
            return number
        kind = chance.random()
        for share, name in (
            (settings.id_digit, "id-digit"),
            (settings.id_swap, "id-swap"),
            (settings.id_placeholder, "id-placeholder"),
        ):
            if kind < share:
                what.append(name)
                if name == "id-digit":
                    return clerks.wrong_digit(chance, number)
                if name == "id-swap":
                    return clerks.swapped_digits(chance, number)
                return clerks.placeholder_id(chance)
            kind -= share
        if owner.id_kind == "citizen" and owner.born_on.year < 1985 and kind < settings.old_numbers:
            what.append("id-15")
            return clerks.fifteen(number)
        return number.lower() if number[-1] == "X" and kind > 0.6 else number

    def _name(self, surname: str, given: str, what: list[str]) -> str:
        chance, settings = self.chance, self.settings
        name = surname + given
        if not surname:
            if "·" in given and chance.happens(0.15):
                what.append("dot")
                return clerks.dotted_otherwise(chance, given)
            if given.isascii() and chance.happens(0.3):
                what.append("order")
                return " ".join(reversed(given.split())).upper()
            return name
        if given[-1] in names.RARE and chance.happens(settings.name_lost):
            what.append("name-lost")
            return clerks.lost(chance, name)
        return self._written(surname, given, chance.random(), what)

    def _written(self, surname: str, given: str, kind: float, what: list[str]) -> str:
        chance, settings = self.chance, self.settings
        name = surname + given
        for share, word in (
            (settings.name_sound, "name-sound"),
            (settings.name_shape, "name-shape"),
            (settings.name_cut, "name-cut"),
            (settings.name_traditional, "name-traditional"),
            (settings.name_romanised, "name-romanised"),
            (settings.name_clutter, "name-clutter"),
        ):
            if kind < share:
                what.append(word)
                if word == "name-sound":
                    return clerks.sounding_alike(chance, name)
                if word == "name-shape":
                    return clerks.looking_alike(chance, name)
                if word == "name-cut":
                    return clerks.cut(name)
                if word == "name-traditional":
                    return clerks.traditional(name)
                if word == "name-romanised":
                    return clerks.romanised(chance, surname, given)
                return clerks.cluttered(chance, name)
            kind -= share
        return name

    def _born(self, person: Person, what: list[str]) -> str:
        chance, settings = self.chance, self.settings
        if person.lunar and chance.happens(0.5):
            what.append("birth-lunar")
            return person.lunar
        kind = chance.random()
        for share, word in (
            (settings.birth_first, "birth-first"),
            (settings.birth_default, "birth-default"),
            (settings.birth_swap, "birth-swap"),
            (settings.birth_digit, "birth-digit"),
        ):
            if kind < share:
                what.append(word)
                if word == "birth-first":
                    return f"{person.born_on.year}0101"
                if word == "birth-default":
                    return "19000101"
                if word == "birth-swap":
                    return clerks.swapped_date(person.born_on)
                return clerks.wrong_date(chance, person.born_on)
            kind -= share
        return clerks.written_date(person.born_on)


def of_household(settings: CitySettings, number: int) -> Iterator[Entry]:
    """Everything that is registered about the people of one household."""
    family = household(settings, number)
    desk = _Desk(settings, number)
    for person in family:
        yield from desk.serve(person, family)


def _in_order(settings: CitySettings) -> Iterator[Entry]:
    number = 0
    while True:
        yield from of_household(settings, number)
        number += 1


def registrations(settings: CitySettings, count: int) -> Iterator[Entry]:
    """Give so many registrations of the city, mixed within a window.

    The same settings give the same entries in the same order on every machine; those of a smaller
    ``count`` are about the same people. Memory does not grow with ``count``.
    """
    chance = Chance(settings.seed, 1 << 47)
    window: list[Entry] = []
    source = _in_order(settings)
    for _ in range(count):
        entry = next(source)
        if len(window) < WINDOW:
            window.append(entry)
            continue
        at = chance.below(WINDOW)
        yield window[at]
        window[at] = entry
    while window:
        at = chance.below(len(window))
        window[at], window[-1] = window[-1], window[at]
        yield window.pop()
