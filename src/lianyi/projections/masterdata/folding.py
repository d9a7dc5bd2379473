"""From statements to what holds: the same statements give the same, in whatever order they came.

Statements are ordered by when their message came into the log, then by its position. What a person
took back is left out from the beginning, as if it had never been said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import orjson

from lianyi.base.errors import LianyiError
from lianyi.messagelog.message import Position
from lianyi.projections.masterdata import rules
from lianyi.projections.masterdata.changes import to_json
from lianyi.projections.masterdata.model import (
    Change,
    Loss,
    Proposal,
    Retract,
    Statement,
)
from lianyi.projections.masterdata.problems import NothingToRetract
from lianyi.projections.masterdata.sifting import holds_already, is_feed, sift
from lianyi.projections.masterdata.state import State
from lianyi.projections.masterdata.telling import origin_of
from lianyi.projections.projection import judged

Order = tuple[datetime, int, int, int]
Place = tuple[Position, int]
"""Which statement: the position of its message, and its part."""


def fold(statements: Iterable[Statement]) -> tuple[State, dict[Order, LianyiError]]:
    """Return what holds after all statements, and why some of them do not."""
    ordered = sorted(statements, key=lambda one: one.order)
    taken_back, refused = retractions(ordered)
    state = State()
    for statement in ordered:
        if statement.place in taken_back or statement.unreadable is not None:
            continue
        failure = let_hold(state, statement)
        if failure is not None:
            refused[statement.order] = failure
    return state, refused


def let_hold(state: State, statement: Statement) -> LianyiError | None:
    """Apply one statement that comes after all others; return why it does not hold."""
    work = _hear_feed if is_feed(statement) else rules.apply
    _, failure = judged(lambda: work(state, statement), where=str(statement.position))
    return failure


def _hear_feed(state: State, statement: Statement) -> None:
    """Take of what a system says what counts, and propose what a person must decide.

    Raises:
        LianyiError: it cannot be, whoever said it.
    """
    sifted = [sift(state, statement, change) for change in statement.changes]
    proposed = tuple(one.proposed for one in sifted if one.proposed is not None)
    taken = tuple(one.taken for one in sifted if one.taken is not None)
    rules.apply(state, statement._replace(changes=taken))
    rules.check(state, statement._replace(changes=proposed))
    origin = origin_of(state, statement)
    for one in sifted:
        if one.proposed is not None:
            _propose(state, statement, one.proposed, one.why, origin.source)
        for thing, field, value in one.lost:
            state.lose(thing, Loss(field, value, origin.source, origin.said, statement.day, ""))
    state.commit()


def _propose(state: State, statement: Statement, change: Change, why: str, source: str) -> None:
    """Ask a person, unless it holds already or was refused: the same is not asked twice."""
    facts = to_json(change)
    undated = {name: value for name, value in facts.items() if name not in ("on", "until")}
    key = orjson.dumps([source, undated], option=orjson.OPT_SORT_KEYS).decode()
    known = state.proposals.get(key)
    waits = known is not None and known.decided_by is None and known.change == facts
    refused = known is not None and known.accepted is False
    if waits or refused or holds_already(state, statement, change):
        return
    state.set_proposal(
        key,
        Proposal(statement.position, statement.part, statement.received_at, source, why, facts),
    )


def let_all_hold(
    state: State, statements: Iterable[Statement]
) -> list[tuple[Statement, LianyiError | None]]:
    """Apply statements that come after all others; return each with why it does not hold."""
    return [
        (one, None if one.unreadable is not None else let_hold(state, one)) for one in statements
    ]


def is_retraction(statement: Statement) -> bool:
    """Tell whether a statement takes another one back."""
    return any(isinstance(change, Retract) for change in statement.changes)


def retractions(
    ordered: Iterable[Statement],
) -> tuple[Mapping[Place, Position], dict[Order, LianyiError]]:
    """Return which statements were taken back, by which; and which takings back mean nothing."""
    counting: dict[Position, set[int]] = {}
    taken_back: dict[Place, Position] = {}
    refused: dict[Order, LianyiError] = {}
    for statement in ordered:
        for change in statement.changes:
            if not isinstance(change, Retract):
                continue
            parts = counting.get(change.position, set())
            parts = {part for part in parts if change.part in (None, part)}
            if not parts:
                refused[statement.order] = NothingToRetract(
                    where=str(statement.position), position=str(change.position)
                )
            for part in parts:
                taken_back[change.position, part] = statement.position
                counting[change.position].discard(part)
        if not is_retraction(statement) and statement.unreadable is None:
            counting.setdefault(statement.position, set()).add(statement.part)
    return taken_back, refused
