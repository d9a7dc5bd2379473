"""Segments: the files of a table, each put in its place whole and named after its messages.

    <folder>/raw/<source>/<table>/<shard>-<from>-<to>.parquet

A segment holds the rows of the messages of its table between two numbers of a shard, and says in
its own metadata what they said (:class:`~lianyi.projections.lake.model.Contents`). So the same
messages have one name, and whoever writes them again writes them over. A segment that lies within
a longer one was put together with others: it is not read, and goes away in time.

A file without our metadata was put here by somebody else: it is read, and left alone.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

import msgspec
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from lianyi.projections.lake.model import Contents, Named
from lianyi.projections.lake.problems import BrokenSegment, writing

RAW: Final = "raw"
PART: Final = ".part"
"""Ends the name of a file that is being written."""
POSITION: Final = "_position"
ODD: Final = "_odd"
OURS: Final = pa.schema(
    [
        pa.field(POSITION, pa.string()),
        pa.field("_row", pa.int64()),
        pa.field("_received_at", pa.timestamp("us", tz="UTC")),
        pa.field("_load", pa.int64()),
        pa.field("_batch", pa.int64()),
        pa.field("_mode", pa.string()),
        pa.field(ODD, pa.string()),
    ]
)
"""The columns that we add: where in the log a row lies, when it came, what did not fit."""

_NAME: Final = re.compile(r"(\d+)-(\d+)-(\d+)\.parquet")
_SAYS: Final = b"lianyi"
_GROUP_ROWS: Final = 122_880
_GROUP_BYTES: Final = 67_108_864


class Segment(NamedTuple):
    """One file: the messages of a shard from a number to another."""

    shard: int
    first: int
    last: int
    path: Path


def file_name(shard: int, first: int, last: int) -> str:
    """Return the name of a segment."""
    return f"{shard}-{first}-{last}.parquet"


def place_of(folder: Path, named: Named) -> Path:
    """Return the folder of a table."""
    return folder / RAW / named.source / named.table


def tables_of(folder: Path) -> list[Named]:
    """Return the tables that there are, by name."""
    found = {path.parent for path in (folder / RAW).glob("*/*/*.parquet")}
    return sorted(Named(path.parent.name, path.name) for path in found)


def every_segment(place: Path) -> list[Segment]:
    """Return all segments of a table in order, those too that are not read any more."""
    found = []
    for path in place.iterdir() if place.is_dir() else ():
        name = _NAME.fullmatch(path.name)
        if name:
            found.append(Segment(int(name[1]), int(name[2]), int(name[3]), path))
    return sorted(found)


def live(segments: Iterable[Segment]) -> list[Segment]:
    """Return the segments that are read: those that lie in no longer one."""
    found: list[Segment] = []
    for one in sorted(segments, key=lambda each: (each.shard, each.first, -each.last)):
        if not found or found[-1].shard != one.shard or found[-1].last < one.last:
            found.append(one)
    return found


def overlapping(segments: Sequence[Segment]) -> list[tuple[Segment, Segment]]:
    """Return neighbours of which each holds messages of the other: some rows would be twice."""
    return [
        (one, other)
        for one, other in pairwise(segments)
        if one.shard == other.shard and other.first <= one.last
    ]


def contents_of(path: Path) -> Contents | None:
    """Return what a segment says about itself; None when we have not written it.

    Raises:
        BrokenSegment: it is no Parquet file.
        FileNotFoundError: it has just gone.
    """
    stat = path.stat()
    return _contents_of(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=50_000)
def _contents_of(path: Path, _at: int, _size: int) -> Contents | None:
    """Read a footer; a file that was written anew is another."""
    with reading(path):
        said = (pq.read_schema(path).metadata or {}).get(_SAYS)
    return None if said is None else msgspec.json.decode(said, type=Contents)


def rows_of(path: Path) -> int:
    """Return how many rows lie in a file.

    Raises:
        BrokenSegment: it is no Parquet file.
        FileNotFoundError: it has just gone.
    """
    stat = path.stat()
    return _rows_of(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=50_000)
def _rows_of(path: Path, _at: int, _size: int) -> int:
    with reading(path):
        return int(pq.read_metadata(path).num_rows)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Tell in our words that a file is no Parquet file.

    Raises:
        BrokenSegment: it is none, or was changed.
    """
    try:
        yield
    except pa.ArrowException as error:
        raise BrokenSegment(
            where=str(path),
            why="it cannot be read as Parquet",
            why_zh="无法作为 Parquet 读取",
        ) from error


def write(
    path: Path, tables: Iterable[pa.Table], contents: Contents, *, packed: bool = False
) -> None:
    """Put a segment in its place, durable; whoever looks finds all of it, or what was there.

    Args:
        path: its place.
        tables: its rows, in order; at least one, all of one schema.
        contents: what it says about itself.
        packed: whether it is to be small rather than soon written.

    Raises:
        LakeUnwritable: the disk is full, or the folder may not be written.
    """
    with writing(path):
        make(path.parent)
        beside = path.with_name(path.name + PART)
        try:
            with beside.open("wb") as out:
                _write(out, tables, contents, "zstd" if packed else "snappy")
                out.flush()
                os.fsync(out.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        sync(path.parent)


def _write(out: BinaryIO, tables: Iterable[pa.Table], contents: Contents, codec: str) -> None:
    rest = iter(tables)
    first = next(rest)
    says = {_SAYS: msgspec.json.encode(contents)}
    schema = first.schema.with_metadata(says)
    with pq.ParquetWriter(out, schema, compression=codec, write_page_checksum=True) as writer:
        for group in _groups(_after(first, rest)):
            writer.write_table(group.cast(schema), row_group_size=_GROUP_ROWS)


def _after(first: pa.Table, rest: Iterator[pa.Table]) -> Iterator[pa.Table]:
    yield first
    yield from rest


def _groups(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Put small tables together, so that a file has few groups of rows."""
    waiting: list[pa.Table] = []
    rows = size = 0
    for one in tables:
        waiting.append(one)
        rows += one.num_rows
        size += one.nbytes
        if rows >= _GROUP_ROWS or size >= _GROUP_BYTES:
            yield pa.concat_tables(waiting)
            waiting, rows, size = [], 0, 0
    if waiting:
        yield pa.concat_tables(waiting)


def read(path: Path) -> pa.Table:
    """Return the rows of a segment.

    Raises:
        BrokenSegment: it is no Parquet file, or a page of it was changed.
    """
    with reading(path):
        return pq.ParquetFile(path, page_checksum_verification=True).read(use_threads=False)


def make(folder: Path) -> None:
    """Make a folder, durable, with those above it."""
    if folder.is_dir():
        return
    make(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def sync(folder: Path) -> None:
    """Make what was renamed in a folder survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_ours(path: Path) -> bool:
    """Tell whether we have written a segment."""
    return contents_of(path) is not None


def count_positions(table: pa.Table) -> Counter[str]:
    """Return how many rows each message has in a table."""
    return Counter(table[POSITION].to_pylist())
