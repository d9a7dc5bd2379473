"""Scores the departments of a hospital in a month, and tells what is behind each mark.

Everything is counted of the whole hospital, so that ranks are true, and told of the departments
that whoever asks may see. Values come from the conditions of the indicators and of the rules, in
the one window that everything is counted in; what is behind a mark are the rows of its indicator,
or those that violate a rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lianyi.applications.indicators.asking import Asked
from lianyi.applications.indicators.book import Definitions, choose
from lianyi.applications.indicators.counting import FINEST
from lianyi.applications.indicators.defining import period_view
from lianyi.applications.indicators.failures import UnreadablePeriod
from lianyi.applications.indicators.figures import Counts, Teller
from lianyi.applications.indicators.heard import Heard, Span
from lianyi.applications.indicators.insight.problems import AskedOfNoHospital
from lianyi.applications.indicators.model import Indicator, Part
from lianyi.applications.indicators.periods import Period, month_text, parse_period
from lianyi.applications.indicators.quality.looking import Looking, Monthly
from lianyi.applications.indicators.quality.model import Rule
from lianyi.applications.indicators.scores.marking import Measured, Score, ranks, score
from lianyi.applications.indicators.scores.model import Card, Component, Version
from lianyi.applications.indicators.scores.problems import BadCard, NotScoredThen
from lianyi.applications.indicators.scores.reading import find_card, lint_card, read_cards
from lianyi.applications.indicators.scores.views import (
    CardFinding,
    CardList,
    CardName,
    ComponentView,
    MarkView,
    RuleCount,
    ScoreRow,
    ScoreView,
    TotalPoint,
)
from lianyi.applications.indicators.service import Ground
from lianyi.applications.indicators.sight import Sight
from lianyi.applications.indicators.views import BothWords, Source, UnusableFile
from lianyi.applications.indicators.window import Window
from lianyi.applications.indicators.wording import said_of
from lianyi.projections.operational.star import month_of

if TYPE_CHECKING:
    from lianyi.applications.indicators.engine import Cells

MONTHS: Final = 12
SEES: Final = ("quality.read",)
"""What whoever sees scores must be allowed to besides indicators: half of a score is of rules."""
_NO_CASES: Final = BothWords(
    zh="本月该科室没有此类业务", en="the department had no such cases in this month"
)
_NO_ROWS: Final = BothWords(
    zh="本月该科室没有可检查的记录",
    en="the department has no rows of this month that could be checked",
)
_PERCENT: Final = 100.0
Scores = Mapping[str, Score]
"""Of departments, by code."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of one hospital in all months that are looked at.

    Attributes:
        hospital: code.
        cells: of parts, by hospital, department and month.
        heard: of what something is known.
        rules: what rules found.
        indicators: by code.
    """

    hospital: str
    cells: Mapping[Part, Cells]
    heard: Heard
    rules: Mapping[str, Monthly]
    indicators: Mapping[str, Indicator]

    def departments(self, version: Version, month: int) -> set[str]:
        """Return the departments that have anything to score in a month."""
        found = set()
        for one in version.components:
            for part in _parts(one, self.indicators, month):
                found |= {
                    key[1] for key, rows in self.cells[part].items() if rows and key[2] == month
                }
            for code in one.rules:
                found |= {key[1] for key in self.rules[code] if key[2] == month}
        return {one for one in found if one}

    def measured(self, one: Component, department: str, month: int) -> Measured:
        """Return what a component came to in a department."""
        if one.rules:
            return self._of_rules(one, department, month)
        parts = _parts(one, self.indicators, month)
        lack = self.heard.no_data(parts, {self.hospital}, Span(month, month))
        if lack:
            return Measured(None, None, None, lack)
        key = (self.hospital, department, month)
        above, below = (self.cells[part].get(key, 0) for part in parts)
        teller = Teller(self.indicators[one.indicator], parts[0], parts[1])
        value = teller.value(Counts(above, below))
        why = _NO_CASES if value is None else None
        return Measured(value, float(above), float(below), why)

    def _of_rules(self, one: Component, department: str, month: int) -> Measured:
        found = [self.rules[code].get((self.hospital, department, month)) for code in one.rules]
        violated = sum(pair[0] for pair in found if pair)
        rows = sum(pair[1] for pair in found if pair)
        if not rows:
            return Measured(None, None, None, _NO_ROWS)
        good = rows - violated
        return Measured(_PERCENT * good / rows, float(good), float(rows), None)

    def scores(self, version: Version, month: int) -> dict[str, Score]:
        """Return what all departments earn in a month."""
        return {
            department: score(
                version,
                {
                    one.component: self.measured(one, department, month)
                    for one in version.components
                },
            )
            for department in self.departments(version, month)
        }


def _parts(one: Component, indicators: Mapping[str, Indicator], month: int) -> list[Part]:
    """Return numerator and denominator of a component, by the caliber of a month; of rules none."""
    if not one.indicator:
        return []
    chosen = choose(indicators[one.indicator], one.caliber, Period(month, month).last_day)
    return chosen.caliber.parts() if chosen else []


class Scoring:
    """Scores departments."""

    def __init__(self, ground: Ground, looking: Looking) -> None:
        """Count with the indicators, and look at the quality of the data."""
        self._ground = ground
        self._looking = looking

    async def cards(self) -> CardList:
        """Return the cards that there are."""
        rules = await self._looking.rules()
        definitions = await self._ground.book.now(self._ground.today)
        items, unusable = [], []
        files = read_cards(self._ground.content_dir)
        for name in files:
            try:
                card = find_card(files, name, definitions.indicators, rules.by_code)
            except BadCard as one:
                told = UnusableFile(
                    code=one.code, where=one.where, zh=one.text("zh"), en=one.text("en")
                )
                unusable.append(told)
            else:
                items.append(CardName(card=name, title=said_of(card.title)))
        return CardList(items=items, unusable=unusable)

    async def score(
        self, name: str, *, month: str, hospital: str, also: Sequence[str] = ()
    ) -> ScoreView:
        """Return the departments of a hospital by a card.

        Args:
            name: of the card.
            month: ``2026-03``; empty: the last whole one.
            hospital: code; empty: the only one that is seen.
            also: permissions that whoever asks must have there, too.

        Raises:
            BadCard: there is no such card, or its file cannot be used.
            NotScoredThen: no version of it holds in that month.
            AskedOfNoHospital: several hospitals are seen, and it is not said which is meant.
            UnreadablePeriod, NothingInSight, NoStar, CountingTooBig: see
                ``IndicatorService.values``.
        """
        period = parse_period(month or month_text(month_of(self._ground.today) - 1))
        if period.months > 1:
            raise UnreadablePeriod(where=month, why="it is no month", why_zh="不是月份")
        rules = await self._looking.rules()
        definitions = await self._ground.book.now(self._ground.today)
        files = read_cards(self._ground.content_dir)
        card = find_card(files, name, definitions.indicators, rules.by_code)
        version = card.on(period.last_day)
        if version is None:
            raise NotScoredThen(where=name, month=month_text(period.last))
        asked = Asked(str(period), hospital)
        window, sight = await self._ground.window(asked, period, also=(*SEES, *also))
        months = range(max(period.last - MONTHS + 1, 0), period.last + 1)
        parts = _all_parts(card, definitions, months)
        hospital = hospital or await self._the_hospital(parts, window)
        counted = await self._count(
            card, definitions, (rules.by_code, parts), sight, hospital, months
        )
        return await self._view(card, version, period, counted, sight, rules.by_code, months)

    async def _the_hospital(self, parts: Sequence[Part], window: Window) -> str:
        """Return the only hospital of which rows are seen."""
        cells = await self._ground.counter.figures(parts, window, ("hospital",))
        known = {str(key[0]) for one in cells.values() for key in one if key[0]}
        if len(known) != 1:
            raise AskedOfNoHospital(where="hospital")
        return known.pop()

    async def _count(
        self,
        card: Card,
        definitions: Definitions,
        what: tuple[Mapping[str, Rule], Sequence[Part]],
        sight: Sight,
        hospital: str,
        months: range,
    ) -> Counted:
        """Count everything in the whole hospital, of all months that are looked at."""
        rules, parts = what
        window = Window(months[0], months[-1], sight.peers(hospital))
        cells = await self._ground.counter.figures(parts, window, FINEST)
        codes = {code for version in card.versions for c in version.components for code in c.rules}
        found = await self._looking.monthly([rules[code] for code in sorted(codes)], window)
        heard = await self._ground.hearing.of(parts)
        return Counted(hospital, cells, heard, found, definitions.indicators)

    async def _view(
        self,
        card: Card,
        version: Version,
        period: Period,
        counted: Counted,
        sight: Sight,
        rules: Mapping[str, Rule],
        months: range,
    ) -> ScoreView:
        by_month: dict[int, Scores] = {}
        for month in months:
            then = card.on(Period(month, month).last_day)
            by_month[month] = counted.scores(then, month) if then else {}
        here = by_month[period.last]
        places, before = ranks(here), by_month.get(period.last - 1, {})
        places_before = ranks(before)
        seen = [one for one in here if sight.places.holds(counted.hospital, one)]
        seen.sort(key=lambda one: (places.get(one, len(here) + 1), -(here[one].total or 0), one))
        names = await self._ground.names([(counted.hospital, one) for one in seen], "department")
        rows = []
        for one in seen:
            trend = [
                TotalPoint(month=month_text(m), total=_total(by_month[m], one)) for m in months
            ]
            found = before.get(one)
            rows.append(
                ScoreRow(
                    department=names.organisation(one),
                    total=here[one].total,
                    known=here[one].known,
                    rank=places.get(one),
                    before=found.total if found else None,
                    rank_before=places_before.get(one),
                    marks=_marks(here[one], found, counted, (one, period.last), rules),
                    trend=trend,
                )
            )
        return ScoreView(
            **_about(card, version, counted, rules),
            period=period_view(period),
            hospital=names.organisation(counted.hospital),
            rows=rows,
            ranked=len(places),
            unseen=len(here) - len(seen),
        )


def _all_parts(card: Card, definitions: Definitions, months: Iterable[int]) -> list[Part]:
    found: dict[Part, None] = {}
    for month in months:
        version = card.on(Period(month, month).last_day)
        for one in version.components if version else ():
            found |= dict.fromkeys(_parts(one, definitions.indicators, month))
    return list(found)


def _total(scores: Scores, department: str) -> float | None:
    found = scores.get(department)
    return found.total if found else None


def _marks(
    now: Score,
    before: Score | None,
    counted: Counted,
    where: tuple[str, int],
    rules: Mapping[str, Rule],
) -> list[MarkView]:
    department, month = where
    then = {one.component.component: one.points for one in before.marks} if before else {}
    return [
        MarkView(
            component=one.component.component,
            value=one.measured.value,
            numerator=one.measured.numerator,
            denominator=one.measured.denominator,
            points=one.points,
            before=then.get(one.component.component),
            no_data=one.measured.no_data,
            rules=[
                RuleCount(
                    rule=code, name=said_of(rules[code].name), violated=pair[0], denominator=pair[1]
                )
                for code in one.component.rules
                if (pair := counted.rules[code].get((counted.hospital, department, month)))
            ],
        )
        for one in now.marks
    ]


def _about(
    card: Card, version: Version, counted: Counted, rules: Mapping[str, Rule]
) -> dict[str, Any]:
    """Return what a card says."""
    indicators = counted.indicators
    return {
        "card": card.card,
        "title": said_of(card.title),
        "version": version.version,
        "valid_from": version.valid_from,
        "owner": card.owner,
        "source": _source(card),
        "full_mark": version.full_mark,
        "known_min": version.known_min,
        "components": [
            ComponentView(
                component=one.component,
                name=said_of(one.name),
                aim=one.aim,
                indicator=one.indicator,
                caliber=one.caliber,
                rules=list(one.rules),
                unit=indicators[one.indicator].unit.value if one.indicator else "percent",
                weight=one.weight,
                full=version.full_mark * one.weight / version.weights,
                better=one.better,
                full_at=one.full_at,
                zero_at=one.zero_at,
                source=_source(one),
            )
            for one in version.components
        ],
        "findings": [
            CardFinding(where=one.where, words=one.words)
            for one in lint_card(card, indicators, rules)
        ],
    }


def _source(of: Card | Component) -> Source:
    return Source(document=of.source.document, paragraph=of.source.paragraph)
