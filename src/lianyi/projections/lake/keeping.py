"""Keeping the files in order: after a crash, in the night, and when something was erased.

Nothing here changes a row, but for erasure. Each step leaves a lake that reads the same, so it may
be the last one before a crash: a longer segment is in its place before those go that lie in it.
Only one process does this at a time, the same that lands rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from msgspec.structs import replace

from lianyi.messagelog.message import Position
from lianyi.projections.lake import segments as files
from lianyi.projections.lake.model import Contents, Loaded, together
from lianyi.projections.lake.problems import writing
from lianyi.projections.lake.segments import PART, POSITION, RAW, Segment

GRACE: Final = timedelta(minutes=10)
"""Whoever began to read a file may go on for so long after it was put together with others."""
LOOSE_MAX: Final = 200
"""When a day that is not over has so many small segments, they are put together already."""
BYTES_MAX: Final = 268_435_456
"""A segment is not made longer than about this."""


class _Known(NamedTuple):
    """A segment, what it says, and the day and columns that one put together has in common."""

    segment: Segment
    contents: Contents | None
    day: str
    columns: tuple[object, ...]
    size_bytes: int


def places(folder: Path, standing: Mapping[int, int]) -> dict[int, int]:
    """Return where the reader of each shard goes on: in the middle of no segment.

    A segment is cut nowhere: of a database that was restored the reader stands in the middle of
    some, and goes back to where they begin.

    Args:
        folder: of the lake.
        standing: the last number of each shard that is done with.
    """
    ours = [one for one in _everything(folder) if files.is_ours(one.path)]
    found = dict(standing)
    for one in sorted(ours, key=lambda each: -each.last):
        if one.first <= found.get(one.shard, 0) < one.last:
            found[one.shard] = one.first - 1
    return found


def tidy(folder: Path, standing: Mapping[int, int]) -> int:
    """Remove what a crash has left: whatever lies beyond the place where the reader stands.

    Args:
        folder: of the lake.
        standing: what :func:`places` returned.

    Returns:
        How many files were removed.

    Raises:
        LakeUnwritable: a file cannot be removed.
    """
    goes = [*(folder / RAW).glob(f"*/*/*{PART}")]
    goes += [
        one.path
        for one in _everything(folder)
        if one.last > standing.get(one.shard, 0) and files.is_ours(one.path)
    ]
    for path in goes:
        _remove(path)
    return len(goes)


def _everything(folder: Path) -> Iterator[Segment]:
    for named in files.tables_of(folder):
        yield from files.every_segment(files.place_of(folder, named))


def _rows_of(table: pa.Table, load: Loaded) -> int:
    """Return how many rows of a table are of a load."""
    return int(pc.sum(pc.equal(table["_load"], load.number), min_count=0).as_py() or 0)


def compact(folder: Path, *, now: datetime, stop: Collection[object] = ()) -> int:
    """Put the segments of each day together that is over, and the many small ones of today.

    Args:
        folder: of the lake.
        now: the moment; days are those of UTC.
        stop: when it holds anything, the work ends after the file in hand.

    Returns:
        How many segments were written.

    Raises:
        LakeUnwritable: the disk is full, or the folder may not be written.
        BrokenSegment: a file cannot be read.
    """
    written = 0
    today = now.astimezone(UTC).date().isoformat()
    for named in files.tables_of(folder):
        place = files.place_of(folder, named)
        _sweep(place, until=now - GRACE)
        for run in _runs(_known(place), today=today):
            if stop:
                return written
            _join(run)
            written += 1
    return written


def _known(place: Path) -> list[_Known]:
    found = []
    for one in files.live(files.every_segment(place)):
        contents = files.contents_of(one.path)
        like: tuple[object, ...]
        day, like = "", (one.path, (), "")  # not ours, or let through by a person: it stays alone
        if contents is not None and not contents.original:
            day = contents.received_from[:10]
            like = contents.columns, contents.key, contents.mode
        found.append(_Known(one, contents, day, like, one.path.stat().st_size))
    return found


def _runs(known: Sequence[_Known], *, today: str) -> Iterator[list[_Known]]:
    """Give what is put together: neighbours of one day and one shard with the same columns."""

    def likeness(one: _Known) -> tuple[int, str, tuple[object, ...], bool]:
        messages = one.contents.messages if one.contents else 0
        small = one.day != today or messages < LOOSE_MAX
        return one.segment.shard, one.day, one.columns, small

    for (_, day, _, small), alike in groupby(known, key=likeness):
        least = LOOSE_MAX if day == today else 2
        if not small:
            continue
        for run in _of_size(alike):
            if len(run) >= least:
                yield run


def _of_size(all_: Iterator[_Known]) -> Iterator[list[_Known]]:
    run: list[_Known] = []
    size = 0
    for one in all_:
        if run and size + one.size_bytes > BYTES_MAX:
            yield run
            run, size = [], 0
        run.append(one)
        size += one.size_bytes
    if run:
        yield run


def _join(run: Sequence[_Known]) -> None:
    """Write one segment in the place of several; those go when nobody can read them any more."""
    first, last = run[0].segment, run[-1].segment
    path = first.path.with_name(files.file_name(first.shard, first.first, last.last))
    tables = (files.read(one.segment.path) for one in run)
    said = together(one.contents for one in run if one.contents is not None)
    files.write(path, tables, said, packed=True)


def _sweep(place: Path, *, until: datetime | None = None) -> None:
    """Remove the segments that lie in longer ones, when those were there at a moment already."""
    everything = files.every_segment(place)
    read = files.live(everything)
    kept = {one.path for one in read}
    for one in everything:
        if one.path in kept or not files.is_ours(one.path):
            continue
        longer = next(each for each in read if _lies_in(one, each))
        if until is None or longer.path.stat().st_mtime <= until.timestamp():
            _remove(one.path)


def _lies_in(one: Segment, other: Segment) -> bool:
    return one.shard == other.shard and other.first <= one.first and one.last <= other.last


def erase(folder: Path, positions: Collection[Position]) -> int:
    """Take the rows of erased messages out of every file, at once.

    Args:
        folder: of the lake.
        positions: of the messages.

    Returns:
        How many segments were written anew.

    Raises:
        LakeUnwritable: a file cannot be written or removed.
        BrokenSegment: one cannot be read.
    """
    written = 0
    for named in files.tables_of(folder):
        place = files.place_of(folder, named)
        for one in files.live(files.every_segment(place)):
            contents = files.contents_of(one.path)
            here = {str(at) for at in positions if _may_hold(one, contents, at)}
            if contents is not None and here:
                written += _without(one.path, contents, here)
                _sweep(place)  # older forms hold the same rows
    return written


def _may_hold(segment: Segment, contents: Contents | None, at: Position) -> bool:
    if contents is not None and contents.original:
        return contents.original == str(at)
    return segment.shard == at.shard and segment.first <= at.number <= segment.last


def _without(path: Path, contents: Contents, positions: Collection[str]) -> bool:
    """Write a segment without the rows of some messages; False when it holds none of them."""
    table = files.read(path)
    goes = pc.is_in(table[POSITION], value_set=pa.array(sorted(positions), pa.string()))
    gone = table.filter(goes)
    if gone.num_rows == 0:
        return False
    kept = table.filter(pc.invert(goes))
    loads = tuple(
        replace(load, erased=load.erased + _rows_of(gone, load)) for load in contents.loads
    )
    said = replace(
        contents,
        erased_messages=contents.erased_messages + len(files.count_positions(gone)),
        erased_rows=contents.erased_rows + gone.num_rows,
        loads=loads,
    )
    files.write(path, [kept], said, packed=True)
    return True


def _remove(path: Path) -> None:
    with writing(path):
        path.unlink(missing_ok=True)
