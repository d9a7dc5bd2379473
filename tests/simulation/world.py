"""One simulated run: a log that grows, destinations with real workers, faults, people; then calm.

:func:`simulate` runs one seed and raises :class:`~tests.simulation.history.Broken` at the first
step that breaks a promise. Everything random comes from the seed.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from structlog.testing import capture_logs
from tests.simulation.history import Broken, Ledger, Told, Trace
from tests.simulation.parts import (
    SLOWEST_SAVE,
    Durable,
    FlakyLog,
    Killed,
    Process,
    Row,
    SimulatedReceiver,
    SimulatedSender,
    SimulatedStore,
    Weather,
)
from tests.simulation.virtual import VirtualClock, run_virtually

from lianyi.base.errors import LianyiError
from lianyi.channels.compiled import CompiledChannel, compile_channel
from lianyi.channels.deliver import DestinationWorker
from lianyi.channels.delivering import ExceptionState
from lianyi.channels.feed import ShardFeed
from lianyi.channels.functions import FunctionHost
from lianyi.channels.loading import load_channel
from lianyi.messagelog import Gate, NewMessage

CHANNEL = 1
OTHER_CHANNEL = 2
PATIENCE_SECONDS = 600.0

DEFINITION = """
channel: admissions
description: 一条通道 → 三个接收方
source: { connector: mllp, port: 6661, default_codec: utf-8 }
destinations:
  - name: all
    connector: mllp
    address: 127.0.0.1:1
    lanes: 4
    timeout_seconds: 2
    retry: { attempts_max: 3, first_wait_seconds: 1, longest_wait_seconds: 10 }
  - name: single
    connector: mllp
    address: 127.0.0.1:2
    lanes: 1
    timeout_seconds: 2
    filter: { event: [ADT^A01] }
    breaker: { failures_to_open: 2, first_wait_seconds: 0.5, longest_wait_seconds: 4 }
    retry: { attempts_max: 5, first_wait_seconds: 0.5, longest_wait_seconds: 4, on_refusal: retry }
  - name: dropping
    connector: mllp
    address: 127.0.0.1:3
    lanes: 2
    timeout_seconds: 2
    transform:
      - { when: { event: [ADT^A03] }, drop: true }
      - set: { MSH-5: DROPPING }
    retry: { attempts_max: 3, first_wait_seconds: 1, longest_wait_seconds: 10 }
examples:
  - { name: an admission reaches all, event: ADT^A01, delivered_to: [all, single, dropping] }
"""

_compiled: list[CompiledChannel] = []


def channel() -> CompiledChannel:
    """Return the one channel of all simulations."""
    if not _compiled:
        _compiled.append(compile_channel(load_channel(DEFINITION, "admissions.yaml", None), None))
    return _compiled[0]


@dataclass
class Result:
    """What a run says of itself; equal seeds give equal results."""

    seed: int
    digest: str
    events: int
    deliveries: int
    crashes: int
    repeats: int
    virtual_seconds: float


class Destination:
    """One destination of the simulated channel: what is kept of it, its receiver, its worker."""

    def __init__(self, name: str, world: World) -> None:
        self.compiled = channel().destination(name)
        assert self.compiled is not None
        self.name = name
        self.weather = Weather()
        self.ledger = Ledger(name, {}, world.trace, self.compiled.definition.lanes)
        self.durable = Durable()
        self.receiver = SimulatedReceiver(self.ledger, world.dice, self.weather)
        self.worker: DestinationWorker | None = None


class World:
    """One run."""

    def __init__(self, seed: int, messages: int) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        self.trace = Trace()
        loop = asyncio.get_running_loop()
        self.clock = VirtualClock(loop)
        loop.set_exception_handler(self._unhandled)
        self.log = FlakyLog(self.clock, self.dice, Weather())
        self.destinations = [Destination(name, self) for name in ("all", "single", "dropping")]
        self.messages = messages
        self.calm = False
        self.crashes = 0
        self.functions = FunctionHost(workers_max=1)
        self._tasks: dict[Process, list[asyncio.Task[None]]] = {}

    # --- the hospital -----------------------------------------------------------------------

    async def senders(self) -> None:
        """Put messages into the log, of few patients, so that keys meet."""
        for _ in range(self.messages):
            await asyncio.sleep(self.dice.choice((0, 0, 0.01, 0.1, 0.5)))
            self._receive()

    def _receive(self) -> None:
        dice = self.dice
        number = self.log.seen(1) + 1
        own = dice.random() < 0.9
        event = dice.choice(("A01", "A01", "A01", "A08", "A03"))
        held = dice.random() < 0.03
        patient = f"P{dice.randrange(6)}" if dice.random() < 0.85 and event != "A03" else ""
        key = f"{patient}^H" if patient else ""
        body = _body(number, event, patient)
        if dice.random() < 0.02 and not held:
            body = b"garbage"
        for destination in self.destinations if own else ():
            told = Told(
                number,
                key,
                wanted=destination.name != "single" or event == "A01",
                held=held,
                dropped=destination.name == "dropping" and event == "A03" and body != b"garbage",
            )
            destination.ledger.expect(told)
            if dice.random() < 0.01:
                destination.receiver.poison.add(number)
            elif dice.random() < 0.02:
                destination.receiver.unwelcome.add(number)
        self.log.record(
            1,
            NewMessage(
                CHANNEL if own else OTHER_CHANNEL,
                f"hl7v2 ADT^{event}",
                body,
                codec="utf-8",
                sender="HIS|H",
                keys=(f"c:M{number}", *((f"p:{key}",) if key else ())),
                gate=Gate.HOLD if held else Gate.ACCEPT,
            ),
        )

    async def people(self) -> None:
        """Decide about what is parked, now and then; release what is held."""
        while True:
            await asyncio.sleep(self.dice.uniform(0.2, 6))
            for destination in self.destinations:
                for number, row in sorted(destination.durable.rows.items()):
                    if row.state is ExceptionState.PARKED and self.dice.random() < 0.6:
                        self._decide(destination, number, row)
            for number, told in self.destinations[0].ledger.messages.items():
                if told.held and self.dice.random() < 0.05:
                    self._release(number)

    def _decide(self, destination: Destination, number: int, row: Row) -> None:
        row.decided_at = self.clock.now()
        if self.dice.random() < 0.3:
            row.state = ExceptionState.DISMISSED
            destination.ledger.settled.add(number)
        else:
            row.state = ExceptionState.RESEND
            told = destination.ledger.messages[number]
            event = "A01" if told.key or told.dropped else "A08"
            act = NewMessage(0, "act", _body(number, event, told.key.partition("^")[0]))
            row.repaired = self.log.record(0, act)
            destination.receiver.poison.discard(number)
            if self.dice.random() < 0.7:
                destination.receiver.unwelcome.discard(number)
        self.trace.note(
            self.clock.elapsed_seconds(), destination.name, "decided", number, row.state
        )
        if destination.worker is not None and self.dice.random() < 0.8:
            destination.worker.wake()

    def _release(self, number: int) -> None:
        """Give a held message on to those who want it, as the gate's reader does."""
        for destination in self.destinations:
            told = destination.ledger.messages[number]
            if told.wanted and not told.dropped and number not in destination.durable.rows:
                destination.durable.rows[number] = Row(
                    "",
                    ExceptionState.RESEND,
                    self.clock.now(),
                    decided_at=self.clock.now(),
                )

    async def seasons(self) -> None:
        """Let the weather change."""
        dice = self.dice
        while True:
            for destination in self.destinations:
                weather = destination.weather
                weather.down = dice.random() < 0.15
                weather.store_fails = dice.choice((0, 0, 0, 0.05, 0.5, 1.0))
                weather.store_hangs = dice.choice((0, 0, 0, 0.2))
                bad = dice.random() < 0.5
                weather.refuses = dice.choice((0, 0.05)) if bad else 0
                weather.refuses_for_now = dice.choice((0, 0.1)) if bad else 0
                weather.hangs = dice.choice((0, 0.05)) if bad else 0
                weather.wrong_id = dice.choice((0, 0.05)) if bad else 0
                weather.cuts = dice.choice((0, 0.05)) if bad else 0
            self.log._weather.log_fails = dice.choice((0, 0, 0.2))
            await asyncio.sleep(dice.uniform(0.5, 8))

    def clear_up(self) -> None:
        """Let everything be well from now on."""
        for destination in self.destinations:
            vars(destination.weather).update(vars(Weather()))
            destination.receiver.poison.clear()
        vars(self.log._weather).update(vars(Weather()))

    # --- the platform -----------------------------------------------------------------------

    def start(self, number: int) -> Process:
        """Start a process that delivers to all destinations."""
        process = Process(number)
        feed = ShardFeed(self.log, 1)
        self._tasks[process] = [
            asyncio.create_task(self._keep(destination, process, feed))
            for destination in self.destinations
        ]
        return process

    async def _keep(self, destination: Destination, process: Process, feed: ShardFeed) -> None:
        """Start a worker anew when the store failed it, as the deliver role does."""
        while not process.dead:
            worker = self._worker(destination, process, feed)
            try:
                await worker.run()
                return
            except LianyiError:
                if process.stopped or process is not self.current:
                    return
                await asyncio.sleep(1)

    def _worker(
        self, destination: Destination, process: Process, feed: ShardFeed
    ) -> DestinationWorker:
        assert destination.compiled is not None
        destination.ledger.begins(process.number)
        destination.worker = DestinationWorker(
            channel(),
            destination.compiled,
            destination_id=1,
            channel_number=CHANNEL,
            version=1,
            feed=feed,
            store=SimulatedStore(
                destination.durable,
                destination.ledger,
                process,
                self.log,
                self.dice,
                destination.weather,
            ),
            build_sender=lambda _: SimulatedSender(destination.receiver, process),
            functions=self.functions,
            clock=self.clock,
        )
        return destination.worker

    async def kill(self, process: Process) -> None:
        """End a process as ``kill -9`` does."""
        process.dead = True
        self.crashes += 1
        now = self.clock.elapsed_seconds()
        self.trace.note(now, "kill", process.number)
        for destination in self.destinations if process is self.current else ():
            destination.ledger.crashed(now, slowest_save=SLOWEST_SAVE)
        await self._end(process)

    async def stop(self, process: Process) -> None:
        """End a process as a service manager does: ask, wait a little, cancel."""
        process.stopped = True
        workers = [destination.worker for destination in self.destinations]
        for worker in workers:
            if worker is not None:
                worker.stop()
        await asyncio.wait(self._tasks[process], timeout=3)
        await self._end(process)

    async def _end(self, process: Process) -> None:
        tasks = self._tasks.pop(process)
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            self._complain(ended)

    @staticmethod
    def _complain(ended: object) -> None:
        if isinstance(ended, Killed | asyncio.CancelledError | LianyiError) or ended is None:
            return
        if isinstance(ended, Broken):
            raise ended
        raise Broken(f"a worker ended with {ended!r}") from (
            ended if isinstance(ended, BaseException) else None
        )

    def check_alive(self, process: Process) -> None:
        """Let what broke a promise in a task break the run."""
        if self.trace.broken is not None:
            raise self.trace.broken
        for task in self._tasks.get(process, ()):
            if task.done() and not task.cancelled():
                self._complain(task.exception())

    def _unhandled(self, _loop: object, context: dict[str, Any]) -> None:
        """Errors that nobody waited for break the run too."""
        error = context.get("exception")
        if isinstance(error, Killed | asyncio.CancelledError | LianyiError | Broken):
            return
        self.trace.broken = self.trace.broken or Broken(f"nobody heard of {error!r}")

    # --- one run ----------------------------------------------------------------------------

    async def run(self) -> Result:
        helpers = [
            asyncio.create_task(work) for work in (self.senders(), self.people(), self.seasons())
        ]
        generation = 0
        self.current = self.start(generation)
        for _ in range(self.dice.choice((1, 2, 4, 8, 12))):
            await self._live(self.dice.choice((0.05, 0.3, 1, 4, 12)) * self.dice.random())
            generation += 1
            old, how = self.current, self.dice.random()
            if how < 0.7:
                await self.kill(old)
                self.current = self.start(generation)
            elif how < 0.9:
                await self.stop(old)
                self.current = self.start(generation)
            else:
                self.current = self.start(generation)
                await self._live(2)
                await self.kill(old)
        while not helpers[0].done():
            await self._live(1)
        await self._live(self.dice.uniform(0, 10))
        for helper in helpers:
            helper.cancel()
        await asyncio.gather(*helpers, return_exceptions=True)
        self.clear_up()
        await self._until_quiet()
        return self._result()

    async def _live(self, seconds: float) -> None:
        until = self.clock.elapsed_seconds() + seconds
        while (now := self.clock.elapsed_seconds()) < until:
            await asyncio.sleep(min(0.25, until - now))
            self.check_alive(self.current)

    async def _until_quiet(self) -> None:
        """Give everybody time; then nothing may be on its way."""
        end, patience = self.log.seen(1), PATIENCE_SECONDS
        failure: Broken | None = Broken("never looked")
        step = 1.0
        while failure is not None and patience > 0:
            await asyncio.sleep(step)
            patience -= step
            step = min(step * 1.5, 60.0)
            self.check_alive(self.current)
            try:
                for destination in self.destinations:
                    kept = destination.durable
                    destination.ledger.finished(kept.position, kept.states(), end)
                failure = None
            except Broken as broken:
                failure = broken
        if failure is not None:
            raise failure
        await self.stop(self.current)
        for destination in self.destinations:
            kept = destination.durable
            destination.ledger.finished(kept.position, kept.states(), end)

    def _result(self) -> Result:
        ledgers = [destination.ledger for destination in self.destinations]
        return Result(
            seed=self.seed,
            digest=self.trace.digest.hexdigest(),
            events=len(self.trace.events),
            deliveries=sum(len(ledger.acked) for ledger in ledgers),
            crashes=self.crashes,
            repeats=sum(ledger.repeats_after_crash for ledger in ledgers),
            virtual_seconds=round(self.clock.elapsed_seconds(), 3),
        )


def _body(number: int, event: str, patient: str) -> bytes:
    return (
        f"MSH|^~\\&|HIS|H|||20260301||ADT^{event}|M{number}|P|2.4\rPID|1||{patient}^^^H||试验^甲\r"
    ).encode()


def simulate(seed: int, *, messages: int = 80) -> Result:
    """Run one seed.

    Raises:
        Broken: a promise was not kept; its text says which.
    """

    async def work() -> Result:
        return await World(seed, messages).run()

    try:
        with capture_logs():
            return run_virtually(work())
    except Broken as broken:
        broken.add_note(f"seed {seed}")
        raise
