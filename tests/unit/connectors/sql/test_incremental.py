"""Rows above a watermark: none of one value is skipped, late ones are found, places are kept."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lianyi.base.clock import SteppedClock
from lianyi.connectors.connector import PassingMemory

from .site import BUSY, Desk, Reading, Site, firsts

VISIT: dict[str, Any] = {
    "name": "visit",
    "key": "id",
    "mode": "incremental",
    "watermark": "updated_at",
}
TABLE = "CREATE TABLE visit (id bigint PRIMARY KEY, updated_at timestamp NULL, what varchar(200))"
HOUR = "2026-03-02 08:00:00"


def rows(*values: tuple[int, str | None, str]) -> str:
    listed = ", ".join(
        f"({n}, {'NULL' if at is None else repr(at)}, '{what}')" for n, at, what in values
    )
    return f"INSERT INTO visit VALUES {listed};"


async def test_rows_of_one_watermark_are_given_once_each(site: Site, desk: Desk) -> None:
    await site.run(TABLE)
    await site.run(rows(*((n, HOUR, f"x{n}") for n in range(1, 26))))
    async with Reading(desk.source(site.settings(VISIT, batch_rows_max=10))):
        await desk.until(lambda: len(desk.rows) == 25)
        await site.run(
            rows((0, HOUR, "below"), (30, HOUR, "tie"), (26, "2026-03-02 09:00:00", "later"))
        )
        await desk.until(lambda: len(desk.rows) == 27)

    assert firsts(desk.rows) == [str(n) for n in [*range(1, 26), 30, 26]]
    headers = [header for header, _ in desk.batches]
    assert [header.batch for header in headers] == [1, 2, 3, 4]
    assert [header.rows for header in headers] == [10, 10, 5, 2]
    marks = [header.watermark for header in headers if header.watermark]
    assert marks[0].after is None
    assert all(mark.after == before.to for before, mark in itertools.pairwise(marks))
    assert marks[0].columns == ("updated_at", "id")
    assert desk.arrivals[0].attributes["idempotency_key"].startswith("his.visit.1.")


async def test_a_place_is_remembered_and_a_row_is_not_given_again(site: Site, desk: Desk) -> None:
    await site.run(TABLE + ";" + rows((1, HOUR, "a")))
    memory, settings = PassingMemory(), site.settings(VISIT)
    async with Reading(desk.source(settings, memory=memory)):
        await desk.until(lambda: len(desk.rows) == 1)
    await site.run(rows((2, "2026-03-02 08:00:00.5", "b")))
    async with Reading(desk.source(settings, memory=memory)):
        await desk.until(lambda: len(desk.rows) == 2)

    assert firsts(desk.rows) == ["1", "2"]
    assert [header.batch for header, _ in desk.batches] == [1, 2]


async def test_a_batch_without_a_reply_is_offered_again_with_the_same_bytes(
    site: Site, desk: Desk
) -> None:
    await site.run(TABLE + ";" + rows((1, HOUR, "a"), (2, HOUR, "b")))
    memory, settings = PassingMemory(), site.settings(VISIT)
    desk.silent = True
    async with Reading(desk.source(settings, memory=memory)):
        await desk.until(lambda: len(desk.arrivals) == 1)
    desk.silent = False
    async with Reading(desk.source(settings, memory=memory)):
        await desk.until(lambda: len(desk.arrivals) == 2)

    assert desk.arrivals[0] == desk.arrivals[1]


async def test_a_batch_that_cannot_be_stored_now_is_offered_again(site: Site, desk: Desk) -> None:
    await site.run(TABLE + ";" + rows((1, HOUR, "a")))
    desk.answers = [BUSY, BUSY]
    async with Reading(desk.source(site.settings(VISIT))):
        await desk.until(lambda: len(desk.arrivals) == 3)
        await site.run(rows((2, HOUR, "b")))
        await desk.until(lambda: len(desk.arrivals) == 4)

    assert firsts(desk.rows) == ["1", "1", "1", "2"]
    assert desk.arrivals[0] == desk.arrivals[2]


async def test_an_overlap_finds_what_was_committed_late_and_gives_nothing_twice(
    site: Site, desk: Desk
) -> None:
    await site.run(TABLE + ";" + rows((1, HOUR, "a"), (2, "2026-03-02 08:05:00", "b")))
    async with Reading(desk.source(site.settings({**VISIT, "overlap_seconds": 600}))):
        await desk.until(lambda: len(desk.rows) == 2)
        await site.run(rows((3, "2026-03-02 07:56:00", "late"), (4, "2026-03-02 07:54:00", "gone")))
        await desk.until(lambda: len(desk.rows) == 3)
        await site.run("UPDATE visit SET what = 'changed' WHERE id = 1")
        await desk.until(lambda: len(desk.rows) == 4)
        await site.run(rows((5, "2026-03-02 08:06:00", "c")))
        await desk.until(lambda: len(desk.rows) == 5)

    assert [(row[0], row[2]) for row in desk.rows] == [
        ("1", "a"), ("2", "b"), ("3", "late"), ("1", "changed"), ("5", "c"),
    ]  # fmt: skip


async def test_a_number_may_be_the_watermark_with_an_overlap_that_is_a_count(
    site: Site, desk: Desk
) -> None:
    await site.run("CREATE TABLE seen (id int PRIMARY KEY, version bigint)")
    await site.run("INSERT INTO seen VALUES (1, 9007199254740993), (2, 9007199254740995)")
    table = {"name": "seen", "key": "id", "mode": "incremental", "watermark": "version"}
    async with Reading(desk.source(site.settings({**table, "overlap_count": 2}))):
        await desk.until(lambda: len(desk.rows) == 2)
        await site.run("INSERT INTO seen VALUES (3, 9007199254740994), (4, 9007199254740992)")
        await desk.until(lambda: len(desk.rows) == 3)
        await site.run("INSERT INTO seen VALUES (5, 9007199254740996)")
        await desk.until(lambda: len(desk.rows) == 4)

    assert firsts(desk.rows) == ["1", "2", "3", "5"]


async def test_a_watermark_of_two_columns_and_texts_with_quotes(site: Site, desk: Desk) -> None:
    await site.run("CREATE TABLE parts (d date, n varchar(20), id varchar(20), PRIMARY KEY (id))")
    quoted = "a''\\"
    await site.run(
        f"INSERT INTO parts VALUES ('2026-03-02', '{quoted * 1}', 'k1')"
        if site.kind == "postgresql"
        else "SET sql_mode='NO_BACKSLASH_ESCAPES'; "
        f"INSERT INTO parts VALUES ('2026-03-02', '{quoted}', 'k1')"
    )
    table = {"name": "parts", "key": "id", "mode": "incremental", "watermark": ["d", "n"]}
    async with Reading(desk.source(site.settings(table))):
        await desk.until(lambda: len(desk.rows) == 1)
        await site.run(
            "INSERT INTO parts VALUES ('2026-03-02', 'b', 'k0'), ('2026-03-01', 'z', 'k9')"
        )
        await desk.until(lambda: len(desk.rows) == 2)

    assert desk.rows == [["2026-03-02", "a'\\", "k1"], ["2026-03-02", "b", "k0"]]


async def test_rows_without_a_watermark_are_counted_and_told(site: Site, desk: Desk) -> None:
    await site.run(TABLE + ";" + rows((1, HOUR, "a"), (2, None, "x"), (3, None, "y")))
    async with Reading(desk.source(site.settings(VISIT))):
        await desk.until(lambda: desk.rows)

    assert firsts(desk.rows) == ["1"]
    assert [trouble.facts["rows"] for trouble in desk.troubles] == [2]
    assert desk.codes() == ["LY-1144"]


async def test_a_table_set_back_is_told_but_a_deleted_row_is_not(site: Site, desk: Desk) -> None:
    await site.run(
        TABLE + ";" + rows((1, "2026-03-02 08:00:00", "a"), (2, "2026-03-02 10:00:00", "b"))
    )
    async with Reading(desk.source(site.settings(VISIT))) as source:
        await desk.until(lambda: len(desk.rows) == 2)
        await site.run("DELETE FROM visit WHERE id = 2;" + rows((3, "2026-03-02 11:00:00", "c")))
        await desk.until(lambda: len(desk.rows) == 3)
        assert desk.troubles == []
        await site.run("DELETE FROM visit WHERE id > 1;" + rows((4, "2026-03-02 09:00:00", "d")))
        await site.run("SELECT 1")
        looked = 0
        while source.trouble is None:
            looked += 1
            await site.run(rows((10 + looked, f"2026-03-02 09:{looked:02}:00", "lost")))
            assert looked < 59

        assert source.trouble.code == "LY-1143"
        await site.run(rows((99, "2026-03-02 12:00:00", "e")))
        await desk.until(lambda: source.trouble is None)
    assert firsts(desk.rows)[-1] == "99"


async def test_other_columns_are_told_and_reading_goes_on(site: Site, desk: Desk) -> None:
    await site.run(TABLE + ";" + rows((1, HOUR, "a")))
    async with Reading(desk.source(site.settings(VISIT))):
        await desk.until(lambda: len(desk.rows) == 1)
        await site.run("ALTER TABLE visit ADD COLUMN more int")
        await desk.until(lambda: desk.troubles)
        await site.run("INSERT INTO visit VALUES (2, '2026-03-02 09:00:00', 'b', 7)")
        await desk.until(lambda: len(desk.rows) == 2)
        await site.run("INSERT INTO visit VALUES (3, '2026-03-02 10:00:00', 'c', 8)")
        await desk.until(lambda: len(desk.rows) == 3)

    changes = [header.changed for header, _ in desk.batches]
    assert [change.added if change else () for change in changes] == [(), ("more",), ()]
    assert desk.rows[1] == ["2", desk.rows[1][1], "b", "7"]
    assert desk.codes() == ["LY-1142"]


async def test_a_missing_watermark_column_stops_the_table_until_it_is_there(
    site: Site, desk: Desk
) -> None:
    await site.run(TABLE + ";" + rows((1, HOUR, "a")))
    async with Reading(desk.source(site.settings(VISIT))) as source:
        await desk.until(lambda: len(desk.rows) == 1)
        await site.run("ALTER TABLE visit RENAME COLUMN updated_at TO changed_at")
        await desk.until(lambda: source.trouble and source.trouble.code == "LY-1140")
        await site.run("ALTER TABLE visit RENAME COLUMN changed_at TO updated_at")
        await site.run(rows((2, HOUR, "b")))
        await desk.until(lambda: len(desk.rows) == 2)
        await desk.until(lambda: source.trouble is None)


@pytest.mark.parametrize("column", ["what", "blob_"])
async def test_a_watermark_that_has_no_order_is_refused(
    site: Site, desk: Desk, column: str
) -> None:
    kind = "bytea" if site.kind == "postgresql" else "blob"
    await site.run(f"CREATE TABLE visit (id int PRIMARY KEY, what varchar(9), blob_ {kind})")
    table = {**VISIT, "watermark": column, "overlap_seconds": 5}
    async with Reading(desk.source(site.settings(table))) as source:
        await desk.until(lambda: source.trouble)
        assert desk.codes() == ["LY-1141"]


async def test_a_batch_keeps_its_limit_in_bytes_and_a_larger_row_stops_its_table(
    site: Site, desk: Desk
) -> None:
    await site.run(TABLE.replace("varchar(200)", "text"))
    await site.run(rows(*((n, HOUR, "x" * 900) for n in range(1, 13))))
    settings = site.settings(VISIT, size_limit_bytes=4096)
    async with Reading(desk.source(settings)) as source:
        await desk.until(lambda: len(desk.rows) == 12)
        await site.run(rows((20, "2026-03-02 09:00:00", "y" * 5000)))
        await desk.until(lambda: source.trouble)

    assert max(len(arrival.body) for arrival in desk.arrivals) <= 4096
    assert firsts(desk.rows) == [str(n) for n in range(1, 13)]
    assert desk.codes() == ["LY-1145"]
    assert "yyy" not in desk.troubles[0].text()


async def test_a_page_that_is_cut_short_by_its_bytes_is_read_on(site: Site, desk: Desk) -> None:
    await site.run(TABLE)
    await site.run(rows(*((n, HOUR, "x" * 150) for n in range(1, 501))))
    async with Reading(desk.source(site.settings(VISIT, size_limit_bytes=8192))):
        await desk.until(lambda: len(desk.rows) == 500)

    assert firsts(desk.rows) == [str(n) for n in range(1, 501)]
    assert desk.troubles == []


async def test_a_query_is_read_like_a_table(site: Site, desk: Desk) -> None:
    await site.run(TABLE + ";" + rows((1, HOUR, "a"), (2, HOUR, "b"), (3, HOUR, "b")))
    query = "SELECT id AS number, updated_at, what FROM visit WHERE what = 'b'"
    table = {**VISIT, "key": "number", "query": query}
    async with Reading(desk.source(site.settings(table))):
        await desk.until(lambda: len(desk.rows) == 2)

    header, found = desk.batches[0]
    assert firsts(found) == ["2", "3"]
    assert [(column.name, column.kind) for column in header.columns] == [
        ("number", "integer"),
        ("updated_at", "timestamp" if site.kind == "postgresql" else "instant"),
        ("what", "text"),
    ]


async def test_no_more_rows_a_second_than_allowed(site: Site, desk: Desk) -> None:
    await site.run(TABLE + ";" + rows(*((n, HOUR, "a") for n in range(1, 7))))
    clock = SteppedClock(datetime(2026, 3, 2, tzinfo=UTC))
    settings = site.settings(VISIT, batch_rows_max=2, rows_per_second=10)
    async with Reading(desk.source(settings, clock=clock)):
        await desk.until(lambda: len(desk.rows) == 2)
        assert len(desk.arrivals) == 1
        await desk.until(lambda: len(desk.rows) == 6)
    clock.advance(timedelta(seconds=1))
