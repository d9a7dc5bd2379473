"""The wall before the records of sensitive authorities; see ``veil``.

Which authorities these are is a setting, and kept beside the records, so that a connection that
says nothing of who asks sees none of them.
"""

from __future__ import annotations

from collections.abc import Collection

from lianyi.messagelog.postgres_leases import Connection

_TABLES = """
-- The authorities whose patients are seen only with a permission of its own; of the settings.
CREATE TABLE {schema}.veil (source text NOT NULL PRIMARY KEY);
GRANT SELECT ON {schema}.veil TO lianyi_doors;

-- The channels of the organisations where whoever asks may see them.
CREATE FUNCTION {schema}.unveiled_channels() RETURNS integer[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT coalesce(array_agg(c.channel), '{{}}') FROM messagelog.channel AS c
    CROSS JOIN string_to_array(current_setting('lianyi.unveiled', true), chr(31)) AS lifted
    WHERE '*' = ANY (lifted) OR (c.organisation <> '' AND c.organisation = ANY (lifted))
$$;

CREATE POLICY veiled ON {schema}.record AS RESTRICTIVE FOR SELECT TO lianyi_doors
    USING (source <> ALL (ARRAY(SELECT v.source FROM {schema}.veil AS v))
        OR channels && (SELECT {schema}.unveiled_channels())::integer[]);
"""


async def create(connection: Connection, schema: str) -> None:
    """Make the wall, beside the tables of the index."""
    await connection.execute(_TABLES.format(schema=schema))


async def set_sensitive(connection: Connection, schema: str, sources: Collection[str]) -> None:
    """Keep which authorities are sensitive; who is served sees it from the next question on."""
    await connection.execute(
        f"DELETE FROM {schema}.veil WHERE source <> ALL ($1)",  # noqa: S608
        list(sources),
    )
    await connection.execute(
        f"INSERT INTO {schema}.veil SELECT unnest($1::text[]) ON CONFLICT DO NOTHING",
        list(sources),
    )


async def unveiled(connection: Connection, schema: str, records: Collection[int]) -> set[int]:
    """Return the records of which whoever asks may know all that they say."""
    rows = await connection.fetch(
        f"SELECT record FROM {schema}.record WHERE record = ANY ($1)"  # noqa: S608
        f" AND channels && (SELECT {schema}.unveiled_channels())::integer[]",
        list(records),
    )
    return {row["record"] for row in rows}


async def lift(connection: Connection, organisations: Collection[str]) -> None:
    """Let whoever asks see sensitive records of organisations, until the transaction ends."""
    await connection.execute(
        "SELECT set_config('lianyi.unveiled', array_to_string($1::text[], chr(31)), true)",
        sorted(organisations),
    )
