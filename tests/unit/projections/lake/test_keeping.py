"""Keeping the lake: nothing changes a row but erasure, and every step may be the last."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.base.rows import Column
from lianyi.messagelog.message import Position
from lianyi.projections.lake import segments
from lianyi.projections.lake.follow import landed
from lianyi.projections.lake.keeping import GRACE, LOOSE_MAX, compact, erase, places, tidy
from lianyi.projections.lake.lake import Lake
from lianyi.projections.lake.landing import Arrived
from lianyi.projections.lake.model import Contents
from lianyi.projections.lake.problems import LakeUnwritable

from .making import COLUMNS, START, all_of, arrived, land, row

TOMORROW = START + timedelta(days=1)


def _names(lake: Lake) -> list[str]:
    return [one.path.name for one in lake.segments("his", "visit")]


def _said(lake: Lake) -> Contents:
    found = lake.contents("his", "visit")
    assert found is not None
    return found


def test_the_files_of_a_day_become_one_and_its_rows_stay(tmp_path: Path) -> None:
    lake = land(tmp_path, *([arrived(n, n, [row(n), row(n, "again")])] for n in range(1, 31)))
    before, said = all_of(lake), _said(lake)

    assert compact(tmp_path, now=START) == 0  # the day is not over
    assert compact(tmp_path, now=TOMORROW) == 1

    assert _names(lake) == ["1-1-30.parquet"]
    assert (all_of(lake), _said(lake)) == (before, said)
    assert compact(tmp_path, now=TOMORROW) == 0


def test_many_small_files_of_today_are_put_together_already(tmp_path: Path) -> None:
    lake = land(tmp_path, *([arrived(n, n, [row(n)])] for n in range(1, LOOSE_MAX + 1)))

    assert compact(tmp_path, now=START) == 1
    assert _names(lake) == [f"1-1-{LOOSE_MAX}.parquet"]


def test_files_with_other_columns_or_of_others_are_not_put_together(tmp_path: Path) -> None:
    other = (*COLUMNS[:3], Column("note", "json", "json"))
    lake = land(
        tmp_path,
        [arrived(1, 1, [row(1)])],
        [arrived(2, 2, [row(2)])],
        [arrived(3, 3, [row(3)], columns=other)],
        [arrived(4, 4, [row(4)])],
        [arrived(5, 5, [row(5)])],
    )
    before = all_of(lake)

    compact(tmp_path, now=TOMORROW)

    assert _names(lake) == ["1-1-2.parquet", "1-3-3.parquet", "1-4-5.parquet"]
    assert all_of(lake) == before


def test_short_files_wait_for_their_readers_and_then_go(tmp_path: Path) -> None:
    lake = land(tmp_path, [arrived(1, 1, [row(1)])], [arrived(2, 2, [row(2)])])
    place = lake.segments("his", "visit")[0].path.parent
    compact(tmp_path, now=TOMORROW)
    (one,) = lake.files("his", "visit")
    os.utime(one, (TOMORROW.timestamp(), TOMORROW.timestamp()))

    compact(tmp_path, now=TOMORROW + GRACE / 2)
    assert len(list(place.iterdir())) == 3
    compact(tmp_path, now=TOMORROW + GRACE)
    assert [path.name for path in place.iterdir()] == ["1-1-2.parquet"]


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_any_batching_and_any_crash_give_the_same_rows(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The reader is killed behind any write, comes again with other batches, and files are kept."""
    chance = random.Random(seed)
    folder, plain = tmp_path_factory.mktemp("lake"), tmp_path_factory.mktemp("plain")
    drifted = (*COLUMNS, Column("more", "text", "text"))
    messages: list[Arrived] = []
    for number in range(1, 13):
        drift = chance.random() < 0.5
        count = chance.randrange(3)
        said = [[*row(number, str(n)), *(["x"] if drift else [])] for n in range(count)]
        messages.append(arrived(number, number, said, columns=drifted if drift else COLUMNS))
    standing = 0
    while standing < len(messages):
        tidy(folder, places(folder, {1: standing}))
        size = chance.randint(1, 5)
        landed(folder, messages[standing : standing + size])
        if chance.random() < 0.5:  # it was not killed before the reader moved
            standing += size
            if chance.random() < 0.5:
                compact(folder, now=TOMORROW)

    lake, expected = Lake(folder), land(plain, messages)
    assert all_of(lake) == all_of(expected)
    assert _said(lake) == _said(expected)
    assert segments.overlapping(lake.segments("his", "visit")) == []


def test_a_reader_that_was_restored_to_the_middle_of_a_file_goes_back_to_its_begin(
    tmp_path: Path,
) -> None:
    lake = land(tmp_path, *([arrived(n, n, [row(n)])] for n in range(1, 5)))
    land(tmp_path, [arrived(n, n, [row(n)], table="bed") for n in (5, 6)])
    compact(tmp_path, now=TOMORROW)
    before = all_of(lake)

    found = places(tmp_path, {1: 3, 2: 9})
    assert found == {1: 0, 2: 9}
    assert tidy(tmp_path, found) == 6  # four short ones, the long one, that of the other table

    landed(tmp_path, [arrived(n, n, [row(n)]) for n in range(1, 5)])
    assert all_of(lake) == before


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    lake = land(tmp_path, [arrived(1, 1, [row(1)])], [arrived(2, 2, [row(2)])])
    for path in lake.files("his", "visit"):
        pq.write_table(pq.read_table(path).replace_schema_metadata(None), path)

    assert tidy(tmp_path, places(tmp_path, {})) == 0
    assert compact(tmp_path, now=TOMORROW) == 0
    assert len(all_of(lake)) == 2


@pytest.mark.parametrize("compacted", [False, True])
def test_an_erased_message_leaves_no_row_in_any_file(tmp_path: Path, *, compacted: bool) -> None:
    secret = "invented-secret-4711"
    lake = land(
        tmp_path,
        [arrived(1, 1, [row(1, secret), row(2)])],
        [arrived(2, 2, [row(3)])],
    )
    if compacted:
        compact(tmp_path, now=TOMORROW)

    assert erase(tmp_path, {Position(1, 1)}) == 1
    assert erase(tmp_path, {Position(1, 1)}) == 0

    assert [one["id"] for one in all_of(lake)] == [3]
    said = _said(lake)
    assert (said.messages, said.rows, said.erased_messages, said.erased_rows) == (2, 3, 1, 2)
    import pyarrow.parquet as pq

    for path in tmp_path.rglob("*.parquet"):
        assert secret not in pq.read_table(path)["note"].to_pylist()
        assert b"4711-key" not in path.read_bytes()  # the watermark ended with the key of a row


def test_a_full_disk_is_told_and_leaves_what_was_there(tmp_path: Path) -> None:
    lake = land(tmp_path, [arrived(1, 1, [row(1)])])
    place = lake.files("his", "visit")[0].parent
    (place / "1-2-2.parquet.part").symlink_to("/dev/full")

    with pytest.raises(LakeUnwritable) as caught:
        landed(tmp_path, [arrived(2, 2, [row(2)])])

    assert caught.value.code == "LY-2400"
    assert "No space left" in caught.value.text("en")
    assert "磁盘" in caught.value.text("zh")
    assert sorted(path.name for path in place.iterdir()) == ["1-1-1.parquet"]
    assert [one["id"] for one in all_of(lake)] == [1]
