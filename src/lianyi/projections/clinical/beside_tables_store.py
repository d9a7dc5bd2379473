"""The tables that the search index has beside its four: words, what is contained, codes by date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical import dated_store

TABLES: Final = """
-- What is searched by words; see the module words. p: _text or _content of a type.
CREATE TABLE {schema}.words (
    rid     bigint    NOT NULL,
    p       integer   NOT NULL,
    channel integer   NOT NULL,
    grams   integer[] NOT NULL,
    said    text      COLLATE "C" NOT NULL,      -- its tokens, a blank before and behind each
    PRIMARY KEY (rid, p)
);
CREATE INDEX ON {schema}.words USING gin (grams);

-- What resources contain; its rows in the index stand under its own number and type.
CREATE TABLE {schema}.contained (
    rid       bigint  NOT NULL PRIMARY KEY,
    container bigint  NOT NULL,                  -- rid of the resource that it is in
    channel   integer NOT NULL,
    type      text    NOT NULL,                  -- with a # before it
    id        text    NOT NULL                   -- within the container
);
CREATE INDEX ON {schema}.contained (container);
CREATE INDEX ON {schema}.contained (type, rid) INCLUDE (channel);
"""

WALLED: Final = ("words", "contained", "dated")

FUNCTIONS: Final = """
-- Which resources have a phrase. Under row-level security PostgreSQL uses no index for @>, which
-- might leak what it sees; so this searches as the owner, and shows the doors what they may see.
CREATE FUNCTION {schema}.worded(ps integer[], asked integer[], phrase text, at_most bigint)
RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
    seen integer[] := CASE WHEN current_setting('role') = 'lianyi_doors'
                           THEN messagelog.visible_channels() END;
BEGIN
    RETURN QUERY SELECT w.rid FROM {schema}.words AS w
        WHERE w.grams @> asked AND w.p = ANY (ps) AND strpos(w.said, phrase) > 0
          AND (seen IS NULL OR w.channel = ANY (seen))
        LIMIT at_most;
END $$;
REVOKE ALL ON FUNCTION {schema}.worded FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.worded TO lianyi_doors;
"""

DIGESTED: Final[Mapping[str, str]] = {
    "words": "rid, p, channel, grams, said",
    "contained": "rid, container, channel, type, id",
    "dated": dated_store.DIGESTED,
}


async def create(connection: Connection, schema: str) -> None:
    """Make the empty tables."""
    await connection.execute((TABLES + dated_store.TABLES).format(schema=schema))
    for table in WALLED:
        await connection.execute(
            f"ALTER TABLE {schema}.{table} ENABLE ROW LEVEL SECURITY;"
            f" CREATE POLICY seen ON {schema}.{table} FOR SELECT TO lianyi_doors USING"
            f" ({table}.channel = ANY ((SELECT messagelog.visible_channels())::integer[]));"
            f" GRANT SELECT ON {schema}.{table} TO lianyi_doors"
        )
    await connection.execute(FUNCTIONS.format(schema=schema))
