"""Rows of the fold as the star holds them: Arrow, in the form of ``shelf.schema_of``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pyarrow as pa  # type: ignore[import-untyped]

from lianyi.projections.operational.shelf import CHANNELS, schema_of
from lianyi.projections.operational.star import (
    HOSPITAL,
    ORIGIN,
    Fact,
    Kind,
    month_column,
    month_of,
)


def table_of(
    fact: Fact,
    rows: Sequence[asyncpg.Record],
    *,
    organisations: Mapping[int, str],
    zone: ZoneInfo,
) -> pa.Table:
    """Return rows of the fold as a table.

    Args:
        fact: of the rows.
        rows: as ``store`` holds them.
        organisations: whose messages each channel carries.
        zone: of the hospital's months.
    """
    columns: dict[str, list[Any]] = {}
    for column in fact.columns.values():
        if column.name == HOSPITAL:
            columns[HOSPITAL] = [organisations.get(row["_channel"]) for row in rows]
        elif column.name == ORIGIN:
            columns[ORIGIN] = [row["_origin"] for row in rows]
        elif column.kind is Kind.INSTANT:
            instants = [row[column.name] for row in rows]
            columns[column.name] = [at and _plain(at) for at in instants]
            columns[month_column(column.name)] = [
                None if at is None else month_of(at.astimezone(zone).date()) for at in instants
            ]
        else:
            columns[column.name] = [row[column.name] for row in rows]
    return pa.Table.from_pydict(columns, schema=schema_of(fact))


def channels_of(fact: Fact, rows: Sequence[asyncpg.Record], names: Mapping[int, str]) -> pa.Table:
    """Return by which channel each row of the fold came; see ``shelf.CHANNELS``."""
    return pa.table(
        {
            "key": [row[fact.key] for row in rows],
            "channel": [names.get(row["_channel"], "") for row in rows],
        },
        schema=CHANNELS,
    )


def _plain(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)
