"""A projection learned anew beside itself: build, catch up, compare, switch, drop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

import asyncpg

from lianyi.base.clock import Clock
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store as store
from lianyi.projections.learning import BATCH_MESSAGES, Log, hear, learn_batch
from lianyi.projections.problems import DifferentProjection, RebuildRuns
from lianyi.projections.projection import Heard, Projection
from lianyi.projections.projection_store import Version

Connect = Callable[[], Awaitable[asyncpg.Connection]]


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


async def rebuild(
    connect: Connect,
    messages: Log,
    projection: Projection,
    *,
    clock: Clock,
    accept_differences: bool = False,
    on_progress: Callable[[int], None] | None = None,
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
        on_progress: told how many messages have been gone through.

    Raises:
        DifferentProjection: they differ; the old one stays in force and the new one is dropped.
        RebuildRuns: somebody rebuilds it already.
    """
    connection = await connect()
    try:
        if not await store.try_lock_rebuild(connection, projection.name):
            raise RebuildRuns(where=projection.name)
        builder = _Builder(connection, messages, projection, clock, on_progress)
        return await builder.build(accept_differences=accept_differences)
    finally:
        projection.forget()
        await connection.close()


class _Builder:
    def __init__(
        self,
        connection: Connection,
        messages: Log,
        projection: Projection,
        clock: Clock,
        on_progress: Callable[[int], None] | None,
    ) -> None:
        self._connection = connection
        self._messages = messages
        self._projection = projection
        self._clock = clock
        self._on_progress = on_progress
        self._done = 0

    async def build(self, *, accept_differences: bool) -> Rebuilt:
        new = await self._begin()
        while await self._catch_up(new, await self._targets(), in_transaction=False):
            pass
        try:
            async with self._connection.transaction():
                return await self._switch(new, accept_differences=accept_differences)
        except DifferentProjection:
            async with self._connection.transaction():
                await store.drop_version(self._connection, new)
            raise

    async def _begin(self) -> Version:
        """Make the next version; one that an earlier rebuild left behind goes."""
        name = self._projection.name
        async with self._connection.transaction():
            await store.lock_making(self._connection, name)
            for version in await store.list_versions(self._connection):
                if version.projection == name and not version.live:
                    await store.drop_version(self._connection, version)
            new = await store.insert_version(
                self._connection,
                name,
                shape=self._projection.shape,
                live=False,
                now=self._clock.now(),
            )
            await self._projection.create(self._connection, new.schema)
        return new

    async def _targets(self) -> dict[int, int]:
        """Return how far to learn: as far as the version in force, or to the end."""
        live = await store.find_live(self._connection, self._projection.name)
        if live is not None and live.shape == self._projection.shape:
            return await store.positions(self._connection, live.reader)
        return {shard: await self._messages.end(shard) for shard in await self._messages.shards()}

    async def _catch_up(
        self, new: Version, targets: Mapping[int, int], *, in_transaction: bool
    ) -> bool:
        """Learn up to some numbers; return whether there was anything to learn."""
        standing = await store.positions(self._connection, new.reader)
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
                    await self._learn(new, shard, after, heard)
                else:
                    async with self._connection.transaction():
                        await self._learn(new, shard, after, heard)
                moved = True
                self._done += len(batch)
                if self._on_progress:
                    self._on_progress(self._done)
        return moved

    async def _learn(self, new: Version, shard: int, to: int, heard: Sequence[Heard]) -> None:
        held = await store.lock_version(self._connection, new.projection, new.version)
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

    async def _switch(self, new: Version, *, accept_differences: bool) -> Rebuilt:
        """Freeze the version in force, learn the rest, compare, and put the new one in force."""
        connection, name = self._connection, self._projection.name
        live = await store.find_live(connection, name)
        if live is not None:
            live = await store.lock_version(connection, name, live.version, switching=True)
        await self._catch_up(new, await self._targets(), in_transaction=True)
        before: Mapping[str, bytes] = {}
        after = await self._projection.digest(connection, new.schema)
        if live is not None and live.shape == self._projection.shape:
            before = await self._projection.digest(connection, live.schema)
            if before != after and not accept_differences:
                differ = [table for table in after if after[table] != before.get(table)]
                raise DifferentProjection(where=name, tables=", ".join(differ))
        if live is not None:
            await store.drop_version(connection, live)
        await store.make_live(connection, new)
        held = await store.lock_version(connection, name, new.version)
        assert held is not None  # noqa: S101 - it was just put in force
        await self._projection.settle(
            connection, held.schema, revision=held.revision, now=self._clock.now()
        )
        return Rebuilt(new.version, before, after, self._done)
