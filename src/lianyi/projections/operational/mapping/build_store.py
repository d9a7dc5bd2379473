"""Making a fact of the tables of a source by DuckDB, and putting it on the shelf month by month.

The first time, and where it cannot be told what is other, a part of a mapping is one query over the
whole table: its rows go to files beside the star, sorted into months, and the months whose rows add
up to something else than the last time are put on the shelf. Else only the rows are mapped again
that may be other (:mod:`~.change_store`), and the months are written anew from which rows go, or to
which some come. Both ways end in the same bytes. Nothing is done where neither the tables nor the
file have changed since.
"""

# ruff: noqa: S608 - every name and value that is put into a query is quoted by reading_store

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import structlog
from pydantic import ValidationError

from lianyi.base.settings import nearest
from lianyi.projections.operational.mapping import reading_store as sql
from lianyi.projections.operational.mapping.change_store import Changed, Changes
from lianyi.projections.operational.mapping.lake import LakeTables, Look
from lianyi.projections.operational.mapping.model import FactMapping
from lianyi.projections.operational.mapping.news import News, Standing, Untold, news
from lianyi.projections.operational.mapping.problems import (
    DoesNotAddUp,
    NotInLake,
    RowsMultiplied,
)
from lianyi.projections.operational.mapping.query_store import (
    PLACED,
    UNDATED,
    PartQuery,
    SourceTable,
    multiplied_query,
    part_query,
)
from lianyi.projections.operational.mapping.report import Checked, Manifest, Report
from lianyi.projections.operational.mapping.settings import MappingSettings
from lianyi.projections.operational.mapping.staging_store import (
    Said,
    Staged,
    columns_of,
    kept,
    keys_twice,
    month_query,
    months_of,
    tally,
)
from lianyi.projections.operational.mapping.tally import Tally
from lianyi.projections.operational.shelf import Change, Shelf, name_of, schema_of

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]

FORM: Final = "2"
"""Of what this module makes; another one has everything made anew."""
KEPT_MAX: Final = 10_000
"""So many keys that stand twice, and unknown codes of a column, are remembered at most."""

log = structlog.get_logger(__name__)


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
    backend: Backend, lake: LakeTables, mapping: FactMapping, looks: Mapping[str, Look]
) -> dict[str, SourceTable]:
    """Return every table that a mapping names, as it was when it was looked at.

    Raises:
        NotInLake: nothing has come of one of them.
    """
    found = {}
    for table in mapping.tables():
        if table not in looks:
            known = lake.tables(mapping.source)
            raise NotInLake(where=f"{mapping.name}: {table}", nearest=nearest(table, known))
        rows = lake.current(backend, looks[table])
        query = str(backend.compile(rows))
        told = backend.con.execute(f"DESCRIBE ({query})").fetchall()
        types = {str(one[0]): str(one[1]) for one in told}
        found[table] = SourceTable(query, types, dict(rows.schema().items()))
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
    counted = [f"SELECT count(*) FROM ({tables[part.table].query})" for part in mapping.parts]
    return [int(backend.con.execute(one).fetchone()[0]) for one in counted]


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
            anew: all of it, also where nothing has.

        Raises:
            BadMapping, NotInLake, RowsMultiplied, DoesNotAddUp: as they say.
            OSError, duckdb.Error: the disk is full, or a file of the lake is gone.
        """
        last = read_manifest(self._shelf, self._mapping)
        looks = self._looks()
        why = "asked" if anew else self._why_whole(last)
        if last and not why and last.standings == _standings(looks):
            return last.report.model_copy(
                update={"months_written": 0, "rows_mapped": 0, "whole": ""}
            )
        self._backend = backend = connect(self._settings, self._scratch)
        try:
            tables = source_tables(backend, self._lake, self._mapping, looks)
            asked = list(queries(self._mapping, tables, self._zone))
            if last and not why:
                try:
                    return self._build_other(backend, looks, tables, last)
                except Untold as untold:
                    why = untold.why
            return self._build_whole(backend, looks, tables, asked, last, why)
        finally:
            self._backend = None
            backend.disconnect()

    def check(self) -> Checked:
        """Compare what was made with what there is now, and make nothing.

        Raises:
            BadMapping, NotInLake: as they say.
            OSError, duckdb.Error: a file is gone, or cannot be read.
        """
        last = read_manifest(self._shelf, self._mapping)
        looks = self._looks()
        self._backend = backend = connect(self._settings, self._scratch)
        try:
            tables = source_tables(backend, self._lake, self._mapping, looks)
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
            is_new=last is None
            or last.made_of != self._made_of()
            or last.standings != _standings(looks),
        )

    def _looks(self) -> dict[str, Look]:
        known = self._lake.tables(self._mapping.source)
        wanted = [one for one in self._mapping.tables() if one in known]
        return {one: self._lake.look(self._mapping.source, one) for one in wanted}

    def _why_whole(self, last: Manifest | None) -> str:
        """Return why all rows must be mapped, whatever has come; empty: they need not be."""
        if last is None:
            return "first"
        if last.made_of != self._made_of():
            return "file"
        return "" if last.report.written == _rows_on_shelf(self._shelf, self._mapping) else "lost"

    def _made_of(self) -> str:
        told = [FORM, self._mapping.digest, self._zone, str(schema_of(self._mapping.fact))]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    # --- all rows --------------------------------------------------------------------------------

    def _build_whole(
        self,
        backend: Backend,
        looks: Mapping[str, Look],
        tables: Mapping[str, SourceTable],
        asked: list[PartQuery],
        last: Manifest | None,
        why: str,
    ) -> Report:
        mapping, fact = self._mapping, self._mapping.fact
        log.info("star.whole", source=mapping.source, fact=fact.name, why=why)
        _look_at_lookups(backend, mapping, tables)
        staged = [
            Staged.in_files(backend, one, self._scratch / f"part{number}")
            for number, one in enumerate(asked)
        ]
        rows = kept(backend, fact, staged)
        counted = tally(backend, mapping, lake_rows(backend, mapping, tables), staged)
        months = months_of(backend, fact, rows)
        change = self._shelf.change(fact, mapping.source)
        there = self._shelf.months(fact, mapping.source)
        before = last.months if last else {}
        written = [one for one in there if one not in months]
        for month in written:
            change.put(month, None)
        for month, said in months.items():
            if month not in there or before.get(name_of(month)) != said:
                query = month_query(fact, rows, month)
                change.put(month, backend.con.sql(query).to_arrow_table())
                written.append(month)
        twice = keys_twice(backend, KEPT_MAX)
        report = self._hold(change, looks, tables, counted, months, twice)
        update = {
            "months_written": len(written),
            "rows_mapped": sum(one.lake for one in counted.parts),
            "whole": why,
        }
        return report.model_copy(update=update)

    # --- rows that may be other ------------------------------------------------------------------

    def _build_other(
        self,
        backend: Backend,
        looks: Mapping[str, Look],
        tables: Mapping[str, SourceTable],
        last: Manifest,
    ) -> Report:
        """Map the rows that may be other.

        Raises:
            Untold: it cannot be told which they are.
            RowsMultiplied: a lookup has come to have two rows for one key.
        """
        mapping, fact = self._mapping, self._mapping.fact
        told = self._news(looks, tables, last)
        change = self._shelf.change(fact, mapping.source)
        months = {month: last.months[name_of(month)] for month in self._months_there()}
        if not any(told.values()):
            counted = _counted(last)
            report = self._hold(change, looks, tables, counted, months, last.twice)
            return report.model_copy(update={"months_written": 0, "rows_mapped": 0})
        changes = Changes(
            backend, self._lake, mapping, tables, looks, last.standings, told, zone=self._zone
        )
        changed = changes.find(self._shelf, last.twice)
        counted = _counted(last).instead(changed.was, changed.now, changed.gone_from)
        for month in changed.months:
            said = self._put_other(backend, change, month)
            if said is None:
                del months[month]
            else:
                months[month] = said
        twice = _twice(backend, last, changed)
        if counted.written != sum(rows for rows, _ in months.values()):
            raise Untold("shelf")
        report = self._hold(change, looks, tables, counted, months, twice)
        update = {"months_written": len(changed.months), "rows_mapped": changed.mapped}
        return report.model_copy(update=update)

    def _news(
        self, looks: Mapping[str, Look], tables: Mapping[str, SourceTable], last: Manifest
    ) -> dict[str, News]:
        """Return what has come to each table.

        Raises:
            Untold: more than that has happened.
        """
        if last.codes is None:
            raise Untold("codes")
        if last.columns != _columns(tables) or last.standings.keys() != looks.keys():
            raise Untold("columns")
        told = {table: news(last.standings[table], look.standing) for table, look in looks.items()}
        if any(told[part.table].is_reloaded for part in self._mapping.parts):
            raise Untold("load")
        return told

    def _months_there(self) -> list[int | None]:
        return list(self._shelf.months(self._mapping.fact, self._mapping.source))

    def _put_other(self, backend: Backend, change: Change, month: int | None) -> Said | None:
        """Put a month beside the one that is there, without the rows that go, with those that come.

        Returns:
            What it says then; None: it has no rows any more.
        """
        fact, source = self._mapping.fact, self._mapping.source
        gone, come = (
            backend.con.sql(month_query(fact, f"FROM {one}", month)).to_arrow_table()
            for one in ("gone", "come")
        )
        rows = [come.cast(schema_of(fact))]
        there = self._shelf.months(fact, source).get(month)
        if there is not None:
            old = pq.read_table(there, schema=schema_of(fact))
            goes = pc.is_in(old[fact.key], value_set=gone[fact.key].combine_chunks())
            rows.append(old.filter(pc.invert(goes)))
        path = change.put(month, pa.concat_tables(rows))
        if not sum(one.num_rows for one in rows):
            return None
        placed = UNDATED if month is None else month
        file = f"read_parquet({sql.literal(str(path))})"
        return months_of(
            backend, fact, f"SELECT {columns_of(fact)}, {placed} AS {PLACED} FROM {file}"
        )[month]

    # --- both ------------------------------------------------------------------------------------

    def _hold(
        self,
        change: Change,
        looks: Mapping[str, Look],
        tables: Mapping[str, SourceTable],
        counted: Tally,
        months: Mapping[int | None, Said],
        twice: list[str] | tuple[str, ...] | None,
    ) -> Report:
        """Have the new months hold, with what is remembered of them.

        Raises:
            DoesNotAddUp: the rows of the months are not those that were made.
        """
        mapping = self._mapping
        rows = sum(rows for rows, _ in months.values())
        if rows != counted.written:
            raise DoesNotAddUp(where=mapping.name, lake=counted.written, accounted=rows)
        report = counted.report(
            mapping.source, mapping.fact.name, codes_max=self._settings.examples_max
        ).model_copy(update={"months": len(months)})
        is_small = all(len(codes) <= KEPT_MAX for codes in counted.codes.values())
        manifest = Manifest(
            made_of=self._made_of(),
            standings=_standings(looks),
            columns=_columns(tables),
            months={name_of(month): said for month, said in months.items()},
            report=report,
            codes={name: dict(of) for name, of in counted.codes.items()} if is_small else None,
            twice=None if twice is None else tuple(twice),
        )
        change.hold(manifest.model_dump(mode="json"))
        return report


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


def _standings(looks: Mapping[str, Look]) -> dict[str, Standing]:
    return {table: look.standing for table, look in looks.items()}


def _columns(tables: Mapping[str, SourceTable]) -> dict[str, str]:
    return {
        table: hashlib.sha256(repr(sorted(one.columns.items())).encode()).hexdigest()
        for table, one in tables.items()
    }


def _counted(last: Manifest) -> Tally:
    report = last.report
    return Tally(report.parts, report.unread, report.rounded, last.codes or {})


def _twice(backend: Backend, last: Manifest, changed: Changed) -> list[str] | None:
    """Return the keys that stand twice now; None: they are too many to keep."""
    now = keys_twice(backend, KEPT_MAX)
    if now is None or last.twice is None:
        return None
    found = sorted({*now, *(one for one in last.twice if one not in changed.keys)})
    return found if len(found) <= KEPT_MAX else None


def _rows_on_shelf(shelf: Shelf, mapping: FactMapping) -> int:
    """Return how many rows the files say that a mapping made."""
    files = shelf.months(mapping.fact, mapping.source).values()
    return sum(pq.read_metadata(one).num_rows for one in files)


def read_manifest(shelf: Shelf, mapping: FactMapping) -> Manifest | None:
    """Return what was made the last time; None: nothing, or nobody can read it any more."""
    said = shelf.said(mapping.fact, mapping.source)
    try:
        return None if said is None else Manifest.model_validate(said)
    except ValidationError:
        return None
