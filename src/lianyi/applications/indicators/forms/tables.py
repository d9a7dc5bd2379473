"""A sheet as a table of cells, and what stands above it in a file. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lianyi.applications.indicators.forms.lining import FiledLine
from lianyi.applications.indicators.forms.model import Edition, Form
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.reports.tables import (
    UNIT_WORDS,
    Cell,
    HeadLine,
    Language,
    Table,
    said,
)
from lianyi.applications.indicators.reports.tables import Form as Look
from lianyi.applications.indicators.views import BothWords
from lianyi.applications.indicators.wording import said_of

_COLUMNS: Final = (
    BothWords(zh="行次", en="line"),
    BothWords(zh="分组", en="section"),
    BothWords(zh="项目", en="item"),
    BothWords(zh="数值", en="figure"),
    BothWords(zh="单位", en="unit"),
    BothWords(zh="分子（原值，金额为分，时长为秒）", en="numerator (exact: fen, seconds)"),
    BothWords(zh="分母（原值）", en="denominator (exact)"),
    BothWords(zh="来源", en="from"),
    BothWords(zh="说明", en="remark"),
    BothWords(zh="指标", en="indicator"),
    BothWords(zh="口径", en="caliber"),
    BothWords(zh="定义哈希", en="definition hash"),
)
_SOURCES: Final = {
    "published": BothWords(zh="已发布", en="published"),
    "counted": BothWords(zh="统计，未发布", en="counted, not published"),
    "entered": BothWords(zh="填报", en="entered"),
    "missing": BothWords(zh="缺", en="missing"),
}
_LOOKS: Final = (Look.COUNT, Look.TENTHS, Look.NUMBER, Look.THOUSANDTHS, Look.TEN_THOUSANDTHS)
"""By how many decimals are printed."""


def sheet_table(lines: Sequence[FiledLine], language: Language) -> Table:
    """Return the lines of a sheet; the figure is the one that is printed."""
    return Table(_COLUMNS, [_row(one, language) for one in lines])


def _row(one: FiledLine, language: Language) -> list[Cell]:
    caliber = f"{one.caliber} v{one.version}" if one.caliber else ""
    return [
        Cell(one.number),
        Cell(said(one.section, language) if one.section else ""),
        Cell(said(one.name, language)),
        Cell(_number(one.shown), _LOOKS[one.decimals]),
        Cell(said(UNIT_WORDS[one.unit], language) if one.code else ""),
        Cell(one.numerator),
        Cell(one.denominator),
        Cell(said(_SOURCES[one.source], language)),
        Cell(said(one.why, language)),
        Cell(one.code),
        Cell(caliber),
        Cell(one.hash),
    ]


def _number(shown: str | None) -> float | int | None:
    if shown is None:
        return None
    return float(shown) if "." in shown else int(shown)


def sheet_head(
    form: Form, edition: Edition, period: Period, hospital: str, digest: str, language: Language
) -> list[HeadLine]:
    """Return what a sheet is of: a line each."""
    source = f"{edition.source.document} · {edition.source.paragraph}"
    return [
        HeadLine(BothWords(zh="报表", en="form"), said(said_of(form.name), language)),
        HeadLine(
            BothWords(zh="报送对象", en="filed with"), said(said_of(form.authority), language)
        ),
        HeadLine(BothWords(zh="版本", en="edition"), edition.edition),
        HeadLine(BothWords(zh="依据", en="source"), source),
        HeadLine(BothWords(zh="统计期", en="period"), period.zh if language == "zh" else period.en),
        HeadLine(BothWords(zh="医院", en="hospital"), hospital),
        HeadLine(BothWords(zh="内容 SHA-256", en="content SHA-256"), digest),
    ]
