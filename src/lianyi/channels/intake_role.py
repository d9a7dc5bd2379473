"""The intake role: it owns shards, listens for their channels, and appends what comes in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import structlog

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.base.telemetry import NO_TRACING, Tracing
from lianyi.channels import store
from lianyi.channels.disk import DiskGuard
from lianyi.channels.intake import Intake
from lianyi.channels.memory_store import LogMemory
from lianyi.channels.recent import RecentMessages, token_of
from lianyi.channels.registrar import Registrar
from lianyi.channels.running import LOOK_SECONDS, Bell, Definitions, InForce, Share, resolve_folder
from lianyi.channels.settings import ChannelsSettings
from lianyi.connectors.connector import Arrival, Memory, Reply, Source
from lianyi.connectors.registry import build_source
from lianyi.messagelog import ACTS, LostLease, Position, PostgresLog
from lianyi.messagelog.postgres_appender import PostgresAppender
from lianyi.messagelog.postgres_errors import STORE_ERRORS

WATCH_SECONDS = 0.05

log = structlog.get_logger(__name__)


class RunningSource:
    """The source of one channel: listening, and handing on to the version in force."""

    def __init__(
        self,
        in_force: InForce,
        *,
        data_dir: Path,
        clock: Clock,
        trouble_seconds: float,
        memory: Memory | None = None,
    ) -> None:
        self.in_force = in_force
        self.problem: LianyiError | None = None
        self.intake: Intake | None = None
        self.troubles = 0
        self._clock = clock
        self._trouble_seconds = trouble_seconds
        self._trouble: LianyiError | None = None
        self._trouble_at = 0.0
        self._data_dir = data_dir
        self._memory = memory
        self._source: Source | None = None
        self._paused = False

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._source is not None

    @property
    def trouble(self) -> LianyiError | None:
        """What went wrong lately; None once it works again, or after a while without a repeat."""
        lasting = self._source.trouble if self._source else None
        if lasting is not None:
            return lasting
        if self._clock.elapsed_seconds() - self._trouble_at > self._trouble_seconds:
            return None
        return self._trouble

    def listens_like(self, other: InForce) -> bool:
        """Whether another version can take over without closing a connection."""
        mine, its = self.in_force.compiled.definition, other.compiled.definition
        return (mine.source.connector, mine.source.settings, mine.format) == (
            its.source.connector,
            its.source.settings,
            its.format,
        )

    async def start(self) -> None:
        """Begin to listen; when that fails, say so and let it be tried again."""
        definition = self.in_force.compiled.definition
        connector = definition.source.connector
        settings = resolve_folder(connector, definition.source.settings, self._data_dir)
        try:
            source = build_source(
                connector, settings, self._receive, self._on_trouble, memory=self._memory
            )
            await source.start()
        except LianyiError as failure:
            if self.problem is None:
                log.warning("source.cannot_start", channel=definition.channel, code=failure.code)
            self.problem = failure
        else:
            self.problem = self._trouble = None
            self._source = source
            if self._paused:
                source.pause()
            log.info("source.listens", channel=definition.channel, address=source.address)

    async def stop(self, *, grace_seconds: float) -> None:
        """Stop listening."""
        if self._source is not None:
            source, self._source = self._source, None
            await source.stop(grace_seconds=grace_seconds)

    def hold_back(self, *, paused: bool) -> None:
        """Stop reading from peers, or go on."""
        if paused != self._paused:
            self._paused = paused
            if self._source is not None:
                (self._source.pause if paused else self._source.resume)()

    def state(self) -> dict[str, Any]:
        """Return what people are shown."""
        error = self.problem or self.trouble
        return {
            "running": self._source is not None,
            "address": self._source.address if self._source else "",
            "connections": self._source.connections if self._source else 0,
            "paused": self._paused,
            "repeated": self.intake.repeated if self.intake else 0,
            "troubles": self.troubles,
            "error": error.record() if error else None,
        }

    def _receive(self, arrival: Arrival, reply: Reply) -> None:
        self._trouble = None
        if self.intake is not None:
            self.intake.receive(arrival, reply)

    def _on_trouble(self, failure: LianyiError) -> None:
        name = self.in_force.row.name
        if self._source is None or self._source.trouble is not failure:
            self._trouble, self._trouble_at = failure, self._clock.elapsed_seconds()
        self.troubles += 1
        log.warning("source.trouble", channel=name, code=failure.code)


class OwnedShard:
    """A shard that this process appends to, and the channels that live in it."""

    def __init__(self, shard: int, appender: PostgresAppender, recent: RecentMessages) -> None:
        self.shard = shard
        self.appender: PostgresAppender | None = appender
        self.recent = recent
        self.sources: dict[int, RunningSource] = {}


class IntakeRole:
    """Takes messages in, for the shards that are this process's share."""

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        connect: Callable[[], Any],
        messages: PostgresLog,
        share: Share,
        registrar: Registrar | None,
        definitions: Definitions,
        settings: ChannelsSettings,
        data_dir: Path,
        guard: DiskGuard,
        clock: Clock,
        holder: str,
        tracing: Tracing = NO_TRACING,
    ) -> None:
        self._pool = pool
        self._messages = messages
        self._share = share
        self._registrar = registrar
        self._definitions = definitions
        self._settings = settings
        self._data_dir = data_dir
        self._guard = guard
        self._clock = clock
        self._holder = holder
        self._tracing = tracing
        self._shards: dict[int, OwnedShard] = {}
        self._shown: dict[int, tuple[float, dict[str, Any]]] = {}
        self._look_now = asyncio.Event()
        self._stopping = False
        self._bell = Bell(connect, self._hear)
        if registrar is not None:
            registrar.trials.when_tried = self._look_now.set

    async def run(self) -> None:
        """Take messages in until :meth:`stop`."""
        listening = asyncio.create_task(self._bell.listen())
        watching = asyncio.create_task(self._watch())
        try:
            while not self._stopping:
                try:
                    await self._look()
                except LianyiError as failure:
                    log.warning("intake.waits", code=failure.code)
                except STORE_ERRORS as error:
                    log.warning("intake.waits", kind=type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._look_now.wait()
                self._look_now.clear()
        finally:
            for task in (listening, watching):
                task.cancel()
            await asyncio.gather(listening, watching, return_exceptions=True)
            await self._close()

    def stop(self) -> None:
        """Stop listening, commit what was taken, end."""
        self._stopping = True
        self._look_now.set()

    def _hear(self, payload: str) -> None:
        if payload == "definitions":
            self._look_now.set()

    async def _look(self) -> None:
        """Agree with the database on who does what, and do it."""
        await self._look_at_files()
        in_force = await self._definitions.list_in_force(self._pool)
        wanted = {one.row.shard for one in in_force if one.row.version} - {ACTS}
        await self._share.renew([f"intake:{shard}" for shard in sorted(wanted)])
        mine = {int(name.partition(":")[2]) for name in self._share.epochs}
        for shard in [shard for shard in self._shards if shard not in mine]:
            await self._give_up(shard)
        for shard in sorted(mine):
            await self._own(shard)
        for one in in_force:
            owned = self._shards.get(one.row.shard)
            if owned is not None:
                await self._run_source(owned, one)
        await self._show()

    async def _look_at_files(self) -> None:
        """Take over what has changed; whatever the folder does, what is in force goes on."""
        if self._registrar is None:
            return
        try:
            await self._registrar.look()
        except LianyiError as failure:
            log.warning("content.waits", code=failure.code)
        except STORE_ERRORS as error:
            log.warning("content.waits", kind=type(error).__name__)

    async def _own(self, shard: int) -> None:
        owned = self._shards.get(shard)
        if owned is not None and owned.appender is not None and owned.appender.failure is None:
            return
        if owned is not None and owned.appender is not None:
            await owned.appender.close()
            owned.appender = None
        try:
            appender = await self._messages.open_appender(shard, holder=self._holder)
        except LostLease:
            return  # the owner before us has not let go yet
        try:
            recent = await self._remember(shard)
        except BaseException:
            await appender.close()  # else it would renew its lease and serve nobody
            raise
        if owned is None:
            self._shards[shard] = OwnedShard(shard, appender, recent)
        else:
            owned.appender, owned.recent = appender, recent
            for source in owned.sources.values():
                source.intake = self._intake(owned, source.in_force)
        log.info("shard.owned", shard=shard, end=appender.end)

    async def _remember(self, shard: int) -> RecentMessages:
        """Learn again from the log which messages came in lately."""
        recent = RecentMessages(shard, self._settings.repeat_window_messages)
        if self._settings.repeat_window_messages:
            tail = await self._messages.tail(shard, limit=self._settings.repeat_window_messages)
            for number, channel, control_id, body_hash in tail:
                recent.put(token_of(channel, control_id, body_hash), Position(shard, number))
        return recent

    async def _run_source(self, owned: OwnedShard, in_force: InForce) -> None:
        row = in_force.row
        running = owned.sources.get(row.channel)
        wanted = row.version > 0 and row.wanted == "running"
        if running is not None and (not wanted or not running.listens_like(in_force)):
            await running.stop(grace_seconds=self._settings.stop_grace_seconds)
            if not wanted:
                running.in_force = in_force
                return
            running = None
        if not wanted:
            return
        if running is None:
            running = owned.sources[row.channel] = RunningSource(
                in_force,
                data_dir=self._data_dir,
                clock=self._clock,
                trouble_seconds=self._settings.trouble_seconds,
                memory=self._memory_of(owned, row.channel),
            )
        if running.intake is None or running.in_force.compiled is not in_force.compiled:
            running.in_force = in_force
            running.intake = self._intake(owned, in_force)
        if not running.running:
            await running.start()

    def _memory_of(self, owned: OwnedShard, channel: int) -> LogMemory:
        return LogMemory(
            self._pool,
            self._messages,
            channel=channel,
            shard=owned.shard,
            end=lambda: owned.appender.end if owned.appender is not None else None,
            clock=self._clock,
        )

    def _intake(self, owned: OwnedShard, in_force: InForce) -> Intake:
        return Intake(
            in_force.compiled,
            channel_number=in_force.row.channel,
            recent=owned.recent,
            clock=self._clock,
            refuses=self._guard.refusal,
            appender=lambda: owned.appender,
            tracing=self._tracing,
        )

    async def _watch(self) -> None:
        """Hold senders back while too much waits, or while a shard has no appender."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            for owned in self._shards.values():
                appender = owned.appender
                broken = appender is None or appender.failure is not None
                limit = self._settings.waiting_bytes_max
                full = appender is not None and appender.waiting_bytes > limit
                for source in owned.sources.values():
                    source.hold_back(paused=broken or full)
                if broken:
                    self._look_now.set()

    async def _show(self) -> None:
        """Show people how each source is doing: when that changes, and as a sign of life."""
        now = self._clock.elapsed_seconds()
        for owned in self._shards.values():
            for channel, running in owned.sources.items():
                state = running.state()
                shown_at, shown = self._shown.get(channel, (float("-inf"), {}))
                if state != shown or now - shown_at > 4:
                    self._shown[channel] = (now, state)
                    at = self._clock.now().isoformat()
                    await store.show_source(self._pool, channel, {**state, "updated_at": at})

    async def _give_up(self, shard: int) -> None:
        owned = self._shards.pop(shard)
        grace = self._settings.stop_grace_seconds
        await asyncio.gather(
            *(source.stop(grace_seconds=grace) for source in owned.sources.values()),
            return_exceptions=True,
        )
        if owned.appender is not None:
            await owned.appender.close()

    async def _close(self) -> None:
        if self._registrar is not None:
            await self._registrar.close()
        for shard in list(self._shards):
            await self._give_up(shard)
        with contextlib.suppress(*STORE_ERRORS):
            await self._share.give_all_back()
