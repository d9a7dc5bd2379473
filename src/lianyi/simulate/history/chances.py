"""The tables of chance and the dictionaries that the queries below ``sql/`` join."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from random import Random
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]

from lianyi.simulate.history import calendar
from lianyi.simulate.history.calendar import Window
from lianyi.simulate.history.dictionaries import (
    PROFILES,
    STAY_PROFILES,
    Department,
    Item,
    choices,
    department_choices,
    departments,
    items,
    operations,
    staff,
)
from lianyi.simulate.history.draws import log_normal, seconds_of_day, slots

_HOURS: Final = {  # weights of the hours of a day
    "clinic": (0,) * 7 + (9, 20, 20, 16, 8, 2, 5, 11, 9, 5, 1) + (0,) * 6,
    "emergency": (4, 3, 2, 2, 2, 2, 3, 4, 6, 6, 6, 5, 5, 5, 5, 5, 5, 6, 7, 8, 8, 8, 7, 5),
    "observation": (4, 3, 3, 2, 2, 2, 3, 4, 5, 6, 6, 5, 5, 5, 5, 5, 5, 6, 6, 7, 7, 7, 6, 5),
    "checkup": (0,) * 7 + (34, 40, 20, 6) + (0,) * 13,
    "urgent": (3, 2, 2, 2, 2, 2, 2, 3, 5, 6, 7, 6, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 5, 4),
    "elective": (0,) * 8 + (8, 22, 24, 12, 2, 4, 14, 12, 2) + (0,) * 7,
    "day": (0,) * 7 + (30, 40, 20, 10) + (0,) * 13,
}
_LAGS: Final = {  # mean in seconds, spread in hundredths
    "clinic": (1440, 70),
    "emergency": (620, 80),
    "observation": (300, 70),
    "checkup": (600, 50),
    "operation": (5600, 62),
    "first case": (840, 95),
    "later case": (1500, 80),
    "critical value": (600, 85),
    "01": (5400, 55),
    "02": (208_000, 40),
    "03": (230_000, 45),
    "04": (11_000, 70),
    "05": (46_000, 70),
    "06": (900, 50),
    "07": (3600, 70),
    "08": (1800, 50),
    "09": (900, 60),
    "10": (70_000, 50),
}
_LINES: Final = {  # how many charges: mean and spread, both in hundredths; of stays at 7 nights
    "clinic": (440, 55),
    "emergency": (700, 60),
    "observation": (1300, 60),
    "checkup": (1100, 35),
    "day": (1700, 50),
    "medical": (3200, 45),
    "surgical": (3800, 45),
    "implant": (3700, 45),
}
_PAYERS: Final = {"01": 470, "02": 330, "03": 140, "04": 22, "05": 20, "09": 18}
_CLASSES: Final = (
    ("clinic", "M", "1"),
    ("emergency", "J", "2"),
    ("observation", "L", "3"),
    ("checkup", "T", "6"),
)
_TITLES: Final = {
    "1": {"1": 16, "2": 24, "3": 36, "4": 24},
    "2": {"1": 1, "2": 8, "3": 42, "4": 49},
    "3": {"1": 4, "2": 12, "3": 44, "4": 40},
    "4": {"1": 4, "2": 12, "3": 42, "4": 42},
    "5": {"2": 10, "3": 30, "9": 60},
}
_SPECIALTIES: Final = {
    "0601": "01",
    "0304": "02",
    "0305": "02",
    "0502": "03",
    "0605": "04",
    "0507": "05",
}


def chance_tables(encounters: int, seed: int, over: Window) -> Iterator[tuple[str, pa.Table]]:
    """Return the tables that the queries join, by name.

    Args:
        encounters: of the window.
        seed: of the staff; all other chance is drawn by the engine.
        over: the window.
    """
    yield "arrival", _table(_arrivals(encounters, over))
    yield "department", _table(_department(one, encounters) for one in departments())
    yield "staff", _table(_staff(encounters, seed, over))
    yield from _fixed().items()


@cache
def _fixed() -> Mapping[str, pa.Table]:
    """Return the tables that are the same for every history."""
    return {
        "item": _table(_item(one) for one in items()),
        "stream": _table({"stream": s, "code": c, "class": k} for s, c, k in _CLASSES),
        "department_draw": _table(_department_draws()),
        "length_draw": _draws("department", "value", _lengths()),
        "second_draw": _draws("stream", "second", _HOURS.items(), seconds_of_day),
        "lag_draw": _draws("kind", "value", ((k, log_normal(*v)) for k, v in _LAGS.items())),
        "count_draw": _draws("profile", "value", _counts()),
        "item_draw": _draws("profile", "item", _choices()),
        "operation_draw": _draws("mdc", "code", ((k, slots(v)) for k, v in operations().items())),
        "diagnosis_draw": _draws("department", "code", _diagnoses()),
        "payer_draw": _table({"draw": d, "payer": p} for d, p in enumerate(slots(_PAYERS))),
    }


def days_since_2000(day: Any) -> int:  # noqa: ANN401 - a date
    """Return a day as the queries count it."""
    return int(day.toordinal()) - _EPOCH


_EPOCH: Final = 730_120
"""Ordinal of 1 January 2000."""


def _arrivals(encounters: int, over: Window) -> Iterator[dict[str, Any]]:
    for stream, day, first, count in calendar.arrivals(encounters, over):
        yield {
            "stream": stream,
            "winter": calendar.is_winter(day),
            "day": days_since_2000(day),
            "first": first,
            "count": count,
        }


def _department(one: Department, encounters: int) -> dict[str, Any]:
    names = "code name kind surgery deaths weight patients implant mdc"
    said = {name: getattr(one, name) for name in names.split()}
    return {**said, "doctors": staff("1", one, encounters)}


def _item(one: Item) -> dict[str, Any]:
    levels = [trait[-1] for trait in one.traits if trait.startswith("antibacterial")]
    injection = "injection" in one.traits
    western = one.category == "01"
    return {
        "item": one.code,
        "name": one.name,
        "category": one.category,
        "price": one.price_fen,
        "quantity": one.quantity_max,
        "often": one.quantity_max
        * {"01": 3, "02": 3, "03": 3, "04": 2, "05": 3, "07": 3}.get(one.category, 1),
        "executes": one.executes or None,
        "report": one.report or None,
        "antibacterial": levels[0] if levels else "0",
        "ddd": 17 if injection else 300,
        "essential": one.is_drug and one.place % 10 < (6 if "essential" in one.traits else 3),
        "procured": {0: "1", 3: "2"}.get(one.place % 5, "0") if western else "0",
        "injection": injection,
        "auxiliary": "auxiliary" in one.traits,
        "watched": "watched" in one.traits,
    }


def _staff(encounters: int, seed: int, over: Window) -> Iterator[dict[str, Any]]:
    """Return everybody who worked there in the window: some nurses came later, a few left."""
    luck = Random(f"staff {seed}")  # noqa: S311 - invented people
    months = (over.end - over.first).days // 30
    for one in departments():
        for kind, titles in _TITLES.items():
            for number in range(staff(kind, one, encounters)):
                comes, goes = luck.random() < 0.06, luck.random() < 0.03
                since = luck.randrange(1, max(2, months)) if kind == "2" and comes else 0
                until = months - luck.randrange(months) if kind == "2" and goes > comes else None
                yield {
                    "kind": kind,
                    "department": one.code,
                    "number": number,
                    "title": luck.choices(list(titles), list(titles.values()))[0],
                    "specialty": _SPECIALTIES.get(one.code, "99"),
                    "since": since,
                    "until": until,
                }


def _department_draws() -> Iterator[dict[str, Any]]:
    fixed = {
        "emergency": slots({"0501": 82, "0305": 18}),
        "observation": slots({"0501": 90, "0305": 10}),
        "checkup": slots({"0511": 1}),
    }
    for winter in (False, True):
        by_share = {
            share: department_choices(share, winter=winter) for share in ("clinic", "stay", "day")
        }
        for stream, codes in (by_share | fixed).items():
            for draw, code in enumerate(codes):
                yield {"stream": stream, "winter": winter, "draw": draw, "department": code}


def _lengths() -> Iterator[tuple[str, list[int]]]:
    for one in departments():
        if one.stay:
            yield one.code, log_normal(one.days, one.spread)


def _counts() -> Iterator[tuple[str, list[int]]]:
    for profile, (mean, spread) in _LINES.items():
        yield profile, [max(1, (one + 50) // 100) for one in log_normal(mean, spread)]


def _choices() -> Iterator[tuple[str, list[str]]]:
    """Choose items of each profile; of stays once without antibacterials and once with them."""
    for profile in PROFILES:
        if profile in STAY_PROFILES:
            yield profile, choices(profile, antibacterials=0)
            yield f"{profile} +", choices(profile, antibacterials=230)
        else:
            yield profile, choices(profile)


def _diagnoses() -> Iterator[tuple[str, list[str]]]:
    for one in departments():
        if one.diagnoses:
            yield one.code, slots(one.diagnoses)


def _draws(
    of: str,
    value: str,
    lists: Iterable[tuple[str, Any]],
    make: Any = lambda one: one,  # noqa: ANN401 - from what is listed to what draws stand for
) -> pa.Table:
    return _table(
        {of: name, "draw": draw, value: one}
        for name, said in lists
        for draw, one in enumerate(make(said))
    )


def _table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    listed: Sequence[Mapping[str, Any]] = list(rows)
    return pa.table({name: [row[name] for row in listed] for name in listed[0]})
