"""Marks, totals and ranks; and what is wrong with a card."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lianyi.applications.indicators.quality.reading import read_rules
from lianyi.applications.indicators.reading import read_indicators
from lianyi.applications.indicators.scores.marking import Measured, degree, ranks, score
from lianyi.applications.indicators.scores.model import Card, Component, Version
from lianyi.applications.indicators.scores.problems import BadCard
from lianyi.applications.indicators.scores.reading import find_card, lint_card, read_cards
from lianyi.applications.indicators.views import BothWords

INDICATORS, _ = read_indicators(Path("/nowhere"))
RULES, _ = read_rules(Path("/nowhere"))
NOTHING = Measured(None, None, None, BothWords(zh="无数据", en="no data"))
values = st.one_of(st.none(), st.floats(0, 100))


def component(name: str = "lab", **more: Any) -> Component:
    said = {
        "component": name,
        "name": {"zh": "检验闭环", "en": "laboratory"},
        "aim": "loop",
        "indicator": "ORD-004",
        "weight": 10,
        "better": "up",
        "full_at": 90,
        "zero_at": 50,
        "source": {"document": "办法", "paragraph": "一"},
    }
    return Component.model_validate(said | more)


def version(*components: Component, **more: Any) -> Version:
    said = {"version": 1, "valid_from": date(2026, 1, 1), "components": list(components)}
    return Version.model_validate(said | more)


def measured(value: float | None) -> Measured:
    return NOTHING if value is None else Measured(value, value, 100.0, None)


def test_a_mark_grows_evenly_from_its_zero_to_its_full_value() -> None:
    one = component()
    assert [degree(one, value) for value in (0, 50, 70, 90, 100)] == [0, 0, 0.5, 1, 1]
    down = component(better="down", full_at=10, zero_at=30)
    assert [degree(down, value) for value in (0, 10, 20, 30, 90)] == [1, 1, 0.5, 0, 0]


def test_a_person_adds_up_the_same_total() -> None:
    of = version(component("a", weight=30), component("b", weight=10), component("c", weight=60))
    found = score(of, {"a": measured(70), "b": measured(90), "c": NOTHING})
    assert found.total == 62.5  # (30 * 0.5 + 10 * 1) of 40
    assert found.known == 40
    assert [one.points for one in found.marks] == [15, 10, None]
    assert not found.ranked
    assert score(of.model_copy(update={"known_min": 40}), {
        "a": measured(70), "b": measured(90), "c": NOTHING,
    }).ranked  # fmt: skip


@given(values=st.lists(values, min_size=1, max_size=6), weights=st.data())
def test_what_is_not_known_never_lowers_nor_raises_a_total(
    values: list[float | None], weights: st.DataObject
) -> None:
    parts = [
        component(f"c{n}", weight=weights.draw(st.integers(1, 50))) for n in range(len(values))
    ]
    told = {f"c{n}": measured(value) for n, value in enumerate(values)}
    whole = score(version(*parts), told)
    known = [one for one, value in zip(parts, values, strict=True) if value is not None]
    assert (whole.total is None) == (not known)
    if known:
        alone = score(version(*known), told)
        assert whole.total == alone.total
        assert alone.known == 100
        assert whole.known == pytest.approx(
            100 * sum(one.weight for one in known) / sum(one.weight for one in parts)
        )
        assert whole.total is not None
        assert 0 <= whole.total <= 100


def test_equal_totals_share_a_rank_and_who_is_little_known_has_none() -> None:
    of = version(component("a"), component("b"))
    totals = {"D1": (90, 90), "D2": (70, 70), "D3": (90, 90), "D4": (None, None)}
    scores = {
        department: score(of, {"a": measured(a), "b": measured(b)})
        for department, (a, b) in totals.items()
    }
    assert ranks(scores) == {"D1": 1, "D3": 1, "D2": 3}


def card(*versions: Version) -> Card:
    said = {
        "card": "loops",
        "title": {"zh": "评分", "en": "scores"},
        "owner": "质控办",
        "source": {"document": "办法", "paragraph": "一"},
        "versions": list(versions),
    }
    return Card.model_validate(said)


def test_the_shipped_cards_name_what_is_there_and_mislead_nobody() -> None:
    files = read_cards(Path("/nowhere"))
    assert list(files) == ["loops"]
    for name in files:
        found = find_card(files, name, INDICATORS, RULES)
        assert lint_card(found, INDICATORS, RULES) == []
        assert sum(one.weight for one in found.versions[0].components) == 100
        assert {one.aim for one in found.versions[0].components} == {"quality", "loop", "bedside"}


def test_what_misleads_in_a_card_is_found() -> None:
    asks_itself = component("q", indicator="", rules=["ORD-004", "ORD-003"])
    turned = component("t", better="down", full_at=50, zero_at=90)
    vague = component("v", source={"document": "办法", "paragraph": "办法"}, full_at=120)
    twice = [version(asks_itself, turned, vague, vague), version(component(), version=1)]
    found = lint_card(card(*twice), INDICATORS, RULES)
    words = "；".join(f"{one.where}：{one.words.zh}" for one in found)
    for wanted in (
        "有效期重叠", "版本号没有增大", "v1 q：ORD-004 检查归属科室本身",
        "v1 q：ORD-003 检查归属时间本身", "v1 t：优劣方向与 ORD-004 不一致",
        "v1 v：依据未指明段落", "v1 v：阈值超出 0–100%", "v1 v：名称重复",
    ):  # fmt: skip
        assert wanted in words


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("indicator: ORD-999", "ORD-999"),
        ("indicator: ORD-003", "没有这一比例型口径"),
        ("rules: [ORD-001, LAKE-999]", "LAKE-999"),
        ("indicator: ''", "a component has an indicator, or rules"),
        ("wieght: 3", "wieght"),
    ],
)
def test_a_card_that_names_what_is_not_there_is_refused(
    tmp_path: Path, change: str, says: str
) -> None:
    shipped = read_cards(tmp_path)["loops"].read_text(encoding="utf-8")
    (tmp_path / "scores").mkdir()
    broken = shipped.replace("indicator: ORD-004", change)
    (tmp_path / "scores" / "loops.yaml").write_text(broken, encoding="utf-8")
    with pytest.raises(BadCard) as refused:
        find_card(read_cards(tmp_path), "loops", INDICATORS, RULES)
    assert says in refused.value.text("zh") + refused.value.where


def test_a_card_of_the_hospital_takes_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "scores").mkdir()
    shipped = read_cards(tmp_path)["loops"].read_text(encoding="utf-8")
    own = shipped.replace("weight: 20", "weight: 40")
    (tmp_path / "scores" / "loops.yaml").write_text(own, encoding="utf-8")
    found = find_card(read_cards(tmp_path), "loops", INDICATORS, RULES)
    assert found.versions[0].weights == 120
    with pytest.raises(BadCard, match="loops"):
        find_card(read_cards(tmp_path), "loop", INDICATORS, RULES)


def test_a_component_says_one_thing() -> None:
    with pytest.raises(ValidationError, match="better side"):
        component(full_at=50, zero_at=90)
    with pytest.raises(ValidationError, match="one of them"):
        component(rules=["ORD-001"])


def test_a_month_is_scored_by_the_version_of_its_last_day() -> None:
    old = version(component(), valid_to=date(2026, 3, 30))
    new = version(component(), version=2, valid_from=date(2026, 3, 31))
    of = card(old, new)
    assert of.on(date(2026, 2, 28)) == old
    assert of.on(date(2026, 3, 31)) == new
    assert of.on(date(2025, 12, 31)) is None
