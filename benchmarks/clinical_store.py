"""What writing and reading clinical resources costs: single creates, bundles, reads.

Run: ``python benchmarks/clinical_store.py [SECONDS] [FOLDER]`` (with ``src`` on the path; 10 as it
comes; the FOLDER holds Bundles, and without it nothing is imported). Prints one JSON object. The
repository learns in a process of its own, and the collector of both is set, as in the product; both
and the database run on this machine, whose cores other work may share: processor seconds are told
as well, and the memory of both processes before and after. Everything is durable before it counts,
and readable.

* ``create``: writers at the same time, each one Observation after the other;
* ``import``: transactions of whole invented patients, some at the same time; and once more as
  long (``import_again``), which tells whether memory grows with what is imported;
* ``read``: one resource after the other, by one reader;
* ``everything``: what is about one patient, in pages.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import uvloop

from lianyi.app.process import spare_the_collector
from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import connect, open_pool, telling
from lianyi.base.embedded import PostgresServer
from lianyi.base.migrations import migrate
from lianyi.formats.fhir import json_text
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections.care.relations import TreatmentRelations
from lianyi.projections.care.settings import PrivacySettings
from lianyi.projections.clinical.follow import Clinical
from lianyi.projections.clinical.service import ClinicalService
from lianyi.projections.clinical.transactions import Transactions
from lianyi.projections.following import Follower
from lianyi.projections.identity.follow import Identity
from lianyi.security.access import acting, current, platform
from lianyi.security.privacy.classification import ClassificationBook
from lianyi.security.privacy.notices import Notices
from lianyi.security.privacy.service import Privacy
from lianyi.security.roles import RoleBook

ZONE = ZoneInfo("Asia/Shanghai")
WRITERS, IMPORTERS, READS = 64, 4, 2000
BASE = "http://localhost/fhir"


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


async def measure_create(service: ClinicalService, seconds: float) -> dict[str, Any]:
    """Let writers write for some seconds."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def writer(number: int) -> None:
        while time.perf_counter() < end:
            begin = time.perf_counter()
            await service.create("Observation", observation(number + len(took)))
            took.append(time.perf_counter() - begin)

    begin = time.perf_counter()
    await asyncio.gather(*(writer(n * 1000) for n in range(WRITERS)))
    return {"per_second": round(len(took) / (time.perf_counter() - begin)), **spread(took)}


async def measure_import(
    service: ClinicalService, bundles: list[dict[str, Any]], seconds: float
) -> dict[str, Any]:
    """Let importers import patients for some seconds."""
    submit = Transactions(service).submit
    done = 0
    end = time.perf_counter() + seconds

    async def importer(number: int) -> None:
        nonlocal done
        while time.perf_counter() < end:
            number += 1
            bundle = bundles[number % len(bundles)]
            await submit(bundle, base=BASE)
            done += len(bundle["entry"])

    begin = time.perf_counter()
    await asyncio.gather(*(importer(n) for n in range(IMPORTERS)))
    return {"resources_per_second": round(done / (time.perf_counter() - begin)), "done": done}


async def measure_read(service: ClinicalService) -> dict[str, Any]:
    """Read one resource after the other."""
    page = await service.history(type_="Observation", limit=500)
    ids = [one.kept.id for one in page.items]
    took = []
    for number in range(READS):
        begin = time.perf_counter()
        await service.read("Observation", ids[number % len(ids)])
        took.append(time.perf_counter() - begin)
    return spread(took)


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


async def main() -> None:
    """Write, import, read, print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    examples = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    folder = Path(tempfile.mkdtemp(prefix="lianyi-"))
    folder.chmod(0o711)
    server = PostgresServer(folder / "data")
    clock = SystemClock()
    spawn = multiprocessing.get_context("spawn")
    ready = spawn.Event()
    learning = None
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
        result: dict[str, Any] = {"writers": WRITERS, "importers": IMPORTERS}

        async def measured(name: str, work: Any) -> None:
            before = ours(), of_others(learning.pid), time.perf_counter(), of_database(folder)
            memory = memory_mb(os.getpid()), memory_mb(learning.pid)
            result[name] = await work
            result[name] |= {
                "seconds": round(time.perf_counter() - before[2], 1),
                "cpu_door_seconds": round(ours() - before[0], 1),
                "cpu_learner_seconds": round(of_others(learning.pid) - before[1], 1),
                "cpu_database_seconds": round(of_database(folder) - before[3], 1),
                "memory_door_mb": [memory[0], memory_mb(os.getpid())],
                "memory_learner_mb": [memory[1], memory_mb(learning.pid)],
            }

        with acting(platform("clinical.write", "create_resource")):
            await service.create("Observation", observation(0))
            await measured("create", measure_create(service, seconds))
            if examples is not None:
                bundles = [json_text.read(one.read_bytes()) for one in examples.glob("*.json")]
                for name in ("import", "import_again"):
                    await measured(name, measure_import(service, bundles, seconds))
        with acting(platform("clinical.read", "read_resource")):
            await measured("read", measure_read(service))
        size = await owner.fetchval("SELECT pg_database_size(current_database())")
        result["database_mb"] = round(size / 1e6)
        print(json.dumps(result, ensure_ascii=False))
        await owner.close()
        await log.stop()
        await pool.close()
    finally:
        if learning is not None:
            learning.terminate()
        await server.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    uvloop.run(main())
