"""A run: all rules over all rows, many rules in one pass.

It takes as many processors and as much memory as the settings give; what does not fit goes to the
disk.

Rules that are of one fact and place rows by one department role are counted together; see
:func:`.judging.together_counted`.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb
import ibis  # type: ignore[import-untyped]
from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]
from ibis.expr import types as ir  # type: ignore[import-untyped]

from lianyi.applications.indicators.duck import Duck
from lianyi.applications.indicators.failures import CountingTooBig, NoStar
from lianyi.applications.indicators.quality import checks, lake_checks
from lianyi.applications.indicators.quality.judging import together_counted
from lianyi.applications.indicators.quality.model import Cell, Known, Result, Rule, rule_hash
from lianyi.applications.indicators.quality.sourced import SourcedStar
from lianyi.applications.indicators.window import Window
from lianyi.projections.operational.settled import read_settled
from lianyi.projections.operational.star import star

if TYPE_CHECKING:
    from lianyi.projections.lake.lake import Lake

ALWAYS: Final = Window(-32_768, 32_767, undated=True)
"""Every row that there is, also those of which no time is said."""


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What a run found.

    Attributes:
        results: of each rule in each cell that has rows.
        watermark: of which rows: SHA-256 of the names, sizes and times of the files of each fact
            and table, and the revision of the log's fold that they hold, as ``log``.
    """

    results: list[Result]
    watermark: dict[str, str]


@dataclass(slots=True)
class Surveyor:
    """Runs rules; every method works for as long as it takes: call it in a thread.

    Attributes:
        folder: of the star.
        lake: whose tables are looked at, too.
        threads, memory_mb: what a run may use.
    """

    folder: Path
    lake: Lake
    threads: int
    memory_mb: int
    _backend: Backend | None = field(default=None, init=False)

    def run(self, rules: Iterable[Rule], known: Known) -> Surveyed:
        """Run rules over everything there is.

        Raises:
            CountingTooBig: a run needs more memory and disk than there is.
            NoStar: a file cannot be read; the next run tries again.
        """
        wanted = list(rules)
        watermark = self.watermark(wanted)
        results: list[Result] = []
        try:
            with self._opened() as tables:
                there = {name for name in star() if SourcedStar(self.folder).signature(name)}
                for group in together_counted(one for one in wanted if one.table in there):
                    results += _results(group, checks.counts(tables, group, ALWAYS, known))
                assert self._backend is not None  # noqa: S101 - it is open
                for rule in (one for one in wanted if one.of_lake):
                    found = lake_checks.count(rule, self.lake, self._backend)
                    results += [] if found is None else [found]
        except duckdb.OutOfMemoryException as error:
            raise CountingTooBig(where="quality") from error
        except duckdb.Error as error:  # a file was taken away meanwhile, or is damaged
            name = type(error).__name__  # its words may hold values of a row
            raise NoStar(where="quality", why=name, why_zh=name) from error
        return Surveyed(results, watermark)

    def watermark(self, rules: Iterable[Rule]) -> dict[str, str]:
        """Return which rows there are for rules: another one after any of them changed."""
        stars = SourcedStar(self.folder)
        wanted = list(rules)
        found = {
            name: hashlib.sha256(repr(stars.signature(name)).encode()).hexdigest()
            for name in star()
        }
        for table in sorted({one.table for one in wanted if one.of_lake}):
            found[table] = lake_checks.state(self.lake, table)
        settled = read_settled(self.folder)
        return found | ({"log": f"{settled.version}.{settled.revision}"} if settled else {})

    def stop(self) -> None:
        """Let a run end without a result, from another thread."""
        if self._backend is not None:
            self._backend.con.interrupt()

    @contextmanager
    def _opened(self) -> Iterator[Mapping[str, ir.Table]]:
        """Give the star as tables of a DuckDB for one run."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".quality-", dir=self.folder) as scratch:
            self._backend = ibis.duckdb.connect(
                threads=self.threads,
                memory_limit=f"{self.memory_mb}MB",
                temp_directory=scratch,
                autoinstall_known_extensions=False,
                autoload_known_extensions=False,
                preserve_insertion_order=False,
            )
            try:
                yield SourcedStar(self.folder).tables(Duck(self._backend))
            finally:
                self._backend.disconnect()
                self._backend = None


def _results(rules: Sequence[Rule], counted: ir.Table) -> Iterator[Result]:
    hashes = [rule_hash(one) for one in rules]
    row: dict[str, Any]
    for row in counted.to_pyarrow().to_pylist():
        cell = Cell(row["source"], row["hospital"], row["department"])
        for number, rule in enumerate(rules):
            if row[f"d{number}"]:
                violated, of = int(row[f"v{number}"]), int(row[f"d{number}"])
                yield Result(rule.rule, hashes[number], cell, violated, of)
