"""What the search index has beside its four tables: words, what is contained, codes by date."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical import dated_store
from lianyi.projections.clinical.contained import ContainedRow, add_contained
from lianyi.projections.clinical.indexed import Rows
from lianyi.projections.clinical.store import copy
from lianyi.projections.clinical.words import WordsRow, rows_of

_TABLES: Final = ("hashed", "text", "span", "amount")


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
        for table in _TABLES:
            await connection.execute(
                f"DELETE FROM {schema}.{table} WHERE rid = ANY ($1)",  # noqa: S608
                inner,
            )


async def put(
    connection: Connection,
    schema: str,
    resources: Iterable[tuple[int, int, Mapping[str, Any]]],
    *,
    zone: ZoneInfo,
) -> None:
    """Put resources in, once they stand in the four tables.

    Args:
        connection: in a transaction.
        schema: of the version.
        resources: ``rid``, channel and content of each; none of them is in it.
        zone: of dates without one.
    """
    rows = Rows()
    resources = list(resources)
    await dated_store.put(connection, schema, [rid for rid, _, _ in resources])
    words: list[WordsRow] = []
    contained: list[ContainedRow] = []
    for rid, channel, resource in resources:
        words += rows_of(rid, channel, resource)
        contained += add_contained(rows, rid, channel, resource, zone)
    await copy(connection, schema, "words", words)
    await copy(connection, schema, "contained", contained)
    await copy(connection, schema, "hashed", rows.hashed)
    await copy(connection, schema, "text", rows.text)
    await copy(connection, schema, "span", rows.span)
    await copy(connection, schema, "amount", rows.amount)
