"""Whether somebody does the work that this installation wants done, by what everybody can see.

Judged as the cards of the console judge it: a process that has said nothing for a while is gone.
A single silent channel is told there; here only what nobody attends to at all counts.
"""

from __future__ import annotations

import asyncpg

from lianyi.base.clock import Clock
from lianyi.channels.conditions import NobodyDelivers, NobodyListens
from lianyi.channels.read_store import ChannelRecord, DestinationRecord, ReadStore
from lianyi.channels.standing import SILENT_SECONDS, silent
from lianyi.messagelog import ACTS

NAMES_MAX = 5


class Attendance:
    """What the checks of an API process ask of the database."""

    def __init__(self, pool: asyncpg.Pool, clock: Clock) -> None:
        self._store = ReadStore(pool)
        self._clock = clock

    async def intake(self) -> str:
        """Return how many channels are listened for.

        Raises:
            NobodyListens: there is a shard with channels that should take messages, and no sign
                of life of any.
        """
        channels = await self._store.channels()
        heard = [one for one in channels if one.shard != ACTS]  # else the platform speaks
        wanted = [one for one in heard if one.version and one.wanted == "running"]
        now = self._clock.now()
        shards: dict[int, list[ChannelRecord]] = {}
        for channel in wanted:
            shards.setdefault(channel.shard, []).append(channel)
        left = [
            channel.name
            for of_shard in shards.values()
            if all(silent(channel.source_state, now) for channel in of_shard)
            for channel in of_shard
        ]
        if left:
            raise NobodyListens(where=_named(left), seconds=SILENT_SECONDS)
        return f"{len(wanted)} channels"

    async def deliver(self) -> str:
        """Return how many destinations are delivered to.

        Raises:
            NobodyDelivers: there are destinations that should run, and no sign of life of any.
        """
        channels = {one.channel: one for one in await self._store.channels() if one.version}
        wanted: list[DestinationRecord] = [
            one
            for one in await self._store.destinations()
            if one.channel in channels and one.wanted == "running" and not one.retired
        ]
        now = self._clock.now()
        if wanted and all(silent(one.state, now) for one in wanted):
            names = [f"{channels[one.channel].name} → {one.name}" for one in wanted]
            raise NobodyDelivers(where=_named(names), seconds=SILENT_SECONDS)
        return f"{len(wanted)} destinations"


def _named(names: list[str]) -> str:
    shown = ", ".join(names[:NAMES_MAX])
    return shown if len(names) <= NAMES_MAX else f"{shown} … ({len(names)})"
