-- 0002 expand: channels, receipts, exceptions, replays
-- Why: a destination is a reader of the log; only what is not simply done has a row of its own.
-- Old release keeps working: yes, nothing existing is touched.
-- Undo: DROP SCHEMA channels CASCADE;
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA channels;

CREATE TABLE channels.channel (
    channel     integer PRIMARY KEY REFERENCES messagelog.channel,
    name        text    NOT NULL UNIQUE,
    shard       smallint NOT NULL,
    version     integer NOT NULL DEFAULT 0,   -- in force; 0 before the first good definition
    wanted      text    NOT NULL DEFAULT 'running' CHECK (wanted IN ('running', 'stopped')),
    problem     jsonb,                        -- why the newest file is not in force (error record)
    source_state jsonb  NOT NULL DEFAULT '{}' -- what its intake process says of the source
);

-- Every definition that was ever in force, and the first position that it judged.
CREATE TABLE channels.definition (
    channel      integer NOT NULL REFERENCES channels.channel,
    version      integer NOT NULL,
    yaml         text    NOT NULL,
    digest       bytea   NOT NULL,
    activated_at timestamptz NOT NULL,
    from_number  bigint  NOT NULL,
    PRIMARY KEY (channel, version)
);

CREATE TABLE channels.destination (
    destination integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel     integer NOT NULL REFERENCES channels.channel,
    name        text    NOT NULL,
    wanted      text    NOT NULL DEFAULT 'running' CHECK (wanted IN ('running', 'stopped')),
    retired     boolean NOT NULL DEFAULT false, -- no longer in the definition
    -- What its deliver process last said: breaker, cause, next_try_at, in_flight, rate, error.
    state       jsonb   NOT NULL DEFAULT '{}',
    UNIQUE (channel, name)
) WITH (fillfactor = 50);

-- What a destination answered to an attempt. Insert only; one row for a healthy delivery.
CREATE TABLE channels.receipt (
    number      bigint      NOT NULL,
    at          timestamptz NOT NULL,
    destination integer     NOT NULL,
    millis      integer     NOT NULL,
    shard       smallint    NOT NULL,
    outcome     smallint    NOT NULL, -- 0 delivered, 1 refused, 2 no answer, 3 cannot transform
    version     smallint    NOT NULL, -- definition that transformed it, modulo 32768
    answer      text        NOT NULL, -- acknowledgment code, HTTP status, or the error record as JSON
    replay      uuid
) PARTITION BY RANGE (at);

-- BRIN: receipts arrive almost in order of position, and an index entry for each would cost more
-- write-ahead log than the receipt.
CREATE INDEX receipt_position ON channels.receipt
    USING brin (shard, number) WITH (pages_per_range = 16);

-- Only deliveries that are not simply done. Destination 0 of a channel's gate: held messages have
-- destination = -channel.
CREATE TABLE channels.exception (
    destination integer     NOT NULL,
    shard       smallint    NOT NULL,
    number      bigint      NOT NULL,
    channel     integer     NOT NULL,
    order_key   text        NOT NULL,
    state       text        NOT NULL CHECK (state IN
                ('waiting', 'parked', 'behind', 'resend', 'delivered', 'dismissed')),
    attempts    integer     NOT NULL DEFAULT 0,
    due_at      timestamptz,
    since       timestamptz NOT NULL,
    error       jsonb,
    decided_by  text,
    decided_at  timestamptz,
    reason      text,
    PRIMARY KEY (destination, shard, number)
);
CREATE INDEX exception_open ON channels.exception (state, since)
    WHERE state IN ('waiting', 'parked', 'behind', 'resend');

CREATE TABLE channels.replay (
    replay       uuid        PRIMARY KEY,
    channel      integer     NOT NULL,
    destination  integer     NOT NULL,
    shard        smallint    NOT NULL,
    number_from  bigint      NOT NULL,
    number_to    bigint      NOT NULL,
    filter       jsonb       NOT NULL,
    rate_per_second real     NOT NULL,
    state        text        NOT NULL CHECK (state IN ('running', 'stopping', 'stopped', 'finished')),
    position     bigint      NOT NULL,
    matching     bigint      NOT NULL,
    delivered    bigint      NOT NULL DEFAULT 0,
    refused      bigint      NOT NULL DEFAULT 0,
    requested_by text        NOT NULL,
    reason       text        NOT NULL,
    requested_at timestamptz NOT NULL,
    ended_at     timestamptz
);

-- Counts of each reader as they stood at the end of each minute; differences are the rate.
CREATE TABLE channels.tally (
    reader text        NOT NULL,
    minute timestamptz NOT NULL,
    counts jsonb       NOT NULL,
    PRIMARY KEY (reader, minute)
);
