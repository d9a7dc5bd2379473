"""What is told of a table: whether all is here, how fresh it is; on the command line too."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from lianyi.base.rows import Load
from lianyi.cli.main import main
from lianyi.messagelog.message import Position
from lianyi.projections.lake import telling
from lianyi.projections.lake.keeping import erase
from lianyi.projections.lake.lake import Lake
from lianyi.projections.lake.model import Named
from lianyi.projections.lake.settings import LakeSettings
from lianyi.projections.lake.views import LakeTableDetail

from .making import START, arrived, land, row

VISIT = Named("his", "visit")


def _told(lake: Lake, *, later: timedelta = timedelta(0), **more: object) -> LakeTableDetail:
    settings = LakeSettings(**more)  # type: ignore[arg-type]
    found = telling.table_of(lake, VISIT, settings=settings, now=START + later)
    assert found is not None
    return found


def test_a_table_tells_how_much_of_it_is_here(tmp_path: Path) -> None:
    lake = land(tmp_path, [arrived(1, 1, [row(1), row(2, fee="too much")])])

    told = _told(lake)
    assert (told.rows, told.rows_said, told.odd_values, told.messages) == (2, 2, 1, 1)
    assert (told.mode, told.key, told.agrees) == ("incremental", ["id"], True)
    assert told.watermark == {"at": "2026-03-02 08:01:00"}
    assert [(one.name, one.lies_as) for one in told.columns] == [
        ("id", "int64"),
        ("fee", "decimal128(10, 2)"),
        ("at", "timestamp[us]"),
        ("note", "string"),
    ]


def test_a_message_that_is_missing_is_told(tmp_path: Path) -> None:
    lake = land(tmp_path, [arrived(1, 1, [row(1)]), arrived(9, 3, [row(3)])])

    assert (_told(lake).messages_missing, _told(lake).agrees) == (1, False)


def test_a_load_is_compared_with_what_the_source_said(tmp_path: Path) -> None:
    first = Load(4, 1, "2026-03-02T00:00:00")
    lake = land(tmp_path, [arrived(1, 1, [row(1), row(2)], mode="full", load=first)])
    assert _told(lake).load is None

    end = Load(4, 2, "2026-03-02T00:00:00", ended=True, rows=3)
    land(tmp_path, [arrived(2, 2, [], mode="full", load=end)])
    told = _told(lake)
    assert told.load is not None
    assert (told.load.number, told.load.rows_said, told.load.rows_held) == (4, 3, 2)
    assert not told.agrees


def test_rows_that_were_erased_are_missed_by_nobody(tmp_path: Path) -> None:
    lake = land(tmp_path, [arrived(1, 1, [row(1)]), arrived(2, 2, [row(2)])])
    erase(tmp_path, {Position(1, 1)})

    told = _told(lake)
    assert (told.rows, told.rows_said, told.rows_erased, told.agrees) == (1, 2, 1, True)


@pytest.mark.parametrize(
    ("age", "freshness", "late"),
    [
        (timedelta(minutes=15), "real-time", False),
        (timedelta(minutes=16), "hourly", False),
        (timedelta(hours=3), "daily", True),
        (timedelta(hours=37), "stale", True),
    ],
)
def test_freshness_is_measured_and_compared_with_what_is_wanted(
    tmp_path: Path, age: timedelta, freshness: str, *, late: bool
) -> None:
    lake = land(tmp_path, [arrived(0, 1, [row(1)])])

    told = _told(lake, later=age, freshness={"his.visit": "hourly"})

    assert (told.freshness, told.expected, told.is_late) == (freshness, "hourly", late)


def test_the_command_line_lists_shows_and_checks(tmp_path: Path) -> None:
    run = CliRunner(env={"LIANYI_LANG": "en"})
    here = ["--data", str(tmp_path), "--content", str(tmp_path)]
    lake = land(tmp_path / "lake", [arrived(1, 1, [row(1)])], [arrived(2, 2, [row(2)])])

    listed = run.invoke(main, ["lake", "list", "--json", *here])
    assert [one["rows"] for one in json.loads(listed.stdout)] == [2]
    shown = run.invoke(main, ["lake", "show", "his.visit", *here])
    assert "numeric(10,2)" in shown.stdout
    assert run.invoke(main, ["lake", "check", *here]).exit_code == 0

    second = lake.files("his", "visit")[1]
    second.with_name("1-2-3.parquet").write_bytes(second.read_bytes())
    second.with_name("1-3-4.parquet").write_bytes(second.read_bytes())
    checked = run.invoke(main, ["lake", "check", "--json", *here])
    assert checked.exit_code == 1
    assert any("overlap" in one["en"] for one in json.loads(checked.stdout)["findings"])

    second.with_name("1-3-4.parquet").write_bytes(b"PAR1")
    broken = run.invoke(main, ["lake", "check", "--json", *here])
    assert "LY-2403" in broken.stdout
    assert run.invoke(main, ["lake", "show", "his.none", *here]).exit_code != 0
