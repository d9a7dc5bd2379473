"""Order and pages: as it is told naively, and whatever is written meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, timedelta
from functools import cmp_to_key
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.projections.clinical.search import tables
from tests.unit.projections.clinical.search.matcher import Stored, flat
from tests.unit.projections.clinical.search.tables import SCHEMA
from tests.unit.projections.clinical.search.worlds import NOW, TYPES, World

from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.indexing import Day, Number, Quantity, Reference, String, Uri
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.search import paging, search_store
from lianyi.projections.clinical.search.compiling import Compiler
from lianyi.projections.clinical.search.finding import Page, find_page
from lianyi.projections.clinical.search.paging import Mark
from lianyi.projections.clinical.search.problems import BrokenPageLink
from lianyi.projections.clinical.search.query import Query, QueryReader
from lianyi.projections.clinical.search.terminology import DefinedTerminology

READER = QueryReader(r4())
COMPILER = Compiler(r4(), DefinedTerminology(r4()), zone=UTC, now=NOW, base="http://here/fhir")
SIZES = pytest.mark.parametrize("small", [10_000, 0], ids=["small", "big"])


@pytest.fixture
async def connection(database: str) -> AsyncIterator[Connection]:
    found = await asyncpg.connect(database)
    try:
        await tables.create(found)
        yield found
    finally:
        await found.close()


async def page_of(connection: Connection, query: Query) -> Page:
    async with connection.transaction():
        return await find_page(connection, SCHEMA, query, compiler=COMPILER)


def rid(one: Stored) -> int:
    return resource_number(one.type, one.id)


def keys_of(one: Stored, code: str, world: World) -> list[Any]:
    """Everything that a resource can be ordered by."""
    if code in ("_id", "_lastUpdated"):
        return [one.id if code == "_id" else one.updated_at]
    found: list[Any] = []
    for value in one.of(code):
        match value:
            case Day():
                found.append(value.low)
            case String():
                found.append(flat(value.text))
            case Uri():
                found.append(value.uri)
            case Number() | Quantity():
                found.append(value.low if value.value is None else value.value)
            case Reference() if not value.url and (value.type, value.id) in world.store:
                found.append(f"{value.type}/{value.id}")
    return found


def told_order(found: list[Stored], sorts: list[str], world: World) -> list[int]:
    def compare(one: Stored, two: Stored) -> int:
        for sort in sorts:
            pick: Callable[[list[Any]], Any] = max if sort.startswith("-") else min
            a, b = (keys_of(each, sort.removeprefix("-"), world) for each in (one, two))
            if not a or not b:
                if bool(a) != bool(b):
                    return 1 if not a else -1
                continue
            if pick(a) != pick(b):
                return (1 if pick(a) > pick(b) else -1) * (-1 if sort.startswith("-") else 1)
        return 1 if rid(one) > rid(two) else -1

    return [rid(one) for one in sorted(found, key=cmp_to_key(compare))]


@SIZES
async def test_order_is_as_it_is_told_naively(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, small: int
) -> None:
    monkeypatch.setattr(search_store, "SMALL", small)
    world = World(11, size=120)
    await tables.put(connection, world.store.values())
    for _ in range(120):
        type_ = world.random.choice(TYPES)
        codes = [
            code
            for code in [*world.codes(type_), "_id", "_lastUpdated"]
            if r4().search_parameters(type_)[code].type not in ("token", "composite")
            or code == "_id"
        ]
        sorts = [
            world.random.choice(["", "-"]) + world.random.choice(codes)
            for _ in range(world.random.choice([1, 1, 2]))
        ]
        query = READER.read((type_,), [("_sort", ",".join(sorts)), ("_count", "3")])
        found: list[int] = []
        while True:
            page = await page_of(connection, query)
            found += page.rids
            if not page.next:
                break
            query = query._replace(page=page.next)
        stored = [one for one in world.store.values() if one.type == type_]
        assert found == told_order(stored, sorts, world), (type_, sorts)


@SIZES
@pytest.mark.parametrize(
    "sort", ["", "-date", "_lastUpdated", "-_lastUpdated", "date,-_lastUpdated"]
)
async def test_writing_meanwhile_loses_and_repeats_nothing(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, small: int, sort: str
) -> None:
    monkeypatch.setattr(search_store, "SMALL", small)
    world = World(5, size=500)
    await tables.put(connection, world.store.values())
    there = [one for one in world.store.values() if one.type == "Observation"]
    pairs = [("_count", "4"), *([("_sort", sort)] if sort else [])]
    query = READER.read(("Observation",), pairs)
    found: list[int] = []
    gone: set[int] = set()
    changed: set[int] = set()
    at = NOW
    for number in range(1000):
        page = await page_of(connection, query)
        assert page.total == len(there)
        found += page.rids
        if not page.next:
            break
        query = query._replace(page=page.next)
        at += timedelta(seconds=1)
        new = Stored("Observation", f"new{number}", world.random.choice(there).values, at)
        await tables.put(connection, [new])
        for one in world.random.sample(there, 4):
            if rid(one) in gone | changed:
                continue
            if world.random.random() < 0.2:
                gone.add(rid(one))
                await tables.drop(connection, one)
            else:  # another version that says the same of what is searched
                changed.add(rid(one))
                again = Stored(one.type, one.id, one.values, at)
                await tables.change(connection, again, before=one.updated_at)
    assert number > 5
    assert len(found) == len(set(found))
    assert {rid(one) for one in there} - gone <= set(found) <= {rid(one) for one in there}


marks = st.builds(
    Mark,
    st.just("s"),
    st.datetimes(timezones=st.just(UTC)),
    st.none() | st.integers(0, 2**40),
    st.integers(-(2**63), 2**63 - 1),
    st.lists(
        st.none()
        | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
        | st.datetimes(timezones=st.just(UTC))
        | st.decimals(allow_nan=False),
        max_size=3,
    ).map(tuple),
)


@given(marks)
def test_a_mark_is_read_as_it_was_written(mark: Mark) -> None:
    assert paging.read(paging.write(mark), search="s") == mark
    with pytest.raises(BrokenPageLink):
        paging.read(paging.write(mark), search="another")


@given(st.text(max_size=200) | st.binary(max_size=90).map(lambda raw: raw.hex()))
def test_what_is_no_mark_is_refused(text: str) -> None:
    with pytest.raises(BrokenPageLink):
        paging.read(text, search="s")
