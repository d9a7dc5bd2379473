"""The deliver role: workers for the destinations and gates that are this process's share."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import asyncpg
import structlog

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.base.telemetry import NO_TRACING, Tracing
from lianyi.channels import store
from lianyi.channels.compiled import CompiledDestination
from lianyi.channels.deliver import DestinationWorker
from lianyi.channels.delivery_store import PostgresDeliveryStore
from lianyi.channels.feed import ShardFeed
from lianyi.channels.functions import FunctionHost
from lianyi.channels.gate_reader import GateReader
from lianyi.channels.replay import Replay
from lianyi.channels.replay_store import ReplayRow, ReplayStore
from lianyi.channels.running import LOOK_SECONDS, Bell, Definitions, InForce, Share, resolve_folder
from lianyi.channels.settings import ChannelsSettings
from lianyi.connectors.connector import Sender
from lianyi.connectors.registry import build_sender
from lianyi.messagelog import LostLease, PostgresLog
from lianyi.messagelog.postgres_errors import STORE_ERRORS

ATTEMPTS_END_SECONDS = 30.0
"""So long a destination that changes or moves waits for the attempts that run; most end sooner."""

log = structlog.get_logger(__name__)


class Runs(Protocol):
    """Something that reads the log until it is told to stop."""

    async def run(self) -> None:
        """Read until :meth:`stop`."""
        ...

    def stop(self) -> None:
        """End soon."""
        ...

    def wake(self) -> None:
        """Look at people's decisions now."""
        ...


class Running(NamedTuple):
    """A reader that runs, the version of the definition it runs by, and what is not for it."""

    reader: Runs
    task: asyncio.Task[None]
    version: object
    out: object

    def goes_by(self, in_force: InForce, out: object) -> bool:
        """Whether nothing has changed since it began."""
        return self.version is in_force.compiled and self.out == out


class DeliverRole:
    """Delivers, for the destinations that are this process's share."""

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        connect: Callable[[], Any],
        messages: PostgresLog,
        share: Share,
        definitions: Definitions,
        settings: ChannelsSettings,
        data_dir: Path,
        clock: Clock,
        tracing: Tracing = NO_TRACING,
    ) -> None:
        self._pool = pool
        self._messages = messages
        self._share = share
        self._definitions = definitions
        self._settings = settings
        self._data_dir = data_dir
        self._clock = clock
        self._tracing = tracing
        self._functions = FunctionHost(workers_max=settings.function_workers_max)
        self._feeds: dict[int, ShardFeed] = {}
        self._running: dict[str, Running] = {}
        self._ending: dict[str, tuple[Running, asyncio.Task[None]]] = {}
        self._replays: dict[uuid.UUID, tuple[Replay, asyncio.Task[None]]] = {}
        self._replay_store = ReplayStore(pool, messages.cover)
        self._look_now = asyncio.Event()
        self._stopping = False
        self._bell = Bell(connect, self._hear)

    async def run(self) -> None:
        """Deliver until :meth:`stop`."""
        listening = asyncio.create_task(self._bell.listen())
        try:
            while not self._stopping:
                try:
                    await self._look()
                except LianyiError as failure:
                    log.warning("deliver.waits", code=failure.code)
                except STORE_ERRORS as error:
                    log.warning("deliver.waits", kind=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._look_now.wait()
                self._look_now.clear()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await self._close()

    def stop(self) -> None:
        """Finish the attempts that run, keep what was done, end."""
        self._stopping = True
        self._look_now.set()

    def _hear(self, payload: str) -> None:
        """Hear of a change: of definitions, of one destination or gate, or ``*`` for all."""
        self._look_now.set()
        number = payload.lstrip("-")
        for name, running in self._running.items():
            if payload == "*" or name.partition(":")[2] == number:
                running.reader.wake()

    async def _look(self) -> None:
        """Agree with the database on who does what, and do it."""
        in_force = {
            one.row.channel: one for one in await self._definitions.list_in_force(self._pool)
        }
        destinations = {
            f"deliver:{row.destination}": row
            for row in await store.list_destinations(self._pool)
            if row.channel in in_force
        }
        gates = {f"gate:{channel}": one for channel, one in in_force.items()}
        await self._share.renew([*gates, *destinations], lets_go=self._lets_go)
        for name in [name for name in self._running if name not in self._share.epochs]:
            self._begin_to_end(name)
        for name in list(self._share.epochs):
            if name in gates:
                await self._run(name, gates[name], None)
            elif name in destinations:
                row = destinations[name]
                by: InForce | None = in_force[row.channel]
                if row.last_version is not None:
                    by = await self._definitions.last_of(self._pool, in_force[row.channel].row, row)
                if by is not None:
                    await self._run(name, by, row)
        await self._look_at_replays(in_force, destinations)

    async def _run(self, name: str, in_force: InForce, row: store.DestinationRow | None) -> None:
        if name in self._ending:
            return  # with the look after its end
        running = self._running.get(name)
        if running is not None and running.task.done():
            self._tell_end(name, running.task)
            del self._running[name]
            return  # with the next look; the lease may be lost
        out = (row.out_from, row.out_until) if row is not None else None
        if running is not None and not running.goes_by(in_force, out):
            self._begin_to_end(name)
            return
        if running is None:
            reader = self._build(name, in_force, row)
            if reader is None:
                return
            task = asyncio.create_task(reader.run())
            self._running[name] = running = Running(reader, task, in_force.compiled, out)
        if row is not None and isinstance(running.reader, DestinationWorker):
            running.reader.pause(paused=row.wanted == "stopped")

    def _build(self, name: str, in_force: InForce, row: store.DestinationRow | None) -> Runs | None:
        channel = in_force.row
        feed = self._feeds.setdefault(channel.shard, ShardFeed(self._messages, channel.shard))
        epoch = self._share.epochs[name]
        if row is None:
            return GateReader(
                in_force.compiled,
                channel_number=channel.channel,
                epoch=epoch,
                feed=feed,
                messages=self._messages,
                pool=self._pool,
                clock=self._clock,
            )
        destination = in_force.compiled.destination(row.name)
        if destination is None:
            return None
        return DestinationWorker(
            in_force.compiled,
            destination,
            destination_id=row.destination,
            channel_number=channel.channel,
            version=channel.version,
            left_out=row.left_out,
            feed=feed,
            store=PostgresDeliveryStore(
                self._pool,
                self._messages,
                destination=row.destination,
                channel=channel.channel,
                shard=channel.shard,
                epoch=epoch,
                clock=self._clock,
            ),
            build_sender=self._build_sender,
            functions=self._functions,
            clock=self._clock,
            tracing=self._tracing,
            holds=partial(self._share.holds, name, epoch),
        )

    def _build_sender(self, destination: CompiledDestination) -> Sender:
        connector = destination.definition.connector
        settings = resolve_folder(connector, destination.connector_settings, self._data_dir)
        return build_sender(connector, settings)

    def _lets_go(self, name: str) -> bool:
        """End the reader of a lease; say whether it has ended."""
        self._begin_to_end(name)
        return name not in self._ending

    def _begin_to_end(self, name: str) -> None:
        """End a reader beside everything else: others neither wait for it nor lose their leases."""
        running = self._running.pop(name, None)
        if running is not None:
            self._ending[name] = running, asyncio.create_task(self._end(name, running))

    async def _end(self, name: str, running: Running) -> None:
        running.reader.stop()
        await _ended([running.task], grace_seconds=ATTEMPTS_END_SECONDS)
        self._tell_end(name, running.task)
        del self._ending[name]
        self._look_now.set()

    def _tell_end(self, name: str, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, LostLease):
            self._share.epochs.pop(name, None)
        if error is not None:
            code = error.code if isinstance(error, LianyiError) else type(error).__name__
            log.warning("reader.ended", reader=name, code=code)

    # --- replays ----------------------------------------------------------------------------

    async def _look_at_replays(
        self, in_force: dict[int, InForce], destinations: dict[str, store.DestinationRow]
    ) -> None:
        for replay, (_, task) in list(self._replays.items()):
            if task.done():
                del self._replays[replay]
        for row in await self._replay_store.list_active():
            name = f"deliver:{row.destination}"
            mine = name in destinations and name in self._share.epochs
            active = self._replays.get(row.replay)
            if active and not mine:
                active[0].leave()
            elif active and row.state == "stopping":
                active[0].stop()
            if active or not mine:
                continue
            running = self._start_replay(row, in_force[row.channel], destinations[name])
            if running is not None and row.state == "stopping":
                running.stop()

    def _start_replay(
        self, row: ReplayRow, in_force: InForce, destination_row: store.DestinationRow
    ) -> Replay | None:
        destination = in_force.compiled.destination(destination_row.name)
        if destination is None:
            return None
        name = f"deliver:{row.destination}"
        replay = Replay(
            row,
            in_force.compiled,
            destination,
            messages=self._messages,
            store=self._replay_store,
            build_sender=self._build_sender,
            functions=self._functions,
            version=in_force.row.version,
            clock=self._clock,
            tracing=self._tracing,
            epoch=self._share.epochs[name],
            holds=partial(self._share.holds, name, self._share.epochs[name]),
        )
        self._replays[row.replay] = replay, asyncio.create_task(_told(replay.run()))
        return replay

    async def _close(self) -> None:
        for name in list(self._running):
            self._begin_to_end(name)
        ending = list(self._ending.values())
        grace_seconds = self._settings.stop_grace_seconds
        await _ended([running.task for running, _ in ending], grace_seconds=grace_seconds)
        await asyncio.gather(*(task for _, task in ending))
        for _, task in self._replays.values():
            task.cancel()  # its position is kept; another process goes on
        await asyncio.gather(*(task for _, task in self._replays.values()), return_exceptions=True)
        await self._functions.close()
        with contextlib.suppress(*STORE_ERRORS):
            await self._share.give_all_back()


async def _told(work: Coroutine[Any, Any, None]) -> None:
    """Run a replay; when the store fails it, say so: the next look takes it up again."""
    try:
        await work
    except LianyiError as failure:
        log.warning("replay.interrupted", code=failure.code)


async def _ended(tasks: Sequence[asyncio.Task[None]], *, grace_seconds: float) -> None:
    """Wait for readers that were told to stop; end those that do not in time."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=grace_seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
