"""Whole tables as of one moment, and outboxes that lose nothing and are marked after the log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lianyi.base.clock import SteppedClock
from lianyi.connectors.connector import PassingMemory
from lianyi.connectors.sql.reading import _next_at

from .site import TAKEN, Desk, Reading, Site, firsts

PRICE: dict[str, Any] = {"name": "price", "key": "id", "mode": "full", "every_seconds": 3600}
TABLE = "CREATE TABLE price (id int PRIMARY KEY, what varchar(20))"


def prices(first: int, last: int) -> str:
    listed = ", ".join(f"({n}, 'p{n}')" for n in range(first, last + 1))
    return f"INSERT INTO price VALUES {listed};"


async def test_a_load_comes_in_parts_and_its_end_tells_the_count(site: Site, desk: Desk) -> None:
    await site.run(TABLE + ";" + prices(1, 25))
    async with Reading(desk.source(site.settings(PRICE, batch_rows_max=10))) as source:
        await desk.until(lambda: len(desk.arrivals) == 4)
        await desk.until(lambda: source.connections == 0)  # the next is far away

    loads = [header.load for header, _ in desk.batches if header.load]
    assert [(load.number, load.part, load.ended, load.rows) for load in loads] == [
        (1, 1, False, 0), (1, 2, False, 0), (1, 3, False, 0), (1, 4, True, 25),
    ]  # fmt: skip
    assert len({load.began_at for load in loads}) == 1
    assert sorted(map(int, filter(None, firsts(desk.rows)))) == list(range(1, 26))


async def test_a_load_shows_one_moment_however_long_it_takes(site: Site, desk: Desk) -> None:
    await site.run(TABLE + ";" + prices(1, 1000))
    desk.silent = True
    async with Reading(desk.source(site.settings(PRICE, batch_rows_max=300))):
        await desk.until(lambda: len(desk.arrivals) == 1)
        await site.run(prices(2001, 2002) + "DELETE FROM price WHERE id > 900 AND id < 2000")
        desk.silent = False
        desk.replies[0](TAKEN)
        await desk.until(lambda: len(desk.arrivals) == 5)

    assert sorted(map(int, filter(None, firsts(desk.rows)))) == list(range(1, 1001))


async def test_what_was_deleted_is_not_in_the_next_load(site: Site, desk: Desk) -> None:
    await site.run(TABLE + ";" + prices(1, 2))
    settings = site.settings({**PRICE, "every_seconds": 0.2})
    async with Reading(desk.source(settings)):
        await desk.until(lambda: len(desk.arrivals) >= 2)
        await site.run("DELETE FROM price WHERE id = 1")
        await desk.until(lambda: [["2", "p2"]] in [rows for _, rows in desk.batches])
        await site.run("DELETE FROM price")
        await desk.until(lambda: desk.batches[-1][0].load.part == 1)  # type: ignore[union-attr]

    last = desk.batches[-1][0].load
    assert last
    assert (last.ended, last.rows) == (True, 0)


async def test_a_load_that_broke_is_told_and_begins_anew(site: Site, desk: Desk) -> None:
    await site.run(TABLE + ";" + prices(1, 25))
    memory, settings = PassingMemory(), site.settings(PRICE, batch_rows_max=10)
    desk.silent = True
    async with Reading(desk.source(settings, memory=memory)):
        await desk.until(lambda: len(desk.arrivals) == 1)
        desk.replies[0](TAKEN)
        await desk.until(lambda: len(desk.arrivals) == 2)
    desk.silent = False
    del desk.arrivals[1:]
    async with Reading(desk.source(settings, memory=memory)):
        await desk.until(lambda: len(desk.arrivals) == 5)

    loads = [header.load for header, _ in desk.batches if header.load]
    assert [(load.number, load.part, load.broken) for load in loads] == [
        (1, 1, 0), (2, 1, 1), (2, 2, 0), (2, 3, 0), (2, 4, 0),
    ]  # fmt: skip
    assert [header.batch for header, _ in desk.batches] == [1, 2, 3, 4, 5]
    assert desk.codes() == ["LY-1147"]


async def test_a_load_that_is_done_is_not_begun_again_before_its_time(
    site: Site, desk: Desk
) -> None:
    await site.run(TABLE + ";" + prices(1, 1))
    memory = PassingMemory()
    clock = SteppedClock(datetime(2026, 3, 2, tzinfo=UTC))
    at_three = {**PRICE, "at": "03:00"}
    settings = site.settings(at_three)
    async with Reading(desk.source(settings, memory=memory, clock=clock)) as source:
        reader = source._readers[0]
        assert reader.rest_seconds() == 19 * 3600  # it is 08:00 in Shanghai
    assert desk.arrivals == []
    async with Reading(desk.source(site.settings(PRICE), memory=memory, clock=clock)):
        await desk.until(lambda: len(desk.arrivals) == 2)
    clock.advance(timedelta(hours=2))
    async with Reading(desk.source(settings, memory=memory, clock=clock)) as source:
        assert source._readers[0].rest_seconds() == 17 * 3600
    clock.advance(timedelta(days=2))
    async with Reading(desk.source(settings, memory=memory, clock=clock)):
        await desk.until(lambda: len(desk.arrivals) == 4)  # it was missed: at once


def test_the_next_moment_of_a_time_of_day() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    three = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)  # 03:00 on the third
    assert _next_at(three - timedelta(seconds=1), "03:00", zone) == three
    assert _next_at(three, "03:00", zone) == three + timedelta(days=1)


OUT: dict[str, Any] = {"name": "out", "key": "id", "mode": "outbox", "done_column": "sent_at"}


async def test_an_outbox_is_marked_after_the_log_has_its_rows(site: Site, desk: Desk) -> None:
    await site.run(
        "CREATE TABLE out_box (id int PRIMARY KEY, what varchar(9), sent_at timestamp NULL)"
    )
    await site.run("INSERT INTO out_box (id, what) VALUES (3, 'c'), (1, 'a'), (2, 'b')")
    table = {**OUT, "table": "out_box"}
    desk.silent = True
    async with Reading(desk.source(site.settings(table))):
        await desk.until(lambda: len(desk.arrivals) == 1)
        await site.run("INSERT INTO out_box (id, what) VALUES (0, 'late')")
        assert firsts(desk.rows) == ["1", "2", "3"]
        desk.silent = False
        desk.replies[0](TAKEN)
        await desk.until(lambda: len(desk.arrivals) == 2)
        await site.run("INSERT INTO out_box (id, what) VALUES (4, 'd')")
        await desk.until(lambda: len(desk.arrivals) == 3)

    assert firsts(desk.rows) == ["1", "2", "3", "0", "4"]
    assert desk.troubles == []


async def test_rows_that_the_log_has_are_marked_by_whoever_starts_next(
    site: Site, desk: Desk
) -> None:
    await site.run("CREATE TABLE out_box (id int PRIMARY KEY, done smallint DEFAULT 0)")
    await site.run("INSERT INTO out_box (id) VALUES (1), (2)")
    table = {**OUT, "table": "out_box", "done_column": "done"}
    memory = Unmarked()
    desk.silent = True
    async with Reading(desk.source(site.settings(table), memory=memory)):
        await desk.until(lambda: len(desk.arrivals) == 1)
    memory.bodies = [desk.arrivals[0].body]  # the log took it as the process died
    await site.run("INSERT INTO out_box (id) VALUES (0)")
    desk.silent = False
    async with Reading(desk.source(site.settings(table), memory=memory)):
        await desk.until(lambda: len(desk.arrivals) == 2)

    assert firsts(desk.rows) == ["1", "2", "0"]


class Unmarked(PassingMemory):
    """Remembers nothing but what the log took."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[bytes] = []

    async def recall(self) -> tuple[bytes, list[bytes]]:
        return b"", self.bodies


async def test_an_outbox_may_be_emptied_instead(site: Site, desk: Desk) -> None:
    await site.run("CREATE TABLE out_box (id int PRIMARY KEY, what varchar(9))")
    await site.run("INSERT INTO out_box VALUES (1, 'a'), (2, 'b')")
    table = {"name": "out_box", "key": "id", "mode": "outbox", "delete_done": True}
    async with Reading(desk.source(site.settings(table, batch_rows_max=1))):
        await desk.until(lambda: len(desk.arrivals) == 2)
        await site.run("INSERT INTO out_box VALUES (1, 'again')")
        await desk.until(lambda: len(desk.arrivals) == 3)

    assert desk.rows == [["1", "a"], ["2", "b"], ["1", "again"]]
