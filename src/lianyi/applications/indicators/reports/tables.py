"""Figures, boards and rows as tables of cells: what a file of any form is written from. Pure.

A cell is a value and the kind of number it is, so that a spreadsheet counts with it and shows it
as people write it: money in yuan, of fen; percentages as such; a code beside its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from lianyi.applications.indicators.explored_views import (
    ExploredCell,
    ExploredFigures,
    ExploredView,
)
from lianyi.applications.indicators.views import (
    BoardView,
    BothWords,
    By,
    CaliberView,
    Figure,
    FiguresView,
    IndicatorFigures,
    NamedColumn,
    Place,
    RowCell,
    RowView,
)
from lianyi.projections.operational.star import Fact, Kind

Language = Literal["zh", "en"]
FEN_IN_YUAN: Final = 100


class Form(StrEnum):
    """How a number is written."""

    TEXT = "text"
    COUNT = "count"
    NUMBER = "number"
    MONEY = "money"
    PERCENT = "percent"
    PER_MILLE = "per_mille"
    PER_TEN_THOUSAND = "per_ten_thousand"
    CHANGE = "change"
    POINTS = "points"
    TENTHS = "tenths"
    THOUSANDTHS = "thousandths"
    TEN_THOUSANDTHS = "ten_thousandths"


class Cell(NamedTuple):
    """A value and its form; None: nothing is said."""

    value: str | float | int | bool | None
    form: Form = Form.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what its columns are called, and its rows in order."""

    columns: Sequence[BothWords]
    rows: Sequence[Sequence[Cell]]


class HeadLine(NamedTuple):
    """One line of what stands above a table: what it is called, and what it says."""

    name: BothWords
    says: str


_FORMS: Final = {
    "percent": Form.PERCENT,
    "per_mille": Form.PER_MILLE,
    "per_ten_thousand": Form.PER_TEN_THOUSAND,
    "yuan": Form.MONEY,
    "count": Form.COUNT,
}
_POINTS: Final = frozenset({"percent", "per_mille", "per_ten_thousand"})
UNIT_WORDS: Final = {
    "percent": BothWords(zh="%", en="%"),
    "per_mille": BothWords(zh="‰", en="‰"),
    "per_ten_thousand": BothWords(zh="‱", en="‱"),
    "ratio": BothWords(zh="比值", en="ratio"),
    "count": BothWords(zh="计数", en="count"),
    "days": BothWords(zh="天", en="days"),
    "hours": BothWords(zh="小时", en="hours"),
    "minutes": BothWords(zh="分钟", en="minutes"),
    "yuan": BothWords(zh="元", en="yuan"),
    "ddds": BothWords(zh="DDD/百床日", en="DDD per 100 bed-days"),
}


def said(words: BothWords, language: Language) -> str:
    """Return words in a language; in the other one where it says nothing."""
    return (words.zh or words.en) if language == "zh" else (words.en or words.zh)


def in_unit(value: float | None, unit: str) -> Cell:
    """Return a value of an indicator in its unit."""
    return Cell(value, _FORMS.get(unit, Form.NUMBER))


def change(by: float | None, unit: str) -> Cell:
    """Return how a value moved: percentages by points, everything else by percent."""
    return Cell(by, Form.POINTS if unit in _POINTS else Form.CHANGE)


def side(number: float | None, *, money: bool) -> Cell:
    """Return a numerator or denominator as counted; money is counted in fen, told in yuan."""
    if number is None:
        return Cell(None, Form.NUMBER)
    return Cell(number / FEN_IN_YUAN, Form.MONEY) if money else Cell(number, Form.COUNT)


def are_money(by: CaliberView | None) -> tuple[bool, bool]:
    """Tell whether numerator and denominator are sums of money."""
    parts = (by.numerator, by.denominator) if by else (None, None)
    return (parts[0] is not None and parts[0].money, parts[1] is not None and parts[1].money)


# ---- figures ------------------------------------------------------------------------------------

_FIGURE_COLUMNS: Final = (
    BothWords(zh="编码", en="code"),
    BothWords(zh="指标", en="indicator"),
    BothWords(zh="口径", en="caliber"),
    BothWords(zh="定义哈希", en="definition hash"),
    BothWords(zh="医院", en="hospital"),
    BothWords(zh="医院编码", en="hospital code"),
    BothWords(zh="科室/医师/月份", en="department, doctor or month"),
    BothWords(zh="编码（下级）", en="its code"),
    BothWords(zh="分子", en="numerator"),
    BothWords(zh="分母", en="denominator"),
    BothWords(zh="值", en="value"),
    BothWords(zh="单位", en="unit"),
    BothWords(zh="去年同期", en="a year ago"),
    BothWords(zh="同比", en="year on year"),
    BothWords(zh="上期", en="previous period"),
    BothWords(zh="环比", en="on previous"),
    BothWords(zh="名次", en="rank"),
)


def figures_table(
    view: FiguresView, money: Sequence[tuple[bool, bool]], language: Language
) -> Table:
    """Return the cells of indicators, and below those of each the sum of what was asked for.

    Args:
        view: the figures.
        money: of each indicator, whether numerator and denominator are money.
        language: of names.
    """
    rows: list[Sequence[Cell]] = []
    for one, of_money in zip(view.items, money, strict=True):
        rows += [_figure(one, figure, view.by, of_money, language) for figure in one.figures]
        if one.all is not None:
            rows.append(_figure(one, one.all, None, of_money, language))
        else:
            words = said(one.why, language)
            rows.append([*_of_whom(one, language), Cell(None), Cell(None), Cell(words)])
    return Table(_FIGURE_COLUMNS, rows)


def _of_whom(one: IndicatorFigures | ExploredFigures, language: Language) -> list[Cell]:
    by = one.counted_by
    return [
        Cell(one.code),
        Cell(said(one.name, language)),
        Cell(f"{said(by.title, language)} v{by.version}" if by else ""),
        Cell(by.hash if by else ""),
    ]


def _figure(
    one: IndicatorFigures,
    figure: Figure,
    by: By | None,
    money: tuple[bool, bool],
    language: Language,
) -> list[Cell]:
    below: Place | None = figure.department if by == "department" else figure.doctor
    whole = "合计" if language == "zh" else "all"
    inner = whole if by is None else figure.month or (said(below.name, language) if below else "")
    return [
        *_of_whom(one, language),
        Cell(said(figure.hospital.name, language) if figure.hospital else ""),
        Cell(figure.hospital.code if figure.hospital else ""),
        Cell(inner),
        Cell(below.code if below else ""),
        side(figure.numerator, money=money[0]),
        side(figure.denominator, money=money[1]),
        Cell(said(figure.no_data, language)) if figure.no_data else in_unit(figure.value, one.unit),
        Cell(said(UNIT_WORDS[one.unit], language)),
        in_unit(figure.last_year, one.unit),
        change(figure.year_on_year, one.unit),
        in_unit(figure.previous, one.unit),
        change(figure.on_previous, one.unit),
        Cell(figure.rank, Form.COUNT),
    ]


# ---- explorations -------------------------------------------------------------------------------


def explored_table(view: ExploredView, language: Language) -> Table:
    """Return the cells of an exploration, and below those of each indicator all together."""
    named = [
        name
        for one in view.by
        for name in (one.name, BothWords(zh=f"{one.name.zh} · 编码", en=f"{one.name.en} · code"))
    ]
    rows: list[Sequence[Cell]] = []
    for one in view.items:
        whole = [Cell("合计" if language == "zh" else "all"), Cell("")] * len(view.by)
        for cell in one.cells:
            places = [
                told
                for place in cell.places
                for told in (Cell(said(place.name, language)), Cell(place.code))
            ]
            rows.append([*_of_whom(one, language), *places, *_explored(one, cell, language)])
        if one.all is not None:
            rows.append([*_of_whom(one, language), *whole, *_explored(one, one.all, language)])
        else:
            words = [Cell(None), Cell(None), Cell(said(one.why, language))]
            rows.append([*_of_whom(one, language), *whole, *words])
    return Table((*_FIGURE_COLUMNS[:4], *named, *_FIGURE_COLUMNS[8:12]), rows)


def _explored(one: ExploredFigures, cell: ExploredCell, language: Language) -> list[Cell]:
    return [
        side(cell.numerator, money=one.numerator_money),
        side(cell.denominator, money=one.denominator_money),
        Cell(said(cell.no_data, language)) if cell.no_data else in_unit(cell.value, one.unit),
        Cell(said(UNIT_WORDS[one.unit], language)),
    ]


# ---- a board ------------------------------------------------------------------------------------

_BOARD_COLUMNS: Final = (
    BothWords(zh="分类", en="group"),
    *_FIGURE_COLUMNS[:4],
    *_FIGURE_COLUMNS[8:16],
    BothWords(zh="目标", en="target"),
    BothWords(zh="达成", en="reached"),
    BothWords(zh="数据完整", en="complete"),
    BothWords(zh="说明", en="remark"),
)


def board_table(view: BoardView, money: Sequence[tuple[bool, bool]], language: Language) -> Table:
    """Return the tiles of a board, and the twelve months of each in the columns behind."""
    months = next(([one.month for one in tile.line] for tile in view.tiles if tile.line), [])
    rows = []
    for tile, of_money in zip(view.tiles, money, strict=True):
        by, figure = tile.counted_by, tile.figure
        line = {point.month: point.value for point in tile.line}
        rows.append(
            [
                Cell(said(tile.group, language)),
                Cell(tile.code),
                Cell(said(tile.name, language)),
                Cell(f"{said(by.title, language)} v{by.version}" if by else ""),
                Cell(by.hash if by else ""),
                side(figure.numerator if figure else None, money=of_money[0]),
                side(figure.denominator if figure else None, money=of_money[1]),
                in_unit(figure.value if figure else None, tile.unit),
                Cell(said(UNIT_WORDS[tile.unit], language)),
                in_unit(figure.last_year if figure else None, tile.unit),
                change(figure.year_on_year if figure else None, tile.unit),
                in_unit(figure.previous if figure else None, tile.unit),
                change(figure.on_previous if figure else None, tile.unit),
                in_unit(tile.target, tile.unit),
                Cell(yes_no(tile.reached, language)),
                Cell(yes_no(tile.complete if figure else None, language)),
                Cell(said(tile.why, language)),
                *(in_unit(line.get(month), tile.unit) for month in months),
            ]
        )
    named = [BothWords(zh=month, en=month) for month in months]
    return Table((*_BOARD_COLUMNS, *named), rows)


def yes_no(answer: bool | None, language: Language) -> str:
    """Return an answer as a word; empty: nobody asked."""
    if answer is None:
        return ""
    if language == "zh":
        return "是" if answer else "否"
    return "yes" if answer else "no"


# ---- rows ---------------------------------------------------------------------------------------


def rows_columns(columns: Sequence[NamedColumn]) -> list[BothWords]:
    """Return what the columns of rows are called."""
    first = [("医院", "hospital"), ("标识", "key"), ("患者", "patient"), ("出处", "origin")]
    names = [BothWords(zh=zh, en=en) for zh, en in first]
    return names + [
        BothWords(zh=f"{one.name.zh} {one.column}", en=f"{one.name.en} {one.column}")
        for one in columns
    ]


def row_cells(
    rows: Sequence[RowView], columns: Sequence[NamedColumn], fact: Fact, language: Language
) -> Iterator[list[Cell]]:
    """Give rows as they may be seen: what is masked there is masked here."""
    kinds = [fact.columns[one.column].kind for one in columns]
    for row in rows:
        told = [Cell(one) for one in (row.hospital, row.key, row.patient, row.origin)]
        cells = (_cell(cell, kind, language) for cell, kind in zip(row.cells, kinds, strict=True))
        yield [*told, *cells]


def _cell(cell: RowCell, kind: Kind, language: Language) -> Cell:
    value = cell.value
    if isinstance(value, bool):
        return Cell(yes_no(value, language))
    if isinstance(value, int | float):
        if kind is Kind.FEN:
            return Cell(value / FEN_IN_YUAN, Form.MONEY)
        return Cell(value, Form.COUNT if kind is Kind.INT else Form.NUMBER)
    if cell.name is not None and value is not None and cell.name.zh != value:
        return Cell(f"{value} {said(cell.name, language)}")
    return Cell(value)
