"""Publishing tables as Delta, for engines that cannot follow our files: Spark, and who reads Delta.

    <folder>/delta/<source>/<table>/          partitioned by _month

What is published is every row, as in ``raw``; each commit says up to where, so that a commit that
is tried again adds nothing. The table is one that the oldest readers know (protocol 1, 2; no
deletion vectors): so its files, ``file_uris()``, are the table, and any reader of Parquet can take
them. The month, by which they are divided, is not in the files; the day, ``_received_on``, is. What
such readers have no type for is text: times without a zone, times of day.

Source:
    Delta Transaction Log Protocol, "Transaction Identifiers", "Protocol Evolution".
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError

from lianyi.messagelog.message import Position
from lianyi.projections.lake import segments as files
from lianyi.projections.lake.model import Named
from lianyi.projections.lake.problems import CannotPublish, writing
from lianyi.projections.lake.segments import POSITION, Segment

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]
    from ibis.expr import types as ir  # type: ignore[import-untyped]

DELTA: Final = "delta"
PARTITION: Final = "_month"
ON: Final = "_received_on"
_CAME: Final = "_received_at"
_CHUNK_BYTES: Final = 134_217_728
_FILES_MAX: Final = 200
"""With more files than this they are put together."""
_KEPT: Final = timedelta(hours=24)
"""Readers may still use files that were put together since."""


def place_of(folder: Path, named: Named) -> Path:
    """Return the folder of a published table."""
    return folder / DELTA / named.source / named.table


def publish(folder: Path, named: Named) -> int:
    """Commit the rows that have come since the last commit.

    Args:
        folder: of the lake.
        named: a table of it; nothing is done while no row has come.

    Returns:
        How many rows were added.

    Raises:
        LakeUnwritable: the disk is full, or the folder may not be written.
        CannotPublish: Delta refuses.
    """
    place = place_of(folder, named)
    segments = files.live(files.every_segment(files.place_of(folder, named)))
    if not segments:
        return 0
    with _publishing(place):
        if not DeltaTable.is_deltatable(str(place)):
            return _publish_anew(place, segments)
        table = DeltaTable(str(place))
        new = [one for one in segments if one.last > _done(table, one.shard)]
        if not new:
            return 0
        before = pa.schema(table.schema().to_arrow())
        wanted = _schema(new, begin=before)
        if any(wanted.field(field.name).type != field.type for field in before):
            return _publish_anew(place, segments)
        added = _append(
            place, new, wanted, after={one.shard: _done(table, one.shard) for one in new}
        )
        _put_together(place)
    return added


def forget(folder: Path, positions: Iterable[Position]) -> int:
    """Publish anew the tables that hold rows of erased messages.

    A commit that only deleted would leave their smallest and largest values in the table's log.

    Returns:
        How many tables were published anew.
    """
    wanted = pa.array(sorted({str(at) for at in positions}), pa.string())
    found = 0
    for log in (folder / DELTA).glob("*/*/_delta_log"):
        place = log.parent
        if any(_holds(file, wanted) for file in published_files(place)):
            named = Named(place.parent.name, place.name)
            segments = files.live(files.every_segment(files.place_of(folder, named)))
            with _publishing(place):
                _publish_anew(place, segments)
            found += 1
    return found


def read(backend: Backend, folder: Path, named: Named) -> ir.Table:
    """Return a published table as DuckDB reads it: from its files, without any extension."""
    return backend.read_parquet(published_files(place_of(folder, named)), union_by_name=True)


def published_files(place: Path) -> list[str]:
    """Return the files that are the newest version of a published table.

    deltalake writes their addresses as URLs, so that names that are not ASCII are not to be found.
    """
    return [unquote(uri) for uri in DeltaTable(str(place)).file_uris()]


@contextmanager
def _publishing(place: Path) -> Iterator[None]:
    """Tell in our words what Delta or the disk refuses."""
    try:
        with writing(place):
            yield
    except (DeltaError, pa.ArrowException) as error:
        raise CannotPublish(where=str(place), why=type(error).__name__) from error


def _holds(file: str, positions: pa.Array) -> bool:
    column = pq.read_table(file, columns=[POSITION], partitioning=None)[POSITION]
    return bool(pc.any(pc.is_in(column, value_set=positions), min_count=0).as_py())


def _done(table: DeltaTable, shard: int) -> int:
    return table.transaction_version(_app(shard)) or 0


def _app(shard: int) -> str:
    return f"lianyi-{shard}"


def _publish_anew(place: Path, segments: Sequence[Segment]) -> int:
    """Make the table beside, then put it in the place of what is there."""
    beside, gone = (place.with_name(f".{place.name}.{what}") for what in ("part", "gone"))
    for one in (beside, gone):
        shutil.rmtree(one, ignore_errors=True)
    files.make(beside.parent)
    added = _append(beside, segments, _schema(segments), after={})
    if place.exists():
        place.rename(gone)
    if beside.exists():
        beside.rename(place)
    files.sync(place.parent)
    shutil.rmtree(gone, ignore_errors=True)
    return added


def _append(
    place: Path, segments: Sequence[Segment], schema: pa.Schema, *, after: dict[int, int]
) -> int:
    added = 0
    for chunk in _chunks(segments):
        tables = [_told(files.read(one.path), one, after.get(one.shard, 0)) for one in chunk]
        whole = pa.concat_tables([_as(table, schema) for table in tables])
        last: dict[int, int] = {}
        for one in chunk:
            last[one.shard] = max(one.last, last.get(one.shard, 0))
        write_deltalake(
            str(place),
            whole,
            mode="append",
            schema_mode="merge",
            partition_by=[PARTITION],
            commit_properties=CommitProperties(
                app_transactions=[Transaction(_app(shard), to) for shard, to in last.items()]
            ),
        )
        added += whole.num_rows
    return added


def _chunks(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    chunk: list[Segment] = []
    size = 0
    for one in segments:
        chunk.append(one)
        size += one.path.stat().st_size * 4  # about what it takes in memory
        if size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _told(table: pa.Table, segment: Segment, after: int) -> pa.Table:
    """Return the rows behind a number, with the columns by which they are divided."""
    if segment.first <= after:
        numbers = [Position.parse(text).number for text in table[POSITION].to_pylist()]
        table = table.filter(pa.array([number > after for number in numbers], pa.bool_()))
    came = table[_CAME]
    table = table.append_column(ON, pc.cast(came, pa.date32()))
    return table.append_column(PARTITION, pc.strftime(came, "%Y-%m"))


def _schema(segments: Sequence[Segment], *, begin: pa.Schema | None = None) -> pa.Schema:
    """Return columns that hold those of all segments."""
    types: dict[str, pa.DataType] = {}
    for field in begin or ():
        types[field.name] = field.type
    for segment in segments:
        for field in pq.read_schema(segment.path):
            type_ = _simple(field.type)
            types[field.name] = _common(types.get(field.name, type_), type_)
    types.setdefault(ON, pa.date32())
    types.setdefault(PARTITION, pa.string())
    return pa.schema(list(types.items()))


def _simple(type_: pa.DataType) -> pa.DataType:
    """Return a type that the oldest readers of Delta know."""
    unknown = pa.types.is_time(type_) or (pa.types.is_timestamp(type_) and type_.tz is None)
    return pa.string() if unknown else type_


def _common(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """Return a type that holds the values of two."""
    if one == other:
        return one
    numbers = [found for found in map(_as_decimal, (one, other)) if found is not None]
    if len(numbers) == 2:
        behind = max(number.scale for number in numbers)
        before = max(number.precision - number.scale for number in numbers)
        if before + behind <= 38:
            return pa.decimal128(before + behind, behind)
    return pa.string()


def _as_decimal(type_: pa.DataType) -> pa.DataType | None:
    if pa.types.is_int64(type_):
        return pa.decimal128(19, 0)
    return type_ if pa.types.is_decimal(type_) else None


def _as(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = []
    for field in schema:
        if field.name not in table.column_names:
            columns.append(pa.nulls(table.num_rows, field.type))
            continue
        column = table[field.name]
        if pa.types.is_binary(column.type) and pa.types.is_string(field.type):
            texts = [b and base64.b64encode(b).decode() for b in column.to_pylist()]
            column = pa.array(texts, pa.string())
        columns.append(column.cast(field.type))
    return pa.table(columns, schema=schema)


def _put_together(place: Path) -> None:
    """Make few files of many, and remove those that nobody reads any more."""
    table = DeltaTable(str(place))
    if len(table.file_uris()) > _FILES_MAX:
        table.optimize.compact()
        hours = int(_KEPT.total_seconds() // 3600)
        table.vacuum(retention_hours=hours, dry_run=False, enforce_retention_duration=False)
