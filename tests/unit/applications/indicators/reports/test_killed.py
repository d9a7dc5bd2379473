"""A process that is killed at the worst moment loses no report and sends none under two names."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from .postbox import Postbox, post
from .report_house import Reported, reporting

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[5]


class Silent(asyncio.Protocol):
    """Takes a connection and says nothing."""

    def __init__(self, began: asyncio.Event) -> None:
        self._began = began

    def connection_made(self, _transport: asyncio.BaseTransport) -> None:
        self._began.set()


def begin(of: Reported, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Let another process make reports."""
    module = "tests.unit.applications.indicators.reports.worker"
    now = of.house.clock.now().isoformat()
    command = [sys.executable, "-m", module, of.house.dsn, str(folder), now, str(port)]
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path})


async def test_killed_between_making_and_sending_another_process_sends_what_was_made(
    database: str, tmp_path: Path
) -> None:
    loop = asyncio.get_running_loop()
    began = asyncio.Event()
    silent = await loop.create_server(lambda: Silent(began), "127.0.0.1", 0)
    async with post() as box, reporting(database, tmp_path, port=box.port) as of:
        await of.order("president")
        await of.later(timedelta(days=31))
        process = begin(of, tmp_path, silent.sockets[0].getsockname()[1])
        try:
            async with asyncio.timeout(240):
                await began.wait()
            assert await of.maker.look() == 0  # the other one holds it
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        silent.close()
        run = await of.house.pool.fetchrow("SELECT run, state, sha256 FROM reports.run")
        assert run["state"] == "made"
        file = tmp_path / "data" / "reports" / f"{run['run']}.pdf"
        before = file.stat()
        async with asyncio.timeout(120):
            while await of.maker.look() == 0:
                await asyncio.sleep(0.1)
        assert len(box.letters) == 1
        assert file.stat().st_mtime_ns == before.st_mtime_ns
        kinds = [one for one in await of.acts() if one.startswith("report.")]
        assert kinds == ["report.ordered", "report.made", "report.sent"]


async def test_killed_after_the_server_took_it_the_letter_keeps_its_name(
    database: str, tmp_path: Path
) -> None:
    taken = Postbox()
    killed: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        """The letter is taken; its sender dies before he hears of it."""
        killed[0].send_signal(signal.SIGKILL)
        killed[0].wait()

    async with post(taken) as box, reporting(database, tmp_path, port=box.port) as of:
        await of.order("president")
        await of.later(timedelta(days=31))
        first = Postbox(data=kill)
        async with post(first) as fatal:
            killed.append(begin(of, tmp_path, fatal.port))
            async with asyncio.timeout(240):
                while not first.letters:
                    await asyncio.sleep(0.1)
        async with asyncio.timeout(120):
            while await of.maker.look() == 0:
                await asyncio.sleep(0.1)
        ((_, again),) = taken.letters
        ((_, once),) = first.letters
        assert once["Message-ID"] == again["Message-ID"]
        assert once.as_bytes().split(b"\n\n", 1)[0].count(b"Message-ID") == 1
