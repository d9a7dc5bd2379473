"""A part of a mapping as one query of DuckDB.

It is made of layers, each a SELECT over the one below: the columns of the source without blanks;
every reader, once; the instants as the hospital's clocks say; the same in UTC; the columns of the
star. Beside these a row says what could not be read (``unread``, a bit for each column), what was
rounded (``rounded``), and each code that no map knows (``code_<n>``).
"""

# ruff: noqa: S608 - every name and value that is put into a query is quoted by reading_store

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lianyi.base.content_files import unknown
from lianyi.projections.operational.mapping import reading_store as sql
from lianyi.projections.operational.mapping.model import Lookup, Part
from lianyi.projections.operational.mapping.problems import BadMapping
from lianyi.projections.operational.mapping.terms import (
    Column,
    Constant,
    Joined,
    Reader,
    Sort,
    Term,
)
from lianyi.projections.operational.star import ORIGIN, Fact, Kind, month_column

POSITION: Final = "_position"
ROW: Final = "_row"
ODD: Final = "_odd"
"""Of the lake: as JSON, the texts of a row that are no values of the type of their column."""
PLACED: Final = "_placed"
UNREAD: Final = "_unread"
ROUNDED: Final = "_rounded"
BESIDE: Final = "_beside_"
UNDATED: Final = 32_767
"""Stands for no month where rows are sorted into months."""
_TYPES: Final = {
    Kind.INT: "BIGINT",
    Kind.FEN: "BIGINT",
    Kind.NUMBER: "DECIMAL(18, 4)",
    Kind.FLAG: "BOOLEAN",
    Kind.INSTANT: "TIMESTAMP",
}


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table of the lake, as it is now.

    Attributes:
        query: that gives its rows.
        columns: to their types, as DuckDB calls them.
        schema: the same, as Ibis calls them.
    """

    query: str
    columns: Mapping[str, str] = field(default_factory=dict)
    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartQuery:
    """What one part of a mapping asks DuckDB.

    Attributes:
        rows: the rows of the fact, with :data:`PLACED` and what could not be read beside.
        left_out: the number of rows of which the condition does not hold.
        read: what the bits of ``_unread`` and ``_rounded`` are of, the lowest first.
        coded: the columns of which codes are kept that no map knows: ``code_0`` and so on.
    """

    rows: str
    left_out: str
    read: tuple[str, ...]
    coded: tuple[str, ...]


@dataclass(slots=True)
class _Readers:
    """Every reader of a part once, and the columns they read."""

    columns: dict[Column, int] = field(default_factory=dict)
    numbers: dict[Reader, int] = field(default_factory=dict)

    def add(self, reader: Reader) -> None:
        self.columns.setdefault(reader.column, len(self.columns))
        self.numbers.setdefault(reader, len(self.numbers))

    def value(self, reader: Reader) -> str:
        """Return what stands in its column."""
        return f"c{self.columns[reader.column]}"

    def text(self, reader: Reader) -> str:
        """Return the same as a text; also where it is no value of the type of the column."""
        return f"t{self.columns[reader.column]}"

    def said(self, reader: Reader) -> str:
        """Return whether anything was said."""
        return f"s{self.columns[reader.column]}"

    def read(self, reader: Reader) -> str:
        """Return what says whether it was read: its value, or what the clocks say."""
        prefix = "l" if reader.sort is Sort.INSTANT else "r"
        return f"{prefix}{self.numbers[reader]}"

    def instants(self) -> Iterator[tuple[Reader, int]]:
        return (one for one in self.numbers.items() if one[0].sort is Sort.INSTANT)


def part_query(
    part: Part,
    tables: Mapping[str, SourceTable],
    *,
    fact: Fact,
    source: str,
    zone: str,
    place: str,
    beside: Sequence[str] = (),
) -> PartQuery:
    """Write the query of a part.

    Args:
        part: of a mapping.
        tables: every table that it names.
        fact: what is made.
        source: what its keys begin with.
        zone: of the hospital's clocks.
        place: file and part, for errors.
        beside: columns of its table that are given beside, as ``_beside_0`` and so on.

    Raises:
        BadMapping: it names a column that a table does not have.
    """
    used = _Readers()
    by_column = part.readers()
    for readers in by_column.values():
        for one in readers:
            used.add(one)
    kinds = {one: _kind(one, part, tables, place) for one in used.columns}
    layers = _layers(part, tables, used, kinds, beside, zone=zone, place=place)
    terms = _Terms(used, source)
    condition = terms.value(part.where) if part.where else "true"
    read = tuple(name for name in part.columns if by_column[name])
    coded = tuple(
        (name, one) for name in part.columns for one in by_column[name] if one.function == "code"
    )
    rounded = [_rounded(by_column[name], used) for name in read]
    unread = [" OR ".join(_unread(one, used) for one in by_column[name]) for name in read]
    columns = [
        *_columns(part, fact, terms),
        f"coalesce({_placed(part, fact, terms)}, {UNDATED}) AS {PLACED}",
        f"{_bits(unread)} AS {UNREAD}",
        f"{_bits(rounded)} AS {ROUNDED}",
        *(
            f"CASE WHEN {_unread(one, used)} THEN {used.text(one)} END AS code_{number}"
            for number, (_, one) in enumerate(coded)
        ),
        *(f"{BESIDE}{number}" for number in range(len(beside))),
    ]
    return PartQuery(
        rows=f"SELECT {', '.join(columns)} FROM ({layers}) WHERE {condition}",
        left_out=f"SELECT count(*) FROM ({layers}) WHERE ({condition}) IS NOT TRUE",
        read=read,
        coded=tuple(name for name, _ in coded),
    )


def multiplied_query(table: SourceTable, columns: list[str]) -> str:
    """Write the query that counts the keys of a table that stand in it more than once."""
    key = ", ".join(map(sql.name, columns))
    said = " AND ".join(f"{sql.name(one)} IS NOT NULL" for one in columns)
    return (
        f"SELECT count(*) FROM (SELECT 1 FROM ({table.query}) WHERE {said} "
        f"GROUP BY {key} HAVING count(*) > 1)"
    )


# --- layers --------------------------------------------------------------------------------------


def _layers(
    part: Part,
    tables: Mapping[str, SourceTable],
    used: _Readers,
    kinds: Mapping[Column, str],
    beside: Sequence[str],
    *,
    zone: str,
    place: str,
) -> str:
    cleaned = [f"_t.{sql.name(one)} AS {BESIDE}{number}" for number, one in enumerate(beside)]
    for column, number in used.columns.items():
        value = sql.cleaned(_named(column), kinds[column])
        odd = _odd(column, part, tables) if kinds[column] != "VARCHAR" else ""
        cleaned.append(f"{value} AS c{number}")
        cleaned.append(f"{sql.as_text(value, kinds[column], odd)} AS t{number}")
        beside = f" OR {odd} IS NOT NULL" if odd else ""
        cleaned.append(f"({value} IS NOT NULL{beside}) AS s{number}")
    origin = f"_t.{POSITION} || '#' || CAST(_t.{ROW} AS VARCHAR) AS {ORIGIN}"
    below = f"SELECT {', '.join([*cleaned, origin])} FROM {_joined(part, tables, place)}"
    values: list[str] = []
    for reader, number in used.numbers.items():
        if reader.function == "said":
            values.append(f"{used.said(reader)} AS r{number}")
            continue
        said = sql.read(reader, used.value(reader), used.text(reader), kinds[reader.column])
        if reader.sort is Sort.INSTANT:
            values += [f"{said.local} AS p{number}", f"{said.utc} AS q{number}"]
        else:
            values.append(f"{said.value} AS r{number}")
        if _may_round(reader):
            values.append(f"{said.rounded} AS d{number}")
    below = _over(below, values)
    below = _over(
        below,
        [f"coalesce(p{n}, {sql.to_local(f'q{n}', zone)}) AS k{n}" for _, n in used.instants()],
    )
    below = _over(
        below,
        [f"{_whole(reader, sql.in_range(f'k{n}'))} AS l{n}" for reader, n in used.instants()],
    )
    return _over(below, [f"{_utc(reader, n, zone)} AS u{n}" for reader, n in used.instants()])


def _over(below: str, more: list[str]) -> str:
    return f"SELECT *, {', '.join(more)} FROM ({below})" if more else below


def _whole(reader: Reader, local: str) -> str:
    """Return the beginning of the day or month, where a reader means a whole one."""
    unit = {"date": "day", "month": "month"}.get(reader.function)
    return f"date_trunc('{unit}', {local})" if unit else local


def _utc(reader: Reader, number: int, zone: str) -> str:
    there = sql.to_utc(f"l{number}", zone)
    if reader.function != "instant":
        return there
    return f"CASE WHEN l{number} IS NOT NULL THEN coalesce(q{number}, {there}) END"


def _joined(part: Part, tables: Mapping[str, SourceTable], place: str) -> str:
    said = [f"({tables[part.table].query}) AS _t"]
    for one in part.lookups:
        on = [f"{left} = {right}" for left, right in looked_up(one, part, tables, place)]
        said.append(
            f"LEFT JOIN ({tables[one.table].query}) AS {sql.name(one.name)} ON {' AND '.join(on)}"
        )
    return " ".join(said)


def looked_up(
    lookup: Lookup, part: Part, tables: Mapping[str, SourceTable], place: str
) -> list[tuple[str, str]]:
    """Return what is compared to find the row of a lookup: on the side of the row, and on its own.

    The table of the part is called ``_t``, a lookup by its name.
    """
    compared = []
    at = f"{place}.lookups.{lookup.name}.by"
    for ours, theirs in lookup.by:
        kinds = _kind(ours, part, tables, at), _find(theirs, tables[lookup.table], at)
        left, right = _named(ours), f"{sql.name(lookup.name)}.{sql.name(theirs)}"
        if kinds[0] != kinds[1]:
            left, right = (f"CAST({side} AS VARCHAR)" for side in (left, right))
        compared.append((left, right))
    return compared


def _named(column: Column) -> str:
    return f"{sql.name(column.of or '_t')}.{sql.name(column.name)}"


def _kind(column: Column, part: Part, tables: Mapping[str, SourceTable], place: str) -> str:
    table = next((one.table for one in part.lookups if one.name == column.of), part.table)
    return _find(column.name, tables[table], place)


def _odd(column: Column, part: Part, tables: Mapping[str, SourceTable]) -> str:
    """Return the text that stood where a column has no value; empty: the lake keeps none."""
    table = next((one.table for one in part.lookups if one.name == column.of), part.table)
    if ODD not in tables[table].columns:
        return ""
    beside = f"{sql.name(column.of or '_t')}.{ODD}"
    return f"json_extract_string({beside}, {sql.literal('$.' + sql.name(column.name))})"


def _find(name: str, table: SourceTable, place: str) -> str:
    if name not in table.columns:
        known = [one for one in table.columns if not one.startswith("_")]
        raise BadMapping(where=place, **unknown(name, known))
    return table.columns[name]


# --- columns -------------------------------------------------------------------------------------


class _Terms:
    """Terms as expressions over the uppermost layer."""

    def __init__(self, used: _Readers, source: str) -> None:
        self._used = used
        self._source = source

    def value(self, term: Term, *, local: bool = False) -> str:
        """Return a term; an instant in UTC, or as the hospital's clocks say."""
        if isinstance(term, Constant):
            return sql.literal(term.value)
        if isinstance(term, Reader):
            number = self._used.numbers[term]
            if term.sort is Sort.INSTANT:
                return f"{'l' if local else 'u'}{number}"
            return f"r{number}"
        return self._joined(term, local=local)

    def _joined(self, term: Joined, *, local: bool) -> str:
        given = [self.value(one, local=local) for one in term.terms]
        match term.function:
            case "key":
                return " || '^' || ".join([sql.literal(self._source), *given])
            case "record":
                return " || '^' || ".join(given)
            case "first_of":
                return f"coalesce({', '.join(given)})"
            case "if":
                flag, one, other = given
                return f"CASE WHEN {flag} THEN {one} WHEN NOT {flag} THEN {other} END"
            case "not":
                return f"(NOT {given[0]})"
            case "all" | "any":
                return "(" + (" AND " if term.function == "all" else " OR ").join(given) + ")"
            case "days_between":
                begin, end = (self.value(one, local=True) for one in term.terms)
                return f"date_diff('day', {begin}, {end})"
            case _:
                return self._counted(term, given)

    @staticmethod
    def _counted(term: Joined, given: list[str]) -> str:
        sign = {"plus": " + ", "minus": " - ", "times": " * "}[term.function]
        if term.sort is Sort.NUMBER:
            decimals = [f"CAST({one} AS DECIMAL(18, 4))" for one in given]
            return f"TRY_CAST({sign.join(decimals)} AS DECIMAL(18, 4))"
        return f"TRY_CAST({sign.join(f'CAST({one} AS HUGEINT)' for one in given)} AS BIGINT)"


def _columns(part: Part, fact: Fact, terms: _Terms) -> Iterator[str]:
    for column in fact.columns.values():
        kind = _TYPES.get(column.kind, "VARCHAR")
        term = part.columns.get(column.name)
        if column.name == ORIGIN:
            yield ORIGIN
        else:
            value = terms.value(term) if term else "NULL"
            yield f"CAST({value} AS {kind}) AS {sql.name(column.name)}"
        if column.kind is Kind.INSTANT:
            month = sql.name(month_column(column.name))
            yield f"CAST({_month(term, terms)} AS SMALLINT) AS {month}"


def _month(term: Term | None, terms: _Terms) -> str:
    if term is None:
        return "NULL"
    local = terms.value(term, local=True)
    return f"(year({local}) - 2000) * 12 + month({local}) - 1"


def _placed(part: Part, fact: Fact, terms: _Terms) -> str:
    """Return the month in which a row lies: that of the first instant that is said."""
    said = [_month(part.columns.get(one), terms) for one in fact.of_kind(Kind.INSTANT)]
    return f"coalesce({', '.join([*said, 'NULL'])})"


def _unread(reader: Reader, used: _Readers) -> str:
    """Return whether something was said that could not be read."""
    if reader.function in ("text", "flag", "said"):
        return "false"
    silent = [sql.literal(code) for code, value in reader.codes if value is None]
    lost = f"{used.said(reader)} AND {used.read(reader)} IS NULL"
    known = f" AND {used.text(reader)} NOT IN ({', '.join(silent)})" if silent else ""
    return f"({lost}{known})"


def _rounded(found: Sequence[Reader], used: _Readers) -> str:
    """Return whether an amount had more places than fen."""
    said = " OR ".join(f"d{used.numbers[one]}" for one in found if _may_round(one))
    return f"coalesce({said or 'false'}, false)"


def _may_round(reader: Reader) -> bool:
    return reader.function == "fen"


def _bits(holds: list[str]) -> str:
    said = [
        f"CASE WHEN {one} THEN {1 << number} ELSE 0 END"
        for number, one in enumerate(holds)
        if one not in ("false", "coalesce(false, false)")
    ]
    return f"CAST({' + '.join(said) or '0'} AS BIGINT)"
