"""Words, filters, places, what is contained: SQL finds what is told naively in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import UTC

import asyncpg
import pytest
from tests.unit.projections.clinical.search import tables
from tests.unit.projections.clinical.search.matcher import Matcher, Stored
from tests.unit.projections.clinical.search.test_searching import READER, all_pages
from tests.unit.projections.clinical.search.wide_worlds import (
    PARENTS,
    SETS,
    SYSTEM,
    WideWorld,
    code_question,
    dated_question,
    inner_question,
)
from tests.unit.projections.clinical.search.worlds import NOW, TYPES

from lianyi.formats.fhir.definitions import r4
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.search import search_store
from lianyi.projections.clinical.search.compiling import Compiler
from lianyi.projections.clinical.terms.known import KnownTerminology
from lianyi.projections.clinical.terms.sets import Part, Said
from lianyi.projections.clinical.terms.systems import Concept, System

CODES = System(
    SYSTEM,
    {
        code: Concept("", tuple(above for low, above in PARENTS if low == code))
        for code in sorted({one for pair in PARENTS for one in pair})
    },
    is_complete=True,
)
COMPILER = Compiler(
    r4(),
    KnownTerminology(
        r4(),
        stored_systems={SYSTEM: CODES},
        stored_sets={
            url: Said((Part(SYSTEM, dict.fromkeys(codes, "")),)) for url, codes in SETS.items()
        },
    ),
    zone=UTC,
    now=NOW,
    base="http://here.example/fhir",
)


@pytest.fixture
async def connection(database: str) -> AsyncIterator[Connection]:
    found = await asyncpg.connect(database)
    try:
        await tables.create(found)
        yield found
    finally:
        await found.close()


def rids(found: Iterable[Stored]) -> set[int]:
    return {resource_number(one.type, one.id) for one in found}


async def found(connection: Connection, type_: str, *pairs: tuple[str, str]) -> set[int]:
    """What SQL finds, each once and as many as it says."""
    query = READER.read((type_,), [*pairs, ("_count", "50")], strict=True)
    rows, total = await all_pages(connection, query, COMPILER)
    assert len(rows) == len(set(rows)) == total, (type_, pairs)
    return set(rows)


@pytest.mark.parametrize("small", [10_000, 0], ids=["small", "big"])
@pytest.mark.parametrize("seed", range(2))
async def test_sql_finds_what_is_told_naively(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, seed: int, small: int
) -> None:
    monkeypatch.setattr(search_store, "SMALL", small)
    world = WideWorld(seed, size=100)
    await tables.put(connection, world.store.values())
    matcher = Matcher(world.store, r4(), NOW)
    matcher.system, matcher.sets, matcher.parents = SYSTEM, SETS, PARENTS
    some = {"filter": 0, "words": 0, "near": 0, "inside": 0, "codes": 0, "dated": 0}
    for at in range(300):
        kind = list(some)[at % 6]
        type_ = "Location" if kind == "near" else world.random.choice(TYPES)
        pairs, more = [("_filter", world.filter(type_))], []
        if kind == "words":
            pairs = [world.worded(), *([world.worded()] if at % 4 == 1 else [])]
        elif kind == "dated":
            type_, pairs = dated_question(world)
        elif kind == "codes":
            pairs = [code_question(world, type_)]
        elif kind == "near":
            pairs = [world.near()]
        elif kind == "inside":
            asked = inner_question(world, type_)
            assert asked
            pairs, more = [asked], [("_contained", world.random.choice(["true", "both"]))]
        query = READER.read((type_,), pairs, strict=True)
        told = set() if more == [("_contained", "true")] else rids(
            matcher.find(query.types, query.criteria)
        )  # fmt: skip
        if more:
            told |= rids(matcher.inside(query.types, query.criteria))
        assert await found(connection, type_, *pairs, *more) == told, (type_, pairs, more)
        some[kind] += bool(told)
    assert all(count > 9 for count in some.values()), some
