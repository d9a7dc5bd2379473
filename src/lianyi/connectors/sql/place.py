"""Where the reading of each table stands. It is the fold of the messages that the log has taken.

Whoever gives a batch moves the place when the log has it; whoever starts after a crash takes the
place that was remembered last and folds the messages that came after it. So no batch is forgotten,
and none is given twice, whenever the process ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from lianyi.base.rows import Header, Value, read


@dataclass(frozen=True, slots=True)
class Place:
    """Where one table stands.

    Attributes:
        batch: number of the last message.
        high: incremental: watermark and key of the highest row that was given.
        columns: name and type of each, as the last message had them.
        load: full: number of the last load that was begun.
        is_open: whether that load has no end message yet.
        began_at: full: when the last load that came to its end began, ISO 8601.
        unmarked: outbox: keys of the rows that the log has and that may not be marked done yet.
    """

    batch: int = 0
    high: tuple[str, ...] | None = None
    columns: tuple[tuple[str, str], ...] = ()
    load: int = 0
    is_open: bool = False
    began_at: str = ""
    unmarked: tuple[tuple[str, ...], ...] = ()


BEGINNING = Place()
Places = Mapping[str, Place]
"""By the label of the table."""


def after(place: Place, header: Header, rows: Sequence[Sequence[Value]]) -> Place:
    """Return where a table stands when the log has one message more."""
    if header.batch <= place.batch:
        return place
    columns = tuple((column.name, column.type) for column in header.columns)
    moved = replace(place, batch=header.batch, columns=columns)
    if header.watermark is not None:
        return replace(moved, high=tuple(str(value) for value in header.watermark.to))
    if header.load is not None:
        load = header.load
        began_at = load.began_at if load.ended else place.began_at
        return replace(moved, load=load.number, is_open=not load.ended, began_at=began_at)
    if header.mode != "outbox":
        return moved
    at = [[column.name for column in header.columns].index(name) for name in header.key]
    return replace(moved, unmarked=tuple(tuple(str(row[n]) for n in at) for row in rows))


def marked(place: Place) -> Place:
    """Return where an outbox stands when all that the log has is marked done."""
    return replace(place, unmarked=())


def fold(places: Places, system: str, bodies: Sequence[bytes]) -> dict[str, Place]:
    """Return where the tables of a system stand when the log has these messages too."""
    found = dict(places)
    for body in bodies:
        try:
            header, rows = read(body)
        except ValueError:
            continue  # what is not of this form did not come from here
        if header.source == system:
            found[header.table] = after(found.get(header.table, BEGINNING), header, rows)
    return found


def dump(places: Places) -> bytes:
    """Return places as bytes to remember."""
    return orjson.dumps(dict(places))


def load(text: bytes) -> dict[str, Place]:
    """Return places that were remembered; none from nothing."""
    found = orjson.loads(text) if text else {}
    return {name: _place(said) for name, said in found.items()}


def _place(said: Mapping[str, Any]) -> Place:
    high = said["high"]
    return Place(
        batch=said["batch"],
        high=None if high is None else tuple(high),
        columns=tuple((name, type_) for name, type_ in said["columns"]),
        load=said["load"],
        is_open=said["is_open"],
        began_at=said["began_at"],
        unmarked=tuple(tuple(key) for key in said["unmarked"]),
    )
