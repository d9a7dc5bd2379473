"""Whether a result has to be worked on, and how a finding stands. Pure.

A finding is open when the share of a result is above the threshold. Whoever acknowledges it says
why, and it stays so until more of the rows violate the rule than then: then it is open again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple

from lianyi.applications.indicators.quality.model import Cell, Decision, Result, Rule, Said

WORSE_BY: Final = 0.10
"""By how much of itself the share must grow before what was acknowledged is open again."""

TOGETHER: Final = 16
"""Each rule of a pass is a sum of zeros and ones, whose cost grows with their number."""

State = Literal["open", "assigned", "acknowledged"]


def share(violated: int, denominator: int) -> float:
    """Return the percent of rows that violate a rule; of none: 0."""
    return 100.0 * violated / denominator if denominator else 0.0


def is_over(violated: int, denominator: int, threshold: float) -> bool:
    """Tell whether a share is above a threshold in percent, without rounding."""
    return violated * 100.0 > threshold * denominator


def is_worse(violated: int, denominator: int, before: Decision) -> bool:
    """Tell whether it is worse than when somebody said something about it."""
    then = share(int(before.facts["violated"]), int(before.facts["denominator"]))
    return share(violated, denominator) > then * (1 + WORSE_BY)


class Standing(NamedTuple):
    """How a finding stands.

    Attributes:
        state: what is to be done.
        to: to whom it was given; empty: to nobody.
        note: what the last one said who acknowledged it.
        by: who said the last.
        at: when; None: nobody has said anything.
        came_back: whether it was acknowledged, and is worse since.
    """

    state: State
    to: str
    note: str
    by: str
    at: datetime | None
    came_back: bool


def standing(result: Result, said: Iterable[Decision]) -> Standing:
    """Return how a finding stands by what was said about it, the oldest first."""
    found = Standing("open", "", "", "", None, False)
    for one in said:
        if one.said is Said.ASSIGNED:
            found = Standing(
                "assigned", str(one.facts["to"]), found.note, one.by_name, one.at, False
            )
        elif one.said is Said.ACKNOWLEDGED:
            worse = is_worse(result.violated, result.denominator, one)
            state: State = "open" if worse else "acknowledged"
            found = Standing(state, found.to, str(one.facts["note"]), one.by_name, one.at, worse)
        else:
            found = Standing("open", found.to, found.note, one.by_name, one.at, False)
    return found


def together_counted(rules: Iterable[Rule], *, by_time: bool = False) -> Iterator[list[Rule]]:
    """Give the rules that are counted in one pass, at most :data:`TOGETHER` of them.

    Args:
        rules: on the star.
        by_time: whether those of a pass must also go by one time.
    """
    groups: dict[tuple[str, ...], list[Rule]] = {}
    for one in rules:
        of = (one.table, one.department, one.time if by_time else "")
        groups.setdefault(of, []).append(one)
    for group in groups.values():
        for first in range(0, len(group), TOGETHER):
            yield group[first : first + TOGETHER]


def together(results: Iterable[Result]) -> tuple[int, int]:
    """Return the violated rows and the rows of some results."""
    rows = list(results)
    return sum(one.violated for one in rows), sum(one.denominator for one in rows)


def over_since(history: Sequence[tuple[datetime, int, int]], threshold: float) -> datetime | None:
    """Return since when a share is above the threshold without a break.

    Args:
        history: instant, violated rows and rows of each run, the newest first.
        threshold: percent.

    Returns:
        The instant of the oldest run of the unbroken line; None: the newest is not above.
    """
    found = None
    for at, violated, denominator in history:
        if not is_over(violated, denominator, threshold):
            break
        found = at
    return found


def by_cell(decisions: Iterable[Decision]) -> dict[tuple[str, Cell], list[Decision]]:
    """Return what was said by what it is about, in the order in which it was said."""
    found: dict[tuple[str, Cell], list[Decision]] = {}
    for one in decisions:
        found.setdefault((one.rule, one.cell), []).append(one)
    return found
