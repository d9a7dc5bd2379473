"""What people ask beyond the figures of one indicator: places, explorations, rows that moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.applications.indicators.asking import Asked, Asking
from lianyi.applications.indicators.book import Book
from lianyi.applications.indicators.counter import Counter
from lianyi.applications.indicators.defining import meant, period_view
from lianyi.applications.indicators.explored_views import (
    ExploredView,
    MovedRows,
    MovedWay,
    PlacesView,
)
from lianyi.applications.indicators.exploring import (
    Exploring,
    codes_in,
    dimensions,
    explored_view,
    named_by,
    parse_by,
)
from lianyi.applications.indicators.failures import NotCounted, TooMuchAtOnce
from lianyi.applications.indicators.hearing import Hearing
from lianyi.applications.indicators.naming import Naming
from lianyi.applications.indicators.periods import parse_period
from lianyi.applications.indicators.placing import Placing, places_view
from lianyi.applications.indicators.publishing.known import defined_by
from lianyi.applications.indicators.rowing import Rows
from lianyi.applications.indicators.slicing import parse_slices, sliced
from lianyi.applications.indicators.views import Side
from lianyi.applications.indicators.window import EVERYWHERE, Places
from lianyi.applications.indicators.wording import part_view, said_of
from lianyi.base.clock import Clock

EXPLORED_MAX: Final = 6


class Explorations:
    """Answers within the reach of whoever asks."""

    def __init__(
        self,
        house: tuple[asyncpg.Pool, Clock, ZoneInfo],
        book: Book,
        counter: Counter,
        rows: Rows,
        *,
        asking: Asking,
        hearing: Hearing,
        naming: Naming,
    ) -> None:
        """Count beside the figures of indicators.

        Args:
            house: the database as the doors see it, the time, the zone of the hospital.
            book: what is defined.
            counter: counts.
            rows: lists what was counted.
            asking: gives the window of a question.
            hearing: tells a zero from no data.
            naming: names departments, practitioners and codes.
        """
        self._pool, self._clock, self._zone = house
        self._book = book
        self._rows = rows
        self._asking = asking
        self._naming = naming
        self._placing = Placing(counter)
        self._exploring = Exploring(counter, hearing)

    @property
    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()

    async def places(self, asked: Asked) -> PlacesView:
        """Return where and by whom something was done, of what whoever asks may see.

        Raises:
            UnreadablePeriod, NothingInSight, NoStar, CountingTooBig: see
                :meth:`.service.IndicatorService.values`.
        """
        period = parse_period(asked.period)
        window, _ = await self._asking.window(asked, period)
        places = await self._placing.places(window)
        of_doctors = asked.department or asked.doctor
        doctors = await self._placing.doctors(window) if of_doctors else set()
        names = await self._naming.look_up(
            organisations={code for pair in places for code in pair},
            practitioners={code for _, code in doctors},
        )
        return places_view(places, doctors, names)

    async def explore(
        self,
        codes: Sequence[str],
        asked: Asked,
        *,
        by: str,
        also: Sequence[str] = (),
        within: Places = EVERYWHERE,
    ) -> ExploredView:
        """Return indicators put together by what somebody likes.

        Args:
            codes: of indicators.
            asked: period and place.
            by: by what they are put together.
            also: permissions that whoever asks must have there, too.
            within: places beyond which nothing is counted.

        Raises:
            BadSlice: they cannot be put together or narrowed so.
            NoSuchIndicator, UnreadablePeriod, TooMuchAtOnce, NothingInSight, NoStar,
            CountingTooBig: see
                :meth:`.service.IndicatorService.values`.
        """
        wanted = list(dict.fromkeys(codes))
        if len(wanted) > EXPLORED_MAX:
            raise TooMuchAtOnce(
                where=f"{len(wanted)} > {EXPLORED_MAX}",
                why=f"at most {EXPLORED_MAX} indicators are explored at a time",
                why_zh=f"一次最多分析 {EXPLORED_MAX} 个指标",
            )
        period, split, slices = (
            parse_period(asked.period), parse_by(by), parse_slices(asked.where)
        )  # fmt: skip
        window, sight = await self._asking.window(asked, period, also=also, within=within)
        definitions = await self._book.now(self._today)
        some = [
            meant(
                definitions.get(code),
                asked.caliber,
                period.last_day,
                by_doctor=sight.doctors is not None,
            )
            for code in wanted
        ]
        counted = await self._exploring.count([sliced(one, slices) for one in some], split, window)
        organisations, practitioners, coded = codes_in(counted)
        names = await self._naming.look_up(
            organisations=organisations, practitioners=practitioners, codes=coded
        )
        return ExploredView(
            period=period_view(period),
            by=named_by(split),
            narrowed=await self._naming.narrowed(slices),
            dimensions=dimensions(some),
            asked_at=self._clock.now(),
            items=explored_view(counted, names),
        )

    async def moved_rows(
        self,
        code: str,
        between: tuple[str, str],
        asked: Asked,
        *,
        side: Side,
        way: MovedWay,
        skip: int,
        limit: int,
    ) -> MovedRows:
        """Return the rows that one of two definitions counts and the other does not.

        Args:
            code: of the indicator.
            between: hashes of the two.
            asked: period and place.
            side: numerator or denominator.
            way: ``out``: only the first counts them; ``in``: only the second.
            skip: so many are passed by.
            limit: so many at most.

        Raises:
            NoSuchCaliber: one of them is not known.
            NotCounted: the one that is to count them has no denominator.
            NoSuchIndicator, UnreadablePeriod, NothingInSight, NoStar: see
                :meth:`.service.IndicatorService.values`.
        """
        period = parse_period(asked.period)
        window, _ = await self._asking.window(asked, period)
        indicator = (await self._book.now(self._today)).get(code)
        was = await defined_by(self._pool, indicator, between[0], where="before")
        becomes = await defined_by(self._pool, indicator, between[1], where="after")
        one, other = (was, becomes) if way == "out" else (becomes, was)
        part, without = getattr(one, side), getattr(other, side)
        if part is None:
            raise NotCounted(where=code, why="it has no denominator", why_zh="该口径没有分母")
        behind = await self._rows.of_part(
            indicator, part, window, skip=skip, limit=limit, without=without
        )
        after = skip + len(behind.rows)
        return MovedRows(
            code=code,
            name=said_of(indicator.name),
            period=period_view(period),
            side=side,
            way=way,
            part=part_view(behind.part),
            columns=behind.columns,
            items=behind.rows,
            total=behind.total,
            next_skip=after if behind.rows and after < behind.total else None,
        )
