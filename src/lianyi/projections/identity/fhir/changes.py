"""What is told and decided in FHIR; each operation is one method.

A Patient that a system sends is a message of the log like any other, and what people decide is
decided by :class:`IdentityService`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.base.clock import Clock
from lianyi.base.errors import from_record
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity import read_store
from lianyi.projections.identity.fhir import requests, resources
from lianyi.projections.identity.fhir.patients import FhirPatients
from lianyi.projections.identity.fhir.problems import unreadable
from lianyi.projections.identity.fhir.resources import Resource, Step
from lianyi.projections.identity.follow import NAME
from lianyi.projections.identity.ids import UnreadableId, read_shown, record_id, shown
from lianyi.projections.identity.partition import Said
from lianyi.projections.identity.problems import (
    ForeignReplacement,
    NobodysAuthority,
    NoSuchPerson,
)
from lianyi.projections.identity.registering import Registrar
from lianyi.projections.identity.service import IdentityService
from lianyi.projections.identity.statements import RecordKey, Replaced, Statement
from lianyi.projections.identity.systems import system_of
from lianyi.projections.identity.views import DecidedView
from lianyi.projections.waiting import until_learned

REASON_CHARACTERS_MAX = 500


class Fed(NamedTuple):
    """What became of a Patient of a feed: whose she is, and whether her record is new."""

    resource: Resource
    created: bool


class FhirChanges:
    """Changes of the patient index in FHIR."""

    def __init__(
        self,
        service: IdentityService,
        patients: FhirPatients,
        pool: asyncpg.Pool,
        log: PostgresLog,
        clock: Clock,
        zone: ZoneInfo,
    ) -> None:
        """Change in FHIR.

        Args:
            service: says what may be seen, and decides.
            patients: answers what came of a change.
            pool: of the database; as the doors see it.
            log: for what systems feed.
            clock: the time now.
            zone: of times without one.
        """
        self._service = service
        self._patients = patients
        self._pool = pool
        self._registrar = Registrar(log)
        self._clock = clock
        self._zone = zone

    # --- feed (ITI-104) -------------------------------------------------------------------------

    async def feed(self, sent: Resource, identifier: str, *, channel: str = "") -> Fed:
        """Record a Patient that a system sent, and say whose she is.

        Args:
            sent: as sent.
            identifier: ``system|value``: the sender's own, by which the record is known.
            channel: whose patient she is; empty: of the channel that brought this authority's.

        Raises:
            UnreadableFhir, UnreadableRegistration, NamesNoPatient: it cannot be read.
            NobodysAuthority: it cannot be said whose patient she is.
            ForeignReplacement: a record of another authority should take the place of hers.
            NotLearnedYet: it is recorded for ever, but not yet learned.
        """
        key = requests.identifier_of(identifier, "identifier")
        source = key[0]
        resource = requests.fed(sent, key)
        async with self._service.reading() as (connection, schema):
            resource = await self._named(connection, schema, resource)
            existing = await read_store.person_of(connection, schema, record_id(*key))
            number = await self._channel(connection, schema, source, channel)
        said = requests.statements_of(resource, source, now=self._clock.now(), zone=self._zone)
        _check_authorities(said)
        message = requests.message_of(resource, key, channel=number, sender=source)
        position = await self._registrar.append(message)
        aside = await until_learned(self._pool, NAME, position)
        if aside:
            raise from_record(aside[0].error)
        async with self._service.reading() as (connection, schema):
            person = await self._service.find(connection, schema, shown(record_id(*key)))
            records = await self._patients.records(connection, schema, person)
        return Fed(resources.person_resource(person, records), created=existing is None)

    async def _channel(self, connection: Connection, schema: str, source: str, channel: str) -> int:
        if channel:
            named = await read_store.channel_named(connection, channel)
            number = named.channel if named else None
        else:
            number = await read_store.channel_for(connection, schema, source)
        if number is None or self._service.veil.hides(source):
            raise NobodysAuthority(where="identifier", source=source)
        return number

    async def _named(self, connection: Connection, schema: str, resource: Resource) -> Resource:
        """Name by identifier whom a link means by a number of ours: messages must not need us."""
        links = resource.get("link")
        if not isinstance(links, list):
            return resource
        made = [await self._named_link(connection, schema, link) for link in links]
        return {**resource, "link": made}

    async def _named_link(self, connection: Connection, schema: str, link: object) -> object:
        other = link.get("other") if isinstance(link, dict) else None
        if not isinstance(link, dict) or not isinstance(other, dict) or "identifier" in other:
            return link
        reference = str(other.get("reference") or "")
        key = await self._key_of(connection, schema, reference.rpartition("/")[2])
        if key is None:
            return link
        named = {"system": system_of(key[0]), "value": key[1]}
        return {**link, "other": {**other, "identifier": named}}

    async def _key_of(self, connection: Connection, schema: str, number: str) -> RecordKey | None:
        try:
            record = read_shown(number)
        except UnreadableId:
            return None
        return (await read_store.keys_of(connection, schema, [record])).get(record)

    # --- $unmerge and $link-history -------------------------------------------------------------

    async def unmerge(self, number: str, sent: Resource) -> DecidedView:
        """Take back a replacement, or what was decided about two records of a person.

        Args:
            number: the person's.
            sent: Parameters: ``identifier`` once, of the record that was replaced, or twice, and
                a ``reason``.

        Raises:
            UnreadableFhir: it is not so.
            NoSuchPerson: none of the records is this person's, or one of them may not be seen.
        """
        given = requests.parameters_of(sent)
        reason = " ".join(str(value) for name, value in given if name == "reason" and value).strip()
        keys = [
            requests.identifier_of(requests.token_text(one), "identifier")
            for name, one in given
            if name == "identifier"
        ]
        if not 0 < len(reason) <= REASON_CHARACTERS_MAX or len(keys) not in (1, 2):
            raise unreadable(
                "parameter",
                "it needs a reason, and the identifiers of one or two records",
                "须写明原因（reason），以及一条或两条记录的标识（identifier）",
            )
        async with self._service.reading() as (connection, schema):
            person = await self._service.find(connection, schema, number)
            whose = [
                await read_store.person_of(connection, schema, record_id(*key)) for key in keys
            ]
        if None in whose or person not in whose:  # who was kept apart is two persons
            raise NoSuchPerson(where="identifier")
        if len(keys) == 1:
            return await self._service.undo_replacement(keys[0], reason=reason)
        return await self._service.take_back(*keys, reason=reason)

    async def history(self, number: str) -> Resource:
        """Return what was decided and said about the records of a person, the oldest first.

        Raises:
            UnreadableId, NoSuchPerson: the number leads to nobody who may be seen.
        """
        person = await self._service.get_person(number)
        found: dict[tuple[datetime, str, str], Step] = {}
        for one in person.decisions:
            pair = (read_shown(one.record.id), read_shown(one.other.id))
            holds = None if one.said == Said.UNDECIDED.value else one.in_force
            step = Step(one.position, one.said, one.at, one.actor, one.reason, pair, holds)
            at = (one.at, one.position, one.said)
            found[at] = _together(found.get(at), step)
        for said in person.replacements:
            gone = read_shown(said.gone.id)
            kept = (read_shown(said.kept.id),) if said.kept else ()
            what = "replaced" if kept else "replacement-undone"
            step = Step(said.position, what, said.at, said.actor, said.reason, (gone, *kept))
            at = (said.at, said.position, what)
            found[at] = _together(found.get(at), step)
        return resources.history([found[at] for at in sorted(found)], base=self._patients.base)


def _check_authorities(said: Iterable[Statement]) -> None:
    for one in said:
        if isinstance(one, Replaced) and one.gone[0] != one.kept[0]:
            raise ForeignReplacement(where="Patient.link", gone=one.gone[0], kept=one.kept[0])


def _together(before: Step | None, step: Step) -> Step:
    """Join what one act says of several pairs."""
    if before is None:
        return step
    records = tuple(dict.fromkeys((*before.records, *step.records)))
    holds = None if step.in_force is None else bool(before.in_force or step.in_force)
    return before._replace(records=records, in_force=holds)
