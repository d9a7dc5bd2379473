"""How somebody sees data of patients just now; the one place that decides about masking.

The purpose says which levels are shown. Without the relation or the consent that a purpose asks
for, the levels of a lesser purpose hold. What the patient refuses is not shown at all. A look in an
emergency opens all of it, for some minutes and a reason, and somebody else reviews it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import asyncpg

from lianyi.base.clock import Clock
from lianyi.security import account_store
from lianyi.security.access import current
from lianyi.security.model import PLATFORM, Access, Purpose
from lianyi.security.privacy import store
from lianyi.security.privacy.classification import ClassificationBook
from lianyi.security.privacy.hiding import Hider
from lianyi.security.privacy.model import (
    ALL,
    NOTHING,
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
from lianyi.security.rules import path_up

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
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._book = book
        self._relations = relations

    @property
    def classification(self) -> Classification:
        """What the installation says of its data."""
        return self._book.now

    async def look(self, patients: Collection[str], position: str = "") -> Look:
        """Return how whoever acts now sees what is about some patients.

        Args:
            patients: ``value^authority``; of whoever one message is about.
            position: of that message.
        """
        return (await self.looks([(patients, position)]))[0]

    async def looks(self, of: Sequence[tuple[Collection[str], str]]) -> list[Look]:
        """Return how whoever acts now sees several messages; see :meth:`look`."""
        access, now = current(), self._clock.now()
        if access.actor.account == PLATFORM:
            return [Look(access.purpose, ALL, Why.PURPOSE)] * len(of)
        everybody = {one for patients, _ in of for one in patients}
        rule = self.classification.purposes[access.purpose]
        glasses = await store.open_glass(self._pool, access.actor.account, now)
        consents = await store.standing_consents(self._pool, everybody) if everybody else []
        covering = await self._covering(consents, access, now)
        treated: Collection[str] = everybody
        if rule.needs_relation and everybody:
            treated = await self._relations.treated(access.actor, everybody)
        return [
            self._judge(access.purpose, rule, set(patients), position, glasses, covering, treated)
            for patients, position in of
        ]

    async def _covering(
        self, consents: Sequence[Consent], access: Access, now: datetime
    ) -> list[Consent]:
        """Return the consents that hold for whoever asks, for his purpose."""
        up: list[str] = []
        if any(one.against for one in consents):
            up = list(path_up(await account_store.parents(self._pool), access.actor.organisation))
        return [one for one in consents if one.covers(access.purpose, up, now)]

    def _judge(
        self,
        purpose: Purpose,
        rule: PurposeRule,
        patients: set[str],
        position: str,
        glasses: Sequence[Glass],
        covering: Sequence[Consent],
        treated: Collection[str],
    ) -> Look:
        opened = [one for one in glasses if one.opens(patients, position)]
        if opened:
            last = max(opened, key=lambda one: one.until)
            return Look(last.purpose, ALL, Why.GLASS, last.until)
        said = {one.decision for one in covering if one.patient in patients}
        if Decision.REFUSE in said and purpose not in NEVER_REFUSED:
            return Look(purpose, NOTHING, Why.REFUSED)
        if rule.needs_relation and not patients & set(treated):
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
