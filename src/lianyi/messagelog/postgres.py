"""The log in PostgreSQL: the default everywhere.

Reading goes straight to the partition of a position. Waiting listens to one notification per
commit and looks by itself now and then, so a lost notification costs a moment and never a message.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg

from lianyi.base.clock import Clock
from lianyi.messagelog import postgres_leases as leases
from lianyi.messagelog.log import ACTS, LogUnavailable, LostLease, NoSuchMessage
from lianyi.messagelog.message import LogMessage, NewMessage, Position
from lianyi.messagelog.postgres_appender import (
    COLUMNS,
    KEY_SEPARATOR,
    PostgresAppender,
    build_row,
    term,
)
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.postgres_segments import ensure_segment, last_of_shard
from lianyi.messagelog.segments import segment_of, table

CHANNEL = "lianyi_log"
TELL_SECONDS = 0.002
"""Between two notifications; the first after a pause is told at once."""

LOOK_SECONDS = 1.0
"""How long a reader trusts silence before it looks by itself."""

_STORE_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)

_SELECT = (
    "SELECT shard, number, received_at, channel, kind, body, codec, sender, keys, gate,"
    " caused_shard, caused_number, chain, tombstone FROM "
)

ReadArchived = Callable[[int, int, int, int], Awaitable[list[LogMessage]]]
"""``(shard, segment, after, limit)`` to messages of a segment that lies in a file."""


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


class Wanted(NamedTuple):
    """Which messages a person looks for; None and empty mean any."""

    text: str = ""
    shards: Collection[int] = ()
    channels: Collection[int] = ()
    kind: str = ""
    gate: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    below: Mapping[int, int] | None = None
    """For each shard, only numbers below this one: where the page before ended."""


class PostgresLog:
    """A :class:`~lianyi.messagelog.MessageLog` in a PostgreSQL database."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        *,
        clock: Clock,
        owner: uuid.UUID,
        read_archived: ReadArchived | None = None,
    ) -> None:
        """Use a pool for short work and ``connect`` for connections that live long.

        Args:
            pool: of the database whose migrations have run.
            connect: opens one more connection to it.
            clock: for ``received_at``.
            owner: identifies this process in leases.
            read_archived: reads a segment that is no longer in the database.
        """
        self._pool = pool
        self._connect = connect
        self._clock = clock
        self._owner = owner
        self._read_archived = read_archived
        self._ends: dict[int, int] = {}
        self._grown = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._untold: dict[int, int] = {}
        self._to_tell = asyncio.Event()

    async def start(self) -> None:
        """Make the shard of acts and begin to listen for growth."""
        async with self._pool.acquire() as connection:
            await ensure_segment(connection, ACTS, 0)
        self._listening = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """Stop listening."""
        for task in (self._listening, self._telling):
            if task:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def open_appender(self, shard: int, *, holder: str) -> PostgresAppender:
        """Become the appender of a shard; see :class:`~lianyi.messagelog.MessageLog`."""
        try:
            connection = await self._connect()
        except _STORE_ERRORS as error:
            raise LogUnavailable(where=f"shard {shard}", why=type(error).__name__) from error
        name = f"append:{shard}"
        try:
            epoch = await leases.take(connection, name, owner=self._owner, holder=holder)
            last = await last_of_shard(connection, shard)
            await ensure_segment(connection, shard, segment_of(last.number + 1))
        except _STORE_ERRORS as error:
            connection.terminate()
            raise LogUnavailable(where=f"shard {shard}", why=type(error).__name__) from error
        if epoch is None:
            connection.terminate()
            raise LostLease(where=f"shard {shard}", name=name)
        self._ends[shard] = last.number
        return PostgresAppender(
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
        )

    async def append_act(self, message: NewMessage) -> Position:
        """Record one act; see :class:`~lianyi.messagelog.MessageLog`."""
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                return await self.append_act_within(connection, message)
        except _STORE_ERRORS as error:
            raise LogUnavailable(where="acts", why=type(error).__name__) from error

    async def append_act_within(self, connection: Connection, message: NewMessage) -> Position:
        """Record one act in the caller's transaction, so that act and effect are one."""
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('messagelog.acts'))")
        last = await last_of_shard(connection, ACTS)
        position = Position(ACTS, last.number + 1)
        segment = segment_of(position.number)
        await ensure_segment(connection, ACTS, segment)
        at = max(self._clock.now(), last.received_at)
        row, _ = build_row(message, position, at, last.chain)
        places = ", ".join(f"${place}" for place in range(1, len(COLUMNS) + 1))
        await connection.execute(
            f"INSERT INTO {table(ACTS, segment)} ({', '.join(COLUMNS)}) VALUES ({places})",  # noqa: S608
            *row,
        )
        await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, f"{ACTS}:{position.number}")
        return position

    async def read(
        self, shard: int, *, after: int, limit: int, bytes_max: int = 16_777_216
    ) -> Sequence[LogMessage]:
        """Read on from a number; see :class:`~lianyi.messagelog.MessageLog`."""
        segment = segment_of(after + 1)
        try:
            found = await self._read_segment(shard, segment, after, limit, bytes_max)
        except _STORE_ERRORS as error:
            raise LogUnavailable(where=f"shard {shard}", why=type(error).__name__) from error
        return found

    async def _read_segment(
        self, shard: int, segment: int, after: int, limit: int, bytes_max: int
    ) -> list[LogMessage]:
        # The limit stands inside, so that the running sum is over these rows and not the segment.
        sql = (
            f"{_SELECT}(SELECT *, sum(octet_length(body)) OVER (ORDER BY number)"  # noqa: S608
            f" - octet_length(body) AS bytes_before FROM (SELECT * FROM {table(shard, segment)}"
            " WHERE number > $1 ORDER BY number LIMIT $2) AS next) AS run WHERE bytes_before < $3"
        )
        try:
            rows = await self._pool.fetch(sql, after, limit, bytes_max)
        except asyncpg.UndefinedTableError:
            return await self._from_archive(shard, segment, after, limit)
        return [_message(row) for row in rows]

    async def _from_archive(
        self, shard: int, segment: int, after: int, limit: int
    ) -> list[LogMessage]:
        state = await self._pool.fetchval(
            "SELECT state FROM messagelog.segment WHERE shard = $1 AND segment = $2",
            shard,
            segment,
        )
        if state != "archived" or self._read_archived is None:
            return []
        return await self._read_archived(shard, segment, after, limit)

    async def get(self, position: Position) -> LogMessage:
        """Return one message; see :class:`~lianyi.messagelog.MessageLog`."""
        if position.number >= 1:
            found = await self.read(position.shard, after=position.number - 1, limit=1)
            if found and found[0].number == position.number:
                return found[0]
        raise NoSuchMessage(where=str(position))

    async def end(self, shard: int) -> int:
        """Return the last number; see :class:`~lianyi.messagelog.MessageLog`."""
        try:
            async with self._pool.acquire() as connection:
                return (await last_of_shard(connection, shard)).number
        except _STORE_ERRORS as error:
            raise LogUnavailable(where=f"shard {shard}", why=type(error).__name__) from error

    def seen(self, shard: int) -> int:
        """Return the newest number heard of; see :class:`~lianyi.messagelog.MessageLog`."""
        return self._ends.get(shard, 0)

    async def wait(self, shard: int, *, after: int, timeout_seconds: float) -> bool:
        """Wait for growth; see :class:`~lianyi.messagelog.MessageLog`."""
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
                self._saw(shard, await self.end(shard))
        return True

    async def position(self, reader: str, shard: int) -> int:
        """Return where a reader stands; see :class:`~lianyi.messagelog.MessageLog`."""
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
        async with self._pool.acquire() as connection:
            await move_within(
                connection, reader, shard, position, now=self._clock.now(), counts=counts
            )

    async def find(self, wanted: Wanted, *, limit: int) -> list[Entry]:
        """Return what a person looks for, newest first, at most ``limit``.

        A text finds the messages one of whose keys has exactly this value, with or without
        ``^authority``. Full segments answer from their index, the open one by a scan.
        """
        shards = wanted.shards or await self.shards()
        found: list[Entry] = []
        for shard in shards:
            found += await self._find_in_shard(shard, wanted, limit)
        found.sort(key=lambda entry: (entry.received_at, entry.shard, entry.number), reverse=True)
        return found[:limit]

    async def tail(self, shard: int, *, limit: int) -> list[tuple[int, int, str, bytes]]:
        """Return number, channel, control id and body hash of the last messages, oldest first.

        Messages without a control id are left out: nothing can be told to be a repeat of them.
        """
        end = await self.end(shard)
        found: list[tuple[int, int, str, bytes]] = []
        for segment in range(segment_of(max(end - limit + 1, 1)), segment_of(max(end, 1)) + 1):
            with contextlib.suppress(asyncpg.UndefinedTableError):
                rows = await self._pool.fetch(
                    "SELECT number, channel, split_part(keys, E'\\x1f', 1), sha256(body)"  # noqa: S608
                    f" FROM {table(shard, segment)}"
                    " WHERE number > $1 AND starts_with(keys, 'c:') ORDER BY number",
                    end - limit,
                )
                found += [(row[0], row[1], row[2][2:], row[3]) for row in rows]
        return found

    async def shards(self) -> list[int]:
        """Return every shard that has a segment, the shard of acts included."""
        rows = await self._pool.fetch("SELECT DISTINCT shard FROM messagelog.segment ORDER BY 1")
        return [row["shard"] for row in rows]

    async def _find_in_shard(self, shard: int, wanted: Wanted, limit: int) -> list[Entry]:
        below = (wanted.below or {}).get(shard)
        segments = await self._pool.fetch(
            "SELECT segment, state FROM messagelog.segment WHERE shard = $1"
            " AND ($2::bigint IS NULL OR number_from < $2)"
            " AND ($3::timestamptz IS NULL OR last_at IS NULL OR last_at >= $3)"
            " AND ($4::timestamptz IS NULL OR first_at IS NULL OR first_at < $4)"
            " AND state <> 'archived' ORDER BY segment DESC",
            shard,
            below,
            wanted.since,
            wanted.until,
        )
        found: list[Entry] = []
        for row in segments:
            found += await self._find_in_segment(
                shard, row["segment"], wanted, below, limit - len(found)
            )
            if len(found) >= limit:
                break
        return found

    async def _find_in_segment(
        self, shard: int, segment: int, wanted: Wanted, below: int | None, limit: int
    ) -> list[Entry]:
        leaf = table(shard, segment)
        conditions, values = _conditions(wanted, below)
        # Materialised so that a search never walks the primary key backwards through the segment.
        hits = f"SELECT * FROM {leaf} WHERE {' AND '.join(conditions) or 'true'}"  # noqa: S608
        source = f"WITH hits AS MATERIALIZED ({hits}) SELECT" if wanted.text else "SELECT"
        rows = await self._pool.fetch(
            f"{source} shard, number, received_at, channel, kind, codec, sender, keys, gate,"
            " caused_shard, caused_number, octet_length(body) AS size_bytes, tombstone"
            f" FROM {'hits' if wanted.text else f'({hits}) AS hits'}"
            f" ORDER BY number DESC LIMIT {int(limit)}",
            *values,
        )
        return [_entry(row) for row in rows]

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
            with contextlib.suppress(*_STORE_ERRORS):
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
            with contextlib.suppress(*_STORE_ERRORS):
                connection = await self._connect()
                try:
                    await connection.add_listener(CHANNEL, told)
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


def _conditions(wanted: Wanted, below: int | None) -> tuple[list[str], list[object]]:
    conditions: list[str] = []
    values: list[object] = []

    def add(condition: str, value: object) -> None:
        values.append(value)
        conditions.append(condition.replace("?", f"${len(values)}"))

    if wanted.text:
        add("terms @> ARRAY[?::integer]", term(wanted.text.partition("^")[0]))
        # A term is a hash: the keys themselves decide.
        exact = wanted.text if "^" in wanted.text else wanted.text + "^"
        add("strpos(translate(keys, E'\\x1f', '^') || '^', ':' || ? || '') > 0", exact)
    if wanted.channels:
        add("channel = ANY(?::integer[])", list(wanted.channels))
    if wanted.kind:
        add("kind LIKE ?", _like(wanted.kind))
    if wanted.gate is not None:
        add("gate = ?::smallint", wanted.gate)
    if wanted.since:
        add("received_at >= ?", wanted.since)
    if wanted.until:
        add("received_at < ?", wanted.until)
    if below is not None:
        add("number < ?", below)
    return conditions, values


def _like(pattern: str) -> str:
    """Return the LIKE pattern of a kind in which ``*`` stands for anything."""
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")


def _keys(text: str) -> tuple[str, ...]:
    return tuple(text.split(KEY_SEPARATOR)) if text else ()


def _message(row: asyncpg.Record) -> LogMessage:
    # Unpacked by place: looking columns up by name would cost as much as reading them.
    (
        *head, codec, sender, keys, gate, caused_shard, caused_number, chain, tombstone,
    ) = row.values()  # fmt: skip
    cause = None if caused_shard is None else Position(caused_shard, caused_number)
    return LogMessage(*head, codec, sender, _keys(keys), gate, cause, chain, tombstone)


def _entry(row: asyncpg.Record) -> Entry:
    *head, keys, gate, caused_shard, caused_number, size_bytes, tombstone = row.values()
    cause = None if caused_shard is None else Position(caused_shard, caused_number)
    return Entry(*head, _keys(keys), gate, cause, size_bytes, tombstone)
