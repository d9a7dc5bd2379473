"""What it costs to learn who treats whom, and to ask it for a page of a list.

Run: ``python benchmarks/care.py`` (with ``src`` on the path). Prints one JSON object.

Two hospitals with 200 wards and 100,000 encounters of 60,000 patients, one in ten open, learned
from messages by the product's own projection. Then somebody who is served behind the wall asks for
fifty patients, again and again: a doctor whom messages name, a nurse of a ward, and both in one.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.base.clock import SystemClock
from lianyi.base.database import open_pool, telling
from lianyi.base.embedded import PostgresServer
from lianyi.base.migrations import migrate
from lianyi.messagelog.message import LogMessage
from lianyi.projections import projection_store
from lianyi.projections.care.follow import Care
from lianyi.projections.care.relations import TreatmentRelations
from lianyi.projections.care.settings import PrivacySettings
from lianyi.projections.masterdata.follow import MasterData
from lianyi.projections.projection import Heard, Projection
from lianyi.security import account_store, practitioner_store
from lianyi.security.access import acting, current
from lianyi.security.account_store import AccountRecord, AssignmentRecord
from lianyi.security.model import Access, Actor, Purpose, Reach
from lianyi.security.practitioner_store import Called
from lianyi.security.roles import RoleBook

ENCOUNTERS, PATIENTS, WARDS, DOCTORS = 100_000, 60_000, 200, 1000
PAGE, LOOKS, WARM = 50, 500, 30
ZONE = ZoneInfo("Asia/Shanghai")
CLINICIAN = """
role: clinician
title: { zh: 临床, en: Clinician }
permissions: [care.read]
purpose: TREAT
"""


def message(number: int, kind: str, channel: int, at: datetime, lines: list[str]) -> LogMessage:
    """Return a message as the log has it."""
    stamp = at.astimezone(ZONE).strftime("%Y%m%d%H%M%S")
    head = f"MSH|^~\\&|HIS|H|||{stamp}||{kind}|{number}|P|2.5.1||||||UNICODE UTF-8"
    body = "\r".join([head, *lines]).encode()
    return LogMessage(
        1, number, at, channel, f"hl7v2 {kind}", body, "utf-8", "HIS", (), 0, None, b""
    )


def organisations(now: datetime) -> LogMessage:
    """Return the master data: hospital, department, ward, each ward at a place."""
    rows = ["H0|H0||HOSP", "H1|H1||HOSP"]
    rows += [f"D{n}|D{n}||DEPT|H{n % 2}" for n in range(WARDS // 4)]
    rows += [f"N{n}|N{n}||WARD|D{n // 4}|||||W{n}" for n in range(WARDS)]
    lines = [f"MFE|MUP|L{n}||W{n}|PL\rLOC|W{n}|W{n}|N" for n in range(WARDS)]
    lines += [f"MFE|MUP|{n}||x|CE\rZOG|{row}" for n, row in enumerate(rows)]
    return message(1, "MFN^Z01", 9, now, ["MFI|ORG||UPD|||NE", *lines])


def admissions(now: datetime) -> Iterator[LogMessage]:
    """Give admission, transfer and, of nine in ten, discharge of every encounter."""
    chance = random.Random(7)
    number = 0
    for visit in range(ENCOUNTERS):
        ward = chance.randrange(WARDS)
        channel = (ward // 4) % 2
        began = now - timedelta(days=chance.randrange(1, 400))
        moved = chance.randrange(WARDS)
        events = [("A01", ward, began), ("A02", moved, began + timedelta(hours=20))]
        if visit % 10:
            events.append(("A03", moved, began + timedelta(days=chance.randrange(1, 9))))
        doctor = chance.randrange(DOCTORS)
        patient = visit % PATIENTS
        for event, place, at in events:
            number += 1
            stamp = at.astimezone(ZONE).strftime("%Y%m%d%H%M%S")
            lines = [
                f"EVN||{stamp}",
                f"PID|1||P{patient}^^^HIS~{patient:018}^^^PRC",
                f"PV1|1|I|W{place}^01^02||||D{doctor}||||||||||||V{visit}",
            ]
            yield message(number, f"ADT^{event}", channel, max(at, now), lines)


async def learn(pool: asyncpg.Pool, projection: Projection, messages: Iterator[LogMessage]) -> int:
    """Make a version and let it learn, a thousand messages in a transaction; return how many."""
    async with pool.acquire() as connection, connection.transaction():
        live = await projection_store.insert_version(
            connection, projection.name, shape=projection.shape, live=True, now=datetime.now(UTC)
        )
        await projection.create(connection, live.schema)
    count = 0
    while batch := list(islice(messages, 1000)):
        heard = [Heard(one, projection.read(one), None) for one in batch]
        async with pool.acquire() as connection, connection.transaction():
            await projection.learn(connection, live.schema, heard, revision=count)
        count += len(batch)
    return count


async def somebody(pool: asyncpg.Pool, name: str, ward: str, doctor: str) -> Actor:
    """Add an account that works in a ward, or is called something in messages, or both."""
    account, now = uuid.uuid4(), datetime.now(UTC) - timedelta(days=1)
    new = AccountRecord(account, name, name, "person", "H0", "active", False, 0, None, now)
    role = ("clinician", ward) if ward else ("integration-watcher", "H0")
    async with pool.acquire() as connection, connection.transaction():
        await account_store.insert_account(connection, new)
        await account_store.insert_assignment(
            connection, AssignmentRecord(uuid.uuid4(), account, *role, now, None, "", "")
        )
        called = [Called("messages", "", doctor, "")] if doctor else []
        await practitioner_store.set_names(connection, account, called, by="", at=now)
    return Actor(account, name, name, "H0", Reach())


async def pages(relations: TreatmentRelations, actor: Actor) -> dict[str, float]:
    """Return what a page costs, in milliseconds, and how many of its patients are treated."""
    chance, times, found = random.Random(actor.name), [], 0
    with acting(Access(actor, "care.read", "bench", Purpose.TREATMENT)):
        for n in range(LOOKS + WARM):
            asked = [f"P{chance.randrange(PATIENTS)}^HIS" for _ in range(PAGE)]
            began = time.perf_counter()
            treated = await relations.treated(actor, asked)
            if n >= WARM:
                times.append((time.perf_counter() - began) * 1e3)
                found += len(treated)
    return {
        f"{actor.name}_p50_ms": round(statistics.median(times), 2),
        f"{actor.name}_p95_ms": round(statistics.quantiles(times, n=20)[18], 2),
        f"{actor.name}_treated": found,
    }


async def measure(folder: Path) -> dict[str, float]:
    """Return all figures."""
    (folder / "roles").mkdir()
    (folder / "roles" / "clinician.yaml").write_text(CLINICIAN, encoding="utf-8")
    server = PostgresServer(folder / "data")
    await server.start()
    try:
        await migrate(server.dsn)
        pool = await open_pool(server.dsn, size_max=4)
        now = datetime.now(UTC)
        tree: dict[str, str | None] = {"H0": None, "H1": None}
        tree |= {f"D{n}": f"H{n % 2}" for n in range(WARDS // 4)}
        tree |= {f"N{n}": f"D{n // 4}" for n in range(WARDS)}
        async with pool.acquire() as connection:
            await account_store.set_units(connection, tree)
            for n in range(2):
                await connection.execute(
                    "INSERT INTO messagelog.channel (channel, name, shard, organisation)"
                    " VALUES ($1, $2, 1, $3)", n, f"adt{n}", f"H{n}",
                )  # fmt: skip
        await learn(pool, MasterData(ZONE), iter([organisations(now)]))
        began = time.perf_counter()
        count = await learn(pool, Care(ZONE), admissions(now))
        spent = time.perf_counter() - began
        await pool.execute("VACUUM ANALYZE")
        told = telling("lianyi.actor", lambda: str(current().actor.account))
        walled = await open_pool(server.dsn, size_max=4, role="lianyi_doors", on_acquire=told)
        relations = TreatmentRelations(
            walled, SystemClock(), ZONE, roles=RoleBook(folder), settings=PrivacySettings()
        )
        figures: dict[str, float] = {"learned_per_second": round(count / spent)}
        for name, ward, doctor in (("doctor", "", "D7"), ("nurse", "N8", ""), ("both", "D4", "D8")):
            figures |= await pages(relations, await somebody(pool, name, ward, doctor))
        await walled.close()
        await pool.close()
    finally:
        await server.stop()
    return figures


def main() -> None:
    """Measure in a folder of its own and print the figures."""
    folder = Path(tempfile.mkdtemp(prefix="lianyi-care-"))
    folder.chmod(0o711)
    try:
        json.dump(asyncio.run(measure(folder)), sys.stdout, indent=2)
        sys.stdout.write("\n")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
