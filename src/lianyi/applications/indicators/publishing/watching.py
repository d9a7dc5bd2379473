"""Targets, rules of alerts and alerts: what is to be reached, and what a person should look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from lianyi.applications.indicators.model import Indicator
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.publishing import published_store as store
from lianyi.applications.indicators.publishing.alarming import (
    HISTORY_MONTHS,
    Band,
    reached,
    target_band,
    usual_band,
)
from lianyi.applications.indicators.publishing.desk import Deciding, Desk
from lianyi.applications.indicators.publishing.model import (
    ALL,
    WATCHING,
    WHOLE,
    Alert,
    Decision,
    Definition,
    Published,
    Said,
)
from lianyi.applications.indicators.publishing.periods import over, parse_period
from lianyi.applications.indicators.publishing.problems import NoSuchCaliber
from lianyi.applications.indicators.publishing.standing import in_force, target_for
from lianyi.applications.indicators.publishing.watch_views import (
    AlertRuleList,
    AlertRuleView,
    RaisedView,
    SetAlertRule,
    SetTarget,
    TargetList,
    TargetView,
)
from lianyi.security.access import current, require

Place = tuple[str, str]
"""Hospital and department."""


@dataclass(frozen=True)
class _Looked:
    """What a rule looks at: values of one caliber by place, of a period and of months before."""

    indicator: Indicator
    period: Period
    told: Mapping[Place, tuple[Published, float | None]]
    before: Mapping[Place, Sequence[float]]
    ever: frozenset[str]
    targets: Sequence[Decision]


class Watching:
    """Keeps targets and rules; raises alerts when values are published, and on demand."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # ---- targets --------------------------------------------------------------------------------

    async def set_target(self, code: str, wanted: SetTarget) -> TargetList:
        """Say what is to be reached, or that nothing is any more.

        Raises:
            NoSuchCaliber, BadPeriod: there is no such thing.
            OutsideOfReach: not for this hospital; without one: not everywhere within reach.
        """
        require(wanted.hospital, where="hospital")
        period = parse_period(wanted.period)
        caliber = await self._named(code, wanted.caliber)
        facts = {
            "period": str(period),
            "department": wanted.department,
            "value": wanted.value,
            "ends": wanted.value is None,
        }
        async with self._desk.deciding() as deciding:
            await deciding.say(
                Said.TARGETED, facts, code=code, caliber=caliber, hospital=wanted.hospital
            )
        return await self.list_targets(code, period="", hospital="")

    async def _named(self, code: str, caliber: str) -> str:
        names = [one.caliber for one in (await self._desk.indicator(code)).calibers]
        if caliber and caliber not in names:
            raise NoSuchCaliber(where="caliber")
        return caliber or names[0]

    async def list_targets(self, code: str, *, period: str, hospital: str) -> TargetList:
        """Return the targets that hold, with what was published and where a year goes.

        Args:
            code: of the indicator; empty: of all.
            period: empty: of every one.
            hospital: empty: of each within reach.
        """
        said = await store.decisions(self._desk.pool, WATCHING, code=code or None)
        known = await self._desk.indicators()
        items = []
        for one in in_force(said, Said.TARGETED):
            if one.code not in known or not _seen(one.hospital):
                continue
            if period in {"", one.facts["period"]} and hospital in {"", one.hospital}:
                items.append(await self._target(one, known[one.code]))
        return TargetList(items=items)

    async def _target(self, one: Decision, indicator: Indicator) -> TargetView:
        period = parse_period(str(one.facts["period"]))
        department, value, forecast = str(one.facts["department"]), None, None
        if one.hospital != ALL:
            rows = await store.published(
                self._desk.pool,
                codes=[one.code],
                caliber=one.caliber,
                hospital=one.hospital,
                department=department,
            )
            defined = await self._desk.defined(self._desk.pool, rows)
            last = {(row.first_month, row.last_month): row for row in rows}
            whole = last.get((period.first, period.last))
            if whole is not None:
                value = defined[whole.hash].value(whole.numerator, whole.denominator)
            months = [
                row
                for (first, end), row in last.items()
                if first == end and period.first <= first <= period.last
            ]
            forecast = _forecast(months, defined, period.last - period.first + 1)
        target = float(one.facts["value"])
        return TargetView(
            code=one.code,
            caliber=one.caliber,
            hospital=one.hospital,
            department=department,
            period=str(period),
            target=target,
            value=value,
            reached=reached(value, target, indicator.better),
            forecast=forecast,
            set_by=one.by_name,
            set_at=one.at,
        )

    # ---- rules ----------------------------------------------------------------------------------

    async def set_rule(self, code: str, wanted: SetAlertRule) -> AlertRuleList:
        """Say when an alert is raised, or that it is no longer.

        Raises:
            NoSuchCaliber: there is no such thing.
            OutsideOfReach: not for this hospital; without one: not everywhere within reach.
        """
        require(wanted.hospital, where="hospital")
        caliber = await self._named(code, wanted.caliber)
        facts = {"kind": wanted.kind, "limit": wanted.limit, "ends": wanted.ends}
        async with self._desk.deciding() as deciding:
            await deciding.say(
                Said.RULED, facts, code=code, caliber=caliber, hospital=wanted.hospital
            )
        return await self.list_rules(code)

    async def list_rules(self, code: str) -> AlertRuleList:
        """Return the rules that hold; ``code`` empty: of all indicators."""
        said = await store.decisions(self._desk.pool, WATCHING, code=code or None)
        return AlertRuleList(
            items=[
                AlertRuleView(
                    number=one.decision,
                    code=one.code,
                    caliber=one.caliber,
                    hospital=one.hospital,
                    kind=one.facts["kind"],
                    limit=one.facts["limit"],
                    set_by=one.by_name,
                    set_at=one.at,
                )
                for one in in_force(said, Said.RULED)
                if _seen(one.hospital)
            ]
        )

    # ---- alerts ---------------------------------------------------------------------------------

    async def evaluate(self, written: str) -> RaisedView:
        """Look at what was published of a period that is over, and raise alerts.

        Raises:
            BadPeriod: it is none, or not over.
        """
        period = over(parse_period(written), self._desk.today)
        async with self._desk.deciding() as deciding:
            return RaisedView(raised=await self.evaluate_within(deciding, period))

    async def evaluate_within(self, deciding: Deciding, period: Period) -> int:
        """Raise alerts about the hospitals within reach; return how many are new."""
        said = await store.decisions(deciding.connection, WATCHING)
        targets = in_force(said, Said.TARGETED)
        known = await self._desk.indicators()
        looked: dict[tuple[str, str], _Looked] = {}
        raised = 0
        for rule in in_force(said, Said.RULED):
            if rule.code not in known:
                continue
            of = (rule.code, rule.caliber)
            if of not in looked:
                looked[of] = await self._look(deciding, known[rule.code], of, period, targets)
            for alert in self._alerts(rule, looked[of]):
                raised += await store.insert_alert(deciding.connection, alert)
        if raised:
            await deciding.act("alerted", {"period": str(period), "raised": raised})
        return raised

    async def _look(
        self,
        deciding: Deciding,
        indicator: Indicator,
        of: tuple[str, str],
        period: Period,
        targets: Sequence[Decision],
    ) -> _Looked:
        ask, (code, caliber) = deciding.connection, of
        rows = await store.published(ask, codes=[code], caliber=caliber)
        rows = [row for row in rows if current().sees(row.hospital)]
        defined = await self._desk.defined(ask, rows)

        def value(row: Published) -> float | None:
            return defined[row.hash].value(row.numerator, row.denominator)

        last = {
            (row.first_month, row.last_month, row.hospital, row.department): row for row in rows
        }
        told = {
            (row.hospital, row.department): (row, value(row))
            for row in last.values()
            if (row.first_month, row.last_month) == (period.first, period.last)
        }
        before: dict[Place, list[float]] = defaultdict(list)
        for row in last.values():
            months_ago = period.first - row.first_month
            single = row.first_month == row.last_month and period.first == period.last
            counted = value(row)
            if single and 1 <= months_ago <= HISTORY_MONTHS and counted is not None:
                before[row.hospital, row.department].append(counted)
        ever = frozenset(row.hospital for row in rows)
        return _Looked(indicator, period, told, before, ever, targets)

    def _alerts(self, rule: Decision, looked: _Looked) -> Iterator[Alert]:
        """Give what a rule finds."""
        kind, limit = str(rule.facts["kind"]), float(rule.facts["limit"])
        if kind == "missing":
            due = looked.period.last_day + timedelta(days=limit)
            hospitals = looked.ever if rule.hospital == ALL else {rule.hospital}
            for hospital in sorted(hospitals):
                missing = (hospital, WHOLE) not in looked.told and current().sees(hospital)
                if missing and self._desk.today > due:
                    yield self._alert(rule, looked.period, (hospital, WHOLE), None, None, None)
            return
        for place, (row, value) in sorted(looked.told.items(), key=lambda item: item[0]):
            if rule.hospital not in {ALL, place[0]} or value is None:
                continue
            band: Band | None = None
            if kind == "target":
                cell = (rule.code, rule.caliber, *place)
                target = target_for(looked.targets, cell, str(looked.period))
                if target is not None:
                    band = target_band(target, looked.indicator.better, limit)
            else:
                band = usual_band(looked.before.get(place, ()), limit)
            if band is not None and not band.holds(value):
                yield self._alert(rule, looked.period, place, row, value, band)

    def _alert(
        self,
        rule: Decision,
        period: Period,
        place: Place,
        row: Published | None,
        value: float | None,
        band: Band | None,
    ) -> Alert:
        return Alert(
            kind=str(rule.facts["kind"]),
            code=rule.code,
            caliber=rule.caliber,
            hospital=place[0],
            department=place[1],
            first_month=period.first,
            last_month=period.last,
            value=value,
            lowest=band.lowest if band else None,
            highest=band.highest if band else None,
            published=row.published if row else 0,
            rule=rule.decision,
            raised_at=self._desk.clock.now(),
        )


def _seen(hospital: str) -> bool:
    """Tell whether what was said for a hospital may be seen; for all of them: by everybody."""
    return hospital == ALL or current().sees(hospital)


def _forecast(
    months: Sequence[Published], defined: Mapping[str, Definition], length: int
) -> float | None:
    """Return what a period comes to when its other months are like those that are published.

    A share is that of all its months together; a plain number grows with the months.
    """
    if not months:
        return None
    definition = defined[months[-1].hash]
    above = sum((row.numerator for row in months), Decimal(0))
    if definition.denominator is None:
        return definition.value(above * length / len(months), None)
    below = sum((row.denominator or Decimal(0) for row in months), Decimal(0))
    return definition.value(above, below)
