"""Every projection of this release, with what it is wired to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import lianyi
from lianyi.app.process import Settings
from lianyi.base.clock import SystemClock
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.care.follow import Care
from lianyi.projections.clinical import hl7v2
from lianyi.projections.clinical.follow import Clinical
from lianyi.projections.identity.authorities import authorities_in
from lianyi.projections.identity.follow import Identity
from lianyi.projections.masterdata.follow import MasterData
from lianyi.projections.operational.follow import Operational
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
    told = settings.identity
    named = authorities_in(settings.content_dir)
    identity = Identity(
        zone, tells=bool(told.notify), sensitive=named.all_of(told.veiled), authorities=named
    )
    master = MasterData(zone, on_management_tree=follow_tree)
    hl7v2.use_site(settings.content_dir / "clinical" / "hl7v2")
    clinical = Clinical(zone, settings.content_dir)
    return (master, Care(zone), identity, clinical, Operational(zone, settings.content_dir))


def projection_named(settings: Settings, name: str) -> Projection:
    """Return one of them.

    Raises:
        NoSuchProjection: there is none of this name.
    """
    known = {one.name: one for one in every_projection(settings)}
    if name not in known:
        raise NoSuchProjection(where=name, known=", ".join(known))
    return known[name]


def made_by(settings: Settings) -> str:
    """Return what identifies the software and the hospital's tables that say what is learned.

    Two builds that it is the same for learn the same, so one may go on where the other ended.
    """
    whole = hashlib.sha256(settings.api.timezone.encode())
    for file in _files_that_matter(settings):
        content = file.read_bytes()
        whole.update(f"{file.name} {len(content)}\n".encode())
        whole.update(content)
    whole.update(repr(settings.identity).encode())
    return whole.hexdigest()


def _files_that_matter(settings: Settings) -> Iterator[Path]:
    package = Path(lianyi.__file__).parent
    yield from sorted(file for file in package.rglob("*.py"))
    yield from sorted(package.glob("formats/fhir/generated/*"))
    yield from sorted(file for file in settings.content_dir.rglob("*") if file.is_file())
