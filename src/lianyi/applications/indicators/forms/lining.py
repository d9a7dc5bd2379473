"""The lines of a sheet: which indicator each tells, and what is printed of it. Pure.

A figure is an exact fraction until it is printed, and is rounded once, half away from zero.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import orjson

from lianyi.applications.indicators.forms.model import Edition, Side
from lianyi.applications.indicators.model import FACTORS, Indicator, Part, Unit
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.predicates import SPANS
from lianyi.applications.indicators.publishing.examining import EXAM_LAST, exam_caliber
from lianyi.applications.indicators.publishing.model import exact
from lianyi.applications.indicators.publishing.standing import caliber_for
from lianyi.applications.indicators.publishing.telling import Asks, Told, Way, grown
from lianyi.applications.indicators.views import BothWords
from lianyi.applications.indicators.wording import said_of

DECIMALS: Final[Mapping[str, int]] = {"count": 0}
"""So many are printed of a unit where the form does not say; 2 of one that is not named."""
_SILENT: Final = BothWords(zh="", en="")
_UNDIVIDED: Final = BothWords(zh="分母为 0，无法计算", en="there is nothing to divide by")
_UNNUMBERED: Final = BothWords(
    zh="没有定义该序号的指标", en="no indicator has this number of the exam"
)


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One line of a sheet.

    Attributes:
        number: as printed.
        section: under which heading it stands; None: under none.
        name: as printed.
        asks: the indicator and the caliber that holds; None: the platform cannot tell the line.
        side: what of it is told.
        decimals: so many are printed; None: as the unit has them.
        missing: why the platform cannot tell it.
        grows: it is told by how much the value grew over the year before.
    """

    number: str
    section: BothWords | None
    name: BothWords
    asks: Asks | None
    side: Side = "value"
    decimals: int | None = None
    missing: BothWords = _SILENT
    grows: bool = False


def lines_of(
    edition: Edition, indicators: Mapping[str, Indicator], period: Period
) -> list[SheetLine]:
    """Return the lines of an edition, with the calibers that hold in a period."""
    if edition.takes == "exam":
        return _exam_lines(indicators, period)
    found: list[SheetLine] = []
    section: BothWords | None = None
    for line in edition.lines:
        section = said_of(line.section) if line.section else section
        indicator = indicators.get(line.indicator)
        asks = Asks(indicator, caliber_for(indicator, line.caliber, period)) if indicator else None
        name = line.name or (indicator.name if indicator else None)
        found.append(
            SheetLine(
                line.number, section, said_of(name), asks, line.side, line.decimals,
                said_of(line.missing),
            )
        )  # fmt: skip
    return found


def _exam_lines(indicators: Mapping[str, Indicator], period: Period) -> list[SheetLine]:
    by_number = {one.exam: one for one in indicators.values() if one.exam}
    found = []
    for number in range(1, EXAM_LAST + 1):
        one = by_number.get(number)
        if one is None:
            found.append(SheetLine(str(number), None, _SILENT, None, missing=_UNNUMBERED))
        else:
            asks = Asks(one, exam_caliber(one, period))
            name = said_of(one.exam_growth or one.name)
            grows = one.exam_growth is not None
            found.append(SheetLine(str(number), None, name, asks, grows=grows))
    return found


# ---- what is printed ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figure:
    """What a line comes to.

    Attributes:
        value: exactly; None: there is nothing, or nothing to divide by.
        unit: in what it is told.
    """

    value: Fraction | None
    unit: str


def figure_of(told: Told, asks: Asks, side: Side) -> Figure:
    """Return what a line comes to.

    Args:
        told: what is known.
        asks: of which indicator and caliber.
        side: what of it the line tells.
    """
    unit = told.defined.unit if told.defined else asks.indicator.unit
    defined = told.defined or asks.caliber
    parts = (defined.numerator, defined.denominator) if defined else (None, None)
    sides = told.numerator, told.denominator
    above, below = (_in_unit(*one) for one in zip(sides, parts, strict=True))
    if side != "value":
        at = 0 if side == "numerator" else 1
        return Figure(_as_said((above, below)[at], parts[at]), _unit_of(parts[at]))
    if above is None or below == 0:
        return Figure(None, unit.value)
    plain = told.source == "entered" and (below is None or unit is Unit.YUAN)  # in yuan, as it is
    factor = Fraction(1) if plain else Fraction(str(FACTORS.get(unit, 1.0)))
    return Figure(above / (1 if below is None else below) * factor, unit.value)


def growth_of(now: Figure, before: Figure | None) -> Figure:
    """Return by how many percent a figure grew; nothing where there is nothing to compare with."""
    then = before.value if before else None
    if now.value is None or not then:
        return Figure(None, Unit.PERCENT.value)
    return Figure((now.value - then) / abs(then) * 100, Unit.PERCENT.value)


def _in_unit(total: str | None, part: Part | None) -> Fraction | None:
    """Return a total in the unit of its part: a time in the unit of its span."""
    if total is None:
        return None
    span = part.span if part else None
    return Fraction(total) / (SPANS[span.unit] if span else 1)


def _is_money(part: Part | None) -> bool:
    return part is not None and part.of.endswith("_fen")


def _as_said(total: Fraction | None, part: Part | None) -> Fraction | None:
    return total / 100 if total is not None and _is_money(part) else total


def _unit_of(part: Part | None) -> str:
    """Return in what a numerator or a denominator alone is told."""
    if _is_money(part):
        return Unit.YUAN.value
    span = part.span if part else None
    return span.unit if span else Unit.COUNT.value


def decimals_of(line: SheetLine, unit: str) -> int:
    """Return how many decimals are printed of a line."""
    return DECIMALS.get(unit, 2) if line.decimals is None else line.decimals


def printed(value: Fraction | None, decimals: int) -> str | None:
    """Return a figure as it is printed, rounded half away from zero."""
    if value is None:
        return None
    scale = 10**decimals
    whole = (abs(value) * scale * 2 + 1) // 2
    text = f"{whole // scale}" + (f".{whole % scale:0{decimals}d}" if decimals else "")
    return f"-{text}" if value < 0 and whole else text


# ---- what is filed ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FiledLine:
    """One line as it is filed; what the log keeps of it.

    Attributes:
        number, section, name: as printed.
        code, caliber, version: of what; empty and 0: the platform cannot tell the line.
        side, unit, decimals: how it is told.
        shown: the figure as printed; None: nothing.
        numerator, denominator: exactly.
        hash: of the definition by which it came.
        source: where it is from.
        why: why it is missing, or what it rests on.
    """

    number: str
    section: BothWords | None
    name: BothWords
    code: str
    caliber: str
    version: int
    side: Side
    unit: str
    decimals: int
    shown: str | None
    numerator: str | None
    denominator: str | None
    hash: str
    source: Way
    why: BothWords

    @property
    def exactly(self) -> tuple[str | None, str | None]:
        """Numerator and denominator, each in its one form, as far as the line tells them."""
        above = None if self.side == "denominator" else _one_form(self.numerator)
        below = None if self.side == "numerator" else _one_form(self.denominator)
        return above, below

    def facts(self) -> dict[str, Any]:
        """Return the line as the log has it."""
        said = {name: getattr(self, name) for name in self.__slots__}
        words = ("section", "name", "why")
        return said | {
            name: said[name].model_dump() if said[name] is not None else None for name in words
        }

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> FiledLine:
        """Read what :meth:`facts` returned."""
        words = {
            name: BothWords.model_validate(facts[name]) if facts[name] is not None else None
            for name in ("section", "name", "why")
        }
        return cls(**{**facts, **words})


def _one_form(number: str | None) -> str | None:
    return exact(Decimal(number)) if number is not None else None


def filed_line(line: SheetLine, told: Told | None, before: Told | None = None) -> FiledLine:
    """Return a line as it is filed.

    Args:
        line: the line.
        told: what is known of it now.
        before: what is known of it of the year before, where it is told how it grew.
    """
    if line.asks is None or told is None:
        return FiledLine(
            line.number, line.section, line.name, "", "", 0, line.side, "count", 0, None, None,
            None, "", "missing", line.missing,
        )  # fmt: skip
    indicator, caliber = line.asks
    figure, why = figure_of(told, line.asks, line.side), told.why
    if figure.value is None and told.numerator is not None:
        why = _UNDIVIDED
    if line.grows:
        then = figure_of(before, line.asks, line.side) if before else None
        figure, why = growth_of(figure, then), grown(told, before, indicator.unit)
    decimals = decimals_of(line, figure.unit)
    return FiledLine(
        number=line.number,
        section=line.section,
        name=line.name,
        code=indicator.indicator,
        caliber=caliber.caliber if caliber else "",
        version=told.version or (caliber.version if caliber else 0),
        side=line.side,
        unit=figure.unit,
        decimals=decimals,
        shown=printed(figure.value, decimals),
        numerator=told.numerator,
        denominator=told.denominator,
        hash=told.hash,
        source=told.source,
        why=why,
    )


def digest_of(
    form: str, edition: str, period: Period, hospital: str, lines: Sequence[FiledLine]
) -> str:
    """Return SHA-256 of what a sheet says, in hexadecimal: the same sheet has the same."""
    said = [form, edition, str(period), hospital, [one.facts() for one in lines]]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()
