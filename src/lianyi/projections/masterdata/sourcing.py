"""Brings the rules about sources from their file into the log, whenever they are other rules."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import structlog

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_errors import STORE_ERRORS
from lianyi.projections import projection_store
from lianyi.projections.masterdata import acts, ranking_store, read_store, store
from lianyi.projections.masterdata.follow import NAME
from lianyi.projections.masterdata.model import SetSources
from lianyi.projections.masterdata.problems import BadSources
from lianyi.projections.masterdata.sources import FILE, FILE_BYTES_MAX, Sources, numbered, parse
from lianyi.projections.waiting import until_learned
from lianyi.security.access import acting, platform

LOOK_SECONDS = 10.0

log = structlog.get_logger(__name__)


def read_file(content_dir: Path) -> Sources:
    """Return the rules of the file; without one, those that hold then.

    Raises:
        BadSources: it cannot be used.
    """
    path, where = content_dir.joinpath(*FILE), "/".join(FILE)
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise BadSources(where=where, why="it is too long", why_zh="文件过大")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Sources()
    except (OSError, UnicodeDecodeError) as error:
        kind = type(error).__name__
        raise BadSources(where=where, why=kind, why_zh=kind) from error
    return parse(text)


class SourceKeeper:
    """Looks at the file now and then; what is new in it becomes an act of the platform."""

    def __init__(
        self, pool: asyncpg.Pool, messages: PostgresLog, clock: Clock, content_dir: Path
    ) -> None:
        self._pool = pool
        self._log = messages
        self._clock = clock
        self._content_dir = content_dir
        self._told = ""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except (LianyiError, *STORE_ERRORS) as error:
                log.warning("sources.not_read", code=getattr(error, "code", type(error).__name__))
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> bool:
        """Put the rules of the file in force; return whether they were other ones.

        A file that cannot be used changes nothing; it is told once.
        """
        try:
            wanted = read_file(self._content_dir)
        except BadSources as problem:
            if self._told != str(problem):
                self._told = str(problem)
                log.warning("sources.refused", where=problem.where, why=problem.facts["why"])
            return False
        self._told = ""
        async with self._pool.acquire() as connection, connection.transaction():
            live = await projection_store.hold_live(connection, NAME)
            if live is None or live.shape != store.SHAPE:
                return False
            rules = numbered(wanted, await read_store.channel_numbers(connection))
            if rules == await ranking_store.find_rules(connection, live.schema):
                return False
        with acting(platform("masterdata.edit", "set_sources")):
            changes = [SetSources(rules.model_dump(mode="json"))]
            act = acts.write("sources_set", changes, actor="platform", reason="", about={})
            position = await self._log.append_act(act)
        await until_learned(self._pool, NAME, position)
        return True
