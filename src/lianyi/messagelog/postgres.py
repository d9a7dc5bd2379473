"""The log in PostgreSQL: the default everywhere.

Reading goes straight to the partition of a position. Waiting listens to one notification per
commit and looks by itself now and then, so a lost notification costs a moment and never a message.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import asyncpg

from lianyi.base.clock import Clock
from lianyi.messagelog import postgres_leases as leases
from lianyi.messagelog.archive_reader import Archive
from lianyi.messagelog.cover import BODY_MARK, PLAIN, Cover
from lianyi.messagelog.log import ACTS, LogUnavailable, LostLease, NoSuchMessage
from lianyi.messagelog.message import LogMessage, NewMessage, Position, is_storable
from lianyi.messagelog.postgres_acts import insert_acts
from lianyi.messagelog.postgres_appender import PostgresAppender
from lianyi.messagelog.postgres_errors import STORE_ERRORS, reaching
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.postgres_near import find_near
from lianyi.messagelog.postgres_rows import read_rows
from lianyi.messagelog.postgres_search import archive_for, find_archived, find_in_shard
from lianyi.messagelog.postgres_segments import (
    Evidence,
    ensure_segment,
    evidence_of,
    is_there,
    last_of_shard,
)
from lianyi.messagelog.search import Entry, Near, Place, Wanted
from lianyi.messagelog.segments import SEGMENT_MAX, segment_of, table

__all__ = ["CHANNEL", "Entry", "PostgresLog", "Wanted", "move_within"]

CHANNEL = "lianyi_log"
TELL_SECONDS = 0.004
"""Between two notifications; the first after a pause is told at once."""

LOOK_SECONDS = 1.0
"""How long a reader trusts silence before it looks by itself."""

SHARD_MAX = 2**15 - 1


def _can_stand(position: Position) -> bool:
    """Tell whether there can be such a place at all."""
    shard, number = position
    return number >= 1 and segment_of(number) <= SEGMENT_MAX and 0 <= shard <= SHARD_MAX


class PostgresLog:
    """A :class:`~lianyi.messagelog.MessageLog` in a PostgreSQL database."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        *,
        clock: Clock,
        owner: uuid.UUID,
        archive: Archive | None = None,
        cover: Cover = PLAIN,
    ) -> None:
        """Use a pool for short work and ``connect`` for connections that live long.

        Args:
            pool: of the database whose migrations have run.
            connect: opens one more connection to it.
            clock: for ``received_at``.
            owner: identifies this process in leases.
            archive: reads segments that are no longer in the database.
            cover: hides what goes into the tables, and shows what lies there.
        """
        self.cover = cover
        self._pool = pool
        self._connect = connect
        self._clock = clock
        self._owner = owner
        self._archive = archive
        self._appenders: dict[int, PostgresAppender] = {}
        self._ends: dict[int, int] = {}
        self._grown = asyncio.Event()
        self._looking: dict[int, asyncio.Task[None]] = {}
        self._listening: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._untold: dict[int, int] = {}
        self._to_tell = asyncio.Event()
        self._acts_go_to = -1  # the segment that is known to be there

    async def start(self) -> None:
        """Make the shard of acts. Its first segments may lie in the archive by now."""
        async with self._pool.acquire() as connection:
            last = await last_of_shard(connection, ACTS)
        await self._make_segment(ACTS, segment_of(last.number + 1))

    async def stop(self) -> None:
        """Stop listening."""
        for task in (self._listening, self._telling, *self._looking.values()):
            if task:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def open_appender(self, shard: int, *, holder: str) -> PostgresAppender:
        """Become the appender of a shard; see :class:`~lianyi.messagelog.MessageLog`."""
        name = f"append:{shard}"
        mine = self._appenders.get(shard)
        if mine is not None and not mine.ended:
            raise LostLease(where=f"shard {shard}", name=name)
        with reaching(f"shard {shard}"):
            connection = await self._connect()
            try:
                epoch = await leases.take(connection, name, owner=self._owner, holder=holder)
                last = await last_of_shard(connection, shard)
                await ensure_segment(connection, shard, segment_of(last.number + 1))
            except BaseException:
                connection.terminate()
                raise
        if epoch is None:
            connection.terminate()
            raise LostLease(where=f"shard {shard}", name=name)
        self._ends[shard] = last.number
        self._appenders[shard] = PostgresAppender(
            connection,
            self._pool,
            shard=shard,
            owner=self._owner,
            holder=holder,
            clock=self._clock,
            end=last.number,
            chain=last.chain,
            last_at=last.received_at,
            on_commit=self._appended,
            cover=self.cover,
        )
        return self._appenders[shard]

    async def append_act(self, message: NewMessage) -> Position:
        """Record one act; see :class:`~lianyi.messagelog.MessageLog`."""
        return (await self.append_acts([message]))[0]

    async def append_acts(self, messages: Sequence[NewMessage]) -> list[Position]:
        """Record acts in one durable step, in their order.

        Raises:
            LogUnavailable: the store cannot be reached.
        """
        with reaching("acts"):
            async with self._pool.acquire() as connection, connection.transaction():
                positions = await self.append_acts_within(connection, messages)
        self._saw(*positions[-1])
        return positions

    async def append_act_within(self, connection: Connection, message: NewMessage) -> Position:
        """Record one act in the caller's transaction, so that act and effect are one."""
        return (await self.append_acts_within(connection, [message]))[0]

    async def append_acts_within(
        self, connection: Connection, messages: Sequence[NewMessage], *, told: bool = True
    ) -> list[Position]:
        """Record acts in the caller's transaction, in their order; nobody comes in between.

        Args:
            connection: in a transaction.
            messages: the acts.
            told: wake who waits for acts. What nobody acts upon need not wake every reader; they
                find it with the next that is told, or when they look by themselves.
        """
        await leases.lock_acts(connection)
        last = await last_of_shard(connection, ACTS)
        numbers = range(last.number + 1, last.number + 1 + len(messages))
        for segment in range(segment_of(numbers[0]), segment_of(numbers[-1]) + 1):
            if segment == self._acts_go_to:
                continue  # one that is not full yet is not taken away
            if not await is_there(connection, table(ACTS, segment)):
                await self._make_segment(ACTS, segment)
            self._acts_go_to = segment
        at = max(self._clock.now(), last.received_at)
        await insert_acts(connection, messages, last=last, received_at=at, cover=self.cover)
        if told:
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, f"{ACTS}:{numbers[-1]}")
        return [Position(ACTS, number) for number in numbers]

    async def _make_segment(self, shard: int, segment: int) -> None:
        """Make a segment as the owner of the tables, who alone may."""
        connection = await self._connect()
        try:
            await ensure_segment(connection, shard, segment)
        finally:
            await connection.close()

    async def read(
        self, shard: int, *, after: int, limit: int, bytes_max: int = 16_777_216
    ) -> Sequence[LogMessage]:
        """Read on from a number; see :class:`~lianyi.messagelog.MessageLog`.

        Raises:
            LogUnavailable: the store cannot be reached.
            BrokenArchive: the message lies in an archived segment that is damaged.
        """
        segment = segment_of(after + 1)
        with reaching(f"shard {shard}"):
            try:
                return await read_rows(
                    self._pool,
                    shard,
                    segment,
                    after=after,
                    limit=limit,
                    bytes_max=bytes_max,
                    cover=self.cover,
                )
            except asyncpg.UndefinedTableError:
                archived = await find_archived(self._pool, shard, segment)
        if archived is None:
            return []
        return await archive_for(self._archive, archived).read(
            archived, after=after, limit=limit, bytes_max=bytes_max
        )

    async def get(self, position: Position) -> LogMessage:
        """Return one message; see :class:`~lianyi.messagelog.MessageLog`."""
        if _can_stand(position):
            found = await self.read(position.shard, after=position.number - 1, limit=1)
            if found and found[0].number == position.number:
                return found[0]
        raise NoSuchMessage(where=str(position))

    async def end(self, shard: int) -> int:
        """Return the last number; see :class:`~lianyi.messagelog.MessageLog`."""
        with reaching(f"shard {shard}"):
            async with self._pool.acquire() as connection:
                return (await last_of_shard(connection, shard)).number

    def seen(self, shard: int) -> int:
        """Return the newest number heard of; see :class:`~lianyi.messagelog.MessageLog`."""
        return self._ends.get(shard, 0)

    async def wait(self, shard: int, *, after: int, timeout_seconds: float) -> bool:
        """Wait for growth; see :class:`~lianyi.messagelog.MessageLog`."""
        if self._listening is None:  # most processes never wait, and each listener is woken always
            self._listening = asyncio.create_task(self._listen())
        self._ends.setdefault(shard, 0)
        deadline = self._clock.elapsed_seconds() + timeout_seconds
        while self._ends.get(shard, 0) <= after:
            left = deadline - self._clock.elapsed_seconds()
            if left <= 0:
                return False
            grown = self._grown
            try:
                async with asyncio.timeout(min(left, LOOK_SECONDS)):
                    await grown.wait()
            except TimeoutError:
                await self._look(shard)
        return True

    async def _look(self, shard: int) -> None:
        """Ask the store how far a shard goes: once for all who want to know it just now."""
        looking = self._looking.get(shard)
        if looking is None:
            looking = self._looking[shard] = asyncio.create_task(self._ask(shard))
        await asyncio.shield(looking)

    async def _ask(self, shard: int) -> None:
        try:
            with contextlib.suppress(LogUnavailable):  # whoever reads next is told
                self._saw(shard, await self.end(shard))
        finally:
            del self._looking[shard]

    async def position(self, reader: str, shard: int) -> int:
        """Return where a reader stands; see :class:`~lianyi.messagelog.MessageLog`."""
        with reaching(reader):
            found = await self._pool.fetchval(
                "SELECT position FROM messagelog.reader WHERE reader = $1 AND shard = $2",
                reader,
                shard,
            )
        return found or 0

    async def move(
        self, reader: str, shard: int, position: int, *, counts: Mapping[str, int] | None = None
    ) -> None:
        """Move a reader; see :class:`~lianyi.messagelog.MessageLog`."""
        with reaching(reader):
            async with self._pool.acquire() as connection:
                await move_within(
                    connection, reader, shard, position, now=self._clock.now(), counts=counts
                )

    async def find(self, wanted: Wanted, *, limit: int) -> list[Entry]:
        """Return what a person looks for, newest first, at most ``limit``.

        A text finds the messages one of whose keys has exactly this value, with or without
        ``^authority``. Full segments answer from their index, the open one by a scan. Archived
        segments are looked through when a text or a time is given, newest first, until there
        are ``limit``; each costs some milliseconds, so a time keeps the search short.

        Raises:
            LogUnavailable: the store cannot be reached.
            BrokenArchive: an archived segment it must look through is damaged.
        """
        found: list[Entry] = []
        if not all(map(is_storable, (wanted.text, wanted.kind, *wanted.keys, *wanted.lacks))):
            return found
        with reaching("search"):
            for shard in wanted.shards or await self.shards():
                found += await find_in_shard(
                    self._pool, self._archive, self.cover, shard, wanted, limit
                )
        found.sort(key=lambda entry: (entry.received_at, entry.shard, entry.number), reverse=True)
        return found[:limit]

    async def near(self, key: str, origin: Place, *, later: bool) -> Near:
        """Return the message with a key, ``p:4711^HIS``, nearest to another on one side of it.

        Every shard is looked through, that of the acts too, but no archived segment.

        Raises:
            LogUnavailable: the store cannot be reached.
        """
        if not is_storable(key):
            return Near(None, archived=False)
        with reaching("search"):
            async with self._pool.acquire() as connection:
                return await find_near(connection, key, origin, later=later, cover=self.cover)

    async def tail(self, shard: int, *, limit: int) -> list[tuple[int, int, str, bytes]]:
        """Return number, channel, control id and body hash of the last messages, oldest first.

        Messages without a control id are left out: nothing can be told to be a repeat of them.
        """
        end = await self.end(shard)
        found: list[tuple[int, int, str, bytes]] = []
        for segment in range(segment_of(max(end - limit + 1, 1)), segment_of(max(end, 1)) + 1):
            with contextlib.suppress(asyncpg.UndefinedTableError):
                rows = await self._pool.fetch(
                    # What lies sealed must be opened to be hashed.
                    "SELECT number, channel, split_part(keys, E'\\x1f', 1), sha256(body), codec,"  # noqa: S608
                    " CASE WHEN starts_with(codec, $2) AND NOT tombstone THEN body END"
                    f" FROM {table(shard, segment)}"
                    " WHERE number > $1 AND starts_with(keys, 'c:') ORDER BY number",
                    end - limit,
                    BODY_MARK,
                )
                for number, channel, control, digest, codec, body in rows:
                    if body is not None:
                        shown = self.cover.show_body(codec, body, Position(shard, number))
                        digest = hashlib.sha256(shown).digest()
                    found.append((number, channel, control[2:], digest))
        return found

    @property
    def archive(self) -> Archive | None:
        """Where old segments lie; None: this process was not told."""
        return self._archive

    async def evidence(self, shard: int) -> Evidence:
        """Return what closed segments and readers remember of a shard."""
        with reaching(f"shard {shard}"):
            return await evidence_of(self._pool, shard)

    async def shards(self) -> list[int]:
        """Return every shard that has a segment, the shard of acts included."""
        rows = await self._pool.fetch("SELECT DISTINCT shard FROM messagelog.segment ORDER BY 1")
        return [row["shard"] for row in rows]

    def _appended(self, shard: int, end: int) -> None:
        """An appender of this process has committed: wake readers here now, others soon."""
        self._saw(shard, end)
        self._untold[shard] = end
        self._to_tell.set()
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        """Notify other processes, one statement for all that was committed meanwhile."""
        while True:
            with contextlib.suppress(*STORE_ERRORS):
                connection = await self._connect()
                try:
                    # Nobody's data hangs on a notification, so its commit waits for no disk.
                    await connection.execute("SET synchronous_commit = off")
                    while True:
                        await self._to_tell.wait()
                        self._to_tell.clear()
                        untold, self._untold = self._untold, {}
                        for shard, end in untold.items():
                            await connection.execute(f"NOTIFY {CHANNEL}, '{shard}:{end}'")
                        await asyncio.sleep(TELL_SECONDS)
                finally:
                    connection.terminate()
            await asyncio.sleep(LOOK_SECONDS)

    def _saw(self, shard: int, end: int) -> None:
        if end > self._ends.get(shard, 0):
            self._ends[shard] = end
            self._grown.set()
            self._grown = asyncio.Event()

    async def _listen(self) -> None:
        """Keep one connection listening; without it readers still look every second."""

        def told(_connection: object, _pid: int, _channel: str, payload: object) -> None:
            shard, _, end = str(payload).partition(":")
            self._saw(int(shard), int(end))

        while True:
            with contextlib.suppress(*STORE_ERRORS):
                connection = await self._connect()
                try:
                    await connection.add_listener(CHANNEL, told)
                    for shard in list(self._ends):  # what was told while nobody listened
                        with contextlib.suppress(LogUnavailable):  # whoever waits looks again
                            self._saw(shard, await self.end(shard))
                    while not connection.is_closed():
                        await asyncio.sleep(LOOK_SECONDS)
                finally:
                    connection.terminate()
            await asyncio.sleep(LOOK_SECONDS)


async def move_within(
    connection: Connection,
    reader: str,
    shard: int,
    position: int,
    *,
    now: datetime,
    epoch: int = 0,
    counts: Mapping[str, int] | None = None,
) -> None:
    """Move a reader in the transaction that holds its effect.

    Args:
        connection: in the transaction of the effect.
        reader: its name.
        shard: the shard it reads.
        position: the last number it is done with.
        now: the moment of the move.
        epoch: of the lease under which it reads; 0 for a reader that needs none.
        counts: what it has counted since it exists, by name.

    Raises:
        LostLease: a later owner has moved this reader.
    """
    moved = await connection.fetchval(
        """
        INSERT INTO messagelog.reader AS old (reader, shard, position, epoch, counts, moved_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (reader, shard) DO UPDATE SET position = excluded.position,
            epoch = excluded.epoch, counts = excluded.counts, moved_at = excluded.moved_at
        WHERE old.epoch <= excluded.epoch
        RETURNING position
        """,
        reader,
        shard,
        position,
        epoch,
        dict(counts or {}),
        now,
    )
    if moved is None:
        raise LostLease(where=f"shard {shard}", name=reader)
