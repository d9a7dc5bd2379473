"""The sheet of the national exam of tertiary public hospitals: 55 numbers and one more.

Source:
    国家三级公立医院绩效考核操作手册: numbers and order of the indicators. A file says with ``exam``
    which number it is.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from lianyi.applications.indicators.heard import Span
from lianyi.applications.indicators.model import Caliber, Indicator, Unit
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.publishing import published_store as store
from lianyi.applications.indicators.publishing.desk import Desk
from lianyi.applications.indicators.publishing.entering import entered_value
from lianyi.applications.indicators.publishing.model import (
    ENTERING,
    WHOLE,
    Definition,
    Published,
    exact,
)
from lianyi.applications.indicators.publishing.periods import parse_period
from lianyi.applications.indicators.publishing.previewing import NOTHING
from lianyi.applications.indicators.publishing.standing import Entry, caliber_for, entries
from lianyi.applications.indicators.publishing.valuing import Wanted, latest
from lianyi.applications.indicators.publishing.views import ExamRow, ExamSheet
from lianyi.security.access import require

EXAM_LAST = 56
EXAM_CALIBER = "national-exam"
HEAD = (
    "序号", "编码", "指标", "数值", "单位", "分子", "分母", "上年", "变化", "来源", "说明",
    "责任部门", "口径", "版本",
)  # fmt: skip
Way = Literal["published", "counted", "entered", "missing"]


@dataclass(frozen=True, slots=True)
class _Told:
    """What is known of one indicator and year."""

    source: Way
    numerator: str | None = None
    denominator: str | None = None
    value: float | None = None
    why: str = ""


class Examining:
    """Puts the sheet together: what was published, else counted, else entered."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def sheet(self, year: int, hospital: str) -> ExamSheet:
        """Return the sheet of a hospital's year.

        Raises:
            OutsideOfReach: not for this hospital.
            BadPeriod: the year is none that is known.
        """
        require(hospital, where="hospital")
        known = await self._desk.indicators()
        by_number = {one.exam: one for one in known.values() if one.exam}
        period = parse_period(str(year))
        now = await self._told(by_number, period, hospital)
        before = await self._told(by_number, period.before(12), hospital)
        rows = [
            _row(number, by_number.get(number), now.get(number), before.get(number), period)
            for number in range(1, EXAM_LAST + 1)
        ]
        return ExamSheet(
            year=year,
            hospital=hospital,
            over=period.last_day < self._desk.today,
            known=sum(row.value is not None for row in rows),
            rows=rows,
        )

    async def _told(
        self, of: Mapping[int, Indicator], period: Period, hospital: str
    ) -> dict[int, _Told]:
        codes = [one.indicator for one in of.values()]
        rows = await store.published(
            self._desk.pool,
            codes=codes,
            months=(period.first, period.last),
            hospital=hospital,
            department=WHOLE,
        )
        defined = await self._desk.defined(self._desk.pool, rows)
        published = {(row.code, row.caliber): row for row in latest(rows).values()}
        said = entries(await store.decisions(self._desk.pool, ENTERING))
        entered = {
            (one.entered.code, one.entered.caliber): one
            for one in sorted(said, key=lambda one: not one.waits)  # what holds goes before
            if one.entered.hospital == hospital
            and one.entered.facts["period"] == str(period)
            and not one.replaced
        }
        calibers = {number: exam_caliber(one, period) for number, one in of.items()}
        counted = await self._count(of, calibers, published, period, hospital)
        found = {}
        for number, indicator in of.items():
            caliber = calibers[number]
            key = (indicator.indicator, caliber.caliber if caliber else "")
            row = published.get(key)
            if row is not None:
                found[number] = _of_published(row, defined[row.hash])
            elif number in counted:
                found[number] = counted[number]
            else:
                found[number] = _of_form(indicator, caliber, entered.get(key))
        return found

    async def _count(
        self,
        of: Mapping[int, Indicator],
        calibers: Mapping[int, Caliber | None],
        published: Mapping[tuple[str, str], Published],
        period: Period,
        hospital: str,
    ) -> dict[int, _Told]:
        """Count what is not published."""
        wanted = {
            number: Wanted.of(of[number], caliber)
            for number, caliber in calibers.items()
            if caliber is not None
            and caliber.numerator is not None
            and (of[number].indicator, caliber.caliber) not in published
        }
        parts = [part for one in wanted.values() for part in one.counts.parts]
        totals = await asyncio.to_thread(self._desk.counts.totals, parts, period, hospital)
        heard = await self._desk.heard(parts)
        found = {}
        for number, one in wanted.items():
            months = Span(period.first, period.last)
            no_data = heard.no_data(one.counts.parts, {hospital}, months)
            if no_data:
                found[number] = _Told("missing", why=no_data.zh)
                continue
            below = one.counts.denominator
            sums = (
                totals.get(one.counts.above, NOTHING),
                totals.get(below, NOTHING) if below else None,
            )
            value = one.counts.value(*sums)
            found[number] = _Told("counted", exact(sums[0]), exact(sums[1]), value, "未发布")
        return found

    async def as_csv(self, year: int, hospital: str) -> str:
        """Return the sheet as CSV; raises what :meth:`sheet` does."""
        sheet = await self.sheet(year, hospital)
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(HEAD)
        for row in sheet.rows:
            cells = (
                row.exam, row.code, row.name_zh, row.value, row.unit, row.numerator,
                row.denominator, row.previous, row.change, _SOURCES[row.source], row.why,
                row.owner, row.caliber, row.version,
            )  # fmt: skip
            writer.writerow(["" if cell is None else _harmless(cell) for cell in cells])
        return out.getvalue()


_SOURCES = {"published": "已发布", "counted": "统计", "entered": "填报", "missing": "缺"}


def _harmless(cell: object) -> object:
    """Let no spreadsheet take a text for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in {"=", "+", "-", "@"} else cell


def exam_caliber(indicator: Indicator, period: Period) -> Caliber | None:
    """Return the caliber by which the exam counts: the one of that name, else the first."""
    names = {one.caliber for one in indicator.calibers}
    return caliber_for(indicator, EXAM_CALIBER if EXAM_CALIBER in names else "", period)


def _of_published(row: Published, defined: Definition) -> _Told:
    value = defined.value(row.numerator, row.denominator)
    return _Told("published", exact(row.numerator), exact(row.denominator), value)


def _of_form(indicator: Indicator, caliber: Caliber | None, entry: Entry | None) -> _Told:
    if caliber is None:
        return _Told("missing", why="该年度没有有效口径")
    if not caliber.by_form:
        return _Told("missing", why=caliber.not_available or "该年度没有数据")
    if entry is None:
        return _Told("missing", why=caliber.by_form)
    if entry.waits:
        return _Told("missing", why="填报待确认")
    facts = entry.entered.facts
    value = entered_value(indicator.unit, facts["numerator"], facts["denominator"])
    return _Told("entered", facts["numerator"], facts["denominator"], value, facts["evidence"])


def _row(
    number: int,
    indicator: Indicator | None,
    now: _Told | None,
    before: _Told | None,
    period: Period,
) -> ExamRow:
    if indicator is None or now is None:
        return ExamRow(
            exam=number, code="", name_zh="", name_en="", unit="", better="", owner="",
            caliber="", version=None, numerator=None, denominator=None, value=None,
            previous=None, change=None, source="missing", why="没有定义该序号的指标",
        )  # fmt: skip
    caliber = exam_caliber(indicator, period)
    previous = before.value if before else None
    return ExamRow(
        exam=number,
        code=indicator.indicator,
        name_zh=indicator.name.zh,
        name_en=indicator.name.en,
        unit=indicator.unit.value,
        better=indicator.better,
        owner=indicator.owner,
        caliber=caliber.caliber if caliber else "",
        version=caliber.version if caliber else None,
        numerator=now.numerator,
        denominator=now.denominator,
        value=now.value,
        previous=previous,
        change=change(indicator.unit, now.value, previous),
        source=now.source,
        why=now.why,
    )


def change(unit: Unit, value: float | None, previous: float | None) -> float | None:
    """Return the change of a value: a percentage in points, all else in percent of before."""
    if value is None or previous is None:
        return None
    if unit is Unit.PERCENT:
        return value - previous
    return (value - previous) / abs(previous) * 100 if previous else None
