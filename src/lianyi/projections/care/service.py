"""What people ask about encounters; each use case is one method."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.base.clock import Clock
from lianyi.projections import projection_store
from lianyi.projections.care import read_store
from lianyi.projections.care.deciding import Reason
from lianyi.projections.care.follow import NAME
from lianyi.projections.care.read_store import EncounterRow, Live
from lianyi.projections.care.relations import TreatmentRelations, in_force
from lianyi.projections.care.units import Units
from lianyi.projections.care.views import (
    Encounters,
    EncounterView,
    PractitionerView,
    ReasonForTreatment,
    StayView,
    Treatment,
)
from lianyi.projections.masterdata.follow import NAME as MASTERDATA
from lianyi.security import account_store
from lianyi.security.access import current, shows
from lianyi.security.failures import NoSuchAccount
from lianyi.security.model import Actor, Reach
from lianyi.security.privacy.model import About
from lianyi.security.privacy.service import Privacy

ENCOUNTERS_MAX = 100
EXPLAINS = "access.explain"


class CareService:
    """Answers about encounters within the reach of whoever asks."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        zone: ZoneInfo,
        *,
        relations: TreatmentRelations,
        privacy: Privacy,
    ) -> None:
        """Answer from the version in force.

        Args:
            pool: of the database; as the doors see it.
            clock: the time now.
            zone: of the hospital: says on which day a patient lay where.
            relations: decides who treats whom.
            privacy: decides what is shown of patients.
        """
        self._pool = pool
        self._clock = clock
        self._zone = zone
        self._relations = relations
        self._privacy = privacy

    async def list_encounters(self, patient: str) -> Encounters:
        """Return the encounters of a patient, ``value^authority``; at most a hundred.

        Raises:
            ProjectionNotReady: nothing has been learned yet.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await projection_store.commit_without_waiting(connection)  # nothing is written
            held = await projection_store.hold_all_live(connection, [NAME, MASTERDATA])
            care, masterdata = in_force(
                {name: Live(one.schema, one.shape, one.revision) for name, one in held.items()}
            )
            rows = await read_store.list_encounters(
                connection, care.schema, patient, limit=ENCOUNTERS_MAX + 1
            )
            units = await self._relations.units(connection, masterdata)
        within = [row for row in rows[:ENCOUNTERS_MAX] if current().sees(row.organisation)]
        looks = await self._privacy.looks(
            [About(row.persons, organisation=row.organisation) for row in within]
        )
        seen = [row for row, look in zip(within, looks, strict=True) if not look.withheld]
        for row in seen:
            shows(row.channel, row.persons)
        return Encounters(
            items=[self._view(row, units) for row in seen],
            more=len(rows) > ENCOUNTERS_MAX,
            withheld=len(within) - len(seen),
        )

    def _view(self, row: EncounterRow, units: Units) -> EncounterView:
        return EncounterView(
            channel=row.channel_name,
            organisation=row.organisation,
            visit=row.visit,
            patients=row.persons,
            state=row.state,
            category=row.category,
            began_at=row.began_at,
            ended_at=row.ended_at,
            heard_at=row.heard_at,
            stays=[self._stay(one, units) for one in row.stays],
            practitioners=[_practitioner(one) for one in row.treating],
            first=row.first,
            last=row.last,
        )

    def _stay(self, one: dict[str, Any], units: Units) -> StayView:
        place, until = one.pop("place"), one["until"]
        now = self._clock.now()
        at = min(datetime.fromisoformat(until), now) if until else now
        found = units.units_at(place, at.astimezone(self._zone).date())
        return StayView(place=place.replace("^", "-"), units=sorted(found), **one)

    async def explain(self, patient: str, *, account: str | None) -> Treatment:
        """Say whether somebody treats a patient now, and why.

        Args:
            patient: ``value^authority``.
            account: who; None: whoever asks. Only who may explain decisions asks about others.

        Raises:
            NoSuchAccount: there is none of this name whose decisions he may explain.
            ProjectionNotReady: nothing has been learned yet.
        """
        asking = current()
        actor, own = asking.actor, account in (None, asking.actor.name)
        if not own:
            actor = await self._other(str(account))
        found, keeps = await self._relations.explain(actor, patient)
        if not own:
            found = [one for one in found if asking.sees(one.organisation)]
        for one in found:
            shows(one.encounter.channel, [patient])
        return Treatment(
            account=actor.name,
            patient=patient,
            treated=bool(found) or keeps,
            reasons=[_reason(one) for one in found],
        )

    async def _other(self, name: str) -> Actor:
        found = await account_store.find_account(self._pool, name)
        reach = current().actor.reach
        if found is None or not reach.covers(EXPLAINS, found.organisation):
            raise NoSuchAccount(where="account")
        return Actor(found.account, found.name, found.display_name, found.organisation, Reach())


def _practitioner(one: dict[str, Any]) -> PractitionerView:
    identifier, _, authority = one.pop("practitioner").partition("^")
    return PractitionerView(identifier=identifier, authority=authority, **one)


def _reason(reason: Reason) -> ReasonForTreatment:
    told, held = reason.evidence, reason.held
    return ReasonForTreatment(
        rule=reason.rule,
        visit=reason.encounter.visit,
        who=told.who.replace("^", "-") if reason.unit else told.who,
        how=told.how,
        unit=reason.unit,
        role=held.role if held else "",
        organisation=held.organisation if held else "",
        since=told.since,
        until=told.until,
        said=told.said,
    )
