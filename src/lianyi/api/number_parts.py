"""Puts together what counts: the lake, indicators, what is published of them, their quality."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fastapi import FastAPI

from lianyi.api.dependencies import ApiDependencies
from lianyi.applications.indicators.now import StarNow
from lianyi.applications.indicators.publishing.service import Publishing
from lianyi.applications.indicators.quality.service import Quality
from lianyi.applications.indicators.service import IndicatorService
from lianyi.projections.lake.service import LakeService
from lianyi.security.privacy.service import Privacy

if TYPE_CHECKING:
    from lianyi.applications.indicators.engine import Star


def add_numbers(app: FastAPI, deps: ApiDependencies, zone: ZoneInfo, privacy: Privacy) -> None:
    """Build what tells of the lake, counts and publishes; the star is opened when it is asked."""
    app.state.lake = LakeService(deps.data_dir / "lake", deps.lake, deps.clock)

    def star() -> Star:
        from lianyi.applications.indicators.engine import ShelfStar

        return ShelfStar(deps.data_dir / "star")

    app.state.indicators = IndicatorService(
        deps.pool,
        deps.clock,
        zone,
        content_dir=deps.content_dir,
        star=star,
        now=StarNow(deps.pool, deps.data_dir / "star", zone),
        settings=deps.indicators,
        data=app.state.masterdata,
        privacy=privacy,
        identity=app.state.identity,
    )
    app.state.publishing = Publishing(
        (deps.pool, deps.log, deps.clock),
        zone,
        data_dir=deps.data_dir,
        content_dir=deps.content_dir,
        settings=deps.publishing,
    )
    app.state.quality = Quality(
        (deps.pool, deps.log, deps.clock),
        zone,
        data_dir=deps.data_dir,
        content_dir=deps.content_dir,
        settings=deps.quality,
        data=app.state.masterdata,
        privacy=privacy,
        identity=app.state.identity,
        lake=app.state.lake,
    )
