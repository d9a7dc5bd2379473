"""Periods of whole months, as people write them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from lianyi.applications.indicators.failures import TooMuchAtOnce, UnreadablePeriod
from lianyi.projections.operational.star import first_day, month_of

MONTHS_MAX: Final = 60
_MONTH: Final = r"(?P<{0}year>\d{{4}})-(?P<{0}month>0[1-9]|1[0-2])"
_FORMS: Final = (
    re.compile(r"(?P<year>\d{4})", re.ASCII),
    re.compile(r"(?P<year>\d{4})Q(?P<quarter>[1-4])", re.ASCII | re.IGNORECASE),
    re.compile(_MONTH.format("") + r"(?:-\d\d)?", re.ASCII),
    re.compile(
        _MONTH.format("") + r"(?:-\d\d)?\.\." + _MONTH.format("to_") + r"(?:-\d\d)?", re.ASCII
    ),
)


@dataclass(frozen=True, slots=True)
class Period:
    """Months without a gap.

    Attributes:
        first, last: months, both counted in; see ``star.month_of``.
    """

    first: int
    last: int

    @property
    def months(self) -> int:
        """How many."""
        return self.last - self.first + 1

    @property
    def first_day(self) -> date:
        """The first day."""
        return first_day(self.first)

    @property
    def last_day(self) -> date:
        """The last day."""
        return first_day(self.last + 1) - timedelta(days=1)

    def before(self, months: int) -> Period:
        """Return the same months some months earlier."""
        return Period(self.first - months, self.last - months)

    def __str__(self) -> str:
        year, quarter = self._whole
        if year:
            return f"{year}Q{quarter}" if quarter else str(year)
        begin = month_text(self.first)
        return begin if self.months == 1 else f"{begin}..{month_text(self.last)}"

    @property
    def zh(self) -> str:
        """In Chinese."""
        begin, end = self.first_day, self.last_day
        year, quarter = self._whole
        if year:
            return f"{year} 年第 {quarter} 季度" if quarter else f"{year} 年"
        said = f"{begin.year} 年 {begin.month} 月"
        return said if self.months == 1 else f"{said}至 {end.year} 年 {end.month} 月"

    @property
    def en(self) -> str:
        """In English."""
        year, quarter = self._whole
        if year:
            return f"quarter {quarter} of {year}" if quarter else str(year)
        said = f"{self.first_day:%B %Y}"
        return said if self.months == 1 else f"{said} to {self.last_day:%B %Y}"

    @property
    def _whole(self) -> tuple[int, int]:
        """The year and the quarter that it is; a quarter of 0: the whole year; (0, 0): neither."""
        begin = self.first_day
        if self.months == 12 and begin.month == 1:
            return begin.year, 0
        if self.months == 3 and begin.month % 3 == 1:
            return begin.year, begin.month // 3 + 1
        return 0, 0


def parse_period(text: str) -> Period:
    """Read a period: ``2026``, ``2026Q1``, ``2026-03``, ``2026-01..2026-03``.

    Days of a month may be written and say nothing: a period is whole months.

    Raises:
        UnreadablePeriod: it is none, it ends before it begins, or it lies before 2000.
        TooMuchAtOnce: it is longer than :data:`MONTHS_MAX` months.
    """
    found = next((match for form in _FORMS if (match := form.fullmatch(text.strip()))), None)
    if found is None:
        raise UnreadablePeriod(
            where=text[:30], why="it has none of the known forms", why_zh="格式不正确"
        )
    said = found.groupdict()
    begin = month_of(date(max(int(said["year"]), 1), int(said.get("month") or 1), 1))
    end = begin
    if said.get("to_year"):
        end = month_of(date(max(int(said["to_year"]), 1), int(said["to_month"]), 1))
    elif said.get("quarter"):
        begin += (int(said["quarter"]) - 1) * 3
        end = begin + 2
    elif not said.get("month"):
        end = begin + 11
    if begin < 0 or end < begin or end >= 32_767 - 12:
        raise UnreadablePeriod(
            where=text[:30],
            why="it lies before 2000, or ends before it begins",
            why_zh="早于 2000 年，或结束早于开始",
        )
    if end - begin >= MONTHS_MAX:
        raise TooMuchAtOnce(
            where=text[:30],
            why=f"at most {MONTHS_MAX} months are counted at a time",
            why_zh=f"一次最多统计 {MONTHS_MAX} 个月",
        )
    return Period(begin, end)


def month_text(month: int) -> str:
    """Return a month as people write it: ``2026-03``."""
    return f"{first_day(month):%Y-%m}"
