"""The facts of operations and their columns: the only words in which something can be counted.

They stand in ``star.yaml``. Every instant of a fact has a column beside it, ``<name>_month``, the
months since January 2000, so that nothing decodes an instant to count by month. Every fact has two
columns more: ``hospital``, whose row it is, for codes of departments are a hospital's own; and
``origin``, where it was said: a position of the log, or a place in the lake.

Source:
    R. Kimball and M. Ross, "The Data Warehouse Toolkit", 3rd ed. (2013), chapters 1 and 14: a
    fact has one grain; roles of a dimension are columns of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from lianyi.base.plain_yaml import plain_yaml

EPOCH_YEAR = 2000
HOSPITAL = "hospital"
ORIGIN = "origin"


class Kind(StrEnum):
    """What a column holds."""

    KEY = "key"
    TEXT = "text"
    CODE = "code"
    INT = "int"
    NUMBER = "number"
    FEN = "fen"
    FLAG = "flag"
    INSTANT = "instant"
    DEPARTMENT = "department"
    PRACTITIONER = "practitioner"


NUMBERS = frozenset({Kind.INT, Kind.NUMBER, Kind.FEN})
"""Kinds that can be added up."""
TEXTS = frozenset({Kind.KEY, Kind.TEXT, Kind.CODE, Kind.DEPARTMENT, Kind.PRACTITIONER})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a fact.

    Attributes:
        name: in lower case.
        kind: what it holds.
        zh, en: what people call it.
        values: of a code: all that it may be.
        words: of a code: what people call each value, in Chinese and English.
    """

    name: str
    kind: Kind
    zh: str
    en: str
    values: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, str]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happens and can be counted.

    Attributes:
        name: in lower case.
        zh, en: what one row is.
        key: the column that names a row.
        columns: by name.
    """

    name: str
    zh: str
    en: str
    key: str
    columns: Mapping[str, Column]

    def of_kind(self, kind: Kind) -> list[str]:
        """Return the names of its columns of a kind: its times, or its roles of departments."""
        return [one.name for one in self.columns.values() if one.kind is kind]


EVERYWHERE = (
    Column(HOSPITAL, Kind.KEY, "医院", "hospital"),
    Column(ORIGIN, Kind.KEY, "出处", "where it was said"),
)


@cache
def star() -> Mapping[str, Fact]:
    """Return the facts by name."""
    words = _read("star_words.yaml")
    return MappingProxyType(
        {name: _fact(name, one, words) for name, one in _read("star.yaml").items()}
    )


def month_column(instant: str) -> str:
    """Return the column that holds the month of an instant."""
    return f"{instant}_month"


def month_of(day: date) -> int:
    """Return the months since January 2000."""
    return (day.year - EPOCH_YEAR) * 12 + day.month - 1


def first_day(month: int) -> date:
    """Return the first day of a month; see :func:`month_of`."""
    return date(EPOCH_YEAR + month // 12, month % 12 + 1, 1)


def _read(name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = plain_yaml(
        files(__package__).joinpath(name).read_text(encoding="utf-8")
    )
    return found


def _fact(name: str, said: Mapping[str, Any], words: Mapping[str, Any]) -> Fact:
    grain_zh, grain_en = said["grain"]
    columns = {
        column: _column(column, *told, words=words.get(f"{name}.{column}", words.get(column, {})))
        for column, told in said["columns"].items()
    }
    columns |= {one.name: one for one in EVERYWHERE}
    return Fact(name, grain_zh, grain_en, said["key"], MappingProxyType(columns))


def _column(
    name: str,
    kind: str,
    zh: str,
    en: str,
    values: Sequence[str] = (),
    *,
    words: Mapping[str, Sequence[str]],
) -> Column:
    called = {value: (words[value][0], words[value][1]) for value in values}
    return Column(name, Kind(kind), zh, en, tuple(values), MappingProxyType(called))
