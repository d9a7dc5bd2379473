"""Files that people save: the cells of indicators, a board, the rows behind a figure.

They are counted where the screens count, in the same window and with the same masks; each says
above its table what it is of, by which caliber, as of what, and who took it for what purpose.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from lianyi.applications.indicators.asking import Asked
from lianyi.applications.indicators.reports.failures import RowsMoved
from lianyi.applications.indicators.reports.sheets import Sheet, csv_text
from lianyi.applications.indicators.reports.tables import (
    HeadLine,
    Language,
    Table,
    are_money,
    board_table,
    explored_table,
    figures_table,
    row_cells,
    rows_columns,
    said,
)
from lianyi.applications.indicators.service import IndicatorService
from lianyi.applications.indicators.views import (
    BothWords,
    By,
    CaliberOf,
    CaliberView,
    IndicatorDetail,
    RowsOf,
)
from lianyi.applications.indicators.window import EVERYWHERE, Places
from lianyi.base.clock import Clock
from lianyi.projections.operational.star import star
from lianyi.security.access import current

READS: Final = "indicators.read"
SheetForm = Literal["csv", "xlsx"]
Standing = Mapping[str, Hashable]
"""Of facts, which files there are: the same, the same rows."""
Signatures = Callable[[Collection[str]], Mapping[str, str]]
"""Gives SHA-256 of the files of facts; see ``publishing.counts.Counts.signature``."""
TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
_PURPOSES: Final[Mapping[str, str]] = {
    "TREAT": "诊疗",
    "ETREAT": "急救",
    "HOPERAT": "医院运营",
    "HPAYMT": "结算",
    "HRESCH": "科研",
    "PUBHLTH": "公共卫生",
    "PATRQT": "患者本人申请",
    "RECORDMGT": "病案管理",
    "HSYSADMIN": "系统管理",
}


class File(NamedTuple):
    """What is saved: its name, what it is, and its bytes."""

    name: str
    type: str
    content: bytes


class Known(NamedTuple):
    """What is known of indicators that were counted: each as a whole, with its caliber.

    Attributes:
        details: by code.
        watermark: SHA-256 of the facts that they were counted of, in hexadecimal; empty: of none.
    """

    details: Mapping[str, IndicatorDetail]
    watermark: str

    def caliber(self, code: str, by: CaliberOf | None) -> CaliberView | None:
        """Return the caliber by which one was counted; None: it was not."""
        if by is None:
            return None
        calibers = self.details[code].calibers
        version = (by.caliber, by.version)
        return next((one for one in calibers if (one.caliber, one.version) == version), None)


class Files:
    """Makes files of what whoever asks may see."""

    def __init__(
        self,
        indicators: IndicatorService,
        clock: Clock,
        zone: ZoneInfo,
        *,
        stands: Callable[[str], Hashable],
        signatures: Signatures,
    ) -> None:
        """Save what an indicator service counts.

        Args:
            indicators: counts.
            clock: the time now.
            zone: in which instants are told.
            stands: tells at once which files of a fact there are; called in a thread.
            signatures: says what the files of facts hold; called in a thread.
        """
        self.indicators = indicators
        self.clock = clock
        self.zone = zone
        self._stands = stands
        self._signatures = signatures

    @property
    def today(self) -> date:
        """The day in the hospital's own zone: whose organisation tree is asked."""
        return self.clock.now().astimezone(self.zone).date()

    async def standing(self) -> Standing:
        """Return how the facts stand; ask before something is counted."""
        return await asyncio.to_thread(lambda: {fact: self._stands(fact) for fact in star()})

    async def known(
        self, counted: Iterable[tuple[str, CaliberOf | None]], *, since: Standing
    ) -> Known:
        """Return what stands behind indicators that were counted.

        Args:
            counted: codes, each with its caliber.
            since: how the facts stood before they were counted.

        Raises:
            RowsMoved: they stand otherwise now, so that no watermark would be true.
        """
        some = list(counted)
        details = {
            code: await self.indicators.get_indicator(code)
            for code in dict.fromkeys(c for c, _ in some)
        }
        known = Known(details, "")
        calibers = [known.caliber(code, by) for code, by in some]
        parts = [part for one in calibers if one for part in (one.numerator, one.denominator)]
        facts = {part.fact for part in parts if part}
        return Known(details, await self.watermark(facts, since=since))

    async def watermark(self, facts: Collection[str], *, since: Standing) -> str:
        """Return SHA-256 over the files of facts, in hexadecimal; empty: there are none.

        Raises:
            RowsMoved: they stand otherwise than they did.
        """
        if not facts:
            return ""
        signed = await asyncio.to_thread(self._signatures, facts)
        now = await self.standing()
        if any(now[fact] != since[fact] for fact in facts):
            raise RowsMoved(where="star")
        return watermark_of(signed)

    # ---- what is saved --------------------------------------------------------------------------

    async def values(
        self, codes: Sequence[str], asked: Asked, *, by: By, form: SheetForm, language: Language
    ) -> File:
        """Save the cells of some indicators.

        Raises:
            RowsMoved: the facts changed meanwhile.
            NoSuchIndicator, UnreadablePeriod, TooMuchAtOnce, NothingInSight, NoStar,
                CountingTooBig: see ``IndicatorService.values``.
        """
        since = await self.standing()
        view = await self.indicators.values(codes, asked, by=by, also=(READS,))
        known = await self.known(((one.code, one.counted_by) for one in view.items), since=since)
        money = [are_money(known.caliber(one.code, one.counted_by)) for one in view.items]
        title = BothWords(zh="指标数值", en="indicator figures")
        lines = [
            *self._of(known, ((one.code, one.counted_by) for one in view.items), language),
            HeadLine(_PERIOD, said(view.period.name, language)),
            *self._place(asked),
            *self.taken(known.watermark, language),
        ]
        table = figures_table(view, money, language)
        return await self._file(
            f"indicators-{view.period.period}", title, lines, table, form, language
        )

    async def board(
        self, name: str, *, month: str, hospital: str, form: SheetForm, language: Language
    ) -> File:
        """Save a board.

        Raises:
            RowsMoved: the facts changed meanwhile.
            BadBoard, UnreadablePeriod, NothingInSight, NoStar, CountingTooBig: see
                ``IndicatorService.board``.
        """
        since = await self.standing()
        view = await self.indicators.board(name, month=month, hospital=hospital, also=(READS,))
        known = await self.known(((one.code, one.counted_by) for one in view.tiles), since=since)
        money = [are_money(known.caliber(one.code, one.counted_by)) for one in view.tiles]
        lines = [
            HeadLine(BothWords(zh="看板", en="board"), said(view.title, language)),
            HeadLine(_PERIOD, said(view.period.name, language)),
            *self._place(Asked("", hospital)),
            *self.taken(known.watermark, language),
        ]
        table = board_table(view, money, language)
        name = f"{view.board}-{view.period.period}"
        return await self._file(name, view.title, lines, table, form, language)

    async def exploration(
        self,
        codes: Sequence[str],
        asked: Asked,
        *,
        by: str,
        form: SheetForm,
        language: Language,
        within: Places = EVERYWHERE,
    ) -> File:
        """Save indicators put together by what somebody likes, within some places.

        Raises:
            RowsMoved: the facts changed meanwhile.
            BadSlice, NoSuchIndicator, UnreadablePeriod, TooMuchAtOnce, NothingInSight, NoStar,
                CountingTooBig: see ``Explorations.explore``.
        """
        since = await self.standing()
        view = await self.indicators.explorations.explore(
            codes, asked, by=by, also=(READS,), within=within
        )
        counted = [(one.code, one.counted_by) for one in view.items]
        known = await self.known(counted, since=since)
        lines = [
            *self._of(known, counted, language),
            HeadLine(_PERIOD, said(view.period.name, language)),
            *self._place(asked),
            *(HeadLine(one.name, said(one.called, language)) for one in view.narrowed),
            *self.taken(known.watermark, language),
        ]
        title, name = BothWords(zh="分析", en="exploration"), f"exploration-{view.period.period}"
        return await self._file(name, title, lines, explored_table(view, language), form, language)

    async def rows(
        self,
        code: str,
        asked: Asked,
        *,
        side: RowsOf,
        language: Language,
        within: Places = EVERYWHERE,
    ) -> File:
        """Save the rows behind a figure as a sheet, within some places; at most a hundred thousand.

        Raises:
            RowsMoved: they changed meanwhile.
            NotCounted, TooMuchAtOnce, NoSuchIndicator, UnreadablePeriod, NothingInSight, NoStar:
                see ``IndicatorService.export``.
        """
        one, pages = await self.indicators.export_pages(code, asked, side=side, within=within)
        since = await self.standing()
        known = await self.known([(code, one.view())], since=since)
        name = known.details[code].name
        sheet: Sheet | None = None
        stands: tuple[int, float] | None = None
        try:
            async for behind in pages:
                fact = behind.part.of_fact
                if sheet is None:
                    stands = behind.total, behind.comes_to
                    lines = [
                        *self._of(known, [(code, one.view())], language),
                        HeadLine(_SIDE, said(_SIDES[side], language)),
                        HeadLine(_PERIOD, asked.period),
                        *self._place(asked),
                        HeadLine(_ROWS, str(behind.total)),
                        HeadLine(
                            _SUM, _sum(behind.comes_to, money=behind.part.of.endswith("_fen"))
                        ),
                        *self.taken(known.watermark, language),
                    ]
                    sheet = Sheet(said(name, language), language, made_at=self.clock.now())
                    sheet.head(said(name, language), lines, rows_columns(behind.columns))
                cells = list(row_cells(behind.rows, behind.columns, fact, language))
                if stands != (behind.total, behind.comes_to):
                    raise RowsMoved(where=code)
                await asyncio.to_thread(sheet.add, cells)
            if sheet is None or stands is None or sheet.rows != stands[0]:
                raise RowsMoved(where=code)
            await self.known([(code, one.view())], since=since)  # still the same rows
            content = await asyncio.to_thread(sheet.bytes)
        finally:
            if sheet is not None:
                sheet.close()
        return File(f"{code}-{side}.xlsx", TYPES["xlsx"], content)

    async def _file(
        self,
        name: str,
        title: BothWords,
        lines: Sequence[HeadLine],
        table: Table,
        form: SheetForm,
        language: Language,
    ) -> File:
        def written() -> bytes:
            if form == "csv":
                text = csv_text(lines, table.columns, table.rows, language)
                return text.encode("utf-8-sig")
            with Sheet(said(title, language), language, made_at=self.clock.now()) as sheet:
                sheet.head(said(title, language), lines, table.columns)
                sheet.add(table.rows)
                return sheet.bytes()

        return File(f"{name}.{form}", TYPES[form], await asyncio.to_thread(written))

    # ---- what stands above a table -------------------------------------------------------------

    def _of(
        self, known: Known, counted: Iterable[tuple[str, CaliberOf | None]], language: Language
    ) -> list[HeadLine]:
        """Return of what: a line for each indicator, with its caliber and definition."""
        found = []
        for code, by in counted:
            caliber = f"{said(by.title, language)} v{by.version} · {by.hash}" if by else "–"
            says = f"{code} {said(known.details[code].name, language)} · {caliber}"
            found.append(HeadLine(_INDICATOR, says))
        return found

    @staticmethod
    def _place(asked: Asked) -> list[HeadLine]:
        found = [
            HeadLine(BothWords(zh="医院", en="hospital"), asked.hospital),
            HeadLine(BothWords(zh="科室", en="department"), asked.department),
            HeadLine(BothWords(zh="医师", en="doctor"), asked.doctor),
        ]
        return [one for one in found if one.says]

    def taken(self, watermark: str, language: Language) -> list[HeadLine]:
        """Return as of what it was counted, and who took it, when, and for what."""
        return taken(self.clock.now().astimezone(self.zone), watermark, language)


def watermark_of(signed: Mapping[str, str]) -> str:
    """Return SHA-256 over those of the files of facts, in hexadecimal; empty: there are none."""
    lines = "".join(f"{fact} {digest}\n" for fact, digest in sorted(signed.items()))
    return hashlib.sha256(lines.encode()).hexdigest() if lines else ""


def taken(now: datetime, watermark: str, language: Language) -> list[HeadLine]:
    """Return as of what something was counted, and who takes it, when, and for what.

    Args:
        now: in the zone of the hospital.
        watermark: SHA-256 of the facts, in hexadecimal; empty: nothing was counted.
        language: of words.
    """
    access = current()
    actor, purpose = access.actor, access.purpose.value
    word = _PURPOSES[purpose] if language == "zh" else purpose
    return [
        HeadLine(BothWords(zh="组织树日期", en="organisation tree of"), now.date().isoformat()),
        HeadLine(BothWords(zh="数据水位 SHA-256", en="watermark SHA-256"), watermark or "–"),
        HeadLine(
            BothWords(zh="导出人", en="taken by"),
            " ".join(dict.fromkeys([actor.display_name, actor.name])),
        ),
        HeadLine(BothWords(zh="导出时间", en="taken at"), now.isoformat(timespec="seconds")),
        HeadLine(BothWords(zh="用途", en="purpose"), word),
    ]


_PERIOD: Final = BothWords(zh="统计期", en="period")
_INDICATOR: Final = BothWords(
    zh="指标 · 口径 · 定义哈希", en="indicator · caliber · definition hash"
)
_SIDE: Final = BothWords(zh="明细", en="rows of the")
_SIDES: Final[Mapping[RowsOf, BothWords]] = {
    "numerator": BothWords(zh="分子", en="numerator"),
    "denominator": BothWords(zh="分母", en="denominator"),
    "rest": BothWords(zh="分母中未计入分子的", en="denominator that the numerator leaves"),
}
_ROWS: Final = BothWords(zh="行数", en="rows")
_SUM: Final = BothWords(zh="合计", en="they come to")


def _sum(comes_to: float, *, money: bool) -> str:
    return f"{comes_to / 100:,.2f} 元 yuan" if money else f"{comes_to:,.10g}"
