"""The words of delivering, and what a destination's worker needs from a store.

A healthy delivery is one receipt and a moved position. Only what is not simply done is an
:class:`Exceptional`: it waits for another attempt, is parked until a person decides, or stands
behind an earlier message of its key.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple, Protocol

from lianyi.messagelog import Position


class Outcome(IntEnum):
    """What came of one attempt."""

    DELIVERED = 0
    REFUSED = 1
    NO_ANSWER = 2
    CANNOT_TRANSFORM = 3


class ExceptionState(StrEnum):
    """Where a delivery stands that is not simply done."""

    WAITING = "waiting"
    PARKED = "parked"
    BEHIND = "behind"
    RESEND = "resend"
    DELIVERED = "delivered"
    DISMISSED = "dismissed"


S = ExceptionState
MOVES: Mapping[ExceptionState, frozenset[ExceptionState]] = {
    S.WAITING: frozenset({S.WAITING, S.PARKED, S.DELIVERED, S.DISMISSED, S.RESEND}),
    S.PARKED: frozenset({S.RESEND, S.DISMISSED}),
    S.BEHIND: frozenset({S.WAITING, S.PARKED, S.DELIVERED, S.DISMISSED, S.RESEND}),
    S.RESEND: frozenset({S.WAITING, S.PARKED, S.DELIVERED, S.DISMISSED}),
    S.DELIVERED: frozenset(),
    S.DISMISSED: frozenset(),
}
"""Who moves what: the worker everything but ``PARKED``; a person that one."""


class Receipt(NamedTuple):
    """What one destination answered to one attempt; in the order of the table's columns."""

    number: int
    at: datetime
    destination: int
    millis: int
    shard: int
    outcome: int
    version: int
    answer: str
    replay: uuid.UUID | None = None


@dataclass(slots=True)
class Exceptional:
    """One delivery that is not simply done."""

    number: int
    order_key: str
    state: ExceptionState
    since: datetime
    attempts: int = 0
    due_at: datetime | None = None
    error: dict[str, Any] | None = None
    repaired: Position | None = None
    decided_at: datetime | None = None


class Decision(NamedTuple):
    """What a person decided about a delivery, and when."""

    number: int
    decided_at: datetime
    state: ExceptionState
    order_key: str
    since: datetime
    repaired: Position | None


@dataclass(slots=True)
class Standing:
    """Where a destination stands when its worker starts."""

    position: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    exceptions: list[Exceptional] = field(default_factory=list)
    done_above: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Progress:
    """What a worker has done since it last told the store: one transaction."""

    position: int
    counts: Mapping[str, int]
    receipts: Sequence[Receipt] = ()
    exceptions: Sequence[Exceptional] = ()
    finished: Sequence[int] = ()


class DeliveryStore(Protocol):
    """Keeps what one destination's worker must not forget."""

    async def load(self) -> Standing:
        """Return where the destination stands."""
        ...

    async def save(self, progress: Progress) -> None:
        """Keep receipts, exceptions and the position, together or not at all.

        ``exceptions`` are written as they are, ``finished`` are deleted, or kept as delivered
        where a person had decided about them.

        Raises:
            LostLease: another process delivers to this destination now.
            LogUnavailable: the store cannot be reached; nothing was kept.
        """
        ...

    async def leave(self, receipts: Sequence[Receipt]) -> None:
        """Keep attempts that were made before another process took over; nothing else moves.

        Raises:
            LogUnavailable: the store cannot be reached; nothing was kept.
        """
        ...

    async def decisions(self) -> Sequence[Decision]:
        """Return the deliveries that people want sent again or dismissed."""
        ...

    async def repaired_body(self, position: Position) -> bytes:
        """Return what a person made of a message."""
        ...

    async def show(self, state: Mapping[str, Any]) -> None:
        """Show people how the destination is doing."""
        ...
