"""How long the queues are: what lies beyond a destination's position and is really for it.

What the filter drops is not counted. A queue may be millions long and is asked for every second, so
its messages are counted once, in blocks, and each look reads only what is new; a long queue is
counted over several looks. A filter that looks into the message is asked about the newest ones.
Whatever was not looked at counts as wanted, and the number is told as "at most".
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

from lianyi.channels.compiled import CompiledChannel, CompiledDestination
from lianyi.channels.count_store import CountStore
from lianyi.channels.read_store import ChannelRecord, DestinationRecord, ReaderRecord
from lianyi.channels.wanting import Depth, wants_envelope, wants_letter

BLOCK_MESSAGES = 2_000
LOOK_MESSAGES = 50_000
"""One look counts so many messages of one queue at most."""

OPENED_MAX = 1_000
"""A filter that looks into messages is asked about so many, the newest."""

LOOK_OPENED_MAX = 200
"""One look opens so many messages of one queue at most."""

InForce = Callable[[ChannelRecord], Awaitable[CompiledChannel | None]]


class _Queue:
    """What is known of one queue: its messages by block, and which of them are wanted."""

    def __init__(self, compiled: CompiledChannel | None, name: str) -> None:
        self.compiled = compiled
        self.destination: CompiledDestination | None = None
        if compiled:
            self.destination = compiled.destination(name)
        self.blocks: dict[int, Counter[tuple[str, str]]] = {}
        self.low = self.high = 0
        self.verdicts: dict[tuple[str, str], bool | None] = {}
        self.opened: dict[int, bool] = {}

    def wants(self, envelope: tuple[str, str]) -> bool | None:
        """Say whether it wants what has a kind and sender; None when the body decides."""
        if envelope not in self.verdicts:
            self.verdicts[envelope] = wants_envelope(self.destination, *envelope)
        return self.verdicts[envelope]

    def add(self, found: Sequence[tuple[int, str, str, int]]) -> None:
        """Take counted messages in."""
        for block, kind, sender, count in found:
            self.blocks.setdefault(block, Counter())[kind, sender] += count


class Backlogs:
    """Counts the queues of all destinations."""

    def __init__(self, store: CountStore, in_force: InForce) -> None:
        """Begin with nothing counted.

        Args:
            store: reads the log.
            in_force: gives the definition by which a channel delivers now.
        """
        self._store = store
        self._in_force = in_force
        self._queues: dict[int, _Queue] = {}
        self._counting = asyncio.Lock()

    async def depths(
        self,
        channels: Sequence[ChannelRecord],
        destinations: Sequence[DestinationRecord],
        readers: Mapping[str, ReaderRecord],
        ends: Mapping[int, int],
    ) -> dict[int, Depth]:
        """Return how long each queue is; those of retired destinations are not counted."""
        by_number = {channel.channel: channel for channel in channels}
        found: dict[int, Depth] = {}
        async with self._counting:
            for one in destinations:
                channel = by_number.get(one.channel)
                if one.retired or channel is None:
                    self._queues.pop(one.destination, None)
                    continue
                reader = readers.get(f"destination:{one.destination}")
                position = reader.position if reader else 0
                end = ends.get(channel.shard, 0)
                if one.out_from is not None and one.out_until is None:
                    end = min(end, one.out_from)
                found[one.destination] = await self._depth(channel, one, position, end)
        return found

    async def _depth(
        self, channel: ChannelRecord, one: DestinationRecord, position: int, end: int
    ) -> Depth:
        if end <= position:
            self._queues.pop(one.destination, None)
            return Depth(0, exact=True)
        compiled = await self._in_force(channel)
        queue = self._queues.get(one.destination)
        if queue is None or queue.compiled is not compiled:
            queue = self._queues[one.destination] = _Queue(compiled, one.name)
            queue.low = queue.high = end
        await self._count(queue, channel, position, end)
        by_envelope: Counter[tuple[str, str]] = Counter()
        for counts in queue.blocks.values():
            by_envelope.update(counts)
        unsure = {envelope for envelope in by_envelope if queue.wants(envelope) is None}
        wanted = sum(
            count for envelope, count in by_envelope.items() if queue.wants(envelope) is not False
        )
        opened, unwanted = await self._open(queue, channel, position, unsure)
        uncounted = max(0, queue.low - position)
        excepted = await self._store.excepted_above(
            one.destination, channel.channel, channel.shard, position
        )
        return Depth(
            max(0, wanted - unwanted - excepted) + uncounted,
            exact=uncounted == 0 and opened >= sum(by_envelope[one] for one in unsure),
        )

    async def _count(self, queue: _Queue, channel: ChannelRecord, position: int, end: int) -> None:
        """Let the counted run of numbers follow the queue's two ends, as far as one look goes."""
        number, shard = channel.channel, channel.shard
        if queue.high < position:
            queue.blocks.clear()
            queue.low = queue.high = position
        if position > queue.low:
            await self._forget(queue, channel, position)
        up_to = min(end, queue.high + LOOK_MESSAGES)
        if up_to > queue.high:
            queue.add(
                await self._store.blocks(
                    number, shard, above=queue.high, up_to=up_to, block_size=BLOCK_MESSAGES
                )
            )
            queue.high = up_to
        above = max(position, queue.low - LOOK_MESSAGES)
        if above < queue.low:
            queue.add(
                await self._store.blocks(
                    number, shard, above=above, up_to=queue.low, block_size=BLOCK_MESSAGES
                )
            )
            queue.low = above

    async def _forget(self, queue: _Queue, channel: ChannelRecord, position: int) -> None:
        """Forget what the position has passed; the block it stands in is counted again."""
        block = position // BLOCK_MESSAGES
        for passed in [one for one in queue.blocks if one <= block]:
            del queue.blocks[passed]
        queue.low = position
        last = min(queue.high, (block + 1) * BLOCK_MESSAGES - 1)
        queue.add(
            await self._store.blocks(
                channel.channel,
                channel.shard,
                above=position,
                up_to=last,
                block_size=BLOCK_MESSAGES,
            )
        )

    async def _open(
        self, queue: _Queue, channel: ChannelRecord, position: int, unsure: set[tuple[str, str]]
    ) -> tuple[int, int]:
        """Look into messages; return how many are looked into, and how many are not wanted."""
        if not unsure or queue.compiled is None or queue.destination is None:
            return 0, 0
        numbers = await self._store.numbers_above(
            channel.channel, channel.shard, position, unsure, limit=OPENED_MAX
        )
        new = [number for number in numbers if number not in queue.opened and number <= queue.high]
        verdicts = {number: queue.opened[number] for number in numbers if number in queue.opened}
        for letter in await self._store.letters(channel.shard, new[:LOOK_OPENED_MAX]):
            verdicts[letter.number] = wants_letter(queue.compiled, queue.destination, letter)
        queue.opened = verdicts
        return len(verdicts), sum(not wanted for wanted in verdicts.values())
