"""What the second person does with a decision: look at it, confirm it, reject it."""

from __future__ import annotations

from collections.abc import Mapping

from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity import decisions, proposal_store, read_store, store
from lianyi.projections.identity.decisions import Confirms, Meant
from lianyi.projections.identity.follow import NAME
from lianyi.projections.identity.ids import shown
from lianyi.projections.identity.partition import Said
from lianyi.projections.identity.presenting import SeenRecord, key_view, summary
from lianyi.projections.identity.proposal_store import ProposalRow
from lianyi.projections.identity.reading import People
from lianyi.projections.identity.seconding.problems import (
    NothingProposed,
    OwnDecision,
    ProposalFell,
)
from lianyi.projections.identity.seconding.views import (
    DeclinedView,
    ProposedDecision,
    ProposedDecisionDetail,
    ProposedDecisions,
)
from lianyi.projections.identity.service import IdentityService
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.views import DecidedView, RecordKeyView
from lianyi.projections.waiting import until_learned
from lianyi.security.access import current

REASON_CHARACTERS_MAX = 1000


class Seconding:
    """Decisions that wait for a second person."""

    def __init__(self, service: IdentityService, log: PostgresLog) -> None:
        """Second the decisions of a service.

        Args:
            service: says what may be seen, and decides.
            log: for what becomes of proposals.
        """
        self._service = service
        self._log = log

    async def list_proposed(self) -> ProposedDecisions:
        """Return the decisions that wait and can still be confirmed, the oldest first."""
        async with self._service.reading() as (connection, schema):
            rows = await proposal_store.open_proposals(connection, schema)
            people, whose = await self._people(connection, schema, rows)
        told = [_told(row, people, whose) for row in rows]
        return ProposedDecisions(items=[one for one in told if one.persons])

    async def get_proposed(self, position: str) -> ProposedDecisionDetail:
        """Return a decision that waits, with all that somebody must see to confirm it.

        Raises:
            NothingProposed: none that may be seen waits there.
            ProposalFell: what it speaks of has changed.
        """
        async with self._service.reading() as (connection, schema):
            row = await self._waiting(connection, schema, Position.parse(position))
            people, whose = await self._people(connection, schema, [row])
            decision = _told(row, people, whose)
            if not decision.persons:
                raise NothingProposed(where="decision")
            at = {one.row.record: one for of in people.of.values() for one in of}
            pairs = [
                (at[a], at[b]) for a, b in zip(row.a, row.b, strict=True) if {a, b} <= at.keys()
            ]
            return ProposedDecisionDetail(
                decision=decision,
                persons=[
                    await self._service.person(connection, schema, number, asked=shown(number))
                    for number in people.of
                ],
                evidence=await self._service.explained(connection, schema, pairs),
            )

    async def confirm(self, position: str, *, reason: str) -> DecidedView:
        """Let a decision take effect that somebody else proposed.

        Raises:
            NothingProposed: none that may be seen waits there.
            OwnDecision: whoever confirms proposed it.
            ProposalFell: what it speaks of has changed.
        """
        at = Position.parse(position)
        async with self._service.reading() as (connection, schema):
            row = await self._waiting(connection, schema, at)
            keys = await read_store.keys_of(connection, schema, row.named)
        if _is_own(row):
            raise OwnDecision(where="decision")
        both = "; ".join(filter(None, (row.reason, reason)))[:REASON_CHARACTERS_MAX]
        done = await self._service.confirmed(_meant(row, keys), both, Confirms(at, row.actor))
        async with self._service.reading() as (connection, schema):
            fate = await proposal_store.fate(connection, schema, at)
        if fate and fate[1] and (fate[1].shard, fate[1].number) != Position.parse(done.position):
            raise NothingProposed(where="decision")  # somebody was faster
        return done

    async def decline(self, position: str, *, reason: str) -> DeclinedView:
        """Withdraw one's own proposal, or reject somebody else's; also one that fell.

        Raises:
            NothingProposed: none that may be seen waits there.
        """
        at = Position.parse(position)
        async with self._service.reading() as (connection, schema):
            row = await self._open(connection, schema, at)
            keys = await read_store.keys_of(connection, schema, row.named)
        how = "withdrawn" if _is_own(row) else "rejected"
        act = decisions.declined(at, _meant(row, keys), how, reason)
        learned = await self._log.append_act(act)
        await until_learned(self._service.pool, NAME, learned)
        return DeclinedView(position=str(learned), how=how)

    async def _open(self, connection: Connection, schema: str, at: Position) -> ProposalRow:
        fate = await proposal_store.fate(connection, schema, at)
        if fate is None or fate[1] is not None:
            raise NothingProposed(where="decision")
        return fate[0]

    async def _waiting(self, connection: Connection, schema: str, at: Position) -> ProposalRow:
        row = await self._open(connection, schema, at)
        if not await proposal_store.open_proposals(connection, schema, only=at):
            raise ProposalFell(where="decision")
        return row

    async def _people(
        self, connection: Connection, schema: str, rows: list[ProposalRow]
    ) -> tuple[People, Mapping[int, int]]:
        """Return the persons that proposals speak of, and whose each record is."""
        whose = await store.persons_of(connection, schema, {n for row in rows for n in row.named})
        persons = list(dict.fromkeys(whose.values()))
        return await self._service.people(connection, schema, persons), whose


def _is_own(row: ProposalRow) -> bool:
    return row.account == str(current().actor.account)


def _meant(row: ProposalRow, keys: Mapping[int, RecordKey]) -> Meant:
    pairs = tuple((keys[a], keys[b]) for a, b in zip(row.a, row.b, strict=True))
    gone = keys[row.gone] if row.gone is not None else None
    return Meant(Said(row.said) if row.said else None, pairs, gone)


def _told(row: ProposalRow, people: People, whose: Mapping[int, int]) -> ProposedDecision:
    """Show a proposal; of nobody where a record that it names may not be seen."""
    at = {one.row.record: one for of in people.of.values() for one in of}
    seen = at.keys() >= set(row.named)
    persons = dict.fromkeys(whose[record] for record in (*row.a, *row.b, *row.named))
    parts = row.said == Said.NEVER_LINK
    return ProposedDecision(
        position=str(Position(row.shard, row.number)),
        said=row.said or "replacement-undone",
        at=row.said_at,
        actor=row.actor,
        reason=row.reason,
        own=_is_own(row),
        persons=[summary(person, people.of[person]) for person in persons] if seen else [],
        records=[_key(at[record]) for record in row.named] if seen else [],
        away=[_key(at[record]) for record in sorted(set(row.b))] if seen and parts else [],
    )


def _key(seen: SeenRecord) -> RecordKeyView:
    return key_view(seen.folded.key, seen.row.record, seen.hider)
