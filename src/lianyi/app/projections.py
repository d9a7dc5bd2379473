"""Every projection of this release, with what it is wired to."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from lianyi.app.process import Settings
from lianyi.projections.masterdata.follow import MasterData
from lianyi.projections.problems import NoSuchProjection
from lianyi.projections.projection import Projection


def every_projection(settings: Settings) -> tuple[Projection, ...]:
    """Return all of them, those that others need first."""
    return (MasterData(ZoneInfo(settings.api.timezone)),)


def projection_named(settings: Settings, name: str) -> Projection:
    """Return one of them.

    Raises:
        NoSuchProjection: there is none of this name.
    """
    known = {one.name: one for one in every_projection(settings)}
    if name not in known:
        raise NoSuchProjection(where=name, known=", ".join(known))
    return known[name]
