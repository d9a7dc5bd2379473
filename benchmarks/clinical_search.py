"""What searches cost when the clinical repository is full.

Run: ``python benchmarks/clinical_search.py [RESOURCES]`` (with ``src`` on the path; 200,000 as it
comes; 5,000,000 is the goal). Prints one JSON object.

The tables of the repository are filled with a mix of resources as a hospital has them (four of five
are observations), the rows of their index made by the product's own code in as many processes as
there are cores. Then searches of each kind are asked one after another as the doors ask them, bound
by row-level security: a page with its total, the bodies read and written as a Bundle. No parameter
is asked twice in a row with the same value.
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
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.base.embedded import PostgresServer
from lianyi.base.migrations import migrate
from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.definitions import r4
from lianyi.projections.clinical import dated_store, indexed, read_store, table_store
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.indexed import Rows, add_rows
from lianyi.projections.clinical.search import search_store
from lianyi.projections.clinical.search.bundles import Entry, bundle
from lianyi.projections.clinical.search.compiling import Compiler
from lianyi.projections.clinical.search.finding import find_page
from lianyi.projections.clinical.search.query import QueryReader
from lianyi.projections.clinical.search.terminology import DefinedTerminology

SEED, SCHEMA, CHANNEL, CHUNK, ASKED = 20261130, "clinical_1", 1, 5_000, 60
ACTOR = uuid.UUID(int=9)
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 30, tzinfo=UTC)
TABLES = ("resource", "hashed", "text", "span", "amount", "dated")
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
PER_PATIENT = 200
CODES = [f"{1000 + at}-{at % 10}" for at in range(600)]
FAMILIES = list("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗")
GIVEN = list("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国")


def code_of(random: Random) -> str:
    """A code; few of them are most of what is measured."""
    return CODES[min(int(random.expovariate(1 / 40)), len(CODES) - 1)]


def resources(begin: int, end: int) -> Iterator[dict[str, object]]:
    """The resources of some places; a place gives the same resource each time."""
    for at in range(begin, end):
        random = Random(SEED * 31 + at)
        patient = f"p{at // PER_PATIENT}"
        day = NOW - timedelta(days=random.randrange(3650), minutes=random.randrange(1440))
        when = day.isoformat(timespec="seconds")
        subject = {"reference": f"Patient/{patient}"}
        visit = {"reference": f"Encounter/e{at // PER_PATIENT}-{random.randrange(8)}"}
        place = at % PER_PATIENT
        if place == 0:
            yield {
                "resourceType": "Patient", "id": patient,
                "identifier": [{"system": "urn:his", "value": f"{at:09}"}],
                "name": [{"family": random.choice(FAMILIES),
                          "given": ["".join(random.choices(GIVEN, k=2))]}],
                "gender": random.choice(["male", "female"]),
                "birthDate": f"{random.randrange(1930, 2025)}-{random.randrange(1, 13):02}-11",
                "telecom": [{"system": "phone", "value": f"139{at:08}"}],
            }  # fmt: skip
        elif place <= 8:
            yield {
                "resourceType": "Encounter", "id": f"e{at // PER_PATIENT}-{place - 1}",
                "status": "finished", "class": {"system": "urn:class", "code": "IMP"},
                "subject": subject,
                "period": {"start": when, "end": (day + timedelta(days=6)).isoformat()},
            }  # fmt: skip
        elif place <= 20:
            yield {
                "resourceType": "Condition", "id": f"c{at}", "subject": subject, "encounter": visit,
                "clinicalStatus": {"coding": [{"system": "urn:cs", "code": "active"}]},
                "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10",
                                     "code": f"I{random.randrange(100)}"}]},
                "onsetDateTime": when,
            }  # fmt: skip
        elif place <= 36:
            yield {
                "resourceType": "MedicationRequest", "id": f"m{at}", "status": "active",
                "intent": "order", "subject": subject, "encounter": visit, "authoredOn": when,
                "medicationCodeableConcept": {
                    "coding": [{"system": "urn:atc", "code": f"A{random.randrange(300)}"}]
                },
            }  # fmt: skip
        else:
            code = code_of(random)
            yield {
                "resourceType": "Observation", "id": f"o{at}", "status": "final",
                "category": [{"coding": [{"system": "urn:category", "code": "laboratory"}]}],
                "code": {"coding": [{"system": LOINC, "code": code, "display": f"检验 {code}"}]},
                "subject": subject, "encounter": visit, "effectiveDateTime": when,
                "performer": [{"reference": f"Practitioner/d{random.randrange(1000)}"}],
                "valueQuantity": {"value": random.randrange(1, 200), "unit": "mmol/L",
                                  "system": UCUM, "code": "mmol/L"},
            }  # fmt: skip


def make(begin: int, end: int) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of some resources, made as the repository makes them."""
    rows, kept = Rows(), []
    for resource in resources(begin, end):
        type_, id_ = str(resource["resourceType"]), str(resource["id"])
        rid = resource_number(type_, id_)
        patient = resource_number("Patient", f"p{begin // PER_PATIENT}")
        kept.append(
            table_store.ResourceRow(
                rid, patient, begin, NOW - timedelta(seconds=rid % 10_000_000), 1, CHANNEL, 0, 1,
                False, "PUT", type_, id_, b"", json_text.write(resource),
            )
        )  # fmt: skip
        add_rows(rows, rid, CHANNEL, resource, ZONE)
    return {
        "resource": [tuple(one) for one in kept],
        **{name: getattr(rows, name) for name in indexed.TABLES},
        "dated": dated_store.rows_of(rows),
    }


async def fill(connection: asyncpg.Connection, count: int) -> None:
    """Fill the tables, the indexes made afterwards."""
    await table_store.create(connection, SCHEMA)
    keys = await connection.fetch(
        "SELECT conrelid::regclass::text AS of, conname, pg_get_constraintdef(oid) AS def"
        " FROM pg_constraint WHERE contype = 'p' AND conrelid::regclass::text = ANY ($1)",
        [f"{SCHEMA}.{name}" for name in TABLES],
    )
    for one in keys:
        await connection.execute(f"ALTER TABLE {one['of']} DROP CONSTRAINT {one['conname']}")
    indexes = await connection.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = $1 AND tablename = ANY ($2)",
        SCHEMA,
        list(TABLES),
    )
    for one in indexes:
        await connection.execute(f"DROP INDEX {SCHEMA}.{one['indexname']}")
    loop, cores = asyncio.get_running_loop(), os.cpu_count() or 1
    places = list(range(0, count, CHUNK))
    with ProcessPoolExecutor(cores) as workers:
        for first in range(0, len(places), cores):
            made = [
                loop.run_in_executor(workers, make, at, min(at + CHUNK, count))
                for at in places[first : first + cores]
            ]
            for rows in await asyncio.gather(*made):
                for name in TABLES:
                    await connection.copy_records_to_table(
                        name, schema_name=SCHEMA, records=rows[name]
                    )
    await connection.execute("SET maintenance_work_mem = '512MB'")
    for one in keys:
        await connection.execute(f"ALTER TABLE {one['of']} ADD {one['def']}")
    for one in indexes:
        await connection.execute(one["indexdef"])
    for name in TABLES:
        await connection.execute(f"VACUUM ANALYZE {SCHEMA}.{name}")


def questions(count: int, random: Random) -> dict[str, list[tuple[str, list[tuple[str, str]]]]]:
    """Return searches by kind: type and parameters."""

    def patient() -> str:
        return f"p{random.randrange(count // PER_PATIENT)}"

    def some(*pairs: tuple[str, str], of: str = "Observation") -> tuple[str, list[tuple[str, str]]]:
        return of, list(pairs)

    def year() -> int:
        return random.randrange(2017, 2026)

    kinds = {
        "patient": lambda: some(("patient", patient())),
        "patient, newest first": lambda: some(("patient", patient()), ("_sort", "-date")),
        "patient and code": lambda: some(
            ("patient", patient()), ("code", f"{LOINC}|{code_of(random)}"), ("_sort", "-date")
        ),
        "patient, category, dates": lambda: some(
            ("patient", patient()), ("category", "laboratory"),
            ("date", f"ge{year()}"), ("date", "lt2026-06"),
        ),
        "identifier": lambda: some(
            ("identifier", f"urn:his|{random.randrange(count // PER_PATIENT) * PER_PATIENT:09}"),
            of="Patient",
        ),
        "family and birth year": lambda: some(
            ("family", random.choice(FAMILIES)), ("birthdate", str(random.randrange(1930, 2025))),
            of="Patient",
        ),
        "code": lambda: some(("code", random.choice(CODES))),
        "code and value": lambda: some(
            ("code-value-quantity", f"{code_of(random)}$gt{random.randrange(150, 200)}||mmol/L")
        ),
        "code and a month": lambda: some(
            ("code", code_of(random)), ("date", f"{year()}-{random.randrange(1, 13):02}")
        ),
        "a day": lambda: some(("date", f"{year()}-03-{random.randrange(1, 29):02}")),
        "compartment": lambda: some(("patient", patient()), ("_include", "*")),
        "chained: patients called so": lambda: some(
            ("subject:Patient.family", random.choice(FAMILIES)),
            ("subject:Patient.birthdate", str(year() - 60)), ("code", code_of(random)),
        ),
        "chained: of one number": lambda: some(
            ("subject:Patient.identifier",
             f"urn:his|{random.randrange(count // PER_PATIENT) * PER_PATIENT:09}"),
        ),
        "reverse chained": lambda: some(
            ("_has:Observation:patient:code-value-quantity",
             f"{random.choice(CODES[:40])}$gt{random.randrange(190, 199)}||mmol/L"),
            of="Patient",
        ),
        "newest of everything": lambda: some(("_sort", "-_lastUpdated"), ("_total", "none")),
    }  # fmt: skip
    return {name: [kind() for _ in range(ASKED)] for name, kind in kinds.items()}


async def ask(
    connection: asyncpg.Connection, type_: str, pairs: list[tuple[str, str]]
) -> tuple[float, int | None]:
    """Ask one search; return its milliseconds and its total."""
    begin = time.perf_counter()
    query = QueryReader(r4()).read((type_,), pairs)
    compiler = Compiler(r4(), DefinedTerminology(r4()), zone=ZONE, now=NOW, base="http://x/fhir")
    async with connection.transaction():
        page = await find_page(connection, SCHEMA, query, compiler=compiler)
        rows = await read_store.list_kept(connection, SCHEMA, page.rids)
    bundle(
        [Entry(row.type, row.id, row.body, "match") for row in rows], base="http://x/fhir",
        path=type_, said=query.said, page="", following=page.next, total=page.total,
    )  # fmt: skip
    return (time.perf_counter() - begin) * 1000, page.total


async def scanned(connection: asyncpg.Connection, type_: str, pairs: list[tuple[str, str]]) -> int:
    """Return how many plans of a search go through a whole table."""
    query = QueryReader(r4()).read((type_,), pairs)
    compiler = Compiler(r4(), DefinedTerminology(r4()), zone=ZONE, now=NOW, base="http://x/fhir")
    async with connection.transaction():
        node = compiler.search(query.types, query.criteria)
        search = await search_store.driven(connection, SCHEMA, node)
        statement = search_store.Statement(SCHEMA)
        words = statement.narrowed(search.driver, search.rest)
        plan = await connection.fetch(f"EXPLAIN {words}", *statement.values)
    return sum("Seq Scan" in row[0] for row in plan)


async def main() -> None:
    """Fill, ask, print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    folder = Path(tempfile.mkdtemp(prefix="lianyi-"))
    folder.chmod(0o711)
    server = PostgresServer(folder / "data")
    try:
        await server.start()
        await migrate(server.dsn)
        connection = await asyncpg.connect(server.dsn)
        await connection.execute(
            "INSERT INTO messagelog.channel (channel, name, shard, organisation)"
            " VALUES ($1, 'emr', 1, 'H1')", CHANNEL,
        )  # fmt: skip
        await connection.execute("INSERT INTO messagelog.sight VALUES ($1, '*')", ACTOR)
        begin = time.perf_counter()
        await fill(connection, count)
        result: dict[str, object] = {
            "resources": count, "fill_seconds": round(time.perf_counter() - begin, 1),
        }  # fmt: skip
        for name in TABLES:
            result[f"{name}_mb"] = round(
                await connection.fetchval(
                    "SELECT pg_total_relation_size($1::regclass)", f"{SCHEMA}.{name}"
                ) / 1e6
            )  # fmt: skip
        await connection.execute("SELECT set_config('lianyi.actor', $1, false)", str(ACTOR))
        await connection.execute("SET ROLE lianyi_doors")
        asked: dict[str, object] = {}
        for name, some in questions(count, Random(SEED)).items():
            for type_, pairs in some[:5]:
                await ask(connection, type_, pairs)
            took = [await ask(connection, type_, pairs) for type_, pairs in some[5:]]
            times = sorted(one for one, _ in took)
            asked[name] = {
                "p50_ms": round(statistics.median(times), 1),
                "p95_ms": round(times[int(len(times) * 0.95)], 1),
                "median_total": statistics.median([total or 0 for _, total in took]),
                "whole_tables": await scanned(connection, *some[0]),
            }
        result["searches"] = asked
        print(json.dumps(result, ensure_ascii=False, indent=1))
        await connection.close()
    finally:
        await server.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    asyncio.run(main())
