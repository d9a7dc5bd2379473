"""What people ask about search parameters of one's own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg

from lianyi.base.errors import LianyiError
from lianyi.projections import projection_store
from lianyi.projections.clinical import capability, table_store
from lianyi.projections.clinical.follow import NAME
from lianyi.projections.clinical.parameter_work.views import (
    OwnParameters,
    OwnParameterView,
    RefusedParameter,
)
from lianyi.projections.clinical.parameters import adopting, parameter_store
from lianyi.projections.clinical.parameters.parameter_store import Row
from lianyi.projections.clinical.parameters.reading import UnusableFile, read_folder
from lianyi.security.access import acting, platform


class ParametersService:
    """Tells which parameters there are, and how far each is."""

    def __init__(self, pool: asyncpg.Pool, content_dir: Path) -> None:
        """Tell of the version in force.

        Args:
            pool: of the database.
            content_dir: holds the folder of parameters.
        """
        self._pool = pool
        self._content_dir = content_dir

    async def status(self) -> OwnParameters:
        """Return every parameter, and every file or resource that cannot be used."""
        with acting(platform("masterdata.read", "list_own_parameters")):
            async with self._pool.acquire() as connection, connection.transaction():
                live = await projection_store.hold_live(connection, NAME)
                if live is None or live.shape != table_store.SHAPE:
                    folder = await asyncio.to_thread(read_folder, self._content_dir)
                else:
                    folder = await adopting.wanted(connection, live.schema, self._content_dir)
        return OwnParameters(
            items=[_view(row) for row in await self._rows()],
            refused=[refused_view(one) for one in folder.refused],
        )

    async def statement(self, base: str) -> dict[str, Any]:
        """Return what the FHIR doors offer; see :func:`.capability.statement`."""
        return capability.statement(base, await self._rows())

    async def _rows(self) -> Sequence[Row]:
        async with self._pool.acquire() as connection, connection.transaction():
            live = await projection_store.hold_live(connection, NAME)
            if live is None or live.shape != table_store.SHAPE:
                return []
            return await parameter_store.list_indexed(connection, live.schema)


def _view(row: Row) -> OwnParameterView:
    return OwnParameterView(
        type=row.type,
        code=row.code,
        kind=row.kind,
        url=row.url,
        expression=row.expression,
        file=row.file,
        complete=row.state == "complete",
        done=row.done,
        total=max(row.total, row.done),
    )


def refused_view(refused: UnusableFile) -> RefusedParameter:
    """Return a file that cannot be used as it is shown."""
    problem: LianyiError = refused.problem
    return RefusedParameter(
        file=refused.file, code=problem.code, zh=problem.text("zh"), en=problem.text("en")
    )
