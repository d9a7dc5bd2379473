"""Many parts counted in two passes: the rows once into cells, every part from the cells.

Three hundred indicators look at the same rows again and again. So those parts that go by one fact,
time and department share one pass: rows are put together whose every asked condition has the same
answer. A code or a flag is a key of the cells as it is; conditions on a text are answered once for
each of its values; all others are bits of the row. The second pass adds the cells up, part by part.

Distinct values cannot be added up. Parts that count the values of one column share a pass of their
own: rows are put together by value, and each value knows for which parts it counts.

Both passes use the conditions of :mod:`.counting`; the tests compare with counting row by row.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
from ibis.expr import types as ir  # type: ignore[import-untyped]

from lianyi.applications.indicators import counting
from lianyi.applications.indicators.counting import FINEST, Tables
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.predicates import Atom, Span, atoms
from lianyi.applications.indicators.window import Window
from lianyi.projections.operational.star import TEXTS, Fact, Kind

if TYPE_CHECKING:
    from ibis.expr import operations as ops

    from lianyi.applications.indicators.runner import Runner

PLANS_MAX = 256
PARTS_MAX = 100
"""So many are added up in one statement over the cells."""
BITS_MAX = 62
DISTINCT_MAX = 32
"""The values of a column are looked at for so many parts at a time."""
DISTINCT_MONTHS = 12
"""The values of so many months are held at a time, where cells go by month."""
Number = int | Decimal
Key = tuple[Any, ...]
Cells = dict[Key, Number]
"""What was counted, by the values of what makes a cell; a cell of nothing is missing."""
_RAW = frozenset({Kind.CODE, Kind.FLAG})


@dataclass(frozen=True, slots=True)
class _Bit:
    """Where the answer to a condition stands in a cell."""

    column: str
    mask: int


@dataclass(slots=True)
class _Keys:
    """By what rows are put together.

    Attributes:
        raw: columns that are keys as they are.
        texts: conditions on a text, by its column; answered once for each value.
        bits: all other conditions.
    """

    raw: dict[str, None] = field(default_factory=dict)
    texts: dict[str, dict[Atom, None]] = field(default_factory=lambda: defaultdict(dict))
    bits: dict[Atom, None] = field(default_factory=dict)

    def add(self, atom: Atom, fact: Fact) -> None:
        """Make room for the answer to a condition."""
        of = atom.of
        if isinstance(of, Span):
            self.bits[atom] = None
        elif fact.columns[of].kind in _RAW:
            self.raw[of] = None
        elif fact.columns[of].kind in TEXTS:
            self.texts[of][atom] = None
        else:
            self.bits[atom] = None

    def places(self) -> dict[Atom, _Bit]:
        """Return where each answer that is no raw column stands."""
        found: dict[Atom, _Bit] = {}
        for column, some in self.texts.items():
            found |= _placed(f"of_{column}", some)
        return found | _placed("bits", self.bits)


def _placed(name: str, some: Mapping[Atom, None]) -> dict[Atom, _Bit]:
    return {
        atom: _Bit(f"{name}_{number // BITS_MAX}", 1 << number % BITS_MAX)
        for number, atom in enumerate(some)
    }


def count(
    runner: Runner,
    tables: Tables,
    parts: Sequence[Part],
    window: Window,
    by: Sequence[str] = FINEST,
) -> dict[Part, Cells]:
    """Count parts for each cell of a window.

    Args:
        runner: reads the rows, and adds the cells up.
        tables: the facts.
        parts: what is counted; the same one twice is counted once.
        window: of what.
        by: what makes a cell; see :func:`.counting.cells`.

    Returns:
        For each part its cells by the values of ``by`` (text, a month is a number). A cell in which
        nothing was counted is missing, but the only one where ``by`` is empty: that is 0.
    """
    together: dict[tuple[str, ...], list[Part]] = defaultdict(list)
    apart: dict[tuple[str, ...], list[Part]] = defaultdict(list)
    for part in dict.fromkeys(parts):
        same = part.fact, part.time, part.department
        if part.aggregate == "distinct":
            apart[*same, part.of].append(part)
        else:
            together[same].append(part)
    found: dict[Part, Cells] = {}
    for some in together.values():
        found |= _together(runner, tables, some, window, by)
    for some in apart.values():
        for start in range(0, len(some), DISTINCT_MAX):
            found |= _distinct(runner, tables, some[start : start + DISTINCT_MAX], window, by)
    return found


def _together(
    runner: Runner,
    tables: Tables,
    parts: Sequence[Part],
    window: Window,
    by: Sequence[str],
) -> Iterator[tuple[Part, Cells]]:
    first = parts[0]
    with runner.seeing(counting.within(tables[first.fact], first, window)) as seen:
        counted = runner.answer_seen(_cells(seen.op(), tuple(parts), tuple(by)))
    with runner.holding(counted) as held:
        for start in range(0, len(parts), PARTS_MAX):
            some = tuple(parts[start : start + PARTS_MAX])
            asked = _sums(held.op(), some, tuple(parts), tuple(by))
            table = runner.add(asked)
            yield from zip(some, _read(table, table.column_names[len(by) :], by), strict=True)


@functools.lru_cache(maxsize=PLANS_MAX)
def _cells(seen: ops.Relation, parts: tuple[Part, ...], by: tuple[str, ...]) -> ir.Table:
    """Put rows together whose every asked condition has the same answer.

    It is remembered, as all that follows from parts alone: the same is asked of other months, and
    of other hospitals and departments, again and again.
    """
    table, keys, sums = seen.to_expr(), _keys(parts), _summed(parts)
    places = keys.places()
    for column, some in keys.texts.items():
        values = table.select(column).distinct()
        answers = _bits(values, {atom: places[atom] for atom in some})
        classes = values.select(**{f"key_{column}": values[column]}, **answers)
        table = table.left_join(classes, table[column] == classes[f"key_{column}"])
        table = table.mutate(**{one: table[one].fill_null(0) for one in answers})
    table = table.mutate(**_bits(table, {atom: places[atom] for atom in keys.bits}))
    cell = {
        **counting.keys(parts[0], table, by),
        **{column: table[column] for column in keys.raw},
        **{one: table[one] for one in sorted({place.column for place in places.values()})},
    }
    added = {
        column: counting.addend(part, table).sum().fill_null(0) for part, column in sums.items()
    }
    grouped = table.group_by(**cell) if cell else table
    return grouped.aggregate(counted=table.count(), **added)


def _bits(table: ir.Table, places: Mapping[Atom, _Bit]) -> dict[str, ir.IntegerValue]:
    """Return the answers to conditions, as the bits of numbers."""
    found: dict[str, ir.IntegerValue] = {}
    for atom, place in places.items():
        answer = ibis.ifelse(counting.atom(atom, table), place.mask, 0).cast("int64")
        before = found.get(place.column)
        found[place.column] = answer if before is None else before + answer
    return found


@functools.lru_cache(maxsize=PLANS_MAX)
def _sums(
    held: ops.Relation, some: tuple[Part, ...], parts: tuple[Part, ...], by: tuple[str, ...]
) -> ir.Table:
    """Return what some of the parts come to that cells were made for: columns of by, v0, v1 ..."""
    cells = held.to_expr()
    places, columns = _keys(parts).places(), {one.of: name for one, name in _summed(parts).items()}

    def told(atom: Atom, table: ir.Table) -> ir.BooleanValue:
        place = places.get(atom)
        if place is None:
            return counting.atom(atom, table)
        return (table[place.column] & place.mask) != 0

    values = {}
    for number, part in enumerate(some):
        adds = cells[columns[part.of] if part.aggregate == "sum" else "counted"]
        kept = counting.holds(part.condition, cells, of=told)
        values[f"v{number}"] = ibis.ifelse(kept, adds, 0).sum()
    grouped = cells.group_by(*by) if by else cells
    return grouped.aggregate(**values)


def _keys(parts: Sequence[Part]) -> _Keys:
    keys = _Keys()
    for part in parts:
        for atom in atoms(part.condition):
            keys.add(atom, part.of_fact)
    return keys


def _summed(parts: Sequence[Part]) -> dict[Part, str]:
    """Return one part for each thing that is added up, with the column of its sum."""
    sums = {part.of: part for part in parts if part.aggregate == "sum"}
    return {part: f"sum_{number}" for number, part in enumerate(sums.values())}


def _distinct(
    runner: Runner, tables: Tables, parts: Sequence[Part], window: Window, by: Sequence[str]
) -> dict[Part, Cells]:
    """Count the values of one column, for parts that go by one time and department."""
    windows = [window]
    if "month" in by:  # no value of one month is looked for in another one
        windows = [
            replace(window, first=first, last=min(first + DISTINCT_MONTHS - 1, window.last))
            for first in range(window.first, window.last + 1, DISTINCT_MONTHS)
        ]
    found: dict[Part, Cells] = {part: {} for part in parts}
    for one in windows:
        with runner.seeing(counting.within(tables[parts[0].fact], parts[0], one)) as seen:
            table = runner.answer_seen(_values(seen.op(), tuple(parts), tuple(by)))
        for part, cells in zip(parts, _read(table, table.column_names[len(by) :], by), strict=True):
            found[part] |= cells
    return found


@functools.lru_cache(maxsize=PLANS_MAX)
def _values(seen: ops.Relation, parts: tuple[Part, ...], by: tuple[str, ...]) -> ir.Table:
    """Return how many values count for each part, cell by cell: columns of by, v0, v1 and so on."""
    first, rows = parts[0], seen.to_expr()
    names = [f"v{number}" for number in range(len(parts))]
    rows = rows.filter(rows[first.of].notnull())
    holds = [counting.holds(part.condition, rows) for part in parts]
    rows = rows.mutate(
        **{
            name: ibis.ifelse(one, 1, 0).cast("int8")
            for name, one in zip(names, holds, strict=True)
        }
    )
    by_value = {**counting.keys(first, rows, by), "value": rows[first.of]}
    values = rows.group_by(**by_value).aggregate(**{name: rows[name].max() for name in names})
    grouped = values.group_by(*by) if by else values
    return grouped.aggregate(**{name: values[name].sum() for name in names})


def _read(table: pa.Table, columns: Sequence[str], by: Sequence[str]) -> Iterator[Cells]:
    """Give the cells of each column of a table; those of nothing are left out."""
    if not by:
        for column in columns:
            values = table[column].to_pylist()
            yield {(): (values[0] if values else None) or 0}
        return
    keys = list(zip(*(table[one].to_pylist() for one in by), strict=True))
    for column in columns:
        values = table[column].to_pylist()
        yield {key: value for key, value in zip(keys, values, strict=True) if value}
