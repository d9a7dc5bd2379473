"""What people ask and do about persons; each use case is one method.

A decision is an act in the log, a registration a message; the answer waits until the index has
learned it, so whoever changes something reads it back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import product
from typing import NamedTuple

import asyncpg

from lianyi.base.clock import Clock
from lianyi.messagelog.message import NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity import decisions, read_store, telling
from lianyi.projections.identity.blocking import blocking_keys
from lianyi.projections.identity.feeds import desk
from lianyi.projections.identity.follow import NAME
from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.identity.linking import decided as in_force
from lianyi.projections.identity.matching import unpacked
from lianyi.projections.identity.partition import Said
from lianyi.projections.identity.presenting import (
    SeenRecord,
    chosen_views,
    conflict_views,
    golden_of,
    key_view,
    record_view,
    summary,
)
from lianyi.projections.identity.problems import NobodysAuthority, NoSuchPerson, TooFewToSplit
from lianyi.projections.identity.reading import Reading
from lianyi.projections.identity.registering import Registrar
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.scoring import Score
from lianyi.projections.identity.searching import read_wanted
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.traits import Traits, read_registration
from lianyi.projections.identity.views import (
    Candidate,
    Candidates,
    DecidedView,
    DecisionView,
    EvidenceView,
    IdentityQuestion,
    PersonPage,
    PersonView,
    QuestionDetail,
    QuestionPage,
    RegisteredView,
    ReplacementView,
)
from lianyi.projections.waiting import until_learned
from lianyi.security.access import current
from lianyi.security.privacy.service import Privacy

LINKS_MAX = 50
"""So many pairs of a person are explained; all others hold as well."""


class Found(NamedTuple):
    """A record that may be of the person who is asked about."""

    person: int
    record: int
    traits: Traits
    score: Score


class IdentityService(Reading):
    """Answers about persons, and changes who is one."""

    def __init__(
        self, pool: asyncpg.Pool, log: PostgresLog, clock: Clock, *, privacy: Privacy
    ) -> None:
        """Answer from the version in force; see :class:`Reading`.

        Args:
            pool: of the database; as the doors see it.
            log: for what people decide and register.
            clock: the time now.
            privacy: decides what is shown of patients.
        """
        super().__init__(pool, clock, privacy=privacy)
        self._log = log
        self._registrar = Registrar(log)

    # --- who is this ----------------------------------------------------------------------------

    async def match(
        self, said: Registration, *, limit: int = 10, only_certain: bool = False
    ) -> Candidates:
        """Say who may be meant, the likeliest first: search before create.

        Args:
            said: what is known of somebody; its own record, if there is one, is left out.
            limit: so many persons at most.
            only_certain: only those who would be linked without anybody.

        Raises:
            ProjectionNotReady: nothing has been learned yet.
        """
        async with self.reading() as (connection, schema):
            traits, found = await self.likely(connection, schema, said)
            if only_certain:
                found = [one for one in found if one.score.lane is Lane.AUTO]
            people = await self.people(connection, schema, [one.person for one in found[:limit]])
            matching = await self.matching(connection, schema)
        items = []
        for one in found[:limit]:
            records = people.of.get(one.person)
            if not records:
                continue
            hider = next((r.hider for r in records if r.row.record == one.record), records[0].hider)
            told = telling.evidence(
                matching,
                (traits, key_view(said.key, record_id(*said.key), None)),
                (one.traits, key_view((one.traits.source, one.traits.mrn), one.record, hider)),
            )
            items.append(
                Candidate(
                    person=summary(one.person, records),
                    grade=telling.grade(one.score),
                    score=telling.chance(one.score.bits),
                    evidence=told,
                )
            )
        return Candidates(items=items, more=len(found) > limit)

    async def likely(
        self, connection: Connection, schema: str, said: Registration
    ) -> tuple[Traits, list[Found]]:
        """Return what was read, and of each person who may be meant the likeliest record."""
        matching = await self.matching(connection, schema)
        today = self._clock.now().date()
        traits = read_registration(said, matching.learned, today=today)
        own = record_id(*said.key)
        best: dict[int, Found] = {}
        for row in await read_store.candidates(connection, schema, blocking_keys(traits)):
            if row.record == own:
                continue
            other = unpacked(row.traits)
            score = matching.judge(traits, other)
            if score is None or score.lane < Lane.REVIEW:
                continue
            found = Found(row.person, row.record, other, score)
            known = best.get(row.person)
            if known is None or _likelier(found) < _likelier(known):
                best[row.person] = found
        return traits, sorted(best.values(), key=_likelier)

    async def register(self, said: Registration, *, channel: str = "") -> RegisteredView:
        """Record a registration and say whose it is.

        Args:
            said: what the desk knows.
            channel: whose patient it is; empty: of the channel that brought this authority's.

        Raises:
            NobodysAuthority: that cannot be said.
            NotLearnedYet: it is recorded for ever, but not yet learned.
        """
        position = await self.record(said, channel=channel)
        await until_learned(self._pool, NAME, position)
        person = await self.get_person(shown(record_id(*said.key)))
        return RegisteredView(position=str(position), person=person)

    async def record(self, said: Registration, *, channel: str = "") -> Position:
        """Record a registration; return where it stands in the log, durable."""
        async with self.reading() as (connection, schema):
            if channel:
                named = await read_store.channel_named(connection, channel)
                number = named.channel if named else None
            else:
                number = await read_store.channel_for(connection, schema, said.source)
        if number is None:
            raise NobodysAuthority(where="source", source=said.source)
        message = desk.write(said, channel=number, actor=current().actor.name)
        return await self._registrar.append(message)

    async def search(
        self, text: str, *, born: str = "", sex: str = "", skip: int = 0, limit: int = 20
    ) -> PersonPage:
        """Find persons by whatever is known of them; see ``searching.read_wanted``.

        Args:
            text: as typed.
            born: the date of birth or its beginning, ``1980``; narrows names.
            sex: ``M`` or ``F``; narrows names.
            skip: so many are passed by.
            limit: so many at most.
        """
        wanted = read_wanted(text)
        async with self.reading() as (connection, schema):
            found: dict[int, None] = {}
            if wanted.record is not None:
                whose = await read_store.person_of(connection, schema, wanted.record)
                found.update({} if whose is None else {whose: None})
            most = skip + limit + 1
            if wanted.mrn:
                found |= dict.fromkeys(
                    await read_store.persons_with_mrn(
                        connection, schema, wanted.mrn, source=wanted.source, limit=most
                    )
                )
            if wanted.keys:
                found |= dict.fromkeys(
                    await read_store.records_by_key(connection, schema, wanted.keys, limit=most)
                )
            if wanted.name or wanted.sounds:
                found |= dict.fromkeys(
                    await read_store.persons_called(
                        connection,
                        schema,
                        name=wanted.name,
                        sounds=wanted.sounds,
                        born=born,
                        sex=sex,
                        skip=0,
                        limit=most,
                    )
                )
            page = list(found)[skip : skip + limit]
            people = await self.people(connection, schema, page)
        return PersonPage(
            items=[summary(person, records) for person, records in people.of.items()],
            more=len(found) > skip + limit,
        )

    # --- a person -------------------------------------------------------------------------------

    async def get_person(self, person: str) -> PersonView:
        """Return a person with all records, what links them, and what was decided about them.

        Args:
            person: her number, or that of any of her records.

        Raises:
            UnreadableId, NoSuchPerson: it leads to nobody who may be seen.
        """
        async with self.reading() as (connection, schema):
            number = await self.find(connection, schema, person)
            return await self._person(connection, schema, number, asked=person)

    async def _person(
        self, connection: Connection, schema: str, person: int, *, asked: str
    ) -> PersonView:
        people = await self.people(connection, schema, [person])
        if person not in people.of:
            raise NoSuchPerson(where="person")
        records = people.of[person]
        at = {one.row.record: one for one in records}
        links = await self._evidence(connection, schema, at)
        decided = await read_store.decisions_at(connection, schema, at)
        replaced = await read_store.replacements_at(connection, schema, at)
        others = {r for one in decided for r in (one.a, one.b)}
        others |= {r for one in replaced for r in (one.gone, one.kept) if r is not None}
        keys = await read_store.keys_of(connection, schema, others | at.keys())
        held = golden_of(records)
        hiders = {(one.row.source, one.row.mrn): one.hider for one in records}
        names = telling.Keys(keys, {record: one.hider for record, one in at.items()})
        holds = {(one.a, one.b, one.said) for one in in_force(decided, {})}
        return PersonView(
            id=shown(person),
            asked=asked if asked != shown(person) else "",
            chosen=chosen_views(held, hiders),
            conflicts=conflict_views(held, hiders),
            records=[
                record_view(one, names.view(one.row.kept) if one.row.kept else None)
                for one in records
            ],
            links=links,
            decisions=[
                DecisionView(
                    position=str(Position(one.shard, one.number)),
                    record=names.view(one.a),
                    other=names.view(one.b),
                    said=one.said,
                    at=one.said_at,
                    actor=one.actor,
                    reason=one.reason,
                    in_force=(one.a, one.b, one.said) in holds,
                )
                for one in decided
            ],
            replacements=[
                ReplacementView(
                    position=str(Position(one.shard, one.number)),
                    gone=names.view(one.gone),
                    kept=names.view(one.kept) if one.kept is not None else None,
                    at=one.said_at,
                    event=one.event,
                    actor=one.actor,
                    reason=one.reason,
                )
                for one in replaced
            ],
            questions=await read_store.count_questions(connection, schema, [person]),
            withheld=people.withheld.get(person, 0),
        )

    async def _evidence(
        self, connection: Connection, schema: str, at: dict[int, SeenRecord]
    ) -> list[EvidenceView]:
        """Explain the pairs among records, the strongest first."""
        matching = await self.matching(connection, schema)
        edges = await read_store.edges_among(connection, schema, at)
        return [
            telling.evidence(
                matching,
                *(
                    (unpacked(one.row.traits), key_view(one.folded.key, one.row.record, one.hider))
                    for one in (at[edge.a], at[edge.b])
                ),
            )
            for edge in edges[:LINKS_MAX]
        ]

    # --- questions ------------------------------------------------------------------------------

    async def list_questions(self, *, after: str = "", limit: int = 50) -> QuestionPage:
        """Return pairs of persons about whom somebody must decide, the likeliest first.

        Args:
            after: ``next`` of the page before.
            limit: so many at most.
        """
        async with self.reading() as (connection, schema):
            begin = telling.read_place(after)
            rows = await read_store.questions(connection, schema, after=begin, limit=limit)
            people = await self.people(connection, schema, {p for row in rows for p in row[:2]})
            total = await read_store.count_questions(connection, schema)
        last = rows[-1] if len(rows) == limit else None
        return QuestionPage(
            items=[
                IdentityQuestion(
                    person=summary(row.p, people.of[row.p]),
                    other=summary(row.q, people.of[row.q]),
                    bits=telling.bits_of(row.bits),
                    why=row.why,
                    pairs=row.pairs,
                )
                for row in rows
                if row.p in people.of and row.q in people.of
            ],
            total=total,
            next=telling.place(last) if last else "",
        )

    async def get_question(self, person: str, other: str) -> QuestionDetail:
        """Return everything that speaks about two persons, side by side."""
        async with self.reading() as (connection, schema):
            p = await self.find(connection, schema, person)
            q = await self.find(connection, schema, other)
            people = await self.people(connection, schema, [p, q])
            mine = {one.row.record: one for one in people.of.get(p, [])}
            others = {one.row.record: one for one in people.of.get(q, [])}
            if not mine or not others or p == q:
                raise NoSuchPerson(where="person")
            told = await self._between(connection, schema, mine, others)
            return QuestionDetail(
                person=await self._person(connection, schema, p, asked=person),
                other=await self._person(connection, schema, q, asked=other),
                evidence=told,
            )

    async def _between(
        self,
        connection: Connection,
        schema: str,
        mine: dict[int, SeenRecord],
        others: dict[int, SeenRecord],
    ) -> list[EvidenceView]:
        """Explain every pair between two persons, whether it has an edge or not."""
        matching = await self.matching(connection, schema)
        told = [
            telling.evidence(
                matching,
                *(
                    (unpacked(one.row.traits), key_view(one.folded.key, one.row.record, one.hider))
                    for one in pair
                ),
            )
            for pair in list(product(mine.values(), others.values()))[:LINKS_MAX]
            if all(one.row.kept is None for one in pair)
        ]
        return sorted(told, key=lambda one: -one.bits)

    # --- decisions ------------------------------------------------------------------------------

    async def decide(self, said: Said, person: str, other: str, *, reason: str) -> DecidedView:
        """Decide about two persons: by the records of each that say so best.

        A link joins their oldest records, a never-link keeps every record of the one from every
        record of the other.
        """
        async with self.reading() as (connection, schema):
            p = await self.find(connection, schema, person)
            q = await self.find(connection, schema, other)
            people = await self.people(connection, schema, [p, q])
            mine, others = (
                [one.folded.key for one in people.of.get(number, []) if one.row.kept is None]
                for number in (p, q)
            )
        if not mine or not others or p == q:
            raise NoSuchPerson(where="person")
        pairs = [(mine[0], others[0])] if said is Said.LINK else list(product(mine, others))
        return await self._decide(said, pairs, reason)

    async def take_back(self, record: RecordKey, other: RecordKey, *, reason: str) -> DecidedView:
        """Let what was decided about two records count no more."""
        await self._must_see([record, other])
        return await self._decide(Said.UNDECIDED, [(record, other)], reason)

    async def split(self, person: str, keys: Collection[RecordKey], *, reason: str) -> DecidedView:
        """Make records somebody else's: they and the rest are never linked again by themselves.

        Raises:
            TooFewToSplit: nobody would be left, or a record is not the person's.
        """
        async with self.reading() as (connection, schema):
            number = await self.find(connection, schema, person)
            people = await self.people(connection, schema, [number])
        whole = [one.folded.key for one in people.of.get(number, []) if one.row.kept is None]
        away = sorted(set(keys))
        rest = [key for key in whole if key not in away]
        if not rest or not away or not set(away) <= set(whole):
            raise TooFewToSplit(where="records")
        return await self._decide(Said.NEVER_LINK, list(product(rest, away)), reason)

    async def undo_replacement(self, gone: RecordKey, *, reason: str) -> DecidedView:
        """Let a record stand again that was wrongly replaced, with all that came since."""
        await self._must_see([gone])
        message = decisions.undone(gone, reason)
        return await self._acted(message, [gone])

    async def _decide(
        self, said: Said, pairs: Sequence[tuple[RecordKey, RecordKey]], reason: str
    ) -> DecidedView:
        records = sorted({key for pair in pairs for key in pair})
        return await self._acted(decisions.decided(said, pairs, reason), records, said, pairs)

    async def _acted(
        self,
        message: NewMessage,
        records: Sequence[RecordKey],
        said: Said = Said.UNDECIDED,
        pairs: Sequence[tuple[RecordKey, RecordKey]] = (),
    ) -> DecidedView:
        position = await self._log.append_act(message)
        await until_learned(self._pool, NAME, position)
        async with self.reading() as (connection, schema):
            of = {
                key: await read_store.person_of(connection, schema, record_id(*key))
                for key in records
            }
        apart = any(of[a] != of[b] for a, b in pairs)
        return DecidedView(
            position=str(position),
            persons=sorted({shown(person) for person in of.values() if person is not None}),
            refused=said is Said.LINK and apart,
        )

    async def _must_see(self, keys: Collection[RecordKey]) -> None:
        """Raise :class:`NoSuchPerson` for a record that whoever acts does not see."""
        async with self.reading() as (connection, schema):
            for key in keys:
                if await read_store.person_of(connection, schema, record_id(*key)) is None:
                    raise NoSuchPerson(where="record")


def _likelier(one: Found) -> tuple[int, float, int]:
    return -one.score.lane, -one.score.bits, one.record
