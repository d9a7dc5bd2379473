"""Figures for tables, boards and the day: counted in one window each, told side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from lianyi.applications.indicators.boards import Board, BoardTile
from lianyi.applications.indicators.counter import Counter
from lianyi.applications.indicators.defining import Meant
from lianyi.applications.indicators.figures import Counts, Number, Teller, ranked
from lianyi.applications.indicators.heard import EVERYTHING_KNOWN, Heard, Span, any_row
from lianyi.applications.indicators.hearing import Hearing
from lianyi.applications.indicators.model import Indicator, Part
from lianyi.applications.indicators.naming import Names
from lianyi.applications.indicators.periods import Period, month_text
from lianyi.applications.indicators.views import (
    BothWords,
    By,
    Figure,
    IndicatorFigures,
    Point,
    Tile,
)
from lianyi.applications.indicators.window import Window
from lianyi.applications.indicators.wording import said_of

if TYPE_CHECKING:
    from lianyi.applications.indicators.cube import Key
    from lianyi.applications.indicators.engine import Cells

GRAINS: Final[Mapping[By, tuple[str, ...]]] = {
    "hospital": ("hospital",),
    "department": ("hospital", "department"),
    "doctor": ("hospital", "doctor"),
    "month": ("month",),
}
_WHOLE: Final = ()
_YEAR: Final = 12
MONTHS_IN_LINE: Final = 12


class Clocked(NamedTuple):
    """When something is asked.

    Attributes:
        now: in UTC.
        end: of the period, the first instant after it, in UTC and without a zone.
    """

    now: datetime
    end: datetime

    @property
    def naive(self) -> datetime:
        """Now as the star has it."""
        return self.now.astimezone(UTC).replace(tzinfo=None)


class Told(NamedTuple):
    """Figures of one indicator: each with its key, that of all, and the newest instant."""

    meant: Meant
    figures: list[tuple[Key, Figure]]
    whole: Figure | None
    newest: datetime | None


class Figuring:
    """Counts what is asked for and tells it."""

    def __init__(self, counter: Counter, hearing: Hearing) -> None:
        """Ask a counter.

        Args:
            counter: of rows.
            hearing: of the same rows; tells a zero from no data.
        """
        self._counter = counter
        self._hearing = hearing

    async def tables(
        self, some: Sequence[Meant], period: Period, window: Window, by: By, at: Clocked
    ) -> list[Told]:
        """Return for each indicator its figures by key, the figure of all, and the newest instant.

        Args:
            some: indicators; of those that are not counted there is nothing.
            period: that is asked for.
            window: whose rows.
            by: what a figure is of.
            at: when it is asked.
        """
        parts, grain = _parts(some), _grain(by, window)
        asked = [*parts, *_every(parts)]
        spans = [period, period.before(period.months), period.before(_YEAR)]
        windows = [replace(window, first=one.first, last=one.last) for one in spans]
        counted = [await self._counter.figures(asked, one, grain) for one in windows]
        whole = [await self._whole(parts, one, cells, grain)
                 for one, cells in zip(windows, counted, strict=True)]  # fmt: skip
        if by == "month":
            wide = replace(window, first=period.first - _YEAR, last=period.last)
            counted = [await self._counter.figures(asked, wide, grain)] * 3
            needed: set[object] = set(range(wide.first, wide.last + 1))
        else:
            needed = {key[0] for part in parts for key in counted[0][part]}
        sure = all(_rows_of_all(cells, parts, needed) for cells in counted)
        heard = EVERYTHING_KNOWN if sure else await self._hearing.of(parts)
        months = [Span(one.first, one.last) for one in windows]
        found: list[Told] = []
        for one in some:
            if not one.counted:
                found.append(Told(one, [], None, None))
                continue
            telling = _Telling(one, heard, window)
            if by == "month":
                figures = telling.by_month(counted[0], period)
            else:
                figures = telling.by_place(counted, months)
            newest = await self._newest(telling.sides[0], windows[0], at)
            all_ = telling.figure(whole, ((), (), ()), months, window.places.all_hospitals)
            if all_.no_data:
                one = one._replace(way="no_data", why=all_.no_data)
            found.append(Told(one, figures, all_ if one.counted else None, newest))
        return found

    async def _whole(
        self, parts: Sequence[Part], window: Window, cells: Mapping[Part, Cells], by: Sequence[str]
    ) -> dict[Part, Cells]:
        """Return what parts come to altogether; what differs by value is counted anew."""
        apart = [one for one in parts if one.aggregate == "distinct"]
        counted = await self._counter.figures(apart, window, _WHOLE) if apart else {}
        added: dict[Part, Cells] = {
            part: {(): sum(cells[part].values())} for part in parts if part.aggregate != "distinct"
        }
        return {**counted, **added}

    async def tiles(
        self, board: Board, some: Sequence[Meant], period: Period, window: Window, at: Clocked
    ) -> list[Tile]:
        """Return the tiles of a board for a month."""
        wide = replace(window, first=period.last - _YEAR, last=period.last)
        parts = _parts(some)
        cells = await self._counter.figures([*parts, *_every(parts)], wide, GRAINS["month"])
        sure = _rows_of_all(cells, parts, set(range(wide.first, wide.last + 1)))
        heard = EVERYTHING_KNOWN if sure else await self._hearing.of(parts)
        found = []
        for said, one in zip(board.tiles, some, strict=True):
            if not one.counted:
                found.append(_tile(said, one, None, [], None, complete=False))
                continue
            telling = _Telling(one, heard, window)
            figure = telling.of_month(cells, period.last)
            months = range(period.last - MONTHS_IN_LINE + 1, period.last + 1)
            line = [Point(month=month_text(m), value=telling.value(cells, m)) for m in months]
            newest = await self._newest(
                telling.sides[0], replace(window, first=period.first, last=period.last), at
            )
            if figure.no_data:
                lacking = one._replace(way="no_data", why=figure.no_data)
                found.append(_tile(said, lacking, None, line, newest, complete=False))
                continue
            complete = newest is not None and newest >= at.end
            found.append(_tile(said, one, figure, line, newest, complete=complete))
        return found

    async def number(self, part: Part, window: Window) -> Number:
        """Return what one part comes to in a window."""
        return (await self._counter.figures([part], window, _WHOLE))[part][()]

    async def lacking(self, part: Part, window: Window, *, ever: bool) -> BothWords | None:
        """Say what is lacking of a number that came to nothing; None: it is a true 0.

        Args:
            part: what was counted.
            window: of what.
            ever: whether a row of any month is enough, as it is of what happens now.
        """
        heard, hospitals = await self._hearing.of([part]), window.places.all_hospitals
        if ever:
            return heard.never(part, hospitals)
        return heard.no_data([part], hospitals, Span(window.first, window.last))

    async def newest(self, part: Part, window: Window, until: datetime) -> datetime | None:
        """Return the newest instant of a part's rows in a window, in UTC; None: there is none."""
        found = await self._counter.newest(part, window, until=until)
        return found.replace(tzinfo=UTC) if found else None

    async def _newest(self, part: Part, window: Window, at: Clocked) -> datetime | None:
        return await self._counter.newest(part, window, until=at.naive)


def view_of(
    one: Meant,
    figures: Sequence[tuple[Key, Figure]],
    whole: Figure | None,
    newest: datetime | None,
    *,
    by: By,
    names: Names,
    at: Clocked,
) -> IndicatorFigures:
    """Return the figures of one indicator as they are shown."""
    shown = [figure.model_copy(update=_place(key, by, names)) for key, figure in figures]
    indicator = one.indicator
    return IndicatorFigures(
        code=indicator.indicator,
        name=said_of(indicator.name),
        category=indicator.category.value,
        unit=indicator.unit.value,
        better=indicator.better,
        counted_by=one.view(),
        way=one.way,
        why=one.why,
        all=whole,
        figures=shown if by == "month" else ranked(shown, indicator.better),
        newest=newest.replace(tzinfo=UTC) if newest else None,
        complete=one.counted and newest is not None and newest >= at.end,
    )


def _place(key: Key, by: By, names: Names) -> dict[str, object]:
    said = dict(zip(GRAINS[by], key, strict=True))
    found: dict[str, object] = {}
    for column, value in said.items():
        if column == "month":
            found[column] = month_text(int(value or 0))
        elif column == "doctor":
            found[column] = names.practitioner(_text(value))
        else:
            found[column] = names.organisation(_text(value))
    return found


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _grain(by: By, window: Window) -> tuple[str, ...]:
    """Return what makes a cell: doctors by the column in which rows are asked to name them."""
    return tuple(window.role or one if one == "doctor" else one for one in GRAINS[by])


def _parts(some: Iterable[Meant]) -> list[Part]:
    return [part for one in some if one.counted for part in one.caliber.parts()]


def _teller(one: Meant) -> Teller:
    numerator, *below = one.caliber.parts()
    return Teller(one.indicator, numerator, below[0] if below else None)


def _counts(cells: Mapping[Part, Cells], sides: Sequence[Part], key: Key) -> Counts:
    """Return what a cell came to; where nothing was counted it is 0."""
    numerator, *below = (cells[part].get(key, 0) for part in sides)
    return Counts(numerator, below[0] if below else None)


class _Telling:
    """Tells the figures of one indicator; of what is not known it says so."""

    def __init__(self, one: Meant, heard: Heard, window: Window) -> None:
        self.sides = one.caliber.parts()
        self._teller = _teller(one)
        self._heard = heard
        self._hospitals = window.places.all_hospitals

    def figure(
        self,
        counted: Sequence[Mapping[Part, Cells]],
        keys: Sequence[Key],
        months: Sequence[Span],
        hospitals: Collection[str | None] | None,
    ) -> Figure:
        """Return a figure; of now, of before and of a year ago there are cells, key and months."""
        lacks = [self._heard.no_data(self.sides, hospitals, one) for one in months]
        counts = [
            None if lack else _counts(cells, self.sides, key)
            for cells, key, lack in zip(counted, keys, lacks, strict=True)
        ]
        return self._teller.figure(*counts, no_data=lacks[0])

    def by_place(
        self, counted: Sequence[Mapping[Part, Cells]], months: Sequence[Span]
    ) -> list[tuple[Key, Figure]]:
        """Return the figures of what was counted, by keys that begin with a hospital."""
        keys = sorted({key for part in self.sides for key in counted[0][part]}, key=_in_order)
        return [(key, self.figure(counted, [key] * 3, months, {key[0]})) for key in keys]

    def by_month(self, cells: Mapping[Part, Cells], period: Period) -> list[tuple[Key, Figure]]:
        """Return the figure of each month."""
        months = range(period.first, period.last + 1)
        return [((month,), self.of_month(cells, month)) for month in months]

    def of_month(self, cells: Mapping[Part, Cells], month: int) -> Figure:
        """Return the figure of a month, compared with the one before and that of a year ago."""
        wanted = (month, month - 1, month - _YEAR)
        keys = [(one,) for one in wanted]
        return self.figure([cells] * 3, keys, [Span(m, m) for m in wanted], self._hospitals)

    def value(self, cells: Mapping[Part, Cells], month: int) -> float | None:
        """Return the value of a month; None: there is none."""
        if self._heard.lack(self.sides, self._hospitals, Span(month, month)):
            return None
        return self._teller.value(_counts(cells, self.sides, (month,)))


def _every(parts: Iterable[Part]) -> list[Part]:
    """Return what shows with the same pass over the rows whether there are any."""
    return list(dict.fromkeys(any_row(part) for part in parts))


def _rows_of_all(
    cells: Mapping[Part, Cells], parts: Iterable[Part], needed: Collection[object]
) -> bool:
    """Tell whether rows came of each part's fact, and of all months or hospitals needed."""
    for part in _every(parts):
        came = {key[0] for key, rows in cells[part].items() if rows}
        if not came or not came.issuperset(needed):
            return False
    return True


def _in_order(key: Key) -> tuple[str, ...]:
    return tuple("" if one is None else str(one) for one in key)


def _tile(
    said: BoardTile,
    one: Meant,
    figure: Figure | None,
    line: list[Point],
    newest: datetime | None,
    *,
    complete: bool,
) -> Tile:
    indicator = one.indicator
    return Tile(
        code=indicator.indicator,
        name=said_of(indicator.name),
        group=said_of(said.group),
        unit=indicator.unit.value,
        better=indicator.better,
        counted_by=one.view(),
        way=one.way,
        why=one.why,
        figure=figure,
        line=line,
        target=said.target,
        reached=_reached(indicator, figure, said.target),
        newest=newest.replace(tzinfo=UTC) if newest else None,
        complete=complete,
    )


def _reached(indicator: Indicator, figure: Figure | None, target: float | None) -> bool | None:
    if target is None or figure is None or figure.value is None or indicator.better == "neither":
        return None
    return figure.value >= target if indicator.better == "up" else figure.value <= target
