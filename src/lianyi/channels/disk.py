"""Whether there is room to store; a nearly full disk is told before it breaks the log."""

from __future__ import annotations

import shutil
from pathlib import Path

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.channels.failures import DiskNearlyFull

LOOK_SECONDS = 1.0


class DiskGuard:
    """Looks at the disk of the log about once a second, whoever asks."""

    def __init__(self, folder: Path | None, *, full_percent: float, clock: Clock) -> None:
        """Guard the disk of a folder; None guards nothing (the database is elsewhere)."""
        self._folder = folder
        self._full_percent = full_percent
        self._clock = clock
        self._looked_at = float("-inf")
        self._refusal: LianyiError | None = None

    def refusal(self) -> LianyiError | None:
        """Return why nothing may be stored now; None when there is room."""
        now = self._clock.elapsed_seconds()
        if self._folder is not None and now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self._refusal = self._look(self._folder)
        return self._refusal

    def _look(self, folder: Path) -> LianyiError | None:
        usage = shutil.disk_usage(folder)
        # What is reserved for root is not ours: count what an ordinary account can still write.
        percent = 100.0 * (1 - usage.free / (usage.used + usage.free))
        if percent < self._full_percent:
            return None
        return DiskNearlyFull(where="disk", percent=int(percent))
