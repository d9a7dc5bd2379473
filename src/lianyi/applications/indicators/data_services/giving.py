"""What a service gives: the cells of an exploration as rows of its columns, in one order. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import orjson

from lianyi.applications.indicators.data_services.views import Cell
from lianyi.applications.indicators.explored_views import ExploredView
from lianyi.applications.indicators.model import Indicator, definition_hash
from lianyi.applications.indicators.rowing import harmless

COLUMNS: Final = (
    "period", "code", "indicator", "caliber", "numerator", "denominator", "value", "unit",
)  # fmt: skip
"""What every service can give; the others are those that it is put together by."""
NAME: Final = "_name"


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
        writer.writerow(["" if cell is None else harmless(cell) for cell in row])
    return out.getvalue()
