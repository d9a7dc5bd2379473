"""Keys that must wait: behind a delivery that is not done, its key queues up. Pure.

Only that key waits; all others go on. The front of a queue is what is being tried, waits for
another attempt, or is parked; the rest stands ``behind`` it, in order of position.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from lianyi.channels.delivering import Exceptional, ExceptionState


class BlockedKeys:
    """The open exceptions of one destination."""

    def __init__(self, exceptions: Iterable[Exceptional] = ()) -> None:
        self._queues: dict[str, deque[Exceptional]] = {}
        self._by_number: dict[int, Exceptional] = {}
        for found in sorted(exceptions, key=lambda one: one.number):
            self.add(found)

    def __contains__(self, order_key: str) -> bool:
        return order_key in self._queues

    def __len__(self) -> int:
        return len(self._by_number)

    def __iter__(self) -> Iterator[Exceptional]:
        return iter(self._by_number.values())

    def find(self, number: int) -> Exceptional | None:
        """Return the open exception of a message, if there is one."""
        return self._by_number.get(number)

    def add(self, found: Exceptional) -> None:
        """Take a delivery that is not simply done; with a key, the key waits from now on."""
        self._by_number[found.number] = found
        if found.order_key:
            self._queues.setdefault(found.order_key, deque()).append(found)

    def finish(self, number: int) -> Exceptional | None:
        """Take out a delivery that is done or dismissed; return who is due next in its key.

        Somebody is due next only when the front of the queue was taken out.
        """
        found = self._by_number.pop(number)
        queue = self._queues.get(found.order_key)
        if not found.order_key or queue is None:
            return None
        was_front = queue[0] is found
        queue.remove(found)
        if not queue:
            del self._queues[found.order_key]
            return None
        return queue[0] if was_front else None

    def fronts(self) -> list[Exceptional]:
        """Return what may be tried now if its state lets it: fronts and all without a key."""
        free = [one for one in self._by_number.values() if not one.order_key]
        return [*free, *(queue[0] for queue in self._queues.values())]

    def count(self, state: ExceptionState) -> int:
        """Return how many stand in a state."""
        return sum(one.state is state for one in self._by_number.values())
