"""Where the star lies: Parquet files by fact, producer and month, each put in its place whole.

    <folder>/<fact>/<producer>/<month>.parquet        2026-03.parquet, undated.parquet

A producer is whoever makes rows of a fact: the fold of the log, or the mapping of a source's
tables. What one of them makes is nobody else's, so the rows of a fact are all its files together.
A row lies in the month of the first instant, in the order of ``star.yaml``, that is said of it.
Instants are UTC, months are the hospital's own; amounts are exact. The same rows make the same
bytes.

A producer that changes several months changes them at once: the new ones lie beside the old, under
the number of the change, until ``mapping.json`` says that it holds. From then on they are read,
whether they have been moved into their places yet or not. So a row that goes from one month to
another is at every moment in one of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from lianyi.projections.operational.settled import make_private
from lianyi.projections.operational.star import Fact, Kind, first_day, month_column, star

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]
    from ibis.expr import types as ir  # type: ignore[import-untyped]

UNDATED: Final = "undated"
CHANGED: Final = "mapping.json"
"""Beside the months of a producer that changes several at once: the last change, and what it says
of itself."""
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
        make_private(self.folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = place.with_suffix(".part")
        _write(beside, fact, rows)
        beside.replace(place)
        _sync(place.parent)
        return place

    def change(self, fact: Fact, producer: str) -> Change:
        """Begin to change months of a producer at once; see :class:`Change`."""
        make_private(self.folder)
        return Change(fact, self._place(fact, producer, None).parent)

    def take_away(self, fact: Fact, producer: str) -> None:
        """Take away, at once, all that a producer has changed into being, and what it said."""
        change = self.change(fact, producer)
        for month in self.months(fact, producer):
            change.put(month, None)
        change.hold({})
        (self._place(fact, producer, None).parent / CHANGED).unlink()

    def said(self, fact: Fact, producer: str) -> Mapping[str, Any] | None:
        """Return what the last change of a producer says of itself; None: there is none."""
        last = _last_change(self._place(fact, producer, None).parent)
        return last and last["says"]

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
        folders = sorted(one for one in (self.folder / fact.name).glob("*") if one.is_dir())
        found = {one.name: list(_files(one).values()) for one in folders}
        return {name: files for name, files in found.items() if files}

    def months(self, fact: Fact, producer: str) -> dict[int | None, Path]:
        """Return the months that somebody has put rows of a fact in, the undated last."""
        found = _files(self._place(fact, producer, None).parent)
        return {None if name == UNDATED else _number(name): path for name, path in found.items()}

    def files(self, fact: Fact) -> list[Path]:
        """Return the files of a fact, of all producers."""
        return [one for files in self.producers(fact).values() for one in files]

    def tables(self, backend: Backend) -> Mapping[str, ir.Table]:
        """Return the facts as tables of DuckDB, as the files lie now."""
        return {
            name: table_of_files(backend, fact, self.files(fact)) for name, fact in star().items()
        }

    def _place(self, fact: Fact, producer: str, month: int | None) -> Path:
        if not _PRODUCER.fullmatch(producer):
            raise ValueError(producer)
        return self.folder / fact.name / producer / f"{name_of(month)}.parquet"


class Change:
    """Months of a producer that change at once, or not at all.

    Whoever is killed before :meth:`hold` has changed nothing; after it, all. What a change left
    that did not come so far goes when the next one begins. Only one at a time.
    """

    def __init__(self, fact: Fact, folder: Path) -> None:
        """Begin; what the last change had not moved is moved first."""
        self._fact = fact
        self._folder = folder
        last = _last_change(folder)
        self._number = int(last["number"]) + 1 if last else 1
        self._put: list[str] = []
        self._gone: list[str] = []
        if last:
            self._move(last["number"], last["put"], last["gone"])
        for one in {*folder.glob("*.parquet.*"), *folder.glob("*.part")}:
            one.unlink()

    def put(self, month: int | None, rows: pa.Table | None) -> Path:
        """Put rows beside those of a month, and return where they lie; none: they go.

        Raises:
            OSError: the disk is full, or the folder may not be written.
        """
        name = name_of(month)
        beside = _beside(self._folder, name, self._number)
        if rows is None or rows.num_rows == 0:
            self._gone.append(name)
            return beside
        self._folder.mkdir(parents=True, exist_ok=True)
        _write(beside, self._fact, rows)
        self._put.append(name)
        return beside

    def hold(self, says: Mapping[str, Any]) -> None:
        """Have all of it hold.

        Args:
            says: of itself; it is kept with it, as JSON.

        Raises:
            OSError: the disk is full; nothing has changed.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        said = {"number": self._number, "put": self._put, "gone": self._gone, "says": says}
        beside = (self._folder / CHANGED).with_suffix(".part")
        with beside.open("wb") as out:
            out.write(orjson.dumps(said))
            out.flush()
            os.fsync(out.fileno())
        _sync(self._folder)
        beside.replace(self._folder / CHANGED)
        _sync(self._folder)
        self._move(self._number, self._put, self._gone)

    def _move(self, number: int, put: Sequence[str], gone: Sequence[str]) -> None:
        """Move new months into their places; moving twice changes nothing.

        They also stay where they are until the next change: somebody may be about to open them.
        """
        for name in put:
            beside = _beside(self._folder, name, number)
            if _is_read_beside(beside, self._folder / f"{name}.parquet"):
                linked = beside.with_suffix(".part")
                linked.unlink(missing_ok=True)
                linked.hardlink_to(beside)
                linked.replace(self._folder / f"{name}.parquet")
        for name in gone:
            (self._folder / f"{name}.parquet").unlink(missing_ok=True)


def name_of(month: int | None) -> str:
    """Return what the file of a month is called, without its ending."""
    return UNDATED if month is None else f"{first_day(month):%Y-%m}"


def _beside(folder: Path, name: str, number: int) -> Path:
    return folder / f"{name}.parquet.{number}"


def _is_read_beside(beside: Path, place: Path) -> bool:
    """Tell whether a month was not moved into its place yet."""
    return beside.exists() and not (place.exists() and place.samefile(beside))


def _last_change(folder: Path) -> Mapping[str, Any] | None:
    try:
        said = orjson.loads((folder / CHANGED).read_bytes())
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) and {"number", "says"} <= said.keys() else None


def _files(folder: Path) -> dict[str, Path]:
    """Return the files of a producer that are read, by month, as its last change says."""
    last = _last_change(folder) or {"put": (), "gone": ()}
    found = {one.stem: one for one in folder.glob("*.parquet")}
    for name in last["put"]:
        beside = _beside(folder, name, last["number"])
        if _is_read_beside(beside, folder / f"{name}.parquet"):
            found[name] = beside
    for name in last["gone"]:
        found.pop(name, None)
    return dict(sorted(found.items()))


def _write(place: Path, fact: Fact, rows: pa.Table) -> None:
    """Write rows so that the same ones are the same bytes, in whatever pieces they come."""
    ordered = rows.cast(schema_of(fact)).sort_by(fact.key).combine_chunks()
    with place.open("wb") as out:
        pq.write_table(ordered, out, compression="zstd", row_group_size=_ROWS_IN_GROUP)
        out.flush()
        os.fsync(out.fileno())


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
