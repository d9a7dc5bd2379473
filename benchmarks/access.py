"""What asking who may see what costs: one decision in the process, and a list with its scope.

Run: ``python benchmarks/access.py`` (with ``src`` on the path). Prints one JSON object.

The lists are read by the product's own code, over a real database with ten organisations: messages
in one shard, and published values of indicators. They are read by somebody who sees everything
through the owner's connection, and by somebody who sees one organisation through the walled one,
both walls at work. Of published values both ask for the same rows, those of one hospital.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.api.addresses import bare_app
from lianyi.api.guard import judge
from lianyi.api.operations import operations_of
from lianyi.applications.indicators.publishing import published_store
from lianyi.applications.indicators.publishing.model import Published
from lianyi.base.clock import SystemClock
from lianyi.base.database import connect, open_pool, telling
from lianyi.base.embedded import PostgresServer
from lianyi.base.migrations import migrate
from lianyi.base.telemetry import configure_logging
from lianyi.channels.queries import Queries
from lianyi.channels.read_store import ReadStore
from lianyi.channels.search import MessageSearch
from lianyi.channels.store import put_definition
from lianyi.channels.tracing import Tracer
from lianyi.messagelog.log import LostLease
from lianyi.messagelog.message import NewMessage
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections.care.relations import TreatmentRelations
from lianyi.projections.care.settings import PrivacySettings
from lianyi.security import account_store as store
from lianyi.security.access import acting, current, platform, require
from lianyi.security.account_store import AccountRecord, AssignmentRecord
from lianyi.security.model import Access, Actor, Assignment, Purpose
from lianyi.security.privacy.classification import ClassificationBook, shipped
from lianyi.security.privacy.hiding import Hider
from lianyi.security.privacy.notices import Notices
from lianyi.security.privacy.service import Privacy
from lianyi.security.roles import RoleBook, read_roles
from lianyi.security.rules import reach_of

ROUNDS, CALLS = 15, 2000
ORGANISATIONS, MESSAGES, LOOKS = 10, 20_000, 300
VALUES = 10_000
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
WATCHER = "integration-watcher"


def big_tree(units: int = 2000) -> dict[str, str | None]:
    """Return a group of hospitals with departments and wards, four floors deep."""
    return {f"u{n}": f"u{(n - 1) // 12}" if n else None for n in range(units)}


def decisions() -> dict[str, float]:
    """Measure a decision: operation found, judged, and one organisation asked about."""
    roles, _ = read_roles(Path("/nonexistent"))
    tree = big_tree()
    held = [
        Assignment(uuid.UUID(int=n), WATCHER, f"u{n}", NOW) for n in (1, 20, 300)
    ]  # three roles in three places
    reach = reach_of(held, roles, tree, at=NOW)
    actor = Actor(uuid.UUID(int=9), "li.na", "Li Na", "u1", reach)
    operations = operations_of(bare_app())
    access = Access(actor, "messages.read", "get_message", Purpose.OPERATIONS)

    def decide() -> None:
        judge(actor, operations.of("GET", "/api/v1/messages/1-4711"))
        with acting(access):
            require("u20", where="channel")

    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(CALLS):
            decide()
        times.append((time.perf_counter() - began) / CALLS * 1e6)
    began = time.perf_counter()
    for _ in range(10):
        reach_of(held, roles, tree, at=NOW)
    worked_out = (time.perf_counter() - began) / 10 * 1e3
    return {
        "decision_us": round(statistics.median(times), 2),
        "reach_2000_units_ms": round(worked_out, 2),
    }


async def fill(pool: asyncpg.Pool, dsn: str) -> None:
    """Put channels of many organisations and their messages, in turn, into one shard."""
    clock = SystemClock()
    channels: list[tuple[int, int]] = []
    async with pool.acquire() as connection:
        await store.set_units(connection, {f"h{n}": None for n in range(ORGANISATIONS)})
        for n in range(ORGANISATIONS):
            await put_definition(
                connection,
                name=f"c{n}",
                yaml=f"channel: c{n}\nsource: {{ connector: mllp, port: 0 }}\n",
                digest=bytes([n]) * 32,
                destinations=[],
                shards=1,
                now=clock.now(),
                organisation=f"h{n}",
            )
    for row in await pool.fetch("SELECT channel, shard FROM channels.channel ORDER BY name"):
        channels.append((row["channel"], row["shard"]))
    log = PostgresLog(pool, lambda: connect(dsn), clock=clock, owner=uuid.uuid4())
    await log.start()
    appender = await log.open_appender(channels[0][1], holder="bench")
    room = asyncio.Semaphore(2000)
    for n in range(MESSAGES):
        await room.acquire()
        message = NewMessage(
            channels[n % ORGANISATIONS][0], "hl7v2 ORU^R01", b"MSH|^~\\&|" + bytes(500), "utf-8",
            "LIS|H1", (f"p:P{n % 500}^H1", f"c:{n}"),
        )  # fmt: skip
        appender.append(message, lambda _at, _failure: room.release())
    try:
        await appender.close()
    except LostLease:
        raise RuntimeError("the shard was taken away") from None
    await log.stop()


async def look(
    ways: Mapping[str, tuple[Queries, Access]], search: MessageSearch
) -> dict[str, float]:
    """Return the median milliseconds of one page each way, asked in turn on a machine in use."""
    times: dict[str, list[float]] = {way: [] for way in ways}
    for n in range(LOOKS + 20):
        for way, (queries, who) in ways.items():
            with acting(who):
                began = time.perf_counter()
                page = await queries.list_messages(search, cursor=None, limit=50)
                spent = (time.perf_counter() - began) * 1e3
            assert page.items
            if n >= 20:
                times[way].append(spent)
    return {way: statistics.median(found) for way, found in times.items()}


async def lists(folder: Path) -> dict[str, float]:
    """Measure the newest messages and one patient's, with and without scope."""
    server = PostgresServer(folder / "data")
    await server.start()
    try:
        await migrate(server.dsn)
        plain = await open_pool(server.dsn, size_max=4)
        await fill(plain, server.dsn)
        await plain.execute("VACUUM ANALYZE")
        told = telling("lianyi.actor", lambda: str(current().actor.account))
        walled = await open_pool(server.dsn, size_max=4, role="lianyi_doors", on_acquire=told)
        access = await one_watcher(plain)
        found: dict[str, float] = {}
        for name, search in (("newest", MessageSearch()), ("patient", MessageSearch(q="P3^H1"))):
            async with AsyncExitStack() as stack:
                everything = platform("messages.read", "bench")
                ways = {
                    "plain": (await _queries(stack, plain, server.dsn, folder), everything),
                    "scoped": (await _queries(stack, walled, server.dsn, folder), access),
                }
                for way, spent in (await look(ways, search)).items():
                    found[f"{name}_{way}_ms"] = spent
            found[f"{name}_times"] = found[f"{name}_scoped_ms"] / found[f"{name}_plain_ms"]
        found |= await published(plain, walled)
        await walled.close()
        await plain.close()
    finally:
        await server.stop()
    return {name: round(value, 3) for name, value in found.items()}


async def published(plain: asyncpg.Pool, walled: asyncpg.Pool) -> dict[str, float]:
    """Measure a year of an indicator of one hospital, with and without the second wall."""
    day = NOW.date()
    rows = [
        Published(
            n + 1, f"X-{n // ORGANISATIONS % 20}", "hospital", 1, "0" * 64, day,
            f"h{n % ORGANISATIONS}", "", n // 200 % 50, n // 200 % 50, Decimal(n), Decimal(n + 1),
            {"facts": {"encounter": "0" * 64}}, {}, NOW, "x", None, "", b"",
        )
        for n in range(VALUES)
    ]  # fmt: skip
    async with plain.acquire() as connection:
        await published_store.put_definition(connection, "0" * 64, {})
        await published_store.insert_published(connection, rows)
        await connection.execute("VACUUM ANALYZE indicators.published")
    manager = await somebody(plain, "manager", "indicators.read")
    times: dict[str, list[float]] = {"plain": [], "scoped": []}
    ways = {"plain": (plain, platform("indicators.read", "bench")), "scoped": (walled, manager)}
    for n in range(LOOKS + 20):
        for way, (pool, who) in ways.items():
            with acting(who):
                began = time.perf_counter()
                found = await published_store.published(pool, codes=["X-7"], hospital="h3")
                spent = (time.perf_counter() - began) * 1e3
            assert len(found) == VALUES // ORGANISATIONS // 20
            if n >= 20:
                times[way].append(spent)
    told = {f"published_{way}_ms": statistics.median(one) for way, one in times.items()}
    return told | {"published_times": told["published_scoped_ms"] / told["published_plain_ms"]}


async def one_watcher(pool: asyncpg.Pool) -> Access:
    """Add somebody who watches one organisation, to both walls."""
    return await somebody(pool, WATCHER, "messages.read")


async def somebody(pool: asyncpg.Pool, role: str, permission: str) -> Access:
    """Add somebody with a role in one organisation, to both walls."""
    roles, _ = read_roles(Path("/nonexistent"))
    account, now = uuid.uuid4(), datetime.now(UTC)
    new = AccountRecord(account, role, role, "person", "h3", "active", False, 0, None, now)
    given = AssignmentRecord(uuid.uuid4(), account, role, "h3", now, None, "", "")
    async with pool.acquire() as connection, connection.transaction():
        await store.insert_account(connection, new)
        await store.insert_assignment(connection, given)
        await store.refresh_sight(connection, roles, now)
        tree = await store.parents(connection)
    actor = Actor(account, role, role, "h3", reach_of([given.held], roles, tree, at=now))
    return Access(actor, permission, "bench", Purpose.OPERATIONS)


async def _queries(stack: AsyncExitStack, pool: asyncpg.Pool, dsn: str, folder: Path) -> Queries:
    """Return what answers, over a pool."""
    clock: SystemClock = SystemClock()
    log = PostgresLog(pool, lambda: connect(dsn), clock=clock, owner=uuid.uuid4())
    tracer = Tracer(
        ReadStore(pool), log, content_dir=folder, timezone="Asia/Shanghai", installation="",
        shown_bytes_max=1 << 20,
    )  # fmt: skip
    relations = TreatmentRelations(
        pool, clock, ZoneInfo("Asia/Shanghai"), roles=RoleBook(folder), settings=PrivacySettings()
    )
    privacy = Privacy(
        pool,
        clock,
        book=ClassificationBook(folder),
        relations=relations,
        notices=Notices(pool, clock),
    )
    stack.push_async_callback(tracer.close)
    return Queries(pool, log, clock, tracer=tracer, privacy=privacy)


def masking() -> dict[str, float]:
    """Measure hiding a message of about 1 KB from the operations of the hospital."""
    book = shipped()
    lines = "".join(f"OBX|{n}|TX|718-7^血红蛋白||患者张三丰第{n}次复查||||||F\r" for n in range(12))
    text = (
        "MSH|^~\\&|LIS|H1|EMR|H1|20260302080000||ORU^R01|1|P|2.5.1||||||UNICODE UTF-8\r"
        "PID|1||P1^^^H1^MR~11010519491231002X^^^GA^NI||张^三丰^^^^^L||19491231|M|||"
        "浙江省杭州市西湖区文三路1号||13800138000^PRN^PH\rOBR|1|O-1||718-7\r" + lines
    )
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(100):
            Hider(book, book.purposes[Purpose.OPERATIONS].levels).body(text)
        times.append((time.perf_counter() - began) / 100 * 1e6)
    return {"mask_1kb_us": round(statistics.median(times), 1)}


def measure(folder: Path) -> dict[str, float]:
    """Return all figures."""
    return {**decisions(), **masking(), **asyncio.run(lists(folder))}


if __name__ == "__main__":
    configure_logging("warning")
    made = Path(tempfile.mkdtemp(prefix="lianyi-"))
    made.chmod(0o711)
    try:
        json.dump(measure(made), sys.stdout, indent=2)
    finally:
        shutil.rmtree(made)
