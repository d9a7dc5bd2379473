"""The whole index, counted: what each source lacks, which values many share, and who that is."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity import quality_store, store
from lianyi.projections.identity.blocking import blocking_keys
from lianyi.projections.identity.matching import unpacked
from lianyi.projections.identity.presenting import SeenRecord, summary
from lianyi.projections.identity.quality_store import CrowdRow
from lianyi.projections.identity.reading import Reading
from lianyi.projections.identity.registration import Identifier, Registration
from lianyi.projections.identity.traits import read_registration
from lianyi.projections.identity.upkeep.telling import Seen
from lianyi.projections.identity.upkeep.views import CrowdView, SourceView, SurveyView
from lianyi.projections.identity.views import PersonPage

CROWD_LEAST: Final = 5
"""A value that fewer records have is a family's, or one person's at several systems."""
LISTED_MAX: Final = 50

Fault = Literal["duplicate", "no-name", "no-sex", "no-birth"]
_ELEMENTS: Final = {"phone": "contact", "number": "national-number"}
"""What shared values are in the classification of data."""


_ALL_BITS: Final = (1 << 64) - 1


class _Shared(NamedTuple):
    """A value by which records have a key."""

    kind: Literal["phone", "number"]
    value: str


class Surveyor(Reading):
    """Counts over the whole index, of the records that whoever asks may see."""

    async def survey(self) -> SurveyView:
        """Return what each source lacks, and the telephones and numbers that many share."""
        async with self.reading() as (connection, schema):
            sources = await quality_store.sources(connection, schema)
            rows = await quality_store.crowds(connection, schema, least=CROWD_LEAST)
            crowds = [(row, said) for row in rows if (said := _value_of(row))][:LISTED_MAX]
            examples = [row.example for row, _ in crowds]
            whose = await store.persons_of(connection, schema, examples)
            people = await self.people(connection, schema, set(whose.values()))
        seen = {one.row.record: one for of in people.of.values() for one in of}
        return SurveyView(
            sources=[
                SourceView(**row._asdict(), duplicates=row.records - row.persons) for row in sources
            ],
            crowds=[_crowd(row, said, seen) for row, said in crowds if row.example in seen],
        )

    async def lacking(self, fault: Fault, *, source: str, skip: int, limit: int) -> PersonPage:
        """Return the persons in whose records of a source something is wrong.

        Args:
            fault: that they lack something, or that there are several of one person.
            source: the authority.
            skip: so many are passed by.
            limit: so many at most.
        """
        async with self.reading() as (connection, schema):
            persons = await quality_store.persons_at_fault(
                connection, schema, fault, source=source, skip=skip, limit=limit + 1
            )
            return await self._page(connection, schema, persons, limit)

    async def sharing(self, key: str, *, skip: int, limit: int) -> PersonPage:
        """Return the persons who share a value, by the key that it makes, as it was told."""
        async with self.reading() as (connection, schema):
            persons = await quality_store.persons_with(
                connection, schema, _read_key(key), skip=skip, limit=limit + 1
            )
            return await self._page(connection, schema, persons, limit)

    async def _page(
        self, connection: Connection, schema: str, persons: list[int], limit: int
    ) -> PersonPage:
        people = await self.people(connection, schema, persons[:limit])
        items = [summary(person, records) for person, records in people.of.items()]
        return PersonPage(items=items, more=len(persons) > limit)


def _value_of(row: CrowdRow) -> _Shared | None:
    """Return the single value that makes a key; None: it is made of several."""
    traits = unpacked(row.traits)
    for phone in traits.phones:
        if row.key in _keys(Registration("", "", phones=(phone.digits,))):
            return _Shared("phone", phone.digits)
    for one in traits.ids:
        number = Identifier(one.kind, one.text, one.issuer)
        if row.key in _keys(Registration("", "", identifiers=(number,))):
            return _Shared("number", one.text)
    return None


def _shown_key(key: int) -> str:
    """Write a key so that no program takes it for a number and rounds it."""
    return f"{key & _ALL_BITS:016x}"


def _read_key(text: str) -> int:
    number = int(text, 16)
    return number - (1 << 64) if number >> 63 else number


def _keys(said: Registration) -> tuple[int, ...]:
    return blocking_keys(read_registration(said))


def _crowd(row: CrowdRow, said: _Shared, seen: Seen) -> CrowdView:
    one: SeenRecord = seen[row.example]
    value = one.hider.value(_ELEMENTS[said.kind], said.value)
    return CrowdView(kind=said.kind, value=value, key=_shown_key(row.key), records=row.records)
