"""Definitions in words that people read: what is counted, and where calibers differ. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from lianyi.applications.indicators.model import Caliber, Indicator, Part, definition_hash
from lianyi.applications.indicators.predicates import (
    Compare,
    Either,
    Every,
    Flagged,
    Node,
    Not,
    OneOf,
    Said,
    Span,
    StartsWith,
    Value,
    parse_predicate,
)
from lianyi.applications.indicators.views import (
    BothWords,
    CaliberDifference,
    CaliberSays,
    CaliberView,
    NamedColumn,
    PartView,
)
from lianyi.projections.operational.star import Column, Fact, Kind

_SIGNS: Final = {"==": "=", "<=": "≤", ">=": "≥", "<": "<", ">": ">"}
_UNITS: Final = {"minutes": "分钟", "hours": "小时", "days": "天"}
_NOTHING: Final = BothWords(zh="—", en="—")
_EVERY: Final = BothWords(zh="全部", en="every row")


def said_of(title: object) -> BothWords:
    """Return a title of a definition as an answer has it."""
    return BothWords(zh=getattr(title, "zh", ""), en=getattr(title, "en", ""))


def named(column: Column) -> NamedColumn:
    """Return a column with what people call it."""
    return NamedColumn(column=column.name, name=BothWords(zh=column.zh, en=column.en))


def part_view(part: Part) -> PartView:
    """Return a numerator or denominator in words."""
    fact = part.of_fact
    condition = in_words(part.condition, fact)
    known = in_words(parse_predicate(part.known_by, fact), fact)
    counts = _counts(part)
    time, department = named(fact.columns[part.time]), named(fact.columns[part.department])
    where = part.canonical()["where"]
    sentence = BothWords(
        zh=f"{counts.zh}（{fact.zh}"
        + (f"，{condition.zh}" if where else "")
        + f"），按{time.name.zh}归入期间，按{department.name.zh}归入科室"
        + (f"；仅统计有“{known.zh}”数据的医院，否则为无数据" if part.known_by else ""),
        en=f"{counts.en} ({fact.en}"
        + (f", {condition.en}" if where else "")
        + f"), by '{time.name.en}' into periods and by '{department.name.en}' to departments"
        + (f"; no data of hospitals without rows of “{known.en}”" if part.known_by else ""),
    )
    return PartView(
        fact=fact.name,
        rows=BothWords(zh=fact.zh, en=fact.en),
        where=where,
        condition=condition,
        counts=counts,
        money=part.aggregate == "sum" and part.of in part.of_fact.of_kind(Kind.FEN),
        time=time,
        department=department,
        sentence=sentence,
    )


def _counts(part: Part) -> BothWords:
    fact, span = part.of_fact, part.span
    if part.aggregate == "rows":
        return BothWords(zh="行数", en="number of rows")
    if span is not None:
        told = _span(span, fact)
        return BothWords(zh=f"合计 {told.zh}（{_UNITS[span.unit]}）", en=f"sum of {told.en}")
    if part.adds_days:
        return BothWords(zh="各行所在月的天数合计", en="sum of the days of each row's month")
    column = fact.columns[part.of]
    if part.aggregate == "distinct":
        return BothWords(zh=f"不同的{column.zh}数", en=f"number of different '{column.en}'")
    return BothWords(zh=f"{column.zh}合计", en=f"sum of '{column.en}'")


def in_words(node: Node, fact: Fact) -> BothWords:
    """Return a condition in words."""
    match node:
        case Every(()):
            return _EVERY
        case Not(Compare(of, "==", value)):
            return _said("{} ≠ {}", "{} ≠ {}", _of(of, fact), _value(of, value, fact))
        case Not(inner):
            return _said("非（{}）", "not ({})", in_words(inner, fact))
        case Every(inner):
            return _joined(" 且 ", " and ", [_inner(one, fact) for one in inner])
        case Either(inner):
            return _joined(" 或 ", " or ", [_inner(one, fact) for one in inner])
        case Compare(of, sign, value):
            parts = [_of(of, fact), _value(of, value, fact)]
            if isinstance(of, Span):
                parts.append(BothWords(zh=_UNITS[of.unit], en=of.unit))
            pattern = f"{{}} {_SIGNS[sign]}" + " {}" * (len(parts) - 1)
            return _said(pattern, pattern, *parts)
        case OneOf(of, values):
            told = _joined("、", ", ", [_value(of, one, fact) for one in values])
            return _said("{} 为 {} 之一", "{} is one of {}", _of(of, fact), told)
        case StartsWith(of, text):
            begun = BothWords(zh=text, en=text)
            return _said("{} 以“{}”开头", "{} begins with {}", _of(of, fact), begun)
        case Flagged(of):
            return _said("{}（是）", "{}: yes", _of(of, fact))
        case Said(of):
            return _said("{} 已记录", "{} is said", _of(of, fact))
    raise TypeError(node)


def _said(zh: str, en: str, *parts: BothWords) -> BothWords:
    """Return two patterns with their parts, each in its own language."""
    return BothWords(
        zh=zh.format(*(one.zh for one in parts)), en=en.format(*(one.en for one in parts))
    )


def _joined(zh: str, en: str, parts: Sequence[BothWords]) -> BothWords:
    return BothWords(zh=zh.join(one.zh for one in parts), en=en.join(one.en for one in parts))


def _inner(node: Node, fact: Fact) -> BothWords:
    words = in_words(node, fact)
    return _said("（{}）", "({})", words) if isinstance(node, (Every, Either)) else words


def _of(of: str | Span, fact: Fact) -> BothWords:
    if isinstance(of, Span):
        return _span(of, fact)
    return BothWords(zh=fact.columns[of].zh, en=fact.columns[of].en)


def _value(of: str | Span, value: Value, fact: Fact) -> BothWords:
    """Return a value in words; that of no code as it is written."""
    called = None if isinstance(of, Span) else word_of(fact.columns[of], value)
    return called or BothWords(zh=str(value), en=str(value))


def word_of(column: Column, value: object) -> BothWords | None:
    """Return what people call a value of a code; None: it is no code, or none that is known."""
    called = column.words.get(value) if isinstance(value, str) else None
    return BothWords(zh=called[0], en=called[1]) if called else None


def _span(span: Span, fact: Fact) -> BothWords:
    begin, end = fact.columns[span.begin], fact.columns[span.end]
    return BothWords(
        zh=f"{begin.zh}至{end.zh}的时长", en=f"the {span.unit} from '{begin.en}' to '{end.en}'"
    )


# ---- calibers side by side ----------------------------------------------------------------------

_PLACES: Final[Sequence[tuple[str, str, str, Callable[[PartView], BothWords]]]] = (
    ("fact", "统计对象", "rows", lambda part: part.rows),
    ("condition", "条件", "condition", lambda part: part.condition),
    ("counts", "计数方式", "what is counted", lambda part: part.counts),
    ("time", "归属时间", "by time", lambda part: part.time.name),
    ("department", "归属科室", "by department", lambda part: part.department.name),
)


def differences(calibers: Sequence[CaliberView]) -> list[CaliberDifference]:
    """Return where calibers that are counted differ from one another, and what each says there."""
    found: list[CaliberDifference] = []
    for side, zh, en in (
        ("numerator", "分子", "numerator"),
        ("denominator", "分母", "denominator"),
    ):
        parts = [getattr(one, side) for one in calibers]
        for place, place_zh, place_en, told in _PLACES:
            said = [told(part) if part else _NOTHING for part in parts]
            if _differ(said):
                name = BothWords(zh=f"{zh}：{place_zh}", en=f"{en}: {place_en}")
                found.append(_difference(f"{side}.{place}", name, calibers, said))
    ways = [BothWords(zh=one.why or "由数据统计", en=one.why or "counted") for one in calibers]
    if _differ(ways):
        found.append(
            _difference("way", BothWords(zh="取得方式", en="how it is had"), calibers, ways)
        )
    return found


def _differ(said: Iterable[BothWords]) -> bool:
    return len({one.zh for one in said}) > 1


def _difference(
    place: str, name: BothWords, calibers: Sequence[CaliberView], said: Sequence[BothWords]
) -> CaliberDifference:
    return CaliberDifference(
        place=place,
        name=name,
        calibers=[
            CaliberSays(caliber=one.caliber, version=one.version, says=words)
            for one, words in zip(calibers, said, strict=True)
        ],
    )


def caliber_view(indicator: Indicator, caliber: Caliber, *, holds: bool) -> CaliberView:
    """Return a caliber as a whole."""
    numerator, denominator = caliber.numerator, caliber.denominator
    return CaliberView(
        caliber=caliber.caliber,
        version=caliber.version,
        title=said_of(caliber.title),
        valid_from=caliber.valid_from,
        valid_to=caliber.valid_to,
        holds=holds,
        way="counted" if numerator else "by_form" if caliber.by_form else "not_available",
        why=caliber.by_form or caliber.not_available,
        hash=definition_hash(indicator, caliber),
        numerator=part_view(numerator) if numerator else None,
        denominator=part_view(denominator) if denominator else None,
        mixed_because=caliber.mixed_because,
    )
