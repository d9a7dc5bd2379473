"""From the files of the content folder to the definitions in force.

The database holds what is in force, so that hosts without the folder agree with those that have
it. A file that is wrong changes nothing: the definition before it goes on, and people see why.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import asyncpg
import structlog

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.channels import store
from lianyi.channels.compiled import CompiledChannel, compile_channel
from lianyi.channels.definition import Channel
from lianyi.channels.library import Library
from lianyi.channels.loading import check_together, load_channel
from lianyi.channels.problems import BadChannel

FOLDER = "channels"
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

    async def look(self) -> None:
        """Take over what has changed since the last look."""
        stamp = self._stamp()
        if stamp == self._looked:
            return
        good: dict[str, _Good] = {}
        bad: dict[str, LianyiError] = {}
        for path in self._files():
            try:
                text = path.read_text(encoding="utf-8")
                definition = load_channel(text, path.name, self._content_dir)
                library = Library(self._content_dir)
                compiled = compile_channel(definition, library)
                good[path.stem] = _Good(text, definition, compiled, library)
            except LianyiError as failure:
                bad[path.stem] = failure
            except (OSError, UnicodeDecodeError) as error:
                why = type(error).__name__
                bad[path.stem] = BadChannel(where=path.name, why=why, why_zh=why)
        for problem in check_together(one.definition for one in good.values()):
            # The channel that comes later in the alphabet gives way.
            name = str(problem.where).partition(".")[0].partition(":")[0]
            if good.pop(name, None):
                bad[name] = problem
        await self._take_over(good, bad)
        self._looked = stamp

    async def _take_over(
        self,
        good: dict[str, _Good],
        bad: dict[str, LianyiError],
    ) -> None:
        async with self._pool.acquire() as connection:
            for name, one in good.items():
                changed = await store.put_definition(
                    connection,
                    name=one.definition.channel,
                    yaml=one.text,
                    digest=one.compiled.digest,
                    destinations=[to.name for to in one.compiled.destinations],
                    shards=self._shards,
                    now=self._clock.now(),
                    files=one.library.taken,
                )
                if changed:
                    log.info("channel.in_force", channel=name)
            for name, failure in bad.items():
                log.warning("channel.refused", channel=name, code=failure.code)
                await store.put_problem(connection, name, failure.record(), shards=self._shards)
            gone = await store.list_with_file(connection) - good.keys() - bad.keys()
            if gone:
                await store.put_out_of_force(connection, sorted(gone))

    def _files(self) -> list[Path]:
        folder = self._content_dir / FOLDER
        files = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])
        return [path for path in files if path.stat().st_size <= YAML_BYTES_MAX]

    def _stamp(self) -> object:
        """Return what changes when any file below the content folder does."""
        files = sorted(path for path in self._content_dir.rglob("*") if path.is_file())
        return [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files]
