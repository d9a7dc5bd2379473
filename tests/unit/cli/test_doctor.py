"""The doctor says what is wrong and what to do, without changing anything."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from benchmarks.ports import free_port
from click.testing import CliRunner

from lianyi.cli import doctor_database as database
from lianyi.cli import doctor_machine as machine
from lianyi.cli.common import VERIFIED_FILE
from lianyi.cli.doctor_store import SourceRecord
from lianyi.cli.findings import Finding, verdict
from lianyi.cli.main import main
from lianyi.connectors.connector import AddressInUse

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIANYI_LANG", "en")


def examine(port: int, code: int, *arguments: str) -> dict[str, Any]:
    done = CliRunner().invoke(
        main, ["doctor", "--json", *arguments], env={"LIANYI__API__PORT": str(port)}
    )
    assert done.exit_code == code, done.output
    return {one["check"]: one for one in json.loads(done.stdout)["checks"]}


def test_a_machine_before_the_first_start_is_well(tmp_path: Path) -> None:
    checks = examine(free_port(), 0)

    assert checks["postgres"]["status"] == "ok"
    assert checks["database"]["status"] == "warn"
    assert "lianyi serve" in checks["database"]["en"]["next_step"]
    assert "lianyi serve" in checks["database"]["zh"]["next_step"]
    assert list(tmp_path.iterdir()) == []  # the doctor only looks


def test_a_platform_that_should_run_and_does_not_is_a_failure(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "postgres").mkdir(parents=True)
    (data / "postgres.json").write_text('{"home": "postgres", "socket_folder": "/tmp"}')

    assert examine(free_port(), 1)["database"]["status"] == "fail"


def test_a_port_that_something_else_has_is_a_failure() -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))  # taken, and nobody answers
        checks = examine(int(squatter.getsockname()[1]), 1)

    assert checks["door"]["status"] == "fail"
    assert "--http-port" in checks["door"]["en"]["next_step"]


def test_destinations_that_take_nothing_are_named() -> None:
    def cards(**states: str) -> list[dict[str, Any]]:
        lanes = [{"name": name, "state": state} for name, state in states.items()]
        return [{"name": "lab", "destinations": lanes}]

    well = machine._destinations(cards(emr="flowing", region="idle", old="stopped"))
    hurt = machine._destinations(cards(emr="flowing", region="down"))

    assert (well.status, hurt.status) == ("ok", "warn")
    assert "lab/region" in hurt.text()
    assert "lab/emr" not in hurt.text()


def test_misspelt_settings_end_the_examination(tmp_path: Path) -> None:
    (tmp_path / "lianyi.toml").write_text("[api]\nprot = 1\n")

    done = CliRunner().invoke(main, ["doctor"])

    assert done.exit_code == 1
    assert "LY-1002" in done.stderr


def test_the_worst_finding_decides() -> None:
    def found(status: Any) -> Finding:
        return Finding("check", status, "甲", "a")

    assert verdict([found("ok")]) == "ok"
    assert verdict([found("ok"), found("warn")]) == "warn"
    assert verdict([found("fail"), found("warn"), found("ok")]) == "fail"


def source(**changed: Any) -> SourceRecord:
    state = {"running": True, "updated_at": (NOW - timedelta(seconds=2)).isoformat()}
    state |= changed.pop("state", {})
    values = {"name": "lab", "version": 1, "wanted": "running", "problem": None, **changed}
    return SourceRecord(source_state=state, **values)


def test_a_source_that_listens_is_well_and_a_stopped_one_is_nobodys_fault() -> None:
    assert database._source(source(), NOW) is None
    silent_since = (NOW - timedelta(hours=1)).isoformat()
    stopped = source(wanted="stopped", state={"running": False, "updated_at": silent_since})
    assert database._source(stopped, NOW) is None


def test_a_source_that_nobody_serves_or_that_cannot_listen_is_a_failure() -> None:
    gone = source(state={"updated_at": (NOW - timedelta(minutes=5)).isoformat()})
    taken = AddressInUse(where="127.0.0.1:6661", why="address already in use").record()
    blocked = source(state={"running": False, "error": taken})

    for record in (gone, blocked):
        finding = database._source(record, NOW)
        assert finding
        assert finding.status == "fail"
    found = database._source(blocked, NOW)
    assert found
    assert "LY-1103" in found.text()


def test_a_source_that_runs_and_has_trouble_is_something_to_look_at() -> None:
    trouble = AddressInUse(where="/exchange/in", why="gone").record()
    finding = database._source(source(state={"error": trouble}), NOW)
    assert finding
    assert finding.status == "warn"


def test_a_definition_that_is_not_in_force_is_told() -> None:
    problem = AddressInUse(where="lab", why="any").record()

    newest = database._source(source(problem=problem), NOW)
    never = database._source(source(problem=problem, version=0), NOW)

    assert newest
    assert never
    assert (newest.status, never.status) == ("warn", "fail")


@pytest.mark.parametrize(
    ("remembered", "status"),
    [
        ("", "warn"),
        ("{}", "warn"),
        ({"at": (NOW - timedelta(days=1)).isoformat(), "ok": True}, "ok"),
        ({"at": (NOW - timedelta(days=90)).isoformat(), "ok": True}, "warn"),
        ({"at": (NOW - timedelta(days=1)).isoformat(), "ok": False}, "fail"),
    ],
)
def test_the_last_proof_of_the_log_is_remembered(
    tmp_path: Path, remembered: Any, status: str
) -> None:
    file = tmp_path / VERIFIED_FILE
    file.write_text(remembered if isinstance(remembered, str) else json.dumps(remembered))

    assert database._verified(file, NOW).status == status
