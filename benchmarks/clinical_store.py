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
import os
import sys
import time
from pathlib import Path
from typing import Any

import uvloop
from clinical_house import (
    BASE,
    memory_mb,
    new_repository,
    observation,
    of_database,
    of_others,
    ours,
    spread,
)

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.service import ClinicalService
from lianyi.projections.clinical.transactions import Transactions
from lianyi.security.access import acting, platform

WRITERS, IMPORTERS, READS = 64, 4, 2000


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


async def main() -> None:
    """Write, import, read, print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    examples = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    async with new_repository() as house:
        result: dict[str, Any] = {"writers": WRITERS, "importers": IMPORTERS}

        async def measured(name: str, work: Any) -> None:
            before = (
                ours(),
                of_others(house.learner),
                time.perf_counter(),
                of_database(house.folder),
            )
            memory = memory_mb(os.getpid()), memory_mb(house.learner)
            result[name] = await work
            result[name] |= {
                "seconds": round(time.perf_counter() - before[2], 1),
                "cpu_door_seconds": round(ours() - before[0], 1),
                "cpu_learner_seconds": round(of_others(house.learner) - before[1], 1),
                "cpu_database_seconds": round(of_database(house.folder) - before[3], 1),
                "memory_door_mb": [memory[0], memory_mb(os.getpid())],
                "memory_learner_mb": [memory[1], memory_mb(house.learner)],
            }

        with acting(platform("clinical.write", "create_resource")):
            await house.service.create("Observation", observation(0))
            await measured("create", measure_create(house.service, seconds))
            if examples is not None:
                bundles = [json_text.read(one.read_bytes()) for one in examples.glob("*.json")]
                for name in ("import", "import_again"):
                    await measured(name, measure_import(house.service, bundles, seconds))
        with acting(platform("clinical.read", "read_resource")):
            await measured("read", measure_read(house.service))
        size = await house.owner.fetchval("SELECT pg_database_size(current_database())")
        result["database_mb"] = round(size / 1e6)
        print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    uvloop.run(main())
