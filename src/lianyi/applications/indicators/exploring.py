"""Figures cut as somebody likes: by places, doctors, months and the codes of their rows.

What is counted are the calibers of the library and nothing else; an exploration only says by what
the rows are put together and which of them are left out. It is counted in the same window and by
the same engine as every other figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from lianyi.applications.indicators.counter import Counter
from lianyi.applications.indicators.defining import Meant
from lianyi.applications.indicators.explored_views import (
    Dimension,
    ExploredCell,
    ExploredFigures,
    PlaceOf,
)
from lianyi.applications.indicators.failures import BadSlice, TooMuchAtOnce
from lianyi.applications.indicators.figures import Counts, Teller
from lianyi.applications.indicators.heard import Heard, Span
from lianyi.applications.indicators.hearing import Hearing
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.naming import CODED, NOBODY, Code, Names
from lianyi.applications.indicators.periods import month_text
from lianyi.applications.indicators.slicing import column_of, columns_called
from lianyi.applications.indicators.views import BothWords, NamedColumn, Place
from lianyi.applications.indicators.window import Window
from lianyi.applications.indicators.wording import said_of, word_of
from lianyi.projections.operational.star import Column, Kind

if TYPE_CHECKING:
    from lianyi.applications.indicators.cube import Key
    from lianyi.applications.indicators.engine import Cells

BY_MAX: Final = 3
CELLS_MAX: Final = 3_000
PLACES: Final[Mapping[str, BothWords]] = {
    "hospital": BothWords(zh="医院", en="hospital"),
    "department": BothWords(zh="科室", en="department"),
    "doctor": BothWords(zh="医生", en="doctor"),
    "month": BothWords(zh="月份", en="month"),
}
_NO_SUCH = BothWords(
    zh="该口径的明细没有所选的分组列", en="its rows do not have a column to put together by"
)
_NONE: Final = Counts(0, None)
_FLAGS: Final = {True: BothWords(zh="是", en="yes"), False: BothWords(zh="否", en="no")}


def parse_by(text: str) -> tuple[str, ...]:
    """Read by what figures are put together: names with commas between; empty: not at all.

    Raises:
        BadSlice: a name is neither a place, a month nor a column of a fact.
        TooMuchAtOnce: there are more than :data:`BY_MAX`.
    """
    found = tuple(dict.fromkeys(filter(None, (one.strip() for one in text.split(",")))))
    for one in found:
        if one not in PLACES and not columns_called(one):
            raise BadSlice(
                where=one[:60],
                why="figures are not put together by it",
                why_zh="不能按其分组",
            )
    if len(found) > BY_MAX:
        raise TooMuchAtOnce(
            where="by",
            why=f"at most {BY_MAX} at a time",
            why_zh=f"一次最多按 {BY_MAX} 项分组",
        )
    return found


def named_by(by: Sequence[str]) -> list[NamedColumn]:
    """Return by what figures are put together, with what people call it."""
    found = []
    for one in by:
        name = PLACES.get(one)
        if name is None:
            column = columns_called(one)[0]
            name = BothWords(zh=column.zh, en=column.en)
        found.append(NamedColumn(column=one, name=name))
    return found


def dimensions(some: Sequence[Meant]) -> list[Dimension]:
    """Return by what all of some indicators can be put together and narrowed."""
    parts = [part for one in some if one.counted for part in one.caliber.parts()]
    if not parts:
        return []
    found = [
        Dimension(column=name, name=words, values=[], text=False)
        for name, words in PLACES.items()
        if name != "doctor" or all(part.doctor for part in parts)
    ]
    for column in parts[0].of_fact.columns.values():
        if column_of(parts[0], column.name) and all(column_of(p, column.name) for p in parts):
            found += [_dimension(column)]
    return found


def _dimension(column: Column) -> Dimension:
    return Dimension(
        column=column.name,
        name=BothWords(zh=column.zh, en=column.en),
        values=_values(column),
        text=column.kind is Kind.TEXT,
    )


def _values(column: Column) -> list[Place]:
    if column.kind is Kind.FLAG:
        return [Place(code=code, name=_FLAGS[code == "yes"]) for code in ("yes", "no")]
    return [Place(code=one, name=_said(column, one)) for one in column.values]


def _said(column: Column | None, value: object) -> BothWords:
    called = word_of(column, value) if column else None
    return called or BothWords(zh=str(value), en=str(value))


def can_split(one: Meant, by: Sequence[str]) -> Meant:
    """Return what is meant; what has no such columns is not counted and says why."""
    if not one.counted:
        return one
    for part in one.caliber.parts():
        for name in by:
            known = part.doctor if name == "doctor" else name in PLACES or column_of(part, name)
            if not known:
                return one._replace(way="cannot_split", why=_NO_SUCH)
    return one


def _key_of(by: tuple[str, ...]) -> tuple[str, ...]:
    """Return what makes a cell: a department and a doctor are those of one hospital."""
    lies = {"department", "doctor"} & set(by) and "hospital" not in by
    return ("hospital", *by) if lies else by


class Counted:
    """What an exploration came to: for each indicator its cells and the whole."""

    def __init__(
        self,
        some: Sequence[Meant],
        by: tuple[str, ...],
        cells: Mapping[Part, Cells],
        whole: Cells,
        known: tuple[Heard, Window],
    ) -> None:
        """Keep what was counted.

        Args:
            some: indicators.
            by: by what they are put together.
            cells: of each part.
            whole: has the key of a part and one cell.
            known: what is known, and in which window it was counted.
        """
        self.by = by
        self.key = _key_of(by)
        self._cells = cells
        self._whole = whole
        self._heard, self._window = known
        self.some = [self._known(one) for one in some]

    def keys(self, one: Meant) -> list[Key]:
        """Return the keys of an indicator's cells in their order."""
        found = {key for part in one.caliber.parts() for key in self._cells[part]}
        return sorted(found, key=lambda key: tuple(_in_order(value) for value in key))

    def cell(self, one: Meant, key: Key, places: list[PlaceOf]) -> ExploredCell:
        """Return a cell as it is shown."""
        no_data = self._no_data(one, dict(zip(self.key, key, strict=True)))
        if no_data:
            return ExploredCell(
                places=places, no_data=no_data, numerator=None, denominator=None, value=None
            )
        counts = [self._cells[part].get(key, 0) for part in one.caliber.parts()]
        return _cell(one, counts, places)

    def _known(self, one: Meant) -> Meant:
        """Return an indicator; of what nothing is known at all says why."""
        why = self._no_data(one, {}) if one.counted else None
        return one._replace(way="no_data", why=why) if why else one

    def _no_data(self, one: Meant, said: Mapping[str, Any]) -> BothWords | None:
        """Say why nothing is known of a cell, by what its key says of place and month."""
        hospitals = self._window.places.all_hospitals
        months = Span(self._window.first, self._window.last)
        if "hospital" in said:
            hospitals = frozenset({said["hospital"]})
        if "month" in said:
            months = Span(said["month"], said["month"])
        return self._heard.no_data(one.caliber.parts(), hospitals, months)

    def whole(self, one: Meant) -> ExploredCell:
        """Return everything together."""
        return _cell(one, [self._whole[(part,)] for part in one.caliber.parts()], [])


def _cell(one: Meant, counts: Sequence[object], places: list[PlaceOf]) -> ExploredCell:
    numerator, *below = one.caliber.parts()
    teller = Teller(one.indicator, numerator, below[0] if below else None)
    figure = teller.figure(Counts(*counts, *[None] * (2 - len(counts))), _NONE, _NONE)  # type: ignore[arg-type]
    return ExploredCell(
        places=places,
        numerator=figure.numerator,
        denominator=figure.denominator,
        value=figure.value,
    )


def _in_order(value: object) -> tuple[int, str]:
    if value is None:
        return 1, ""
    return 0, f"{value:09d}" if isinstance(value, int) else str(value)


class Exploring:
    """Counts explorations."""

    def __init__(self, counter: Counter, hearing: Hearing) -> None:
        """Ask a counter; a hearing tells a zero from no data."""
        self._counter = counter
        self._hearing = hearing

    async def count(self, some: Sequence[Meant], by: tuple[str, ...], window: Window) -> Counted:
        """Count indicators in a window.

        Raises:
            TooMuchAtOnce: there are more than :data:`CELLS_MAX` cells.
            NoStar, CountingTooBig: they cannot be counted now.
        """
        wanted = [can_split(one, by) for one in some]
        parts = [part for one in wanted if one.counted for part in one.caliber.parts()]
        cells = await self._counter.figures(parts, window, _key_of(by))
        whole = await self._counter.figures(parts, window, ())
        most = max((len(one) for one in cells.values()), default=0)
        if most > CELLS_MAX:
            raise TooMuchAtOnce(
                where="by",
                why=f"{most} cells; at most {CELLS_MAX} are shown",
                why_zh=f"共 {most} 格，最多显示 {CELLS_MAX} 格；请减少分组或缩小范围",
            )
        told = {(part,): found.get((), 0) for part, found in whole.items()}
        heard = await self._hearing.of(parts)
        return Counted(wanted, by, cells, told, (heard, window))


def codes_in(counted: Counted) -> tuple[set[str], set[str], set[Code]]:
    """Return the codes of organisations, of practitioners, and others among the keys."""
    organisations: set[str] = set()
    practitioners: set[str] = set()
    others: set[Code] = set()
    for one in counted.some:
        fact = one.caliber.parts()[0].fact if one.counted else ""
        for key in counted.keys(one) if one.counted else ():
            for name, value in zip(counted.key, key, strict=True):
                if value and name in {"hospital", "department"}:
                    organisations.add(str(value))
                elif value and name == "doctor":
                    practitioners.add(str(value))
                elif value and (coded := f"{fact}.{name}") in CODED:
                    others.add((coded, str(value)))
    return organisations, practitioners, others


def explored_view(counted: Counted, names: Names) -> list[ExploredFigures]:
    """Return an exploration as it is shown."""
    found = []
    for one in counted.some:
        indicator = one.indicator
        parts = one.caliber.parts() if one.counted else []
        cells = [
            counted.cell(one, key, _places(one, counted, key, names))
            for key in (counted.keys(one) if one.counted else ())
        ]
        money = [part.aggregate == "sum" and part.of.endswith("_fen") for part in parts]
        found.append(
            ExploredFigures(
                code=indicator.indicator,
                name=said_of(indicator.name),
                unit=indicator.unit.value,
                better=indicator.better,
                counted_by=one.view(),
                way=one.way,
                why=one.why,
                numerator_money=bool(money and money[0]),
                denominator_money=len(money) > 1 and money[1],
                all=counted.whole(one) if one.counted else None,
                cells=cells,
            )
        )
    return found


def _places(one: Meant, counted: Counted, key: Key, names: Names) -> list[PlaceOf]:
    said = dict(zip(counted.key, key, strict=True))
    hospital = str(said.get("hospital") or "")
    found = []
    for name in counted.by:
        place = _place(one, name, said[name], names)
        of = hospital if name in {"department", "doctor"} else ""
        found.append(PlaceOf(code=place.code, name=place.name, hospital=of))
    return found


def _place(one: Meant, name: str, value: Any, names: Names) -> Place:  # noqa: ANN401 - of a row
    if name == "month":
        text = month_text(int(value or 0))
        return Place(code=text, name=BothWords(zh=text, en=text))
    if name == "doctor":
        return names.practitioner(value)
    if name in PLACES:
        return names.organisation(value)
    if value is None:
        return Place(code="", name=NOBODY)
    if isinstance(value, bool):
        return Place(code="yes" if value else "no", name=_FLAGS[value])
    part = one.caliber.parts()[0]
    called = names.code(part.fact, name, str(value))
    return Place(code=str(value), name=called or _said(column_of(part, name), value))
