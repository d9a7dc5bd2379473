"""What parameters of one's own say of resources, put into the index as they are learned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
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


async def put(
    connection: Connection, schema: str, resources: Sequence[Indexed], *, zone: ZoneInfo
) -> None:
    """Put resources into the index by every parameter of one's own; none of them is in it."""
    by_type: dict[str, list[Indexed]] = defaultdict(list)
    for one in resources:
        by_type[str(one[2]["resourceType"])].append(one)
    if not by_type:
        return
    parameters: dict[str, list[SearchParameter]] = defaultdict(list)
    for row in await parameter_store.list_indexed(connection, schema, by_type):
        parameters[row.type].append(row.parameter)
    rows = Rows()
    for type_, said in parameters.items():
        add(rows, type_, by_type[type_], said, zone)
    await write(connection, schema, rows)


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
