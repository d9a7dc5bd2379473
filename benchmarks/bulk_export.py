"""What an export of many resources costs, and how much memory it takes.

Run: ``python -m benchmarks.bulk_export [RESOURCES [whole] [masked]]`` (with ``src`` on the path;
200,000 as it comes; 1,000,000 is the goal). Prints one JSON object.

The table of resources is filled with the mix of ``clinical_search``. Then the product's own doors
begin an export of everything and its own exporter writes it: read page by page as the doors see it,
shown for a purpose that shows everything (``whole``) and for the operations of a hospital, where
each resource is looked through for what must be hidden (``masked``), written to sealed files, each
patient named in the trail. Seconds are by the wall, from the request to the manifest.
"""

from __future__ import annotations

import asyncio
import json
import resource
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import yaml

from benchmarks.clinical_search import CHANNEL, CHUNK, NOW, resources
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
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.resources import patients_of, stamped
from lianyi.projections.clinical.table_store import ResourceRow
from lianyi.projections.following import Follower
from lianyi.security.access import current

ASYNC = {"Prefer": "respond-async"}


def rows_of(begin: int, end: int) -> list[ResourceRow]:
    """Return resources as the repository keeps them."""
    found: dict[int, ResourceRow] = {}
    for resource_ in resources(begin, end):
        type_, id_ = str(resource_["resourceType"]), str(resource_["id"])
        rid = resource_number(type_, id_)
        patient = resource_number("Patient", patients_of(resource_)[0])
        at = NOW - timedelta(seconds=rid % 10_000_000)
        found[rid] = ResourceRow(
            rid, patient, begin, at, 1, CHANNEL, 0, 1, False, "PUT", type_, id_, b"",
            json_text.write(stamped(resource_, 1, at)),
        )  # fmt: skip
    return list(found.values())


async def fill(dsn: str, count: int) -> None:
    """Put resources into the version in force."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "INSERT INTO messagelog.channel (channel, name, shard, organisation)"
        " VALUES ($1, 'emr', 1, 'H1')",
        CHANNEL,
    )
    for begin in range(0, count, CHUNK):
        await connection.copy_records_to_table(
            "resource",
            schema_name="clinical_1",
            columns=ResourceRow._fields,
            records=rows_of(begin, min(begin + CHUNK, count)),
        )
    await connection.execute("VACUUM ANALYZE clinical_1.resource")
    await connection.close()


@asynccontextmanager
async def learning(dsn: str) -> AsyncIterator[None]:
    """Let the repository follow the log."""
    pool = await open_pool(dsn, size_max=4)
    log = PostgresLog(pool, lambda: connect(dsn), clock=SystemClock(), owner=uuid.UUID(int=1))
    await log.start()
    follower = Follower(
        pool, log, Clinical(ZoneInfo("Asia/Shanghai")), connect=lambda: connect(dsn),
        clock=SystemClock(), owner=uuid.UUID(int=1), holder="bench:1",
    )  # fmt: skip
    await follower.ready()
    task = asyncio.create_task(follower.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await log.stop()
        await pool.close()


def hide_nothing(content: Path) -> None:
    """Write a classification by which the operations of a hospital see everything."""
    shipped = yaml.safe_load(
        (files("lianyi.security.privacy") / "classification.yaml").read_text("utf-8")
    )
    shipped["purposes"]["HOPERAT"] = dict(shipped["purposes"]["ETREAT"])
    (content / "privacy").mkdir(parents=True)
    text = yaml.safe_dump(shipped, allow_unicode=True)
    (content / "privacy" / "classification.yaml").write_text(text, "utf-8")


async def export(dsn: str, folder: Path, *, whole: bool) -> dict[str, object]:
    """Export everything once; return what it cost."""
    content = folder / ("whole" if whole else "masked")
    if whole:
        hide_nothing(content)
    pool = await open_pool(
        dsn,
        size_max=8,
        role="lianyi_doors",
        on_acquire=telling("lianyi.actor", lambda: str(current().actor.account)),
    )
    log = PostgresLog(pool, lambda: connect(dsn), clock=SystemClock(), owner=uuid.UUID(int=2))
    app = create_app(
        ApiDependencies(
            pool=pool, log=log, settings=ApiSettings(), data_dir=folder / "data",
            content_dir=content, clock=SystemClock(), ids=RandomIds(),
        )
    )  # fmt: skip
    working = asyncio.create_task(app.state.bulk.exporter.run())
    headers = {"Authorization": f"Bearer {console_token(folder / 'data')}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://bench", headers=headers
    ) as client:
        before, begin = time.process_time(), time.perf_counter()
        begun = await client.get("/fhir/$export", headers=ASYNC)
        place = httpx.URL(begun.headers["content-location"]).path
        while (answer := await client.get(place)).status_code == 202:
            await asyncio.sleep(0.5)
        took, spent = time.perf_counter() - begin, time.process_time() - before
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await close_app(app)
    await log.stop()
    await pool.close()
    assert answer.status_code == 200, answer.text
    count = sum(one["count"] for one in answer.json()["output"])
    return {
        "resources": count,
        "seconds": round(took, 1),
        "resources_per_s": round(count / took),
        "core_seconds": round(spent, 1),
        "most_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


async def main() -> None:
    """Fill, export, print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    folder = Path(tempfile.mkdtemp(prefix="lianyi-"))
    folder.chmod(0o711)
    server = PostgresServer(folder / "postgres")
    try:
        await server.start()
        await migrate(server.dsn)
        async with learning(server.dsn):
            await fill(server.dsn, count)
            result = {
                name: await export(server.dsn, folder, whole=name == "whole")
                for name in sys.argv[2:] or ("whole", "masked")
            }
        print(json.dumps(result, indent=1))
    finally:
        await server.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    asyncio.run(main())
