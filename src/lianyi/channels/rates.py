"""How fast it goes just now: the difference between two looks at counts that only grow."""

from __future__ import annotations

from collections import deque

from lianyi.base.clock import Clock

RATE_SECONDS = 10.0
SAMPLE_SECONDS = 0.9
SAMPLE_SECONDS_MAX = 60.0


class Rates:
    """Remembers the looks of the last seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._samples: deque[tuple[float, int, int]] = deque()

    def between_looks(self, received: int, delivered: int) -> tuple[float, float] | None:
        """Return messages and deliveries a second since a look some seconds ago.

        None when nobody has looked for a while.
        """
        now, samples = self._clock.elapsed_seconds(), self._samples
        while samples and (
            now - samples[0][0] > SAMPLE_SECONDS_MAX
            or (len(samples) > 1 and now - samples[1][0] >= RATE_SECONDS)
        ):
            samples.popleft()
        then, received_then, delivered_then = samples[0] if samples else (now, 0, 0)
        if not samples or now - samples[-1][0] >= SAMPLE_SECONDS:
            samples.append((now, received, delivered))
        seconds = now - then
        if seconds < SAMPLE_SECONDS:
            return None
        return (
            max(0, received - received_then) / seconds,
            max(0, delivered - delivered_then) / seconds,
        )
