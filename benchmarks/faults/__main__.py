"""``python -m benchmarks.faults [simulation|kill|power|fuzz]``: without a name, all of them."""

from __future__ import annotations

import argparse
import sys
import time

from benchmarks import fuzz
from benchmarks.faults import kill, power


def simulation(*, seeds: int, first: int) -> int:
    """Run seeds of the deterministic simulation; print the ones that fail."""
    from tests.simulation.history import Broken
    from tests.simulation.world import simulate

    began, failed = time.monotonic(), 0
    crashes = deliveries = 0
    for seed in range(first, first + seeds):
        try:
            result = simulate(seed)
            crashes += result.crashes
            deliveries += result.deliveries
        except Broken as broken:
            failed += 1
            print(f"seed {seed}: {broken}", flush=True)
    print(
        f"{seeds} seeds from {first}, {crashes} crashes, {deliveries} deliveries,"
        f" {failed} failed, {time.monotonic() - began:.0f} s"
    )
    return 1 if failed else 0


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("what", nargs="*", help="simulation kill power fuzz; default: all")
    parser.add_argument("--seeds", type=int, default=10_000, help="of the simulation")
    parser.add_argument("--first", type=int, default=0, help="first seed of the simulation")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the kills")
    parser.add_argument("--rate", type=float, default=200.0, help="messages a second under kills")
    parser.add_argument("--cuts", type=int, default=30, help="power cuts")
    parser.add_argument("--seconds", type=float, default=120.0, help="of fuzzing")
    given = parser.parse_args()
    runs = {
        "simulation": lambda: simulation(seeds=given.seeds, first=given.first),
        "kill": lambda: kill.run(kills=given.kills, seed=given.seed, rate=given.rate),
        "power": lambda: power.run(cuts=given.cuts),
        "fuzz": lambda: fuzz.run(inputs=0, seconds=given.seconds, seed=given.seed),
    }
    unknown = set(given.what) - runs.keys()
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    worst = 0
    for name in given.what or runs:
        print(f"== {name}", flush=True)
        worst = max(worst, runs[name]())
    return worst


if __name__ == "__main__":
    sys.exit(main())
