"""Making all facts of all sources: once, or again and again in the role that learns.

What counts is imported when there is something to count: a house without tables pays nothing.
"""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from lianyi.base.errors import LianyiError
from lianyi.base.settings import nearest
from lianyi.projections.operational.mapping.lake import LakeTables
from lianyi.projections.operational.mapping.model import FactMapping
from lianyi.projections.operational.mapping.problems import (
    BuildBroken,
    BuildingAlready,
    NoSuchMapping,
)
from lianyi.projections.operational.mapping.reading import read_mappings
from lianyi.projections.operational.mapping.report import Checked, Report
from lianyi.projections.operational.mapping.settings import MappingSettings
from lianyi.projections.operational.star import star

if TYPE_CHECKING:
    from lianyi.projections.operational.mapping.build_store import FactBuilder

LOCK: Final = ".building.lock"
SCRATCH: Final = ".building"
RESTS: Final = 3
"""After whole tables were mapped, a rest is at least so many times as long as that: where it cannot
be told again and again which rows are other, three quarters of the time are left to others."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Made:
    """What a round made.

    Attributes:
        reports: one for each fact of each source.
        problems: why others were not made.
    """

    reports: list[Report] = field(default_factory=list)
    problems: list[LianyiError] = field(default_factory=list)

    @property
    def is_heavy(self) -> bool:
        """Whether whole tables were mapped, or were to be."""
        return bool(self.problems) or any(one.whole for one in self.reports)


@dataclass(frozen=True, slots=True)
class Only:
    """What of all is meant; empty: everything."""

    source: str = ""
    fact: str = ""

    def covers(self, name: str) -> bool:
        """Tell whether a mapping of this name is meant."""
        source, _, file = name.partition("/")
        return self.source in ("", source) and self.fact in ("", file.removesuffix(".yaml"))


class Star:
    """The facts that are made of tables."""

    def __init__(
        self,
        lake: LakeTables,
        star_dir: Path,
        content_dir: Path,
        *,
        zone: str,
        settings: MappingSettings,
    ) -> None:
        """Prepare.

        Args:
            lake: where the tables are.
            star_dir: where the facts are put; see ``shelf``.
            content_dir: of the hospital, with its mappings.
            zone: of the hospital's clocks.
            settings: what may be taken.
        """
        self._lake = lake
        self._star_dir = star_dir
        self._content_dir = content_dir
        self._zone = zone
        self._settings = settings
        self._at: FactBuilder | None = None
        self._stopped = False

    def stop(self) -> None:
        """Break off, from another thread; what stands on the shelf is whole."""
        self._stopped = True
        if self._at is not None:
            self._at.stop()

    def build(self, only: Only = Only(), *, anew: bool = False) -> Made:
        """Make every fact of which the file, or a table, has changed.

        A mapping of a source of which the lake has nothing is for another hospital, and is passed
        over. What a file made that is gone, goes.

        Args:
            only: what is meant.
            anew: also where nothing has changed.

        Raises:
            BuildingAlready: another process is at it.
            NoSuchMapping: nobody maps what is meant.
        """
        mappings, problems = read_mappings(self._content_dir)
        names = [one.name for one in mappings] + [one.where.partition(":")[0] for one in problems]
        if not any(only.covers(one) for one in names) and only != Only():
            said = "/".join(filter(None, (only.source, only.fact)))
            known = [one.removesuffix(".yaml") for one in names]
            raise NoSuchMapping(where=said, nearest=nearest(said, known))
        made = Made(problems=[one for one in problems if only.covers(one.where.partition(":")[0])])
        with self._alone() as scratch:
            if only == Only():
                self._take_away(set(names))
            for mapping in mappings:
                if only.covers(mapping.name):
                    self._try(
                        mapping,
                        scratch,
                        made.problems,
                        lambda builder: made.reports.append(builder.build(anew=anew)),
                    )
        return made

    def check(self) -> tuple[list[Checked], list[LianyiError]]:
        """Compare what was made with what there is now; return it, and what is wrong.

        Raises:
            BuildingAlready: another process makes it at this moment.
        """
        mappings, bad = read_mappings(self._content_dir)
        checked: list[Checked] = []
        problems: list[LianyiError] = [*bad]
        with self._alone() as scratch:
            for mapping in mappings:
                self._try(
                    mapping, scratch, problems, lambda builder: checked.append(builder.check())
                )
        return checked, problems

    def _try(
        self,
        mapping: FactMapping,
        scratch: Path,
        problems: list[LianyiError],
        do: Callable[[FactBuilder], None],
    ) -> None:
        """Do something with a fact, if there is anything to make it of; note what goes wrong."""
        if self._stopped or not self._lake.tables(mapping.source):
            return
        import duckdb

        from lianyi.projections.operational.mapping.build_store import FactBuilder
        from lianyi.projections.operational.shelf import Shelf

        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            self._at = FactBuilder(
                mapping,
                self._lake,
                Shelf(self._star_dir),
                zone=self._zone,
                settings=self._settings,
                scratch=Path(folder),
            )
            try:
                do(self._at)
            except LianyiError as problem:
                problems.append(problem)
            except (OSError, duckdb.Error) as error:
                if not self._stopped:
                    why = type(error).__name__  # its words may hold values of a row
                    problems.append(BuildBroken(where=mapping.name, why=why))
            finally:
                self._at = None

    def _take_away(self, names: set[str]) -> None:
        """Take away what was made by files that are gone."""
        from lianyi.projections.operational.shelf import CHANGED, Shelf

        for name, fact in star().items():
            for place in sorted((self._star_dir / name).glob(f"*/{CHANGED}")):
                source = place.parent.name
                if f"{source}/{name}.yaml" not in names:
                    Shelf(self._star_dir).take_away(fact, source)
                    log.info("star.taken_away", source=source, fact=name)

    @contextmanager
    def _alone(self) -> Iterator[Path]:
        """Keep others away, and give an empty folder on the same disk."""
        self._star_dir.mkdir(parents=True, exist_ok=True)
        with (self._star_dir / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BuildingAlready(where=str(self._star_dir)) from error
            scratch = self._star_dir / SCRATCH
            shutil.rmtree(scratch, ignore_errors=True)  # of a process that was killed
            scratch.mkdir()
            try:
                yield scratch
            finally:
                shutil.rmtree(scratch, ignore_errors=True)


class Mapper:
    """Makes the facts of the tables of the lake, whenever there is something new in it."""

    def __init__(self, star_: Star, settings: MappingSettings) -> None:
        """Prepare; see :class:`Star`."""
        self._star = star_
        self._every_seconds = settings.every_seconds
        self._told: set[str] = set()

    async def run(self) -> None:
        """Look until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            made = await self.look()
            await asyncio.sleep(self.pause_seconds(made, loop.time() - began))

    def pause_seconds(self, made: Made, worked_seconds: float) -> float:
        """Return how long to wait after a look that took so long."""
        return max(self._every_seconds, RESTS * worked_seconds if made.is_heavy else 0)

    async def look(self) -> Made:
        """Make what is new. What goes wrong is told once, until it is something else."""
        working = asyncio.create_task(asyncio.to_thread(self._star.build))
        try:
            made = await asyncio.shield(working)
        except asyncio.CancelledError:
            self._star.stop()
            await asyncio.wait([working])
            raise
        except BuildingAlready:
            return Made()
        for report in made.reports:
            if report.months_written:
                log.info(
                    "star.made",
                    source=report.source,
                    fact=report.fact,
                    rows=report.written,
                    set_aside=report.set_aside,
                    rows_mapped=report.rows_mapped,
                    months_written=report.months_written,
                )
        problems = {str(one): one for one in made.problems}
        for said in sorted(problems.keys() - self._told):
            log.warning("star.not_made", code=problems[said].code, where=problems[said].where)
        self._told = set(problems)
        return made
