"""Another process that makes reports, and can be killed: ``python -m …worker DSN FOLDER NOW PORT``.

It is the same house over the same folder, without its people.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from tests.unit.api.house import serving

from lianyi.applications.indicators.reports.settings import MailSettings, ReportSettings
from lianyi.base.clock import SteppedClock


async def main(database: str, folder: Path, now: datetime, port: int) -> None:
    """Make and send what is due until killed."""
    mail = MailSettings(host="127.0.0.1", port=port, sender="lianyi@hospital.test", security="none")
    async with serving(
        database, folder, clock=SteppedClock(now), mail=mail, reports=ReportSettings()
    ) as house:
        await house.app.state.indicator_reports.maker.run()


if __name__ == "__main__":
    asyncio.run(
        main(sys.argv[1], Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3]), int(sys.argv[4]))
    )
