"""Lawful erasure (个人信息保护法, art. 47): the one exception to keeping every message for ever.

The body is replaced by a tombstone that says what it hashed to, why it went, who decided and when;
an act in the log says the same. The chain was made over the hash of the body, so it still verifies.
Envelope and keys stay: they are what the tombstone is found by, and part of the chain.

What a person made of a message is an act that holds its text, so it goes with it. Nothing else in
the log is made from a message: the parts into which one is split, and every form in which it went
out, are computed when they are needed and kept nowhere.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import orjson

from lianyi.base.clock import Clock
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.messagelog import archive as archiving
from lianyi.messagelog.archive_reader import Archived
from lianyi.messagelog.log import ACTS
from lianyi.messagelog.message import NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_erase import (
    entomb_archived,
    entomb_live,
    forget_old_rows,
    list_archived,
    live_made_of,
)
from lianyi.messagelog.postgres_errors import reaching
from lianyi.messagelog.postgres_leases import Connection, lock_acts
from lianyi.messagelog.postgres_search import archive_for, find_archived
from lianyi.messagelog.segments import segment_of
from lianyi.messagelog.verify import ERASED, REPAIRED

Also = Callable[[Connection, Position], Awaitable[None]]
"""Forgets what a slice keeps of a message, in the transaction that erases it."""


if TYPE_CHECKING:
    from lianyi.messagelog.archive_file import Sealed


class CannotErase(LianyiError):
    """This body does not go: it is gone already, or it is the record of what somebody did."""

    code = "LY-1308"
    category = Category.CONFLICT
    en = Told("this message cannot be erased", "{why}", "nothing to do")
    zh = Told("该消息不能擦除", "{why_zh}", "无需处理")


async def erase(
    log: PostgresLog,
    connection: Connection,
    position: Position,
    *,
    reason: str,
    actor: str,
    clock: Clock,
    also: Sequence[Also] = (),
) -> Position:
    """Erase the body of one message and its repaired copies, wherever they lie.

    Copies outside the log (exports, backups, what destinations received) are not reached. What
    PostgreSQL keeps of old rows is cleaned at once; its write-ahead log and free disk blocks hold
    the bytes until they are written over. Of a message that was erased before, copies go that
    are still there.

    Args:
        log: the log, with its archive.
        connection: without a limit for statements, in no transaction.
        position: of the message; not an act.
        reason: the lawful ground, for the record; it is kept for ever and names no patient.
        actor: who decided.
        clock: the moment of the erasure.
        also: what other slices have to forget.

    Returns:
        The position of the act that says so; each copy has one of its own.

    Raises:
        NoSuchMessage: nothing stands there.
        CannotErase: it was erased before, or is an act.
        ArchiveBusy: segments are being archived or exported; try again.
        BrokenArchive, CannotArchive: a file in which the message or a copy lies.
        LogUnavailable: the store cannot be reached.
    """
    if position.shard == ACTS:
        raise CannotErase(
            where=str(position),
            why="acts are the audit trail; what a person repaired goes with its original",
            why_zh="操作记录属于审计轨迹；修复后的消息随其原消息一并擦除",
        )
    with reaching(str(position)):
        async with archiving.alone(connection):
            said = {"reason": reason, "actor": actor, "at": clock.now().isoformat()}
            return await _Erasure(log, connection, position, said).run(also)


class _Erasure:
    """One erasure; nobody else works on files of segments meanwhile."""

    def __init__(
        self, log: PostgresLog, connection: Connection, position: Position, said: Mapping[str, str]
    ) -> None:
        self._log = log
        self._connection = connection
        self._position = position
        self._said = said

    async def run(self, also: Sequence[Also]) -> Position:
        """Erase everything or nothing.

        Files are written before the transaction begins: what is archived gets no new copies.
        """
        message = await self._log.get(self._position)
        bodies = {} if message.tombstone else {self._position: message.body}
        bodies |= await self._filed_copies()
        files = await self._files(bodies)
        sealed = {one: await self._rewritten(one, of_file) for one, of_file in files.items()}
        filed = {at for of_file in files.values() for at in of_file}
        connection = self._connection
        async with connection.transaction():
            await lock_acts(connection)  # whoever repairs the message now comes before us or fails
            bodies |= await live_made_of(connection, self._position, REPAIRED, self._log.cover)
            if not bodies:
                raise CannotErase(
                    where=str(self._position),
                    why="its body is gone already",
                    why_zh="消息体已被擦除",
                )
            for archived, new in sealed.items():
                segment = segment_of(archived.number_from)
                await entomb_archived(connection, archived, segment, new.name, new.sha256)
            for at in bodies.keys() - filed:
                await entomb_live(connection, at, self._tombstone(bodies[at]))
            for forget in also:
                await forget(connection, self._position)
            acts = [await self._say(at, body) for at, body in bodies.items()]
        for shard, segment in {(at.shard, segment_of(at.number)) for at in bodies.keys() - filed}:
            await forget_old_rows(connection, shard, segment)
        if self._log.archive is not None and sealed:
            await archiving.sweep(connection, self._log.archive)
        return acts[0]

    async def _say(self, at: Position, body: bytes) -> Position:
        """Record that a body is gone; without that its tombstone is a forgery."""
        act = NewMessage(
            0, ERASED, self._tombstone(body), "utf-8", self._said["actor"], caused_by=at
        )
        return await self._log.append_act_within(self._connection, act)

    async def _filed_copies(self) -> dict[Position, bytes]:
        """Return the copies that lie in files, with their bodies."""
        found: dict[Position, bytes] = {}
        for archived in await list_archived(self._connection, ACTS):
            archive = archive_for(self._log.archive, archived)
            for number in await archive.caused(archived, REPAIRED, self._position):
                copy = await self._log.get(Position(ACTS, number))
                if not copy.tombstone:
                    found[copy.position] = copy.body
        return found

    async def _files(
        self, bodies: Mapping[Position, bytes]
    ) -> dict[Archived, dict[Position, bytes]]:
        """Return which bodies lie in which files; what lies in the database is left out."""
        found: dict[Archived, dict[Position, bytes]] = {}
        for at, body in bodies.items():
            archived = await find_archived(self._connection, at.shard, segment_of(at.number))
            if archived is not None:
                found.setdefault(archived, {})[at] = body
        return found

    async def _rewritten(self, archived: Archived, bodies: Mapping[Position, bytes]) -> Sealed:
        from lianyi.messagelog.archive_file import rewrite

        archive = archive_for(self._log.archive, archived)
        segment = segment_of(archived.number_from)
        # A crash may have left the partition beside its file: only the file is the truth by now.
        await archiving.remove(self._connection, archive, archived.shard, segment)
        return await asyncio.to_thread(
            rewrite,
            archive.folder,
            archived,
            cover=archive.cover,
            tombstones={at.number: self._tombstone(body) for at, body in bodies.items()},
        )

    def _tombstone(self, body: bytes) -> bytes:
        return orjson.dumps({"sha256": hashlib.sha256(body).hexdigest(), **self._said})
