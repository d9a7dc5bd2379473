"""Cut the power under the embedded database, again and again: on a file system that forgets.

The file system keeps writes in memory until they are fsynced; a cut drops them. ``kill -9`` shows
nothing of this, because the page cache survives it. A harness that cannot see a loss proves
nothing, so the first thing done is to switch ``fsync`` off and to find the loss.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg

from benchmarks.faults.disk import why_not as why_no_mount
from benchmarks.faults.site import REPOSITORY
from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.base.embedded import PostgresServer
from lianyi.base.embedded.processes import processes_of
from lianyi.base.errors import LianyiError
from lianyi.base.migrations import migrate
from lianyi.messagelog import NewMessage, Position, PostgresLog

SHARD = 1
CHANNEL = 1
OWNER = UUID(int=1)
"""The same after each cut, so that nobody waits for a lease to run out."""


@dataclass
class PowerReport:
    """What a run of power cuts came to."""

    cuts: int = 0
    acked: int = 0
    lost: int = 0
    restarted: bool = True
    why: str = ""

    @property
    def caught(self) -> bool:
        """Whether acknowledged messages are gone, or the database does not come back."""
        return self.cuts > 0 and (bool(self.lost) or not self.restarted)

    def line(self) -> str:
        """Return the report as one line of text."""
        state = "starts again" if self.restarted else f"DOES NOT START ({self.why})"
        return f"{self.cuts} cuts, {self.acked} acknowledged, {self.lost} lost, {state}"


def why_not() -> str:
    """Say why this machine cannot play a power cut; empty when it can."""
    if _tool() is None:
        return "tools/lossyfs.py is not there (LIANYI_SHARED or ../shared)"
    if not Path("/dev/fuse").exists() or shutil.which("fusermount3") is None:
        return "there is no FUSE (package fuse3)"
    if ctypes.util.find_library("fuse3") is None and ctypes.util.find_library("fuse") is None:
        return "there is no libfuse"
    if os.geteuid() != 0:
        return "only root may let the account of the database into the mount"
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as refused:
        return f"/dev/fuse does not open ({refused.strerror})"
    return why_no_mount()


def _tool() -> Path | None:
    shared = Path(os.environ.get("LIANYI_SHARED", REPOSITORY.parent / "shared"))
    found = shared / "tools" / "lossyfs.py"
    return found if found.is_file() else None


@contextlib.contextmanager
def lossy_folder() -> Iterator[Path]:
    """Mount a forgetful file system for as long as the block runs."""
    tool = _tool()
    assert tool is not None
    base = Path(tempfile.mkdtemp(prefix="lianyi-power-"))
    base.chmod(0o711)
    (base / "kept").mkdir()
    (base / "mount").mkdir()
    (base / "sockets").mkdir()
    (base / "sockets").chmod(0o777)
    with (base / "lossyfs.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(tool), str(base / "kept"), str(base / "mount")],
            stdout=log,
            stderr=log,
        )
    try:
        for _ in range(100):
            if os.path.ismount(base / "mount"):
                break
            time.sleep(0.1)
        else:
            raise AssertionError((base / "lossyfs.log").read_text())
        yield base / "mount"
    finally:
        subprocess.run(["fusermount3", "-u", "-z", str(base / "mount")], check=False)
        process.terminate()
        process.wait(timeout=20)
        shutil.rmtree(base, ignore_errors=True)


async def cut_again_and_again(
    mount: Path, *, cuts: int, seconds: float = 1.5, settings: dict[str, str] | None = None
) -> PowerReport:
    """Append as the platform does, cut the power, start again, look for what was acknowledged.

    Args:
        mount: of the forgetful file system.
        cuts: how many.
        seconds: of load before each.
        settings: of PostgreSQL, over the product's own.
    """
    report = PowerReport()
    acked: dict[int, bytes] = {}
    data = mount / "data"
    for number in range(cuts + 1):
        server = PostgresServer(
            data,
            socket_dir=mount.parent / "sockets",  # this file system has no sockets
            settings={"shared_buffers": "32MB", **(settings or {})},
        )
        try:
            await server.start()
        except LianyiError as failure:
            report.restarted, report.why = False, failure.text()
            await server.stop()
            return report
        try:
            if number == 0:
                _sync_as_initdb_does(data)
            await migrate(server.dsn)
            try:
                await _look(server, acked, report)
            except asyncpg.PostgresError as error:
                report.restarted, report.why = False, type(error).__name__
                return report
            if number == cuts:
                return report
            await _load_then_cut(server, mount, acked, seconds, report)
        finally:
            await server.stop()
    return report


def _sync_as_initdb_does(data: Path) -> None:
    """Make the new cluster durable: initdb asks for ``syncfs``, which FUSE does not hand on."""
    for path in data.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


async def _look(server: PostgresServer, acked: dict[int, bytes], report: PowerReport) -> None:
    connection = await asyncpg.connect(server.dsn)
    try:
        rows = await connection.fetch(
            "SELECT number, body FROM messagelog.message WHERE shard = $1", SHARD
        )
    finally:
        await connection.close()
    there = {row["number"]: row["body"] for row in rows}
    lost = [number for number, body in acked.items() if there.get(number) != body]
    report.lost += len(lost)
    for number in lost:
        del acked[number]


async def _load_then_cut(
    server: PostgresServer,
    mount: Path,
    acked: dict[int, bytes],
    seconds: float,
    report: PowerReport,
) -> None:
    pool = await open_pool(server.dsn, size_max=4)
    log = PostgresLog(pool, lambda: connect(server.dsn), clock=SystemClock(), owner=OWNER)
    appender = await log.open_appender(SHARD, holder="power")
    ended = asyncio.Event()

    def append() -> None:
        body = RandomIds().new_id().bytes * 32

        def done(position: Position | None, failure: LianyiError | None) -> None:
            if position is None:
                ended.set()
            else:
                acked[position.number] = body
                report.acked += 1
                if not ended.is_set():
                    append()

        appender.append(NewMessage(CHANNEL, "json", body), done)

    for _ in range(20):
        append()
    await asyncio.sleep(seconds)
    _kill_and_cut(server, mount)
    report.cuts += 1
    ended.set()
    await appender.close()
    pool.terminate()


def _kill_and_cut(server: PostgresServer, mount: Path) -> None:
    """Stop the machine: first nobody runs any more, then what was not fsynced is gone."""
    for pid in processes_of(server.data_dir / "postgres" / "cluster"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    crash = Path(f"{mount}.crash")
    crash.touch()
    while crash.exists():
        time.sleep(0.01)


def run(*, cuts: int) -> int:
    """Run self-test and cuts, print; return the exit code."""
    reason = why_not()
    if reason:
        print(f"skipped: {reason}")
        return 0
    with lossy_folder() as mount:
        blind = asyncio.run(cut_again_and_again(mount, cuts=3, settings={"fsync": "off"}))
    print(f"fsync=off (must be caught)   {blind.line()}")
    with lossy_folder() as mount:
        report = asyncio.run(cut_again_and_again(mount, cuts=cuts))
    print(f"the product's settings       {report.line()}")
    good = report.restarted and report.cuts == cuts and report.acked and not report.lost
    return 0 if blind.caught and good else 1
