"""All facts of all sources are made; what goes wrong with one is told, and the others go on."""

from __future__ import annotations

import asyncio
import fcntl
from pathlib import Path

import pytest
from tests.unit.projections.operational.mapping.lakes import SETTINGS, ZONE, FilesLake, Rows

from lianyi.projections.operational.mapping.problems import BuildingAlready, NoSuchMapping
from lianyi.projections.operational.mapping.running import LOCK, Mapper, Only, Star

SLOT = """
fact: slot
hospital: H1
parts:
  - table: SLOTS
    columns:
      slot: key(ID)
      starts_at: instant(AT)
      booked: flag(STATE, "1")
"""
STAFF = """
fact: staff_month
hospital: H1
parts:
  - table: STAFF
    columns:
      staff_month: key(MONTH, WHO)
      at: month(MONTH)
"""
SLOTS: Rows = [
    {"ID": "1", "AT": "2026-03-01 08:00:00", "STATE": "1"},
    {"ID": "2", "AT": "2026-04-01 08:00:00", "STATE": "0"},
]


@pytest.fixture
def lake(tmp_path: Path) -> FilesLake:
    lake = FilesLake(tmp_path)
    lake.put("his", "SLOTS", SLOTS, {})
    return lake


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "content" / "operational" / "his"
    folder.mkdir(parents=True)
    (folder / "slot.yaml").write_text(SLOT, encoding="utf-8")
    (folder / "staff_month.yaml").write_text(STAFF, encoding="utf-8")
    return tmp_path / "content"


def star_of(lake: FilesLake, content: Path) -> Star:
    return Star(lake, lake.folder / "star", content, zone=ZONE, settings=SETTINGS)


def test_a_fact_of_a_table_that_is_not_there_is_told_and_the_others_are_made(
    lake: FilesLake, content: Path
) -> None:
    made = star_of(lake, content).build()
    assert [(one.fact, one.written) for one in made.reports] == [("slot", 2)]
    assert [one.code for one in made.problems] == ["LY-2432"]
    assert {one.name for one in (lake.folder / "star").iterdir()} == {"slot", LOCK}


def test_checking_compares_the_lake_with_the_facts(lake: FilesLake, content: Path) -> None:
    (content / "operational" / "his" / "staff_month.yaml").unlink()
    star = star_of(lake, content)
    (before,), problems = star.check()
    assert (before.report, before.is_whole, problems) == (None, False, [])
    star.build()
    (made,), _ = star.check()
    assert (made.is_whole, made.lake, made.on_shelf) == (True, 2, 2)
    lake.put("his", "SLOTS", [*SLOTS, {"ID": "3"}], {})
    (after,), _ = star.check()
    assert (after.is_whole, after.is_new, after.lake, after.on_shelf) == (False, True, 3, 2)
    star.build()
    for one in (lake.folder / "star" / "slot" / "his").glob("2026-03.parquet*"):
        one.unlink()
    (lost,), _ = star.check()
    assert (lost.is_whole, lost.is_new) == (False, False)
    star.build()
    (found,), _ = star.check()
    assert found.is_whole


def test_what_a_file_made_goes_with_the_file(lake: FilesLake, content: Path) -> None:
    star = star_of(lake, content)
    star.build()
    folder = lake.folder / "star" / "slot" / "his"
    file = content / "operational" / "his" / "slot.yaml"
    file.write_text("fact: slott", encoding="utf-8")  # refused, which is no reason to lose it
    star.build()
    assert len(list(folder.glob("*.parquet"))) == 2
    file.unlink()
    star.build()
    assert list(folder.iterdir()) == []


def test_only_what_is_named_is_made(lake: FilesLake, content: Path) -> None:
    star = star_of(lake, content)
    made = star.build(Only("his", "slot"))
    assert ([one.fact for one in made.reports], made.problems) == (["slot"], [])
    with pytest.raises(NoSuchMapping, match="nearest known one is 'his/slot'"):
        star.build(Only("his", "slots"))


def test_two_do_not_build_at_once(lake: FilesLake, content: Path) -> None:
    star = star_of(lake, content)
    star.build()
    with (lake.folder / "star" / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BuildingAlready):
            star.build()


async def test_the_learning_role_makes_what_is_new_and_stops_when_told(
    lake: FilesLake, content: Path
) -> None:
    mapper = Mapper(star_of(lake, content), SETTINGS)
    assert [one.months_written for one in (await mapper.look()).reports] == [2]
    assert [one.months_written for one in (await mapper.look()).reports] == [0]
    lake.put("his", "SLOTS", [SLOTS[0], {**SLOTS[1], "STATE": "1"}], {})
    assert [one.months_written for one in (await mapper.look()).reports] == [1]
    running = asyncio.create_task(mapper.run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not (lake.folder / "star" / ".building").exists()


def test_only_after_whole_tables_were_mapped_the_learning_role_rests_long(
    lake: FilesLake, content: Path
) -> None:
    (content / "operational" / "his" / "staff_month.yaml").unlink()
    star = star_of(lake, content)
    mapper = Mapper(star, SETTINGS)
    whole, nothing = star.build(), star.build()
    assert [one.whole for one in (*whole.reports, *nothing.reports)] == ["first", ""]
    assert mapper.pause_seconds(whole, 0.01) == SETTINGS.every_seconds
    assert mapper.pause_seconds(whole, 660) == 1_980
    assert mapper.pause_seconds(nothing, 660) == SETTINGS.every_seconds
