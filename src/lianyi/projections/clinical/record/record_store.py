"""The SQL of a patient's record. Every function takes the schema of the version in force.

Asked as the doors, each sees only what the channels of whoever asks brought.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from lianyi.messagelog.postgres_leases import Connection

RESOURCES_MAX = 50_000
"""Of one person; a record of more is cut off at its oldest part, and says so."""

LOOKED_AT_MAX = 20_000
"""Of so many Patients of a name those are sought whom the index does not know."""


class KeptRow(NamedTuple):
    """A resource as it stands, and where it comes from."""

    patient: int
    type: str
    id: str
    version: int
    updated_at: datetime
    channel: int
    shard: int
    number: int
    body: bytes


class VersionRow(NamedTuple):
    """One version of a resource."""

    version: int
    updated_at: datetime
    channel: int
    shard: int
    number: int
    method: str
    deleted: bool
    body: bytes


_KEPT = "patient, type, id, version, updated_at, channel, shard, number, body"


async def patients_of(
    connection: Connection, schema: str, records: Collection[int]
) -> list[tuple[int, int]]:
    """Return the Patients of records that were written under ids of their own: rid, record."""
    rows = await connection.fetch(
        f"SELECT rid, record FROM {schema}.patient WHERE record = ANY ($1)",  # noqa: S608
        list(records),
    )
    return [(row["rid"], row["record"]) for row in rows]


async def resources_about(
    connection: Connection, schema: str, patients: Collection[int]
) -> list[KeptRow]:
    """Return everything that stands about some Patients, what changed last first."""
    rows = await connection.fetch(
        f"SELECT {_KEPT} FROM {schema}.resource"  # noqa: S608
        " WHERE patient = ANY ($1) AND NOT deleted AND type <> 'Patient'"
        " ORDER BY updated_at DESC, rid LIMIT $2",
        list(patients),
        RESOURCES_MAX,
    )
    return [KeptRow(*row) for row in rows]


async def find_resource(connection: Connection, schema: str, rid: int) -> KeptRow | None:
    """Return one resource that stands."""
    row = await connection.fetchrow(
        f"SELECT {_KEPT} FROM {schema}.resource WHERE rid = $1 AND NOT deleted",  # noqa: S608
        rid,
    )
    return KeptRow(*row) if row else None


async def said_beside(connection: Connection, schema: str, row: KeptRow) -> list[KeptRow]:
    """Return what the message that brought a resource said last, and all documents."""
    rows = await connection.fetch(
        f"SELECT {_KEPT} FROM {schema}.resource"  # noqa: S608
        " WHERE patient = $1 AND NOT deleted AND type <> 'Patient'"
        " AND (type IN ('Composition', 'DocumentReference') OR (shard, number) = ($2, $3))"
        " ORDER BY updated_at DESC, rid LIMIT $4",
        row.patient,
        row.shard,
        row.number,
        RESOURCES_MAX,
    )
    return [KeptRow(*row) for row in rows]


async def versions_of(connection: Connection, schema: str, rid: int) -> list[VersionRow]:
    """Return the versions of a resource, the newest first."""
    columns = "version, updated_at, channel, shard, number, method, deleted, body"
    rows = await connection.fetch(
        f"SELECT {columns} FROM {schema}.resource WHERE rid = $1"  # noqa: S608
        f" UNION ALL SELECT {columns} FROM {schema}.version WHERE rid = $1 ORDER BY version DESC",
        rid,
    )
    return [VersionRow(*row) for row in rows]


async def unregistered(
    connection: Connection,
    schema: str,
    index: str,
    *,
    names: int,
    beginning: str,
    identifiers: int,
    codes: Collection[int],
) -> list[KeptRow]:
    """Return Patients whom the index does not know, by name or identifier; a hundred at most.

    Args:
        connection: to the database.
        schema: of the version of the repository.
        index: schema of the version of the patient index.
        names: number of the search parameter.
        beginning: of a name, as names are kept in the index of searches; empty: none is meant.
        identifiers: number of the search parameter.
        codes: numbers of identifiers; see ``index_values.token_code``.
    """
    columns = ", ".join(f"s.{name}" for name in _KEPT.split(", "))
    rows = await connection.fetch(
        f"SELECT {columns} FROM {schema}.resource AS s"  # noqa: S608
        f" JOIN {schema}.patient AS p ON p.rid = s.rid"
        " WHERE NOT s.deleted AND s.rid IN ("
        f" (SELECT t.rid FROM {schema}.text AS t WHERE t.p = $1 AND t.key = 0 AND $2 <> ''"
        f"  AND t.v >= $2 AND t.v < $3 LIMIT {LOOKED_AT_MAX:d}) UNION ALL"
        f" (SELECT h.rid FROM {schema}.hashed AS h WHERE h.p = $4 AND h.v = ANY ($5)"
        f"  LIMIT {LOOKED_AT_MAX:d}))"
        f" AND NOT EXISTS (SELECT FROM {index}.record AS r WHERE r.record = p.record)"
        " ORDER BY s.updated_at DESC, s.rid LIMIT 100",
        names,
        beginning,
        beginning + "\U0010ffff",
        identifiers,
        list(codes),
    )
    return [KeptRow(*row) for row in rows]
