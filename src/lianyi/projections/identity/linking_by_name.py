"""Records that are one patient: one number under two names of one authority."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Final

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity import authority_store
from lianyi.projections.identity.evidence import compare_registrations
from lianyi.projections.identity.partition import Said
from lianyi.projections.identity.table_store import DecisionRow
from lianyi.projections.identity.traits import Traits

BY_NAME: Final = "同一机构两个名称的同一号码 / one number under two names of one authority"
"""Reason of such a link."""
_BEFORE_ALL: Final = datetime.min.replace(tzinfo=UTC)
_NO_SHARD: Final = -1


async def links_by_name(
    connection: Connection,
    schema: str,
    records: Collection[int],
    read: Callable[[bytes], Traits],
) -> list[DecisionRow]:
    """Return links of records with what has the same number under another name of its authority.

    Two that have valid numbers of two people, or were born in another order, are not linked: then
    the authority gave its number twice, or the names are not one authority's. Whatever somebody
    decides of the two is later, and holds.

    Args:
        connection: in a transaction.
        schema: of the version.
        records: at least one of each two.
        read: reads what is compared of a record.
    """
    found = []
    pairs = await authority_store.of_one_authority(connection, schema, records)
    for (a, b), both in sorted(pairs.items()):
        e = compare_registrations(*map(read, both))
        if not (e.ids_conflict or e.orders_differ):
            found.append(DecisionRow(_NO_SHARD, a, b, a, b, Said.LINK, _BEFORE_ALL, "", BY_NAME))
    return found
