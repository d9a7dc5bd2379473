"""A projection learned anew beside itself: build, catch up, compare, switch, drop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final, NamedTuple

import asyncpg

from lianyi.base.clock import Clock
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store as store
from lianyi.projections.comparing import Difference
from lianyi.projections.learning import BATCH_MESSAGES, Log, hear, learn_batch
from lianyi.projections.problems import DifferentProjection, RebuildRuns
from lianyi.projections.projection import Heard, Projection
from lianyi.projections.projection_store import Version

Connect = Callable[[], Awaitable[asyncpg.Connection]]
KEPT_FOR: Final = timedelta(days=1)
"""A version that was built and not put in force goes after this: it learns of no erasure."""


class Rebuilt(NamedTuple):
    """What a rebuild did.

    Attributes:
        version: in force now.
        before: digests by table of the version that was in force; empty when there was none that
            this release can read.
        after: digests of the new one.
        messages: how many messages it has gone through.
    """

    version: int
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    messages: int


class Progress(NamedTuple):
    """How far a build is.

    Attributes:
        done: messages gone through, those of an interrupted build among them.
        total: messages that there are to go through, as far as is known now.
        per_second: messages a second, since this process began.
        seconds_left: at this rate; None: there is no rate yet.
    """

    done: int
    total: int
    per_second: float
    seconds_left: float | None


class Compared(NamedTuple):
    """How a built version and the one in force, learned equally far, differ.

    Attributes:
        version: that was built.
        before: digests by table of the one in force; empty: there is none that can be compared.
        after: of the one that was built.
        differences: what is not the same.
        messages: how many messages were gone through.
        resumed: whether the build went on where an interrupted one had ended.
    """

    version: int
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    differences: Sequence[Difference]
    messages: int
    resumed: bool

    @property
    def same(self) -> bool:
        """Whether every table is the same."""
        return self.before == self.after


async def rebuild(
    connect: Connect,
    messages: Log,
    projection: Projection,
    *,
    clock: Clock,
    accept_differences: bool = False,
    on_progress: Callable[[Progress], None] | None = None,
) -> Rebuilt:
    """Learn a projection again from the log and put the result in force.

    People go on reading the version before, and it goes on learning, until the very switch, which
    takes as long as the last few messages. The new version never runs ahead of the one in force,
    so that both have learned the same when they are compared.

    Args:
        connect: opens a connection without a limit for statements.
        messages: the log.
        projection: what to rebuild.
        clock: the time now.
        accept_differences: put it in force even when it is not the same.
        on_progress: told how far it is.

    Raises:
        DifferentProjection: they differ; the old one stays in force and the new one is dropped.
        RebuildRuns: somebody rebuilds it already.
    """
    async with rebuilding(
        connect, messages, projection, clock=clock, on_progress=on_progress
    ) as run:
        await run.build()
        compared = await run.compare()
        if compared.before and not compared.same and not accept_differences:
            differ = [
                table for table in compared.after if compared.after[table] != compared.before[table]
            ]
            await run.drop()
            raise DifferentProjection(where=projection.name, tables=", ".join(differ))
        await run.switch()
        return Rebuilt(compared.version, compared.before, compared.after, run.done)


@asynccontextmanager
async def rebuilding(
    connect: Connect,
    messages: Log,
    projection: Projection,
    *,
    clock: Clock,
    made_by: str = "",
    on_progress: Callable[[Progress], None] | None = None,
) -> AsyncIterator[Rebuild]:
    """Be the one who rebuilds a projection, for as long as the block runs.

    Args:
        connect: opens a connection without a limit for statements.
        messages: the log.
        projection: what to rebuild.
        clock: the time now.
        made_by: identifies the software and the tables that say what is learned, in hexadecimal
            digits: a build that the same has begun is gone on with. Empty: always anew.
        on_progress: told how far it is.

    Raises:
        RebuildRuns: somebody rebuilds it already.
    """
    connection = await connect()
    try:
        if not await store.try_lock_rebuild(connection, projection.name):
            raise RebuildRuns(where=projection.name)
        yield Rebuild(connect, connection, messages, projection, clock, made_by, on_progress)
    finally:
        projection.forget()
        await connection.close()


async def drop_forgotten(
    pool: asyncpg.Pool, connect: Connect, projection: Projection, *, clock: Clock
) -> bool:
    """Drop what was built and not put in force for :data:`KEPT_FOR`; return whether any was.

    While somebody rebuilds, nothing is dropped.
    """
    before = clock.now() - KEPT_FOR

    def is_kept(version: Version) -> bool:
        return version.live or max(version.made_at, version.changed_at) > before

    versions = await store.list_versions(pool)
    if all(is_kept(one) for one in versions if one.projection == projection.name):
        return False
    connection = await connect()
    try:
        if not await store.try_lock_rebuild(connection, projection.name):
            return False
        return await _drop_others(connection, projection.name, is_kept)
    finally:
        await connection.close()


async def _drop_others(connection: Connection, name: str, keep: Callable[[Version], bool]) -> bool:
    """Drop the versions that are not in force, but those that are to be kept."""
    dropped = False
    async with connection.transaction():
        await store.lock_making(connection, name)
        for version in await store.list_versions(connection):
            if version.projection == name and not version.live and not keep(version):
                await store.drop_version(connection, version)
                dropped = True
    return dropped


class Rebuild:
    """One rebuild: :meth:`build`, then :meth:`compare`, then :meth:`switch` or :meth:`drop`.

    Ended anywhere before the switch, the version in force is as it was.
    """

    def __init__(
        self,
        connect: Connect,
        connection: Connection,
        messages: Log,
        projection: Projection,
        clock: Clock,
        made_by: str,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self._connect = connect
        self._connection = connection
        self._messages = messages
        self._projection = projection
        self._clock = clock
        self._made_by = made_by
        self._on_progress = on_progress
        self._new: Version | None = None
        self._resumed = False
        self._already = 0
        self._began = clock.elapsed_seconds()
        self.done = 0

    @property
    def new(self) -> Version:
        """The version that is being built."""
        assert self._new is not None  # noqa: S101 - build comes first
        return self._new

    async def build(self) -> None:
        """Learn the whole log into a version beside the one in force."""
        self._new = await self._begin()
        standing = await store.positions(self._connection, self.new.reader)
        self._already = self.done = sum(standing.values())
        self._began = self._clock.elapsed_seconds()
        while await self._catch_up(await self._targets(), in_transaction=False):
            pass

    async def _begin(self) -> Version:
        """Return the version that the same software has begun, or a new one; others go."""
        name = self._projection.name
        async with self._connection.transaction():
            await store.lock_making(self._connection, name)
            begun = await store.find_begun(
                self._connection, name, shape=self._projection.shape, made_by=self._made_by
            )
            for version in await store.list_versions(self._connection):
                if version.projection == name and not version.live and version != begun:
                    await store.drop_version(self._connection, version)
            self._resumed = begun is not None
            if begun is not None:
                return begun
            new = await store.insert_version(
                self._connection,
                name,
                shape=self._projection.shape,
                live=False,
                now=self._clock.now(),
            )
            await self._projection.create(self._connection, new.schema)
            await store.sign(self._connection, new, self._made_by)
        return new

    async def _targets(self) -> dict[int, int]:
        """Return how far to learn: as far as the version in force, or to the end."""
        live = await store.find_live(self._connection, self._projection.name)
        if live is not None and live.shape == self._projection.shape:
            return await store.positions(self._connection, live.reader)
        return {shard: await self._messages.end(shard) for shard in await self._messages.shards()}

    async def _catch_up(self, targets: Mapping[int, int], *, in_transaction: bool) -> bool:
        """Learn up to some numbers; return whether there was anything to learn."""
        standing = await store.positions(self._connection, self.new.reader)
        moved = False
        for shard, target in sorted(targets.items()):
            after = standing.get(shard, 0)
            while after < target:
                batch = await self._messages.read(
                    shard, after=after, limit=min(BATCH_MESSAGES, target - after)
                )
                if not batch:
                    break
                heard = await hear(self._messages, self._projection, batch)
                after = batch[-1].number
                if in_transaction:
                    await self._learn(shard, after, heard)
                else:
                    async with self._connection.transaction():
                        await self._learn(shard, after, heard)
                moved = True
                self.done += len(batch)
                self._tell(sum(targets.values()))
        return moved

    def _tell(self, total: int) -> None:
        if self._on_progress is None:
            return
        elapsed = self._clock.elapsed_seconds() - self._began
        rate = (self.done - self._already) / elapsed if elapsed > 0 else 0.0
        left = max(total - self.done, 0) / rate if rate > 0 else None
        self._on_progress(Progress(self.done, max(total, self.done), rate, left))

    async def _learn(self, shard: int, to: int, heard: Sequence[Heard]) -> None:
        held = await store.lock_version(self._connection, self.new.projection, self.new.version)
        assert held is not None  # noqa: S101 - only we drop it
        await learn_batch(
            self._connection,
            self._projection,
            held,
            shard=shard,
            to=to,
            heard=heard,
            now=self._clock.now(),
        )

    async def compare(self) -> Compared:
        """Compare with the version in force, both as they stand at one moment.

        The one in force stops learning for as long as it takes to learn the last few messages; it
        is read, and soon learns on, while the two are compared.
        """
        async with self._at_one_moment() as live:
            connection, new = self._connection, self.new
            after = await self._projection.digest(connection, new.schema)
            before: Mapping[str, bytes] = {}
            differences: Sequence[Difference] = ()
            if live is not None and live.shape == self._projection.shape:
                before = await self._projection.digest(connection, live.schema)
                if before != after:
                    differences = await self._projection.differences(
                        connection,
                        live.schema,
                        new.schema,
                        [table for table in after if after[table] != before[table]],
                    )
        return Compared(new.version, before, after, differences, self.done, self._resumed)

    @asynccontextmanager
    async def _at_one_moment(self) -> AsyncIterator[Version | None]:
        """Give the version in force, in a transaction that sees both as they stand just now."""
        holder = await self._connect()
        seen = self._connection.transaction(isolation="repeatable_read", readonly=True)
        try:
            async with holder.transaction():
                live = await store.find_live(holder, self._projection.name)
                if live is not None:
                    live = await store.lock_version(holder, live.projection, live.version)
                while await self._catch_up(await self._targets(), in_transaction=False):
                    pass
                await seen.start()
                await store.find_live(self._connection, self._projection.name)  # the moment
        finally:
            await holder.close()
        try:
            yield live
        finally:
            await seen.rollback()

    async def switch(self) -> None:
        """Put the built version in force and drop the one before, when the last few are learned."""
        connection, name = self._connection, self._projection.name
        while await self._catch_up(await self._targets(), in_transaction=False):
            pass
        async with connection.transaction():
            live = await store.find_live(connection, name)
            if live is not None:
                live = await store.lock_version(connection, name, live.version, switching=True)
            await self._catch_up(await self._targets(), in_transaction=True)
            if live is not None:
                await store.drop_version(connection, live)
            await store.make_live(connection, self.new)
            held = await store.lock_version(connection, name, self.new.version)
            assert held is not None  # noqa: S101 - it was just put in force
            await self._projection.settle(
                connection, held.schema, revision=held.revision, now=self._clock.now()
            )

    async def drop(self) -> bool:
        """Drop whatever was built beside the version in force; return whether anything was."""
        return await _drop_others(self._connection, self._projection.name, lambda _: False)
