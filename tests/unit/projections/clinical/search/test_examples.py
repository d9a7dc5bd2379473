"""Every official example of R4 is found by each of its search parameters, and by nothing it is not.

The oracle is told naively; it holds each question against every example in memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import asyncpg
import pytest
from tests.unit.projections.clinical.search import tables
from tests.unit.projections.clinical.search.matcher import Matcher, Store, Stored
from tests.unit.projections.clinical.search.tables import SCHEMA
from tests.unit.projections.clinical.search.worlds import NOW
from tests.unit.projections.clinical.shared import examples_of_r4

from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.indexing import (
    Composite,
    Day,
    Number,
    Quantity,
    Reference,
    String,
    Token,
    Uri,
    Value,
    index,
)
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.search.compiling import Compiler
from lianyi.projections.clinical.search.finding import find
from lianyi.projections.clinical.search.query import QueryReader
from lianyi.projections.clinical.search.terminology import DefinedTerminology
from lianyi.projections.clinical.search.values import LAST, escaped

READER = QueryReader(r4())
COMPILER = Compiler(r4(), DefinedTerminology(r4()), zone=UTC, now=NOW, base="http://here/fhir")


def stored_examples() -> Store:
    store: Store = {}
    for resource in examples_of_r4():
        type_, id_ = resource.get("resourceType", ""), str(resource.get("id") or "")
        if id_ and r4().is_resource_type(type_) and (type_, id_) not in store:
            values = index(resource, r4(), zone=UTC)
            store[type_, id_] = Stored(type_, id_, values, NOW - timedelta(minutes=len(store)))
    return store


def at(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def number(value: Number | Quantity) -> str:
    if value.value is not None:
        return f"{value.value:f}" if abs(value.value) < Decimal("1e20") else str(value.value)
    return f"ge{value.low:f}" if value.low.is_finite() else f"le{value.high:f}"


def asked(value: Value) -> Iterator[tuple[str, str]]:
    """Modifier and text of questions that a value answers."""
    match value:
        case Token() if value.code:
            yield "", escaped(value.code)
            yield "", f"{escaped(value.system or '')}|{escaped(value.code)}"
            if value.text:
                yield "text", escaped(value.text)
        case Token() if value.text:
            yield "text", escaped(value.text)
        case String():
            yield "", escaped(value.text)
            yield "exact", escaped(value.text)
            yield "contains", escaped(value.text[1:100])
        case Uri():
            yield "", escaped(value.uri)
            yield "below", escaped(value.uri)
            yield "above", escaped(value.uri)
        case Day():
            if value.low.year > 1:
                yield "", f"ge{at(value.low)}"
                yield "", f"gt{at(value.low - timedelta(days=1))}"
            if value.high < LAST:
                yield "", f"le{at(value.high)}"
                yield "", f"eb{at(value.high)}"
        case Number():
            yield "", number(value)
        case Quantity() if (
            value.value is not None or value.low.is_finite() or value.high.is_finite()
        ):
            yield "", number(value)
            if value.code:
                yield "", f"{number(value)}|{escaped(value.system or '')}|{escaped(value.code)}"
            if value.unit:
                yield "", f"{number(value)}||{escaped(value.unit)}"
        case Reference():
            if value.type and value.id and not value.url:
                yield "", f"{value.type}/{value.id}"
                yield value.type, value.id
            if value.url and not value.url.startswith("#"):
                yield "", escaped(value.url)
            if value.identifier and value.identifier.code:
                yield "identifier", escaped(value.identifier.code)
        case Composite():
            texts = [
                next((text for one in part for modifier, text in asked(one) if not modifier), "")
                for part in value.parts
            ]
            if all(texts):
                yield "", "$".join(texts)


def questions(stored: Stored) -> Iterator[tuple[str, str]]:
    for value in stored.values:
        if value.parameter in ("_id", "_lastUpdated"):
            continue
        parameter = r4().search_parameters(stored.type)[value.parameter]
        for modifier, text in asked(value):
            fits = modifier in ("", "text", "exact", "contains", "below", "above", "identifier")
            if text.strip() and (fits or modifier in parameter.targets):
                yield f"{value.parameter}{':' if modifier else ''}{modifier}", text


@pytest.fixture
async def connection(database: str) -> AsyncIterator[Connection]:
    found = await asyncpg.connect(database)
    try:
        await tables.create(found)
        yield found
    finally:
        await found.close()


async def test_each_example_is_found_by_each_of_its_parameters(connection: Connection) -> None:
    store = stored_examples()
    await tables.put(connection, store.values())
    matcher = Matcher(store, r4(), NOW)
    told: dict[tuple[str, str, str], set[int]] = {}
    parameters = set()
    async with connection.transaction():
        for one in store.values():
            own = resource_number(one.type, one.id)
            for name, text in questions(one):
                key = (one.type, name, text)
                if key in told:
                    assert own in told[key], (one.type, one.id, name, text)
                    continue
                pairs = [(name, text)]
                query = READER.read((one.type,), pairs, strict=True)
                expected = {
                    resource_number(each.type, each.id)
                    for each in matcher.find(query.types, query.criteria)
                }
                found = await find(
                    connection, SCHEMA, one.type, pairs, reader=READER, compiler=COMPILER,
                    limit=1000,
                )  # fmt: skip
                assert set(found) == expected, (one.type, name, text)
                assert own in expected, (one.type, one.id, name, text)
                told[key] = expected
                parameters.add((one.type, name.partition(":")[0]))
    assert len(told) > 5000
    assert len(parameters) > 500
