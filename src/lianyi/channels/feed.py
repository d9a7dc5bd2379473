"""One reading of a shard for all destinations of a process.

The newest messages are kept, each with its content parsed at most once for each channel, so that a
destination at the tip costs no query. One that lags reads for itself and disturbs nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from lianyi.channels.content import Content
from lianyi.messagelog import LogMessage, MessageLog, Position

READ_MESSAGES = 500
KEPT_MESSAGES = 1_500
KEPT_BYTES = 16_777_216


class Received:
    """A message of the log and, once somebody asked, its content."""

    __slots__ = ("_content", "_opened_by", "message")

    def __init__(self, message: LogMessage) -> None:
        self.message = message
        self._content: Content | None = None
        self._opened_by: object = None

    def content(self, by: object, open_content: Callable[[LogMessage], Content]) -> Content:
        """Return the content, opened by the definition in force; a new definition opens anew."""
        if self._content is None or self._opened_by is not by:
            self._content = open_content(self.message)
            self._opened_by = by
        return self._content


class ShardFeed:
    """The messages of one shard, for readers at any position."""

    def __init__(self, log: MessageLog, shard: int) -> None:
        self.shard = shard
        self._log = log
        self._kept: list[Received] = []
        self._kept_bytes = 0
        self._first = 0
        self._reading = asyncio.Lock()

    async def after(self, number: int, *, wait_seconds: float) -> Sequence[Received]:
        """Return the next messages, waiting for them up to a time; empty when none came."""
        kept = self._from_kept(number)
        if kept:
            return kept
        if self._kept and number < self._first - 1:
            return [Received(m) for m in await self._read(number)]
        if not await self._log.wait(self.shard, after=number, timeout_seconds=wait_seconds):
            return ()
        async with self._reading:
            kept = self._from_kept(number)
            if kept:
                return kept
            fresh = [Received(message) for message in await self._read(number)]
            if fresh:
                self._keep(number, fresh)
            return fresh

    @property
    def end(self) -> int:
        """The newest number that this process has heard of."""
        return self._log.seen(self.shard)

    async def read_one(self, number: int) -> Received:
        """Return one message, whatever the position of its reader.

        Raises:
            NoSuchMessage: nothing stands there.
        """
        kept = self._from_kept(number - 1)
        if kept:
            return kept[0]
        return Received(await self._log.get(Position(self.shard, number)))

    async def _read(self, number: int) -> Sequence[LogMessage]:
        return await self._log.read(self.shard, after=number, limit=READ_MESSAGES)

    def _from_kept(self, number: int) -> list[Received]:
        begin = number + 1 - self._first
        return self._kept[begin : begin + READ_MESSAGES] if self._kept and begin >= 0 else []

    def _keep(self, number: int, fresh: list[Received]) -> None:
        """Keep what was read at the tip; what does not join on to it replaces it."""
        if self._kept and self._first + len(self._kept) != number + 1:
            if number + 1 < self._first:
                return
            self._kept.clear()
            self._kept_bytes = 0
        if not self._kept:
            self._first = number + 1
        self._kept += fresh
        self._kept_bytes += sum(len(received.message.body) for received in fresh)
        if len(self._kept) > KEPT_MESSAGES or self._kept_bytes > KEPT_BYTES:
            self._forget()

    def _forget(self) -> None:
        """Let go of the older half, or more where messages are large; the newest one stays."""
        gone = len(self._kept) // 2
        left = sum(len(received.message.body) for received in self._kept[gone:])
        while left > KEPT_BYTES and gone < len(self._kept) - 1:
            left -= len(self._kept[gone].message.body)
            gone += 1
        del self._kept[:gone]
        self._first += gone
        self._kept_bytes = left
