"""Figures that a person enters because no data tell them; a second person confirms each."""

from __future__ import annotations

from decimal import Decimal

from lianyi.applications.indicators.model import Indicator, Unit
from lianyi.applications.indicators.publishing import published_store as store
from lianyi.applications.indicators.publishing.desk import Desk
from lianyi.applications.indicators.publishing.model import ENTERING, Said, quotient
from lianyi.applications.indicators.publishing.periods import over, parse_period
from lianyi.applications.indicators.publishing.problems import (
    EntryOver,
    NoSuchEntry,
    NotByForm,
    OwnWork,
)
from lianyi.applications.indicators.publishing.standing import Entry, entries
from lianyi.applications.indicators.publishing.views import EnterFigure, EntryList, EntryView
from lianyi.messagelog.message import Position
from lianyi.security.access import current, require


class Entering:
    """Entered figures of the hospitals within reach. One is corrected by entering another."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def enter(self, code: str, wanted: EnterFigure) -> EntryView:
        """Enter a figure for a period that is over.

        Raises:
            NoSuchCaliber, BadPeriod: there is no such thing.
            NotByForm: the caliber is not entered by form.
            OutsideOfReach: not for this hospital.
        """
        require(wanted.hospital, where="hospital")
        period = over(parse_period(wanted.period), self._desk.today)
        indicator, caliber = await self._desk.caliber(code, wanted.caliber, period)
        if not caliber.by_form:
            raise NotByForm(where="caliber")
        async with self._desk.deciding() as deciding:
            hashed = await deciding.define(indicator, caliber)
            facts = {
                "hash": hashed,
                "period": str(period),
                "numerator": wanted.numerator,
                "denominator": wanted.denominator,
                "evidence": wanted.evidence,
                "file": wanted.file,
                "sha256": wanted.sha256,
            }
            number = await deciding.say(
                Said.ENTERED, facts, code=code, caliber=caliber.caliber, hospital=wanted.hospital
            )
        return await self._one(code, number)

    async def confirm(self, number: int) -> EntryView:
        """Confirm what somebody else entered; from now on it holds.

        Raises:
            NoSuchEntry: none is known within reach.
            EntryOver: it does not wait.
            OwnWork: whoever confirms entered it.
        """
        async with self._desk.deciding() as deciding:
            said = await store.decisions(deciding.connection, ENTERING)
            found = {one.entered.decision: one for one in entries(said)}.get(number)
            if found is None or not current().sees(found.entered.hospital):
                raise NoSuchEntry(where="number")
            if not found.waits:
                raise EntryOver(where="number")
            entered = found.entered
            if self._desk.own_work(entered):
                raise OwnWork(where="number")
            await deciding.say(
                Said.CONFIRMED,
                {"entry": number, "period": entered.facts["period"]},
                code=entered.code,
                caliber=entered.caliber,
                hospital=entered.hospital,
            )
        return await self._one(entered.code, number)

    async def list_entries(self, code: str, *, period: str, hospital: str) -> EntryList:
        """Return entered figures, the newest first; what is empty is not asked for."""
        said = await store.decisions(self._desk.pool, ENTERING, code=code or None)
        known = await self._desk.indicators()
        return EntryList(
            items=[
                self._view(one, known[one.entered.code])
                for one in reversed(entries(said))
                if one.entered.code in known
                and current().sees(one.entered.hospital)
                and hospital in {"", one.entered.hospital}
                and period in {"", one.entered.facts["period"]}
            ]
        )

    async def _one(self, code: str, number: int) -> EntryView:
        said = await store.decisions(self._desk.pool, ENTERING, code=code)
        found = next(one for one in entries(said) if one.entered.decision == number)
        return self._view(found, await self._desk.indicator(code))

    def _view(self, one: Entry, indicator: Indicator) -> EntryView:
        """Show an entered figure."""
        said, by = one.entered, one.confirmed
        state = "replaced" if one.replaced else "confirmed" if by else "waiting"
        return EntryView(
            number=said.decision,
            code=said.code,
            caliber=said.caliber,
            period=said.facts["period"],
            hospital=said.hospital,
            numerator=said.facts["numerator"],
            denominator=said.facts["denominator"],
            value=entered_value(indicator.unit, said.facts["numerator"], said.facts["denominator"]),
            evidence=said.facts["evidence"],
            file=said.facts["file"],
            sha256=said.facts["sha256"],
            entered_by=said.by_name,
            entered_at=said.at,
            confirmed_by=by.by_name if by else "",
            confirmed_at=by.at if by else None,
            own_work=one.waits and self._desk.own_work(said),
            state=state,  # type: ignore[arg-type]
            position=str(Position(said.shard, said.number)),
        )


def entered_value(unit: Unit, numerator: str, denominator: str | None) -> float | None:
    """Return what an entered figure says: money in yuan, a figure alone in the unit itself."""
    above = float(Decimal(numerator))
    if denominator is None:
        return above
    below = float(Decimal(denominator))
    return quotient(Unit.RATIO if unit is Unit.YUAN else unit, above, below)
