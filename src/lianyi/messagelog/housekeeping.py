"""What keeps the log in shape over the years; one process does it, under a lease.

Full segments are closed and get their search index, the next ones stand ready before they are
needed, old ones go to files. Nothing that a reader still needs goes; who holds up the rest is
told, and so is a reader that has fallen behind. Each piece of work may fail by itself: the others
go on, and everything is tried again at the next round.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import asyncpg
import structlog

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.messagelog import archive as archiving
from lianyi.messagelog import postgres_leases as leases
from lianyi.messagelog.archive import Due, Holds, Needed
from lianyi.messagelog.archive_reader import Archive
from lianyi.messagelog.log import LogUnavailable
from lianyi.messagelog.postgres_errors import STORE_ERRORS
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.postgres_segments import (
    close_full_segments,
    ensure_next_segments,
    index_closed_segments,
    received_at,
)

LEASE = "housekeeping"
ROUND_SECONDS = 5.0

log = structlog.get_logger(__name__)

Retired = Callable[[Connection], Awaitable[Collection[str]]]
"""Names the readers that will never move again, such as those of removed destinations."""


class Behind(NamedTuple):
    """A reader whose next message has been waiting for long. Nothing is taken away from it."""

    who: str
    shard: int
    number: int
    since: datetime


class Round(NamedTuple):
    """What one round of housekeeping did and found.

    Attributes:
        indexed: how many segments got their search index.
        archived: ``(shard, segment)`` of those that went to files.
        held_up: old segments that stay in the database because somebody needs them.
        behind: readers that have fallen behind.
        failures: what did not work; it is tried again.
    """

    indexed: int
    archived: tuple[tuple[int, int], ...]
    held_up: tuple[Due, ...]
    behind: tuple[Behind, ...]
    failures: tuple[LianyiError, ...]


class Housekeeping:
    """Does the rounds, for as long as it holds the lease ``housekeeping``."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        *,
        clock: Clock,
        owner: uuid.UUID,
        holder: str,
        product: str,
        archive: Archive | None = None,
        retention: timedelta | None = None,
        acts_online: timedelta = timedelta(),
        behind_after: timedelta = timedelta(days=7),
        holds: Sequence[Holds] = (),
        retired: Retired | None = None,
        extras: Sequence[Callable[[Connection], Awaitable[None]]] = (),
        on_round: Callable[[Round], None] | None = None,
    ) -> None:
        """Describe the work.

        Args:
            pool: for the lease.
            connect: opens a connection without a limit for statements; an index takes long.
            clock: the time now.
            owner: identifies this process in leases.
            holder: who it is, for people.
            product: version of the product, for the metadata of files.
            archive: where old segments go; None: they stay.
            retention: how long messages stay in the database at least; None: for ever.
            acts_online: how long acts stay there at least, where that is longer.
            behind_after: a reader whose next message is older than this is told.
            holds: what other slices still need, besides the readers of the log.
            retired: readers that hold nothing up any more.
            extras: further work of each round, such as the partitions of receipts.
            on_round: told after each round.
        """
        self._pool = pool
        self._connect = connect
        self._clock = clock
        self._owner = owner
        self._holder = holder
        self._product = product
        self._archive = archive
        self._retention = retention
        self._acts_online = acts_online
        self._behind_after = behind_after
        self._holds = (archiving.readers, *holds)
        self._retired = retired
        self._extras = extras
        self._on_round = on_round
        self._held = False

    async def run(self) -> None:
        """Do rounds until cancelled, whenever the lease can be had."""
        while True:
            try:
                await self._hold_and_work()
            except STORE_ERRORS as error:
                log.warning("housekeeping.interrupted", why=type(error).__name__)
            await asyncio.sleep(ROUND_SECONDS)

    async def _hold_and_work(self) -> None:
        if not await self._take():
            return
        connection = await self._connect()
        renewing = asyncio.create_task(self._renew())
        try:
            while self._held:
                done = await self.round(connection)
                if self._on_round:
                    self._on_round(done)
                await asyncio.sleep(ROUND_SECONDS)
        finally:
            renewing.cancel()
            connection.terminate()
            with contextlib.suppress(*STORE_ERRORS):  # it runs out by itself
                await leases.give_back(self._pool, LEASE, owner=self._owner)

    async def _take(self) -> bool:
        epoch = await leases.take(self._pool, LEASE, owner=self._owner, holder=self._holder)
        self._held = epoch is not None
        return self._held

    async def _renew(self) -> None:
        """Keep the lease while a round takes long. Two rounds at once would do no harm."""
        while self._held:
            await asyncio.sleep(leases.RENEW_SECONDS)
            try:
                await self._take()
            except STORE_ERRORS:
                self._held = False

    async def round(self, connection: Connection) -> Round:
        """Do everything once.

        Args:
            connection: without a limit for statements, in no transaction.

        Raises:
            asyncpg.InterfaceError, OSError: the connection is gone; the rest of the round is left.
        """
        failures: list[LianyiError] = []
        indexed = 0
        archived: list[tuple[int, int]] = []
        held_up: list[Due] = []
        behind: list[Behind] = []

        async def index() -> None:
            nonlocal indexed
            indexed = await index_closed_segments(connection)

        async def keep() -> None:
            await self._archive_old(connection, archived, held_up, failures)

        async def look() -> None:
            behind.extend(await self._list_behind(connection))

        work: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("segments", lambda: ensure_next_segments(connection)),
            ("segments", lambda: close_full_segments(connection)),
            *(("extra", lambda extra=extra: extra(connection)) for extra in self._extras),
            ("index", index),
            ("archive", keep),
            ("readers", look),
        ]
        for name, piece in work:
            try:
                await piece()
            except LianyiError as failure:
                failures.append(failure)
            except asyncpg.PostgresError as error:
                if connection.is_closed():
                    raise
                failures.append(LogUnavailable(where=name, why=type(error).__name__))
        self._tell(behind, failures)
        return Round(indexed, tuple(archived), tuple(held_up), tuple(behind), tuple(failures))

    async def _archive_old(
        self,
        connection: Connection,
        archived: list[tuple[int, int]],
        held_up: list[Due],
        failures: list[LianyiError],
    ) -> None:
        if self._archive is None:
            return
        async with archiving.alone(connection):
            await archiving.sweep(connection, self._archive)
            archived += await archiving.finish(connection, self._archive)
            if self._retention is None:
                return
            due = await archiving.list_due(
                connection,
                older_than=self._clock.now() - self._retention,
                held=await self._list_held(connection),
                acts_older_than=self._clock.now() - self._acts_online,
            )
            held_up += [one for one in due if one.held_by]
            for one in due:
                if one.held_by:
                    continue
                try:
                    await archiving.archive_segment(
                        connection, self._archive, one.shard, one.segment, product=self._product
                    )
                except LianyiError as failure:  # a broken segment stays; the others go
                    failures.append(failure)
                else:
                    archived.append((one.shard, one.segment))

    async def _list_held(self, connection: Connection) -> list[Needed]:
        held = [one for hold in self._holds for one in await hold(connection)]
        retired = await self._retired(connection) if self._retired else ()
        return [one for one in held if one.who not in retired]

    async def _list_behind(self, connection: Connection) -> list[Behind]:
        """Return who has not taken a message that is older than it should get."""
        limit = self._clock.now() - self._behind_after
        found = []
        for who, shard, number in await self._list_held(connection):
            since = await received_at(connection, shard, number)
            if since is not None and since < limit:
                found.append(Behind(who, shard, number, since))
        return found

    def _tell(self, behind: Sequence[Behind], failures: Sequence[LianyiError]) -> None:
        for one in behind:
            log.warning("reader.behind", reader=one.who, shard=one.shard, next=one.number)
        for failure in failures:
            log.warning("housekeeping.failed", code=failure.code, where=failure.where)
