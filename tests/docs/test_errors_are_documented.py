"""Every error that can reach a person has its paragraph, in both languages."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

from lianyi.base.errors import every_error

CHINESE = re.compile("[\u4e00-\u9fff]")
HEADING = re.compile(r"^## (LY-\d{4}) ([^/\n]+) / (.+)$", re.MULTILINE)


def paragraphs(page: str) -> dict[str, list[str]]:
    """Code to the paragraphs under its heading."""
    parts = re.split(r"^(?=## )", page, flags=re.MULTILINE)[1:]
    return {part[3:10]: part.strip().split("\n\n")[1:] for part in parts}


def test_every_code_has_a_paragraph_and_every_paragraph_a_code(
    docs: Path, pages: ModuleType
) -> None:
    known = {kind.code for kind in every_error() if kind.__module__.startswith("lianyi.")}
    told = set(paragraphs((docs / "reference" / "errors.md").read_text(encoding="utf-8")))
    assert sorted(known - told) == [], "these have no paragraph"
    assert sorted(told - known) == [], "these explain nothing"


def test_paragraphs_stand_in_the_order_of_their_codes(docs: Path) -> None:
    codes = HEADING.findall((docs / "reference" / "errors.md").read_text(encoding="utf-8"))
    assert [code for code, _, _ in codes] == sorted({code for code, _, _ in codes})


def test_every_paragraph_is_told_in_english_and_then_in_chinese(docs: Path) -> None:
    page = (docs / "reference" / "errors.md").read_text(encoding="utf-8")
    titles = {code: (english, chinese) for code, english, chinese in HEADING.findall(page)}
    told = paragraphs(page)
    assert titles.keys() == told.keys()
    wrong = [
        code
        for code, parts in told.items()
        if CHINESE.search(titles[code][0])
        or not CHINESE.search(titles[code][1])
        or len(parts) < 2
        or CHINESE.search(parts[0])
        or not CHINESE.search(parts[-1])
    ]
    assert wrong == []
