"""What the page of a patient's record costs when very much is known of the patient.

Run: ``python -m benchmarks.record_page [RESOURCES]`` (10,000 as it comes).
Prints one JSON object: for each question that the page asks, milliseconds by the clock, processor
milliseconds of doors and database, and bytes of the answer. The house is whole but for the network:
requests go through the application with its guard, walls, masking and trail.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from benchmarks.clinical_house import of_database
from lianyi.api.assembly import close_app, create_app
from lianyi.api.dependencies import ApiDependencies
from lianyi.api.first_token import console_token
from lianyi.api.settings import ApiSettings
from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import connect, open_pool, telling
from lianyi.base.embedded import PostgresServer
from lianyi.base.migrations import migrate
from lianyi.formats.fhir import json_text
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections.clinical.follow import Clinical
from lianyi.projections.following import Follower
from lianyi.projections.identity.follow import Identity
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.masterdata.follow import MasterData
from lianyi.security.access import current

ZONE = ZoneInfo("Asia/Shanghai")
TOGETHER, ASKED = 500, 7
SYSTEM, NUMBER = "HIS", "4711"
SUBJECT = {"reference": "Patient/p1"}
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": f"urn:lianyi:authority:{SYSTEM}", "value": NUMBER}],
    "name": [{"text": "测试"}],
    "birthDate": "1950-03-15",
    "gender": "female",
}
LABORATORY = [f"{1000 + at}-{at % 10}" for at in range(150)]
VITALS = ["8310-5", "8867-4", "9279-1", "8480-6", "8462-4", "59408-5"]


def resources(count: int) -> Iterator[dict[str, Any]]:
    """Give a long life of illness: most of it measurements, as it is with everybody."""
    random = Random(20261130)
    for at in range(count):
        when = datetime(2026, 11, 30, tzinfo=UTC) - timedelta(minutes=random.randrange(5_000_000))
        said, visit = when.isoformat(), {"reference": f"Encounter/e{at % 40}"}
        share = at % 100
        if at < 40:
            yield {"resourceType": "Encounter", "id": f"e{at}", "status": "finished",
                   "class": {"code": "IMP"}, "subject": SUBJECT, "period": {"start": said},
                   "type": [{"text": "住院"}]}  # fmt: skip
        elif share < 55:
            code = random.choice(LABORATORY)
            yield _measured(at, "laboratory", code, f"检验 {code}", random, said, visit)
        elif share < 80:
            code = random.choice(VITALS)
            yield _measured(at, "vital-signs", code, f"体征 {code}", random, said, visit)
        elif share < 88:
            yield {"resourceType": "MedicationRequest", "id": f"m{at}", "status": "active",
                   "intent": "order", "subject": SUBJECT, "encounter": visit, "authoredOn": said,
                   "medicationCodeableConcept": {"text": f"药品 {random.randrange(60)}"},
                   "dosageInstruction": [{"text": "每日三次，每次一片，饭后"}]}  # fmt: skip
        elif share < 94:
            yield {"resourceType": "ServiceRequest", "id": f"s{at}", "status": "completed",
                   "intent": "order", "subject": SUBJECT, "encounter": visit, "authoredOn": said,
                   "code": {"text": f"检查 {random.randrange(80)}"}}  # fmt: skip
        elif share < 97:
            yield {"resourceType": "Condition", "id": f"c{at}", "subject": SUBJECT,
                   "encounter": visit, "code": {"text": f"诊断 {random.randrange(90)}"},
                   "onsetDateTime": said}  # fmt: skip
        else:
            yield {"resourceType": "DiagnosticReport", "id": f"r{at}", "status": "final",
                   "category": [{"coding": [{"code": "LAB"}]}], "subject": SUBJECT,
                   "code": {"text": "检验报告"}, "effectiveDateTime": said, "encounter": visit,
                   "conclusion": "未见明显异常。" * 40}  # fmt: skip


def _measured(
    at: int, category: str, code: str, name: str, random: Random, said: str, visit: dict[str, str]
) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": f"o{at}", "status": "final",
        "category": [{"coding": [{"code": category}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": name}],
                 "text": name},
        "subject": SUBJECT, "encounter": visit, "effectiveDateTime": said, "issued": said,
        "performer": [{"display": "测试科"}],
        "valueQuantity": {"value": random.randrange(10, 2000) / 10, "unit": "mmol/L",
                          "system": "http://unitsofmeasure.org", "code": "mmol/L"},
        "referenceRange": [{"low": {"value": 30}, "high": {"value": 150}}],
    }  # fmt: skip


@asynccontextmanager
async def house(folder: Path, dsn: str) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the application, which learns what is written."""
    clock, owner = SystemClock(), uuid.UUID(int=1)
    pool = await open_pool(dsn, size_max=6)
    walled = await open_pool(
        dsn, size_max=10, role="lianyi_doors",
        on_acquire=telling("lianyi.actor", lambda: str(current().actor.account)),
    )  # fmt: skip
    log = PostgresLog(pool, lambda: connect(dsn), clock=clock, owner=owner)
    served = PostgresLog(walled, lambda: connect(dsn), clock=clock, owner=uuid.UUID(int=2))
    await log.start()
    followers = [
        Follower(
            pool, log, one, connect=lambda: connect(dsn), clock=clock, owner=owner, holder="bench"
        )
        for one in (Identity(ZONE), Clinical(ZONE), MasterData(ZONE))
    ]
    for one in followers:
        await one.ready()
    following = [asyncio.create_task(one.run()) for one in followers]
    app = create_app(
        ApiDependencies(
            pool=walled, log=served, data_dir=folder / "house", content_dir=folder / "content",
            clock=clock, ids=RandomIds(), console_dir=folder / "console", settings=ApiSettings(),
        )
    )  # fmt: skip
    try:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://lianyi.test",
            headers={"Authorization": f"Bearer {console_token(folder / 'house')}"},
            timeout=120,
        ) as client:
            yield client
    finally:
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        await close_app(app)
        await log.stop()
        await served.stop()
        await walled.close()
        await pool.close()


def _place(resource: dict[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


async def fill(client: httpx.AsyncClient, count: int) -> None:
    """Write the patient, and everything about her."""
    everything = [PATIENT, *resources(count)]
    for begin in range(0, len(everything), TOGETHER):
        entries = [
            {"resource": one, "request": {"method": "PUT", "url": _place(one)}}
            for one in everything[begin : begin + TOGETHER]
        ]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        answer = await client.post(
            "/fhir/", content=json_text.write(bundle),
            headers={"Content-Type": "application/fhir+json"},
        )  # fmt: skip
        answer.raise_for_status()


async def main() -> None:
    """Fill, ask, print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory(prefix="lianyi-") as made:
        folder = Path(made)
        folder.chmod(0o711)
        server = PostgresServer(folder / "data")
        await server.start()
        try:
            await migrate(server.dsn)
            async with house(folder, server.dsn) as client:
                await fill(client, count)
                print(json.dumps({"resources": count, **await asked(client, folder)}))
        finally:
            await server.stop()


async def asked(client: httpx.AsyncClient, folder: Path) -> dict[str, object]:
    """Ask what the page asks, some times each."""
    person = f"/api/v1/record/{shown(record_id(SYSTEM, NUMBER))}"
    questions = {
        "at a glance": person,
        "first page of all lines": f"{person}/items",
        "laboratory": f"{person}/items?section=laboratory",
        "words": f"{person}/items?q=异常",
        "vital signs": f"{person}/series",
    }
    found: dict[str, object] = {}
    for name, address in questions.items():
        clock, ours, theirs, size = [], [], [], 0
        for _ in range(ASKED):
            before = time.perf_counter(), time.process_time(), of_database(folder)
            answer = await client.get(address)
            answer.raise_for_status()
            clock.append(time.perf_counter() - before[0])
            ours.append(time.process_time() - before[1])
            theirs.append(of_database(folder) - before[2])
            size = len(answer.content)
        found[name] = {
            "clock_ms": round(statistics.median(clock) * 1000),
            "cpu_doors_ms": round(statistics.median(ours) * 1000),
            "cpu_database_ms": round(statistics.mean(theirs) * 1000),
            "bytes": size,
        }
    return found


if __name__ == "__main__":
    asyncio.run(main())
