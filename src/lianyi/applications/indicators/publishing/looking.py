"""Published values: as published beside as restated, counted again, by two definitions."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping

from lianyi.applications.indicators.heard import Span
from lianyi.applications.indicators.model import Part, definition_hash
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.publishing import published_store as store
from lianyi.applications.indicators.publishing.counts import Behind, Counted, Moved
from lianyi.applications.indicators.publishing.desk import Desk
from lianyi.applications.indicators.publishing.known import defined_by
from lianyi.applications.indicators.publishing.model import (
    APPROVING,
    WHOLE,
    Definition,
    Published,
    Said,
    exact,
)
from lianyi.applications.indicators.publishing.periods import parse_period
from lianyi.applications.indicators.publishing.previewing import NOTHING
from lianyi.applications.indicators.publishing.problems import NoSuchCaliber, NoSuchPublished
from lianyi.applications.indicators.publishing.views import (
    CaliberChange,
    ChainView,
    DefinedValue,
    MovedView,
    PublishedCell,
    PublishedList,
    PublishedValue,
    RecountView,
)
from lianyi.applications.indicators.views import BothWords
from lianyi.messagelog.message import Position
from lianyi.security.access import current, require


class Looking:
    """Shows published values of the hospitals within reach."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_published(
        self, code: str, *, caliber: str, period: str, hospital: str
    ) -> PublishedList:
        """Return the published cells of an indicator, the newest period first.

        Raises:
            NoSuchCaliber: there is no such indicator, nor was there.
            BadPeriod: the period is none.
        """
        wanted = parse_period(period) if period else None
        rows = await store.published(
            self._desk.pool,
            codes=[code],
            caliber=caliber or None,
            months=(wanted.first, wanted.last) if wanted else None,
            hospital=hospital or None,
        )
        known = (await self._desk.indicators()).get(code)
        if known is None and not rows:
            raise NoSuchCaliber(where="code")
        defined = await self._desk.defined(self._desk.pool, rows)
        cells: dict[tuple[object, ...], list[Published]] = defaultdict(list)
        for row in rows:
            if current().sees(row.hospital):
                of = (-row.first_month, -row.last_month, row.caliber, row.hospital, row.department)
                cells[of].append(row)
        unit = known.unit if known else defined[rows[-1].hash].unit
        return PublishedList(
            code=code,
            unit=unit.value,
            items=[_cell(cells[of], defined) for of in sorted(cells)],
        )

    async def check_chain(self) -> ChainView:
        """Follow the chain of all published values.

        Raises:
            OutsideOfReach: not everywhere within reach, for it is one chain.
        """
        require("", where="chain")
        chain = b""
        rows = await store.published(self._desk.pool)
        for number, row in enumerate(rows, start=1):
            wanted = row.chained(chain)
            if row.published != number or row.chain != wanted:
                return ChainView(values=len(rows), broken_at=number, chain=chain.hex())
            chain = wanted
        return ChainView(values=len(rows), broken_at=None, chain=chain.hex())

    async def recount(self, number: int) -> RecountView:
        """Count a published value again, by the definition that it was published with.

        Raises:
            NoSuchPublished: there is none within reach.
            EvidenceGone: which rows were counted can no longer be read.
        """
        row = await store.find_published(self._desk.pool, number)
        if row is None or not current().sees(row.hospital):
            raise NoSuchPublished(where="number")
        defined = (await self._desk.defined(self._desk.pool, [row]))[row.hash]
        period = Period(row.first_month, row.last_month)
        place = (row.hospital, row.department)
        counts = self._desk.counts
        facts = {part.fact for part in defined.parts}
        signed = await asyncio.to_thread(counts.signature, facts)
        totals = await asyncio.to_thread(
            counts.count, defined.parts, period, keep=False, split=True, hospital=row.hospital
        )
        now = _defined_value(row.hash, defined, totals, place, None)
        then = [Behind(row.evidence[side], period, *place) for side in ("numerator", "denominator")]
        moved = [
            await asyncio.to_thread(counts.moved, before, Behind(part, period, *place))
            for before, part in zip(then, (defined.numerator, defined.denominator), strict=True)
            if part is not None
        ]
        told = row.watermark["facts"]
        return RecountView(
            published=value_view(row, defined),
            numerator=now.numerator or "0",
            denominator=now.denominator,
            value=now.value,
            same=(now.numerator, now.denominator) == (exact(row.numerator), exact(row.denominator)),
            facts_unchanged=dict(told) == signed,
            differs=sorted(fact for fact in signed if told.get(fact) != signed[fact]),
            numerator_rows=_moved(moved[0]),
            denominator_rows=_moved(moved[1]) if defined.denominator else None,
        )

    async def change(
        self, code: str, caliber: str, *, period: str, hospital: str, before: str, after: str = ""
    ) -> CaliberChange:
        """Compare two definitions of an indicator on the same facts.

        Args:
            code: of the indicator.
            caliber: its name.
            period: whole months.
            hospital: whose rows.
            before: hash of the one definition, of any caliber or version; empty: the last other
                one of this caliber that was approved.
            after: hash of the other; empty: what this caliber says now.

        Raises:
            NoSuchCaliber: nothing is counted under that name, or no such definition is known.
            OutsideOfReach: not for this hospital.
        """
        require(hospital, where="hospital")
        months = parse_period(period)
        indicator = await self._desk.indicator(code)
        if not after:
            _, now = await self._desk.caliber(code, caliber, months)
            after = definition_hash(indicator, now)
        older = before or await self._approved_before(code, caliber, after)
        pool = self._desk.pool
        was = await defined_by(pool, indicator, older, where="before")
        becomes = await defined_by(pool, indicator, after, where="after")
        counts, place = self._desk.counts, (hospital, WHOLE)
        totals = await asyncio.to_thread(
            counts.count, [*was.parts, *becomes.parts], months, keep=False, hospital=hospital
        )
        moved = [
            await asyncio.to_thread(
                counts.moved, Behind(a, months, *place), Behind(b, months, *place)
            )
            for a, b in (
                (was.numerator, becomes.numerator),
                (was.denominator, becomes.denominator),
            )
        ]
        heard = await self._desk.heard([*was.parts, *becomes.parts])
        of = ({hospital}, Span(months.first, months.last))
        lacks = [heard.no_data(one.parts, *of) for one in (was, becomes)]
        return CaliberChange(
            code=code,
            caliber=caliber,
            period=str(months),
            hospital=hospital,
            before=_defined_value(older, was, totals, place, lacks[0]),
            after=_defined_value(after, becomes, totals, place, lacks[1]),
            numerator_rows=_moved(moved[0]),
            denominator_rows=_moved(moved[1]),
        )

    async def _approved_before(self, code: str, caliber: str, hashed: str) -> str:
        said = await store.decisions(self._desk.pool, APPROVING, code=code)
        older = [
            one.hash
            for one in said
            if one.caliber == caliber and one.said is Said.APPROVED and one.hash != hashed
        ]
        if not older:
            raise NoSuchCaliber(where="before")
        return older[-1]


def _cell(rows: list[Published], defined: Mapping[str, Definition]) -> PublishedCell:
    first, last = rows[0], rows[-1]
    return PublishedCell(
        caliber=last.caliber,
        hospital=last.hospital,
        department=last.department,
        period=str(Period(last.first_month, last.last_month)),
        as_published=value_view(first, defined[first.hash]),
        as_restated=value_view(last, defined[last.hash]),
        restated=len(rows) - 1,
    )


def value_view(row: Published, defined: Definition) -> PublishedValue:
    """Show a published value."""
    return PublishedValue(
        number=row.published,
        version=row.version,
        hash=row.hash,
        numerator=exact(row.numerator) or "0",
        denominator=exact(row.denominator),
        value=defined.value(row.numerator, row.denominator),
        tree_on=row.tree_on,
        watermark=dict(row.watermark),
        computed_at=row.computed_at,
        published_by=row.published_by,
        restates=row.restates,
        reason=row.reason,
        chain=row.chain.hex(),
        position=str(Position(row.shard, row.number)),
    )


def _defined_value(
    hashed: str,
    defined: Definition,
    totals: Mapping[Part, Counted],
    place: tuple[str, str],
    no_data: BothWords | None,
) -> DefinedValue:
    if no_data:
        return DefinedValue(
            hash=hashed, no_data=no_data, numerator=None, denominator=None, value=None
        )
    above = totals[defined.above].cells.get(place, NOTHING)
    below = totals[defined.denominator].cells.get(place, NOTHING) if defined.denominator else None
    return DefinedValue(
        hash=hashed,
        numerator=exact(above) or "0",
        denominator=exact(below),
        value=defined.value(above, below),
    )


def _moved(one: Moved) -> MovedView:
    return MovedView(only_then=one.only_then, only_now=one.only_now, otherwise=one.otherwise)
