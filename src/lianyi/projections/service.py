"""What people ask about projections as such."""

from __future__ import annotations

import asyncpg

from lianyi.base.errors import Told, from_record
from lianyi.projections import projection_store as store
from lianyi.projections.learning import Log
from lianyi.projections.problems import NoSuchProjection
from lianyi.projections.projection_store import SetAsideRow, Version
from lianyi.projections.views import (
    ProjectionView,
    SetAsidePage,
    SetAsideView,
    SetAsideWords,
)


class ProjectionsService:
    """Tells of every projection how far it is."""

    def __init__(self, pool: asyncpg.Pool, log: Log) -> None:
        self._pool = pool
        self._log = log

    async def list_projections(self) -> list[ProjectionView]:
        """Return every version that there is."""
        ends = {shard: await self._log.end(shard) for shard in await self._log.shards()}
        return [
            await self._view(version, ends) for version in await store.list_versions(self._pool)
        ]

    async def _view(self, version: Version, ends: dict[int, int]) -> ProjectionView:
        standing = await store.positions(self._pool, version.reader)
        return ProjectionView(
            name=version.projection,
            version=version.version,
            live=version.live,
            shape=version.shape,
            made_at=version.made_at,
            changed_at=version.changed_at,
            behind=sum(max(end - standing.get(shard, 0), 0) for shard, end in ends.items()),
            set_aside=await store.count_set_aside(self._pool, version),
            positions={str(shard): number for shard, number in sorted(standing.items())},
        )

    async def list_set_aside(self, name: str, *, skip: int, limit: int) -> SetAsidePage:
        """Return what the version in force could not learn.

        Raises:
            NoSuchProjection: there is none of this name.
        """
        live = await store.find_live(self._pool, name)
        if live is None:
            known = sorted({one.projection for one in await store.list_versions(self._pool)})
            raise NoSuchProjection(where=name, known=", ".join(known) or "–")
        rows = await store.list_set_aside(self._pool, live, skip=skip, limit=limit)
        return SetAsidePage(
            items=[set_aside_view(row) for row in rows],
            total=await store.count_set_aside(self._pool, live),
        )


def set_aside_view(row: SetAsideRow) -> SetAsideView:
    """Return what was set aside as the API shows it."""
    failure = from_record(row.error)
    return SetAsideView(
        position=str(row.position),
        part=row.part,
        received_at=row.received_at,
        kind=row.kind,
        code=str(row.error["code"]),
        where=str(row.error["where"]),
        zh=_words(failure.told("zh")),
        en=_words(failure.told("en")),
    )


def _words(told: Told) -> SetAsideWords:
    return SetAsideWords(**told._asdict())
