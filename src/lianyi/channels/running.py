"""What both roles of the engine share: definitions in force, compiled; a fair share of leases."""

from __future__ import annotations

import asyncio
import contextlib
import math
import uuid
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import structlog
from pydantic import ValidationError

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.channels import store
from lianyi.channels.compiled import CompiledChannel, compile_channel
from lianyi.channels.loading import compile_kept, load_channel
from lianyi.messagelog import postgres_leases as leases

LOOK_SECONDS = 1.0
SURE_SECONDS = leases.LEASE_SECONDS - 1.0
"""So long after a lease was asked for nobody else can have it, with a second to spare."""

log = structlog.get_logger(__name__)


class InForce(NamedTuple):
    """A channel of the database, compiled."""

    row: store.ChannelInForce
    compiled: CompiledChannel


class Definitions:
    """The definitions in force, compiled once for each version.

    They come out of the database with the tables, step lists and functions that were kept with
    them, so that every host does the same, whatever its own content folder holds or lacks.
    """

    def __init__(self, content_dir: Path) -> None:
        """Use a content folder for versions of which an older release kept no files."""
        self._content_dir = content_dir
        self._compiled: dict[tuple[int, str], CompiledChannel] = {}

    async def list_in_force(self, pool: asyncpg.Pool) -> list[InForce]:
        """Return every channel; one that cannot be compiled here is left out and told."""
        found: list[InForce] = []
        for row in await store.list_in_force(pool):
            compiled = await self._compile(pool, row)
            if compiled is not None:
                found.append(InForce(row, compiled))
        return found

    async def last_of(
        self, pool: asyncpg.Pool, channel: store.ChannelInForce, leaving: store.DestinationRow
    ) -> InForce | None:
        """Return a channel as it was when it last named a destination; None: not to be had."""
        if leaving.last_version is None or leaving.last_yaml is None:
            return None
        version = leaving.last_version
        row = channel._replace(yaml=leaving.last_yaml, version=version, newest=version)
        compiled = await self._compile(pool, row)
        return InForce(row, compiled) if compiled else None

    async def _compile(
        self, pool: asyncpg.Pool, row: store.ChannelInForce
    ) -> CompiledChannel | None:
        key = (row.channel, f"{row.version}\0{row.newest}\0{row.yaml}")
        if key not in self._compiled:
            files = await store.files_of(pool, row.channel, row.newest)
            try:
                self._compiled[key] = self._compiled_with(row, files)
            except LianyiError as failure:
                log.warning("channel.cannot_run", channel=row.name, code=failure.code)
                return None
        return self._compiled[key]

    def _compiled_with(
        self, row: store.ChannelInForce, files: Mapping[str, bytes]
    ) -> CompiledChannel:
        try:
            return compile_kept(row.yaml, row.name, files)
        except LianyiError:
            if files:
                raise
        except ValidationError:
            pass  # what reads it below says in our words what is wrong
        definition = load_channel(row.yaml, f"{row.name}.yaml", self._content_dir)
        return compile_channel(definition, self._content_dir)


class Share:
    """The leases that this process holds of all that there are to hold, shared fairly."""

    def __init__(
        self, pool: asyncpg.Pool, *, role: str, owner: uuid.UUID, holder: str, clock: Clock
    ) -> None:
        self._pool = pool
        self._presence = f"present:{role}:"
        self._owner = owner
        self._holder = holder
        self._clock = clock
        self._sure_until: dict[str, float] = {}
        self.epochs: dict[str, int] = {}

    def holds(self, name: str, epoch: int) -> bool:
        """Whether a lease is surely still the one that was taken then; asks nobody.

        A process that was frozen, or a machine that stood still, does not know how long: it must
        not go on with what another may have begun meanwhile.
        """
        return (
            self.epochs.get(name) == epoch
            and self._clock.elapsed_seconds() < self._sure_until[name]
        )

    async def renew(
        self, names: Collection[str], *, lets_go: Callable[[str], bool] = lambda _: True
    ) -> None:
        """Keep what is held, take what is free up to a fair share, give back what is too much.

        Args:
            names: all there are to hold.
            lets_go: ends the work under a lease and says whether it has ended; until then the lease
                is kept, so that nobody begins with what is still being done here.
        """
        await self._take(f"{self._presence}{self._owner}")
        others = await leases.held_by_others(self._pool, self._presence, owner=self._owner)
        fair = math.ceil(len(names) / (len(others) + 1))
        kept = [name for name in self.epochs if name in names]
        too_much = [name for name in self.epochs if name not in names] + kept[fair:]
        for name in too_much:
            if lets_go(name):
                await self.give_back(name)
        for name in list(self.epochs):
            if await self._take(name) != self.epochs[name]:
                del self.epochs[name]
        for name in names:
            if len(self.epochs) >= fair:
                break
            if name not in self.epochs:
                epoch = await self._take(name)
                if epoch is not None:
                    self.epochs[name] = epoch

    async def give_back(self, name: str) -> None:
        """Let another process have a lease now."""
        self.epochs.pop(name, None)
        await leases.give_back(self._pool, name, owner=self._owner)

    async def give_all_back(self) -> None:
        """Let the others have everything."""
        for name in [*self.epochs, f"{self._presence}{self._owner}"]:
            await self.give_back(name)

    async def _take(self, name: str) -> int | None:
        sure_until = self._clock.elapsed_seconds() + SURE_SECONDS
        epoch = await leases.take(self._pool, name, owner=self._owner, holder=self._holder)
        self._sure_until[name] = sure_until
        return epoch


def resolve_folder(connector: str, settings: Mapping[str, Any], data_dir: Path) -> dict[str, Any]:
    """Return a connector's settings with a folder below the data folder, which is made."""
    resolved = dict(settings)
    if connector == "files" and "folder" in resolved:
        folder = data_dir / str(resolved["folder"])  # an absolute one stays what it is
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        resolved["folder"] = str(folder)
    return resolved


class Bell:
    """Hears what changes in the channels' tables, over one connection that is kept listening."""

    def __init__(
        self,
        connect: Callable[[], Any],
        hears: Callable[[str], None],
    ) -> None:
        self._connect = connect
        self._hears = hears

    async def listen(self) -> None:
        """Listen until cancelled; a lost connection is opened again."""
        while True:
            with contextlib.suppress(
                asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, LianyiError
            ):
                connection = await self._connect()
                try:
                    await connection.add_listener(
                        store.CHANGED, lambda _c, _p, _n, payload: self._hears(str(payload))
                    )
                    while not connection.is_closed():
                        await asyncio.sleep(LOOK_SECONDS)
                finally:
                    connection.terminate()
            await asyncio.sleep(LOOK_SECONDS)
