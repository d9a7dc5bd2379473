"""Narrowing what a caliber counts by the codes of its rows: ``payer:self,class:inpatient``. Pure.

A slice says a column of the facts and a value. Every number, row and file of one question is
narrowed by the same slices; a caliber whose rows do not have the column cannot be narrowed by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from lianyi.applications.indicators.defining import Meant
from lianyi.applications.indicators.failures import BadSlice
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.predicates import Compare, Every, Flagged, Node, Not, StartsWith
from lianyi.applications.indicators.predicates import text_of as written
from lianyi.applications.indicators.views import BothWords
from lianyi.projections.operational.star import Column, Kind, star

SLICES_MAX: Final = 8
_KINDS: Final = frozenset({Kind.CODE, Kind.TEXT, Kind.FLAG})
_FLAGS: Final = {"yes": True, "no": False}


class Slice(NamedTuple):
    """A column and the value that its rows have; of a text it is how the value begins."""

    column: str
    value: str


def parse_slices(text: str) -> tuple[Slice, ...]:
    """Read slices, ``column:value`` with commas between; empty: none.

    Raises:
        BadSlice: one is none, names a column of no fact, or a value that a code never has.
    """
    found = []
    for one in filter(None, (part.strip() for part in text.split(","))):
        column, colon, value = one.partition(":")
        known = columns_called(column)
        if not colon or not value or not known:
            raise BadSlice(
                where=one[:60],
                why="it names no column that rows are narrowed by",
                why_zh="没有可按其筛选的这一列",
            )
        if not any(_fits(each, value) for each in known):
            raise BadSlice(where=one[:60], why="it is none of its values", why_zh="不是该列的取值")
        found.append(Slice(column, value))
    if len(found) > SLICES_MAX or len({one.column for one in found}) < len(found):
        raise BadSlice(
            where=text[:60],
            why=f"a column is named twice, or there are more than {SLICES_MAX}",
            why_zh=f"同一列写了两次，或超过 {SLICES_MAX} 项",
        )
    return tuple(sorted(found))


def columns_called(name: str) -> list[Column]:
    """Return the columns of this name by which rows are narrowed or put together, of all facts."""
    found = (fact.columns.get(name) for fact in star().values())
    return [one for one in found if one is not None and one.kind in _KINDS]


def column_of(part: Part, name: str) -> Column | None:
    """Return the column by which a part's rows are narrowed or put together; None: it has none."""
    found = part.of_fact.columns.get(name)
    return found if found is not None and found.kind in _KINDS else None


def _fits(column: Column, value: str) -> bool:
    if column.kind is Kind.CODE:
        return value in column.values
    return column.kind is Kind.TEXT or value in _FLAGS


def _condition(column: Column, value: str) -> Node:
    if column.kind is Kind.CODE:
        return Compare(column.name, "==", value)
    if column.kind is Kind.TEXT:
        return StartsWith(column.name, value)
    return Flagged(column.name) if _FLAGS[value] else Not(Flagged(column.name))


def sliced_part(part: Part, slices: Iterable[Slice]) -> Part | None:
    """Return a part that counts only such rows; None: its fact cannot be narrowed so."""
    narrower = []
    for column, value in slices:
        found = column_of(part, column)
        if found is None or not _fits(found, value):
            return None
        narrower.append(_condition(found, value))
    if not narrower:
        return part
    inner = part.condition
    own = inner.inner if isinstance(inner, Every) else (inner,)
    return part.model_copy(update={"where": written(Every((*own, *narrower)))})


def sliced(one: Meant, slices: Sequence[Slice]) -> Meant:
    """Return what is meant, narrowed; what cannot be narrowed is not counted and says why."""
    if not slices or not one.counted or one.by is None:
        return one
    parts = [sliced_part(part, slices) for part in one.caliber.parts()]
    if None in parts:
        names = "、".join(column.zh for s in slices for column in columns_called(s.column)[:1])
        english = ", ".join(column.en for s in slices for column in columns_called(s.column)[:1])
        why = BothWords(
            zh=f"该口径的明细不能按“{names}”筛选", en=f"its rows cannot be narrowed by {english}"
        )
        return one._replace(way="cannot_split", why=why)
    numerator, *below = parts
    narrowed = one.caliber.model_copy(
        update={"numerator": numerator, "denominator": below[0] if below else None}
    )
    return one._replace(by=one.by._replace(caliber=narrowed), said=one.view())
