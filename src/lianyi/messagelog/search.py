"""Looking for messages: what a person asks, and what he is shown."""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from lianyi.messagelog.message import Position


class Entry(NamedTuple):
    """One line of a list of messages: everything but the body."""

    shard: int
    number: int
    received_at: datetime
    channel: int
    kind: str
    codec: str
    sender: str
    keys: tuple[str, ...]
    gate: int
    caused_by: Position | None
    size_bytes: int
    tombstone: bool

    @property
    def position(self) -> Position:
        """Where it stands."""
        return Position(self.shard, self.number)

    @property
    def place(self) -> Place:
        """Where it stands among the messages of all shards."""
        return Place(self.received_at, self.shard, self.number)


class Place(NamedTuple):
    """Where a message stands among those of all shards: the order of their reception."""

    received_at: datetime
    shard: int
    number: int


class Near(NamedTuple):
    """What was found on one side of a message.

    Attributes:
        entry: the nearest message; None: the database holds none.
        archived: whether archived segments, which were not looked through, may hold a nearer one.
    """

    entry: Entry | None
    archived: bool


class Wanted(NamedTuple):
    """Which messages a person looks for; None and empty mean any."""

    text: str = ""
    shards: Collection[int] = ()
    channels: Collection[int] = ()
    kind: str = ""
    unlike: str = ""
    """A kind that is not wanted, with ``*`` for anything."""
    gate: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    below: Mapping[int, int] | None = None
    """For each shard, only numbers below this one: where the page before ended."""
    keys: Collection[str] = ()
    """Keys that must all be there, with their letter: ``w:4711`` or ``w:4711^HIS``."""
    lacks: Collection[str] = ()
    """Keys none of which may be there."""


def term(value: str) -> int:
    """Return the search term of a key value: its CRC-32 as PostgreSQL's signed integer."""
    crc = zlib.crc32(value.encode("utf-8", "surrogatepass"))
    return crc - 0x1_0000_0000 if crc >= 0x8000_0000 else crc


def terms_of(keys: Sequence[str]) -> list[int]:
    """Return the search terms of keys: each value without its letter and its authority."""
    return list({term(key[2:].partition("^")[0]) for key in keys})


def terms_wanted(wanted: Wanted) -> list[int]:
    """Return the search terms that a wanted message has; empty when no key is asked for."""
    values = [key[2:] for key in wanted.keys] + ([wanted.text] if wanted.text else [])
    return list({term(value.partition("^")[0]) for value in values})


def matches(entry: Entry, wanted: Wanted) -> bool:
    """Tell whether a message is wanted; shards and places are not looked at here."""
    return (
        (not wanted.text or any(_has_value(key, wanted.text) for key in entry.keys))
        and all(_has_key(entry, key) for key in wanted.keys)
        and not any(_has_key(entry, key) for key in wanted.lacks)
        and (not wanted.channels or entry.channel in wanted.channels)
        and (not wanted.kind or bool(_kind_pattern(wanted.kind).fullmatch(entry.kind)))
        and not (wanted.unlike and _kind_pattern(wanted.unlike).fullmatch(entry.kind))
        and (wanted.gate is None or entry.gate == wanted.gate)
        and (wanted.since is None or entry.received_at >= wanted.since)
        and (wanted.until is None or entry.received_at < wanted.until)
    )


def _has_value(key: str, text: str) -> bool:
    value = key[2:]
    return value == text or value.startswith(text + "^")


def _has_key(entry: Entry, wanted: str) -> bool:
    return any(key == wanted or key.startswith(wanted + "^") for key in entry.keys)


@lru_cache(maxsize=64)
def _kind_pattern(kind: str) -> re.Pattern[str]:
    """Return the pattern of a kind in which ``*`` stands for anything."""
    return re.compile(".*".join(re.escape(part) for part in kind.split("*")), re.DOTALL)
