"""Publishing values: counted by an approved definition, chained, told anew only with a reason."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from lianyi.applications.indicators.heard import Heard, Span
from lianyi.applications.indicators.model import (
    Caliber,
    Indicator,
    Part,
    definition,
    definition_hash,
)
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.publishing import published_store as store
from lianyi.applications.indicators.publishing.counts import Cells, Counted
from lianyi.applications.indicators.publishing.desk import Deciding, Desk
from lianyi.applications.indicators.publishing.model import Decision, Definition, Published
from lianyi.applications.indicators.publishing.periods import over, parse_period
from lianyi.applications.indicators.publishing.previewing import (
    NOTHING,
    Cell,
    as_it_was,
    cell_of,
    preview_of,
    previewed,
)
from lianyi.applications.indicators.publishing.problems import (
    FactsMoved,
    NoSuchCaliber,
    NotApproved,
    NothingKnown,
    ReasonWanted,
)
from lianyi.applications.indicators.publishing.standing import (
    Signed,
    caliber_for,
    signature,
    state_of,
)
from lianyi.applications.indicators.publishing.views import LeftOut, PublishedSum, PublishPreview
from lianyi.applications.indicators.publishing.watching import Watching
from lianyi.security.access import current

Watermark = Mapping[str, Mapping[str, Any]]
"""Of what was counted: SHA-256 of each fact's files, and where each shard of the log ended."""
_Known = tuple[Mapping[Part, Counted], Watermark, Heard]
"""What was counted, of which files, and of what anything is known."""
NO_DATA = "no data"
"""Why something approved is left out."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A caliber that is to be published.

    Attributes:
        indicator, caliber: as the files say.
        hash: of what it counts.
        counts: the same, ready to be counted.
    """

    indicator: Indicator
    caliber: Caliber
    hash: str
    counts: Definition

    @classmethod
    def of(cls, indicator: Indicator, caliber: Caliber) -> Wanted:
        """Prepare a caliber."""
        said = definition(indicator, caliber)
        hashed = definition_hash(indicator, caliber)
        return cls(indicator, caliber, hashed, Definition.of(said))


class Valuing:
    """Publishes values."""

    def __init__(self, desk: Desk, watching: Watching) -> None:
        """Publish.

        Args:
            desk: of publishing.
            watching: looks at what was published, for alerts.
        """
        self._desk = desk
        self._watching = watching

    async def publish(
        self, written: str, codes: Sequence[str], *, caliber: str, reason: str
    ) -> PublishedSum:
        """Count and publish a period for the hospitals within reach; all or nothing.

        Args:
            written: the period.
            codes: indicators; none: all whose caliber is approved.
            caliber: name; empty: the first of indicators that are named, else all.
            reason: why values that were published are told anew.

        Raises:
            BadPeriod: it is none, or not over.
            NoSuchCaliber, NotApproved: about an indicator that was named.
            FactsMoved: the facts changed meanwhile.
            ReasonWanted: values would change, and no reason is given.
            NothingKnown: indicators were named, and nothing is known of any.
        """
        period = over(parse_period(written), self._desk.today)
        wanted, left_out = await self._wanted(self._desk.pool, period, codes, caliber)
        facts = {part.fact for one in wanted for part in one.counts.parts}
        shards = sorted(await self._desk.log.shards())
        ends = {str(shard): await self._desk.log.end(shard) for shard in shards}
        signed = await asyncio.to_thread(self._desk.counts.signature, facts)
        parts = [part for one in wanted for part in one.counts.parts]
        counted = await asyncio.to_thread(
            self._desk.counts.count, parts, period, keep=True, split=True
        )
        heard = await self._desk.heard(parts)
        if signed != await asyncio.to_thread(self._desk.counts.signature, facts):
            raise FactsMoved(where="period")
        async with self._desk.deciding() as deciding:
            # Whoever withdrew an approval while it was counted is heeded.
            again, _ = await self._wanted(deciding.connection, period, codes, caliber)
            if {one.hash for one in again} != {one.hash for one in wanted}:
                raise FactsMoved(where="codes")
            mark: Watermark = {"facts": signed, "log": ends}
            silent = [one for some in wanted for one in _silent(some, period, counted, heard)]
            if codes and silent and all(_nothing(one, period, heard) for one in wanted):
                raise NothingKnown(where="codes", **_said(silent[0]))
            known = (counted, mark, heard)
            found = await self._rows(deciding, wanted, period, known, reason)
            return await self._put(deciding, period, found, [*left_out, *silent])

    async def preview(self, written: str, codes: Sequence[str], *, caliber: str) -> PublishPreview:
        """Return what :meth:`publish` would publish now, and what was published before.

        Args:
            written: the period.
            codes: indicators; none: all whose caliber is approved.
            caliber: name; empty: the first of indicators that are named, else all.

        Raises:
            BadPeriod: it is none, or not over.
            NoSuchCaliber, NotApproved: about an indicator that was named.
        """
        period = over(parse_period(written), self._desk.today)
        wanted, left_out = await self._wanted(self._desk.pool, period, codes, caliber)
        parts = [part for one in wanted for part in one.counts.parts]
        counts = self._desk.counts
        facts = await asyncio.to_thread(counts.signature, {part.fact for part in parts})
        heard = await self._desk.heard(parts)
        counted = await asyncio.to_thread(
            counts.count, parts, period, keep=False, split=True, rows=True
        )
        told = await self._told(self._desk.pool, wanted, period)
        defined = await self._desk.defined(self._desk.pool, told.values())
        cells = [
            previewed(row, one.counts, counted, told.get(cell_of(row)), defined)
            for one in wanted
            for row in self._cells_of(
                one, period, (counted, {"facts": facts, "log": {}}, heard), told
            )
        ]
        left_out += [one for some in wanted for one in _silent(some, period, counted, heard)]
        return await asyncio.to_thread(
            preview_of, cells, period=period, left_out=left_out, counts=counts
        )

    async def _told(
        self, ask: store.Asks, wanted: Sequence[Wanted], period: Period
    ) -> dict[Cell, Published]:
        """Return what is told now of each cell of a period."""
        return latest(
            await store.published(
                ask,
                codes=[one.indicator.indicator for one in wanted],
                months=(period.first, period.last),
            )
        )

    async def _wanted(
        self, ask: store.Asks, period: Period, codes: Sequence[str], name: str
    ) -> tuple[list[Wanted], list[LeftOut]]:
        known, words = await self._desk.indicators(), await self._desk.words(ask)
        wanted, left_out = [], []
        for code, which in _asked(known, codes, name):
            indicator = known.get(code)
            caliber = caliber_for(indicator, which, period) if indicator else None
            if indicator is None or caliber is None or caliber.numerator is None:
                if codes:
                    raise NoSuchCaliber(where=f"codes: {code[:20]}")
                continue
            one = Wanted.of(indicator, caliber)
            if signature(words, code, caliber.caliber, one.hash):
                wanted.append(one)
            elif codes:
                raise NotApproved(where=f"codes: {code}")
            else:
                left_out.append(_left_out(indicator, caliber, words))
        return wanted, left_out

    async def _rows(
        self,
        deciding: Deciding,
        wanted: Sequence[Wanted],
        period: Period,
        known: _Known,
        reason: str,
    ) -> _Found:
        """Return what is new, not yet numbered: each cell that differs from what was told."""
        before = await self._told(deciding.connection, wanted, period)
        found = _Found([], 0, 0)
        for one in wanted:
            await deciding.define(one.indicator, one.caliber)
            for row in self._cells_of(one, period, known, before):
                was = before.get(cell_of(row))
                if was is not None and as_it_was(was, row):
                    found.unchanged += 1
                    continue
                found.restated += was is not None
                found.rows.append(
                    replace(
                        row,
                        restates=was.published if was else None,
                        reason=reason if was else "",
                    )
                )
        if found.restated and not reason:
            raise ReasonWanted(where="reason", count=found.restated)
        return found

    def _cells_of(
        self,
        one: Wanted,
        period: Period,
        known: _Known,
        before: Mapping[Cell, Published],
    ) -> Iterable[Published]:
        """Give the cells of a caliber, also those where nothing is counted any more.

        Of a hospital of which nothing is known there is none.
        """
        counted, mark, heard = known
        above = counted[one.counts.above]
        below = counted[one.counts.denominator] if one.counts.denominator else None
        code, name = one.indicator.indicator, one.caliber.caliber
        told = {(of[2], of[3]) for of in before if of[:2] == (code, name)}
        places = {*above.cells, *(below.cells if below else ()), *told}
        facts = {part.fact: mark["facts"][part.fact] for part in one.counts.parts}
        for hospital, department in sorted(places):
            lacking = heard.lack(one.counts.parts, {hospital}, Span(period.first, period.last))
            if lacking or not current().sees(hospital):
                continue
            yield Published(
                published=0,
                code=code,
                caliber=name,
                version=one.caliber.version,
                hash=one.hash,
                tree_on=self._desk.today,
                hospital=hospital,
                department=department,
                first_month=period.first,
                last_month=period.last,
                numerator=_at(above.cells, hospital, department),
                denominator=_at(below.cells, hospital, department) if below else None,
                watermark={**mark, "facts": facts},
                evidence={
                    "numerator": above.evidence,
                    "denominator": below.evidence if below else "",
                },
                computed_at=self._desk.clock.now(),
                published_by=current().actor.name,
                restates=None,
                reason="",
            )

    async def _put(
        self, deciding: Deciding, period: Period, found: _Found, left_out: list[LeftOut]
    ) -> PublishedSum:
        number, chain = await store.last_of_chain(deciding.connection)
        chained = []
        for row in found.rows:
            number += 1
            numbered = replace(row, published=number)
            chain = numbered.chained(chain)
            chained.append(replace(numbered, chain=chain))
        position = ""
        if chained:
            facts = {
                "period": str(period),
                "from": chained[0].published,
                "to": chained[-1].published,
                "restated": found.restated,
                "reason": chained[-1].reason,
                "chain": chain.hex(),
            }
            at = await deciding.act("published", facts)
            position = str(at)
            rows = [replace(row, shard=at.shard, number=at.number) for row in chained]
            await store.insert_published(deciding.connection, rows)
        raised = await self._watching.evaluate_within(deciding, period)
        return PublishedSum(
            period=str(period),
            new=len(chained) - found.restated,
            restated=found.restated,
            unchanged=found.unchanged,
            left_out=left_out,
            chain=chain.hex(),
            position=position,
            alerts=raised,
        )


def _asked(
    known: Mapping[str, Indicator], codes: Sequence[str], name: str
) -> Iterator[tuple[str, str]]:
    """Give indicators and calibers: those that are named, else all of all indicators."""
    if codes:
        yield from ((code, name) for code in dict.fromkeys(codes))
        return
    for code, indicator in known.items():
        names = dict.fromkeys(one.caliber for one in indicator.calibers)
        yield from ((code, one) for one in names if name in {"", one})


@dataclass(slots=True)
class _Found:
    rows: list[Published]
    restated: int
    unchanged: int


def latest(rows: Iterable[Published]) -> dict[Cell, Published]:
    """Return what is told now of each cell: the last of its rows, which come in their order."""
    return {cell_of(row): row for row in rows}


def _at(cells: Cells, hospital: str, department: str) -> Decimal:
    return cells.get((hospital, department), NOTHING)


def _silent(
    one: Wanted, period: Period, counted: Mapping[Part, Counted], heard: Heard
) -> Iterator[LeftOut]:
    """Give the hospitals within reach of which nothing is known; of all of them: one without."""
    parts, months = one.counts.parts, Span(period.first, period.last)
    code, name = one.indicator.indicator, one.caliber.caliber
    if why := heard.no_data(parts, None, months):
        yield LeftOut(code=code, caliber=name, why=NO_DATA, no_data=why)
        return
    for hospital in sorted({hospital for part in parts for hospital, _ in counted[part].cells}):
        why = heard.no_data(parts, {hospital}, months)
        if why and current().sees(hospital):
            yield LeftOut(code=code, caliber=name, why=NO_DATA, hospital=hospital, no_data=why)


def _nothing(one: Wanted, period: Period, heard: Heard) -> bool:
    return heard.lack(one.counts.parts, None, Span(period.first, period.last)) is not None


def _said(left_out: LeftOut) -> dict[str, str]:
    words = left_out.no_data
    assert words is not None  # noqa: S101 - it is of those of which nothing is known
    return {"why": words.en, "why_zh": words.zh}


def _left_out(indicator: Indicator, caliber: Caliber, words: Mapping[Signed, Decision]) -> LeftOut:
    state, _ = state_of(indicator, caliber, words)
    return LeftOut(code=indicator.indicator, caliber=caliber.caliber, why=str(state))
