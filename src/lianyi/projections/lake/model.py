"""What a file of the lake says about itself, and what several of them say together. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import reduce
from typing import Final, NamedTuple

import msgspec

FORM: Final = "lianyi lake 1"
LABEL: Final = re.compile(r"[\w-]{1,60}")
"""What a source and a table may be called: it is the name of a folder."""


class Named(NamedTuple):
    """A table of the lake: which system, and what it calls it."""

    source: str
    table: str

    def __str__(self) -> str:
        return f"{self.source}.{self.table}"


class LakeColumn(msgspec.Struct, frozen=True):
    """One column.

    Attributes:
        name: in the file.
        said: as the source calls it.
        type: as the source calls it.
        kind: how its texts read; see :class:`lianyi.base.rows.Column`.
        known: False: nobody knows the type.
    """

    name: str
    said: str
    type: str
    kind: str
    known: bool = True


class Loaded(msgspec.Struct, frozen=True):
    """What came of a load of a whole table.

    Attributes:
        number: of the load, as the source counts.
        began_at: when it was begun, ISO 8601; loads of one number that began apart are two.
        received_from: when its first message came, ISO 8601 in UTC.
        received_to: when its last came.
        rows: that came.
        erased: rows of it that were erased since.
        said: how many rows the source says it holds; only known at its end.
        ended: whether the end has come.
    """

    number: int
    began_at: str
    received_from: str
    received_to: str
    rows: int
    erased: int = 0
    said: int = 0
    ended: bool = False


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What some messages of one table hold together.

    Attributes:
        source: the system.
        table: its label.
        mode: of the newest message.
        key: names in the file of the columns that tell rows apart.
        columns: of the newest message.
        messages: how many.
        rows: that they held.
        odd: values that are not of the type of their column; they lie in ``_odd`` as text.
        erased_messages: of them, how many were erased since.
        erased_rows: rows that went with these.
        batch_from: lowest number of a message among those of the table, as the source counts.
        batch_to: highest.
        received_from: when the first came, ISO 8601 in UTC.
        received_to: when the last came.
        marked: columns of the watermark, without those of the key.
        mark: the highest values of these that were given.
        loads: of mode ``full``.
        original: position of the content of a message that a person let through; else empty.
        form: of this.
    """

    source: str
    table: str
    mode: str
    key: tuple[str, ...]
    columns: tuple[LakeColumn, ...]
    messages: int
    rows: int
    odd: int = 0
    erased_messages: int = 0
    erased_rows: int = 0
    batch_from: int = 0
    batch_to: int = 0
    received_from: str = ""
    received_to: str = ""
    marked: tuple[str, ...] = ()
    mark: tuple[str, ...] = ()
    loads: tuple[Loaded, ...] = ()
    original: str = ""
    form: str = FORM

    @property
    def present(self) -> int:
        """How many rows there are to read."""
        return self.rows - self.erased_rows

    @property
    def newest_load(self) -> Loaded | None:
        """The newest load whose end has come."""
        ended = [one for one in self.loads if one.ended]
        return max(ended, key=lambda one: (one.received_to, one.number), default=None)


def together(all_: Iterable[Contents]) -> Contents:
    """Return what several say together; in whatever order they are put together, it is the same."""
    return reduce(_both, all_)


def _both(one: Contents, other: Contents) -> Contents:
    older, newer = sorted((one, other), key=lambda each: (each.received_to, each.batch_to))
    marked = newer if newer.mark else older
    return Contents(
        source=newer.source,
        table=newer.table,
        mode=newer.mode,
        key=newer.key,
        columns=newer.columns,
        messages=one.messages + other.messages,
        rows=one.rows + other.rows,
        odd=one.odd + other.odd,
        erased_messages=one.erased_messages + other.erased_messages,
        erased_rows=one.erased_rows + other.erased_rows,
        batch_from=min(one.batch_from, other.batch_from),
        batch_to=max(one.batch_to, other.batch_to),
        received_from=min(one.received_from, other.received_from),
        received_to=max(one.received_to, other.received_to),
        marked=marked.marked,
        mark=marked.mark,
        loads=_loads((*one.loads, *other.loads)),
    )


def _loads(all_: Iterable[Loaded]) -> tuple[Loaded, ...]:
    found: dict[tuple[str, int], Loaded] = {}
    for one in all_:
        place = (one.began_at, one.number)
        before = found.get(place)
        found[place] = one if before is None else _same_load(before, one)
    return tuple(load for _, load in sorted(found.items()))


def _same_load(one: Loaded, other: Loaded) -> Loaded:
    return Loaded(
        number=one.number,
        began_at=one.began_at,
        received_from=min(one.received_from, other.received_from),
        received_to=max(one.received_to, other.received_to),
        rows=one.rows + other.rows,
        erased=one.erased + other.erased,
        said=max(one.said, other.said),
        ended=one.ended or other.ended,
    )
