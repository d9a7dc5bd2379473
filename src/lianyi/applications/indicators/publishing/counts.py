"""Counting for publication: exact totals, the rows behind them, and of which facts they are.

What is counted begins with ``counting.rows``, as everything that shows a number. The rows behind a
published total are named in a file, so that, when the facts have changed, it can be said how many
rows came, went or count otherwise. A file is called by its SHA-256.

The star is learned on while it is counted: whoever finds a file gone that was there a moment ago,
or another one in its place, begins again.

Totals and months that are known are remembered by the files that they were counted from, so that
a sheet of which nothing has changed is there at once.

This is the only module of publishing that asks DuckDB; it runs in a thread of its own.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from lianyi.applications.indicators.failures import NoStar
from lianyi.applications.indicators.heard import ALWAYS, BY, Feeds, Heard, sides_of
from lianyi.applications.indicators.kept import Kept
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.publishing.model import WHOLE
from lianyi.applications.indicators.publishing.problems import EvidenceGone
from lianyi.applications.indicators.window import Window
from lianyi.projections.operational.star import HOSPITAL, star

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]
    from ibis.expr import types as ir  # type: ignore[import-untyped]

THREADS = 2
MEMORY = "1GB"
CELLS_KEPT = 100_000
TRIES = 5

_Asked = ParamSpec("_Asked")
_Found = TypeVar("_Found")

Cells = Mapping[tuple[str, str], Decimal]
"""Totals by hospital and department; :data:`WHOLE` is the whole hospital."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a part comes to.

    Attributes:
        cells: where nothing was counted there is none.
        evidence: name of the file of its rows; empty: none was kept.
        rows: how many rows stand behind each cell; empty: nobody asked.
    """

    cells: Cells
    evidence: str = ""
    rows: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moved:
    """How two sets of rows differ, by their keys.

    Attributes:
        only_then, only_now: rows that are in one of them.
        otherwise: rows in both that count otherwise: another amount, another place.
    """

    only_then: int
    only_now: int
    otherwise: int


@dataclass(frozen=True, slots=True)
class Behind:
    """The rows behind a number.

    Attributes:
        of: the name of a file of evidence, or a part that is counted now.
        period: months.
        hospital, department: whose.
    """

    of: str | Part | None
    period: Period
    hospital: str
    department: str


def _begins_again(
    method: Callable[Concatenate[Counts, _Asked], _Found],
) -> Callable[Concatenate[Counts, _Asked], _Found]:
    """Let a method of counts begin again where a file was taken away meanwhile.

    Raises:
        NoStar: as often as it is tried.
    """

    @functools.wraps(method)
    def asked(counts: Counts, /, *args: _Asked.args, **names: _Asked.kwargs) -> _Found:
        for _ in range(TRIES):
            try:
                return method(counts, *args, **names)
            except Exception as error:
                from lianyi.applications.indicators.duck import is_taken_away

                if not is_taken_away(error):
                    raise
                name = type(error).__name__
        raise NoStar(where="star", why=name, why_zh=name)

    return asked


class Counts:
    """Counts over a star in Parquet files."""

    def __init__(self, star_folder: Path, evidence_folder: Path) -> None:
        """Count what lies in a folder; see :mod:`lianyi.projections.operational.shelf`.

        Args:
            star_folder: of the shelf.
            evidence_folder: where the files of rows are kept; made when the first one is.
        """
        self._star = star_folder
        self._evidence = evidence_folder
        self._known: dict[tuple[str, int, int], str] = {}
        self._kept = Kept(CELLS_KEPT)

    @_begins_again
    def signature(self, facts: Iterable[str]) -> dict[str, str]:
        """Return SHA-256 of the files of facts, by fact: the same files say the same."""
        return {fact: self._signed(fact) for fact in sorted(set(facts))}

    def _signed(self, fact: str) -> str:
        digest = hashlib.sha256()
        folder = self._star / fact
        for file in sorted(folder.glob("*/*.parquet")):
            there = file.stat()
            seen = (str(file), there.st_size, there.st_mtime_ns)
            if seen not in self._known:
                with file.open("rb") as opened:
                    self._known[seen] = hashlib.file_digest(opened, "sha256").hexdigest()
            digest.update(f"{file.relative_to(folder)} {self._known[seen]}\n".encode())
        return digest.hexdigest()

    @_begins_again
    def count(
        self,
        parts: Sequence[Part],
        period: Period,
        *,
        keep: bool,
        split: bool = False,
        hospital: str = "",
        rows: bool = False,
    ) -> dict[Part, Counted]:
        """Count parts for each hospital.

        Args:
            parts: the same one twice is counted once.
            period: whole months.
            keep: whether the rows behind are kept as evidence.
            split: whether each of the departments is counted, too.
            hospital: only of this one; empty: of all.
            rows: whether the rows behind each cell are counted, too.
        """
        found = {}
        with self._tables() as (backend, tables):
            for part in dict.fromkeys(parts):
                cells = _cells(tables, part, period, hospital=hospital, split=split)
                kept = _named_rows(tables, part, period) if keep else None
                name = _keep(backend, kept, self._evidence) if kept is not None else ""
                behind = _rows_behind(tables, part, period) if rows else {}
                found[part] = Counted(cells, name, behind)
        return found

    @_begins_again
    def totals(self, parts: Sequence[Part], period: Period, hospital: str) -> dict[Part, Decimal]:
        """Count many parts for one hospital as a whole, in two passes (``cube``).

        A part that comes to nothing is left out.
        """
        keys = self._keys(parts, ("total", period, hospital))
        found: dict[Part, Decimal] = {}
        for part, key in keys.items():
            kept = self._kept.get(key)
            if kept is not None:
                found[part] = kept[()]
        missing = [part for part in keys if part not in found]
        for part, total in self._totals(missing, period, hospital).items():
            self._kept.put(keys[part], {(): total})
            found[part] = total
        return {part: total for part, total in found.items() if total}

    def _totals(self, parts: Sequence[Part], period: Period, hospital: str) -> dict[Part, Decimal]:
        """Count each of the parts whose fact has rows at all."""
        facts = {part.fact for part in parts if any((self._star / part.fact).glob("*/*.parquet"))}
        known = [part for part in parts if part.fact in facts]
        if not known:
            return {}
        from lianyi.applications.indicators import cube
        from lianyi.applications.indicators.duck import Duck

        window = Window(period.first, period.last)
        added = [part for part in known if part.aggregate != "distinct"]
        found: dict[Part, Decimal] = {}
        with self._tables() as (backend, tables):
            own = {fact: tables[fact].filter(tables[fact][HOSPITAL] == hospital) for fact in facts}
            for part, cells in cube.count(Duck(backend), own, added, window).items():
                found[part] = sum(map(Decimal, cells.values()), Decimal(0))
            for part in known:
                if part.aggregate == "distinct":
                    cells_of = _cells(own, part, period, hospital=hospital, split=False)
                    found[part] = cells_of.get((hospital, WHOLE), Decimal(0))
        return found

    def _keys(self, parts: Iterable[Part], question: tuple[Hashable, ...]) -> dict[Part, Hashable]:
        """Return by what the answer to a question of each part is remembered."""
        from lianyi.applications.indicators.engine import ShelfStar

        shelf = ShelfStar(self._star)
        wanted = list(dict.fromkeys(parts))
        files = {fact: shelf.signature(fact) for fact in {part.fact for part in wanted}}
        return {part: (*question, files[part.fact], part) for part in wanted}

    @_begins_again
    def heard(self, parts: Iterable[Part], feeds: Feeds) -> Heard:
        """Return what is known of the facts of parts; ``feeds``: what would bring what is not."""
        from lianyi.applications.indicators import cube
        from lianyi.applications.indicators.duck import Duck

        sides = sides_of(parts)
        keys = self._keys(sides.values(), ("heard",))
        kept = {part: self._kept.get(key) for part, key in keys.items()}
        cells = {part: found for part, found in kept.items() if found is not None}
        missing = [part for part in keys if part not in cells]
        if missing:
            with self._tables() as (backend, tables):
                counted = cube.count(Duck(backend), tables, missing, ALWAYS, BY)
            for part, found in counted.items():
                self._kept.put(keys[part], found)
                cells[part] = found
        return Heard.counted(sides, cells, feeds)

    @_begins_again
    def moved(self, then: Behind, now: Behind) -> Moved:
        """Compare the rows behind two numbers.

        Raises:
            EvidenceGone: the file of one of them cannot be read.
        """
        with self._tables() as (backend, tables):
            a = self._rows(backend, tables, then, "then")
            b = self._rows(backend, tables, now, "now")
            both = a.inner_join(b, a.key == b.key).filter(
                (a.adds != b.adds) | (a.department != b.department)
            )
            numbers = (
                a.anti_join(b, a.key == b.key).count(),
                b.anti_join(a, a.key == b.key).count(),
                both.count(),
            )
            return Moved(*(int(one.to_pyarrow().as_py()) for one in numbers))

    @contextmanager
    def _tables(self) -> Iterator[tuple[Backend, Mapping[str, ir.Table]]]:
        import ibis  # type: ignore[import-untyped]

        from lianyi.projections.operational.shelf import Shelf

        backend = ibis.duckdb.connect()
        try:
            backend.raw_sql(f"SET threads={THREADS}")
            backend.raw_sql(f"SET memory_limit='{MEMORY}'")
            yield backend, Shelf(self._star).tables(backend)
        finally:
            backend.disconnect()

    def _rows(
        self, backend: Backend, tables: Mapping[str, ir.Table], behind: Behind, name: str
    ) -> ir.Table:
        import ibis

        if behind.of is None:
            schema = dict.fromkeys(("key", HOSPITAL, "department", "adds"), "string")
            return ibis.memtable([], schema=schema).view()
        if isinstance(behind.of, Part):
            table = _named_rows(tables, behind.of, behind.period)
        else:
            table = backend.read_parquet(str(self._file(behind.of)), table_name=f"{name}_kept")
        table = table.filter(table[HOSPITAL] == behind.hospital)
        if behind.department != WHOLE:
            table = table.filter(table.department == behind.department)
        return table.view()

    def _file(self, name: str) -> Path:
        path = self._evidence / f"{name}.parquet"
        try:
            with path.open("rb") as opened:
                whole = hashlib.file_digest(opened, "sha256").hexdigest() == name
        except OSError as error:
            raise EvidenceGone(where="evidence") from error
        if not whole:
            raise EvidenceGone(where="evidence")
        return path


def _counted_rows(tables: Mapping[str, ir.Table], part: Part, period: Period) -> ir.Table:
    from lianyi.applications.indicators import counting

    return counting.rows(tables, part, Window(period.first, period.last))


def _named_rows(tables: Mapping[str, ir.Table], part: Part, period: Period) -> ir.Table:
    """Return the rows that a part counts: key, hospital, department, and what each adds."""
    import ibis

    from lianyi.applications.indicators import counting

    table = _counted_rows(tables, part, period)
    if part.aggregate == "rows":
        adds = ibis.literal("1")
    elif part.aggregate == "distinct":
        adds = table[part.of].cast("string")
    else:
        adds = counting.addend(part, table).cast("string")
    return table.select(
        key=table[star()[part.fact].key],
        hospital=table[HOSPITAL],
        department=table[part.department].fill_null(""),
        adds=adds.fill_null(""),
    )


def _cells(
    tables: Mapping[str, ir.Table], part: Part, period: Period, *, hospital: str, split: bool
) -> Cells:
    from lianyi.applications.indicators import counting

    table = _counted_rows(tables, part, period)
    if hospital:
        table = table.filter(table[HOSPITAL] == hospital)
    value = counting.total(part, table).cast("string")
    whole = table.group_by(hospital=table[HOSPITAL]).aggregate(value=value)
    cells = {(row["hospital"], WHOLE): Decimal(row["value"]) for row in _said(whole)}
    if split:
        by = {"hospital": table[HOSPITAL], "department": table[part.department]}
        cells |= {
            (row["hospital"], row["department"]): Decimal(row["value"])
            for row in _said(table.group_by(**by).aggregate(value=value))
            if row["department"]
        }
    return cells


def _rows_behind(
    tables: Mapping[str, ir.Table], part: Part, period: Period
) -> dict[tuple[str, str], int]:
    """Return how many rows a part counts, of whole hospitals and of their departments."""
    named = _named_rows(tables, part, period)
    found: dict[tuple[str, str], int] = {}
    by = named.group_by(hospital=named[HOSPITAL], department=named.department)
    for row in _said(by.aggregate(rows=named.count())):
        whole = (row["hospital"], WHOLE)
        found[whole] = found.get(whole, 0) + row["rows"]
        if row["department"]:
            found[row["hospital"], row["department"]] = row["rows"]
    return found


def _said(table: ir.Table) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return found


def _keep(backend: Backend, rows: ir.Table, folder: Path) -> str:
    """Write rows to a file that is called by its SHA-256; return that."""
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as made:
        beside = Path(made.name)
    try:
        backend.to_parquet(rows.order_by("key"), beside, compression="zstd")
        with beside.open("rb") as opened:
            name = hashlib.file_digest(opened, "sha256").hexdigest()
            os.fsync(opened.fileno())
        beside.replace(folder / f"{name}.parquet")
    finally:
        beside.unlink(missing_ok=True)
    return name
