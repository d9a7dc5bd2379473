"""Bugs planted on purpose. A simulation that does not find them proves nothing.

Each is a change somebody could make by mistake; applying it gives a function that takes it back.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

from lianyi.channels import delivering
from lianyi.channels.blocked import BlockedKeys
from lianyi.channels.breaker import BreakerState, CircuitBreaker
from lianyi.channels.deliver import DestinationWorker
from lianyi.channels.delivering import Exceptional, ExceptionState
from lianyi.channels.feed import Received, ShardFeed
from lianyi.channels.keeping import Keeper
from lianyi.channels.lanes import Item, Lanes

Undo = Callable[[], None]


def _replace(owner: type, name: str, new: object) -> Undo:
    old = owner.__dict__[name]
    setattr(owner, name, new)
    return lambda: setattr(owner, name, old)


def the_position_moves_before_the_delivery() -> Undo:
    return _replace(DestinationWorker, "_position", property(lambda self: self._fetched))


def nobody_stands_behind() -> Undo:
    return _replace(BlockedKeys, "__contains__", lambda self, key: False)


def the_lane_is_not_put_behind() -> Undo:
    return _replace(Lanes, "take_out", lambda self, order_key: [])


def receipts_are_lost_when_the_store_fails() -> Undo:
    original = Keeper._try

    async def forgetful(self: Keeper) -> Any:
        failure = await original(self)
        if failure is not None:
            self._receipts = []
        return failure

    return _replace(Keeper, "_try", forgetful)


def exceptions_are_lost_when_the_store_fails() -> Undo:
    original = Keeper._try

    async def forgetful(self: Keeper) -> Any:
        failure = await original(self)
        if failure is not None:
            self._changed = {}
        return failure

    return _replace(Keeper, "_try", forgetful)


def lanes_are_chosen_by_chance() -> Undo:
    dice = random.Random(7)
    return _replace(Lanes, "_lane_of", lambda self, order_key: dice.choice(self._lanes))


def the_last_of_the_key_is_released() -> Undo:
    def finish(self: BlockedKeys, number: int) -> Exceptional | None:
        found = self._by_number.pop(number)
        queue = self._queues.get(found.order_key)
        if not found.order_key or queue is None:
            return None
        queue.remove(found)
        if not queue:
            del self._queues[found.order_key]
            return None
        return queue[-1]

    return _replace(BlockedKeys, "finish", finish)


def nobody_is_released() -> Undo:
    return _replace(
        DestinationWorker, "_go_on_behind", lambda self, number: self._blocked.finish(number)
    )


def the_breaker_stays_half_open() -> Undo:
    def failed(self: CircuitBreaker, now: float) -> bool:
        if self._state is BreakerState.HALF_OPEN:
            self._due = now + 1e6
            return False
        return original(self, now)

    original = CircuitBreaker.failed
    return _replace(CircuitBreaker, "failed", failed)


def the_probe_that_asks_nobody_keeps_its_place() -> Undo:
    return _replace(CircuitBreaker, "no_verdict", lambda self, now: None)


def what_was_done_above_the_position_is_forgotten() -> Undo:
    original = DestinationWorker._take

    def take(self: DestinationWorker, received: Received) -> None:
        self._done_above = set()
        original(self, received)

    return _replace(DestinationWorker, "_take", take)


def decisions_are_obeyed_twice() -> Undo:
    original = DestinationWorker._obey

    async def obey(self: DestinationWorker, decision: Any) -> None:
        self._obeyed.clear()
        await original(self, decision)

    return _replace(DestinationWorker, "_obey", obey)


def sending_goes_on_while_the_store_fails() -> Undo:
    original = DestinationWorker._may_send_now

    def may_send_now(self: DestinationWorker) -> bool:
        self._keeper.keeps.set()
        return original(self)

    return _replace(DestinationWorker, "_may_send_now", may_send_now)


def filtered_messages_are_counted_at_once() -> Undo:
    return _replace(Keeper, "count_later", lambda self, number, name: self.count(name))


def a_cancelled_save_forgets() -> Undo:
    original = Keeper._try

    async def forgetful(self: Keeper) -> Any:
        try:
            return await original(self)
        except asyncio.CancelledError:
            self._receipts, self._changed, self._finished = [], {}, []
            raise

    return _replace(Keeper, "_try", forgetful)


def the_feed_skips_one_where_it_joins() -> Undo:
    def keep(self: ShardFeed, number: int, fresh: list[Received]) -> None:
        self._kept = fresh[1:]
        self._first = number + 1

    return _replace(ShardFeed, "_keep", keep)


def a_wrong_answer_is_taken() -> Undo:
    import lianyi.channels.attempt as module

    original = module.judge_answer

    def judge(answer: Any, **settings: Any) -> Any:
        return original(answer, **{**settings, "control_id": ""})

    module.judge_answer = judge  # type: ignore[assignment]

    def undo() -> None:
        module.judge_answer = original

    return undo


def a_refused_message_is_called_delivered() -> Undo:
    original = DestinationWorker._message_failed

    def failed(self: DestinationWorker, item: Item, *what: Any) -> None:
        if item.exceptional is None:
            self._delivered(item, "AA", 0.0)
        else:
            original(self, item, *what)

    return _replace(DestinationWorker, "_message_failed", failed)


def a_dismissed_one_blocks_its_key_for_ever() -> Undo:
    original = DestinationWorker._obey

    async def obey(self: DestinationWorker, decision: delivering.Decision) -> None:
        if decision.state is not ExceptionState.DISMISSED:
            await original(self, decision)

    return _replace(DestinationWorker, "_obey", obey)


MUTANTS: tuple[Callable[[], Undo], ...] = (
    the_position_moves_before_the_delivery,
    nobody_stands_behind,
    the_lane_is_not_put_behind,
    receipts_are_lost_when_the_store_fails,
    exceptions_are_lost_when_the_store_fails,
    lanes_are_chosen_by_chance,
    the_last_of_the_key_is_released,
    nobody_is_released,
    the_breaker_stays_half_open,
    the_probe_that_asks_nobody_keeps_its_place,
    what_was_done_above_the_position_is_forgotten,
    decisions_are_obeyed_twice,
    sending_goes_on_while_the_store_fails,
    filtered_messages_are_counted_at_once,
    a_cancelled_save_forgets,
    the_feed_skips_one_where_it_joins,
    a_wrong_answer_is_taken,
    a_refused_message_is_called_delivered,
    a_dismissed_one_blocks_its_key_for_ever,
)
