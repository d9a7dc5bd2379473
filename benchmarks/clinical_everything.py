"""What ``Patient/$everything`` of a patient with 2,000 resources costs, and ``$lastn`` beside it.

Run: ``python benchmarks/clinical_everything.py [TIMES]`` (with ``src`` on the path; 20 as it
comes). Prints one JSON object: milliseconds of wall time, and of the processor of this process and
of the database, for one answer, whole and by pages of 500, asked in an emergency, when everything
is shown as it is, and for the operations of a hospital. Everything is done but HTTP itself:
finding, deciding what may be shown, the trail's notes, writing the Bundle.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from clinical_house import BASE, ZONE, new_repository, observation, of_database, ours, spread

from lianyi.projections.clinical import answering
from lianyi.projections.clinical.everything import everything
from lianyi.projections.clinical.everything_store import Wanted
from lianyi.projections.clinical.search.last_observations import LastObservations
from lianyi.projections.clinical.service import ClinicalService
from lianyi.projections.clinical.transactions import Transactions
from lianyi.security.access import acting, current, platform, seen
from lianyi.security.model import Purpose

RESOURCES, PATIENTS, PAGE = 2_000, 3, 500
PATH = "Patient/p0/$everything"


def patient(number: int) -> list[dict[str, Any]]:
    """Return an invented patient and all that is known of her, as entries of a transaction."""
    own = {"system": "urn:lianyi:authority:BENCH", "value": f"{number}"}
    whose = {"resourceType": "Patient", "id": f"p{number}", "identifier": [own]}
    found: list[dict[str, Any]] = [whose]
    for n in range(RESOURCES - 1):
        made = observation(n) | {"id": f"o{number}-{n}"}
        made["subject"] = {"reference": f"Patient/p{number}"}
        made["code"] = {"coding": [{"system": "http://loinc.org", "code": f"{n % 40}-1"}]}
        made["performer"] = [{"reference": f"Practitioner/d{n % 10}"}]
        found.append(made)
    return [
        {"request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}, "resource": one}
        for one in found
    ]


async def timed(folder: Path, times: int, work: Callable[[], Awaitable[Any]]) -> dict[str, Any]:
    """Do something several times; say what it took, of this process and of the database."""
    took, before, base = [], ours(), of_database(folder)
    for _ in range(times):
        begin = time.perf_counter()
        with seen():
            await work()
        took.append(time.perf_counter() - begin)
    return spread(took) | {
        "cpu_ms": round((ours() - before) * 1000 / times, 1),
        "cpu_database_ms": round((of_database(folder) - base) * 1000 / times, 1),
    }


async def measure(
    service: ClinicalService, last: LastObservations, folder: Path, times: int
) -> dict[str, Any]:
    """Ask for everything, and for the latest."""

    async def answer(wanted: Wanted) -> int | None:
        found = await everything(service, "p0", wanted)
        body = answering.everything_of(found, base=BASE, path=PATH, query=[])
        assert len(body) > 100 * len(found.items)
        return found.next

    async def by_pages() -> None:
        after = await answer(Wanted(limit=PAGE))
        while after is not None:
            after = await answer(Wanted(limit=PAGE, after=after))

    result: dict[str, Any] = {}
    for name, purpose in (("emergency", Purpose.EMERGENCY), ("operations", Purpose.OPERATIONS)):
        with acting(replace(current(), purpose=purpose)):
            result[name] = {
                "whole": await timed(folder, times, lambda: answer(Wanted(limit=5_000))),
                "by_pages_of_500": await timed(folder, times, by_pages),
                "last": await timed(
                    folder, times, lambda: last.last([("patient", "p0")], strict=True)
                ),
            }
    return result


async def main() -> None:
    """Write, ask, print."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    async with new_repository() as house:
        last = LastObservations(house.pool, house.clock, ZONE, privacy=house.privacy, base=BASE)
        doctors = [
            {"request": {"method": "PUT", "url": f"Practitioner/d{n}"},
             "resource": {"resourceType": "Practitioner", "id": f"d{n}"}}
            for n in range(10)
        ]  # fmt: skip
        with acting(platform("clinical.write", "submit_bundle")):
            for entries in (doctors, *map(patient, range(PATIENTS))):
                sent = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
                await Transactions(house.service).submit(sent, base=BASE)
        await house.owner.execute("ANALYZE")
        with acting(platform("clinical.read", "read_everything")):
            result = await measure(house.service, last, house.folder, times)
        print(json.dumps({"resources": RESOURCES, "patients": PATIENTS} | result))


if __name__ == "__main__":
    asyncio.run(main())
