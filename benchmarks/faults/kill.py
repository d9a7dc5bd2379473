"""Kill random processes of the platform under load, again and again; then count every message."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.faults.neighbours import Senders, Sink
from benchmarks.faults.reconcile import Verdict, reconcile
from benchmarks.faults.site import Site

VICTIMS = ("intake", "deliver", "api", "learn", "serve", "backend", "postmaster")
LANES = 4
WINDOW_SECONDS = 0.4
"""A flush window of 50 ms, the transaction that keeps it, and a wide margin for a busy machine."""


@dataclass
class KillReport:
    """What a run of kills came to."""

    kills: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    silent_seconds: list[float] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)
    repeats: int = 0

    def lines(self) -> list[str]:
        """Return the report as text."""
        silent = sorted(self.silent_seconds) or [0.0]
        verdict = self.verdict
        return [
            f"kills             {self.kills.total()}  {dict(sorted(self.kills.items()))}",
            f"seconds           {self.seconds:.0f}",
            f"acknowledged      {verdict.acked}",
            f"in the log        {verdict.logged}",
            f"delivered         {verdict.delivered}",
            f"delivered twice   {verdict.repeated}",
            f"sent again        {self.repeats}  (by senders that got no AA)",
            f"silence after a kill, median / longest  "
            f"{silent[len(silent) // 2]:.1f} / {silent[-1]:.1f} s",
            *(f"WRONG: {wrong}" for wrong in verdict.wrong),
            "nothing lost, nothing out of order, every count exact" if not verdict.wrong else "",
        ]


async def kill_again_and_again(
    folder: Path,
    *,
    kills: int,
    seed: int,
    rate: float = 100.0,
    pause_seconds: tuple[float, float] = (0.5, 4.0),
    victims: tuple[str, ...] = VICTIMS,
    tell: bool = False,
) -> KillReport:
    """Run the platform under load, kill, wait until it takes messages again, go on; reconcile.

    Args:
        folder: an empty one that other accounts may enter.
        kills: how many.
        seed: chooses victims and moments.
        rate: messages a second.
        pause_seconds: shortest and longest time from one recovery to the next kill.
        victims: who may be killed.
        tell: print each kill.
    """
    dice = random.Random(seed)
    report = KillReport()
    sinks = {"record": Sink(), "ward": Sink()}
    for sink in sinks.values():
        await sink.open()
    site = Site(folder, {name: sink.port for name, sink in sinks.items()}, lanes=LANES)
    began = time.monotonic()
    await site.start()
    senders = Senders(site.port, rate=rate)
    senders.start()
    try:
        for number in range(kills):
            await asyncio.sleep(dice.uniform(*pause_seconds))
            victim = await _kill_one(site, dice, victims)
            report.kills[victim] += 1
            silent = await _until_it_takes_messages(site, senders)
            report.silent_seconds.append(silent)
            if tell:
                print(f"  {number + 1:4} {victim:10} {silent:5.1f} s", flush=True)
        await asyncio.sleep(1)
        await senders.stop()
        report.repeats = senders.repeats
        report.verdict = await reconcile(
            site, senders, sinks, repeats_max=int(kills * (LANES + rate * WINDOW_SECONDS))
        )
    finally:
        await senders.stop(patience_seconds=0.1)
        await site.stop()
        for sink in sinks.values():
            await sink.close()
    report.seconds = time.monotonic() - began
    return report


async def _kill_one(site: Site, dice: random.Random, victims: tuple[str, ...]) -> str:
    """Kill one process with SIGKILL; start ``serve`` again when it was that one."""
    while True:
        alive = site.pids()
        names = [name for name in victims if name in alive]
        if names:
            break
        await asyncio.sleep(0.2)
    name = dice.choice(names)
    with contextlib.suppress(ProcessLookupError):
        os.kill(dice.choice(alive[name]), signal.SIGKILL)
    if name == "serve" and site.process is not None:
        await site.process.wait()
        await site.launch()
    return name


async def _until_it_takes_messages(site: Site, senders: Senders) -> float:
    """Return how long it took until the next message was acknowledged."""
    began = time.monotonic()
    before = len(senders.acked)

    async def took_some() -> bool:
        return len(senders.acked) > before + 8  # one for each sender may have been under way

    await site.until(took_some, "no message is acknowledged any more")
    return time.monotonic() - began


def run(*, kills: int, seed: int, rate: float) -> int:
    """Run and print; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="lianyi-kill-") as name:
        Path(name).chmod(0o711)
        report = asyncio.run(
            kill_again_and_again(Path(name), kills=kills, seed=seed, rate=rate, tell=True)
        )
    print("\n".join(report.lines()))
    return 1 if report.verdict.wrong else 0
