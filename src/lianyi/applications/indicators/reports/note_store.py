"""Notes on figures, as rows; only added to. Who may not see a cell gets none of its notes."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from lianyi.applications.indicators.reports.model import Note
from lianyi.messagelog.postgres_leases import Connection

Asks = Connection | asyncpg.Pool
_NOTE = (
    "note, version, code, hospital, department, first_month, last_month, words, withdrawn,"
    " by_name, shown_name, account, at, shard, number"
)


async def insert_note(connection: Connection, one: Note) -> None:
    """Add a version of a note."""
    names = _NOTE.split(", ")
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    await connection.execute(
        f"INSERT INTO reports.note ({_NOTE}) VALUES ({places})",  # noqa: S608
        *(getattr(one, name) for name in names),
    )


async def versions(ask: Asks, note: UUID) -> list[Note]:
    """Return the versions of a note in their order."""
    rows = await ask.fetch(
        f"SELECT {_NOTE} FROM reports.note WHERE note = $1 ORDER BY version",  # noqa: S608
        note,
    )
    return [Note(**row) for row in rows]


async def lock(connection: Connection, note: UUID) -> None:
    """Let nobody else change a note until the transaction ends."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtext('reports.note'), hashtext($1))", str(note)
    )


async def notes(ask: Asks, codes: list[str], months: tuple[int, int], *, limit: int) -> list[Note]:
    """Return the last versions of notes that touch months, the newest first, none withdrawn."""
    rows = await ask.fetch(
        f"SELECT {_NOTE} FROM (SELECT DISTINCT ON (note) * FROM reports.note"  # noqa: S608
        " WHERE code = ANY ($1) ORDER BY note, version DESC) AS last"
        " WHERE NOT withdrawn AND first_month <= $3 AND last_month >= $2"
        " ORDER BY at DESC, note LIMIT $4",
        codes,
        *months,
        limit,
    )
    return [Note(**row) for row in rows]
