"""Prints a report as PDF: the same paper gives the same bytes, whoever prints it and when.

Chinese is written in STSong-Light with the encoding UniGB-UCS2-H, which readers of PDF bring along
(ISO 32000-1, 9.7.5.2, predefined CMaps); or in a font of the hospital, which is then put in.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from reportlab.lib import colors  # type: ignore[import-untyped]
from reportlab.lib.enums import TA_RIGHT  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.lib.units import mm  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFError, TTFont  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]
from reportlab.platypus import (  # type: ignore[import-untyped]
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from lianyi.applications.indicators.reports.failures import ReportFailed
from lianyi.applications.indicators.reports.paper import Bars, Item, Paper, Section

SONG: Final = "STSong-Light"
OWN: Final = "LianyiOwn"
INK, QUIET, RULE = (
    colors.HexColor("#1c2a2a"),
    colors.HexColor("#5c6b6b"),
    colors.HexColor("#cfd8d8"),
)
TEAL, PALE = colors.HexColor("#0b6b6b"), colors.HexColor("#eef4f4")
GOOD, BAD = colors.HexColor("#1d7a3e"), colors.HexColor("#b3261e")
MARGIN: Final = 16 * mm
WIDTH: Final = A4[0] - 2 * MARGIN
_TILE_WIDTHS: Final = (58 * mm, 28 * mm, 24 * mm, 24 * mm, 22 * mm, 22 * mm)
_BAR_WIDTHS: Final = (42 * mm, 62 * mm, 26 * mm, 24 * mm, 24 * mm)
_WORDS: Final = {
    "zh": {
        "heads": ("指标", "数值", "同比", "环比", "目标", "近 12 个月"),
        "remarks": "批注",
        "notes": "口径与说明",
        "page": "第 {page} 页，共 {pages} 页",
        "all": "合计",
        "left_out": "另有 {n} 项未列出",
        "watermark": "数据水位",
    },
    "en": {
        "heads": ("indicator", "value", "year on year", "on previous", "target", "12 months"),
        "remarks": "Notes",
        "notes": "Calibers and remarks",
        "page": "page {page} of {pages}",
        "all": "all",
        "left_out": "{n} more are not listed",
        "watermark": "watermark",
    },
}


def print_paper(paper: Paper, *, font_file: Path | None = None) -> tuple[bytes, int]:
    """Return a report as PDF, and how many pages it has.

    Args:
        paper: what stands on it.
        font_file: a TrueType font that is put in; None: the reader's own Song.

    Raises:
        ReportFailed: the font cannot be used.
    """
    font = _font(font_file)
    out = io.BytesIO()
    pages = _Pages(paper, font)
    document = BaseDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=14 * mm,
        bottomMargin=18 * mm,
        title=paper.title,
        author="Lianyi",
        subject=f"{paper.watermark}",
        invariant=1,
        pageCompression=1,
    )
    frame = Frame(MARGIN, 18 * mm, WIDTH, A4[1] - 32 * mm, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate(frames=[frame])])
    document.build(list(_story(paper, font)), canvasmaker=pages.canvas)
    return out.getvalue(), pages.count


def _font(file: Path | None) -> str:
    """Make a font known, and return its name."""
    if file is None:
        _song()
        return SONG
    try:
        pdfmetrics.registerFont(TTFont(OWN, str(file)))
    except (TTFError, OSError) as error:
        raise ReportFailed(where=str(file), kind=type(error).__name__) from error
    return OWN


@cache
def _song() -> None:
    pdfmetrics.registerFont(UnicodeCIDFont(SONG))


class _Pages:
    """Draws the foot of each page once it is known how many there are."""

    def __init__(self, paper: Paper, font: str) -> None:
        self._paper = paper
        self._font = font
        self.count = 0

    def canvas(self, *args: Any, **kwargs: Any) -> Canvas:  # noqa: ANN401 - as reportlab calls it
        """Return a canvas that keeps its pages until the last one is drawn."""
        pages = self

        class Kept(Canvas):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__(*args, **{**kwargs, "invariant": 1})
                self.kept: list[dict[str, Any]] = []

            def showPage(self) -> None:  # noqa: N802 - of reportlab
                self.kept.append(dict(self.__dict__))
                self._startPage()

            def save(self) -> None:
                pages.count = len(self.kept)
                for number, page in enumerate(self.kept, start=1):
                    self.__dict__.update(page)
                    pages.foot(self, number)
                    super().showPage()
                super().save()

        return Kept()

    def foot(self, canvas: Canvas, number: int) -> None:
        """Draw what stands below everything."""
        words = _WORDS[self._paper.language]
        canvas.saveState()
        canvas.setStrokeColor(RULE)
        canvas.setLineWidth(0.5)
        canvas.line(MARGIN, 14 * mm, A4[0] - MARGIN, 14 * mm)
        canvas.setFont(self._font, 7.5)
        canvas.setFillColor(QUIET)
        mark = (
            f" · {words['watermark']} {self._paper.watermark[:12]}" if self._paper.watermark else ""
        )
        canvas.drawString(MARGIN, 9.5 * mm, f"{self._paper.as_of}{mark}")
        page = str(words["page"]).format(page=number, pages=self.count)
        canvas.drawRightString(A4[0] - MARGIN, 9.5 * mm, page)
        canvas.restoreState()


# ---- what stands on the pages -------------------------------------------------------------------


def _style(font: str, size: float, **more: Any) -> ParagraphStyle:  # noqa: ANN401
    given = {"textColor": INK, "leading": size * 1.45, "wordWrap": "CJK"} | more
    return ParagraphStyle("one", fontName=font, fontSize=size, **given)


def _text(words: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(words, quote=False), style)


def _story(paper: Paper, font: str) -> Iterator[Flowable]:
    words = _WORDS[paper.language]
    yield _text(paper.title, _style(font, 19, textColor=TEAL))
    yield Spacer(1, 2 * mm)
    for line in paper.lines:
        yield _text(line, _style(font, 9, textColor=QUIET))
    for section in paper.sections:
        yield Spacer(1, 5 * mm)
        yield from _section(section, font, paper)
    small = _style(font, 8)
    if paper.remarks:
        yield Spacer(1, 5 * mm)
        yield _heading(str(words["remarks"]), font)
        for one in paper.remarks:
            yield Spacer(1, 1.5 * mm)
            yield _text(f"◆ {one.about} · {one.who}", _style(font, 8, textColor=QUIET))
            yield _text(one.words, _style(font, 9, leftIndent=9))
    if paper.footnotes:
        yield Spacer(1, 5 * mm)
        yield _heading(str(words["notes"]), font)
        for number, note in enumerate(paper.footnotes, start=1):
            yield _text(f"[{number}] {note}", small)


def _heading(words: str, font: str) -> Table:
    found = Table([[_text(words, _style(font, 12, textColor=TEAL))]], colWidths=[WIDTH])
    found.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.8, TEAL), _tight(0)]))
    return found


def _tight(left: float) -> tuple[str, tuple[int, int], tuple[int, int], float]:
    return ("LEFTPADDING", (0, 0), (-1, -1), left)


def _section(section: Section, font: str, paper: Paper) -> Iterator[Flowable]:
    head: list[Flowable] = [_heading(section.title, font)]
    if section.about:
        head.append(_text(section.about, _style(font, 8, textColor=QUIET)))
    yield KeepTogether(head)
    if section.groups:
        yield Spacer(1, 1.5 * mm)
        yield _tiles(section, font, paper)
    for one in section.bars:
        yield Spacer(1, 3 * mm)
        yield from _bars(one, font, paper)


def _tiles(section: Section, font: str, paper: Paper) -> Table:
    """Return the figures of a section as a table that goes on on the next page."""
    plain, quiet = _style(font, 9), _style(font, 8, textColor=QUIET)
    right = _style(font, 9, alignment=TA_RIGHT)
    heads = _WORDS[paper.language]["heads"]
    aside = _style(font, 8, textColor=QUIET, alignment=TA_RIGHT)
    rows: list[list[Any]] = [
        [_text(one, aside if 1 <= place <= 3 else quiet) for place, one in enumerate(heads)]
    ]
    looks: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, RULE),
        ("TOPPADDING", (0, 0), (-1, -1), 2.2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.8),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ]
    for group in section.groups:
        if group.heading:
            looks += [
                ("SPAN", (0, len(rows)), (-1, len(rows))),
                ("BACKGROUND", (0, len(rows)), (-1, len(rows)), PALE),
            ]
            rows.append([_text(group.heading, _style(font, 9, textColor=TEAL)), *[""] * 5])
        for item in group.items:
            looks.append(("LINEBELOW", (0, len(rows)), (-1, len(rows)), 0.3, RULE))
            if item.remark:
                looks.append(("SPAN", (1, len(rows)), (-1, len(rows))))
                rows.append([_name(item, plain), _text(item.remark, quiet), *[""] * 4])
                continue
            rows.append(
                [
                    _name(item, plain),
                    _text(item.value, right),
                    _text(item.year_on_year, _toned(right, good=item.good)),
                    _text(item.on_previous, right),
                    _text(_target(item), _toned(_style(font, 8), good=item.reached)),
                    Line(item.line, _TILE_WIDTHS[5] - 8, 16),
                ]
            )
    found = Table(rows, colWidths=_TILE_WIDTHS, repeatRows=1)
    found.setStyle(TableStyle(looks))
    return found


def _name(item: Item, style: ParagraphStyle) -> Paragraph:
    number = f' <super size="6">[{item.footnote}]</super>' if item.footnote else ""
    marks = " ◆" if item.notes else ""
    return Paragraph(f"{escape(item.name, quote=False)}{number}{marks}", style)


def _target(item: Item) -> str:
    if not item.target:
        return ""
    return item.target if item.reached is None else f"{item.target} {'✓' if item.reached else '!'}"


def _toned(style: ParagraphStyle, *, good: bool | None) -> ParagraphStyle:
    if good is None:
        return style
    return ParagraphStyle("toned", parent=style, textColor=GOOD if good else BAD)


def _bars(one: Bars, font: str, paper: Paper) -> Iterator[Flowable]:
    """Give an indicator side by side: a bar for each, its value, its parts, its change."""
    words = _WORDS[paper.language]
    plain, small = _style(font, 8.5), _style(font, 8, textColor=QUIET)
    right = _style(font, 8.5, alignment=TA_RIGHT)
    yield _name(one.item, _style(font, 10, textColor=INK))
    if one.item.remark:
        yield _text(one.item.remark, small)
        return
    most = max((abs(bar.value) for bar in one.bars if bar.value is not None), default=0.0)
    rows: list[list[Any]] = [
        [
            _text(bar.name, plain),
            Length(bar.value, most, _BAR_WIDTHS[1] - 8, 8),
            _text(bar.text, right),
            _text(bar.parts, _style(font, 7.5, textColor=QUIET, alignment=TA_RIGHT)),
            _text(bar.year_on_year, right),
        ]
        for bar in one.bars
    ]
    rows.append(
        [_text(str(words["all"]), plain), "", _text(one.item.value, right), "",
         _text(one.item.year_on_year, right)]
    )  # fmt: skip
    found = Table(rows, colWidths=_BAR_WIDTHS)
    found.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LINEABOVE", (0, -1), (-1, -1), 0.6, RULE),
                ("TOPPADDING", (0, 0), (-1, -1), 1.2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1.8),
                ("LEFTPADDING", (0, 0), (-1, -1), 3),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    yield found
    if one.left_out:
        yield _text(str(words["left_out"]).format(n=one.left_out), small)


class Line(Flowable):  # type: ignore[misc]
    """Months as a line; one without a value is a gap, the last one with is a dot."""

    def __init__(self, values: Sequence[float | None], width: float, height: float) -> None:
        super().__init__()
        self._values = values
        self.width, self.height = width, height

    def wrap(self, *_: float) -> tuple[float, float]:
        """Return how much room it takes."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw it."""
        known = [one for one in self._values if one is not None]
        if len(self._values) < 2 or not known:
            return
        least, most = min(known), max(known)
        step = self.width / (len(self._values) - 1)
        spots = [
            None if one is None else (place * step, self._height(one, least, most))
            for place, one in enumerate(self._values)
        ]
        self.canv.setStrokeColor(TEAL)
        self.canv.setFillColor(TEAL)
        self.canv.setLineWidth(0.9)
        for before, after in pairwise(spots):
            if before and after:
                self.canv.line(*before, *after)
        x, y = [one for one in spots if one][-1]
        self.canv.circle(x, y, 1.4, stroke=0, fill=1)

    def _height(self, value: float, least: float, most: float) -> float:
        if most == least:
            return self.height / 2
        return 2 + (value - least) / (most - least) * (self.height - 4)


class Length(Flowable):  # type: ignore[misc]
    """A value as the length of a bar."""

    def __init__(self, value: float | None, most: float, width: float, height: float) -> None:
        super().__init__()
        self._share = abs(value) / most if value is not None and most else 0.0
        self.width, self.height = width, height

    def wrap(self, *_: float) -> tuple[float, float]:
        """Return how much room it takes."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw it."""
        self.canv.setFillColor(PALE)
        self.canv.rect(0, 0, self.width, self.height, stroke=0, fill=1)
        self.canv.setFillColor(TEAL)
        self.canv.rect(0, 0, max(self._share * self.width, 0.4), self.height, stroke=0, fill=1)
