"""What came in lately, so that a repeated message is acknowledged again and not processed twice.

A repeat is the same control id from the same channel with the same bytes: what a sender does that
lost an acknowledgment. The same control id with other bytes is another message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from lianyi.messagelog import Position

WINDOW_MESSAGES = 50_000


def token_of(channel: int, control_id: str, body_hash: bytes) -> bytes:
    """Return 16 bytes that stand for one message of one channel.

    Args:
        channel: number of the channel.
        control_id: what the sender calls it, not empty.
        body_hash: SHA-256 of the body.
    """
    label = f"{channel}\x1f{control_id}\x1f".encode("utf-8", "replace")
    return hashlib.blake2b(label + body_hash, digest_size=16).digest()


Told = Callable[[Position | None], None]


class RecentMessages:
    """The last messages by token: their positions, or who waits for the position.

    Two generations: when the younger is full it becomes the older and that one is forgotten, so
    that forgetting costs nothing and at least ``window_messages`` are known.
    """

    def __init__(self, shard: int, window_messages: int = WINDOW_MESSAGES) -> None:
        self._shard = shard
        self.window_messages = window_messages
        self._young: dict[bytes, int] = {}
        self._old: dict[bytes, int] = {}
        self._waiting: dict[bytes, list[Told] | None] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def find(self, token: bytes) -> Position | None:
        """Return where the message stands when it is already in the log."""
        number = self._young.get(token) or self._old.get(token)
        return Position(self._shard, number) if number else None

    def is_coming(self, token: bytes, told: Told) -> bool:
        """Say whether the message is being committed right now; if so, ``told`` hears of it."""
        if token not in self._waiting:
            return False
        self._waiting[token] = [*(self._waiting[token] or ()), told]
        return True

    def begin(self, token: bytes) -> None:
        """Note that the message is on its way into the log."""
        self._waiting[token] = None

    def end(self, token: bytes, position: Position | None) -> None:
        """Note that it stands there, or that it does not (None); tell those who repeated it."""
        waiting = self._waiting.pop(token, None)
        if position is not None:
            self.put(token, position)
        for told in waiting or ():
            told(position)

    def put(self, token: bytes, position: Position) -> None:
        """Remember a message."""
        if len(self._young) >= self.window_messages:
            self._old, self._young = self._young, {}
        self._young[token] = position.number
