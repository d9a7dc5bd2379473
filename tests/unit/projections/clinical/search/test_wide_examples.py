"""Official examples of R4 are found by their words, by filters, and by what they contain."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC

import asyncpg
import pytest
from tests.unit.projections.clinical.search import tables
from tests.unit.projections.clinical.search.matcher import Matcher, Store, Stored, apart
from tests.unit.projections.clinical.search.tables import SCHEMA
from tests.unit.projections.clinical.search.test_examples import COMPILER, READER, asked
from tests.unit.projections.clinical.search.worlds import NOW
from tests.unit.projections.clinical.shared import examples_of_r4

from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.indexing import Token, content_text, index, narrative_text
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.search import search_store
from lianyi.projections.clinical.search.inside import meaning

EVERY = 9
"""One of so many examples, so that it takes seconds."""


def some_examples() -> Store:
    store: Store = {}
    for at, resource in enumerate(examples_of_r4()):
        type_, id_ = resource.get("resourceType", ""), str(resource.get("id") or "")
        contained = [
            one
            for one in resource.get("contained", [])
            if isinstance(one, dict) and r4().is_resource_type(str(one.get("resourceType")))
        ]
        if (at % EVERY and not contained) or not id_ or not r4().is_resource_type(type_):
            continue
        inner = [
            Stored(one["resourceType"], str(one["id"]), index(one, r4(), zone=UTC), NOW)
            for one in contained
        ]
        values = index(resource, r4(), zone=UTC)
        store[type_, id_] = Stored(type_, id_, values, NOW, resource, inner)
    return store


@pytest.fixture
async def connection(database: str) -> AsyncIterator[Connection]:
    found = await asyncpg.connect(database)
    try:
        await tables.create(found)
        yield found
    finally:
        await found.close()


async def found(connection: Connection, type_: str, *pairs: tuple[str, str]) -> set[int]:
    query = READER.read((type_,), pairs, strict=True)
    search = await search_store.driven(connection, SCHEMA, meaning(COMPILER, query))
    return set(await search_store.matching(connection, SCHEMA, search, limit=10_000))


async def test_examples_are_found_by_words_filters_and_what_they_contain(
    connection: Connection,
) -> None:
    store = some_examples()
    await tables.put(connection, store.values())
    matcher = Matcher(store, r4(), NOW)
    counts = {"words": 0, "filters": 0, "inside": 0}
    async with connection.transaction():
        for one in store.values():
            own = resource_number(one.type, one.id)
            questions = []
            for code, said in (
                ("_text", narrative_text(one.resource)), ("_content", content_text(one.resource)),
            ):  # fmt: skip
                row = apart(said[:20_000])
                if len(row) > 5:
                    middle = row[len(row) // 2 :][:3]
                    questions.append((code, f'"{" ".join(middle)}"'))
            counts["words"] += len(questions)
            coded = [
                v for v in one.values if isinstance(v, Token) and v.code and v.parameter != "_id"
            ]
            for value in coded[:3]:
                text = next(text for modifier, text in asked(value) if not modifier)
                questions.append(("_filter", f"{value.parameter} eq {json.dumps(text)}"))
                counts["filters"] += 1
            for name, text in questions:
                query = READER.read((one.type,), [(name, text)], strict=True)
                told = {
                    resource_number(each.type, each.id)
                    for each in matcher.find(query.types, query.criteria)
                }
                assert own in told, (one.type, one.id, name, text)
                assert await found(connection, one.type, (name, text)) == told, (
                    one.type,
                    name,
                    text,
                )
            for held in one.inner:
                for value in held.values[:4]:
                    for modifier, text in asked(value):
                        if modifier or value.parameter.startswith("_") or not text.strip():
                            continue
                        pair = (value.parameter, text)
                        inside = await found(connection, held.type, pair, ("_contained", "true"))
                        assert own in inside, (one.type, one.id, held.type, pair)
                        counts["inside"] += 1
    assert counts["words"] > 200, counts
    assert counts["filters"] > 200, counts
    assert counts["inside"] > 100, counts
