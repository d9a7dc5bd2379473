"""Writing the search index of resources."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from zoneinfo import ZoneInfo

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical import dated_store
from lianyi.projections.clinical.contained import ContainedRow, add_contained
from lianyi.projections.clinical.copying import Copies
from lianyi.projections.clinical.indexed import TABLES, Rows, add_rows
from lianyi.projections.clinical.parameters.indexing import Indexed, Parameters, add
from lianyi.projections.clinical.words import WordsRow, rows_of


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
    copies: Copies, resources: Sequence[Indexed], own: Parameters, *, zone: ZoneInfo
) -> None:
    """Put a few resources into the index, and into what it has beside its tables.

    Args:
        copies: hands rows over to the version.
        resources: ``rid``, channel and content of each; none of them is in it.
        own: parameters of one's own, by type.
        zone: of dates without one.
    """
    rows = Rows()
    for rid, channel, resource in resources:
        add_rows(rows, rid, channel, resource, zone)
    dated = dated_store.rows_of(rows)
    words: list[WordsRow] = []
    contained: list[ContainedRow] = []
    for rid, channel, resource in resources:
        words += rows_of(rid, channel, resource)
        contained += add_contained(rows, rid, channel, resource, zone)
    for type_, parameters in own.items():
        if of_type := [one for one in resources if one[2]["resourceType"] == type_]:
            add(rows, type_, of_type, parameters, zone)
    for table in TABLES:
        await copies.add(table, getattr(rows, table))
    await copies.add("dated", dated)
    await copies.add("words", words)
    await copies.add("contained", contained)
