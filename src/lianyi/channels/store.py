"""The engine's tables: definitions in force, destinations, receipts, exceptions, tallies."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import asyncpg

from lianyi.messagelog import ACTS, LogUnavailable
from lianyi.messagelog.postgres_errors import STORE_ERRORS
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.postgres_segments import last_of_shard

CHANGED = "lianyi_channels"
"""Notified with a destination's number (negative: a channel's gate), or ``definitions``."""

DEFINITIONS_LOCK = 7_204_102
TALLY_EVERY = timedelta(seconds=1)
T = TypeVar("T")


class ChannelInForce(NamedTuple):
    """A channel as the engine runs it.

    Attributes:
        version: in force; 0 when the channel's file is gone.
        newest: of all that were in force; by it goes on what a channel still has to deliver.
    """

    channel: int
    name: str
    shard: int
    version: int
    wanted: str
    yaml: str
    newest: int


class DestinationRow(NamedTuple):
    """A destination as the engine runs it.

    Attributes:
        out_from: what came after this number was not for it.
        out_until: until here; None: it is in no definition since.
        last_version: the last definition that named it, when it is no longer named.
        last_yaml: that definition.
    """

    destination: int
    channel: int
    name: str
    wanted: str
    out_from: int | None = None
    out_until: int | None = None
    last_version: int | None = None
    last_yaml: str | None = None

    def left_out(self, number: int) -> bool:
        """Whether a message came while the destination was not of its channel."""
        return left_out(number, self.out_from, self.out_until)


def left_out(number: int, out_from: int | None, out_until: int | None) -> bool:
    """Whether a message came while a destination was not of its channel."""
    return out_from is not None and out_from < number and (out_until is None or number <= out_until)


LEAVING = """
(d.retired AND d.last_version IS NOT NULL AND (
    EXISTS (SELECT FROM messagelog.reader AS r
        WHERE r.reader = 'destination:' || d.destination AND r.position < d.out_from)
    OR EXISTS (SELECT FROM channels.exception AS e WHERE e.destination = d.destination
        AND e.state IN ('waiting', 'parked', 'behind', 'resend'))))
"""
"""Of a destination ``d``: no definition names it any more, but it still has something to do."""


async def guarded(work: Callable[[], Awaitable[T]], *, where: str) -> T:
    """Do work with the database; what fails there is told in our words.

    Raises:
        LogUnavailable: the database did not do it.
    """
    try:
        return await work()
    except STORE_ERRORS as error:
        raise LogUnavailable(where=where, why=type(error).__name__) from error


# --- definitions ----------------------------------------------------------------------------


async def put_definition(
    connection: Connection,
    *,
    name: str,
    yaml: str,
    digest: bytes,
    destinations: Sequence[str],
    shards: int,
    now: datetime,
    files: Mapping[str, bytes] | None = None,
    organisation: str = "",
) -> bool:
    """Make a definition the one in force, unless it already is; say whether anything changed.

    A channel gets its number and its shard the first time it is seen and keeps them for ever;
    ``shards`` is 0 for one through which the platform speaks: it lives in the shard of acts. The
    definition is in force from the first position that is not yet in the log. ``files`` is what it
    uses of the content folder; it is kept, so that the version can be compiled again years later.
    """
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", DEFINITIONS_LOCK)
        channel, shard, version = await _number_of(connection, name, shards)
        await connection.execute(
            "UPDATE messagelog.channel SET organisation = $2"
            " WHERE channel = $1 AND organisation <> $2",
            channel,
            organisation,
        )
        newest = await connection.fetchrow(
            "SELECT version, digest FROM channels.definition WHERE channel = $1"
            " ORDER BY version DESC LIMIT 1",
            channel,
        )
        if newest and newest["digest"] == digest and newest["version"] == version:
            await connection.execute(
                "UPDATE channels.channel SET problem = NULL"
                " WHERE channel = $1 AND problem IS NOT NULL",
                channel,
            )
            # An older release put it in force and kept none; the digest says that they are these.
            await _keep_files(connection, channel, version, files or {})
            return False
        version = newest["version"] + 1 if newest else 1
        end = (await last_of_shard(connection, shard)).number
        await connection.execute(
            "INSERT INTO channels.definition"
            " (channel, version, yaml, digest, activated_at, from_number)"
            " VALUES ($1, $2, $3, $4, $5, $6)",
            channel,
            version,
            yaml,
            digest,
            now,
            end + 1,
        )
        await _keep_files(connection, channel, version, files or {})
        await connection.execute(
            "UPDATE channels.channel SET version = $2, problem = NULL WHERE channel = $1",
            channel,
            version,
        )
        await _put_destinations(connection, channel, destinations, version=version)
        await connection.execute("SELECT pg_notify($1, 'definitions')", CHANGED)
    return True


async def _keep_files(
    connection: Connection, channel: int, version: int, files: Mapping[str, bytes]
) -> None:
    """Keep what a version uses; a file that some version has kept already is not sent again."""
    if not files:
        return
    contents = {hashlib.sha256(content).digest(): content for content in files.values()}
    known = await connection.fetch(
        "SELECT digest FROM channels.shared_file WHERE digest = ANY($1::bytea[])", list(contents)
    )
    for digest in contents.keys() - {row["digest"] for row in known}:
        await connection.execute(
            "INSERT INTO channels.shared_file (digest, content) VALUES ($1, $2)"
            " ON CONFLICT DO NOTHING",
            digest,
            contents[digest],
        )
    await connection.execute(
        "INSERT INTO channels.definition_file (channel, version, name, digest)"
        " SELECT $1, $2, * FROM unnest($3::text[], $4::bytea[]) ON CONFLICT DO NOTHING",
        channel,
        version,
        list(files),
        [hashlib.sha256(content).digest() for content in files.values()],
    )


async def _number_of(connection: Connection, name: str, shards: int) -> tuple[int, int, int]:
    row = await connection.fetchrow(
        "SELECT channel, shard, version FROM channels.channel WHERE name = $1", name
    )
    if row and row["version"] == 0 and shards == 0 != row["shard"]:
        await _move_to_acts(connection, row["channel"])  # until now its file could not be used
        return row["channel"], ACTS, 0
    if row:
        return row["channel"], row["shard"], row["version"]
    row = await connection.fetchrow(
        "SELECT channel, shard FROM messagelog.channel WHERE name = $1", name
    )
    if row:
        channel, shard = row["channel"], row["shard"]
    else:
        channel = await connection.fetchval(
            "SELECT coalesce(max(channel), 0) + 1 FROM messagelog.channel"
        )
        shard = 1 + zlib.crc32(name.encode()) % shards if shards else ACTS
        await connection.execute(
            "INSERT INTO messagelog.channel (channel, name, shard) VALUES ($1, $2, $3)",
            channel,
            name,
            shard,
        )
    await connection.execute(
        "INSERT INTO channels.channel (channel, name, shard) VALUES ($1, $2, $3)",
        channel,
        name,
        shard,
    )
    return channel, shard, 0


async def _move_to_acts(connection: Connection, channel: int) -> None:
    """Let a channel that was never in force live in the shard of acts."""
    for table in ("messagelog.channel", "channels.channel"):
        await connection.execute(
            f"UPDATE {table} SET shard = $2 WHERE channel = $1",  # noqa: S608
            channel,
            ACTS,
        )


async def _put_destinations(
    connection: Connection, channel: int, destinations: Sequence[str], *, version: int
) -> None:
    """Let destinations come and go with a version.

    One that is new begins where the log ends: it is not sent the past. One that is taken out still
    delivers what came before, by the version before; it is not sent what comes while it is out.
    """
    end = await _end_of(connection, channel)
    for name in destinations:
        made = await connection.fetchval(
            "INSERT INTO channels.destination (channel, name) VALUES ($1, $2)"
            " ON CONFLICT (channel, name) DO UPDATE SET retired = false, out_until = $3,"
            " last_version = NULL WHERE channels.destination.retired RETURNING destination",
            channel,
            name,
            end,
        )
        if made is not None:
            await connection.execute(
                "INSERT INTO messagelog.reader (reader, shard, position, counts, moved_at)"
                " SELECT 'destination:' || $1::integer, shard, $3,"
                "   jsonb_build_object('passed', coalesce((gate.counts->>'received')::bigint, 0),"
                "     'before', coalesce((gate.counts->>'received')::bigint, 0),"
                "     'began', $3::bigint),"
                "   now()"
                " FROM channels.channel LEFT JOIN LATERAL (SELECT counts FROM messagelog.reader"
                "   WHERE reader = 'channel:' || channels.channel.name) AS gate ON true"
                " WHERE channel = $2"
                " ON CONFLICT (reader, shard) DO NOTHING",
                made,
                channel,
                end,
            )
    await connection.execute(
        "UPDATE channels.destination SET retired = true, out_from = $3, out_until = NULL,"
        " last_version = $4 WHERE channel = $1 AND NOT name = ANY($2::text[]) AND NOT retired",
        channel,
        list(destinations),
        end,
        version - 1,
    )


async def _end_of(connection: Connection, channel: int) -> int:
    shard = await connection.fetchval(
        "SELECT shard FROM channels.channel WHERE channel = $1", channel
    )
    return (await last_of_shard(connection, shard)).number


async def put_problem(
    connection: Connection, name: str, problem: Mapping[str, Any], *, shards: int
) -> None:
    """Note why the newest file of a channel is not in force; the one before goes on."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", DEFINITIONS_LOCK)
        channel, _, _ = await _number_of(connection, name, shards)
        await connection.execute(
            "UPDATE channels.channel SET problem = $2 WHERE channel = $1", channel, dict(problem)
        )


async def put_out_of_force(connection: Connection, names: Sequence[str]) -> None:
    """Take channels out of force whose files are gone; what they still have to deliver goes on.

    What was wrong with a file is no longer wrong when the file is gone.
    """
    await connection.execute(
        "UPDATE channels.channel SET version = 0, problem = NULL"
        " WHERE name = ANY($1::text[]) AND (version > 0 OR problem IS NOT NULL)",
        list(names),
    )
    await connection.execute("SELECT pg_notify($1, 'definitions')", CHANGED)


async def digests_in_force(connection: Connection | asyncpg.Pool) -> dict[str, bytes]:
    """Return the digest of the definition in force, by channel."""
    rows = await connection.fetch(
        "SELECT c.name, d.digest FROM channels.channel AS c"
        " JOIN channels.definition AS d ON d.channel = c.channel AND d.version = c.version"
    )
    return {row["name"]: row["digest"] for row in rows}


async def list_with_file(connection: Connection) -> set[str]:
    """Return the channels that had a file, good or bad, when somebody last looked."""
    rows = await connection.fetch(
        "SELECT name FROM channels.channel WHERE version > 0 OR problem IS NOT NULL"
    )
    return {row["name"] for row in rows}


async def list_in_force(connection: Connection | asyncpg.Pool) -> list[ChannelInForce]:
    """Return every channel with its newest definition; version 0 takes no more messages."""
    rows = await connection.fetch(
        """
        SELECT channel, name, shard, c.version, wanted, d.yaml, d.version AS newest
        FROM channels.channel AS c JOIN LATERAL (
            SELECT yaml, version FROM channels.definition AS d WHERE d.channel = c.channel
            ORDER BY d.version DESC LIMIT 1) AS d ON true
        ORDER BY channel
        """
    )
    return [ChannelInForce(*row) for row in rows]


async def files_of(
    connection: Connection | asyncpg.Pool, channel: int, version: int
) -> dict[str, bytes]:
    """Return the shared files that one definition used, as they were, by name."""
    rows = await connection.fetch(
        "SELECT name, content FROM channels.definition_file JOIN channels.shared_file"
        " USING (digest) WHERE channel = $1 AND version = $2",
        channel,
        version,
    )
    return {row["name"]: row["content"] for row in rows}


async def list_destinations(connection: Connection | asyncpg.Pool) -> list[DestinationRow]:
    """Return the destinations that definitions name now, and those that are still leaving."""
    rows = await connection.fetch(
        "SELECT destination, d.channel, name, wanted,"  # noqa: S608
        " out_from, out_until, last_version, yaml"
        " FROM channels.destination AS d LEFT JOIN channels.definition AS v"
        f" ON v.channel = d.channel AND v.version = last_version WHERE NOT retired OR {LEAVING}"
        " ORDER BY destination"
    )
    return [DestinationRow(*row) for row in rows]


async def show_source(
    connection: Connection | asyncpg.Pool, channel: int, state: Mapping[str, Any]
) -> None:
    """Show people how a source is doing."""
    await connection.execute(
        "UPDATE channels.channel SET source_state = $2 WHERE channel = $1", channel, dict(state)
    )
