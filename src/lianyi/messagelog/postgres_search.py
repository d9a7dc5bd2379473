"""Searching the log in PostgreSQL: what a person looks for, segment by segment, newest first."""

from __future__ import annotations

import asyncpg

from lianyi.messagelog.archive_reader import Archive, Archived, BrokenArchive
from lianyi.messagelog.cover import Cover
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.postgres_rows import split_keys
from lianyi.messagelog.search import Entry, Wanted, terms_wanted
from lianyi.messagelog.segments import table

ENTRY = (
    "shard, number, received_at, channel, kind, codec, sender, keys, gate,"
    " caused_shard, caused_number, octet_length(body) AS size_bytes, tombstone"
)
"""What :func:`read_entry` reads."""


async def find_in_shard(
    pool: asyncpg.Pool,
    archive: Archive | None,
    cover: Cover,
    shard: int,
    wanted: Wanted,
    limit: int,
) -> list[Entry]:
    """Return what is wanted of one shard, newest first, at most ``limit``."""
    below = (wanted.below or {}).get(shard)
    with_archived = bool(wanted.text or wanted.keys or wanted.since or wanted.until)
    segments = await pool.fetch(
        "SELECT segment, state FROM messagelog.segment WHERE shard = $1"
        " AND ($2::bigint IS NULL OR number_from < $2)"
        " AND ($3::timestamptz IS NULL OR last_at IS NULL OR last_at >= $3)"
        " AND ($4::timestamptz IS NULL OR first_at IS NULL OR first_at < $4)"
        " AND ($5 OR state <> 'archived') ORDER BY segment DESC",
        shard,
        below,
        wanted.since,
        wanted.until,
        with_archived,
    )
    found: list[Entry] = []
    for row in segments:
        room = limit - len(found)
        if room <= 0:
            break
        try:
            here: dict[int, Entry] = {}
            for form in cover.forms_of_wanted(wanted):
                segment = row["segment"]
                entries = await _find_in_segment(pool, shard, segment, form, below, room)
                here |= {one.number: cover.show_entry(one) for one in entries}
            found += [here[number] for number in sorted(here, reverse=True)[:room]]
        except asyncpg.UndefinedTableError:
            archived = await find_archived(pool, shard, row["segment"])
            if with_archived and archived is not None:
                holder = archive_for(archive, archived)
                found += await holder.find(archived, wanted, below=below, limit=room)
    return found


async def find_archived(
    pool: Connection | asyncpg.Pool, shard: int, segment: int
) -> Archived | None:
    """Return the file of a segment that is no longer in the database; None when it has none."""
    row = await pool.fetchrow(
        "SELECT shard, number_from, number_to, archive_path, archive_sha256"
        " FROM messagelog.segment WHERE shard = $1 AND segment = $2 AND state = 'archived'",
        shard,
        segment,
    )
    return Archived(*row) if row else None


def archive_for(archive: Archive | None, archived: Archived) -> Archive:
    """Return the archive, which must be there when a segment lies in it.

    Raises:
        BrokenArchive: this process was not told where the archive is.
    """
    if archive is None:
        raise BrokenArchive(
            where=archived.path,
            why="this process does not know the archive folder",
            why_zh="本进程没有配置归档目录",
        )
    return archive


async def _find_in_segment(
    pool: asyncpg.Pool, shard: int, segment: int, wanted: Wanted, below: int | None, limit: int
) -> list[Entry]:
    terms = terms_wanted(wanted)
    rows = await pool.fetch(
        # What is behind the wall is found by the owner of the tables, by index, and shown by us.
        f"SELECT {ENTRY} FROM {table(shard, segment)} WHERE number = ANY (ARRAY("  # noqa: S608
        "SELECT messagelog.hits($1::smallint, $2::integer, $3::integer, $4::integer[], $5::text[],"
        " $6::text[], $7::text, $8::integer[], $9::text, $10::text, $11::smallint,"
        " $12::timestamptz, $13::timestamptz, $14::bigint))) ORDER BY number DESC",
        shard,
        segment,
        int(limit),
        terms or None,
        list(wanted.keys) or None,
        list(wanted.lacks) or None,
        wanted.text or None,
        list(wanted.channels) or None,
        _like(wanted.kind) if wanted.kind else None,
        _like(wanted.unlike) if wanted.unlike else None,
        wanted.gate,
        wanted.since,
        wanted.until,
        below,
    )
    return [read_entry(row) for row in rows]


def _like(pattern: str) -> str:
    """Return the LIKE pattern of a kind in which ``*`` stands for anything."""
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")


def read_entry(row: asyncpg.Record) -> Entry:
    """Return the message of a row of :data:`ENTRY`."""
    *head, keys, gate, caused_shard, caused_number, size_bytes, tombstone = row.values()
    cause = None if caused_shard is None else Position(caused_shard, caused_number)
    return Entry._make((*head, split_keys(keys), gate, cause, size_bytes, tombstone))
