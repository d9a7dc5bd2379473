"""What the machine is, what processes cost it, and how fast its disk makes things durable."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).parents[1]


def describe() -> dict[str, object]:
    """Return what figures are worth nothing without."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory_kb = int(Path("/proc/meminfo").read_text().split()[1])
    return {
        "cores": os.cpu_count(),
        "cpu": cpu,
        "memory_mb": memory_kb // 1024,
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def commit() -> str:
    """Return the git commit; ``+`` when there are changes since."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=12", "--dirty=+"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that live."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, task.read_text().split())
    return found


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    try:
        return [pid, *(one for child in children(pid) for one in family(child))]
    except OSError:
        return []


def words(pid: int) -> list[str]:
    """Return by which words a process was started; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").replace("\0", " ").split()
    except OSError:
        return []


def cpu_seconds(pid: int, *, whole_family: bool = False) -> float:
    """Return the processor time of a process, with that of its children if wanted.

    Children that have ended count too, once their parent has seen their end.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total = sum(map(int, fields[11 : 15 if whole_family else 13])) / TICKS
        if whole_family:
            total += sum(cpu_seconds(child, whole_family=True) for child in children(pid))
    except OSError:
        return 0.0
    return total


def memory_mb(pids: list[int]) -> tuple[float, float]:
    """Return RSS, where what processes share counts for each, and PSS, where it counts once."""
    rss = pss = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
        rss += sizes["Rss"]
        pss += sizes["Pss"]
    return rss / 1024, pss / 1024


def busy_elsewhere(seconds: float = 1.0) -> float:
    """Return how many cores other programs use now, while we sleep."""

    def used() -> int:
        fields = list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]))
        return sum(fields) - fields[3] - fields[4]

    before = used()
    time.sleep(seconds)
    return (used() - before) / TICKS / seconds


def syncs_per_second(folder: Path, *, seconds: float, size_bytes: int = 8192) -> float:
    """Return how often a second the disk makes a block durable: ``write`` and ``fdatasync``."""
    path = folder / "disk"
    block = os.urandom(size_bytes)
    handle = os.open(path, os.O_CREAT | os.O_WRONLY)
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        os.write(handle, block)
        os.fdatasync(handle)
        count += 1
    seconds = time.perf_counter() - began
    os.close(handle)
    path.unlink()
    return count / seconds
