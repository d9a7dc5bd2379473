"""The tables of one version of the index, and their rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from lianyi.messagelog.postgres_leases import Connection

SHAPE = 5
"""Of the tables below and of the rules by which they are filled; a change of either is a new
number, and everything is learned anew."""

_TABLES = """
CREATE SCHEMA {schema};

-- Which message said what of which record; all other tables follow from this one and the next.
CREATE TABLE {schema}.heard (
    shard       smallint    NOT NULL,
    number      bigint      NOT NULL,
    part        integer     NOT NULL,
    from_shard  smallint    NOT NULL,           -- the message whose content it is
    from_number bigint      NOT NULL,
    channel     integer     NOT NULL,
    record      bigint      NOT NULL,
    content     bigint      NOT NULL,
    said_at     timestamptz NOT NULL,
    PRIMARY KEY (shard, number, part)
);
CREATE INDEX ON {schema}.heard (record, content);
CREATE INDEX ON {schema}.heard (from_shard, from_number)
    WHERE from_shard <> shard OR from_number <> number;

-- What the system of a record said of it: each distinct content once.
CREATE TABLE {schema}.saying (
    record   bigint      NOT NULL,
    content  bigint      NOT NULL,
    first_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    said     bytea       NOT NULL,
    PRIMARY KEY (record, content)
);

CREATE TABLE {schema}.record (
    record   bigint      NOT NULL PRIMARY KEY,
    source   text        NOT NULL,
    mrn      text        NOT NULL,
    first_at timestamptz NOT NULL,
    channels integer[]   NOT NULL,
    kept     bigint,                            -- the record that took its place
    person   bigint      NOT NULL,
    name     text        NOT NULL,
    sound    text        NOT NULL,
    born     text        NOT NULL,
    sex      text        NOT NULL,
    keys     bigint[]    NOT NULL,
    traits   bytea       NOT NULL,              -- what is compared, read
    folded   bytea       NOT NULL               -- what its system says of it, as a whole
);
CREATE INDEX ON {schema}.record (person);
CREATE INDEX ON {schema}.record (kept) WHERE kept IS NOT NULL;
CREATE INDEX ON {schema}.record (mrn);
CREATE INDEX ON {schema}.record (source);
CREATE INDEX ON {schema}.record (name text_pattern_ops, born) WHERE name <> '';
CREATE INDEX ON {schema}.record (sound text_pattern_ops, born) WHERE sound <> '';

CREATE TABLE {schema}.key (
    k      bigint NOT NULL,
    record bigint NOT NULL,
    PRIMARY KEY (k, record)
);

-- Pairs that the score would link or ask about; a < b; 64 parts make a bit.
CREATE TABLE {schema}.edge (
    a    bigint   NOT NULL,
    b    bigint   NOT NULL,
    lane smallint NOT NULL,
    bits integer  NOT NULL,
    PRIMARY KEY (a, b)
);
CREATE INDEX ON {schema}.edge (b);

-- What people decided about two records, and what systems say of two of theirs (A24, A37).
CREATE TABLE {schema}.decision (
    shard   smallint    NOT NULL,
    number  bigint      NOT NULL,
    part    integer     NOT NULL,
    a       bigint      NOT NULL,
    b       bigint      NOT NULL,
    said    text        NOT NULL,
    said_at timestamptz NOT NULL,
    actor   text        NOT NULL,               -- empty: a system
    reason  text        NOT NULL,
    PRIMARY KEY (shard, number, part)
);
CREATE INDEX ON {schema}.decision (a);
CREATE INDEX ON {schema}.decision (b);

-- Which record took the place of which; kept NULL: somebody undid it. The latest holds.
CREATE TABLE {schema}.replacement (
    shard   smallint    NOT NULL,
    number  bigint      NOT NULL,
    part    integer     NOT NULL,
    gone    bigint      NOT NULL,
    kept    bigint,
    said_at timestamptz NOT NULL,
    event   text        NOT NULL,
    actor   text        NOT NULL,
    reason  text        NOT NULL,
    PRIMARY KEY (shard, number, part)
);
CREATE INDEX ON {schema}.replacement (gone);
CREATE INDEX ON {schema}.replacement (kept);

-- Which records their system says that it has no more; what it said of them until then is void.
CREATE TABLE {schema}.withdrawal (
    shard   smallint    NOT NULL,
    number  bigint      NOT NULL,
    part    integer     NOT NULL,
    record  bigint      NOT NULL,
    said_at timestamptz NOT NULL,
    event   text        NOT NULL,
    PRIMARY KEY (shard, number, part)
);
CREATE INDEX ON {schema}.withdrawal (record, said_at);

CREATE TABLE {schema}.person (
    person  bigint  NOT NULL PRIMARY KEY,
    records integer NOT NULL,
    golden  bytea   NOT NULL
);

-- Two persons about whom somebody must be asked, p < q, and the pair of records that says most.
CREATE TABLE {schema}.question (
    p      bigint   NOT NULL,
    q      bigint   NOT NULL,
    a      bigint   NOT NULL,
    b      bigint   NOT NULL,
    bits   integer  NOT NULL,
    why    text     NOT NULL,                   -- score, apart, refused
    pairs  integer  NOT NULL,
    PRIMARY KEY (p, q)
);
CREATE INDEX ON {schema}.question (q);
CREATE INDEX ON {schema}.question (bits DESC, p, q);

CREATE TABLE {schema}.model (
    shard   smallint    NOT NULL,
    number  bigint      NOT NULL,
    said_at timestamptz NOT NULL,
    model   bytea       NOT NULL,               -- as JSON
    PRIMARY KEY (shard, number)
);
"""

_WALLS = """
-- Whoever is served sees the records that his channels speak of, and what lies between those.
ALTER TABLE {schema}.record ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON {schema}.record FOR SELECT TO lianyi_doors
    USING (channels && (SELECT messagelog.visible_channels())::integer[]);

DO $$
DECLARE
    pair text[];
BEGIN
    FOREACH pair SLICE 1 IN ARRAY ARRAY[
        ['edge', 'a', 'b'], ['question', 'a', 'b'], ['decision', 'a', 'b'],
        ['replacement', 'gone', 'gone'], ['heard', 'record', 'record']
    ] LOOP
        EXECUTE format('ALTER TABLE {schema}.%I ENABLE ROW LEVEL SECURITY', pair[1]);
        EXECUTE format('CREATE POLICY seen ON {schema}.%I FOR SELECT TO lianyi_doors USING'
            ' (EXISTS (SELECT FROM {schema}.record AS r WHERE r.record = %1$I.%2$I)'
            ' AND EXISTS (SELECT FROM {schema}.record AS r WHERE r.record = %1$I.%3$I))',
            pair[1], pair[2], pair[3]);
        EXECUTE format('GRANT SELECT ON {schema}.%I TO lianyi_doors', pair[1]);
    END LOOP;
END $$;
GRANT SELECT ON {schema}.record, {schema}.model TO lianyi_doors;
GRANT USAGE ON SCHEMA {schema} TO lianyi_doors;

-- The records that share a key that is not too crowded; of those that are seen. Keys say nothing
-- by themselves, but that one leads somewhere would, so nobody is granted the table.
CREATE FUNCTION {schema}.candidates(keys bigint[], crowded integer)
RETURNS TABLE (record bigint, person bigint, traits bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
-- A few look-ups by index whatever the tables hold, and planned once: planning takes longer.
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off
SET enable_mergejoin = off SET enable_material = off
AS $$
DECLARE
    visible integer[];
    veiled text[];
    unveiled integer[];
    served boolean := current_setting('role') = 'lianyi_doors';
BEGIN
    IF served THEN
        visible := messagelog.visible_channels();
        veiled := ARRAY(SELECT v.source FROM {schema}.veil AS v);
        IF veiled <> '{{}}' THEN
            unveiled := {schema}.unveiled_channels();
        END IF;
    END IF;
    RETURN QUERY
    SELECT r.record, r.person, r.traits FROM (
        SELECT DISTINCT unnest(b.records) AS record FROM unnest(keys) AS q(k)
        CROSS JOIN LATERAL (
            SELECT ARRAY(SELECT o.record FROM {schema}.key AS o WHERE o.k = q.k LIMIT crowded + 1)
                AS records
        ) AS b
        WHERE cardinality(b.records) <= crowded
    ) AS c JOIN {schema}.record AS r ON r.record = c.record
    WHERE NOT served
        OR (r.channels && visible AND (r.source <> ALL (veiled) OR r.channels && unveiled));
END $$;
REVOKE ALL ON FUNCTION {schema}.candidates FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.candidates TO lianyi_doors;
"""

DIGESTED: Final[Mapping[str, str]] = {
    "heard": "shard, number, part, from_shard, from_number, channel, record, content, said_at",
    "saying": "record, content, first_at, last_at, said",
    "record": "record, source, mrn, first_at, channels, kept, person, name, sound, born, sex, keys,"
    " traits, folded",
    "key": "k, record",
    "edge": "a, b, lane, bits",
    "decision": "shard, number, part, a, b, said, said_at, actor, reason",
    "replacement": "shard, number, part, gone, kept, said_at, event, actor, reason",
    "withdrawal": "shard, number, part, record, said_at, event",
    "person": "person, records, golden",
    "question": "p, q, a, b, bits, why, pairs",
}
"""What follows from the log; see ``projection_store.digest``."""


class HeardRow(NamedTuple):
    """A row of ``heard``."""

    shard: int
    number: int
    part: int
    from_shard: int
    from_number: int
    channel: int
    record: int
    content: int
    said_at: datetime


class SayingRow(NamedTuple):
    """What was said of a record, and from when to when."""

    record: int
    content: int
    first_at: datetime
    last_at: datetime
    said: bytes


class RecordRow(NamedTuple):
    """A row of ``record``."""

    record: int
    source: str
    mrn: str
    first_at: datetime
    channels: list[int]
    kept: int | None
    person: int
    name: str
    sound: str
    born: str
    sex: str
    keys: list[int]
    traits: bytes
    folded: bytes


class StandingRow(NamedTuple):
    """What is needed of a record to say whose it is."""

    record: int
    first_at: datetime
    kept: int | None
    person: int
    traits: bytes


class EdgeRow(NamedTuple):
    """A row of ``edge``; ``a < b``."""

    a: int
    b: int
    lane: int
    bits: int


class DecisionRow(NamedTuple):
    """A row of ``decision``."""

    shard: int
    number: int
    part: int
    a: int
    b: int
    said: str
    said_at: datetime
    actor: str
    reason: str


class ReplacementRow(NamedTuple):
    """A row of ``replacement``."""

    shard: int
    number: int
    part: int
    gone: int
    kept: int | None
    said_at: datetime
    event: str
    actor: str
    reason: str


class WithdrawalRow(NamedTuple):
    """A row of ``withdrawal``."""

    shard: int
    number: int
    part: int
    record: int
    said_at: datetime
    event: str


class QuestionRow(NamedTuple):
    """A row of ``question``."""

    p: int
    q: int
    a: int
    b: int
    bits: int
    why: str
    pairs: int


async def create(connection: Connection, schema: str) -> None:
    """Make the empty tables."""
    await connection.execute(_TABLES.format(schema=schema))
    await connection.execute(_WALLS.format(schema=schema))
