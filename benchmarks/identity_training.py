"""What a hospital's own model is worth: ``python benchmarks/identity_training.py [COUNT] [SEED]``.

A simulated city of COUNT registrations teaches a proposal; another of the same size is judged by
the shipped model and by the proposal, and so are the traps. Pairs, not persons.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.ids import record_id
from lianyi.projections.identity.matching import Activated, Matching
from lianyi.projections.identity.model import shipped_model
from lianyi.projections.identity.traits import read_registration
from lianyi.projections.identity.upkeep import proposals, shadow
from lianyi.projections.identity.upkeep.neighbourhood import Near, Neighbourhood, meeting
from lianyi.simulate.city.registrations import registrations
from lianyi.simulate.city.settings import CitySettings
from lianyi.simulate.city.traps import trap_pairs


def town(count: int, seed: int) -> tuple[Neighbourhood, dict[int, int]]:
    """A city as the index has it when everybody is found, and whose each record is."""
    rows: dict[int, Near] = {}
    truth: dict[int, int] = {}
    oldest: dict[int, int] = {}
    for entry in registrations(CitySettings(seed=seed), count):
        said = entry.registration
        record = record_id(*said.key)
        assert said.received_at
        person = oldest.setdefault(entry.person, record)
        rows[record] = Near(record, said.key, said.received_at, None, person, said)
        truth[record] = entry.person
    rows = dict(sorted(rows.items()))
    near = Neighbourhood(
        rows, tuple(rows.values()), frozenset(rows), True, len(rows), {}, [], frozenset()
    )
    return near, truth


def judge(near: Neighbourhood, truth: dict[int, int], activated: Activated) -> str:
    """Say how many pairs are linked rightly, wrongly, asked about, and missed."""
    matching = Matching(activated)
    traits = shadow.read(near, activated)
    found: Counter[tuple[str, bool]] = Counter()
    for a, b in meeting(shadow.keys_of(near, traits), near.focus):
        score = matching.judge(traits[a], traits[b])
        lane = score.lane.name if score else "NEW"
        found[lane, truth[a] == truth[b]] += 1
    right, wrong = found["AUTO", True], found["AUTO", False]
    return (
        f"AUTO {right} right {wrong} wrong, precision {right / max(right + wrong, 1):.6f};"
        f" REVIEW {found['REVIEW', True]} right {found['REVIEW', False]} wrong;"
        f" missed {found['NEW', True]}"
    )


def main(count: int = 20_000, seed: int = 31) -> None:
    """Print both."""
    near, truth = town(count, seed)
    began = time.perf_counter()
    made = proposals.make(near, Activated(shipped_model()), lambda: None)
    print(f"trained in {time.perf_counter() - began:.1f} s: {made.lessons}")
    other, other_truth = town(count, seed + 1)
    for activated in (Activated(shipped_model()), made.activated):
        matching = Matching(activated)
        linked = Counter(
            pair.trap
            for pair in trap_pairs(seed=seed, each=100)
            if matching.scorer.score(
                read_registration(pair.first, activated.learned),
                read_registration(pair.second, activated.learned),
            ).lane
            is Lane.AUTO
        )
        print(f"{activated.model.name}: traps linked {dict(linked)}")
        print(f"  at home   {judge(near, truth, activated)}")
        print(f"  elsewhere {judge(other, other_truth, activated)}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
