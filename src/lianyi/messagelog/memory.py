"""A log in memory, for tests and for trying a channel out."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

from lianyi.base.clock import Clock
from lianyi.messagelog.chain import GENESIS, link, micros_since_1970
from lianyi.messagelog.log import ACTS, Done, LogUnavailable, LostLease, NoSuchMessage
from lianyi.messagelog.message import LogMessage, NewMessage, Position, storable


class MemoryLog:
    """A :class:`~lianyi.messagelog.MessageLog` that forgets when the process ends."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shards: dict[int, list[LogMessage]] = defaultdict(list)
        self._owned: set[int] = set()
        self._positions: dict[tuple[str, int], int] = {}
        self._grown = asyncio.Event()

    async def open_appender(self, shard: int, *, holder: str) -> MemoryAppender:
        """Become the appender of a shard; see :class:`~lianyi.messagelog.MessageLog`."""
        if shard in self._owned:
            raise LostLease(where=holder, name=f"append:{shard}")
        self._owned.add(shard)
        return MemoryAppender(self, shard, end=len(self._shards[shard]))

    async def append_act(self, message: NewMessage) -> Position:
        """Record one act; see :class:`~lianyi.messagelog.MessageLog`."""
        return self.record(ACTS, message)

    async def read(
        self, shard: int, *, after: int, limit: int, bytes_max: int = 16_777_216
    ) -> Sequence[LogMessage]:
        """Read on from a number; see :class:`~lianyi.messagelog.MessageLog`."""
        found: list[LogMessage] = []
        for message in self._shards[shard][after : after + limit]:
            found.append(message)
            bytes_max -= len(message.body)
            if bytes_max <= 0:
                break
        return found

    async def get(self, position: Position) -> LogMessage:
        """Return one message; see :class:`~lianyi.messagelog.MessageLog`."""
        shard = self._shards[position.shard]
        if not 1 <= position.number <= len(shard):
            raise NoSuchMessage(where=str(position))
        return shard[position.number - 1]

    async def end(self, shard: int) -> int:
        """Return the last number; see :class:`~lianyi.messagelog.MessageLog`."""
        return len(self._shards[shard])

    def seen(self, shard: int) -> int:
        """Return the last number; see :class:`~lianyi.messagelog.MessageLog`."""
        return len(self._shards[shard])

    async def wait(self, shard: int, *, after: int, timeout_seconds: float) -> bool:
        """Wait for growth; see :class:`~lianyi.messagelog.MessageLog`."""
        try:
            async with asyncio.timeout(timeout_seconds):
                while len(self._shards[shard]) <= after:
                    await self._grown.wait()
        except TimeoutError:
            return False
        return True

    async def position(self, reader: str, shard: int) -> int:
        """Return where a reader stands; see :class:`~lianyi.messagelog.MessageLog`."""
        return self._positions.get((reader, shard), 0)

    async def move(
        self, reader: str, shard: int, position: int, *, counts: Mapping[str, int] | None = None
    ) -> None:
        """Move a reader; see :class:`~lianyi.messagelog.MessageLog`."""
        self._positions[reader, shard] = position

    def record(self, shard: int, message: NewMessage) -> Position:
        """Put one message at the end of a shard."""
        message = storable(message)
        messages = self._shards[shard]
        position = Position(shard, len(messages) + 1)
        at = max(self._clock.now(), messages[-1].received_at) if messages else self._clock.now()
        before = messages[-1].chain if messages else GENESIS
        body_hash = hashlib.sha256(message.body).digest()
        chain = link(before, shard, position.number, micros_since_1970(at), message, body_hash)
        messages.append(
            LogMessage(
                shard=shard,
                number=position.number,
                received_at=at,
                channel=message.channel,
                kind=message.kind,
                body=message.body,
                codec=message.codec,
                sender=message.sender,
                keys=tuple(message.keys),
                gate=int(message.gate),
                caused_by=message.caused_by,
                chain=chain,
            )
        )
        self._grown.set()
        self._grown = asyncio.Event()
        return position

    def release(self, shard: int) -> None:
        """Give the lease of a shard back."""
        self._owned.discard(shard)


class MemoryAppender:
    """The one writer of a shard in memory; every message is committed at once."""

    def __init__(self, log: MemoryLog, shard: int, *, end: int) -> None:
        self._log = log
        self._shard = shard
        self._end = end
        self._closed = False

    @property
    def shard(self) -> int:
        """The shard it appends to."""
        return self._shard

    @property
    def end(self) -> int:
        """Number of the last committed message."""
        return self._end

    @property
    def waiting_bytes(self) -> int:
        """Always 0: nothing waits."""
        return 0

    def append(self, message: NewMessage, done: Done) -> None:
        """Record one message and say so."""
        if self._closed:
            done(None, LogUnavailable(where=f"shard {self._shard}", why="it is stopping"))
            return
        position = self._log.record(self._shard, message)
        self._end = position.number
        done(position, None)

    async def close(self) -> None:
        """Give the lease back."""
        self._closed = True
        self._log.release(self._shard)
