"""What the engine counts, for Prometheus."""

from __future__ import annotations

from lianyi.base.telemetry import counter, gauge, histogram

RECEIVED = counter("messages_received_total", "Messages stored.", labels=("channel",))
RECEIVED_BYTES = counter("received_bytes_total", "Bytes of messages stored.", labels=("channel",))
REPEATED = counter(
    "messages_repeated_total",
    "Repeated messages that were acknowledged again.",
    labels=("channel",),
)
SOURCE_TROUBLE = counter(
    "source_trouble_total",
    "What peers did wrong below the message.",
    labels=("channel", "code"),
)
DELIVERED = counter(
    "deliveries_total", "Messages that a destination has taken.", labels=("destination",)
)
REFUSED = counter(
    "refusals_total",
    "Messages that a destination refused or a step could not change.",
    labels=("destination",),
)
ANSWER_SECONDS = histogram(
    "answer_seconds", "Time from sending to the answer.", labels=("destination",)
)
QUEUED = gauge("queued_messages", "Messages of the shard not yet passed.", labels=("destination",))
PARKED = gauge("parked_deliveries", "Deliveries that need a person.", labels=("destination",))
