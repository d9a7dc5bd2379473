"""The eight ways in which a caliber goes wrong, looked for in every definition (口径八问). Pure.

What a file says is right as far as it can be read; what it means may still mislead. Each finding
names the indicator, the fault and what to write. A finding that is meant is answered in the file
(``mixed_because``), so that the next reader sees the reason.

Source:
    Mission row A6.21: unclear, without a standard, misused, mixed, overused, confused, changed,
    out of date.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from lianyi.applications.indicators.model import (
    Caliber,
    Indicator,
    Part,
    Unit,
    definition_hash,
)
from lianyi.applications.indicators.predicates import implies
from lianyi.projections.operational.star import Kind

_SHARES: Final = frozenset({Unit.PERCENT, Unit.PER_MILLE, Unit.PER_TEN_THOUSAND})
_TIMES: Final = frozenset({Unit.DAYS, Unit.HOURS, Unit.MINUTES})
_BY: Final = ("time", "department")
MEANING_MIN = 8
"""Characters below which a sentence says nothing."""


class Fault(StrEnum):
    """How a caliber goes wrong."""

    UNCLEAR = "unclear"
    WITHOUT_STANDARD = "without-standard"
    MISUSED = "misused"
    MIXED = "mixed"
    OVERUSED = "overused"
    CONFUSED = "confused"
    CHANGED = "changed"
    OUT_OF_DATE = "out-of-date"


class Finding(NamedTuple):
    """One fault of one definition, in both languages."""

    indicator: str
    caliber: str
    fault: Fault
    zh: str
    en: str


_WORDS: Final[Mapping[str, tuple[Fault, str, str]]] = {
    "meaning": (Fault.UNCLEAR, "含义未说明", "it does not say what it tells"),
    "paragraph": (Fault.WITHOUT_STANDARD, "依据未指明段落", "its source names no paragraph"),
    "share": (Fault.MISUSED, "比例缺少分母", "a share has no denominator"),
    "money": (
        Fault.MISUSED,
        "计量单位与金额列不符",
        "money is told in yuan, and nothing else is",
    ),
    "duration": (
        Fault.MISUSED,
        "时长的单位不是时间",
        "a time is told in a unit that is none",
    ),
    "apart": (
        Fault.MIXED,
        "分子与分母的{what}不同，且未说明原因",
        "numerator and denominator go by different {what}, and nobody says why",
    ),
    "exceeds": (
        Fault.OVERUSED,
        "分子不是分母的一部分",
        "the numerator is no part of the denominator",
    ),
    "overlap": (Fault.CONFUSED, "两个版本的有效期重叠", "two versions hold on the same day"),
    "name": (Fault.CONFUSED, "“{name}”与 {other} 同名", "'{name}' is also the name of {other}"),
    "same": (Fault.CONFUSED, "与 {other} 统计的内容相同", "it counts the same as {other}"),
    "order": (Fault.CHANGED, "后一版本号没有增大", "a later version has no higher number"),
    "signed": (
        Fault.CHANGED,
        "已批准的版本被改动，需要新版本号",
        "what was approved was changed: give it a new version",
    ),
    "ended": (Fault.OUT_OF_DATE, "口径已过有效期", "no version holds today"),
}


def lint(
    indicators: Iterable[Indicator], *, today: date, approved: Mapping[tuple[str, str, int], str]
) -> list[Finding]:
    """Look for the eight faults.

    Args:
        indicators: all that are in use, so that they can be told apart.
        today: to see what is out of date.
        approved: hash of what was approved, by indicator, caliber and version.
    """
    known = list(indicators)
    found: list[Finding] = []
    for one in known:
        found += _of_indicator(one, today)
        for caliber in one.calibers:
            found += _of_caliber(one, caliber)
            signed = approved.get((one.indicator, caliber.caliber, caliber.version))
            if signed is not None and signed != definition_hash(one, caliber):
                found.append(_found("signed", one.indicator, caliber.caliber))
    found += _confused(known)
    return sorted(found)


def _found(words: str, indicator: str, caliber: str = "", **facts: str) -> Finding:
    fault, zh, en = _WORDS[words]
    return Finding(indicator, caliber, fault, zh.format_map(facts), en.format_map(facts))


def _of_indicator(one: Indicator, today: date) -> Iterator[Finding]:
    if len(one.meaning) < MEANING_MIN or one.meaning == one.name.zh:
        yield _found("meaning", one.indicator)
    if one.source.paragraph in (one.source.document, "-"):
        yield _found("paragraph", one.indicator)
    by_name: dict[str, list[Caliber]] = defaultdict(list)
    for caliber in one.calibers:
        by_name[caliber.caliber].append(caliber)
    for name, some in by_name.items():
        some.sort(key=lambda caliber: caliber.valid_from)
        for before, after in pairwise(some):
            if before.valid_to is None or before.valid_to >= after.valid_from:
                yield _found("overlap", one.indicator, name)
            if after.version <= before.version:
                yield _found("order", one.indicator, name)
        last = some[-1].valid_to
        if last is not None and last < today:
            yield _found("ended", one.indicator, name)


def _of_caliber(one: Indicator, caliber: Caliber) -> Iterator[Finding]:
    name, numerator, denominator = caliber.caliber, caliber.numerator, caliber.denominator
    if numerator is None:
        return
    if one.unit in _SHARES and denominator is None:
        yield _found("share", one.indicator, name)
    if (one.unit is Unit.YUAN) != (_kind(numerator) is Kind.FEN and not _is_money(denominator)):
        yield _found("money", one.indicator, name)
    if numerator.span is not None and one.unit not in _TIMES:
        yield _found("duration", one.indicator, name)
    if denominator is None:
        return
    apart = [key for key in _BY if getattr(numerator, key) != getattr(denominator, key)]
    if apart and not caliber.mixed_because:
        yield _found("apart", one.indicator, name, what=" + ".join(apart))
    if one.unit in _SHARES and not apart and _may_exceed(numerator, denominator):
        yield _found("exceeds", one.indicator, name)


def _may_exceed(numerator: Part, denominator: Part) -> bool:
    """Whether rows are counted above that are not counted below, though both are rows of a fact."""
    if numerator.fact != denominator.fact or numerator.aggregate != denominator.aggregate:
        return False
    if numerator.of != denominator.of:
        return False
    return not implies(numerator.condition, denominator.condition)


def _is_money(part: Part | None) -> bool:
    return part is not None and _kind(part) is Kind.FEN


def _kind(part: Part) -> Kind | None:
    if part.aggregate != "sum" or part.span is not None or part.adds_days:
        return None
    return part.of_fact.columns[part.of].kind


def _confused(known: Iterable[Indicator]) -> Iterator[Finding]:
    """Find names that two indicators share, and one thing that is counted under two names."""
    names: dict[str, str] = {}
    counted: dict[str, str] = {}
    for one in known:
        other = names.setdefault(one.name.zh, one.indicator)
        if other != one.indicator:
            yield _found("name", one.indicator, name=one.name.zh, other=other)
        for caliber in one.calibers:
            if caliber.numerator is None:
                continue
            place = f"{one.indicator} {caliber.caliber}"
            other = counted.setdefault(definition_hash(one, caliber), place)
            if other != place:
                yield _found("same", one.indicator, caliber.caliber, other=other)
