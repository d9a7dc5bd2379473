"""Mapped rows before they go onto the shelf: which of them are set aside, and what they come to."""

# ruff: noqa: S608 - every name and value that is put into a query is quoted by reading_store

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lianyi.projections.operational.mapping import reading_store as sql
from lianyi.projections.operational.mapping.model import FactMapping
from lianyi.projections.operational.mapping.problems import DoesNotAddUp
from lianyi.projections.operational.mapping.query_store import (
    PLACED,
    ROUNDED,
    UNDATED,
    UNREAD,
    PartQuery,
)
from lianyi.projections.operational.mapping.report import Noted, PartReport
from lianyi.projections.operational.mapping.tally import EXAMPLES, Tally, all_codes, both
from lianyi.projections.operational.shelf import schema_of
from lianyi.projections.operational.star import ORIGIN, Fact

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]

TWICE: Final = "twice"
"""The table of the keys that stand twice."""
Said = tuple[int, str]
"""How many rows a month has, and what they add up to in any order."""


class Staged:
    """The mapped rows of one part."""

    def __init__(self, backend: Backend, asked: PartQuery, place: str, rows: int) -> None:
        """Ask later of rows that lie somewhere.

        Args:
            backend: DuckDB.
            asked: the query that made them.
            place: the table where they lie; empty: there are none.
            rows: how many.
        """
        self._backend = backend
        self.asked = asked
        self.place = place
        self.rows = rows
        self.left_out = int(backend.con.execute(asked.left_out).fetchone()[0])

    @classmethod
    def in_files(cls, backend: Backend, asked: PartQuery, folder: Path) -> Staged:
        """Have DuckDB write the rows into files, sorted into months."""
        copy = (
            f"COPY ({asked.rows}) TO {sql.literal(str(folder))} "
            f"(FORMAT parquet, PARTITION_BY ({PLACED}), COMPRESSION snappy)"
        )
        rows = int(backend.con.execute(copy).fetchone()[0])
        glob = sql.literal(f"{folder}/*/*.parquet")
        place = f"read_parquet({glob}, hive_partitioning = true)" if rows else ""
        return cls(backend, asked, place, rows)

    @classmethod
    def in_table(cls, backend: Backend, asked: PartQuery, table: str) -> Staged:
        """Keep a few rows in a table."""
        backend.con.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {asked.rows}")
        rows = int(backend.con.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        return cls(backend, asked, table, rows)

    def tell(self, query: str) -> list[tuple[Any, ...]]:
        """Ask something of the rows; nothing where there are none."""
        return list(self._backend.con.execute(query).fetchall()) if self.rows else []

    def noted(self, condition: str) -> Noted:
        """Return how many rows fulfil a condition, and where some of them were said."""
        count, examples = (
            self.tell(
                f"SELECT count(*), min({ORIGIN}, {EXAMPLES}) FROM {self.place} WHERE {condition}"
            )
            or [(0, None)]
        )[0]
        return Noted(count=count, examples=tuple(examples or ()))


def columns_of(fact: Fact) -> str:
    """Return the columns of a fact, as SQL lists them."""
    return ", ".join(map(sql.name, schema_of(fact).names))


def kept(backend: Backend, fact: Fact, staged: Sequence[Staged], *, among: str = "true") -> str:
    """Find the keys that stand twice; return a query of the rows that are left.

    First by a number made of the key, which is small, then by the key itself among the few of
    which the number stands twice.

    Args:
        backend: DuckDB; its table :data:`TWICE` has the keys then.
        fact: of the rows.
        staged: the rows of all parts.
        among: of which rows this is asked; the others are not given.
    """
    key = sql.name(fact.key)
    backend.con.execute(f"CREATE OR REPLACE TEMP TABLE {TWICE} (key VARCHAR)")
    columns = f"{columns_of(fact)}, {PLACED}"
    rows = " UNION ALL ".join(f"SELECT {columns} FROM {one.place}" for one in staged if one.rows)
    if not rows:
        nothing = ", ".join(f"NULL AS {sql.name(one)}" for one in schema_of(fact).names)
        return f"SELECT {nothing}, NULL AS {PLACED} WHERE false"
    asked = f"FROM ({rows}) WHERE {key} IS NOT NULL AND ({among})"
    alike = f"SELECT hash({key}) AS n {asked} GROUP BY n HAVING count(*) > 1"
    backend.con.execute(
        f"INSERT INTO {TWICE} SELECT {key} {asked} AND hash({key}) IN ({alike}) "
        f"GROUP BY {key} HAVING count(*) > 1"
    )
    return f"SELECT {columns} {asked} AND {key} NOT IN (SELECT key FROM {TWICE})"


def keys_twice(backend: Backend, most: int) -> list[str] | None:
    """Return the keys that stand twice; None: they are more than so many."""
    told = backend.con.execute(f"SELECT key FROM {TWICE} ORDER BY 1 LIMIT {most + 1}").fetchall()
    return None if len(told) > most else [str(one[0]) for one in told]


def months_of(backend: Backend, fact: Fact, rows: str) -> dict[int | None, Said]:
    """Return the months of rows, and what each says."""
    columns = columns_of(fact)
    told = backend.con.execute(
        f"SELECT {PLACED}, count(*), sum(CAST(hash({columns}) AS HUGEINT)), "
        f"bit_xor(hash('x', {columns})) FROM ({rows}) GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return {
        None if month == UNDATED else int(month): (int(count), f"{added:x}-{crossed:x}")
        for month, count, added, crossed in told
    }


def month_query(fact: Fact, rows: str, month: int | None) -> str:
    """Write the query of the rows of one month."""
    placed = UNDATED if month is None else month
    return f"SELECT {columns_of(fact)} FROM ({rows}) WHERE {PLACED} = {placed}"


def tally(
    backend: Backend, mapping: FactMapping, lake: Sequence[int], staged: Sequence[Staged]
) -> Tally:
    """Count what became of rows, after :func:`kept`.

    Args:
        backend: DuckDB.
        mapping: of the rows.
        lake: of how many rows of the table of each part they were made.
        staged: the mapped rows of each part.

    Raises:
        DoesNotAddUp: some are neither mapped nor left out.
    """
    parts = tuple(
        _part(backend, mapping.fact, part.table, rows, one)
        for part, rows, one in zip(mapping.parts, lake, staged, strict=True)
    )
    for part in parts:
        if part.lake != part.accounted:
            raise DoesNotAddUp(
                where=f"{mapping.name}: {part.table}", lake=part.lake, accounted=part.accounted
            )
    unread: dict[str, Noted] = {}
    rounded: dict[str, Noted] = {}
    codes: list[tuple[str, str, int]] = []
    for one in staged:
        for bits, into in ((UNREAD, unread), (ROUNDED, rounded)):
            for column, noted in _bits(one, bits):
                into[column] = both(into.get(column), noted)
        for number, column in enumerate(one.asked.coded):
            found = one.tell(
                f"SELECT code_{number}, count(*) FROM {one.place} "
                f"WHERE code_{number} IS NOT NULL GROUP BY 1"
            )
            codes += [(column, code, int(count)) for code, count in found]
    return Tally(parts, unread, rounded, all_codes(codes))


def _part(backend: Backend, fact: Fact, table: str, lake: int, staged: Staged) -> PartReport:
    key = sql.name(fact.key)
    no_key = staged.noted(f"{key} IS NULL")
    twice = Noted(count=0)
    if backend.con.execute(f"SELECT 1 FROM {TWICE} LIMIT 1").fetchone():
        twice = staged.noted(f"{key} IN (SELECT key FROM {TWICE})")
    return PartReport(
        table=table,
        lake=lake,
        left_out=staged.left_out,
        no_key=no_key,
        key_twice=twice,
        written=staged.rows - no_key.count - twice.count,
    )


def _bits(staged: Staged, bits: str) -> Iterator[tuple[str, Noted]]:
    """Give the columns of which a bit is set, with how many rows have it."""
    told = staged.tell(
        f"SELECT {bits}, count(*), min({ORIGIN}, {EXAMPLES}) FROM {staged.place} "
        f"WHERE {bits} <> 0 GROUP BY 1 ORDER BY 1"
    )
    for number, column in enumerate(staged.asked.read):
        noted: Noted | None = None
        for set_, count, examples in told:
            if set_ >> number & 1:
                noted = both(noted, Noted(count=count, examples=tuple(examples)))
        if noted is not None:
            yield column, noted
