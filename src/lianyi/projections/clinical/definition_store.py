"""What is read of the definitions of the house: resources of channel 0 that belong to nobody."""

from __future__ import annotations

from typing import Final, NamedTuple

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.ids import resource_number

HOUSE: Final = 0
"""The channel of what belongs to no hospital."""
DEFINITIONS_MAX: Final = 200
"""So many of a type are kept."""


class Definition(NamedTuple):
    """A definition as it stands."""

    id: str
    body: bytes


async def list_of_house(connection: Connection, schema: str, type_: str) -> list[Definition]:
    """Return the definitions of a type, by id."""
    rows = await connection.fetch(
        f"SELECT id, body FROM {schema}.resource"  # noqa: S608
        " WHERE type = $1 AND NOT deleted AND channel = $2"
        ' ORDER BY id COLLATE "C" LIMIT $3',
        type_,
        HOUSE,
        DEFINITIONS_MAX,
    )
    return [Definition(*row) for row in rows]


async def find_of_house(
    connection: Connection, schema: str, type_: str, id_: str
) -> Definition | None:
    """Return a definition."""
    row = await connection.fetchrow(
        f"SELECT id, body FROM {schema}.resource"  # noqa: S608
        " WHERE rid = $1 AND type = $2 AND id = $3 AND NOT deleted AND channel = $4",
        resource_number(type_, id_),
        type_,
        id_,
        HOUSE,
    )
    return Definition(*row) if row else None
