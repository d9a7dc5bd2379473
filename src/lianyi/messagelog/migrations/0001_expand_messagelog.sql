-- 0001 expand: the durable log
-- Why: every message goes here before anything else happens.
-- Old release keeps working: yes, nothing existing is touched.
-- Undo: DROP SCHEMA messagelog CASCADE;
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA messagelog;

-- The numbers under which the log writes channels, and the shard that a channel lives in for ever.
CREATE TABLE messagelog.channel (
    channel integer  PRIMARY KEY,
    name    text     NOT NULL UNIQUE,
    shard   smallint NOT NULL
);

-- Insert only. LIST (shard), then RANGE (number) in segments of a fixed number of messages, so that
-- the segment of a position is arithmetic. Columns stand in order of alignment.
CREATE TABLE messagelog.message (
    number        bigint      NOT NULL,
    received_at   timestamptz NOT NULL,
    caused_number bigint,
    channel       integer     NOT NULL,
    shard         smallint    NOT NULL,
    caused_shard  smallint,
    gate          smallint    NOT NULL,
    tombstone     boolean     NOT NULL,
    kind          text        NOT NULL,
    sender        text        NOT NULL,
    codec         text        NOT NULL,
    keys          text        NOT NULL, -- '<letter>:<value>' joined by U+001F; for people and rules
    terms         integer[]   NOT NULL, -- CRC-32 of each bare key value; closed segments index it
    chain         bytea       NOT NULL,
    body          bytea       NOT NULL,
    PRIMARY KEY (number, shard) -- number first: in a partition every row has the same shard
) PARTITION BY LIST (shard);

-- What is known of each segment. 'open' takes messages; 'closed' is full; 'indexed' has its search
-- index; 'archived' lies in a Parquet file and no longer in the database.
CREATE TABLE messagelog.segment (
    shard         smallint NOT NULL,
    segment       integer  NOT NULL,
    number_from   bigint   NOT NULL,
    number_to     bigint   NOT NULL,
    state         text     NOT NULL DEFAULT 'open'
                  CHECK (state IN ('open', 'closed', 'indexed', 'archived')),
    first_at      timestamptz,
    last_at       timestamptz,
    last_chain    bytea,
    archive_path  text,
    archive_sha256 bytea,
    PRIMARY KEY (shard, segment)
);

-- Who may do what alone: append to a shard, deliver to a destination. The epoch fences the one before.
CREATE TABLE messagelog.lease (
    name       text        PRIMARY KEY,
    owner      uuid        NOT NULL,
    holder     text        NOT NULL,
    epoch      bigint      NOT NULL,
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Where each reader stands; moved in the transaction that holds the reader's own effect.
CREATE TABLE messagelog.reader (
    reader   text     NOT NULL,
    shard    smallint NOT NULL,
    position bigint   NOT NULL,
    epoch    bigint   NOT NULL DEFAULT 0,
    counts   jsonb    NOT NULL DEFAULT '{}',
    moved_at timestamptz NOT NULL,
    PRIMARY KEY (reader, shard)
) WITH (fillfactor = 50);
