"""Exports and their files, as they stand in the database.

Asked as the doors, everybody sees his own; the platform, which works on them, sees all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from lianyi.messagelog.postgres_leases import Connection

Ask = Connection | asyncpg.Pool
_COLUMNS = (
    "export, account, asked, acting, asked_at, state, as_of, patients, written, error, ended_at,"
    " expires_at"
)


class ExportRow(NamedTuple):
    """A row of ``bulk.export``."""

    export: UUID
    account: UUID
    asked: dict[str, Any]
    acting: dict[str, Any]
    asked_at: datetime
    state: str
    as_of: datetime | None
    patients: list[int] | None
    written: int
    error: dict[str, Any] | None
    ended_at: datetime | None
    expires_at: datetime | None


class FileRow(NamedTuple):
    """A row of ``bulk.file``."""

    number: int
    name: str
    kind: str
    type: str
    resources: int
    bytes: int
    mark: dict[str, Any]


async def insert(
    connection: Connection,
    export: UUID,
    account: UUID,
    *,
    asked: dict[str, Any],
    acting: dict[str, Any],
    at: datetime,
    running_max: int,
) -> bool:
    """Begin an export, unless as many run as may; say whether it was begun.

    Args:
        connection: in a transaction.
        export: its name.
        account: of whoever asks.
        asked: what is wanted.
        acting: how he asks.
        at: now.
        running_max: so many may run, whoever has asked for them.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(hashtext('bulk.export'))")
    if await connection.fetchval("SELECT bulk.running()") >= running_max:
        return False
    await connection.execute(
        "INSERT INTO bulk.export (export, account, asked, acting, asked_at, state)"
        " VALUES ($1, $2, $3, $4, $5, 'running')",
        export,
        account,
        asked,
        acting,
        at,
    )
    return True


async def find(ask: Ask, export: UUID) -> ExportRow | None:
    """Return an export."""
    row = await ask.fetchrow(
        f"SELECT {_COLUMNS} FROM bulk.export WHERE export = $1",  # noqa: S608
        export,
    )
    return ExportRow(*row) if row else None


async def list_running(ask: Ask) -> list[ExportRow]:
    """Return the exports that have not ended, the oldest first."""
    rows = await ask.fetch(
        f"SELECT {_COLUMNS} FROM bulk.export WHERE state = 'running' ORDER BY asked_at"  # noqa: S608
    )
    return [ExportRow(*row) for row in rows]


async def take(connection: Connection, export: UUID) -> bool:
    """Be the one who works on an export, for as long as the connection lives or until `leave`."""
    taken: bool = await connection.fetchval(
        "SELECT pg_try_advisory_lock(hashtext('bulk.export'), hashtext($1))", str(export)
    )
    return taken


async def leave(connection: Connection, export: UUID) -> None:
    """Let others work on an export."""
    await connection.execute(
        "SELECT pg_advisory_unlock(hashtext('bulk.export'), hashtext($1))", str(export)
    )


async def set_instant(
    connection: Connection, export: UUID, as_of: datetime, patients: Sequence[int] | None
) -> bool:
    """Fix of which instant and of whom an export is; say whether it is still there."""
    return await _one(
        connection,
        "UPDATE bulk.export SET as_of = $2, patients = $3 WHERE export = $1 AND state = 'running'",
        export,
        as_of,
        None if patients is None else list(patients),
    )


async def add_file(connection: Connection, export: UUID, file: FileRow) -> bool:
    """Name a file that is whole; say whether its export is still there.

    Args:
        connection: in a transaction.
        export: whose it is.
        file: it.
    """
    if not await _one(
        connection,
        "UPDATE bulk.export SET written = written + $2 WHERE export = $1 AND state = 'running'",
        export,
        file.resources,
    ):
        return False
    await connection.execute(
        "INSERT INTO bulk.file (export, number, name, kind, type, resources, bytes, mark)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        export,
        *file,
    )
    return True


async def files(ask: Ask, export: UUID) -> list[FileRow]:
    """Return the files of an export, in order."""
    rows = await ask.fetch(
        "SELECT number, name, kind, type, resources, bytes, mark FROM bulk.file"
        " WHERE export = $1 ORDER BY number",
        export,
    )
    return [FileRow(*row) for row in rows]


async def end(
    connection: Connection,
    export: UUID,
    *,
    error: dict[str, Any] | None,
    at: datetime,
    expires_at: datetime,
) -> bool:
    """End an export, well or with an error; of the latter no file stays. Say whether it was there.

    Args:
        connection: in a transaction.
        export: it.
        error: record of the failure; None: it is complete.
        at: now.
        expires_at: when it is removed.
    """
    if error is not None:
        await connection.execute("DELETE FROM bulk.file WHERE export = $1", export)
    return await _one(
        connection,
        "UPDATE bulk.export SET state = $2, error = $3, ended_at = $4, expires_at = $5"
        " WHERE export = $1 AND state = 'running'",
        export,
        "complete" if error is None else "failed",
        error,
        at,
        expires_at,
    )


async def drop(connection: Connection, export: UUID) -> bool:
    """Remove an export; say whether it was there."""
    return await _one(connection, "DELETE FROM bulk.export WHERE export = $1", export)


async def drop_expired(connection: Connection, at: datetime) -> list[UUID]:
    """Remove the exports whose time is over; return which."""
    rows = await connection.fetch(
        "DELETE FROM bulk.export WHERE expires_at <= $1 RETURNING export", at
    )
    return [row["export"] for row in rows]


async def known(ask: Ask) -> set[UUID]:
    """Return every export that there is."""
    rows = await ask.fetch("SELECT export FROM bulk.export")
    return {row["export"] for row in rows}


async def take_time(connection: Connection) -> None:
    """Let a statement of this transaction take longer than those that somebody waits for."""
    await connection.execute("SET LOCAL statement_timeout = '10min'")


async def appending(connection: Connection) -> set[str]:
    """Return which transactions have written to the log and not ended: nobody sees that yet."""
    rows = await connection.fetch(
        "SELECT DISTINCT l.virtualtransaction FROM pg_locks AS l"
        " JOIN pg_class AS c ON c.oid = l.relation"
        " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'messagelog' AND c.relname LIKE 'message%'"
        " AND l.mode = 'RowExclusiveLock' AND l.granted"
        " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return {row["virtualtransaction"] for row in rows}


async def _one(connection: Connection, statement: str, *values: object) -> bool:
    done: str = await connection.execute(statement, *values)
    return done.endswith(" 1")
