"""What is read of the index to keep it. Every function takes the schema of the version.

Asked as the doors, each sees only the records that the channels of whoever asks speak of.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity.blocking import CROWD_MAX
from lianyi.projections.identity.table_store import DecisionRow, RecordRow

Pair = tuple[int, int]


class ModelRow(NamedTuple):
    """A model that was put in force."""

    shard: int
    number: int
    said_at: datetime
    model: bytes


async def models(connection: Connection, schema: str, *, limit: int) -> list[ModelRow]:
    """Return the models that were put in force, the one in force first."""
    rows = await connection.fetch(
        f"SELECT shard, number, said_at, model FROM {schema}.model"  # noqa: S608
        " ORDER BY said_at DESC, shard DESC, number DESC LIMIT $1",
        limit,
    )
    return [ModelRow(*row) for row in rows]


async def records_by_person(connection: Connection, schema: str, *, limit: int) -> list[RecordRow]:
    """Return the records that stand, of the persons of the smallest numbers."""
    rows = await connection.fetch(
        f"SELECT * FROM {schema}.record WHERE kept IS NULL ORDER BY person LIMIT $1",  # noqa: S608
        limit,
    )
    return [RecordRow(*row) for row in rows]


async def records_after(
    connection: Connection, schema: str, after: int | None, *, limit: int
) -> list[RecordRow]:
    """Return records by number."""
    rows = await connection.fetch(
        f"SELECT * FROM {schema}.record WHERE $1::bigint IS NULL OR record > $1"  # noqa: S608
        " ORDER BY record LIMIT $2",
        after,
        limit,
    )
    return [RecordRow(*row) for row in rows]


async def records_with(connection: Connection, schema: str, keys: Sequence[int]) -> list[RecordRow]:
    """Return everybody who has one of these keys, while it is none too crowded."""
    rows = await connection.fetch(
        f"SELECT r.* FROM {schema}.candidates($1, $2) AS c"  # noqa: S608
        f" JOIN {schema}.record AS r ON r.record = c.record",
        keys,
        CROWD_MAX,
    )
    return [RecordRow(*row) for row in rows]


async def count_about(connection: Connection, schema: str) -> int:
    """Return about how many records there are, as PostgreSQL last counted."""
    found: int = await connection.fetchval(
        "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = $1::regclass",
        f"{schema}.record",
    )
    return found


async def lanes(
    connection: Connection, schema: str, records: Collection[int] | None = None
) -> dict[Pair, int]:
    """Return the lanes of all pairs that are linked or asked about, or of those at records."""
    rows = await connection.fetch(
        f"SELECT a, b, lane FROM {schema}.edge"  # noqa: S608
        " WHERE $1::bigint[] IS NULL OR a = ANY ($1) OR b = ANY ($1)",
        None if records is None else list(records),
    )
    return {(row["a"], row["b"]): row["lane"] for row in rows}


async def decisions(connection: Connection, schema: str) -> list[DecisionRow]:
    """Return all decisions."""
    rows = await connection.fetch(f"SELECT * FROM {schema}.decision")  # noqa: S608
    return [DecisionRow(*row) for row in rows]


async def questions(connection: Connection, schema: str) -> frozenset[Pair]:
    """Return all pairs of persons about whom somebody must be asked."""
    rows = await connection.fetch(f"SELECT p, q FROM {schema}.question")  # noqa: S608
    return frozenset({(row["p"], row["q"]) for row in rows})
