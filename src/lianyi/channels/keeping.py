"""What a destination's worker has done and not yet kept: one transaction, every 50 ms at most."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import orjson
import structlog

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.channels.delivering import (
    DeliveryStore,
    Exceptional,
    Outcome,
    Progress,
    Receipt,
    Standing,
)
from lianyi.channels.failures import AnsweredTooLate
from lianyi.messagelog import LogMessage, LostLease

SAVE_SECONDS = 0.05
RETRY_SECONDS = 1.0
OVERDUE_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Keeper:
    """Collects receipts, exceptions and counts, and keeps them together with the position.

    Attributes:
        dirty: set when there is something to keep.
        keeps: set while the store keeps up. Without it nothing may be sent: what is delivered and
            not kept is delivered again after a crash.
        lost: whether another process delivers to this destination now.
    """

    def __init__(
        self,
        store: DeliveryStore,
        *,
        destination: int,
        version: int,
        position: Callable[[], int],
        clock: Clock,
        where: str,
    ) -> None:
        """Keep for one destination.

        Args:
            store: where to.
            destination: its number.
            version: of the definition that transforms.
            position: says below which number everything is done.
            clock: for receipts.
            where: names the destination in log lines.
        """
        self._store = store
        self._destination = destination
        self._version = version % 32_768
        self._position = position
        self._clock = clock
        self._where = where
        self._saved_position = 0
        self._counts: dict[str, int] = {}
        self._receipts: list[Receipt] = []
        self._changed: dict[int, Exceptional] = {}
        self._finished: list[int] = []
        self._counted_later: list[tuple[int, str]] = []
        self._saving = asyncio.Lock()
        self.dirty = asyncio.Event()
        self.keeps = asyncio.Event()
        self.keeps.set()
        self.lost = False

    @property
    def unsaved(self) -> int:
        """How many receipts and counts are not kept yet."""
        return len(self._receipts) + len(self._counted_later)

    def begin(self, standing: Standing) -> None:
        """Go on from where the destination stands."""
        self._saved_position = standing.position
        self._counts = dict(standing.counts)

    def receipt(self, message: LogMessage, seconds: float, outcome: Outcome, answer: str) -> None:
        """Note what the destination answered to one attempt."""
        self._receipts.append(
            Receipt(
                message.number,
                never_before(message, self._clock.now()),
                self._destination,
                int(seconds * 1000),
                message.shard,
                outcome,
                self._version,
                answer,
            )
        )
        self.dirty.set()

    def count(self, name: str, *, passed: bool = True) -> None:
        """Count one message; ``passed`` when it is the first thing that is decided about it."""
        counts = self._counts
        counts[name] = counts.get(name, 0) + 1
        if passed:
            counts["passed"] = counts.get("passed", 0) + 1

    def count_later(self, number: int, name: str) -> None:
        """Count a message of which only the position tells, once the position is beyond it.

        Sooner, and a worker that starts again before it would count it again.
        """
        heapq.heappush(self._counted_later, (number, name))

    def _count_up_to(self, position: int) -> None:
        while self._counted_later and self._counted_later[0][0] <= position:
            self.count(heapq.heappop(self._counted_later)[1])

    def changed(self, found: Exceptional) -> None:
        """Note that an exception is new or stands otherwise than before."""
        self._changed[found.number] = found
        self.dirty.set()

    def finished(self, number: int) -> None:
        """Note that an exception is done."""
        self._changed.pop(number, None)
        self._finished.append(number)
        self.dirty.set()

    def forget(self, number: int) -> None:
        """Note that a person has decided about an exception: what we had to say is obsolete."""
        self._changed.pop(number, None)

    async def save(self) -> None:
        """Keep everything since the last time, or nothing and try again later.

        Raises:
            LostLease: another process delivers to this destination now.
        """
        async with self._saving:
            failure = await (self._leave() if self.lost else self._try())
        if failure is not None:
            log.warning("store.unavailable", destination=self._where, code=failure.code)
            await asyncio.sleep(RETRY_SECONDS)

    async def save_all(self) -> None:
        """Keep what is left however long the store is away; who cannot wait cancels it.

        Raises:
            LostLease: another process delivers to this destination now; of what was done here the
                attempts are kept.
        """
        lost: LostLease | None = None
        self.dirty.set()
        while self.dirty.is_set():
            self.dirty.clear()
            try:
                await self.save()
            except LostLease as failure:
                lost = failure
        if lost:
            raise lost

    async def _leave(self) -> LianyiError | None:
        """Keep the attempts alone: everything else is for whoever delivers now."""
        receipts, self._receipts = [self._no_longer_counts(one) for one in self._receipts], []
        try:
            await self._store.leave(receipts)
        except BaseException as failure:
            self._receipts = receipts + self._receipts
            self.dirty.set()
            if not isinstance(failure, LianyiError):
                raise
            return failure
        return None

    def _no_longer_counts(self, receipt: Receipt) -> Receipt:
        """Whoever took over sends it again and counts it: only what happened is told here."""
        if receipt.outcome != Outcome.DELIVERED:
            return receipt
        late = AnsweredTooLate(where=self._where, answer=receipt.answer)
        answer = record_of(late, told=receipt.answer)
        return receipt._replace(outcome=Outcome.NO_ANSWER, answer=answer)

    async def _try(self) -> LianyiError | None:
        position = self._position()
        if position == self._saved_position and not (
            self._receipts or self._changed or self._finished
        ):
            return None
        self._count_up_to(position)
        receipts, self._receipts = self._receipts, []
        changed, self._changed = self._changed, {}
        finished, self._finished = self._finished, []
        progress = Progress(
            position=position,
            counts=dict(self._counts),
            receipts=receipts,
            # As they stand now: they go on while this is written, and receipts would not match.
            exceptions=[replace(found) for found in changed.values()],
            finished=finished,
        )
        overdue = asyncio.get_running_loop().call_later(OVERDUE_SECONDS, self.keeps.clear)
        try:
            await self._store.save(progress)
        except BaseException as failure:  # cancelled too: the next attempt must know of it all
            self.keeps.clear()
            self._receipts = receipts + self._receipts
            self._changed = {**changed, **self._changed}
            self._finished = finished + self._finished
            self.dirty.set()
            self.lost = isinstance(failure, LostLease)
            if self.lost or not isinstance(failure, LianyiError):
                raise
            return failure
        finally:
            overdue.cancel()
        self._saved_position = position
        self.keeps.set()
        return None


def record_of(failure: LianyiError, told: str = "") -> str:
    """Return what a receipt keeps of a failure: its record, and the receiver's own words."""
    return orjson.dumps({**failure.record(), "told": told}).decode()


def never_before(message: LogMessage, at: datetime) -> datetime:
    """Return when an attempt was made: after its message came, though the clock was put back.

    The log keeps its times in order in the same way; who looks for receipts looks from there on.
    """
    return max(at, message.received_at)
