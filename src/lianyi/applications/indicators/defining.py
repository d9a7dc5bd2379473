"""Definitions as the API shows them."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from lianyi.applications.indicators.book import Chosen, Definitions, choose, holds
from lianyi.applications.indicators.failures import BadIndicator
from lianyi.applications.indicators.model import Caliber, Indicator, definition_hash
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.views import (
    BothWords,
    CaliberFault,
    CaliberOf,
    CaliberRow,
    CountedHow,
    IndicatorDetail,
    IndicatorList,
    IndicatorRow,
    NamedColumn,
    PeriodView,
    Source,
    UnusableFile,
)
from lianyi.applications.indicators.wording import caliber_view, differences, named, said_of
from lianyi.projections.operational.star import Column, Kind, star

_NO_CALIBER = BothWords(zh="该指标没有这一口径", en="the indicator has no such caliber")
_NO_DOCTOR = BothWords(
    zh="该指标的明细不记录医师，无法按医师统计", en="its rows name no doctor to count by"
)


def period_view(period: Period) -> PeriodView:
    """Return a period as it is shown."""
    return PeriodView(
        period=str(period),
        first=period.first_day,
        last=period.last_day,
        name=BothWords(zh=period.zh, en=period.en),
    )


def list_view(definitions: Definitions, today: date) -> IndicatorList:
    """Return all indicators, and the files that define none."""
    return IndicatorList(
        items=[
            IndicatorRow(
                code=one.indicator,
                name=said_of(one.name),
                category=one.category.value,
                unit=one.unit.value,
                better=one.better,
                owner=one.owner,
                exam=one.exam,
                calibers=[_caliber_row(one, caliber, today) for caliber in one.calibers],
                findings=len(definitions.findings.get(one.indicator, ())),
            )
            for one in definitions.indicators.values()
        ],
        unusable=[_unusable(one) for one in definitions.problems],
    )


def _caliber_row(one: Indicator, caliber: Caliber, today: date) -> CaliberRow:
    said = caliber_view(one, caliber, holds=holds(caliber, today))
    return CaliberRow.model_validate(
        said.model_dump(exclude={"numerator", "denominator", "mixed_because"})
    )


def _unusable(problem: BadIndicator) -> UnusableFile:
    return UnusableFile(
        code=problem.code, where=problem.where, zh=problem.text("zh"), en=problem.text("en")
    )


def detail_view(definitions: Definitions, one: Indicator, today: date) -> IndicatorDetail:
    """Return an indicator as a whole."""
    calibers = [caliber_view(one, caliber, holds=holds(caliber, today)) for caliber in one.calibers]
    return IndicatorDetail(
        code=one.indicator,
        name=said_of(one.name),
        category=one.category.value,
        meaning=one.meaning,
        unit=one.unit.value,
        better=one.better,
        owner=one.owner,
        exam=one.exam,
        source=Source(document=one.source.document, paragraph=one.source.paragraph),
        drill=drill_columns(one),
        calibers=calibers,
        differences=differences(calibers),
        findings=[
            CaliberFault(
                caliber=found.caliber,
                fault=found.fault.value,
                words=BothWords(zh=found.zh, en=found.en),
            )
            for found in definitions.findings.get(one.indicator, ())
        ],
    )


def drill_columns(one: Indicator) -> list[NamedColumn]:
    """Return the columns that are shown behind an indicator, each as one of its facts calls it."""
    known: dict[str, Column] = {}
    for caliber in one.calibers:
        for part in caliber.parts():
            known = {**star()[part.fact].columns, **known}
    return [named(known[name]) for name in one.drill if name in known]


class Meant(NamedTuple):
    """An indicator with the caliber by which it is counted.

    Attributes:
        by: that it has; None: it has none of the name that was asked for.
        way: as ``IndicatorFigures`` says it.
        why: the same in words.
        said: as it is shown, where what is counted is narrowed; None: as it is.
    """

    indicator: Indicator
    by: Chosen | None
    way: CountedHow
    why: BothWords
    said: CaliberOf | None = None

    @property
    def counted(self) -> bool:
        """Whether there are rows to count."""
        return self.way == "counted"

    @property
    def caliber(self) -> Caliber:
        """The caliber of an indicator that is counted."""
        assert self.by is not None  # noqa: S101 - whoever asks looked at ``counted``
        return self.by.caliber

    def view(self) -> CaliberOf | None:
        """Return by which caliber."""
        if self.by is None or self.said is not None:
            return self.said
        one = self.by.caliber
        return CaliberOf(
            caliber=one.caliber,
            version=one.version,
            title=said_of(one.title),
            hash=definition_hash(self.indicator, one),
            holds=self.by.holds,
        )


def meant(
    indicator: Indicator, caliber: str, day: date, *, by_doctor: bool = False, role: str = ""
) -> Meant:
    """Say by which caliber an indicator is counted, or why it is not.

    Args:
        indicator: which.
        caliber: short name; empty: the first that is counted.
        day: on which it should hold.
        by_doctor: whether rows must say whose they are.
        role: the column in which they must say it; empty: any.
    """
    chosen = choose(indicator, caliber, day)
    if chosen is None:
        return Meant(indicator, None, "no_caliber", _NO_CALIBER)
    one = chosen.caliber
    if one.numerator is None:
        why = one.by_form or one.not_available
        way: CountedHow = "by_form" if one.by_form else "not_available"
        return Meant(indicator, chosen, way, BothWords(zh=why, en=why))
    said = [part.of_fact.of_kind(Kind.PRACTITIONER) for part in one.parts()]
    if (by_doctor and not all(said)) or (role and not all(role in some for some in said)):
        return Meant(indicator, chosen, "cannot_split", _NO_DOCTOR)
    return Meant(indicator, chosen, "counted", BothWords(zh="", en=""))
