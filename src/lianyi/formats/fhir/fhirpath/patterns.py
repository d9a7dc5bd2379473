r"""Regular expressions that cannot run away.

A pattern is read into a tree first. Where the tree shows that Python's own matcher, which goes
back and tries again, has little to try, that one is used; else :mod:`threads` walks all ways
through the pattern side by side, in time bounded by text times pattern. Both understand the same
patterns: those of PCRE without back references, look-around, atomic groups and ``\p``.

Source:
    FHIRPath N1, "matches", "replaceMatches".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from lianyi.formats.fhir.fhirpath import threads
from lianyi.formats.fhir.fhirpath.errors import CostlyExpression, UnusablePattern
from lianyi.formats.fhir.fhirpath.threads import (
    Assertion,
    Atom,
    Choice,
    Group,
    Repeat,
    Sequence,
    Spend,
)

LENGTH_MAX = 2_000
_TRIES_MAX = 1_000_000
_OFTEN = 8
_ESCAPED_CLASS = frozenset("dDwWsS")
_WRITTEN_CLASSES = frozenset("\\" + name for name in _ESCAPED_CLASS)
_ESCAPED_PLACE = {"b": r"\b", "B": r"\B", "A": r"\A", "z": r"\Z", "Z": r"\Z"}
_ESCAPED_CHARACTER = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "e": "\x1b"}
_COUNT = re.compile(r"\{(\d{1,4})(?:(,)(\d{1,4})?)?\}")
_NAME = re.compile(r"\(\?P?<([A-Za-z_]\w*)>")
_GROUP = re.compile(r"\$(?:(\d{1,2})|\{(\w+)\})|\\(.)", re.DOTALL)


class Prepared(NamedTuple):
    """A pattern ready for both matchers."""

    tree: threads.Tree
    python: re.Pattern[str]
    repeats: int
    is_nested: bool
    names: dict[str, int]

    def is_quick(self, text: str) -> bool:
        """Whether going back and trying again cannot take long on a text."""
        return not self.is_nested and len(text) ** (self.repeats + 1) <= _TRIES_MAX


class Broken(Exception):
    """The pattern cannot be read: why, and from which of its characters on."""

    def __init__(self, why: str, place: int = 0) -> None:
        super().__init__(why)
        self.place = place


def found(
    pattern: str, text: str, *, at: int, spend: Spend, flags: str = "", whole: bool = False
) -> bool:
    """Whether a text, or with ``whole`` all of it, matches a pattern.

    Args:
        pattern: the regular expression.
        text: where to look.
        at: the character of the expression that asks.
        spend: is told the steps taken; may raise.
        flags: ``i`` and ``m``.
        whole: the match must be all of the text.

    Raises:
        UnusablePattern: it is broken, or of a kind that is not understood.
    """
    prepared = _prepare(pattern, flags, at)
    if prepared.is_quick(text):
        match = prepared.python.fullmatch(text) if whole else prepared.python.search(text)
        return match is not None
    spans = threads.search(
        prepared.tree, text, whole=whole, by_line="m" in flags, fold="i" in flags, spend=spend
    )
    return spans is not None


def replaced(
    pattern: str,
    text: str,
    new: str,
    *,
    at: int,
    spend: Spend,
    flags: str = "",
    length_max: int = 1_000_000,
) -> str:
    """Return a text with all matches replaced.

    In ``new``, ``$1`` and ``${name}`` are what a group matched; a backslash takes the next
    character as it is.

    Raises:
        UnusablePattern: the pattern is broken, or the replacement names a group that is not there.
        CostlyExpression: the text would become longer than ``length_max``.
    """
    prepared = _prepare(pattern, flags, at)
    template = _template(new, prepared, at)
    parts: list[str] = []
    begin = length = 0
    while begin <= len(text):
        if prepared.is_quick(text):
            match = prepared.python.search(text, begin)
            spans = None if match is None else [match.span(n) for n in range(match.re.groups + 1)]
        else:
            spans = threads.search(
                prepared.tree, text, begin, by_line="m" in flags, fold="i" in flags, spend=spend
            )
        if spans is None:
            break
        start, end = spans[0]
        parts += [text[begin:start], template(text, spans)]
        length += len(parts[-2]) + len(parts[-1])
        if length > length_max:
            raise CostlyExpression(at, limit=length_max)
        if end == start:
            parts.append(text[end : end + 1])
            end += 1
        begin = end
    return "".join([*parts, text[begin:]])


def _template(new: str, prepared: Prepared, at: int) -> Callable[[str, threads.Spans], str]:
    pieces: list[str | int] = []
    last = 0
    for match in _GROUP.finditer(new):
        pieces.append(new[last : match.start()])
        last = match.end()
        if match[3] is not None:
            pieces.append(match[3])
            continue
        name = match[1] or match[2]
        number = int(name) if name.isdigit() else prepared.names.get(name, -1)
        if not 0 <= number <= prepared.python.groups:
            raise UnusablePattern(at, place=match.start() + 1)
        pieces.append(number)
    pieces.append(new[last:])

    def fill(text: str, spans: threads.Spans) -> str:
        said = [
            piece if isinstance(piece, str) else text[spans[piece][0] : spans[piece][1]]
            if spans[piece][0] >= 0 else ""
            for piece in pieces
        ]  # fmt: skip
        return "".join(said)

    return fill


def _prepare(pattern: str, flags: str, at: int) -> Prepared:
    try:
        return prepare(pattern, flags)
    except Broken as broken:
        raise UnusablePattern(at, place=broken.place + 1) from None


@lru_cache(maxsize=1024)
def prepare(pattern: str, flags: str = "") -> Prepared:
    """Return a pattern ready to match.

    Raises:
        Broken: with what is wrong.
    """
    if len(pattern) > LENGTH_MAX:
        raise Broken(f"it has more than {LENGTH_MAX} characters")
    if set(flags) - {"i", "m"}:
        raise Broken("its flags may be i and m")
    reader = _Reader(pattern)
    tree = reader.read()
    if threads.size(tree) > threads.SIZE_MAX:
        raise Broken("its counts are too large")
    options = (
        re.DOTALL | (re.IGNORECASE if "i" in flags else 0) | (re.MULTILINE if "m" in flags else 0)
    )
    try:
        python = re.compile(_python(tree), options)
    except (re.error, OverflowError, RecursionError):
        raise Broken("it is malformed") from None
    repeats, is_nested = _repeats(tree)
    return Prepared(tree, python, repeats, is_nested, reader.names)


def _repeats(tree: threads.Tree) -> tuple[int, bool]:
    """Return how many parts may match at many lengths, and whether one lies within another."""
    match tree:
        case Sequence(parts) | Choice(parts):
            inner = [_repeats(part) for part in parts]
            return sum(n for n, _ in inner), any(nested for _, nested in inner)
        case Group(part, _):
            return _repeats(part)
        case Repeat(part, least, most, _):
            count, nested = _repeats(part)
            often = most is None or most - least >= _OFTEN
            many = most is None or most > 1
            varies = count > 0 or _is_optional(part)
            return count + often, nested or (many and varies)
        case _:
            return 0, False


def _is_optional(tree: threads.Tree) -> bool:
    """Whether a part may match at different lengths in more ways than one."""
    match tree:
        case Sequence(parts):
            return any(_is_optional(part) for part in parts)
        case Choice(parts):
            return len(parts) > 1
        case Group(part, _):
            return _is_optional(part)
        case Repeat():
            return True
        case _:
            return False


def _python(tree: threads.Tree) -> str:
    """Return the pattern as Python writes it."""
    match tree:
        case Atom(source) | Assertion(source):
            return source
        case Sequence(parts):
            return "".join(map(_python, parts))
        case Choice(parts):
            return "|".join(map(_python, parts))
        case Group(part, number):
            return f"({'' if number is not None else '?:'}{_python(part)})"
        case Repeat(part, least, most, lazy):
            return f"(?:{_python(part)}){{{least},{'' if most is None else most}}}{'?' * lazy}"


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._groups = 0
        self._depth = 0
        self.names: dict[str, int] = {}

    def read(self) -> threads.Tree:
        tree = self._choice()
        if self._at < len(self._pattern):
            raise Broken("a bracket is closed that was not opened", self._at)
        return tree

    def _peek(self, text: str) -> bool:
        return self._pattern.startswith(text, self._at)

    def _choice(self) -> threads.Tree:
        self._depth += 1
        if self._depth > 50:
            raise Broken("it is nested too deep", self._at)
        parts = [self._sequence()]
        while self._peek("|"):
            self._at += 1
            parts.append(self._sequence())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self) -> Sequence:
        parts: list[threads.Tree] = []
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            parts.append(self._repeated(self._one()))
        return Sequence(tuple(parts))

    def _repeated(self, part: threads.Tree) -> threads.Tree:
        counts = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        mark = self._pattern[self._at : self._at + 1]
        least: int
        most: int | None
        if mark in counts and mark:
            least, most = counts[mark]
            self._at += 1
        elif match := _COUNT.match(self._pattern, self._at):
            least = int(match[1])
            most = least if match[2] is None else (int(match[3]) if match[3] else None)
            if most is not None and most < least:
                raise Broken("a count is upside down", self._at)
            self._at = match.end()
        else:
            return part
        if isinstance(part, Assertion):
            raise Broken("a place is repeated", self._at)
        lazy = self._peek("?")
        self._at += lazy
        if self._pattern[self._at : self._at + 1] in {"*", "+", "?"}:
            raise Broken("a repeat is repeated", self._at)
        return Repeat(part, least, most, lazy)

    def _one(self) -> threads.Tree:
        mark = self._pattern[self._at]
        self._at += 1
        match mark:
            case "(":
                return self._group()
            case "[":
                return self._class()
            case ".":
                return Atom(".")
            case "^" | "$":
                return Assertion(mark)
            case "\\":
                return self._escape()
            case "*" | "+" | "?":
                raise Broken("there is nothing to repeat", self._at)
            case _:
                return Atom(re.escape(mark))

    def _group(self) -> Group:
        number: int | None = None
        if self._peek("?:"):
            self._at += 2
        elif match := _NAME.match(self._pattern, self._at - 1):
            number = self._groups = self._groups + 1
            self.names[match[1]] = number
            self._at = match.end()
        elif self._peek("?") or self._peek("*"):
            raise Broken("look-around, atomic groups and options are not understood", self._at)
        else:
            number = self._groups = self._groups + 1
        part = self._choice()
        if not self._peek(")"):
            raise Broken("a bracket is not closed", self._at)
        self._at += 1
        return Group(part, number)

    def _escape(self) -> Atom | Assertion:
        mark = self._pattern[self._at : self._at + 1]
        self._at += 1
        if mark in _ESCAPED_PLACE:
            return Assertion(_ESCAPED_PLACE[mark])
        return Atom(self._character(mark))

    def _character(self, mark: str) -> str:
        """Return, as Python writes it, what a backslash before a mark means."""
        if mark in _ESCAPED_CLASS and mark:
            return "\\" + mark
        if mark in _ESCAPED_CHARACTER:
            return re.escape(_ESCAPED_CHARACTER[mark])
        digits = {"u": 4, "x": 2}.get(mark)
        if digits is not None:
            code = self._pattern[self._at : self._at + digits]
            if not re.fullmatch(f"[0-9A-Fa-f]{{{digits}}}", code):
                raise Broken("a character is given by no number", self._at)
            self._at += digits
            return re.escape(chr(int(code, 16)))
        if not mark or mark.isalnum():
            raise Broken(f"\\{mark} is not understood", self._at)
        return re.escape(mark)

    def _class(self) -> Atom:
        """Read a character class up to its bracket."""
        parts = ["["]
        if self._peek("^"):
            parts.append("^")
            self._at += 1
        parts.append(self._member())
        while not self._peek("]"):
            parts.append(self._member())
        self._at += 1
        return Atom("".join([*parts, "]"]))

    def _member(self) -> str:
        """Read one character, range or named class of a character class."""
        first = self._class_character()
        if not self._peek("-") or self._pattern.startswith("-]", self._at):
            return first
        self._at += 1
        last = self._class_character()
        if {first, last} & _WRITTEN_CLASSES:
            raise Broken("a range has no end", self._at)
        return f"{first}-{last}"

    def _class_character(self) -> str:
        if self._at >= len(self._pattern):
            raise Broken("a class is not closed", self._at)
        mark = self._pattern[self._at]
        self._at += 1
        if mark != "\\":
            return re.escape(mark) if mark not in "[&|~-" else "\\" + mark
        mark = self._pattern[self._at : self._at + 1]
        self._at += 1
        return r"\x08" if mark == "b" else self._character(mark)
