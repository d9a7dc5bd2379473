"""Time and identifiers are inputs: code takes a :class:`Clock` and an :class:`IdSource`."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time. Tests pass one that stands still."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...

    def elapsed_seconds(self) -> float:
        """Return seconds since an arbitrary start; never runs backwards."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        return datetime.now(UTC)

    def elapsed_seconds(self) -> float:
        """Return the monotonic clock of the machine, in seconds."""
        return time.monotonic()


class SteppedClock:
    """A clock that moves only when told to."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._start = start

    def now(self) -> datetime:
        """Return the instant it was last moved to."""
        return self._now

    def elapsed_seconds(self) -> float:
        """Return the seconds it has been moved by."""
        return (self._now - self._start).total_seconds()

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self._now += by


class IdSource(Protocol):
    """Gives out identifiers that nobody else gives out."""

    def new_id(self) -> uuid.UUID:
        """Return a fresh identifier."""
        ...


class RandomIds:
    """Identifiers from the machine's source of randomness (RFC 9562, version 4)."""

    def new_id(self) -> uuid.UUID:
        """Return a random identifier."""
        return uuid.uuid4()
