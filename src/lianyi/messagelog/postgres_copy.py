"""``COPY`` that ends when its connection does.

asyncpg (0.31, 0.32) waits for ever when a connection is lost while it waits for room to send more
rows: nobody tells it that there will be none. So whoever copies listens for the end himself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from typing import Any

import asyncpg

from lianyi.messagelog.postgres_binary import COLUMNS, SIGNATURE, TRAILER
from lianyi.messagelog.postgres_leases import Connection

_CHUNK_BYTES = 262_144


async def copy_rows(
    connection: Connection,
    table: str,
    *,
    columns: Sequence[str],
    records: Iterable[Sequence[Any]],
) -> None:
    """Write rows with one ``COPY``.

    Args:
        connection: outside of a transaction this is one commit.
        table: with its schema, as the catalogue writes it.
        columns: names in the order of the values.
        records: the rows.

    Raises:
        asyncpg.ConnectionDoesNotExistError: the connection was lost; nobody knows whether the
            rows are there.
        asyncpg.PostgresError: the server refused the rows; none of them is there.
    """
    schema, _, name = table.partition(".")
    await _until_lost(
        connection,
        connection.copy_records_to_table(
            name, schema_name=schema, columns=columns, records=records
        ),
    )


async def copy_messages(connection: Connection, table: str, rows: Iterable[bytes]) -> None:
    """Write messages that :func:`~lianyi.messagelog.postgres_binary.encode_row` has encoded.

    Args and errors are those of :func:`copy_rows`.
    """
    schema, _, name = table.partition(".")
    await _until_lost(
        connection,
        connection.copy_to_table(
            name, schema_name=schema, columns=COLUMNS, source=_chunks(rows), format="binary"
        ),
    )


async def _chunks(rows: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Give rows in pieces that are worth a write."""
    chunk, size = [SIGNATURE], 0
    for row in rows:
        chunk.append(row)
        size += len(row)
        if size > _CHUNK_BYTES:
            yield b"".join(chunk)
            chunk, size = [], 0
    chunk.append(TRAILER)
    yield b"".join(chunk)


async def _until_lost(connection: Connection, copying: Awaitable[object]) -> None:
    """Wait for a ``COPY``, or for the end of its connection."""
    task = asyncio.current_task()
    waiting, lost = True, False

    def ended(_: object) -> None:
        nonlocal lost
        if waiting and task is not None:  # the loop may call this after we have gone on
            lost = True
            task.cancel()

    connection.add_termination_listener(ended)
    try:
        await copying
    except asyncio.CancelledError:
        if not lost or task is None or task.uncancel():
            raise
        raise asyncpg.ConnectionDoesNotExistError("connection was lost in a COPY") from None
    finally:
        waiting = False
        connection.remove_termination_listener(ended)
