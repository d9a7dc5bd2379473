"""The engine that draws a history: DuckDB, with the queries below ``sql/``, a month at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from lianyi.simulate.history.calendar import BEFORE_DAYS, Window, window
from lianyi.simulate.history.chances import chance_tables, days_since_2000
from lianyi.simulate.history.tables import Table, declared

if TYPE_CHECKING:
    from pathlib import Path

_ONCE: Final = ("KS_ZD", "BQ_ZD", "RY_ZD", "RY_YB", "YP_ZD", "SF_XMZD", "BR_JBXX", "BQ_RBXX")
_OF_BOTH: Final = ("CF_CFMX", "YZ_YZXX", "YJ_BGXX", "YJ_WJZ")
_OF_VISITS: Final = ("MZ_GHXX", "YY_HYXX", "MZ_SFMX", *_OF_BOTH)
_OF_STAYS: Final = ("ZY_BRXX", "ZY_ZKXX", "BA_SYXX", "SS_SSXX", "ZY_FYMX", *_OF_BOTH)
_FAULTS_OF_VISITS: Final = ("unmapped_code", "duplicate_row")
_FAULTS_OF_STAYS: Final = ("missing_department", "negative_stay", "charge_after_discharge")
_ENCOUNTERS_AT_ONCE: Final = 140_000
"""At full scale a month. A small history is drawn in fewer, longer pieces."""
_MEMORY: Final = "1200MB"
_PATIENTS_PER_THOUSAND: Final = 300
ROWS_AT_ONCE: Final = 122_880


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which history.

    Attributes:
        encounters: about so many, in all months together.
        seed: the same one gives the same history.
        months: how many.
        ends: any day of the last month.
    """

    encounters: int
    seed: int
    months: int
    ends: date

    @property
    def window(self) -> Window:
        """The days of it."""
        return window(self.months, self.ends)


class Piece(NamedTuple):
    """Rows of one table that belong together.

    Attributes:
        table: whose.
        groups: of :data:`ROWS_AT_ONCE` rows, the last of fewer, in the order of its key; to be read
            before the next piece is asked for.
    """

    table: Table
    groups: Iterator[pa.Table]


class Planted(NamedTuple):
    """A row that was given a fault.

    Attributes:
        fault: which.
        table: where.
        key: of the row.
    """

    fault: str
    table: str
    key: str


class HistoryStore:
    """Draws a history piece by piece."""

    def __init__(self, wanted: Wanted, work: Path) -> None:
        """Open the engine.

        Args:
            wanted: which history.
            work: a folder for what does not fit into memory.
        """
        self._wanted = wanted
        self._db = duckdb.connect(
            config={"threads": "2", "memory_limit": _MEMORY, "temp_directory": str(work)}
        )
        self.planted: list[Planted] = []

    def close(self) -> None:
        """Let go of the memory."""
        self._db.close()

    def pieces(self) -> Iterator[Piece]:
        """Draw everything: dictionaries first, then month after month the visits and the stays."""
        self._prepare()
        for name in _ONCE:
            yield self._piece(name)
        over = self._wanted.window
        firsts = sorted({day.replace(day=1) for day in over.days if day >= over.first})
        step = max(1, len(firsts) * _ENCOUNTERS_AT_ONCE // self._wanted.encounters)
        marks = [*firsts[::step], over.end]
        for first, after in pairwise(marks):
            yield from self._chapter(first, after)

    def _prepare(self) -> None:
        over = self._wanted.window
        self._set("seed", self._wanted.seed)
        self._set("pool", max(1000, self._wanted.encounters * _PATIENTS_PER_THOUSAND // 1000))
        self._set("starts", days_since_2000(over.first) * 86_400)
        self._set("ends", days_since_2000(over.end) * 86_400)
        for fault in declared().faults.values():
            self._set(fault.name, fault.per_million)
        for name, table in chance_tables(self._wanted.encounters, self._wanted.seed, over):
            self._db.from_arrow(table).create(name)
        for part in ("macros", "stays", "surgeries", "wards"):
            self._run(part)

    def _chapter(self, first: date, after: date) -> Iterator[Piece]:
        self._set("month_first", days_since_2000(first))
        self._set("month_end", days_since_2000(after))
        for part in ("visits", "lines", "reports"):
            self._run(part)
        yield from map(self._piece, _OF_VISITS)
        self._note(_FAULTS_OF_VISITS)
        if first == self._wanted.window.first:  # and those who were there before
            self._set("month_first", days_since_2000(first) - BEFORE_DAYS)
        for part in ("stay_lines", "reports"):
            self._run(part)
        yield from map(self._piece, _OF_STAYS)
        self._note(_FAULTS_OF_STAYS)

    def _piece(self, name: str) -> Piece:
        table = declared().tables[name]
        columns = ", ".join(one.name for one in table.columns)
        query = f"SELECT {columns} FROM ({_text(f'tables/{name}')}) ORDER BY {', '.join(table.key)}"  # noqa: S608
        return Piece(table, _even(self._db.sql(query).to_arrow_reader(ROWS_AT_ONCE)))

    def _note(self, faults: tuple[str, ...]) -> None:
        for name in faults:
            table = declared().faults[name].table
            found = self._db.execute(_text(f"faults/{name}")).fetchall()
            self.planted += [Planted(name, table, key) for (key,) in found]

    def _set(self, name: str, value: int) -> None:
        self._db.execute(f"SET VARIABLE {name} = {int(value)}::BIGINT")

    def _run(self, part: str) -> None:
        self._db.execute(_text(part))


def _even(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Cut rows into tables of one size, however the engine has handed them out."""
    waiting: list[pa.Table] = []
    count = 0
    for batch in batches:
        waiting.append(pa.Table.from_batches([batch]))
        count += batch.num_rows
        while count >= ROWS_AT_ONCE:
            together = pa.concat_tables(waiting)
            yield together.slice(0, ROWS_AT_ONCE).combine_chunks()
            count -= ROWS_AT_ONCE
            waiting = [together.slice(ROWS_AT_ONCE)]
    if count:
        yield pa.concat_tables(waiting).combine_chunks()


def _text(name: str) -> str:
    return files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
