"""Resources of one type in the order of their numbers, and versions in that of the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.read_store import Kept

_COLUMNS = (
    "rid, patient, type, id, version, updated_at, channel, deleted, method, shard, number, body"
)


class Stood(NamedTuple):
    """A version of a resource, as a segment holds it."""

    id: str
    version: int
    updated_at: datetime
    number: int
    deleted: bool
    body: bytes


async def page(
    connection: Connection,
    schema: str,
    type_: str,
    *,
    after: int | None,
    limit: int,
    whose: Sequence[int] | None = None,
) -> list[Kept]:
    """Return the next resources of a type that were not deleted, by ``rid``.

    Args:
        connection: in a transaction.
        schema: of the version of the projection.
        type_: of the resources.
        after: ``rid`` of the last one before; None: from the first.
        limit: so many at most.
        whose: only what is about these Patients, or is one of them; None: about anybody.
    """
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM {schema}.resource"  # noqa: S608
        " WHERE type = $1 AND NOT deleted AND ($2::bigint IS NULL OR rid > $2)"
        f"{'' if whose is None else ' AND patient = ANY ($4)'} ORDER BY rid LIMIT $3",
        type_,
        after,
        limit,
        *([] if whose is None else [list(whose)]),
    )
    return [Kept(*row) for row in rows]


async def stood(
    connection: Connection, schema: str, type_: str, *, shard: int, after: int, to: int
) -> list[Stood]:
    """Return every version of a type that messages of a part of a shard made, in order.

    Args:
        connection: in a transaction.
        schema: of the version of the projection.
        type_: of the resources.
        shard: of the messages.
        after: their numbers begin behind this one.
        to: and end with this one.
    """
    columns = "id, version, updated_at, number, deleted, body"
    made = " WHERE rid IN (SELECT rid FROM said) AND shard = $2 AND number > $3 AND number <= $4"
    rows = await connection.fetch(
        f"WITH said AS MATERIALIZED (SELECT DISTINCT rid FROM {schema}.stated"  # noqa: S608
        " WHERE shard = $2 AND number > $3 AND number <= $4 AND type = $1)"
        f" SELECT {columns} FROM (SELECT {columns}, part FROM {schema}.resource{made}"
        f" UNION ALL SELECT {columns}, part FROM {schema}.version{made}) AS t"
        ' ORDER BY number, part, id COLLATE "C", version',
        type_,
        shard,
        after,
        to,
    )
    return [Stood(*row) for row in rows]
