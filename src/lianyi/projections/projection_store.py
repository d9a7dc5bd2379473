"""Versions of projections, how far they have come, and what they have set aside."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.comparing import Difference
from lianyi.projections.projection import SetAside

_COLUMNS = "projection, version, shape, live, revision, made_at, changed_at"


class Version(NamedTuple):
    """One version of a projection; see the migration."""

    projection: str
    version: int
    shape: int
    live: bool
    revision: int
    made_at: datetime
    changed_at: datetime

    @property
    def schema(self) -> str:
        """Where its tables lie."""
        return f"{self.projection}_{self.version}"

    @property
    def reader(self) -> str:
        """Its name in the log."""
        return f"projection:{self.projection}:{self.version}"


class SetAsideRow(NamedTuple):
    """What a version has set aside, as it is stored."""

    position: Position
    part: int
    received_at: datetime
    kind: str
    error: dict[str, Any]


async def find_live(connection: Connection | asyncpg.Pool, projection: str) -> Version | None:
    """Return the version in force."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM projections.version WHERE projection = $1 AND live",  # noqa: S608
        projection,
    )
    return Version(*row) if row else None


async def hold_live(connection: Connection, projection: str) -> Version | None:
    """Return the version in force and keep it from being switched; learning may go on."""
    row = await _held(
        connection,
        f"SELECT {_COLUMNS} FROM projections.version"  # noqa: S608
        " WHERE projection = $1 AND live FOR KEY SHARE",
        projection,
    )
    return Version(*row) if row else None


async def hold_live_to_read(connection: Connection, projection: str) -> Version | None:
    """Do as :func:`hold_live` in a transaction that writes nothing, so nobody waits for its end."""
    row = await _held(
        connection,
        f"SELECT {_COLUMNS}, set_config('synchronous_commit', 'off', true)"  # noqa: S608
        " FROM projections.version WHERE projection = $1 AND live FOR KEY SHARE",
        projection,
    )
    return Version(*row[:-1]) if row else None


async def _held(connection: Connection, query: str, projection: str) -> asyncpg.Record | None:
    """Return the row of the version in force, held.

    Whoever waits for it while it is switched waits for a row that is gone; the next question sees
    the one that has taken its place.
    """
    row = await connection.fetchrow(query, projection)
    return row if row is not None else await connection.fetchrow(query, projection)


async def hold_all_live(connection: Connection, projections: Sequence[str]) -> dict[str, Version]:
    """Return the versions in force of several projections by name, held as by :func:`hold_live`."""
    query = (
        f"SELECT {_COLUMNS} FROM projections.version"  # noqa: S608
        " WHERE projection = ANY ($1) AND live ORDER BY projection FOR KEY SHARE"
    )
    rows = await connection.fetch(query, list(projections))
    if len(rows) < len(projections):  # as in _held
        rows = await connection.fetch(query, list(projections))
    return {row["projection"]: Version(*row) for row in rows}


async def lock_version(
    connection: Connection, projection: str, version: int, *, switching: bool = False
) -> Version | None:
    """Return a version and keep others from learning into it, or from even reading it."""
    strength = "UPDATE" if switching else "NO KEY UPDATE"
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM projections.version"  # noqa: S608
        f" WHERE projection = $1 AND version = $2 FOR {strength}",
        projection,
        version,
    )
    return Version(*row) if row else None


async def list_versions(connection: Connection | asyncpg.Pool) -> list[Version]:
    """Return every version that has tables."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM projections.version ORDER BY projection, version"  # noqa: S608
    )
    return [Version(*row) for row in rows]


async def lock_making(connection: Connection, projection: str) -> None:
    """Be the only one who makes versions, until the transaction ends."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtext('projections.version'), hashtext($1))", projection
    )


async def insert_version(
    connection: Connection, projection: str, *, shape: int, live: bool, now: datetime
) -> Version:
    """Begin a version; its reader stands before the first message of every shard.

    Call :func:`lock_making` first, and look whether it is still needed.
    """
    row = await connection.fetchrow(
        "INSERT INTO projections.version (projection, version, shape, live, made_at, changed_at)"  # noqa: S608
        " SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $4 FROM projections.version"
        f" WHERE projection = $1 RETURNING {_COLUMNS}",
        projection,
        shape,
        live,
        now,
    )
    assert row is not None  # noqa: S101 - an INSERT that returns
    made = Version(*row)
    await _forget_reader(connection, made.reader)  # an imported log may remember one
    return made


async def sign(connection: Connection, version: Version, made_by: str) -> None:
    """Write on the schema of a version what has made it.

    Args:
        connection: in the transaction that makes it.
        version: whose schema there is.
        made_by: hexadecimal digits, or nothing.
    """
    assert not made_by.strip("0123456789abcdef")  # noqa: S101 - it becomes text of SQL
    await connection.execute(f"COMMENT ON SCHEMA \"{version.schema}\" IS '{made_by}'")


async def find_begun(
    connection: Connection, projection: str, *, shape: int, made_by: str
) -> Version | None:
    """Return the newest version that is not in force and that the same has begun to build."""
    if not made_by:
        return None
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM projections.version"  # noqa: S608
        " WHERE projection = $1 AND shape = $2 AND NOT live AND obj_description("
        "to_regnamespace(quote_ident(projection || '_' || version)), 'pg_namespace') = $3"
        " ORDER BY version DESC LIMIT 1",
        projection,
        shape,
        made_by,
    )
    return Version(*row) if row else None


async def commit_without_waiting(connection: Connection) -> None:
    """Let the commit of this transaction wait for no disk; a crash may undo it."""
    await connection.execute("SET LOCAL synchronous_commit = off")


async def write_no_more(connection: Connection) -> None:
    """Let nothing be written in the rest of this transaction."""
    await connection.execute("SET TRANSACTION READ ONLY")


async def touch(connection: Connection, version: Version, *, now: datetime) -> None:
    """Count an effect."""
    await connection.execute(
        "UPDATE projections.version SET revision = revision + 1, changed_at = $3"
        " WHERE projection = $1 AND version = $2",
        version.projection,
        version.version,
        now,
    )


async def drop_version(connection: Connection, version: Version) -> None:
    """Take away a version with its tables and its reader."""
    await connection.execute(f'DROP SCHEMA IF EXISTS "{version.schema}" CASCADE')
    await connection.execute(
        "DELETE FROM projections.version WHERE projection = $1 AND version = $2",
        version.projection,
        version.version,
    )
    await _forget_reader(connection, version.reader)


async def make_live(connection: Connection, version: Version) -> None:
    """Put a version in force; the one before it must be gone."""
    await connection.execute(
        "UPDATE projections.version SET live = true WHERE projection = $1 AND version = $2",
        version.projection,
        version.version,
    )


async def _forget_reader(connection: Connection, reader: str) -> None:
    await connection.execute("DELETE FROM messagelog.reader WHERE reader = $1", reader)


async def progress(
    connection: Connection, projection: str
) -> tuple[Version, dict[int, int]] | None:
    """Return the version in force and how far it has come in each shard."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS}, shard, position FROM projections.version LEFT JOIN messagelog.reader"  # noqa: S608
        " ON reader = 'projection:' || projection || ':' || version"
        " WHERE projection = $1 AND live",
        projection,
    )
    if not rows:
        return None
    return Version(*rows[0][:-2]), {row["shard"]: row["position"] for row in rows}


async def positions(connection: Connection | asyncpg.Pool, reader: str) -> dict[int, int]:
    """Return how far a reader has come in each shard."""
    rows = await connection.fetch(
        "SELECT shard, position FROM messagelog.reader WHERE reader = $1", reader
    )
    return {row["shard"]: row["position"] for row in rows}


async def try_lock_rebuild(connection: Connection, projection: str) -> bool:
    """Be the one who rebuilds, for as long as the connection lives."""
    got: bool = await connection.fetchval(
        "SELECT pg_try_advisory_lock(hashtext('projections.rebuild'), hashtext($1))", projection
    )
    return got


async def put_set_aside(
    connection: Connection, version: Version, rows: Sequence[SetAside], *, anew: bool
) -> None:
    """Keep what could not be learned."""
    if anew:
        await connection.execute(
            "DELETE FROM projections.set_aside WHERE projection = $1 AND version = $2",
            version.projection,
            version.version,
        )
    if not rows:
        return
    await connection.executemany(
        "INSERT INTO projections.set_aside VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " ON CONFLICT (projection, version, shard, number, part) DO UPDATE SET"
        " error = excluded.error",
        [
            (
                version.projection,
                version.version,
                row.position.shard,
                row.position.number,
                row.part,
                row.received_at,
                row.kind,
                row.failure.record(),
                row.channel,
            )
            for row in rows
        ],
    )


async def list_set_aside(
    connection: Connection | asyncpg.Pool, version: Version, *, skip: int = 0, limit: int = 50
) -> list[SetAsideRow]:
    """Return what a version could not learn, newest first."""
    rows = await connection.fetch(
        "SELECT shard, number, part, received_at, kind, error FROM projections.set_aside"
        " WHERE projection = $1 AND version = $2"
        " ORDER BY received_at DESC, shard DESC, number DESC, part OFFSET $3 LIMIT $4",
        version.projection,
        version.version,
        skip,
        limit,
    )
    return [SetAsideRow(Position(row[0], row[1]), *row[2:]) for row in rows]


async def set_aside_at(
    connection: Connection, version: Version, positions: Collection[Position]
) -> dict[Position, list[SetAsideRow]]:
    """Return what a version could not learn of some messages; nothing of those it learned."""
    rows = await connection.fetch(
        "SELECT shard, number, part, received_at, kind, error FROM projections.set_aside"
        " WHERE projection = $1 AND version = $2 AND (shard, number) IN"
        " (SELECT * FROM unnest($3::smallint[], $4::bigint[])) ORDER BY part",
        version.projection,
        version.version,
        [position.shard for position in positions],
        [position.number for position in positions],
    )
    found: dict[Position, list[SetAsideRow]] = {}
    for row in rows:
        position = Position(row[0], row[1])
        found.setdefault(position, []).append(SetAsideRow(position, *row[2:]))
    return found


async def count_set_aside(connection: Connection | asyncpg.Pool, version: Version) -> int:
    """Return how much a version could not learn."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM projections.set_aside WHERE projection = $1 AND version = $2",
        version.projection,
        version.version,
    )
    return count


async def digest(
    connection: Connection, schema: str, tables: Mapping[str, str]
) -> Mapping[str, bytes]:
    """Return SHA-256 over tables, their rows in one order, by the bytes of their values.

    Args:
        connection: in a transaction.
        schema: of the version.
        tables: the columns of each that follow from the log, as SQL lists them.
    """
    found: dict[str, bytes] = {}
    for table, columns in tables.items():
        whole = hashlib.sha256()
        rows = connection.cursor(
            "SELECT sha256(convert_to(row, 'UTF8')) AS hash FROM"  # noqa: S608
            f" (SELECT ROW({columns})::text AS row FROM {schema}.{table}) AS t"
            ' ORDER BY row COLLATE "C"',
            prefetch=5000,
        )
        async for row in rows:
            whole.update(row["hash"])
        found[table] = whole.digest()
    return found


async def differences(
    connection: Connection, before: str, after: str, tables: Mapping[str, str]
) -> list[Difference]:
    """Return how many rows of some tables only one of two versions has.

    Args:
        connection: in a transaction.
        before: schema of the version in force.
        after: schema of the one that was built.
        tables: those that differ, with the columns that follow from the log.
    """
    found = []
    for table, columns in tables.items():
        only = (
            f"SELECT count(*) FROM (SELECT ROW({columns})::text FROM {{}}.{table}"  # noqa: S608
            f" EXCEPT ALL SELECT ROW({columns})::text FROM {{}}.{table}) AS t"
        )
        found.append(
            Difference(
                what=table,
                organisation="",
                added=await connection.fetchval(only.format(after, before)),
                changed=0,
                gone=await connection.fetchval(only.format(before, after)),
            )
        )
    return found
