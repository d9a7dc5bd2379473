"""Numbers as people read them on the screens, so that a report says the same. Pure.

Source:
    Unicode CLDR, compact decimal formats of ``zh`` and ``en``: 万 and 亿, K and M.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from lianyi.applications.indicators.reports.tables import UNIT_WORDS, Language, said

_SHORT_FROM: Final[Mapping[str, float]] = {"yuan": 100_000, "count": 1_000_000}
"""From here on a number is told in 万 or 亿, in English in K or M."""
_STEPS: Final[Mapping[Language, Sequence[tuple[int, str]]]] = {
    "zh": ((12, "万亿"), (8, "亿"), (4, "万")),
    "en": ((12, "T"), (9, "B"), (6, "M"), (3, "K")),
}
_SIGNIFICANT: Final = 4


def told(value: float | None, unit: str, language: Language) -> str:
    """Return a value without its unit, as a tile of the screen tells it; a dash: there is none."""
    if value is None:
        return "–"
    number = Decimal(repr(float(value)))
    if abs(value) >= _SHORT_FROM.get(unit, float("inf")):
        return _short(number, language)
    return f"{_rounded(number, _digits(value, unit)):,f}"


def with_unit(value: float | None, unit: str, language: Language) -> str:
    """Return a value with what stands behind it; nothing behind a count or a plain ratio."""
    text = told(value, unit, language)
    if value is None or unit in {"count", "ratio"}:
        return text
    word = said(UNIT_WORDS[unit], language)
    return f"{text}{word}" if word in {"%", "‰", "‱"} else f"{text} {word}"


def moved(by: float | None, unit: str, language: Language) -> str:
    """Return how a value moved, with a sign: percentages by points; a dash: nothing to compare."""
    if by is None:
        return "–"
    number = _rounded(Decimal(repr(float(by))), 1)
    sign = "+" if number > 0 else ""
    if unit != "percent":
        return f"{sign}{number:,f}%"
    return f"{sign}{number:,f} {'个百分点' if language == 'zh' else 'pp'}"


def _digits(value: float, unit: str) -> int:
    size = abs(value)
    if unit == "count":
        return 0 if float(value).is_integer() else 1
    if unit == "yuan":
        return 0 if size >= 1000 else 2
    return 1 if size >= 10 else 2


def _rounded(number: Decimal, digits: int) -> Decimal:
    rounded = number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return rounded if rounded else abs(rounded)


def _short(number: Decimal, language: Language) -> str:
    """Return a large number with four digits that mean something."""
    for power, word in _STEPS[language]:
        scaled = number.scaleb(-power)
        if abs(scaled) < 1:
            continue
        places = max(_SIGNIFICANT - 1 - scaled.adjusted(), 0)
        rounded = _rounded(scaled, places)
        if scaled.adjusted() >= _SIGNIFICANT:  # more whole digits than mean something
            lost = scaled.adjusted() + 1 - _SIGNIFICANT
            rounded = _rounded(scaled.scaleb(-lost), 0).scaleb(lost)
        text = f"{rounded:f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text) + word
    return f"{_rounded(number, 0):,f}"
