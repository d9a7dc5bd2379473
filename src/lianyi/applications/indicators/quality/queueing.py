"""The work queue: findings, who has them, and what people say about them.

Whether something is a finding is judged when it is asked, from the newest results and the threshold
as it is written now. What people say is an act in the log and a row beside it, in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lianyi.applications.indicators.quality import quality_store as store
from lianyi.applications.indicators.quality.desk import QualityDesk, seen
from lianyi.applications.indicators.quality.judging import (
    by_cell,
    is_over,
    over_since,
    standing,
)
from lianyi.applications.indicators.quality.model import Cell, Said
from lianyi.applications.indicators.quality.problems import NoSuchFinding
from lianyi.applications.indicators.quality.views import (
    AcknowledgeFinding,
    AskedRun,
    AssignFinding,
    QualityQueue,
    ReopenFinding,
    RuleFinding,
    said,
)
from lianyi.security.access import current
from lianyi.security.acts import act


class Queue:
    """Findings within the reach of whoever asks."""

    def __init__(self, desk: QualityDesk) -> None:
        self._desk = desk

    async def list_findings(
        self, *, state: str = "", rule: str = "", hospital: str = ""
    ) -> QualityQueue:
        """Return findings, those with the most violated rows first; what is empty is not asked.

        Raises:
            NoRun: none has ended yet.
        """
        desk = self._desk
        sight = await desk.sights.of_caller()
        rules, runs = await desk.rules(), await desk.runs()
        newest = (await desk.results(runs[:1], sight, rule=rule))[runs[0].run]
        found = [
            one
            for one in newest
            if one.rule in rules.by_code
            and is_over(one.violated, one.denominator, rules.by_code[one.rule].threshold)
            and hospital in ("", one.cell.hospital)
        ]
        names = await desk.names(one.cell for one in found)
        past = await store.history(desk.pool, rules.thresholds)
        heard = by_cell(await store.decisions(desk.pool, rule=rule))
        items = []
        for one in found:
            of, key = rules.by_code[one.rule], (one.rule, one.cell)
            stands = standing(one, heard.get(key, ()))
            if state not in ("", stands.state):
                continue
            items.append(
                RuleFinding(
                    rule=one.rule,
                    name=said(of.name),
                    category=of.category,
                    source=one.cell.source,
                    hospital=names.organisation(one.cell.hospital),
                    department=names.organisation(one.cell.department),
                    violated=one.violated,
                    denominator=one.denominator,
                    threshold=of.threshold,
                    since=over_since(past.get(key, ()), of.threshold),
                    state=stands.state,
                    assigned_to=stands.to,
                    note=stands.note,
                    by=stands.by,
                    at=stands.at,
                    came_back=stands.came_back,
                )
            )
        items.sort(key=lambda one: (-one.violated, one.rule, one.department.code))
        return QualityQueue(items=items)

    async def assign(self, wanted: AssignFinding) -> RuleFinding:
        """Give a finding to somebody; raises :class:`NoSuchFinding`."""
        cell = Cell(wanted.source, wanted.hospital, wanted.department)
        return await self._say(Said.ASSIGNED, wanted.rule, cell, {"to": wanted.to})

    async def acknowledge(self, wanted: AcknowledgeFinding) -> RuleFinding:
        """Say why a finding stays; it comes back when it worsens; raises NoSuchFinding."""
        cell = Cell(wanted.source, wanted.hospital, wanted.department)
        return await self._say(Said.ACKNOWLEDGED, wanted.rule, cell, {"note": wanted.note})

    async def reopen(self, wanted: ReopenFinding) -> RuleFinding:
        """Take an acknowledgement back; raises :class:`NoSuchFinding`."""
        cell = Cell(wanted.source, wanted.hospital, wanted.department)
        return await self._say(Said.REOPENED, wanted.rule, cell, {})

    async def _say(
        self, what: Said, rule: str, cell: Cell, facts: Mapping[str, Any]
    ) -> RuleFinding:
        desk = self._desk
        sight = await desk.sights.of_caller()
        threshold = (await desk.rules()).thresholds.get(rule)
        async with desk.pool.acquire() as connection, connection.transaction():
            await store.lock(connection)
            runs = await store.runs(connection, limit=1)
            newest = await store.results(connection, [one.run for one in runs], rule=rule)
            found = [one for of in newest.values() for one in of if one.cell == cell]
            over = threshold is not None and any(
                is_over(one.violated, one.denominator, threshold) for one in found
            )
            if not over or not seen(sight, cell):
                raise NoSuchFinding(where="finding")
            told = {
                "violated": found[0].violated,
                "denominator": found[0].denominator,
                **facts,
            }
            about = {
                "rule": rule,
                "source": cell.source,
                "organisation": cell.hospital,
                "department": cell.department,
            }
            position = await desk.log.append_act_within(
                connection, act(f"quality.{what.value}", about | told)
            )
            await store.insert_decision(
                connection,
                what,
                (rule, cell),
                told,
                by=current(),
                at=desk.clock.now(),
                position=position,
            )
        items = (await self.list_findings(rule=rule)).items
        return next(
            one
            for one in items
            if (one.source, one.hospital.code, one.department.code)
            == (cell.source, cell.hospital, cell.department)
        )

    async def ask_for_run(self) -> AskedRun:
        """Ask for a run; it begins within seconds in the process that learns."""
        desk = self._desk
        async with desk.pool.acquire() as connection, connection.transaction():
            await desk.log.append_act_within(connection, act("quality.asked", {}))
            await store.ask_for_run(connection, desk.clock.now())
        return AskedRun()
