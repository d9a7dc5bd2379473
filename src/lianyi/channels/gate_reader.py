"""The gate's own reader of a channel: it counts every message and shows people what was held.

What the gate said was decided when the message came in and stands in the log. This reader turns a
held message into something that a person can release, repair or dismiss.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import asyncpg
import structlog

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.channels import gate_store
from lianyi.channels.compiled import CompiledChannel
from lianyi.channels.delivery_store import TALLY_EVERY
from lianyi.channels.failures import Held
from lianyi.channels.feed import ShardFeed
from lianyi.channels.gate import why_held
from lianyi.messagelog import Gate, LogMessage, LostLease, Position, PostgresLog

SAVE_SECONDS = 0.05
LOOK_SECONDS = 1.0

log = structlog.get_logger(__name__)
_NAMES = {Gate.ACCEPT: "accepted", Gate.WARN: "warned", Gate.HOLD: "held"}


class GateReader:
    """Reads one channel's messages behind its gate."""

    def __init__(
        self,
        channel: CompiledChannel,
        *,
        channel_number: int,
        epoch: int,
        feed: ShardFeed,
        messages: PostgresLog,
        pool: asyncpg.Pool,
        clock: Clock,
    ) -> None:
        self._channel = channel
        self._number = channel_number
        self._epoch = epoch
        self._feed = feed
        self._messages = messages
        self._pool = pool
        self._clock = clock
        self._reader = f"channel:{channel.definition.channel}"
        self._look_now = asyncio.Event()
        self._stopping = False
        self._tallied_at = clock.now() - TALLY_EVERY
        self._untallied = False

    async def run(self) -> None:
        """Read until :meth:`stop`.

        Raises:
            LostLease: another process has taken over.
            LogUnavailable: the store could not be read at the start.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read_on())
            tasks.create_task(self._release_on())

    def stop(self) -> None:
        """End soon."""
        self._stopping = True
        self._look_now.set()

    def wake(self) -> None:
        """Look at people's decisions now."""
        self._look_now.set()

    async def _read_on(self) -> None:
        position, counts = await gate_store.load_reader(self._pool, self._reader, self._feed.shard)
        while not self._stopping:
            try:
                batch = await self._feed.after(position, wait_seconds=LOOK_SECONDS)
                if not batch and not self._untallied:
                    continue
                held = self._judge([received.message for received in batch], counts)
                if batch:
                    position = batch[-1].message.number
                now = self._clock.now()
                tally = not batch or now - self._tallied_at >= TALLY_EVERY
                self._untallied = not tally
                if tally:
                    self._tallied_at = now
                await gate_store.save_gate(
                    self._pool,
                    reader=self._reader,
                    channel=self._number,
                    shard=self._feed.shard,
                    position=position,
                    epoch=self._epoch,
                    counts=counts,
                    held=held,
                    now=now,
                    tally=tally,
                )
            except LostLease:
                self._stopping = True
                self._look_now.set()
                raise
            except LianyiError as failure:
                log.warning("store.unavailable", reader=self._reader, code=failure.code)
                await asyncio.sleep(LOOK_SECONDS)
                position, counts = await self._reload()
            await asyncio.sleep(SAVE_SECONDS)

    async def _reload(self) -> tuple[int, dict[str, int]]:
        """Go back to what is kept, however long it takes: what was held must not be passed over."""
        while not self._stopping:
            with contextlib.suppress(LianyiError):
                return await gate_store.load_reader(self._pool, self._reader, self._feed.shard)
            await asyncio.sleep(LOOK_SECONDS)
        return 0, {}

    def _judge(
        self, messages: list[LogMessage], counts: dict[str, int]
    ) -> list[tuple[int, dict[str, Any]]]:
        """Count the channel's messages; return those that are held, each with why."""
        held: list[tuple[int, dict[str, Any]]] = []
        gates = [0, 0, 0]
        size, last = 0, None
        for message in messages:
            if message.channel == self._number:
                gates[message.gate] += 1
                size += len(message.body)
                last = message
                if message.gate == Gate.HOLD and not message.tombstone:
                    held.append((message.number, self._why(message).record()))
        if last is not None:
            found = {name: gates[gate] for gate, name in _NAMES.items() if gates[gate]}
            for name, count in {"received": sum(gates), "bytes": size, **found}.items():
                counts[name] = counts.get(name, 0) + count
            counts["last_at_ms"] = int(last.received_at.timestamp() * 1000)
        return held

    def _why(self, message: LogMessage) -> Held:
        _, findings = self._channel.judge(self._channel.open(message.body))
        return why_held(findings)

    async def _release_on(self) -> None:
        while not self._stopping:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._look_now.wait()
            self._look_now.clear()
            try:
                released = await gate_store.list_released(
                    self._pool, channel=self._number, shard=self._feed.shard
                )
                for one in released:
                    await self._give_on(one)
            except LianyiError as failure:
                log.warning("store.unavailable", reader=self._reader, code=failure.code)

    async def _give_on(self, released: gate_store.Released) -> None:
        position = released.repaired or Position(self._feed.shard, released.number)
        body = (await self._messages.get(position)).body
        content = self._channel.open(body)
        wanting: list[str] = []
        for destination in self._channel.destinations:
            # One that cannot read it says so itself, where a person sees it.
            with contextlib.suppress(LianyiError):
                if not destination.wants(content):
                    continue
            wanting.append(destination.name)
        await gate_store.give_on_released(
            self._pool,
            channel=self._number,
            shard=self._feed.shard,
            number=released.number,
            destinations=wanting,
            now=self._clock.now(),
        )
