"""The versions of resources that messages made, as the tables of the repository hold them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.read_store import Kept

_KEPT = "rid, type, id, version, updated_at, channel, deleted, method, shard, number, body"


class Place(NamedTuple):
    """Of a version: number of the resource, and the message that made it."""

    rid: int
    shard: int
    number: int


class Changed(NamedTuple):
    """A version that a message made, and what stood before it.

    Attributes:
        rid, type, id, version, updated_at, channel, method, number, body: of the version.
        before: JSON of the version before; empty: there was none, or it was deleted.
        before_at: when that came to stand so.
    """

    rid: int
    type: str
    id: str
    version: int
    updated_at: datetime
    channel: int
    method: str
    number: int
    body: bytes
    before: bytes
    before_at: datetime | None


async def changed(
    connection: Connection,
    schema: str,
    types: Collection[str],
    *,
    shard: int,
    after: int,
    to: int,
) -> list[Changed]:
    """Return every version of some types that messages of a part of a shard made, in order.

    Args:
        connection: in a transaction.
        schema: of the version of the projection.
        types: of the resources.
        shard: of the messages.
        after: their numbers begin behind this one.
        to: and end with this one.
    """
    columns = "rid, type, id, version, updated_at, channel, method, number, part, body"
    made = " WHERE rid IN (SELECT rid FROM said) AND shard = $1 AND number > $2 AND number <= $3"
    rows = await connection.fetch(
        f"WITH said AS MATERIALIZED (SELECT DISTINCT rid FROM {schema}.stated"  # noqa: S608
        " WHERE shard = $1 AND number > $2 AND number <= $3 AND type = ANY ($4))"
        " SELECT t.rid, t.type, t.id, t.version, t.updated_at, t.channel, t.method, t.number,"
        "   t.body, coalesce(b.body, ''), b.updated_at"
        f" FROM (SELECT {columns} FROM {schema}.resource{made}"
        f"   UNION ALL SELECT {columns} FROM {schema}.version{made}) AS t"
        f" LEFT JOIN {schema}.version AS b ON b.rid = t.rid AND b.version = t.version - 1"
        ' ORDER BY t.number, t.part, t.id COLLATE "C", t.version',
        shard,
        after,
        to,
        list(types),
    )
    return [Changed(*row) for row in rows]


async def versions(
    connection: Connection, schema: str, places: Sequence[Place]
) -> dict[Place, Kept]:
    """Return versions by their places; one that is not seen, or was erased, is left out."""
    columns = ", ".join(f"t.{one}" for one in _KEPT.split(", "))
    rows = await connection.fetch(
        f"SELECT t.rid, r.patient, {columns.removeprefix('t.rid, ')}"  # noqa: S608
        f" FROM (SELECT {_KEPT} FROM {schema}.resource WHERE rid = ANY ($1)"
        f"   UNION ALL SELECT {_KEPT} FROM {schema}.version WHERE rid = ANY ($1)) AS t"
        f" JOIN {schema}.resource AS r ON r.rid = t.rid"
        " JOIN unnest($1::bigint[], $2::smallint[], $3::bigint[]) AS e(rid, shard, number)"
        " ON e.rid = t.rid AND e.shard = t.shard AND e.number = t.number ORDER BY t.version",
        [one.rid for one in places],
        [one.shard for one in places],
        [one.number for one in places],
    )
    return {Place(row["rid"], row["shard"], row["number"]): Kept(*row) for row in rows}


async def befores(connection: Connection, schema: str, rows: Sequence[Kept]) -> dict[int, Kept]:
    """Return the versions before some, by number of the resource; whom they are about is open."""
    found = await connection.fetch(
        "SELECT v.rid, NULL::bigint, v.type, v.id, v.version, v.updated_at, v.channel, v.deleted,"  # noqa: S608
        f" v.method, v.shard, v.number, v.body FROM {schema}.version AS v"
        " JOIN unnest($1::bigint[], $2::integer[]) AS e(rid, version)"
        " ON v.rid = e.rid AND v.version = e.version - 1",
        [row.rid for row in rows],
        [row.version for row in rows],
    )
    return {row["rid"]: Kept(*row) for row in found}
