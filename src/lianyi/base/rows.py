"""Rows of another system's table as one message: an open form that says what it holds.

A message is lines of JSON in UTF-8. The first is its header: which table, which columns with the
source's type and ours, what part of the table this is. Each further line is one row: a list as
long as the columns, every value a text or null. Nothing is a JSON number, so that no reader can
round it; nothing is left out, so that an empty text and no value stay two things.

It lies here because those who ask (``connectors/sql``) write it, and everybody above reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

FORM = "lianyi rows 1"
CONTENT_TYPE = "application/x-ndjson"

Mode = Literal["incremental", "full", "outbox"]
Value = str | None
Row = Sequence[Value]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: as the source, or the query, calls it.
        type: as the source calls it: ``numeric(18,4)``, ``bigint(20) unsigned``.
        kind: how its texts read, one of :data:`lianyi.connectors.sql.types.KINDS`.
        known: False: nobody knows the type; its values are as the source writes them.
    """

    name: str
    type: str
    kind: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class Watermark:
    """From where to where an incremental batch goes.

    Attributes:
        columns: watermark columns, then the key columns that break ties.
        after: values of the last row before; None at the very beginning.
        to: values of the highest row that has been given when this message stands.
    """

    columns: tuple[str, ...]
    after: tuple[Value, ...] | None
    to: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """Which part of a load of the whole table this is. A load without its end is not complete.

    Attributes:
        number: of the load, counted up for each table.
        part: of the load, from 1.
        began_at: when, ISO 8601 in UTC; all parts show the table as it was then.
        ended: True in the last message of a load, which holds no rows.
        rows: how many rows all parts hold together; only in the last.
        broken: number of the load before, when it never ended; else 0. Only in the first part.
    """

    number: int
    part: int
    began_at: str
    ended: bool = False
    rows: int = 0
    broken: int = 0


@dataclass(frozen=True, slots=True)
class Changed:
    """How the columns differ from those of the message before."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """What stands in the first line.

    Attributes:
        source: the system.
        table: its label.
        batch: number of this message among those of the table, from 1, without a gap.
        rows: how many follow.
        key: the columns that tell rows apart.
    """

    source: str
    table: str
    mode: Mode
    batch: int
    rows: int
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    watermark: Watermark | None = None
    load: Load | None = None
    changed: Changed | None = None
    form: str = FORM


def write(header: Header, lines: Iterable[bytes]) -> bytes:
    """Return a message of rows that :func:`line` has written."""
    return b"".join((orjson.dumps(header), b"\n", *lines))


def line(row: Row) -> bytes:
    """Return one row as its line."""
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


def read(body: bytes) -> tuple[Header, list[list[Value]]]:
    """Read a message of rows.

    Raises:
        ValueError: it does not follow the form.
    """
    first, *rest = body.splitlines()
    header = header_of(first)
    rows = [orjson.loads(one) for one in rest]
    width = len(header.columns)
    if len(rows) != header.rows or any(not _is_row(row, width) for row in rows):
        raise ValueError("the rows are not those of the header")
    return header, rows


def header_of(first: bytes) -> Header:
    """Read the first line of a message of rows.

    Raises:
        ValueError: it is no header.
    """
    try:
        said = orjson.loads(first)
        if said.get("form") != FORM:
            raise ValueError("another form")
        mark, load, changed = said.get("watermark"), said.get("load"), said.get("changed")
        return Header(
            **{
                **said,
                "key": tuple(said["key"]),
                "columns": tuple(Column(**one) for one in said["columns"]),
                "watermark": _watermark(mark) if mark else None,
                "load": Load(**load) if load else None,
                "changed": Changed(**{k: tuple(v) for k, v in changed.items()})
                if changed
                else None,
            }
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("the first line is no header of rows") from error


def _watermark(said: dict[str, Any]) -> Watermark:
    after = said["after"]
    return Watermark(
        tuple(said["columns"]), None if after is None else tuple(after), tuple(said["to"])
    )


def _is_row(row: object, width: int) -> bool:
    return (
        isinstance(row, list)
        and len(row) == width
        and all(value is None or isinstance(value, str) for value in row)
    )
