"""Counts with one DuckDB or Spark a process: cells, which are remembered, and rows, which are not.

What was counted is remembered by the files that it was counted from, so that it is forgotten when
one of them is put in its place anew. Two asks never run in it at the same time; what is remembered
is answered beside them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from ibis.expr import types as ir  # type: ignore[import-untyped]

from lianyi.applications.indicators import counting, cube
from lianyi.applications.indicators.cube import Key, Number
from lianyi.applications.indicators.duck import Duck
from lianyi.applications.indicators.failures import NoStar, OutOfSight
from lianyi.applications.indicators.kept import Kept
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.runner import Runner, TakenAway
from lianyi.applications.indicators.settings import IndicatorSettings
from lianyi.applications.indicators.window import Window
from lianyi.projections.operational.shelf import Shelf
from lianyi.projections.operational.star import HOSPITAL, month_column, star

Cells = Mapping[Key, Number]
"""What was counted, by the values of what makes a cell; a cell of nothing is missing."""
Answered = list[dict[str, Any]]
"""The rows of an answer."""
Choose = Callable[[Mapping[str, ir.Table], Part, Window], ir.Table]
"""Gives the rows in a window, of all facts, that are meant by a part."""
_Found = TypeVar("_Found")
_LAST: Final = 32_767
_ENCOUNTER: Final = "encounter"
_PATIENT: Final = "patient"
PATIENT_OF: Final = "patient_of"
"""The column of a listed row that says whose it is, ``mrn^authority``."""


class Star(Protocol):
    """Where the facts come from."""

    def signature(self, fact: str) -> Hashable:
        """Return something that is another one after rows of a fact have changed; quick."""
        ...

    def tables(self, runner: Runner) -> Mapping[str, ir.Table]:
        """Return the facts by name, as tables of whatever counts."""
        ...


class ShelfStar:
    """The facts as their files lie on the shelf."""

    def __init__(self, folder: Path) -> None:
        """Read below a folder, which need not be there yet."""
        self._shelf = Shelf(folder)

    def signature(self, fact: str) -> Hashable:
        """Return which files there are; a file that is put in place anew is another one."""
        found: list[Hashable] = []
        with suppress(FileNotFoundError):
            for producer in sorted((self._shelf.folder / fact).iterdir()):
                files = sorted(one.inode() for one in _scanned(producer))
                found.append((producer.name, producer.stat().st_mtime_ns, tuple(files)))
        return tuple(found)

    def tables(self, runner: Runner) -> Mapping[str, ir.Table]:
        """Return the facts as tables."""
        return {name: runner.read(fact, self._shelf.files(fact)) for name, fact in star().items()}


class SourceRows(NamedTuple):
    """How many rows came from a source, and the newest instant that they say."""

    source: str
    rows: int
    newest: datetime | None


class Listed(NamedTuple):
    """A page of the rows that were counted, and what all of them come to."""

    rows: list[dict[str, Any]]
    total: int
    comes_to: Number


class Engine:
    """Counts; every method but :meth:`known` works for as long as it takes: call it in a thread."""

    def __init__(self, facts: Star, settings: IndicatorSettings) -> None:
        """Count facts; nothing is opened before something is asked."""
        self._facts = facts
        self._settings = settings
        self._runner: Runner | None = None
        self._tables: Mapping[str, ir.Table] = {}
        self._signatures: Mapping[str, Hashable] = {}
        self._turn = threading.Lock()
        self._kept = Kept(settings.cells_kept)

    def known(
        self, parts: Iterable[Part], window: Window, by: Sequence[str]
    ) -> dict[Part, Cells] | None:
        """Return what is remembered, at once; None: some of it is not."""
        found: dict[Part, Cells] = {}
        signatures: dict[str, Hashable] = {}
        for part in parts:
            if part.fact not in signatures:
                signatures[part.fact] = self._facts.signature(part.fact)
            cells = self._kept.get((signatures[part.fact], part, window, tuple(by)))
            if cells is None:
                return None
            found[part] = cells
        return found

    def figures(
        self, parts: Iterable[Part], window: Window, by: Sequence[str]
    ) -> dict[Part, Cells]:
        """Return what parts come to, cell by cell.

        Args:
            parts: that are counted together.
            window: which rows.
            by: what makes a cell; see :func:`.counting.cells`.

        Raises:
            NoStar, CountingTooBig: it cannot be counted now.
            OutOfSight: a cell lies outside of the window.
        """
        wanted = list(dict.fromkeys(parts))

        def count(runner: Runner, tables: Mapping[str, ir.Table]) -> dict[Part, Cells]:
            found: dict[Part, Cells] = {}
            missing = []
            for part in wanted:
                key = (self._signatures[part.fact], part, window, tuple(by))
                remembered = self._kept.get(key)
                if remembered is None:
                    missing.append(part)
                else:
                    found[part] = remembered
            counted = cube.count(runner, tables, missing, window, by) if missing else {}
            for part, cells in counted.items():
                _must_lie_within(cells, window, by)
                self._kept.put((self._signatures[part.fact], part, window, tuple(by)), cells)
                found[part] = cells
            return found

        return self._asked(count)

    def rows(
        self,
        part: Part,
        window: Window,
        columns: Iterable[str],
        *,
        skip: int,
        limit: int,
        without: Part | None = None,
        choose: Choose | None = None,
    ) -> Listed:
        """Return the rows that a part counts, in the order of hospital and key.

        Args:
            part: what is counted.
            window: which rows.
            choose: gives the rows in the window that are meant, of all facts.
            columns: of the fact that are wanted, besides key, hospital, origin, department, time
                and doctor; ``patient_of`` says whose a row is.
            skip: so many are passed by.
            limit: so many at most.
            without: rows that this part counts, too, are left out; None: none are.

        Raises:
            NoStar, CountingTooBig: they cannot be read now.
            OutOfSight: a row lies outside of the window.
        """
        key = part.of_fact.key
        own = (key, HOSPITAL, "origin", part.department, part.time, month_column(part.time))
        beside = (window.whose(part.doctor, part.of_fact.columns), _PATIENT, _ENCOUNTER)
        known = {*part.of_fact.columns, month_column(part.time)}
        wanted = [one for one in dict.fromkeys([*own, *columns, *beside]) if one in known]

        def read(runner: Runner, tables: Mapping[str, ir.Table]) -> Listed:
            counted = (choose or counting.rows)(tables, part, window)
            if without is not None and without.fact == part.fact:
                other = counting.rows(tables, without, window).select(HOSPITAL, key).view()
                same = [counted[HOSPITAL] == other[HOSPITAL], counted[key] == other[key]]
                counted = counted.anti_join(other, same)
            whole = counted.aggregate(total=counted.count(), comes_to=counting.total(part, counted))
            (summed,) = runner.answer(whole).to_pylist()
            ordered = counted.select(*wanted).order_by(HOSPITAL, key)
            found = runner.page(ordered, skip=skip, limit=limit).to_pylist()
            for row in found:
                _row_must_lie_within(row, part, window)
            _add_patients(found, runner, tables)
            return Listed(found, int(summed["total"]), summed["comes_to"])

        return self._asked(read)

    def by_source(self, part: Part, window: Window, column: str) -> list[SourceRows]:
        """Return how many rows of a fact there are in a window, and the newest, by a column.

        Args:
            part: whose fact, time and department.
            window: which rows.
            column: of the table that says from which source a row is.

        Raises:
            NoStar, CountingTooBig: they cannot be read now.
        """

        def read(runner: Runner, tables: Mapping[str, ir.Table]) -> list[SourceRows]:
            table = counting.within(tables[part.fact], part, window)
            grouped = table.group_by(source=table[column]).aggregate(
                rows=table.count(), newest=table[part.time].max()
            )
            return [SourceRows(**row) for row in runner.answer(grouped).to_pylist()]

        return self._asked(read)

    def answered(
        self, key: Hashable, ask: Callable[[Mapping[str, ir.Table]], ir.Table]
    ) -> Answered:
        """Return the rows of an expression over the facts, remembered until any of them changes.

        Args:
            key: the same for the same question; who asks sees to it that it is one of his sight.
            ask: gives the expression.

        Raises:
            NoStar, CountingTooBig: they cannot be read now.
        """

        def read(runner: Runner, tables: Mapping[str, ir.Table]) -> Answered:
            known = ("answered", tuple(self._signatures.items()), key)
            found: Mapping[Key, Any] | None = self._kept.get(known)
            if found is None:
                rows = runner.answer(ask(tables)).to_pylist()
                found = {(number,): row for number, row in enumerate(rows)}
                self._kept.put(known, found)
            return list(found.values())

        return self._asked(read)

    def newest(self, part: Part, window: Window, *, until: datetime) -> datetime | None:
        """Return the newest instant by which rows fall into time; None: there is none.

        Args:
            part: whose fact and time.
            window: whose rows; those from its first month on are looked at.
            until: what lies later does not count; in UTC, without a zone.
        """
        known = self.known_newest(part, window, until=until)
        if known is not None:
            return known[0]

        def read(runner: Runner, tables: Mapping[str, ir.Table]) -> datetime | None:
            since = replace(window, last=_LAST, until=until)
            table = counting.within(tables[part.fact], part, since)
            (found,) = runner.answer(table.aggregate(newest=table[part.time].max())).to_pylist()
            newest: datetime | None = found["newest"]
            return newest

        found = self._asked(read)
        self._kept.put(self._newest_key(part, window, until), {(): found})
        return found

    def known_newest(
        self, part: Part, window: Window, *, until: datetime
    ) -> tuple[datetime | None] | None:
        """Return what is remembered of :meth:`newest`, for as long as the day lasts."""
        found = self._kept.get(self._newest_key(part, window, until))
        return None if found is None else (found[()],)

    def _newest_key(self, part: Part, window: Window, until: datetime) -> Hashable:
        signature = self._facts.signature(part.fact)
        of = (part.fact, part.time, part.department, part.doctor)
        return "newest", signature, of, replace(window, last=_LAST), until.date()

    def interrupt(self) -> None:
        """Let what is being counted end without a result."""
        if self._runner is not None:
            self._runner.interrupt()

    def close(self) -> None:
        """Give everything back."""
        with self._turn:
            if self._runner is not None:
                self._runner.close()
                self._runner = None

    def _asked(self, work: Callable[[Runner, Mapping[str, ir.Table]], _Found]) -> _Found:
        """Ask in turn, again if a file was taken away meanwhile."""
        with self._turn:
            for again in (True, False):
                try:
                    return work(*self._opened())
                except (TakenAway, OSError) as error:
                    self._signatures = {}
                    if again:
                        continue
                    name = str(error) if isinstance(error, TakenAway) else type(error).__name__
                    raise NoStar(where="star", why=name, why_zh=name) from error
        raise AssertionError

    def _opened(self) -> tuple[Runner, Mapping[str, ir.Table]]:
        signatures = {fact: self._facts.signature(fact) for fact in star()}
        if self._runner is None:
            self._runner = _runner(self._settings)
        if signatures != self._signatures:
            self._tables = self._facts.tables(self._runner)
            self._signatures = signatures
        if not any(signatures.values()):
            raise NoStar(where="star", why="no row has come yet", why_zh="尚未收到任何运营数据")
        return self._runner, self._tables


def _runner(settings: IndicatorSettings) -> Runner:
    if settings.engine == "spark":
        from lianyi.applications.indicators.spark import Spark

        return Spark(settings)
    return Duck.opened(threads=settings.threads, memory_mb=settings.memory_mb)


def _scanned(folder: Path) -> Iterable[Any]:
    with os.scandir(folder) as entries:
        return list(entries)


def _must_lie_within(cells: Cells, window: Window, by: Sequence[str]) -> None:
    """Look again, in another way, whether cells may be shown."""
    if "hospital" not in by or window.places.hospitals is None:
        return
    at = by.index("hospital")
    if "department" in by:
        department = by.index("department")
        outside = any(not window.places.holds(key[at], key[department]) for key in cells)
    else:
        known = {one for one, _ in window.places.departments} | window.places.hospitals
        outside = any(key[at] not in known for key in cells)
    if outside:
        raise OutOfSight(where="cells")


def _row_must_lie_within(row: Mapping[str, Any], part: Part, window: Window) -> None:
    seen = window.places.holds(row[HOSPITAL], row[part.department])
    if window.doctors is not None:
        whose = window.whose(part.doctor, part.of_fact.columns)
        seen = seen and row.get(whose) in window.doctors
    month = row[month_column(part.time)]
    timely = window.undated if month is None else window.first <= month <= window.last
    if not seen or not timely:
        raise OutOfSight(where="rows")


def _add_patients(
    rows: Sequence[dict[str, Any]], runner: Runner, tables: Mapping[str, ir.Table]
) -> None:
    """Say of each row whose it is: as it says itself, else as its encounter does."""
    numbers = (row.get(_ENCOUNTER) for row in rows if not row.get(_PATIENT))
    unsaid = {one for one in numbers if one}
    patients: dict[tuple[str | None, str | None], str | None] = {}
    if unsaid:
        encounters = tables[_ENCOUNTER]
        found = encounters.filter(encounters[_ENCOUNTER].isin(sorted(unsaid)))
        said_of = found.select(HOSPITAL, _ENCOUNTER, _PATIENT)
        for one in runner.answer(said_of).to_pylist():
            patients[one[HOSPITAL], one[_ENCOUNTER]] = one[_PATIENT]
    for row in rows:
        said = row.get(_PATIENT) or patients.get((row[HOSPITAL], row.get(_ENCOUNTER)))
        row[PATIENT_OF] = said or ""
