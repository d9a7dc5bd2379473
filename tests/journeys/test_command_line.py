"""Journeys through the command line, against the real platform and real receivers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import quick_folder

from .clinic import REFUSED, Clinic, admission

pytestmark = pytest.mark.slow


HEARS_CTRL_C = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from lianyi.cli.main import main
main()
"""
"""The command, also where the tests themselves were started in the background, deaf to Ctrl-C."""


class CommandLine:
    """The command ``lianyi`` as a person types it on the machine of an installation."""

    def __init__(self, folder: Path, *, lang: str = "en") -> None:
        self._environment = {
            **os.environ,
            "LIANYI_DATA": str(folder / "data"),
            "LIANYI_CONTENT": str(folder / "content"),
            "LIANYI_LANG": lang,
        }
        self._folder = folder

    def __call__(
        self, *arguments: str, code: int = 0, answer: str | bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        """Run it, with an answer to what it asks, and expect an exit code."""
        done = subprocess.run(
            [sys.executable, "-m", "lianyi.cli", *arguments],
            input=answer.encode() if isinstance(answer, str) else answer,
            capture_output=True,
            env=self._environment,
            cwd=self._folder,
            timeout=120,
        )
        assert done.returncode == code, (done.stdout + done.stderr).decode()
        return done

    def text(self, *arguments: str, **options: Any) -> str:
        """Return what it prints."""
        return self(*arguments, **options).stdout.decode()

    def json(self, *arguments: str, **options: Any) -> Any:
        """Return what it prints with ``--json``."""
        return json.loads(self(*arguments, "--json", **options).stdout)

    def complaint(self, *arguments: str, code: int = 1) -> str:
        """Return what it says against it."""
        return self(*arguments, code=code).stderr.decode()

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start it and do not wait for its end."""
        return subprocess.Popen(
            [sys.executable, "-c", HEARS_CTRL_C, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment,
            cwd=self._folder,
        )


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with quick_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def clinic(folder: Path) -> Iterator[Clinic]:
    with Clinic(folder) as clinic:
        yield clinic


@pytest.fixture(scope="module")
def lianyi(clinic: Clinic, folder: Path) -> CommandLine:
    return CommandLine(folder)


def eventually(done: Callable[[], Any]) -> Any:
    """Ask until there is an answer other than no."""
    for _ in range(600):
        if found := done():
            return found
        time.sleep(0.1)
    raise AssertionError("it never came to pass")


def position_of(lianyi: CommandLine, key: str) -> str:
    """The position of the only message with a key."""
    (found,) = lianyi.json("message", "find", key)
    return str(found["position"])


def fate(lianyi: CommandLine, position: str, destination: str) -> str:
    """How a message fares with a destination."""
    trace = lianyi.json("message", "show", position)
    (found,) = [one for one in trace["destinations"] if one["destination"] == destination]
    return str(found["state"])


def test_a_message_is_found_by_its_patient_and_shown(clinic: Clinic, lianyi: CommandLine) -> None:
    clinic.send(admission("CL1", "500001"))

    position = position_of(lianyi, "500001^CLINIC")

    assert position_of(lianyi, "CL1") == position
    assert f"{position} " in lianyi.text("message", "find", "500001")
    eventually(lambda: fate(lianyi, position, "record") == "delivered")
    shown = lianyi.text("message", "show", position)
    assert "→ record  delivered" in shown
    assert "PID|1||500001^^^CLINIC^PI" in shown
    assert "PID-3" in lianyi.text("message", "show", position, "--tree")
    assert "LY-1877" in lianyi.complaint("message", "show", position, "--raw")
    why = ("--reason", "fault", "--words", "the receiver wants proof")
    assert "open until" in lianyi.text("message", "open", position, *why)
    raw = lianyi("message", "show", position, "--raw").stdout
    assert raw == admission("CL1", "500001").encode()


def test_what_nobody_sent_is_not_found(lianyi: CommandLine) -> None:
    assert lianyi.json("message", "find", "never-sent") == []
    assert "LY-1303" in lianyi.complaint("message", "show", "1-999999")


def test_time_filters_count_from_now_and_in_the_hospitals_zone(
    clinic: Clinic, lianyi: CommandLine
) -> None:
    clinic.send(admission("CL2", "500002"))

    assert len(lianyi.json("message", "find", "500002", "--since", "1h")) == 1
    assert lianyi.json("message", "find", "500002", "--until", "1h") == []
    assert lianyi.json("message", "find", "500002", "--since", "2099-01-01T00:00") == []


def test_a_refused_message_is_parked_repaired_and_sent_again(
    clinic: Clinic, lianyi: CommandLine, folder: Path
) -> None:
    clinic.send(admission("CL3", "500003", name=f"{REFUSED}^甲"))
    position = position_of(lianyi, "CL3")
    eventually(lambda: fate(lianyi, position, "record") == "parked")
    assert position in lianyi.text("delivery", "parked", "--destination", "record")
    assert "LY-1724" in lianyi.complaint("delivery", "resend", position, "--destination", "nobody")
    repaired = folder / "repaired.hl7"  # as an editor saves it, with its own line ends
    repaired.write_text(admission("CL3", "500003", name="试验^乙").replace("\r", "\n"), "utf-8")

    lianyi("message", "open", position, "--reason", "fault", "--words", "the name is wrong")
    lianyi(
        *("delivery", "resend", position, "--destination", "record"),
        *("--body", str(repaired), "--reason", "the name was wrong"),
    )

    eventually(lambda: fate(lianyi, position, "record") == "delivered")
    (received,) = [one for one in clinic.record.received if "|CL3|" in one]
    assert "试验^乙" in received
    assert "\n" not in received
    lianyi("delivery", "dismiss", position, "--destination", "ward", "--reason", "not theirs")
    assert fate(lianyi, position, "ward") == "dismissed"


def test_a_held_message_is_released_or_dismissed_for_a_reason(
    clinic: Clinic, lianyi: CommandLine
) -> None:
    clinic.send(admission("CL4", ""))
    clinic.send(admission("CL5", ""))
    eventually(lambda: len(lianyi.json("delivery", "held")) == 2)
    first, second = position_of(lianyi, "CL4"), position_of(lianyi, "CL5")
    assert "--reason" in lianyi.complaint("delivery", "release", first, code=2)

    lianyi("delivery", "release", first, "--reason", "the desk has confirmed it")
    lianyi("delivery", "dismiss", second, "--reason", "sent by mistake")

    eventually(lambda: fate(lianyi, first, "record") == "delivered")
    assert lianyi.json("delivery", "held") == []
    assert not any("|CL5|" in one for one in clinic.record.received)


def test_a_replay_counts_asks_and_delivers_again(clinic: Clinic, lianyi: CommandLine) -> None:
    clinic.send(admission("CL6", "500006"))
    position = position_of(lianyi, "CL6")
    eventually(lambda: fate(lianyi, position, "record") == "delivered")
    replay = ("delivery", "replay", "--channel", "admissions", "--destination", "record")
    replay += ("--from", position, "--to", position)

    refused = lianyi(*replay, "--reason", "lost over there", code=1, answer="n\n")

    assert "may see duplicates" in refused.stderr.decode()
    assert lianyi.json("delivery", "replays") == []
    done = lianyi.json(*replay, "--reason", "lost over there", "--yes")
    assert (done["state"], done["matching"], done["delivered"]) == ("finished", 1, 1)
    assert sum("|CL6|" in one for one in clinic.record.received) == 2
    assert [one["id"] for one in lianyi.json("delivery", "replays")] == [done["id"]]


def test_ctrl_c_leaves_a_replay_running_and_says_how_to_stop_it(
    clinic: Clinic, lianyi: CommandLine
) -> None:
    for number in range(3):
        clinic.send(admission(f"CL7{number}", "500007"))
    watching = lianyi.start(
        *("delivery", "replay", "--channel", "admissions", "--destination", "record"),
        *("--key", "500007", "--rate", "0.01", "--reason", "slowly", "--yes"),
    )
    running = eventually(
        lambda: [one for one in lianyi.json("delivery", "replays") if one["reason"] == "slowly"]
    )[0]

    watching.send_signal(signal.SIGINT)
    _, said = watching.communicate(timeout=60)

    assert f"lianyi delivery stop-replay {running['id']}" in said.decode()
    assert watching.returncode == 0
    assert lianyi.json("delivery", "stop-replay", running["id"])["state"] in ("stopping", "stopped")


def test_a_channel_and_a_destination_are_stopped_and_started(
    clinic: Clinic, lianyi: CommandLine
) -> None:
    lianyi("channel", "stop", "admissions", "--destination", "ward")
    clinic.send(admission("CL8", "500008"))
    position = position_of(lianyi, "CL8")
    eventually(lambda: fate(lianyi, position, "record") == "delivered")
    assert fate(lianyi, position, "ward") == "queued"
    assert "→ ward    stopped  queue 1" in lianyi.text("channel", "list")

    lianyi("channel", "start", "admissions", "--destination", "ward")

    eventually(lambda: fate(lianyi, position, "ward") == "delivered")
    assert lianyi.json("channel", "stop", "admissions")["wanted"] == "stopped"
    assert lianyi.json("channel", "start", "admissions")["wanted"] == "running"
    assert "LY-1621" in lianyi.complaint("channel", "stop", "no-such-channel")


def test_the_doctor_finds_a_running_clinic_well(lianyi: CommandLine) -> None:
    found = eventually(
        lambda: (report := lianyi.json("doctor"))["status"] != "fail" and report["checks"]
    )

    checks = {one["check"]: one["status"] for one in found}
    roles = ("role.intake", "role.deliver", "role.learn")
    for check in ("database", "migrations", *roles, "door", "destinations"):
        assert checks[check] == "ok", found


def test_the_log_is_proved_while_the_platform_runs(
    clinic: Clinic, lianyi: CommandLine, folder: Path
) -> None:
    clinic.send(admission("CL9", "500009"))

    proved = lianyi.json("log", "verify")

    assert proved["ok"]
    assert {one["shard"] for one in proved["shards"]} == {0, 1}
    (shard,) = [one for one in proved["shards"] if one["shard"] == 1]
    assert shard["messages"] == shard["number_to"] > 0
    part = lianyi.json("log", "verify", "--shard", "1", "--from", "2", "--to", "3")
    assert [one["messages"] for one in part["shards"]] == [2]
    verified = [one for one in lianyi.json("doctor")["checks"] if one["check"] == "verify"]
    assert verified[0]["status"] == "ok"


def test_a_message_is_erased_while_the_platform_runs(clinic: Clinic, lianyi: CommandLine) -> None:
    clinic.send(admission("CL11", "500011"))
    position = position_of(lianyi, "CL11")
    eventually(lambda: fate(lianyi, position, "record") == "delivered")
    why = ("--reason", "court order 2026-1", "--actor", "officer")

    erased = lianyi.json("log", "erase", position, *why)

    assert erased["position"] == position
    assert erased["act"].startswith("0-")
    assert lianyi.json("log", "verify")["ok"]
    assert "LY-1308" in lianyi.complaint("log", "erase", position, *why)


def test_the_audit_trail_is_asked_proved_and_exported(
    clinic: Clinic, lianyi: CommandLine, folder: Path
) -> None:
    clinic.send(admission("CL31", "500031"))
    position = position_of(lianyi, "500031")
    lianyi.json("message", "show", position)

    looked = lianyi.json("audit", "find", "--patient", "500031", "--kind", "access.get_*")
    assert [one["patients"] for one in looked] == [["500031^CLINIC"]]
    assert looked[0]["facts"]["path"] == f"/api/v1/messages/{position}"
    assert "500031^CLINIC" in lianyi.text("audit", "find", "--patient", "500031")
    (asked, *_) = lianyi.json("audit", "find", "--kind", "access.audit_find")
    assert asked["facts"]["system_account"]
    assert lianyi.json("audit", "verify")["ok"]

    made = lianyi.json("audit", "export", "acts.zip", "--patient", "500031")
    assert made["acts"] >= 2
    assert made["public_key"] == lianyi.json("audit", "key")["public_key"]
    assert lianyi.json("audit", "check-export", "acts.zip")["ok"]
    assert "LY-1874" in lianyi.complaint(
        "audit", "check-export", "acts.zip", "--public-key", "00" * 32
    )
    file = folder / "acts.zip"
    content = file.read_bytes()
    file.write_bytes(content[:90] + bytes([content[90] ^ 8]) + content[91:])
    assert "LY-1874" in lianyi.complaint("audit", "check-export", "acts.zip")


def test_an_export_rebuilds_the_installation_elsewhere(
    clinic: Clinic, lianyi: CommandLine, folder: Path
) -> None:
    clinic.send(admission("CL10", "500010"))
    position = position_of(lianyi, "CL10")
    eventually(lambda: fate(lianyi, position, "record") == "delivered")

    given = lianyi.json("log", "export", "export")

    elsewhere = folder / "elsewhere"
    elsewhere.mkdir(mode=0o711)
    there = CommandLine(elsewhere)
    taken = there.json("log", "import", str(folder / "export"))
    assert taken["messages"] == given["messages"] > 0
    assert there.json("log", "verify")["ok"]
    for command, kinds in (
        (lianyi, ["log.exported"]),
        (there, ["log.verified", "log.imported", "log.exported"]),
    ):
        told = command.json("audit", "find", "--kind", "log.*")
        assert [one["kind"] for one in told][: len(kinds)] == kinds  # others have verified, too
        assert all(one["actor"].startswith("machine:") for one in told)
    assert "LY-1310" in there.complaint("log", "import", str(folder / "export"))
    assert "LY-1721" in CommandLine(folder / "export").complaint("log", "verify")


def test_where_nothing_runs_the_next_step_is_told_in_both_languages(tmp_path: Path) -> None:
    said = CommandLine(tmp_path).complaint("message", "find")

    assert "LY-1722 cannot reach the platform" in said
    assert "LY-1722 无法连接平台" in said
    assert not (tmp_path / "data").exists()


def test_another_installation_is_recognised(clinic: Clinic, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "console-token").write_text("of-somebody-else\n")
    (data / "console-address").write_text(clinic.address + "\n")

    assert "LY-1723" in CommandLine(tmp_path).complaint("channel", "list")
