"""From the files of the content folder to the definitions in force.

The database holds what is in force, so that hosts without the folder agree with those that have
it. A file that is wrong, or whose own examples do not hold, changes nothing: the definition before
it goes on, and people see why.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import asyncpg
import structlog

from lianyi.base.clock import Clock
from lianyi.base.content_files import stamps, text_of
from lianyi.base.errors import LianyiError
from lianyi.channels import store
from lianyi.channels.compiled import CompiledChannel, compile_channel
from lianyi.channels.definition import Channel
from lianyi.channels.library import Library
from lianyi.channels.loading import check_together, load_channel
from lianyi.channels.problems import BadChannel
from lianyi.channels.trying import Trials
from lianyi.connectors.platform import PLATFORM

FOLDER = "channels"
TRIAL_WAIT_SECONDS = 0.5
"""How long a look waits for the examples of new files; what takes longer comes with a later one."""
YAML_BYTES_MAX = 1_048_576

log = structlog.get_logger(__name__)


class _Good(NamedTuple):
    """A file that can come into force, and the shared files it uses."""

    text: str
    definition: Channel
    compiled: CompiledChannel
    library: Library


class Registrar:
    """Keeps the definitions in force equal to the files of one folder."""

    def __init__(self, pool: asyncpg.Pool, content_dir: Path, *, shards: int, clock: Clock) -> None:
        self._pool = pool
        self._content_dir = content_dir
        self._shards = shards
        self._clock = clock
        self._looked: object = None
        self._taken_over: object = None
        self.trials = Trials()

    async def close(self) -> None:
        """End what is still being tried."""
        await self.trials.close()

    async def look(self) -> None:
        """Take over what has changed since the last look, and what has been tried since."""
        stamp = self._stamp()
        if stamp == self._looked:
            return
        good: dict[str, _Good] = {}
        bad: dict[str, LianyiError] = {}
        for path in self._files():
            name = _printable(path.stem)
            try:
                text = text_of(path, _printable(path.name), BadChannel, bytes_max=YAML_BYTES_MAX)
                definition = load_channel(text, _printable(path.name), self._content_dir)
                library = Library(self._content_dir)
                compiled = compile_channel(definition, library)
                good[name] = _Good(text, definition, compiled, library)
            except LianyiError as failure:
                bad[name] = failure
        for problem in check_together(one.definition for one in good.values()):
            # The channel that comes later in the alphabet gives way.
            name = str(problem.where).partition(".")[0].partition(":")[0]
            if good.pop(name, None):
                bad[name] = problem
        later, again = await self._try(good, bad)
        digests = {name: one.compiled.digest for name, one in good.items()}
        told = digests, {name: one.record() for name, one in bad.items()}, later
        if told != self._taken_over:
            await self._take_over(good, bad, later)
            self._taken_over = told
        self._looked = None if later or again else stamp

    async def _try(
        self, good: dict[str, _Good], bad: dict[str, LianyiError]
    ) -> tuple[set[str], bool]:
        """Have the examples of what is new decide whether it is good.

        What is in force already was tried before; so a start tries nothing again.

        Returns:
            The channels of which that is not known yet, and whether any must be tried again.
        """
        in_force = await store.digests_in_force(self._pool)
        new = {
            name: one
            for name, one in good.items()
            if in_force.get(one.definition.channel) != one.compiled.digest
        }
        for name, one in new.items():
            self.trials.begin(one.compiled, one.text, f"{name}.yaml")
        await self.trials.wait(seconds=TRIAL_WAIT_SECONDS)
        later: set[str] = set()
        again = False
        for name, one in new.items():
            if not self.trials.done(one.compiled.digest):
                later.add(name)
                del good[name]
            elif failure := self.trials.failure(one.compiled.digest):
                again = again or failure.category.retry
                bad[name] = failure
                del good[name]
        await self.trials.forget(but=[one.compiled.digest for one in new.values()])
        return later, again

    async def _take_over(
        self, good: dict[str, _Good], bad: dict[str, LianyiError], later: Collection[str]
    ) -> None:
        async with self._pool.acquire() as connection:
            for name, one in good.items():
                changed = await store.put_definition(
                    connection,
                    name=one.definition.channel,
                    yaml=one.text,
                    digest=one.compiled.digest,
                    destinations=[to.name for to in one.compiled.destinations],
                    shards=0 if one.definition.source.connector == PLATFORM else self._shards,
                    now=self._clock.now(),
                    files=one.library.taken,
                    organisation=one.definition.organisation,
                )
                if changed:
                    log.info("channel.in_force", channel=name)
            for name, failure in bad.items():
                log.warning("channel.refused", channel=name, code=failure.code)
                await store.put_problem(connection, name, failure.record(), shards=self._shards)
            gone = await store.list_with_file(connection) - good.keys() - bad.keys()
            gone -= set(later)
            if gone:
                await store.put_out_of_force(connection, sorted(gone))

    def _files(self) -> list[Path]:
        """Return the files of channels; what begins with a dot is an editor's."""
        folder = self._content_dir / FOLDER
        files = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
        return [path for path in files if not path.name.startswith(".")]

    def _stamp(self) -> object:
        """Return what changes when any file below the content folder does."""
        return stamps(sorted(path for path in self._content_dir.rglob("*") if path.is_file()))


def _printable(name: str) -> str:
    """Return the name of a file; bytes that are no UTF-8 (a Chinese archive has GBK) in hex."""
    return name.encode("utf-8", "backslashreplace").decode()
