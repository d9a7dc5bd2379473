"""Reads score cards: those that the product brings, and those of the hospital.

A file ``content/scores/<card>.yaml`` takes the place of ours of that name, or adds a card. What it
names must be there; what is right as far as it can be read and still misleads is a finding.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from lianyi.applications.indicators.book import choose
from lianyi.applications.indicators.model import Indicator, Unit
from lianyi.applications.indicators.quality.model import Check, Rule
from lianyi.applications.indicators.scores.model import Card, Component, Version
from lianyi.applications.indicators.scores.problems import BadCard
from lianyi.applications.indicators.screen_files import parse_screen
from lianyi.applications.indicators.views import BothWords
from lianyi.base.content_files import files_by_name, unknown
from lianyi.projections.operational.star import HOSPITAL, Kind

FOLDER: Final = "scores"
CARDS: Final = "cards"
_ASKS_WHETHER_SAID: Final = frozenset(
    {Check.REQUIRED, Check.VALUE_COMPLETENESS, Check.CONCEPT_COMPLETENESS}
)


class Finding(NamedTuple):
    """What misleads, and where: a version of a card, and one of its components."""

    where: str
    words: BothWords


def read_cards(content_dir: Path) -> dict[str, Traversable]:
    """Return the files of cards by name; those of the hospital take the place of ours."""
    shipped = importlib.resources.files(__package__ or "") / CARDS
    return files_by_name(shipped, content_dir / FOLDER)


def find_card(
    cards: Mapping[str, Traversable],
    name: str,
    indicators: Mapping[str, Indicator],
    rules: Mapping[str, Rule],
) -> Card:
    """Return a card of a name, of which everything that it names is there.

    Raises:
        BadCard: there is none, its file cannot be used, or it names what is not there.
    """
    if name not in cards:
        raise BadCard(where=name, **unknown(name, cards))
    card = parse_screen(cards[name], FOLDER, name, kind=Card, key="card", bad=BadCard)
    for version in card.versions:
        for one in version.components:
            _names(one, f"{FOLDER}/{name}.yaml: {one.component}", version, indicators, rules)
    return card


def _names(
    one: Component,
    place: str,
    version: Version,
    indicators: Mapping[str, Indicator],
    rules: Mapping[str, Rule],
) -> None:
    for code in one.rules:
        if code not in rules:
            raise BadCard(where=place, **unknown(code, rules))
        if rules[code].of_lake:
            raise BadCard(
                where=place,
                why=f"{code} checks a table of the lake, whose rows name no department",
                why_zh=f"{code} 检查数据湖的表，其行不属于任何科室",
            )
    if not one.indicator:
        return
    if one.indicator not in indicators:
        raise BadCard(where=place, **unknown(one.indicator, indicators))
    chosen = choose(indicators[one.indicator], one.caliber, version.valid_from)
    if chosen is None or chosen.caliber.denominator is None:
        raise BadCard(
            where=place,
            why=f"{one.indicator} has no such caliber that is a share",
            why_zh=f"{one.indicator} 没有这一比例型口径",
        )


def lint_card(
    card: Card, indicators: Mapping[str, Indicator], rules: Mapping[str, Rule]
) -> list[Finding]:
    """Look for what misleads in a card of which everything is there."""
    return list(_of_card(card, indicators, rules))


def _of_card(
    card: Card, indicators: Mapping[str, Indicator], rules: Mapping[str, Rule]
) -> Iterator[Finding]:
    for before, after in pairwise(sorted(card.versions, key=lambda one: one.valid_from)):
        where = f"v{after.version}"
        if before.valid_to is None or before.valid_to >= after.valid_from:
            yield _finding(where, "与前一版本的有效期重叠", "it begins before the last one ends")
        if after.version <= before.version:
            yield _finding(where, "版本号没有增大", "its number is not higher than the last one's")
    for version in card.versions:
        names = [one.component for one in version.components]
        for name in sorted({one for one in names if names.count(one) > 1}):
            yield _finding(f"v{version.version} {name}", "名称重复", "its name is used twice")
        for one in version.components:
            where = f"v{version.version} {one.component}"
            if one.source.paragraph in (one.source.document, "-"):
                yield _finding(where, "依据未指明段落", "its source names no paragraph")
            if one.rules:
                yield from _of_rules(where, one, rules)
            else:
                yield from _of_indicator(where, one, indicators[one.indicator], version)


def _of_rules(where: str, one: Component, rules: Mapping[str, Rule]) -> Iterator[Finding]:
    if one.better != "up":
        yield _finding(where, "合格率应以高为优", "a share of good rows is the better the higher")
    for code in one.rules:
        if rules[code].check not in _ASKS_WHETHER_SAID:
            continue
        if rules[code].field == rules[code].time:
            yield _finding(
                where,
                f"{code} 检查归属时间本身，缺时间的行不属于任何月份",
                f"{code} asks for the time itself: rows without one are of no month",
            )
        if rules[code].field == rules[code].department:
            yield _finding(
                where,
                f"{code} 检查归属科室本身，缺科室的行不属于任何科室",
                f"{code} asks for the department itself: rows without one are of none",
            )


def _of_indicator(
    where: str, one: Component, indicator: Indicator, version: Version
) -> Iterator[Finding]:
    if indicator.better != one.better:
        yield _finding(
            where,
            f"优劣方向与 {indicator.indicator} 不一致",
            f"its better side is not that of {indicator.indicator}",
        )
    if indicator.unit is Unit.PERCENT and not 0 <= one.zero_at <= 100 >= one.full_at >= 0:
        yield _finding(where, "阈值超出 0–100%", "a threshold lies outside of 0 to 100 %")
    chosen = choose(indicator, one.caliber, version.valid_from)
    caliber = chosen.caliber if chosen else None
    roles = {part.department for part in caliber.parts()} if caliber else set()
    if len(roles) > 1:
        yield _finding(where, "分子与分母归属不同科室", "its parts fall to different departments")
    facts = [part.of_fact for part in caliber.parts()] if caliber else []
    if any(HOSPITAL not in fact.columns or not fact.of_kind(Kind.DEPARTMENT) for fact in facts):
        yield _finding(where, "无法归到科室", "its rows name no department")


def _finding(where: str, zh: str, en: str) -> Finding:
    return Finding(where, BothWords(zh=zh, en=en))
