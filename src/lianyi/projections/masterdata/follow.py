"""The master data as a projection: what it learns from the log, and whom it tells of the tree."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from lianyi.base.errors import LianyiError, from_record
from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.comparing import Difference
from lianyi.projections.masterdata import reading, store, wall_store
from lianyi.projections.masterdata.folding import Order, fold, is_retraction, let_all_hold
from lianyi.projections.masterdata.model import Statement
from lianyi.projections.masterdata.reading import Said
from lianyi.projections.masterdata.scope import belongings
from lianyi.projections.masterdata.state import State
from lianyi.projections.projection import Heard, Learned, SetAside, source_of

NAME = "masterdata"
STATEMENTS_AT_ONCE = 1000

T = TypeVar("T")
ManagementTree = Sequence[tuple[str, str | None]]
OnManagementTree = Callable[[Connection, ManagementTree], Awaitable[None]]
"""Told every organisation that exists today, with its parent in the management tree or None, in
the transaction in which that changed."""


class MasterData:
    """Organisations, locations, practitioners and their relations."""

    name = NAME
    shape = store.SHAPE

    def __init__(
        self, zone: ZoneInfo, *, on_management_tree: OnManagementTree | None = None
    ) -> None:
        """Learn with the calendar of a hospital.

        Args:
            zone: says on which day a message came.
            on_management_tree: told whenever the management tree of today has changed, be it
                because of a message or because a change has become due.
        """
        self._zone = zone
        self._on_management_tree = on_management_tree
        self._held: dict[str, tuple[int, State, Order | None]] = {}
        self._settled: tuple[str, int, date] | None = None

    def wants(self, kind: str) -> bool:
        """Tell whether messages of a kind may be about master data."""
        return reading.wants(kind)

    def read(self, message: LogMessage) -> Said:
        """Return what a message says, see :mod:`reading`."""
        return reading.read(message, day=message.received_at.astimezone(self._zone).date())

    async def create(self, connection: Connection, schema: str) -> None:
        """Make the empty tables."""
        await store.create(connection, schema)

    async def learn(
        self, connection: Connection, schema: str, heard: Sequence[Heard], *, revision: int
    ) -> Learned:
        """Learn a batch; see :class:`~lianyi.projections.projection.Projection`.

        Usually the new statements come after all others and are simply applied. When one comes
        from another shard with an earlier moment, takes something back, or was erased, everything
        is folded anew from the statements.
        """
        new, erased = self._statements(heard)
        forgotten = False
        for position in erased:
            forgotten |= await store.forget_message(connection, schema, position)
        if not new and not forgotten:
            return Learned(changed=False)
        state, last = await self._state(connection, schema, revision)
        in_order = last is None or min((one.order for one in new), default=last) > last
        if forgotten or not in_order or any(is_retraction(one) for one in new):
            learned = await self._fold_anew(connection, schema, new, revision)
        else:
            learned = await self._apply(connection, schema, new, state, last, revision)
        return learned

    def _statements(self, heard: Sequence[Heard]) -> tuple[list[Statement], list[Position]]:
        new: list[Statement] = []
        erased: list[Position] = []
        for one in heard:
            said = one.said
            if isinstance(said, Said):
                erased += [said.erased] if said.erased else []
                new += said.statements
            elif one.failure is not None:
                new.append(self._unreadable(one.message, one.failure))
        return sorted(new, key=lambda one: one.order), erased

    def _unreadable(self, message: LogMessage, failure: LianyiError) -> Statement:
        return Statement(
            message.received_at,
            message.position,
            0,
            source_of(message),
            message.received_at.astimezone(self._zone).date(),
            message.kind,
            message.sender,
            (),
            failure.record(),
            message.channel,
        )

    async def _state(
        self, connection: Connection, schema: str, revision: int
    ) -> tuple[State, Order | None]:
        """Return what holds: as remembered, when nobody else has learned since."""
        held = self._held.get(schema)
        if held is not None and held[0] == revision:
            return held[1], held[2]
        return await store.load(connection, schema), await store.last_order(connection, schema)

    async def _apply(
        self,
        connection: Connection,
        schema: str,
        new: Sequence[Statement],
        state: State,
        last: Order | None,
        revision: int,
    ) -> Learned:
        rows = await _aside(len(new), lambda: let_all_hold(state, new))
        await store.put_statements(connection, schema, rows)
        await store.write(connection, schema, state)
        self._held = {schema: (revision + 1, state, new[-1].order if new else last)}
        return Learned(True, [aside for one, no in rows if (aside := _set_aside(one, no))])

    async def _fold_anew(
        self, connection: Connection, schema: str, new: Sequence[Statement], revision: int
    ) -> Learned:
        await store.put_statements(connection, schema, [(one, None) for one in new])
        statements = await store.list_statements(connection, schema)
        state, refused = await _aside(len(statements), lambda: fold(statements))
        await store.mark_refused(connection, schema, refused)
        await store.write(connection, schema, state, anew=True)
        last = statements[-1].order if statements else None
        self._held = {schema: (revision + 1, state, last)}
        asides = [_set_aside(one, refused.get(one.order)) for one in statements]
        return Learned(True, [aside for aside in asides if aside], anew=True)

    async def settle(
        self, connection: Connection, schema: str, *, revision: int, now: datetime
    ) -> None:
        """Say whose everything is today, and hand the management tree on when it is another one."""
        today = now.astimezone(self._zone).date()
        if self._settled == (schema, revision, today):
            return
        state, last = await self._state(connection, schema, revision)
        self._held = {schema: (revision, state, last)}
        await wall_store.write(connection, schema, belongings(state, today))
        pairs = state.pairs(today)
        if self._on_management_tree and await store.hand_on(connection, schema, pairs):
            await self._on_management_tree(connection, pairs)
        self._settled = schema, revision, today

    def forget(self) -> None:
        """Let go of what is remembered in the process."""
        self._held.clear()
        self._settled = None

    async def digest(self, connection: Connection, schema: str) -> Mapping[str, bytes]:
        """Return SHA-256 over all that was learned, by table."""
        return await store.digest(connection, schema)

    async def differences(
        self, connection: Connection, before: str, after: str, tables: Sequence[str]
    ) -> Sequence[Difference]:
        """Say how many rows of each table only one of two versions has."""
        columns = {table: store.DIGESTED[table] for table in tables}
        return await projection_store.differences(connection, before, after, columns)


async def _aside(statements: int, work: Callable[[], T]) -> T:
    """Do much work in a thread: leases must be renewed meanwhile."""
    return await asyncio.to_thread(work) if statements > STATEMENTS_AT_ONCE else work()


def _set_aside(statement: Statement, refused: LianyiError | None) -> SetAside | None:
    failure = from_record(statement.unreadable) if statement.unreadable else refused
    if failure is None:
        return None
    return SetAside(
        statement.position,
        statement.part,
        statement.received_at,
        statement.kind,
        failure,
        statement.channel,
    )
