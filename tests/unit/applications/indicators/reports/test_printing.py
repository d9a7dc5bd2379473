"""A printed report: the same paper gives the same bytes, and all of it can be read."""

from __future__ import annotations

import io

import pypdf
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.applications.indicators.reports.paper import (
    Bar,
    Bars,
    Group,
    Item,
    Paper,
    Remark,
    Section,
)
from lianyi.applications.indicators.reports.printing import print_paper

from .report_house import words_of


def paper(items: int, *, name: str = "出院人次") -> Paper:
    listed = [
        Item(f"{name} {n}", f"{n}.0%", "+1.0%", "–", True, "≥ 3.0%", False, [1, None, 3.0], n + 1)
        for n in range(items)
    ]
    bars = [Bar("内科 <1> & 外科", 3.0, "3.0%", "–", "3 / 100"), Bar("空", None, "–", "–", "")]
    return Paper(
        "院长月报 <b>",
        ["统计期：2026 年 3 月"],
        [Section("院长视窗", "三月", [Group("住院", listed)]),
         Section("按科室", "", bars=[Bars(listed[0], bars, 2)])],
        [Remark("EX-04 · 2026 年 3 月", "林院长 2026-04-01", "新楼启用 & <扩容>")],
        [f"EX-04 口径 {n}" for n in range(items)],
        "ab" * 32,
        "院长月报",
    )  # fmt: skip


def test_the_same_paper_gives_the_same_bytes_and_its_pages_are_counted() -> None:
    content, pages = print_paper(paper(70))
    assert print_paper(paper(70)) == (content, pages)
    read = pypdf.PdfReader(io.BytesIO(content))
    assert len(read.pages) == pages > 2
    for number, page in enumerate(read.pages, start=1):
        assert f"第 {number} 页，共 {pages} 页" in page.extract_text()
    words = words_of(content)
    for wanted in (
        "出院人次69",
        "新楼启用&<扩容>",
        "内科<1>&外科",
        "另有2项未列出",
        "[70]EX-04口径69",
    ):
        assert wanted in words


names = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), max_size=40)


@settings(max_examples=25, deadline=None)
@given(name=names, items=st.integers(1, 5))
def test_no_text_breaks_a_report(name: str, items: int) -> None:
    content, pages = print_paper(paper(items, name=name))
    assert content.startswith(b"%PDF-")
    assert pages >= 1
