"""One simulated system: it says its lines of the story, and receives what it is sent."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from lianyi.base.clock import Clock
from lianyi.simulate.behaviour import Behaviour, read_behaviour
from lianyi.simulate.feed import Feed, FeedSettings, Target, open_wire
from lianyi.simulate.receiver import ControlDoor, Receiver, WireName
from lianyi.simulate.story import Line, StorySettings, tell

QUEUED_MAX = 1000
"""Lines that wait for one target; beyond that the system stops telling its story."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Where a system receives: over which wire, at which address."""

    wire: WireName
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """What one simulated system does.

    Attributes:
        name: ``his lis ris emr``, or any other name for one that only receives.
        targets: where its lines go; a line goes to the first target that takes its kind.
        listens: where it receives.
        control_port: of the control door on loopback; None for none, 0 for any.
        story: the story of the whole hospital.
        speed: seconds of the story in one real second; used when ``rate`` is None.
        rate: messages a second of the whole hospital, all systems together; 0 as fast as they
            are taken.
        count_max: the whole story, all systems together, has so many lines; None endless.
        duration_seconds: say nothing new after so long; None never.
        feed: how patient its senders are.
        think_seconds: before it answers anything.
        behaviour: of its receivers, at first.
        journal: a file that gets one JSON line for each message that was settled; None for none.
    """

    name: str
    targets: tuple[Target, ...] = ()
    listens: tuple[Listen, ...] = ()
    control_port: int | None = None
    story: StorySettings = field(default_factory=StorySettings)
    speed: float = 60.0
    rate: float | None = None
    count_max: int | None = None
    duration_seconds: float | None = None
    feed: FeedSettings = field(default_factory=FeedSettings)
    think_seconds: float = 0.0
    behaviour: Behaviour = field(default_factory=Behaviour)
    journal: Path | None = None


class System:
    """A simulated system while it runs."""

    def __init__(self, settings: SystemSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._told = False
        chance = Random(f"system {settings.story.seed} {settings.name}")  # noqa: S311 - a story
        self.receivers = [
            Receiver(
                system=settings.name,
                wire=listen.wire,
                host=listen.host,
                port=listen.port,
                chance=chance,
                think_seconds=settings.think_seconds,
            )
            for listen in settings.listens
        ]
        self._journal = settings.journal.open("a", encoding="utf-8") if settings.journal else None
        self.feeds = [
            Feed(open_wire(target.url), settings.feed, chance, self._note)
            for target in settings.targets
        ]
        self.control = (
            None
            if settings.control_port is None
            else ControlDoor(port=settings.control_port, report=self.report, obey=self._obey)
        )

    async def run(self, *, stop: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
        """Receive, and tell the story until it ends or ``stop`` is set; then close everything.

        A system that only sends ends when its last line is settled; one that also receives ends
        by ``stop``, because others may still want to tell it something.

        Args:
            stop: set it to end now, without waiting for what is not yet settled.
            ready: called when all doors are open.

        Raises:
            OSError: an address is taken.
        """
        async with AsyncExitStack() as opened:
            doors: list[Receiver | ControlDoor] = [*self.receivers]
            if self.control is not None:
                doors.append(self.control)
            for door in doors:
                opened.push_async_callback(door.stop)
                await door.start()
            for receiver in self.receivers:
                await receiver.behave(self._settings.behaviour)
            for feed in self.feeds:
                opened.push_async_callback(feed.close)
            ready()
            telling = asyncio.create_task(self._tell())
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({telling, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in (telling, stopping):
                task.cancel()
            results = await asyncio.gather(telling, stopping, return_exceptions=True)
        if self._journal is not None:
            self._journal.close()
        if isinstance(results[0], Exception):
            raise results[0]

    async def behave(self, behaviour: Behaviour) -> None:
        """Let every receiver behave like this."""
        for receiver in self.receivers:
            await receiver.behave(behaviour)

    def report(self) -> dict[str, object]:
        """Return the counts of all feeds and receivers, whether all is told, and the behaviour."""
        sent = {
            target.url: dict(feed.counts)
            for target, feed in zip(self._settings.targets, self.feeds, strict=True)
        }
        received = {
            f"{listen.wire}://{listen.host}:{receiver.port}": receiver.ledger.report()
            for listen, receiver in zip(self._settings.listens, self.receivers, strict=True)
        }
        behaviours = sorted({receiver.behaviour.kind for receiver in self.receivers})
        return {
            "system": self._settings.name,
            "told": self._told,
            "sent": sent,
            "received": received,
            "behaviour": behaviours,
        }

    async def _obey(self, text: str) -> None:
        await self.behave(read_behaviour(text))

    def _note(self, entry: str) -> None:
        if self._journal is not None:
            self._journal.write(entry + "\n")
            self._journal.flush()

    async def _tell(self) -> None:
        settings = self._settings
        if not settings.targets:
            await asyncio.Event().wait()
        queues = [asyncio.Queue[Line | None](QUEUED_MAX) for _ in settings.targets]
        async with asyncio.TaskGroup() as group:
            for feed, queue in zip(self.feeds, queues, strict=True):
                group.create_task(_send_all(feed, queue))
            await self._hand_out(tell(settings.story), queues)
            for queue in queues:
                await queue.put(None)
        self._told = True
        if self.receivers:
            await asyncio.Event().wait()

    async def _hand_out(
        self, lines: Iterable[Line], queues: list[asyncio.Queue[Line | None]]
    ) -> None:
        """Put each line of this system into the queue of its target when it is due."""
        settings = self._settings
        begun = self._clock.elapsed_seconds()
        for line in lines:
            if settings.count_max is not None and line.number >= settings.count_max:
                return
            due_seconds = self._due_seconds(line)
            if settings.duration_seconds is not None:
                late = self._clock.elapsed_seconds() - begun > settings.duration_seconds
                if late or due_seconds > settings.duration_seconds:
                    return
            if line.system != settings.name:
                continue
            wait_seconds = due_seconds - (self._clock.elapsed_seconds() - begun)
            if wait_seconds > 0:
                await asyncio.sleep(wait_seconds)
            for target, queue in zip(settings.targets, queues, strict=True):
                if target.takes(line.kind):
                    await queue.put(line)
                    break

    def _due_seconds(self, line: Line) -> float:
        if self._settings.rate is None:
            return line.at_seconds / self._settings.speed
        return line.number / self._settings.rate if self._settings.rate else 0.0


async def _send_all(feed: Feed, queue: asyncio.Queue[Line | None]) -> None:
    while (line := await queue.get()) is not None:
        await feed.deliver(line)


def install_signals(system: System, stop: asyncio.Event) -> None:
    """TERM and INT stop the system, USR1 makes its receivers hang, USR2 accept again."""
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def tell_all(kind: str) -> None:
        task = loop.create_task(system.behave(Behaviour(kind)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, tell_all, "hang")
    loop.add_signal_handler(signal.SIGUSR2, tell_all, "accept")
