"""Another process that works on exports, and can be killed: ``python -m …worker DSN FOLDER NOW``.

It rests after each part, so that whoever waits for its first file finds it in the middle.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.unit.api.house import serving
from tests.unit.projections.clinical.bulk.exports import QUICK

from lianyi.base.clock import SteppedClock
from lianyi.projections.clinical.bulk.gathering import Gatherer, Lines


async def main(database: str, folder: Path, now: datetime) -> None:
    """Work on exports until killed."""
    at_once = Gatherer.resources

    async def resting(self: Gatherer, *args: Any, **more: Any) -> Lines:
        await asyncio.sleep(0.5)
        return await at_once(self, *args, **more)

    Gatherer.resources = resting  # type: ignore[method-assign]
    async with serving(database, folder, clock=SteppedClock(now), exports=QUICK) as house:
        await house.app.state.bulk.exporter.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3])))
