"""What a destination's filter says of messages of which only the envelope is known.

Event, application and facility stand beside the body, in columns of the log. A filter that asks
for nothing else is answered by them alone, once for all messages that have them in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, NoReturn

from lianyi.base.errors import LianyiError
from lianyi.channels.compiled import CompiledChannel, CompiledDestination
from lianyi.channels.content import Content
from lianyi.channels.problems import NotInFormat
from lianyi.messagelog.message import KEY_SEPARATOR, LogMessage


def _inside(what: str) -> NoReturn:
    raise NotInFormat(where=what, format="envelope", why="it has no body", why_zh="没有消息内容")


class Envelope(Content):
    """What the log knows of a message beside its body; every look into the body raises."""

    format = "envelope"
    content_type = ""

    @property
    def processing(self) -> str:
        """Not to be had."""
        _inside("processing")

    def at(self, path: str) -> str:
        """Not to be had, wherever it stands."""
        _inside(path)

    def read(self) -> None:
        """Not to be had."""
        _inside("body")

    def get(self, path: str) -> str:
        """Not to be had."""
        _inside(path)

    def get_all(self, path: str) -> list[str]:
        """Not to be had."""
        _inside(path)

    def set(self, path: str, value: str) -> None:
        """Not to be changed."""
        _inside(path)

    def copy(self) -> Content:
        """Not to be changed."""
        _inside("body")

    def encode(self) -> bytes:
        """Not to be had."""
        _inside("body")


def wants_envelope(destination: CompiledDestination | None, kind: str, sender: str) -> bool | None:
    """Say whether a destination wants every message of a kind and sender.

    Returns:
        None when that depends on the body, or nobody knows the destination's filter.
    """
    if destination is None:
        return None
    try:
        return destination.wants(Envelope(b"", kind=kind, sender=sender))
    except LianyiError:
        return None


class Letter(NamedTuple):
    """What a filter may ask of one message, as it stands in the log."""

    number: int
    kind: str
    sender: str
    codec: str
    keys: str
    body: bytes


def wants_letter(channel: CompiledChannel, destination: CompiledDestination, found: Letter) -> bool:
    """Say whether a destination wants a message; one that cannot be read is tried and told."""
    content = channel.open(
        found.body,
        codec=found.codec,
        kind=found.kind,
        sender=found.sender,
        keys=found.keys.split(KEY_SEPARATOR) if found.keys else (),
    )
    return wants_content(destination, content)


def wants_content(destination: CompiledDestination, content: Content) -> bool:
    """Say whether a destination wants a message; one that cannot be read is tried and told."""
    try:
        return destination.wants(content)
    except LianyiError:
        return True


def wants_message(
    channel: CompiledChannel, destination: CompiledDestination, message: LogMessage
) -> bool | None:
    """Say whether a destination wants a message; None when it was erased."""
    if message.tombstone:
        return None
    content = channel.open(
        message.body,
        codec=message.codec,
        kind=message.kind,
        sender=message.sender,
        keys=message.keys,
    )
    return wants_content(destination, content)


class Depth(NamedTuple):
    """How many messages a destination has still to deal with.

    Attributes:
        messages: so many; at most so many when not ``exact``.
        exact: False where a filter looks into messages of which not all were looked into.
    """

    messages: int
    exact: bool


Envelopes = Mapping[tuple[str, str], int]
"""Kind and sender, to how many messages have them."""
