"""What everything that is told about quality stands on: rules, results within reach, names."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.applications.indicators.book import Book
from lianyi.applications.indicators.naming import Names, Naming
from lianyi.applications.indicators.quality import quality_store as store
from lianyi.applications.indicators.quality.model import Cell, Result, Rule
from lianyi.applications.indicators.quality.problems import BadRule, NoRun, NoSuchRule
from lianyi.applications.indicators.quality.quality_store import Run
from lianyi.applications.indicators.quality.reading import FOLDER, read_rules
from lianyi.applications.indicators.quality.views import QualityRun
from lianyi.applications.indicators.sight import Sight, Sights
from lianyi.base.clock import Clock
from lianyi.base.content_files import stamps, unknown
from lianyi.messagelog.postgres import PostgresLog

TREND_RUNS: Final = 20


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules as their files say now."""

    by_code: Mapping[str, Rule]
    problems: list[BadRule]

    def get(self, code: str) -> Rule:
        """Return a rule; raises :class:`NoSuchRule`."""
        found = self.by_code.get(code)
        if found is None:
            raise NoSuchRule(where=code[:20], **unknown(code, self.by_code))
        return found

    @property
    def thresholds(self) -> dict[str, float]:
        """The threshold of each rule, in percent."""
        return {code: one.threshold for code, one in self.by_code.items()}


class QualityDesk:
    """What the services of quality share."""

    def __init__(
        self,
        house: tuple[asyncpg.Pool, PostgresLog, Clock],
        zone: ZoneInfo,
        *,
        content_dir: Path,
        naming: Naming,
    ) -> None:
        """Serve a house.

        Args:
            house: the database, as the doors see it; the log; the time.
            zone: of the hospital.
            content_dir: where its rules and indicators lie.
            naming: names departments.
        """
        self.pool, self.log, self.clock = house
        self.zone = zone
        self.naming = naming
        self.content_dir = content_dir
        self.book = Book(content_dir)
        self.sights = Sights(self.pool)
        self._held: tuple[object, Rules] | None = None

    async def rules(self) -> Rules:
        """Return the rules; they are read again when a file has changed."""
        state = await asyncio.to_thread(self._stamps)
        if self._held is None or self._held[0] != state:
            found, problems = await asyncio.to_thread(read_rules, self.content_dir)
            self._held = state, Rules(found, problems)
        return self._held[1]

    def _stamps(self) -> list[tuple[str, int, int]]:
        return stamps(sorted((self.content_dir / FOLDER).glob("*.yaml")))

    async def runs(self) -> list[Run]:
        """Return the newest runs, the newest first.

        Raises:
            NoRun: none has ended yet.
        """
        found = await store.runs(self.pool, limit=TREND_RUNS)
        if not found:
            raise NoRun(where="quality")
        return found

    async def results(
        self, runs: Collection[Run], sight: Sight, *, rule: str = ""
    ) -> dict[int, list[Result]]:
        """Return what runs found where whoever asks may see it, by number of the run."""
        found = await store.results(self.pool, [one.run for one in runs], rule=rule)
        return {
            run: [one for one in results if seen(sight, one.cell)] for run, results in found.items()
        }

    async def names(self, cells: Iterable[Cell]) -> Names:
        """Return what the places of cells are called."""
        codes = {code for one in cells for code in (one.hospital, one.department) if code}
        return await self.naming.look_up(organisations=codes)


def seen(sight: Sight, cell: Cell) -> bool:
    """Tell whether a cell lies in sight; one of no hospital only where everything is."""
    return sight.places.holds(cell.hospital, cell.department)


def run_view(run: Run) -> QualityRun:
    """Return a run as it is shown."""
    return QualityRun(run=run.run, began_at=run.began_at, ended_at=run.ended_at, rules=run.rules)
