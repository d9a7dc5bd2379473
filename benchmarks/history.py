"""How fast a history is made, how much room it takes, and how much memory.

    python -m benchmarks.history [--encounters 200000] [--out FOLDER]

Runs ``lianyi simulate history`` in a process of its own and prints one JSON object. What it says of
five million encounters is extrapolated in a straight line, and called so.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FULL = 5_000_000


def measure(encounters: int, folder: Path) -> dict[str, float]:
    """Make one history below a folder; return rows, seconds, bytes and the greatest memory."""
    command = [sys.executable, "-m", "lianyi.simulate", "history", "--out", str(folder)]
    began = time.perf_counter()
    done = subprocess.run(
        [*command, "--encounters", str(encounters)], check=True, capture_output=True, text=True
    )
    seconds = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    rows = sum(json.loads(done.stdout)["rows"].values())
    size = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
    return {
        "encounters": encounters,
        "rows": rows,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "rows_per_second": round(rows / seconds),
        "megabytes": round(size / 1e6),
        "peak_memory_megabytes": round(used.ru_maxrss / 1e3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encounters", type=int, default=200_000)
    parser.add_argument("--out", type=Path, help="keep what is made below this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lianyi-history-") as made:
        measured = measure(options.encounters, options.out or Path(made))
    factor = FULL / options.encounters
    straight = {name: round(measured[name] * factor) for name in ("rows", "seconds", "megabytes")}
    print(json.dumps({"measured": measured, f"extrapolated to {FULL:,}": straight}, indent=2))


if __name__ == "__main__":
    main()
