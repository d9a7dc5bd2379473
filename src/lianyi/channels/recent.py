"""What came in lately, so that a repeated message is acknowledged again and not processed twice.

A repeat is the same control id from the same channel with the same bytes: what a sender does that
lost an acknowledgment. The same control id with other bytes is another message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from lianyi.messagelog import Position

WINDOW_MESSAGES = 50_000


def token_of(channel: int, control_id: str, body_hash: bytes) -> int:
    """Return 128 bits that stand for one message of one channel.

    Args:
        channel: number of the channel.
        control_id: what the sender calls it, not empty.
        body_hash: SHA-256 of the body.
    """
    label = f"{channel}\x1f{control_id}\x1f".encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(label + body_hash, digest_size=16).digest())


Told = Callable[[Position | None], None]


class RecentMessages:
    """The last messages by token: their positions, or who waits for the position.

    Two generations: when the younger is full it becomes the older and that one is forgotten, so
    that forgetting costs nothing and at least ``window_messages`` are known.
    """

    def __init__(self, shard: int, window_messages: int = WINDOW_MESSAGES) -> None:
        self._shard = shard
        self.window_messages = window_messages
        self._young: dict[int, int] = {}
        self._old: dict[int, int] = {}
        self._waiting: dict[int, list[Told]] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def find(self, token: int) -> Position | None:
        """Return where the message stands when it is already in the log."""
        number = self._young.get(token) or self._old.get(token)
        return Position(self._shard, number) if number else None

    def is_coming(self, token: int, told: Told) -> bool:
        """Say whether the message is being committed right now; if so, ``told`` hears of it."""
        waiting = self._waiting.get(token)
        if waiting is None:
            return False
        waiting.append(told)
        return True

    def begin(self, token: int) -> None:
        """Note that the message is on its way into the log."""
        self._waiting[token] = []

    def end(self, token: int, position: Position | None) -> None:
        """Note that it stands there, or that it does not (None); tell those who repeated it."""
        waiting = self._waiting.pop(token, ())
        if position is not None:
            self.put(token, position)
        for told in waiting:
            told(position)

    def put(self, token: int, position: Position) -> None:
        """Remember a message."""
        if len(self._young) >= self.window_messages:
            self._old, self._young = self._young, {}
        self._young[token] = position.number
