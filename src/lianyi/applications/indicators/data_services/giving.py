"""What a service gives: cells of an exploration, or rows behind it, as its columns. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

import orjson

from lianyi.applications.indicators.data_services.views import Cell
from lianyi.applications.indicators.explored_views import ExploredView
from lianyi.applications.indicators.model import Indicator, definition_hash
from lianyi.applications.indicators.naming import CODED
from lianyi.applications.indicators.rowing import HIDDEN, harmless
from lianyi.applications.indicators.views import RowsView
from lianyi.projections.operational.star import Fact, Kind, star

COLUMNS: Final = (
    "period", "code", "indicator", "caliber", "numerator", "denominator", "value", "unit",
)  # fmt: skip
"""What every service can give; the others are those that it is put together by."""
OF_ROW: Final = ("hospital", "key", "patient", "origin")
"""What every row says."""
NAME: Final = "_name"
_NAMED: Final = frozenset({Kind.CODE, Kind.DEPARTMENT, Kind.PRACTITIONER})


def columns_of(by: Iterable[str]) -> list[str]:
    """Return all columns of what is put together so."""
    return [*COLUMNS[:4], *(name for one in by for name in (one, one + NAME)), *COLUMNS[4:]]


def rows_of(view: ExploredView, columns: Sequence[str]) -> list[list[Cell]]:
    """Return the rows: those of each indicator in the order of its cells.

    Money is told in fen, as counted; what is not known is null, and no zero.
    """
    found = []
    for item in view.items:
        for cell in item.cells:
            said: dict[str, Cell] = {
                "period": view.period.period,
                "code": item.code,
                "indicator": item.name.zh,
                "caliber": item.counted_by.caliber if item.counted_by else "",
                "numerator": cell.numerator,
                "denominator": cell.denominator,
                "value": cell.value,
                "unit": item.unit,
            }
            for one, place in zip(view.by, cell.places, strict=True):
                said |= {one.column: place.code, one.column + NAME: place.name.zh}
            found.append([said[name] for name in columns])
    return found


def row_columns(fact: Fact) -> list[str]:
    """Return all columns of rows of a fact."""
    found = list(OF_ROW)
    for name, column in fact.columns.items():
        if name not in OF_ROW:
            coded = column.kind in _NAMED or f"{fact.name}.{name}" in CODED
            found += [name, name + NAME] if coded else [name]
    return found


def shown_columns(columns: Sequence[str], fact: Fact) -> list[str]:
    """Return which columns of a fact are read for some that are given."""
    bare = (one.removesuffix(NAME) if one not in fact.columns else one for one in columns)
    return [one for one in dict.fromkeys(bare) if one in fact.columns and one not in OF_ROW]


def told_rows(view: RowsView, columns: Sequence[str], masked: Collection[str]) -> list[list[Cell]]:
    """Return rows as they may be seen; money in fen, as counted.

    Args:
        view: a page of rows.
        columns: that are given.
        masked: columns whose values are hidden whatever may be seen; with them their names, and
            with the key of a row the column that holds it.
    """
    found, keys = [], {"key", star()[view.part.fact].key}
    secret = {*masked, *(keys if keys & set(masked) else ())}
    for row in view.items:
        said: dict[str, Cell] = {name: getattr(row, name) or None for name in OF_ROW}
        for one, cell in zip(view.columns, row.cells, strict=True):
            said[one.column] = cell.value
            said[one.column + NAME] = cell.name.zh if cell.name else None
        for name in secret:
            for hidden in (name, name + NAME):
                said[hidden] = None if said.get(hidden) is None else HIDDEN
        found.append([said.get(name) for name in columns])
    return found


def digest(rows: Sequence[Sequence[Cell]]) -> str:
    """Return what tells one answer from another."""
    return hashlib.sha256(orjson.dumps(rows)).hexdigest()


def definitions_hash(indicators: Iterable[Indicator], question: Mapping[str, str]) -> str:
    """Return a hash of all that says what a service counts."""
    hashes = [
        [one.indicator, caliber.caliber, caliber.version, definition_hash(one, caliber)]
        for one in indicators
        for caliber in one.calibers
    ]
    said = [sorted(hashes), sorted(question.items())]
    return hashlib.sha256(orjson.dumps(said)).hexdigest()


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return rows as CSV with their columns above; null is an empty field."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_plain(cell) for cell in row])
    return out.getvalue()


def _plain(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    return str(cell).lower() if isinstance(cell, bool) else harmless(cell)
