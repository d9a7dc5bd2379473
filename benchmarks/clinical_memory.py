"""Whether memory stays flat while resources are imported over HTTP.

Run: ``python -m benchmarks.clinical_memory ADDRESS PROCESS COUNT < KEY``. ADDRESS is that of a
running platform (``http://127.0.0.1:8080``), PROCESS the number of its ``lianyi serve``, COUNT how
many resources are wanted (100000); the API key of a clinical system is read from the input. Four
importers send transactions, each the record of one invented patient with 200 resources, no two
alike. Every five seconds a line tells the seconds, what was imported, and of each role what it
holds (RSS) and its share of that (PSS), in MB.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import orjson

from benchmarks import machine

SIZE, IMPORTERS, EVERY_SECONDS = 200, 4, 5
LOINC = ("2345-7", "718-7", "6690-2", "2951-2")
ICD_10 = ("I10", "E11.9", "J18.9", "K29.5")


def bundle(number: int) -> dict[str, Any]:
    """Return the record of an invented patient as a transaction."""
    chance = random.Random(number)
    entries: list[dict[str, Any]] = []

    def add(**resource: Any) -> dict[str, str]:
        url = f"urn:uuid:{uuid.UUID(int=chance.getrandbits(128))}"
        request = {"method": "POST", "url": resource["resourceType"]}
        entries.append({"fullUrl": url, "resource": resource, "request": request})
        return {"reference": url}

    def day() -> str:
        return f"20{chance.randint(10, 25)}-0{chance.randint(1, 9)}-1{chance.randint(0, 9)}"

    whose = {"subject": add(
        resourceType="Patient", identifier=[{"system": "urn:invented", "value": str(number)}],
        name=[{"family": chance.choice("赵钱孙李周吴郑王"), "given": [chance.choice("伟芳娜敏")]}],
        gender=chance.choice(("male", "female")), birthDate=day(),
    )}  # fmt: skip
    visits = []
    for _ in range(10):
        visit = {"status": "finished", "class": {"code": "AMB"}, "period": {"start": day()}}
        visits.append({"encounter": add(resourceType="Encounter", **visit, **whose)})
        add(resourceType="Condition", code={"text": chance.choice(ICD_10)}, **whose, **visits[-1])
    while len(entries) < SIZE:
        add(
            resourceType="Observation", status="final", effectiveDateTime=day(),
            code={"coding": [{"system": "http://loinc.org", "code": chance.choice(LOINC)}]},
            valueQuantity={"value": round(chance.uniform(1, 20), 2), "unit": "mmol/L"},
            **whose, **chance.choice(visits),
        )  # fmt: skip
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def roles_of(parent: int) -> Iterator[tuple[str, int]]:
    """Give name and number of the process of each role of a platform."""
    for pid in machine.family(parent):
        words = machine.words(pid)
        if words[:2] == ["lianyi", "role"]:
            yield words[2], pid


def held(pid: int) -> str:
    """Return RSS and PSS of a process in MB."""
    return "/".join(str(round(size)) for size in machine.memory_mb([pid]))


async def main() -> None:
    """Import, and tell."""
    address, parent, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    headers = {
        "Authorization": f"Bearer {sys.stdin.readline().strip()}",
        "Prefer": "return=minimal",
    }
    roles, begin, done = sorted(roles_of(int(parent))), time.monotonic(), 0
    first = time.time_ns()
    numbers = iter(range(first, first + count // SIZE))

    async def importing(client: httpx.AsyncClient) -> None:
        nonlocal done
        for number in numbers:
            sent = orjson.dumps(bundle(number))
            answer = await client.post("/fhir/", content=sent)
            answer.raise_for_status()
            done += SIZE

    async def telling() -> None:
        while True:
            told = " ".join(f"{name}={held(pid)}" for name, pid in roles)
            print(round(time.monotonic() - begin), done, told, flush=True)
            await asyncio.sleep(EVERY_SECONDS)

    headers["Content-Type"] = "application/fhir+json"
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=300) as client:
        told = asyncio.create_task(telling())
        await asyncio.gather(*(importing(client) for _ in range(IMPORTERS)))
        print("resources a second:", round(done / (time.monotonic() - begin)))
        told.cancel()


if __name__ == "__main__":
    asyncio.run(main())
