"""Programs are forked from a process that has loaded what they share, and none outlives it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

HARNESS = """
import asyncio, json, os, signal, sys, time
from lianyi.cli.forking import fork_server

def say(**what):
    print(json.dumps(what), flush=True)

forks = fork_server(lambda words: exec(words[0]), load=["colorsys"])

async def main():
"""
"""What every script below begins with; a program is a piece of Python, its words."""

SLEEPS = "say(program=os.getpid()); time.sleep(600)"


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that are killed after the test."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def begin(started: list[subprocess.Popen[str]], body: str) -> subprocess.Popen[str]:
    """Start a script whose main function has this body."""
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    script = f"{HARNESS}{lines}\nasyncio.run(main())\n"
    started.append(
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    )
    return started[-1]


def hear(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return the next thing it says."""
    assert process.stdout
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return told


def ends(number: int) -> bool:
    """Whether a process ends soon."""
    for _ in range(500):
        try:
            if Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_a_program_finds_loaded_what_its_server_has_loaded(
    started: list[subprocess.Popen[str]],
) -> None:
    process = begin(
        started,
        """
        fork = await forks.start(["say(loaded='colorsys' in sys.modules, parent=os.getppid())"])
        await fork.wait()
        say(loaded='colorsys' in sys.modules, parent=forks.server)
        """.replace("        ", ""),
    )

    program, caller = hear(process), hear(process)

    assert program == {"loaded": True, "parent": process.pid}
    assert caller == {"loaded": False, "parent": process.pid}
    assert process.wait(30) == 0


@settings(max_examples=5, deadline=None)
@given(codes=st.lists(st.sampled_from([0, 1, 7, 255, -9, -15]), min_size=1, max_size=12))
def test_each_is_told_its_own_end(codes: list[int]) -> None:
    programs = [
        f"sys.exit({code})" if code >= 0 else f"os.kill(os.getpid(), {-code}); time.sleep(600)"
        for code in codes
    ]
    body = (
        f"made = [await forks.start([words]) for words in {programs!r}]\n"
        "say(codes=[await fork.wait() for fork in made])"
    )
    processes: list[subprocess.Popen[str]] = []
    process = begin(processes, body)
    try:
        assert hear(process) == {"codes": codes}
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("way", "code"), [("terminate", -15), ("kill", -9)])
def test_a_program_is_ended(started: list[subprocess.Popen[str]], way: str, code: int) -> None:
    body = f"fork = await forks.start([{SLEEPS!r}])\nawait asyncio.sleep(0.2)\n"
    process = begin(started, f"{body}fork.{way}()\nsay(code=await fork.wait())")

    number = hear(process)["program"]

    assert hear(process) == {"code": code}
    assert ends(number)


def test_whoever_looks_at_the_processes_sees_what_each_does(
    started: list[subprocess.Popen[str]],
) -> None:
    process = begin(started, f"await forks.start([{SLEEPS!r}])\nawait asyncio.sleep(600)")

    number = hear(process)["program"]

    assert Path(f"/proc/{number}/cmdline").read_bytes().startswith(b"lianyi say(program=")


def test_the_server_ends_as_its_caller_ends(started: list[subprocess.Popen[str]]) -> None:
    assert begin(started, "sys.exit(3)").wait(30) == 3
    assert begin(started, "os.kill(os.getpid(), 9)").wait(30) == 128 + 9


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_caller_hears_what_the_server_is_told(
    started: list[subprocess.Popen[str]], number: signal.Signals
) -> None:
    body = (
        f"asyncio.get_running_loop().add_signal_handler({int(number)}, lambda: sys.exit(5))\n"
        "say(ready=True)\nawait asyncio.sleep(600)"
    )
    process = begin(started, body)
    hear(process)

    process.send_signal(number)

    assert process.wait(30) == 5


@pytest.mark.parametrize("whom", ["server", "caller"])
def test_nobody_outlives_the_server_or_its_caller(
    started: list[subprocess.Popen[str]], whom: str
) -> None:
    body = (
        f"await forks.start([{SLEEPS!r}])\nawait asyncio.sleep(0.3)\n"
        "say(caller=os.getpid())\nawait asyncio.sleep(600)"
    )
    process = begin(started, body)
    program, caller = hear(process)["program"], hear(process)["caller"]

    os.kill(process.pid if whom == "server" else caller, signal.SIGKILL)

    assert ends(process.pid)
    assert ends(program)
    assert ends(caller)
