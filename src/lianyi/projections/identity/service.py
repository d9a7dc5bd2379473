"""What people ask about persons, and register; each use case is one method.

A registration is a message in the log; the answer waits until the index has learned it, so whoever
registers somebody reads it back. What people decide is in ``deciding``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice, product

import asyncpg

from lianyi.base.clock import Clock
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity import authority_store, read_store, telling
from lianyi.projections.identity.alone import ALONE_RECORDS_MAX
from lianyi.projections.identity.asking import Asking
from lianyi.projections.identity.blocking import blocking_keys
from lianyi.projections.identity.deciding import Deciding
from lianyi.projections.identity.feeds import desk
from lianyi.projections.identity.follow import NAME
from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.identity.linking import decided as in_force
from lianyi.projections.identity.linking_by_name import links_by_name
from lianyi.projections.identity.matching import unpacked
from lianyi.projections.identity.presenting import (
    SeenRecord,
    chosen_views,
    conflict_views,
    golden_of,
    key_view,
    record_view,
    summary,
)
from lianyi.projections.identity.problems import NobodysAuthority, NoSuchPerson
from lianyi.projections.identity.reading import People
from lianyi.projections.identity.registering import Registrar
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.searching import Wanted, read_wanted
from lianyi.projections.identity.table_store import DecisionRow
from lianyi.projections.identity.views import (
    Candidate,
    Candidates,
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


FOLLOWED_MAX = 5
"""So often a person is looked for again who became somebody else's between two questions."""


class IdentityService(Asking, Deciding):
    """Answers about persons, and changes who is one."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        log: PostgresLog,
        clock: Clock,
        *,
        privacy: Privacy,
        alone_records_max: int = ALONE_RECORDS_MAX,
        sensitive: Collection[str] = (),
        ranks: Mapping[str, int] | None = None,
    ) -> None:
        """Answer from the version in force; see :class:`Deciding`."""
        super().__init__(
            pool,
            log,
            clock,
            privacy=privacy,
            alone_records_max=alone_records_max,
            sensitive=sensitive,
            ranks=ranks,
        )
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
            TokenInPlaceOfNumber: a code stands where the number of a card should.
        """
        desk.refuse_tokens(said)
        matching, traits, found = await self.meant(said)
        if only_certain:
            found = [one for one in found if one.score.lane is Lane.AUTO]
        async with self.reading() as (connection, schema):
            people = await self.people(connection, schema, [one.person for one in found[:limit]])
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

    async def register(
        self, said: Registration, *, channel: str = "", reason: str = ""
    ) -> RegisteredView:
        """Record a registration and say whose it is.

        Args:
            said: what the desk knows.
            channel: whose patient it is; empty: of the channel that brought this authority's.
            reason: why, where it changes what is known.

        Raises:
            NobodysAuthority: that cannot be said.
            TokenInPlaceOfNumber: a code stands where the number of a card should.
            NotLearnedYet: it is recorded for ever, but not yet learned.
        """
        position = await self.record(said, channel=channel, reason=reason)
        await until_learned(self._pool, NAME, position)
        person = await self.get_person(shown(record_id(*said.key)))
        return RegisteredView(position=str(position), person=person)

    async def record(self, said: Registration, *, channel: str = "", reason: str = "") -> Position:
        """Record a registration; return where it stands in the log, durable."""
        async with self.reading() as (connection, schema):
            if channel:
                named = await read_store.channel_named(connection, channel)
                number = named.channel if named else None
            else:
                number = await read_store.channel_for(connection, schema, said.source)
        if number is None or self.veil.hides(said.source):
            raise NobodysAuthority(where="source", source=said.source)
        actor = current().actor.name
        message = desk.write(said, channel=number, actor=actor, reason=reason)
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
            named = await authority_store.authorities(connection, schema)
            sources = named.names(wanted.source) if wanted.source else ()
            if wanted.mrn:
                found |= dict.fromkeys(
                    await read_store.persons_with_mrn(
                        connection, schema, wanted.mrn, sources=sources, limit=most
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
        if self.veil.is_whole and not wanted.name and not wanted.sounds:
            people = _without_unveiled(people, wanted, sources)
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
            for _ in range(FOLLOWED_MAX):
                try:
                    return await self.person(connection, schema, number, asked=person)
                except NoSuchPerson:
                    before, number = number, await self.find(connection, schema, person)
                    if before == number:
                        raise
            return await self.person(connection, schema, number, asked=person)

    async def person(
        self, connection: Connection, schema: str, person: int, *, asked: str
    ) -> PersonView:
        """Return a person as far as she may be seen; see :meth:`get_person`."""
        people = await self.people(connection, schema, [person])
        if person not in people.of:
            raise NoSuchPerson(where="person")
        records = people.of[person]
        at = {one.row.record: one for one in records}
        links = await self._evidence(connection, schema, at)
        decided = await links_by_name(connection, schema, at, unpacked)
        decided += await read_store.decisions_at(connection, schema, at)
        replaced = await read_store.replacements_at(connection, schema, at)
        others = {r for one in decided for r in (one.a, one.b)}
        others |= {r for one in replaced for r in (one.gone, one.kept) if r is not None}
        keys = await read_store.keys_of(connection, schema, others | at.keys())
        held = golden_of(records)
        hiders = {(one.row.source, one.row.mrn): one.hider for one in records}
        names = telling.Keys(keys, {record: one.hider for record, one in at.items()})
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
            decisions=_decision_views(decided, names, at),
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
                person=await self.person(connection, schema, p, asked=person),
                other=await self.person(connection, schema, q, asked=other),
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
        return await self.explained(connection, schema, product(mine.values(), others.values()))

    async def explained(
        self,
        connection: Connection,
        schema: str,
        pairs: Iterable[tuple[SeenRecord, SeenRecord]],
    ) -> list[EvidenceView]:
        """Explain the first pairs of some records, of those that stand; the strongest first."""
        matching = await self.matching(connection, schema)
        told = [
            telling.evidence(
                matching,
                *(
                    (unpacked(one.row.traits), key_view(one.folded.key, one.row.record, one.hider))
                    for one in pair
                ),
            )
            for pair in islice(pairs, LINKS_MAX)
            if all(one.row.kept is None for one in pair)
        ]
        return sorted(told, key=lambda one: -one.bits)


def _decision_views(
    decided: Sequence[DecisionRow], names: telling.Keys, at: Mapping[int, SeenRecord]
) -> list[DecisionView]:
    """Show what was decided; what follows from the names of authorities has no position."""
    holds = {(one.a, one.b, one.said) for one in in_force(decided, {})}
    return [
        DecisionView(
            position="" if one.shard < 0 else str(Position(one.shard, one.number)),
            record=names.view(one.a),
            other=names.view(one.b),
            said=one.said,
            at=one.said_at
            if one.shard >= 0
            else max(at[record].row.first_at for record in (one.a, one.b) if record in at),
            actor=one.actor,
            reason=one.reason,
            in_force=(one.a, one.b, one.said) in holds,
        )
        for one in decided
    ]


def _without_unveiled(people: People, wanted: Wanted, sources: Collection[str]) -> People:
    """Leave out whom only a number led to that whoever asks may not know."""

    def has(one: SeenRecord) -> bool:
        row = one.row
        if wanted.record in (row.record, row.person) or (
            row.mrn == wanted.mrn and (not sources or row.source in sources)
        ):
            return True
        return not set(wanted.keys).isdisjoint(blocking_keys(unpacked(row.traits)))

    of = {person: records for person, records in people.of.items() if any(map(has, records))}
    return people._replace(of=of)
