"""What is counted over the whole index to say how good its data are.

Everything is counted of the records that whoever asks may see, by the database, in one reading.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from lianyi.messagelog.postgres_leases import Connection

SOURCES_MAX: Final = 200
CROWDS_MAX: Final = 400
"""So many crowded keys are looked at; some of them are of no single value."""
CROWD_SCANNED_MAX: Final = 1_000_000

MISSING: Final = {"no-name": "name = ''", "no-sex": "sex = ''", "no-birth": "born = ''"}
"""What a record can lack, as SQL says it."""

_FUNCTIONS = """
-- The keys that many of the records have that whoever asks may see, and the first of these.
CREATE FUNCTION {schema}.crowds(at_least integer, at_most integer)
RETURNS TABLE (k bigint, records bigint, example bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
    served boolean := current_setting('role') = 'lianyi_doors';
    visible integer[];
    veiled text[];
    unveiled integer[];
BEGIN
    IF served THEN
        visible := messagelog.visible_channels();
        veiled := ARRAY(SELECT v.source FROM {schema}.veil AS v);
        unveiled := {schema}.unveiled_channels();
    END IF;
    RETURN QUERY
    WITH crowded AS MATERIALIZED (
        SELECT o.k FROM {schema}.key AS o
        GROUP BY o.k HAVING count(*) >= at_least ORDER BY count(*) DESC, o.k LIMIT 10 * at_most
    )
    SELECT c.k, count(*), min(o.record) FROM crowded AS c
    JOIN {schema}.key AS o ON o.k = c.k JOIN {schema}.record AS r ON r.record = o.record
    WHERE NOT served
        OR (r.channels && visible AND (r.source <> ALL (veiled) OR r.channels && unveiled))
    GROUP BY c.k HAVING count(*) >= at_least ORDER BY count(*) DESC, c.k LIMIT at_most;
END $$;
REVOKE ALL ON FUNCTION {schema}.crowds FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.crowds TO lianyi_doors;
"""


class SourceRow(NamedTuple):
    """What a source has: records that stand, persons of these, and what the records lack."""

    source: str
    records: int
    persons: int
    no_name: int
    no_sex: int
    no_birth: int


class CrowdRow(NamedTuple):
    """A key that many records have, and the traits of one of them."""

    key: int
    records: int
    example: int
    traits: bytes


async def create(connection: Connection, schema: str) -> None:
    """Make the functions, beside the tables of the index."""
    await connection.execute(_FUNCTIONS.format(schema=schema))


async def sources(connection: Connection, schema: str) -> list[SourceRow]:
    """Count the records by source, the source with most of them first."""
    lacks = ", ".join(f"count(*) FILTER (WHERE {lacks})" for lacks in MISSING.values())
    rows = await connection.fetch(
        f"SELECT source, count(*), count(DISTINCT person), {lacks}"  # noqa: S608
        f" FROM {schema}.record WHERE kept IS NULL GROUP BY source"
        " ORDER BY count(*) DESC, source LIMIT $1",
        SOURCES_MAX,
    )
    return [SourceRow(*row) for row in rows]


async def crowds(connection: Connection, schema: str, *, least: int) -> list[CrowdRow]:
    """Return the keys that at least so many records have, the most crowded first."""
    rows = await connection.fetch(
        "SELECT c.k, c.records, c.example, r.traits"  # noqa: S608
        f" FROM {schema}.crowds($1, $2) AS c JOIN {schema}.record AS r ON r.record = c.example"
        " ORDER BY c.records DESC, c.k",
        least,
        CROWDS_MAX,
    )
    return [CrowdRow(*row) for row in rows]


async def persons_at_fault(
    connection: Connection, schema: str, fault: str, *, source: str, skip: int, limit: int
) -> list[int]:
    """Return persons of whom a record of a source lacks something, or who have several of it.

    Args:
        connection: to the database.
        schema: of the version.
        fault: of ``MISSING``, or ``duplicate``.
        source: the authority.
        skip: so many are passed by.
        limit: so many at most.
    """
    lacks = MISSING.get(fault, "true")
    least = 1 if fault in MISSING else 2
    rows = await connection.fetch(
        f"SELECT person FROM {schema}.record WHERE kept IS NULL AND source = $1 AND {lacks}"  # noqa: S608
        " GROUP BY person HAVING count(*) >= $2 ORDER BY count(*) DESC, person OFFSET $3 LIMIT $4",
        source,
        least,
        skip,
        limit,
    )
    return [row["person"] for row in rows]


async def persons_with(
    connection: Connection, schema: str, key: int, *, skip: int, limit: int
) -> list[int]:
    """Return persons of whom a record has a key, be it as crowded as it may."""
    rows = await connection.fetch(
        f"SELECT DISTINCT person FROM {schema}.candidates(ARRAY[$1::bigint], $2)"  # noqa: S608
        " ORDER BY person OFFSET $3 LIMIT $4",
        key,
        CROWD_SCANNED_MAX,
        skip,
        limit,
    )
    return [row["person"] for row in rows]
