"""Answers who caused a change and whom it affected; each use case is one method.

What is counted comes from the window of whoever asks, so a department sees what it did itself, and
every row of an answer is opened by the filters that it names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lianyi.applications.indicators.asking import Asked
from lianyi.applications.indicators.book import Definitions, choose
from lianyi.applications.indicators.defining import Meant, meant, period_view
from lianyi.applications.indicators.failures import NoSuchSplit
from lianyi.applications.indicators.figures import quotient, scale
from lianyi.applications.indicators.figuring import GRAINS
from lianyi.applications.indicators.heard import Heard, Span
from lianyi.applications.indicators.insight.about import about_of, money, told_of
from lianyi.applications.indicators.insight.contributing import Effect, Number, Pair, effects
from lianyi.applications.indicators.insight.problems import NothingToExplain
from lianyi.applications.indicators.insight.views import (
    Against,
    ContributionRow,
    ContributionView,
    ImpactAbove,
    ImpactOn,
    ImpactView,
    SideEffect,
    WayToSplit,
)
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.naming import Names
from lianyi.applications.indicators.periods import Period, parse_period
from lianyi.applications.indicators.service import Ground
from lianyi.applications.indicators.slicing import parse_slices, sliced
from lianyi.applications.indicators.splits import narrowed, shared
from lianyi.applications.indicators.views import BothWords, By, Place, Side
from lianyi.applications.indicators.window import Window
from lianyi.applications.indicators.wording import said_of

if TYPE_CHECKING:
    from lianyi.applications.indicators.cube import Key

ROWS_MAX: Final = 100
AFFECTED_MAX: Final = 12
_YEAR: Final = 12
_PLACES: Final[Mapping[str, tuple[By, str, str]]] = {
    "hospital": ("hospital", "医院", "hospital"),
    "department": ("department", "科室", "department"),
    "doctor": ("doctor", "医师", "doctor"),
}
_PLAIN: Final = BothWords(
    zh="数量型：各项贡献 = 本期 − 基期，逐项相加等于总变化",
    en="a plain number: each contribution is its own change; they add up to the whole",
)
_RATIO: Final = BothWords(
    zh="比率型：率效应 = Δ率 × 平均占比，结构效应 = Δ占比 ×（平均率 − 总平均率），"
    "逐项相加恰等于总变化（Kitagawa 1955；分子、分母效应 Das Gupta 1978）",
    en="a ratio: rate effect = change of rate × mean share; mix effect = change of share × (mean"
    " rate − mean rate of all); they add up to the change exactly (Kitagawa 1955; numerator and"
    " denominator: Das Gupta 1978)",
)


class _Counted(NamedTuple):
    """An indicator counted in two periods.

    Attributes:
        one: the indicator.
        windows: of the base period and of the period itself.
        whole: the same, all together.
        told: what an effect is multiplied by to be told in the unit.
    """

    one: Meant
    windows: tuple[Window, Window]
    whole: tuple[Pair, Pair]
    told: Fraction


class _Group(NamedTuple):
    """What a row of a contribution is of; ``known``: whether anything is, before and now."""

    key: str
    place: Key
    where: str
    name: BothWords
    at: Mapping[str, Place]
    known: tuple[bool, bool] = (True, True)


class Explaining:
    """Divides changes among those who made them."""

    def __init__(self, ground: Ground) -> None:
        """Count on the ground of the indicators."""
        self._ground = ground
        self._counter = ground.counter

    async def contribution(
        self, code: str, asked: Asked, *, by: str, against: Against
    ) -> ContributionView:
        """Return whose part of a change is whose.

        Args:
            code: of the indicator.
            asked: the period and the place.
            by: a level of places, or a split; empty: the level below the place.
            against: which period is compared with.

        Raises:
            NoSuchSplit: the indicator is not divided like this.
            NothingToExplain: one of the periods has no value.
            NoSuchIndicator, UnreadablePeriod, NothingInSight, NoStar, CountingTooBig: see
                ``IndicatorService.values``.
        """
        period, base = _periods(asked, against)
        by = by or ("doctor" if asked.department or asked.doctor else "department")
        one, window = await self._meant(code, asked, period, by_doctor=by == "doctor")
        about = about_of(one)
        both: dict[str, Any] = {
            "period": period_view(period),
            "base": period_view(base),
            "against": against,
        }
        if not one.counted:
            return ContributionView(
                **about, **both, by=by, ways=[], before=None, after=None, change=None, sides=[],
                rows=[], others=0, others_effect=0, rest=0, formula=_PLAIN,
            )  # fmt: skip
        counted = await self._counted(one, window, period, base)
        groups, before, after = await self._groups(counted, by)
        found, divided = effects(before, after, whole=counted.whole)
        told = counted.told
        rows = [
            _row(group, (before.get(group.key), after.get(group.key)), found[group.key],
                 counted, divided.change)
            for group in groups
        ]  # fmt: skip
        rows.sort(key=lambda row: (-abs(row.effect), row.key))
        shown, others = rows[:ROWS_MAX], rows[ROWS_MAX:]
        ratio = counted.whole[1].below is not None
        return ContributionView(
            **about,
            **both,
            by=by,
            ways=ways_of(one),
            before=_value(counted, 0),
            after=_value(counted, 1),
            change=float(divided.change * told),
            sides=_sides(counted, divided.above, divided.below) if ratio else [],
            rows=shown,
            others=len(others),
            others_effect=float(sum((found[row.key].whole for row in others), Fraction(0)) * told),
            rest=float(divided.rest * told),
            formula=_RATIO if ratio else _PLAIN,
        )

    async def impact(self, code: str, asked: Asked, *, against: Against) -> ImpactView:
        """Return whom a change affected.

        Raises:
            NothingToExplain: one of the periods has no value.
            NoSuchIndicator, UnreadablePeriod, NothingInSight, NoStar, CountingTooBig: see
                ``IndicatorService.values``.
        """
        period, base = _periods(asked, against)
        one, window = await self._meant(code, asked, period)
        above: ImpactAbove | None = None
        others: list[ImpactOn] = []
        if one.counted:
            counted = await self._counted(one, window, period, base)
            above = await self._above(code, asked, counted, (period, base))
            others = await self._affected(one, counted, period, asked)
        return ImpactView(
            **about_of(one),
            period=period_view(period),
            base=period_view(base),
            against=against,
            above=above,
            indicators=others,
        )

    # ---- what is common to them ----------------------------------------------------------------

    async def _meant(
        self, code: str, asked: Asked, period: Period, *, by_doctor: bool = False
    ) -> tuple[Meant, Window]:
        window, sight = await self._ground.window(asked, period)
        definitions = await self._ground.book.now(self._ground.today)
        one = self._ground.meant(
            definitions, code, asked, period, by_doctor=by_doctor or sight.doctors is not None
        )
        return one, window

    async def _counted(self, one: Meant, window: Window, period: Period, base: Period) -> _Counted:
        windows = (
            replace(window, first=base.first, last=base.last),
            replace(window, first=period.first, last=period.last),
        )
        parts = one.caliber.parts()
        for each, which in zip(windows, (base, period), strict=True):
            known = await self._ground.hearing.known(one, each)
            if not known.counted:
                raise NothingToExplain(
                    where=str(which), why=f"{which}: {known.why.en}", why_zh=known.why.zh
                )
        cells = [await self._counter.figures(parts, each, ()) for each in windows]
        old, new = (_pair([of[part][()] for part in parts]) for of in cells)
        if old.below == 0 or new.below == 0:
            which = base if old.below == 0 else period
            raise NothingToExplain(
                where=str(which),
                why=f"{which} has no value: there was nothing to divide by",
                why_zh=f"{which} 没有数值：分母为零",
            )
        return _Counted(one, windows, (old, new), told_of(one))

    async def _groups(
        self, counted: _Counted, by: str
    ) -> tuple[list[_Group], dict[str, Pair], dict[str, Pair]]:
        """Return the groups of a change, and what was counted of each before and after."""
        one = counted.one
        parts = one.caliber.parts()
        if by in _PLACES:
            level = _PLACES[by][0]
            role = counted.windows[0].role
            grain = tuple(role or x if x == "doctor" else x for x in GRAINS[level])
            cells = [await self._counter.figures(parts, each, grain) for each in counted.windows]
            keys = {key for of in cells for part in parts for key in of[part]}
            names = await self._ground.names(list(keys), level)
            heard = await self._ground.hearing.of(parts)
            groups = [
                _place(key, level, names)._replace(known=_known(heard, parts, counted, key))
                for key in keys
            ]
            told = [
                {g.key: _pair([of[part].get(g.place, 0) for part in parts]) for g in groups}
                for of in cells
            ]
            return groups, told[0], told[1]
        split = next((s for s in shared([p.fact for p in parts]) if s.key == by), None)
        if split is None:
            raise NoSuchSplit(
                where=by[:40], why="its rows do not say this", why_zh="该指标的明细没有这一项"
            )
        classes = {c.key: [narrowed(part, c.where) for part in parts] for c in split.classes}
        wanted = [part for some in classes.values() for part in some]
        cells = [await self._counter.figures(wanted, each, ()) for each in counted.windows]
        told = [
            {key: _pair([of[part][()] for part in some]) for key, some in classes.items()}
            for of in cells
        ]
        groups = [
            _Group(c.key, (), f"{split.key}:{c.key}", said_of(c), {})
            for c in split.classes
            if any(number for of in told for number in of[c.key])
        ]
        return groups, told[0], told[1]

    async def _above(
        self, code: str, asked: Asked, counted: _Counted, spans: tuple[Period, Period]
    ) -> ImpactAbove | None:
        """Return what a place did to its hospital, if whoever asks sees all of that."""
        if not (asked.department or asked.doctor):
            return None
        wider = replace(asked, department="", doctor="")
        window, sight = await self._ground.window(wider, spans[0])
        whole = sight.places.hospitals
        if sight.doctors is not None or (whole is not None and asked.hospital not in whole):
            return None
        one, _ = await self._meant(code, wider, spans[0])
        if not one.counted:
            return None
        try:
            hospital = await self._counted(one, window, *spans)
        except NothingToExplain:
            return None
        old, new = (
            {"here": mine, "else": _less(all_, mine)}
            for mine, all_ in zip(counted.whole, hospital.whole, strict=True)
        )
        found, divided = effects(old, new, whole=hospital.whole)
        names = await self._ground.names([(asked.hospital,)], "hospital")
        mine = found["here"]
        return ImpactAbove(
            of=names.organisation(asked.hospital).name
            if asked.hospital
            else BothWords(zh="全部", en="everything"),
            before=_value(hospital, 0),
            after=_value(hospital, 1),
            change=float(divided.change * hospital.told),
            rate=float(mine.rate * hospital.told),
            mix=float(mine.mix * hospital.told),
            effect=float(mine.whole * hospital.told),
            share=_share(mine.whole, divided.change),
        )

    async def _affected(
        self, one: Meant, counted: _Counted, period: Period, asked: Asked
    ) -> list[ImpactOn]:
        """Return the quotients that count the very rows of an indicator, and what these did."""
        definitions = await self._ground.book.now(self._ground.today)
        some = _sharing(one, definitions, period, asked)
        said = {_said(part) for part in one.caliber.parts()}
        role = counted.windows[0]
        if role.doctors is not None or role.role:
            some = [x for x in some if all(part.doctor for part in x.caliber.parts())]
        parts = [part for each in some for part in each.caliber.parts()]
        cells = [
            await self._counter.figures(parts, each, ()) if parts else {}
            for each in counted.windows
        ]
        heard = await self._ground.hearing.of(parts)
        hospitals = role.places.all_hospitals
        found = []
        for each in some:
            sides = each.caliber.parts()
            old, new = (_pair([of[part][()] for part in sides]) for of in cells)
            months = [Span(window.first, window.last) for window in counted.windows]
            lacking = any(heard.lack(sides, hospitals, span) for span in months)
            if not old.below or not new.below or lacking:
                continue
            _, divided = effects({}, {}, whole=(old, new))
            here = _Counted(each, counted.windows, (old, new), told_of(each))
            both: tuple[tuple[Part, Side, Fraction], ...] = (
                (sides[0], "numerator", divided.above),
                (sides[1], "denominator", divided.below),
            )
            found += [
                _affected(here, side, effect)
                for part, side, effect in both
                if _said(part) in said and effect
            ]
        found.sort(key=lambda row: (-abs(row.effect) / (abs(row.before) or 1.0), row.code))
        return found[:AFFECTED_MAX]


def ways_of(one: Meant) -> list[WayToSplit]:
    """Return how the change of an indicator can be divided."""
    parts = one.caliber.parts()
    doctors = all(part.doctor for part in parts)
    found = [
        WayToSplit(by=by, name=BothWords(zh=zh, en=en))
        for by, (_, zh, en) in _PLACES.items()
        if by != "doctor" or doctors
    ]
    return found + [
        WayToSplit(by=one.key, name=said_of(one)) for one in shared([p.fact for p in parts])
    ]


def _said(part: Part) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(part.canonical().items()))


def _sharing(one: Meant, definitions: Definitions, period: Period, asked: Asked) -> list[Meant]:
    """Return the quotients that count rows of an indicator, narrowed as it is itself."""
    code, slices = one.indicator.indicator, parse_slices(asked.where)
    whole = meant(one.indicator, asked.caliber, period.last_day)
    said = {_said(part) for part in whole.caliber.parts()}
    found = []
    for other, indicator in sorted(definitions.indicators.items()):
        chosen = choose(indicator, "", period.last_day)
        if other == code or chosen is None or chosen.caliber.denominator is None:
            continue
        if any(_said(part) in said for part in chosen.caliber.parts()):
            found.append(sliced(meant(indicator, "", period.last_day), slices))
    return [each for each in found if each.counted]  # the rows of others do not say it


def _periods(asked: Asked, against: Against) -> tuple[Period, Period]:
    period = parse_period(asked.period)
    return period, period.before(period.months if against == "previous" else _YEAR)


def _pair(numbers: Sequence[Number]) -> Pair:
    above, *below = numbers
    return Pair(above, below[0] if below else None)


def _less(whole: Pair, mine: Pair) -> Pair:
    below = None if whole.below is None else whole.below - (mine.below or 0)
    return Pair(whole.above - mine.above, below)


def _value(counted: _Counted, which: int) -> float:
    pair = counted.whole[which]
    found = _of_pair(counted, pair)
    assert found is not None  # noqa: S101 - a whole without a denominator was refused
    return found


def _of_pair(counted: _Counted, pair: Pair | None) -> float | None:
    numerator, *below = counted.one.caliber.parts()
    if pair is None:
        return None if below else 0.0
    under = None if pair.below is None else float(pair.below) * scale(below[0])
    return quotient(
        float(pair.above) * scale(numerator), under, factor=counted.one.indicator.factor
    )


def _share(effect: Fraction, change: Fraction) -> float | None:
    return float(effect / change * 100) if change else None


def _sides(counted: _Counted, above: Fraction, below: Fraction) -> list[SideEffect]:
    numerator, denominator = counted.one.caliber.parts()
    old, new = counted.whole
    up, down = scale(numerator), scale(denominator)
    return [
        SideEffect(
            side="numerator",
            money=money(numerator),
            before=float(old.above) * up,
            after=float(new.above) * up,
            effect=float(above * counted.told),
        ),
        SideEffect(
            side="denominator",
            money=money(denominator),
            before=float(old.below or 0) * down,
            after=float(new.below or 0) * down,
            effect=float(below * counted.told),
        ),
    ]


def _known(heard: Heard, parts: Sequence[Part], counted: _Counted, key: Key) -> tuple[bool, bool]:
    before, now = (
        heard.lack(parts, {key[0]}, Span(one.first, one.last)) is None for one in counted.windows
    )
    return before, now


def _place(key: Key, level: By, names: Names) -> _Group:
    at = {}
    for column, value in zip(GRAINS[level], key, strict=True):
        code = None if value is None else str(value)
        called = names.practitioner if column == "doctor" else names.organisation
        at[column] = called(code)
    return _Group("|".join(one.code for one in at.values()), key, "", at[level].name, at)


def _row(
    group: _Group,
    pairs: tuple[Pair | None, Pair | None],
    effect: Effect,
    counted: _Counted,
    change: Fraction,
) -> ContributionRow:
    numerator, *below = counted.one.caliber.parts()
    up, down = scale(numerator), scale(below[0]) if below else 1.0
    old, new = (pair or Pair(0, 0 if below else None) for pair in pairs)
    known_before, known_now = group.known
    return ContributionRow(
        key=group.key,
        name=group.name,
        where=group.where,
        numerator=float(new.above) * up if known_now else None,
        denominator=None if new.below is None or not known_now else float(new.below) * down,
        numerator_before=float(old.above) * up if known_before else None,
        denominator_before=None
        if old.below is None or not known_before
        else float(old.below) * down,
        value=_of_pair(counted, new) if known_now else None,
        value_before=_of_pair(counted, old) if known_before else None,
        rate=float(effect.rate * counted.told),
        mix=float(effect.mix * counted.told),
        effect=float(effect.whole * counted.told),
        share=_share(effect.whole, change),
        hospital=group.at.get("hospital"),
        department=group.at.get("department"),
        doctor=group.at.get("doctor"),
    )


def _affected(here: _Counted, side: Side, effect: Fraction) -> ImpactOn:
    indicator = here.one.indicator
    return ImpactOn(
        code=indicator.indicator,
        name=said_of(indicator.name),
        unit=indicator.unit.value,
        better=indicator.better,
        side=side,
        before=_value(here, 0),
        after=_value(here, 1),
        effect=float(effect * here.told),
    )
