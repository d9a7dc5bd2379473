"""What parameters of one's own say of resources, put into the index as they are learned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from lianyi.formats.fhir.definitions import SearchParameter, r4
from lianyi.formats.fhir.indexing.extracting import extractor
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.folding import Resource
from lianyi.projections.clinical.indexed import Rows, add_values
from lianyi.projections.clinical.parameters import parameter_store
from lianyi.projections.clinical.store import copy

Indexed = tuple[int, int, Resource]
"""``rid``, channel and content of a resource."""


Parameters = Mapping[str, Sequence[SearchParameter]]
"""Parameters of one's own by the type that has them."""


async def parameters_of(connection: Connection, schema: str) -> Parameters:
    """Return the parameters of one's own that are indexed."""
    found: dict[str, list[SearchParameter]] = defaultdict(list)
    for row in await parameter_store.list_indexed(connection, schema):
        found[row.type].append(row.parameter)
    return found


def add(
    rows: Rows,
    type_: str,
    resources: Sequence[Indexed],
    parameters: Sequence[SearchParameter],
    zone: ZoneInfo,
) -> None:
    """Add the rows of resources of one type by some parameters. Pure."""
    read = extractor(type_, tuple(parameters), r4(), zone)
    for rid, channel, resource in resources:
        add_values(rows, rid, channel, type_, read(resource))


async def write(connection: Connection, schema: str, rows: Rows) -> None:
    """Write rows of the index."""
    await copy(connection, schema, "hashed", rows.hashed)
    await copy(connection, schema, "text", rows.text)
    await copy(connection, schema, "span", rows.span)
    await copy(connection, schema, "amount", rows.amount)
