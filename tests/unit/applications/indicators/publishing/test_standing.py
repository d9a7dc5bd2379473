"""What holds of all that was said: signatures bound to what is counted, entries, targets."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.applications.indicators.model import (
    Caliber,
    Indicator,
    Part,
    definition,
    definition_hash,
)
from lianyi.applications.indicators.publishing.alarming import (
    reached,
    target_band,
    usual_band,
)
from lianyi.applications.indicators.publishing.entering import entered_value
from lianyi.applications.indicators.publishing.heeding import conditions
from lianyi.applications.indicators.publishing.model import Alert, Decision, Definition, Said
from lianyi.applications.indicators.publishing.periods import parse_period
from lianyi.applications.indicators.publishing.problems import BadPeriod
from lianyi.applications.indicators.publishing.standing import (
    State,
    caliber_for,
    entries,
    heard_by,
    in_force,
    last_words,
    signature,
    state_of,
    target_for,
)

ABOVE = {
    "fact": "encounter",
    "where": 'class == "inpatient" && died',
    "aggregate": "rows",
    "of": "",
    "time": "discharged_at",
    "department": "discharging",
}
BELOW = ABOVE | {"where": 'class == "inpatient"', "aggregate": "sum", "of": "stay_days"}
CALIBER = {
    "caliber": "hospital",
    "version": 1,
    "title": {"zh": "院内", "en": "here"},
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "numerator": ABOVE,
    "denominator": BELOW,
    "by_form": "",
    "not_available": "",
    "mixed_because": "",
}
INDICATOR = {
    "indicator": "TST-001",
    "name": {"zh": "测试", "en": "test"},
    "category": "safety",
    "meaning": "测试",
    "unit": "percent",
    "better": "down",
    "owner": "医务部",
    "source": {"document": "测试", "paragraph": "一"},
    "exam": 0,
    "drill": ["encounter"],
    "calibers": [CALIBER],
}


def indicator(**changed: Any) -> Indicator:
    return Indicator.model_validate(INDICATOR | changed)


def caliber(**changed: Any) -> Indicator:
    return indicator(calibers=[CALIBER | changed])


def part(side: str, **changed: Any) -> Indicator:
    return caliber(**{side: CALIBER[side] | changed})  # type: ignore[operator]


FORM = {"numerator": None, "denominator": None}
COUNTS: dict[str, Callable[[], Indicator]] = {
    "Indicator.unit": lambda: indicator(unit="per_mille"),
    "Caliber.valid_from": lambda: caliber(valid_from="2026-02-01"),
    "Caliber.valid_to": lambda: caliber(valid_to=None),
    "Caliber.numerator": lambda: caliber(numerator=BELOW),
    "Caliber.denominator": lambda: caliber(denominator=None),
    "Caliber.by_form": lambda: caliber(**FORM, by_form="填报"),
    "Caliber.not_available": lambda: caliber(**FORM, not_available="没有数据"),
}
PART_COUNTS: dict[str, dict[str, Any]] = {
    "fact": {"fact": "surgery", "where": "", "time": "started_at", "department": "operating"}
    | {"aggregate": "rows", "of": ""},
    "where": {"where": "died"},
    "aggregate": {"aggregate": "distinct", "of": "patient"},
    "of": {"aggregate": "sum", "of": "icu_days"},
    "time": {"time": "admitted_at"},
    "department": {"department": "admitting"},
    "known_by": {"known_by": "icu_days > 0"},
}
SAYS: dict[str, Callable[[], Indicator]] = {
    "Indicator.indicator": lambda: indicator(indicator="TST-002"),
    "Indicator.name": lambda: indicator(name={"zh": "另", "en": "other"}),
    "Indicator.category": lambda: indicator(category="quality"),
    "Indicator.meaning": lambda: indicator(meaning="另"),
    "Indicator.better": lambda: indicator(better="up"),
    "Indicator.owner": lambda: indicator(owner="护理部"),
    "Indicator.source": lambda: indicator(source={"document": "另", "paragraph": "二"}),
    "Indicator.exam": lambda: indicator(exam=7),
    "Indicator.exam_growth": lambda: indicator(exam_growth={"zh": "增", "en": "growth"}),
    "Indicator.drill": lambda: indicator(drill=[]),
    "Caliber.caliber": lambda: caliber(caliber="other"),
    "Caliber.version": lambda: caliber(version=2),
    "Caliber.title": lambda: caliber(title={"zh": "另", "en": "other"}),
    "Caliber.mixed_because": lambda: caliber(mixed_because="因为"),
}


def hash_of(one: Indicator) -> str:
    return definition_hash(one, one.calibers[0])


def test_every_field_is_either_counted_or_only_said() -> None:
    names = {f"Indicator.{field}" for field in Indicator.model_fields}
    names |= {f"Caliber.{field}" for field in Caliber.model_fields}
    assert names == {*COUNTS, *SAYS, "Indicator.calibers"}
    assert set(Part.model_fields) == set(PART_COUNTS)


@pytest.mark.parametrize("field", COUNTS)
def test_a_change_of_what_is_counted_takes_the_signature_away(field: str) -> None:
    assert hash_of(COUNTS[field]()) != hash_of(indicator())


@pytest.mark.parametrize(
    ("side", "field"), [*itertools.product(("numerator", "denominator"), PART_COUNTS)]
)
def test_a_change_of_a_part_takes_the_signature_away(side: str, field: str) -> None:
    assert hash_of(part(side, **PART_COUNTS[field])) != hash_of(indicator())


@pytest.mark.parametrize("field", SAYS)
def test_a_change_of_words_keeps_the_signature(field: str) -> None:
    assert hash_of(SAYS[field]()) == hash_of(indicator())


def test_blanks_of_a_condition_keep_the_signature() -> None:
    assert hash_of(part("numerator", where='( class=="inpatient" )  &&died')) == hash_of(
        indicator()
    )


def test_a_definition_comes_back_as_it_was_kept() -> None:
    one = indicator()
    said = definition(one, one.calibers[0])
    back = Definition.of(said)
    assert [part.canonical() for part in back.parts] == [
        part.canonical() for part in one.calibers[0].parts()
    ]


# ---- sequences ----------------------------------------------------------------------------------

FILES = [part("numerator", where=where) for where in ("died", "fell", "infected")]
"""Three things that a file may say as version 1, one after the other and back."""


def decision(number: int, said: Said, **facts: Any) -> Decision:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    of = ("TST-001", "hospital", facts.pop("hospital", ""))
    return Decision(number, said, *of, facts, "x", UUID(int=1), at, 0, number)


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["edit", Said.PROPOSED, Said.APPROVED, Said.WITHDRAWN]),
            st.integers(0, 2),
        ),
        max_size=12,
    )
)
def test_a_caliber_stands_as_a_plain_model_says(steps: list[tuple[Any, int]]) -> None:
    decisions: list[Decision] = []
    file, model = 0, dict.fromkeys(range(3), "")
    for number, (what, which) in enumerate(steps, start=1):
        if what == "edit":
            file = which
        else:
            hashed = hash_of(FILES[which])
            decisions.append(decision(number, what, hash=hashed, version=1, note=""))
            model[which] = what
        others = [model[other] for other in model if other != file]
        expected = {
            Said.APPROVED: State.APPROVED,
            Said.PROPOSED: State.PROPOSED,
        }.get(model[file], State.CHANGED if Said.APPROVED in others else State.DRAFT)
        words = last_words(decisions)
        state, _ = state_of(FILES[file], FILES[file].calibers[0], words)
        assert state is expected
        signed = signature(words, "TST-001", "hospital", hash_of(FILES[file]))
        assert (signed is not None) == (state is State.APPROVED)


def test_a_version_is_superseded_when_a_later_one_is_approved() -> None:
    first = CALIBER | {"valid_to": "2026-06-30"}
    second = CALIBER | {"version": 2, "valid_from": "2026-07-01"}
    both = indicator(calibers=[first, second])
    old, new = both.calibers
    words = last_words([decision(1, Said.APPROVED, hash=definition_hash(both, old), version=1)])
    assert state_of(both, old, words)[0] is State.APPROVED
    assert state_of(both, new, words)[0] is State.DRAFT
    later = decision(2, Said.APPROVED, hash=definition_hash(both, new), version=2)
    words |= last_words([later])
    assert state_of(both, old, words)[0] is State.SUPERSEDED
    assert caliber_for(both, "", parse_period("2026-05")) is old
    assert caliber_for(both, "hospital", parse_period("2026-08")) is new
    assert caliber_for(both, "", parse_period("2026")) is None


# ---- entries, targets, alarms -------------------------------------------------------------------


def _said(kinds: str) -> Iterator[Decision]:
    """Give entries of one figure for each ``e``; for a digit, the confirmation of that entry."""
    for number, kind in enumerate(kinds, start=1):
        if kind == "e":
            yield decision(number, Said.ENTERED, period="2025", numerator=str(number))
        else:
            yield decision(number, Said.CONFIRMED, period="2025", entry=int(kind))


@pytest.mark.parametrize(
    ("kinds", "states"),
    [
        ("e", ["waits"]),
        ("e1", ["holds"]),
        ("ee", ["waits", "waits"]),
        ("e1e", ["holds", "waits"]),
        ("e1e3", ["replaced", "holds"]),
        ("ee2", ["replaced", "holds"]),
    ],
)
def test_of_one_figure_the_last_confirmed_entry_holds(kinds: str, states: list[str]) -> None:
    told = [
        "replaced" if one.replaced else "waits" if one.waits else "holds"
        for one in entries(list(_said(kinds)))
    ]
    assert told == states


def test_a_target_of_the_hospital_goes_before_one_of_all() -> None:
    def target(number: int, hospital: str, value: float | None) -> Decision:
        facts = {"period": "2026", "department": "", "value": value, "ends": value is None}
        return decision(number, Said.TARGETED, hospital=hospital, **facts)

    said = [target(1, "", 5), target(2, "HA", 4), target(3, "HB", 3), target(4, "HB", None)]
    holding = in_force(said, Said.TARGETED)

    def found(hospital: str) -> float | None:
        return target_for(holding, ("TST-001", "hospital", hospital, ""), "2026")

    assert (found("HA"), found("HB"), found("HC")) == (4, 5, 5)
    assert target_for(holding, ("TST-001", "hospital", "HA", ""), "2025") is None


def test_a_band_is_told_of_a_target_and_of_what_was_usual() -> None:
    assert target_band(10, "up", 5) == (9.5, None)
    assert target_band(10, "down", 0) == (None, 10)
    assert target_band(-10, "neither", 10) == (-11, -9)
    assert usual_band([1, 2, 3, 4, 5], 2) is None
    band = usual_band([2, 4, 4, 4, 5, 5, 7, 9], 2)  # mean 5, deviation 2
    assert band == (1, 9)
    assert band.holds(9)
    assert not band.holds(9.1)
    assert reached(3, 4, "down")
    assert reached(None, 4, "down") is None


def test_periods_are_whole_months() -> None:
    for written in ("2026", "2026Q4", "2026-12"):
        period = parse_period(written)
        assert str(period) == written
        assert period.last_day == date(2026, 12, 31)
        assert str(period.before(12)) == written.replace("2026", "2025")
    for bad in ("", "26", "2026-13", "2026Q5", "2026-1", "2026-01-01", "1999"):
        with pytest.raises(BadPeriod):
            parse_period(bad)


def test_an_entered_figure_is_in_the_unit_unless_it_is_a_quotient() -> None:
    one = indicator()
    assert entered_value(one.unit, "97.5", None) == 97.5
    assert entered_value(one.unit, "39", "40") == 97.5
    assert entered_value(indicator(unit="yuan").unit, "500", "4") == 125.0
    assert entered_value(one.unit, "1", "0") is None


RAISED = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(["", "D1"])), min_size=1, max_size=12
)


@given(cells=RAISED, noted=st.sets(st.integers(1, 12), max_size=3))
def test_a_condition_is_open_once_and_what_is_noted_answers_for_all_before(
    cells: list[tuple[str, str]], noted: set[int]
) -> None:
    alerts = [
        Alert(
            kind="target", code="TST-001", caliber="hospital", hospital=hospital,
            department=department, first_month=n, last_month=n, value=1.0, lowest=2.0,
            highest=None, published=n, rule=1, raised_at=datetime(2026, 1, n, tzinfo=UTC), alert=n,
        )
        for n, (hospital, department) in enumerate(cells, start=1)
    ]  # fmt: skip
    notes = [decision(100 + n, Said.ACKNOWLEDGED, alert=n, note="x") for n in sorted(noted)]
    about = {one.alert: (one.hospital, one.department) for one in alerts}
    heard = heard_by(notes, about)
    shown = list(conditions(alerts[::-1], heard))
    waiting = [one for one, _ in shown if one.alert not in heard]
    assert len({about[one.alert] for one in waiting}) == len(waiting)
    for one, times in shown:
        if one.alert in heard:
            continue
        same = [n for n, what in about.items() if what == about[one.alert]]
        last = max((n for n in noted if n in same), default=0)
        assert one.alert == max(same)
        assert [other.alert for other in times] == [n for n in reversed(same) if n > last]
    answered = {n for n, what in about.items() for m in noted if m in about
                if about[m] == what and n <= m}  # fmt: skip
    assert set(heard) == answered
