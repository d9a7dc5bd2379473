"""``COPY`` that ends when its connection does.

asyncpg (0.31, 0.32) waits for ever when a connection is lost while it waits for room to send more
rows: nobody tells it that there will be none. So whoever copies listens for the end himself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg

from lianyi.messagelog.postgres_leases import Connection


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
    task = asyncio.current_task()
    copying, lost = True, False

    def ended(_: object) -> None:
        nonlocal lost
        if copying and task is not None:  # the loop may call this after we have gone on
            lost = True
            task.cancel()

    connection.add_termination_listener(ended)
    try:
        await connection.copy_records_to_table(
            name, schema_name=schema, columns=columns, records=records
        )
    except asyncio.CancelledError:
        if not lost or task is None or task.uncancel():
            raise
        raise asyncpg.ConnectionDoesNotExistError("connection was lost in a COPY") from None
    finally:
        copying = False
        connection.remove_termination_listener(ended)
