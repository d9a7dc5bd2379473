"""Invented rows of an invented hospital, and a lake to put them in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis

from lianyi.base import rows
from lianyi.base.rows import Column
from lianyi.messagelog.message import NewMessage, Position
from lianyi.projections.lake.follow import landed
from lianyi.projections.lake.lake import Lake
from lianyi.projections.lake.landing import Arrived

START = datetime(2026, 3, 2, 8, 0, 30, tzinfo=UTC)
COLUMNS = (
    Column("id", "bigint", "integer"),
    Column("fee", "numeric(10,2)", "decimal"),
    Column("at", "timestamp without time zone", "timestamp"),
    Column("note", "text", "text"),
)
Row = Sequence[str | None]


def row(key: int, note: str | None = None, fee: str = "12.50") -> list[str | None]:
    """One row of the invented table."""
    return [str(key), fee, "2026-03-02 08:00:30.123456", note]


def body(
    batch: int,
    said: Sequence[Row],
    *,
    columns: tuple[Column, ...] = COLUMNS,
    table: str = "visit",
    mode: rows.Mode = "incremental",
    load: rows.Load | None = None,
    key: tuple[str, ...] = ("id",),
) -> bytes:
    """A message of rows."""
    mark = rows.Watermark(("at", "id"), None, (f"2026-03-02 08:{batch % 60:02}:00", "4711-key"))
    header = rows.Header(
        "his",
        table,
        mode,
        batch,
        len(said),
        key,
        columns,
        mark if mode == "incremental" else None,
        load,
    )
    return rows.write(header, map(rows.line, said))


def message(batch: int, said: Sequence[Row], **more: Any) -> NewMessage:
    """The same, for the log."""
    table = more.get("table", "visit")
    return NewMessage(1, f"rows his.{table}", body(batch, said, **more), "utf-8", "his")


def arrived(
    number: int, batch: int, said: Sequence[Row], *, shard: int = 1, **more: Any
) -> Arrived:
    """The same, out of the log."""
    at = Position(shard, number)
    header, found = rows.read(body(batch, said, **more))
    return Arrived(at, at, START + timedelta(seconds=number), header, found)


def land(folder: Path, *batches: Iterable[Arrived]) -> Lake:
    """Put batches into a lake."""
    for one in batches:
        landed(folder, list(one))
    return Lake(folder)


def all_of(lake: Lake, table: str = "visit") -> list[dict[str, Any]]:
    """Every row, in the order of its message."""
    found: list[dict[str, Any]] = (
        lake.raw(ibis.duckdb.connect(), "his", table).to_pyarrow().to_pylist()
    )
    return sorted(found, key=lambda one: (Position.parse(one["_position"]), one["_row"]))


def now_of(lake: Lake, table: str = "visit") -> list[dict[str, Any]]:
    """The table as it stands, in the order of its key."""
    found: list[dict[str, Any]] = (
        lake.current(ibis.duckdb.connect(), "his", table).to_pyarrow().to_pylist()
    )
    return sorted(found, key=lambda one: str(one["id"]))
