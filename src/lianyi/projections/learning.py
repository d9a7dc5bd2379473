"""One batch of one shard, learned into one version: effect and position in one transaction.

A message that no table can hold, or on which a rule of ours breaks, must not stop the following of
the log: what cannot be learned together is learned in halves, down to the one message that is set
aside. Only what is no message's fault, as a database that is gone, ends the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import asyncpg
import orjson

from lianyi.base.errors import LianyiError
from lianyi.messagelog.log import NoSuchMessage
from lianyi.messagelog.message import Gate, LogMessage, Position
from lianyi.messagelog.postgres import move_within
from lianyi.messagelog.postgres_errors import STORE_ERRORS
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store as store
from lianyi.projections.problems import CannotBeLearned
from lianyi.projections.projection import (
    Heard,
    Learned,
    Listens,
    Projection,
    SetAside,
    judged,
    set_aside,
)
from lianyi.projections.projection_store import Version

RELEASED = "act message.released"
BATCH_MESSAGES = 1000

FAULTS_OF_MESSAGES = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
"""What PostgreSQL raises because of what is written, and would raise again."""


class Log(Protocol):
    """What a follower needs of the log; see :class:`~lianyi.messagelog.MessageLog`."""

    async def read(
        self, shard: int, *, after: int, limit: int, bytes_max: int = 16_777_216
    ) -> Sequence[LogMessage]:
        """Read on from a number."""
        ...

    async def get(self, position: Position) -> LogMessage:
        """Return one message."""
        ...

    def seen(self, shard: int) -> int:
        """Return the newest number heard of."""
        ...

    async def wait(self, shard: int, *, after: int, timeout_seconds: float) -> bool:
        """Wait for growth."""
        ...

    async def end(self, shard: int) -> int:
        """Return the last number."""
        ...

    async def shards(self) -> list[int]:
        """Return every shard."""
        ...


async def hear(log: Log, listener: Listens, messages: Sequence[LogMessage]) -> list[Heard]:
    """Read what a listener wants of some messages.

    What a channel's gate holds is not heard until a person releases it, and then with what the
    person made of it. What was erased says nothing.
    """
    heard = []
    for message in messages:
        found: LogMessage | None = message
        if message.kind == RELEASED:
            found = await _released(log, message)
        elif message.gate == Gate.HOLD or message.tombstone:
            found = None
        if found is not None and listener.wants(found.kind):
            said, failure = judged(
                lambda one=found: listener.read(one),  # type: ignore[misc]
                where=str(message.position),
            )
            heard.append(Heard(found, said, failure))
    return heard


async def _released(log: Log, act: LogMessage) -> LogMessage | None:
    """Return the message that a person let through, at the place of the act."""
    if act.caused_by is None:
        return None
    try:
        original = await log.get(act.caused_by)
        repaired = orjson.loads(act.body).get("repaired")
        text = await log.get(Position.parse(repaired)) if repaired else original
    except (NoSuchMessage, orjson.JSONDecodeError, AttributeError, ValueError):
        return None
    if original.tombstone or text.tombstone:
        return None
    return original._replace(
        shard=act.shard,
        number=act.number,
        received_at=act.received_at,
        body=text.body,
        codec=text.codec,
        gate=int(Gate.ACCEPT),
        caused_by=act.caused_by,
    )


async def learn_batch(
    connection: Connection,
    projection: Projection,
    version: Version,
    *,
    shard: int,
    to: int,
    heard: Sequence[Heard],
    now: datetime,
) -> Learned:
    """Learn and move the reader.

    Args:
        connection: in a transaction that has locked the version.
        projection: what learns.
        version: as it was found when it was locked.
        shard: of the batch.
        to: the last number that is done with.
        heard: what the projection wants of it.
        now: the moment.
    """
    learned = Learned(changed=False)
    if heard:
        learned = await _learned(connection, projection, version, heard)
        if learned.changed or learned.set_aside or learned.anew:
            await store.put_set_aside(connection, version, learned.set_aside, anew=learned.anew)
            await store.touch(connection, version, now=now)
    else:
        await store.commit_without_waiting(connection)  # a move that is lost is made again
    await move_within(connection, version.reader, shard, to, now=now)
    return learned


async def _learned(
    connection: Connection, projection: Projection, version: Version, heard: Sequence[Heard]
) -> Learned:
    """Learn some messages, without those on which learning breaks."""
    try:
        async with connection.transaction():
            return await projection.learn(
                connection, version.schema, heard, revision=version.revision
            )
    except Exception as error:
        if not _is_fault_of_a_message(error):
            raise
        projection.forget()
        if len(heard) == 1:
            return Learned(changed=False, set_aside=[_broken(heard[0], error)])
    half = len(heard) // 2
    before = await _learned(connection, projection, version, heard[:half])
    after = await _learned(connection, projection, version, heard[half:])
    return Learned(
        before.changed or after.changed,
        [*_kept(before.set_aside, after), *after.set_aside],
        before.anew or after.anew,
    )


def _is_fault_of_a_message(error: Exception) -> bool:
    return isinstance(error, FAULTS_OF_MESSAGES) or not isinstance(
        error, (LianyiError, *STORE_ERRORS)
    )


def _broken(heard: Heard, error: Exception) -> SetAside:
    """Set a message aside without any detail: a detail may be about a person."""
    where = str(heard.message.position)
    return set_aside(heard, CannotBeLearned(where=where, why=type(error).__name__))


def _kept(before: Sequence[SetAside], after: Learned) -> Sequence[SetAside]:
    """Return what stays of what was set aside before: all, or what no projection says anew."""
    if not after.anew:
        return before
    return [one for one in before if isinstance(one.failure, CannotBeLearned)]
