"""Parameters whose values are a language of their own: ``_text``, ``_content``, ``near``. Pure.

Words stand beside each other, with ``and``, ``or``, ``not`` between them and parentheses around
them; what stands between quotes is a phrase.

Sources:
    HL7 FHIR R4, 3.1.1.4.19 and .20 (``_text``, ``_content``); Location, ``near``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from lianyi.projections.clinical import words
from lianyi.projections.clinical.file_words import FILED
from lianyi.projections.clinical.ids import parameter_number
from lianyi.projections.clinical.search.alternatives import numbers
from lianyi.projections.clinical.search.conditions import (
    Everything,
    Leads,
    Near,
    Node,
    Not,
    Worded,
    every,
    some,
)
from lianyi.projections.clinical.search.parameters import Plain
from lianyi.projections.clinical.search.problems import unreadable
from lianyi.projections.clinical.search.values import split, unescaped

PHRASES_MAX: Final = 30
DEPTH_MAX: Final = 10
METRES: Final = {"": 1000.0, "km": 1000.0, "m": 1.0, "[mi_us]": 1609.347219, "[mi_i]": 1609.344}
"""Units of a distance (UCUM), in metres; where none is said it is km."""
NEAR_KM: Final = "10"
"""So far is near where nothing is said."""
FAR_METRES: Final = 20_100_000.0
"""Half around the Earth."""

_WORD: Final = re.compile(r'\s*(?:"([^"]*)"|([()])|([^\s()"]+))')
_NUMBER: Final = re.compile(r"[+-]?\d{1,9}(?:\.\d{1,20})?", re.ASCII)


# --- words --------------------------------------------------------------------------------------


def words_node(plain: Plain, value: str, *, reads_files: bool = False) -> Node:
    """Return what a value of ``_text`` or ``_content`` means.

    Args:
        plain: the criterion.
        value: of it, still escaped.
        reads_files: whether each word may stand in a Binary with a file of the resource as well.

    Raises:
        UnreadableSearch: it cannot be read.
    """
    reads_files &= plain.parameter.code == words.CONTENT
    filed = [one for one in plain.types if one in FILED and reads_files]
    return _WordsReader(plain, unescaped(value), filed).whole()


class _WordsReader:
    def __init__(self, plain: Plain, text: str, filed: Sequence[str]) -> None:
        self._plain = plain
        self._filed = filed
        self._words = list(self._cut(text))
        self._at = 0
        if len(self._words) > 4 * PHRASES_MAX:
            raise self._unreadable("it has too many words", "检索词过多")

    def _cut(self, text: str) -> Iterator[tuple[str, str]]:
        at, text = 0, text.rstrip()
        while at < len(text):
            found = _WORD.match(text, at)
            if found is None:
                raise self._unreadable("a quotation mark is missing", "缺少引号")
            at = found.end()
            if found[1] is not None:
                yield "phrase", found[1]
            elif found[2]:
                yield "mark", found[2]
            else:
                kind = "sign" if found[3].lower() in ("and", "or", "not") else "phrase"
                yield kind, found[3].lower() if kind == "sign" else found[3]

    def whole(self) -> Node:
        found = self._either(0)
        if self._at < len(self._words):
            raise self._unreadable("a parenthesis is missing", "括号不匹配")
        return found

    def _next(self) -> tuple[str, str]:
        return self._words[self._at] if self._at < len(self._words) else ("end", "")

    def _either(self, depth: int) -> Node:
        if depth > DEPTH_MAX:
            raise self._unreadable("it is nested too deeply", "嵌套层级过多")
        parts = [self._all(depth)]
        while self._next() == ("sign", "or"):
            self._at += 1
            parts.append(self._all(depth))
        return some(*parts)

    def _all(self, depth: int) -> Node:
        """Read words beside each other, all of which must be there."""
        parts = [self._one(depth)]
        while self._next() not in (("end", ""), ("mark", ")"), ("sign", "or")):
            self._at += self._next() == ("sign", "and")
            parts.append(self._one(depth))
        if all(isinstance(one, Not) for one in parts):
            parts.append(Everything(self._plain.types))
        return every(*parts)

    def _one(self, depth: int) -> Node:
        kind, text = self._next()
        self._at += 1
        if (kind, text) == ("sign", "not"):
            if depth > DEPTH_MAX:
                raise self._unreadable("it is nested too deeply", "嵌套层级过多")
            return Not(self._one(depth + 1), self._plain.types)
        if (kind, text) == ("mark", "("):
            found = self._either(depth + 1)
            if self._next() != ("mark", ")"):
                raise self._unreadable("a parenthesis is missing", "括号不匹配")
            self._at += 1
            return found
        said = words.tokens(text) if kind == "phrase" else []
        if not said:
            raise self._unreadable("a word is missing", "缺少检索词")
        grams, phrase = tuple(words.grams_asked(said)), words.written(said)
        own = Worded(numbers(self._plain.types, self._plain.parameter.code), grams, phrase)
        if not self._filed:
            return own
        file = Worded(numbers(("Binary",), words.CONTENT), grams, phrase)
        return some(own, Leads(numbers(self._filed, words.CONTENT), file))

    def _unreadable(self, why: str, why_zh: str) -> Exception:
        return unreadable(self._plain.parameter.code, why, why_zh)


# --- a place ------------------------------------------------------------------------------------


def near_node(plain: Plain, value: str) -> Node:
    """Return what ``latitude|longitude|distance|units`` means; 10 km where no distance is said.

    Raises:
        UnreadableSearch: it is not that.
    """
    parts = [unescaped(one).strip() for one in split(value, "|")]
    latitude, longitude, distance, unit, *more = (*parts, "", "", "")[: max(len(parts), 4)]
    numbers = [latitude, longitude, distance or NEAR_KM]
    if more or unit not in METRES or not all(_NUMBER.fullmatch(one) for one in numbers):
        raise _no_place(plain)
    north, east, far = map(float, numbers)
    if abs(north) > 90 or abs(east) > 180 or far < 0:
        raise _no_place(plain)
    ps = tuple(parameter_number(one, plain.parameter.code) for one in plain.types)
    return Near(ps, north, east, min(far * METRES[unit], FAR_METRES))


def _no_place(plain: Plain) -> Exception:
    return unreadable(
        plain.parameter.code,
        "it is latitude|longitude|distance|unit; the unit is km, m, [mi_us] or [mi_i]",
        "应写作 纬度|经度|距离|单位；单位为 km、m、[mi_us] 或 [mi_i]",
    )
