"""Narrowing what a caliber counts: ``payer:self,age:75,main_diagnosis:I21``. Pure.

A slice says a split and one of its classes (see :mod:`.splits`), or a column of texts and how its
value begins. Every number, row and file of one question is narrowed by the same slices; a caliber
whose rows do not say it cannot be narrowed so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from lianyi.applications.indicators.defining import Meant
from lianyi.applications.indicators.failures import BadSlice
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.predicates import StartsWith
from lianyi.applications.indicators.predicates import text_of as written
from lianyi.applications.indicators.splits import Class, Split, narrowed, splits_of
from lianyi.applications.indicators.views import BothWords, Narrowed
from lianyi.projections.operational.star import Column, Kind, star

SLICES_MAX: Final = 8
_KINDS: Final = frozenset({Kind.CODE, Kind.TEXT, Kind.FLAG})


class Slice(NamedTuple):
    """A split and one of its classes, or a column of texts and how its value begins."""

    column: str
    value: str


def parse_slices(text: str) -> tuple[Slice, ...]:
    """Read slices, ``column:value`` with commas between; empty: none.

    Raises:
        BadSlice: one is none, names what no fact says, or a value that is never said.
    """
    found = []
    for one in filter(None, (part.strip() for part in text.split(","))):
        column, colon, value = one.partition(":")
        known = [_words(fact, Slice(column, value)) for fact in star()]
        if not colon or not value or not _is_known(column):
            raise BadSlice(
                where=one[:60],
                why="it names no column that rows are narrowed by",
                why_zh="没有可按其筛选的这一列",
            )
        if not any(known):
            raise BadSlice(where=one[:60], why="it is none of its values", why_zh="不是该列的取值")
        found.append(Slice(column, value))
    if len(found) > SLICES_MAX or len({one.column for one in found}) < len(found):
        raise BadSlice(
            where=text[:60],
            why=f"a column is named twice, or there are more than {SLICES_MAX}",
            why_zh=f"同一列写了两次，或超过 {SLICES_MAX} 项",
        )
    return tuple(sorted(found))


def _is_known(name: str) -> bool:
    return bool(columns_called(name)) or any(name in splits_of(fact) for fact in star())


def columns_called(name: str) -> list[Column]:
    """Return the columns of this name by which rows are narrowed or put together, of all facts."""
    found = (fact.columns.get(name) for fact in star().values())
    return [one for one in found if one is not None and one.kind in _KINDS]


def column_of(part: Part, name: str) -> Column | None:
    """Return the column by which a part's rows are narrowed or put together; None: it has none."""
    found = part.of_fact.columns.get(name)
    return found if found is not None and found.kind in _KINDS else None


def _class_of(fact: str, one: Slice) -> tuple[Split, Class] | None:
    split = splits_of(fact).get(one.column)
    found = next((c for c in split.classes if c.key == one.value), None) if split else None
    return (split, found) if split and found else None


def _text_of(fact: str, one: Slice) -> Column | None:
    column = star()[fact].columns.get(one.column)
    return column if column is not None and column.kind is Kind.TEXT else None


def _words(fact: str, one: Slice) -> Narrowed | None:
    """Return what people call a slice of a fact; None: its rows do not say it."""
    found = _class_of(fact, one)
    if found:
        split, of = found
        called = BothWords(zh=of.zh, en=of.en)
        return Narrowed(
            column=one.column,
            value=one.value,
            name=BothWords(zh=split.zh, en=split.en),
            called=called,
        )
    column = _text_of(fact, one)
    if column is None:
        return None
    begins = BothWords(zh=f"{one.value}…", en=f"{one.value}…")
    name = BothWords(zh=column.zh, en=column.en)
    return Narrowed(column=one.column, value=one.value, name=name, called=begins)


def words_of(slices: Iterable[Slice]) -> list[Narrowed]:
    """Return what people call slices that were read."""
    return [next(filter(None, (_words(fact, one) for fact in star()))) for one in slices]


def sliced_part(part: Part, slices: Iterable[Slice]) -> Part | None:
    """Return a part that counts only such rows; None: its rows do not say it."""
    for one in slices:
        found = _class_of(part.fact, one)
        if found:
            part = narrowed(part, found[1].where)
        elif _text_of(part.fact, one):
            part = narrowed(part, written(StartsWith(one.column, one.value)))
        else:
            return None
    return part


def sliced(one: Meant, slices: Sequence[Slice]) -> Meant:
    """Return what is meant, narrowed; what cannot be narrowed is not counted and says why."""
    if not slices or not one.counted or one.by is None:
        return one
    parts = [sliced_part(part, slices) for part in one.caliber.parts()]
    if None in parts:
        names = [narrow.name for narrow in words_of(slices)]
        why = BothWords(
            zh=f"该口径的明细不能按“{'、'.join(name.zh for name in names)}”筛选",
            en=f"its rows cannot be narrowed by {', '.join(name.en for name in names)}",
        )
        return one._replace(way="cannot_split", why=why)
    numerator, *below = parts
    caliber = one.caliber.model_copy(
        update={"numerator": numerator, "denominator": below[0] if below else None}
    )
    return one._replace(by=one.by._replace(caliber=caliber), said=one.view())
