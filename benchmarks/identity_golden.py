"""How long folding, the golden record and the counts of data quality take, in µs (medians).

``python benchmarks/identity_golden.py [--json]``; persons with three records of the simulated city,
in processor time of one core, garbage collection included. ``read`` is what only reading the same
three records takes: names, numbers, dates, telephones, addresses.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime

from lianyi.projections.identity.counting import count, sketch
from lianyi.projections.identity.folding import Saying, fold
from lianyi.projections.identity.golden import golden, to_json
from lianyi.projections.identity.statements import Registered
from lianyi.projections.identity.traits import read_registration
from lianyi.simulate.city.registrations import registrations
from lianyi.simulate.city.settings import CitySettings

COUNT = 20_000
RUNS = 5
RECORDS = 3
AT = datetime(2026, 3, 1, tzinfo=UTC)


def persons() -> list[list[Saying]]:
    """The sayings of every person who has three records or more, one of each of three."""
    found: dict[int, list[Saying]] = defaultdict(list)
    for entry in registrations(CitySettings(seed=3), COUNT):
        said = entry.registration
        found[entry.person].append(Saying(Registered(said, AT, "A04"), AT, AT, said.source, "adt"))
    return [said[:RECORDS] for said in found.values() if len(said) >= RECORDS]


def measure() -> dict[str, float]:
    """Each figure by name, in µs for one person with three records."""
    said = persons()

    def median_us(work: Callable[[], object]) -> float:
        times = []
        for _ in range(RUNS):
            begin = time.process_time()
            work()
            times.append((time.process_time() - begin) / len(said) * 1e6)
        return round(statistics.median(times), 1)

    records = [[fold([one]) for one in person] for person in said]
    plain = [[record.registration for record in person] for person in records]
    held = [golden(person) for person in records]
    crowd = sketch(plain)
    return {
        "fold": median_us(lambda: [[fold([one]) for one in person] for person in said]),
        "read": median_us(lambda: [[read_registration(one) for one in p] for p in plain]),
        "golden": median_us(lambda: [golden(person) for person in records]),
        "to_json": median_us(lambda: [to_json(one) for one in held]),
        "first look": median_us(lambda: sketch(plain)),
        "second look": median_us(lambda: count(plain, crowd)),
    }


if __name__ == "__main__":
    figures = measure()
    if "--json" in sys.argv[1:]:
        print(json.dumps(figures))
    else:
        for name, us in figures.items():
            print(f"{name:>12} {us:8} µs for one person with {RECORDS} records")
