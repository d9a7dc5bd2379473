"""Rules of quality on the raw tables of the lake: how many rows violate one, and where those lie.

A raw row is the source's own and names no department, so it belongs to the hospital that the rule
says, as a whole. No value of it leaves the lake here: a row is known by the message that said it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import ibis  # type: ignore[import-untyped]
from ibis.expr import types as ir  # type: ignore[import-untyped]

from lianyi.applications.indicators.quality.model import Cell, Check, Result, Rule, rule_hash

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]

    from lianyi.projections.lake.lake import Lake

POSITION: Final = "_position"
ODD: Final = "_odd"


def state(lake: Lake, table: str) -> str:
    """Return what is another text whenever the rows of a table may be others; empty: none came."""
    source, _, name = table.partition(".")
    if name not in _tables(lake, source):
        return ""
    told = hashlib.sha256()
    for file in lake.files(source, name):
        there = file.stat()
        told.update(f"{file.name} {there.st_size} {there.st_mtime_ns}\n".encode())
    return told.hexdigest()


def count(rule: Rule, lake: Lake, backend: Backend) -> Result | None:
    """Return what a rule on a table of the lake finds; None: it cannot be asked.

    A source of which nothing has ever come is another hospital's, and is passed over; a missing
    table or column counts as one of one.
    """
    source, _, name = rule.table.partition(".")
    tables = _tables(lake, source)
    if not tables:
        return None
    cell = Cell(source, rule.hospital, "")
    hashed = rule_hash(rule)
    if rule.check is Check.TABLE:
        return Result(rule.rule, hashed, cell, int(name not in tables), 1)
    if name not in tables:
        return None
    rows = lake.current(backend, source, name)
    there = rule.field in rows.columns
    if rule.check is Check.FIELD:
        return Result(rule.rule, hashed, cell, int(not there), 1)
    if not there:
        return None
    asked, wrong = _conditions(rule, rows)
    marked = rows.select(of=asked.ifelse(1, 0), violated=(asked & wrong).ifelse(1, 0))
    counted = marked.aggregate(of=marked.of.sum(), violated=marked.violated.sum())
    (found,) = counted.to_pyarrow().to_pylist()
    if not found["of"]:
        return None
    return Result(rule.rule, hashed, cell, int(found["violated"]), int(found["of"]))


def _conditions(rule: Rule, rows: ir.Table) -> tuple[ir.BooleanValue, ir.BooleanValue]:
    """Return of which rows a rule can be asked, and which violate it; neither is NULL."""
    column = rows[rule.field]
    text = column.cast("string")
    said = column.notnull() & (text != "")
    every = ibis.literal(True)
    if rule.check in (Check.REQUIRED, Check.VALUE_COMPLETENESS):
        return every, ~said.fill_null(False)
    if rule.check is Check.PRIMARY_KEY:
        times = text.count().over(ibis.window(group_by=text))
        return said.fill_null(False), (times > 1).fill_null(False)
    if rule.check is Check.DOMAIN:
        return said.fill_null(False), text.notin(list(rule.values)).fill_null(False)
    odd = ibis.literal(False)
    if ODD in rows.columns:
        odd = rows[ODD].contains(f'"{rule.field}"').fill_null(False)
    other = ~text.re_search(f"^(?:{rule.shape})$") if rule.shape else ibis.literal(False)
    return said.fill_null(False) | odd, odd | other.fill_null(False)


def _tables(lake: Lake, source: str) -> set[str]:
    return {one.table for one in lake.tables() if one.source == source}
