"""What the search index has beside its four tables: words, what is contained, codes by date."""

from __future__ import annotations

from collections.abc import Collection

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical import dated_store
from lianyi.projections.clinical.indexed import TABLES


async def drop(connection: Connection, schema: str, rids: Collection[int]) -> None:
    """Take resources out, while they still stand in the four tables."""
    if not rids:
        return
    await dated_store.drop(connection, schema, rids)
    await connection.execute(
        f"DELETE FROM {schema}.words WHERE rid = ANY ($1)",  # noqa: S608
        list(rids),
    )
    gone = await connection.fetch(
        f"DELETE FROM {schema}.contained WHERE container = ANY ($1) RETURNING rid",  # noqa: S608
        list(rids),
    )
    if gone:
        inner = [row["rid"] for row in gone]
        for table in TABLES:
            await connection.execute(
                f"DELETE FROM {schema}.{table} WHERE rid = ANY ($1)",  # noqa: S608
                inner,
            )
