"""A role that ends is started again; whoever is told to stop, stops; nobody outlives a parent."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lianyi.api.settings import own_address
from lianyi.app import Settings
from lianyi.base.embedded.failures import PostgresDidNotStart
from lianyi.cli import running
from lianyi.cli import supervisor as supervising
from lianyi.cli.common import Where
from lianyi.cli.running import NotLoopback, Platform, is_loopback
from lianyi.cli.supervisor import Supervisor


def python(script: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", script, *arguments]


async def begun(command: Sequence[str]) -> asyncio.subprocess.Process:
    """Start a program of any kind."""
    return await asyncio.create_subprocess_exec(*command)


async def until(file: Path, lines: int) -> list[str]:
    """Wait until a file has so many lines."""
    while True:
        found = file.read_text().splitlines() if file.exists() else []
        if len(found) >= lines:
            return found
        await asyncio.sleep(0.02)


NOTE = "import os, sys; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n');"


async def test_a_role_that_ends_is_started_again(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    supervisor = Supervisor(begun, {"brief": python(NOTE, str(notes))})
    running = asyncio.create_task(supervisor.run())

    numbers = await until(notes, 3)
    supervisor.stop()
    await running

    assert len(set(numbers)) == len(numbers)


async def test_a_role_that_does_not_want_to_stop_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "STOP_SECONDS", 0.2)
    notes = tmp_path / "notes"
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN);" + NOTE + "time.sleep(600)"
    supervisor = Supervisor(begun, {"deaf": python(deaf, str(notes))})
    running = asyncio.create_task(supervisor.run())
    (number,) = await until(notes, 1)

    supervisor.stop()
    await running

    with pytest.raises(ProcessLookupError):
        os.kill(int(number), 0)


def platform(settings: Settings, *roles: str, file: Path | None = None) -> Platform:
    """A platform that is not run, or runs no role."""
    return Platform(settings, file, roles, start=begun, process=os.getpid())


def test_whose_parent_is_gone_already_ends_at_once() -> None:
    script = "from lianyi.cli.forking import die_with_parent; die_with_parent(1); print('alive')"
    done = subprocess.run(python(script), capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (1, "")


def test_whoever_was_asked_to_stop_ends_in_any_case() -> None:
    script = (
        "import time; from lianyi.cli import supervisor\n"
        "supervisor.STOP_SECONDS = 1; supervisor.end_soon(); time.sleep(600)"
    )
    done = subprocess.run(python(script), capture_output=True)

    assert done.returncode == -signal.SIGALRM


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.9.9.9"])
def test_a_loopback_is_recognised(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "no.such.host.invalid"])
def test_the_console_opens_on_the_loopback_only(host: str, tmp_path: Path) -> None:
    settings = Where(None, tmp_path / "data", tmp_path).load(http_host=host)

    with pytest.raises(NotLoopback):
        platform(settings, "api")
    platform(settings, "deliver")


@pytest.mark.parametrize(
    "setting",
    [
        "trusted_proxies = ['10.0.0.5']",
        "certificate_file = 'lianyi.pem'\nkey_file = 'lianyi.key'",
    ],
)
def test_beyond_this_machine_the_console_is_encrypted(tmp_path: Path, setting: str) -> None:
    file = tmp_path / "lianyi.toml"
    file.write_text(f"[https]\n{setting}\n", encoding="utf-8")
    settings = Where(file, tmp_path / "data", tmp_path).load(http_host="10.1.2.3")

    address = platform(settings, "api", file=file).address

    assert address.startswith("https://" if "certificate" in setting else "http://")


def test_port_zero_becomes_a_port_that_can_be_told(tmp_path: Path) -> None:
    settings = Where(None, tmp_path / "data", tmp_path).load(http_port=0)

    address = platform(settings, "api").address

    assert 0 < int(address.rpartition(":")[2]) < 65536


def test_the_address_of_the_console_is_a_url() -> None:
    assert own_address("127.0.0.1", 8080, secure=False) == "http://127.0.0.1:8080"
    assert own_address("::1", 8080, secure=False) == "http://[::1]:8080"


class Takeover:
    """A database that another process ran; taking it over fails as often as it is told."""

    def __init__(self, fails: int) -> None:
        self.opened = 0
        self.fails = fails
        self.platform: Platform | None = None

    @asynccontextmanager
    async def open(self, *_: object, **__: object) -> AsyncIterator[str]:
        self.opened += 1
        if 1 < self.opened <= 1 + self.fails:
            raise PostgresDidNotStart(where="cluster", why="lock file exists", log="postgres.log")
        yield "postgresql://nowhere/lianyi"

    async def watch(self, platform: Platform) -> None:
        """The database is lost at once; who has taken it over is told to end."""
        if self.opened > 1:
            platform._end()

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def nothing(*_: object) -> None:
            pass

        monkeypatch.setattr(running, "open_database", self.open)
        monkeypatch.setattr(running, "migrate", nothing)
        monkeypatch.setattr(running, "TAKEOVER_PAUSE_SECONDS", 0.0)
        monkeypatch.setattr(Platform, "_watch", lambda platform: self.watch(platform))


async def test_a_takeover_that_fails_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Takeover(fails=3)
    database.install(monkeypatch)

    await platform(Where(None, tmp_path / "data", tmp_path).load()).run()

    assert database.opened == 5


async def test_a_takeover_is_not_tried_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Takeover(fails=1_000_000)
    database.install(monkeypatch)
    monkeypatch.setattr(running, "TAKEOVER_SECONDS_MAX", 0.1)

    with pytest.raises(PostgresDidNotStart):
        await platform(Where(None, tmp_path / "data", tmp_path).load()).run()

    assert database.opened > 1
