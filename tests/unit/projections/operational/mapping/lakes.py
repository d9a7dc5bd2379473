"""A lake for tests: one Parquet file for each table, in the raw form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from lianyi.projections.operational.mapping.build_store import FactBuilder
from lianyi.projections.operational.mapping.lake import Look
from lianyi.projections.operational.mapping.news import Piece, Standing
from lianyi.projections.operational.mapping.reading import parse_mapping
from lianyi.projections.operational.mapping.report import Report
from lianyi.projections.operational.mapping.settings import MappingSettings
from lianyi.projections.operational.shelf import Shelf

ZONE = "Asia/Shanghai"
SETTINGS = MappingSettings(memory_megabytes=400)
Rows = list[dict[str, Any]]


class FilesLake:
    """Tables as somebody has put them, every row of them current."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, source: str, table: str, rows: Rows, kinds: dict[str, pa.DataType]) -> Path:
        """Put a table in the place of the one before; a column of no kind is text."""
        names = list(dict.fromkeys([*(name for row in rows for name in row), *kinds]))
        schema = pa.schema(
            [
                *(pa.field(name, kinds.get(name, pa.string())) for name in names),
                pa.field("_position", pa.string()),
                pa.field("_row", pa.int64()),
            ]
        )
        placed = [{**row, "_position": "0-7", "_row": n} for n, row in enumerate(rows)]
        path = self.folder / "raw" / source / table / "0-1-9.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(placed, schema=schema), path)
        return path

    def tables(self, source: str) -> list[str]:
        return sorted(one.name for one in (self.folder / "raw" / source).glob("*"))

    def look(self, source: str, table: str) -> Look:
        files = sorted((self.folder / "raw" / source / table).glob("*.parquet"))
        pieces = [
            Piece(shard=0, first=1, last=9, rows=0, stamp=str(one.stat().st_mtime_ns))
            for one in files
        ]
        return Look(Standing(pieces=tuple(pieces)), tuple(files))

    def current(self, backend: Any, look: Look, rows: Any = None) -> Any:
        return backend.read_parquet([str(one) for one in look.paths])


def build(lake: FilesLake, shelf: Shelf, text: str, name: str, *, anew: bool = False) -> Report:
    """Make a fact of one file of a mapping."""
    scratch = lake.folder / "scratch"
    scratch.mkdir(exist_ok=True)
    for number in range(1000):
        empty = scratch / str(number)
        if not empty.exists():
            break
    empty.mkdir()
    builder = FactBuilder(
        parse_mapping(text, name), lake, shelf, zone=ZONE, settings=SETTINGS, scratch=empty
    )
    return builder.build(anew=anew)


def on_shelf(shelf: Shelf, fact: str) -> Rows:
    """Return the rows of a fact that lie on the shelf, by its key."""
    files = sorted((shelf.folder / fact).glob("*/*.parquet"))
    rows = [row for one in files for row in pq.read_table(one).to_pylist()]
    return sorted(rows, key=lambda row: row[fact])
