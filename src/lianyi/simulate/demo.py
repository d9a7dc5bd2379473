"""The demo: which ports and processes it has, and one function that plays it.

The channels under ``content/channels`` listen at the ports that the members send to, and deliver
to the ports where they receive. The insurance gateway hangs on purpose, and the LIS refuses a
message now and then.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from lianyi.base.clock import Clock
from lianyi.simulate.corpus import Replayed, replay_corpus
from lianyi.simulate.errors import SystemDied
from lianyi.simulate.history.names import code_system, master_files
from lianyi.simulate.hospital import HospitalSettings, Member, run_hospital, start_simulation
from lianyi.simulate.story import CHINA, StorySettings

NIGHT_BATCH = Path("exchange/night-batch")
"""Where the EMR files its nightly charges, below the data folder; the channel watches it."""

HISTORY = Path("exchange/history")
"""Where the tables of the years before are put, as messages of rows; the channel watches it."""

HISTORY_ENCOUNTERS = 20_000

NAMES = Path("exchange/masterdata")
"""Where the HIS says what its departments and doctors are called; the channel watches it."""

TOKEN = "console-token"  # noqa: S105 - the name of a file
"""With which whoever starts the platform first may do everything."""

EXPORTS = (Path("exchange/charges"), Path("exchange/dictionaries"), Path("exchange/region"))
"""Where channels of the demo write files, below the data folder."""

CORPUS_URL = "mllp://127.0.0.1:6669"


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What the demo consists of.

    Attributes:
        members: the processes, with where they send and receive.
        folders: absolute; they must exist before the channels start.
        corpus_url: where a folder of real messages is replayed to.
    """

    members: tuple[Member, ...]
    folders: tuple[Path, ...]
    corpus_url: str = CORPUS_URL


def demo_plan(data: Path) -> DemoPlan:
    """Return the plan of the demo for a platform with this data folder."""
    data = data.resolve()
    local = "127.0.0.1"
    members = (
        Member(
            "his",
            "医院信息系统",
            sends=(f"ADT,DFT=mllp://{local}:6661", f"OML,ORM=mllp://{local}:6663"),
            listens=(f"mllp://{local}:7001",),
            control_port=7101,
        ),
        Member(
            "emr",
            "电子病历",
            sends=(
                f"MDM,ORU=mllp://{local}:6664",
                f"nursing=http://{local}:6682/v1/nursing",
                f"batch={(data / NIGHT_BATCH).as_uri()}",
            ),
            listens=(f"mllp://{local}:7002",),
            control_port=7102,
            think_seconds=0.005,
        ),
        Member(
            "lis",
            "检验系统",
            sends=(f"mllp://{local}:6662",),
            listens=(f"mllp://{local}:7003",),
            control_port=7103,
            behave="refuse:0.005",  # so that there is something to look into and send again
        ),
        Member(
            "ris",
            "放射信息系统",
            sends=(f"http://{local}:6681/v1/reports",),
            listens=(f"http://{local}:7004",),
            control_port=7104,
            think_seconds=0.01,
        ),
        Member("alerts", "危急值工作站", listens=(f"http://{local}:7005",), control_port=7105),
        Member("archive", "归档系统", listens=(f"mllp://{local}:7006",), control_port=7106),
        Member(
            "insurance",
            "医保前置机",
            listens=(f"mllp://{local}:7009",),
            control_port=7109,
            behave="hang",
        ),
    )
    return DemoPlan(
        members, tuple(data / folder for folder in (NIGHT_BATCH, HISTORY, NAMES, *EXPORTS))
    )


def prepare_demo(data: Path) -> DemoPlan:
    """Make the folders that the demo's channels watch and write, and return the plan."""
    plan = demo_plan(data)
    for folder in plan.folders:
        folder.mkdir(parents=True, exist_ok=True)
    return plan


def demo_story(now: datetime) -> StorySettings:
    """Return the story of a demo that begins now: the month before, told faster than it passed."""
    begins_at = (now - timedelta(days=30)).astimezone(CHINA).replace(second=0, microsecond=0)
    return StorySettings(
        seed=int(begins_at.timestamp()) // 60,
        begins_at=begins_at,
        patients_per_hour=6,
        batch_every_hours=2,
    )


async def run_demo(
    server_url: str,
    data_dir: Path,
    corpus: Path | None,
    *,
    stop: asyncio.Event,
    clock: Clock,
    rate: float = 12.0,
    told: Callable[[Replayed], None] = lambda row: None,
    ready: Callable[[list[dict[str, Any]]], None] = lambda _: None,
) -> None:
    """Play the hospital against a platform until ``stop`` is set; replay a corpus beside it.

    Call :func:`prepare_demo` before the platform starts its channels.

    Args:
        server_url: of the platform, e.g. ``http://127.0.0.1:8080``; waited for.
        data_dir: the platform's data folder.
        corpus: a folder of real messages, or None.
        stop: set it to end.
        clock: says when the demo begins. Another minute is another story, with other people, so
            that a demo that is started again is no repetition.
        rate: messages a second of all systems together.
        told: called with each file of the corpus when it has been sent.
        ready: called when all systems are ready, with the name and the ports of each.

    Raises:
        SystemDied: a simulated system ended by itself.
    """
    plan = demo_plan(data_dir)
    settings = HospitalSettings(
        members=plan.members,
        story=demo_story(clock.now()),
        rate=rate,
        lost_ack_share=0.002,
    )
    await _wait_for_server(server_url, stop)
    if stop.is_set():
        return
    beside = [
        asyncio.create_task(_replay(corpus, plan.corpus_url, told)),
        asyncio.create_task(tell_history(data_dir / HISTORY, clock.now())),
    ]
    if not _told_before(data_dir / NAMES):
        beside.append(asyncio.create_task(tell_codes(server_url, data_dir / TOKEN)))
    await asyncio.to_thread(tell_names, data_dir / NAMES, clock.now())
    try:
        await run_hospital(settings, stop=stop, ready=ready)
    finally:
        for task in beside:
            task.cancel()
        failures = await asyncio.gather(*beside, return_exceptions=True)
    for failure in failures:
        if isinstance(failure, Exception):
            raise failure


async def run_until_stopped(
    settings: HospitalSettings,
    *,
    ready: Callable[[list[dict[str, Any]]], None] = lambda _: None,
) -> None:
    """Run a hospital until TERM or INT comes; ``ready`` is called as in :func:`run_demo`.

    Raises:
        SystemDied: a simulated system ended by itself.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run_hospital(settings, stop=stop, ready=ready)


def tell_names(folder: Path, now: datetime) -> None:
    """Put what departments and doctors are called into a folder that a channel watches, once.

    A file that was taken lies in a folder beside; see ``connectors/files``.
    """
    if _told_before(folder):
        return
    for name, body in master_files(HISTORY_ENCOUNTERS, now.astimezone(CHINA)):
        beside = folder / f".{name}"
        beside.write_bytes(body)
        beside.rename(folder / name)


async def tell_codes(url: str, token: Path) -> None:
    """Store what diagnoses are called, as soon as the platform takes it."""
    if not await asyncio.to_thread(token.is_file):  # somebody has an account: it is no first start
        return
    said = code_system()
    secret = (await asyncio.to_thread(token.read_text)).strip()
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/fhir+json"}
    async with httpx.AsyncClient(base_url=url, timeout=10, headers=headers) as client:
        while True:
            try:
                path = f"/fhir/CodeSystem/{said['id']}"
                if (await client.put(path, json=said)).is_success:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(1)


def _told_before(folder: Path) -> bool:
    """Tell whether files were put here, be they taken or not; a channel has a folder of its own."""
    return any(not path.name.startswith(".") for path in folder.iterdir())


async def tell_history(folder: Path, now: datetime) -> None:
    """Put the three years before into a folder that a channel watches, unless they were before.

    A process of its own makes them, in about ten seconds; it is ended with us.

    Raises:
        SystemDied: it could not make them.
    """
    if _told_before(folder):
        return
    last = now.astimezone(CHINA).replace(day=1) - timedelta(days=1)
    wanted = {
        "--out": folder,
        "--encounters": HISTORY_ENCOUNTERS,
        "--ends": f"{last:%Y-%m}",
        "--with-parent": os.getpid(),
    }
    options = [str(one) for option in wanted.items() for one in option]
    process = await start_simulation(["history", "--rows", *options])
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        process.terminate()
        await process.communicate()
        raise
    if process.returncode:
        why = said.decode(errors="replace").strip()
        raise SystemDied(where="history", status=process.returncode, said=why)


async def _replay(corpus: Path | None, url: str, told: Callable[[Replayed], None]) -> None:
    if corpus is not None:
        async for row in replay_corpus(corpus, url):
            told(row)


async def _wait_for_server(url: str, stop: asyncio.Event) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=2, trust_env=False) as client:
        while not stop.is_set():
            try:
                if (await client.get("/readyz")).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.2)
