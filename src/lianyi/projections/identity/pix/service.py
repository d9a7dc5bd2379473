"""Answers to PIX and PDQ queries, within the reach of whoever asks; each use case is one method.

It asks the index and the encounters as any door does, so scope, refusals and masks hold.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.formats.hl7v2 import Header, Message
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.care.model import Part, State
from lianyi.projections.care.service import CareService
from lianyi.projections.care.views import EncounterView
from lianyi.projections.identity import authority_store, read_store, telling
from lianyi.projections.identity.authorities import Authorities
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.identity.pix import store
from lianyi.projections.identity.pix.answer import (
    UNKNOWN_VISIT,
    Answering,
    Found,
    Number,
    Person,
    Visit,
    instant,
)
from lianyi.projections.identity.pix.problems import UnknownDomain, UnknownPatient
from lianyi.projections.identity.pix.question import Ask, Question, unclear
from lianyi.projections.identity.pix.selecting import fits, registration_of, whole_name
from lianyi.projections.identity.presenting import SeenRecord, summary
from lianyi.projections.identity.searching import read_wanted
from lianyi.projections.identity.service import IdentityService
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.views import PersonSummary
from lianyi.security.access import seen, shows

CANDIDATES_MAX = 500
"""A question to which more persons may fit is too wide."""
_LIVING = (State.OPEN, State.AWAY)
_VISIT = frozenset({"category", "ward", "visit"})
"""Parameters that are about the encounter."""


class _Hit(NamedTuple):
    """A person who may be meant: the best first by the first two."""

    rank: float
    number: str
    person: Person
    records: Sequence[SeenRecord]


class NotFound(Exception):
    """What a query names is not there, with every place at which that is so."""

    def __init__(self, errors: Sequence[LianyiError]) -> None:
        super().__init__()
        self.errors = errors


class PixService:
    """Answers queries that were read."""

    def __init__(
        self,
        identity: IdentityService,
        care: CareService,
        clock: Clock,
        *,
        zone: ZoneInfo,
        oids: Mapping[str, str],
    ) -> None:
        """Answer from the index.

        Args:
            identity: the index.
            care: the encounters.
            clock: the time now.
            zone: in which times are written.
            oids: OID of an authority by its name; these authorities are known in any case.
        """
        self._identity = identity
        self._care = care
        self._clock = clock
        self._zone = zone
        self.oids = oids
        self.names = {oid: name for name, oid in oids.items()}

    def answering(self, message: Message | Header, control_id: str) -> Answering:
        """Return what writes the answers to a message."""
        header = message.header if isinstance(message, Message) else message
        at = self._clock.now().astimezone(self._zone)
        return Answering(header, at=at, control_id=control_id, oids=self.oids)

    async def find(self, question: Question) -> Found:
        """Answer a query.

        Raises:
            NotFound: a patient or an authority that it names is not known.
            UnclearQuery: too many may be meant.
            ProjectionNotReady: nothing has been learned yet.
        """
        if question.ask is Ask.IDENTIFIERS:
            return await self._identifiers(question)
        return await self._persons(question)

    # --- ITI-9 ----------------------------------------------------------------------------------

    async def _identifiers(self, question: Question) -> Found:
        identity = self._identity
        async with identity.reading() as (connection, schema):
            named = await authority_store.authorities(connection, schema)
            await self._known(connection, schema, [question.patient[0]], "QPD-3(1).4", named)
            records = await self._records_of(connection, schema, named.keys(question.patient))
            if not records:
                raise NotFound([UnknownPatient(where="QPD-3(1).1")])
            await self._known(connection, schema, question.domains, "QPD-4({n})", named)
        numbers = _numbers(records, question.domains, named)
        if not numbers:
            return Found()
        return Found([Person(numbers, about=False)], 1)

    async def _records_of(
        self, connection: Connection, schema: str, keys: Sequence[RecordKey]
    ) -> Sequence[SeenRecord]:
        """Return all records of the person of the first of some records that may be seen."""
        for key in keys:
            person = await read_store.person_of(connection, schema, record_id(*key))
            if person is None:
                continue
            people = await self._identity.people(connection, schema, [person])
            records = people.of.get(person, [])
            if any(one.folded.key == key for one in records):
                return records
        return []

    async def _known(
        self,
        connection: Connection,
        schema: str,
        domains: Collection[str],
        where: str,
        named: Authorities,
    ) -> None:
        """Raise :class:`NotFound` for every authority that nobody knows."""
        asked = {one for one in domains if self.oids.keys().isdisjoint(named.names(one))}
        under = await store.known_sources(connection, schema, named.all_of(asked))
        there = {one for one in asked if not under.isdisjoint(named.names(one))}
        unknown = [
            UnknownDomain(where=where.format(n=n))
            for n, domain in enumerate(domains, start=1)
            if domain in asked - there
        ]
        if unknown:
            raise NotFound(unknown)

    # --- ITI-21, ITI-22 -------------------------------------------------------------------------

    async def _persons(self, question: Question) -> Found:
        identity, wanted = self._identity, question.wanted
        async with identity.reading() as (connection, schema):
            named = await authority_store.authorities(connection, schema)
            await self._known(connection, schema, question.domains, "QPD-8({n})", named)
            exact = await self._candidates(connection, schema, wanted, named)
            likely = {}
            if "mrn" not in wanted:
                said = registration_of(wanted)
                _, found = await identity.likely(connection, schema, said)
                likely = {one.person: one for one in found}
            with seen():  # whoever is only looked through is not shown
                people = await identity.people(connection, schema, {**exact, **likely})
            model = (await identity.matching(connection, schema)).scorer.model.name
        kept: list[_Hit] = []
        for person in {**exact, **likely}:
            records = people.of.get(person, [])
            numbers = _numbers(records, question.domains, named)
            fit = bool(records) and fits([one.folded for one in records], wanted, named)
            if not numbers or not (fit or person in likely):
                continue
            score = None if fit else telling.chance(likely[person].score.bits)
            told = _person(summary(person, records), numbers, score, model if score else "")
            kept.append(_Hit(-(score or 2.0), shown(person), told, records))
        kept.sort(key=lambda hit: hit[:2])
        return await self._page(question, kept)

    async def _candidates(
        self, connection: Connection, schema: str, wanted: Mapping[str, str], named: Authorities
    ) -> dict[int, None]:
        """Return the persons among whom those are that fit."""
        at, found = (connection, schema), dict[int, None]()
        limit = CANDIDATES_MAX + 1
        if mrn := wanted.get("mrn", ""):
            source = wanted.get("source", "")
            sources = named.names(source) if source else ()
            found |= dict.fromkeys(
                await read_store.persons_with_mrn(*at, mrn, sources=sources, limit=limit)
            )
            if keys := read_wanted(mrn).keys:
                found |= dict.fromkeys(await read_store.records_by_key(*at, keys, limit=limit))
        elif name := whole_name(wanted):
            called = read_wanted(name)
            found |= dict.fromkeys(
                await read_store.persons_called(
                    *at, name=called.name, sounds=called.sounds, born="", sex="", skip=0,
                    limit=limit,
                )
            )  # fmt: skip
        elif keys := read_wanted(wanted.get("phone_area", "") + wanted["phone"]).keys:
            found |= dict.fromkeys(await read_store.records_by_key(*at, keys, limit=limit))
        if len(found) > CANDIDATES_MAX:
            raise unclear(
                "QPD-3",
                f"more than {CANDIDATES_MAX} persons may be meant; say more",
                f"可能符合的患者超过 {CANDIDATES_MAX} 名，请补充条件",
            )
        return found

    async def _page(self, question: Question, kept: Sequence[_Hit]) -> Found:
        """Return as many as are wanted; with their encounters, where these are asked for."""
        wanted, end = question.wanted, question.skip + question.quantity
        visits = question.ask is Ask.PERSONS_AND_VISITS
        if visits and not _VISIT.isdisjoint(wanted):
            with seen():
                kept = [hit for hit in kept if await self._visit(hit.person.numbers, wanted)]
        people = []
        for hit in kept[question.skip : end]:
            for record in hit.records:
                row = record.row
                for channel in row.channels[:1]:
                    shows(channel, [f"{row.mrn}^{row.source}"])
            visit = await self._visit(hit.person.numbers, wanted) if visits else None
            people.append(hit.person._replace(visit=visit))
        left = max(len(kept) - end, 0)
        return Found(people, len(kept), left, question.pointer(end) if left else "")

    async def _visit(self, numbers: Sequence[Number], wanted: Mapping[str, str]) -> Visit | None:
        """Return the encounter that is told of a person; None: none is as it is wanted."""
        found: list[EncounterView] = []
        for one in numbers:
            found += (await self._care.list_encounters(f"{one.value}^{one.source}")).items
        told = [one for one in found if one.state != State.CANCELLED and _is_wanted(one, wanted)]
        if told:
            last = max(told, key=lambda one: (one.state in _LIVING, one.began_at, one.visit))
            return self._visit_of(last)
        return UNKNOWN_VISIT if _VISIT.isdisjoint(wanted) else None

    def _visit_of(self, one: EncounterView) -> Visit:
        stay = one.stays[-1] if one.stays else None
        attending = [
            Number(each.identifier, each.authority)
            for each in one.practitioners
            if each.part == Part.ATTENDING and each.until is None
        ]
        ended = instant(one.ended_at.astimezone(self._zone)) if one.ended_at else ""
        return Visit(
            one.category or UNKNOWN_VISIT.category,
            stay.place if stay else "",
            stay.facility if stay else "",
            attending,
            one.visit,
            instant(one.began_at.astimezone(self._zone)),
            ended,
        )


def _is_wanted(one: EncounterView, wanted: Mapping[str, str]) -> bool:
    ward, visit = wanted.get("ward", ""), wanted.get("visit", "")
    if wanted.get("category", one.category) != one.category:
        return False
    if visit and one.visit.partition("^")[0] != visit:
        return False
    return not ward or any(
        stay.place == ward or stay.place.startswith(f"{ward}-") for stay in one.stays
    )


def _numbers(
    records: Sequence[SeenRecord], domains: Collection[str], named: Authorities
) -> list[Number]:
    """Return the identifiers of a person that stand, of the wanted authorities; empty: of all.

    Each authority is called by its own name, and a number that stands under several comes once.
    """
    wanted = {named.own(one) for one in domains}
    found = [
        Number(one.hider.identifier(one.row.mrn), named.own(one.row.source))
        for one in records
        if one.row.kept is None and (not wanted or named.own(one.row.source) in wanted)
    ]
    return list(dict.fromkeys(found))


def _person(
    told: PersonSummary, numbers: Sequence[Number], score: float | None, model: str
) -> Person:
    return Person(
        numbers, told.name, told.sex, told.born, told.addresses, told.phones, score, model
    )
