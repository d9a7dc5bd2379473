"""One message of each part: which segments of an HL7 v2 message go together.

Segments form a tree: a result (OBX) belongs to its order (OBR), the order to its group (ORC), the
group to the encounter and patient. A part is one branch and everything above it; what stands beside
the branch and is no part of its own (a specimen, say) goes into every part. No segment is lost.

Source:
    HL7 v2.8.2 chapter 7, ORU^R01, and chapter 4, OML^O21: the nesting of the groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

LEVELS = {"PID": 1, "PV1": 2, "ORC": 3, "OBR": 4, "RXE": 4, "FT1": 4, "OBX": 5, "SPM": 5}
"""How deep a segment opens a branch. Others belong to the branch that is open."""

RESULT = 5
"""From this level on, a branch that is no part may go into every part beside it."""

_DEEPEST = 6


@dataclass(slots=True)
class _Branch:
    """A segment that opens a branch, with the segments that belong to itself."""

    name: str
    level: int
    parent: _Branch | None
    lines: list[int]
    branches: list[_Branch] = field(default_factory=list)
    holds_part: bool = False


def split_lines(names: Sequence[str], by: str) -> list[list[int]]:
    """Say which lines make up each part.

    Args:
        names: the segment name of each line, in order; the first is the head of all parts.
        by: the segment that opens a part.

    Returns:
        For each part its line numbers, rising. Empty when there is no such segment.
    """
    branches = _grown(names, by)
    parts = [branch for branch in branches if branch.name == by]
    if not parts:
        return []
    for part in parts:
        above: _Branch | None = part
        while above is not None and not above.holds_part:
            above.holds_part = True
            above = above.parent
    kept = [_kept(part) for part in parts]
    covered = set().union(*map(set, kept))
    alone = [b for b in branches if b.lines[0] not in covered and b.parent is not None]
    tops = [b for b in alone if b.parent is not None and b.parent.lines[0] in covered]
    return sorted(kept + [_kept(top) for top in tops])


def _grown(names: Sequence[str], by: str) -> list[_Branch]:
    """Return all branches in the order in which they open."""
    root = _Branch(names[0], 0, None, [0])
    branches, current = [root], root
    for n, name in enumerate(names[1:], start=1):
        level = LEVELS.get(name) or (_DEEPEST if name == by else 0)
        if not level:
            current.lines.append(n)
            continue
        parent = current
        while parent.level >= level and parent.parent is not None:
            parent = parent.parent
        current = _Branch(name, level, parent, [n])
        parent.branches.append(current)
        branches.append(current)
    return branches


def _kept(part: _Branch) -> list[int]:
    """Return the lines of a part: itself, everything below and above it, and what goes with all."""
    lines = _all_lines(part)
    below, above = part, part.parent
    while above is not None:
        lines += above.lines
        for beside in above.branches:
            if beside.level >= RESULT and beside.name != below.name and not beside.holds_part:
                lines += _all_lines(beside)
        below, above = above, above.parent
    return sorted(lines)


def _all_lines(branch: _Branch) -> list[int]:
    return branch.lines + [line for inner in branch.branches for line in _all_lines(inner)]
