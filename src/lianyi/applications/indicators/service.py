"""What people ask about indicators; each use case is one method.

Every number comes out of one window, which says whose rows whoever asks may see; nobody gives
another one. Names are looked up when something is shown, and codes are what is counted by.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.applications.indicators.asking import Asked, Asking
from lianyi.applications.indicators.boards import (
    Board,
    find_board,
    now_tiles,
    parse_board,
    read_boards,
)
from lianyi.applications.indicators.boards import NowTile as CountedNow
from lianyi.applications.indicators.book import Book, Definitions
from lianyi.applications.indicators.counter import Counter
from lianyi.applications.indicators.defining import (
    Meant,
    detail_view,
    list_view,
    meant,
    period_view,
)
from lianyi.applications.indicators.explorations import Explorations
from lianyi.applications.indicators.failures import (
    BadBoard,
    TooMuchAtOnce,
    UnreadablePeriod,
)
from lianyi.applications.indicators.figuring import Clocked, Figuring, view_of
from lianyi.applications.indicators.hearing import Hearing
from lianyi.applications.indicators.installed import must_be_there
from lianyi.applications.indicators.naming import Names, Naming
from lianyi.applications.indicators.now import StarNow
from lianyi.applications.indicators.periods import Period, month_text, parse_period
from lianyi.applications.indicators.rowing import Behind, Rows
from lianyi.applications.indicators.settings import IndicatorSettings
from lianyi.applications.indicators.sight import Sight
from lianyi.applications.indicators.slicing import parse_slices, sliced
from lianyi.applications.indicators.views import (
    BoardName,
    BoardView,
    By,
    FiguresView,
    IndicatorDetail,
    IndicatorList,
    NowTile,
    RowsOf,
    RowsView,
    TodayView,
)
from lianyi.applications.indicators.window import EVERYWHERE, Places, Window
from lianyi.applications.indicators.wording import part_view, said_of
from lianyi.base.clock import Clock
from lianyi.projections.identity.service import IdentityService
from lianyi.projections.operational.star import first_day, month_of
from lianyi.security.privacy.service import Privacy

if TYPE_CHECKING:
    from lianyi.applications.indicators.engine import Star

CODES_MAX: Final = 30
_ROWS: Final = "indicators.rows"


@dataclass(frozen=True, slots=True)
class Ground:
    """What everything that counts in this slice stands on; see :class:`IndicatorService`."""

    book: Book
    clock: Clock
    zone: ZoneInfo
    content_dir: Path
    counter: Counter
    hearing: Hearing
    figuring: Figuring
    window: Callable[..., Awaitable[tuple[Window, Sight]]]
    meant: Callable[..., Meant]
    names: Callable[[Sequence[tuple[object, ...]], By], Awaitable[Names]]
    at: Callable[[Period], Clocked]
    midnight: Callable[[date], datetime]

    @property
    def today(self) -> date:
        """Return the day, by the clock of the hospital."""
        return self.clock.now().astimezone(self.zone).date()


class IndicatorService:
    """Answers about indicators within the reach of whoever asks."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        zone: ZoneInfo,
        *,
        content_dir: Path,
        star: Callable[[], Star],
        now: StarNow,
        settings: IndicatorSettings,
        naming: Naming,
        privacy: Privacy,
        identity: IdentityService,
    ) -> None:
        """Count the facts of a star.

        Args:
            pool: of the database; as the doors see it.
            clock: the time now.
            zone: of the hospital: says which month and day it is.
            content_dir: where the hospital's own definitions and boards lie.
            star: gives the facts; called in a thread when something is counted first.
            now: gives them as they stand at this moment.
            settings: how much counting may use.
            naming: names departments, practitioners and codes.
            privacy: decides how patients are seen.
            identity: knows which patients are of sensitive sources.

        Raises:
            NoSpark, NoJava: the settings want Spark, and this machine cannot run it.
        """
        if settings.engine == "spark":
            must_be_there()
        self._clock = clock
        self._zone = zone
        self._content_dir = content_dir
        self._naming = naming
        self._book = Book(content_dir)
        self._asking = Asking(pool)
        self._counter = Counter(star, settings)
        self._hearing = Hearing(self._counter, content_dir)
        self._figuring = Figuring(self._counter, self._hearing)
        self._now = now
        of_now = settings.model_copy(update={"engine": "duckdb"})
        self._counter_of_now = Counter(lambda: now, of_now)
        self._figuring_of_now = Figuring(
            self._counter_of_now, Hearing(self._counter_of_now, content_dir)
        )
        self._rows = Rows(pool, self._counter, naming=naming, privacy=privacy, identity=identity)
        self.explorations = Explorations(
            (pool, clock, zone),
            self._book,
            self._counter,
            self._rows,
            asking=self._asking,
            hearing=self._hearing,
            naming=naming,
        )

    async def close(self) -> None:
        """Give everything back."""
        await self._counter.close()
        await self._counter_of_now.close()

    async def warm(self) -> None:
        """Read the definitions, so that whoever opens a page first need not wait for them."""
        await self._book.now(self._today)

    async def list_indicators(self) -> IndicatorList:
        """Return all indicators."""
        return list_view(await self._book.now(self._today), self._today)

    async def get_indicator(self, code: str) -> IndicatorDetail:
        """Return one indicator as a whole.

        Raises:
            NoSuchIndicator: there is none of this code.
        """
        definitions = await self._book.now(self._today)
        return detail_view(definitions, definitions.get(code), self._today)

    async def values(
        self, codes: Sequence[str], asked: Asked, *, by: By, also: Sequence[str] = ()
    ) -> FiguresView:
        """Return the figures of some indicators.

        Args:
            codes: of indicators.
            asked: which figures.
            by: what each is of.
            also: permissions that whoever asks must have there, too.

        Raises:
            NoSuchIndicator, UnreadablePeriod, TooMuchAtOnce: it is not understood.
            NothingInSight: whoever asks may see nothing of it.
            NoStar, CountingTooBig: it cannot be counted now.
        """
        wanted = list(dict.fromkeys(codes))
        if len(wanted) > CODES_MAX:
            raise TooMuchAtOnce(
                where=f"{len(wanted)} > {CODES_MAX}",
                why=f"at most {CODES_MAX} indicators are counted at a time",
                why_zh=f"一次最多统计 {CODES_MAX} 个指标",
            )
        period = parse_period(asked.period)
        window, sight = await self._asking.window(asked, period, also=also)
        definitions = await self._book.now(self._today)
        by_doctor = by == "doctor" or sight.doctors is not None
        some = [
            self._meant(definitions, code, asked, period, by_doctor=by_doctor) for code in wanted
        ]
        at = self._at(period)
        tables = await self._figuring.tables(some, period, window, by, at)
        names = await self._names([key for _, figures, *_ in tables for key, _ in figures], by)
        return FiguresView(
            period=period_view(period),
            by=by,
            department=asked.department,
            hospital=asked.hospital,
            narrowed=await self._naming.narrowed(parse_slices(asked.where)),
            asked_at=at.now,
            items=[
                view_of(one, figures, whole, newest, by=by, names=names, at=at)
                for one, figures, whole, newest in tables
            ],
        )

    async def board(
        self, name: str, *, month: str, hospital: str, also: Sequence[str] = ()
    ) -> BoardView:
        """Return the tiles of a board.

        Args:
            name: of the board.
            month: ``2026-03``; empty: the last whole one.
            hospital: code; empty: all that are seen.
            also: permissions that whoever asks must have there, too.

        Raises:
            BadBoard: there is no such board, or its file cannot be used.
            UnreadablePeriod, NothingInSight, NoStar, CountingTooBig: see :meth:`values`.
        """
        boards = read_boards(self._content_dir)
        board = find_board(boards, name)
        period = parse_period(month or month_text(month_of(self._today) - 1))
        if period.first < 12:
            raise UnreadablePeriod(where=month, why="it lies before 2001", why_zh="早于 2001 年")
        window, sight = await self._asking.window(Asked(str(period), hospital), period, also=also)
        definitions = await self._book.now(self._today)
        own = sight.doctors is not None
        some = [
            meant(definitions.get(one.indicator), one.caliber, period.last_day, by_doctor=own)
            for one in board.tiles
        ]
        at = self._at(period)
        others = []
        for other, file in boards.items():
            with suppress(BadBoard):  # one that cannot be used is none to choose
                others.append(BoardName(board=other, title=said_of(parse_board(file, other).title)))
        return BoardView(
            board=name,
            title=said_of(board.title),
            period=period_view(period),
            asked_at=at.now,
            tiles=await self._figuring.tiles(board, some, period, window, at),
            boards=others,
        )

    def find_board(self, name: str) -> Board:
        """Return what stands on a board; raises :class:`BadBoard`."""
        return find_board(read_boards(self._content_dir), name)

    async def today(self, *, hospital: str) -> TodayView:
        """Return what happens today, and who is in hospital now.

        Raises:
            NothingInSight, NoStar, CountingTooBig: see :meth:`values`.
        """
        day = self._today
        month = month_of(day)
        since, until = self._midnight(day), self._midnight(day + timedelta(days=1))
        window, sight = await self._asking.window(Asked("", hospital), Period(month, month))
        everything = Window(0, month, window.places, window.doctors, until=until)
        tiles = []
        await self._now.look()
        for one in now_tiles():
            if sight.doctors is not None and not one.part.doctor:
                continue
            of_today = Window(month, month, window.places, window.doctors, since, until)
            tiles.append(
                await _now_tile(
                    self._figuring_of_now,
                    one,
                    of_today if one.when == "today" else everything,
                    ever=True,
                )
            )
        return TodayView(day=day, asked_at=self._clock.now(), tiles=tiles)

    async def days(
        self, first: date, last: date, *, hospital: str, also: Sequence[str] = ()
    ) -> list[NowTile]:
        """Return what happened on days that are over, counted of the files as they are settled.

        Args:
            first: day.
            last: day, counted in.
            hospital: code; empty: all that are seen.
            also: permissions that whoever asks must have there, too.

        Raises:
            NothingInSight, NoStar, CountingTooBig: see :meth:`values`.
        """
        months = Period(month_of(first), month_of(last))
        window, sight = await self._asking.window(Asked("", hospital), months, also=also)
        since, until = self._midnight(first), self._midnight(last + timedelta(days=1))
        of_days = replace(window, since=since, until=until)
        return [
            await _now_tile(self._figuring, one, of_days, ever=False)
            for one in now_tiles()
            if one.when == "today" and (sight.doctors is None or one.part.doctor)
        ]

    async def rows(
        self,
        code: str,
        asked: Asked,
        *,
        side: RowsOf,
        skip: int,
        limit: int,
        within: Places = EVERYWHERE,
        also: Sequence[str] = (),
        columns: Sequence[str] = (),
    ) -> RowsView:
        """Return the rows behind a figure.

        Args:
            code: of the indicator.
            asked: which figure.
            side: which of its rows.
            skip: so many are passed by.
            limit: so many at most.
            within: places beyond which none is shown.
            also: permissions that whoever asks must have there, too.
            columns: of the fact, that are shown; none: those that the indicator says.

        Raises:
            NotCounted: there are none, for it is not counted from rows.
            NoSuchIndicator, UnreadablePeriod, NothingInSight, NoStar: see :meth:`values`.
        """
        period = parse_period(asked.period)
        window, sight = await self._asking.window(asked, period, also=also, within=within)
        definitions = await self._book.now(self._today)
        one = self._meant(definitions, code, asked, period, by_doctor=sight.doctors is not None)
        behind = await self._rows.page(one, side, window, skip=skip, limit=limit, columns=columns)
        counted_by = one.view()
        assert counted_by is not None  # noqa: S101 - what is counted has a caliber
        after = skip + len(behind.rows)
        return RowsView(
            code=code,
            name=said_of(one.indicator.name),
            counted_by=counted_by,
            period=period_view(period),
            side=side,
            part=part_view(behind.part),
            columns=behind.columns,
            items=behind.rows,
            total=behind.total,
            comes_to=behind.comes_to,
            next_skip=after if behind.rows and after < behind.total else None,
        )

    async def export(
        self, code: str, asked: Asked, *, side: RowsOf, within: Places = EVERYWHERE
    ) -> str:
        """Return the rows behind a figure as CSV; who exports must also be allowed to see them.

        Raises:
            NotCounted, TooMuchAtOnce: it goes into no file.
            NoSuchIndicator, UnreadablePeriod, NothingInSight, NoStar: see :meth:`values`.
        """
        one, window = await self._exported(code, asked, within)
        return await self._rows.export(one, side, window)

    async def export_pages(
        self, code: str, asked: Asked, *, side: RowsOf, within: Places = EVERYWHERE
    ) -> tuple[Meant, AsyncIterator[Behind]]:
        """Return the same rows as :meth:`export`, some thousand at a time.

        Raises:
            NoSuchIndicator, UnreadablePeriod, NothingInSight: see :meth:`values`; what
                :meth:`export` raises besides is raised by the iterator.
        """
        one, window = await self._exported(code, asked, within)
        return one, self._rows.pages(one, side, window)

    async def _exported(self, code: str, asked: Asked, within: Places) -> tuple[Meant, Window]:
        period = parse_period(asked.period)
        window, _ = await self._asking.window(asked, period, also=(_ROWS,), within=within)
        definitions = await self._book.now(self._today)
        one = self._meant(definitions, code, asked, period, by_doctor=window.doctors is not None)
        return one, window

    # ---- what is common to them ----------------------------------------------------------------

    @property
    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()

    def _midnight(self, day: date) -> datetime:
        """Return the instant at which a day begins, in UTC and without a zone."""
        begins = datetime.combine(day, time(), tzinfo=self._zone)
        return begins.astimezone(UTC).replace(tzinfo=None)

    def _at(self, period: Period) -> Clocked:
        return Clocked(self._clock.now(), self._midnight(first_day(period.last + 1)))

    def _meant(
        self, definitions: Definitions, code: str, asked: Asked, period: Period, *, by_doctor: bool
    ) -> Meant:
        """Return an indicator by its caliber, of which only what is asked for is counted."""
        found = definitions.get(code)
        one = meant(found, asked.caliber, period.last_day, by_doctor=by_doctor, role=asked.role)
        return sliced(one, parse_slices(asked.where))

    @property
    def ground(self) -> Ground:
        """What else of this slice counts with: the same window, definitions, cells and names."""
        return Ground(
            book=self._book,
            clock=self._clock,
            zone=self._zone,
            content_dir=self._content_dir,
            counter=self._counter,
            hearing=self._hearing,
            figuring=self._figuring,
            window=self._asking.window,
            meant=self._meant,
            names=self._names,
            at=self._at,
            midnight=self._midnight,
        )

    async def _names(self, keys: Sequence[tuple[object, ...]], by: By) -> Names:
        """Return the names of what figures are of."""
        if by == "month":
            return Names()
        organisations = {str(key[0]) for key in keys if key[0]}
        others = {str(key[1]) for key in keys if len(key) > 1 and key[1]}
        if by == "doctor":
            return await self._naming.look_up(organisations=organisations, practitioners=others)
        return await self._naming.look_up(organisations=organisations | others)


async def _now_tile(figuring: Figuring, one: CountedNow, window: Window, *, ever: bool) -> NowTile:
    """Return what one tile comes to in a window; ``ever``: see :meth:`.Figuring.lacking`."""
    value = await figuring.number(one.part, window)
    no_data = None if value else await figuring.lacking(one.part, window, ever=ever)
    newest = None
    if one.when == "today" and window.until is not None:
        newest = await figuring.newest(one.part, window, window.until)
    money = one.part.of.endswith("_fen")
    return NowTile(
        tile=one.tile,
        name=said_of(one.name),
        when=one.when,
        unit="yuan" if money else "count",
        value=None if no_data else float(value) / 100 if money else float(value),
        no_data=no_data,
        newest=newest,
    )
