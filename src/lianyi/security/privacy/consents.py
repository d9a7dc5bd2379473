"""What patients permit and refuse: recorded with the signed paper, withdrawn, never changed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import asyncpg

from lianyi.base.clock import Clock, IdSource
from lianyi.messagelog.postgres import PostgresLog
from lianyi.security import account_store
from lianyi.security.access import current, require
from lianyi.security.acts import act
from lianyi.security.model import EVERYWHERE, Purpose
from lianyi.security.privacy import store
from lianyi.security.privacy.failures import BadSpan, ConsentOver, NoSuchConsent, NoSuchPatient
from lianyi.security.privacy.model import Consent, Decision
from lianyi.security.privacy.notices import Notices
from lianyi.security.privacy.paging import Place, reach_here


def checked_patient(written: str) -> str:
    """Return a patient as messages name him.

    Raises:
        NoSuchPatient: it is not ``value^authority``.
    """
    value, _, authority = written.strip().rpartition("^")
    if not value.strip() or not authority.strip():
        raise NoSuchPatient(where="patient")
    return f"{value.strip()}^{authority.strip()}"


class Consents:
    """Records and withdraws consents; each is an act."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        messages: PostgresLog,
        clock: Clock,
        ids: IdSource,
        *,
        notices: Notices,
    ) -> None:
        self._notices = notices
        self._pool = pool
        self._log = messages
        self._clock = clock
        self._ids = ids

    async def page(self, *, patient: str | None, before: Place | None, limit: int) -> list[Consent]:
        """Return consents that organisations within reach took, the newest first.

        Raises:
            NoSuchPatient: the patient asked for is not ``value^authority``.
        """
        return await store.list_consents(
            self._pool,
            patient=checked_patient(patient) if patient else None,
            organisations=reach_here(),
            before=before,
            limit=limit,
        )

    async def record(
        self,
        patient: str,
        decision: Decision,
        *,
        purposes: Collection[Purpose],
        against: Collection[str],
        valid_from: datetime | None,
        valid_until: datetime | None,
        given_by: str,
        document: str,
        organisation: str,
    ) -> Consent:
        """Write down what a patient permits or refuses.

        Raises:
            NoSuchPatient: he is not written as ``value^authority``.
            BadSpan: it ends before it begins.
            OutsideOfReach: not for this organisation.
        """
        require("" if organisation in {"", EVERYWHERE} else organisation, where="organisation")
        now = self._clock.now()
        new = Consent(
            self._ids.new_id(),
            checked_patient(patient),
            decision,
            frozenset(purposes),
            frozenset(against),
            valid_from or now,
            valid_until,
            given_by,
            document,
            organisation,
            current().actor.name,
            now,
        )
        if new.valid_until is not None and new.valid_until <= new.valid_from:
            raise BadSpan(where="valid_until")
        async with self._pool.acquire() as connection, connection.transaction():
            await store.insert_consent(connection, new)
            facts = {
                "consent": str(new.consent),
                "decision": decision.value,
                "purposes": sorted(one.value for one in new.purposes),
                "against": sorted(new.against),
                "valid_from": new.valid_from.isoformat(),
                "valid_until": new.valid_until.isoformat() if new.valid_until else None,
                "document": document,
                "organisation": organisation,
            }
            new_act = act("consent.recorded", facts, whose=[new.patient])
            await self._log.append_act_within(connection, new_act)
            await account_store.tell(connection)
        self._notices.forget()
        return new

    async def withdraw(self, consent: UUID) -> Consent:
        """End a consent now.

        Raises:
            NoSuchConsent: there is none, or none within reach.
            ConsentOver: it was withdrawn already.
        """
        now, name = self._clock.now(), current().actor.name
        async with self._pool.acquire() as connection, connection.transaction():
            found = await store.lock_consent(connection, consent)
            if found is None or not current().sees(found.organisation):
                raise NoSuchConsent(where="consent")
            if found.withdrawn_at:
                raise ConsentOver(where="consent", by=found.withdrawn_by or "")
            await store.withdraw_consent(connection, consent, now, name)
            facts = {"consent": str(consent), "organisation": found.organisation}
            new_act = act("consent.withdrawn", facts, whose=[found.patient])
            await self._log.append_act_within(connection, new_act)
            await account_store.tell(connection)
            ended = await store.lock_consent(connection, consent)
        self._notices.forget()
        assert ended is not None  # noqa: S101 - it was locked
        return ended
