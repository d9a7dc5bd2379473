"""Rows of the star for tests: random, small, with everything unsaid now and then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from lianyi.projections.operational.shelf import schema_of
from lianyi.projections.operational.star import Column, Kind, month_column, month_of, star

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = ("A01", "A02", "I21", "I25", "J18")
DEPARTMENTS = ("D1", "D2", "D3")


def some_rows(fact: str, count: int, *, seed: int, unsaid: float = 0.15) -> list[dict[str, Any]]:
    """Return rows, each a dict by column; the key is the number of the row.

    Args:
        fact: of the star.
        count: of rows.
        seed: the same gives the same.
        unsaid: share of values that nobody said.
    """
    random = Random(seed)
    columns = star()[fact].columns.values()
    return [
        {one.name: _value(one, random, unsaid) for one in columns} | {star()[fact].key: str(number)}
        for number in range(count)
    ]


def table_of(fact: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Return rows as a table of the star, with the months of instants."""
    of = star()[fact]
    dated = [
        row
        | {
            month_column(one): row[one] and month_of(row[one].date())
            for one in of.of_kind(Kind.INSTANT)
        }
        for row in rows
    ]
    return pa.Table.from_pylist(dated, schema=schema_of(of))


def _value(column: Column, random: Random, unsaid: float) -> object:
    if random.random() < unsaid and column.kind is not Kind.KEY:
        return None
    match column.kind:
        case Kind.CODE:
            return random.choice(column.values)
        case Kind.FLAG:
            return random.random() < 0.5
        case Kind.INT:
            return random.randrange(6)
        case Kind.FEN:
            return random.randrange(-500, 10_000)
        case Kind.NUMBER:
            return Decimal(random.randrange(40_000)).scaleb(-4)
        case Kind.INSTANT:
            seconds = random.randrange(90 * 86_400)
            at = BEGAN + timedelta(seconds=seconds, milliseconds=seconds % 1_000)
            return at.replace(tzinfo=None)
        case Kind.DEPARTMENT:
            return random.choice(DEPARTMENTS)
        case _:
            return random.choice(TEXTS)
