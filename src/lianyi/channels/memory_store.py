"""What a source that asks remembers: its place in a row, and what the log took after that.

The row is written after the log has a batch, so it may lag by one when a process dies. Then the
messages that the log has above the row's number are read, and the source folds them in.
"""

from __future__ import annotations

from collections.abc import Callable

import asyncpg
import orjson

from lianyi.base.clock import Clock
from lianyi.channels.store import guarded
from lianyi.connectors.connector import Answer
from lianyi.messagelog import LogUnavailable, Position, PostgresLog

PAGE_MESSAGES = 1000


class LogMemory:
    """The memory of the source of one channel."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        messages: PostgresLog,
        *,
        channel: int,
        shard: int,
        end: Callable[[], int | None],
        clock: Clock,
    ) -> None:
        """Remember for a channel.

        Args:
            pool: of the platform's database.
            messages: the log.
            channel: its number.
            shard: where it lives.
            end: the last number of the shard that is committed; None while nobody appends.
            clock: for when it moved.
        """
        self._pool = pool
        self._messages = messages
        self._channel = channel
        self._shard = shard
        self._end = end
        self._clock = clock

    async def recall(self) -> tuple[bytes, list[bytes]]:
        """Return what was remembered last, and what the log took after it."""
        where = f"channel {self._channel}"
        row = await guarded(
            lambda: self._pool.fetchrow(
                "SELECT place, number, resting FROM channels.source_place WHERE channel = $1",
                self._channel,
            ),
            where=where,
        )
        if row is None:
            return b"", []
        place = self._messages.cover.show_text(row["place"]).encode()
        return place, [] if row["resting"] else await self._after(row["number"])

    async def _after(self, number: int) -> list[bytes]:
        found: list[bytes] = []
        while page := await self._messages.read(self._shard, after=number, limit=PAGE_MESSAGES):
            found += [one.body for one in page if one.channel == self._channel]
            number = page[-1].number
        return found

    async def remember(
        self, place: bytes, *, answer: Answer | None = None, resting: bool = False
    ) -> None:
        """Remember a place, unless a later one is remembered already."""
        number = self._end() if answer is None else _number_in(answer)
        if number is None:
            raise LogUnavailable(where=f"channel {self._channel}", why="nobody appends now")
        text = self._messages.cover.hide_text(place.decode())
        await guarded(
            lambda: self._pool.execute(
                "INSERT INTO channels.source_place AS kept"
                " (channel, place, number, resting, moved_at) VALUES ($1, $2, $3, $4, $5)"
                " ON CONFLICT (channel) DO UPDATE SET place = $2, number = $3, resting = $4,"
                " moved_at = $5 WHERE kept.number <= $3",
                self._channel,
                text,
                number,
                resting,
                self._clock.now(),
            ),
            where=f"channel {self._channel}",
        )


def _number_in(answer: Answer) -> int | None:
    """Return the number that an answer of the intake tells."""
    told = orjson.loads(answer.body)
    return Position.parse(told["position"]).number if "position" in told else None
