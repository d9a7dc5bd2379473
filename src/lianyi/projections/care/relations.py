"""The treatment relation: whether somebody treats patients, for whoever decides what he sees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.base.clock import Clock
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.care import read_store, store
from lianyi.projections.care.deciding import Reason, Standing, for_treatment, reasons
from lianyi.projections.care.follow import NAME
from lianyi.projections.care.settings import PrivacySettings
from lianyi.projections.care.units import Units
from lianyi.projections.masterdata import store as masterdata_store
from lianyi.projections.masterdata.follow import NAME as MASTERDATA
from lianyi.projections.problems import ProjectionNotReady
from lianyi.projections.projection_store import Version
from lianyi.security.model import Actor
from lianyi.security.roles import RoleBook


class TreatmentRelations:
    """Says who treats whom.

    It is what ``lianyi.security.privacy`` asks: security knows its shape, and the house injects it.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        zone: ZoneInfo,
        *,
        roles: RoleBook,
        settings: PrivacySettings,
    ) -> None:
        """Decide with the version in force.

        Args:
            pool: of the database.
            clock: the time now.
            zone: of the hospital: says on which day a patient lay where.
            roles: say which of them are for treatment.
            settings: for how long it lasts, and what a department is.
        """
        self._pool = pool
        self._clock = clock
        self._zone = zone
        self._roles = roles
        self._settings = settings
        self._held: tuple[Version, Units] | None = None

    async def treated(self, actor: Actor, patients: Collection[str]) -> frozenset[str]:
        """Return those of some patients whom somebody treats now.

        Args:
            actor: who.
            patients: ``value^authority``, as the log's keys.

        Raises:
            ProjectionNotReady: nothing has been learned yet; then nobody is known to treat anybody.
        """
        found = await self._reasons(actor, patients)
        return frozenset(reason.evidence.asked for reason in found)

    async def explain(self, actor: Actor, patient: str) -> list[Reason]:
        """Return every reason why somebody treats a patient now; none: he does not.

        Raises:
            ProjectionNotReady: as :meth:`treated`.
        """
        return await self._reasons(actor, [patient])

    async def _reasons(self, actor: Actor, patients: Collection[str]) -> list[Reason]:
        if not patients:
            return []
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            live = await projection_store.hold_all_live(connection, [NAME, MASTERDATA])
            care = live.get(NAME)
            if care is None or care.shape != store.SHAPE:
                raise ProjectionNotReady(where=NAME, name=NAME)
            masterdata = live.get(MASTERDATA)
            if masterdata is not None and masterdata.shape != masterdata_store.SHAPE:
                masterdata = None
            standing = await self._standing(connection, actor, masterdata, now)
            if not standing.channels or not (standing.names or standing.held):
                return []
            found = await read_store.evidence(
                connection,
                care.schema,
                sorted(set(patients)),
                channels=list(standing.channels),
                names=list(standing.names),
                after=now - timedelta(days=self._settings.treatment_days_after),
                places=bool(standing.held),
            )
            units = await self.units(connection, masterdata)
        return list(reasons(found, standing, units, at=now, zone=self._zone))

    async def _standing(
        self, connection: Connection, actor: Actor, masterdata: Version | None, now: datetime
    ) -> Standing:
        facts = await read_store.facts_of(
            connection,
            actor.account,
            masterdata=masterdata and masterdata.schema,
            at=now,
            day=now.astimezone(self._zone).date(),
        )
        names: dict[str, set[str]] = defaultdict(set)
        for name, organisation in facts.names:
            names[name].add(organisation)
        self._roles.refresh()
        return Standing(
            for_treatment(facts.assignments, self._roles.roles),
            {name: frozenset(within) for name, within in names.items()},
            facts.channels,
        )

    async def units(self, connection: Connection, version: Version | None) -> Units:
        """Return whose patient lies where; as remembered while the master data stay the same."""
        departments = self._settings.department_categories
        if version is None:
            return Units([], [], departments=departments)
        if self._held is None or self._held[0] != version:
            links, categories = await read_store.links_and_categories(connection, version.schema)
            self._held = version, Units(links, categories, departments=departments)
        return self._held[1]
