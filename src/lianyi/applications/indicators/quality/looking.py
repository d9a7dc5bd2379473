"""How the data stand: by category and source, by rule, and the rows that violate one."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal

from lianyi.applications.indicators.counter import Counter
from lianyi.applications.indicators.failures import NotCounted, NothingInSight
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.periods import parse_period
from lianyi.applications.indicators.quality import quality_store as store
from lianyi.applications.indicators.quality.desk import QualityDesk, Rules, run_view
from lianyi.applications.indicators.quality.judging import is_over, together, together_counted
from lianyi.applications.indicators.quality.knowing import known_codes
from lianyi.applications.indicators.quality.model import Check, Known, Result, Rule, rule_hash
from lianyi.applications.indicators.quality.quality_store import Run
from lianyi.applications.indicators.quality.queueing import Queue
from lianyi.applications.indicators.quality.uses import spoiled_by
from lianyi.applications.indicators.quality.views import (
    FedIndicator,
    QualityCell,
    QualityOverview,
    QualityPoint,
    QualityRows,
    QualityRule,
    QualityRuleDetail,
    QualityRules,
    QualityShare,
    said,
    settings_of,
)
from lianyi.applications.indicators.rowing import EXPORT_ROWS_MAX, Behind, Rows, as_csv
from lianyi.applications.indicators.views import BothWords, NamedColumn, UnusableFile
from lianyi.applications.indicators.window import Window

if TYPE_CHECKING:
    from ibis.expr import types as ir  # type: ignore[import-untyped]

Category = Literal["conformance", "completeness", "plausibility"]
Monthly = dict[tuple[str, str, int], tuple[int, int]]
"""By hospital, department and month: rows that violate a rule, and rows."""
CODES_SECONDS: Final = 30.0
"""For so long the codes of the master data are remembered."""
_READS: Final = "quality.read"
_ROWS: Final = "indicators.rows"


@dataclass(frozen=True, slots=True)
class Where:
    """Which rows are meant; what is empty narrows nothing.

    Attributes:
        source: channel, or source of mapped tables.
        hospital: code.
        department: code, by the role that the rule names, this one alone.
        unplaced: only rows that name no department.
        month: ``2026-03``: only rows whose time, the one that the rule names, lies in it.
    """

    source: str = ""
    hospital: str = ""
    department: str = ""
    unplaced: bool = False
    month: str = ""


class Looking:
    """Tells how the data stand within the reach of whoever asks."""

    def __init__(self, desk: QualityDesk, counter: Counter, rows: Rows, queue: Queue) -> None:
        """Look at a desk; ``rows`` lists what ``counter`` counts: a star that says the source."""
        self._desk = desk
        self._counter = counter
        self._rows = rows
        self._queue = queue
        self._known: tuple[float, Known] | None = None

    async def overview(self) -> QualityOverview:
        """Return categories by source.

        Raises:
            NoRun: none has ended yet.
        """
        sight = await self._desk.sights.of_caller()
        rules, runs = await self._desk.rules(), await self._desk.runs()
        newest = (await self._desk.results(runs[:1], sight))[runs[0].run]
        sums = await store.sums(self._desk.pool, [one.run for one in runs], sight.places)
        queue = (await self._queue.list_findings()).items
        return QualityOverview(
            run=run_view(runs[0]),
            waits=await store.newest_asked(self._desk.pool) > 0,
            shares=_shares(rules, newest, _trends(rules, runs, sums)),
            open=sum(one.state == "open" for one in queue),
            assigned=sum(one.state == "assigned" for one in queue),
            acknowledged=sum(one.state == "acknowledged" for one in queue),
            back=sum(one.came_back for one in queue),
            unusable=[
                UnusableFile(code=one.code, where=one.where, zh=one.text("zh"), en=one.text("en"))
                for one in rules.problems
            ],
        )

    async def list_rules(self) -> QualityRules:
        """Return all rules, with what the newest run found; raises :class:`NoRun`."""
        sight = await self._desk.sights.of_caller()
        rules, runs = await self._desk.rules(), await self._desk.runs()
        of: dict[str, list[Result]] = defaultdict(list)
        for one in (await self._desk.results(runs[:1], sight))[runs[0].run]:
            of[one.rule].append(one)
        items = [
            QualityRule.model_validate(_rule(one, of[code])) for code, one in rules.by_code.items()
        ]
        return QualityRules(run=run_view(runs[0]), items=items)

    async def get_rule(self, code: str) -> QualityRuleDetail:
        """Return a rule with what it found where; raises :class:`NoSuchRule`, :class:`NoRun`."""
        sight = await self._desk.sights.of_caller()
        rule = (await self._desk.rules()).get(code)
        runs = await self._desk.runs()
        found = await self._desk.results(runs, sight, rule=code)
        newest = found[runs[0].run]
        names = await self._desk.names(one.cell for one in newest)
        known = (await self._desk.book.now(self._today)).indicators
        cells = [
            QualityCell(
                source=one.cell.source,
                hospital=names.organisation(one.cell.hospital),
                department=names.organisation(one.cell.department),
                violated=one.violated,
                denominator=one.denominator,
                over=is_over(one.violated, one.denominator, rule.threshold),
            )
            for one in newest
        ]
        return QualityRuleDetail(
            **_rule(rule, newest),
            where=rule.where,
            settings=settings_of(rule),
            cells=sorted(cells, key=lambda one: (-one.violated, one.source, one.department.code)),
            trend=[_point(run, found[run.run]) for run in reversed(runs) if found[run.run]],
            indicators=[
                FedIndicator(code=one.indicator, name=said(one.name))
                for one in spoiled_by(rule, known)
            ],
            columns=[] if rule.of_lake else shown_columns(rule),
        )

    async def rows(self, code: str, where: Where, *, skip: int, limit: int) -> QualityRows:
        """Return the rows that violate a rule, of those that whoever asks may see.

        Raises:
            NoSuchRule: there is none of this code.
            NotCounted: its rows are raw rows of the lake, which do not leave it here.
            UnreadablePeriod, NothingInSight, NoStar, CountingTooBig: see
                ``IndicatorService.values``.
        """
        behind = await self._page(code, where, also=(_READS,), skip=skip, limit=limit)
        after = skip + len(behind.rows)
        return QualityRows(
            rule=code,
            columns=behind.columns,
            items=behind.rows,
            total=behind.total,
            next_skip=after if behind.rows and after < behind.total else None,
        )

    async def export(self, code: str, where: Where) -> str:
        """Return all of these rows as CSV; raises what :meth:`rows` does, and TooMuchAtOnce."""
        behind = await self._page(code, where, also=(_READS, _ROWS), skip=0, limit=EXPORT_ROWS_MAX)
        return as_csv(behind, code)

    async def _page(
        self, code: str, where: Where, *, also: Sequence[str], skip: int, limit: int
    ) -> Behind:
        sight = await self._desk.sights.of_caller(also=also)
        rule = (await self._desk.rules()).get(code)
        if rule.of_lake:
            raise NotCounted(
                where=code,
                why="they are raw rows of the lake, which do not leave it here",
                why_zh="这是数据湖的原始行，不在此处展示",
            )
        sight = sight.narrowed(where.hospital, "", "")
        if sight.nothing:
            raise NothingInSight(where="quality")
        window = Window(-32_768, 32_767, sight.places, sight.doctors, undated=True)
        if where.month:
            period = parse_period(where.month)
            window = Window(period.first, period.last, sight.places, sight.doctors)
        known = await self._codes()

        def choose(tables: Mapping[str, ir.Table], _: Part, window: Window) -> ir.Table:
            from lianyi.applications.indicators.quality import checks

            found = checks.rows(tables, rule, window, known, where.source)
            column = found[rule.department]
            if where.unplaced:
                return found.filter(column.isnull() | (column == ""))
            return found.filter(column == where.department) if where.department else found

        columns = shown_columns(rule)
        return await self._rows.list_rows(
            rule.part, columns, window, skip=skip, limit=limit, choose=choose
        )

    async def monthly(self, rules: Sequence[Rule], window: Window) -> dict[str, Monthly]:
        """Return how many rows violate rules on the star, of how many, by place and month.

        Args:
            rules: each with a time that its rows say.
            window: whose rows, of which months; that whoever asks may see them is known.

        Returns:
            By code of the rule, and by hospital, department and month: violated rows, and rows.

        Raises:
            NoStar, CountingTooBig: they cannot be counted now.
        """
        known = await self._codes()
        codes = tuple(sorted(known.codes.items()))
        found: dict[str, Monthly] = {one.rule: {} for one in rules}
        for group in together_counted(rules, by_time=True):

            def ask(tables: Mapping[str, ir.Table], of: list[Rule] = group) -> ir.Table:
                from lianyi.applications.indicators.quality import checks

                return checks.counts(tables, of, window, known, by_month=True)

            key = ("monthly", tuple(rule_hash(one) for one in group), window, codes)
            for row in await self._counter.answered(key, ask):
                place = row["hospital"], row["department"], int(row["month"])
                for number, rule in enumerate(group):
                    if row[f"d{number}"]:
                        counted = int(row[f"v{number}"]), int(row[f"d{number}"])
                        found[rule.rule][place] = counted
        return found

    async def rules(self) -> Rules:
        """Return the rules as their files say now."""
        return await self._desk.rules()

    async def _codes(self) -> Known:
        if self._known is None or time.monotonic() - self._known[0] > CODES_SECONDS:
            self._known = time.monotonic(), await known_codes(self._desk.naming.data)
        return self._known[1]

    @property
    def _today(self) -> date:
        return self._desk.clock.now().astimezone(self._desk.zone).date()


def shown_columns(rule: Rule) -> list[NamedColumn]:
    """Return the columns that are shown of a row that violates a rule."""
    fact = rule.of_fact
    wanted = (rule.field, rule.after, rule.time, rule.department, "class", "encounter", "category")
    names = [one for one in dict.fromkeys(wanted) if one in fact.columns]
    if rule.check in (Check.GENDER, Check.GENDER_DESCENDANTS) and "sex" in fact.columns:
        names.append("sex")
    return [
        NamedColumn(column=one, name=BothWords(zh=fact.columns[one].zh, en=fact.columns[one].en))
        for one in names
    ]


def _rule(rule: Rule, results: Sequence[Result]) -> dict[str, Any]:
    violated, denominator = together(results)
    fact = None if rule.of_lake else rule.of_fact
    column = fact.columns.get(rule.field) if fact else None
    return {
        "code": rule.rule,
        "name": said(rule.name),
        "matters": said(rule.matters),
        "table": rule.table,
        "table_name": said(fact) if fact else BothWords(zh=rule.table, en=rule.table),
        "field": rule.field,
        "field_name": said(column) if column else BothWords(zh=rule.field, en=rule.field),
        "check": rule.check.value,
        "level": rule.level,
        "category": rule.category,
        "context": rule.context,
        "threshold": rule.threshold,
        "hash": rule_hash(rule),
        "violated": violated,
        "denominator": denominator,
        "over": any(is_over(one.violated, one.denominator, rule.threshold) for one in results),
        "drills": not rule.of_lake,
    }


def _point(run: Run, results: Sequence[Result]) -> QualityPoint:
    violated, denominator = together(results)
    return QualityPoint(run=run.run, at=run.ended_at, violated=violated, denominator=denominator)


_Trends = Mapping[tuple[Category, str], Sequence[QualityPoint]]


def _trends(
    rules: Rules, runs: Sequence[Run], sums: Iterable[tuple[int, str, str, int, int]]
) -> _Trends:
    """Return what runs found by category and source, the oldest first."""
    found: dict[tuple[Category, str], dict[int, tuple[int, int]]] = defaultdict(dict)
    for run, code, source, violated, denominator in sums:
        rule = rules.by_code.get(code)
        if rule is not None:
            of = found[rule.category, source]
            before = of.get(run, (0, 0))
            of[run] = before[0] + violated, before[1] + denominator
    return {
        key: [
            QualityPoint(
                run=one.run, at=one.ended_at, violated=of[one.run][0], denominator=of[one.run][1]
            )
            for one in reversed(runs)
            if one.run in of
        ]
        for key, of in found.items()
    }


def _shares(rules: Rules, newest: Sequence[Result], trends: _Trends) -> list[QualityShare]:
    """Return one share for each category and source of the newest run."""
    by: dict[tuple[Category, str], list[Result]] = defaultdict(list)
    for one in newest:
        rule = rules.by_code.get(one.rule)
        if rule is not None:
            by[rule.category, one.cell.source].append(one)
    shares = []
    for (category, source), of in sorted(by.items()):
        over = {
            one.rule
            for one in of
            if is_over(one.violated, one.denominator, rules.by_code[one.rule].threshold)
        }
        violated, denominator = together(of)
        shares.append(
            QualityShare(
                category=category,
                source=source,
                violated=violated,
                denominator=denominator,
                rules=len({one.rule for one in of}),
                over=len(over),
                trend=list(trends.get((category, source), ())),
            )
        )
    return shares
