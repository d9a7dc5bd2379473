"""From messages of rows to segments: which rows lie in which file, what it says of itself. Pure.

Messages of one table that follow each other and have the same columns make one file. How they are
put together changes no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple

import orjson
import pyarrow as pa  # type: ignore[import-untyped]
from msgspec import convert
from msgspec.structs import replace

from lianyi.base import rows
from lianyi.messagelog.message import Position
from lianyi.projections.lake.kinds import type_of, typed
from lianyi.projections.lake.model import LABEL, Contents, LakeColumn, Loaded, Named, together
from lianyi.projections.lake.problems import UnreadableRows
from lianyi.projections.lake.segments import ODD, OURS

Row = Sequence[rows.Value]


class Arrived(NamedTuple):
    """A message of rows, and where it stands.

    Attributes:
        at: its place in the log, after which the segment is called.
        original: where its content lies: elsewhere, when a person let it through.
        received_at: when the content came.
        header: what it says.
        rows: that it holds.
    """

    at: Position
    original: Position
    received_at: datetime
    header: rows.Header
    rows: Sequence[Row]


class Landing(NamedTuple):
    """A segment to be.

    Attributes:
        named: its table.
        shard: of its messages.
        first: number of the first.
        last: number of the last.
        table: its rows.
        contents: what it says of itself.
    """

    named: Named
    shard: int
    first: int
    last: int
    table: pa.Table
    contents: Contents


def said_in(body: bytes, *, where: str) -> tuple[rows.Header, Sequence[Row]]:
    """Read the rows of a message.

    Raises:
        UnreadableRows: it does not follow the form, or its table cannot be the name of a folder.
    """
    try:
        header, found = rows.read(body)
        convert(asdict(header), rows.Header)  # each thing is of its kind
    except (ValueError, IndexError) as error:
        raise UnreadableRows(
            where=where, why="it does not follow the form", why_zh="不符合行数据格式"
        ) from error
    names = {column.name for column in header.columns}
    load = header.load.number if header.load else 0
    if (
        not names.issuperset(header.key)
        or not 0 <= min(header.batch, load) <= max(header.batch, load) < 2**63
    ):
        raise UnreadableRows(
            where=where, why="its key or a number of it cannot be", why_zh="主键或编号不合理"
        )
    if not (LABEL.fullmatch(header.source) and LABEL.fullmatch(header.table)):
        raise UnreadableRows(
            where=where,
            why="the name of its source or table is none",
            why_zh="来源系统名或表名不合规则",
        )
    return header, found


def land(arrived: Iterable[Arrived]) -> list[Landing]:
    """Return the segments that messages of one shard make, in the order of their first messages."""
    tables: dict[Named, list[Arrived]] = {}
    for one in arrived:
        tables.setdefault(Named(one.header.source, one.header.table), []).append(one)
    return [
        segment(list(alike))
        for of_table in tables.values()
        for _, alike in groupby(of_table, key=_likeness)
    ]


def _likeness(one: Arrived) -> object:
    """What messages of one file have in common; what a person let through has a file of its own."""
    header = one.header
    return header.columns, header.key, header.mode, one.at if one.at != one.original else None


def segment(alike: Sequence[Arrived]) -> Landing:
    """Return the segment of messages that have the same columns."""
    first, last = alike[0], alike[-1]
    header = first.header
    columns = held(header.columns)
    said = [row for one in alike for row in one.rows]
    arrays, fields = [], []
    odd: dict[int, dict[str, str]] = {}
    for place, column in enumerate(columns):
        type_ = type_of(column.kind, column.type)
        array, strangers = typed([row[place] for row in said], column.kind, type_)
        arrays.append(array)
        fields.append(pa.field(column.name, type_))
        for row, text in strangers.items():
            odd.setdefault(row, {})[column.name] = text
    ours = _ours(alike, odd)
    table = pa.Table.from_arrays([*arrays, *ours], schema=pa.schema([*fields, *OURS]))
    called = {column.said: column.name for column in columns}
    says = [contents_of(one, columns, tuple(called[key] for key in header.key)) for one in alike]
    contents = together(says)
    values = sum(len(texts) for texts in odd.values())
    return Landing(
        Named(header.source, header.table),
        first.at.shard,
        first.at.number,
        last.at.number,
        table,
        replace(contents, odd=values, original=_released(first)),
    )


def _released(one: Arrived) -> str:
    return str(one.original) if one.original != one.at else ""


def _ours(alike: Sequence[Arrived], odd: dict[int, dict[str, str]]) -> list[pa.Array]:
    """Return the columns that we add, in the order of the schema."""
    counts = [len(one.rows) for one in alike]

    def each(values: Iterable[object], name: str) -> pa.Array:
        spread = [value for value, count in zip(values, counts, strict=True) for _ in range(count)]
        return pa.array(spread, OURS.field(name).type)

    numbers = [number for count in counts for number in range(count)]
    strangers = [
        orjson.dumps(odd[place]).decode() if place in odd else None for place in range(sum(counts))
    ]
    return [
        each((str(one.original) for one in alike), "_position"),
        pa.array(numbers, OURS.field("_row").type),
        each((one.received_at for one in alike), "_received_at"),
        each((one.header.load.number if one.header.load else None for one in alike), "_load"),
        each((one.header.batch for one in alike), "_batch"),
        each((one.header.mode for one in alike), "_mode"),
        pa.array(strangers, OURS.field(ODD).type),
    ]


def held(columns: Sequence[rows.Column]) -> tuple[LakeColumn, ...]:
    """Return the columns as they lie in a file.

    To DuckDB ``ID`` and ``id`` are one name, and some names are ours: a later one of a name gets a
    number behind it.
    """
    taken = {name.casefold() for name in OURS.names}
    found = []
    for column in columns:
        name, number = column.name, 1
        while name.casefold() in taken:
            number += 1
            name = f"{column.name}_{number}"
        taken.add(name.casefold())
        found.append(LakeColumn(name, column.name, column.type, column.kind, column.known))
    return tuple(found)


def contents_of(one: Arrived, columns: tuple[LakeColumn, ...], key: tuple[str, ...]) -> Contents:
    """Return what one message says of its table."""
    header, came = one.header, one.received_at.astimezone(UTC).isoformat(timespec="microseconds")
    loads: tuple[Loaded, ...] = ()
    if header.load is not None:
        load = header.load
        loads = (
            Loaded(
                load.number,
                load.began_at,
                came,
                came,
                rows=len(one.rows),
                said=load.rows,
                ended=load.ended,
            ),
        )
    marks = {} if header.watermark is None else _marks(header.watermark, header.key)
    return Contents(
        source=header.source,
        table=header.table,
        mode=header.mode,
        key=key,
        columns=columns,
        messages=1,
        rows=len(one.rows),
        batch_from=header.batch,
        batch_to=header.batch,
        received_from=came,
        received_to=came,
        marked=tuple(marks),
        mark=tuple(marks.values()),
        loads=loads,
    )


def _marks(mark: rows.Watermark, key: tuple[str, ...]) -> dict[str, str]:
    """Return the highest values that came; never of a key, which may say whose row it is."""
    pairs = zip(mark.columns, mark.to, strict=False)
    return {name: value for name, value in pairs if value is not None and name not in key}
