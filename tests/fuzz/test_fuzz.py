"""A few thousand mutated messages, the same ones each time; ``make faults`` goes on for longer."""

from __future__ import annotations

from pathlib import Path

from benchmarks.fuzz import TARGETS, fuzz


def test_nothing_but_what_is_foreseen_is_raised(tmp_path: Path) -> None:
    report = fuzz(inputs=6_000, seconds=0, seed=20260301, save_to=tmp_path)

    assert report.failures == []
    assert set(report.by_target) == {name for name, _ in TARGETS}
