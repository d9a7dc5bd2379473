"""The only statements that change what was written into the log, and those that find it.

Only ``erase`` uses them.
"""

from __future__ import annotations

from lianyi.messagelog.archive_reader import Archived
from lianyi.messagelog.cover import Cover
from lianyi.messagelog.log import ACTS
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.segments import segment_of, table


async def entomb_live(connection: Connection, position: Position, tombstone: bytes) -> None:
    """Put a tombstone in the place of a body that lies in the database."""
    await connection.execute(
        f"UPDATE {table(position.shard, segment_of(position.number))}"  # noqa: S608
        " SET body = $2, tombstone = true WHERE number = $1 AND NOT tombstone",
        position.number,
        tombstone,
    )


async def entomb_archived(
    connection: Connection, archived: Archived, segment: int, path: str, sha256: bytes
) -> None:
    """Let a segment be read from the file in which the tombstone stands."""
    await connection.execute(
        "UPDATE messagelog.segment SET archive_path = $3, archive_sha256 = $4"
        " WHERE shard = $1 AND segment = $2 AND archive_path = $5",
        archived.shard,
        segment,
        path,
        sha256,
        archived.path,
    )


async def forget_old_rows(connection: Connection, shard: int, segment: int) -> None:
    """Let PostgreSQL clean up the row that the erasure replaced."""
    await connection.execute(f"VACUUM {table(shard, segment)}")


async def live_made_of(
    connection: Connection, cause: Position, kind: str, cover: Cover
) -> dict[Position, bytes]:
    """Return the acts of a kind about a message that lie in the database, with their bodies."""
    rows = await connection.fetch(
        "SELECT number, codec, body FROM messagelog.message WHERE shard = $1 AND kind = $2"
        " AND caused_shard = $3 AND caused_number = $4 AND NOT tombstone ORDER BY number",
        ACTS,
        kind,
        cause.shard,
        cause.number,
    )
    found = ((Position(ACTS, row["number"]), row["codec"], row["body"]) for row in rows)
    return {at: cover.show_body(codec, body, at) for at, codec, body in found}


async def list_archived(connection: Connection, shard: int) -> list[Archived]:
    """Return the files of a shard, the oldest first."""
    rows = await connection.fetch(
        "SELECT shard, number_from, number_to, archive_path, archive_sha256"
        " FROM messagelog.segment WHERE shard = $1 AND state = 'archived' ORDER BY segment",
        shard,
    )
    return [Archived(*row) for row in rows]
