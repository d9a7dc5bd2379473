"""Fill the disk of the data folder: the platform says so, loses nothing, and resumes."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

MEGABYTE = 1_048_576


def why_not() -> str:
    """Say why this machine cannot play a full disk; empty when it can."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return "only root may mount a small disk"
    with tempfile.TemporaryDirectory() as name:
        tried = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", name],
            check=False,
            capture_output=True,
        )
        if tried.returncode:
            return "this machine does not let us mount a small disk"
        subprocess.run(["umount", name], check=True)
    return ""


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """Mount a disk of a size for as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="lianyi-disk-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0711", "tmpfs", name]
        subprocess.run(mount, check=True)
        try:
            yield folder
        finally:
            subprocess.run(["umount", "-l", name], check=True)


def fill(disk: Path, *, percent: float) -> Path:
    """Put a file on a disk that makes it this full; return the file."""
    ballast = disk / "ballast"
    usage = shutil.disk_usage(disk)
    size = int(usage.total * percent / 100) - usage.used
    with ballast.open("ab") as file, contextlib.suppress(OSError):
        while size > 0:
            size -= file.write(b"\0" * min(size, MEGABYTE))
            file.flush()
    return ballast
