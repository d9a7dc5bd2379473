"""Reading the index for whoever asks: the version in force, the model, the records he may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

import asyncpg
import msgspec

from lianyi.base.clock import Clock
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.identity import read_store, store, table_store, veil_store
from lianyi.projections.identity.follow import NAME
from lianyi.projections.identity.ids import read_shown
from lianyi.projections.identity.matching import Activated, Matching, unpacked
from lianyi.projections.identity.presenting import SeenRecord, seen_record, unveiled
from lianyi.projections.identity.problems import NoSuchPerson
from lianyi.projections.identity.read_store import CandidateRow
from lianyi.projections.identity.table_store import RecordRow
from lianyi.projections.identity.traits import Traits
from lianyi.projections.identity.veil import PERMISSION, Veil
from lianyi.projections.problems import ProjectionNotReady
from lianyi.security.access import current, shows
from lianyi.security.privacy.model import About, Look
from lianyi.security.privacy.service import Privacy


class People(NamedTuple):
    """Persons as far as they may be seen.

    Attributes:
        of: records by person, the oldest first.
        withheld: how many records of each are not shown because the patient refuses.
    """

    of: dict[int, list[SeenRecord]]
    withheld: dict[int, int]


class Reading:
    """What every question about the index begins with."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        *,
        privacy: Privacy,
        sensitive: Collection[str] = (),
        ranks: Mapping[str, int] | None = None,
    ) -> None:
        """Read the version in force.

        Args:
            pool: of the database; as the doors see it.
            clock: the time now.
            privacy: decides what is shown of patients.
            sensitive: the authorities whose patients take a permission of its own; see ``veil``.
            ranks: how far the hospital trusts an authority, the higher the more; others have 0.
        """
        self._pool = pool
        self._clock = clock
        self._privacy = privacy
        self._sensitive = frozenset(sensitive)
        self._ranks = dict(ranks or {})
        self._matching: tuple[tuple[int, int] | None, str, Matching] | None = None

    @property
    def pool(self) -> asyncpg.Pool:
        """Connections to the database, as the doors see it."""
        return self._pool

    @asynccontextmanager
    async def reading(self, *, snapshot: bool = False) -> AsyncIterator[tuple[Connection, str]]:
        """Give a connection and the schema in force, which stays meanwhile.

        Args:
            snapshot: everything is read as it is now, however long that takes, and nothing can be
                written.

        Raises:
            ProjectionNotReady: nothing has been learned yet.
            asyncpg.SerializationError: with ``snapshot``, where something was learned in the
                very moment; the next time it will not have been.
        """
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read" if snapshot else None),
        ):
            live = await projection_store.hold_live_to_read(connection, NAME)
            if live is None or live.shape != table_store.SHAPE:
                raise ProjectionNotReady(where=NAME, name=NAME)
            if self.veil.lifted:
                await veil_store.lift(connection, self.veil.lifted)
            if snapshot:
                await projection_store.write_no_more(connection)
            yield connection, live.schema

    @property
    def veil(self) -> Veil:
        """What whoever asks may not know of patients of sensitive authorities."""
        if not self._sensitive:
            return Veil()
        return Veil(self._sensitive, current().actor.reach.organisations(PERMISSION))

    async def unveiled(
        self, connection: Connection, schema: str, rows: Sequence[CandidateRow]
    ) -> list[tuple[CandidateRow, Traits]]:
        """Return candidates with what of them may be compared for whoever asks."""
        told = [(row, unpacked(row.traits)) for row in rows]
        veil = self.veil
        if not veil.is_whole:
            return told
        kept = {row.record: veil.traits(traits) for row, traits in told}
        secret = [row.record for row, traits in told if kept[row.record] is not traits]
        known = await veil_store.unveiled(connection, schema, secret) if secret else set()
        return [(row, traits if row.record in known else kept[row.record]) for row, traits in told]

    async def matching(self, connection: Connection, schema: str) -> Matching:
        """Return the model in force, made ready once for each."""
        at = await store.model_position(connection, schema)
        if self._matching is None or self._matching[:2] != (at, schema):
            found = await store.model_in_force(connection, schema)
            activated = msgspec.json.decode(found, type=Activated) if found else None
            self._matching = at, schema, Matching(activated)
        return self._matching[2]

    async def find(self, connection: Connection, schema: str, person: str) -> int:
        """Return the person that a number leads to, be it that of any of her records.

        Args:
            connection: to the database.
            schema: of the version.
            person: as people and systems write it.

        Raises:
            UnreadableId: it is no such number.
            NoSuchPerson: it leads to nobody who may be seen.
        """
        number = read_shown(person, where="person")
        found = await read_store.person_of(connection, schema, number)
        if found is not None:
            return found
        if await read_store.records_of(connection, schema, [number]):
            return number  # the record that gave it is one that may not be seen
        raise NoSuchPerson(where="person")

    async def people(self, connection: Connection, schema: str, persons: Collection[int]) -> People:
        """Return persons as far as they may be seen, in the order that was asked for."""
        rows = await read_store.records_of(connection, schema, persons)
        channels = await read_store.channels(
            connection, {number for row in rows for number in row.channels}
        )
        about = []
        for row in rows:
            known = [channels[number] for number in row.channels if number in channels]
            organisation = known[0].organisation if known else ""
            about.append(About([f"{row.mrn}^{row.source}"], organisation=organisation))
        looks = await self._privacy.looks(about, on=connection)
        of: dict[int, list[SeenRecord]] = defaultdict(list)
        withheld: dict[int, int] = defaultdict(int)
        hiders = {id(look.levels): self._privacy.hider(look) for look in _distinct(looks)}
        for row, look in zip(rows, looks, strict=True):
            if look.withheld:
                withheld[row.person] += 1
                continue
            seen = seen_record(row, hiders[id(look.levels)], channels)
            ranked = seen._replace(rank=self._ranks.get(row.source, 0))
            of[row.person].append(unveiled(ranked, self.veil))
            for number in row.channels[:1]:
                shows(number, [_patient(row)])
        return People({p: of[p] for p in persons if p in of}, dict(withheld))


def _patient(row: RecordRow) -> str:
    return f"{row.mrn}^{row.source}"


def _distinct(looks: Sequence[Look]) -> list[Look]:
    found: list[Look] = []
    for look in looks:
        if all(look.levels is not one.levels for one in found):
            found.append(look)
    return found
