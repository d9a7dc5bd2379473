"""The mappings that the product brings feed every fact from the invented HIS, to the last fen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from tests.unit.projections.operational.mapping.lakes import SETTINGS, ZONE
from tests.unit.projections.operational.mapping.test_reading import OF_A_HIS

from lianyi.cli.main import main
from lianyi.projections.lake.lake import Lake
from lianyi.projections.operational.mapping.lake import TablesOfLake
from lianyi.projections.operational.mapping.report import Report
from lianyi.projections.operational.mapping.running import Made, Star
from lianyi.simulate.history.making import make_files
from lianyi.simulate.history.store import Wanted


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("history")
    make_files(Wanted(encounters=3_000, seed=7, months=2, ends=date(2026, 10, 1)), folder / "lake")
    return folder


@pytest.fixture(scope="module")
def shipped(folder: Path) -> Star:
    lake = TablesOfLake(Lake(folder / "lake"))
    return Star(lake, folder / "star", folder / "content", zone=ZONE, settings=SETTINGS)


@pytest.fixture(scope="module")
def made(shipped: Star) -> Made:
    return shipped.build()


@pytest.fixture(scope="module")
def ask(folder: Path, made: Made) -> Iterator[Any]:
    engine = duckdb.connect(config={"threads": "1"})
    for fact in OF_A_HIS:
        engine.read_parquet(f"{folder}/star/{fact}/yxhis/*.parquet").create_view(f"f_{fact}")
    for place in (folder / "lake" / "raw" / "yxhis").iterdir():
        engine.read_parquet(f"{place}/*.parquet").create_view(place.name)
    engine.read_parquet(f"{folder}/lake/truth/faults.parquet").create_view("planted")
    yield lambda question: engine.sql(question).fetchall()
    engine.close()


def test_all_facts_are_fed_and_every_row_is_accounted_for(made: Made, shipped: Star) -> None:
    assert made.problems == []
    reports: dict[str, Report] = {one.fact: one for one in made.reports}
    assert set(reports) == OF_A_HIS
    assert [one.fact for one in made.reports if not one.written] == []
    assert [one.fact for one in made.reports if one.set_aside or one.rounded] == []
    checked, problems = shipped.check()
    assert problems == []
    assert [one.fact for one in checked if not one.is_whole] == []


def test_the_codes_that_nobody_knows_are_those_that_were_planted(made: Made, ask: Any) -> None:
    ((planted,),) = ask("SELECT count(*) FROM planted WHERE fault = 'unmapped_code'")
    ((refused,),) = ask("SELECT count(*) FROM MZ_GHXX WHERE FBDM = '77' AND GHZT = '9'")
    unmapped = {one.fact: one.unmapped for one in made.reports if one.unmapped}
    assert planted > 0
    assert unmapped == {"encounter": {"payer": {"77": planted - refused}}}


def test_money_is_the_same_to_the_last_fen(ask: Any) -> None:
    sums = "sum(JE), sum(YBJE) FROM (FROM MZ_SFMX UNION ALL FROM ZY_FYMX)"
    ((yuan, fund),) = ask(f"SELECT {sums}")
    ((fen, fund_fen),) = ask("SELECT sum(amount_fen), sum(fund_fen) FROM f_charge")
    assert (fen, fund_fen) == (yuan * 100, fund * 100)
    ((drug_yuan,),) = ask("SELECT sum(JE) FROM CF_CFMX")
    assert ask("SELECT sum(amount_fen) FROM f_drug") == [(drug_yuan * 100,)]


def test_facts_meet_by_their_keys(ask: Any) -> None:
    for fact in ("order", "result", "surgery", "charge", "drug"):
        lonely = ask(
            f"SELECT count(*) FROM f_{fact} WHERE encounter NOT IN "
            "(SELECT encounter FROM f_encounter)"
        )
        assert (fact, lonely) == (fact, [(0,)])
    assert ask(
        "SELECT count(*) FROM f_surgery JOIN f_encounter e USING (encounter) "
        "WHERE f_surgery.patient <> e.patient OR f_surgery.admitted_at <> e.admitted_at"
    ) == [(0,)]


def test_a_time_of_the_source_is_eight_hours_later_than_utc(ask: Any) -> None:
    assert ask(
        "SELECT count(*) FROM f_order JOIN YZ_YZXX ON \"order\" = 'yxhis^' || YZXH "
        "WHERE ordered_at + INTERVAL 8 HOUR IS DISTINCT FROM KDSJ "
        "OR ordered_at_month IS DISTINCT FROM (year(KDSJ) - 2000) * 12 + month(KDSJ) - 1"
    ) == [(0,)]


def test_the_command_tells_what_became_of_each_row(made: Made, folder: Path) -> None:
    where = ["--data", str(folder), "--content", str(folder / "content")]
    checked = CliRunner().invoke(main, ["star", "check", *where], env={"LIANYI_LANG": "en"})
    assert checked.exit_code == 0, checked.output
    assert "rows with a code that no map knows: 77 (" in checked.output
    again = CliRunner().invoke(main, ["star", "build", "--fact", "slot", "--json", *where])
    assert again.exit_code == 0, again.output
    (fact,) = json.loads(again.output)["facts"]
    assert (fact["fact"], fact["months_written"]) == ("slot", 0)
    nobody = CliRunner().invoke(main, ["star", "build", "--source", "yxhs", *where])
    assert (nobody.exit_code, "LY-2435" in nobody.output) == (1, True)
