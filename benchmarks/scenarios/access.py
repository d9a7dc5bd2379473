"""What asking who may see what costs: the script ``benchmarks/access.py`` as figures."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.report import Figure, figure
from benchmarks.scenarios.formats import run_script

DECISION_US, SCOPE_TIMES = 50, 1.3


def access(bench: Bench) -> Iterator[Figure]:
    """Measure a decision, and lists with a scope beside lists without."""
    runs = [run_script("access.py") for _ in range(bench.runs)]

    def row(key: str, words: str, unit: str, most: float | None = None) -> Figure:
        return figure(words, unit, [run[key] for run in runs], most=most, details={"all": runs[0]})

    yield row("decision_us", "access: one decision in the process", "µs", DECISION_US)
    yield row("reach_2000_units_ms", "access: a reach worked out, 2,000 units", "ms")
    yield row("newest_plain_ms", "newest messages, everything seen: p50", "ms")
    yield row("newest_scoped_ms", "newest messages, one organisation of ten: p50", "ms")
    yield row("newest_times", "newest messages: with scope, times without", "x", SCOPE_TIMES)
    yield row("patient_plain_ms", "messages of a patient, everything seen: p50", "ms")
    yield row("patient_scoped_ms", "messages of a patient, one organisation: p50", "ms")
    yield row("patient_times", "messages of a patient: with scope, times without", "x", SCOPE_TIMES)
