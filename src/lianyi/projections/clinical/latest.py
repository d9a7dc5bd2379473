"""Whether one more statement may simply be put on top of what stands: a small note beside it. Pure.

Nearly every statement comes after all others of its resource and is said after them, too. The note
says what the others weigh and when the last of them came, so that they need not be read again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Final, NamedTuple

from lianyi.projections.clinical.folding import Entry, Place

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO: Final = timedelta(microseconds=1)
_NOTE: Final = Struct(">qhqhqi")


class Latest(NamedTuple):
    """What is known of all statements of a resource.

    Attributes:
        said_at, rank: of the one that weighs most.
        place: of the one that came last.
    """

    said_at: datetime
    rank: int
    place: Place

    def before(self, entry: Entry) -> bool:
        """Tell whether a statement comes after all of these and weighs more than each."""
        said = (entry.said_at, entry.rank)
        return entry.place > self.place and said >= (self.said_at, self.rank)


def latest_of(entries: list[Entry]) -> Latest:
    """Return what is known of some statements, at least one."""
    said_at, rank, _ = max(entry.weight for entry in entries)
    return Latest(said_at, rank, max(entry.place for entry in entries))


def pack(latest: Latest) -> bytes:
    """Write a note."""
    came_at, shard, number, part = latest.place
    return _NOTE.pack(_micros(latest.said_at), latest.rank, _micros(came_at), shard, number, part)


def unpack(note: bytes) -> Latest:
    """Read a note."""
    said, rank, came, *place = _NOTE.unpack(note)
    return Latest(_EPOCH + said * _MICRO, rank, Place(_EPOCH + came * _MICRO, *place))


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICRO
