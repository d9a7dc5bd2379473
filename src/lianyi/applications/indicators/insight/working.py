"""Answers what a doctor did, in each of his roles: by the same calibers as everything else."""

from __future__ import annotations

import importlib.resources
from dataclasses import replace
from functools import cache
from typing import Annotated, Any, Final

from pydantic import Field

from lianyi.applications.indicators.asking import Asked
from lianyi.applications.indicators.defining import Meant, period_view
from lianyi.applications.indicators.figures import Counts, Teller
from lianyi.applications.indicators.heard import Span
from lianyi.applications.indicators.insight.about import about_of
from lianyi.applications.indicators.insight.views import (
    PastPoint,
    WorkloadFigure,
    WorkloadRole,
    WorkloadView,
)
from lianyi.applications.indicators.model import Title
from lianyi.applications.indicators.periods import Period, month_text, parse_period
from lianyi.applications.indicators.service import Ground
from lianyi.applications.indicators.views import BothWords, Figure, Place
from lianyi.applications.indicators.window import Window
from lianyi.applications.indicators.wording import said_of
from lianyi.base.plain_yaml import plain_yaml
from lianyi.base.settings import Section

MONTHS: Final = 12
DOCTORS_MAX: Final = 500
_NOTHING: Final = BothWords(zh="", en="")


class Role(Section):
    """A role in which rows name somebody.

    Attributes:
        role: its short name.
        column: of the facts that names him; empty: that of the name of the role.
        name: what people call it.
        items: codes of indicators that tell of it.
        why: why nothing tells of it.
    """

    role: Annotated[str, Field(pattern=r"^[a-z_]{1,20}$")]
    column: str = ""
    name: Title
    items: tuple[str, ...] = ()
    why: Title | None = None


@cache
def roles() -> tuple[Role, ...]:
    """Return the roles in which a doctor's work is told."""
    text = importlib.resources.files(__package__ or "").joinpath("workload.yaml").read_text("utf-8")
    said: list[dict[str, Any]] = plain_yaml(text)
    return tuple(Role.model_validate(one) for one in said)


class Working:
    """Tells doctors what they did."""

    def __init__(self, ground: Ground) -> None:
        """Count on the ground of the indicators."""
        self._ground = ground
        self._counter = ground.counter

    async def workload(self, asked: Asked) -> WorkloadView:
        """Return the work of a doctor, or of all who may be seen, by role.

        Args:
            asked: the period, the place and the doctor; whoever sees only his own figures gets
                them and no others.

        Raises:
            NoSuchIndicator, UnreadablePeriod, NothingInSight, NoStar, CountingTooBig: see
                ``IndicatorService.values``.
        """
        period = parse_period(asked.period)
        await self._ground.window(asked, period)  # may he be asked about at all?
        _, sight = await self._ground.window(replace(asked, doctor=""), period)
        own = sight.doctors is not None
        if sight.doctors is not None and len(sight.doctors) == 1:
            asked = replace(asked, doctor=next(iter(sight.doctors)))
        found = [await self._role(one, asked, period) for one in roles()]
        doctors = [] if own else await self._doctors(replace(asked, doctor=""), period)
        doctor = None
        if asked.doctor:
            names = await self._ground.names([("", asked.doctor)], "doctor")
            doctor = names.practitioner(asked.doctor)
        return WorkloadView(
            period=period_view(period), doctor=doctor, own=own, roles=found, doctors=doctors
        )

    async def _role(self, role: Role, asked: Asked, period: Period) -> WorkloadRole:
        column = role.column or role.role
        items: list[WorkloadFigure] = []
        if role.items:
            here = replace(asked, role=column)
            window, _ = await self._ground.window(here, period)
            definitions = await self._ground.book.now(self._ground.today)
            for code in role.items:
                one = self._ground.meant(definitions, code, here, period, by_doctor=True)
                items.append(await self._figure(one, window, period))
        return WorkloadRole(
            role=column,
            name=said_of(role.name),
            why=said_of(role.why) if role.why else _NOTHING,
            items=items,
        )

    async def _figure(self, one: Meant, window: Window, period: Period) -> WorkloadFigure:
        if not one.counted:
            return WorkloadFigure(**about_of(one), figure=None, line=[])
        parts = one.caliber.parts()
        heard = await self._ground.hearing.of(parts)
        hospitals = window.places.all_hospitals
        teller = Teller(one.indicator, parts[0], parts[1] if len(parts) > 1 else None)

        async def counted(first: int, last: int) -> Counts | None:
            if heard.lack(parts, hospitals, Span(first, last)):
                return None
            cells = await self._counter.figures(parts, replace(window, first=first, last=last), ())
            return _counts([cells[part][()] for part in parts])

        spans = (period, period.before(period.months), period.before(MONTHS))
        now, before, then = [await counted(one.first, one.last) for one in spans]
        why = heard.no_data(parts, hospitals, Span(period.first, period.last))
        figure: Figure | None = teller.figure(now, before, then)
        if why:
            one, figure = one._replace(way="no_data", why=why), None
        first = period.last - MONTHS + 1
        wide = replace(window, first=first, last=period.last)
        cells = await self._counter.figures(parts, wide, ("month",))
        line = []
        for month in range(first, period.last + 1):
            value = teller.value(_counts([cells[part].get((month,), 0) for part in parts]))
            if value is not None and not heard.lack(parts, hospitals, Span(month, month)):
                line.append(PastPoint(at=month_text(month), value=value))
        return WorkloadFigure(**about_of(one), figure=figure, line=line)

    async def _doctors(self, asked: Asked, period: Period) -> list[Place]:
        """Return the doctors who are named by rows of a place, in any role, by code."""
        keys: set[tuple[object, ...]] = set()
        definitions = await self._ground.book.now(self._ground.today)
        for role in roles():
            if not role.items:
                continue
            column = role.column or role.role
            here = replace(asked, role=column)
            window, _ = await self._ground.window(here, period)
            one = self._ground.meant(definitions, role.items[0], here, period, by_doctor=True)
            if one.counted:
                part = one.caliber.parts()[0]
                cells = await self._counter.figures([part], window, ("hospital", column))
                keys |= set(cells[part])
        codes = sorted({str(key[1]) for key in keys if key[1]})[:DOCTORS_MAX]
        names = await self._ground.names([("", code) for code in codes], "doctor")
        return [names.practitioner(code) for code in codes]


def _counts(numbers: list[Any]) -> Counts:
    return Counts(numbers[0], numbers[1] if len(numbers) > 1 else None)
