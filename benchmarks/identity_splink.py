"""Whether our expectation maximisation finds what Splink's finds from the same lessons.

``python benchmarks/identity_splink.py [PAIRS] [SEED]`` beside an installed Splink 5 (``pip install
splink duckdb``; it is no dependency of ours, see ``projections/identity/upkeep/training.py``).

Each lesson becomes pairs of two invented records whose columns *are* the levels. Splink cannot be
told which pairs are known, so neither is ours here. The lessons are drawn from chances of which
none is near 0: Splink 5.0.0 stops with an error where the chance of a level falls to 0, as it does
in the simulated city.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from random import Random

import pyarrow as pa

from lianyi.projections.identity.model import LEVELS, shipped_model
from lianyi.projections.identity.upkeep.training import (
    ELEMENTS,
    Known,
    Lesson,
    estimate,
)

COMPARED = ("name", "birth", "sex", "phone", "address")


def chances(random: Random, *, nearest: float) -> dict[str, list[float]]:
    """Draw the chance of each level of each element; of the nearest it is about so much."""
    found = {}
    for element in COMPARED:
        parts = [random.uniform(0.5, 1.5) for level in LEVELS[element] if level.value > 1]
        near = random.uniform(nearest * 0.9, nearest * 1.1)
        found[element] = [*(one / sum(parts) * (1 - near) for one in parts), near]
    return found


def lessons_of(
    random: Random, m: dict[str, list[float]], u: dict[str, list[float]], pairs: int
) -> Counter[Lesson]:
    """Draw what pairs teach: four in ten are about one person, a tenth of the values is missing."""
    found: Counter[Lesson] = Counter()
    for _ in range(pairs):
        of = m if random.random() < 0.4 else u
        vector = [0] * len(ELEMENTS)
        for at, element in enumerate(ELEMENTS):
            if element in COMPARED and random.random() < 0.9:
                levels = range(1, len(of[element]) + 1)
                vector[at] = random.choices(levels, of[element])[0]
        found[Lesson(tuple(vector), Known.NOTHING)] += 1
    return found


def by_splink(lessons: Counter[Lesson]) -> dict[str, dict[str, float]]:
    """Return m of each level as Splink finds it."""
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl
    from splink import Linker, SettingsCreator, block_on
    from splink.internals.duckdb.database_api import DuckDBAPI

    columns = defaultdict(list)
    for one, n in lessons.items():
        for _ in range(n):
            pair = len(columns["pair"]) // 2
            for side in (0, 1):
                columns["unique_id"].append(2 * pair + side)
                columns["pair"].append(pair)
                for element, level in zip(ELEMENTS, one.vector, strict=True):
                    if element in COMPARED:
                        columns[element].append(level)
    shipped = shipped_model()
    comparisons = []
    for element in COMPARED:
        levels = [cll.CustomLevel(f"{element}_l = 0").configure(is_null_level=True)]
        for level in sorted(LEVELS[element], key=lambda one: -one.value):
            if level.value > 0:
                chances = shipped.fields[element][level.name]
                said = cll.CustomLevel(f"{element}_l = {level.value}", level.name)
                levels.append(said.configure(m_probability=chances.m, u_probability=chances.u))
        comparisons.append(cl.CustomComparison(levels, output_column_name=element))
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[block_on("pair")],
        probability_two_random_records_match=0.5,
        em_convergence=1e-6,
        max_iterations=200,
    )
    database = DuckDBAPI()
    frame = database.register(pa.table(dict(columns)))
    linker = Linker(frame, settings, log_level=40)
    session = linker.training.estimate_parameters_using_expectation_maximisation(
        block_on("pair"),
        estimate_without_term_frequencies=True,
        fix_u_probabilities=False,
        record_sample_proportion=1.0,
    )
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for row in session.core_model_settings.parameters_as_detailed_records:
        if row.m_probability is not None:
            found[row.comparison_name][row.label_for_charts] = row.m_probability
    return found


def main(pairs: int = 20_000, seed: int = 1) -> None:
    """Print m of each level as it was drawn and as both find it, and the greatest difference."""
    random = Random(seed)
    m, u = chances(random, nearest=0.8), chances(random, nearest=0.05)
    lessons = lessons_of(random, m, u, pairs)
    ours, theirs = estimate(lessons, shipped_model()), by_splink(lessons)
    print(f"{pairs} pairs, {len(lessons)} distinct; {ours.rounds} rounds of ours")
    worst = 0.0
    for element in COMPARED:
        for level in LEVELS[element]:
            if level.value > 0:
                own, other = ours.m[element][level.value], theirs[element][level.name]
                worst = max(worst, abs(own - other))
                true = m[element][level.value - 1]
                print(
                    f"{element:8} {level.name:16} true {true:.5f} ours {own:.5f} splink {other:.5f}"
                )
    print(f"greatest difference {worst:.6f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
