"""Finding one patient among very many messages, and what came before and after, through the API."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.load import percentiles
from benchmarks.product import Product
from benchmarks.report import Figure, figure
from benchmarks.scenarios.ingest import NOBODY
from benchmarks.traffic import Traffic, control_id, patient_id
from lianyi.base.clock import SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.messagelog import Appender, LostLease, NewMessage, PostgresLog

SEARCHES = 200
WINDOW = 4_000
INDEX_SECONDS = 3_600.0
MESSAGES_PER_PATIENT = 20


def search(bench: Bench) -> Iterator[Figure]:
    """Append messages through the product's own appender, then look for patients."""
    total = bench.search_messages
    if not total:
        return
    patients = max(total // MESSAGES_PER_PATIENT, 1)
    with bench.product(NOBODY) as product:
        channel, shard = product.query("SELECT channel, shard FROM messagelog.channel")[0]
        product.end()
        product.start("--roles", "learn,api")
        began = time.monotonic()
        asyncio.run(fill(product, channel, shard, total, patients))
        filled = total / (time.monotonic() - began)
        indexed = wait_for_indexes(product)
        chosen = random.Random(1).sample(range(patients), min(SEARCHES, patients))
        cold, found = look(product, chosen)
        warm, _ = look(product, chosen)
        beside = look_beside(product, [of_patient[0] for of_patient in found if of_patient])
    details = {
        "patients": patients, "found": sum(map(len, found)),
        "appended_per_second": filled, "segments": indexed,
    }  # fmt: skip
    for name, spans in (("first time", cold), ("again", warm)):
        shares = percentiles(spans)
        words = f"search by patient among {total:,}, {name}"
        yield figure(f"{words}: p50", "ms", [shares["p50"]])
        yield figure(f"{words}: p95", "ms", [p95(spans)], most=300, details=details)
    words = f"previous and next of the patient among {total:,}"
    yield figure(f"{words}: p50", "ms", [percentiles(beside)["p50"]])
    yield figure(f"{words}: p95", "ms", [p95(beside)], most=300)


def p95(spans: list[int]) -> float:
    """Return the 95th percentile in ms."""
    return sorted(spans)[int(0.95 * len(spans))] / 1e6


async def fill(product: Product, channel: int, shard: int, total: int, patients: int) -> None:
    """Append messages as the intake does: hash chain, search terms, group commit."""
    traffic = Traffic(1)
    dsn = product.dsn()
    pool = await open_pool(dsn)
    log = PostgresLog(pool, lambda: connect(dsn), clock=SystemClock(), owner=uuid.uuid4())
    await log.start()
    while (appender := await _open(log, shard)) is None:
        await asyncio.sleep(1)  # the lease of the intake that has ended
    room = asyncio.Semaphore(WINDOW)
    failures: list[object] = []

    def done(position: object, failure: object) -> None:
        room.release()
        if position is None:
            failures.append(failure)

    order = random.Random(2)
    body = traffic.message(0, 0, 0)
    for number in range(1, total + 1):
        await room.acquire()
        patient = patient_id(order.randrange(patients))
        keys = (f"c:{control_id(number)}", f"p:{patient}^BENCH", f"e:V{patient}")
        appender.append(
            NewMessage(channel, "hl7v2 ADT^A01", body, "utf-8", "HIS|BENCH", keys), done
        )
        if failures:
            raise RuntimeError(f"not appended: {failures[0]}")
    for _ in range(WINDOW):
        await room.acquire()
    await appender.close()
    await log.stop()
    await pool.close()


async def _open(log: PostgresLog, shard: int) -> Appender | None:
    try:
        return await log.open_appender(shard, holder="benchmark")
    except LostLease:
        return None


def wait_for_indexes(product: Product, *, shards: str = "shard > 0") -> int:
    """Wait until every closed segment has its search index; return how many there are."""
    deadline = time.monotonic() + INDEX_SECONDS
    while time.monotonic() < deadline:
        rows = product.query(
            f"SELECT state, count(*) AS n FROM messagelog.segment WHERE {shards} GROUP BY state"
        )
        states = {row["state"]: row["n"] for row in rows}
        if not states.get("closed"):
            return int(states.get("indexed", 0))
        time.sleep(1)
    raise RuntimeError("the segments are not indexed")


def look(product: Product, patients: list[int]) -> tuple[list[int], list[list[str]]]:
    """Search each patient once; return nanoseconds and positions of each, the newest first."""
    spans: list[int] = []
    found: list[list[str]] = []
    for patient in patients:
        began = time.perf_counter_ns()
        page = product.api("GET", f"/messages?q={patient_id(patient)}")
        spans.append(time.perf_counter_ns() - began)
        found.append([row["position"] for row in page["items"]])
    return spans, found


def look_beside(product: Product, positions: list[str]) -> list[int]:
    """Ask for the neighbours of each message; return nanoseconds of each."""
    spans: list[int] = []
    for position in positions:
        began = time.perf_counter_ns()
        product.api("GET", f"/messages/{position}/neighbours")
        spans.append(time.perf_counter_ns() - began)
    return spans
