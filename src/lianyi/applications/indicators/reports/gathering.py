"""Gathers what a report says: with the sight of whoever acts, and along the one path of figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from lianyi.applications.indicators.asking import Asked
from lianyi.applications.indicators.boards import now_tiles
from lianyi.applications.indicators.periods import Period, month_text
from lianyi.applications.indicators.reports.files import READS, Files, Known, Standing
from lianyi.applications.indicators.reports.model import Note, PartOf, Says
from lianyi.applications.indicators.reports.noting import Noting
from lianyi.applications.indicators.reports.numbers import moved, told, with_unit
from lianyi.applications.indicators.reports.paper import (
    Bar,
    Bars,
    Group,
    Item,
    Paper,
    Remark,
    Section,
)
from lianyi.applications.indicators.reports.tables import Language, are_money, said
from lianyi.applications.indicators.views import (
    BoardView,
    BothWords,
    CaliberOf,
    Figure,
    FiguresView,
    IndicatorFigures,
    NowTile,
    Tile,
)
from lianyi.projections.operational.star import month_of
from lianyi.security.access import current

BARS_MAX: Final = 24
_SIGNS: Final = {"up": "≥", "down": "≤", "neither": "="}
_YEAR: Final = 12


class Days(NamedTuple):
    """The days that a report is about, both counted in."""

    first: date
    last: date

    @property
    def month(self) -> str:
        """The month that its figures are of: that of the last day."""
        return month_text(month_of(self.last))

    def words(self, language: Language) -> str:
        """Return them as people say it; a whole month by its name."""
        whole = (self.last + timedelta(days=1)).day == 1 and self.first == self.last.replace(day=1)
        if whole:
            months = Period(month_of(self.last), month_of(self.last))
            return months.zh if language == "zh" else months.en
        if self.first == self.last:
            return self.first.isoformat()
        between = "至" if language == "zh" else "to"
        return f"{self.first.isoformat()} {between} {self.last.isoformat()}"


class Gatherer:
    """Puts reports together."""

    def __init__(self, files: Files, noting: Noting) -> None:
        """Gather from what counts.

        Args:
            files: knows figures, calibers and watermarks.
            noting: knows what people wrote.
        """
        self._files = files
        self._noting = noting

    async def paper(self, says: Says, days: Days, *, headed: str) -> Paper:
        """Return a report about some days, as whoever acts sees it.

        Args:
            says: what it says.
            days: that it is about.
            headed: what stands in the foot of each page.

        Raises:
            NothingInSight, BadBoard, NoSuchIndicator, NoStar, CountingTooBig: it cannot be made.
            RowsMoved: the facts changed meanwhile.
        """
        work = _Work(self._files, self._noting, says, days, await self._files.standing())
        for part in says.sections:
            await work.add(part)
        return await work.end(headed)


class _Work:
    """One report while it is gathered."""

    def __init__(
        self, files: Files, noting: Noting, says: Says, days: Days, since: Standing
    ) -> None:
        self._files = files
        self._since = since
        self._noting = noting
        self._says = says
        self._days = days
        self._language: Language = says.language
        self._sections: list[Section] = []
        self._counted: dict[tuple[str, str], CaliberOf] = {}
        self._facts: set[str] = set()
        self._codes: list[str] = []
        self._incomplete: set[str] = set()
        self._notes: dict[str, list[Note]] = {}

    def _say(self, zh: str, en: str) -> str:
        return zh if self._language == "zh" else en

    async def add(self, part: PartOf) -> None:
        """Gather one section."""
        if part.kind == "days":
            await self._add_days()
        elif part.kind == "board":
            await self._add_board(part)
        else:
            await self._add_table(part)

    async def _add_days(self) -> None:
        first, last = self._days
        length = (last - first).days + 1
        ago = (first - timedelta(days=length), last - timedelta(days=length))
        year = tuple(_year_before(day) for day in (first, last))
        now, before, then = [
            await self._files.indicators.days(*span, hospital=self._says.hospital, also=(READS,))
            for span in ((first, last), ago, (year[0], year[1]))
        ]
        self._facts |= {one.part.fact for one in now_tiles() if one.when == "today"}
        items = [self._of_days(*three) for three in zip(now, before, then, strict=True)]
        title = (
            self._say("当日动态", "the day") if length == 1 else self._say("期间动态", "the days")
        )
        self._sections.append(Section(title, self._days.words(self._language), [Group("", items)]))

    def _of_days(self, now: NowTile, before: NowTile, then: NowTile) -> Item:
        return Item(
            said(now.name, self._language),
            with_unit(now.value, now.unit, self._language),
            moved(_percent(then.value, now.value), now.unit, self._language),
            moved(_percent(before.value, now.value), now.unit, self._language),
            remark=said(now.no_data, self._language) if now.no_data else "",
        )

    async def _add_board(self, part: PartOf) -> None:
        view = await self._files.indicators.board(
            part.board, month=self._days.month, hospital=self._says.hospital, also=(READS,)
        )
        codes = [one.code for one in view.tiles]
        await self._look_for_notes(codes)
        groups: dict[str, list[Item]] = {}
        for tile in view.tiles:
            groups.setdefault(said(tile.group, self._language), []).append(self._of_tile(tile))
        listed = [Group(name, items) for name, items in groups.items()]
        self._sections.append(Section(said(view.title, self._language), _month(view, self), listed))

    def _of_tile(self, tile: Tile) -> Item:
        figure = tile.figure
        item = self._item(
            tile.code, tile.name, tile.unit, tile.better, figure, tile.counted_by, tile.why
        )
        target = ""
        if tile.target is not None:
            target = f"{_SIGNS[tile.better]} {with_unit(tile.target, tile.unit, self._language)}"
        if figure is not None and not tile.complete:
            self._incomplete.add(tile.code)
        return Item(
            item.name,
            item.value,
            item.year_on_year,
            item.on_previous,
            item.good,
            target,
            tile.reached,
            [point.value for point in tile.line],
            item.footnote,
            item.remark,
            item.notes,
        )

    async def _add_table(self, part: PartOf) -> None:
        asked = Asked(self._days.month, self._says.hospital)
        view = await self._files.indicators.values(part.codes, asked, by=part.by, also=(READS,))
        await self._look_for_notes(list(part.codes))
        counted = ((one.code, one.counted_by) for one in view.items)
        known = await self._files.known(counted, since=self._since)
        bars = [self._of_figures(one, view, known) for one in view.items]
        title = {
            "hospital": self._say("按医院", "by hospital"),
            "department": self._say("按科室", "by department"),
            "month": self._say("按月", "by month"),
        }[part.by]
        about = said(view.period.name, self._language)
        self._sections.append(Section(title, about, bars=bars))

    def _of_figures(self, one: IndicatorFigures, view: FiguresView, known: Known) -> Bars:
        item = self._item(
            one.code, one.name, one.unit, one.better, one.all, one.counted_by, one.why
        )
        if one.all is not None and not one.complete:
            self._incomplete.add(one.code)
        money = are_money(known.caliber(one.code, one.counted_by))
        figures = one.figures
        if one.better != "neither" and view.by != "month":
            figures = sorted(figures, key=lambda figure: (figure.rank is None, figure.rank or 0))
        bars = [self._bar(figure, one, money) for figure in figures[:BARS_MAX]]
        return Bars(item, bars, max(len(figures) - BARS_MAX, 0))

    def _bar(self, figure: Figure, one: IndicatorFigures, money: tuple[bool, bool]) -> Bar:
        place = figure.department or figure.hospital
        name = figure.month or (said(place.name, self._language) if place else "")
        both = zip((figure.numerator, figure.denominator), money, strict=True)
        sides = [_side(number, money=of_money) for number, of_money in both if number is not None]
        value = with_unit(figure.value, one.unit, self._language)
        return Bar(
            name,
            figure.value,
            self._say("无数据", "no data") if figure.no_data else value,
            moved(figure.year_on_year, one.unit, self._language),
            " / ".join(sides) if len(sides) > 1 else "",
        )

    def _item(
        self,
        code: str,
        name: BothWords,
        unit: str,
        better: str,
        figure: Figure | None,
        by: CaliberOf | None,
        why: BothWords,
    ) -> Item:
        if code not in self._codes:
            self._codes.append(code)
        if by is not None:
            self._counted.setdefault((code, by.caliber), by)
        footnote = list(self._counted).index((code, by.caliber)) + 1 if by is not None else 0
        if figure is None:
            remark = said(why, self._language) or self._say("无数值", "no value")
            return Item(said(name, self._language), "–", footnote=footnote, remark=remark)
        change = figure.year_on_year
        good = None
        if change and better != "neither":
            good = (change > 0) == (better == "up")
        return Item(
            said(name, self._language),
            with_unit(figure.value, unit, self._language),
            moved(change, unit, self._language),
            moved(figure.on_previous, unit, self._language),
            good,
            footnote=footnote,
            notes=len(self._notes.get(code, ())),
        )

    async def _look_for_notes(self, codes: Sequence[str]) -> None:
        month = month_of(self._days.last)
        found = await self._noting.visible(list(codes), (month - _YEAR + 1, month), also=(READS,))
        for code in codes:
            self._notes[code] = [
                one
                for one in found
                if one.code == code and self._says.hospital in {"", one.hospital}
            ]

    async def end(self, headed: str) -> Paper:
        """Return the report with its head, notes and footnotes."""
        counted = [(code, by) for (code, _), by in self._counted.items()]
        known = await self._files.known(counted, since=self._since)
        facts = self._facts | {
            part.fact
            for code, by in counted
            if (caliber := known.caliber(code, by)) is not None
            for part in (caliber.numerator, caliber.denominator)
            if part is not None
        }
        watermark = await self._files.watermark(facts, since=self._since)
        actor = current().actor
        place = self._says.hospital or self._say("订制人可见的全部机构", "all that is in reach")
        tree = self._say("组织树日期", "organisation tree of")
        said_of = [
            (self._say("统计期", "period"), self._days.words(self._language)),
            (self._say("机构", "organisation"), f"{place} · {tree} {self._files.today}"),
            (self._say("订制人", "ordered by"), actor.display_name or actor.name),
            (self._say("数据水位 SHA-256", "watermark SHA-256"), watermark or "–"),
        ]
        colon = self._say("：", ": ")
        lines = [f"{name}{colon}{says}" for name, says in said_of]
        return Paper(
            self._says.title,
            lines,
            self._sections,
            self._remarks(known),
            [self._footnote(code, by, known) for code, by in counted],
            watermark,
            headed,
            self._language,
        )

    def _remarks(self, known: Known) -> list[Remark]:
        notes = {one.note: one for some in self._notes.values() for one in some}
        return [
            Remark(
                " · ".join(
                    filter(None, (
                        f"{one.code} {self._name(one.code, known)}".strip(),
                        _period_words(one, self._language), one.hospital, one.department,
                    ))
                ),
                f"{one.shown_name or one.by_name} {one.at.astimezone(self._files.zone).date()}",
                one.words,
            )
            for one in sorted(notes.values(), key=lambda one: (one.code, one.first_month, one.at))
        ]  # fmt: skip

    def _name(self, code: str, known: Known) -> str:
        return said(known.details[code].name, self._language) if code in known.details else ""

    def _footnote(self, code: str, by: CaliberOf, known: Known) -> str:
        detail = known.details[code]
        said_by = [
            f"{code} {said(detail.name, self._language)}",
            f"{said(by.title, self._language)} v{by.version} {by.hash[:12]}",
            f"{detail.source.document} {detail.source.paragraph}",
        ]
        if not by.holds:
            said_by.append(self._say("该口径在本期未生效", "the caliber does not hold then"))
        if code in self._incomplete:
            said_by.append(self._say("数据尚未完整", "its data are not complete yet"))
        return " · ".join(said_by)


def _month(view: BoardView, work: _Work) -> str:
    return said(view.period.name, work._language)


def _side(number: float, *, money: bool) -> str:
    return told(number / 100 if money else number, "yuan" if money else "count", "zh")


def _percent(then: float | None, now: float | None) -> float | None:
    return (now - then) / abs(then) * 100 if then and now is not None else None


def _year_before(day: date) -> date:
    """Return the same day a year ago; of 29 February the 28th."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def _period_words(one: Note, language: Language) -> str:
    period = Period(one.first_month, one.last_month)
    return period.zh if language == "zh" else period.en
