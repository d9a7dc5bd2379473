"""The table of replays, as the process that runs them sees it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from lianyi.channels.decided import UNDECIDED, Decided, Skipped
from lianyi.channels.delivering import Receipt
from lianyi.channels.delivery_store import repaired_of, with_days
from lianyi.channels.store import guarded
from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.postgres_copy import copy_rows


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
        replay: uuid.UUID,
        *,
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
        """

        async def work() -> None:
            async with self._pool.acquire() as connection, connection.transaction():
                if receipts:
                    await copy_rows(
                        connection, "channels.receipt", columns=Receipt._fields, records=receipts
                    )
                await connection.execute(
                    "UPDATE channels.replay SET position = $2, delivered = $3, refused = $4,"
                    " state = CASE WHEN $5 = 'running' THEN state ELSE $5 END, ended_at = $6,"
                    " held = $7, dismissed = $8, filtered = $9"
                    " WHERE replay = $1",
                    replay,
                    position,
                    delivered,
                    refused,
                    state,
                    ended_at,
                    skipped["held"],
                    skipped["dismissed"],
                    skipped["filtered"],
                )

        await guarded(lambda: with_days(self._pool, receipts, work), where=f"replay {replay}")

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
