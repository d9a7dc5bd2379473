"""The second wall before the master data: what PostgreSQL itself shows to whoever is served.

Rights hang on the management tree of today, so of which organisations one must reach one to see a
record is written down whenever a message or the date changes it. Every table then asks only whether
that of its record is in sight, see ``security.masterdata_sight``. Seeing all is asked once for a
statement, and not for each row.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from lianyi.base.database import telling_within
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.masterdata.model import Thing
from lianyi.security.model import PLATFORM

TABLES = """
-- Of which organisations one must reach one to see a record, ``kind/code``; nobody's has no row.
-- It depends on the date, so on no message alone.
CREATE TABLE {schema}.belonging (
    thing        text NOT NULL,
    organisation text NOT NULL,
    PRIMARY KEY (thing, organisation)
);
ALTER TABLE {schema}.belonging ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON {schema}.belonging FOR SELECT TO lianyi_doors USING (EXISTS (
    SELECT FROM security.masterdata_sight AS s WHERE s.organisation = belonging.organisation));

-- Whether the actor of this session sees a record; whoever is not served sees all.
CREATE FUNCTION {schema}.sees(asked text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT current_setting('role') <> 'lianyi_doors' OR security.sees_all_masterdata()
        OR EXISTS (SELECT FROM {schema}.belonging AS b JOIN security.masterdata_sight AS s
            ON s.actor = nullif(current_setting('lianyi.actor', true), '')::uuid
            AND s.organisation = b.organisation WHERE b.thing = asked)
$$;

DO $$
DECLARE
    walled text;
    shown  text;
    in_sight CONSTANT text := '(EXISTS (SELECT FROM {schema}.belonging AS b WHERE b.thing = %s))';
BEGIN
    FOR walled, shown IN VALUES
        ('existence', format(in_sight, 'kind || ''/'' || code')),
        ('description', format(in_sight, 'kind || ''/'' || code')),
        ('loss', format(in_sight, 'kind || ''/'' || code')),
        -- What a record stands under is shown beside it; any other end must be in sight, too.
        ('link', format(in_sight, 'CASE relation WHEN ''part-of'' THEN ''location/'''
                ' WHEN ''role'' THEN ''practitioner/'' ELSE ''organisation/'' END || subject')
            || ' AND (relation = ''part-of'' OR starts_with(relation, ''tree:'') OR '
            || format(in_sight, 'CASE relation WHEN ''place'' THEN ''location/'''
                ' ELSE ''organisation/'' END || object') || ')'),
        ('lineage', format(in_sight, '''organisation/'' || predecessor') || ' AND '
            || format(in_sight, '''organisation/'' || successor')),
        ('proposal', 'things <> ''{{}}'' AND NOT EXISTS (SELECT FROM unnest(things) AS t'
            ' WHERE NOT ' || format(in_sight, 't') || ')'),
        ('statement', 'false'),
        ('rules', 'false')
    LOOP
        EXECUTE format('ALTER TABLE {schema}.%I ENABLE ROW LEVEL SECURITY', walled);
        EXECUTE format('CREATE POLICY seen ON {schema}.%I FOR SELECT TO lianyi_doors'
            ' USING ((SELECT security.sees_all_masterdata()) OR (%s))', walled, shown);
        EXECUTE format('GRANT SELECT ON {schema}.%I TO lianyi_doors', walled);
    END LOOP;
END $$;

-- Which statement takes another one back, if any does.
CREATE FUNCTION {schema}.taken_back_by(of_shard smallint, of_number bigint, of_part integer)
RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT t.shard || '-' || t.number
    FROM {schema}.statement AS t, jsonb_array_elements(t.changes) AS one
    WHERE t.refused IS NULL AND t.changes @> '[{{"do": "retract"}}]'
      AND one ->> 'position' = of_shard || '-' || of_number
      AND coalesce((one ->> 'part')::integer, of_part) = of_part
    ORDER BY t.received_at LIMIT 1
$$;

-- What messages said about a record, the newest first: of what they said about others, what may be
-- told. A function, for behind a policy its index on things would be of no use.
CREATE FUNCTION {schema}.sayings(asked text, at_most integer) RETURNS TABLE (
    said_at text, part integer, received_at timestamptz, kind text, by text, changes jsonb,
    refused jsonb, taken_back_by text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT s.shard || '-' || s.number, s.part, s.received_at, s.kind, s.by,
        (SELECT coalesce(jsonb_agg(c.change ORDER BY c.n), '[]')
         FROM jsonb_array_elements(s.changes) WITH ORDINALITY AS c(change, n)
         WHERE NOT EXISTS (SELECT FROM jsonb_array_elements_text(s.tells -> (c.n - 1)::integer) AS t
                           WHERE NOT {schema}.sees(t))),
        s.refused, {schema}.taken_back_by(s.shard, s.number, s.part)
    FROM {schema}.statement AS s
    WHERE {schema}.sees(asked) AND s.things @> ARRAY[asked]
    ORDER BY s.received_at DESC, s.shard DESC, s.number DESC, s.part LIMIT at_most
$$;

-- The rules about sources, without those that speak for organisations out of sight.
CREATE FUNCTION {schema}.rules_in_sight() RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT CASE WHEN jsonb_typeof(rules -> 'sources') = 'array' THEN
        jsonb_set(rules, '{{sources}}', coalesce((
            SELECT jsonb_agg(one ORDER BY n)
            FROM jsonb_array_elements(rules -> 'sources') WITH ORDINALITY AS s(one, n)
            WHERE {schema}.sees('organisation/' || (one ->> 'organisation'))), '[]'))
        ELSE rules END
    FROM {schema}.rules
$$;

-- What else the practitioners are called that an account is linked with.
CREATE FUNCTION {schema}.numbers_of(of_account uuid, on_day date)
RETURNS TABLE (code text, identifiers jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT DISTINCT ON (d.code) d.code, d.identifiers
    FROM security.practitioner AS p JOIN {schema}.description AS d
        ON d.kind = 'practitioner' AND d.code = p.identifier AND d.valid_from <= on_day
    WHERE p.account = of_account AND p.source = 'masterdata'
    ORDER BY d.code, d.valid_from DESC
$$;

DO $$
DECLARE
    one regprocedure;
BEGIN
    FOR one IN SELECT p.oid FROM pg_proc AS p WHERE p.pronamespace = '{schema}'::regnamespace LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', one);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO lianyi_doors', one);
    END LOOP;
END $$;
GRANT SELECT ON {schema}.belonging TO lianyi_doors;
GRANT USAGE ON SCHEMA {schema} TO lianyi_doors;
"""


@asynccontextmanager
async def seeing_all(connection: Connection) -> AsyncIterator[None]:
    """Let what is read in the block be read as the platform.

    It is for what must be known as a whole to decide what may be shown, and for the names of what
    somebody's own records stand under; none of it goes out but what a scope lets through.
    """
    async with telling_within(connection, "lianyi.actor", str(PLATFORM)):
        yield


async def write(
    connection: Connection, schema: str, belongings: Iterable[tuple[Thing, frozenset[str]]]
) -> None:
    """Write down of which organisations one must reach one to see each record, where it changed."""
    wanted = {(str(thing), code) for thing, codes in belongings for code in codes}
    rows = await connection.fetch(f"SELECT thing, organisation FROM {schema}.belonging")  # noqa: S608
    held = {(row[0], row[1]) for row in rows}
    gone, new = sorted(held - wanted), sorted(wanted - held)
    if gone:
        await connection.execute(
            f"DELETE FROM {schema}.belonging WHERE (thing, organisation) IN"  # noqa: S608
            " (SELECT * FROM unnest($1::text[], $2::text[]))",
            [thing for thing, _ in gone],
            [code for _, code in gone],
        )
    if new:
        await connection.copy_records_to_table("belonging", schema_name=schema, records=new)
