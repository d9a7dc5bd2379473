"""The table of replays, as the process that runs them sees it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from lianyi.channels.decided import UNDECIDED, Decided, Skipped
from lianyi.channels.delivering import Receipt
from lianyi.channels.delivery_store import put_receipts, repaired_of, with_days
from lianyi.channels.store import guarded
from lianyi.messagelog import LostLease
from lianyi.messagelog.cover import PLAIN, Cover


class ReplayRow(NamedTuple):
    """One replay as it stands."""

    replay: uuid.UUID
    channel: int
    destination: int
    shard: int
    number_from: int
    number_to: int
    filter: Mapping[str, Any]
    rate_per_second: float
    state: str
    position: int
    delivered: int
    refused: int
    held: int = 0
    dismissed: int = 0
    filtered: int = 0


class ReplayStore:
    """Reads and writes replays."""

    def __init__(self, pool: asyncpg.Pool, cover: Cover = PLAIN) -> None:
        self._pool = pool
        self._cover = cover

    async def list_active(self) -> list[ReplayRow]:
        """Return the replays that run or are to stop."""
        rows = await guarded(
            lambda: self._pool.fetch(
                f"SELECT {', '.join(ReplayRow._fields)} FROM channels.replay"  # noqa: S608
                " WHERE state IN ('running', 'stopping') ORDER BY requested_at"
            ),
            where="replays",
        )
        found = [ReplayRow(*row) for row in rows]
        return [one._replace(filter=self._cover.show_filter(one.filter)) for one in found]

    async def save(
        self,
        replay: ReplayRow,
        *,
        epoch: int,
        position: int,
        delivered: int,
        refused: int,
        skipped: Mapping[Skipped, int],
        receipts: Sequence[Receipt],
        state: str,
        ended_at: datetime | None,
    ) -> None:
        """Keep how far a replay is, with the receipts of the way there.

        A request to stop that came meanwhile stands until the replay has ended.

        Raises:
            LostLease: another process delivers there now and goes on by itself; of what was done
                here the receipts are kept.
            LogUnavailable: the store cannot be reached; nothing was kept.
        """
        name = f"deliver:{replay.destination}"
        moved = False

        async def work() -> None:
            nonlocal moved
            async with self._pool.acquire() as connection, connection.transaction():
                await put_receipts(connection, receipts)
                moved = await connection.fetchval(
                    "UPDATE channels.replay SET position = $2, delivered = $3, refused = $4,"
                    " state = CASE WHEN $5 = 'running' THEN state ELSE $5 END, ended_at = $6,"
                    " held = $7, dismissed = $8, filtered = $9"
                    " WHERE replay = $1 AND EXISTS (SELECT FROM messagelog.lease"
                    "   WHERE name = $10 AND epoch = $11 FOR SHARE) RETURNING true",
                    replay.replay,
                    position,
                    delivered,
                    refused,
                    state,
                    ended_at,
                    skipped["held"],
                    skipped["dismissed"],
                    skipped["filtered"],
                    name,
                    epoch,
                )

        where = f"replay {replay.replay}"
        await guarded(lambda: with_days(self._pool, receipts, work), where=where)
        if not moved:
            raise LostLease(where=where, name=name)

    async def decided(
        self, *, channel: int, destination: int, shard: int, first: int, last: int
    ) -> dict[int, Decided]:
        """Return what was decided about messages between two numbers; the others have no row."""
        rows = await guarded(
            lambda: self._pool.fetch(
                "SELECT destination, number, state, repaired_shard, repaired_number"
                " FROM channels.exception WHERE destination = ANY($1::integer[]) AND shard = $2"
                " AND number BETWEEN $3 AND $4",
                [-channel, destination],
                shard,
                first,
                last,
            ),
            where=f"channel {channel}",
        )
        found: dict[int, Decided] = {}
        for row in rows:
            before = found.get(row["number"], UNDECIDED)
            if row["destination"] < 0:
                now = before._replace(gate=row["state"], gate_repaired=repaired_of(row))
            else:
                now = before._replace(own=row["state"], own_repaired=repaired_of(row))
            found[row["number"]] = now
        return found
