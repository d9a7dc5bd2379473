"""Why a destination is behind (A1.10): too many errors, or too many messages. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from lianyi.channels.breaker import BreakerState


class Cause(StrEnum):
    """How a destination is doing, in one word."""

    FLOWING = "flowing"
    IDLE = "idle"
    SLOW = "slow"
    DOWN = "down"
    POISON = "poison"
    OVERLOADED = "overloaded"
    STOPPED = "stopped"


class Signs(NamedTuple):
    """What is seen of a destination over the last seconds.

    Attributes:
        running: it is wanted to run.
        breaker: of its circuit.
        silent_lanes: lanes whose attempt is unanswered for more than half the time limit.
        lanes: all of them.
        queued: messages of its channel that it has not come to yet.
        queued_growing: the queue is longer than some seconds ago.
        delivered_per_second: over the last seconds.
        answer_millis: mean time to an answer over the last seconds; 0 when there was none.
        parked: deliveries that wait for a person.
    """

    running: bool
    breaker: BreakerState
    silent_lanes: int
    lanes: int
    queued: int
    queued_growing: bool
    delivered_per_second: float
    answer_millis: float
    parked: int


QUEUE_WORTH_NOTING = 100
SLOW_ANSWER_MILLIS = 100.0


def diagnose(signs: Signs) -> Cause:
    """Say in one word how a destination is doing.

    A receiver that answers late is ``slow``; one that answers promptly and still gets more than it
    takes is ``overloaded``; one that does not answer at all is ``down``. ``poison``: some
    messages are parked while the others pass.
    """
    if not signs.running:
        return Cause.STOPPED
    if signs.breaker is not BreakerState.CLOSED or signs.silent_lanes == signs.lanes:
        return Cause.DOWN
    backlog = signs.queued > QUEUE_WORTH_NOTING and signs.queued_growing
    if backlog and signs.answer_millis > SLOW_ANSWER_MILLIS:
        return Cause.SLOW
    if backlog:
        return Cause.OVERLOADED
    if signs.parked:
        return Cause.POISON
    if signs.delivered_per_second == 0 and signs.queued == 0:
        return Cause.IDLE
    return Cause.FLOWING
