"""What any message log must do, wherever it keeps its bytes.

Every implementation passes ``tests/contracts/test_message_log.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.messagelog.message import LogMessage, NewMessage, Position

ACTS = 0
"""The shard of acts: any process may append to it, under a lock, instead of one appender."""


class LogUnavailable(LianyiError):
    """The log cannot take or give messages now. Nothing of the request was recorded."""

    code = "LY-1301"
    category = Category.UNAVAILABLE
    en = Told("the message log is not available", "{why}", "it is tried again; see the database")
    zh = Told("消息日志不可用", "{why}", "平台会自动重试；请检查数据库")


class LostLease(LianyiError):
    """Another process took over. This one stops at once."""

    code = "LY-1302"
    category = Category.CONFLICT
    en = Told(
        "another process has taken over '{name}'",
        "its lease was taken, or a position was already written",
        "nothing to do: the new owner goes on from the last committed position",
    )
    zh = Told(
        "另一个进程已接管“{name}”",
        "租约已被取得，或该位点已被写入",
        "无需处理：新的所有者会从最后提交的位点继续",
    )


class NoSuchMessage(LianyiError):
    """There is no message at a position."""

    code = "LY-1303"
    category = Category.NOT_FOUND
    en = Told("there is no such message", "the log ends before it", "check the position")
    zh = Told("没有这条消息", "日志中没有该位点", "请核对位点")


Done = Callable[[Position | None, LianyiError | None], None]
"""Told once for each message: its position after the commit, or why it was not recorded."""


class Appender(Protocol):
    """The one writer of a shard. It lives as long as its lease."""

    @property
    def shard(self) -> int:
        """The shard it appends to."""
        ...

    @property
    def end(self) -> int:
        """Number of the last committed message; 0 before the first."""
        ...

    @property
    def waiting_bytes(self) -> int:
        """Bytes of bodies taken and not yet committed."""
        ...

    def append(self, message: NewMessage, done: Done) -> None:
        """Take a message for the next commit; ``done`` is called after that commit.

        When ``done`` has got a position, the message survives a crash; only then may a source
        acknowledge. Messages get positions in the order of the calls.
        """
        ...

    async def close(self) -> None:
        """Commit what was taken, give the lease back."""
        ...


class MessageLog(Protocol):
    """Append and read. There is no update and no delete."""

    async def open_appender(self, shard: int, *, holder: str) -> Appender:
        """Become the appender of a shard.

        Args:
            shard: above 0.
            holder: who asks, for people: ``host:pid``.

        Raises:
            LostLease: another process holds it.
            LogUnavailable: the store cannot be reached.
        """
        ...

    async def append_act(self, message: NewMessage) -> Position:
        """Record one act in shard 0 and return its position, durable.

        Raises:
            LogUnavailable: the store cannot be reached.
        """
        ...

    async def read(
        self, shard: int, *, after: int, limit: int, bytes_max: int = 16_777_216
    ) -> Sequence[LogMessage]:
        """Return messages with a number above ``after``, in order, without holes.

        At most ``limit``, and no more once their bodies together reach ``bytes_max`` (but at
        least one). A page may end early, at the end of a segment: only an empty one means that
        nothing follows. Archived segments are read the same way.

        Raises:
            LogUnavailable: the store cannot be reached.
        """
        ...

    async def get(self, position: Position) -> LogMessage:
        """Return one message.

        Raises:
            NoSuchMessage: nothing stands there.
        """
        ...

    async def end(self, shard: int) -> int:
        """Return the number of the last committed message; 0 for an empty shard."""
        ...

    def seen(self, shard: int) -> int:
        """Return the newest number this process has heard of, without asking the store."""
        ...

    async def wait(self, shard: int, *, after: int, timeout_seconds: float) -> bool:
        """Wait until the shard goes beyond ``after``; False when time was up first."""
        ...

    async def position(self, reader: str, shard: int) -> int:
        """Return where a reader stands; 0 before its first move."""
        ...

    async def move(
        self, reader: str, shard: int, position: int, *, counts: Mapping[str, int] | None = None
    ) -> None:
        """Set where a reader stands, when it has no effect of its own to join it with."""
        ...
