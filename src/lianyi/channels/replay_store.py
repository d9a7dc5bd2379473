"""The table of replays, as the process that runs them sees it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from lianyi.channels.delivering import Receipt
from lianyi.channels.store import guarded
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


class ReplayStore:
    """Reads and writes replays."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def list_active(self) -> list[ReplayRow]:
        """Return the replays that run or are to stop."""
        rows = await guarded(
            lambda: self._pool.fetch(
                f"SELECT {', '.join(ReplayRow._fields)} FROM channels.replay"  # noqa: S608
                " WHERE state IN ('running', 'stopping') ORDER BY requested_at"
            ),
            where="replays",
        )
        return [ReplayRow(*row) for row in rows]

    async def save(
        self,
        replay: uuid.UUID,
        *,
        position: int,
        delivered: int,
        refused: int,
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
                    " state = CASE WHEN $5 = 'running' THEN state ELSE $5 END, ended_at = $6"
                    " WHERE replay = $1",
                    replay,
                    position,
                    delivered,
                    refused,
                    state,
                    ended_at,
                )

        await guarded(work, where=f"replay {replay}")
