"""Mapping again only the rows that what has come to the lake may have made other.

The lake only adds, so it can be read as it was: all that ever came of a key is there, and which of
it was current before the news, and is now. So nothing need be remembered of a row to take it back.
The rows that may be other are found first: those of which something came; those that look something
up that is other now; and, where a key of the fact is disputed, all that ever had it. They are
mapped twice, as they were and as they are. What they were must lie on the shelf to the last value,
else it is not known what happened (:class:`~.news.Untold`), and all is mapped again.
"""

# ruff: noqa: S608 - every name and value that is put into a query is quoted by reading_store

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import ibis  # type: ignore[import-untyped]

from lianyi.projections.operational.mapping import reading_store as sql
from lianyi.projections.operational.mapping.lake import LakeTables, Look
from lianyi.projections.operational.mapping.model import FactMapping, Lookup, Part
from lianyi.projections.operational.mapping.news import News, Standing, Untold
from lianyi.projections.operational.mapping.problems import RowsMultiplied
from lianyi.projections.operational.mapping.query_store import (
    BESIDE,
    ODD,
    PLACED,
    POSITION,
    ROW,
    UNDATED,
    SourceTable,
    looked_up,
    multiplied_query,
    part_query,
)
from lianyi.projections.operational.mapping.staging_store import (
    Staged,
    columns_of,
    kept,
    tally,
)
from lianyi.projections.operational.mapping.tally import Tally
from lianyi.projections.operational.mapping.terms import readers
from lianyi.projections.operational.shelf import Shelf
from lianyi.projections.operational.star import ORIGIN

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]

NEW: Final = "_lianyi_new"
_FILE: Final = "_lianyi_file"
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_WAS, _IS = "rows_then", "rows_now"


@dataclass(frozen=True, slots=True)
class Changed:
    """What is other.

    Attributes:
        was: what the rows that were mapped again came to before.
        now: what they come to now.
        gone_from: the places where they were said before.
        keys: of the fact that they have, or had; the table ``twice`` has those of them that stand
            twice now.
        mapped: how many rows were mapped.
        months: of which rows go or come.
    """

    was: Tally
    now: Tally
    gone_from: frozenset[str]
    keys: frozenset[str]
    mapped: int
    months: Sequence[int | None]


class Changes:
    """What news change of a fact; its rows that go and come lie in tables of DuckDB then."""

    def __init__(
        self,
        backend: Backend,
        lake: LakeTables,
        mapping: FactMapping,
        tables: Mapping[str, SourceTable],
        looks: Mapping[str, Look],
        before: Mapping[str, Standing],
        told: Mapping[str, News],
        *,
        zone: str,
    ) -> None:
        """Prepare.

        Args:
            backend: DuckDB.
            lake: where the tables are.
            mapping: the file.
            tables: that it names, for their columns.
            looks: at them.
            before: how they stood when they were mapped.
            told: what has come to them.
            zone: of the hospital's clocks.
        """
        self._backend = backend
        self._lake = lake
        self._mapping = mapping
        self._tables = tables
        self._looks = looks
        self._before = before
        self._news = told
        self._zone = zone
        self._fact = mapping.fact
        self._key = sql.name(mapping.fact.key)

    def find(self, shelf: Shelf, twice: Sequence[str] | None) -> Changed:
        """Find the rows that go and those that come: the tables ``gone`` and ``come``.

        Args:
            shelf: where the fact lies.
            twice: keys that stood twice when it was made; None: nobody knows.

        Raises:
            Untold: it cannot be told.
            RowsMultiplied: a lookup has come to have two rows for one key.
        """
        self._look_at_mixed()
        for number, part in enumerate(self._mapping.parts):
            self._find_touched(number, part)
        self._find_keys()
        self._find_on_shelf(shelf)
        self._add_disputed(twice)
        for number, part in enumerate(self._mapping.parts):
            self._look_up(number, part)
        was = self._map(_WAS)
        self._compare_with_shelf()
        now = self._map(_IS)
        columns = f"{columns_of(self._fact)}, {PLACED}"
        for table, one, other in (("gone", _WAS, _IS), ("come", _IS, _WAS)):
            self._table(table, f"SELECT {columns} FROM {one} EXCEPT SELECT {columns} FROM {other}")
        months = self._ask(f"SELECT {PLACED} FROM gone UNION SELECT {PLACED} FROM come ORDER BY 1")
        gone_from = " UNION ".join(
            f"SELECT {_origin('_t')} FROM {_WAS}_{number} AS _t"
            for number in range(len(self._mapping.parts))
        )
        return Changed(
            was,
            now,
            frozenset(one[0] for one in self._ask(gone_from)),
            frozenset(one[0] for one in self._ask("FROM keys")),
            sum(one.lake for one in now.parts),
            [None if month == UNDATED else int(month) for (month,) in months],
        )

    # --- rows that may be other ------------------------------------------------------------------

    def _look_at_mixed(self) -> None:
        """Look whether pieces that hold known and new messages hold the known rows as they were."""
        for table, told in self._news.items():
            for one in told.mixed:
                path = sql.literal(str(self._looks[table].paths[one.piece]))
                rows, came = self._ask(
                    f"SELECT count(*), max(epoch_us(_received_at)) FROM read_parquet({path}) "
                    f"WHERE {_number()} <= {one.up_to}"
                )[0]
                at = (datetime.fromisoformat(one.came_to) - _EPOCH) // timedelta(microseconds=1)
                if (rows, came) != (one.rows, at):
                    raise Untold("pieces")

    def _find_touched(self, number: int, part: Part) -> None:
        """Find all that ever came of the rows of a part that are news, or look up what is."""
        found = [self._new_ids(part.table)] if self._news[part.table] else []
        for place, one in enumerate(part.lookups):
            if self._news[one.table]:
                self._find_other(number, part, place)
                found.append(self._looking_up(part, one, f"other_{number}_{place}"))
        ids = self._id_names(part.table)
        nothing = ", ".join(f"_t.{sql.name(one)}" for one in self._identity(part.table))
        none = f"SELECT {nothing} FROM ({self._raw(part.table)}) AS _t WHERE false"
        self._ids(f"ids_{number}", part.table, " UNION ".join(found or [none]), ids)
        self._versions(f"touched_{number}", part.table, f"ids_{number}")

    def _new_ids(self, table: str) -> str:
        columns = ", ".join(map(sql.name, self._identity(table)))
        return f"SELECT {columns} FROM ({self._raw(table, is_new=True)}) WHERE {NEW}"

    def _find_other(self, number: int, part: Part, place: int) -> None:
        """Find the values by which rows are looked up that are other than before."""
        lookup = part.lookups[place]
        table, rows = lookup.table, f"looked_{number}_{place}"
        if self._news[table].is_reloaded:
            self._backend.con.execute(f"CREATE TEMP VIEW {rows} AS {self._raw(table)}")
        else:
            ids = f"looked_ids_{number}_{place}"
            self._ids(ids, table, self._new_ids(table), self._id_names(table))
            self._versions(rows, table, ids)
        theirs = [sql.name(one) for _, one in lookup.by]
        said = " AND ".join(f"{one} IS NOT NULL" for one in theirs)
        used = ", ".join(map(sql.name, self._used(part, lookup)))
        was, now = (f"SELECT {used} FROM ({self._current(table, rows, at)})" for at in (_WAS, _IS))
        self._table(
            f"other_{number}_{place}",
            f"SELECT DISTINCT {', '.join(theirs)} FROM (({was} EXCEPT ALL {now}) UNION ALL "
            f"({now} EXCEPT ALL {was})) WHERE {said}",
        )
        self._look_at_lookup(number, part, place)

    def _look_at_lookup(self, number: int, part: Part, place: int) -> None:
        """Look whether a lookup still gives a row at most one row, where it is other."""
        lookup = part.lookups[place]
        other, ids = f"other_{number}_{place}", f"other_ids_{number}_{place}"
        theirs = [one for _, one in lookup.by]
        same = " AND ".join(f"r.{sql.name(one)} = o.{sql.name(one)}" for one in theirs)
        columns = ", ".join(f"r.{sql.name(one)}" for one in self._identity(lookup.table))
        self._ids(
            ids,
            lookup.table,
            f"SELECT {columns} FROM ({self._raw(lookup.table)}) AS r "
            f"SEMI JOIN {other} AS o ON {same}",
            self._id_names(lookup.table),
        )
        rows = f"other_rows_{number}_{place}"
        self._versions(rows, lookup.table, ids)
        now = self._current(lookup.table, rows, _IS)
        table = SourceTable(f"SELECT r.* FROM ({now}) AS r SEMI JOIN {other} AS o ON {same}")
        if count := int(self._ask(multiplied_query(table, theirs))[0][0]):
            at = f"{self._mapping.name}: parts.{number}.lookups.{lookup.name}"
            raise RowsMultiplied(where=f"{at} ({lookup.table})", count=count)

    def _looking_up(self, part: Part, lookup: Lookup, other: str) -> str:
        """Return the query of the rows of a part that ever looked up one of some values."""
        joined = f"({self._raw(part.table)}) AS _t"
        for one in _before(part, lookup):
            joined += (
                f" JOIN ({self._raw(one.table)}) AS {sql.name(one.name)} ON {self._on(part, one)}"
            )
        joined += f" JOIN {other} AS {sql.name(lookup.name)} ON {self._on(part, lookup)}"
        columns = ", ".join(f"_t.{sql.name(one)}" for one in self._identity(part.table))
        return f"SELECT {columns} FROM {joined}"

    def _on(self, part: Part, lookup: Lookup) -> str:
        compared = looked_up(lookup, part, self._tables, self._mapping.name)
        return " AND ".join(f"{left} = {right}" for left, right in compared)

    def _used(self, part: Part, lookup: Lookup) -> list[str]:
        """Return the columns of a lookup that may make a row other."""
        used = {theirs for _, theirs in lookup.by}
        used |= {ours.name for one in part.lookups for ours, _ in one.by if ours.of == lookup.name}
        used |= {
            one.column.name
            for found in part.readers().values()
            for one in found
            if one.column.of == lookup.name
        }
        return sorted(used | ({ODD} & self._tables[lookup.table].columns.keys()))

    # --- keys of the fact ------------------------------------------------------------------------

    def _find_keys(self) -> None:
        """Find every key of the fact that the touched rows ever had."""
        found = [
            f"SELECT {self._key} AS key FROM ({self._keyed(part, f'FROM touched_{number}')})"
            for number, part in enumerate(self._mapping.parts)
        ]
        self._table("keys", f"SELECT key FROM ({' UNION '.join(found)}) WHERE key IS NOT NULL")

    def _keyed(self, part: Part, rows: str) -> str:
        """Write the query of the keys of the fact of rows, with what tells the rows apart."""
        term = part.columns[self._fact.key]
        if any(one.column.of for one in readers(term)):
            raise Untold("key")
        asked = part_query(
            replace(part, where=None, lookups=(), columns={self._fact.key: term}),
            {part.table: SourceTable(rows, self._tables[part.table].columns)},
            fact=self._fact,
            source=self._mapping.source,
            zone=self._zone,
            place=self._mapping.name,
            beside=self._identity(part.table),
        )
        beside = [f"{BESIDE}{number}" for number in range(len(self._identity(part.table)))]
        return f"SELECT {self._key}, {', '.join(beside)} FROM ({asked.rows})"

    def _find_on_shelf(self, shelf: Shelf) -> None:
        """Find the rows on the shelf that have one of the keys."""
        columns = columns_of(self._fact)
        months = shelf.months(self._fact, self._mapping.source)
        if not months:
            self._table("shelf", f"SELECT {columns}, {PLACED} FROM ({self._nothing()})")
            return
        placed = " ".join(
            f"WHEN {sql.literal(str(path))} THEN {UNDATED if month is None else month}"
            for month, path in months.items()
        )
        files = ", ".join(sql.literal(str(path)) for path in months.values())
        self._table(
            "shelf",
            f"SELECT {columns}, CASE {_FILE} {placed} END AS {PLACED} "
            f"FROM read_parquet([{files}], filename = '{_FILE}') AS r "
            f"SEMI JOIN keys AS k ON r.{self._key} = k.key",
        )

    def _nothing(self) -> str:
        return kept(self._backend, self._fact, [])

    def _add_disputed(self, twice: Sequence[str] | None) -> None:
        """Find the rows that share a key of the fact with touched ones, now or at any time."""
        parts = list(enumerate(self._mapping.parts))
        if twice is None:
            self._table("disputed", "FROM keys")
        else:
            self._table("stood_twice", "SELECT unnest(?::VARCHAR[]) AS key", [list(twice)])
            touched = " UNION ".join(
                f"SELECT {_origin('_t')} AS origin FROM touched_{n} AS _t" for n, _ in parts
            )
            self._table(
                "disputed",
                f"SELECT key FROM keys WHERE key IN (SELECT key FROM stood_twice) OR key IN "
                f"(SELECT {self._key} FROM shelf WHERE {ORIGIN} NOT IN ({touched}))",
            )
        if not self._ask("FROM disputed LIMIT 1"):
            return
        for number, part in parts:
            beside = [f"{BESIDE}{n}" for n in range(len(self._identity(part.table)))]
            ids = self._id_names(part.table)
            self._ids(
                f"all_ids_{number}",
                part.table,
                f"SELECT {', '.join(ids)} FROM ids_{number} UNION SELECT {', '.join(beside)} "
                f"FROM ({self._keyed(part, self._raw(part.table))}) "
                f"WHERE {self._key} IN (SELECT key FROM disputed)",
                ids,
            )
            self._versions(f"touched_{number}", part.table, f"all_ids_{number}")

    # --- mapping them ----------------------------------------------------------------------------

    def _look_up(self, number: int, part: Part) -> None:
        """Find all that ever came of the rows that the rows of a part look up."""
        for place, lookup in enumerate(part.lookups):
            compared = looked_up(lookup, part, self._tables, self._mapping.name)
            joined = f"touched_{number} AS _t"
            for one in _before(part, lookup):
                rows = f"lookup_{number}_{part.lookups.index(one)}"
                joined += f" JOIN {rows} AS {sql.name(one.name)} ON {self._on(part, one)}"
            wanted = f"wanted_{number}_{place}"
            ours = ", ".join(f"{left} AS n{n}" for n, (left, _) in enumerate(compared))
            self._table(wanted, f"SELECT DISTINCT {ours} FROM {joined}")
            same = " AND ".join(f"w.n{n} = {right}" for n, (_, right) in enumerate(compared))
            name = sql.name(lookup.name)
            columns = ", ".join(f"{name}.{sql.name(one)}" for one in self._identity(lookup.table))
            ids = f"lookup_ids_{number}_{place}"
            self._ids(
                ids,
                lookup.table,
                f"SELECT {columns} FROM ({self._raw(lookup.table)}) AS {name} "
                f"SEMI JOIN {wanted} AS w ON {same}",
                self._id_names(lookup.table),
            )
            self._versions(f"lookup_{number}_{place}", lookup.table, ids)

    def _map(self, at: str) -> Tally:
        """Map the rows as they were, or are; leave those that are rows of the fact in a table."""
        staged: list[Staged] = []
        lake: list[int] = []
        for number, part in enumerate(self._mapping.parts):
            rows = f"{at}_{number}"
            self._table(rows, self._current(part.table, f"touched_{number}", at))
            lake.append(int(self._ask(f"SELECT count(*) FROM {rows}")[0][0]))
            tables = {"": SourceTable(f"FROM {rows}", self._tables[part.table].columns)}
            lookups = []
            for place, one in enumerate(part.lookups):
                looked = f"{at}_{number}_{place}"
                self._table(looked, self._current(one.table, f"lookup_{number}_{place}", at))
                tables[looked] = SourceTable(f"FROM {looked}", self._tables[one.table].columns)
                lookups.append(replace(one, table=looked))
            asked = part_query(
                replace(part, table="", lookups=tuple(lookups)),
                tables,
                fact=self._fact,
                source=self._mapping.source,
                zone=self._zone,
                place=f"{self._mapping.name}: parts.{number}",
            )
            staged.append(Staged.in_table(self._backend, asked, f"staged_{number}"))
        among = f"{self._key} IN (SELECT key FROM keys)"
        self._table(at, kept(self._backend, self._fact, staged, among=among))
        return tally(self._backend, self._mapping, lake, staged)

    def _compare_with_shelf(self) -> None:
        """Look whether the rows as they were are those on the shelf."""
        columns = f"{columns_of(self._fact)}, {PLACED}"
        was, there = f"SELECT {columns} FROM {_WAS}", f"SELECT {columns} FROM shelf"
        for one, other in ((was, there), (there, was)):
            if self._ask(f"{one} EXCEPT {other} LIMIT 1"):
                raise Untold("shelf")

    # --- the lake --------------------------------------------------------------------------------

    def _identity(self, table: str) -> tuple[str, ...]:
        """Return the columns that tell all that came of one row from others."""
        return self._looks[table].standing.key or (POSITION, ROW)

    def _id_names(self, table: str) -> list[str]:
        return [f"id_{number}" for number in range(len(self._identity(table)))]

    def _raw(self, table: str, *, is_new: bool = False) -> str:
        """Return the query of all that ever came of a table, with whether it is new."""
        look, told = self._looks[table], self._news[table]
        fresh = [sql.literal(str(look.paths[one])) for one in told.fresh]
        mixed = {sql.literal(str(look.paths[one.piece])): one.up_to for one in told.mixed}
        new = [f"{_FILE} IN ({', '.join(fresh)})"] if fresh else []
        new += [f"({_FILE} = {path} AND {_number()} > {up_to})" for path, up_to in mixed.items()]
        files = [*fresh, *mixed] if is_new else [sql.literal(str(one)) for one in look.paths]
        if not files:
            files, new = [sql.literal(str(look.paths[0]))], []
        return (
            f"SELECT *, {' OR '.join(new) or 'false'} AS {NEW} FROM read_parquet("
            f"[{', '.join(files)}], union_by_name = true, filename = '{_FILE}')"
        )

    def _current(self, table: str, rows: str, at: str) -> str:
        """Return the query of those of some rows that are current, or were."""
        look = self._looks[table]
        came = ibis.table({**self._tables[table].schema, NEW: "boolean"}, name=rows)
        if at == _WAS:
            look = look._replace(standing=self._before[table])
            came = came.filter(~came[NEW])
        said = self._lake.current(self._backend, look, came.drop(NEW))
        return str(self._backend.compile(said))

    def _ids(self, name: str, table: str, query: str, ids: Sequence[str]) -> None:
        """Keep what tells rows apart.

        Raises:
            Untold: a row has no key, and cannot be told from others.
        """
        named = f"{name}({', '.join(ids)})"
        self._backend.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {name} AS WITH {named} AS ({query}) "
            f"SELECT DISTINCT * FROM {name}"
        )
        if self._ask(f"FROM {name} WHERE {' OR '.join(f'{one} IS NULL' for one in ids)} LIMIT 1"):
            raise Untold("null_key")

    def _versions(self, name: str, table: str, ids: str) -> None:
        """Keep all that ever came of some rows."""
        pairs = zip(self._identity(table), self._id_names(table), strict=True)
        same = " AND ".join(f"r.{sql.name(ours)} = i.{of_id}" for ours, of_id in pairs)
        self._table(
            name, f"SELECT r.* FROM ({self._raw(table)}) AS r SEMI JOIN {ids} AS i ON {same}"
        )

    def _table(self, name: str, query: str, given: list[Any] | None = None) -> None:
        self._backend.con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}", given)

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        return list(self._backend.con.execute(query).fetchall())


def _before(part: Part, lookup: Lookup) -> Iterator[Lookup]:
    """Give the lookups that another one needs, in their order."""
    needed = {ours.of for ours, _ in lookup.by if ours.of}
    for one in reversed(part.lookups):
        if one.name in needed:
            needed |= {ours.of for ours, _ in one.by if ours.of}
    return (one for one in part.lookups if one.name in needed)


def _origin(table: str) -> str:
    return f"{table}.{POSITION} || '#' || CAST({table}.{ROW} AS VARCHAR)"


def _number() -> str:
    """Return the number of the message of a row in its shard."""
    return f"CAST(split_part({POSITION}, '-', 2) AS BIGINT)"
