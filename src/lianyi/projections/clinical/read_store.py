"""What is read of resources. Every function takes the schema of the version.

Asked as the doors, each sees only what came by channels that whoever asks may see.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.ids import resource_number

COLUMNS = (
    "rid, patient, type, id, version, updated_at, channel, deleted, method, shard, number, body"
)
_OF_PAST = COLUMNS.replace("patient", "NULL::bigint AS patient")
_WANTED = (
    "($1::bigint IS NULL OR rid = $1) AND ($2 = '' OR type = $2)"
    " AND ($3::timestamptz IS NULL OR updated_at >= $3)"
    " AND ($5::timestamptz IS NULL OR updated_at <= $5)"
)
"""Which versions a history has; ``$4`` and ``$5`` are the first and last instant of a span."""


class Kept(NamedTuple):
    """A version of a resource.

    Attributes:
        rid: number of the resource.
        patient: number of the Patient it is about; None: of none, or a version of the past.
        type, id, version, updated_at, deleted: as FHIR has them.
        channel: by which it came first.
        method: POST, PUT or DELETE.
        shard, number: the message that made this version.
        body: JSON; empty: deleted.
    """

    rid: int
    patient: int | None
    type: str
    id: str
    version: int
    updated_at: datetime
    channel: int
    deleted: bool
    method: str
    shard: int
    number: int
    body: bytes

    @property
    def position(self) -> Position:
        """Of the message that made this version."""
        return Position(self.shard, self.number)


class Stands(NamedTuple):
    """How far a resource is, whoever may see it."""

    rid: int
    version: int
    updated_at: datetime
    channel: int
    deleted: bool
    shard: int
    number: int


class Belongings(NamedTuple):
    """What belongs to whom, as far as whoever asks sees it.

    Attributes:
        organisations: of the channels that the wall lets through; of channel 0 none.
        whose: ``value^authority`` of Patients of which the index has a record.
        channels: that brought stored Patients first.
    """

    organisations: Mapping[int, str]
    whose: Mapping[int, str]
    channels: Mapping[int, int]


async def find(connection: Connection, schema: str, type_: str, id_: str) -> Kept | None:
    """Return how a resource stands, deleted or not."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM {schema}.resource WHERE rid = $1 AND type = $2 AND id = $3",  # noqa: S608
        resource_number(type_, id_),
        type_,
        id_,
    )
    return Kept(*row) if row else None


async def list_kept(connection: Connection, schema: str, rids: Sequence[int]) -> list[Kept]:
    """Return how resources stand, those that were not deleted, in the order asked for."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM {schema}.resource WHERE rid = ANY ($1) AND NOT deleted",  # noqa: S608
        list(rids),
    )
    found = {row["rid"]: Kept(*row) for row in rows}
    return [found[rid] for rid in rids if rid in found]


async def find_version(
    connection: Connection, schema: str, kept: Kept, version: int
) -> Kept | None:
    """Return a version of a resource.

    Args:
        connection: to the database.
        schema: of the version of the projection.
        kept: how the resource stands.
        version: that is wanted.
    """
    if kept.version == version:
        return kept
    row = await connection.fetchrow(
        f"SELECT {_OF_PAST} FROM {schema}.version WHERE rid = $1 AND version = $2",  # noqa: S608
        kept.rid,
        version,
    )
    return Kept(*row)._replace(patient=kept.patient) if row else None


async def history(
    connection: Connection,
    schema: str,
    *,
    rid: int | None = None,
    type_: str = "",
    since: datetime | None = None,
    at: tuple[datetime, datetime] | None = None,
    after: tuple[datetime, int, int] | None = None,
    limit: int,
) -> list[Kept]:
    """Return versions, the newest first.

    Args:
        connection: to the database.
        schema: of the version of the projection.
        rid: of this resource only.
        type_: of this type only; empty: of every type.
        since: that came to stand at or after this instant.
        at: that stood at some moment between these two, both included.
        after: ``updated_at``, ``rid`` and ``version`` of the last one that was seen.
        limit: so many at most.
    """
    wheres = f"{_WANTED} AND ($6::timestamptz IS NULL OR (updated_at, rid, version) < ($6, $7, $8))"
    order = "ORDER BY updated_at DESC, rid DESC, version DESC LIMIT $9"
    past = f"{schema}.version AS v WHERE {wheres} AND {_stood(schema)}"
    rows = await connection.fetch(
        f"SELECT * FROM ((SELECT {COLUMNS} FROM {schema}.resource WHERE {wheres} {order})"  # noqa: S608
        f" UNION ALL (SELECT {_OF_PAST} FROM {past} {order})) AS every"
        f" {order}",
        rid,
        type_,
        since,
        *(at or (None, None)),
        *(after or (None, None, None)),
        limit,
    )
    return [Kept(*row) for row in rows]


def _stood(schema: str) -> str:
    """Return the words for that what replaced a past version came after the span began."""
    later = " UNION ALL ".join(
        f"SELECT n.updated_at FROM {schema}.{table} AS n"  # noqa: S608
        " WHERE n.rid = v.rid AND n.version > v.version"
        for table in ("resource", "version")
    )
    return f"($4::timestamptz IS NULL OR (SELECT min(updated_at) FROM ({later}) AS l) > $4)"  # noqa: S608


async def count_history(
    connection: Connection,
    schema: str,
    *,
    rid: int | None = None,
    type_: str = "",
    since: datetime | None = None,
    at: tuple[datetime, datetime] | None = None,
) -> int:
    """Return how many versions a history has; see :func:`history`."""
    found: int = await connection.fetchval(
        f"SELECT (SELECT count(*) FROM {schema}.resource WHERE {_WANTED})"  # noqa: S608
        f" + (SELECT count(*) FROM {schema}.version AS v WHERE {_WANTED} AND {_stood(schema)})",
        rid,
        type_,
        since,
        *(at or (None, None)),
    )
    return found


async def patients_of(
    connection: Connection, schema: str, rids: Collection[int]
) -> dict[int, int | None]:
    """Return the number of the Patient whom each of some resources is about."""
    rows = await connection.fetch(
        f"SELECT rid, patient FROM {schema}.resource WHERE rid = ANY ($1)",  # noqa: S608
        list(rids),
    )
    return {row["rid"]: row["patient"] for row in rows}


async def whose_and_channels(
    connection: Connection, schema: str, patients: Collection[int], channels: Collection[int]
) -> tuple[dict[int, str], dict[int, str]]:
    """Return ``value^authority`` of Patients, and the organisations of channels, as far as seen."""
    row = await connection.fetchrow(
        "SELECT * FROM"  # noqa: S608
        " (SELECT coalesce(array_agg(rid), '{}') AS rids, coalesce(array_agg(whose), '{}') AS whose"
        f"  FROM {schema}.patient WHERE rid = ANY ($1)) AS of_index,"
        " (SELECT coalesce(array_agg(channel), '{}') AS channels,"
        "   coalesce(array_agg(organisation), '{}') AS organisations"
        "  FROM messagelog.channel WHERE channel = ANY ($2)) AS brought",
        list(patients),
        list(channels),
    )
    assert row is not None  # noqa: S101 - aggregates give one row
    return (
        dict(zip(row["rids"], row["whose"], strict=True)),
        dict(zip(row["channels"], row["organisations"], strict=True)),
    )


async def patients_with_record(
    connection: Connection, schema: str, records: Collection[int]
) -> list[int]:
    """Return the numbers of stored Patients that are records of the index, under any id."""
    rows = await connection.fetch(
        f"SELECT rid FROM {schema}.patient WHERE record = ANY ($1)",  # noqa: S608
        list(records),
    )
    return [row["rid"] for row in rows]


async def record_of_patient(connection: Connection, schema: str, patient: int) -> int | None:
    """Return the record of the index that a stored Patient is."""
    found: int | None = await connection.fetchval(
        f"SELECT record FROM {schema}.patient WHERE rid = $1",  # noqa: S608
        patient,
    )
    return found


# --- what whoever writes needs to know ----------------------------------------------------------


async def standing(connection: Connection, schema: str, rids: Collection[int]) -> dict[int, Stands]:
    """Return how far resources are, whoever may see them."""
    rows = await connection.fetch(f"SELECT * FROM {schema}.standing($1)", list(rids))  # noqa: S608
    return {row["rid"]: Stands(*row) for row in rows}


async def not_passed(connection: Connection, schema: str, reader: str, kind: str) -> int | None:
    """Return the number of the last act of a kind beyond where a reader is; None: there is none."""
    found: int | None = await connection.fetchval(
        f"SELECT {schema}.not_passed($1, $2)",
        reader,
        kind,
    )
    return found


async def belongings(connection: Connection, schema: str, patients: Collection[int]) -> Belongings:
    """Return what belongs to whom, as far as it is seen.

    Args:
        connection: to the database.
        schema: of the version.
        patients: numbers of Patients that are asked about, stored or not.
    """
    row = await connection.fetchrow(
        "SELECT * FROM"  # noqa: S608
        " (SELECT coalesce(array_agg(v.channel), '{}') AS channels,"
        "   coalesce(array_agg(coalesce(c.organisation, '')), '{}') AS organisations"
        "  FROM unnest(messagelog.visible_channels()) AS v(channel)"
        "  LEFT JOIN messagelog.channel AS c USING (channel)) AS visible,"
        " (SELECT coalesce(array_agg(rid), '{}') AS known,"
        "   coalesce(array_agg(whose), '{}') AS whose"
        f"  FROM {schema}.patient WHERE rid = ANY ($1)) AS of_index,"
        " (SELECT coalesce(array_agg(rid), '{}') AS stored,"
        "   coalesce(array_agg(channel), '{}') AS brought_by"
        f"  FROM {schema}.resource WHERE rid = ANY ($1) AND channel <> 0) AS stored",
        list(patients),
    )
    assert row is not None  # noqa: S101 - aggregates give one row
    return Belongings(
        dict(zip(row["channels"], row["organisations"], strict=True)),
        dict(zip(row["known"], row["whose"], strict=True)),
        dict(zip(row["stored"], row["brought_by"], strict=True)),
    )


async def hold_writing(connection: Connection) -> None:
    """Be the only one who decides about writes, until :func:`let_writing_go`."""
    await connection.execute("SELECT pg_advisory_lock(hashtext('clinical.writing'))")


async def writing_is_awaited(connection: Connection) -> bool:
    """Tell whether somebody else in the house waits to decide about writes."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pg_locks AS l,"
        " (SELECT hashtext('clinical.writing')::bigint AS key) AS held"
        " WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND NOT l.granted"
        " AND l.classid::bigint = held.key >> 32 & 4294967295"
        " AND l.objid::bigint = held.key & 4294967295 AND l.database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database()))"
    )
    return found


async def let_writing_go(connection: Connection) -> None:
    """Let others decide about writes."""
    await connection.execute("SELECT pg_advisory_unlock(hashtext('clinical.writing'))")
