"""All that is told about the quality of the data, put together once for a house."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.applications.indicators.counter import Counter
from lianyi.applications.indicators.naming import Naming
from lianyi.applications.indicators.quality.desk import QualityDesk
from lianyi.applications.indicators.quality.lineage import Tracing
from lianyi.applications.indicators.quality.looking import Looking
from lianyi.applications.indicators.quality.queueing import Queue
from lianyi.applications.indicators.quality.settings import QualitySettings
from lianyi.applications.indicators.rowing import Rows
from lianyi.applications.indicators.settings import IndicatorSettings
from lianyi.base.clock import Clock
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections.identity.service import IdentityService
from lianyi.projections.lake.service import LakeService
from lianyi.security.privacy.service import Privacy

if TYPE_CHECKING:
    from lianyi.applications.indicators.engine import Star


class Quality:
    """How the data stand, the rows that violate rules, the work queue, the way of data."""

    def __init__(
        self,
        house: tuple[asyncpg.Pool, PostgresLog, Clock],
        zone: ZoneInfo,
        *,
        data_dir: Path,
        content_dir: Path,
        settings: QualitySettings,
        naming: Naming,
        privacy: Privacy,
        identity: IdentityService,
        lake: LakeService,
    ) -> None:
        """Serve a house.

        Args:
            house: the database, as the doors see it; the log; the time.
            zone: of the hospital.
            data_dir: where the star lies.
            content_dir: where the hospital's rules lie.
            settings: how much looking at rows may use.
            naming: names departments, practitioners and codes.
            privacy: decides how patients are seen.
            identity: knows which patients are of sensitive sources.
            lake: tells of raw tables.
        """

        def sourced() -> Star:
            from lianyi.applications.indicators.quality.sourced import SourcedStar

            return SourcedStar(data_dir / "star")

        desk = QualityDesk(house, zone, content_dir=content_dir, naming=naming)
        self._counter = Counter(
            sourced, IndicatorSettings(memory_mb=settings.memory_mb, threads=settings.threads)
        )
        rows = Rows(house[0], self._counter, naming=naming, privacy=privacy, identity=identity)
        self.queue = Queue(desk)
        self.looking = Looking(desk, self._counter, rows, self.queue)
        self.tracing = Tracing(desk, self._counter, lake, content_dir)

    async def close(self) -> None:
        """Give everything back."""
        await self._counter.close()
