"""The tables of one version of the repository, and their rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.clinical import beside_tables_store
from lianyi.projections.clinical.uncoded import uncoded_store

SHAPE = 2
"""Of the tables below; a change of them is a new number."""

_TABLES = """
CREATE SCHEMA {schema};

-- Which message said what of which resource; all other tables follow from this one.
CREATE TABLE {schema}.stated (
    shard       smallint    NOT NULL,
    from_shard  smallint    NOT NULL,           -- the message whose content it is
    rank        smallint    NOT NULL,
    whole       boolean     NOT NULL,
    deleted     boolean     NOT NULL,
    part        integer     NOT NULL,
    channel     integer     NOT NULL,
    number      bigint      NOT NULL,
    from_number bigint      NOT NULL,
    rid         bigint      NOT NULL,
    said_at     timestamptz NOT NULL,
    came_at     timestamptz NOT NULL,
    type        text        NOT NULL,
    id          text        NOT NULL,
    body        bytea       NOT NULL,           -- JSON
    PRIMARY KEY (shard, number, part)
);
CREATE INDEX ON {schema}.stated (rid);
CREATE INDEX ON {schema}.stated (from_shard, from_number)
    WHERE from_shard <> shard OR from_number <> number;

-- How each resource stands. A deleted one stays, without a body.
CREATE TABLE {schema}.resource (
    rid        bigint      NOT NULL PRIMARY KEY, -- of its type and id
    patient    bigint,                           -- rid of the Patient it is about
    number     bigint      NOT NULL,             -- the message that made this version
    updated_at timestamptz NOT NULL,
    version    integer     NOT NULL,
    channel    integer     NOT NULL,             -- that spoke of it first
    part       integer     NOT NULL,
    shard      smallint    NOT NULL,
    deleted    boolean     NOT NULL,
    method     text        NOT NULL,             -- POST, PUT or DELETE, as history tells it
    type       text        NOT NULL,
    id         text        NOT NULL,
    latest     bytea       NOT NULL,             -- the places of the last statement; see store
    body       bytea       NOT NULL              -- JSON with meta.versionId and lastUpdated
);
CREATE INDEX ON {schema}.resource (type, updated_at, rid);
CREATE INDEX ON {schema}.resource (type, rid) INCLUDE (channel) WHERE NOT deleted;
CREATE INDEX ON {schema}.resource (updated_at, rid);
CREATE INDEX ON {schema}.resource (patient, type) WHERE patient IS NOT NULL;

-- The versions before the one that stands.
CREATE TABLE {schema}.version (
    rid        bigint      NOT NULL,
    number     bigint      NOT NULL,
    updated_at timestamptz NOT NULL,
    version    integer     NOT NULL,
    channel    integer     NOT NULL,
    part       integer     NOT NULL,
    shard      smallint    NOT NULL,
    deleted    boolean     NOT NULL,
    method     text        NOT NULL,
    type       text        NOT NULL,
    id         text        NOT NULL,
    body       bytea       NOT NULL,
    PRIMARY KEY (rid, version)
);
CREATE INDEX ON {schema}.version (type, updated_at, rid);
CREATE INDEX ON {schema}.version (updated_at, rid);

-- Which record of the patient index a Patient is.
CREATE TABLE {schema}.patient (
    rid     bigint  NOT NULL PRIMARY KEY,
    record  bigint  NOT NULL,
    channel integer NOT NULL,
    whose   text    NOT NULL                     -- value^authority
);
CREATE INDEX ON {schema}.patient (record);

-- What is searched for; p is the parameter of a type, see ids; v and unit: see index_values.
CREATE TABLE {schema}.hashed (
    v       bigint  NOT NULL,
    rid     bigint  NOT NULL,
    p       integer NOT NULL,
    channel integer NOT NULL,
    PRIMARY KEY (p, v, rid) INCLUDE (channel)
);
CREATE INDEX ON {schema}.hashed (rid, p);

CREATE TABLE {schema}.text (
    key     bigint  NOT NULL,                    -- of what it stands beside in a composite; or 0
    rid     bigint  NOT NULL,
    p       integer NOT NULL,
    channel integer NOT NULL,
    v       text    COLLATE "C" NOT NULL,        -- without case, accents and width
    exact   text    COLLATE "C" NOT NULL         -- as written, where that is something else
);
CREATE INDEX ON {schema}.text (p, key, v) INCLUDE (rid, channel);
CREATE INDEX ON {schema}.text (rid, p);

CREATE TABLE {schema}.span (
    key     bigint      NOT NULL,                -- as in text
    rid     bigint      NOT NULL,
    low     timestamptz NOT NULL,                -- from, and before high
    high    timestamptz NOT NULL,
    p       integer     NOT NULL,                -- below 0: long, or one of several; index_values
    channel integer     NOT NULL
);
CREATE INDEX ON {schema}.span (p, key, low, high) INCLUDE (rid, channel);
CREATE INDEX ON {schema}.span (p, key, high) WHERE p < 0;
CREATE INDEX ON {schema}.span (rid, p);

CREATE TABLE {schema}.amount (
    unit    bigint  NOT NULL,                    -- 0: whatever it is
    rid     bigint  NOT NULL,
    p       integer NOT NULL,
    channel integer NOT NULL,
    low     numeric NOT NULL,                    -- of a range; else both are the value
    high    numeric NOT NULL
);
CREATE INDEX ON {schema}.amount (p, unit, low, high) INCLUDE (rid, channel);
CREATE INDEX ON {schema}.amount (p, unit, high);
CREATE INDEX ON {schema}.amount (rid, p);
"""

_WALLS = """
-- Whoever is served sees what came by channels of organisations that he sees.
DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY[
        'stated', 'resource', 'version', 'patient', 'hashed', 'text', 'span', 'amount'
    ] LOOP
        EXECUTE format('ALTER TABLE {schema}.%I ENABLE ROW LEVEL SECURITY', walled);
        EXECUTE format('CREATE POLICY seen ON {schema}.%1$I FOR SELECT TO lianyi_doors'
            ' USING (%1$I.channel = ANY ((SELECT messagelog.visible_channels())::integer[]))',
            walled);
        EXECUTE format('GRANT SELECT ON {schema}.%I TO lianyi_doors', walled);
    END LOOP;
END $$;
GRANT USAGE ON SCHEMA {schema} TO lianyi_doors;

-- How far resources are, for whoever is about to write them: an id that is taken is taken, whoever
-- may see what stands under it. Nothing of what they say.
CREATE FUNCTION {schema}.standing(rids bigint[])
RETURNS TABLE (
    rid bigint, version integer, updated_at timestamptz, channel integer, deleted boolean,
    shard smallint, number bigint
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT r.rid, r.version, r.updated_at, r.channel, r.deleted, r.shard, r.number
    FROM {schema}.resource AS r WHERE r.rid = ANY (rids)
$$;
REVOKE ALL ON FUNCTION {schema}.standing FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.standing TO lianyi_doors;

-- The last act of a kind that a reader has not passed: what somebody wrote who died before it was
-- learned, or what a database forgot when it fell.
CREATE FUNCTION {schema}.not_passed(by_reader text, of_kind text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT max(m.number) FROM messagelog.message AS m
    WHERE m.shard = 0 AND m.kind = of_kind AND m.number > coalesce(
        (SELECT r.position FROM messagelog.reader AS r WHERE r.reader = by_reader AND r.shard = 0),
        0
    )
$$;
REVOKE ALL ON FUNCTION {schema}.not_passed FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.not_passed TO lianyi_doors;
"""

DIGESTED = {
    "stated": "shard, number, part, from_shard, from_number, channel, rid, said_at, came_at, rank,"
    " whole, deleted, type, id, body",
    "resource": "rid, type, id, version, updated_at, deleted, patient, channel, shard, number,"
    " part, method, latest, body",
    "version": "rid, version, type, id, updated_at, shard, number, part, channel, method, deleted,"
    " body",
    "patient": "rid, record, whose, channel",
    "hashed": "p, v, rid, channel",
    "text": "p, key, v, exact, rid, channel",
    "span": "p, key, low, high, rid, channel",
    "amount": "p, unit, low, high, rid, channel",
    **beside_tables_store.DIGESTED,
    **uncoded_store.DIGESTED,
}


class StatedRow(NamedTuple):
    """A row of ``stated``."""

    shard: int
    from_shard: int
    rank: int
    whole: bool
    deleted: bool
    part: int
    channel: int
    number: int
    from_number: int
    rid: int
    said_at: datetime
    came_at: datetime
    type: str
    id: str
    body: bytes


class ResourceRow(NamedTuple):
    """A row of ``resource``."""

    rid: int
    patient: int | None
    number: int
    updated_at: datetime
    version: int
    channel: int
    part: int
    shard: int
    deleted: bool
    method: str
    type: str
    id: str
    latest: bytes
    body: bytes


class VersionRow(NamedTuple):
    """A row of ``version``."""

    rid: int
    number: int
    updated_at: datetime
    version: int
    channel: int
    part: int
    shard: int
    deleted: bool
    method: str
    type: str
    id: str
    body: bytes


class PatientRow(NamedTuple):
    """A row of ``patient``."""

    rid: int
    record: int
    channel: int
    whose: str


async def create(connection: Connection, schema: str) -> None:
    """Make the empty tables."""
    await connection.execute(_TABLES.format(schema=schema))
    await connection.execute(_WALLS.format(schema=schema))
    await beside_tables_store.create(connection, schema)
    await connection.execute(uncoded_store.TABLES.format(schema=schema))


async def digest(connection: Connection, schema: str) -> Mapping[str, bytes]:
    """Return SHA-256 over every table; see ``projection_store.digest``."""
    return await projection_store.digest(connection, schema, DIGESTED)
