"""Lanes: what goes to one destination, in order, one message at a time for each connection."""

from __future__ import annotations

import asyncio
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from lianyi.channels.compiled import Outgoing
from lianyi.channels.delivering import Exceptional
from lianyi.channels.feed import Received


@dataclass(slots=True, eq=False)
class Item:
    """One message on its way through a lane.

    Attributes:
        received: the message.
        order_key: what it is ordered by; empty when no order is needed.
        exceptional: set when this is another attempt at a delivery that was not simply done.
        outgoing: what its steps made of it; None before they ran.
        sent: how many parts of it were taken already.
        unanswered: attempts without an answer.
        successes_before: deliveries to this destination before the first of these.
    """

    received: Received
    order_key: str
    exceptional: Exceptional | None = None
    outgoing: list[Outgoing] | None = None
    sent: int = 0
    unanswered: int = 0
    successes_before: int = 0

    @property
    def number(self) -> int:
        """Where the message stands in its shard."""
        return self.received.message.number


@dataclass(slots=True)
class Lane:
    """A queue with one connection."""

    items: deque[Item] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    sending_since: float | None = None
    tried_at: float = float("-inf")

    def put(self, item: Item) -> None:
        """Add an item at the end."""
        self.items.append(item)
        if not self.wake.is_set():
            self.wake.set()

    def let_others_go_first(self) -> None:
        """Put the first item behind those of other keys; what shares its key stays in order."""
        first = self.items[0]

        def waits(item: Item) -> bool:
            return item is first or bool(first.order_key and item.order_key == first.order_key)

        others = [item for item in self.items if not waits(item)]
        behind = [item for item in self.items if waits(item)]
        self.items = deque([*others, *behind])


class Lanes:
    """All lanes of a destination; messages of one key always share a lane."""

    def __init__(self, count: int) -> None:
        self._lanes = [Lane() for _ in range(count)]
        self._next = 0

    def __iter__(self) -> Iterator[Lane]:
        return iter(self._lanes)

    def __len__(self) -> int:
        return len(self._lanes)

    def put(self, item: Item) -> None:
        """Queue an item in the lane of its key; without a key, in each lane in turn."""
        self._lane_of(item.order_key).put(item)

    def _lane_of(self, order_key: str) -> Lane:
        if order_key:
            # Not Python's own hash: it differs from process to process.
            place = zlib.crc32(order_key.encode("utf-8", "surrogatepass"))
        else:
            place = self._next = self._next + 1
        return self._lanes[place % len(self._lanes)]

    def take_out(self, order_key: str) -> list[Item]:
        """Take what queues with a key out of its lane; return it in order."""
        if not order_key:
            return []
        lane = self._lane_of(order_key)
        taken = [item for item in lane.items if item.order_key == order_key]
        for item in taken:
            lane.items.remove(item)
        return taken

    def next_to_probe(self) -> Lane | None:
        """Return the lane that asks a silent receiver next: the one that has not for longest.

        Were it always the same, one message that the receiver dies of would keep out all others.
        """
        able = [lane for lane in self._lanes if lane.items and lane.sending_since is None]
        return min(able, key=lambda lane: lane.tried_at, default=None)

    def wake_all(self) -> None:
        """Let every lane look again."""
        for lane in self._lanes:
            lane.wake.set()

    @property
    def sending(self) -> int:
        """How many attempts run now."""
        return sum(lane.sending_since is not None for lane in self._lanes)

    def silent(self, now: float, *, longer_than_seconds: float) -> int:
        """Return how many attempts have run longer than this."""
        return sum(
            lane.sending_since is not None and now - lane.sending_since > longer_than_seconds
            for lane in self._lanes
        )
