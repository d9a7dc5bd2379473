"""An event loop without a clock and without a network: when everybody waits, time jumps.

The same program with the same seed runs the same way, to the bit, thousands of times faster than
the clock. What would wait for ever is a :class:`Deadlock`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


class Deadlock(AssertionError):
    """Every task waits, and nothing is due."""


class _Leap:
    """Stands where an event loop has its selector: waiting for a time is being there."""

    def __init__(self) -> None:
        self.now = 0.0

    def select(self, timeout: float | None) -> list[object]:
        if timeout is None:
            raise Deadlock("every task waits, and nothing is due")
        self.now += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs callbacks in the order of their virtual times."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _Leap()
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._selector.now

    def _process_events(self, event_list: list[object]) -> None:
        """There are none: nothing comes from outside."""

    def _write_to_self(self) -> None:
        """Nobody else could wake us."""


class VirtualClock:
    """The time of the running loop, as the engine asks for it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def now(self) -> datetime:
        return START + timedelta(seconds=self._loop.time())

    def elapsed_seconds(self) -> float:
        return self._loop.time()


def run_virtually(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
