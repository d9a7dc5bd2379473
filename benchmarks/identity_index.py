"""What the patient index costs when it is full: asking who somebody is, registering somebody.

Run: ``python benchmarks/identity_index.py [PERSONS]`` (with ``src`` on the path; 1,000,000 as it
comes). Prints one JSON object.

The index is filled with the registrations of a city (another seed than any test has), each made
ready by the product's own code in as many processes as there are cores and copied into the
product's own tables, and linked in batch as when a model is put in force (``relink``: reading all
records, judging, writing pairs, persons and questions). Beside them lie a crowd: placeholders, and
people of one telephone. Then, in one process:

* ``match``: registrations of the city, with a typing error in every second, asked as the desk asks:
  read, keys, candidates from the database, scored, the likeliest first; without and with what the
  answer shows (golden record, masks, evidence);
* ``match_in_a_crowd``: the same people, each with the telephone of the crowd;
* ``register``: new registrations by desks at the same time, durable, each answered when the
  follower has linked it.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import asyncpg
from msgspec.structs import replace

from lianyi.base.clock import SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.base.embedded import PostgresServer
from lianyi.base.migrations import migrate
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections import projection_store
from lianyi.projections.care.relations import TreatmentRelations
from lianyi.projections.care.settings import PrivacySettings
from lianyi.projections.following import Follower
from lianyi.projections.identity.authorities import Authorities
from lianyi.projections.identity.feeds import desk
from lianyi.projections.identity.follow import NAME, Identity
from lianyi.projections.identity.ids import record_id
from lianyi.projections.identity.linking import Linker
from lianyi.projections.identity.matching import Matching
from lianyi.projections.identity.registration import Name, Registration
from lianyi.projections.identity.service import IdentityService
from lianyi.projections.identity.standing import content_of, golden_of, record_of
from lianyi.projections.identity.statements import Registered
from lianyi.projections.identity.table_store import SayingRow
from lianyi.projections.identity.traits import NOTHING_LEARNED
from lianyi.projections.waiting import until_learned
from lianyi.security.access import acting, platform
from lianyi.security.privacy.classification import ClassificationBook
from lianyi.security.privacy.notices import Notices
from lianyi.security.privacy.service import Privacy
from lianyi.security.roles import RoleBook
from lianyi.simulate.city.registrations import registrations
from lianyi.simulate.city.settings import CitySettings

SEED = 20261129
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
CHUNK, ASKED, DESKS, SECONDS = 5000, 2000, 32, 10
WAIT_SECONDS = 60.0
"""A busy machine is slow; whoever waits longer fails."""
ZONE = ZoneInfo("Asia/Shanghai")
CHANNEL = 1
LINE = "15412345678"
"""The telephone of the crowd."""
Made = tuple[list[tuple[object, ...]], list[tuple[int, int]], list[tuple[int, int, bytes]]]


def make(said: Sequence[Registration]) -> Made:
    """Return the rows of records, keys and persons, made as the index makes them."""
    rows, keys, persons = [], [], []
    for one in said:
        content, data = content_of(Registered(one, NOW, "A04"), CHANNEL)
        number = record_id(*one.key)
        saying = SayingRow(number, content, NOW, NOW, data)
        row = record_of([saying], kept=None, person=number, learned=NOTHING_LEARNED)
        rows.append(tuple(row))
        keys += [(k, row.record) for k in row.keys]
        persons.append((row.record, 1, golden_of([row])))
    return rows, keys, persons


def chunks(count: int) -> Iterator[list[Registration]]:
    """Give the registrations of the city, each key once."""
    seen: set[tuple[str, str]] = set()
    said = (one.registration for one in registrations(CitySettings(seed=SEED), count))
    fresh = (one for one in said if one.key not in seen and not seen.add(one.key))  # type: ignore[func-returns-value]
    while page := list(islice(fresh, CHUNK)):
        yield page


def crowd(count: int) -> Iterator[list[Registration]]:
    """Give as many placeholders as a tenth of the city, and a hundredth with one telephone."""
    nobodies = (
        Registration("CROWD", f"N{n}", (Name("无名氏"),), "1", "19000101")
        for n in range(count // 10)
    )
    while page := list(islice(nobodies, CHUNK)):
        yield page
    town = (one.registration for one in registrations(CitySettings(seed=SEED + 1), count // 100))
    lines = (
        replace(one, source="CROWD", mrn=f"L{n}", phones=(LINE,), identifiers=())
        for n, one in enumerate(town)
    )
    while page := list(islice(lines, CHUNK)):
        yield page


async def fill(connection: asyncpg.Connection, schema: str, count: int) -> list[Registration]:
    """Fill the tables; return some of those who are in them."""
    some: list[Registration] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        pages = chain(crowd(count), chunks(count))
        waiting = []
        random = Random(1)
        while True:
            while len(waiting) < 6 and (page := next(pages, None)):
                if page[0].source != "CROWD":
                    some += random.sample(page, min(len(page), max(2, 4000 * CHUNK // count)))
                waiting.append(asyncio.wrap_future(pool.submit(make, page)))
            if not waiting:
                break
            rows, keys, persons = await waiting.pop(0)
            for table, of in (("record", rows), ("key", keys), ("person", persons)):
                await connection.copy_records_to_table(table, schema_name=schema, records=of)
    await connection.execute(f"ANALYZE {schema}.record; ANALYZE {schema}.key")
    random.shuffle(some)
    return some


def asked(one: Registration, number: int) -> Registration:
    """Return somebody as the desk types him: every second time with an error."""
    said = replace(one, source="?", mrn="?")
    if number % 2 and one.names:
        text = one.names[0].text
        return replace(said, names=(Name(text[:-1] + "伟"),), identifiers=())
    return said


def spread(seconds: list[float]) -> dict[str, float]:
    """Return what a list of durations says, in milliseconds."""
    ordered = sorted(one * 1000 for one in seconds)
    at = {p: ordered[min(int(len(ordered) * p / 100), len(ordered) - 1)] for p in (50, 95, 99)}
    return {f"p{p}_ms": round(value, 2) for p, value in at.items()} | {
        "max_ms": round(ordered[-1], 2)
    }


async def relink(connection: asyncpg.Connection, schema: str) -> None:
    """Link everybody, as when a model is put in force that knows the same values to say nothing."""
    async with connection.transaction():
        await Linker(connection, schema, Matching(), Authorities()).relink_all(NOTHING_LEARNED)
    await connection.execute(f"ANALYZE {schema}.edge; ANALYZE {schema}.record")


async def measure_match(
    service: IdentityService, some: list[Registration]
) -> dict[str, dict[str, float]]:
    """Ask who they are, first only who, then with everything that the answer shows."""
    bare, whole, found = [], [], 0
    for number, one in enumerate(some[:ASKED]):
        said = asked(one, number)
        begin = time.perf_counter()
        _, _, likely = await service.meant(said)
        bare.append(time.perf_counter() - begin)
        found += bool(likely)
    for number, one in enumerate(some[:ASKED]):
        said = asked(one, number)
        begin = time.perf_counter()
        await service.match(said)
        whole.append(time.perf_counter() - begin)
    crowded = []
    for number, one in enumerate(some[:ASKED]):
        said = replace(asked(one, number), phones=(LINE,))
        begin = time.perf_counter()
        await service.meant(said)
        crowded.append(time.perf_counter() - begin)
    return {
        "match": spread(bare) | {"found": found / ASKED},
        "match_in_a_crowd": spread(crowded),
        "match_with_everything_shown": spread(whole),
    }


async def measure_register(
    service: IdentityService, pool: asyncpg.Pool, clock: SystemClock, some: list[Registration]
) -> dict[str, float]:
    """Let desks register, each one person after the other, for some seconds."""
    fresh = iter(some[ASKED:])
    took: list[float] = []
    run = uuid.uuid4().hex[:8]
    end = time.perf_counter() + SECONDS

    async def one_desk(number: int) -> None:
        count = 0
        while time.perf_counter() < end and (one := next(fresh, None)):
            count += 1
            said = replace(one, source="DESK", mrn=f"{run}-{number}-{count}")
            begin = time.perf_counter()
            message = desk.write(said, channel=CHANNEL, actor="desk")
            position = await service._registrar.append(message)
            await until_learned(pool, NAME, position, timeout_seconds=WAIT_SECONDS)
            took.append(time.perf_counter() - begin)

    begin = time.perf_counter()
    await asyncio.gather(*(one_desk(number) for number in range(DESKS)))
    seconds = time.perf_counter() - begin
    return spread(took) | {"per_second": round(len(took) / seconds, 1), "desks": DESKS}


async def main() -> None:
    """Fill, ask, register, print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    folder = Path(tempfile.mkdtemp(prefix="lianyi-"))
    folder.chmod(0o711)
    server = PostgresServer(folder / "data")
    clock = SystemClock()
    try:
        await server.start()
        await migrate(server.dsn)
        pool = await open_pool(server.dsn, size_max=40)
        log = PostgresLog(pool, lambda: connect(server.dsn), clock=clock, owner=uuid.UUID(int=1))
        await log.start()
        await pool.execute("INSERT INTO messagelog.channel VALUES ($1, 'desk', 1)", CHANNEL)
        follower = Follower(
            pool, log, Identity(ZONE), connect=lambda: connect(server.dsn), clock=clock,
            owner=uuid.UUID(int=2), holder="bench",
        )  # fmt: skip
        await follower.ready()
        live = await projection_store.find_live(pool, NAME)
        assert live is not None
        begin = time.perf_counter()
        async with pool.acquire() as connection:
            some = await fill(connection, live.schema, count)
        filled = time.perf_counter() - begin
        begin = time.perf_counter()
        connection = await connect(server.dsn)
        await relink(connection, live.schema)
        await connection.close()
        relinked = time.perf_counter() - begin
        relations = TreatmentRelations(
            pool, clock, ZONE, roles=RoleBook(folder), settings=PrivacySettings()
        )
        privacy = Privacy(
            pool,
            clock,
            book=ClassificationBook(folder),
            relations=relations,
            notices=Notices(pool, clock),
        )
        service = IdentityService(pool, log, clock, privacy=privacy)
        with acting(platform("identity.match", "match_person")):
            result = {"persons": count, "fill_seconds": round(filled, 1)}
            result["relink_seconds"] = round(relinked, 1)
            await measure_match(service, some[:200] * 10)  # warm
            result |= await measure_match(service, some)
            following = asyncio.create_task(follower.run())
            result["register"] = await measure_register(service, pool, clock, some)
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
        result["database_mb"] = round(
            await pool.fetchval("SELECT pg_database_size(current_database())") / 1e6
        )
        result["median_keys"] = statistics.median(
            [len(row["keys"]) for row in await pool.fetch(
                f"SELECT keys FROM {live.schema}.record WHERE cardinality(keys) > 0 LIMIT 1000"
            )]
        )  # fmt: skip
        print(json.dumps(result, ensure_ascii=False))
        await log.stop()
        await pool.close()
    finally:
        await server.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    asyncio.run(main())
