"""How somebody sees data of patients just now; the one place that decides about masking.

The purpose says which levels are shown. Without the relation or the consent that a purpose asks
for, the levels of a lesser purpose hold. What the patient refuses is not shown at all. A look in an
emergency opens all of it, for some minutes and a reason, and somebody else reviews it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import asyncpg

from lianyi.base.clock import Clock
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security import account_store
from lianyi.security.access import current
from lianyi.security.model import PLATFORM, Purpose
from lianyi.security.privacy import store
from lianyi.security.privacy.classification import ClassificationBook
from lianyi.security.privacy.hiding import Hider
from lianyi.security.privacy.model import (
    ALL,
    NOTHING,
    About,
    Classification,
    Consent,
    Decision,
    Glass,
    Levels,
    Look,
    PurposeRule,
    Relations,
    Why,
)
from lianyi.security.privacy.notices import Notices
from lianyi.security.rules import Parents, path_up

NEVER_REFUSED = frozenset({Purpose.EMERGENCY, Purpose.PUBLIC_HEALTH, Purpose.PATIENT_REQUEST})
"""What the law prescribes, or the patient himself asks for (个人信息保护法, article 13)."""


class Privacy:
    """Decides how patients are seen."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        *,
        book: ClassificationBook,
        relations: Relations,
        notices: Notices,
    ) -> None:
        self._notices = notices
        self._pool = pool
        self._clock = clock
        self._book = book
        self._relations = relations

    @property
    def classification(self) -> Classification:
        """What the installation says of its data."""
        return self._book.now

    async def looks(self, things: Sequence[About], *, on: Connection | None = None) -> list[Look]:
        """Return how whoever acts now sees several things.

        Args:
            things: what they are about.
            on: asked on this connection by whoever holds one: who holds one and waits for another
                keeps both from those who do the same. None: on those of the pool.
        """
        ask = on or self._pool
        access, now = current(), self._clock.now()
        if access.actor.account == PLATFORM:
            return [Look(access.purpose, ALL, Why.PURPOSE)] * len(things)
        everybody = {patient for one in things for patient in one.patients}
        rule = self.classification.purposes[access.purpose]
        glasses: Sequence[Glass] = []
        consents: Sequence[Consent] = []
        parents: Parents = {}
        account = access.actor.account
        looks_on, said_on = await self._notices.whether_any(account, everybody, on=on)
        if looks_on:
            glasses = await store.open_glass(ask, account, now)
        if said_on:
            consents = await store.standing_consents(ask, everybody)
            parents = await account_store.parents(ask)
        by = frozenset(path_up(parents, access.actor.organisation))
        treated = frozenset(everybody)
        if rule.needs_relation and everybody:
            treated = await self._relations.treated(access.actor, everybody, on=on)
        keeps = not all(one.patients for one in things) and await self.keeps_records(on=on)
        looks = []
        for one in things:
            opened = [glass for glass in glasses if glass.opens(one.patients, one.position)]
            if opened:
                last = max(opened, key=lambda glass: glass.until)
                looks.append(Look(last.purpose, ALL, Why.GLASS, last.until))
                continue
            of = frozenset(path_up(parents, one.organisation))
            said = {
                consent.decision
                for consent in consents
                if consent.patient in one.patients
                and consent.covers(access.purpose, by=by, of=of, at=now)
            }
            is_treated = not treated.isdisjoint(one.patients) if one.patients else keeps
            looks.append(self._judge(access.purpose, rule, said, is_treated))
        return looks

    async def keeps_records(self, *, on: Connection | None = None) -> bool:
        """Tell whether whoever acts now sees whole whatever he sees, for he keeps the records."""
        access = current()
        rule = self.classification.purposes[access.purpose]
        if not rule.needs_relation or rule.needs_consent or not rule.levels.everything:
            return False
        return await self._relations.keeps(access.actor, on=on)

    def _judge(
        self, purpose: Purpose, rule: PurposeRule, said: Collection[Decision], is_treated: bool
    ) -> Look:
        if Decision.REFUSE in said and purpose not in NEVER_REFUSED:
            return Look(purpose, NOTHING, Why.REFUSED)
        if rule.needs_relation and not is_treated:
            return Look(purpose, self._lesser(rule), Why.NO_RELATION)
        if rule.needs_consent and Decision.PERMIT not in said:
            return Look(purpose, self._lesser(rule), Why.NO_CONSENT)
        return Look(purpose, rule.levels, Why.PURPOSE)

    def _lesser(self, rule: PurposeRule) -> Levels:
        purposes = self.classification.purposes
        return purposes[rule.otherwise].levels if rule.otherwise else NOTHING

    def hider(self, look: Look) -> Hider:
        """Return what hides whatever a look does not show."""
        return Hider(self.classification, look.levels)
