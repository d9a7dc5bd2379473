"""Where the star lies: Parquet files by fact, producer and month, each put in its place whole.

    <folder>/<fact>/<producer>/<month>.parquet        2026-03.parquet, undated.parquet

A producer is whoever makes rows of a fact: the fold of the log, or the mapping of a source's
tables. What one of them makes is nobody else's, so the rows of a fact are all its files together.
A row lies in the month of the first instant, in the order of ``star.yaml``, that is said of it.
Instants are UTC, months are the hospital's own; amounts are exact. The same rows make the same
bytes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from lianyi.projections.operational.settled import make_private
from lianyi.projections.operational.star import Fact, Kind, first_day, month_column, star

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]
    from ibis.expr import types as ir  # type: ignore[import-untyped]

UNDATED: Final = "undated"
CHANNELS_SUFFIX: Final = ".channels"
CHANNELS: Final = pa.schema([("key", pa.string()), ("channel", pa.string())])
"""The key of a row, and the name of the channel whose message said it."""
_PRODUCER: Final = re.compile(r"[a-z][a-z0-9_-]{0,60}")
_TYPES: Final = {
    Kind.INT: pa.int64(),
    Kind.FEN: pa.int64(),
    Kind.NUMBER: pa.decimal128(18, 4),
    Kind.FLAG: pa.bool_(),
    Kind.INSTANT: pa.timestamp("us"),
}
_ROWS_IN_GROUP: Final = 122_880


def schema_of(fact: Fact) -> pa.Schema:
    """Return how the rows of a fact lie: every column, and the month of every instant."""
    fields = []
    for column in fact.columns.values():
        fields.append(pa.field(column.name, _TYPES.get(column.kind, pa.string())))
        if column.kind is Kind.INSTANT:
            fields.append(pa.field(month_column(column.name), pa.int16()))
    return pa.schema(fields)


class Shelf:
    """The files of one star."""

    def __init__(self, folder: Path) -> None:
        """Read and write below a folder, which need not be there yet."""
        self.folder = folder

    def put(self, fact: Fact, producer: str, month: int | None, rows: pa.Table | None) -> Path:
        """Put the rows of one month in the place of those that lie there; none: take them away.

        Args:
            fact: whose rows.
            producer: who makes them: ``log``, or the name of a source.
            month: months since January 2000; None: of rows of which no instant is said.
            rows: in the form of :func:`schema_of`, in any order.

        Raises:
            OSError: the disk is full, or the folder may not be written.
        """
        place = self._place(fact, producer, month)
        if rows is None or rows.num_rows == 0:
            place.unlink(missing_ok=True)
            return place
        sorted_rows = rows.cast(schema_of(fact)).sort_by(fact.key)
        make_private(self.folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_suffix(".part")
        with beside.open("wb") as out:
            pq.write_table(sorted_rows, out, compression="zstd", row_group_size=_ROWS_IN_GROUP)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(place)
        _sync(place.parent)
        return place

    def put_channels(self, fact: Fact, producer: str, month: int | None, said: pa.Table) -> None:
        """Say by which channel each row of a month came; call it before the rows are put.

        Args:
            fact: whose rows.
            producer: who makes them.
            month: of the file; None: of rows of which no instant is said.
            said: columns of :data:`CHANNELS`, a row for each row.

        Raises:
            OSError: the disk is full, or the folder may not be written.
        """
        place = self._place(fact, producer, month).with_suffix(CHANNELS_SUFFIX)
        if said.num_rows == 0:
            place.unlink(missing_ok=True)
            return
        make_private(self.folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_suffix(f"{CHANNELS_SUFFIX}.part")
        pq.write_table(said.cast(CHANNELS).sort_by("key"), beside, compression="zstd")
        beside.replace(place)

    def producers(self, fact: Fact) -> dict[str, list[Path]]:
        """Return the files of a fact by who made them."""
        found: dict[str, list[Path]] = {}
        for one in self.files(fact):
            found.setdefault(one.parent.name, []).append(one)
        return found

    def months(self, fact: Fact, producer: str) -> list[int | None]:
        """Return the months that somebody has put rows of a fact in, the undated last."""
        found = sorted(self._place(fact, producer, None).parent.glob("*.parquet"))
        dated = [one for one in found if one.stem != UNDATED]
        months: list[int | None] = [_number(one.stem) for one in dated]
        return months + [None] * (len(found) - len(dated))

    def files(self, fact: Fact) -> list[Path]:
        """Return the files of a fact, of all producers."""
        return sorted((self.folder / fact.name).glob("*/*.parquet"))

    def tables(self, backend: Backend) -> Mapping[str, ir.Table]:
        """Return the facts as tables of DuckDB, as the files lie now."""
        return {
            name: table_of_files(backend, fact, self.files(fact)) for name, fact in star().items()
        }

    def _place(self, fact: Fact, producer: str, month: int | None) -> Path:
        if not _PRODUCER.fullmatch(producer):
            raise ValueError(producer)
        name = UNDATED if month is None else f"{first_day(month):%Y-%m}"
        return self.folder / fact.name / producer / f"{name}.parquet"


def table_of_files(backend: Backend, fact: Fact, files: Sequence[Path]) -> ir.Table:
    """Return a fact as a table of DuckDB: its files together; none: no rows."""
    import ibis  # type: ignore[import-untyped]

    if not files:
        return ibis.memtable(schema_of(fact).empty_table())
    return backend.read_parquet([str(one) for one in files], table_name=fact.name)


def _number(stem: str) -> int:
    year, month = stem.split("-")
    return (int(year) - 2000) * 12 + int(month) - 1


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
