"""Traces from the receipt of a message to its last delivery, without storing anything for them.

The identifiers of a message's trace follow from its position. So every process that knows the
position knows the trace: the receiving process writes the root span, any process that delivers
writes spans below it, and what goes out over HTTP carries the same trace. Whether a message is
traced follows from the trace identifier too: all of its spans are written, or none.

Source:
    W3C Trace Context, section 3.2 (traceparent); OpenTelemetry, "TraceIdRatioBased".
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

Attribute = str | bool | int | float


class TraceIds(NamedTuple):
    """The identifiers of a message's trace and of its root span; neither is ever 0."""

    trace_id: int
    span_id: int


def trace_context(shard: int, seq: int, *, installation: str = "") -> TraceIds:
    """Return the identifiers that belong to a position.

    Args:
        shard: of the position.
        seq: of the position.
        installation: keeps apart installations that report to one collector.
    """
    name = f"lianyi:{installation}:{shard}:{seq}".encode()
    drawn = hashlib.blake2b(name, digest_size=24).digest()
    return TraceIds(int.from_bytes(drawn[:16]) or 1, int.from_bytes(drawn[16:]) or 1)


class Tracing:
    """Takes spans about messages; this one, for when there is no collector, takes and forgets."""

    @property
    def on(self) -> bool:
        """Whether anything is written at all; ask before preparing attributes in bulk."""
        return False

    def sampled(self, shard: int, seq: int) -> bool:
        """Tell whether this message is traced."""
        return False

    def received(
        self,
        shard: int,
        seq: int,
        *,
        started_at: datetime,
        ended_at: datetime,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> None:
        """Write the root span of a message: from its arrival to its acknowledgment.

        It is written after the fact, because only the log gives a message its position.

        Args:
            shard: of the position.
            seq: of the position.
            started_at: when its first byte was there; aware.
            ended_at: when it was acknowledged; aware.
            attributes: facts about it, never about a patient.
        """

    def followed(
        self,
        name: str,
        shard: int,
        seq: int,
        *,
        started_at: datetime,
        ended_at: datetime,
        attributes: Mapping[str, Attribute] | None = None,
        error_code: str | None = None,
    ) -> None:
        """Write what happened to a message later: ``transform``, ``deliver``, ``learn``.

        Args:
            name: what happened; a word with few values.
            shard: of the position.
            seq: of the position.
            started_at: aware.
            ended_at: aware.
            attributes: facts about it, never about a patient.
            error_code: of the failure, e.g. ``LY-1101``; None when it worked.
        """

    def traceparent(self, shard: int, seq: int) -> str:
        """Return the header ``traceparent`` for what is sent out because of a message."""
        ids = trace_context(shard, seq)
        return f"00-{ids.trace_id:032x}-{ids.span_id:016x}-00"

    def stop(self) -> None:
        """Send what is still waiting, and end."""


NO_TRACING = Tracing()
