"""Scores as a table of cells, and as a paper to be printed. Pure."""

from __future__ import annotations

from typing import Final

from lianyi.applications.indicators.reports.paper import Bar, Bars, Group, Item, Paper, Section
from lianyi.applications.indicators.reports.tables import (
    Cell,
    Form,
    HeadLine,
    Language,
    Table,
    said,
)
from lianyi.applications.indicators.scores.views import MarkView, ScoreRow, ScoreView
from lianyi.applications.indicators.views import BothWords

_COLUMNS: Final = (
    BothWords(zh="名次", en="rank"),
    BothWords(zh="科室", en="department"),
    BothWords(zh="科室编码", en="its code"),
    BothWords(zh="总分", en="total"),
    BothWords(zh="上月总分", en="month before"),
    BothWords(zh="上月名次", en="rank then"),
    BothWords(zh="已知权重（%）", en="known weights (%)"),
)
_OF_MARK: Final = (
    BothWords(zh="值", en="value"),
    BothWords(zh="分子", en="numerator"),
    BothWords(zh="分母", en="denominator"),
    BothWords(zh="得分", en="points"),
)
_NO_DATA: Final = BothWords(zh="无数据", en="no data")
_DASH: Final = "–"


def score_table(view: ScoreView, language: Language) -> Table:
    """Return departments as rows, with value, counts and points of each component."""
    columns = [*_COLUMNS]
    for one in view.components:
        for of in _OF_MARK:
            full = f"（满分 {one.full:g}）" if of is _OF_MARK[-1] else ""
            full_en = f" (of {one.full:g})" if of is _OF_MARK[-1] else ""
            columns.append(
                BothWords(zh=f"{one.name.zh} {of.zh}{full}", en=f"{one.name.en}: {of.en}{full_en}")
            )
    return Table(columns, [_row(one, language) for one in view.rows])


def _row(row: ScoreRow, language: Language) -> list[Cell]:
    cells = [
        Cell(row.rank, Form.COUNT),
        Cell(said(row.department.name, language)),
        Cell(row.department.code),
        Cell(row.total, Form.NUMBER),
        Cell(row.before, Form.NUMBER),
        Cell(row.rank_before, Form.COUNT),
        Cell(row.known, Form.NUMBER),
    ]
    for mark in row.marks:
        cells += _mark(mark, language)
    return cells


def _mark(mark: MarkView, language: Language) -> list[Cell]:
    if mark.points is None:
        return [
            Cell(said(_NO_DATA, language)),
            Cell(mark.numerator),
            Cell(mark.denominator),
            Cell(""),
        ]
    return [
        Cell(mark.value, Form.PERCENT),
        Cell(mark.numerator, Form.COUNT),
        Cell(mark.denominator, Form.COUNT),
        Cell(round(mark.points, 2), Form.NUMBER),
    ]


def head(view: ScoreView, language: Language) -> list[HeadLine]:
    """Return what stands above the table: by which card, of what."""
    source = f"{view.source.document} · {view.source.paragraph}"
    card = f"{said(view.title, language)} v{view.version} · {view.card}"
    known = f"{view.known_min}%"
    return [
        HeadLine(BothWords(zh="评分卡", en="score card"), card),
        HeadLine(BothWords(zh="依据", en="source"), source),
        HeadLine(BothWords(zh="统计期", en="period"), said(view.period.name, language)),
        HeadLine(
            BothWords(zh="医院", en="hospital"),
            f"{said(view.hospital.name, language)} {view.hospital.code}",
        ),
        HeadLine(BothWords(zh="满分", en="full mark"), str(view.full_mark)),
        HeadLine(BothWords(zh="参与排名的最低已知权重", en="known weights to be ranked"), known),
        HeadLine(
            BothWords(zh="说明", en="remark"),
            said(
                BothWords(
                    zh="无数据的项目不计入总分的分母",
                    en="components without data are left out of the total",
                ),
                language,
            ),
        ),
    ]


def score_paper(view: ScoreView, watermark: str, as_of: str, language: Language) -> Paper:
    """Return departments by total, and by each component, to be printed."""
    zh = language == "zh"
    title = f"{said(view.title, language)} · {said(view.hospital.name, language)}"
    total = Item(
        name="总分" if zh else "total",
        value=f"{'满分' if zh else 'of'} {view.full_mark}",
        on_previous=_DASH,
    )
    bars = [Bars(total, [_bar(one, view, language) for one in view.rows])]
    for place, one in enumerate(view.components):
        marks = [(row, row.marks[place]) for row in view.rows]
        item = Item(name=said(one.name, language), value=f"{'满分' if zh else 'of'} {one.full:g}")
        bars.append(Bars(item, [_of_mark(row, mark, language) for row, mark in marks]))
    lines = [f"{said(one.name, language)}：{one.says}" for one in head(view, language)]
    return Paper(
        title=title,
        lines=lines,
        sections=[
            Section(
                title=said(view.period.name, language),
                about=f"{view.owner}",
                groups=[Group("", [])] if not view.rows else [],
                bars=bars,
            )
        ],
        watermark=watermark,
        as_of=as_of,
        language=language,
    )


def _bar(row: ScoreRow, view: ScoreView, language: Language) -> Bar:
    zh = language == "zh"
    moved = None if row.total is None or row.before is None else row.total - row.before
    known = f"{'已知' if zh else 'known'} {row.known:.0f}%"
    return Bar(
        name=f"{row.rank or _DASH} {said(row.department.name, language)}",
        value=row.total,
        text=_DASH if row.total is None else f"{row.total:.2f}",
        year_on_year=_DASH if moved is None else f"{moved:+.2f}",
        parts=known,
    )


def _of_mark(row: ScoreRow, mark: MarkView, language: Language) -> Bar:
    counts = "" if mark.denominator is None else f"{mark.numerator:g}/{mark.denominator:g}"
    no_data = said(_NO_DATA, language)
    return Bar(
        name=said(row.department.name, language),
        value=mark.points,
        text=no_data if mark.points is None else f"{mark.points:.2f}",
        year_on_year=_DASH if mark.value is None else f"{mark.value:.1f}%",
        parts=counts,
    )
