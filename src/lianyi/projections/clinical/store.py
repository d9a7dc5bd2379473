"""What the repository reads and writes while it learns; every function takes the schema."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from lianyi.formats.fhir import json_text
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.folding import Entry, Place
from lianyi.projections.clinical.table_store import (
    PatientRow,
    ResourceRow,
    StatedRow,
    VersionRow,
)


class StandingRow(NamedTuple):
    """How a resource stands, as far as the next statement needs it."""

    rid: int
    version: int
    channel: int
    deleted: bool
    type: str
    id: str
    latest: bytes
    body: bytes


async def copy(
    connection: Connection, schema: str, table: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Add rows to a table, its columns in the order in which it was made."""
    if rows:
        await connection.copy_records_to_table(table, schema_name=schema, records=rows)


async def standing_of(
    connection: Connection, schema: str, rids: Collection[int]
) -> dict[int, StandingRow]:
    """Return how resources stand."""
    if not rids:
        return {}
    rows = await connection.fetch(
        "SELECT rid, version, channel, deleted, type, id, latest, body"  # noqa: S608
        f" FROM {schema}.resource WHERE rid = ANY ($1)",
        list(rids),
    )
    return {row["rid"]: StandingRow(*row) for row in rows}


async def stated_of(
    connection: Connection, schema: str, rids: Collection[int]
) -> dict[int, list[StatedRow]]:
    """Return all that was said of resources."""
    if not rids:
        return {}
    columns = ", ".join(StatedRow._fields)
    found: dict[int, list[StatedRow]] = defaultdict(list)
    for row in await connection.fetch(
        f"SELECT {columns} FROM {schema}.stated WHERE rid = ANY ($1)",  # noqa: S608
        list(rids),
    ):
        found[row["rid"]].append(StatedRow(*row))
    return found


def entry_of(row: StatedRow) -> Entry:
    """Return a statement as it is folded."""
    place = Place(row.came_at, row.shard, row.number, row.part)
    resource = json_text.read(row.body) if row.body else {}
    return Entry(row.said_at, row.rank, place, row.channel, row.whole, row.deleted, resource)


async def forget_message(connection: Connection, schema: str, position: Position) -> set[int]:
    """Take away what an erased message said; return the resources that it was about."""
    rows = await connection.fetch(
        f"DELETE FROM {schema}.stated WHERE (shard, number) IN"  # noqa: S608
        f" (SELECT $1::smallint, $2::bigint UNION ALL SELECT shard, number FROM {schema}.stated"
        "  WHERE from_shard = $1 AND from_number = $2"
        "  AND (from_shard <> shard OR from_number <> number))"
        " AND (from_shard, from_number) = ($1, $2) RETURNING rid",
        position.shard,
        position.number,
    )
    return {row["rid"] for row in rows}


async def keep_versions(connection: Connection, schema: str, rids: Collection[int]) -> None:
    """Let the versions that stand be versions of the past."""
    if not rids:
        return
    columns = ", ".join(VersionRow._fields)
    await connection.execute(
        f"INSERT INTO {schema}.version ({columns}) SELECT {columns} FROM {schema}.resource"  # noqa: S608
        " WHERE rid = ANY ($1)",
        list(rids),
    )


async def drop_versions(connection: Connection, schema: str, rids: Collection[int]) -> None:
    """Take the versions of the past away, to be written anew."""
    if not rids:
        return
    await connection.execute(
        f"DELETE FROM {schema}.version WHERE rid = ANY ($1)",  # noqa: S608
        list(rids),
    )


async def drop_resources(connection: Connection, schema: str, rids: Collection[int]) -> None:
    """Take away how resources stand."""
    if not rids:
        return
    for table in ("resource", "patient"):
        await connection.execute(
            f"DELETE FROM {schema}.{table} WHERE rid = ANY ($1)",  # noqa: S608
            list(rids),
        )


async def put_resources(connection: Connection, schema: str, rows: Sequence[ResourceRow]) -> None:
    """Write how resources stand; none of them is there."""
    await copy(connection, schema, "resource", rows)


async def put_latest(
    connection: Connection, schema: str, notes: Sequence[tuple[int, bytes]]
) -> None:
    """Write what is known of the statements of resources that stand as they stood."""
    if notes:
        await connection.execute(
            f"UPDATE {schema}.resource AS r SET latest = n.latest"  # noqa: S608
            " FROM unnest($1::bigint[], $2::bytea[]) AS n(rid, latest) WHERE r.rid = n.rid",
            [rid for rid, _ in notes],
            [note for _, note in notes],
        )


async def put_patients(connection: Connection, schema: str, rows: Sequence[PatientRow]) -> None:
    """Write which records of the patient index some Patients are; none of them is there."""
    await copy(connection, schema, "patient", rows)
