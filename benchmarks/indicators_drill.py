"""Whether the rows behind a figure add up to it, and lie in sight: many random questions.

    python -m benchmarks.indicators_drill --cases 10000

Each case draws an indicator, a caliber, a side, months and somebody who sees some hospitals, some
departments of others, or only his own rows; the listed rows are added up in Python, with no SQL.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from random import Random

from tests.unit.applications.indicators import two_stars
from tests.unit.applications.indicators.two_stars import DEPARTMENTS, DOCTORS

from lianyi.applications.indicators.engine import Engine, ShelfStar
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.reading import read_indicators
from lianyi.applications.indicators.settings import IndicatorSettings
from lianyi.applications.indicators.window import EVERYWHERE, Places, Window

ROWS_MAX = 10_000
FIRST = 312  # January 2026


def added(part: Part, rows: list[dict]) -> Decimal:
    """Return what listed rows come to, counted by hand."""
    if part.aggregate == "rows":
        return Decimal(len(rows))
    span = part.span
    if span is not None:
        pairs = [(row[span.begin], row[span.end]) for row in rows]
        spans = [end.replace(microsecond=0) - begin.replace(microsecond=0)
                 for begin, end in pairs if begin and end]  # fmt: skip
        return sum((Decimal(int(one.total_seconds())) for one in spans), Decimal(0))
    values = [row[part.of] for row in rows if row[part.of] is not None]
    if part.aggregate == "distinct":
        return Decimal(len(set(values)))
    return sum(map(Decimal, values), Decimal(0))


def somebody(random: Random) -> tuple[Places, frozenset[str] | None]:
    """Return what somebody sees."""
    pairs = [(h, d) for h, some in DEPARTMENTS.items() for d in some]
    places = random.choice(
        [
            EVERYWHERE,
            Places(frozenset({random.choice(sorted(DEPARTMENTS))})),
            Places(frozenset(), frozenset(random.sample(pairs, 2))),
            Places(frozenset({"H2"}), frozenset({random.choice(pairs[:2])})),
        ]
    )
    return places, frozenset({random.choice(DOCTORS)}) if random.random() < 0.2 else None


def main() -> None:
    """Ask, add up, and say how many cases there were."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=10_000)
    asked.add_argument("--seed", type=int, default=1)
    said = asked.parse_args()
    random = Random(said.seed)
    known, _ = read_indicators(Path("/nowhere"))
    parts = [part for one in known.values() for caliber in one.calibers for part in caliber.parts()]
    began, listed = time.perf_counter(), 0
    with tempfile.TemporaryDirectory() as name:
        two_stars.put(Path(name), count=300)
        engine = Engine(ShelfStar(Path(name)), IndicatorSettings())
        for number in range(said.cases):
            part = random.choice(parts)
            places, doctors = somebody(random)
            first = FIRST + random.randrange(3)
            window = Window(first, first + random.randrange(3), places, doctors)
            cell = engine.figures([part], window, ())[part][()]
            span = part.span
            of = [span.begin, span.end] if span else [part.of] if part.of else []
            rows = engine.rows(part, window, of, skip=0, limit=ROWS_MAX).rows
            assert Decimal(cell) == added(part, rows), (number, part, window)
            for row in rows:
                assert places.holds(row["hospital"], row[part.department]), (number, part, window)
                assert doctors is None or row[part.doctor] in doctors, (number, part, window)
            listed += len(rows)
    seconds = time.perf_counter() - began
    print(f"{said.cases} cases, {listed} rows behind them, none apart, none out of sight;"
          f" {seconds:.0f} s")  # fmt: skip


if __name__ == "__main__":
    main()
