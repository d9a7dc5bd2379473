"""A history as messages of rows, a file each, in the form of :mod:`lianyi.base.rows`.

A files channel of the format ``rows`` that watches the folder takes them into the log. They are the
parts of one full load of each table; names rise in the order in which the parts follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from lianyi.base import rows
from lianyi.simulate.history.store import Piece
from lianyi.simulate.history.tables import Table, declared

LOAD: Final = 1
ROWS_IN_MESSAGE: Final = 10_000


class RowFiles:
    """Writes a history as files into one folder."""

    def __init__(self, folder: Path, began: datetime) -> None:
        """Write into a folder.

        Args:
            folder: that nobody watches yet.
            began: when the loads are said to have begun.
        """
        self._folder = folder
        self._began = began.astimezone(UTC).isoformat()
        self._number = 0
        self._parts: dict[str, int] = {}
        self.rows: dict[str, int] = {}

    def take(self, piece: Piece) -> None:
        """Write the rows of a piece.

        Raises:
            OSError: the disk is full, or the folder may not be written.
        """
        for group in piece.groups:
            for start in range(0, group.num_rows, ROWS_IN_MESSAGE):
                self._message(piece.table, _texts(group.slice(start, ROWS_IN_MESSAGE)))

    def end(self) -> None:
        """End the load of every table."""
        for table in declared().tables.values():
            self._message(table, (), ended=True)

    def _message(self, table: Table, said: Sequence[rows.Row], *, ended: bool = False) -> None:
        name = table.name
        self._number += 1
        self._parts[name] = self._parts.get(name, 0) + 1
        self.rows[name] = self.rows.get(name, 0) + len(said)
        total = self.rows[name] if ended else 0
        part = self._parts[name]
        header = rows.Header(
            declared().source,
            name,
            "full",
            batch=part,
            rows=len(said),
            key=table.key,
            columns=table.columns,
            load=rows.Load(LOAD, part, self._began, ended=ended, rows=total),
        )
        path = self._folder / f"{self._number:06d}-{name}.jsonl"
        path.write_bytes(rows.write(header, map(rows.line, said)))


def _texts(group: pa.Table) -> Sequence[rows.Row]:
    """Return rows as the HIS would write them out."""
    return list(zip(*map(_column, group.columns), strict=True))


def _column(column: pa.ChunkedArray) -> Iterator[str | None]:
    if pa.types.is_timestamp(column.type):
        column = pc.cast(column, pa.timestamp("s"))
    return iter(pc.cast(column, pa.string()).to_pylist())
