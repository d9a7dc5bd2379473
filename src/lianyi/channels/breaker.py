"""When to stop knocking at a receiver, and when to look again. Pure.

::

    closed --failures_to_open failures in a row--> open --due--> half open --success--> closed
                                                    ^                |
                                                    +----failure-----+   (the wait doubles)
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class BreakerState(StrEnum):
    """Whether messages are sent."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


MOVES: Mapping[BreakerState, frozenset[BreakerState]] = {
    BreakerState.CLOSED: frozenset({BreakerState.OPEN}),
    BreakerState.OPEN: frozenset({BreakerState.HALF_OPEN}),
    BreakerState.HALF_OPEN: frozenset({BreakerState.OPEN, BreakerState.CLOSED}),
}


class CircuitBreaker:
    """One for each destination; every lane asks it before it sends."""

    def __init__(
        self, *, failures_to_open: int, first_wait_seconds: float, longest_wait_seconds: float
    ) -> None:
        self._failures_to_open = failures_to_open
        self._first_wait_seconds = first_wait_seconds
        self._longest_wait_seconds = longest_wait_seconds
        self._state = BreakerState.CLOSED
        self._failures = 0
        self._openings = 0
        self._due = 0.0

    @property
    def state(self) -> BreakerState:
        """Where it stands."""
        return self._state

    def wait_seconds(self, now: float, *, may_probe: bool = True) -> float:
        """Return how long a lane must wait before it may ask again; 0 when it may send.

        The first lane that asks when the wait is over, and may, is let through as the probe; the
        others wait for what it finds.
        """
        if self._state is BreakerState.CLOSED:
            return 0.0
        if self._state is BreakerState.OPEN and may_probe and now >= self._due:
            self._move(BreakerState.HALF_OPEN)
            return 0.0
        return max(self._due - now, 0.05)

    @property
    def due(self) -> float:
        """When it looks again, on the clock that ``now`` is read from."""
        return self._due

    def succeeded(self) -> bool:
        """Note that the receiver took a message; say whether this closed the breaker."""
        self._failures = 0
        self._openings = 0
        if self._state is BreakerState.CLOSED:
            return False
        if self._state is BreakerState.OPEN:
            self._move(BreakerState.HALF_OPEN)
        self._move(BreakerState.CLOSED)
        return True

    def failed(self, now: float) -> bool:
        """Note that the receiver was not there; say whether this opened the breaker."""
        self._failures += 1
        if self._state is BreakerState.OPEN:
            return False
        if self._state is BreakerState.CLOSED and self._failures < self._failures_to_open:
            return False
        self._move(BreakerState.OPEN)
        wait = min(
            self._first_wait_seconds * 2.0 ** min(self._openings, 30), self._longest_wait_seconds
        )
        self._openings += 1
        self._due = now + wait
        return True

    def no_verdict(self, now: float) -> None:
        """Note that the probe ended without asking the receiver: the next lane may probe."""
        if self._state is BreakerState.HALF_OPEN:
            self._move(BreakerState.OPEN)
            self._due = now

    def _move(self, to: BreakerState) -> None:
        if to not in MOVES[self._state]:
            raise AssertionError(f"a breaker never goes from {self._state} to {to}")
        self._state = to
