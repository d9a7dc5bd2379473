"""Starting programs that die with us, and recognising those that belong to a cluster."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from lianyi.base.embedded.account import Account

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def start_process(
    command: Sequence[str | Path], account: Account, output: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a program as ``account``; it is asked to stop (SIGINT) when our thread ends.

    Call it from a thread that lives as long as the process, best the main one: Linux ties the
    signal to the thread. The program gets a session of its own, so that Ctrl-C reaches only us,
    an environment of its own (no ``PG…`` variable of the user), and no open file but ``output``.

    Raises:
        OSError: the program cannot be run.
    """
    who = (
        {"user": account.uid, "group": account.gid, "extra_groups": account.groups}
        if account.dropped
        else {}
    )
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]  # noqa: S603
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        start_new_session=True,
        umask=0o077,
        preexec_fn=_dies_with(os.getpid()),
        **who,
    )


async def finished(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end of a process and return its exit code; when cancelled, end it."""
    try:
        while (code := process.poll()) is None:
            await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        process.kill()
        process.wait()
        raise
    return code


def _dies_with(parent: int) -> Callable[[], None] | None:
    """Return what the child does before the program: Linux only, after privileges are dropped."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask_for_signal() -> None:
        prctl(PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask_for_signal


def processes_of(cluster: Path) -> list[int]:
    """Return the numbers of the PostgreSQL processes that work in a cluster.

    PostgreSQL makes the cluster its working folder. That, not a number in ``postmaster.pid``,
    tells our processes from foreign ones. Empty where there is no ``/proc``.
    """
    return [
        int(entry.name)
        for entry in Path("/proc").glob("[0-9]*")
        if _link(entry / "cwd") == str(cluster) and _link(entry / "exe").endswith("/postgres")
    ]


def _link(path: Path) -> str:
    """Return where a link of ``/proc`` points; empty when it is gone or not ours to read."""
    try:
        return str(path.readlink()).removesuffix(" (deleted)")
    except OSError:
        return ""
