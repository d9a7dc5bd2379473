"""What has come to a table of the lake since it was mapped. Pure.

The lake only adds: messages come behind those that are there, and pieces that are put together hold
the same rows. Where that does not explain what lies there now (a message was erased by law, the log
was restored, somebody has put a file there), it cannot be told which rows are other, and the table
is mapped as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lianyi.base.settings import Section


class Untold(Exception):
    """It cannot be told which rows are other than before: no error, only the longer way."""

    def __init__(self, why: str) -> None:
        """Say why, in a word for the log."""
        super().__init__(why)
        self.why = why


class Piece(Section):
    """The messages of a table that lie in one file.

    Attributes:
        shard: of the log.
        first: number of the first message.
        last: number of the last.
        rows: that lie there.
        messages: that came, erased ones too.
        came_from: when the first came, ISO 8601 in UTC.
        came_to: when the last came.
        stamp: of a file that somebody else has put there: any change of it is another file.
    """

    shard: int
    first: int
    last: int
    rows: int
    messages: int = 0
    came_from: str = ""
    came_to: str = ""
    stamp: str = ""


class Standing(Section):
    """What there is of a table, and which of its rows are current.

    Attributes:
        pieces: in the order of their messages.
        is_told: whether the files say how the table comes, that is: whether they are ours.
        mode: how it comes.
        key: what tells its rows apart.
        load: the newest whole load that has ended, as text; empty: none.
    """

    pieces: tuple[Piece, ...]
    is_told: bool = False
    mode: str = ""
    key: tuple[str, ...] = ()
    load: str = ""


@dataclass(frozen=True, slots=True)
class Mixed:
    """A piece that holds new messages behind known ones.

    Attributes:
        piece: its number among those that there are now.
        up_to: number of the last message that is known.
        rows: that are known of it.
        came_to: when the last known message came.
    """

    piece: int
    up_to: int
    rows: int
    came_to: str


@dataclass(frozen=True, slots=True)
class News:
    """What has come.

    Attributes:
        fresh: numbers of pieces that hold nothing but new messages.
        mixed: pieces that hold new ones too.
        is_reloaded: a newer load of the whole table has ended: it says every row anew.
    """

    fresh: tuple[int, ...] = ()
    mixed: tuple[Mixed, ...] = ()
    is_reloaded: bool = False

    def __bool__(self) -> bool:
        """Tell whether a row may be other than before."""
        return bool(self.fresh or self.mixed or self.is_reloaded)


def news(before: Standing, now: Standing) -> News:
    """Return what has come between two looks at a table.

    Raises:
        Untold: something else has happened than that messages came.
    """
    if (before.is_told, before.mode, before.key) != (now.is_told, now.mode, now.key):
        raise Untold("rule")
    fresh, mixed = _come(before.pieces, now.pieces)
    is_reloaded = before.load != now.load
    if now.mode == "full":
        if not is_reloaded:  # what has come is of a load that has not ended: it says nothing yet
            return News()
    elif is_reloaded:
        raise Untold("load")
    return News(fresh, mixed, is_reloaded)


def _come(
    before: Sequence[Piece], now: Sequence[Piece]
) -> tuple[tuple[int, ...], tuple[Mixed, ...]]:
    known = set(before)
    last = {
        shard: max(one.last for one in before if one.shard == shard) for shard in _shards(before)
    }
    fresh: list[int] = []
    mixed: list[Mixed] = []
    found = 0
    for number, piece in enumerate(now):
        if piece in known:
            found += 1
            continue
        inside = [one for one in before if _lies_in(one, piece)]
        found += len(inside)
        if not inside:
            if piece.stamp or piece.first <= last.get(piece.shard, -1):
                raise Untold("pieces")
            fresh.append(number)
        elif piece.stamp or any(one.stamp for one in inside):
            raise Untold("pieces")
        elif piece.last <= last[piece.shard]:
            if _sum(inside) != _sum([piece]):
                raise Untold("pieces")
        else:
            rows, came_to = sum(one.rows for one in inside), max(one.came_to for one in inside)
            mixed.append(Mixed(number, last[piece.shard], rows, came_to))
    if found != len(before):
        raise Untold("pieces")
    return tuple(fresh), tuple(mixed)


def _shards(pieces: Sequence[Piece]) -> set[int]:
    return {one.shard for one in pieces}


def _lies_in(one: Piece, other: Piece) -> bool:
    return one.shard == other.shard and other.first <= one.first and one.last <= other.last


def _sum(pieces: Sequence[Piece]) -> tuple[int, int, str, str]:
    """Return what pieces say together; put together they say the same."""
    return (
        sum(one.rows for one in pieces),
        sum(one.messages for one in pieces),
        min(one.came_from for one in pieces),
        max(one.came_to for one in pieces),
    )
