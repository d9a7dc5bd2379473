"""Working days in China: weekdays but public holidays, and the weekends that are worked for them.

Only years are known that the State Council has published; of any other nobody is told a guess.

Source:
    国务院办公厅关于部分节假日安排的通知, of each year; see ``days.yaml``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from lianyi.base.plain_yaml import plain_yaml
from lianyi.projections.operational.problems import UnknownCalendar

_SATURDAY = 5


def is_workday(day: date) -> bool:
    """Tell whether people work on a day who do not work on Sundays and holidays.

    Raises:
        UnknownCalendar: its year has not been published, or not yet been told to the platform.
    """
    differs = _days().get(day.year)
    if differs is None:
        years = ", ".join(map(str, known_years()))
        raise UnknownCalendar(where=str(day.year), years=years)
    return differs.get(day, day.weekday() < _SATURDAY)


def known_years() -> list[int]:
    """Return the years of which the holidays are known."""
    return sorted(_days())


@cache
def _days() -> Mapping[int, Mapping[date, bool]]:
    """Return by year the days that differ from an ordinary week, and whether they are worked."""
    said = plain_yaml(files(__package__).joinpath("days.yaml").read_text("utf-8"))
    return MappingProxyType(
        {
            year: MappingProxyType(
                {
                    **dict.fromkeys(_listed(year, one["free"]), False),
                    **dict.fromkeys(_listed(year, one["worked"]), True),
                }
            )
            for year, one in said.items()
        }
    )


def _listed(year: int, spans: list[str]) -> Iterator[date]:
    for span in spans:
        first, _, last = span.partition("..")
        day, end = _day(year, first), _day(year, last or first)
        while day <= end:
            yield day
            day += timedelta(days=1)


def _day(year: int, text: str) -> date:
    return date.fromisoformat(f"{year}-{text}")
