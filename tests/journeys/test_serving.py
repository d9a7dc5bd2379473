"""``lianyi serve`` as people and machines treat it: twice, split, interrupted, killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from benchmarks.ports import free_port
from tests.conftest import quick_folder

from lianyi.base.embedded.home import read_record

from .clinic import CHANNEL, END, START, Receiver, admission

pytestmark = pytest.mark.slow

ROLES = ("intake", "deliver", "learn", "api")


class House:
    """A data folder with one channel, and the processes that serve it."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.http_port, self.source_port = free_port(), free_port()
        self.record, self.ward = Receiver(free_port()), Receiver(free_port())
        self._content = folder / "content"
        self._logs = folder / "logs"
        self._logs.mkdir()
        (self._content / "channels").mkdir(parents=True)
        (self._content / "channels" / "admissions.yaml").write_text(
            CHANNEL.format(source=self.source_port, record=self.record.port, ward=self.ward.port),
            encoding="utf-8",
        )
        self.processes: list[subprocess.Popen[bytes]] = []

    def serve(self, *options: str) -> subprocess.Popen[bytes]:
        """Start a ``lianyi serve``."""
        command = [sys.executable, "-m", "lianyi.cli", "serve"]
        command += ["--data", str(self.data), "--content", str(self._content)]
        command += ["--http-port", str(self.http_port), *options]
        with self._log(len(self.processes)).open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def said(self, process: subprocess.Popen[bytes]) -> str:
        """What a process and its roles have written."""
        return self._log(self.processes.index(process)).read_text("utf-8", "replace")

    def _log(self, number: int) -> Path:
        return self._logs / f"serve-{number}.log"

    def close(self) -> None:
        """End everything."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(timeout=60)
        self.record.close()
        self.ward.close()

    def is_open(self, port: int) -> bool:
        """Whether somebody listens at a port."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def until_it_serves(self) -> None:
        """Wait until the channel takes messages and the console answers."""
        eventually(
            lambda: self.is_open(self.source_port) and self.is_open(self.http_port), self.everything
        )

    def everything(self) -> str:
        """What all processes have written, for a complaint."""
        return "\n".join(self.said(process)[-3000:] for process in self.processes)

    def deliver(self, control_id: str) -> None:
        """Send a message until it is acknowledged, and see it delivered."""
        eventually(lambda: self._send(control_id) == "AA", self.everything)
        eventually(
            lambda: any(f"|{control_id}|" in one for one in self.record.received), self.everything
        )

    def _send(self, control_id: str) -> str:
        try:
            with socket.create_connection(("127.0.0.1", self.source_port), timeout=20) as wire:
                wire.sendall(START + admission(control_id, "600001").encode() + END)
                answer = wire.recv(65536)
        except OSError:
            return ""
        return answer.decode().partition("MSA|")[2][:2]


def eventually(done: Callable[[], Any], complaint: Callable[[], str] = str) -> Any:
    """Ask until there is an answer other than no."""
    for _ in range(900):
        if found := done():
            return found
        time.sleep(0.1)
    raise AssertionError(complaint())


def descendants(process: subprocess.Popen[bytes]) -> dict[int, str]:
    """The living processes that a process started: number to command line."""
    children: dict[int, list[int]] = {}
    commands: dict[int, str] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            status = (entry / "stat").read_text().rpartition(")")[2].split()
            commands[int(entry.name)] = (
                (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            )
        except OSError:
            continue
        if status[0] != "Z":
            children.setdefault(int(status[1]), []).append(int(entry.name))
    found: dict[int, str] = {}
    ahead = [process.pid]
    while ahead:
        for child in children.get(ahead.pop(), []):
            found[child] = commands[child]
            ahead.append(child)
    return found


def process_of(process: subprocess.Popen[bytes], role: str) -> int:
    """The process of a role; zero while there is none."""
    mark = f" role {role} "
    return next((n for n, command in descendants(process).items() if mark in command), 0)


def alive(number: int) -> bool:
    """Whether a process lives."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def new_house() -> Iterator[House]:
    with quick_folder() as folder:
        house = House(folder)
        yield house
        house.close()


@pytest.fixture
def house() -> Iterator[House]:
    with new_house() as house:
        yield house


@pytest.fixture(scope="module")
def served() -> Iterator[House]:
    """A house that serves and goes on serving, whatever is done to a part of it."""
    with new_house() as house:
        house.serve()
        house.until_it_serves()
        yield house


def test_roles_split_over_two_processes_share_one_data_folder_and_survive_its_owner(
    house: House,
) -> None:
    first = house.serve("--roles", "intake,api")
    second = house.serve("--roles", "deliver,learn")
    house.until_it_serves()
    house.deliver("SPLIT1")
    assert process_of(first, "intake")
    assert not process_of(first, "deliver")
    turns = [
        os.getpriority(os.PRIO_PROCESS, process_of(second, role)) for role in ("deliver", "learn")
    ]
    assert turns[0] < turns[1], "what learns lets go first what delivers"
    owner, other = (first, second) if "postgres" in str(descendants(first)) else (second, first)
    assert "shares it" in house.said(other)

    owner.send_signal(signal.SIGKILL)
    owner.wait()

    roles = ROLES if owner is first else ("deliver", "learn")
    house.serve("--roles", ",".join(role for role in ROLES if role in roles))
    house.deliver("SPLIT2")
    assert other.poll() is None
    assert "Traceback" not in house.everything()


def test_readiness_says_which_role_is_missing_and_is_well_when_it_comes(house: House) -> None:
    def ready() -> tuple[int, dict[str, Any]]:
        try:
            answer = httpx.get(f"http://127.0.0.1:{house.http_port}/readyz", timeout=5)
        except httpx.HTTPError:
            return 0, {}
        return answer.status_code, answer.json()["checks"]

    first = house.serve("--roles", "intake,api,learn", "--json")
    house.until_it_serves()
    status, checks = eventually(lambda: ready() if ready()[0] == 503 else None, house.everything)
    assert (status, checks["database"]["ok"], checks["deliver"]["ok"]) == (503, True, False)
    assert checks["deliver"]["problem"]["code"] == "LY-1612"
    eventually(lambda: ready()[1]["intake"]["ok"], house.everything)

    second = house.serve("--roles", "deliver", "--json")

    eventually(lambda: ready()[0] == 200, house.everything)
    told, alone = start_facts(house.said(first)), start_facts(house.said(second))
    assert told["console"] == f"http://127.0.0.1:{house.http_port}"
    assert told["roles"] == ["intake", "api", "learn"]
    assert Path(told["token_file"]).read_text().strip() not in house.said(first)
    assert (alone["roles"], alone["console"], alone["process"]) == (["deliver"], None, second.pid)


def start_facts(said: str) -> Any:
    """Return the line of JSON that a start prints, among the lines of its log."""
    (line,) = [line for line in said.splitlines() if line.startswith('{"console"')]
    return json.loads(line)


def test_a_second_serve_on_the_same_folder_waits_for_the_port_and_takes_over(house: House) -> None:
    first = house.serve()
    house.until_it_serves()
    second = house.serve()
    eventually(lambda: house.said(second).count("LY-1103 cannot listen") > 1, house.everything)
    assert "shares it" in house.said(second)
    house.deliver("TWICE1")

    first.terminate()
    assert first.wait(timeout=60) == 0

    house.until_it_serves()
    house.deliver("TWICE2")
    assert second.poll() is None
    assert "postgres" in str(descendants(second))
    assert "Traceback" not in house.everything()


def test_ctrl_c_ends_everything(house: House) -> None:
    process = house.serve()
    house.until_it_serves()
    children = list(descendants(process))
    assert len(children) > len(ROLES)

    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=60) == 0
    assert [number for number in children if alive(number)] == []


def test_a_signal_during_the_start_gives_the_start_up(house: House) -> None:
    process = house.serve()
    eventually(lambda: "socket_folder" in read_record(house.data))

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=60) == 0
    assert descendants(process) == {}
    assert "Traceback" not in house.said(process)
    house.serve()
    house.until_it_serves()


def test_nothing_outlives_a_killed_serve(house: House) -> None:
    process = house.serve()
    house.until_it_serves()
    children = list(descendants(process))

    process.kill()
    process.wait()

    eventually(lambda: not any(alive(number) for number in children))
    house.serve()
    house.until_it_serves()
    house.deliver("AGAIN1")


@pytest.mark.parametrize("role", ["intake", "deliver", "api"])
def test_a_killed_role_comes_back(served: House, role: str) -> None:
    (process,) = served.processes
    killed = process_of(process, role)

    os.kill(killed, signal.SIGKILL)

    eventually(lambda: process_of(process, role) not in (0, killed), served.everything)
    served.until_it_serves()
    served.deliver(f"BACK{role.upper()}")


def test_a_port_in_use_is_told_plainly_and_taken_when_it_is_free(house: House) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", house.http_port))
        squatter.listen()
        process = house.serve()
        eventually(lambda: house.said(process).count("LY-1103 cannot listen") > 1, house.everything)
        assert f"[127.0.0.1:{house.http_port}]" in house.said(process)
        assert process.poll() is None

    house.until_it_serves()
    house.deliver("FREE1")
    assert "Traceback" not in house.said(process)
