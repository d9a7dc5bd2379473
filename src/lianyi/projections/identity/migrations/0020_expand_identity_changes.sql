-- 0020 expand: which persons' identifiers have changed, until it was told and a while after
-- Why: a transaction of the index cannot send; what it changes lies here, written with the change, and
--   becomes a message of the log exactly once. It lies outside the schema of a version, because a
--   rebuild changes nothing that anybody would have to be told.
-- Old release keeps working: yes, the table is new.
-- Undo: DROP SCHEMA identity CASCADE;
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA identity;

CREATE TABLE identity.change (
    shard   smallint    NOT NULL,              -- of the last message of the batch that changed it
    number  bigint      NOT NULL,
    part    integer     NOT NULL,
    seq     bigint      GENERATED ALWAYS AS IDENTITY,
    made_at timestamptz NOT NULL,
    change  bytea       NOT NULL,              -- JSON: the identifiers before and now; empty once told
    told_at timestamptz,                       -- when the messages were appended; NULL: not yet
    told    text[]      NOT NULL DEFAULT '{}', -- their positions
    PRIMARY KEY (shard, number, part)
);
CREATE INDEX ON identity.change (seq) WHERE told_at IS NULL;
CREATE INDEX ON identity.change (told_at) WHERE told_at IS NOT NULL;
