"""Running the rules, again and again in the role that learns, and when somebody asks for it.

One process does it, under a lease. A round in which no row and no rule has changed since the last
is passed over, unless somebody asked.
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

import asyncpg
import structlog

from lianyi.applications.indicators.quality import quality_store as store
from lianyi.applications.indicators.quality.knowing import known_codes
from lianyi.applications.indicators.quality.model import Rule, definition, rule_hash
from lianyi.applications.indicators.quality.reading import read_rules
from lianyi.applications.indicators.quality.settings import QualitySettings
from lianyi.base.clock import Clock
from lianyi.messagelog.rounds import do_rounds
from lianyi.projections.lake.lake import Lake
from lianyi.projections.masterdata.questions import Questions

if TYPE_CHECKING:
    from lianyi.applications.indicators.quality.surveying import Surveyed

_RULES: Final = "rules"
"""What a watermark calls the hashes of the rules."""

log = structlog.get_logger(__name__)


class QualityRounds:
    """Runs the rules."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        *,
        data: Questions,
        star_dir: Path,
        lake_dir: Path,
        content_dir: Path,
        settings: QualitySettings,
        clock: Clock,
        owner: UUID,
        holder: str,
    ) -> None:
        """Describe the work.

        Args:
            pool: of the database.
            data: the master data.
            star_dir: where the facts lie.
            lake_dir: where the raw tables lie.
            content_dir: where the hospital's rules lie.
            settings: how often, with how much.
            clock: the time now.
            owner: identifies this process in leases.
            holder: who it is, for people.
        """
        self._pool = pool
        self._data = data
        self._star_dir = star_dir
        self._lake_dir = lake_dir
        self._content_dir = content_dir
        self._settings = settings
        self._clock = clock
        self._owner = owner
        self._holder = holder
        self._ran_at = float("-inf")

    async def run(self) -> None:
        """Run rules until cancelled; what was asked for and cannot be done is asked no more."""
        await do_rounds(
            self._pool,
            "quality:run",
            self.look,
            owner=self._owner,
            holder=self._holder,
            complaint="quality.not_run",
            failed=self._take_asked,
        )

    async def _take_asked(self) -> None:
        asked = await store.newest_asked(self._pool)
        await store.take_asked(self._pool, up_to=asked)

    async def look(self) -> int | None:
        """Run the rules if it is time for it; return the number of the run, None: it is not."""
        if await store.newest_asked(self._pool):
            return await self.step(asked=True)
        every = self._settings.every_seconds
        if not every or self._clock.elapsed_seconds() - self._ran_at < every:
            return None
        return await self.step(asked=False)

    async def step(self, *, asked: bool) -> int | None:
        """Run all rules; return the number of the run, None: nothing has changed since the last.

        Args:
            asked: whether somebody wants it, changed or not.

        Raises:
            CountingTooBig, NoStar: a run needs more than there is, or a file cannot be read.
            OSError: the star cannot be read.
        """
        self._ran_at = self._clock.elapsed_seconds()
        began_at = self._clock.now()
        if not asked and await asyncio.to_thread(self._is_empty):
            return None
        from lianyi.applications.indicators.quality.surveying import Surveyor

        up_to = await store.newest_asked(self._pool)
        rules, problems = await asyncio.to_thread(read_rules, self._content_dir)
        for problem in problems:
            log.warning("quality.bad_rule", code=problem.code, where=problem.where)
        settings = self._settings
        surveyor = Surveyor(
            self._star_dir, Lake(self._lake_dir), settings.threads, settings.memory_mb
        )
        watermark = await asyncio.to_thread(surveyor.watermark, rules.values())
        hashes = _hashes(rules)
        last = await store.runs(self._pool, limit=1)
        same = last and last[0].watermark == watermark | {_RULES: hashes}
        if same and not asked:
            return None
        known = await known_codes(self._data)
        working = asyncio.create_task(asyncio.to_thread(surveyor.run, rules.values(), known))
        try:
            surveyed = await asyncio.shield(working)
        except asyncio.CancelledError:
            surveyor.stop()
            await asyncio.wait([working])
            working.exception()
            raise
        return await self._keep(rules, surveyed, began_at=began_at, hashes=hashes, up_to=up_to)

    def _is_empty(self) -> bool:
        """Tell whether there is nothing to look at: then nothing that counts is even loaded."""
        places = (self._star_dir.glob("*/*/*.parquet"), self._lake_dir.rglob("*.parquet"))
        return not any(True for one in places for _ in one)

    async def _keep(
        self,
        rules: dict[str, Rule],
        surveyed: Surveyed,
        *,
        began_at: datetime,
        hashes: str,
        up_to: int,
    ) -> int:
        async with self._pool.acquire() as connection, connection.transaction():
            run = await store.put_run(
                connection,
                surveyed.results,
                {rule_hash(one): definition(one) for one in rules.values()},
                began_at=began_at,
                ended_at=self._clock.now(),
                watermark=surveyed.watermark | {_RULES: hashes},
                kept=self._settings.runs_kept,
            )
            await store.take_asked(connection, up_to=up_to)
        log.info("quality.run", run=run, rules=len(rules), results=len(surveyed.results))
        return run


def _hashes(rules: dict[str, Rule]) -> str:
    told = "".join(f"{code} {rule_hash(one)}\n" for code, one in sorted(rules.items()))
    return hashlib.sha256(told.encode()).hexdigest()
