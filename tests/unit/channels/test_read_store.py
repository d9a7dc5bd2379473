"""The console's questions stay fast as tables grow."""

from __future__ import annotations

from datetime import UTC, datetime

import asyncpg
import pytest

from lianyi.channels.keep_store import ensure_receipt_days
from lianyi.channels.read_store import ReadStore, matching
from lianyi.messagelog.message import Position


async def test_new_receipts_are_summarised_without_waiting_for_a_vacuum(database: str) -> None:
    connection = await asyncpg.connect(database)
    await ensure_receipt_days(connection, today=datetime(2026, 3, 2, tzinfo=UTC))
    options = await connection.fetch(
        "SELECT c.reloptions FROM pg_class AS c JOIN pg_am AS a ON a.oid = c.relam"
        " WHERE a.amname = 'brin' AND c.relkind = 'i'"
    )
    await connection.close()
    assert options
    assert all("autosummarize=on" in row["reloptions"] for row in options)


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [("hl7v2 ADT^*", "hl7v2 ADT^%"), ("100%_\\", "100\\%\\_\\\\")],
)
def test_only_the_star_stands_for_anything(kind: str, pattern: str) -> None:
    _, values = matching(kind, "", first_parameter=1)
    assert values == [pattern]


async def test_nothing_asked_is_nothing_found(database: str) -> None:
    pool = await asyncpg.create_pool(database, min_size=1, max_size=1)
    store = ReadStore(pool)
    assert await store.entries([]) == []
    assert await store.exceptions_of([]) == []
    assert await store.behind([]) == {}
    assert await store.received_at(Position(9, 9)) is None
    assert await store.first_numbers() == {}
    await pool.close()
