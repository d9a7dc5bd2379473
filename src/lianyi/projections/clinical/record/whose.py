"""Whose record it is: a person of the index, or a patient whom only messages about care name.

A laboratory may send results of somebody whom no registration ever told of. Nothing that was said
disappears: such a patient has a record of her own, under the number that she will keep when the
index hears of her.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from lianyi.formats.fhir import json_text
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.clinical import table_store
from lianyi.projections.clinical.follow import NAME
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.record import record_store
from lianyi.projections.clinical.record.record_store import KeptRow
from lianyi.projections.clinical.records import record_of
from lianyi.projections.identity import read_store as identity_store
from lianyi.projections.identity.ids import read_shown, shown
from lianyi.projections.identity.presenting import key_view, summary
from lianyi.projections.identity.problems import NoSuchPerson
from lianyi.projections.identity.service import IdentityService
from lianyi.projections.identity.views import PersonSummary
from lianyi.projections.problems import ProjectionNotReady
from lianyi.security.access import current, shows
from lianyi.security.privacy.hiding import Hider
from lianyi.security.privacy.model import About
from lianyi.security.privacy.service import Privacy

_SEXES: Mapping[str, str] = {"male": "M", "female": "F"}


class Schemas(NamedTuple):
    """The versions in force.

    Attributes:
        identity: of the patient index.
        clinical: of the repository.
    """

    identity: str
    clinical: str


class Whose(NamedTuple):
    """A source record, and what hides of it what may not be seen."""

    record: int
    hider: Hider


class Owner(NamedTuple):
    """Whose record it is.

    Attributes:
        person: as she may be seen.
        withheld: how many of her source records are not shown because she refuses.
        patients: by number of the Patient resource that things are about.
    """

    person: PersonSummary
    withheld: int
    patients: dict[int, Whose]


class Unregistered(NamedTuple):
    """A patient whom the index does not know: as she may be seen, whose it is, and her Patient."""

    person: PersonSummary
    whose: Whose
    resource: Mapping[str, Any]


class Source(NamedTuple):
    """A source record of a person within the reach of whoever asks.

    Attributes:
        whose: ``value^authority``.
        organisation: that its channel belongs to.
        channel: that brought it; 0: none that is known.
    """

    whose: str
    organisation: str
    channel: int


class _Written(NamedTuple):
    record: int
    resource: Mapping[str, Any]
    source: Source


class Owners:
    """Finds whose record is wanted."""

    def __init__(self, identity: IdentityService, privacy: Privacy) -> None:
        """Find with the index.

        Args:
            identity: says who is one person, and how each source record is seen.
            privacy: says how a patient is seen whom the index does not know.
        """
        self._identity = identity
        self._privacy = privacy

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[tuple[Connection, Schemas]]:
        """Give a connection and the versions in force, which stay meanwhile.

        Raises:
            ProjectionNotReady: nothing has been learned yet.
        """
        async with self._identity.reading() as (connection, identity):
            live = await projection_store.hold_live(connection, NAME)
            if live is None or live.shape != table_store.SHAPE:
                raise ProjectionNotReady(where=NAME, name=NAME)
            yield connection, Schemas(identity, live.schema)

    async def get(self, connection: Connection, schemas: Schemas, person: str) -> Owner:
        """Return whose record a number leads to.

        Args:
            connection: to the database, in a transaction.
            schemas: in force.
            person: number of a person, or of a source record.

        Raises:
            UnreadableId, NoSuchPerson: it leads to nobody who may be seen.
        """
        try:
            number = await self._identity.find(connection, schemas.identity, person)
        except NoSuchPerson:
            return await self._unregistered(connection, schemas, read_shown(person))
        people = await self._identity.people(connection, schemas.identity, [number])
        records = people.of.get(number)
        if not records:
            raise NoSuchPerson(where="person")
        by_record = {one.row.record: Whose(one.row.record, one.hider) for one in records}
        patients = {
            resource_number("Patient", shown(record)): one for record, one in by_record.items()
        }
        for rid, record in await record_store.patients_of(connection, schemas.clinical, by_record):
            patients[rid] = by_record[record]
        return Owner(summary(number, records), people.withheld.get(number, 0), patients)

    async def sources(self, connection: Connection, schemas: Schemas, person: str) -> list[Source]:
        """Return the source records that a number leads to, be they shown or refused.

        Only those within the reach of whoever asks; see :meth:`get` for arguments and errors.
        """
        try:
            number = await self._identity.find(connection, schemas.identity, person)
        except NoSuchPerson:
            record = read_shown(person)
            patient = await self._patient(connection, schemas, record)
            written = await self._written(connection, patient)
            if written is None or written.record != record:
                raise
            return [written.source]
        rows = await identity_store.records_of(connection, schemas.identity, [number])
        channels = await identity_store.channels(
            connection, {one for row in rows for one in row.channels}
        )
        found = []
        for row in rows:
            known = [one for one in row.channels if one in channels]
            organisation = channels[known[0]].organisation if known else ""
            if current().sees(organisation):
                channel = known[0] if known else 0
                found.append(Source(f"{row.mrn}^{row.source}", organisation, channel))
        if not found:
            raise NoSuchPerson(where="person")
        return found

    async def _unregistered(self, connection: Connection, schemas: Schemas, record: int) -> Owner:
        row = await self._patient(connection, schemas, record)
        found = await self.unregistered(connection, row)
        if found is None or found.whose.record != record:
            raise NoSuchPerson(where="person")
        return Owner(found.person, 0, {resource_number("Patient", row.id): found.whose})

    async def unregistered(self, connection: Connection, row: KeptRow) -> Unregistered | None:
        """Return a patient whom the index does not know, as she may be seen.

        Args:
            connection: to the database, in a transaction.
            row: her Patient.

        Returns:
            None: she may not be seen, or has no number of an authority.
        """
        written = await self._written(connection, row)
        if written is None:
            return None
        whose, organisation, channel = written.source
        about = About([whose], organisation=organisation)
        (look,) = await self._privacy.looks([about], on=connection)
        if look.withheld:
            return None
        hider = self._privacy.hider(look)
        shows(channel, [whose])
        person = _summary(written.resource, written.record, whose, hider)
        return Unregistered(person, Whose(written.record, hider), written.resource)

    async def _patient(self, connection: Connection, schemas: Schemas, record: int) -> KeptRow:
        """Return the Patient that messages about care wrote of a record.

        Raises:
            NoSuchPerson: there is none.
        """
        rid = resource_number("Patient", shown(record))
        row = await record_store.find_resource(connection, schemas.clinical, rid)
        if row is None:
            raise NoSuchPerson(where="person")
        return row

    async def _written(self, connection: Connection, row: KeptRow) -> _Written | None:
        """Return what messages about care wrote of a patient within reach; None: of none."""
        resource = json_text.read(row.body)
        known = record_of(resource)
        if known is None or str(resource.get("id")) != shown(known.record):
            return None
        channels = await identity_store.channels(connection, [row.channel])
        organisation = channels[row.channel].organisation if row.channel in channels else ""
        if not current().sees(organisation):
            return None
        return _Written(known.record, resource, Source(known.whose, organisation, row.channel))


def _summary(patient: Mapping[str, Any], record: int, whose: str, hider: Hider) -> PersonSummary:
    """Show a patient of whom nothing is known but what messages about care say."""
    mrn, _, source = whose.rpartition("^")
    born = str(patient.get("birthDate") or "").replace("-", "")
    return PersonSummary(
        id=shown(record),
        name=hider.value("person-name", _name_of(patient)),
        sex=_SEXES.get(str(patient.get("gender") or ""), ""),
        born=hider.value("birth", born),
        identifiers=[],
        phones=[],
        addresses=[],
        records=[key_view((source, mrn), record, hider)],
        registered=False,
    )


def _name_of(patient: Mapping[str, Any]) -> str:
    names = patient.get("name")
    for one in names if isinstance(names, list) else []:
        if not isinstance(one, Mapping):
            continue
        if isinstance(one.get("text"), str):
            return str(one["text"])
        given = [part for part in one.get("given") or () if isinstance(part, str)]
        words = [*given, str(one.get("family") or "")]
        if any(words):
            return " ".join(word for word in words if word)
    return ""
