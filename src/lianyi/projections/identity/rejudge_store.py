"""What is read and written when the whole index is judged anew, in the schema of a version."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, NamedTuple

import msgspec
import numpy as np

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity import authority_store
from lianyi.projections.identity.columns import Places
from lianyi.projections.identity.meeting import Keys
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.relinking import Everybody, ReadRow

PAGE: Final = 5_000


class Standing(NamedTuple):
    """How all records stand, in the order in which they were taken.

    Attributes:
        persons: shape (n,): whose each is.
        beside: shape (n_pairs, 2): records of which one took the other's place, or about which
            somebody decided, or with one number of one authority under two names.
    """

    persons: Keys
    beside: Keys


class _Folded(msgspec.Struct):
    """A record as ``standing.record_of`` writes it, as far as it is read again."""

    registration: Registration


_folded: Final = msgspec.msgpack.Decoder(_Folded).decode


async def standing(connection: Connection, schema: str, everybody: Everybody) -> Standing:
    """Take all records, each as it was read.

    Args:
        connection: in a transaction.
        schema: of the version.
        everybody: takes them.
    """
    persons: list[int] = []
    cursor = await connection.cursor(
        "SELECT record, (extract(epoch FROM first_at) * 1000000)::bigint, keys, traits, person"  # noqa: S608
        f" FROM {schema}.record"
    )
    while rows := await cursor.fetch(PAGE):
        everybody.take([ReadRow(*row[:4]) for row in rows])
        persons += [row[4] for row in rows]
    beside = await connection.fetch(
        f"SELECT a, b FROM {schema}.decision UNION"  # noqa: S608
        f" SELECT record, kept FROM {schema}.record WHERE kept IS NOT NULL"
    )
    pairs = [tuple(row) for row in beside]
    pairs += await authority_store.of_one_authority(connection, schema)
    ends = np.array(pairs, np.int64).reshape(-1, 2)
    return Standing(np.array(persons, np.int64), ends)


async def registrations(
    connection: Connection, schema: str
) -> AsyncIterator[tuple[int, Registration]]:
    """Give what each record's system says of it."""
    cursor = await connection.cursor(f"SELECT record, folded FROM {schema}.record")  # noqa: S608
    while rows := await cursor.fetch(PAGE):
        for record, data in rows:
            yield record, _folded(data).registration


async def write_edges(
    connection: Connection, schema: str, a: Keys, b: Keys, lanes: Places, parts: Keys
) -> None:
    """Make these the edges of the index; those that stay are left where they are."""
    await connection.execute(
        f"CREATE TEMPORARY TABLE edge_anew (LIKE {schema}.edge) ON COMMIT DROP"
    )
    columns = a.tolist(), b.tolist(), lanes.tolist(), parts.tolist()
    await connection.copy_records_to_table("edge_anew", records=zip(*columns, strict=True))
    await connection.execute("ANALYZE edge_anew")
    await connection.execute(
        f"DELETE FROM {schema}.edge AS e WHERE NOT EXISTS (SELECT FROM edge_anew AS n WHERE"  # noqa: S608
        " (n.a, n.b, n.lane, n.bits) = (e.a, e.b, e.lane, e.bits))"
    )
    await connection.execute(
        f"INSERT INTO {schema}.edge SELECT * FROM edge_anew ON CONFLICT DO NOTHING"  # noqa: S608
    )
    await connection.execute("DROP TABLE edge_anew")


async def set_persons(connection: Connection, schema: str, records: Keys, persons: Keys) -> None:
    """Say whose records are."""
    for begin in range(0, len(records), PAGE):
        await connection.execute(
            f"UPDATE {schema}.record AS r SET person = t.person"  # noqa: S608
            " FROM unnest($1::bigint[], $2::bigint[]) AS t(record, person)"
            " WHERE r.record = t.record",
            records[begin : begin + PAGE].tolist(),
            persons[begin : begin + PAGE].tolist(),
        )


async def asked_about(connection: Connection, schema: str) -> set[int]:
    """Return all persons about whom something is asked."""
    rows = await connection.fetch(
        f"SELECT p FROM {schema}.question UNION SELECT q FROM {schema}.question"  # noqa: S608
    )
    return {row["p"] for row in rows}
