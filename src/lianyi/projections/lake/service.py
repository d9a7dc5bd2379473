"""What people ask about the lake: which tables, how fresh, whether all of it is here."""

from __future__ import annotations

import asyncio
from pathlib import Path

from lianyi.base.clock import Clock
from lianyi.projections.lake.lake import Lake
from lianyi.projections.lake.model import Named
from lianyi.projections.lake.problems import NoSuchLakeTable
from lianyi.projections.lake.settings import LakeSettings
from lianyi.projections.lake.views import LakeTableDetail, LakeTables


class LakeService:
    """Tells of the tables of the lake; no row of them leaves it here."""

    def __init__(self, folder: Path, settings: LakeSettings, clock: Clock) -> None:
        """Ask a lake.

        Args:
            folder: of the lake.
            settings: how fresh its tables are to be.
            clock: the time now.
        """
        self._lake = Lake(folder)
        self._settings = settings
        self._clock = clock

    async def list_tables(self) -> LakeTables:
        """Return every table.

        Raises:
            BrokenSegment: a file is damaged.
        """

        def tell() -> LakeTables:
            from lianyi.projections.lake import telling

            now = self._clock.now()
            return LakeTables(items=telling.tables_of(self._lake, settings=self._settings, now=now))

        return await asyncio.to_thread(tell)

    async def get_table(self, source: str, table: str) -> LakeTableDetail:
        """Return one table.

        Raises:
            NoSuchLakeTable: there is none.
            BrokenSegment: a file of it is damaged.
        """

        def tell() -> LakeTableDetail | None:
            from lianyi.projections.lake import telling

            named, now = Named(source, table), self._clock.now()
            return telling.table_of(self._lake, named, settings=self._settings, now=now)

        found = await asyncio.to_thread(tell)
        if found is None:
            raise NoSuchLakeTable(where=f"{source}.{table}")
        return found
