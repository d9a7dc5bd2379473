"""``COPY`` that ends when its connection does.

asyncpg (0.31, 0.32) waits for ever when a connection is lost while it waits for room to send more
rows: nobody tells it that there will be none. So whoever copies listens for the end himself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from functools import lru_cache
from typing import Any, cast

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

    Args and errors are those of :func:`copy_rows`. What fits into one write leaves with the
    statement and is waited for once; asyncpg's own ``copy_to_table`` would put the same statement
    together each time, which costs a commit of a few messages as much again.
    """
    data = b"".join((SIGNATURE, *rows, TRAILER))
    if len(data) <= _CHUNK_BYTES:
        await cast("Any", connection)._copy_in(_statement(table), memoryview(data), None)
        return
    schema, _, name = table.partition(".")
    await _until_lost(
        connection,
        connection.copy_to_table(
            name, schema_name=schema, columns=COLUMNS, source=_chunks(data), format="binary"
        ),
    )


@lru_cache(maxsize=256)
def _statement(table: str) -> str:
    schema, _, name = table.partition(".")
    columns = ", ".join(map(_quoted, COLUMNS))
    return f"COPY {_quoted(schema)}.{_quoted(name)} ({columns}) FROM STDIN (FORMAT binary)"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


async def _chunks(data: bytes) -> AsyncIterator[bytes]:
    """Give data in pieces that are worth a write."""
    for at in range(0, len(data), _CHUNK_BYTES):
        yield data[at : at + _CHUNK_BYTES]


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
