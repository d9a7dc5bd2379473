"""Giving way: messages go in and out first, then they are learned from.

Learning from a message takes many times the work of taking it in, and writes many times as much.
When more come in than can be learned anyway and the processor is short, trying hard helps nobody:
it only takes cores, and the disk on which every commit waits, from senders and receivers. Then
those who follow learn a few messages at a time and rest after each; where there is processor
enough, or little comes in, they never do. Nothing is lost by it, for the log keeps everything; what
was left behind is learned at full speed as soon as the flood is over.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lianyi.base.clock import Clock
from lianyi.messagelog.log import ACTS
from lianyi.projections.learning import BATCH_MESSAGES

MANY_A_SECOND = 600
"""A flood; the largest hospitals send some hundred messages a second at their peak."""
SHORT = 0.1
"""The processor is short when we wait for it so much of the time in which we have work to do."""
LOOK_SECONDS = 0.5
FEW_MESSAGES = 50
RESTS = 40.0
"""A rest is so many times as long as the work before it: five work an eighth of the time."""
REST_SECONDS_MAX = 10.0


class Processor(NamedTuple):
    """What this process has had of the processor so far.

    Attributes:
        ran_seconds: on a core.
        waited_seconds: ready to work, while others had the cores.
    """

    ran_seconds: float
    waited_seconds: float


def processor() -> Processor:
    """Return what the first thread of this process has had; where nobody counts, nothing.

    Source: Linux, ``Documentation/scheduler/sched-stats.rst``, ``/proc/<pid>/schedstat``.
    """
    try:
        ran, waited, _ = Path("/proc/self/schedstat").read_text("ascii").split()
    except (OSError, ValueError):
        return Processor(0.0, 0.0)
    return Processor(int(ran) / 1e9, int(waited) / 1e9)


class Pace:
    """How fast those who follow the log in one process go; they share it."""

    def __init__(self, clock: Clock, *, processor: Callable[[], Processor] = processor) -> None:
        """Begin at full speed.

        Args:
            clock: for how fast the log grows.
            processor: says what this process has had of it so far.
        """
        self._clock = clock
        self._processor = processor
        self._ends: dict[int, int] = {}
        self._grown = 0
        self._looked_at = clock.elapsed_seconds()
        self._had = processor()
        self.gives_way = False

    @property
    def batch_messages(self) -> int:
        """How many messages to learn at a time."""
        return FEW_MESSAGES if self.gives_way else BATCH_MESSAGES

    def rest_seconds(self, worked_seconds: float) -> float:
        """Return how long to rest after some work on a log of which more is there to be learned."""
        return min(worked_seconds * RESTS, REST_SECONDS_MAX) if self.gives_way else 0.0

    def saw(self, shard: int, end: int) -> None:
        """Hear how far a shard goes, and decide now and then whether to give way.

        Acts are no flood: who acts waits until he sees what came of it.
        """
        if shard == ACTS:
            return
        before = self._ends.get(shard, end)
        self._grown += max(end - before, 0)
        self._ends[shard] = max(end, before)
        elapsed_seconds = self._clock.elapsed_seconds() - self._looked_at
        if elapsed_seconds < LOOK_SECONDS:
            return
        had = self._processor()
        ran = had.ran_seconds - self._had.ran_seconds
        waited = had.waited_seconds - self._had.waited_seconds
        is_short = waited > SHORT * (ran + waited)
        self.gives_way = is_short and self._grown > MANY_A_SECOND * elapsed_seconds
        self._grown, self._had = 0, had
        self._looked_at += elapsed_seconds
