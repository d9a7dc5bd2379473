"""The statements with which tables are read and outboxes marked, in the words both kinds share.

Values stand in them as literals that the database itself has quoted (``Database.literal``); they
come from the table that is asked, and go back to no other.
"""
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lianyi.base.rows import Column
from lianyi.connectors.sql.dialect import Database, parts_of
from lianyi.connectors.sql.settings import TableSettings
from lianyi.connectors.sql.types import NUMBERS

COUNTED_MAX = 1000
"""Rows without a watermark are counted up to here."""


class Queries:
    """What one table is asked, as its columns are now."""

    def __init__(self, database: Database, table: TableSettings, columns: Sequence[Column]) -> None:
        self._database = database
        self._table = table
        self._columns: Mapping[str, Column] = {column.name: column for column in columns}
        self._texts = ", ".join(map(database.text, columns))
        self._table_name = ".".join(map(database.name, parts_of(table)))
        self._place = f"({table.query}) AS q" if table.query else f"{self._table_name} AS q"

    def all(self) -> str:
        """Every row."""
        return f"SELECT {self._texts} FROM {self._place}"

    def page(self, *, after: Sequence[str] | None, beyond: Sequence[str] | None, limit: int) -> str:
        """The next rows in order; behind the columns of each, ``1`` for one above ``beyond``.

        Args:
            after: values of the last row before; None: from ``beyond`` less the overlap.
            beyond: values of the highest row given so far; None: there is none.
            limit: rows at most.
        """
        names, table = self._table.order, self._table
        above = f"CASE WHEN {self._after(beyond)} THEN '1' ELSE '0' END" if beyond else "'1'"
        wanted = " AND ".join(f"{self._name(name)} IS NOT NULL" for name in names)
        if after:
            wanted += f" AND {self._after(after)}"
        elif beyond and (table.overlap_seconds or table.overlap_count):
            low = self._database.back(
                beyond[0],
                self._columns[names[0]],
                seconds=table.overlap_seconds,
                count=table.overlap_count,
            )
            wanted += f" AND {self._name(names[0])} >= {low}"
        elif beyond:
            wanted += f" AND {self._after(beyond)}"
        return (
            f"SELECT {self._texts}, {above} FROM {self._place} WHERE {wanted}"
            f" ORDER BY {self._ordered(names)} LIMIT {limit}"
        )

    def unordered(self) -> str:
        """How many rows have no watermark or no key."""
        missing = " OR ".join(f"{self._name(name)} IS NULL" for name in self._table.order)
        some = f"SELECT 1 AS one FROM {self._place} WHERE {missing} LIMIT {COUNTED_MAX}"
        return f"SELECT CAST(count(*) AS char(20)) FROM ({some}) AS missing"

    def highest_below(self, high: str, *, above: str | None) -> str:
        """The highest watermark, if it is below ``high`` (and above another); else no row."""
        column = self._columns[self._table.watermark[0]]
        name = self._name(column.name)
        fits = f"max({name}) < {self._database.literal(high, column)}"
        if above is not None:
            fits += f" AND max({name}) > {self._database.literal(above, column)}"
        highest = f"max({name}) AS {name}"
        text = self._database.text(column)
        return f"SELECT {text} FROM (SELECT {highest} FROM {self._place} HAVING {fits}) AS highest"

    def pending(self, *, limit: int) -> str:
        """The rows of an outbox that are not done."""
        return (
            f"SELECT {self._texts} FROM {self._place} WHERE {self._undone()}"
            f" ORDER BY {self._ordered(self._table.key)} LIMIT {limit}"
        )

    def mark(self, keys: Sequence[Sequence[str]]) -> str:
        """Mark rows of an outbox done, or delete them."""
        these = " OR ".join(f"({self._equal(key)})" for key in keys)
        if self._table.delete_done:
            return f"DELETE FROM {self._table_name} WHERE {these}"
        column = self._columns[self._table.done_column]
        done = {"boolean": "TRUE", **dict.fromkeys(NUMBERS, "1"), "text": "'1'"}
        value = done.get(column.kind, "CURRENT_TIMESTAMP")
        return (
            f"UPDATE {self._table_name} SET {self._name(column.name)} = {value}"
            f" WHERE {self._undone()} AND ({these})"
        )

    def _undone(self) -> str:
        if self._table.delete_done:
            return "1 = 1"
        column = self._columns[self._table.done_column]
        name = self._name(column.name)
        if column.kind == "boolean":
            return f"{name} IS NOT TRUE"
        return f"({name} IS NULL OR {name} = 0)" if column.kind in NUMBERS else f"{name} IS NULL"

    def _equal(self, key: Sequence[str]) -> str:
        return " AND ".join(
            f"{self._name(name)} = {self._database.literal(value, self._columns[name])}"
            for name, value in zip(self._table.key, key, strict=True)
        )

    def _after(self, values: Sequence[str]) -> str:
        """What comes after a row; written so that an index on the columns is used."""
        condition = ""
        pairs = list(zip(self._table.order, values, strict=True))
        for name, value in reversed(pairs):
            quoted, literal = (
                self._name(name),
                self._database.literal(value, self._columns[name]),
            )
            ties = f" OR ({quoted} = {literal} AND {condition})" if condition else ""
            condition = f"({quoted} > {literal}{ties})"
        first, value = pairs[0]
        least = self._database.literal(value, self._columns[first])
        return f"({self._name(first)} >= {least} AND {condition})"

    def _ordered(self, names: Sequence[str]) -> str:
        """Order by the columns themselves; a bare name would mean the text that is selected."""
        return ", ".join(f"q.{self._name(name)}" for name in names)

    def _name(self, name: str) -> str:
        return self._database.name(name)
