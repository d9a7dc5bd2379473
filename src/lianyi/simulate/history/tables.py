"""The tables of the invented HIS, as ``tables.yaml`` declares them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from lianyi.base import rows
from lianyi.base.plain_yaml import plain_yaml

_KINDS: Final = {
    "varchar": "text",
    "int": "integer",
    "numeric": "decimal",
    "datetime": "timestamp",
    "date": "date",
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the HIS.

    Attributes:
        name, title: as its maker calls it; in Chinese.
        key: the columns that tell rows apart.
        columns: with the types of the HIS, and how their texts read.
        titles: of the columns, in Chinese.
        codes: column to its values, each with its meaning in Chinese.
    """

    name: str
    title: str
    key: tuple[str, ...]
    columns: tuple[rows.Column, ...]
    titles: Mapping[str, str]
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is planted for rules of data quality to find.

    Attributes:
        name, zh: which fault.
        table, column: where it lies.
        per_million: how many of a million rows have it.
    """

    name: str
    table: str
    column: str
    per_million: int
    zh: str


@dataclass(frozen=True, slots=True)
class Declared:
    """All that ``tables.yaml`` says.

    Attributes:
        source: what the lake calls this HIS.
        tables: by name, in the order in which they are filled.
        faults: by name.
    """

    source: str
    tables: Mapping[str, Table]
    faults: Mapping[str, Fault]


@cache
def declared() -> Declared:
    """Return the tables and the planted faults."""
    text = files(__package__).joinpath("tables.yaml").read_text(encoding="utf-8")
    said = plain_yaml(text)
    tables = {}
    for name, one in said["tables"].items():
        whole = {**said["tables"][one["like"]], **one} if "like" in one else one
        tables[name] = _table(name, whole, said["codes"])
    faults = {name: Fault(name, **one) for name, one in said["faults"].items()}
    return Declared(said["source"], MappingProxyType(tables), MappingProxyType(faults))


def _table(name: str, said: Mapping[str, Any], lists: Mapping[str, Mapping[str, str]]) -> Table:
    columns, titles, codes = [], {}, {}
    for column, (type_, title, *values) in said["columns"].items():
        columns.append(rows.Column(column, type_, _KINDS[_plain(type_)]))
        titles[column] = title
        if values:
            (one,) = values
            codes[column] = lists[one] if isinstance(one, str) else one
    return Table(name, said["title"], tuple(said["key"]), tuple(columns), titles, codes)


def _plain(type_: str) -> str:
    return re.sub(r"\(.*\)", "", type_)
