"""Which stored resources are called by a canonical."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from lianyi.messagelog.postgres_leases import Connection


class Found(NamedTuple):
    """A stored CodeSystem or ValueSet, as far as it is known without its content."""

    rid: int
    version: int
    updated_at: datetime
    channel: int


async def called(
    connection: Connection, schema: str, p: int, numbers: Sequence[int]
) -> list[tuple[int, Found]]:
    """Return what has one of some values of a parameter, with the value; the newest first."""
    rows = await connection.fetch(
        "SELECT h.v, r.rid, r.version, r.updated_at, r.channel"  # noqa: S608
        f" FROM {schema}.hashed AS h JOIN {schema}.resource AS r ON r.rid = h.rid"
        " WHERE h.p = $1 AND h.v = ANY ($2) AND NOT r.deleted"
        " ORDER BY r.updated_at DESC, r.rid",
        p,
        list(numbers),
    )
    return [(row[0], Found(*tuple(row)[1:])) for row in rows]


async def standing(connection: Connection, schema: str, rid: int) -> Found | None:
    """Return how a resource stands; None: there is none that is seen."""
    row = await connection.fetchrow(
        f"SELECT rid, version, updated_at, channel FROM {schema}.resource"  # noqa: S608
        " WHERE rid = $1 AND NOT deleted",
        rid,
    )
    return None if row is None else Found(*row)


async def saying(
    connection: Connection, schema: str, p: int, numbers: Sequence[int], *, limit: int
) -> list[tuple[int, int | None, bytes]]:
    """Return some resources that have one of some values of a parameter.

    Args:
        connection: in a transaction.
        schema: of the version of the repository.
        p: number of the parameter.
        numbers: of the values.
        limit: so many of each; the same ones every time.

    Returns:
        The value, the patient and the JSON of each.
    """
    rows = await connection.fetch(
        "SELECT wanted.v, one.patient, one.body FROM unnest($2::bigint[]) AS wanted(v)"  # noqa: S608
        f" CROSS JOIN LATERAL (SELECT r.patient, r.body FROM {schema}.hashed AS h"
        f" JOIN {schema}.resource AS r ON r.rid = h.rid"
        " WHERE h.p = $1 AND h.v = wanted.v AND NOT r.deleted"
        " ORDER BY h.rid LIMIT $3) AS one",
        p,
        list(numbers),
        limit,
    )
    return [(row["v"], row["patient"], row["body"]) for row in rows]
