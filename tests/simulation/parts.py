"""The neighbours of a destination's worker in a simulated world: store, receiver, log, process.

They are as unreliable as the real ones, by the dice of the seed: commits fail before and after
they took effect, receivers refuse, hang, answer for others and hang up, and a process that is
killed keeps nothing that was not committed.
"""

from __future__ import annotations

import asyncio
import copy
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.simulation.history import OPEN, Ledger
from tests.simulation.virtual import START

from lianyi.channels.delivering import (
    Decision,
    Exceptional,
    ExceptionState,
    Outcome,
    Progress,
    Receipt,
    Standing,
)
from lianyi.connectors.connector import Answer, AnswerCutShort, AnswerLate, Unreachable
from lianyi.messagelog import LogMessage, LogUnavailable, LostLease, MemoryLog, Position

SLOWEST_SAVE = 0.03


class Killed(BaseException):
    """The process was killed here: nothing of it runs on."""


@dataclass(eq=False)
class Process:
    """One process of the deliver role; dead when killed, stopped when asked to end."""

    number: int
    stopped: bool = False
    dead: bool = False

    def lives(self) -> None:
        if self.dead:
            raise Killed


@dataclass
class Weather:
    """How bad things are at the moment."""

    store_fails: float = 0.0
    store_hangs: float = 0.0
    log_fails: float = 0.0
    down: bool = False
    refuses: float = 0.0
    refuses_for_now: float = 0.0
    hangs: float = 0.0
    wrong_id: float = 0.0
    cuts: float = 0.0


class FlakyLog(MemoryLog):
    """A log that cannot be read now and then."""

    def __init__(self, clock: Any, dice: random.Random, weather: Weather) -> None:
        super().__init__(clock)
        self._dice = dice
        self._weather = weather

    async def read(
        self, shard: int, *, after: int, limit: int, bytes_max: int = 16_777_216
    ) -> Sequence[LogMessage]:
        await asyncio.sleep(self._dice.uniform(0, 0.01))
        if self._dice.random() < self._weather.log_fails:
            raise LogUnavailable(where="shard 1", why="simulated")
        return await super().read(shard, after=after, limit=limit, bytes_max=bytes_max)


@dataclass
class Row:
    """An exception as the table has it."""

    order_key: str
    state: ExceptionState
    since: Any
    attempts: int = 0
    due_at: Any = None
    error: Any = None
    repaired: Position | None = None
    decided_at: datetime | None = None


@dataclass
class Durable:
    """What is kept of one destination, whatever dies."""

    position: int = 0
    epoch: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    receipts: list[Receipt] = field(default_factory=list)
    rows: dict[int, Row] = field(default_factory=dict)

    def states(self) -> dict[int, ExceptionState]:
        return {number: row.state for number, row in self.rows.items()}


class SimulatedStore:
    """A delivery store with the rules of the one in PostgreSQL."""

    def __init__(
        self,
        durable: Durable,
        ledger: Ledger,
        process: Process,
        log: FlakyLog,
        dice: random.Random,
        weather: Weather,
    ) -> None:
        self._durable = durable
        self._ledger = ledger
        self._process = process
        self._log = log
        self._dice = dice
        self._weather = weather
        self._seen_at = START
        durable.epoch += 1
        self._epoch = durable.epoch

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def _take_time(self) -> None:
        await asyncio.sleep(self._dice.uniform(0, SLOWEST_SAVE))
        self._process.lives()

    def _fails(self) -> bool:
        return self._dice.random() < self._weather.store_fails

    async def load(self) -> Standing:
        await self._take_time()
        if self._fails():
            raise LogUnavailable(where="store", why="simulated")
        kept = self._durable
        done = {receipt.number for receipt in kept.receipts if receipt.outcome == Outcome.DELIVERED}
        standing = Standing(
            position=kept.position,
            counts=dict(kept.counts),
            exceptions=[
                Exceptional(
                    number,
                    row.order_key,
                    row.state,
                    row.since,
                    row.attempts,
                    row.due_at,
                    row.error,
                    row.repaired,
                    row.decided_at,
                )
                for number, row in kept.rows.items()
                if row.state in OPEN
            ],
            done_above={number for number in done | set(kept.rows) if number > kept.position},
        )
        self._ledger.loaded(self._now)
        return standing

    async def save(self, progress: Progress) -> None:
        self._ledger.trace.note(self._now, self._ledger.name, "saving", progress.position)
        self._ledger.save_begins(self._now, process=self._process.number)
        if self._dice.random() < self._weather.store_hangs:
            await asyncio.sleep(self._dice.uniform(0, 6))
        await self._take_time()
        if self._fails():
            self._ledger.store_failed(self._now, process=self._process.number)
            raise LogUnavailable(where="store", why="simulated, nothing kept")
        if self._durable.epoch != self._epoch:
            self._ledger.trace.note(self._now, self._ledger.name, "lost lease", self._epoch)
            raise LostLease(where="store", name="simulated")
        self._commit(progress)
        if self._fails():
            self._ledger.store_failed(self._now, process=self._process.number)
            raise LogUnavailable(where="store", why="simulated, kept all the same")
        await self._take_time()
        self._ledger.store_works(self._now, process=self._process.number)

    def _commit(self, progress: Progress) -> None:
        kept, ledger = self._durable, self._ledger
        before, kept.position = kept.position, progress.position
        kept.counts = dict(progress.counts)
        for receipt in progress.receipts:
            kept.receipts.append(receipt)
            if receipt.outcome == Outcome.DELIVERED:
                ledger.kept.add(receipt.number)
        for found in progress.exceptions:
            self._put(found)
        for number in progress.finished:
            row = kept.rows.get(number)
            if row is not None and row.decided_at is None:
                del kept.rows[number]
            elif row is not None:
                row.state = ExceptionState.DELIVERED
        ledger.trace.note(self._now, ledger.name, "kept", progress.position, len(kept.rows))
        ledger.kept_now(progress.position, before, kept.counts, kept.states(), self._log.seen(1))

    async def leave(self, receipts: Sequence[Receipt]) -> None:
        await self._take_time()
        if self._fails():
            raise LogUnavailable(where="store", why="simulated")
        assert all(receipt.outcome != Outcome.DELIVERED for receipt in receipts)
        self._durable.receipts += receipts

    def _put(self, found: Exceptional) -> None:
        self._ledger.excepted.add(found.number)
        row = self._durable.rows.get(found.number)
        if row is None:
            row = self._durable.rows[found.number] = Row(found.order_key, found.state, found.since)
        elif row.state is ExceptionState.DISMISSED or row.decided_at != found.decided_at:
            return
        row.state, row.attempts = found.state, found.attempts
        row.due_at, row.error = found.due_at, found.error

    async def decisions(self) -> Sequence[Decision]:
        await self._take_time()
        if self._fails():
            raise LogUnavailable(where="store", why="simulated")
        rows = sorted(
            (row.decided_at, number)
            for number, row in self._durable.rows.items()
            if row.decided_at is not None
            and row.decided_at >= self._seen_at
            and row.state in (ExceptionState.RESEND, ExceptionState.DISMISSED)
        )
        if rows:
            self._seen_at = rows[-1][0] - timedelta(seconds=5)
        found = []
        for _, number in rows:
            row = self._durable.rows[number]
            assert row.decided_at is not None
            found.append(
                Decision(number, row.decided_at, row.state, row.order_key, row.since, row.repaired)
            )
        await self._take_time()
        return found

    async def repaired_body(self, position: Position) -> bytes:
        return (await self._log.get(position)).body

    async def show(self, state: Mapping[str, Any]) -> None:
        self._process.lives()
        copy.copy(state)


class SimulatedReceiver:
    """One receiver of a hospital, and what it takes."""

    def __init__(self, ledger: Ledger, dice: random.Random, weather: Weather) -> None:
        self.ledger = ledger
        self.dice = dice
        self.weather = weather
        self.poison: set[int] = set()
        self.unwelcome: set[int] = set()

    def behave(self, number: int) -> str:
        """Choose what happens to one message, by the dice and by what it is."""
        if number in self.poison:
            return "hang"
        if number in self.unwelcome:
            return "AE"
        roll, weather = self.dice.random(), self.weather
        for what, chance in (
            ("AE", weather.refuses),
            ("AR", weather.refuses_for_now),
            ("hang", weather.hangs),
            ("wrong", weather.wrong_id),
            ("cut", weather.cuts),
        ):
            if roll < chance:
                return what
            roll -= chance
        return "AA"


class SimulatedSender:
    """One connection to a receiver."""

    def __init__(self, receiver: SimulatedReceiver, process: Process) -> None:
        self._receiver = receiver
        self._process = process

    async def send(
        self, body: bytes, *, attributes: Mapping[str, str], timeout_seconds: float
    ) -> Answer:
        self._process.lives()
        receiver, loop = self._receiver, asyncio.get_running_loop()
        if receiver.weather.down:
            await asyncio.sleep(receiver.dice.uniform(0, 0.01))
            raise Unreachable(where="simulated", why="connection refused")
        control_id = body.split(b"|", 10)[9].decode()
        assert attributes["control_id"] == control_id
        number = int(control_id[1:])
        receiver.ledger.attempt(number, loop.time(), process=self._process.number)
        await asyncio.sleep(receiver.dice.uniform(0.001, 0.05))
        what = receiver.behave(number)
        if what == "hang":
            await asyncio.sleep(timeout_seconds)
            self._process.lives()
            raise AnswerLate(where="simulated", timeout_seconds=timeout_seconds)
        await asyncio.sleep(receiver.dice.uniform(0.001, 0.05))
        self._process.lives()
        if what == "cut":
            raise AnswerCutShort(where="simulated", why="reset")
        named = f"X{number}" if what == "wrong" else control_id
        code = what if what in ("AE", "AR") else "AA"
        if code == "AA" and what == "AA":
            receiver.ledger.ack(number, loop.time(), process=self._process.number)
        return Answer(
            f"MSH|^~\\&|R|R|||20260301||ACK|A{number}|P|2.4\rMSA|{code}|{named}\r".encode()
        )

    async def close(self) -> None:
        """There is nothing to close."""
