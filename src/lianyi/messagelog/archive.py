"""Moving old segments out of the database, so that it stays small and nothing is lost.

A segment goes in four steps, each of which may be the last before a crash: its file is written,
read back and proved; the file is recorded; the partition is detached; it is dropped. Whoever comes
next goes on where the one before stopped. The database lets go of messages only after the last
look at the file.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lianyi.messagelog.archive_reader import Archive, ArchiveBusy, BrokenArchive
from lianyi.messagelog.chain import GENESIS
from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.log import ACTS
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.postgres_rows import read_rows
from lianyi.messagelog.segments import first_number, table

if TYPE_CHECKING:
    from lianyi.messagelog.archive_file import Sealed

_LOCK = 7_204_002
"""Advisory lock of whoever writes or reads files of segments as a whole."""
_LOCK_TIMEOUT = "5s"
_NAME = re.compile(r"message_(\d+)_(\d+)-(\d+)(?:\.(\d+))?\.parquet(\.part)?")


class Needed(NamedTuple):
    """Somebody who still needs a shard from a number on.

    Attributes:
        who: for people, ``destination:7``.
        shard: the shard.
        number: the lowest number that he has not done with.
    """

    who: str
    shard: int
    number: int


Holds = Callable[[Connection], Awaitable[Sequence[Needed]]]
"""Asks a slice what it still needs."""


class Due(NamedTuple):
    """A segment that is old enough to go, and who keeps it from going."""

    shard: int
    segment: int
    held_by: tuple[Needed, ...]


@asynccontextmanager
async def alone(connection: Connection) -> AsyncIterator[None]:
    """Be the only one who works on the files of segments for as long as the block runs.

    Raises:
        ArchiveBusy: somebody else is.
    """
    if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
        raise ArchiveBusy(where="messagelog")
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.fetchval("SELECT pg_advisory_unlock($1)", _LOCK)


async def readers(connection: Connection) -> list[Needed]:
    """Return where every reader of the log goes on."""
    rows = await connection.fetch(
        "SELECT reader, shard, position + 1 FROM messagelog.reader ORDER BY reader, shard"
    )
    return [Needed(*row) for row in rows]


async def list_due(
    connection: Connection,
    *,
    older_than: datetime,
    held: Collection[Needed],
    acts_older_than: datetime | None = None,
) -> list[Due]:
    """Return the segments that are older than a moment, oldest first.

    Args:
        connection: to the database.
        older_than: their last message is older.
        held: what is still needed; :func:`readers` and what other slices say.
        acts_older_than: the same for segments of acts, where they stay longer.
    """
    rows = await connection.fetch(
        "SELECT shard, segment, number_to FROM messagelog.segment"
        " WHERE state = 'indexed'"
        " AND last_at < CASE WHEN shard = $2 THEN $3::timestamptz ELSE $1::timestamptz END"
        " ORDER BY shard, segment",
        older_than,
        ACTS,
        min(older_than, acts_older_than or older_than),
    )
    return [
        Due(
            shard,
            segment,
            tuple(one for one in held if one.shard == shard and one.number <= number_to),
        )
        for shard, segment, number_to in rows
    ]


async def archive_segment(
    connection: Connection, archive: Archive, shard: int, segment: int, *, product: str
) -> None:
    """Move one indexed segment into its file and out of the database.

    Args:
        connection: without a limit for statements, in no transaction, :func:`alone`.
        archive: where the file goes.
        shard: of the segment.
        segment: its place in the shard.
        product: version of the product, for the file's metadata.

    Raises:
        CannotArchive, BrokenArchive: the file; the segment stays in the database.
        asyncpg.LockNotAvailableError: somebody uses the table; :func:`finish` goes on later.
    """
    number_to = first_number(segment + 1) - 1
    sealed = await write_segment(
        connection,
        archive.folder,
        shard,
        segment,
        number_to=number_to,
        product=product,
        cover=archive.cover,
    )
    await record(connection, shard, segment, sealed)
    await remove(connection, archive, shard, segment)


async def write_segment(
    connection: Connection,
    folder: Path,
    shard: int,
    segment: int,
    *,
    number_to: int,
    product: str,
    cover: Cover = PLAIN,
) -> Sealed:
    """Write the messages of a segment up to a number as a file, and prove it.

    Raises:
        CannotArchive: the file cannot be written.
        BrokenArchive: what the database gave, or the disk gave back, is not a whole run of the
            chain. :func:`~lianyi.messagelog.verify.verify` finds the place.
    """
    from lianyi.messagelog.archive_file import (
        GROUP_BYTES_MAX,
        GROUP_MESSAGES_MAX,
        SegmentWriter,
        file_name,
    )

    number_from = first_number(segment)
    before = await chain_before(connection, shard, segment)
    path = folder / file_name(shard, number_from, number_to)
    with SegmentWriter(path, before=before, product=product, cover=cover) as writer:
        after = number_from - 1
        while after < number_to:
            messages = await read_rows(
                connection,
                shard,
                segment,
                after=after,
                limit=min(GROUP_MESSAGES_MAX, number_to - after),
                bytes_max=GROUP_BYTES_MAX,
                cover=cover,
            )
            if not messages:
                break
            await asyncio.to_thread(writer.add, messages)
            after = messages[-1].number
        return await asyncio.to_thread(writer.seal, number_to - number_from + 1)


async def chain_before(connection: Connection, shard: int, segment: int) -> bytes:
    """Return the chain value on which the first message of a segment stands."""
    if segment == 0:
        return GENESIS
    chain: bytes = await connection.fetchval(
        "SELECT last_chain FROM messagelog.segment WHERE shard = $1 AND segment = $2",
        shard,
        segment - 1,
    )
    return chain


async def record(connection: Connection, shard: int, segment: int, sealed: Sealed) -> None:
    """Write down that a segment has its file; from now on the file may be believed.

    Raises:
        BrokenArchive: the messages do not lead to the chain value that closed the segment.
    """
    recorded = await connection.execute(
        "UPDATE messagelog.segment SET state = 'archived', archive_path = $3, archive_sha256 = $4"
        " WHERE shard = $1 AND segment = $2 AND state = 'indexed' AND last_chain = $5",
        shard,
        segment,
        sealed.name,
        sealed.sha256,
        sealed.last_chain,
    )
    if recorded != "UPDATE 1":
        raise BrokenArchive(
            where=f"{shard}-{first_number(segment)}",
            why="the segment does not end with the chain value it was closed with",
            why_zh="该段的最后链值与关闭时记录的不一致",
        )


async def finish(connection: Connection, archive: Archive) -> list[tuple[int, int]]:
    """Go on where archiving was interrupted, and return the segments that are now gone.

    Raises:
        BrokenArchive: a file was damaged after it was recorded; its segment is still there.
        asyncpg.LockNotAvailableError: somebody uses a table.
    """
    rows = await connection.fetch(
        "SELECT shard, segment FROM messagelog.segment WHERE state = 'archived'"
        " AND EXISTS (SELECT FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace"
        "   WHERE nspname = 'messagelog' AND relname = format('message_%s_%s', shard, segment))"
        " ORDER BY shard, segment"
    )
    for shard, segment in rows:
        await remove(connection, archive, shard, segment)
    return [(shard, segment) for shard, segment in rows]


async def remove(connection: Connection, archive: Archive, shard: int, segment: int) -> None:
    """Take an archived segment out of the database, after a last look at its file."""
    from lianyi.messagelog.archive_file import check_digest

    row = await connection.fetchrow(
        "SELECT archive_path, archive_sha256 FROM messagelog.segment"
        " WHERE shard = $1 AND segment = $2 AND state = 'archived'",
        shard,
        segment,
    )
    if row is None:
        return
    path = archive.folder / row["archive_path"]
    await asyncio.to_thread(check_digest, path, row["archive_sha256"])
    # A reader that keeps the table for long must not make everybody behind us wait.
    await connection.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT}'")
    try:
        await detach(connection, shard, segment)
        await drop(connection, shard, segment)
    finally:
        if not connection.is_closed():
            await connection.execute("RESET lock_timeout")


async def detach(connection: Connection, shard: int, segment: int) -> None:
    """Detach the partition of a segment without stopping anybody."""
    pending = await connection.fetchval(
        "SELECT inhdetachpending FROM pg_inherits JOIN pg_class ON oid = inhrelid"
        " WHERE relnamespace = 'messagelog'::regnamespace AND relname = $1",
        f"message_{shard}_{segment}",
    )
    if pending is not None:
        how = "FINALIZE" if pending else "CONCURRENTLY"
        await connection.execute(
            f"ALTER TABLE messagelog.message_{shard} DETACH PARTITION {table(shard, segment)} {how}"
        )


async def drop(connection: Connection, shard: int, segment: int) -> None:
    """Drop a detached segment."""
    await connection.execute(f"DROP TABLE IF EXISTS {table(shard, segment)}")


async def sweep(connection: Connection, archive: Archive) -> int:
    """Remove half-written files, and files that an erasure has replaced; return how many.

    Any other file is left alone, even one that the database does not know: it may be the only
    copy of what a restored backup has forgotten.
    """
    rows = await connection.fetch(
        "SELECT shard, number_from, number_to, archive_path FROM messagelog.segment"
        " WHERE state = 'archived'"
    )
    current = {tuple(row)[:3]: _version(row["archive_path"]) for row in rows}
    removed = 0
    for path in archive.folder.glob("message_*") if archive.folder.is_dir() else ():
        name = _NAME.fullmatch(path.name)
        if name is None:
            continue
        place = (int(name[1]), int(name[2]), int(name[3]))
        if name[5] or int(name[4] or 0) < current.get(place, 0):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _version(file: str) -> int:
    name = _NAME.fullmatch(file)
    return int(name[4] or 0) if name else 0
