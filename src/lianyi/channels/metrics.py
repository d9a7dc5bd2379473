"""What the engine counts, for Prometheus: read from the same rows that people see.

Counts come from the readers' own counts, which move in the transaction of what they count; so they
are exact after a crash, and one scrape of any API process shows the whole installation.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from lianyi.base.telemetry import Family, derived
from lianyi.channels.views import ChannelCard, DestinationCard, Overview

_CHANNEL = ("channel",)
_DESTINATION = ("channel", "destination")

OF_CHANNELS: tuple[tuple[Callable[[], Family], Callable[[ChannelCard], float]], ...] = (
    (
        derived("messages_received_total", "counter", "Messages stored.", labels=_CHANNEL),
        lambda card: card.received,
    ),
    (
        derived("held_messages", "gauge", "Messages that the gate holds.", labels=_CHANNEL),
        lambda card: card.held,
    ),
    (
        derived("source_connections", "gauge", "Peers of a source.", labels=_CHANNEL),
        lambda card: card.source.connections,
    ),
    (
        derived("source_running", "gauge", "1 while it takes messages.", labels=_CHANNEL),
        lambda card: card.state == "running",
    ),
)

OF_DESTINATIONS: tuple[tuple[Callable[[], Family], Callable[[DestinationCard], float]], ...] = (
    (
        derived("deliveries_total", "counter", "Messages taken by it.", labels=_DESTINATION),
        lambda card: card.delivered,
    ),
    (
        derived("queued_messages", "gauge", "Not yet dealt with.", labels=_DESTINATION),
        lambda card: card.queue_depth,
    ),
    (
        derived("oldest_waiting_seconds", "gauge", "Age of the oldest.", labels=_DESTINATION),
        lambda card: card.oldest_waiting_seconds or 0,
    ),
    (
        derived("deliveries_per_second", "gauge", "Of the last seconds.", labels=_DESTINATION),
        lambda card: card.rate_per_second,
    ),
    (
        derived(
            "catch_up_seconds",
            "gauge",
            "Time until nothing waits for it, at its present speed; +Inf where nothing moves.",
            labels=_DESTINATION,
        ),
        lambda card: inf if card.drain_seconds is None else card.drain_seconds,
    ),
    (
        derived("parked_deliveries", "gauge", "They need a person.", labels=_DESTINATION),
        lambda card: card.parked,
    ),
    (
        derived("deliveries_behind", "gauge", "Behind one not done.", labels=_DESTINATION),
        lambda card: card.behind,
    ),
    (
        derived("waiting_deliveries", "gauge", "Tried again later.", labels=_DESTINATION),
        lambda card: card.waiting,
    ),
    (
        derived("breaker_open", "gauge", "1 while nothing is sent.", labels=_DESTINATION),
        lambda card: card.breaker != "closed",
    ),
)


def families(overview: Overview) -> list[Family]:
    """Return what one scrape shows of channels and destinations."""
    made: list[Family] = []
    for make, read in OF_CHANNELS:
        family = make()
        for channel in overview.channels:
            family.add_metric([channel.name], float(read(channel)))
        made.append(family)
    for make_one, read_one in OF_DESTINATIONS:
        family = make_one()
        for channel in overview.channels:
            for card in channel.destinations:
                family.add_metric([channel.name, card.name], float(read_one(card)))
        made.append(family)
    return made
