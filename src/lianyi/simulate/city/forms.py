"""Registration forms filled in with drawn values: what the pairs of the trap corpus are made of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Name, Registration
from lianyi.simulate.city import clerks, names
from lianyi.simulate.city.chances import Chance
from lianyi.simulate.city.people import TODAY, address, given_name, id_number, mobile
from lianyi.simulate.city.registrations import HOSPITALS
from lianyi.simulate.city.settings import CitySettings

ALIKE: Final = "伟玮俊君钧明鸣静婧丽莉颖莹萍苹燕艳辉晖洋阳雨羽"
"""Characters of given names that have others which sound the same."""
Pair = tuple[Registration, Registration]

_SETTINGS = CitySettings()
_AT = datetime(2026, 2, 2, 8, 30, tzinfo=UTC)


class Forms:
    """Draws values and fills in registration forms."""

    def __init__(self, seed: int, branch: int) -> None:
        self.chance = Chance(seed, branch)
        self.serial = branch << 20

    def born(self, low: int = 1, high: int = 90) -> date:
        """A birthday between so many and so many years ago, never the first of January."""
        days = (low + self.chance.random() * (high - low)) * 365.25
        day = TODAY - timedelta(days=int(days))
        return day.replace(day=day.day + 1) if (day.month, day.day) == (1, 1) else day

    def sex(self) -> str:
        """``M`` or ``F``."""
        return self.chance.one_of("MF")

    def surname(self) -> str:
        """As frequent as in the city."""
        return self.chance.one_of(names.SURNAMES)

    def given(self, sex: str, born: date) -> str:
        """Two characters."""
        while True:
            given = given_name(self.chance, _SETTINGS, sex, born)
            if len(given) == 2:
                return given

    def address(self) -> str:
        """A whole address."""
        return address(self.chance)[1]

    def phone(self) -> str:
        """A mobile number."""
        return mobile(self.chance)

    def citizen(self, born: date, sex: str) -> Identifier:
        """A valid number."""
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
        """A form with these values in it, under a new number of some hospital."""
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
