"""What figures are asked for, and in which window that is counted: of what whoever asks may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import asyncpg

from lianyi.applications.indicators.failures import NothingInSight
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.sight import Sight, Sights
from lianyi.applications.indicators.window import EVERYWHERE, Places, Window


@dataclass(frozen=True, slots=True)
class Asked:
    """What figures are asked for; what is empty narrows nothing.

    Attributes:
        period: as it was written.
        hospital: code.
        department: code; those below it are meant, too.
        doctor: code of a practitioner.
        caliber: short name; empty: the first of each indicator that is counted.
        role: the column that says whose rows are; empty: the first that says it.
        where: ``payer:self``: which of the rows; see :mod:`.slicing`.
    """

    period: str
    hospital: str = ""
    department: str = ""
    doctor: str = ""
    caliber: str = ""
    role: str = ""
    where: str = ""


class Asking:
    """Gives the window of a question; nobody else gives one."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Ask a database, as the doors see it."""
        self._sights = Sights(pool)

    async def window(
        self,
        asked: Asked,
        period: Period,
        *,
        also: Sequence[str] = (),
        within: Places = EVERYWHERE,
    ) -> tuple[Window, Sight]:
        """Return which rows are meant, of those that whoever asks may see counted.

        Args:
            asked: which figures.
            period: its months.
            also: permissions that he must have there, too.
            within: places beyond which nothing is meant, whatever he may see.

        Raises:
            NothingInSight: there is nothing left.
        """
        sight = await self._sights.of_caller(also=also)
        sight = replace(sight, places=sight.places.both(within))
        sight = sight.narrowed(asked.hospital, asked.department, asked.doctor)
        if sight.nothing:
            raise NothingInSight(where="indicators")
        window = Window(period.first, period.last, sight.places, sight.doctors, role=asked.role)
        return window, sight
