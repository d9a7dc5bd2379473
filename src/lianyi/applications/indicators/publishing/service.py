"""All that publishing offers, put together once for a house."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.applications.indicators.publishing.approving import Approvals
from lianyi.applications.indicators.publishing.counts import Counts
from lianyi.applications.indicators.publishing.desk import Desk
from lianyi.applications.indicators.publishing.entering import Entering
from lianyi.applications.indicators.publishing.examining import Examining
from lianyi.applications.indicators.publishing.heeding import Heeding
from lianyi.applications.indicators.publishing.looking import Looking
from lianyi.applications.indicators.publishing.registering import Registering
from lianyi.applications.indicators.publishing.settings import PublishingSettings
from lianyi.applications.indicators.publishing.valuing import Valuing
from lianyi.applications.indicators.publishing.watching import Watching
from lianyi.base.clock import Clock
from lianyi.messagelog.postgres import PostgresLog


class Publishing:
    """Approval, published values, entered figures, the exam, alerts, registers."""

    def __init__(
        self,
        house: tuple[asyncpg.Pool, PostgresLog, Clock],
        zone: ZoneInfo,
        *,
        data_dir: Path,
        content_dir: Path,
        settings: PublishingSettings,
    ) -> None:
        """Serve a house.

        Args:
            house: the database, the log, the time.
            zone: of the hospital: its days and months.
            data_dir: where the star lies, and the evidence of published values.
            content_dir: where the hospital's indicators lie.
            settings: of publishing.
        """
        counts = Counts(data_dir / "star", data_dir / "indicators" / "evidence")
        desk = Desk(*house, zone, content_dir, counts, settings)
        self.desk = desk
        self.approvals = Approvals(desk)
        self.watching = Watching(desk)
        self.valuing = Valuing(desk, self.watching)
        self.looking = Looking(desk)
        self.entering = Entering(desk)
        self.examining = Examining(desk)
        self.heeding = Heeding(desk)
        self.registering = Registering(desk)
