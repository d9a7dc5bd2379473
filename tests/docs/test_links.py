"""A link to another page leads somewhere, and every page can be found from the index."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?!https?://|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")


def links(page: Path) -> set[Path]:
    """Every local file that a page links to."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return {(page.parent / found).resolve() for found in LINK.findall(text)}


def test_no_link_is_broken() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]
    broken = {
        str(page.relative_to(ROOT)): sorted(
            str(target) for target in links(page) if not target.exists()
        )
        for page in pages
    }
    assert {page: targets for page, targets in broken.items() if targets} == {}


def test_every_page_can_be_reached_from_the_index() -> None:
    index = (ROOT / "docs" / "README.md").resolve()
    seen: set[Path] = set()
    ahead = {index}
    while ahead:
        page = ahead.pop()
        seen.add(page)
        ahead |= {found for found in links(page) if found.suffix == ".md" and found.exists()} - seen
    lost = {page.resolve() for page in (ROOT / "docs").rglob("*.md")} - seen
    assert sorted(str(page.relative_to(ROOT)) for page in lost) == []
