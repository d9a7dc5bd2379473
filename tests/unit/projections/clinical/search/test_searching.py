"""What SQL finds is what is told naively in memory: ids, totals, order, pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC

import asyncpg
import pytest
from tests.unit.projections.clinical.search import tables
from tests.unit.projections.clinical.search.matcher import Matcher
from tests.unit.projections.clinical.search.tables import SCHEMA
from tests.unit.projections.clinical.search.worlds import NOW, TYPES, World

from lianyi.formats.fhir.definitions import r4
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.search import search_store
from lianyi.projections.clinical.search.compiling import Compiler
from lianyi.projections.clinical.search.finding import find, find_page
from lianyi.projections.clinical.search.problems import UnknownParameter, UnreadableSearch
from lianyi.projections.clinical.search.query import Query, QueryReader
from lianyi.projections.clinical.search.terminology import DefinedTerminology

READER = QueryReader(r4())
COMPILER = Compiler(
    r4(), DefinedTerminology(r4()), zone=UTC, now=NOW, base="http://here.example/fhir"
)


@pytest.fixture
async def connection(database: str) -> AsyncIterator[Connection]:
    found = await asyncpg.connect(database)
    try:
        await tables.create(found)
        yield found
    finally:
        await found.close()


async def all_pages(
    connection: Connection, query: Query, compiler: Compiler = COMPILER
) -> tuple[list[int], int | None]:
    """Follow every page; the total is the same on each."""
    found: list[int] = []
    totals = set()
    while True:
        async with connection.transaction():
            page = await find_page(connection, SCHEMA, query, compiler=compiler)
        found += page.rids
        totals.add(page.total)
        if not page.next:
            (total,) = totals
            return found, total
        query = query._replace(page=page.next)


@pytest.mark.parametrize("small", [10_000, 0], ids=["small", "big"])
@pytest.mark.parametrize("seed", range(4))
async def test_sql_finds_what_is_told_naively(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, seed: int, small: int
) -> None:
    monkeypatch.setattr(search_store, "SMALL", small)
    monkeypatch.setattr("lianyi.projections.clinical.search.finding.SMALL", max(small, 10_000))
    world = World(seed, size=120)
    await tables.put(connection, world.store.values())
    matcher = Matcher(world.store, r4(), NOW)
    found_something = 0
    for _ in range(250):
        type_ = world.random.choice(TYPES)
        pairs = [world.question(type_) for _ in range(world.random.choice([1, 1, 2, 3]))]
        query = READER.read((type_,), [*pairs, ("_count", "7")], strict=True)
        told = {
            resource_number(one.type, one.id) for one in matcher.find(query.types, query.criteria)
        }
        found, total = await all_pages(connection, query)
        assert set(found) == told, (type_, pairs)
        assert len(found) == len(told) == total, (type_, pairs)
        found_something += bool(told)
    assert found_something > 60


async def test_a_condition_that_says_nothing_is_none(connection: Connection) -> None:
    world = World(3, size=20)
    await tables.put(connection, world.store.values())
    async with connection.transaction():
        for pairs in ([], [("_count", "1")], [("_sort", "date")]):
            with pytest.raises(UnreadableSearch):
                await find(
                    connection, SCHEMA, "Observation", pairs, reader=READER, compiler=COMPILER
                )
        with pytest.raises(UnknownParameter):
            await find(
                connection, SCHEMA, "Observation", [("colour", "red")], reader=READER,
                compiler=COMPILER,
            )  # fmt: skip
