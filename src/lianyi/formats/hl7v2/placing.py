"""Whether segments stand where the structure of the message allows them.

A cursor walks through the tree of the structure, segment by segment. Each next segment goes to the
nearest place ahead that skips the least of what is required; a group that repeats is also
ahead. What was skipped is missing; a segment without such a place is one too many.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from lianyi.formats.hl7v2.findings import FindingKind
from lianyi.formats.hl7v2.structures import ANY, UNBOUNDED, Node

Report = Callable[[FindingKind, str, str], None]
"""Takes what is wrong, the segment, and what stands before or after it."""


class _Level:
    """One open group: the child at which the cursor stands, and how often it was there."""

    __slots__ = ("at", "count", "node")

    def __init__(self, node: Node, at: int, count: int) -> None:
        self.node = node
        self.at = at
        self.count = count

    def left_over(self) -> list[str]:
        """Return what is still required when the cursor leaves this group."""
        children = self.node.children
        if self.node.is_choice:
            return [] if self.count or not self.node.opener else [self.node.opener]
        waiting = self.at if not self.count else self.at + 1
        return [child.opener for child in children[waiting:] if child.least and child.opener]


class _Place(NamedTuple):
    """Where a segment could go: the level, the way down from it, and what that skips."""

    skipped: list[str]
    level: int
    way: tuple[int, ...]
    repeats_once_only: bool


class Cursor:
    """Walks through one message structure."""

    def __init__(self, root: Node, report: Report) -> None:
        self.root = root
        self._report = report
        self._levels = [_Level(root, 0, 0)]
        self._last = ""

    def take(self, name: str) -> None:
        """Put the next segment into its place, and report what that leaves wrong."""
        deepest = self._levels[-1]
        if name == self._last and deepest.count and not deepest.node.is_choice:
            child = deepest.node.children[deepest.at]
            if child.name == name and child.most == UNBOUNDED:
                return
        place = self._nearest(name) or self._nearest(ANY)
        if place is None:
            known = name in self.root.names
            kind = FindingKind.MISPLACED_SEGMENT if known else FindingKind.UNEXPECTED_SEGMENT
            self._report(kind, name, self._last)
            return
        for missing in place.skipped:
            self._report(FindingKind.MISSING_SEGMENT, missing, name)
        if place.repeats_once_only:
            self._report(FindingKind.REPEATED_SEGMENT, name, self._last)
        self._go(place)
        self._last = name

    def finish(self) -> None:
        """Report what is missing at the end."""
        for level in reversed(self._levels):
            for missing in level.left_over():
                self._report(FindingKind.MISSING_AT_END, missing, "")

    def _nearest(self, name: str) -> _Place | None:
        """Return the best place ahead; None when there is none."""
        if name not in self.root.names:
            return None
        best: _Place | None = None
        left: list[str] = []
        for depth in range(len(self._levels) - 1, -1, -1):
            level = self._levels[depth]
            for place in self._within(level, depth, name, left):
                if best is None or _cost(place) < _cost(best):
                    best = place
            if best is not None and not _cost(best):
                return best
            left = [*left, *level.left_over()]
        return best

    def _within(self, level: _Level, depth: int, name: str, left: list[str]) -> list[_Place]:
        """Return the places at one level, nearest first."""
        places = []
        passed: list[str] = []
        choice = level.node.is_choice
        for n in range(0 if choice and not level.count else level.at, len(level.node.children)):
            child = level.node.children[n]
            again = n == level.at and level.count > 0
            if name in child.names:
                once = again and child.most not in (UNBOUNDED, 0) and level.count >= child.most
                inside, way = _way_down(child, name)
                places.append(_Place([*left, *passed, *inside], depth, (n, *way), once))
            if choice and again:
                break
            if child.least and child.opener and not again and not choice:
                passed.append(child.opener)
        return places

    def _go(self, place: _Place) -> None:
        del self._levels[place.level + 1 :]
        level = self._levels[-1]
        first = place.way[0]
        level.count = level.count + 1 if first == level.at else 1
        level.at = first
        node = level.node.children[first]
        for n in place.way[1:]:
            self._levels.append(_Level(node, n, 1))
            node = node.children[n]


def _cost(place: _Place) -> int:
    """Return how unlikely a place is: skipping is better than repeating what stands once."""
    return len(place.skipped) + (2 if place.repeats_once_only else 0)


def _way_down(node: Node, name: str) -> tuple[list[str], tuple[int, ...]]:
    """Return what is skipped on the way from the top of a group to a segment, and the way."""
    if not node.children:
        return [], ()
    best: tuple[list[str], tuple[int, ...]] | None = None
    passed: list[str] = []
    for n, child in enumerate(node.children):
        if name in child.names:
            inside, way = _way_down(child, name)
            skipped = [*passed, *inside]
            if best is None or len(skipped) < len(best[0]):
                best = skipped, (n, *way)
        if child.least and child.opener and not node.is_choice:
            passed.append(child.opener)
    return best or ([], ())
