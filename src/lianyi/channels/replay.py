"""Replay: deliver messages of the past again, at a rate, until done or stopped.

It delivers what the destination would have got: nothing that the gate holds or a person gave up,
and what a person repaired in its repaired form. What it leaves out is counted by reason.

A replay has its own position, connection and receipts; live deliveries do not wait for it. What the
receiver refuses is counted and written down with the replay, and parks nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime
from fnmatch import fnmatchcase

import structlog

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.base.telemetry import NO_TRACING, Tracing
from lianyi.channels import replay_store
from lianyi.channels.answers import stops_destination
from lianyi.channels.attempt import Attempt, attempt
from lianyi.channels.compiled import CompiledChannel, CompiledDestination
from lianyi.channels.content import Content
from lianyi.channels.decided import UNDECIDED, Decided, Skipped
from lianyi.channels.delivering import Outcome, Receipt
from lianyi.channels.functions import FunctionHost
from lianyi.channels.keeping import never_before, record_of
from lianyi.channels.replay_store import ReplayRow
from lianyi.channels.search import has_key
from lianyi.connectors.connector import Sender
from lianyi.messagelog import LogMessage, LostLease, PostgresLog

READ_MESSAGES = 200
SAVE_SECONDS = 0.05
"""What was delivered and not yet kept when the process dies is delivered once more."""
DECISIONS_SECONDS = 1.0
"""What people decided is read again when it is older than this."""

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0

log = structlog.get_logger(__name__)


class Replay:
    """One replay, run by the process that delivers to its destination."""

    def __init__(
        self,
        row: ReplayRow,
        channel: CompiledChannel,
        destination: CompiledDestination,
        *,
        messages: PostgresLog,
        store: replay_store.ReplayStore,
        build_sender: Callable[[CompiledDestination], Sender],
        functions: FunctionHost,
        version: int,
        clock: Clock,
        tracing: Tracing = NO_TRACING,
        epoch: int,
        holds: Callable[[], bool],
    ) -> None:
        self._row = row
        self._epoch = epoch
        self._holds = holds
        self._channel = channel
        self._destination = destination
        self._messages = messages
        self._store = store
        self._build_sender = build_sender
        self._functions = functions
        self._version = version % 32_768
        self._clock = clock
        self._tracing = tracing
        self._position = row.position
        self._delivered = row.delivered
        self._refused = row.refused
        self._skipped: dict[Skipped, int] = {
            "held": row.held,
            "dismissed": row.dismissed,
            "filtered": row.filtered,
        }
        self._decided: dict[int, Decided] = {}
        self._decided_up_to = 0
        self._decided_at = 0.0
        self._receipts: list[Receipt] = []
        self._saved_at = clock.elapsed_seconds()
        self._next_at = 0.0
        self._halt = asyncio.Event()
        self._left = False

    def stop(self) -> None:
        """End after the message that is being delivered."""
        self._halt.set()

    def leave(self) -> None:
        """Let whoever delivers to the destination from now on go on from here."""
        self._left = True
        self._halt.set()

    async def run(self) -> None:
        """Deliver from where it stands to its end; can be taken up by another process.

        Raises:
            LostLease: another process delivers to the destination now.
            LogUnavailable: the store cannot be reached.
        """
        sender = self._build_sender(self._destination)
        try:
            await self._go_on(sender)
            await self._save(ended=not self._left)
        except LostLease:
            await self._save()
            raise
        finally:
            with contextlib.suppress(OSError, LianyiError):
                await sender.close()

    async def _go_on(self, sender: Sender) -> None:
        while not self._halt.is_set() and self._position < self._row.number_to:
            batch = await self._messages.read(
                self._row.shard, after=self._position, limit=READ_MESSAGES
            )
            if not batch:
                break
            self._decided_up_to = 0
            for message in batch:
                if self._halt.is_set() or message.number > self._row.number_to:
                    break
                if self._fits(message) and not await self._deliver(
                    message, batch[-1].number, sender
                ):
                    break
                self._position = message.number
            await self._save()

    def _fits(self, message: LogMessage) -> bool:
        """Say whether a message was asked for; times are in the numbers already."""
        kind, key = self._row.filter.get("kind"), self._row.filter.get("key")
        return (
            message.channel == self._row.channel
            and not message.tombstone
            and (not kind or fnmatchcase(message.kind, kind))
            and (not key or has_key(message.keys, key))
        )

    async def _decision(self, number: int, last: int) -> Decided:
        """Return what was decided about a message, as it was a second ago at most.

        Args:
            number: of the message.
            last: of the messages at hand; what is decided about all of them is read at once.
        """
        now = self._clock.elapsed_seconds()
        if number > self._decided_up_to or now - self._decided_at >= DECISIONS_SECONDS:
            self._decided = await self._store.decided(
                channel=self._row.channel,
                destination=self._row.destination,
                shard=self._row.shard,
                first=number,
                last=last,
            )
            self._decided_up_to, self._decided_at = last, now
        return self._decided.get(number, UNDECIDED)

    async def _what_goes(self, message: LogMessage, decided: Decided) -> Content | Skipped:
        """Return what the destination would have got, or why it would not."""
        if why := decided.forbids(message.gate):
            return why
        if decided.repaired is None:
            content = self._content(message)
        else:
            repaired = await self._messages.get(decided.repaired)
            if repaired.tombstone:
                return "dismissed"  # erased since the message was read here
            content = self._channel.open(repaired.body)
            if decided.own_repaired:
                return content  # a person sent it here, whatever the filter says
        return content if self._is_wanted(content) else "filtered"

    def _content(self, message: LogMessage) -> Content:
        return self._channel.open(
            message.body,
            codec=message.codec,
            received_at=message.received_at,
            kind=message.kind,
            sender=message.sender,
            keys=message.keys,
        )

    def _is_wanted(self, content: Content) -> bool:
        """Whether the destination wants it; one that cannot be looked into is tried and told."""
        try:
            return self._destination.wants(content)
        except LianyiError:
            return True

    async def _deliver(self, message: LogMessage, last: int, sender: Sender) -> bool:
        """Deliver a message or skip it; False when it was stopped before it came to that."""
        wait = FIRST_WAIT_SECONDS
        rated = False
        while not self._halt.is_set():
            goes = await self._what_goes(message, await self._decision(message.number, last))
            if not isinstance(goes, Content):
                self._skipped[goes] += 1
                return True
            if not rated:
                rated = True
                await self._keep_rate()
                continue  # a person may have decided while it waited for its turn
            began = self._clock.elapsed_seconds()
            told, failure, outcome, _ = await self._attempt(message, goes, sender)
            if failure is None or not stops_destination(failure):
                millis = int(1000 * (self._clock.elapsed_seconds() - began))
                self._note(message, told, failure, outcome, millis)
                return True
            log.info("replay.waits", replay=str(self._row.replay), code=failure.code)
            await self._save()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._halt.wait()
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)
        return False

    async def _attempt(self, message: LogMessage, content: Content, sender: Sender) -> Attempt:
        try:
            parts = await self._destination.transform_apart(content, self._functions)
        except LianyiError as impossible:
            return Attempt("", impossible, Outcome.CANNOT_TRANSFORM, 0)
        where = f"{self._channel.definition.channel}/{self._destination.name}"
        made = await attempt(
            parts,
            sender,
            self._destination,
            message=message,
            where=where,
            tracing=self._tracing,
            may_send=self._holds,
        )
        if made.failure is None and made.taken < len(parts):
            raise LostLease(where=where, name=f"deliver:{self._row.destination}")
        return made

    def _note(
        self,
        message: LogMessage,
        told: str,
        failure: LianyiError | None,
        outcome: Outcome,
        millis: int,
    ) -> None:
        if failure is None:
            self._delivered += 1
        else:
            self._refused += 1
            told = record_of(failure, told)
        self._receipts.append(
            Receipt(
                message.number,
                never_before(message, self._clock.now()),
                self._row.destination,
                millis,
                self._row.shard,
                outcome,
                self._version,
                told,
                self._row.replay,
            )
        )

    async def _keep_rate(self) -> None:
        """Wait until the next message is due, and save now and then meanwhile."""
        now = self._clock.elapsed_seconds()
        if now - self._saved_at >= SAVE_SECONDS:
            await self._save()
        self._next_at = max(self._next_at, now - 1.0) + 1.0 / self._row.rate_per_second
        if self._next_at > now:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._next_at - now):
                    await self._halt.wait()

    async def _save(self, *, ended: bool = False) -> None:
        receipts, self._receipts = self._receipts, []
        at: datetime | None = self._clock.now() if ended else None
        state = "running"
        if ended:
            state = "stopped" if self._halt.is_set() else "finished"
        await self._store.save(
            self._row,
            epoch=self._epoch,
            position=self._position,
            delivered=self._delivered,
            refused=self._refused,
            skipped=self._skipped,
            receipts=receipts,
            state=state,
            ended_at=at,
        )
        self._saved_at = self._clock.elapsed_seconds()
