"""Every projection of this release, with what it is wired to."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from lianyi.app.process import Settings
from lianyi.base.clock import SystemClock
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.care.follow import Care
from lianyi.projections.identity.follow import Identity
from lianyi.projections.masterdata.follow import MasterData
from lianyi.projections.problems import NoSuchProjection
from lianyi.projections.projection import Projection
from lianyi.security import account_store
from lianyi.security.roles import RoleBook


def every_projection(settings: Settings) -> tuple[Projection, ...]:
    """Return all of them, those that others need first."""
    roles, clock = RoleBook(settings.content_dir), SystemClock()

    async def follow_tree(connection: Connection, pairs: Sequence[tuple[str, str | None]]) -> None:
        """Let what people may see follow the organisations, in the same transaction."""
        if await account_store.set_units(connection, dict(pairs)):
            await account_store.refresh_sight(connection, roles.roles, clock.now())

    zone = ZoneInfo(settings.api.timezone)
    identity = Identity(zone, tells=bool(settings.identity.notify))
    return (MasterData(zone, on_management_tree=follow_tree), Care(zone), identity)


def projection_named(settings: Settings, name: str) -> Projection:
    """Return one of them.

    Raises:
        NoSuchProjection: there is none of this name.
    """
    known = {one.name: one for one in every_projection(settings)}
    if name not in known:
        raise NoSuchProjection(where=name, known=", ".join(known))
    return known[name]
