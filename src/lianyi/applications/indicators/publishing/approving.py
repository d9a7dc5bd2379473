"""Proposing, approving and withdrawing calibers: each signs a hash."""

from __future__ import annotations

from collections.abc import Mapping

from lianyi.applications.indicators.model import Caliber, Indicator, definition_hash
from lianyi.applications.indicators.publishing import published_store as store
from lianyi.applications.indicators.publishing.desk import Desk
from lianyi.applications.indicators.publishing.model import APPROVING, Decision, Said
from lianyi.applications.indicators.publishing.problems import (
    HashDiffers,
    NoSuchCaliber,
    NotProposed,
    OwnWork,
)
from lianyi.applications.indicators.publishing.standing import Signed, State, last_words, state_of
from lianyi.applications.indicators.publishing.views import (
    CaliberHistory,
    CaliberStanding,
    CaliberWord,
    Standings,
)
from lianyi.messagelog.message import Position
from lianyi.security.access import require


class Approvals:
    """Who signed which definition. A definition is the same for all hospitals."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def standings(self) -> Standings:
        """Return how every caliber of every file stands."""
        words = await self._desk.words()
        known = await self._desk.indicators()
        return Standings(
            items=[
                self._standing(indicator, caliber, words)
                for indicator in known.values()
                for caliber in indicator.calibers
            ]
        )

    async def history(self, code: str, caliber: str) -> CaliberHistory:
        """Return how the versions of a caliber stand, and all that was said of it.

        Raises:
            NoSuchCaliber: no file defines it, and nobody ever spoke of it.
        """
        said = await store.decisions(self._desk.pool, APPROVING, code=code)
        words = last_words(said)
        indicator = (await self._desk.indicators()).get(code)
        here = [one for one in said if one.caliber == caliber]
        standings = [
            self._standing(indicator, one, words)
            for one in (indicator.calibers if indicator else ())
            if indicator and one.caliber == caliber
        ]
        if not standings and not here:
            raise NoSuchCaliber(where="caliber")
        return CaliberHistory(standings=standings, words=[word(one) for one in reversed(here)])

    async def propose(self, code: str, caliber: str, hashed: str, note: str) -> CaliberStanding:
        """Ask for the approval of what the file says now.

        Raises:
            NoSuchCaliber, HashDiffers: it is not what the file says.
            NotProposed: it is approved already.
            OutsideOfReach: not everywhere within reach.
        """
        return await self._sign(Said.PROPOSED, code, caliber, hashed, note)

    async def approve(self, code: str, caliber: str, hashed: str, note: str) -> CaliberStanding:
        """Approve what another person proposed; it holds as long as the file says the same.

        Raises:
            NoSuchCaliber, HashDiffers: it is not what the file says.
            NotProposed: nobody proposed it, or it is approved already.
            OwnWork: whoever approves proposed it.
            OutsideOfReach: not everywhere within reach.
        """
        return await self._sign(Said.APPROVED, code, caliber, hashed, note)

    async def _sign(
        self, said: Said, code: str, caliber: str, hashed: str, note: str
    ) -> CaliberStanding:
        require("", where="caliber")
        indicator = await self._desk.indicator(code)
        named = [one for one in indicator.calibers if one.caliber == caliber]
        if not named:
            raise NoSuchCaliber(where="caliber")
        signed = [one for one in named if definition_hash(indicator, one) == hashed]
        if not signed:
            raise HashDiffers(where="hash")
        async with self._desk.deciding() as deciding:
            words = await self._desk.words(deciding.connection, code=code)
            self._must_wait_for(said, words.get((code, caliber, hashed)))
            await deciding.define(indicator, signed[0])
            facts = {"hash": hashed, "version": signed[0].version, "note": note}
            await deciding.say(said, facts, code=code, caliber=caliber)
        now = await self._desk.words(code=code)
        return self._standing(indicator, signed[0], now)

    def _must_wait_for(self, said: Said, last: Decision | None) -> None:
        if last is not None and last.said is Said.APPROVED:
            raise NotProposed(where="hash", why="it is approved already", why_zh="已经审批")
        if said is Said.PROPOSED or not self._desk.settings.two_persons:
            return
        if last is None or last.said is not Said.PROPOSED:
            raise NotProposed(where="hash", why="nobody has proposed it", why_zh="尚未有人提出审批")
        if self._desk.own_work(last):
            raise OwnWork(where="hash")

    async def withdraw(self, code: str, caliber: str, hashed: str, note: str) -> CaliberHistory:
        """End an approval or a proposal, also of what the file no longer says.

        Raises:
            NotProposed: neither is in force.
            OutsideOfReach: not everywhere within reach.
        """
        require("", where="caliber")
        async with self._desk.deciding() as deciding:
            words = await self._desk.words(deciding.connection, code=code)
            last = words.get((code, caliber, hashed))
            if last is None or last.said is Said.WITHDRAWN:
                raise NotProposed(where="hash", why="nothing is in force", why_zh="没有生效的审批")
            facts = {"hash": hashed, "version": last.facts["version"], "note": note}
            await deciding.say(Said.WITHDRAWN, facts, code=code, caliber=caliber)
        return await self.history(code, caliber)

    def _standing(
        self, indicator: Indicator, caliber: Caliber, words: Mapping[Signed, Decision]
    ) -> CaliberStanding:
        state, last = state_of(indicator, caliber, words)
        return CaliberStanding(
            code=indicator.indicator,
            caliber=caliber.caliber,
            version=caliber.version,
            valid_from=caliber.valid_from,
            valid_to=caliber.valid_to,
            hash=definition_hash(indicator, caliber),
            state=str(state),
            last=word(last) if last else None,
            own_work=state is State.PROPOSED and self._desk.own_work(last),
        )


def word(one: Decision) -> CaliberWord:
    """Show what somebody said."""
    return CaliberWord(
        said=one.said.value,
        hash=one.hash,
        version=int(one.facts["version"]),
        note=str(one.facts["note"]),
        by=one.by_name,
        at=one.at,
        position=str(Position(one.shard, one.number)),
    )
