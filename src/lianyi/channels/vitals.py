"""How a destination is doing, over the last seconds."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import Any

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.channels.breaker import BreakerState, CircuitBreaker
from lianyi.channels.diagnosis import Signs, diagnose

WINDOW_SECONDS = 5


class Vitals:
    """Counts what a destination does; for people, never for decisions about a message."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.successes = 0
        self._seconds = 0.0
        self._last_error: dict[str, Any] | None = None
        self._error_at: str | None = None
        self._samples: deque[tuple[float, int, float, int]] = deque()

    def delivered(self, seconds: float) -> None:
        """Note a delivery and how long its answer took."""
        self.successes += 1
        self._seconds += seconds

    def failed(self, failure: LianyiError) -> None:
        """Note that the receiver was not there."""
        self._last_error = failure.record()
        self._error_at = self._clock.now().isoformat()

    refused = failed

    def state(
        self,
        *,
        running: bool,
        breaker: CircuitBreaker,
        silent_lanes: int,
        lanes: int,
        in_flight: int,
        queued: int,
        parked: int,
        oldest: str | None,
    ) -> dict[str, Any]:
        """Return what people are shown; call it about once a second."""
        now = self._clock.elapsed_seconds()
        self._samples.append((now, self.successes, self._seconds, queued))
        while len(self._samples) > 2 and self._samples[0][0] < now - WINDOW_SECONDS:
            self._samples.popleft()
        then, successes, seconds, queued_then = self._samples[0]
        taken = self.successes - successes
        rate = taken / (now - then) if now > then else 0.0
        cause = diagnose(
            Signs(
                running=running,
                breaker=breaker.state,
                silent_lanes=silent_lanes,
                lanes=lanes,
                queued=queued,
                queued_growing=queued > queued_then,
                delivered_per_second=rate,
                answer_millis=1000 * (self._seconds - seconds) / taken if taken else 0.0,
                parked=parked,
            )
        )
        next_try = None
        if breaker.state is not BreakerState.CLOSED:
            wait = max(breaker.due - now, 0.0)
            next_try = (self._clock.now() + timedelta(seconds=wait)).isoformat(timespec="seconds")
        return {
            "state": cause.value,
            "breaker": breaker.state.value,
            "next_try_at": next_try,
            "in_flight": in_flight,
            "rate_per_second": round(rate, 1),
            "queued": queued,
            "oldest_at": oldest,
            "error": self._last_error,
            "error_at": self._error_at,
        }
