"""What an indicator counts, as an expression over the star: one for cells, lists and exports alike.

Everything that shows a number, or the rows behind it, begins with :func:`rows`, so that the list
adds up to the number whatever the path. Written in Ibis, without what engines disagree about: a
condition is never NULL, a quotient is taken of floats and never by zero, an instant is compared in
whole seconds.

Source:
    ``docs/guides/indicators.md``; the divergences of DuckDB and Spark behind Ibis 12 that it lists.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import ibis  # type: ignore[import-untyped]
from ibis.expr import types as ir  # type: ignore[import-untyped]

from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.predicates import (
    SPANS,
    Atom,
    Compare,
    Either,
    Every,
    Flagged,
    Node,
    Not,
    OneOf,
    Said,
    Span,
    StartsWith,
)
from lianyi.applications.indicators.window import Window
from lianyi.projections.operational.star import HOSPITAL, month_column

Tables = Mapping[str, ir.Table]
"""The facts by name."""
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


FINEST: Final = ("hospital", "department", "month")
"""By what cells are kept that are added up later."""
_GREGORIAN_YEARS: Final = 400
DAY: Final = "day+"
"""How the name of a day begins; see :func:`keys`."""


def rows(tables: Tables, part: Part, window: Window) -> ir.Table:
    """Return the rows that a part counts in a window: those behind the number."""
    table = within(tables[part.fact], part, window)
    return table.filter(holds(part.condition, table))


def within(table: ir.Table, part: Part, window: Window) -> ir.Table:
    """Return the rows of a fact that fall into a window by the time and role of a part."""
    month = table[month_column(part.time)]
    kept = [month >= window.first, month <= window.last]
    if window.undated:
        kept = [month.between(window.first, window.last) | month.isnull()]
    if window.since is not None:
        kept.append(table[part.time] >= window.since)
    if window.until is not None:
        kept.append(table[part.time] < window.until)
    if window.places.hospitals is not None:
        kept.append(_placed(table, part, window))
    if window.doctors is not None:
        doctor = window.whose(part.doctor, part.of_fact.columns)
        kept.append(_among(table[doctor], window.doctors) if doctor else _NONE)
    return table.filter(*kept)


_NONE: Final = ibis.literal(False)


def _placed(table: ir.Table, part: Part, window: Window) -> ir.BooleanValue:
    """Whether a row lies in the hospitals and departments of a window; what lies nowhere not."""
    found = [
        _among(table[HOSPITAL], [hospital]) & _among(table[part.department], departments)
        for hospital, departments in window.places.by_hospital().items()
    ]
    if window.places.hospitals:
        found.append(_among(table[HOSPITAL], window.places.hospitals))
    return functools.reduce(operator.or_, found) if found else _NONE


def _among(column: ir.Column, values: Iterable[str]) -> ir.BooleanValue:
    wanted = sorted(values)
    return column.isin(wanted).fill_null(False) if wanted else _NONE


def total(part: Part, table: ir.Table) -> ir.NumericScalar:
    """Return what rows come to; NULL never: nothing is 0. A span comes to whole seconds."""
    if part.aggregate == "rows":
        return table.count()
    if part.aggregate == "distinct":
        return table[part.of].nunique()
    return addend(part, table).sum().fill_null(0)


def addend(part: Part, table: ir.Table) -> ir.NumericColumn:
    """Return what each row adds to a sum."""
    if part.adds_days:
        return _days_of_month(table[month_column(part.time)])
    span = part.span
    return seconds(span, table) if span else table[part.of]


def _days_of_month(month: ir.IntegerColumn) -> ir.IntegerColumn:
    """Return how many days months have, by their number; those before 2000 have a negative one."""
    known = month.cast("int64") + 12 * _GREGORIAN_YEARS  # as many years as the calendar repeats
    year, of_year = known // 12, known % 12
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % _GREGORIAN_YEARS == 0))
    return ibis.cases(
        (of_year == 1, ibis.ifelse(is_leap, 29, 28)),
        (of_year.isin([3, 5, 8, 10]), 30),
        else_=31,
    ).cast("int64")


def cells(part: Part, tables: Tables, window: Window, by: Sequence[str] = FINEST) -> ir.Table:
    """Return what a part comes to: one row for each cell, with a column ``value``.

    Args:
        part: what is counted.
        tables: the facts.
        window: which rows.
        by: what makes a cell: some of ``hospital department doctor month``, of the columns of the
            fact, and of ``day+28800``; none: one cell.
    """
    counted = rows(tables, part, window)
    grouped = counted.group_by(**keys(part, counted, by)) if by else counted
    return grouped.aggregate(value=total(part, counted))


def keys(part: Part, table: ir.Table, by: Sequence[str]) -> dict[str, ir.Column]:
    """Return the columns that place a row: in which hospital, department, month, at which doctor.

    Every other name is a column of the fact; ``day+28800`` is the day, counted from 1970, of a
    clock that is so many seconds ahead of UTC.

    Raises:
        KeyError: cells go by doctor, and rows of the fact name none.
    """
    columns = {
        "hospital": HOSPITAL,
        "department": part.department,
        "month": month_column(part.time),
        "doctor": part.doctor,
    }
    return {
        one: _day(part, table, int(one.removeprefix(DAY)))
        if one.startswith(DAY)
        else table[columns.get(one, one)]
        for one in by
    }


def _day(part: Part, table: ir.Table, ahead_seconds: int) -> ir.IntegerColumn:
    return ((table[part.time].epoch_seconds() + ahead_seconds) // 86_400).cast("int64")


# --- conditions ----------------------------------------------------------------------------------


def holds(
    node: Node, table: ir.Table, *, of: Callable[[Atom, ir.Table], ir.BooleanValue] | None = None
) -> ir.BooleanValue:
    """Return whether a condition holds of a row: true or false, never NULL.

    Args:
        node: the condition.
        table: whose rows.
        of: how an atom is told; None: from the columns of the fact.
    """
    tell = of or atom
    if isinstance(node, Not):
        return ~holds(node.inner, table, of=of)
    if isinstance(node, (Every, Either)):
        found = [holds(one, table, of=of) for one in node.inner]
        if not found:
            return ibis.literal(True)
        return functools.reduce(operator.and_ if isinstance(node, Every) else operator.or_, found)
    return tell(node, table)


def atom(node: Atom, table: ir.Table) -> ir.BooleanValue:
    """Return whether one of the smallest conditions holds of a row; none does of what is unsaid."""
    if isinstance(node, Said):
        return table[node.of].notnull()
    return _known(node, table).fill_null(False)


def _known(node: Atom, table: ir.Table) -> ir.BooleanValue:
    if isinstance(node, Compare):
        if isinstance(node.of, Span):
            limit = node.value * SPANS[node.of.unit]
            return _COMPARE[node.sign](seconds(node.of, table), limit)
        return _COMPARE[node.sign](table[node.of], node.value)
    if isinstance(node, OneOf):
        return table[node.of].isin(list(node.values))
    if isinstance(node, StartsWith):
        return table[node.of].startswith(node.text)
    if isinstance(node, Flagged):
        return table[node.of]
    raise TypeError(node)


def seconds(span: Span, table: ir.Table) -> ir.IntegerColumn:
    """Return the whole seconds from one instant to another; fractions fall away."""
    begin, end = (table[one].truncate("s").epoch_seconds() for one in (span.begin, span.end))
    return end - begin
