"""What the two walls before the master data cost, with 20,000 practitioners in two hospitals.

Run: ``python benchmarks/masterdata.py`` (with ``src`` on the path). Prints one JSON object: the
median milliseconds of each question, asked by the platform, which sees everything, and by somebody
of one hospital; and what saying anew whose everything is takes, unchanged and after a change.
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
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.base.clock import SystemClock
from lianyi.base.database import connect, open_pool, telling
from lianyi.base.embedded import PostgresServer
from lianyi.base.migrations import migrate
from lianyi.messagelog.message import LogMessage
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections import projection_store
from lianyi.projections.masterdata.follow import MasterData
from lianyi.projections.masterdata.model import Kind
from lianyi.projections.masterdata.service import MasterDataService
from lianyi.projections.projection import Heard
from lianyi.security import account_store as store
from lianyi.security.access import acting, current, platform
from lianyi.security.account_store import AccountRecord, AssignmentRecord
from lianyi.security.model import Access, Actor, Purpose
from lianyi.security.roles import read_roles
from lianyi.security.rules import reach_of

PRACTITIONERS, DEPARTMENTS, LOOKS, WARM = 20_000, 400, 60, 5
ZONE = ZoneInfo("Asia/Shanghai")
WATCHER = "integration-watcher"


def imported(number: int, kind: str, text: str) -> LogMessage:
    """Return the act that brought a table in."""
    return LogMessage(
        0, number, datetime.now(UTC), 0, f"act masterdata.{kind}_imported", text.encode(), "utf-8",
        "bench", (), 0, None, b"",
    )  # fmt: skip


def tables() -> list[LogMessage]:
    """Return two hospitals with departments, a place for each, and who works there."""
    units = ["code,name_zh,parent,location", "H0,一院,,", "H1,二院,,"]
    units += [f"D{n},科室{n},H{n % 2},L{n}" for n in range(DEPARTMENTS)]
    places = ["code,name_zh"] + [f"L{n},病区{n}" for n in range(DEPARTMENTS)]
    people = ["code,name_zh,organisation,role"]
    people += [f"P{n:05},人员{n},D{n % DEPARTMENTS},doctor" for n in range(PRACTITIONERS)]
    parts = (("location", places), ("organisation", units), ("practitioner", people))
    return [imported(n, kind, "\n".join(rows)) for n, (kind, rows) in enumerate(parts, start=1)]


async def fill(pool: asyncpg.Pool) -> dict[str, float]:
    """Learn all of it; return what saying whose everything is takes."""
    roles, _ = read_roles(Path("/nonexistent"))

    async def follow_tree(connection: asyncpg.Connection, pairs: object) -> None:
        await store.set_units(connection, dict(pairs))  # type: ignore[call-overload]

    projection = MasterData(ZONE, on_management_tree=follow_tree)
    async with pool.acquire() as connection, connection.transaction():
        live = await projection_store.insert_version(
            connection, projection.name, shape=projection.shape, live=True, now=datetime.now(UTC)
        )
        await projection.create(connection, live.schema)
    heard = [Heard(one, projection.read(one), None) for one in tables()]
    spent: dict[str, float] = {}
    async with pool.acquire() as connection, connection.transaction():
        await projection.learn(connection, live.schema, heard, revision=0)
        await projection_store.touch(connection, live, now=datetime.now(UTC))
        for name, revision in (("settle_all_ms", 1), ("settle_none_ms", 1)):
            began = time.perf_counter()
            await projection.settle(
                connection, live.schema, revision=revision, now=datetime.now(UTC)
            )
            spent[name] = (time.perf_counter() - began) * 1e3
        change = imported(4, "practitioner", "code,organisation\nP00001,D2\n")
        await projection.learn(
            connection, live.schema, [Heard(change, projection.read(change), None)], revision=1
        )
        await projection_store.touch(connection, live, now=datetime.now(UTC))
        began = time.perf_counter()
        await projection.settle(connection, live.schema, revision=2, now=datetime.now(UTC))
        spent["settle_one_ms"] = (time.perf_counter() - began) * 1e3
        await store.refresh_sight(connection, roles, datetime.now(UTC))
    await pool.execute("VACUUM ANALYZE")
    return spent


async def one_watcher(pool: asyncpg.Pool) -> Access:
    """Add somebody who sees one of the hospitals, to both walls."""
    roles, _ = read_roles(Path("/nonexistent"))
    account, now = uuid.uuid4(), datetime.now(UTC)
    new = AccountRecord(account, "w", "w", "person", "H0", "active", False, 0, None, now)
    given = AssignmentRecord(uuid.uuid4(), account, WATCHER, "H0", now, None, "", "")
    async with pool.acquire() as connection, connection.transaction():
        await store.insert_account(connection, new)
        await store.insert_assignment(connection, given)
        await store.refresh_sight(connection, roles, now)
        tree = await store.parents(connection)
    actor = Actor(account, "w", "w", "H0", reach_of([given.held], roles, tree, at=now))
    return Access(actor, "masterdata.read", "list_records", Purpose.OPERATIONS)


async def median_of(ask: Callable[[], Awaitable[object]]) -> float:
    """Return the median milliseconds of a question."""
    times = []
    for n in range(LOOKS + WARM):
        began = time.perf_counter()
        assert await ask()
        if n >= WARM:
            times.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times)


async def measure(folder: Path) -> dict[str, float]:
    """Return all figures."""
    server = PostgresServer(folder / "data")
    await server.start()
    try:
        await migrate(server.dsn)
        plain = await open_pool(server.dsn, size_max=4)
        figures = await fill(plain)
        access = await one_watcher(plain)
        told = telling("lianyi.actor", lambda: str(current().actor.account))
        walled = await open_pool(server.dsn, size_max=4, role="lianyi_doors", on_acquire=told)
        clock = SystemClock()
        log = PostgresLog(plain, lambda: connect(server.dsn), clock=clock, owner=uuid.uuid4())
        for way, pool, who in (
            ("without_walls", plain, platform("masterdata.read", "bench")),
            ("second_wall_only", walled, platform("masterdata.read", "bench")),
            ("scoped_without_second_wall", plain, access),
            ("scoped", walled, access),
        ):
            data = MasterDataService(pool, log, clock, ZONE)
            asked: dict[str, Callable[[], Awaitable[object]]] = {
                "list": lambda data=data: data.list_records(Kind.PRACTITIONER),
                "found": lambda data=data: data.list_records(Kind.PRACTITIONER, q="人员1998"),
                "record": lambda data=data: data.get_record(Kind.PRACTITIONER, "P00100"),
                "changes": lambda data=data: data.list_sayings(Kind.PRACTITIONER, "P00100"),
                "tree": lambda data=data: data.get_tree("management"),
            }
            with acting(who):
                for name, ask in asked.items():
                    figures[f"{name}_{way}_ms"] = await median_of(ask)
        await walled.close()
        await plain.close()
    finally:
        await server.stop()
    return {name: round(value, 2) for name, value in figures.items()}


def main() -> None:
    """Measure in a folder of its own and print the figures."""
    folder = Path(tempfile.mkdtemp(prefix="lianyi-masterdata-"))
    folder.chmod(0o711)
    try:
        json.dump(asyncio.run(measure(folder)), sys.stdout, indent=2)
        sys.stdout.write("\n")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
