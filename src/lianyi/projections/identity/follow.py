"""The patient index as a projection: what it learns from the log.

Everything that was said is kept; a batch puts right only what it touches. The result is a function
of the set of what was said, so neither the order of shards nor a late message matters.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from lianyi.base.errors import LianyiError
from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.verify import ERASED
from lianyi.projections import projection_store
from lianyi.projections.comparing import Difference
from lianyi.projections.identity import (
    authority_store,
    change_store,
    decisions,
    feeds,
    proposal_store,
    quality_store,
    store,
    table_store,
    veil_store,
)
from lianyi.projections.identity.authorities import Authorities
from lianyi.projections.identity.changes import Change, Member, Members, Moves, set_changes
from lianyi.projections.identity.decisions import Decided, Declined, Proposed, Undone
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.identity.linking import Linker
from lianyi.projections.identity.matching import Activated, Matching
from lianyi.projections.identity.partition import Said
from lianyi.projections.identity.problems import ForeignReplacement
from lianyi.projections.identity.proposal_store import EndRow, ProposalRow
from lianyi.projections.identity.standing import content_of
from lianyi.projections.identity.statements import (
    RecordKey,
    Registered,
    Related,
    Replaced,
    Withdrawn,
)
from lianyi.projections.identity.table_store import (
    DecisionRow,
    HeardRow,
    ReplacementRow,
    WithdrawalRow,
)
from lianyi.projections.identity.traits import NOTHING_LEARNED
from lianyi.projections.projection import Heard, Learned, SetAside, source_of

NAME = "identity"
_DIGESTED = {**table_store.DIGESTED, **proposal_store.DIGESTED, **authority_store.DIGESTED}


class Identity:
    """Who is one person."""

    name = NAME
    shape = table_store.SHAPE

    def __init__(
        self,
        zone: ZoneInfo,
        *,
        tells: bool = False,
        sensitive: Collection[str] = (),
        authorities: Authorities | None = None,
    ) -> None:
        """Learn with the clock of a hospital.

        Args:
            zone: of the times that senders write without one.
            tells: whether somebody is told of changes of persons.
            sensitive: the authorities whose patients take a permission of its own; see ``veil``.
            authorities: which names are one authority's, in versions that are made from now on.
        """
        self._zone = zone
        self._authorities = authorities or Authorities()
        self._named: tuple[str, Authorities] | None = None
        self._tells = tells
        self._sensitive = frozenset(sensitive)
        self._veiled = ""
        self._matching: tuple[int, Matching] | None = None

    def wants(self, kind: str) -> bool:
        """Tell whether messages of a kind may be about who somebody is."""
        return kind in decisions.KINDS or kind == ERASED or feeds.wants(kind)

    def read(self, message: LogMessage) -> object:
        """Return statements, a decision, or the position of the message that was erased."""
        if message.kind == ERASED:
            return message.caused_by
        if message.kind in decisions.KINDS:
            return decisions.read(message)
        return feeds.read(message, self._zone)

    async def create(self, connection: Connection, schema: str) -> None:
        """Make the empty tables."""
        await table_store.create(connection, schema)
        await proposal_store.create(connection, schema)
        await veil_store.create(connection, schema)
        await quality_store.create(connection, schema)
        await veil_store.set_sensitive(connection, schema, self._sensitive)
        await authority_store.create(connection, schema, self._authorities)

    async def learn(
        self, connection: Connection, schema: str, heard: Sequence[Heard], *, revision: int
    ) -> Learned:
        """Learn a batch; see :class:`~lianyi.projections.projection.Projection`."""
        named = await self._names(connection, schema)
        batch = _Batch(named)
        for one in heard:
            batch.add(one)
        await store.look_up_by_index(connection)
        late = await proposal_store.put_proposals(connection, schema, batch.proposals, batch.ends)
        batch.leave_out(late)
        await store.put_sayings(connection, schema, batch.heard, batch.contents)
        await store.put_decisions(connection, schema, batch.decisions)
        await store.put_replacements(connection, schema, batch.replacements)
        await store.put_withdrawals(connection, schema, batch.withdrawals)
        spoken_of = {row.record for row in batch.heard}
        spoken_of |= {row.record for row in batch.withdrawals}
        for position in batch.erased:
            spoken_of |= await store.forget_message(connection, schema, position)
            await proposal_store.forget_message(connection, schema, position)
        spoken_of |= {
            r for row in batch.replacements for r in (row.gone, row.kept) if r is not None
        }
        decided = {record for row in batch.decisions for record in (row.a, row.b)}
        before = NOTHING_LEARNED
        if batch.activated:
            before = (await self._now(connection, schema)).learned
            await store.put_models(connection, schema, batch.activated)
            self._matching = None
        touched = bool(spoken_of or decided or batch.activated)
        if touched:
            linker = Linker(connection, schema, await self._now(connection, schema), named)
            if spoken_of or decided:
                await linker.relink(spoken_of, decided | spoken_of)
            if batch.activated:
                await linker.relink_all(before)
            if self._tells and await change_store.is_live(connection, schema):
                await _keep_changes(connection, schema, linker.moves, heard[-1].message)
        return Learned(touched or bool(batch.proposals or batch.ends), batch.aside)

    async def _now(self, connection: Connection, schema: str) -> Matching:
        """Return the model in force, made ready once for each."""
        found = await store.model_in_force(connection, schema)
        if self._matching is None or self._matching[0] != hash(found):
            activated = msgspec.json.decode(found, type=Activated) if found else None
            self._matching = hash(found), Matching(activated)
        return self._matching[1]

    async def _names(self, connection: Connection, schema: str) -> Authorities:
        """Return the names by which this version is learned, read once."""
        if self._named is None or self._named[0] != schema:
            self._named = schema, await authority_store.authorities(connection, schema)
        return self._named[1]

    async def settle(
        self, connection: Connection, schema: str, *, revision: int, now: datetime
    ) -> None:
        """Keep which authorities are sensitive, once; no other row depends on the date."""
        if self._veiled != schema:
            await veil_store.set_sensitive(connection, schema, self._sensitive)
            self._veiled = schema

    def forget(self) -> None:
        """Let go of the model that is remembered."""
        self._matching = None
        self._named = None
        self._veiled = ""

    async def digest(self, connection: Connection, schema: str) -> Mapping[str, bytes]:
        """Return SHA-256 over all that was learned, by table."""
        return await projection_store.digest(connection, schema, _DIGESTED)

    async def differences(
        self, connection: Connection, before: str, after: str, tables: Sequence[str]
    ) -> Sequence[Difference]:
        """Say how many rows of each table only one of two versions has."""
        columns = {table: _DIGESTED[table] for table in tables}
        return await projection_store.differences(connection, before, after, columns)


async def _keep_changes(
    connection: Connection, schema: str, moves: Moves, last: LogMessage
) -> None:
    """Keep whose identifiers changed, to be told: with the effect, so once.

    Args:
        connection: in the transaction of the effect.
        schema: of the version in force.
        moves: who moved in it.
        last: the last message of the batch.
    """
    found = set_changes(moves)
    if not found:
        return
    records = {record for one in found for record, _ in one.before | one.after}
    known = await change_store.members(connection, schema, records)
    changes = [
        Change(shown(one.person), _members(one.before, known), _members(one.after, known))
        for one in found
    ]
    await change_store.put_changes(connection, last.position, changes, last.received_at)


def _members(of: Members, known: Mapping[int, Member]) -> tuple[Member, ...]:
    return tuple(
        msgspec.structs.replace(known[record], stands=stands)
        for record, stands in sorted(of)
        if record in known
    )


class _Batch:
    """What a batch of messages says, as rows."""

    def __init__(self, named: Authorities) -> None:
        self._named = named
        self.heard: list[HeardRow] = []
        self.contents: dict[int, bytes] = {}
        self.decisions: list[DecisionRow] = []
        self.replacements: list[ReplacementRow] = []
        self.withdrawals: list[WithdrawalRow] = []
        self.proposals: list[ProposalRow] = []
        self.ends: list[EndRow] = []
        self.activated: list[tuple[int, int, datetime, bytes]] = []
        self.erased: list[Position] = []
        self.aside: list[SetAside] = []

    def add(self, one: Heard) -> None:
        """Take what a message says."""
        message, said = one.message, one.said
        if one.failure is not None:
            self._set_aside(message, 0, one.failure)
        elif isinstance(said, Position):
            self.erased.append(said)
        elif isinstance(said, list):
            for part, statement in enumerate(said):
                self._add_statement(message, part, statement)
        elif isinstance(said, decisions.Act):
            self._add_act(message, said)

    def leave_out(self, late: set[Position]) -> None:
        """Let confirmations decide nothing that came after the end of what they confirm."""
        if late:
            self.decisions = [row for row in self.decisions if row[:2] not in late]
            self.replacements = [row for row in self.replacements if row[:2] not in late]

    def _add_act(self, message: LogMessage, said: decisions.Act) -> None:
        at, when = message.position, message.received_at
        if of := decisions.proposal_of(said):
            how = said.how if isinstance(said, Declined) else "confirmed"
            self.ends.append(EndRow(*of, *at, how))
        if isinstance(said, Decided):
            pairs = [(record_id(*a), record_id(*b)) for a, b in said.pairs]
            who = decisions.actors(said)
            self.decisions += [
                DecisionRow(*at, n, a, b, said.said, when, who, said.reason)
                for n, (a, b) in enumerate(pairs)
                if a != b
            ]
        elif isinstance(said, Undone):
            gone, who = record_id(*said.gone), decisions.actors(said)
            self.replacements.append(
                ReplacementRow(*at, 0, gone, None, when, "undone", who, said.reason)
            )
        elif isinstance(said, Proposed):
            meant = said.meant
            self.proposals.append(
                ProposalRow(
                    *at,
                    meant.said,
                    [record_id(*a) for a, _ in meant.pairs],
                    [record_id(*b) for _, b in meant.pairs],
                    record_id(*meant.gone) if meant.gone else None,
                    said.state,
                    when,
                    said.actor,
                    said.account,
                    said.reason,
                )
            )
        elif isinstance(said, Activated):
            self.activated.append((*at, when, msgspec.json.encode(said)))

    def _add_statement(self, message: LogMessage, part: int, said: object) -> None:
        at = message.position
        if isinstance(said, Registered):
            record = record_id(*said.registration.key)
            content, data = content_of(said, message.channel)
            self.contents[content] = data
            source = source_of(message)
            self.heard.append(
                HeardRow(*at, part, *source, message.channel, record, content, said.said_at)
            )
        elif isinstance(said, Replaced):
            if not self._are_one(said.gone, said.kept):
                self._refuse(message, part, said.event, said.gone, said.kept)
            elif said.gone != said.kept:
                gone, kept = record_id(*said.gone), record_id(*said.kept)
                self.replacements.append(
                    ReplacementRow(*at, part, gone, kept, said.said_at, said.event, "", "")
                )
        elif isinstance(said, Withdrawn):
            record = record_id(*said.key)
            self.withdrawals.append(WithdrawalRow(*at, part, record, said.said_at, said.event))
        elif isinstance(said, Related) and not self._are_one(said.a, said.b):
            self._refuse(message, part, said.event, said.a, said.b)
        elif isinstance(said, Related) and said.a != said.b:
            a, b = record_id(*said.a), record_id(*said.b)
            what = Said.LINK if said.one else Said.UNDECIDED
            self.decisions.append(DecisionRow(*at, part, a, b, what, said.said_at, "", said.event))

    def _are_one(self, a: RecordKey, b: RecordKey) -> bool:
        """Whether one authority gave both numbers."""
        return self._named.own(a[0]) == self._named.own(b[0])

    def _refuse(
        self, message: LogMessage, part: int, event: str, a: RecordKey, b: RecordKey
    ) -> None:
        failure = ForeignReplacement(where=event, gone=_shown(a), kept=_shown(b))
        self._set_aside(message, part, failure)

    def _set_aside(self, message: LogMessage, part: int, failure: LianyiError) -> None:
        at = message.position, part, message.received_at, message.kind
        self.aside.append(SetAside(*at, failure, message.channel))


def _shown(key: RecordKey) -> str:
    source, mrn = key
    return f"{mrn}^{source}"
