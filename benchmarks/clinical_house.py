"""The repository as benchmarks of it need it: doors in this process, learning in another.

The collector of both is set as in the product. Data are invented.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import uvloop

from lianyi.app.process import spare_the_collector
from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import connect, open_pool, telling
from lianyi.base.embedded import PostgresServer
from lianyi.base.migrations import migrate
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections.care.relations import TreatmentRelations
from lianyi.projections.care.settings import PrivacySettings
from lianyi.projections.clinical.follow import Clinical
from lianyi.projections.clinical.service import ClinicalService
from lianyi.projections.following import Follower
from lianyi.projections.identity.follow import Identity
from lianyi.security.access import current
from lianyi.security.privacy.classification import ClassificationBook
from lianyi.security.privacy.notices import Notices
from lianyi.security.privacy.service import Privacy
from lianyi.security.roles import RoleBook

ZONE = ZoneInfo("Asia/Shanghai")
BASE = "http://localhost/fhir"


@dataclass(frozen=True)
class Repository:
    """A repository that runs.

    Attributes:
        folder: where all of it lies.
        pool: of the database; as the doors see it.
        clock: of this machine.
        privacy: decides what may be shown.
        service: reads and writes.
        owner: a connection that sees everything.
        learner: number of the process that learns.
    """

    folder: Path
    pool: asyncpg.Pool
    clock: SystemClock
    privacy: Privacy
    service: ClinicalService
    owner: asyncpg.Connection
    learner: int


@asynccontextmanager
async def new_repository() -> AsyncIterator[Repository]:
    """Give an empty one, with a channel; nothing of it remains."""
    folder = Path(tempfile.mkdtemp(prefix="lianyi-"))
    folder.chmod(0o711)
    server, clock = PostgresServer(folder / "data"), SystemClock()
    spawn = multiprocessing.get_context("spawn")
    ready, learning = spawn.Event(), None
    spare_the_collector()
    try:
        await server.start()
        await migrate(server.dsn)
        pool = await open_pool(
            server.dsn,
            size_max=20,
            role="lianyi_doors",
            on_acquire=telling("lianyi.actor", lambda: str(current().actor.account)),
        )
        log = PostgresLog(pool, lambda: connect(server.dsn), clock=clock, owner=uuid.UUID(int=1))
        await log.start()
        owner = await connect(server.dsn)
        await owner.execute("INSERT INTO messagelog.channel VALUES (1, 'bench', 1)")
        learning = spawn.Process(target=learn, args=(server.dsn, ready), daemon=True)
        learning.start()
        await asyncio.to_thread(ready.wait, 60)
        relations = TreatmentRelations(
            pool, clock, ZONE, roles=RoleBook(folder), settings=PrivacySettings()
        )
        privacy = Privacy(
            pool, clock, book=ClassificationBook(folder), relations=relations,
            notices=Notices(pool, clock),
        )  # fmt: skip
        service = ClinicalService(pool, log, RandomIds(), privacy=privacy)
        yield Repository(folder, pool, clock, privacy, service, owner, learning.pid or 0)
        await owner.close()
        await log.stop()
        await pool.close()
    finally:
        if learning is not None:
            learning.terminate()
        await server.stop()
        shutil.rmtree(folder)


def learn(dsn: str, ready: Any) -> None:
    """Follow the log in a process of its own."""
    spare_the_collector()

    async def run() -> None:
        pool = await open_pool(dsn, size_max=6)
        clock = SystemClock()
        log = PostgresLog(pool, lambda: connect(dsn), clock=clock, owner=uuid.UUID(int=2))
        await log.start()
        followers = [
            Follower(
                pool, log, projection, connect=lambda: connect(dsn), clock=clock,
                owner=uuid.UUID(int=2), holder="bench",
            )
            for projection in (Clinical(ZONE), Identity(ZONE))
        ]  # fmt: skip
        for one in followers:
            await one.ready()
        ready.set()
        await asyncio.gather(*(one.run() for one in followers))

    uvloop.run(run())


def observation(number: int) -> dict[str, Any]:
    """Return an invented result."""
    coding = {"system": "http://loinc.org", "code": "718-7", "display": "Hemoglobin"}
    category = {"system": "http://terminology.hl7.org/CodeSystem/observation-category",
                "code": "laboratory"}  # fmt: skip
    return {
        "resourceType": "Observation",
        "identifier": [{"system": "urn:bench", "value": f"{number}"}],
        "status": "final",
        "category": [{"coding": [category]}],
        "code": {"coding": [coding], "text": "血红蛋白"},
        "subject": {"reference": f"Patient/p{number % 100}"},
        "effectiveDateTime": "2026-03-02T08:00:00+08:00",
        "valueQuantity": {"value": 120 + number % 50, "unit": "g/L",
                          "system": "http://unitsofmeasure.org", "code": "g/L"},
    }  # fmt: skip


def spread(took: list[float]) -> dict[str, float]:
    """Return what a list of durations says, in milliseconds."""
    ordered = sorted(one * 1000 for one in took)
    at = {p: ordered[min(int(len(ordered) * p / 100), len(ordered) - 1)] for p in (50, 95, 99)}
    return {f"p{p}_ms": round(value, 2) for p, value in at.items()}


def ours() -> float:
    """Return the processor seconds of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def of_others(pid: int | None) -> float:
    """Return the processor seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int | None) -> int:
    """Return the memory that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


def of_database(folder: Path) -> float:
    """Return the processor seconds of the database, its processes that have ended included."""
    (pid_file,) = folder.rglob("postmaster.pid")
    main_pid = int(pid_file.read_text().split()[0])
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            pid, parent = int(stat.parent.name), stat.read_text().rsplit(")", 1)[1].split()
            if pid == main_pid:
                ticks += sum(map(int, parent[11:15]))
            elif int(parent[1]) == main_pid:
                ticks += sum(map(int, parent[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")
