"""The sheet of the national exam of tertiary public hospitals: 55 numbers and one more.

Source:
    国家三级公立医院绩效考核操作手册: numbers and order of the indicators. A file says with ``exam``
    which number it is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from lianyi.applications.indicators.model import Caliber, Indicator, Unit
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.publishing.desk import Desk
from lianyi.applications.indicators.publishing.periods import parse_period
from lianyi.applications.indicators.publishing.standing import caliber_for
from lianyi.applications.indicators.publishing.telling import Asks, Telling, Told, grown
from lianyi.applications.indicators.publishing.views import ExamRow, ExamSheet
from lianyi.security.access import require

EXAM_LAST = 56
EXAM_CALIBER = "national-exam"
HEAD = (
    "序号", "编码", "指标", "数值", "单位", "分子", "分母", "上年", "变化", "来源", "说明",
    "责任部门", "口径", "版本",
)  # fmt: skip


class Examining:
    """Puts the sheet together: what was published, else counted, else entered."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._telling = Telling(desk)

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
    ) -> dict[int, Told]:
        asked = {number: Asks(one, exam_caliber(one, period)) for number, one in of.items()}
        return await self._telling.told(asked, period, hospital)

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


def _row(
    number: int,
    indicator: Indicator | None,
    now: Told | None,
    before: Told | None,
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
    unit, why = indicator.unit, now.why
    value, moved = now.value, change(unit, now.value, previous)
    name = indicator.exam_growth or indicator.name
    if indicator.exam_growth:
        why = grown(now, before, unit)
        unit, value, previous, moved = Unit.PERCENT, moved, None, None
    return ExamRow(
        exam=number,
        code=indicator.indicator,
        name_zh=name.zh,
        name_en=name.en,
        unit=unit.value,
        better=indicator.better,
        owner=indicator.owner,
        caliber=caliber.caliber if caliber else "",
        version=caliber.version if caliber else None,
        numerator=now.numerator,
        denominator=now.denominator,
        value=value,
        previous=previous,
        change=moved,
        source=now.source,
        why=why.zh,
    )


def change(unit: Unit, value: float | None, previous: float | None) -> float | None:
    """Return the change of a value: a percentage in points, all else in percent of before."""
    if value is None or previous is None:
        return None
    if unit is Unit.PERCENT:
        return value - previous
    return (value - previous) / abs(previous) * 100 if previous else None
