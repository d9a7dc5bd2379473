"""Lawful erasure (个人信息保护法, art. 47): the one exception to keeping every message for ever.

The body is replaced by a tombstone that says what it hashed to, why it went, who decided and when;
an act in the log says the same. The chain was made over the hash of the body, so it still verifies.
Envelope and keys stay: they are what the tombstone is found by, and part of the chain.
"""

from __future__ import annotations

import asyncio
import hashlib

import orjson

from lianyi.base.clock import Clock
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.messagelog import archive as archiving
from lianyi.messagelog.log import ACTS
from lianyi.messagelog.message import LogMessage, NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_erase import entomb_archived, entomb_live, forget_old_rows
from lianyi.messagelog.postgres_errors import reaching
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.postgres_search import archive_for, find_archived
from lianyi.messagelog.segments import segment_of
from lianyi.messagelog.verify import ERASED


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
) -> Position:
    """Erase the body of one message, wherever it lies, and return the position of the act.

    Copies outside the log (exports, backups, what destinations received) are not reached. What
    PostgreSQL keeps of old rows is cleaned at once; its write-ahead log and free disk blocks hold
    the bytes until they are written over.

    Args:
        log: the log, with its archive.
        connection: without a limit for statements, in no transaction.
        position: of the message; not an act.
        reason: the lawful ground, for the record; it is kept for ever and names no patient.
        actor: who decided.
        clock: the moment of the erasure.

    Raises:
        NoSuchMessage: nothing stands there.
        CannotErase: it was erased before, or is an act.
        ArchiveBusy: segments are being archived or exported; try again.
        BrokenArchive, CannotArchive: the file it lies in.
        LogUnavailable: the store cannot be reached.
    """
    if position.shard == ACTS:
        raise CannotErase(
            where=str(position), why="acts are the audit trail", why_zh="操作记录属于审计轨迹"
        )
    with reaching(str(position)):
        async with archiving.alone(connection):
            message = await log.get(position)
            if message.tombstone:
                raise CannotErase(
                    where=str(position), why="its body is gone already", why_zh="消息体已被擦除"
                )
            tombstone = _tombstone(message, reason=reason, actor=actor, at=clock.now().isoformat())
            act = NewMessage(0, ERASED, tombstone, "utf-8", actor, caused_by=position)
            return await _replace(log, connection, position, tombstone, act)


async def _replace(
    log: PostgresLog, connection: Connection, position: Position, tombstone: bytes, act: NewMessage
) -> Position:
    shard, segment = position.shard, segment_of(position.number)
    archived = await find_archived(connection, shard, segment)
    if archived is None:
        async with connection.transaction():
            await entomb_live(connection, position, tombstone)
            done = await log.append_act_within(connection, act)
        await forget_old_rows(connection, shard, segment)
        return done

    from lianyi.messagelog.archive_file import rewrite

    archive = archive_for(log.archive, archived)
    # A crash may have left the partition beside its file: only the file is the truth by now.
    await archiving.remove(connection, archive, shard, segment)
    sealed = await asyncio.to_thread(
        rewrite, archive.folder, archived, number=position.number, body=tombstone
    )
    async with connection.transaction():
        await entomb_archived(connection, archived, segment, sealed.name, sealed.sha256)
        done = await log.append_act_within(connection, act)
    await archiving.sweep(connection, archive)
    return done


def _tombstone(message: LogMessage, *, reason: str, actor: str, at: str) -> bytes:
    digest = hashlib.sha256(message.body).hexdigest()
    return orjson.dumps({"sha256": digest, "reason": reason, "actor": actor, "at": at})
