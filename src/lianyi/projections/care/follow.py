"""The encounters as a projection: what it learns from the log.

Every saying is kept. A batch folds anew the encounters that it speaks of, each from all that was
ever said about it; so neither the order of shards nor a late message matters, and the cost is that
of the encounters that are spoken of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.verify import ERASED
from lianyi.projections import projection_store
from lianyi.projections.care import hl7, rules, store
from lianyi.projections.care.model import MERGE, Encounter, Key, Saying
from lianyi.projections.care.store import Who
from lianyi.projections.comparing import Difference
from lianyi.projections.projection import Heard, Learned, sort_out

NAME = "care"


class Care:
    """Who treats whom."""

    name = NAME
    shape = store.SHAPE

    def __init__(self, zone: ZoneInfo) -> None:
        """Learn with the clock of a hospital.

        Args:
            zone: of the times that senders write without one.
        """
        self._zone = zone

    def wants(self, kind: str) -> bool:
        """Tell whether messages of a kind may be about encounters."""
        return hl7.wants(kind) or kind == ERASED

    def read(self, message: LogMessage) -> list[Saying] | Position | None:
        """Return what a message says, or the position of the one that was erased."""
        if message.kind == ERASED:
            return message.caused_by
        return hl7.read(message, self._zone)

    async def create(self, connection: Connection, schema: str) -> None:
        """Make the empty tables."""
        await store.create(connection, schema)

    async def learn(
        self, connection: Connection, schema: str, heard: Sequence[Heard], *, revision: int
    ) -> Learned:
        """Learn a batch; see :class:`~lianyi.projections.projection.Projection`."""
        sayings: list[Saying]
        sayings, erased, aside = sort_out(heard)
        touched: set[Who] = set()
        for position in erased:
            touched |= await store.forget_message(connection, schema, position)
        if sayings:
            await store.put_sayings(connection, schema, sayings)
            touched |= set(_touched_by(sayings))
        if touched:
            await _fold(connection, schema, touched)
        return Learned(bool(touched), aside)

    async def settle(
        self, connection: Connection, schema: str, *, revision: int, now: datetime
    ) -> None:
        """Do nothing: no row depends on the date."""

    def forget(self) -> None:
        """Do nothing: nothing is remembered in the process."""

    async def digest(self, connection: Connection, schema: str) -> Mapping[str, bytes]:
        """Return SHA-256 over all that was learned, by table."""
        return await store.digest(connection, schema)

    async def differences(
        self, connection: Connection, before: str, after: str, tables: Sequence[str]
    ) -> Sequence[Difference]:
        """Say how many rows of each table only one of two versions has."""
        columns = {table: store.DIGESTED[table] for table in tables}
        return await projection_store.differences(connection, before, after, columns)


def _touched_by(sayings: Sequence[Saying]) -> Iterator[Who]:
    for saying in sayings:
        if saying.event == MERGE:
            for person in (saying.person, *saying.gone):
                yield Who(saying.channel, person, None)
        else:
            yield Who(saying.channel, saying.person, saying.visit)


async def _fold(connection: Connection, schema: str, touched: Collection[Who]) -> None:
    alike = await store.alike_with(connection, schema, touched)
    spoken_of = {
        Who(who.channel, person, who.visit)
        for who in touched
        for person in alike[who.channel, who.person]
    }
    whole = {who[:2] for who in spoken_of if who.visit is None}
    whom = {who for who in spoken_of if who.visit is None or who[:2] not in whole}
    same = {
        (channel, person): persons for (channel, _), persons in alike.items() for person in persons
    }
    told: dict[Key, list[Saying]] = defaultdict(list)
    for saying in await store.sayings_about(connection, schema, whom):
        persons = same[saying.channel, saying.person]
        told[Key(saying.channel, min(persons), saying.visit)].append(saying)
    encounters: list[tuple[Key, Encounter]] = []
    for key, sayings in sorted(told.items()):
        encounter = rules.fold(sayings, alike=same[key.channel, key.person])
        if encounter is not None:
            encounters.append((key, encounter))
    await store.write(connection, schema, whom, encounters)
