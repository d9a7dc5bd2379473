"""The treatment relation: whether somebody treats patients, for whoever decides what he sees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.base.clock import Clock
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.care import read_store, store
from lianyi.projections.care.deciding import Decided, Standing, for_treatment, keeps_all, reasons
from lianyi.projections.care.follow import NAME
from lianyi.projections.care.read_store import Facts, Live
from lianyi.projections.care.settings import PrivacySettings
from lianyi.projections.care.units import Units
from lianyi.projections.masterdata import store as masterdata_store
from lianyi.projections.masterdata.follow import NAME as MASTERDATA
from lianyi.projections.problems import ProjectionNotReady
from lianyi.projections.switching import asked_of_one_in_force
from lianyi.security.model import Actor
from lianyi.security.practitioner_store import MASTERDATA as BY_CODE
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
            roles: say which of them are for treatment; whoever shares them refreshes them.
            settings: for how long it lasts, and what a department is.
        """
        self._pool = pool
        self._clock = clock
        self._zone = zone
        self._roles = roles
        self._settings = settings
        self._held: tuple[Live, Units] | None = None

    async def treated(
        self, actor: Actor, patients: Collection[str], *, on: Connection | None = None
    ) -> frozenset[str]:
        """Return those of some patients whom somebody treats now.

        As long as nothing has been learned, nobody is known to treat anybody; who keeps the
        records needs no encounter.

        Args:
            actor: who.
            patients: ``value^authority``, as the log's keys.
            on: asked on this connection by whoever holds one; None: on one of the pool.
        """
        try:
            found = await self._asked(actor, patients, on)
        except ProjectionNotReady:
            return frozenset()
        if found.keeps:
            return frozenset(patients)
        return frozenset(reason.evidence.asked for reason in found.reasons)

    async def keeps(self, actor: Actor, *, on: Connection | None = None) -> bool:
        """Tell whether somebody keeps the records of all that he sees, and so treats everybody."""
        if on is None:
            async with self._pool.acquire() as connection:
                return await self.keeps(actor, on=connection)
        return self._keeps(await read_store.facts_of(on, actor.account, at=self._clock.now()))

    def _keeps(self, facts: Facts) -> bool:
        ways = [one.way for one in facts.channels.values()]
        return keeps_all(facts.assignments, self._roles.roles, ways)

    @property
    def days_after(self) -> int:
        """For how many days somebody treats whose stay, visit or part in it has ended."""
        return self._settings.treatment_days_after

    async def explain(self, actor: Actor, *patients: str) -> Decided:
        """Return every reason why somebody treats patients now, and whether he needs none.

        Raises:
            ProjectionNotReady: nothing has been learned yet.
        """
        return await self._asked(actor, patients, None)

    async def _asked(
        self, actor: Actor, patients: Collection[str], on: Connection | None
    ) -> Decided:
        if not patients:
            return Decided([])
        if on is not None:
            return await self._tried(on, actor, patients)
        async with self._pool.acquire() as connection:
            return await self._tried(connection, actor, patients)

    async def _tried(
        self, connection: Connection, actor: Actor, patients: Collection[str]
    ) -> Decided:
        """Decide, again if a version was switched meanwhile."""

        async def decide() -> Decided:
            if not connection.is_in_transaction():
                return await self._decide(connection, actor, sorted(set(patients)))
            async with connection.transaction():  # what fails leaves the outer one whole
                return await self._decide(connection, actor, sorted(set(patients)))

        return await asked_of_one_in_force(decide)

    async def _decide(
        self, connection: Connection, actor: Actor, patients: Sequence[str]
    ) -> Decided:
        """Decide in two questions and no transaction: every row of every list waits for it."""
        now = self._clock.now()
        facts = await read_store.facts_of(connection, actor.account, at=now)
        if self._keeps(facts):
            return Decided([], keeps=True)
        care, masterdata = in_force(facts.live)
        standing = await self._standing(connection, actor, facts, masterdata, now)
        if not standing.channels or not (standing.names or standing.held):
            return Decided([])
        found = await read_store.evidence(
            connection,
            care.schema,
            patients,
            channels=list(standing.channels),
            names=list(standing.names),
            after=now - timedelta(days=self._settings.treatment_days_after),
            places=bool(standing.held),
            everybody=any(held.everybody for held in standing.held),
        )
        units = await self.units(connection, masterdata)
        return Decided(list(reasons(found, standing, units, at=now, zone=self._zone)))

    async def _standing(
        self,
        connection: Connection,
        actor: Actor,
        facts: Facts,
        masterdata: Live | None,
        now: datetime,
    ) -> Standing:
        """Return what somebody is: his roles for treatment, his names, his channels."""
        numbers: dict[str, list[str]] = {}
        if masterdata and any(one.source == BY_CODE for one in facts.names):
            on = now.astimezone(self._zone).date()
            numbers = await read_store.numbers_of(
                connection, masterdata.schema, actor.account, on=on
            )
        names: dict[str, set[str]] = defaultdict(set)
        for one in facts.names:
            more = numbers.get(one.identifier, []) if one.source == BY_CODE else []
            for name in (f"{one.identifier}^{one.authority}", *more):
                names[name].add(one.organisation)
        return Standing(
            for_treatment(facts.assignments, self._roles.roles),
            {name: frozenset(within) for name, within in names.items()},
            facts.channels,
        )

    async def units(self, connection: Connection, masterdata: Live | None) -> Units:
        """Return whose patient lies where; as remembered while the master data stay the same."""
        departments = self._settings.department_categories
        if masterdata is None:
            return Units([], [], departments=departments)
        if self._held is None or self._held[0] != masterdata:
            links, categories = await read_store.links_and_categories(connection, masterdata.schema)
            self._held = masterdata, Units(links, categories, departments=departments)
        return self._held[1]


def in_force(live: Mapping[str, Live]) -> tuple[Live, Live | None]:
    """Return the encounters and the master data that this release can read.

    Raises:
        ProjectionNotReady: there are no such encounters.
    """
    care, masterdata = live.get(NAME), live.get(MASTERDATA)
    if care is None or care.shape != store.SHAPE:
        raise ProjectionNotReady(where=NAME, name=NAME)
    if masterdata is not None and masterdata.shape != masterdata_store.SHAPE:
        masterdata = None
    return care, masterdata
