"""Rows on their way into tables while the next ones are made."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.database import connect
from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.errors import FhirTooDeep
from lianyi.projections.clinical import words
from lianyi.projections.clinical.copying import Copies


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    found = await connect(database)
    await found.execute("CREATE SCHEMA copied; CREATE TABLE copied.one (at integer PRIMARY KEY)")
    await found.execute("CREATE TABLE copied.other (at integer)")
    yield found
    await found.close()


async def rows_in(connection: asyncpg.Connection, table: str) -> list[int]:
    return [row["at"] for row in await connection.fetch(f"SELECT at FROM copied.{table}")]


async def test_everything_is_written_in_order_when_the_block_is_left(
    connection: asyncpg.Connection,
) -> None:
    async with connection.transaction(), Copies(connection, "copied") as copies:
        for begin in range(0, 1000, 100):
            await copies.add("one", [(at,) for at in range(begin, begin + 100)])
            await copies.add("other", [(begin,)])
            await copies.breathe()
        await copies.add("one", [])
        await copies.written()
        assert len(await rows_in(connection, "one")) == 1000  # the connection is free meanwhile
        await copies.add("other", [(1000,)])
    assert await rows_in(connection, "other") == list(range(0, 1001, 100))


async def test_a_row_that_cannot_be_written_is_told_and_nothing_stays(
    connection: asyncpg.Connection,
) -> None:
    async def copied() -> None:
        async with connection.transaction(), Copies(connection, "copied") as copies:
            await copies.add("one", [(1,), (1,)])
            await copies.add("other", [(1,)])

    with pytest.raises(asyncpg.UniqueViolationError):
        await copied()
    assert await rows_in(connection, "one") == await rows_in(connection, "other") == []


async def test_a_failure_while_rows_are_made_waits_for_what_is_under_way(
    connection: asyncpg.Connection,
) -> None:
    async def copied() -> None:
        async with connection.transaction(), Copies(connection, "copied") as copies:
            await copies.add("one", [(at,) for at in range(50_000)])
            await copies.breathe()
            raise KeyError

    with pytest.raises(KeyError):
        await copied()
    assert await rows_in(connection, "one") == []  # and the connection can be used


@given(text=st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_words_of_a_plain_text_are_those_of_any_text(text: str) -> None:
    assert words.tokens(text) == words._TOKEN.findall(text.lower())


@given(said=st.lists(st.sampled_from(["血", "红", "ab", "a", "1", "蛋", "ü"])))
def test_grams_are_the_words_and_the_pairs_of_those_that_stand_alone(said: list[str]) -> None:
    expected = {words._number(one) for one in said}
    expected |= {words._number(pair) for pair in words._pairs(said)}
    assert words.grams(said) == sorted(expected)


@given(depth=st.integers(1, 12), allowed=st.integers(1, 12), width=st.integers(1, 4))
def test_what_is_deeper_than_allowed_is_refused_and_nothing_else(
    depth: int, allowed: int, width: int
) -> None:
    text = b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)
    text = text[:-1] + (b"," if depth > 1 else b"") + b'"b":[' + b'"]}",' * width + b"1]}"
    deep = max(depth, 2)
    if deep > allowed:
        with pytest.raises(FhirTooDeep):
            json_text.read(text, depth_max=allowed)
    else:
        assert isinstance(json_text.read(text, depth_max=allowed), dict)
