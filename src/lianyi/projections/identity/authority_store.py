"""The names of assigning authorities by which a version of the index was learned.

They are kept with it: another file of names counts for a version that is built anew, so what is in
force stays a function of the log and of what it holds itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity.authorities import Authorities

_TABLES = """
-- Each name of an assigning authority that has several, its own among them.
CREATE TABLE {schema}.authority (name text NOT NULL PRIMARY KEY, own text NOT NULL);
GRANT SELECT ON {schema}.authority TO lianyi_doors;
"""
DIGESTED: Final[Mapping[str, str]] = {"authority": "name, own"}
"""See ``projection_store.digest``."""


async def create(connection: Connection, schema: str, authorities: Authorities) -> None:
    """Keep the names, beside the tables of the index."""
    await connection.execute(_TABLES.format(schema=schema))
    await connection.executemany(
        f"INSERT INTO {schema}.authority VALUES ($1, $2)",  # noqa: S608
        sorted(authorities.known.items()),
    )


async def authorities(connection: Connection, schema: str) -> Authorities:
    """Return the names by which a version was learned."""
    rows = await connection.fetch(f"SELECT name, own FROM {schema}.authority")  # noqa: S608
    return Authorities({row["name"]: row["own"] for row in rows})


async def of_one_authority(
    connection: Connection, schema: str, records: Collection[int] | None = None
) -> dict[tuple[int, int], tuple[bytes, bytes]]:
    """Return pairs of records with one number of one authority under two of its names.

    Args:
        connection: in a transaction.
        schema: of the version.
        records: at least one of each pair is among these; None: all pairs.

    Returns:
        To each pair, the smaller first, what is compared of both.
    """
    rows = await connection.fetch(
        "SELECT r.record AS a, o.record AS b, r.traits AS of_a, o.traits AS of_b"  # noqa: S608
        f" FROM {schema}.record AS r"
        f" JOIN {schema}.authority AS n ON n.name = r.source"
        f" JOIN {schema}.authority AS m ON m.own = n.own AND m.name <> n.name"
        f" JOIN {schema}.record AS o ON o.mrn = r.mrn AND o.source = m.name"
        " WHERE $1::bigint[] IS NULL OR r.record = ANY ($1)",
        None if records is None else list(records),
    )
    return {
        (a, b) if a < b else (b, a): (of_a, of_b) if a < b else (of_b, of_a)
        for a, b, of_a, of_b in rows
    }
