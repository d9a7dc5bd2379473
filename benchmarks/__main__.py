"""``python -m benchmarks``: measure, print a table, write ``benchmarks/results/latest.json``.

A target that is missed is marked, never an error: the exit code is 0.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import machine, report
from benchmarks.bench import Bench
from benchmarks.report import Figure
from benchmarks.scenarios import SCENARIOS

LATEST = Path(__file__).parent / "results" / "latest.json"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="What the platform can do on this machine."
    )
    parser.add_argument("--only", action="append", choices=[*SCENARIOS], metavar="NAME",
                        help=f"only this, may be repeated: {', '.join(SCENARIOS)}")  # fmt: skip
    parser.add_argument("--seconds", type=float, default=10.0, help="of each window")
    parser.add_argument("--runs", type=int, default=3, help="windows for each figure")
    parser.add_argument("--quick", action="store_true", help="one window of 2 s each: a trial")
    parser.add_argument("--patients", type=int, default=2000)
    parser.add_argument("--search-messages", type=int, default=0, help="e.g. 10_000_000")
    parser.add_argument("--audit-acts", type=int, default=0, help="e.g. 10_000_000")
    parser.add_argument("--soak-minutes", type=float, default=0.0, help="e.g. 60")
    parser.add_argument("--star", type=Path, help="e.g. data/star: counts its indicators")
    parser.add_argument("--work", type=Path, help="a folder on the disk to measure")
    parser.add_argument("--output", type=Path, default=LATEST)
    options = parser.parse_args()
    if options.only == ["audit"] and not options.audit_acts:
        options.audit_acts = 10_000_000
    if options.quick:
        options.seconds, options.runs = 2.0, 1

    about: dict[str, object] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": machine.commit(),
        "machine": machine.describe(),
        "versions": {name: version(name) for name in ("lianyi", "asyncpg", "uvloop")},
        "seconds": options.seconds,
        "runs": options.runs,
        "cores_busy_before": round(machine.busy_elsewhere(), 2),
    }
    print(f"{about['machine']}\ncommit {about['commit']}, other programs use"
          f" {about['cores_busy_before']} cores\n", flush=True)  # fmt: skip
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="lianyi-bench-", dir=options.work) as made:
        work = Path(made)
        work.chmod(0o711)
        bench = Bench(
            seconds=options.seconds,
            runs=options.runs,
            work=work,
            patients=options.patients,
            search_messages=options.search_messages,
            audit_acts=options.audit_acts,
            soak_minutes=options.soak_minutes,
            star=options.star,
        )
        for name, scenario in SCENARIOS.items():
            if options.only and name not in options.only:
                continue
            began = time.monotonic()
            try:
                for one in scenario(bench):
                    figures.append(one)
                    print(report.row(one), flush=True)
            except Exception as error:  # noqa: BLE001 - the other scenarios are still worth it
                print(f"{name}: could not be measured: {error!r}", file=sys.stderr, flush=True)
                failed = about.setdefault("failed", {})
                assert isinstance(failed, dict)
                failed[name] = repr(error)
            report.write(options.output, figures, about)
            print(f"{'':-<52} {name}: {time.monotonic() - began:.0f} s", flush=True)
    missed = [one.name for one in figures if one.met is False]
    print(f"\n{len(figures)} figures, {len(missed)} targets missed; {options.output}")


if __name__ == "__main__":
    main()
