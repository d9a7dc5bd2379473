"""How long the patient index takes to read, key, compare and score, in µs (medians).

``python -m benchmarks.identity_values [--json]``; over 20,000 registrations of the simulated city,
in processor time of one core, garbage collection included. Every run reads registrations that no
run read before, as they come to a hospital; ``judge`` is over the pairs that share a key.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from random import Random

from benchmarks.identity_quality import candidates
from lianyi.projections.identity.blocking import blocking_keys
from lianyi.projections.identity.evidence import compare_registrations
from lianyi.projections.identity.scoring import Scorer
from lianyi.projections.identity.traits import read_registration
from lianyi.simulate.city.registrations import registrations
from lianyi.simulate.city.settings import CitySettings

COUNT = 20_000
RUNS = 5


def median_us(work: Callable[[int], object], count: int = COUNT) -> float:
    """Median time of one of ``count`` pieces of work, in µs, rounded to a tenth."""
    times = []
    for run in range(RUNS):
        begin = time.process_time()
        work(run)
        times.append((time.process_time() - begin) / count * 1e6)
    return round(statistics.median(times), 1)


def measure() -> dict[str, float]:
    """Each figure by name, in µs."""
    stream = registrations(CitySettings(seed=3), COUNT * (RUNS + 1))
    said = [entry.registration for entry in stream]
    runs = [said[COUNT * run : COUNT * (run + 1)] for run in range(1, RUNS + 1)]
    traits = [read_registration(registration) for registration in said[:COUNT]]
    other = traits[:]
    Random(1).shuffle(other)
    same = sorted(traits, key=lambda one: one.name.letters)
    met = [(traits[a], traits[b]) for a, b in candidates([(None, one) for one in traits])]
    scorer = Scorer()
    return {
        "generate": median_us(lambda run: list(registrations(CitySettings(seed=3), COUNT))),
        "read": median_us(lambda run: list(map(read_registration, runs[run]))),
        "keys": median_us(lambda run: [blocking_keys(one) for one in traits]),
        "compare strangers": median_us(lambda run: list(map(compare_registrations, traits, other))),
        "compare namesakes": median_us(
            lambda run: list(map(compare_registrations, same, same[1:]))
        ),
        "score strangers": median_us(lambda run: list(map(scorer.score, traits, other))),
        "score namesakes": median_us(lambda run: list(map(scorer.score, same, same[1:]))),
        "judge pairs that meet": median_us(
            lambda run: [scorer.judge(a, b) for a, b in met], len(met)
        ),
    }


if __name__ == "__main__":
    figures = measure()
    if "--json" in sys.argv[1:]:
        print(json.dumps(figures))
    else:
        for name, microseconds in figures.items():
            print(f"{name:20} {microseconds:8.1f} µs {1e6 / microseconds:12,.0f} /s")
