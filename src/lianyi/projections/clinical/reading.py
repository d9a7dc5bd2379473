"""What is read over REST: resources, their versions and history; each use case is one method."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

import asyncpg

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.clinical import read_store, table_store
from lianyi.projections.clinical.follow import NAME
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.persons import for_app
from lianyi.projections.clinical.presenting import Presenter
from lianyi.projections.clinical.problems import NoSuchResource, ResourceGone
from lianyi.projections.clinical.read_store import Kept
from lianyi.projections.clinical.types import TYPES
from lianyi.projections.problems import ProjectionNotReady
from lianyi.security.privacy.service import Privacy


class Shown(NamedTuple):
    """A version of a resource as it is shown.

    Attributes:
        kept: what is known of it.
        body: its JSON as far as it may be seen; empty: it was deleted.
    """

    kept: Kept
    body: bytes


class Page(NamedTuple):
    """A page of a history.

    Attributes:
        items: the newest first.
        total: how many versions there are, whoever may see what they say.
        next: where the next page begins; None: there is none.
    """

    items: Sequence[Shown]
    total: int
    next: tuple[datetime, int, int] | None


class Reading:
    """Reads resources as whoever asks may see them."""

    def __init__(self, pool: asyncpg.Pool, *, privacy: Privacy) -> None:
        """Read the version in force.

        Args:
            pool: of the database; as the doors see it.
            privacy: decides how patients are seen.
        """
        self._pool = pool
        self.presenter = Presenter(privacy)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[tuple[Connection, str]]:
        """Give a connection and the schema in force, which stays meanwhile.

        Raises:
            ProjectionNotReady: nothing has been learned yet.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            live = await projection_store.hold_live_to_read(connection, NAME)
            if live is None or live.shape != table_store.SHAPE:
                raise ProjectionNotReady(where=NAME, name=NAME)
            yield connection, live.schema

    async def read(self, type_: str, id_: str) -> Shown:
        """Return a resource as it stands.

        Raises:
            NoSuchResource: nothing stands there that may be seen.
            ResourceGone: it was deleted.
        """
        async with self.reading() as (connection, schema):
            kept = await _found(connection, schema, type_, id_)
            if kept.deleted:
                raise ResourceGone(where=type_, version=kept.version)
            return await self._shown(connection, schema, kept)

    async def read_version(self, type_: str, id_: str, version: int) -> Shown:
        """Return a version of a resource.

        Raises:
            NoSuchResource: there is none that may be seen.
            ResourceGone: it is the one in which the resource was deleted.
        """
        async with self.reading() as (connection, schema):
            stands = await _found(connection, schema, type_, id_)
            kept = await read_store.find_version(connection, schema, stands, version)
            if kept is None:
                raise NoSuchResource(where=type_)
            if kept.deleted:
                raise ResourceGone(where=type_, version=kept.version)
            return await self._shown(connection, schema, kept)

    async def _shown(self, connection: Connection, schema: str, kept: Kept) -> Shown:
        allowed = await for_app(connection, schema, [kept])
        (body,) = await self.presenter.show(connection, schema, allowed) or [None]
        if body is None:
            raise NoSuchResource(where=kept.type)
        return Shown(kept, body)

    async def history(
        self,
        *,
        type_: str = "",
        id_: str = "",
        since: datetime | None = None,
        at: tuple[datetime, datetime] | None = None,
        after: tuple[datetime, int, int] | None = None,
        limit: int = 50,
    ) -> Page:
        """Return versions of a resource, of a type, or of everything; the newest first.

        Args:
            type_: empty: of every type.
            id_: of this resource only; empty: of the whole type.
            since: that came to stand at or after this instant.
            at: that stood at some moment between these two, both included.
            after: ``next`` of the page before.
            limit: so many at most.

        Raises:
            NoSuchResource: the resource is not there, or may not be seen.
        """
        check_type(type_ or "Patient")
        async with self.reading() as (connection, schema):
            rid = resource_number(type_, id_) if id_ else None
            rows = await read_store.history(
                connection,
                schema,
                rid=rid,
                type_=type_,
                since=since,
                at=at,
                after=after,
                limit=limit + 1,
            )
            if id_ and not rows and after is None:
                await _found(connection, schema, type_, id_)
            page = rows[:limit]
            about = await read_store.patients_of(connection, schema, {row.rid for row in page})
            last = page[-1] if len(rows) > limit else None
            page = [row._replace(patient=about.get(row.rid)) for row in page]
            page = await for_app(connection, schema, page)
            items = await self._past(connection, schema, page)
            total = await read_store.count_history(
                connection, schema, rid=rid, type_=type_, since=since, at=at
            )
        if id_ and rows and not items:
            raise NoSuchResource(where=type_)
        return Page(items, total, (last.updated_at, last.rid, last.version) if last else None)

    async def _past(self, connection: Connection, schema: str, page: Sequence[Kept]) -> list[Shown]:
        """Return versions as they may be seen; that one was deleted says nothing else."""
        bodies = iter(
            await self.presenter.show(connection, schema, [row for row in page if not row.deleted])
        )
        found = []
        for row in page:
            body = b"" if row.deleted else next(bodies)
            if body is not None:
                found.append(Shown(row, body))
        return found


async def _found(connection: Connection, schema: str, type_: str, id_: str) -> Kept:
    check_type(type_)
    kept = await read_store.find(connection, schema, type_, id_)
    if kept is None:
        raise NoSuchResource(where=type_)
    return kept


def check_type(type_: str) -> None:
    """Do nothing for a resource type of R4.

    Raises:
        NoSuchResource: it is none.
    """
    if type_ not in TYPES:
        raise NoSuchResource(where="type")
