"""A history as files in the raw form of the lake, as if each table had been loaded once, whole.

    <folder>/raw/yxhis/<table>/9999-<n>-<n>.parquet       one message of rows each, the last without
    <folder>/truth/faults.parquet                         which rows were given which fault

The shard 9999 is no shard of the log: these rows never were messages.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from lianyi.base import rows
from lianyi.simulate.history.store import ROWS_AT_ONCE, Piece, Planted
from lianyi.simulate.history.tables import Table, declared

SHARD: Final = 9999
LOAD: Final = 1
_FORM: Final = "lianyi lake 1"
_PLAIN: Final = {
    "text": pa.string(),
    "integer": pa.int64(),
    "timestamp": pa.timestamp("us"),
    "date": pa.date32(),
}
_OURS: Final = (
    pa.field("_position", pa.string()),
    pa.field("_row", pa.int64()),
    pa.field("_received_at", pa.timestamp("us", tz="UTC")),
    pa.field("_load", pa.int64()),
    pa.field("_batch", pa.int64()),
    pa.field("_mode", pa.string()),
    pa.field("_odd", pa.string()),
)


def schema_of(table: Table) -> pa.Schema:
    """Return how the rows of a table lie in the lake."""
    fields = [pa.field(one.name, _type(one)) for one in table.columns]
    return pa.schema([*fields, *_OURS])


class LakeFiles:
    """Writes a history below a folder."""

    def __init__(self, folder: Path, came: datetime) -> None:
        """Write below a folder.

        Args:
            folder: of the lake.
            came: when all rows are said to have come.
        """
        self._folder = folder
        self._came = came.astimezone(UTC)
        self._number = 0
        self.rows: dict[str, int] = {}
        self._batches: dict[str, int] = {}

    def take(self, piece: Piece) -> None:
        """Write the rows of a piece as the next segment of its table.

        Raises:
            OSError: the disk is full, or the folder may not be written.
        """
        table = piece.table
        self._batches[table.name] = self._batches.get(table.name, 0) + 1
        count = self._segment(table, piece.groups)
        self.rows[table.name] = self.rows.get(table.name, 0) + count

    def end(self, planted: Iterable[Planted]) -> None:
        """End the load of every table, and write down what was planted."""
        for name, table in declared().tables.items():
            self._batches[name] = self._batches.get(name, 0) + 1
            self._segment(table, (), ended=True)
        truth = self._folder / "truth"
        truth.mkdir(parents=True, exist_ok=True)
        said = sorted(planted)
        columns = {name: [getattr(one, name) for one in said] for name in Planted._fields}
        schema = pa.schema([(name, pa.string()) for name in Planted._fields])
        pq.write_table(pa.table(columns, schema), truth / "faults.parquet", compression="zstd")

    def _segment(self, table: Table, groups: Iterable[pa.Table], *, ended: bool = False) -> int:
        self._number += 1
        place = self._folder / "raw" / declared().source / table.name
        place.mkdir(parents=True, exist_ok=True)
        path = place / f"{SHARD}-{self._number}-{self._number}.parquet"
        beside = path.with_name(path.name + ".part")
        count = 0
        with pq.ParquetWriter(
            beside,
            schema_of(table),
            compression="zstd",
            write_page_checksum=True,
            store_schema=False,  # else readers would not look for what is said at the end
        ) as out:
            for group in groups:
                out.write_table(self._with_ours(table, group, count), row_group_size=ROWS_AT_ONCE)
                count += group.num_rows
            contents = orjson.dumps(self._contents(table, count, ended=ended))
            out.add_key_value_metadata({b"lianyi": contents})
        beside.replace(path)
        return count

    def _with_ours(self, table: Table, group: pa.Table, before: int) -> pa.Table:
        count = group.num_rows
        group = group.cast(pa.schema(list(schema_of(table))[: -len(_OURS)]))
        constants = {
            "_position": f"{SHARD}-{self._number}",
            "_received_at": self._came,
            "_load": LOAD,
            "_batch": self._batches[table.name],
            "_mode": "full",
            "_odd": None,
        }
        for one in _OURS:
            column = (
                pa.array(range(before, before + count), one.type)
                if one.name == "_row"
                else pa.repeat(pa.scalar(constants[one.name], one.type), count)
            )
            group = group.append_column(one, column)
        return group

    def _contents(self, table: Table, count: int, *, ended: bool) -> dict[str, Any]:
        came = self._came.isoformat(timespec="microseconds")
        batch = self._batches[table.name]
        return {
            "source": declared().source,
            "table": table.name,
            "mode": "full",
            "key": table.key,
            "columns": [_held(one) for one in table.columns],
            "messages": 1,
            "rows": count,
            "batch_from": batch,
            "batch_to": batch,
            "received_from": came,
            "received_to": came,
            "loads": [
                {
                    "number": LOAD,
                    "began_at": came,
                    "received_from": came,
                    "received_to": came,
                    "rows": count,
                    "said": self.rows.get(table.name, 0) if ended else 0,
                    "ended": ended,
                }
            ],
            "form": _FORM,
        }


def durable(folder: Path) -> None:
    """Make all that was written below a folder survive a loss of power."""
    for path in sorted(folder.rglob("*")):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _held(column: rows.Column) -> dict[str, Any]:
    said = asdict(column)
    return {"name": column.name, "said": said.pop("name"), **said}


def _type(column: rows.Column) -> pa.DataType:
    if column.kind == "decimal":
        digits, behind = re.findall(r"\d+", column.type)
        return pa.decimal128(int(digits), int(behind))
    return _PLAIN[column.kind]
