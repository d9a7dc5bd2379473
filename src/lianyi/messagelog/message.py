"""What is written into the log, and where in it a message stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

KEY_SEPARATOR = "\x1f"
"""Stands between keys where a store keeps them as one text; never inside one."""


class Position(NamedTuple):
    """The place of a message in the log. Within a shard, order of numbers is order of commit.

    Attributes:
        shard: 0 holds the acts of people and of the platform itself; others belong to channels.
        number: counts from 1 in each shard, rising, without holes.
    """

    shard: int
    number: int

    def __str__(self) -> str:
        return f"{self.shard}-{self.number}"

    @classmethod
    def parse(cls, text: str) -> Position:
        """Read what ``str`` wrote, e.g. ``1-4711``.

        Raises:
            ValueError: it is not of that form.
        """
        shard, _, number = text.partition("-")
        return cls(int(shard), int(number))


class Gate(IntEnum):
    """What the validation gate of a channel said when the message came in (A1.15)."""

    ACCEPT = 0
    WARN = 1
    HOLD = 2


class NewMessage(NamedTuple):
    """A message that asks to be recorded.

    Attributes:
        channel: number of the channel that received it; 0 for acts.
        kind: format and trigger event, ``hl7v2 ADT^A01``, ``json``, ``act delivery.dismissed``.
        body: the bytes exactly as they arrived.
        codec: Python name of the text codec of ``body``; empty when it is not text.
        sender: what names the sending system, ``HIS|HOSP1``; the actor for acts.
        keys: what people and rules find it by, each ``<letter>:<value>``: ``p:`` patient
            identifier ``value^authority``, ``e:`` encounter, ``o:`` order, ``a:`` accession,
            ``c:`` control id. The first ``p:`` is the patient whose order is kept.
        gate: what the validation gate said.
        caused_by: position of the message that led to this one.
        body_hash: SHA-256 of ``body`` where the caller has it already; empty: it is computed.
    """

    channel: int
    kind: str
    body: bytes
    codec: str = ""
    sender: str = ""
    keys: Sequence[str] = ()
    gate: int = 0
    caused_by: Position | None = None
    body_hash: bytes = b""


def is_storable(text: str) -> bool:
    """Tell whether every store can hold a text: valid Unicode, no NUL."""
    return "\x00" not in text and text.encode("utf-8", "replace").decode("utf-8") == text


def storable(message: NewMessage) -> NewMessage:
    """Return the message with texts that every store can hold: valid Unicode, no NUL.

    Keys come out of what a sender wrote; one bad one must not stop the batch it is in.
    """
    text = "".join((message.kind, message.sender, message.codec, *message.keys))
    if text.isprintable() and "" not in message.keys:
        return message

    return message._replace(
        kind=storable_text(message.kind),
        sender=storable_text(message.sender),
        codec=storable_text(message.codec),
        keys=tuple(storable_text(key) for key in message.keys if key),
    )


def storable_text(text: str) -> str:
    """Return a text as every store can hold it, the way keys are written."""
    for control in ("\x00", KEY_SEPARATOR):
        text = text.replace(control, "\ufffd")
    return text.encode("utf-8", "replace").decode("utf-8")


class LogMessage(NamedTuple):
    """A recorded message. It never changes and has no state; deliveries have.

    Attributes:
        shard: the shard it lies in.
        number: its number there.
        received_at: when it was appended, aware, UTC.
        chain: 32 bytes; SHA-256 over the chain of the message before it and everything here.
        tombstone: True when the body was lawfully erased; ``body`` then says why and by whom.
        others: see :class:`NewMessage`.
    """

    shard: int
    number: int
    received_at: datetime
    channel: int
    kind: str
    body: bytes
    codec: str
    sender: str
    keys: Sequence[str]
    gate: int
    caused_by: Position | None
    chain: bytes
    tombstone: bool = False

    @property
    def position(self) -> Position:
        """Where it stands."""
        return Position(self.shard, self.number)

    def key(self, letter: str) -> str:
        """Return the first key of a kind, without its letter; empty when there is none."""
        for key in self.keys:
            if key[0] == letter:
                return key[2:]
        return ""
