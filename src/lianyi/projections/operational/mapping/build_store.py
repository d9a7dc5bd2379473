"""Making a fact of the tables of a source: staged by DuckDB, put on the shelf month by month.

A part of a mapping is one query. Its rows go to files beside the star, sorted into months; then
those without a key, or with the key of another row, are set aside; then the months whose rows add
up to something else than the last time are put on the shelf. Nothing is done where neither the
tables nor the file have changed since.
"""

# ruff: noqa: S608 - every name and value that is put into a query is quoted by reading_store

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import ibis  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from lianyi.base.settings import nearest
from lianyi.projections.operational.mapping import reading_store as sql
from lianyi.projections.operational.mapping.lake import LakeTables
from lianyi.projections.operational.mapping.model import FactMapping
from lianyi.projections.operational.mapping.problems import (
    DoesNotAddUp,
    NotInLake,
    RowsMultiplied,
)
from lianyi.projections.operational.mapping.query_store import (
    PLACED,
    ROUNDED,
    UNDATED,
    UNREAD,
    PartQuery,
    SourceTable,
    multiplied_query,
    part_query,
)
from lianyi.projections.operational.mapping.report import (
    MANIFEST,
    Checked,
    Manifest,
    Noted,
    PartReport,
    Report,
)
from lianyi.projections.operational.mapping.settings import MappingSettings
from lianyi.projections.operational.shelf import Shelf, schema_of
from lianyi.projections.operational.star import ORIGIN, Fact, first_day

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]

FORM: Final = "1"
"""Of what this module makes; another one has everything made anew."""
_EXAMPLES: Final = 5
_TWICE: Final = "twice"


def connect(settings: MappingSettings, scratch: Path) -> Backend:
    """Open a DuckDB that keeps within its memory and spills beside the star."""
    backend = ibis.duckdb.connect(
        threads=settings.threads,
        memory_limit=f"{settings.memory_megabytes}MB",
        temp_directory=str(scratch / "spill"),
        preserve_insertion_order=False,
    )
    backend.con.execute("SET TimeZone = 'UTC'")
    return backend


def source_tables(
    backend: Backend, lake: LakeTables, mapping: FactMapping
) -> dict[str, SourceTable]:
    """Return every table that a mapping names, as it is now.

    Raises:
        NotInLake: nothing has come of one of them.
    """
    known = lake.tables(mapping.source)
    found = {}
    for table in mapping.tables():
        if table not in known:
            raise NotInLake(where=f"{mapping.name}: {table}", nearest=nearest(table, known))
        query = str(backend.compile(lake.current(backend, mapping.source, table)))
        told = backend.con.execute(f"DESCRIBE ({query})").fetchall()
        found[table] = SourceTable(query, {str(one[0]): str(one[1]) for one in told})
    return found


def queries(
    mapping: FactMapping, tables: Mapping[str, SourceTable], zone: str
) -> Iterator[PartQuery]:
    """Write the query of every part of a mapping.

    Raises:
        BadMapping: it names a column that a table does not have.
    """
    for number, part in enumerate(mapping.parts):
        yield part_query(
            part,
            tables,
            fact=mapping.fact,
            source=mapping.source,
            zone=zone,
            place=f"{mapping.name}: parts.{number}",
        )


def lake_rows(
    backend: Backend, mapping: FactMapping, tables: Mapping[str, SourceTable]
) -> list[int]:
    """Return how many rows the table of every part has now."""
    return [_count(backend, tables[part.table].query) for part in mapping.parts]


class FactBuilder:
    """Makes one fact of the tables of one source."""

    def __init__(
        self,
        mapping: FactMapping,
        lake: LakeTables,
        shelf: Shelf,
        *,
        zone: str,
        settings: MappingSettings,
        scratch: Path,
    ) -> None:
        """Prepare.

        Args:
            mapping: the file.
            lake: where the tables are.
            shelf: where the fact is put.
            zone: of the hospital's clocks.
            settings: what may be taken.
            scratch: an empty folder, on a disk that holds the fact once more.
        """
        self._mapping = mapping
        self._lake = lake
        self._shelf = shelf
        self._zone = zone
        self._settings = settings
        self._scratch = scratch
        self._backend: Backend | None = None

    def stop(self) -> None:
        """Break off what DuckDB does, from another thread."""
        if self._backend is not None:
            self._backend.con.interrupt()

    def build(self, *, anew: bool = False) -> Report:
        """Make the fact, where anything has changed.

        Args:
            anew: also where nothing has.

        Raises:
            BadMapping, NotInLake, RowsMultiplied, DoesNotAddUp: as they say.
            OSError, duckdb.Error: the disk is full, or a file of the lake is gone.
        """
        last = read_manifest(self._shelf, self._mapping)
        made_of = self._made_of()
        there = _rows_on_shelf(self._shelf, self._mapping)
        if last and not anew and (last.made_of, last.report.written) == (made_of, there):
            return last.report.model_copy(update={"months_written": 0})
        self._backend = backend = connect(self._settings, self._scratch)
        try:
            tables = source_tables(backend, self._lake, self._mapping)
            asked = list(queries(self._mapping, tables, self._zone))
            _look_at_lookups(backend, self._mapping, tables)
            staged = [
                _Staged(backend, self._scratch / f"part{number}", one)
                for number, one in enumerate(asked)
            ]
            report, months = self._put(backend, tables, staged, last)
        finally:
            self._backend = None
            backend.disconnect()
        _write(self._place(), Manifest(made_of=made_of, months=months, report=report))
        return report

    def check(self) -> Checked:
        """Compare what was made with what there is now, and make nothing.

        Raises:
            BadMapping, NotInLake: as they say.
            OSError, duckdb.Error: a file is gone, or cannot be read.
        """
        last = read_manifest(self._shelf, self._mapping)
        made_of = self._made_of()
        self._backend = backend = connect(self._settings, self._scratch)
        try:
            tables = source_tables(backend, self._lake, self._mapping)
            list(queries(self._mapping, tables, self._zone))
            lake = sum(lake_rows(backend, self._mapping, tables))
        finally:
            self._backend = None
            backend.disconnect()
        return Checked(
            source=self._mapping.source,
            fact=self._mapping.fact.name,
            report=last.report if last else None,
            lake=lake,
            on_shelf=_rows_on_shelf(self._shelf, self._mapping),
            is_new=last is None or last.made_of != made_of,
        )

    def _made_of(self) -> str:
        known = self._lake.tables(self._mapping.source)
        told = [FORM, self._mapping.digest, self._zone, str(schema_of(self._mapping.fact))]
        told += [
            self._lake.state(self._mapping.source, one)
            for one in self._mapping.tables()
            if one in known
        ]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    def _place(self) -> Path:
        return manifest_place(self._shelf, self._mapping)

    # --- onto the shelf --------------------------------------------------------------------------

    def _put(
        self,
        backend: Backend,
        tables: Mapping[str, SourceTable],
        staged: Sequence[_Staged],
        last: Manifest | None,
    ) -> tuple[Report, dict[str, tuple[int, str]]]:
        fact = self._mapping.fact
        kept = _kept(backend, fact, [one for one in staged if one.rows])
        parts = tuple(
            _part_report(backend, fact, part.table, rows, one)
            for part, rows, one in zip(
                self._mapping.parts,
                lake_rows(backend, self._mapping, tables),
                staged,
                strict=True,
            )
        )
        months = _months(backend, fact, kept) if kept else {}
        before = last.months if last else {}
        written = self._put_months(backend, kept, months, before)
        on_shelf = _rows_on_shelf(self._shelf, self._mapping)
        report = _add_up(self._mapping, parts, on_shelf, staged, self._settings.examples_max)
        named = {_named(month): said for month, said in months.items()}
        update = {"months": len(months), "months_written": written}
        return report.model_copy(update=update), named

    def _put_months(
        self,
        backend: Backend,
        kept: str,
        months: Mapping[int | None, tuple[int, str]],
        before: Mapping[str, tuple[int, str]],
    ) -> int:
        """Put the months that are other than before; return how many."""
        fact, source = self._mapping.fact, self._mapping.source
        there = self._shelf.months(fact, source)
        written = 0
        for month in [one for one in there if one not in months]:
            self._shelf.put(fact, source, month, None)
            written += 1
        for month, said in months.items():
            if month in there and before.get(_named(month)) == said:
                continue
            rows = backend.con.sql(_month_query(fact, kept, month)).to_arrow_table()
            self._shelf.put(fact, source, month, rows)
            written += 1
        return written


def _look_at_lookups(
    backend: Backend, mapping: FactMapping, tables: Mapping[str, SourceTable]
) -> None:
    """Look whether each lookup gives a row at most one row."""
    for number, part in enumerate(mapping.parts):
        for one in part.lookups:
            key = [theirs for _, theirs in one.by]
            told = backend.con.execute(multiplied_query(tables[one.table], key)).fetchone()
            if count := int(told[0]):
                place = f"{mapping.name}: parts.{number}.lookups.{one.name}"
                raise RowsMultiplied(where=f"{place} ({one.table})", count=count)


class _Staged:
    """The rows of one part, in files by month."""

    def __init__(self, backend: Backend, folder: Path, asked: PartQuery) -> None:
        """Have DuckDB write them."""
        self._backend = backend
        self.asked = asked
        self.left_out = int(backend.con.execute(asked.left_out).fetchone()[0])
        copy = (
            f"COPY ({asked.rows}) TO {sql.literal(str(folder))} "
            f"(FORMAT parquet, PARTITION_BY ({PLACED}), COMPRESSION snappy)"
        )
        self.rows = int(backend.con.execute(copy).fetchone()[0])
        self.glob = f"{folder}/*/*.parquet"
        self.files = f"read_parquet({sql.literal(self.glob)}, hive_partitioning = true)"

    def tell(self, query: str) -> list[tuple[Any, ...]]:
        """Ask something of the rows; nothing where there are none."""
        return list(self._backend.con.execute(query).fetchall()) if self.rows else []

    def noted(self, condition: str) -> Noted:
        """Return how many rows fulfil a condition, and where some of them were said."""
        count, examples = (
            self.tell(
                f"SELECT count(*), min({ORIGIN}, {_EXAMPLES}) FROM {self.files} WHERE {condition}"
            )
            or [(0, None)]
        )[0]
        return Noted(count=count, examples=tuple(examples or ()))


def _kept(backend: Backend, fact: Fact, staged: Sequence[_Staged]) -> str:
    """Find the keys that stand twice; return what gives the rows that are left, if there are any.

    First by a number made of the key, which is small, then by the key itself among the few of
    which the number stands twice.
    """
    key = sql.name(fact.key)
    backend.con.execute(f"CREATE OR REPLACE TEMP TABLE {_TWICE} (key VARCHAR)")
    if not staged:
        return ""
    globs = ", ".join(sql.literal(one.glob) for one in staged)
    files = f"read_parquet([{globs}], hive_partitioning = true, union_by_name = true)"
    alike = f"SELECT hash({key}) AS n FROM {files} WHERE {key} IS NOT NULL GROUP BY n"
    backend.con.execute(
        f"INSERT INTO {_TWICE} SELECT {key} FROM {files} "
        f"WHERE hash({key}) IN ({alike} HAVING count(*) > 1) GROUP BY {key} HAVING count(*) > 1"
    )
    return f"{files} WHERE {key} IS NOT NULL AND {key} NOT IN (SELECT key FROM {_TWICE})"


def _part_report(
    backend: Backend, fact: Fact, table: str, lake: int, staged: _Staged
) -> PartReport:
    key = sql.name(fact.key)
    no_key = staged.noted(f"{key} IS NULL")
    twice = Noted(count=0)
    if _count(backend, f"FROM {_TWICE}"):
        twice = staged.noted(f"{key} IN (SELECT key FROM {_TWICE})")
    return PartReport(
        table=table,
        lake=lake,
        left_out=staged.left_out,
        no_key=no_key,
        key_twice=twice,
        written=staged.rows - no_key.count - twice.count,
    )


def _months(backend: Backend, fact: Fact, kept: str) -> dict[int | None, tuple[int, str]]:
    """Return the months, how many rows each has, and what these add up to in any order."""
    columns = ", ".join(map(sql.name, schema_of(fact).names))
    told = backend.con.execute(
        f"SELECT {PLACED}, count(*), sum(CAST(hash({columns}) AS HUGEINT)), "
        f"bit_xor(hash('x', {columns})) FROM {kept} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return {
        None if month == UNDATED else int(month): (int(count), f"{added:x}-{crossed:x}")
        for month, count, added, crossed in told
    }


def _month_query(fact: Fact, kept: str, month: int | None) -> str:
    columns = ", ".join(map(sql.name, schema_of(fact).names))
    placed = UNDATED if month is None else month
    return f"SELECT {columns} FROM {kept} AND {PLACED} = {placed}"


def _add_up(
    mapping: FactMapping,
    parts: tuple[PartReport, ...],
    on_shelf: int,
    staged: Sequence[_Staged],
    examples_max: int,
) -> Report:
    for part in parts:
        if part.lake != part.accounted:
            raise DoesNotAddUp(
                where=f"{mapping.name}: {part.table}", lake=part.lake, accounted=part.accounted
            )
    if on_shelf != (made := sum(one.written for one in parts)):
        raise DoesNotAddUp(where=mapping.name, lake=made, accounted=on_shelf)
    unread: dict[str, Noted] = {}
    rounded: dict[str, Noted] = {}
    unmapped: dict[str, dict[str, int]] = {}
    for one in staged:
        for bits, into in ((UNREAD, unread), (ROUNDED, rounded)):
            for column, noted in _bits(one, bits):
                into[column] = _both(into.get(column), noted)
        for number, column in enumerate(one.asked.coded):
            found = one.tell(
                f"SELECT code_{number}, count(*) FROM {one.files} "
                f"WHERE code_{number} IS NOT NULL GROUP BY 1"
            )
            for code, count in found:
                codes = unmapped.setdefault(column, {})
                codes[code] = codes.get(code, 0) + int(count)
    return Report(
        source=mapping.source,
        fact=mapping.fact.name,
        parts=parts,
        unread=unread,
        rounded=rounded,
        unmapped={name: _most(codes, examples_max) for name, codes in unmapped.items()},
        unmapped_rows={name: sum(codes.values()) for name, codes in unmapped.items()},
    )


def _bits(staged: _Staged, bits: str) -> Iterator[tuple[str, Noted]]:
    """Give the columns of which a bit is set, with how many rows have it."""
    told = staged.tell(
        f"SELECT {bits}, count(*), min({ORIGIN}, {_EXAMPLES}) FROM {staged.files} "
        f"WHERE {bits} <> 0 GROUP BY 1 ORDER BY 1"
    )
    for number, column in enumerate(staged.asked.read):
        noted: Noted | None = None
        for set_, count, examples in told:
            if set_ >> number & 1:
                noted = _both(noted, Noted(count=count, examples=tuple(examples)))
        if noted is not None:
            yield column, noted


def _both(one: Noted | None, other: Noted) -> Noted:
    if one is None:
        return other
    examples = sorted({*one.examples, *other.examples})[:_EXAMPLES]
    return Noted(count=one.count + other.count, examples=tuple(examples))


def _most(codes: Mapping[str, int], most: int) -> dict[str, int]:
    return dict(sorted(codes.items(), key=lambda one: (-one[1], one[0]))[:most])


def _count(backend: Backend, query: str) -> int:
    return int(backend.con.execute(f"SELECT count(*) FROM ({query})").fetchone()[0])


def _named(month: int | None) -> str:
    return "undated" if month is None else f"{first_day(month):%Y-%m}"


# --- the manifest --------------------------------------------------------------------------------


def manifest_place(shelf: Shelf, mapping: FactMapping) -> Path:
    """Return where it is kept what was made the last time: beside it."""
    return shelf.folder / mapping.fact.name / mapping.source / MANIFEST


def _rows_on_shelf(shelf: Shelf, mapping: FactMapping) -> int:
    """Return how many rows the files say that a mapping made."""
    files = manifest_place(shelf, mapping).parent.glob("*.parquet")
    return sum(pq.read_metadata(one).num_rows for one in files)


def read_manifest(shelf: Shelf, mapping: FactMapping) -> Manifest | None:
    """Return what was made the last time; None: nothing, or nobody can read it any more."""
    try:
        return Manifest.model_validate_json(manifest_place(shelf, mapping).read_bytes())
    except (OSError, ValueError):
        return None


def _write(place: Path, manifest: Manifest) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_suffix(".part")
    beside.write_text(manifest.model_dump_json(), encoding="utf-8")
    beside.replace(place)
