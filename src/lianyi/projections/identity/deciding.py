"""What people decide about persons: link, keep apart, split, take back, undo a merge.

A decision is an act in the log; the answer waits until the index has learned it, so whoever decides
reads it back. One that touches persons of many records is proposed only, and takes effect when a
second person confirms it; see ``seconding``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import product

import asyncpg

from lianyi.base.clock import Clock
from lianyi.messagelog.message import NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections.identity import decisions, proposal_store, read_store
from lianyi.projections.identity.alone import ALONE_RECORDS_MAX
from lianyi.projections.identity.decisions import Confirms, Meant
from lianyi.projections.identity.follow import NAME
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.identity.partition import Said
from lianyi.projections.identity.problems import NoSuchPerson, TooFewToSplit
from lianyi.projections.identity.proposal_store import ProposalRow, Touched
from lianyi.projections.identity.reading import Reading
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.views import DecidedView
from lianyi.projections.waiting import until_learned
from lianyi.security.privacy.service import Privacy


class Deciding(Reading):
    """Changes who is one person."""

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
        """Decide about the version in force; see :class:`Reading`.

        Args:
            pool: of the database; as the doors see it.
            log: for what people decide.
            clock: the time now.
            privacy: decides what is shown of patients.
            alone_records_max: a decision that touches persons who have more records together
                takes a second person.
            sensitive: see :class:`Reading`.
            ranks: see :class:`Reading`.
        """
        super().__init__(pool, clock, privacy=privacy, sensitive=sensitive, ranks=ranks)
        self._log = log
        self._alone_records_max = alone_records_max

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
        # Two who are two already are parted by nothing: that takes no second person.
        alone = said is Said.NEVER_LINK
        return await self._decide(Meant(said, tuple(pairs)), reason, alone=alone)

    async def take_back(self, record: RecordKey, other: RecordKey, *, reason: str) -> DecidedView:
        """Let what was decided about two records count no more."""
        await self._must_see([record, other])
        return await self._decide(Meant(Said.UNDECIDED, ((record, other),)), reason)

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
        return await self._decide(Meant(Said.NEVER_LINK, tuple(product(rest, away))), reason)

    async def undo_replacement(self, gone: RecordKey, *, reason: str) -> DecidedView:
        """Let a record stand again that was wrongly replaced, with all that came since."""
        await self._must_see([gone])
        return await self._decide(Meant(None, gone=gone), reason)

    async def confirmed(self, meant: Meant, reason: str, confirms: Confirms) -> DecidedView:
        """Decide what somebody else proposed."""
        return await self._acted(decisions.decided(meant, reason, confirms), meant)

    async def _decide(self, meant: Meant, reason: str, *, alone: bool = False) -> DecidedView:
        """Decide, or propose it where one person is not enough."""
        if alone:
            return await self._acted(decisions.decided(meant, reason), meant)
        named = [record_id(*key) for key in meant.records]
        async with self.reading() as (connection, schema):
            touched = await proposal_store.touched(connection, schema, named)
            alone = touched.records <= self._alone_records_max
            waiting = [] if alone else await proposal_store.open_proposals(connection, schema)
        if alone:
            return await self._acted(decisions.decided(meant, reason), meant)
        return await self._propose(meant, touched, reason, waiting)

    async def _propose(
        self, meant: Meant, touched: Touched, reason: str, waiting: Collection[ProposalRow]
    ) -> DecidedView:
        """Propose a decision, once: who proposes what waits already is told where it stands."""
        same = next((one for one in waiting if _means(one) == _ids(meant)), None)
        if same is not None:
            found = await self._who_is_it(meant, Position(same.shard, same.number))
        else:
            found = await self._acted(decisions.proposed(meant, touched.state, reason), meant)
        return found.model_copy(update={"refused": False, "proposed": True})

    async def _acted(self, message: NewMessage, meant: Meant) -> DecidedView:
        position = await self._log.append_act(message)
        await until_learned(self._pool, NAME, position)
        return await self._who_is_it(meant, position)

    async def _who_is_it(self, meant: Meant, position: Position) -> DecidedView:
        """Tell whose the records of a decision are now."""
        async with self.reading() as (connection, schema):
            of = {
                key: await read_store.person_of(connection, schema, record_id(*key))
                for key in meant.records
            }
        apart = any(of[a] != of[b] for a, b in meant.pairs)
        return DecidedView(
            position=str(position),
            persons=sorted({shown(person) for person in of.values() if person is not None}),
            refused=meant.said is Said.LINK and apart,
            proposed=False,
        )

    async def _must_see(self, keys: Collection[RecordKey]) -> None:
        """Raise :class:`NoSuchPerson` for a record that whoever acts does not see."""
        async with self.reading() as (connection, schema):
            for key in keys:
                if await read_store.person_of(connection, schema, record_id(*key)) is None:
                    raise NoSuchPerson(where="record")


def _ids(meant: Meant) -> tuple[str | None, frozenset[tuple[int, int]], int | None]:
    """Return what a decision means, whatever the order in which it names records."""
    pairs = frozenset(_pair(record_id(*a), record_id(*b)) for a, b in meant.pairs)
    return meant.said, pairs, record_id(*meant.gone) if meant.gone else None


def _means(row: ProposalRow) -> tuple[str | None, frozenset[tuple[int, int]], int | None]:
    return row.said, frozenset(map(_pair, row.a, row.b)), row.gone


def _pair(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)
