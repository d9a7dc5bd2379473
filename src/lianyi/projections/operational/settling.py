"""Months that changed, written as files: the fold of the log as the producer ``log`` of the shelf.

One process does it, under a lease, in the role ``learn``. It writes what changed since the files
were written last, each month whole; a version that was switched, or a channel that became another
organisation's, is a reason to write them all. The same rows are the same bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.base.clock import Clock
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.rounds import do_rounds
from lianyi.projections import projection_store
from lianyi.projections.operational import read_store
from lianyi.projections.operational.settled import (
    PRODUCER,
    Settled,
    read_settled,
    write_settled,
)
from lianyi.projections.operational.star import star
from lianyi.projections.operational.store import CENSUS, FACTS, SHAPE
from lianyi.projections.projection_store import Version

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]

    from lianyi.projections.operational.shelf import Shelf

_NAME: Final = "operational"


class Settler:
    """Writes the months that changed."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        folder: Path,
        *,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        clock: Clock,
        zone: ZoneInfo,
        every_seconds: float,
        owner: UUID,
        holder: str,
    ) -> None:
        """Describe the work.

        Args:
            pool: of the database.
            folder: of the star.
            connect: opens a connection without a limit for statements.
            clock: the time now.
            zone: of the hospital's months.
            every_seconds: at most so often it writes.
            owner: identifies this process in leases.
            holder: who it is, for people.
        """
        self._pool = pool
        self._folder = folder
        self._connect = connect
        self._clock = clock
        self._zone = zone
        self._every_seconds = every_seconds
        self._owner = owner
        self._holder = holder
        self._wrote_at = float("-inf")

    async def run(self) -> None:
        """Write until cancelled; what cannot be written now waits."""
        await do_rounds(
            self._pool,
            "operational:shelf",
            self._look,
            owner=self._owner,
            holder=self._holder,
            complaint="operational.not_settled",
        )

    async def _look(self) -> None:
        if await self._is_due():
            await self.step()

    async def _is_due(self) -> bool:
        """Tell whether it is time to write: at once where the files are of another version."""
        live = await projection_store.find_live(self._pool, _NAME)
        if live is None or live.shape != SHAPE:
            return False
        settled = await asyncio.to_thread(read_settled, self._folder)
        if settled is None or not settled.is_of(live):
            return True
        return self._clock.elapsed_seconds() - self._wrote_at >= self._every_seconds

    async def step(self) -> int:
        """Write what changed; return how many files that are.

        Raises:
            OSError: the disk is full, or the folder may not be written.
        """
        self._wrote_at = self._clock.elapsed_seconds()
        connection = await self._connect()
        try:
            async with connection.transaction(isolation="repeatable_read"):
                live = await projection_store.hold_live_to_read(connection, _NAME)
                if live is None or live.shape != SHAPE:
                    return 0
                return await self._write(connection, live)
        finally:
            await connection.close()

    async def _write(self, connection: Connection, live: Version) -> int:
        settled = await asyncio.to_thread(read_settled, self._folder)
        of = await read_store.organisations(connection)
        goes_on = settled is not None and settled.is_of(live) and settled.organisations == of
        after = settled.revision if settled and goes_on else -1
        if after >= live.revision:
            return 0
        months = await read_store.changed_months(connection, live.schema, after=after)
        if not goes_on:
            lying = await asyncio.to_thread(self._lying)
            months += [one for one in lying if one not in months]
        names = await read_store.channel_names(connection)
        for name, month in months:
            await self._write_month(connection, live.schema, name, month, of, names)
        now = Settled(live.version, live.made_at.isoformat(), live.revision, of)
        await asyncio.to_thread(write_settled, self._folder, now)
        return len(months)

    def _lying(self) -> list[tuple[str, int | None]]:
        """Return the months of which files lie there, whoever wrote them."""
        if not self._folder.is_dir():
            return []
        shelf = self._shelf()
        return [
            (name, month)
            for name in (*FACTS, CENSUS)
            for month in shelf.months(star()[name], PRODUCER)
        ]

    def _shelf(self) -> Shelf:
        from lianyi.projections.operational.shelf import Shelf

        return Shelf(self._folder)

    async def _write_month(
        self,
        connection: Connection,
        schema: str,
        name: str,
        month: int | None,
        of: dict[int, str],
        names: dict[int, str],
    ) -> None:
        import pyarrow as pa

        from lianyi.projections.operational.arrow import channels_of, table_of
        from lianyi.projections.operational.shelf import CHANNELS

        fact, shelf = star()[name], self._shelf()
        parts: list[pa.Table] = []
        said: list[pa.Table] = [CHANNELS.empty_table()]
        async for rows in read_store.rows_of_month(connection, schema, name, month):
            parts.append(
                await asyncio.to_thread(table_of, fact, rows, organisations=of, zone=self._zone)
            )
            said.append(await asyncio.to_thread(channels_of, fact, rows, names))
        whole = pa.concat_tables(parts) if parts else None
        told = pa.concat_tables(said)
        await asyncio.to_thread(shelf.put_channels, fact, PRODUCER, month, told)
        await asyncio.to_thread(shelf.put, fact, PRODUCER, month, whole)
