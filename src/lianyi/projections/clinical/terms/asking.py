"""What a question about codes says. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lianyi.projections.clinical.terms.answers import Page
from lianyi.projections.clinical.terms.problems import UnreadableQuestion

CHARACTERS_MAX: Final = 2_000
COUNT, COUNT_MAX = 1_000, 5_000
OFFSET_MAX: Final = 10_000_000


class AskedCodes:
    """Reads the parameters of one question; one that is said twice counts as said last."""

    def __init__(self, query: Sequence[tuple[str, str]]) -> None:
        """Read what stands in an address."""
        self._said = dict(query)

    def said(self, name: str) -> str:
        """Return a parameter; empty: it is not said.

        Raises:
            UnreadableQuestion: it is no text of a usual length.
        """
        text = self._said.get(name, "").strip()
        if len(text) > CHARACTERS_MAX or "\x00" in text:
            raise UnreadableQuestion(
                where=name,
                why="it is too long, or has a character that no text has",
                why_zh="取值过长或含有非法字符",
            )
        return text

    def needed(self, name: str) -> str:
        """Return a parameter that must be said.

        Raises:
            UnreadableQuestion: it is not.
        """
        text = self.said(name)
        if not text:
            raise UnreadableQuestion(
                where=name, why="this parameter is missing", why_zh="缺少该参数"
            )
        return text

    @property
    def page(self) -> Page:
        """Which part of an expansion is wanted."""
        count = self._number("count", COUNT, COUNT_MAX)
        return Page(self.said("filter"), self._number("offset", 0, OFFSET_MAX), count)

    def _number(self, name: str, usual: int, most: int) -> int:
        text = self.said(name)
        if not text:
            return usual
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise UnreadableQuestion(where=name, why="it is no whole number", why_zh="不是整数")
        return min(int(text), most)
