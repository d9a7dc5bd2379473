"""The whole simulated hospital: which processes it has, and how they start and stop together."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lianyi.simulate.errors import SystemDied
from lianyi.simulate.story import StorySettings

_PR_SET_PDEATHSIG = 1
READY_SECONDS = 30.0
GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Member:
    """One process of the hospital.

    Attributes:
        name: ``his lis ris emr`` tell the story; other names only receive.
        title: in Chinese, for people.
        sends: as ``--send``: ``[KINDS=]URL``.
        listens: as ``--listen``: ``mllp://host:port`` or ``http://host:port``.
        control_port: of its control door on loopback; 0 for any.
        behave: how its receivers behave, e.g. ``hang``.
        think_seconds: before it answers.
    """

    name: str
    title: str
    sends: tuple[str, ...] = ()
    listens: tuple[str, ...] = ()
    control_port: int = 0
    behave: str = "accept"
    think_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class HospitalSettings:
    """What the hospital is made of, and how fast it lives.

    Attributes:
        members: its processes.
        story: the story that all of them tell.
        speed: seconds of the story in one real second; used when ``rate`` is None.
        rate: messages a second of all systems together; None: by ``speed``.
        count_max: lines in the whole story; None: endless.
        duration_seconds: how long they say something new; None: for ever.
        lost_ack_share: 0 to 1, of acknowledgments that senders pretend not to have seen.
        journal_folder: gets one file of settled messages for each sender; None: none.
    """

    members: tuple[Member, ...]
    story: StorySettings = field(default_factory=StorySettings)
    speed: float = 60.0
    rate: float | None = None
    count_max: int | None = None
    duration_seconds: float | None = None
    lost_ack_share: float = 0.0
    journal_folder: Path | None = None


def die_with_parent(parent_pid: int) -> None:
    """Ask Linux to end this process when its parent ends; elsewhere do nothing.

    Args:
        parent_pid: of the parent; if it is gone already, this process ends here.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent_pid:
        raise SystemExit(0)


def member_arguments(member: Member, settings: HospitalSettings) -> list[str]:
    """Return the arguments of ``lianyi simulate system`` that start this member."""
    story = settings.story
    options: list[tuple[str, object]] = [
        *(("--send", send) for send in member.sends),
        *(("--listen", listen) for listen in member.listens),
        ("--control", member.control_port),
        ("--seed", story.seed),
        ("--begins", story.begins_at.strftime("%Y-%m-%dT%H:%M")),
        ("--patients-per-hour", story.patients_per_hour),
        ("--batch-every-hours", story.batch_every_hours),
        ("--speed", settings.speed),
        ("--rate", settings.rate),
        ("--count", settings.count_max),
        ("--duration", settings.duration_seconds),
        ("--lost-acks", settings.lost_ack_share),
        ("--think-time", member.think_seconds),
        ("--behave", member.behave),
        ("--with-parent", os.getpid()),
    ]
    if settings.journal_folder is not None and member.sends:
        options.append(("--journal", settings.journal_folder / f"{member.name}.jsonl"))
    given = (f"{option}={value}" for option, value in options if value is not None)
    return ["system", member.name, *given]


async def run_hospital(
    settings: HospitalSettings,
    *,
    stop: asyncio.Event,
    ready: Callable[[list[dict[str, Any]]], None] = lambda _: None,
) -> None:
    """Start every member as a process, and end them all when ``stop`` is set or one has died.

    Args:
        settings: who is there, and what they play.
        stop: set it to end.
        ready: called when all are ready, with what each says of itself: its name and its ports.

    Raises:
        SystemDied: a member ended by itself with a failure, e.g. because a port is taken.
    """
    processes: list[asyncio.subprocess.Process] = []
    try:
        for member in settings.members:
            process = await start_simulation(member_arguments(member, settings))
            processes.append(process)  # one by one: what has started is ended below
        ready(
            [
                await _ready(member, process)
                for member, process in zip(settings.members, processes, strict=True)
            ]
        )
        await _wait_for_end(settings.members, processes, stop)
    finally:
        await _end_all(processes)


async def start_simulation(arguments: Sequence[str]) -> asyncio.subprocess.Process:
    """Start ``lianyi simulate`` as a process of its own; what it says is ours to read."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "lianyi.simulate",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=1024 * 1024,
    )


async def _ready(member: Member, process: asyncio.subprocess.Process) -> dict[str, Any]:
    """Wait until a member is ready; return what it says of itself."""
    if process.stdout is None:
        return {}
    async with asyncio.timeout(READY_SECONDS):
        line = await process.stdout.readline()
    if not line:
        raise await _death(member, process)
    said = json.loads(line)
    return {
        "name": said["ready"],
        "sends": list(member.sends),
        "ports": said["ports"],
        "control": said["control"],
    }


async def _wait_for_end(
    members: Sequence[Member],
    processes: Sequence[asyncio.subprocess.Process],
    stop: asyncio.Event,
) -> None:
    waits = [asyncio.create_task(process.wait()) for process in processes]
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stopping.done():
            running = [wait for wait in waits if not wait.done()]
            if not running:
                return
            await asyncio.wait({stopping, *running}, return_when=asyncio.FIRST_COMPLETED)
            for member, process in zip(members, processes, strict=True):
                if process.returncode and not stopping.done():
                    raise await _death(member, process)
    finally:
        for task in (stopping, *waits):
            task.cancel()
        await asyncio.gather(stopping, *waits, return_exceptions=True)


async def _death(member: Member, process: asyncio.subprocess.Process) -> SystemDied:
    said = b"" if process.stderr is None else await process.stderr.read()
    lines = said.decode("utf-8", "replace").strip().splitlines() or [""]
    return SystemDied(where=member.name, status=await process.wait(), said=lines[-1][:300])


async def _end_all(processes: Sequence[asyncio.subprocess.Process]) -> None:
    for process in processes:
        if process.returncode is None:
            process.terminate()
    try:
        async with asyncio.timeout(GRACE_SECONDS):
            await asyncio.gather(*(process.communicate() for process in processes))
    except TimeoutError:
        for process in processes:
            if process.returncode is None:
                process.kill()
        await asyncio.gather(*(process.wait() for process in processes))
