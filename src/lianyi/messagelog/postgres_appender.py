"""The appender of one shard: what arrived while the last commit ran is the next commit.

No timer lingers. A message gets its number, its place in the chain and the form of its row when it
is taken, while the commit before it runs. One ``COPY`` writes a batch, its commit makes it durable,
then every message of the batch is told its position. The appender gives out the numbers itself, so
order of position is order of commit; the primary key stops a stale appender at its next batch.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime
from itertools import accumulate, takewhile

import asyncpg

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.messagelog import postgres_leases as leases
from lianyi.messagelog.chain import link, micros_since_1970
from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.log import Done, LogUnavailable, LostLease
from lianyi.messagelog.message import NewMessage, Position, storable
from lianyi.messagelog.postgres_binary import MICROS_UNTIL_2000, encode_row
from lianyi.messagelog.postgres_copy import copy_messages
from lianyi.messagelog.postgres_errors import STORE_ERRORS
from lianyi.messagelog.postgres_segments import close_segment, ensure_segment
from lianyi.messagelog.segments import first_number, half_number, segment_of, table

BATCH_MESSAGES_MAX = 2_000
BATCH_BYTES_MAX = 8_388_608


Taken = tuple[bytes, bytes, datetime, int, Done]
"""A message that waits for its commit: its row, its chain value, when, bytes of its body, whom to
tell."""


class PostgresAppender:
    """The one writer of a shard; :meth:`open` takes the lease."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        pool: asyncpg.Pool,
        *,
        shard: int,
        owner: uuid.UUID,
        holder: str,
        clock: Clock,
        end: int,
        chain: bytes,
        last_at: datetime,
        on_commit: Callable[[int, int], None],
        cover: Cover = PLAIN,
    ) -> None:
        self._connection = connection
        self._pool = pool
        self._shard = shard
        self._owner = owner
        self._holder = holder
        self._clock = clock
        self._end, self._end_chain, self._end_at = end, chain, last_at  # of what is committed
        self._taken, self._taken_chain, self._taken_at = end, chain, last_at
        self._on_commit = on_commit
        self._cover = cover
        self._waiting: list[Taken] = []
        self._waiting_bytes = 0
        self._wake = asyncio.Event()
        self._closing = False
        self._failure: LianyiError | None = None
        self._ahead: asyncio.Task[None] | None = None
        self._renewing = asyncio.create_task(self._renew_lease())
        self._working = asyncio.create_task(self._work())

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
        """Bytes of bodies taken and not yet committed."""
        return self._waiting_bytes

    @property
    def failure(self) -> LianyiError | None:
        """Why it takes no more messages; None while it does. It never recovers: open another."""
        return self._failure

    @property
    def ended(self) -> bool:
        """Whether it has told everyone and will not write again."""
        return self._working.done()

    def append(self, message: NewMessage, done: Done) -> None:
        """Take a message for the next commit; see :class:`~lianyi.messagelog.Appender`."""
        if self._failure or self._closing:
            done(None, self._failure or LogUnavailable(where=self._where, why="it is stopping"))
            return
        size = len(message.body)
        self._waiting.append((*self._write(message), size, done))
        self._waiting_bytes += size
        if not self._wake.is_set():
            self._wake.set()

    def _write(self, new: NewMessage) -> tuple[bytes, bytes, datetime]:
        """Return the row of the next message, its chain value, and when it was taken."""
        shard, number = self._shard, self._taken + 1
        at = max(self._clock.now(), self._taken_at)
        micros = micros_since_1970(at)
        message = storable(new)
        body_hash = message.body_hash or hashlib.sha256(message.body).digest()
        chain = link(self._taken_chain, shard, number, micros, message, body_hash)
        if self._cover.keys:  # the chain is made over the plain message
            message = self._cover.hide(message, Position(shard, number))
        row = encode_row(
            message, shard=shard, number=number, micros=micros - MICROS_UNTIL_2000, chain=chain
        )
        self._taken, self._taken_chain, self._taken_at = number, chain, at
        return row, chain, at

    async def close(self) -> None:
        """Commit what was taken, give the lease back."""
        self._closing = True
        self._wake.set()
        await asyncio.gather(self._working, return_exceptions=True)
        self._renewing.cancel()
        await asyncio.gather(self._renewing, return_exceptions=True)
        if self._ahead:
            await asyncio.gather(self._ahead, return_exceptions=True)
        if not self._connection.is_closed():
            try:
                await leases.give_back(self._connection, f"append:{self._shard}", owner=self._owner)
                await self._connection.close(timeout=5)
            except STORE_ERRORS:
                self._connection.terminate()

    @property
    def _where(self) -> str:
        return f"shard {self._shard}"

    async def _work(self) -> None:
        """Commit batch after batch. However this ends, nobody is left waiting for his answer."""
        batch: list[Taken] = []
        try:
            while True:
                if self._waiting:
                    batch = self._next_batch()
                    first = self._end + 1
                    await self._commit(batch)
                    batch, committed = [], batch
                    for number, (*_, done) in enumerate(committed, start=first):
                        done(Position(self._shard, number), None)
                elif self._closing or self._failure:
                    return
                else:
                    self._wake.clear()
                    await self._wake.wait()
        except STORE_ERRORS as error:
            self._fail(self._explain(error), batch)
            batch = []
        finally:
            if batch or self._waiting:
                self._fail(LogUnavailable(where=self._where, why="the appender ended"), batch)

    def _next_batch(self) -> list[Taken]:
        """Take what waits, up to the limits and the end of the segment."""
        room = first_number(segment_of(self._end + 1) + 1) - (self._end + 1)
        most = min(room, BATCH_MESSAGES_MAX)
        if self._waiting_bytes > BATCH_BYTES_MAX:
            sizes = accumulate(size for *_, size, _ in self._waiting)
            most = min(
                most, 1 + sum(1 for _ in takewhile(lambda up_to: up_to < BATCH_BYTES_MAX, sizes))
            )
        batch, self._waiting = self._waiting[:most], self._waiting[most:]
        return batch

    async def _commit(self, batch: list[Taken]) -> None:
        """Write one batch, durable."""
        shard = self._shard
        number = self._end + len(batch)
        segment = segment_of(number)
        if segment_of(self._end) != segment or self._end == 0:
            await self._enter(segment)
        await copy_messages(self._connection, table(shard, segment), [row for row, *_ in batch])
        _, self._end_chain, self._end_at, _, _ = batch[-1]
        self._end = number
        self._waiting_bytes -= sum(size for *_, size, _ in batch)
        self._on_commit(shard, number)
        if number >= half_number(segment) and self._ahead is None:
            self._ahead = asyncio.create_task(self._make_ahead(segment + 1))

    async def _enter(self, segment: int) -> None:
        """Begin a new segment: make sure it is there, close the one before."""
        if self._ahead:
            await asyncio.gather(self._ahead, return_exceptions=True)
            self._ahead = None
        await ensure_segment(self._connection, self._shard, segment)
        if self._end:
            await close_segment(
                self._connection,
                self._shard,
                segment_of(self._end),
                last_chain=self._end_chain,
                last_at=self._end_at,
            )

    async def _make_ahead(self, segment: int) -> None:
        """Make the next segment on another connection, so that no commit waits for it."""
        async with self._pool.acquire() as connection:
            await ensure_segment(connection, self._shard, segment)

    async def _renew_lease(self) -> None:
        """Renew in time; a lease that cannot be renewed ends the appender."""
        name = f"append:{self._shard}"
        renewed = self._clock.elapsed_seconds()
        while self._failure is None:
            await asyncio.sleep(leases.RENEW_SECONDS)
            try:
                epoch = await leases.take(self._pool, name, owner=self._owner, holder=self._holder)
            except STORE_ERRORS:
                if self._clock.elapsed_seconds() - renewed < leases.LEASE_SECONDS:
                    continue
                epoch = None
            if epoch is None:
                self._fail(LostLease(where=self._where, name=name), [])
            renewed = self._clock.elapsed_seconds()

    def _fail(self, failure: LianyiError, batch: list[Taken]) -> None:
        """Take no more messages and tell everyone who waits that nothing was recorded for them.

        A batch whose connection broke may have been committed all the same. Its senders get no
        acknowledgment and repeat; the next appender starts from what the table really holds.
        """
        self._failure = self._failure or failure
        waiting = [*batch, *self._waiting]
        self._waiting.clear()
        self._waiting_bytes = 0
        self._wake.set()
        for *_, done in waiting:
            done(None, self._failure)

    def _explain(self, error: Exception) -> LianyiError:
        if isinstance(error, asyncpg.UniqueViolationError):
            return LostLease(where=self._where, name=f"append:{self._shard}")
        return LogUnavailable(where=self._where, why=type(error).__name__)
