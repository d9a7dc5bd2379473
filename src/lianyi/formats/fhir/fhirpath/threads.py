"""A regular expression walked in all its ways at once.

The ways are kept in the order in which a matcher that goes back would try them, so that the first
to arrive is the match that one would have found.

Source:
    R. Cox, "Regular Expression Matching: the Virtual Machine Approach" (2009), after K. Thompson
    (1968) and R. Pike.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, TypeAlias

SIZE_MAX = 20_000


class Atom(NamedTuple):
    """One character: a class, or itself, as Python writes it."""

    source: str


class Assertion(NamedTuple):
    r"""A place between characters: ``^ $ \b \B \A \Z``."""

    place: str


class Sequence(NamedTuple):
    """One after the other."""

    parts: tuple[Tree, ...]


class Choice(NamedTuple):
    """One of several, the first that leads to a match."""

    parts: tuple[Tree, ...]


class Group(NamedTuple):
    """Brackets; numbered where what they match is kept."""

    part: Tree
    number: int | None


class Repeat(NamedTuple):
    """So many times, as many as possible or, ``lazy``, as few."""

    part: Tree
    least: int
    most: int | None
    lazy: bool


Tree: TypeAlias = Atom | Assertion | Sequence | Choice | Group | Repeat
Spans: TypeAlias = list[tuple[int, int]]
Spend: TypeAlias = Callable[[int], None]
# (operation, argument, next, other next)
Instruction: TypeAlias = tuple[str, object, int, int]


def size(tree: Tree) -> int:
    """Return how many instructions a tree makes."""
    match tree:
        case Atom() | Assertion():
            return 1
        case Sequence(parts):
            return sum(map(size, parts))
        case Choice(parts):
            return sum(map(size, parts)) + len(parts)
        case Group(part, _):
            return size(part) + 2
        case Repeat(part, least, most, _):
            return (size(part) + 1) * max(1, least if most is None else most) + 2


@lru_cache(maxsize=256)
def program(tree: Tree) -> tuple[Instruction, ...]:
    """Return the instructions of a tree; the last one is the match."""
    made: list[Instruction] = []
    _emit(tree, made)
    made.append(("match", None, 0, 0))
    return tuple(made)


def _emit(tree: Tree, made: list[Instruction]) -> None:
    match tree:
        case Atom(source):
            made.append(("atom", source, len(made) + 1, 0))
        case Assertion(place):
            made.append(("place", place, len(made) + 1, 0))
        case Sequence(parts):
            for part in parts:
                _emit(part, made)
        case Group(part, number):
            if number is None:
                _emit(part, made)
                return
            made.append(("save", 2 * number, len(made) + 1, 0))
            _emit(part, made)
            made.append(("save", 2 * number + 1, len(made) + 1, 0))
        case Choice(parts):
            _emit_choice(parts, made)
        case Repeat():
            _emit_repeat(tree, made)


def _emit_choice(parts: tuple[Tree, ...], made: list[Instruction]) -> None:
    ends: list[int] = []
    for part in parts[:-1]:
        fork = len(made)
        made.append(("fork", None, fork + 1, 0))
        _emit(part, made)
        ends.append(len(made))
        made.append(("go", None, 0, 0))
        made[fork] = ("fork", None, fork + 1, len(made))
    _emit(parts[-1], made)
    for end in ends:
        made[end] = ("go", None, len(made), 0)


def _emit_repeat(tree: Repeat, made: list[Instruction]) -> None:
    for _ in range(tree.least):
        _emit(tree.part, made)
    forks: list[int] = []
    if tree.most is None:
        fork = len(made)
        forks.append(fork)
        made.append(("fork", None, 0, 0))
        _emit(tree.part, made)
        made.append(("go", None, fork, 0))
    else:
        for _ in range(tree.most - tree.least):
            forks.append(len(made))
            made.append(("fork", None, 0, 0))
            _emit(tree.part, made)
    for fork in forks:
        ways = (fork + 1, len(made))
        first, other = ways[::-1] if tree.lazy else ways
        made[fork] = ("fork", None, first, other)


class _Way(NamedTuple):
    """One way through the pattern so far: where it stands, what its groups hold."""

    at: int
    saved: tuple[int, ...]


class _Walk:
    """One search."""

    def __init__(self, tree: Tree, text: str, *, by_line: bool, fold: bool, spend: Spend) -> None:
        self._program = program(tree)
        self._text = text
        self._by_line = by_line
        self._options = re.DOTALL | (re.IGNORECASE if fold else 0)
        self._spend = spend

    def matches(self, source: object, character: str) -> bool:
        return _atom(str(source), self._options).match(character) is not None

    def add(self, ways: list[_Way], seen: set[int], begin: _Way, position: int) -> None:
        """Follow a way up to its next character, every fork of it in order."""
        stack = [begin]
        steps = 0
        while stack:
            way = stack.pop()
            if way.at in seen:
                continue
            seen.add(way.at)
            steps += 1
            operation, argument, first, other = self._program[way.at]
            match operation:
                case "go":
                    stack.append(_Way(first, way.saved))
                case "fork":
                    stack += [_Way(other, way.saved), _Way(first, way.saved)]
                case "save":
                    saved = list(way.saved)
                    saved[int(str(argument))] = position
                    stack.append(_Way(first, tuple(saved)))
                case "place":
                    if self._is_place(str(argument), position):
                        stack.append(_Way(first, way.saved))
                case _:
                    ways.append(way)
        self._spend(steps)

    def _is_place(self, place: str, at: int) -> bool:
        text = self._text
        match place:
            case "^":
                return at == 0 or (self._by_line and text[at - 1] == "\n")
            case r"\A":
                return at == 0
            case r"\Z":
                return at == len(text)
            case "$":
                end = at == len(text) or (at == len(text) - 1 and text[at] == "\n")
                return end or (self._by_line and text[at] == "\n")
            case _:
                before = at > 0 and _is_word(text[at - 1])
                after = at < len(text) and _is_word(text[at])
                return (before is not after) is (place == r"\b")

    def search(self, begin: int, groups: int, *, whole: bool) -> tuple[int, ...] | None:
        """Return where the groups of the first match begin and end."""
        found: tuple[int, ...] | None = None
        ways: list[_Way] = []
        nothing = (-1,) * (2 * groups + 2)
        for position in range(begin, len(self._text) + 1):
            seen: set[int] = {way.at for way in ways}
            if found is None and not (whole and position > begin):
                start = (position, *nothing[1:])
                self.add(ways, seen, _Way(0, start), position)
            if not ways and (found is not None or whole):
                break
            character = self._text[position : position + 1]
            following: list[_Way] = []
            seen = set()
            for way in ways:
                operation, argument, onward, _ = self._program[way.at]
                if operation == "match":
                    if whole and character:
                        continue
                    found = (way.saved[0], position, *way.saved[2:])
                    break
                if character and self.matches(argument, character):
                    self.add(following, seen, _Way(onward, way.saved), position + 1)
            ways = following
        return found


def search(
    tree: Tree,
    text: str,
    begin: int = 0,
    *,
    whole: bool = False,
    by_line: bool,
    fold: bool,
    spend: Spend,
) -> Spans | None:
    """Return where the first match and its groups lie; (-1, -1) for a group that took no part.

    Args:
        tree: the pattern.
        text: where to look.
        begin: from which character on.
        whole: the match must reach to the end.
        by_line: ``^`` and ``$`` stand at every line.
        fold: capitals and small letters are the same.
        spend: is told the steps taken as they are taken, and may raise to end the search.
    """
    groups = max((int(str(a)) // 2 for o, a, *_ in program(tree) if o == "save"), default=0)
    saved = _Walk(tree, text, by_line=by_line, fold=fold, spend=spend).search(
        begin, groups, whole=whole
    )
    if saved is None:
        return None
    return [(saved[n], saved[n + 1]) for n in range(0, len(saved), 2)]


@lru_cache(maxsize=4096)
def _atom(source: str, options: int) -> re.Pattern[str]:
    return re.compile(source, options)


def _is_word(character: str) -> bool:
    return re.match(r"\w", character) is not None
