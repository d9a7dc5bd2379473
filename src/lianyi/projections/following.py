"""A projection that follows the log: in batches, each shard in order, without ever stopping.

The reader moves in the transaction that holds its effect, and only from where it was believed to
stand: killed anywhere, or running twice, it learns every message once. A message that cannot be
learned is set aside with its reason, and the rest goes on. One process follows at a time, under a
lease; the lock on the version, not the lease, is what keeps two from learning the same.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import structlog

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.messagelog import postgres_leases as leases
from lianyi.messagelog.log import ACTS
from lianyi.messagelog.postgres_errors import STORE_ERRORS
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store as store
from lianyi.projections import rebuilding
from lianyi.projections.learning import BATCH_MESSAGES, Log, hear, learn_batch
from lianyi.projections.pacing import Pace
from lianyi.projections.problems import ProjectionNotReady
from lianyi.projections.projection import Projection
from lianyi.projections.projection_store import Version

LOOK_SECONDS = 1.0
GATHER_SECONDS = 0.25
"""After a batch it waits this long for more, so that a busy log is not followed one by one; but
whoever acts waits for the answer, so an act ends the wait."""
SETTLE_SECONDS = 30.0
STEP_SECONDS = 0.5
"""A step that takes longer is too large: until it ends nobody notices that others are in need."""
AT_ONCE_MIN = 50

log = structlog.get_logger(__name__)


class Follower:
    """Follows the log for one projection."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        messages: Log,
        projection: Projection,
        *,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        clock: Clock,
        owner: UUID,
        holder: str,
        pace: Pace | None = None,
    ) -> None:
        """Follow with a pool.

        Args:
            pool: of the database.
            messages: the log.
            projection: what learns.
            connect: opens a connection without a limit for statements, for a rebuild.
            clock: the time now.
            owner: identifies this process in leases.
            holder: who it is, for people.
            pace: shared with the others who follow in this process.
        """
        self._pool = pool
        self._messages = messages
        self._projection = projection
        self._pace = pace or Pace(clock)
        self._connect = connect
        self._clock = clock
        self._owner = owner
        self._holder = holder
        self._lease = f"projection:{projection.name}"
        self._settled_at = float("-inf")
        self._is_far_behind = False
        self._at_once = BATCH_MESSAGES // 4

    async def run(self) -> None:
        """Follow until cancelled, whenever the lease can be had."""
        try:
            while True:
                try:
                    await self._follow_under_lease()
                except (LianyiError, *STORE_ERRORS) as error:
                    log.warning(
                        "projection.interrupted",
                        projection=self._projection.name,
                        why=getattr(error, "code", type(error).__name__),
                    )
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            with contextlib.suppress(*STORE_ERRORS):  # it runs out by itself
                await leases.give_back(self._pool, self._lease, owner=self._owner)

    async def _follow_under_lease(self) -> None:
        if not await self._take():
            return
        live = await self.ready()
        await self._messages.wait(ACTS, after=0, timeout_seconds=0)  # from here on it is told
        renewed = self._clock.elapsed_seconds()
        while True:
            if self._clock.elapsed_seconds() - renewed > leases.RENEW_SECONDS:
                if not await self._take():
                    return
                renewed = self._clock.elapsed_seconds()
            began = self._clock.elapsed_seconds()
            if await self.step():
                rest = GATHER_SECONDS
                if self._is_far_behind:
                    rest = self._pace.rest_seconds(self._clock.elapsed_seconds() - began)
                await self._rest(live, rest)
            else:
                await self._wait_for_more(live)
                live = await self.ready()

    async def _take(self) -> bool:
        epoch = await leases.take(self._pool, self._lease, owner=self._owner, holder=self._holder)
        return epoch is not None

    async def ready(self) -> Version:
        """Return the version in force; make it where there is none that this release can read."""
        live = await store.find_live(self._pool, self._projection.name)
        if live is None:
            async with self._transaction() as connection:
                await store.lock_making(connection, self._projection.name)
                live = await store.find_live(connection, self._projection.name)
                if live is None:
                    live = await store.insert_version(
                        connection,
                        self._projection.name,
                        shape=self._projection.shape,
                        live=True,
                        now=self._clock.now(),
                    )
                    await self._projection.create(connection, live.schema)
        elif live.shape < self._projection.shape:
            await rebuilding.rebuild(
                self._connect, self._messages, self._projection, clock=self._clock
            )
            return await self.ready()
        elif live.shape > self._projection.shape:  # a newer release is at work
            raise ProjectionNotReady(where=live.schema, name=live.projection)
        return live

    async def step(self) -> bool:
        """Learn one batch of every shard; return whether there was anything to learn."""
        live = await self.ready()
        standing = await store.positions(self._pool, live.reader)
        moved = self._is_far_behind = False
        for shard in await self._messages.shards():
            after = standing.get(shard, 0)
            self._pace.saw(shard, self._messages.seen(shard))
            began = self._clock.elapsed_seconds()
            limit = min(self._at_once, self._pace.batch_messages)
            batch = await self._messages.read(shard, after=after, limit=limit)
            if not batch:
                continue
            moved = True
            self._is_far_behind |= len(batch) == limit
            heard = await hear(self._messages, self._projection, batch)
            async with self._transaction() as connection:
                held = await store.lock_version(connection, live.projection, live.version)
                now_at = (await store.positions(connection, live.reader)).get(shard, 0)
                if held is None or now_at != after:
                    return True  # switched, or somebody else was faster: look again
                learned = await learn_batch(
                    connection,
                    self._projection,
                    held,
                    shard=shard,
                    to=batch[-1].number,
                    heard=heard,
                    now=self._clock.now(),
                )
                if learned.changed:
                    await self._projection.settle(
                        connection,
                        held.schema,
                        revision=held.revision + 1,
                        now=self._clock.now(),
                    )
            if len(batch) == limit:
                self._adapt(self._clock.elapsed_seconds() - began)
        await self._settle(live)
        return moved

    def _adapt(self, took_seconds: float) -> None:
        """Learn fewer at once after a step that took long, more after one that did not."""
        if took_seconds > STEP_SECONDS:
            self._at_once = max(self._at_once // 2, AT_ONCE_MIN)
        elif took_seconds < STEP_SECONDS / 2:
            self._at_once = min(self._at_once * 2, BATCH_MESSAGES)

    async def _settle(self, live: Version) -> None:
        """Do from time to time what the date alone brings about."""
        elapsed = self._clock.elapsed_seconds()
        if elapsed - self._settled_at < SETTLE_SECONDS:
            return
        async with self._transaction() as connection:
            held = await store.lock_version(connection, live.projection, live.version)
            if held is not None and held.live:
                await self._projection.settle(
                    connection, held.schema, revision=held.revision, now=self._clock.now()
                )
        await rebuilding.drop_forgotten(
            self._pool, self._connect, self._projection, clock=self._clock
        )
        self._settled_at = elapsed

    async def _rest(self, live: Version, seconds: float) -> None:
        """Learn nothing for a time, unless somebody acts."""
        if seconds:
            standing = await store.positions(self._pool, live.reader)
            acts = standing.get(ACTS, 0)
            await self._messages.wait(ACTS, after=acts, timeout_seconds=seconds)

    async def _wait_for_more(self, live: Version) -> None:
        standing = await store.positions(self._pool, live.reader)
        waiting = [
            asyncio.create_task(
                self._messages.wait(
                    shard, after=standing.get(shard, 0), timeout_seconds=LOOK_SECONDS
                )
            )
            for shard in await self._messages.shards()
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Connection]:
        """Give a transaction; when it does not come to its end, nothing of it is remembered."""
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                yield connection
        except BaseException:
            self._projection.forget()
            raise
