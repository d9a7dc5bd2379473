"""Prepares what the first figures of a process would else wait for: definitions, engine, plans.

It runs behind everything else after a start, and only where there is something to count: a process
that counts nothing holds no DuckDB.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

from lianyi.applications.indicators.asking import Asked
from lianyi.applications.indicators.boards import FIRST
from lianyi.applications.indicators.periods import month_text
from lianyi.applications.indicators.scores.service import Scoring
from lianyi.applications.indicators.service import IndicatorService
from lianyi.base.errors import LianyiError
from lianyi.projections.operational.star import month_of
from lianyi.security.access import acting, platform

AFTER_SECONDS: Final = 3.0
"""Whoever comes in with a start goes first."""


async def warm(
    indicators: IndicatorService, scoring: Scoring, star: Path, *, after: float = AFTER_SECONDS
) -> None:
    """Count the first board, what happens today and the score cards once.

    Args:
        indicators: counts.
        scoring: scores departments.
        star: folder of the facts.
        after: seconds that are waited before.
    """
    await indicators.warm()
    await asyncio.sleep(after)
    if not await asyncio.to_thread(_lies_there, star):
        return
    with acting(platform("indicators.read", "prepare_figures")), suppress(LianyiError):
        await indicators.board(FIRST, month="", hospital="")
        await indicators.today(hospital="")
        last = month_text(month_of(indicators.ground.today) - 1)
        places = await indicators.explorations.places(Asked(last))
        for hospital in places.hospitals[:1]:
            for card in (await scoring.cards()).items:
                await scoring.score(card.card, month="", hospital=hospital.code)


def _lies_there(star: Path) -> bool:
    return next(star.glob("*/*/*.parquet"), None) is not None
