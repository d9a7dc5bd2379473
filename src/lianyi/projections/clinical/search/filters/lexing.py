"""The text of a filter cut into words, each with its place. Pure.

Source:
    HL7 FHIR R4, 3.1.3 (``_filter``), formal grammar.
"""

from __future__ import annotations

import json
import re
from typing import Final, Literal, NamedTuple

from lianyi.projections.clinical.search.filters.problems import unreadable_filter

CHARACTERS_MAX: Final = 8_000

_BLANK: Final = re.compile(r"\s*")
_PATH: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*", re.ASCII)
_TOKEN: Final = re.compile(r'[^\s)\]"][^\s)\]]*')
_STRING: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"', re.DOTALL)
_MARKS: Final = "()[]."


class Word(NamedTuple):
    """A word: a name, a value, one of the marks ``( ) [ ] .``, or the end."""

    kind: Literal["name", "value", "mark", "end"]
    text: str
    at: int


class Words:
    """Reads a filter word by word; what is expected says how the next one is read."""

    def __init__(self, text: str) -> None:
        """Begin.

        Raises:
            UnreadableFilter: it is too long.
        """
        if len(text) > CHARACTERS_MAX:
            raise unreadable_filter(
                CHARACTERS_MAX, f"it is longer than {CHARACTERS_MAX} characters", "过滤表达式过长"
            )
        self._text = text
        self.at = 0

    def _skip(self) -> int:
        found = _BLANK.match(self._text, self.at)
        return found.end() if found else self.at

    def peek(self) -> Word:
        """Return the next name, mark or the end, without going on."""
        at = self._skip()
        if at == len(self._text):
            return Word("end", "", at)
        if self._text[at] in _MARKS:
            return Word("mark", self._text[at], at)
        found = _PATH.match(self._text, at)
        if found is None:
            raise unreadable_filter(
                at, "a parameter or a parenthesis is missing", "此处应为检索参数或括号"
            )
        return Word("name", found[0], at)

    def next(self) -> Word:
        """Return the next name, mark or the end."""
        found = self.peek()
        self.at = found.at + len(found.text)
        return found

    def follows(self, mark: str) -> bool:
        """Tell whether a mark stands here at once, without a blank, and go behind it."""
        if self._text[self.at : self.at + 1] != mark:
            return False
        self.at += 1
        return True

    def blank(self) -> None:
        """Go over a blank that must stand here.

        Raises:
            UnreadableFilter: there is none.
        """
        at = self._skip()
        if at == self.at:
            raise unreadable_filter(at, "a blank is missing", "此处缺少空格")
        self.at = at

    def value(self) -> Word:
        """Return the next value: a JSON string, or whatever stands up to a blank, ) or ].

        Raises:
            UnreadableFilter: there is none.
        """
        at = self._skip()
        found = _STRING.match(self._text, at)
        if found is not None:
            try:
                text = json.loads(found[0])
            except ValueError:
                text = None
            if not isinstance(text, str) or "\x00" in text or not _is_text(text):
                raise unreadable_filter(at, "this is no JSON string", "不是合法的 JSON 字符串")
        else:
            found = _TOKEN.match(self._text, at)
            if found is None:
                raise unreadable_filter(at, "a value is missing", "此处缺少取值")
            text = found[0]
        self.at = found.end()
        return Word("value", text, at)


def _is_text(text: str) -> bool:
    return not any("\ud800" <= one <= "\udfff" for one in text)
