"""No data is no zero: when something is known of what is counted, and when nothing is."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from lianyi.applications.indicators.heard import (
    EVERYTHING_KNOWN,
    Heard,
    Lack,
    Span,
    Why,
    lack_of,
    sides_of,
    words_of,
)
from lianyi.applications.indicators.model import Part
from lianyi.projections.operational.star import Kind, star

STAYS = Part(fact="encounter", time="discharged_at", department="discharging")
DEATHS = STAYS.model_copy(update={"where": "died", "department": "admitting"})
OPERATIONS = Part(fact="surgery", time="started_at", department="operating")
STARTED = ("surgery", "started_at")
MAY, JUNE, JULY = 316, 317, 318
months = st.integers(300, 330)
rows = st.dictionaries(
    st.tuples(st.sampled_from(["H1", "H2", None]), months), st.integers(0, 3), max_size=8
)


def heard(
    stays: Mapping[tuple[str | None, int], int], operations: Mapping[tuple[str | None, int], int]
) -> Heard:
    sides = sides_of([STAYS, OPERATIONS])
    cells = dict(zip(sides.values(), (stays, operations), strict=True))
    return Heard.counted(sides, cells, {})  # type: ignore[arg-type]


@given(stays=rows, operations=rows, first=months, length=st.integers(0, 12))
def test_a_figure_is_known_exactly_between_the_first_and_the_newest_row_of_a_hospital_of_it(
    stays: dict[tuple[str | None, int], int],
    operations: dict[tuple[str | None, int], int],
    first: int,
    length: int,
) -> None:
    asked = Span(first, first + length)
    told = heard(stays, operations)
    for hospitals in ({"H1"}, {"H2"}, {None}, {"H1", "H2"}, None):
        known = True
        for some in (stays, operations):
            spans = []
            for one in {
                hospital for hospital, _ in some if hospitals is None or hospital in hospitals
            }:
                came = [m for (h, m), count in some.items() if h == one and count]
                if came:
                    spans.append(range(min(came), max(came) + 1))
            asked_months = set(range(asked.first, asked.newest + 1))
            known &= any(asked_months & set(span) for span in spans)
        lack = told.lack([STAYS, OPERATIONS], hospitals, asked)
        assert (lack is None) == known
        if lack is not None:
            assert (lack.why is Why.NEVER) == (lack.month is None)
            assert told.no_data([STAYS, OPERATIONS], hospitals, asked)


@given(stays=rows, first=months, length=st.integers(0, 6), more=st.integers(0, 6))
def test_a_longer_period_or_more_hospitals_never_know_less(
    stays: dict[tuple[str | None, int], int], first: int, length: int, more: int
) -> None:
    told = heard(stays, {})
    if told.lack([STAYS], {"H1"}, Span(first, first + length)) is None:
        assert told.lack([STAYS], {"H1", "H2"}, Span(first - more, first + length + more)) is None


def test_a_quiet_month_between_is_a_true_zero_and_what_lies_outside_is_not() -> None:
    spans = [Span(MAY, JULY)]
    assert lack_of(STARTED, spans, Span(JUNE, JUNE)) is None
    assert lack_of(STARTED, spans, Span(MAY - 2, MAY - 1)) == Lack(STARTED, Why.BEFORE, MAY)
    assert lack_of(STARTED, spans, Span(JULY + 1, JULY + 1)) == Lack(STARTED, Why.NOT_YET, JULY)
    assert lack_of(STARTED, [], Span(MAY, JULY)) == Lack(STARTED, Why.NEVER)


def test_a_narrow_figure_is_known_by_all_rows_of_its_fact_in_its_hospital() -> None:
    ((side, every),) = sides_of([DEATHS, STAYS]).items()
    assert side == ("encounter", "discharged_at")
    assert (every.where, every.aggregate) == ("", "rows")
    told = heard({("H1", JUNE): 4}, {})
    assert told.lack([DEATHS], {"H1"}, Span(JUNE, JUNE)) is None
    assert told.lack([DEATHS], {"H2"}, Span(JUNE, JUNE)) is not None
    assert told.lack([STAYS, OPERATIONS], {"H1"}, Span(JUNE, JUNE)) == Lack(STARTED, Why.NEVER)


def test_what_happens_now_is_known_of_who_ever_sent_a_row() -> None:
    told = heard({("H1", MAY): 1}, {})
    assert told.never(STAYS, {"H1"}) is None
    assert told.never(STAYS, {"H2"}) is not None
    assert EVERYTHING_KNOWN.never(OPERATIONS, {"H2"}) is None
    assert EVERYTHING_KNOWN.lack([OPERATIONS], None, Span(JUNE, JUNE)) is None


def test_what_became_of_orders_is_known_where_somebody_says_it() -> None:
    ordered = Part(fact="order", time="ordered_at", department="ordering")
    closed = ordered.model_copy(update={"known_by": "has(reported_at)"})
    sides = sides_of([ordered, closed])
    assert [one.where for one in sides.values()] == ["", "has(reported_at)"]
    rows = {("H1", JUNE): 9, ("H2", JUNE): 9}
    told = Heard.counted(
        sides, dict(zip(sides.values(), (rows, {("H1", JUNE): 1}), strict=True)), {}
    )
    here = Span(JUNE, JUNE)
    assert told.lack([ordered, closed], {"H1"}, here) is None
    assert told.lack([ordered], {"H2"}, here) is None
    lacking = told.no_data([closed], {"H2"}, here)
    assert lacking is not None
    assert lacking.zh == (
        "无数据（尚未接入）：从未收到含“报告时间”的“一条医嘱”数据，可由ORU、OUL 消息带来"
    )
    told_of = words_of(Lack(("result", "reported_at", "has(answered_at)"), Why.NEVER), {})
    assert "content/operational/<来源>/result.yaml" in told_of.zh


def test_words_name_the_fact_the_reason_and_who_would_bring_it() -> None:
    never = words_of(Lack(STARTED, Why.NEVER), {})
    assert never.zh == "无数据（尚未接入）：从未收到含“手术开始”的“一台手术”数据，可由SIU 消息带来"
    mapped = words_of(Lack(STARTED, Why.NEVER), {"surgery": {"anaesthesia"}})
    assert "尚未生成" in mapped.zh
    assert "anaesthesia" in mapped.zh
    assert "the mapping of anaesthesia or messages SIU" in mapped.en
    by_table = words_of(Lack(("slot", star()["slot"].of_kind(Kind.INSTANT)[0]), Why.NEVER), {})
    assert "content/operational/<来源>/slot.yaml" in by_table.zh
    by_itself = words_of(Lack(("link_day", "at"), Why.NEVER), {})
    assert "由平台在每日结束后自行算出" in by_itself.zh
    assert "content/operational" not in by_itself.en
    assert "2026-06" in words_of(Lack(STARTED, Why.NOT_YET, JUNE), {}).zh
    assert "2026-05" in words_of(Lack(STARTED, Why.BEFORE, MAY), {}).en
    for fact in star():
        assert words_of(
            Lack((fact, star()[fact].of_kind(Kind.INSTANT)[0]), Why.NEVER), {}
        ).zh.startswith("无数据")
