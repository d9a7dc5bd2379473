"""The engine keeps its promises in every simulated hospital, and every planted bug is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.simulation.history import Broken
from tests.simulation.mutants import MUTANTS, Undo
from tests.simulation.world import simulate

SEEDS = 200
SEEDS_FOR_A_MUTANT = 60


def test_every_promise_is_kept_whatever_happens() -> None:
    results = [simulate(seed) for seed in range(SEEDS)]

    assert sum(result.crashes for result in results) > SEEDS
    assert sum(result.repeats for result in results) > SEEDS
    assert sum(result.deliveries for result in results) > 50 * SEEDS


def test_the_same_seed_is_the_same_run() -> None:
    assert simulate(11) == simulate(11)
    assert simulate(11).digest != simulate(12).digest


@pytest.mark.parametrize("plant", MUTANTS, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_found(plant: Callable[[], Undo]) -> None:
    undo = plant()
    try:
        with pytest.raises(Broken) as found:
            simulate_many(SEEDS_FOR_A_MUTANT)
    finally:
        undo()
    assert "Error" not in str(found.value)  # the bug itself, not a slip of who planted it


def simulate_many(seeds: int) -> None:
    for seed in range(seeds):
        simulate(seed)
