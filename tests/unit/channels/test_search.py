"""Searching over several shards gives everything once, newest first, whatever the page size."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.channels.listing import keys_of, runs_of
from lianyi.channels.search import (
    BadCursor,
    MessageSearch,
    Search,
    first_at,
    has_key,
    read_cursor,
    write_cursor,
)
from lianyi.messagelog.message import Position
from lianyi.messagelog.search import Entry

START = datetime(2026, 3, 2, tzinfo=UTC)


def entry(shard: int, number: int, seconds: int, gate: int = 0) -> Entry:
    at = START + timedelta(seconds=seconds)
    return Entry(shard, number, at, 1, "hl7v2 ADT^A01", "utf-8", "", (), gate, None, 1, False)


class Shelf:
    """Messages in memory behind the questions that a search asks of its store."""

    def __init__(self, entries: Sequence[Entry], *, window: int) -> None:
        self.entries = {one.position: one for one in entries}
        self.window_messages = window

    async def received_at(self, position: Position) -> datetime | None:
        found = self.entries.get(position)
        return found.received_at if found else None

    async def window(self, shard: int, **asked: Any) -> list[Entry]:
        numbers = range(asked["below"] - 1, asked["first"] - 1, -1)
        found = [self.entries[Position(shard, number)] for number in numbers]
        return [one for one in found if asked["gate"] in {None, one.gate}][: asked["limit"]]


@st.composite
def shelves(draw: st.DrawFn) -> list[Entry]:
    """Some shards; in each, time rises with the number, perhaps standing still."""
    entries = []
    for shard in range(1, draw(st.integers(1, 4)) + 1):
        seconds = 0
        for number in range(1, draw(st.integers(0, 25)) + 1):
            seconds += draw(st.integers(0, 3))
            entries.append(entry(shard, number, seconds, draw(st.integers(0, 1))))
    return entries


@given(entries=shelves(), limit=st.integers(1, 8), window=st.integers(1, 9), gate=st.booleans())
async def test_pages_are_everything_once_in_order(
    entries: list[Entry], limit: int, window: int, gate: bool
) -> None:
    shelf: Any = Shelf(entries, window=window)
    shards = {
        shard: (1, max(one.number for one in entries if one.shard == shard) + 1)
        for shard in {one.shard for one in entries}
    }
    search = MessageSearch(gate="warn" if gate else None)
    seen: list[Entry] = []
    cursor, pages = None, 0
    while True:
        page, cursor = await Search(
            shelf,
            shelf,
            search,
            channels=None,
            shards=shards,
            marks=lambda found: found,  # type: ignore[arg-type,return-value]
            window_messages=window,
        ).page(cursor=cursor, limit=limit)
        seen += page
        pages += 1
        assert len(page) <= limit
        assert pages <= 2 * len(entries) + 2, "the pages do not get on"
        if cursor is None:
            break

    wanted = [one for one in entries if not gate or one.gate == 1]
    assert sorted(seen) == sorted(wanted)
    assert len(set(seen)) == len(seen)
    times = [one.received_at for one in seen]
    assert times == sorted(times, reverse=True)


@given(floors=st.dictionaries(st.integers(0, 32_767), st.integers(0, 2**62 - 1), max_size=8))
def test_a_cursor_reads_as_it_was_written(floors: dict[int, int]) -> None:
    assert read_cursor(write_cursor(floors)) == floors


@given(text=st.text(max_size=40))
def test_any_other_text_is_a_cursor_or_refused(text: str) -> None:
    try:
        floors = read_cursor(text)
    except BadCursor:
        return
    assert all(0 <= shard < 32_768 and 0 <= floor < 2**62 for shard, floor in floors.items())


@given(
    times=st.lists(st.integers(0, 20), min_size=1, max_size=30).map(sorted), at=st.integers(0, 21)
)
async def test_the_first_number_of_a_moment_is_found_by_halving(times: list[int], at: int) -> None:
    shelf: Any = Shelf([entry(1, n, seconds) for n, seconds in enumerate(times, 1)], window=1)
    found = await first_at(shelf, 1, 1, len(times) + 1, START + timedelta(seconds=at))
    assert found == 1 + sum(seconds < at for seconds in times)


@given(numbers=st.lists(st.integers(1, 100_000), max_size=60))
def test_runs_hold_every_number_and_are_apart(numbers: list[int]) -> None:
    runs = runs_of(numbers)
    assert all(any(first <= number <= last for first, last in runs) for number in numbers)
    assert {first for first, _ in runs} | {last for _, last in runs} <= set(numbers)
    assert all(before[1] < after[0] for before, after in pairwise(runs))


@pytest.mark.parametrize(
    ("key", "value", "authority"),
    [
        ("p:0071^HOSP1", "0071", "HOSP1"),
        ("p:0071^", "0071", None),
        ("p:0071", "0071", None),
        ("o:A^B", "A^B", None),
    ],
)
def test_only_patient_identifiers_have_an_authority(
    key: str, value: str, authority: str | None
) -> None:
    (found,) = keys_of([key])
    assert (found.value, found.authority) == (value, authority)


def test_keys_of_a_later_release_are_left_out() -> None:
    assert keys_of(["z:1", ""]) == []


@pytest.mark.parametrize(
    ("q", "found"), [("1", True), ("1^H", True), ("1^", False), ("", False), ("11", False)]
)
def test_a_key_is_found_whole_with_or_without_its_authority(q: str, found: bool) -> None:
    assert has_key(["p:1^H", "c:7"], q) is found
