"""Parameters that are new are indexed beside the work, a few resources at a time.

From the moment a parameter is known, whatever is learned is indexed by it as well; what stood
before is gone through in the order of its numbers. Each step is one transaction under the lock of
the version, so a process that is killed anywhere goes on where it was, and nothing is there twice.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from lianyi.base.errors import LianyiError
from lianyi.formats.fhir import json_text
from lianyi.messagelog.postgres_errors import STORE_ERRORS
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.clinical import table_store
from lianyi.projections.clinical.follow import NAME
from lianyi.projections.clinical.indexed import Rows
from lianyi.projections.clinical.parameters import adopting, indexing, parameter_store
from lianyi.projections.clinical.parameters.parameter_store import Row
from lianyi.projections.clinical.parameters.reading import Folder

LOOK_SECONDS: Final = 5.0
STEP_RESOURCES: Final = 200
"""So many in one transaction: whoever writes waits no longer than that."""
CLEAR_ROWS: Final = 5_000

log = structlog.get_logger(__name__)


class Reindexer:
    """Keeps the index to what files and resources say of parameters."""

    def __init__(self, pool: asyncpg.Pool, content_dir: Path, zone: ZoneInfo) -> None:
        """Index the version in force.

        Args:
            pool: of the database.
            content_dir: holds the folder of parameters.
            zone: of dates without one.
        """
        self._pool = pool
        self._content_dir = content_dir
        self._zone = zone
        self._told: dict[str, str] = {}

    async def run(self) -> None:
        """Look until cancelled; what is begun is gone on with at once."""
        while True:
            try:
                await self.look()
                while await self.step():
                    await asyncio.sleep(0)
            except (LianyiError, *STORE_ERRORS) as error:
                code = getattr(error, "code", type(error).__name__)
                log.warning("parameters.interrupted", why=code)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> bool:
        """Let what is wanted be indexed; return whether that is something else."""
        async with self._pool.acquire() as connection, connection.transaction():
            schema = await _locked(connection)
            if schema is None:
                return False
            folder = await adopting.wanted(connection, schema, self._content_dir)
            own = {one.p for one in folder.own}
            cleared = [
                await parameter_store.clear(connection, schema, row.p, limit=CLEAR_ROWS)
                for row in await parameter_store.list_all(connection, schema)
                if row.state == "gone" and row.p not in own
            ]
            adopted = await adopting.adopt(connection, schema, folder)
        self._tell(folder)
        return adopted or bool(cleared)

    def _tell(self, folder: Folder) -> None:
        """Say once what cannot be used."""
        refused = {one.file: str(one.problem) for one in folder.refused}
        for file, why in refused.items():
            if self._told.get(file) != why:
                log.warning("parameters.refused", file=file, why=why)
        self._told = refused

    async def step(self) -> bool:
        """Index the next few resources by one parameter; return whether there was anything."""
        async with self._pool.acquire() as connection, connection.transaction():
            schema = await _locked(connection)
            if schema is None:
                return False
            rows = await parameter_store.list_indexed(connection, schema)
            row = next((one for one in rows if one.state == "building"), None)
            if row is None:
                return False
            await self._index(connection, schema, row)
            return True

    async def _index(self, connection: Connection, schema: str, row: Row) -> None:
        found = await parameter_store.next_resources(
            connection, schema, row.type, after=row.upto, limit=STEP_RESOURCES
        )
        done = row.done + len(found)
        if not found:
            await parameter_store.advance(
                connection, schema, row.p, upto=None, done=done, state="complete"
            )
            log.info("parameters.complete", type=row.type, parameter=row.code, resources=done)
            return
        rids = [rid for rid, _, _ in found]
        await parameter_store.forget(connection, schema, row.p, rids)  # learned since it began
        rows = Rows()
        resources = [(rid, channel, json_text.read(body)) for rid, channel, body in found]
        indexing.add(rows, row.type, resources, [row.parameter], self._zone)
        await indexing.write(connection, schema, rows)
        await parameter_store.advance(
            connection, schema, row.p, upto=rids[-1], done=done, state="building"
        )


async def _locked(connection: Connection) -> str | None:
    """Return the schema of the version in force; nothing is learned into it meanwhile."""
    live = await projection_store.find_live(connection, NAME)
    if live is None or live.shape != table_store.SHAPE:
        return None
    held = await projection_store.lock_version(connection, NAME, live.version)
    return held.schema if held is not None and held.live else None
