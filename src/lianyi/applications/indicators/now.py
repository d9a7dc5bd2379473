"""The facts as they stand now: the files, and what was learned since they were written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.projections.operational.star import star

if TYPE_CHECKING:
    from ibis.expr import types as ir  # type: ignore[import-untyped]

    from lianyi.applications.indicators.runner import Runner
    from lianyi.projections.operational.fresh import Fresh

LOOK_SECONDS: Final = 1.0
"""Those who ask within such a time share a look."""


class StarNow:
    """A star of an engine that figures of this moment are counted with.

    Call :meth:`look` before they are counted.
    """

    def __init__(self, pool: asyncpg.Pool, folder: Path, zone: ZoneInfo) -> None:
        """Look at files and database later.

        Args:
            pool: as the doors see it.
            folder: of the shelf.
            zone: of the hospital's months.
        """
        self._pool = pool
        self._folder = folder
        self._zone = zone
        self._fresh: Fresh | None = None
        self._changes: dict[str, int] = {}
        self._looked_at = float("-inf")
        self._turn = asyncio.Lock()

    async def look(self) -> None:
        """See what was learned since the files were written."""
        async with self._turn:
            if time.monotonic() - self._looked_at < LOOK_SECONDS:
                return
            from lianyi.projections.operational.fresh import fresh_rows

            async with self._pool.acquire() as connection:
                fresh = await fresh_rows(connection, self._folder, zone=self._zone)
            self._note(fresh)
            self._looked_at = time.monotonic()

    def _note(self, fresh: Fresh) -> None:
        before, self._fresh = self._fresh, fresh
        for fact in star():
            if _of(fact, before) != _of(fact, fresh):
                self._changes[fact] = self._changes.get(fact, 0) + 1

    def signature(self, fact: str) -> Hashable:
        """Return which files there are, and how often what is newer has changed."""
        from lianyi.applications.indicators.engine import ShelfStar

        files = ShelfStar(self._folder).signature(fact)
        changes = self._changes.get(fact, 0)
        return (files, changes) if files or changes else ()

    def tables(self, runner: Runner) -> Mapping[str, ir.Table]:
        """Return the facts as tables; of a DuckDB, for this moment does not wait for a Spark."""
        from lianyi.applications.indicators.duck import Duck
        from lianyi.projections.operational.fresh import Fresh, star_now
        from lianyi.projections.operational.shelf import Shelf

        if not isinstance(runner, Duck):
            raise TypeError(runner)
        return star_now(runner.backend, Shelf(self._folder), self._fresh or Fresh({}, {}))


def _of(fact: str, fresh: Fresh | None) -> tuple[object, object]:
    return (fresh.rows.get(fact), fresh.gone.get(fact) or None) if fresh else (None, None)
