"""Delivering to one destination: a reader of the log with its own position, lanes and breaker.

::

    feed -> take -> lane (by key) -> transform -> send -> judge -> receipt
                      |                              |
                      +- key is blocked: behind      +- not there: the lane tries again, the
                                                     |  position stands still, nothing is written
                                                     +- refused: exception, only its key waits

Every 50 ms one transaction keeps the receipts, the exceptions and the position below which
everything is done. What was delivered and not yet kept when the process dies is delivered again,
with the same control id: at most one such window and one message for each lane. That is why nothing
is sent while the store does not keep what comes of it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

import structlog

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError, Unforeseen
from lianyi.base.telemetry import NO_TRACING, Tracing
from lianyi.channels.answers import stops_destination
from lianyi.channels.attempt import Attempt, attempt
from lianyi.channels.blocked import BlockedKeys
from lianyi.channels.breaker import BreakerState, CircuitBreaker
from lianyi.channels.compiled import CompiledChannel, CompiledDestination, Outgoing
from lianyi.channels.content import Content
from lianyi.channels.delivering import (
    Decision,
    DeliveryStore,
    Exceptional,
    ExceptionState,
    Outcome,
)
from lianyi.channels.failures import AttemptBrokenOff, GaveUp, Poison, RefusedForNow
from lianyi.channels.feed import Received, ShardFeed
from lianyi.channels.functions import FunctionHost
from lianyi.channels.keeping import SAVE_SECONDS, Keeper, record_of
from lianyi.channels.lanes import Item, Lane, Lanes
from lianyi.channels.vitals import Vitals
from lianyi.connectors.connector import Sender, Unreachable
from lianyi.messagelog import Gate, LogMessage, LostLease

LOOK_SECONDS = 1.0
SHOW_SECONDS = 4.0
WINDOW_MESSAGES = 1_000
WINDOW_BYTES = 33_554_432
POISON_ATTEMPTS = 3

log = structlog.get_logger(__name__)


class DestinationWorker:
    """Delivers one channel's messages to one destination, for as long as its lease."""

    def __init__(
        self,
        channel: CompiledChannel,
        destination: CompiledDestination,
        *,
        destination_id: int,
        channel_number: int,
        version: int,
        feed: ShardFeed,
        store: DeliveryStore,
        build_sender: Callable[[CompiledDestination], Sender],
        functions: FunctionHost,
        clock: Clock,
        tracing: Tracing = NO_TRACING,
        left_out: Callable[[int], bool] = lambda _: False,
        holds: Callable[[], bool] = lambda: True,
    ) -> None:
        self._channel = channel
        self._left_out = left_out
        self._holds = holds
        self._destination = destination
        self._channel_number = channel_number
        self._feed = feed
        self._store = store
        self._build_sender = build_sender
        self._functions = functions
        self._clock = clock
        self._tracing = tracing
        self._where = f"{channel.definition.channel}/{destination.name}"

        settings = destination.definition
        self._breaker = CircuitBreaker(**settings.breaker.model_dump())
        self._lanes = Lanes(settings.lanes)
        self._keeper = Keeper(
            store,
            destination=destination_id,
            version=version,
            position=lambda: self._position,
            clock=clock,
            where=self._where,
        )
        self.vitals = Vitals(clock)

        self._fetched = 0
        self._open: dict[int, Item] = {}
        self._open_bytes = 0
        self._done_above: set[int] = set()
        self._blocked = BlockedKeys()
        self._obeyed: dict[int, datetime] = {}

        self._errands: set[asyncio.Task[None]] = set()

        self._room = asyncio.Event()
        self._running = asyncio.Event()
        self._running.set()
        self._reopened = asyncio.Event()
        self._look_now = asyncio.Event()
        self._stopping = False
        self._shown: dict[str, Any] = {}
        self._shown_at = float("-inf")

    # --- life -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Deliver until :meth:`stop`.

        Raises:
            LostLease: another process has taken over; nothing more was sent after that was seen.
            LogUnavailable: the store could not be read at the start.
        """
        standing = await self._store.load()
        self._keeper.begin(standing)
        self._fetched = standing.position
        self._done_above = {number for number in standing.done_above if number > self._fetched}
        self._blocked = BlockedKeys(standing.exceptions)
        self._done_above.update(one.number for one in self._blocked if one.number > self._fetched)
        for one in self._blocked:
            if one.state is ExceptionState.RESEND and one.decided_at:
                self._obeyed[one.number] = one.decided_at
        for front in self._blocked.fronts():
            await self._set_going(front)
        work = [self._fetch(), self._save_on(), self._look(), *map(self._serve, self._lanes)]
        tasks = [asyncio.create_task(one) for one in work]
        try:
            await asyncio.gather(*tasks)
        finally:
            self.stop()
            tasks.extend(self._errands)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._keeper.save_all()

    def stop(self) -> None:
        """Finish the attempts that run, keep what was done, and end."""
        self._stopping = True
        self._lanes.wake_all()
        for event in (self._room, self._running, self._reopened, self._look_now):
            event.set()
        self._keeper.dirty.set()
        self._keeper.keeps.set()

    def pause(self, *, paused: bool) -> None:
        """Stop sending, or go on; the position stands still meanwhile."""
        if paused and not self._stopping:
            self._running.clear()
        else:
            self._running.set()

    def wake(self) -> None:
        """Look at people's decisions now."""
        self._look_now.set()

    # --- taking messages from the log -------------------------------------------------------

    @property
    def _position(self) -> int:
        """Everything up to here is done, filtered or an exception."""
        return next(iter(self._open)) - 1 if self._open else self._fetched

    async def _fetch(self) -> None:
        while not self._stopping:
            if self._is_full():
                self._room.clear()
                await self._room.wait()
                continue
            try:
                batch = await self._feed.after(self._fetched, wait_seconds=LOOK_SECONDS)
            except LianyiError as failure:
                log.warning("feed.unavailable", destination=self._where, code=failure.code)
                await asyncio.sleep(LOOK_SECONDS)
                continue
            for received in batch:
                self._take(received)
            if batch:
                self._keeper.dirty.set()

    def _is_full(self) -> bool:
        return (
            len(self._open) >= WINDOW_MESSAGES
            or self._open_bytes >= WINDOW_BYTES
            or self._keeper.unsaved > 10 * WINDOW_MESSAGES
        )

    def _take(self, received: Received) -> None:
        """Decide what becomes of one message here; no I/O."""
        message = received.message
        self._fetched = number = message.number
        if message.channel != self._channel_number:
            return
        done = number in self._done_above
        self._done_above.discard(number)
        if message.gate == Gate.HOLD or (message.tombstone and not done):
            self._keeper.count_later(number, "held" if message.gate == Gate.HOLD else "erased")
            return
        if done:
            return
        if self._left_out(number):  # it came while the destination was not of the channel
            self._keeper.count_later(number, "filtered")
            return
        try:
            content = self._content(received)
            wanted = self._destination.wants(content)
            order_key = self._destination.order_key(content) if wanted else ""
        except LianyiError as failure:
            item = self._take_in(received, "")
            self._message_failed(item, "", failure, Outcome.CANNOT_TRANSFORM, 0.0)
            return
        if not wanted:
            self._keeper.count_later(number, "filtered")
            return
        item = self._take_in(received, order_key)
        if order_key and order_key in self._blocked:
            self._put_behind(item)
        else:
            self._lanes.put(item)

    def _take_in(self, received: Received, order_key: str) -> Item:
        item = Item(received, order_key)
        self._open[item.number] = item
        self._open_bytes += len(received.message.body)
        return item

    def _release(self, item: Item) -> None:
        """Let the position go beyond an item."""
        if self._open.pop(item.number, None) is not None:
            self._open_bytes -= len(item.received.message.body)
        if not self._room.is_set():
            self._room.set()

    def _put_behind(self, item: Item) -> None:
        """Let a message wait for an earlier one of its key."""
        self._keeper.count("excepted")
        self._release(item)
        self._block(
            Exceptional(item.number, item.order_key, ExceptionState.BEHIND, since=self._clock.now())
        )

    def _content(self, received: Received) -> Content:
        return received.content(self._channel, self._open_content)

    def _open_content(self, message: LogMessage) -> Content:
        return self._channel.open(
            message.body,
            codec=message.codec,
            received_at=message.received_at,
            kind=message.kind,
            sender=message.sender,
            keys=message.keys,
        )

    # --- sending ----------------------------------------------------------------------------

    async def _serve(self, lane: Lane) -> None:
        sender = self._build_sender(self._destination)
        try:
            while not self._stopping:
                if not lane.items:
                    lane.wake.clear()
                    await lane.wake.wait()
                elif self._may_send_now() or await self._may_send_later(lane):
                    await self._send_first(lane, sender)
        finally:
            with contextlib.suppress(OSError, LianyiError):
                await sender.close()

    def _may_send_now(self) -> bool:
        return (
            self._holds()
            and self._running.is_set()
            and self._keeper.keeps.is_set()
            and self._breaker.state is BreakerState.CLOSED
        )

    async def _may_send_later(self, lane: Lane) -> bool:
        """Wait until it is worth looking again; True for the lane that is to probe."""
        if not self._holds():  # until it is renewed, or proves to be another's now
            await asyncio.sleep(LOOK_SECONDS)
            return False
        for allowed in (self._running, self._keeper.keeps):
            if not allowed.is_set():
                await allowed.wait()
                return False
        now = self._clock.elapsed_seconds()
        may_probe = self._lanes.next_to_probe() is lane
        wait = self._breaker.wait_seconds(now, may_probe=may_probe)
        if wait == 0:
            return True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._reopened.wait()
        return False

    async def _send_first(self, lane: Lane, sender: Sender) -> None:
        """Make one attempt at the first item of a lane and decide what comes of it."""
        item = lane.items[0]
        began = self._clock.elapsed_seconds()
        lane.sending_since = lane.tried_at = began
        try:
            told, failure, outcome, taken = await self._attempt(item, sender)
        except asyncio.CancelledError:
            if item.outgoing:  # the receiver may have it, and will get it again: the trace says why
                broken_off = AttemptBrokenOff(where=self._where)
                seconds = self._clock.elapsed_seconds() - began
                self._keeper.receipt(
                    item.received.message, seconds, Outcome.NO_ANSWER, record_of(broken_off)
                )
            raise
        except Exception as error:  # noqa: BLE001 - one message must not end the destination
            # Its text may hold a value of the message: only its type is told.
            kind = type(error).__name__
            log.error(  # noqa: TRY400
                "delivery.unforeseen", destination=self._where, number=item.number, kind=kind
            )
            unforeseen = Unforeseen(where=self._where, why=kind)
            told, failure, outcome, taken = "", unforeseen, Outcome.CANNOT_TRANSFORM, 0
        finally:
            lane.sending_since = None
        item.sent += taken
        now = self._clock.elapsed_seconds()
        if failure is None and item.sent < len(item.outgoing or ()):  # the lease ran out meanwhile
            self._breaker.no_verdict(now)
            return
        if self._tracing.on:
            self._trace("deliver", item, now - began, failure)
        silent = failure is not None and stops_destination(failure)
        if not silent and (outcome is Outcome.CANNOT_TRANSFORM or not item.outgoing):
            self._breaker.no_verdict(now)
        if failure is None:
            lane.items.popleft()
            self._delivered(item, told, now - began)
        elif silent:
            self._destination_failed(item, failure, outcome, now - began)
            if self._is_poison(item):
                lane.items.popleft()
                attempts = item.exceptional.attempts if item.exceptional else 0
                poison = Poison(where=self._where, attempts=item.unanswered)
                self._mark(item, ExceptionState.PARKED, poison, attempts + item.unanswered)
            elif item.unanswered >= POISON_ATTEMPTS:
                lane.let_others_go_first()  # when one of them is taken, it is this message
        else:
            lane.items.popleft()
            self._message_failed(item, told, failure, outcome, now - began)

    def _trace(self, what: str, item: Item, seconds: float, failure: LianyiError | None) -> None:
        ended = self._clock.now()
        self._tracing.followed(
            what,
            *item.received.message.position,
            started_at=ended - timedelta(seconds=seconds),
            ended_at=ended,
            attributes={"destination": self._where},
            error_code=failure.code if failure else None,
        )

    async def _attempt(self, item: Item, sender: Sender) -> Attempt:
        """Transform if that is still to do, and send what was not yet taken."""
        if item.outgoing is None:
            try:
                if self._tracing.on:
                    item.outgoing = await self._transform_traced(item)
                elif self._destination.needs_functions or item.exceptional:
                    item.outgoing = await self._transform(item)
                else:
                    item.outgoing = self._destination.transform(self._content(item.received))
            except LianyiError as impossible:
                return Attempt("", impossible, Outcome.CANNOT_TRANSFORM, 0)
        return await attempt(
            item.outgoing[item.sent :] if item.sent else item.outgoing,
            sender,
            self._destination,
            message=item.received.message,
            where=self._where,
            sent=item.sent,
            tracing=self._tracing,
            may_send=self._holds,
        )

    async def _transform_traced(self, item: Item) -> list[Outgoing]:
        began, failure = self._clock.elapsed_seconds(), None
        try:
            return await self._transform(item)
        except LianyiError as impossible:
            failure = impossible
            raise
        finally:
            self._trace("transform", item, self._clock.elapsed_seconds() - began, failure)

    async def _transform(self, item: Item) -> list[Outgoing]:
        if item.received.message.tombstone:
            return []  # erased while it waited; a tombstone goes to nobody
        content = self._content(item.received)
        if item.exceptional and item.exceptional.repaired:
            body = await self._store.repaired_body(item.exceptional.repaired)
            content = self._channel.open(body)
        if self._destination.needs_functions:
            return await self._destination.transform_apart(content, self._functions)
        return self._destination.transform(content)

    # --- what comes of an attempt -----------------------------------------------------------

    def _delivered(self, item: Item, told: str, seconds: float) -> None:
        first = item.exceptional is None
        if item.outgoing:
            self._keeper.receipt(item.received.message, seconds, Outcome.DELIVERED, told)
            self._keeper.count("delivered", passed=first)
            self.vitals.delivered(seconds)
            self._receiver_answered()
        elif first:
            self._keeper.count_later(item.number, "filtered")
        else:
            self._keeper.count("filtered", passed=False)
        self._keeper.dirty.set()
        if item.exceptional is None:
            self._release(item)
        else:
            self._keeper.finished(item.number)
            self._go_on_behind(item.number)

    def _receiver_answered(self) -> None:
        if self._breaker.succeeded():
            self._reopened.set()
            log.info("destination.answers", destination=self._where)

    def _receiver_failed(self, failure: LianyiError) -> None:
        if self._breaker.failed(self._clock.elapsed_seconds()):
            self._reopened.clear()
            log.warning("destination.silent", destination=self._where, code=failure.code)

    def _destination_failed(
        self, item: Item, failure: LianyiError, outcome: Outcome, seconds: float
    ) -> None:
        """The receiver is not there: the item stays first in its lane, nothing is lost."""
        self.vitals.failed(failure)
        if outcome is not Outcome.CANNOT_TRANSFORM and not isinstance(failure, Unreachable):
            if item.unanswered == 0:
                item.successes_before = self.vitals.successes
            item.unanswered += 1
            self._keeper.receipt(
                item.received.message, seconds, Outcome.NO_ANSWER, record_of(failure)
            )
        self._receiver_failed(failure)

    def _is_poison(self, item: Item) -> bool:
        """Whether this message fails again and again while others pass."""
        return item.unanswered >= POISON_ATTEMPTS and self.vitals.successes > item.successes_before

    def _message_failed(
        self, item: Item, told: str, failure: LianyiError, outcome: Outcome, seconds: float
    ) -> None:
        """The receiver, or a step, does not want this message: only its key waits."""
        self.vitals.refused(failure)
        self._keeper.receipt(item.received.message, seconds, outcome, record_of(failure, told))
        if isinstance(failure, RefusedForNow):
            self._receiver_failed(failure)
        elif outcome is Outcome.REFUSED:
            self._receiver_answered()
        retry = self._destination.definition.retry
        attempts = (item.exceptional.attempts if item.exceptional else 0) + 1
        again = failure.category.retry or (
            retry.on_refusal == "retry" and outcome is Outcome.REFUSED
        )
        if again and attempts < retry.attempts_max:
            wait = min(
                retry.first_wait_seconds * 2.0 ** min(attempts - 1, 30),
                retry.longest_wait_seconds,
            )
            self._mark(item, ExceptionState.WAITING, failure, attempts, wait_seconds=wait)
            return
        if again:
            answer = str(failure.facts.get("answer", failure.code))
            failure = GaveUp(where=self._where, attempts=attempts, answer=answer)
        self._mark(item, ExceptionState.PARKED, failure, attempts)

    def _mark(
        self,
        item: Item,
        state: ExceptionState,
        failure: LianyiError,
        attempts: int,
        *,
        wait_seconds: float | None = None,
    ) -> None:
        """Write down an exception; its key waits until it is done or dismissed."""
        now = self._clock.now()
        found = item.exceptional
        if found is None:
            found = Exceptional(item.number, item.order_key, state, since=now)
            self._keeper.count("excepted")
            self._release(item)
            self._block(found)
            # At once: a later one of the key that comes from the log would stand before them.
            for queued in self._lanes.take_out(item.order_key):
                self._put_behind(queued)
        found.state = state
        found.attempts = attempts
        found.error = failure.record()
        found.due_at = None
        if wait_seconds is not None:
            found.due_at = now + timedelta(seconds=wait_seconds)
            asyncio.get_running_loop().call_later(wait_seconds, self._retry, found.number)
        if state is ExceptionState.PARKED:
            log.warning(
                "delivery.parked",
                destination=self._where,
                number=item.number,
                code=failure.code,
            )
        self._keeper.changed(found)

    def _block(self, found: Exceptional) -> None:
        self._blocked.add(found)
        self._keeper.changed(found)

    # --- another attempt --------------------------------------------------------------------

    def _go_on_behind(self, number: int) -> None:
        """A delivery is done or dismissed: let the next of its key go."""
        due = self._blocked.finish(number)
        if due is not None:
            self._do(self._set_going(due))

    def _retry(self, number: int) -> None:
        found = self._blocked.find(number)
        if found and found.state is ExceptionState.WAITING and not self._stopping:
            self._do(self._put_in_lane(found))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something short beside the lanes; a task that nobody holds may vanish."""
        errand = asyncio.get_running_loop().create_task(work)
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)

    async def _set_going(self, found: Exceptional) -> None:
        """Try what is at the front of its key; later what waits; what is parked not at all."""
        if found.state is ExceptionState.PARKED:
            return
        if found.state is ExceptionState.WAITING and found.due_at is not None:
            longest = self._destination.definition.retry.longest_wait_seconds
            wait = min((found.due_at - self._clock.now()).total_seconds(), longest)
            if wait > 0:
                asyncio.get_running_loop().call_later(wait, self._retry, found.number)
                return
        await self._put_in_lane(found)

    async def _put_in_lane(self, found: Exceptional) -> None:
        while not self._stopping:
            try:
                received = await self._feed.read_one(found.number)
            except LianyiError:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            if self._blocked.find(found.number) is found:
                self._lanes.put(Item(received, found.order_key, found))
            return

    async def _look(self) -> None:
        """Act on people's decisions, and show how it goes."""
        while not self._stopping:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._look_now.wait()
            self._look_now.clear()
            try:
                for decision in await self._store.decisions():
                    await self._obey(decision)
                await self._show()
            except LostLease:
                raise
            except LianyiError as failure:
                log.warning("store.unavailable", destination=self._where, code=failure.code)

    async def _obey(self, decision: Decision) -> None:
        number = decision.number
        if self._obeyed.get(number) == decision.decided_at:
            return  # done already; the table shows it with the next transaction
        self._obeyed[number] = decision.decided_at
        found = self._blocked.find(number)
        if decision.state is ExceptionState.DISMISSED:
            if found is not None:
                self._keeper.forget(number)
                self._go_on_behind(number)
            return
        if found is None:
            found = Exceptional(
                number, decision.order_key, ExceptionState.RESEND, since=decision.since
            )
            self._blocked.add(found)
        found.state = ExceptionState.RESEND
        found.decided_at = decision.decided_at
        found.attempts = 0
        found.repaired = decision.repaired
        await self._put_in_lane(found)

    # --- keeping and showing ----------------------------------------------------------------

    async def _save_on(self) -> None:
        while not self._stopping:
            await self._keeper.dirty.wait()
            self._keeper.dirty.clear()
            await self._keeper.save()
            await asyncio.sleep(SAVE_SECONDS)

    async def _show(self) -> None:
        """Show people how it goes: when that has changed, and now and then as a sign of life."""
        now = self._clock.elapsed_seconds()
        limit = self._destination.definition.timeout_seconds / 2
        state = self.vitals.state(
            running=self._running.is_set(),
            breaker=self._breaker,
            silent_lanes=self._lanes.silent(now, longer_than_seconds=limit),
            lanes=len(self._lanes),
            in_flight=self._lanes.sending,
            queued=self._feed.end - self._position,
            parked=self._blocked.count(ExceptionState.PARKED),
            oldest=self._oldest(),
        )
        if state != self._shown or now - self._shown_at > SHOW_SECONDS:
            self._shown, self._shown_at = state, now
            await self._store.show({**state, "updated_at": self._clock.now().isoformat()})

    def _oldest(self) -> str | None:
        if not self._open:
            return None
        return next(iter(self._open.values())).received.message.received_at.isoformat()
