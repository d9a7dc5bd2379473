"""Deciding about writes, many at once: checked against what stands, appended, learned, answered.

Whoever wants to write waits for the next *round*. A round takes all who wait, waits until nothing
that was written is unlearned (somebody may have died in between), looks once at how everything they
touch stands, appends what can be done to the log in one durable step, waits until
it has been learned, and answers everybody. One round decides at a time in the whole house, so
nothing can come between a look and the write that rests on it; and a hundred writers cost one
commit. Two writes that touch the same thing go into different rounds.

A big round need not wait for what the one before it wrote to be learned, as long as it touches
nothing of that and asks for nothing by criteria: it is decided and appended meanwhile. So while one
import is learned, the door is at work on the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import itertools
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from lianyi.messagelog.log import ACTS
from lianyi.messagelog.message import NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_errors import STORE_ERRORS
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.clinical import read_store, table_store, written
from lianyi.projections.clinical.follow import NAME
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.problems import (
    DefinitionElsewhere,
    NobodysResource,
    NoSuchResource,
    SubscriptionElsewhere,
    TakenId,
    VersionConflict,
    WritesBehind,
)
from lianyi.projections.clinical.read_store import Stands
from lianyi.projections.clinical.resources import names_topic
from lianyi.projections.clinical.types import DEFINITIONS
from lianyi.projections.clinical.written import Put
from lianyi.projections.problems import NotLearnedYet, ProjectionNotReady
from lianyi.projections.projection_store import Version
from lianyi.projections.switching import asked_of_one_in_force
from lianyi.projections.waiting import WAIT_SECONDS, until_learned

LEARNED_PER_SECOND = 100
"""Of what is written at once so much is waited for, even where little else is done."""
_REFUSALS = (
    VersionConflict,
    TakenId,
    NoSuchResource,
    NobodysResource,
    SubscriptionElsewhere,
    DefinitionElsewhere,
)
PUTS_MAX = 250
"""So many resources a round takes, or one write alone that has more: a commit is cheap for so many,
and of those who import at the same time some are answered, and at work on the next, while the
others are learned."""
AHEAD_MAX = 8
"""So many rounds may be unlearned at the same time."""
AHEAD_PUTS = 100
"""A round with fewer resources waits for the one before: more writers will share it."""


class Intent(NamedTuple):
    """One resource that somebody wants to put or delete.

    Attributes:
        type, id: of it.
        resource: as it is to stand, with its id; None: deleted.
        if_match: the version that must stand; None: whichever does.
        only_new: nothing may stand there yet.
        where: named when it cannot be done.
    """

    type: str
    id: str
    resource: Mapping[str, Any] | None
    if_match: int | None = None
    only_new: bool = False
    where: str = "resource"

    @property
    def rid(self) -> int:
        """Number of the resource."""
        return resource_number(self.type, self.id)


class Made(NamedTuple):
    """What became of one resource.

    Attributes:
        type, id: of it.
        version, updated_at: of it now; 0 and None: nothing ever stood there.
        created: whether nothing stood there.
        deleted: whether nothing stands there now.
    """

    type: str
    id: str
    version: int
    updated_at: datetime | None
    created: bool
    deleted: bool


Resolve = Callable[[], Awaitable[Sequence[Intent]]]


@dataclass(slots=True)
class Wish:
    """What one writer wants, all of it or nothing.

    Attributes:
        channels: numbers of those whose resources he may change; 0: of what belongs to none.
        sender: who writes.
        channel: whose new resources are; None: it cannot be said.
        patients: whom it is about, ``value^authority``.
        intents: what is to be done; of a conditional write what ``resolve`` says.
        criteria: of a conditional write: who has the same ones waits for the next round.
        resolve: finds in a round, as whoever writes, what the criteria mean.
        subscribes: it was checked as a subscription is; nobody else writes any.
        defines: it was checked as definitions of the house are; nobody else writes any.
        told: more messages that go with the write, made by what was decided.
        position: where the last message of the round stands, once it was written.
    """

    channels: Collection[int]
    sender: str
    channel: int | None
    patients: Sequence[str] = ()
    intents: Sequence[Intent] = ()
    criteria: frozenset[str] = frozenset()
    resolve: Resolve | None = None
    subscribes: bool = False
    defines: bool = False
    told: Callable[[Sequence[Intent], int], Sequence[NewMessage]] = lambda _, __: ()
    position: Position | None = None
    done: asyncio.Future[list[Made]] = field(init=False)
    context: contextvars.Context = field(init=False)

    def touches(self) -> frozenset[int]:
        """Return the numbers of the resources that are known to be touched."""
        return frozenset(one.rid for one in self.intents)


@dataclass(slots=True, eq=False)
class _Round:
    """What was appended and is being learned.

    Attributes:
        writing: who waits for it.
        stood: how everything stood before.
        position: of the last message of it.
        touched: numbers of the resources in it.
        landing: waits until it is learned, and answers.
    """

    writing: Sequence[Wish]
    stood: Mapping[int, Stands]
    position: Position
    touched: frozenset[int]
    landing: asyncio.Task[None] | None = None


class Writer:
    """Lets writes happen, in rounds."""

    def __init__(self, pool: asyncpg.Pool, log: PostgresLog) -> None:
        """Write.

        Args:
            pool: of the database; as the doors see it.
            log: for what is written.
        """
        self._pool = pool
        self._log = log
        self._waiting: list[Wish] = []
        self._running: asyncio.Task[None] | None = None
        self._ahead: list[_Round] = []
        self._may_go_ahead = True
        self._news = asyncio.Event()

    async def write(self, wish: Wish) -> list[Made]:
        """Do what somebody wants; return what became of each resource, once it can be read.

        Raises:
            VersionConflict: another version stands than the one that is meant.
            TakenId: somebody else's resource stands there.
            NoSuchResource: that is to be deleted.
            NobodysResource: it cannot be said whose a new resource is.
            LogUnavailable: the store cannot be reached; nothing was written.
            NotLearnedYet: it is recorded for ever, but not yet learned.
            WritesBehind: what was written before is not learned, and nothing was decided.
        """
        wish.done = asyncio.get_running_loop().create_future()
        wish.context = contextvars.copy_context()
        self._waiting.append(wish)
        self._news.set()
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run(), name="clinical writes")
        return await wish.done

    async def _run(self) -> None:
        while self._waiting:
            try:
                async with self._pool.acquire() as connection:
                    await read_store.hold_writing(connection)
                    try:
                        await self._rounds(connection)
                    finally:
                        with contextlib.suppress(*STORE_ERRORS):  # who is gone holds nothing
                            await read_store.let_writing_go(connection)
            except Exception as failure:  # noqa: BLE001 - each of those who wait is told
                for wish in self._next() or self._waiting:
                    _fail(wish, failure)

    async def _rounds(self, connection: Connection) -> None:
        """Do a round, and those that may go ahead of its being learned, until all are learned."""
        while self._ahead:  # the lock was lost while these were being learned
            await self._until_news()
        self._may_go_ahead = True
        together = self._next()
        while together or self._ahead:
            if together:
                await self._tried(connection, together)
            else:
                await self._until_news()
            together = self._next() if self._ahead else []
            if together and await self._is_others_turn(connection):
                self._may_go_ahead = False
                self._waiting = together + self._waiting
                together = []

    async def _until_news(self) -> None:
        """Wait until somebody comes, or something is learned."""
        self._news.clear()
        await self._news.wait()

    @staticmethod
    async def _is_others_turn(connection: Connection) -> bool:
        """Tell whether others of the house wait to decide, or nobody can say."""
        try:
            return await read_store.writing_is_awaited(connection)
        except STORE_ERRORS:
            return True

    def _next(self) -> list[Wish]:
        """Take those who wait and do not touch the same; the others stay in their order.

        While something is unlearned, only who may go ahead; empty: nobody may, or not yet.
        """
        self._waiting = waiting = [wish for wish in self._waiting if not wish.done.done()]
        touched: set[int] = set()
        if self._ahead:
            waiting = list(itertools.takewhile(lambda one: one.resolve is None, waiting))
            is_too_soon = sum(len(wish.intents) for wish in waiting) < AHEAD_PUTS
            if is_too_soon or not self._may_go_ahead or len(self._ahead) >= AHEAD_MAX:
                return []
            touched = set().union(*(one.touched for one in self._ahead))
        taken: list[Wish] = []
        criteria: set[str] = set()
        room = PUTS_MAX
        for wish in waiting:
            touches = wish.touches()
            is_apart = not (touches & touched or wish.criteria & criteria)
            if is_apart and (not taken or len(touches) <= room):
                taken.append(wish)
                room -= len(touches)
            touched |= touches
            criteria |= wish.criteria
        chosen = {id(wish) for wish in taken}
        self._waiting = [wish for wish in self._waiting if id(wish) not in chosen]
        return taken

    async def _tried(self, connection: Connection, together: Sequence[Wish]) -> None:
        try:
            await self._round(connection, together)
        except Exception as failure:  # noqa: BLE001 - each of those who wait is told
            self._may_go_ahead = False
            for wish in together:
                _fail(wish, failure)

    async def _round(self, connection: Connection, together: Sequence[Wish]) -> None:
        """Decide and append; what was appended is learned and answered by and by."""
        if not self._ahead:
            await self._until_nothing_is_unlearned(connection)
        resolved = [wish for wish in together if await self._is_resolved(wish)]
        stands = await self._standing(connection, resolved)
        touched: set[int] = set()
        messages: list[NewMessage] = []
        writing: list[Wish] = []
        for wish in resolved:
            touches = wish.touches()
            if touches & touched:  # what criteria mean is touched by somebody else as well
                self._waiting.insert(0, wish)
                continue
            try:
                messages += _decide(wish, stands)
            except _REFUSALS as refusal:
                _fail(wish, refusal)
                continue
            touched |= touches
            writing.append(wish)
        if not messages:
            for wish in writing:
                _answer(wish, stands, stands, None)
            return
        positions = await self._log.append_acts(messages)
        made = _Round(writing, stands, positions[-1], frozenset(touched))
        self._ahead.append(made)
        made.landing = asyncio.create_task(self._land(made), name="clinical write")

    async def _land(self, made: _Round) -> None:
        """Answer whoever waits for a round once it has been learned."""
        puts = sum(len(wish.intents) for one in self._ahead for wish in one.writing)
        seconds = WAIT_SECONDS + puts / LEARNED_PER_SECOND
        try:
            await until_learned(self._pool, NAME, made.position, timeout_seconds=seconds)
            async with self._pool.acquire() as connection:
                now = await self._standing(connection, made.writing)
            for wish in made.writing:
                _answer(wish, made.stood, now, made.position)
        except Exception as failure:  # noqa: BLE001 - each of those who wait is told
            self._may_go_ahead = False  # it will be learned, but nobody knows when
            for wish in made.writing:
                _fail(wish, failure)
        finally:
            self._ahead.remove(made)
            self._news.set()

    async def _until_nothing_is_unlearned(self, connection: Connection) -> None:
        """Wait for what was written by a round whose process died, or whose wait was too long.

        Raises:
            WritesBehind: that takes too long; nothing was decided.
        """

        async def ask() -> int | None:
            live = await _live(connection)
            return await read_store.not_passed(connection, live.schema, live.reader, written.KIND)

        number = await asked_of_one_in_force(ask)
        if number is None:
            return
        position = Position(ACTS, number)
        try:
            await until_learned(self._pool, NAME, position)
        except NotLearnedYet as late:
            raise WritesBehind(where=NAME, position=str(position)) from late

    async def _is_resolved(self, wish: Wish) -> bool:
        """Find what criteria mean, as whoever writes."""
        if wish.resolve is None:
            return True
        resolving = wish.resolve()
        try:
            wish.intents = await asyncio.create_task(_awaited(resolving), context=wish.context)
        except Exception as failure:  # noqa: BLE001 - whoever asked is told
            _fail(wish, failure)
            return False
        return True

    async def _standing(self, connection: Connection, wishes: Sequence[Wish]) -> dict[int, Stands]:
        rids = {one.rid for wish in wishes for one in wish.intents}
        if not rids:
            return {}

        async def ask() -> dict[int, Stands]:
            return await read_store.standing(connection, (await _live(connection)).schema, rids)

        return await asked_of_one_in_force(ask)


async def _live(connection: Connection) -> Version:
    live = await projection_store.find_live(connection, NAME)
    if live is None or live.shape != table_store.SHAPE:
        raise ProjectionNotReady(where=NAME, name=NAME)
    return live


async def _awaited(resolving: Awaitable[Sequence[Intent]]) -> Sequence[Intent]:
    return await resolving


def _fail(wish: Wish, failure: Exception) -> None:
    if not wish.done.done():
        wish.done.set_exception(failure)


def _decide(wish: Wish, stands: Mapping[int, Stands]) -> list[NewMessage]:
    """Return the messages that do what somebody wants; none where it stands so already.

    Raises:
        VersionConflict, TakenId, NoSuchResource, NobodysResource, SubscriptionElsewhere,
            DefinitionElsewhere: it may not be done.
    """
    if not wish.defines:
        for one in wish.intents:
            if one.type in DEFINITIONS:
                raise DefinitionElsewhere(where=one.where, type=one.type)
    if not wish.subscribes and any(names_topic(one.resource or {}) for one in wish.intents):
        raise SubscriptionElsewhere(where="Subscription")
    for intent in wish.intents:
        _check(intent, stands.get(intent.rid), wish.channels)
    doing = [one for one in wish.intents if not _is_nothing(one, stands.get(one.rid))]
    if not doing:
        return []
    channel = _channel(wish, doing, stands)
    puts = [Put(one.type, one.id, one.resource) for one in doing]
    write = written.write(puts, channel=channel, sender=wish.sender, patients=wish.patients)
    return [write, *wish.told(doing, channel)]


def _check(intent: Intent, stands: Stands | None, visible: Collection[int]) -> None:
    if stands is not None and stands.channel not in visible:
        if intent.resource is None:
            raise NoSuchResource(where=intent.where)
        raise TakenId(where=intent.where)
    version = stands.version if stands and not stands.deleted else 0
    if intent.if_match is not None and intent.if_match != version:
        raise VersionConflict(where=intent.where, version=version)
    if intent.only_new and version:
        raise VersionConflict(where=intent.where, version=version)


def _is_nothing(intent: Intent, stands: Stands | None) -> bool:
    """Tell whether it is to be deleted and is not there."""
    return intent.resource is None and (stands is None or stands.deleted)


def _channel(wish: Wish, doing: Sequence[Intent], stands: Mapping[int, Stands]) -> int:
    """Return the channel of a write: of the resource that is changed, or of new ones."""
    first = stands.get(doing[0].rid)
    if len(doing) == 1 and first is not None:
        return first.channel
    if wish.channel is None:
        raise NobodysResource(where="channel")
    return wish.channel


def _answer(
    wish: Wish,
    before: Mapping[int, Stands],
    now: Mapping[int, Stands],
    position: Position | None,
) -> None:
    wish.position = position
    if not wish.done.done():
        wish.done.set_result([_made(one, before, now) for one in wish.intents])


def _made(intent: Intent, before: Mapping[int, Stands], now: Mapping[int, Stands]) -> Made:
    stood, stands = before.get(intent.rid), now.get(intent.rid)
    return Made(
        intent.type,
        intent.id,
        stands.version if stands else 0,
        stands.updated_at if stands else None,
        created=stood is None or stood.deleted,
        deleted=stands is None or stands.deleted,
    )
