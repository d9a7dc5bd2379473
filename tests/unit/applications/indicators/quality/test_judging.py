"""Counts, shares and findings: what holds of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.applications.indicators.quality.hospital import KNOWN, put
from tests.unit.applications.indicators.rows import some_rows

from lianyi.applications.indicators.quality.judging import (
    WORSE_BY,
    is_over,
    over_since,
    share,
    standing,
)
from lianyi.applications.indicators.quality.model import Cell, Decision, Result, Said
from lianyi.applications.indicators.quality.reading import read_rules
from lianyi.applications.indicators.quality.surveying import Surveyor
from lianyi.projections.lake.lake import Lake

RULES = read_rules(Path("/nowhere"))[0]
CELL = Cell("his", "H1", "D1")
AT = datetime(2026, 3, 1, tzinfo=UTC)
counts = st.integers(0, 1_000_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


def result(violated: int, denominator: int) -> Result:
    return Result("ENC-001", "x", CELL, violated, denominator)


def decision(said: Said, violated: int, denominator: int) -> Decision:
    facts = {"violated": violated, "denominator": denominator, "note": "n", "to": "t"}
    return Decision(said, "ENC-001", CELL, facts, "who", AT)


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000), unsaid=st.sampled_from([0.0, 0.3, 0.9]))
def test_what_violates_and_what_does_not_is_all_and_departments_add_up(
    seed: int, unsaid: float
) -> None:
    """Against a count of its own: the same rows, one by one, without DuckDB."""
    rows = some_rows("order", 60, seed=seed, unsaid=unsaid)
    for number, row in enumerate(rows):
        row |= {"hospital": ("H1", "H2", None)[number % 3], "origin": "1-1"}
    wanted = [RULES["ORD-001"], RULES["ORD-003"], RULES["ORD-005"], RULES["ORD-006"]]
    with TemporaryDirectory() as folder:
        put(Path(folder), {"order": rows})
        found = Surveyor(Path(folder), Lake(Path(folder) / "lake"), 1, 256).run(wanted, KNOWN)
    for rule, bad, asked in (
        ("ORD-001", lambda one: not one["encounter"], lambda _: True),
        ("ORD-003", lambda one: one["ordered_at"] is None, lambda _: True),
        ("ORD-005", lambda one: one["category"] is None, lambda _: True),
        (
            "ORD-006",
            lambda one: one["executed_at"] < one["ordered_at"],
            lambda one: one["executed_at"] is not None and one["ordered_at"] is not None,
        ),
    ):
        expected: dict[tuple[str, str], tuple[int, int]] = {}
        for row in filter(asked, rows):
            place = row["hospital"] or "", row["ordering"] or ""
            violated, of = expected.get(place, (0, 0))
            expected[place] = violated + bool(bad(row)), of + 1
        mine = {
            (one.cell.hospital, one.cell.department): (one.violated, one.denominator)
            for one in found.results
            if one.rule == rule
        }
        assert mine == expected
        satisfied = sum(not bad(row) for row in filter(asked, rows))
        assert sum(v for v, _ in mine.values()) + satisfied == sum(of for _, of in mine.values())


@given(counts, st.floats(0, 100))
def test_over_is_what_the_share_says(of: tuple[int, int], threshold: float) -> None:
    violated, denominator = of
    exact = denominator > 0 and violated * 100.0 > threshold * denominator
    assert is_over(violated, denominator, threshold) == exact
    assert 0 <= share(violated, denominator) <= 100
    assert not is_over(0, denominator, threshold)


@given(then=counts, now=counts)
def test_what_was_acknowledged_is_open_again_only_when_it_is_a_tenth_worse(
    then: tuple[int, int], now: tuple[int, int]
) -> None:
    found = standing(result(*now), [decision(Said.ACKNOWLEDGED, *then)])
    worse = share(*now) > share(*then) * (1 + WORSE_BY)
    assert (found.state, found.came_back) == (("open", True) if worse else ("acknowledged", False))


@given(st.lists(st.sampled_from(list(Said)), max_size=6))
def test_the_last_word_says_how_a_finding_stands(words: Sequence[Said]) -> None:
    found = standing(result(5, 10), [decision(one, 5, 10) for one in words])
    last = words[-1] if words else Said.REOPENED
    expected = {
        Said.ASSIGNED: "assigned", Said.ACKNOWLEDGED: "acknowledged", Said.REOPENED: "open",
    }  # fmt: skip
    assert found.state == expected[last]
    assert bool(found.to) == (Said.ASSIGNED in words)


@given(st.lists(counts, max_size=8), st.floats(0, 99))
def test_since_is_the_oldest_run_of_the_unbroken_line(
    runs: list[tuple[int, int]], threshold: float
) -> None:
    history = [(AT - timedelta(hours=n), *one) for n, one in enumerate(runs)]
    unbroken = 0
    while unbroken < len(runs) and is_over(*runs[unbroken], threshold):
        unbroken += 1
    expected = history[unbroken - 1][0] if unbroken else None
    assert over_since(history, threshold) == expected
