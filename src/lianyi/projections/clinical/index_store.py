"""Writing the search index of resources."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from zoneinfo import ZoneInfo

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.folding import Resource
from lianyi.projections.clinical.indexed import Rows, add_rows
from lianyi.projections.clinical.store import copy

TABLES = ("hashed", "text", "span", "amount")


async def drop(connection: Connection, schema: str, rids: Collection[int]) -> None:
    """Take resources out of the index."""
    if not rids:
        return
    for table in TABLES:
        await connection.execute(
            f"DELETE FROM {schema}.{table} WHERE rid = ANY ($1)",  # noqa: S608
            list(rids),
        )


async def put(
    connection: Connection,
    schema: str,
    resources: Sequence[tuple[int, int, Resource]],
    *,
    zone: ZoneInfo,
) -> None:
    """Put resources into the index.

    Args:
        connection: in a transaction.
        schema: of the version.
        resources: ``rid``, channel and content of each; none of them is in it.
        zone: of dates without one.
    """
    rows = Rows()
    for rid, channel, resource in resources:
        add_rows(rows, rid, channel, resource, zone)
    await copy(connection, schema, "hashed", rows.hashed)
    await copy(connection, schema, "text", rows.text)
    await copy(connection, schema, "span", rows.span)
    await copy(connection, schema, "amount", rows.amount)
